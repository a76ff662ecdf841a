//! What one watch is told of several videos: one message, or as many as it takes to name what has to be named.

use proptest::prelude::*;
use tubebell::model::{Channel, Event, Marks, Metric, STARTED, Signal, Status, Value};
use tubebell::render::{NetAlert, Place, VideoFacts, VideoNews, WatchMessage};

use super::{
    alert, any_alert, assert_safe, body, chat, facts, hostile, message, news, parts, tags,
    views_moved, visible,
};
use crate::bodies;

const CHANNEL: &str = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";

/// A watch of a channel.
fn of_channel(videos: Vec<VideoNews>) -> WatchMessage {
    WatchMessage {
        subject: CHANNEL.parse().expect("a channel"),
        subject_title: Some("Rick Astley".to_owned()),
        videos,
        ..message("", Vec::new())
    }
}

/// The news of the video of this number.
fn video(number: usize, title: &str, alerts: Vec<NetAlert>) -> VideoNews {
    let id = format!("{number:011}").parse().expect("eleven digits");
    news(Some(VideoFacts { id, ..facts(title) }), alerts)
}

fn upload() -> NetAlert {
    alert(Signal::Event(Event::Upload), Value::None, Value::Text("as it was".into()), "upload")
}

fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

fn gone() -> NetAlert {
    event(Event::Status, "public", "unavailable")
}

fn moved(metric: Metric, from: i64, to: i64) -> NetAlert {
    let rule = format!("{metric} any");
    alert(Signal::Count(metric), Value::Int(from), Value::Int(to), &rule)
}

fn passed(metric: Metric, marks: &[i64], now: i64) -> NetAlert {
    let rule = format!("{metric} milestones");
    let alert = alert(Signal::Count(metric), Value::Int(0), Value::Int(now), &rule);
    NetAlert { marks: Marks { values: marks.to_vec(), more: 0 }, ..alert }
}

/// All alerts there are, in order.
fn all(message: &WatchMessage) -> Vec<Place> {
    let videos = message.videos.iter().enumerate();
    videos.flat_map(|(video, news)| (0..news.alerts.len()).map(move |n| (video, n))).collect()
}

