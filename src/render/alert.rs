//! What one watch is told of one video, or of a channel or playlist as a whole, as the fields of `templates/alert/`.

mod samples;

use serde::Serialize;

use super::buttons;
use super::cut::List;
use super::last_of_day::LastOfDay;
use super::line::Line;
use super::link::Link;
use super::news::{VideoFacts, VideoNews, WatchMessage};
use super::numbers::{Grouped, Moment, Numbers};
use super::view::View;
use crate::model::{Button, Counts, Event, Metric, Signal, Status, SubjectRef, SubscriptionId};

/// The fields of `templates/alert/`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AlertView {
    pub(super) late: Option<Moment>,
    pub(super) video: Link,
    pub(super) channel: Option<Link>,
    pub(super) lines: List<Line>,
    /// The counts that no line tells.
    pub(super) others: Option<String>,
    pub(super) coalesced: Option<Grouped>,
    /// A percentage or a rate stands above: said because YouTube's terms want computed numbers told apart.
    pub(super) computed: bool,
    /// It is the last message of the day.
    pub(super) budget: Option<LastOfDay>,
    pub(super) rules: List<String>,
    #[serde(skip)]
    subscription: SubscriptionId,
    #[serde(skip)]
    watched: SubjectRef,
    #[serde(skip)]
    is_upload: bool,
}

impl AlertView {
    pub(super) fn new(message: &WatchMessage, news: &VideoNews) -> AlertView {
        let mut lines: Vec<Line> = Vec::with_capacity(news.alerts.len());
        let mut rules: Vec<String> = Vec::new();
        for alert in &news.alerts {
            let line = Line::new(alert, news, message);
            // Two rules that noticed the same thing tell it once.
            if !lines.contains(&line) {
                lines.push(line);
            }
            if !alert.rule_text.is_empty() && !rules.contains(&alert.rule_text) {
                rules.push(alert.rule_text.clone());
            }
        }
        AlertView {
            late: message.late.then(|| Moment { at: news.observed_at, tz: message.tz.clone() }),
            video: news.link(message),
            channel: news.video.as_ref().and_then(VideoFacts::channel),
            others: others(news),
            computed: lines.iter().any(Line::is_computed),
            lines: List::new(lines),
            coalesced: (news.changes > 1)
                .then(|| Grouped(i64::try_from(news.changes).unwrap_or(i64::MAX))),
            budget: LastOfDay::of(message),
            rules: List::new(rules),
            subscription: message.subscription,
            watched: message.subject.clone(),
            is_upload: news
                .alerts
                .iter()
                .any(|alert| alert.series.signal == Signal::Event(Event::Upload)),
        }
    }
}

/// The counts that no line tells, for a video that can be seen.
fn others(news: &VideoNews) -> Option<String> {
    let video = news.video.as_ref()?;
    if video.status == Status::Unavailable || video.counts == Counts::default() {
        return None;
    }
    let told =
        |metric| news.alerts.iter().any(|alert| alert.series.signal == Signal::Count(metric));
    let numbers = Numbers(video.counts);
    let parts: Vec<String> = Metric::ALL
        .into_iter()
        .filter(|metric| !told(*metric))
        .map(|metric| numbers.part(metric))
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

impl View for AlertView {
    const NAME: &'static str = "alert";

    fn samples() -> Vec<AlertView> {
        samples::alerts().iter().map(|told| AlertView::new(told, &told.videos[0])).collect()
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        buttons::of_alert(self.subscription, &self.watched)
    }

    fn preview(&self) -> bool {
        self.is_upload
    }
}
