//! What digests tell: of two videos, of fifty, of five hundred, and of each thing that may happen.

use std::time::Duration;

use crate::model::{Event, Marks, STARTED, Signal, SubjectRef, Value, VideoId};
use crate::render::news::{
    DigestMessage, NetAlert, VideoFacts, VideoNews, WatchMessage, WatchNews,
};
use crate::render::sample::news::{
    CHANNEL, LIKES, PLAYLIST, VIEWS, alert, counted, event, facts, hostile, listed, news,
    of_each_kind, told, upcoming, upload,
};
use crate::render::sample::{HOSTILE, NOW, TITLE, picture};

/// Digests, and how many of the videos that merely moved are named.
pub(super) fn digests() -> Vec<(DigestMessage, usize)> {
    vec![
        (
            DigestMessage {
                shown: Some((video(0).id, picture())),
                ..of(vec![single(0, 12_345), single(1, 1_017)])
            },
            40,
        ),
        (of_fifty(), 10),
        (of(vec![channel("Rick Astley", (0..500).map(moved).collect())]), 6),
        (DigestMessage { late: true, ..of(every_event()) }, 40),
        (of(lists()), 0),
        (of(vec![held_back(channel("Rick Astley", vec![moved(0), moved(1)]))]), 1),
        (of(vec![unknown_before(), unknown_before()]), 1),
        (of(hostile_watches()), 3),
    ]
}

fn of(watches: Vec<WatchNews>) -> DigestMessage {
    DigestMessage {
        shown: None,
        schedule: "daily 09:00".to_owned(),
        tz: "Europe/Madrid".to_owned(),
        now: NOW,
        since: NOW.minus(Duration::from_secs(86_400)),
        late: false,
        watches,
    }
}

fn watch(message: WatchMessage) -> WatchNews {
    WatchNews { message, over_budget: false }
}

fn held_back(watch: WatchNews) -> WatchNews {
    WatchNews { over_budget: true, ..watch }
}

fn video(index: i64) -> VideoFacts {
    let titles = ["Together Forever", "Whenever You Need Somebody", "She Wants to Dance with Me"];
    let title = usize::try_from(index).ok().and_then(|index| titles.get(index));
    VideoFacts {
        id: format!("{index:011}").parse::<VideoId>().expect("eleven digits"),
        title: title.map_or_else(|| format!("Live, part {index}"), |title| (*title).to_owned()),
        ..facts()
    }
}

fn moved(index: i64) -> VideoNews {
    let likes = counted(LIKES, 56, 56 + index, "likes any");
    news(Some(video(index)), vec![counted(VIEWS, 950, 1_240 + 7 * index, "views any"), likes])
}

/// A video that is watched by itself.
fn single(index: i64, views: i64) -> WatchNews {
    let facts = video(index);
    let subject = SubjectRef::Video(facts.id);
    let alerts = vec![
        counted(VIEWS, 950, views, "views any"),
        counted(LIKES, 55, 56, "likes any"),
        NetAlert {
            marks: Marks { values: vec![1_000], more: 0 },
            ..counted(VIEWS, 950, views, "views milestones")
        },
    ];
    watch(WatchMessage { subject, ..told(Some(facts), alerts) })
}

fn channel(title: &str, videos: Vec<VideoNews>) -> WatchNews {
    watch(listed(CHANNEL, Some(title), WatchMessage { videos, ..told(None, Vec::new()) }))
}

fn of_fifty() -> DigestMessage {
    let mut videos: Vec<VideoNews> = (0..46).map(moved).collect();
    videos[3].alerts.push(upload(Value::None, Value::Text(TITLE.into())));
    videos[4].alerts.push(NetAlert {
        marks: Marks { values: vec![1_000], more: 0 },
        ..counted(VIEWS, 950, 1_268, "views milestones")
    });
    videos[5].alerts.push(event(Event::Status, "public", "unavailable"));
    of(vec![
        channel("Rick Astley", videos),
        single(46, 12_345),
        held_back(single(47, 2_003)),
        single(48, 1_017),
        single(49, 1_018),
    ])
}

/// Each thing that may happen, of videos of a channel and of single ones.
fn every_event() -> Vec<WatchNews> {
    let mut fell = counted(LIKES, 520, 499, "likes at 500");
    fell.series.down = true;
    fell.marks = Marks { values: vec![500], more: 2 };
    let title = Value::Text(TITLE.into());
    let renamed =
        |previous| alert(Signal::Event(Event::Title), previous, Value::Text("new".into()), "title");
    let mut all = vec![renamed(Value::Text("old".into()))];
    all.extend(of_each_kind());
    all.push(fell);
    let made_before = |index: i64, alert: NetAlert| news(Some(video(index)), vec![alert]);
    let stream = |index: i64, alert: NetAlert| {
        let mut facts = video(index);
        facts.about.duration = None;
        news(Some(facts), vec![alert])
    };
    let of_channel = vec![
        made_before(1, renamed(Value::None)),
        made_before(2, upload(upcoming(), Value::Int(NOW.0 + 86_400_000))),
        stream(3, upload(upcoming(), title.clone())),
        made_before(4, upload(Value::Text(STARTED.into()), title.clone())),
        made_before(5, upload(Value::None, title.clone())),
    ];
    vec![
        watch(told(Some(facts()), all)),
        channel("Rick Astley", of_channel),
        channel("Another channel", vec![made_before(6, upload(Value::None, title))]),
    ]
}

/// Lists that are gone, or there again.
fn lists() -> Vec<WatchNews> {
    let list = |subject: &str, current: &str| {
        let presence = NetAlert { rule_text: String::new(), ..event(Event::Presence, "", current) };
        watch(listed(subject, Some("Rick Astley"), told(None, vec![presence])))
    };
    [(CHANNEL, "unavailable"), (CHANNEL, "public"), (PLAYLIST, "unavailable"), (PLAYLIST, "public")]
        .into_iter()
        .map(|(subject, current)| list(subject, current))
        .collect()
}

/// A count of which nobody knows what it was before.
fn unknown_before() -> WatchNews {
    watch(told(Some(facts()), vec![alert(VIEWS, Value::None, Value::Int(5), "views any")]))
}

fn hostile_watches() -> Vec<WatchNews> {
    let named = |index: i64| VideoFacts { id: video(index).id, ..hostile() };
    let everything = vec![
        event(Event::Title, HOSTILE, HOSTILE),
        event(Event::Upload, "", HOSTILE),
        counted(VIEWS, 950, 1_240, HOSTILE),
    ];
    let mere = vec![counted(VIEWS, 0, i64::MAX, HOSTILE)];
    let list = vec![
        news(Some(named(1)), everything.clone()),
        news(Some(named(2)), mere.clone()),
        news(Some(named(3)), mere),
    ];
    let single = VideoNews { changes: 3, ..news(Some(named(4)), everything) };
    vec![held_back(channel(HOSTILE, list)), held_back(channel(HOSTILE, vec![single]))]
}
