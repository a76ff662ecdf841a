//! What watches are told of several videos: one message per situation.

use crate::model::{About, Event, Marks, STARTED, Signal, Value, VideoId};
use crate::render::news::{NetAlert, VideoFacts, VideoNews, WatchMessage};
use crate::render::sample::news::{
    CHANNEL, LIKES, PLAYLIST, VIEWS, alert, counted, event, facts, hostile, last_of_day, listed,
    news, of_each_kind, told, upcoming, upload,
};
use crate::render::sample::{HOSTILE, NOW, TITLE};

/// Messages of several videos.
pub(super) fn several() -> Vec<WatchMessage> {
    let titles = ["Together Forever", "Whenever You Need Somebody", "She Wants to Dance with Me"];
    let video = |index: usize| {
        let id = format!("{index:011}").parse::<VideoId>().expect("eleven digits");
        let title =
            titles.get(index).map_or_else(|| format!("Live, part {index}"), |t| (*t).into());
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
        let mut alerts = vec![event(Event::Title, HOSTILE, HOSTILE)];
        alerts.extend(of_each_kind());
        alerts.push(counted(LIKES, 55, 56, "likes any"));
        news(Some(video), alerts)
    };
    let presence = |current: &str| {
        let alert = event(Event::Presence, "", current);
        news(None, vec![NetAlert { rule_text: String::new(), ..alert }])
    };
    // Each thing of one video.
    let single = WatchMessage {
        late: true,
        budget: last_of_day(),
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
    let both_passed =
        (1..3).map(|index| news(Some(video(index)), vec![passed.clone()])).collect::<Vec<_>>();
    // Each thing of many videos, and a line as long as a line can be.
    let longest = NetAlert {
        marks: Marks { values: (0..8).map(|n| i64::MAX - n).collect(), more: u64::MAX },
        ..counted(VIEWS, 0, i64::MAX, HOSTILE)
    };
    let hostile_title = HOSTILE.repeat(20);
    let mut all: Vec<VideoNews> = (0..9)
        .map(|index| {
            everything(VideoFacts {
                id: video(index).id,
                title: hostile_title.clone(),
                ..hostile()
            })
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
        message(Some("Rick Astley"), both_passed),
        message(Some(&hostile_title), all),
    ]
}
