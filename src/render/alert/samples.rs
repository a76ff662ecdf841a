//! What watches are told of one video, or of a list as a whole: one message per situation.

use crate::model::{About, Event, Marks, Metric, STARTED, Signal, Status, Value};
use crate::render::news::{NetAlert, VideoFacts, WatchMessage};
use crate::render::sample::news::{
    CHANNEL, LIKES, PLAYLIST, VIEWS, alert, counted, event, facts, hostile, last_of_day, listed,
    told, upcoming, upload,
};
use crate::render::sample::{HIDDEN, HOSTILE, NOW, TITLE};

/// Messages of one video, or of a list as a whole.
pub(super) fn alerts() -> Vec<WatchMessage> {
    let mut passed = counted(VIEWS, 950, 2_003, "views every 1000");
    passed.marks = Marks { values: vec![1_000, 2_000], more: 0 };
    let mut fell = counted(VIEWS, 2_003, 950, "views at 1000");
    fell.series.down = true;
    fell.marks = Marks { values: vec![1_000], more: 3 };
    let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
    let growth = Signal::Growth { metric: Metric::Likes, window_s: 900 };
    let one = |alerts: Vec<NetAlert>| told(Some(facts()), alerts);
    let sums_up = |changes: usize, mut message: WatchMessage| {
        message.videos[0].changes = changes;
        message
    };
    let list = |subject: &str, previous: &str, current: &str| {
        let presence = event(Event::Presence, previous, current);
        let presence = NetAlert { rule_text: String::new(), ..presence };
        listed(subject, Some("Rick Astley"), told(None, vec![presence]))
    };
    let title = Value::Text(TITLE.into());
    let new = |alert: NetAlert| listed(CHANNEL, None, one(vec![alert]));
    vec![
        one(vec![counted(VIEWS, 950, 1_240, "views any"), counted(LIKES, 55, 56, "likes any")]),
        WatchMessage {
            budget: last_of_day(),
            ..one(vec![counted(VIEWS, 950, 1_240, "views any")])
        },
        sums_up(
            3,
            one(vec![
                passed.clone(),
                fell.clone(),
                counted(gain, 10_000, 10_612, "views rate > 200/h"),
            ]),
        ),
        WatchMessage {
            late: true,
            ..told(
                Some(VideoFacts { counts: HIDDEN, about: About::default(), ..facts() }),
                vec![
                    counted(growth, 10_000, 10_612, "likes +5% in 15m"),
                    alert(VIEWS, Value::None, Value::Int(5), "views any"),
                    counted(VIEWS, 0, 5, "views +5"),
                    alert(
                        Signal::Count(Metric::Comments),
                        Value::Int(3),
                        Value::None,
                        "comments any",
                    ),
                ],
            )
        },
        told(
            Some(VideoFacts { status: Status::Unavailable, ..facts() }),
            vec![event(Event::Status, "public", "unavailable")],
        ),
        one(vec![event(Event::Status, "unavailable", "public")]),
        one(vec![
            event(Event::Status, "public", "unlisted"),
            event(Event::Status, "unlisted", "public"),
            event(Event::Live, "none", "upcoming"),
            event(Event::Live, "upcoming", "live"),
            event(Event::Live, "live", "completed"),
            alert(Signal::Event(Event::Title), Value::None, Value::Text("new".into()), "title"),
        ]),
        one(vec![event(Event::Status, "public", "unlisted")]),
        one(vec![event(Event::Status, "unlisted", "public")]),
        one(vec![event(Event::Live, "upcoming", "live")]),
        one(vec![event(Event::Live, "live", "completed")]),
        one(vec![event(Event::Title, "old", "new")]),
        one(vec![alert(LIKES, Value::Int(3), Value::None, "likes any")]),
        one(vec![fell.clone()]),
        one(vec![counted(gain, 10_000, 10_612, "views rate > 200/h")]),
        one(vec![alert(VIEWS, Value::None, Value::Int(5), "views any")]),
        new(upload(Value::None, title.clone())),
        new(upload(upcoming(), Value::Int(NOW.0 + 86_400_000))),
        listed(
            CHANNEL,
            None,
            told(
                Some(VideoFacts { about: About::default(), ..facts() }),
                vec![upload(upcoming(), title.clone())],
            ),
        ),
        new(upload(Value::Text(STARTED.into()), title)),
        list(CHANNEL, "public", "unavailable"),
        list(CHANNEL, "unavailable", "public"),
        list(PLAYLIST, "public", "unavailable"),
        list(PLAYLIST, "unavailable", "public"),
        // Longer than a message: the ends of its lists are left out.
        sums_up(
            299,
            one((1..300).map(|n| counted(VIEWS, n, n + 1, &format!("views +{n}"))).collect()),
        ),
        one(vec![passed]),
        WatchMessage {
            subject_title: Some(HOSTILE.to_owned()),
            ..told(
                Some(hostile()),
                vec![
                    event(Event::Title, HOSTILE, HOSTILE),
                    event(Event::Upload, "", HOSTILE),
                    counted(VIEWS, 950, 1_240, HOSTILE),
                ],
            )
        },
    ]
}
