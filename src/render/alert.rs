//! One or more alerts of one video as the lines of a message.
//!
//! In: an [`AlertMessage`]. Out: the view that `templates/alert/` prints. Which line an alert becomes is decided here,
//! because templates have no logic beyond `if` and `each`; how it is worded is up to them.

use serde::Serialize;

use super::buttons;
use super::cut::List;
use super::numbers::{self, Grouped, Moment, Numbers, Passed};
use super::views::{Link, View, is_blank};
use crate::model::{
    About, Button, Counts, Event, Live, Marks, Metric, STARTED, Series, Signal, Status, SubjectRef,
    SubscriptionId, UnixMillis, Value, VideoId,
};

/// What is known of the video while its message is written.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoFacts {
    /// Which video.
    pub id: VideoId,
    /// Its title exactly as typed; its id stands in for an empty one.
    pub title: String,
    /// Its channel, its age and its length, where known.
    pub about: About,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
    /// The counts now, `None` where hidden.
    pub counts: Counts,
}

/// One alert, or several of one rule put together: first `previous`, last `current`, all marks.
///
/// Over a window (gain, growth) both are counts, at its start and now; several such alerts are stood for by the last
/// alone, because its window is the one that the message names.
#[derive(Debug, Clone, PartialEq)]
pub struct NetAlert {
    /// What was measured.
    pub series: Series,
    /// Compared with this; see [`crate::model::Alert`].
    pub previous: Value,
    /// The value now.
    pub current: Value,
    /// The values that were passed.
    pub marks: Marks,
    /// The rule that fired.
    pub rule_text: String,
}

/// All that one message about one video, or about a channel or playlist as a whole, says.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertMessage {
    /// The video; `None`: it is about `subject` as a whole.
    pub video: Option<VideoFacts>,
    /// What is watched.
    pub subject: SubjectRef,
    /// What happened, in the order in which it is told.
    pub alerts: Vec<NetAlert>,
    /// When the last of it was seen.
    pub observed_at: UnixMillis,
    /// The reader's time zone, a name of the tz database.
    pub tz: String,
    /// It comes so late that the message says when it happened.
    pub late: bool,
    /// How many alerts were put together; 1 or less is not mentioned.
    pub coalesced_count: usize,
    /// The title of the channel or playlist that is watched, where it is known.
    pub subject_title: Option<String>,
    /// The watch that the buttons act on.
    pub subscription: SubscriptionId,
}

/// The fields of `templates/alert/`.
#[derive(Debug, Clone, Serialize)]
pub struct AlertView {
    late: Option<Moment>,
    video: Link,
    channel: Option<Link>,
    lines: List<Line>,
    /// The counts that no line tells.
    others: Option<String>,
    coalesced: Option<Grouped>,
    /// A percentage or a rate stands above: said because YouTube's terms want computed numbers told apart.
    computed: bool,
    rules: List<String>,
    #[serde(skip)]
    subscription: SubscriptionId,
    #[serde(skip)]
    is_upload: bool,
}

/// One line: an object with one field, named after the kind of line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// A count moved.
    Count {
        icon: &'static str,
        label: &'static str,
        previous: Option<Grouped>,
        current: Grouped,
        difference: Option<String>,
        percent: Option<String>,
    },
    /// Values were passed.
    Marks { label: &'static str, fell: bool, passed: Passed, current: Grouped },
    /// A computed growth over a window.
    Window {
        icon: &'static str,
        label: &'static str,
        growth: String,
        window: String,
        previous: Grouped,
        current: Grouped,
    },
    /// A count that can't be seen any more.
    Hidden { label: &'static str },
    /// The title changed.
    Title { previous: Option<String>, current: Link },
    /// Deleted or private.
    Unavailable { was: String },
    /// Reachable by its link only.
    Unlisted { was: String },
    /// Available again.
    Back { was: String },
    /// Listed for everyone, after it was unlisted.
    Public { was: String },
    /// On air.
    LiveNow { was: String },
    /// A broadcast is announced.
    LiveSoon { was: String },
    /// A broadcast is over.
    LiveEnded { was: String },
    /// A new video.
    Upload { subject: Link },
    /// A new video that is only announced yet, and when it begins.
    Announced { subject: Link, is_premiere: bool, at: Option<Moment> },
    /// A video that was announced can be seen.
    Started { subject: Link },
    /// A channel or playlist is no longer there.
    ListGone { is_channel: bool },
    /// A channel or playlist is there again.
    ListBack { is_channel: bool },
}

const fn icon(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "👁",
        Metric::Likes => "👍",
        Metric::Comments => "💬",
    }
}

