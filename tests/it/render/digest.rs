//! What a digest tells: every value that was passed, everything new and every event, and of what merely moved the most.

use proptest::prelude::*;
use tubebell::model::{
    Channel, Event, Marks, Metric, STARTED, Signal, SubjectRef, SubscriptionId, UnixMillis, Value,
};
use tubebell::render::{
    DigestMessage, NetAlert, Part, Place, VideoFacts, VideoNews, WatchMessage, WatchNews,
};

use super::{
    RENDERER, alert, any_alert, assert_safe, facts, hostile, message, news, tags, visible,
};
use crate::bodies;

/// Sat 21 Nov 2026, 13:03 UTC.
const NOW: UnixMillis = UnixMillis(1_795_266_180_000);

fn digest(watches: Vec<WatchNews>) -> DigestMessage {
    DigestMessage {
        shown: None,
        schedule: "daily 14:03".to_owned(),
        tz: "Europe/Madrid".to_owned(),
        now: NOW,
        since: UnixMillis(NOW.0 - 86_400_000),
        late: false,
        watches,
    }
}

/// A watch of a channel.
fn channel(number: i64, title: &str, videos: Vec<VideoNews>) -> WatchNews {
    let subject = format!("channel:UC{number:022}").parse().expect("a channel");
    watch(WatchMessage {
        subject,
        subject_title: Some(title.to_owned()),
        subscription: SubscriptionId(number),
        videos,
        ..message("", Vec::new())
    })
}

/// A watch of a single video.
fn single(number: usize, title: &str, alerts: Vec<NetAlert>) -> WatchNews {
    let news = video(number, title, alerts);
    let subject = SubjectRef::Video(news.video.as_ref().expect("a video").id);
    watch(WatchMessage { subject, videos: vec![news], ..message("", Vec::new()) })
}

fn watch(message: WatchMessage) -> WatchNews {
    WatchNews { message, over_budget: false }
}

fn video(number: usize, title: &str, alerts: Vec<NetAlert>) -> VideoNews {
    let id = format!("{number:011}").parse().expect("eleven digits");
    news(Some(VideoFacts { id, ..facts(title) }), alerts)
}

fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

fn upload() -> NetAlert {
    alert(Signal::Event(Event::Upload), Value::None, Value::Text("as it was".into()), "upload")
}

fn moved(metric: Metric, from: i64, to: i64) -> NetAlert {
    alert(Signal::Count(metric), Value::Int(from), Value::Int(to), "any")
}

fn passed(metric: Metric, marks: &[i64], from: i64, to: i64) -> NetAlert {
    NetAlert { marks: Marks { values: marks.to_vec(), more: 0 }, ..moved(metric, from, to) }
}

fn parts(channel: Channel, message: &DigestMessage) -> Vec<Part> {
    RENDERER.digest(channel, message).expect("templates are checked")
}

/// The text of all messages.
fn text(message: &DigestMessage) -> String {
    let parts = parts(Channel::Recorder, message);
    let texts: Vec<&str> = parts.iter().map(|part| bodies::text(&part.body)).collect();
    texts.join("\n---\n")
}

/// All alerts there are, in order: the videos of all watches are counted through.
fn all(message: &DigestMessage) -> Vec<Place> {
    let videos = message.watches.iter().flat_map(|watch| &watch.message.videos).enumerate();
    videos.flat_map(|(video, news)| (0..news.alerts.len()).map(move |n| (video, n))).collect()
}

fn told(parts: &[Part]) -> Vec<Place> {
    let mut told: Vec<Place> = parts.iter().flat_map(|part| part.told.clone()).collect();
    told.sort_unstable();
    told
}