#[test]
fn what_has_to_be_named_is_named_and_all_else_is_summed() {
    let growth = |to| {
        let signal = Signal::Growth { metric: Metric::Likes, window_s: 3600 };
        alert(signal, Value::Int(10_000), Value::Int(to), "likes +5% in 1h")
    };
    let live = event(Event::Live, "upcoming", "live");
    let title = |old: &str, new: &str| event(Event::Title, old, new);
    let mut fell = passed(Metric::Likes, &[500], 499);
    fell.series.down = true;
    let upcoming = |at| {
        let announced = Value::Text("upcoming".into());
        alert(Signal::Event(Event::Upload), announced, at, "upload")
    };
    let started = alert(
        Signal::Event(Event::Upload),
        Value::Text(STARTED.into()),
        Value::Text("x".into()),
        "upload",
    );
    let likes_hidden = alert(Signal::Count(Metric::Likes), Value::Int(3), Value::None, "likes any");
    let mut videos = vec![
        video(1, "A & B", vec![passed(Metric::Views, &[1_000, 2_000], 2_003), fell]),
        video(2, "New <one>", vec![upload(), moved(Metric::Views, 0, 5)]),
        video(3, "Soon", vec![upcoming(Value::Int(1_795_352_580_000))]),
        video(4, "Later", vec![upcoming(Value::None)]),
        video(5, "Now", vec![started, live.clone()]),
        video(6, "Six", vec![title("Old", "Six"), growth(10_612), likes_hidden]),
        video(7, "Seven", vec![event(Event::Status, "unavailable", "public")]),
        video(8, "Eight", vec![event(Event::Status, "public", "unlisted"), growth(10_900)]),
        video(9, "Nine", vec![event(Event::Status, "unlisted", "public")]),
        video(10, "Ten", vec![event(Event::Live, "live", "completed")]),
        video(11, "Eleven", vec![event(Event::Live, "none", "upcoming"), live]),
    ];
    videos.extend((12..47).map(|n| {
        let by = i64::try_from(n).unwrap();
        video(n, &format!("No. {n}"), vec![gone(), moved(Metric::Views, 950, 950 + by)])
    }));
    let message = of_channel(videos);
    insta::assert_snapshot!(chat(&message).html, @r#"
    <b><a href="https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw">Rick Astley</a></b>

    🆕 <a href="https://www.youtube.com/watch?v=00000000002">New &lt;one&gt;</a>
    📅 <a href="https://www.youtube.com/watch?v=00000000003">Soon</a> premieres <b>Sun 22 Nov 2026, 14:03 (Europe/Madrid)</b>
    📅 <a href="https://www.youtube.com/watch?v=00000000004">Later</a> premieres soon
    ▶️ <a href="https://www.youtube.com/watch?v=00000000005">Now</a> can be seen now

    🎯 <a href="https://www.youtube.com/watch?v=00000000001">A &amp; B</a>: views passed 1,000 and 2,000, now <b>2,003</b>; likes fell below 500, now <b>499</b>

    ✏️ New title: <a href="https://www.youtube.com/watch?v=00000000006">Six</a> (was <code>Old</code>)
    🚫 35 videos can't be seen any more (deleted or private): <a href="https://www.youtube.com/watch?v=00000000012">No. 12</a>, <a href="https://www.youtube.com/watch?v=00000000013">No. 13</a>, <a href="https://www.youtube.com/watch?v=00000000014">No. 14</a> … and 32 more
    🔗 Now unlisted, reachable by link only: <a href="https://www.youtube.com/watch?v=00000000008">Eight</a>
    ✅ Available again: <a href="https://www.youtube.com/watch?v=00000000007">Seven</a>
    🌍 Public again: <a href="https://www.youtube.com/watch?v=00000000009">Nine</a>
    🔴 2 streams live now: <a href="https://www.youtube.com/watch?v=00000000005">Now</a>, <a href="https://www.youtube.com/watch?v=00000000011">Eleven</a>
    📅 Live stream announced: <a href="https://www.youtube.com/watch?v=00000000011">Eleven</a>
    ⏹ Live stream ended: <a href="https://www.youtube.com/watch?v=00000000010">Ten</a>
    🙈 Likes can't be seen any more: <a href="https://www.youtube.com/watch?v=00000000006">Six</a>

    👁 Views of 36 videos:
    • <a href="https://www.youtube.com/watch?v=00000000046">No. 46</a>: 950 → <b>996</b> (+46)
    • <a href="https://www.youtube.com/watch?v=00000000045">No. 45</a>: 950 → <b>995</b> (+45)
    • <a href="https://www.youtube.com/watch?v=00000000044">No. 44</a>: 950 → <b>994</b> (+44)
    … and 33 more

    👍 Likes of 2 videos lately:
    • <a href="https://www.youtube.com/watch?v=00000000008">Eight</a>: <b>+9.00 %</b> in the last hour (10,000 → 10,900)
    • <a href="https://www.youtube.com/watch?v=00000000006">Six</a>: <b>+6.12 %</b> in the last hour (10,000 → 10,612)

    <i>% and rates computed by tubebell</i>
    🔔 <code>views milestones</code> · <code>likes milestones</code> · <code>upload</code> · <code>views any</code> · <code>live</code> · <code>title</code> · <code>likes +5% in 1h</code> · <code>likes any</code> · <code>status</code>
    "#);
    assert_eq!(parts(Channel::Recorder, &message)[0].told.len(), all(&message).len());
}

#[test]
fn a_sum_never_leaves_out_a_single_video() {
    let told = |count: usize| {
        let videos = (0..count).map(|n| video(n, &format!("No. {n}"), vec![gone()])).collect();
        let text = body(Channel::Recorder, &of_channel(videos));
        text.lines().nth(2).unwrap_or_default().to_owned()
    };
    let counts = [2, 3, 4, 5, 500].map(told);
    insta::assert_snapshot!(counts.join("\n"), @"
    🚫 2 videos can't be seen any more (deleted or private): No. 0, No. 1
    🚫 3 videos can't be seen any more (deleted or private): No. 0, No. 1, No. 2
    🚫 4 videos can't be seen any more (deleted or private): No. 0, No. 1, No. 2, No. 3
    🚫 5 videos can't be seen any more (deleted or private): No. 0, No. 1, No. 2 … and 2 more
    🚫 500 videos can't be seen any more (deleted or private): No. 0, No. 1, No. 2 … and 497 more
    ");
}

#[test]
fn the_biggest_moves_come_first_and_each_video_once() {
    let videos = (0..6)
        .map(|n| {
            let by = [3, 9, -7, 1, 2, 4][n];
            let two = vec![
                moved(Metric::Comments, 100, 100 + by / 2),
                moved(Metric::Comments, 100, 100 + by),
            ];
            video(n, &format!("No. {n}"), two)
        })
        .collect();
    insta::assert_snapshot!(body(Channel::Recorder, &of_channel(videos)), @"
    Rick Astley

    💬 Comments of 6 videos:
    • No. 1: 100 → 109 (+9)
    • No. 2: 100 → 93 (-7)
    • No. 5: 100 → 104 (+4)
    … and 3 more

    🔔 comments any
    ");
}

#[test]
fn five_hundred_new_videos_are_all_named_in_full_messages() {
    let title = "Never Gonna Give You Up (Official Video), part";
    let videos = (0..500).map(|n| video(n, &format!("{title} {n}"), vec![upload()])).collect();
    let message = of_channel(videos);
    let parts = parts(Channel::Telegram, &message);
    assert_eq!(parts.iter().flat_map(|part| part.told.clone()).collect::<Vec<_>>(), all(&message));
    let chats: Vec<_> = parts.iter().map(|part| bodies::chat(&part.body)).collect();
    let count = chats.len();
    assert_eq!(count, 7);
    let mut next = 0;
    for (index, chat) in chats.iter().enumerate() {
        let seen = visible(&chat.html);
        let (heading, lines) = seen.split_once("\n\n").unwrap();
        assert_eq!(heading, format!("Rick Astley · {}/{count}", index + 1));
        for line in lines.lines().filter(|line| line.starts_with('🆕')) {
            assert_eq!(line, format!("🆕 {title} {next}"));
            next += 1;
        }
        let is_last = index + 1 == count;
        assert_eq!(chat.buttons.is_empty(), !is_last);
        assert_eq!(seen.contains("🔔 upload"), is_last);
        assert!(!chat.preview, "of 500 none is shown");
    }
    assert_eq!(next, 500);
}

#[test]
fn sums_stand_in_the_first_part_alone() {
    let mut videos: Vec<VideoNews> =
        (0..100).map(|n| video(n, &"long title ".repeat(9), vec![upload()])).collect();
    videos.extend((100..200).map(|n| video(n, "gone", vec![gone(), views_moved()])));
    videos.push(news(None, vec![event(Event::Presence, "public", "unavailable")]));
    let message = of_channel(videos);
    let parts = parts(Channel::Recorder, &message);
    assert!(parts.len() > 2);
    for (index, part) in parts.iter().enumerate() {
        let sums = ["🚫 100 videos", "👁 Views of 100 videos", "🚫 This channel"];
        let text = bodies::text(&part.body);
        assert_eq!(sums.map(|sum| text.contains(sum)), [index == 0; 3], "{text}");
    }
    let summed = parts[0].told.iter().filter(|(video, _)| *video >= 100).count();
    assert_eq!(summed, 201);
}

#[test]
fn examples_give_way_where_that_makes_one_message_of_two() {
    let long = "long title ".repeat(9);
    let mut videos: Vec<VideoNews> = (0..32).map(|n| video(n, &long, vec![upload()])).collect();
    videos.extend((32..60).map(|n| {
        let events = [gone(), event(Event::Live, "upcoming", "live"), views_moved()];
        video(n, &long, events.to_vec())
    }));
    let text = body(Channel::Recorder, &of_channel(videos));
    assert!(text.contains("🚫 28 videos") && text.contains("… and 27 more"), "{text}");
    assert_eq!(text.matches('🆕').count(), 32);
}

#[test]
fn the_preview_is_that_of_the_only_new_video() {
    let preview = |uploads: usize| {
        let mut videos = vec![video(7, "moved", vec![views_moved()])];
        videos.extend((0..uploads).map(|n| video(n, "new", vec![upload()])));
        videos.push(video(8, "moved", vec![views_moved()]));
        let chat = chat(&of_channel(videos));
        (chat.preview, chat.preview_url)
    };
    assert_eq!(preview(0), (false, None));
    let url = "https://www.youtube.com/watch?v=00000000000".to_owned();
    assert_eq!(preview(1), (true, Some(url)));
    assert_eq!(preview(2), (false, None));
}

#[test]
fn programs_get_one_body_per_video() {
    let mut message = of_channel(vec![
        video(1, "A", vec![gone(), views_moved()]),
        video(2, "B", Vec::new()),
        video(3, "C", vec![upload()]),
        news(None, vec![event(Event::Presence, "public", "unavailable")]),
    ]);
    message.videos[2].changes = 4;
    let parts = parts(Channel::Webhook, &message);
    let told: Vec<_> = parts.iter().map(|part| (part.video, part.told.len())).collect();
    assert_eq!(told, [(Some(0), 2), (Some(2), 1), (Some(3), 1)]);
    let data = parts.iter().map(|part| {
        let body: serde_json::Value = serde_json::from_str(bodies::text(&part.body)).unwrap();
        (body["data"]["video"]["title"].clone(), body["data"]["coalesced"].clone())
    });
    let titles = ["A".into(), "C".into(), serde_json::Value::Null];
    assert_eq!(
        data.collect::<Vec<_>>(),
        titles.into_iter().zip([1.into(), 4.into(), 1.into()]).collect::<Vec<_>>()
    );
}

#[test]
fn one_video_with_news_is_told_as_ever() {
    let mut message = of_channel(vec![
        video(1, "A", Vec::new()),
        video(2, "B", vec![views_moved()]),
        video(3, "C", Vec::new()),
    ]);
    let part = parts(Channel::Recorder, &message).remove(0);
    let text = bodies::text(&part.body);
    assert!(text.starts_with("B\nRick Astley\n\n👁 Views 950 → 1,240"), "{text}");
    assert_eq!((part.told, part.video), (vec![(1, 0)], Some(1)));
    message.videos[1].alerts.clear();
    assert_eq!(parts(Channel::Recorder, &message), []);
    assert_eq!(parts(Channel::Webhook, &message), []);
}

#[test]
fn a_list_without_a_title_is_named_after_its_channel_or_not_at_all() {
    let heading = |subject: &str, channel: Option<&str>| {
        let mut message = of_channel(vec![
            video(1, "A", vec![views_moved()]),
            video(2, "\u{200b}\u{202e}", vec![gone()]),
        ]);
        message.subject = subject.parse().unwrap();
        message.subject_title = Some(" \u{3164}".to_owned());
        message.late = true;
        for news in &mut message.videos {
            news.video.as_mut().unwrap().about.channel_title = channel.map(str::to_owned);
        }
        let text = body(Channel::Recorder, &message);
        assert!(text.contains("(deleted or private): 00000000002"), "{text}");
        text.lines().take(2).collect::<Vec<_>>().join(" | ")
    };
    let playlist = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
    insta::assert_snapshot!(
        [
            heading(CHANNEL, Some("Rick")),
            heading(CHANNEL, Some("")),
            heading("channel:@RickAstleyYT", None),
            heading(playlist, Some("Rick")),
        ]
        .join("\n"),
        @"
        🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid) | Rick
        🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid) | A watched channel
        🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid) | A watched channel
        🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid) | A watched playlist
        "
    );
}