const fn label(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "Views",
        Metric::Likes => "Likes",
        Metric::Comments => "Comments",
    }
}

impl Line {
    fn new(alert: &NetAlert, message: &AlertMessage) -> Line {
        match alert.series.signal {
            Signal::Count(metric) => Line::of_count(metric, alert),
            Signal::Gain { metric, window_s } | Signal::Growth { metric, window_s } => {
                Line::of_window(metric, window_s, alert)
            }
            Signal::Event(event) => Line::of_event(event, alert, message),
        }
    }

    fn of_count(metric: Metric, alert: &NetAlert) -> Line {
        let label = label(metric);
        let Some(current) = alert.current.int() else { return Line::Hidden { label } };
        if !alert.marks.is_empty() {
            return Line::Marks {
                label,
                fell: alert.series.down,
                passed: Passed(alert.marks.clone()),
                current: Grouped(current),
            };
        }
        let previous = alert.previous.int();
        Line::Count {
            icon: icon(metric),
            label,
            previous: previous.map(Grouped),
            current: Grouped(current),
            difference: previous.map(|from| numbers::signed(current.saturating_sub(from))),
            percent: previous.and_then(|from| numbers::percent(from, current)),
        }
    }

    fn of_window(metric: Metric, window_s: u32, alert: &NetAlert) -> Line {
        let (Some(from), Some(to)) = (alert.previous.int(), alert.current.int()) else {
            return Line::of_count(metric, alert);
        };
        let gain = to.saturating_sub(from);
        let in_percent = match alert.series.signal {
            Signal::Growth { .. } => numbers::growth_hundredths(from, to),
            Signal::Gain { .. } | Signal::Count(_) | Signal::Event(_) => None,
        };
        Line::Window {
            icon: icon(metric),
            label: label(metric),
            growth: match in_percent {
                Some(hundredths) => numbers::percent_of_hundredths(hundredths),
                None => format!("{} {}", numbers::signed(gain), numbers::unit(gain, metric)),
            },
            window: numbers::window(window_s),
            previous: Grouped(from),
            current: Grouped(to),
        }
    }

    fn of_event(event: Event, alert: &NetAlert, message: &AlertMessage) -> Line {
        let was = alert.previous.text().unwrap_or("unknown").to_owned();
        let now = alert.current.text();
        match event {
            Event::Title => Line::Title {
                previous: alert.previous.text().filter(|title| !is_blank(title)).map(str::to_owned),
                current: match (&message.video, now) {
                    (Some(video), Some(now)) => Link::video(&video.id, now),
                    (Some(_) | None, _) => message.about(),
                },
            },
            Event::Status | Event::Presence => {
                // Without a readable text (an older version's row) the video's own state is the best answer.
                let status = now
                    .and_then(Status::from_name)
                    .or(message.video.as_ref().map(|video| video.status))
                    .unwrap_or(Status::Unavailable);
                if message.video.is_none() {
                    let is_channel = !matches!(message.subject, SubjectRef::Playlist(_));
                    return match status {
                        Status::Unavailable => Line::ListGone { is_channel },
                        Status::Public | Status::Unlisted => Line::ListBack { is_channel },
                    };
                }
                let was_gone = was == Status::Unavailable.name();
                match status {
                    Status::Unavailable => Line::Unavailable { was },
                    Status::Unlisted => Line::Unlisted { was },
                    Status::Public if was_gone => Line::Back { was },
                    Status::Public => Line::Public { was },
                }
            }
            Event::Live => {
                let live = message.video.as_ref().map_or(Live::None, |video| video.live);
                match now.and_then(Live::from_name).unwrap_or(live) {
                    Live::Live => Line::LiveNow { was },
                    Live::Upcoming => Line::LiveSoon { was },
                    Live::Completed | Live::None => Line::LiveEnded { was },
                }
            }
            Event::Upload => Line::of_upload(&was, alert, message),
        }
    }

