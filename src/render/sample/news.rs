//! What watches are told, in the samples of alerts.

use super::{COUNTS, HOSTILE, NOW, TITLE, video_id};
use crate::model::{
    About, Event, Live, Marks, Metric, Series, Signal, Status, SubjectRef, SubscriptionId,
    UnixMillis, Value,
};
use crate::render::news::{BudgetNote, NetAlert, VideoFacts, VideoNews, WatchMessage};

pub(in crate::render) const VIEWS: Signal = Signal::Count(Metric::Views);
pub(in crate::render) const LIKES: Signal = Signal::Count(Metric::Likes);

pub(in crate::render) fn alert(
    signal: Signal,
    previous: Value,
    current: Value,
    rule_text: &str,
) -> NetAlert {
    NetAlert {
        series: Series::up(signal),
        previous,
        current,
        marks: Marks::default(),
        rule_text: rule_text.to_owned(),
    }
}

pub(in crate::render) fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

pub(in crate::render) fn counted(signal: Signal, from: i64, to: i64, rule: &str) -> NetAlert {
    alert(signal, Value::Int(from), Value::Int(to), rule)
}

/// An alert of each kind that neither renames a video nor passes a value.
pub(in crate::render) fn of_each_kind() -> Vec<NetAlert> {
    let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
    let growth = Signal::Growth { metric: Metric::Likes, window_s: 900 };
    vec![
        event(Event::Status, "public", "unavailable"),
        event(Event::Status, "public", "unlisted"),
        event(Event::Status, "unavailable", "public"),
        event(Event::Status, "unlisted", "public"),
        event(Event::Live, "none", "upcoming"),
        event(Event::Live, "upcoming", "live"),
        event(Event::Live, "live", "completed"),
        alert(Signal::Count(Metric::Comments), Value::Int(3), Value::None, "comments any"),
        counted(gain, 10_000, 10_612, "views rate > 200/h"),
        counted(growth, 10_000, 10_612, "likes +5% in 15m"),
    ]
}

pub(in crate::render) fn upload(previous: Value, current: Value) -> NetAlert {
    alert(Signal::Event(Event::Upload), previous, current, "upload")
}

pub(in crate::render) fn upcoming() -> Value {
    Value::Text(Live::Upcoming.name().into())
}

pub(in crate::render) fn facts() -> VideoFacts {
    VideoFacts {
        id: video_id(),
        title: TITLE.to_owned(),
        about: About {
            channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
            channel_title: Some("Rick Astley".to_owned()),
            published_at: Some(UnixMillis(1_256_453_853_000)),
            duration: Some(213),
        },
        status: Status::Public,
        live: Live::None,
        counts: COUNTS,
    }
}

pub(in crate::render) fn hostile() -> VideoFacts {
    VideoFacts {
        title: HOSTILE.to_owned(),
        about: About {
            channel_id: None,
            channel_title: Some(HOSTILE.to_owned()),
            ..About::default()
        },
        ..facts()
    }
}

/// A message of one video, or of the list as a whole.
pub(in crate::render) fn told(video: Option<VideoFacts>, alerts: Vec<NetAlert>) -> WatchMessage {
    WatchMessage {
        subject: SubjectRef::Video(video_id()),
        subject_title: None,
        subscription: SubscriptionId(7),
        tz: "Europe/Madrid".to_owned(),
        late: false,
        observed_at: NOW,
        videos: vec![news(video, alerts)],
        budget: None,
    }
}

pub(in crate::render) fn news(video: Option<VideoFacts>, alerts: Vec<NetAlert>) -> VideoNews {
    VideoNews { video, alerts, observed_at: NOW, changes: 1 }
}

/// What is said of a message that is the last of its day.
pub(in crate::render) fn last_of_day() -> Option<BudgetNote> {
    Some(BudgetNote { pings: 10, digest_at: UnixMillis(NOW.0 + 6 * 3_600_000) })
}

/// A watch of a channel or playlist.
pub(in crate::render) fn listed(
    subject: &str,
    title: Option<&str>,
    message: WatchMessage,
) -> WatchMessage {
    WatchMessage {
        subject: subject.parse().expect("a literal"),
        subject_title: title.map(str::to_owned),
        ..message
    }
}

pub(in crate::render) const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
pub(in crate::render) const PLAYLIST: &str = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";

/// An alert that never fired, seen now, for whoever wants to know what one looks like.
pub(in crate::render) fn test(now: UnixMillis) -> WatchMessage {
    let alerts = vec![counted(VIEWS, 950, 1_240, "views any")];
    let mut message = WatchMessage {
        subscription: SubscriptionId(0),
        observed_at: now,
        ..told(Some(facts()), alerts)
    };
    message.videos[0].observed_at = now;
    message
}