#[test]
fn a_title_that_turns_the_line_or_breaks_it_stays_within_its_link() {
    let titles = ["\u{202e}\u{2067}evil", "a\nb\u{2028}🚫 c", "<b>&@everyone</b>", "👩‍👩‍👧"];
    let videos = titles.iter().enumerate();
    let videos =
        videos.map(|(n, title)| video(n, title, vec![gone(), passed(Metric::Views, &[10], 12)]));
    let html = chat(&of_channel(videos.collect())).html;
    assert_safe(&html);
    let marks = |c: char| match c {
        '\u{200d}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            c.escape_unicode().to_string()
        }
        c => c.to_string(),
    };
    insta::assert_snapshot!(html.chars().map(marks).collect::<String>(), @r#"
    <b><a href="https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw">Rick Astley</a></b>

    🎯 <a href="https://www.youtube.com/watch?v=00000000000">\u{202e}\u{2067}evil\u{2069}\u{202c}</a>: views passed 10, now <b>12</b>
    🎯 <a href="https://www.youtube.com/watch?v=00000000001">a b 🚫 c</a>: views passed 10, now <b>12</b>
    🎯 <a href="https://www.youtube.com/watch?v=00000000002">&lt;b&gt;&amp;@everyone&lt;/b&gt;</a>: views passed 10, now <b>12</b>
    🎯 <a href="https://www.youtube.com/watch?v=00000000003">👩\u{200d}👩\u{200d}👧</a>: views passed 10, now <b>12</b>

    🚫 4 videos can't be seen any more (deleted or private): <a href="https://www.youtube.com/watch?v=00000000000">\u{202e}\u{2067}evil\u{2069}\u{202c}</a>, <a href="https://www.youtube.com/watch?v=00000000001">a b 🚫 c</a>, <a href="https://www.youtube.com/watch?v=00000000002">&lt;b&gt;&amp;@everyone&lt;/b&gt;</a>, <a href="https://www.youtube.com/watch?v=00000000003">👩\u{200d}👩\u{200d}👧</a>

    🔔 <code>status</code> · <code>views milestones</code>
    "#);
}