    fn of_upload(how: &str, alert: &NetAlert, message: &AlertMessage) -> Line {
        let about = message.video.as_ref().map(|video| &video.about);
        let title = message
            .subject_title
            .as_ref()
            .or(about.and_then(|about| about.channel_title.as_ref()))
            .map_or("a watched channel", String::as_str);
        let subject = Link { title: title.to_owned(), url: message.subject.url() };
        if how == Live::Upcoming.name() {
            // What has a length before it begins is a video that was made before.
            let is_premiere = about.is_some_and(|about| about.duration.is_some());
            let at = alert.current.int().map(UnixMillis);
            let at = at.map(|at| Moment { at, tz: message.tz.clone() });
            return Line::Announced { subject, is_premiere, at };
        }
        if how == STARTED { Line::Started { subject } } else { Line::Upload { subject } }
    }

    const fn is_computed(&self) -> bool {
        matches!(self, Line::Window { .. } | Line::Count { percent: Some(_), .. })
    }
}

impl VideoFacts {
    fn channel(&self) -> Option<Link> {
        let About { channel_id, channel_title, .. } = &self.about;
        let title = channel_title.as_ref().filter(|title| !is_blank(title))?;
        let url = channel_id
            .as_ref()
            .map_or_else(|| self.id.url(), |id| format!("https://www.youtube.com/channel/{id}"));
        Some(Link { title: title.clone(), url })
    }
}

impl AlertMessage {
    /// What it is about.
    fn about(&self) -> Link {
        match &self.video {
            Some(video) => Link::video(&video.id, &video.title),
            None => Link::subject(&self.subject, self.subject_title.as_deref()),
        }
    }
}

impl AlertView {
    pub(super) fn new(message: &AlertMessage) -> AlertView {
        let mut lines: Vec<Line> = Vec::with_capacity(message.alerts.len());
        let mut rules: Vec<String> = Vec::new();
        for alert in &message.alerts {
            let line = Line::new(alert, message);
            // Two rules that noticed the same thing tell it once.
            if !lines.contains(&line) {
                lines.push(line);
            }
            if !alert.rule_text.is_empty() && !rules.contains(&alert.rule_text) {
                rules.push(alert.rule_text.clone());
            }
        }
        AlertView {
            late: message.late.then(|| Moment { at: message.observed_at, tz: message.tz.clone() }),
            video: message.about(),
            channel: message.video.as_ref().and_then(VideoFacts::channel),
            others: others(message),
            computed: lines.iter().any(Line::is_computed),
            lines: List::new(lines),
            coalesced: (message.coalesced_count > 1)
                .then(|| Grouped(i64::try_from(message.coalesced_count).unwrap_or(i64::MAX))),
            rules: List::new(rules),
            subscription: message.subscription,
            is_upload: message
                .alerts
                .iter()
                .any(|alert| alert.series.signal == Signal::Event(Event::Upload)),
        }
    }
}

/// The counts that no line tells, for a video that can be seen.
fn others(message: &AlertMessage) -> Option<String> {
    let video = message.video.as_ref()?;
    if video.status == Status::Unavailable || video.counts == Counts::default() {
        return None;
    }
    let told =
        |metric| message.alerts.iter().any(|alert| alert.series.signal == Signal::Count(metric));
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
        super::sample::alerts().iter().map(AlertView::new).collect()
    }

    fn buttons(&self) -> Vec<Vec<Button>> {
        buttons::of_alert(self.subscription)
    }

    fn preview(&self) -> bool {
        self.is_upload
    }
}
