//! What one alert says, as one line of a message.
//!
//! Which line an alert becomes is decided here, because templates have no logic beyond `if` and `each`; how it is worded
//! is up to them.

use serde::Serialize;

use super::link::Link;
use super::news::{NetAlert, VideoNews, WatchMessage};
use super::numbers::{self, Grouped, Moment, Passed};
use crate::model::{
    Event, Live, Metric, STARTED, Signal, Status, SubjectRef, UnixMillis, is_blank,
};

/// One line: an object with one field, named after the kind of line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// A count moved.
    Count {
        #[serde(skip)]
        metric: Metric,
        icon: &'static str,
        label: &'static str,
        previous: Option<Grouped>,
        current: Grouped,
        difference: Option<String>,
        percent: Option<String>,
    },
    /// Values were passed.
    Marks {
        #[serde(skip)]
        metric: Metric,
        label: &'static str,
        fell: bool,
        passed: Passed,
        current: Grouped,
    },
    /// A computed growth over a window.
    Window {
        #[serde(skip)]
        metric: Metric,
        /// In hundredths of a percent or in counts, as the rule asked.
        #[serde(skip)]
        size: i64,
        icon: &'static str,
        label: &'static str,
        growth: String,
        window: String,
        previous: Grouped,
        current: Grouped,
    },
    /// A count that can't be seen any more.
    Hidden {
        #[serde(skip)]
        metric: Metric,
        label: &'static str,
    },
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

pub(super) const fn icon(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "👁",
        Metric::Likes => "👍",
        Metric::Comments => "💬",
    }
}

pub(super) const fn label(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "Views",
        Metric::Likes => "Likes",
        Metric::Comments => "Comments",
    }
}

impl Line {
    /// What `alert`, one of those of `news`, says.
    pub(super) fn new(alert: &NetAlert, news: &VideoNews, message: &WatchMessage) -> Line {
        match alert.series.signal {
            Signal::Count(metric) => Line::of_count(metric, alert),
            Signal::Gain { metric, window_s } | Signal::Growth { metric, window_s } => {
                Line::of_window(metric, window_s, alert)
            }
            Signal::Event(event) => Line::of_event(event, alert, news, message),
        }
    }

    fn of_count(metric: Metric, alert: &NetAlert) -> Line {
        let label = label(metric);
        let Some(current) = alert.current.int() else { return Line::Hidden { metric, label } };
        if !alert.marks.is_empty() {
            return Line::Marks {
                metric,
                label,
                fell: alert.series.down,
                passed: Passed(alert.marks.clone()),
                current: Grouped(current),
            };
        }
        let previous = alert.previous.int();
        Line::Count {
            metric,
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
            metric,
            size: in_percent.unwrap_or(gain),
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

    fn of_event(event: Event, alert: &NetAlert, news: &VideoNews, message: &WatchMessage) -> Line {
        let was = alert.previous.text().unwrap_or("unknown").to_owned();
        let now = alert.current.text();
        match event {
            Event::Title => Line::Title {
                previous: alert.previous.text().filter(|title| !is_blank(title)).map(str::to_owned),
                current: match (&news.video, now) {
                    (Some(video), Some(now)) => Link::video(&video.id, now),
                    (Some(_) | None, _) => news.link(message),
                },
            },
            Event::Status | Event::Presence => {
                // Without a readable text (an older version's row) the video's own state is the best answer.
                let status = now
                    .and_then(Status::from_name)
                    .or(news.video.as_ref().map(|video| video.status))
                    .unwrap_or(Status::Unavailable);
                if news.video.is_none() {
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
                let live = news.video.as_ref().map_or(Live::None, |video| video.live);
                match now.and_then(Live::from_name).unwrap_or(live) {
                    Live::Live => Line::LiveNow { was },
                    Live::Upcoming => Line::LiveSoon { was },
                    Live::Completed | Live::None => Line::LiveEnded { was },
                }
            }
            Event::Upload => Line::of_upload(&was, alert, news, message),
        }
    }

    fn of_upload(how: &str, alert: &NetAlert, news: &VideoNews, message: &WatchMessage) -> Line {
        let about = news.video.as_ref().map(|video| &video.about);
        let channel = about.and_then(|about| about.channel_title.as_ref());
        let title = [message.subject_title.as_ref(), channel]
            .into_iter()
            .flatten()
            .find(|title| !is_blank(title))
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

    /// Whether a number in it is computed by tubebell.
    pub(super) const fn is_computed(&self) -> bool {
        matches!(self, Line::Window { .. } | Line::Count { percent: Some(_), .. })
    }
}