/// Videos, and of each what happened.
fn any_videos() -> impl Strategy<Value = Vec<VideoNews>> {
    let some = prop_oneof![
        3 => Just(upload()),
        3 => Just(gone()),
        3 => (1_usize..=8, any::<i64>()).prop_map(|(marks, now)| {
            passed(Metric::Views, &[i64::MAX, i64::MIN, 1, 2, 3, 4, 5, 6][..marks], now)
        }),
        2 => any_alert(),
    ];
    let of_one = (hostile(), prop::collection::vec(some, 0..5));
    prop::collection::vec(of_one, 2..60).prop_map(|videos| {
        let videos = videos.into_iter().enumerate();
        videos.map(|(n, (title, alerts))| video(n, &title, alerts)).collect()
    })
}

proptest! {
    // Each case renders some ten long messages: seconds without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_alert_is_told_by_one_part_and_every_part_is_full_and_safe(
        mut videos in any_videos(),
        subject_title in prop::option::of(hostile()),
        (late, has_list) in (any::<bool>(), any::<bool>()),
    ) {
        if has_list {
            videos.push(news(None, vec![event(Event::Presence, "unavailable", "public")]));
        }
        let message = WatchMessage { subject_title, late, ..of_channel(videos) };
        let parts = parts(Channel::Telegram, &message);
        let mut told: Vec<Place> = parts.iter().flat_map(|part| part.told.clone()).collect();
        told.sort_unstable();
        prop_assert_eq!(told, all(&message));
        let chats: Vec<_> = parts.iter().map(|part| bodies::chat(&part.body)).collect();
        for (part, chat) in parts.iter().zip(&chats) {
            prop_assert!(!part.told.is_empty());
            assert_safe(&chat.html);
            let units = visible(&chat.html).encode_utf16().count();
            prop_assert!(units <= 4096, "{units} units");
            prop_assert!(tags(&chat.html) <= 100, "{} tags", tags(&chat.html));
        }
        // The first line of a part would not have fitted into the part before. (In front of the last part it may be what
        // stands below it that did not.)
        for pair in chats.windows(2).take(chats.len().saturating_sub(2)) {
            let next = pair[1].html.split_once("\n\n").unwrap().1.lines().next().unwrap();
            let units = visible(&pair[0].html).encode_utf16().count();
            let more = visible(next).encode_utf16().count() + 1;
            // The number of the part may be shorter than was allowed for, and a section begins with a blank line.
            prop_assert!(
                units + more + 4 > 4096 || tags(&pair[0].html) + tags(next) > 100,
                "{units} + {more} units, {} + {} tags", tags(&pair[0].html), tags(next)
            );
        }
    }

    #[test]
    fn what_is_named_keeps_its_order(count in 2_usize..200, length in 0_usize..60) {
        let videos = (0..count).map(|n| {
            let title = format!("{n} {}", "x".repeat(length));
            video(n, &title, vec![if n % 3 == 0 { upload() } else { passed(Metric::Likes, &[5], 6) }])
        });
        let message = of_channel(videos.collect());
        let named: Vec<Place> =
            parts(Channel::Recorder, &message).into_iter().flat_map(|part| part.told).collect();
        let (new, others): (Vec<Place>, Vec<Place>) =
            all(&message).into_iter().partition(|(video, _)| video % 3 == 0);
        prop_assert_eq!(named, [new, others].concat());
    }
}

#[test]
fn the_status_of_a_video_stands_in_for_a_text_that_cannot_be_read() {
    let mut videos =
        vec![video(1, "A", vec![event(Event::Status, "", "?")]), video(2, "B", vec![gone()])];
    videos[0].video.as_mut().unwrap().status = Status::Unavailable;
    let text = body(Channel::Recorder, &of_channel(videos));
    assert!(
        text.contains("🚫 2 videos can't be seen any more (deleted or private): A, B"),
        "{text}"
    );
}
