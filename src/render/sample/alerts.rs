//! What watches are told: one message per situation.

use super::{COUNTS, HIDDEN, HOSTILE, NOW, TITLE, video_id};
use crate::model::{
    About, Event, Live, Marks, Metric, STARTED, Series, Signal, Status, SubjectRef, SubscriptionId,
    UnixMillis, Value, VideoId,
};
use crate::render::news::{NetAlert, VideoFacts, VideoNews, WatchMessage};

const VIEWS: Signal = Signal::Count(Metric::Views);
const LIKES: Signal = Signal::Count(Metric::Likes);

fn alert(signal: Signal, previous: Value, current: Value, rule_text: &str) -> NetAlert {
    NetAlert {
        series: Series::up(signal),
        previous,
        current,
        marks: Marks::default(),
        rule_text: rule_text.to_owned(),
    }
}

fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

fn counted(signal: Signal, from: i64, to: i64, rule: &str) -> NetAlert {
    alert(signal, Value::Int(from), Value::Int(to), rule)
}

fn upload(previous: Value, current: Value) -> NetAlert {
    alert(Signal::Event(Event::Upload), previous, current, "upload")
}

fn upcoming() -> Value {
    Value::Text(Live::Upcoming.name().into())
}

fn facts() -> VideoFacts {
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

fn hostile() -> VideoFacts {
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
fn told(video: Option<VideoFacts>, alerts: Vec<NetAlert>) -> WatchMessage {
    WatchMessage {
        subject: SubjectRef::Video(video_id()),
        subject_title: None,
        subscription: SubscriptionId(7),
        tz: "Europe/Madrid".to_owned(),
        late: false,
        observed_at: NOW,
        videos: vec![news(video, alerts)],
    }
}

fn news(video: Option<VideoFacts>, alerts: Vec<NetAlert>) -> VideoNews {
    VideoNews { video, alerts, observed_at: NOW, changes: 1 }
}

/// A watch of a channel or playlist.
fn listed(subject: &str, title: Option<&str>, message: WatchMessage) -> WatchMessage {
    WatchMessage {
        subject: subject.parse().expect("a literal"),
        subject_title: title.map(str::to_owned),
        ..message
    }
}

const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
const PLAYLIST: &str = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";

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

/// Messages of one video, or of a list as a whole.
pub(in crate::render) fn alerts() -> Vec<WatchMessage> {
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
        sums_up(
            3,
            one(vec![passed.clone(), fell, counted(gain, 10_000, 10_612, "views rate > 200/h")]),
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

/// Messages of several videos.
pub(in crate::render) fn several() -> Vec<WatchMessage> {
    let titles = ["Together Forever", "Whenever You Need Somebody", "She Wants to Dance with Me"];
    let video = |index: usize| {
        let id = format!("{index:011}").parse::<VideoId>().expect("eleven digits");
        let title = titles.get(index).map_or_else(|| format!("Live, part {index}"), |t| (*t).into());
        VideoFacts { id, title, ..facts() }
    };
    let message = |title: Option<&str>, videos: Vec<VideoNews>| {
        listed(CHANNEL, title, WatchMessage { videos, ..told(None, Vec::new()) })
    };
    let mut passed = counted(VIEWS, 9_950, 10_234, "views milestones");
    passed.marks = Marks { values: vec![10_000], more: 0 };
    let mut fell = counted(LIKES, 520, 499, "likes at 500");
    fell.series.down = true;
    fell.marks = Marks { values: vec![500], more: 2 };
    let title = Value::Text(TITLE.into());

    let typical = message(
        Some("Rick Astley"),
        (0..40)
            .map(|index| {
                let mut alerts = vec![counted(VIEWS, 950, 1_240 + 7 * index, "views any")];
                match index {
                    0 => alerts.push(upload(Value::None, title.clone())),
                    1 => alerts.push(upload(upcoming(), Value::Int(NOW.0 + 86_400_000))),
                    2 => alerts.extend([passed.clone(), fell.clone()]),
                    3..10 => alerts.push(event(Event::Status, "public", "unavailable")),
                    _ => {}
                }
                news(Some(video(usize::try_from(index).unwrap_or(0))), alerts)
            })
            .collect(),
    );
    let everything = |video: VideoFacts| {
        let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
        let growth = Signal::Growth { metric: Metric::Likes, window_s: 900 };
        let alerts = vec![
            event(Event::Title, HOSTILE, HOSTILE),
            event(Event::Status, "public", "unavailable"),
            event(Event::Status, "public", "unlisted"),
            event(Event::Status, "unavailable", "public"),
            event(Event::Status, "unlisted", "public"),
            event(Event::Live, "none", "upcoming"),
            event(Event::Live, "upcoming", "live"),
            event(Event::Live, "live", "completed"),
            alert(Signal::Count(Metric::Comments), Value::Int(3), Value::None, "comments any"),
            counted(LIKES, 55, 56, "likes any"),
            counted(gain, 10_000, 10_612, "views rate > 200/h"),
            counted(growth, 10_000, 10_612, "likes +5% in 15m"),
        ];
        news(Some(video), alerts)
    };
    let presence = |current: &str| {
        let alert = event(Event::Presence, "", current);
        news(None, vec![NetAlert { rule_text: String::new(), ..alert }])
    };
    // Each thing of one video.
    let single = WatchMessage {
        late: true,
        ..message(
            None,
            vec![
                everything(facts()),
                news(Some(video(1)), vec![upload(Value::Text(STARTED.into()), title.clone())]),
                news(
                    Some(VideoFacts { about: About::default(), ..video(2) }),
                    vec![
                        upload(upcoming(), title.clone()),
                        alert(
                            Signal::Event(Event::Title),
                            Value::None,
                            Value::Text("new".into()),
                            "title",
                        ),
                        alert(VIEWS, Value::None, Value::Int(5), "views any"),
                    ],
                ),
                presence("unavailable"),
            ],
        )
    };
    let playlist = |current: &str| {
        listed(PLAYLIST, None, message(None, vec![presence(current), presence("public")]))
    };
    // Each thing of many videos, and a line as long as a line can be.
    let longest = NetAlert {
        marks: Marks { values: (0..8).map(|n| i64::MAX - n).collect(), more: u64::MAX },
        ..counted(VIEWS, 0, i64::MAX, HOSTILE)
    };
    let hostile_title = HOSTILE.repeat(20);
    let mut all: Vec<VideoNews> = (0..9)
        .map(|index| {
            everything(VideoFacts { id: video(index).id, title: hostile_title.clone(), ..hostile() })
        })
        .collect();
    all[0].alerts.extend((0..4).map(|n| NetAlert { current: Value::Int(n), ..longest.clone() }));
    all[0].alerts.push(upload(Value::None, Value::Text(HOSTILE.into())));
    all[0].alerts.extend((0..10).map(|n| counted(LIKES, 1, 2, &format!("{HOSTILE}{n}"))));
    all.push(presence("public"));
    vec![
        typical,
        single,
        playlist("unavailable"),
        playlist("public"),
        message(Some(&hostile_title), all),
    ]
}