#[test]
fn two_videos_are_a_line_each_with_what_they_passed() {
    let message = digest(vec![
        single(1, "A & B", vec![moved(Metric::Views, 950, 980), moved(Metric::Likes, 56, 55)]),
        single(
            2,
            "Never <b>Gonna</b>",
            vec![
                passed(Metric::Views, &[1_000, 2_000], 950, 2_003),
                moved(Metric::Views, 950, 2_003),
                moved(Metric::Comments, 3, 3),
            ],
        ),
    ]);
    let chat = parts(Channel::Telegram, &message).remove(0);
    let chat = bodies::chat(&chat.body);
    insta::assert_snapshot!(chat.html, @r#"
    🗞 <b>Digest</b> · daily 14:03
    Fri 20 Nov 2026, 14:03 – Sat 21 Nov 2026, 14:03 (Europe/Madrid)

    📊 <a href="https://www.youtube.com/watch?v=00000000002">Never &lt;b&gt;Gonna&lt;/b&gt;</a>: 👁 2,003 (+1,053) · 💬 3
    🎯 Views passed 1,000 and 2,000
    • <a href="https://www.youtube.com/watch?v=00000000001">A &amp; B</a>: 👁 980 (+30) · 👍 55 (-1)
    "#);
    assert!(chat.buttons.is_empty() && !chat.preview);
}

#[test]
fn a_channel_of_which_several_videos_are_told_is_a_heading_and_the_biggest_move_is_first() {
    let gone = event(Event::Status, "public", "unavailable");
    let growth = alert(
        Signal::Growth { metric: Metric::Likes, window_s: 3600 },
        Value::Int(10_000),
        Value::Int(10_612),
        "likes +5% in 1h",
    );
    let started = alert(
        Signal::Event(Event::Upload),
        Value::Text(STARTED.into()),
        Value::Text("x".into()),
        "upload",
    );
    let upcoming = alert(
        Signal::Event(Event::Upload),
        Value::Text("upcoming".into()),
        Value::Int(NOW.0 + 86_400_000),
        "upload",
    );
    let mut message = digest(vec![
        channel(
            1,
            "Small",
            vec![
                video(1, "One", vec![moved(Metric::Views, 10, 11)]),
                video(2, "Gone", vec![gone]),
                video(3, "New", vec![upload(), moved(Metric::Views, 0, 5)]),
                video(4, "Soon", vec![upcoming]),
                video(5, "Now", vec![started]),
            ],
        ),
        single(6, "Six", vec![moved(Metric::Views, 900, 1_000), growth]),
        channel(
            2,
            "Big",
            vec![
                video(7, "Seven", vec![moved(Metric::Views, 5, 105)]),
                video(8, "Eight", vec![event(Event::Title, "Old", "Eight")]),
                video(9, "Nine", vec![moved(Metric::Views, 2_000, 1_000)]),
            ],
        ),
        channel(3, "Of one video", vec![video(10, "Ten", vec![upload()])]),
    ]);
    message.watches[0].over_budget = true;
    message.watches[1].over_budget = true;
    message.late = true;
    insta::assert_snapshot!(text(&message), @r#"
    🗞 Digest · daily 14:03
    Fri 20 Nov 2026, 14:03 – Sat 21 Nov 2026, 14:03 (Europe/Madrid)
    🕗 Late: it could not be told before

    Big
    📊 Nine: 👁 1,000 (-1,000)
    • Seven: 👁 105 (+100)
    • Eight
    ✏️ New title; it was Old

    Single videos
    🆕 Ten from Of one video
    • Six ✋: 👁 1,000 (+100)
    👍 Likes: +6.12 % in the last hour (10,000 → 10,612)

    Small ✋
    🆕 New: 👁 5 (+5)
    🆕 Soon
    📅 Premieres Sun 22 Nov 2026, 14:03 (Europe/Madrid)
    🆕 Now
    ▶️ It can be seen now
    • One: 👁 11 (+1)
    • Gone
    🚫 No longer available (deleted or private)

    ✋ held back: more than the messages of a day
    Sums, % and rates computed by tubebell
    "#);
    assert_eq!(told(&parts(Channel::Recorder, &message)), all(&message));
}

#[test]
fn of_fifty_videos_the_biggest_moves_are_named_and_the_rest_is_summed() {
    let title = "Never Gonna Give You Up (Official Video), part";
    let videos = (0..50).map(|n| {
        let by = i64::try_from(n).unwrap() * 10;
        let likes = moved(Metric::Likes, 56, 56 + by / 100);
        video(n, &format!("{title} {n}"), vec![moved(Metric::Views, 1_000, 1_000 + by), likes])
    });
    let message = digest(vec![channel(1, "Rick Astley", videos.collect())]);
    let parts = parts(Channel::Telegram, &message);
    assert_eq!((parts.len(), told(&parts)), (1, all(&message)));
    insta::assert_snapshot!(visible(&bodies::chat(&parts[0].body).html), @r#"
    🗞 Digest · daily 14:03
    Fri 20 Nov 2026, 14:03 – Sat 21 Nov 2026, 14:03 (Europe/Madrid)

    Rick Astley
    📊 Never Gonna Give You Up (Official Video), part 49: 👁 1,490 (+490) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 48: 👁 1,480 (+480) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 47: 👁 1,470 (+470) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 46: 👁 1,460 (+460) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 45: 👁 1,450 (+450) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 44: 👁 1,440 (+440) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 43: 👁 1,430 (+430) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 42: 👁 1,420 (+420) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 41: 👁 1,410 (+410) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 40: 👁 1,400 (+400) · 👍 60 (+4)
    • Never Gonna Give You Up (Official Video), part 39: 👁 1,390 (+390) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 38: 👁 1,380 (+380) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 37: 👁 1,370 (+370) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 36: 👁 1,360 (+360) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 35: 👁 1,350 (+350) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 34: 👁 1,340 (+340) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 33: 👁 1,330 (+330) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 32: 👁 1,320 (+320) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 31: 👁 1,310 (+310) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 30: 👁 1,300 (+300) · 👍 59 (+3)
    • Never Gonna Give You Up (Official Video), part 29: 👁 1,290 (+290) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 28: 👁 1,280 (+280) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 27: 👁 1,270 (+270) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 26: 👁 1,260 (+260) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 25: 👁 1,250 (+250) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 24: 👁 1,240 (+240) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 23: 👁 1,230 (+230) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 22: 👁 1,220 (+220) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 21: 👁 1,210 (+210) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 20: 👁 1,200 (+200) · 👍 58 (+2)
    • Never Gonna Give You Up (Official Video), part 19: 👁 1,190 (+190) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 18: 👁 1,180 (+180) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 17: 👁 1,170 (+170) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 16: 👁 1,160 (+160) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 15: 👁 1,150 (+150) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 14: 👁 1,140 (+140) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 13: 👁 1,130 (+130) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 12: 👁 1,120 (+120) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 11: 👁 1,110 (+110) · 👍 57 (+1)
    • Never Gonna Give You Up (Official Video), part 10: 👁 1,100 (+100) · 👍 57 (+1)

    … and 10 more videos moved, +450 views in all

    Sums, % and rates computed by tubebell
    "#);
}

#[test]
fn five_hundred_videos_are_one_message_where_they_merely_moved() {
    let moves = |n: usize| vec![moved(Metric::Views, 1_000, 1_000 + i64::try_from(n).unwrap())];
    let videos = |count: usize| (0..count).map(|n| video(n, &format!("No. {n}"), moves(n)));
    let message = digest(vec![channel(1, "Rick Astley", videos(500).collect())]);
    let text = text(&message);
    assert!(!text.contains("\n---\n"), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with(['•', '📊'])).count(), 40);
    assert!(text.contains("Rick Astley\n📊 No. 499: 👁 1,499 (+499)\n• No. 498"), "{text}");
    assert!(text.contains("… and 460 more videos moved, +105,570 views in all"), "{text}");
    assert!(text.contains("Sums, % and rates computed by tubebell"), "{text}");
    assert_eq!(told(&parts(Channel::Recorder, &message)), all(&message));
}

#[test]
fn five_hundred_videos_that_passed_a_value_are_all_named_in_full_messages() {
    let title = "Never Gonna Give You Up (Official Video), part";
    let video = |n: usize| {
        let alerts = vec![passed(Metric::Views, &[1_000], 950, 1_001)];
        video(n, &format!("{title} {n}"), alerts)
    };
    let halves = [(1, 0..250), (2, 250..500)];
    let watches = halves.map(|(number, videos)| {
        channel(number, &format!("Channel {number}"), videos.map(video).collect())
    });
    let message = digest(watches.to_vec());
    let parts = parts(Channel::Telegram, &message);
    assert_eq!(parts.iter().flat_map(|part| part.told.clone()).collect::<Vec<_>>(), all(&message));
    let count = parts.len();
    assert_eq!(count, 12);
    let mut next = 0;
    for (index, part) in parts.iter().enumerate() {
        let seen = visible(&bodies::chat(&part.body).html);
        let head = format!("🗞 Digest · daily 14:03 · {}/{count}\n", index + 1);
        assert!(seen.starts_with(&head), "{seen}");
        let heading = seen.split("\n\n").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(heading, if next < 250 { "Channel 1" } else { "Channel 2" }, "{seen}");
        for line in seen.lines().filter(|line| line.starts_with(['•', '📊'])) {
            // Of those that moved as far, the first is the one that moved most.
            let mark = if next == 0 { "📊" } else { "•" };
            assert_eq!(line, format!("{mark} {title} {next}: 👁 1,001 (+51)"));
            next += 1;
        }
    }
    assert_eq!(next, 500);
}

#[test]
fn a_video_that_two_watches_tell_of_moved_once_in_the_sum() {
    let moves = |from: usize| {
        (from..from + 60).map(|n| video(n, "x", vec![moved(Metric::Views, 0, 1)])).collect()
    };
    let message = digest(vec![channel(1, "A", moves(0)), channel(2, "B", moves(0))]);
    let text = text(&message);
    let named = text.lines().filter(|line| line.starts_with(['•', '📊'])).count();
    assert_eq!(named, 40);
    assert!(text.contains("… and 60 more videos moved, +60 views in all"), "{text}");
}

#[test]
fn what_many_rules_tell_of_one_video_has_its_name_again_and_fits() {
    let marks: Vec<i64> = (0..8).map(|n| i64::MAX - n).collect();
    let alerts: Vec<NetAlert> = (0..20)
        .map(|n| NetAlert {
            marks: Marks { values: marks.clone(), more: u64::MAX - n },
            ..moved(Metric::Comments, 0, i64::MAX)
        })
        .collect();
    let message = digest(vec![single(1, &"long title ".repeat(9), alerts)]);
    let parts = parts(Channel::Telegram, &message);
    assert_eq!((parts.len(), told(&parts)), (2, all(&message)));
    let seen = visible(&bodies::chat(&parts[1].body).html);
    assert!(seen.contains("• long title"), "{seen}");
}

#[test]
fn nothing_comes_of_a_digest_in_which_nothing_is_told() {
    let message = digest(vec![single(1, "A", Vec::new()), channel(1, "B", Vec::new())]);
    for channel in Channel::ALL {
        assert_eq!(parts(channel, &message), []);
    }
    assert_eq!(parts(Channel::Webhook, &digest(Vec::new())), []);
}

#[test]
fn programs_get_the_same_as_json() {
    let mut message = digest(vec![
        channel(
            7,
            "Rick Astley",
            vec![
                video(1, "A", vec![moved(Metric::Views, 950, 1_240)]),
                video(2, "B", Vec::new()),
                news(None, vec![event(Event::Presence, "public", "unavailable")]),
            ],
        ),
        single(3, "C", vec![upload()]),
    ]);
    message.watches[1].over_budget = true;
    message.watches[0].message.videos[0].changes = 4;
    let parts = parts(Channel::Webhook, &message);
    assert_eq!((parts.len(), parts[0].told.clone()), (1, vec![(0, 0), (2, 0), (3, 0)]));
    let body: serde_json::Value = serde_json::from_str(bodies::text(&parts[0].body)).unwrap();
    let data = &body["data"];
    assert_eq!(
        (&body["type"], &body["timestamp"]),
        (&"digest.sent".into(), &"2026-11-21T13:03:00Z".into())
    );
    assert_eq!(data["since"], "2026-11-20T13:03:00Z");
    assert_eq!((&data["schedule"], &data["tz"]), (&"daily 14:03".into(), &"Europe/Madrid".into()));
    assert_eq!((&data["part"], &data["parts"]), (&1.into(), &1.into()));
    let watches = data["watches"].as_array().unwrap();
    let heads = watches.iter().map(|watch| {
        let videos = watch["videos"].as_array().map_or(0, Vec::len);
        (watch["watch"].clone(), watch["over_budget"].clone(), videos)
    });
    assert_eq!(
        heads.collect::<Vec<_>>(),
        [(7.into(), false.into(), 2), (7.into(), true.into(), 1)]
    );
    let first = &watches[0]["videos"][0];
    assert_eq!((&first["coalesced"], &first["video"]["title"]), (&4.into(), &"A".into()));
    assert_eq!(first["alerts"][0]["current"], 1_240);
    assert_eq!(watches[0]["videos"][1]["video"], serde_json::Value::Null);
}

#[test]
fn a_long_digest_for_programs_takes_as_many_bodies_as_it_needs() {
    let videos = (0..500).map(|n| video(n, &format!("No. {n}"), vec![upload()])).collect();
    let message =
        digest(vec![channel(1, "Rick Astley", videos), single(500, "last", vec![upload()])]);
    let parts = parts(Channel::Webhook, &message);
    assert_eq!(parts.iter().flat_map(|part| part.told.clone()).collect::<Vec<_>>(), all(&message));
    let lengths: Vec<usize> = parts.iter().map(|part| bodies::text(&part.body).len()).collect();
    assert!(lengths.iter().all(|length| *length < 20_000), "{lengths:?}");
    // Nearly full, but for the last.
    assert!(lengths[..lengths.len() - 1].iter().all(|length| *length > 17_000), "{lengths:?}");
    for (index, part) in parts.iter().enumerate() {
        let body: serde_json::Value = serde_json::from_str(bodies::text(&part.body)).unwrap();
        assert_eq!(body["data"]["part"], index + 1);
        assert_eq!(body["data"]["parts"], parts.len());
    }
}

/// Watches of several videos and of one.
fn any_watches() -> impl Strategy<Value = Vec<WatchNews>> {
    let some = prop_oneof![
        3 => Just(upload()),
        3 => (any::<i64>(), any::<i64>()).prop_map(|(from, to)| moved(Metric::Views, from, to)),
        2 => (1_usize..=8, any::<i64>()).prop_map(|(marks, now)| {
            passed(Metric::Likes, &[i64::MAX, i64::MIN, 1, 2, 3, 4, 5, 6][..marks], 0, now)
        }),
        3 => any_alert(),
    ];
    let of_one = (hostile(), prop::collection::vec(some, 0..9));
    let of_watch = (hostile(), any::<bool>(), prop::collection::vec(of_one, 0..20));
    prop::collection::vec(of_watch, 1..6).prop_map(|watches| {
        let mut number = 0;
        let watches = watches.into_iter().zip(1..).map(|((title, over_budget, videos), index)| {
            let videos = videos.into_iter().map(|(title, alerts)| {
                number += 1;
                video(number, &title, alerts)
            });
            WatchNews { over_budget, ..channel(index, &title, videos.collect()) }
        });
        watches.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_alert_is_told_by_one_part_and_every_part_is_safe(
        watches in any_watches(), late in any::<bool>(),
    ) {
        let message = DigestMessage { late, ..digest(watches) };
        let parts = parts(Channel::Telegram, &message);
        prop_assert_eq!(told(&parts), all(&message));
        for part in &parts {
            prop_assert!(!part.told.is_empty());
            let html = &bodies::chat(&part.body).html;
            assert_safe(html);
            let units = visible(html).encode_utf16().count();
            prop_assert!(units <= 4096, "{units} units");
            prop_assert!(tags(html) <= 100, "{} tags", tags(html));
        }
        let bodies_of = super::digest::parts(Channel::Webhook, &message);
        prop_assert_eq!(told(&bodies_of), all(&message));
        for part in &bodies_of {
            let body = bodies::text(&part.body);
            prop_assert!(body.len() < 20_000, "{}", body.len());
            prop_assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
        }
    }
}
