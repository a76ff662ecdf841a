//! What Discord gets: an embed for each of a few videos, and texts of the templates for all else.

use std::fmt::Write;

use proptest::prelude::*;
use tubebell::model::{
    Body, Button, Channel, Embed, EmbedMessage, Event, Marks, Metric, Picture, STARTED, Signal,
    UnixMillis, Value,
};
use tubebell::render::numbers::{Ago, Grouped};
use tubebell::render::views::{Card, Stats};
use tubebell::render::{
    BudgetNote, DigestMessage, List, NetAlert, Part, VideoFacts, VideoNews, WatchMessage,
    WatchNews, views,
};

use super::{
    RENDERER, alert, any_alert, facts, hostile, left_open, message, news, unseen, views_moved,
};
use crate::laws::discord::{check, read};

const AT: UnixMillis = UnixMillis(1_795_266_180_000);

fn parts(message: &WatchMessage) -> Vec<Part> {
    RENDERER.watch(Channel::Discord, message).expect("templates are checked")
}

/// All messages, checked, one below the other.
fn shown(parts: &[Part]) -> String {
    let all: Vec<String> = parts.iter().map(|part| message_shown(check(&part.body))).collect();
    all.join("\n---\n")
}

fn message_shown(message: &EmbedMessage) -> String {
    let EmbedMessage { text, embeds, buttons, .. } = message;
    let mut lines: Vec<String> = Vec::new();
    if !text.is_empty() {
        lines.push(text.clone());
    }
    lines.extend(embeds.iter().map(embed_shown));
    let button = |button: &Button| format!("[{}]", button.text);
    lines.extend(buttons.iter().map(|row| row.iter().map(button).collect::<Vec<_>>().join(" ")));
    lines.join("\n")
}

fn embed_shown(embed: &Embed) -> String {
    let Embed { author, title, text, fields, colour, thumbnail, footer, at } = embed;
    let mut shown = String::from("┌");
    colour.iter().for_each(|colour| write!(shown, " {colour:06x}").expect("a text"));
    thumbnail.iter().for_each(|url| write!(shown, " {url}").expect("a text"));
    let mut lines: Vec<String> = Vec::new();
    lines.extend(author.iter().map(|author| format!("by {} <{}>", author.text, author.url)));
    lines.extend(title.iter().map(|title| format!("# {} <{}>", title.text, title.url)));
    lines.extend(text.lines().map(str::to_owned));
    lines.extend(fields.iter().map(|field| format!("{}: {}", field.name, field.value)));
    lines.extend(footer.lines().map(|line| format!("~ {line}")));
    lines.extend(at.iter().map(|at| format!("~ {at}")));
    for line in lines {
        write!(shown, "\n{}", format!("│ {line}").trim_end()).expect("a text");
    }
    shown
}

/// A watch of a channel.
fn of_channel(videos: Vec<VideoNews>) -> WatchMessage {
    WatchMessage {
        subject: "channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().expect("a channel"),
        subject_title: Some("Rick [Astley]".to_owned()),
        videos,
        ..message("", Vec::new())
    }
}

fn video(number: usize, title: &str, alerts: Vec<NetAlert>) -> VideoNews {
    let id = format!("{number:011}").parse().expect("eleven digits");
    news(Some(VideoFacts { id, ..facts(title) }), alerts)
}

fn passed(metric: Metric, marks: &[i64], now: i64) -> NetAlert {
    let alert = alert(Signal::Count(metric), Value::Int(0), Value::Int(now), "milestones");
    NetAlert { marks: Marks { values: marks.to_vec(), more: 0 }, ..alert }
}

fn upload() -> NetAlert {
    alert(Signal::Event(Event::Upload), Value::None, Value::Text("x".into()), "upload")
}

fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

fn told_once(parts: &[Part], videos: &[&VideoNews]) {
    let mut told: Vec<_> = parts.iter().flat_map(|part| part.told.clone()).collect();
    told.sort_unstable();
    let all = videos.iter().enumerate();
    let all = all.flat_map(|(video, news)| (0..news.alerts.len()).map(move |n| (video, n)));
    assert_eq!(told, all.collect::<Vec<_>>());
}

#[test]
fn one_video_is_an_embed_with_a_field_per_alert() {
    let mut message = message("Never *Gonna* [Give] You Up", vec![views_moved()]);
    insta::assert_snapshot!(shown(&parts(&message)), @r#"
    ┌ 57f287 https://i.ytimg.com/vi/dQw4w9WgXcQ/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Never \*Gonna\* \[Give\] You Up <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    │ 👁 Views: 950 → **1,240** (+290, +30.5 %)
    │ Also: 56 likes · comments off
    │ ~ % and rates computed by tubebell
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often] [🛑 Stop watching]
    "#);
    let webhook = RENDERER.watch(Channel::DiscordWebhook, &message).unwrap().remove(0);
    assert!(check(&webhook.body).buttons.is_empty());

    let growth = Signal::Growth { metric: Metric::Likes, window_s: 3600 };
    let mut fell = passed(Metric::Likes, &[500], 499);
    fell.series.down = true;
    message.videos[0].alerts = vec![
        fell,
        passed(Metric::Views, &[1_000, 2_000], 2_003),
        alert(growth, Value::Int(10_000), Value::Int(10_612), "likes +5% in 1h"),
        alert(Signal::Count(Metric::Comments), Value::Int(3), Value::None, "comments any"),
        event(Event::Title, "Old #1", "New: @everyone"),
    ];
    message.videos[0].changes = 3;
    message.late = true;
    message.budget = Some(BudgetNote { pings: 10, digest_at: UnixMillis(AT.0 + 3_600_000) });
    insta::assert_snapshot!(shown(&parts(&message)), @r#"
    ┌ ed4245 https://i.ytimg.com/vi/dQw4w9WgXcQ/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Never \*Gonna\* \[Give\] You Up <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    │ 🎯 Likes: fell below 500: now **499**
    │ 🎯 Views: passed 1,000 and 2,000: now **2,003**
    │ 👍 Likes in the last hour: **+6.12 %** (10,000 → 10,612)
    │ 🙈 Comments: can't be seen any more
    │ ✏️ New title: Old \#1 → New: \@everyone
    │ ~ 🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid)
    │ ~ Sums up 3 changes
    │ ~ % and rates computed by tubebell
    │ ~ 📭 This was message 10 of 10 today; what else happens comes in the digest at 15:03
    │ ~ 🔔 milestones · likes +5% in 1h · comments any · title
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often] [🛑 Stop watching]
    "#);
}

#[test]
fn every_event_is_a_field() {
    let upcoming = |at| {
        let announced = Value::Text("upcoming".into());
        alert(Signal::Event(Event::Upload), announced, at, "upload")
    };
    let started = Value::Text(STARTED.into());
    let started = alert(Signal::Event(Event::Upload), started, Value::Text("x".into()), "upload");
    let mut message = of_channel(vec![video(
        1,
        "One",
        vec![
            upload(),
            upcoming(Value::Int(AT.0 + 86_400_000)),
            upcoming(Value::None),
            started,
            event(Event::Status, "public", "unavailable"),
            event(Event::Status, "public", "unlisted"),
            event(Event::Status, "unavailable", "public"),
            event(Event::Status, "unlisted", "public"),
            event(Event::Live, "none", "upcoming"),
            event(Event::Live, "upcoming", "live"),
            event(Event::Live, "live", "completed"),
        ],
    )]);
    insta::assert_snapshot!(shown(&parts(&message)), @r#"
    ┌ 3498db https://i.ytimg.com/vi/00000000001/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # One <https://www.youtube.com/watch?v=00000000001>
    │ 🆕 New video: from Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))
    │ 📅 Premieres: **Sun 22 Nov 2026, 14\:03 \(Europe/Madrid\)**, from Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))
    │ 📅 Premieres: soon, from Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))
    │ ▶️ Can be seen now: from Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))
    │ 🚫 No longer available: public → unavailable: deleted or private
    │ 🔗 Now unlisted: public → unlisted: reachable by its link only
    │ ✅ Available again: unavailable → public
    │ 🌍 Public again: unlisted → public
    │ 📅 Live stream announced: none → upcoming
    │ 🔴 Live now: upcoming → live
    │ ⏹ Live stream ended: live → ended
    │ Also: 1,240 views · 56 likes · comments off
    │ ~ 🔔 upload · status · live
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often]
    [🛑 Stop watching the channel]
    "#);
    message.videos = vec![news(None, vec![event(Event::Presence, "public", "unavailable")])];
    insta::assert_snapshot!(shown(&parts(&message)), @r#"
    ┌ 3498db
    │ # Rick \[Astley\] <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ 🚫 No longer there: This channel is deleted or private. I look now and then whether it is back.
    │ ~ 🔔 presence
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often]
    [🛑 Stop watching the channel]
    "#);
}

#[test]
fn five_videos_are_an_embed_each_in_one_message() {
    let mut message = of_channel(
        (1..=5)
            .map(|n| {
                let by = i64::try_from(n).unwrap();
                video(
                    n,
                    &format!("Live, part {n}"),
                    vec![alert(
                        Signal::Count(Metric::Views),
                        Value::Int(950),
                        Value::Int(953 - by),
                        "views any",
                    )],
                )
            })
            .collect(),
    );
    message.budget = Some(BudgetNote { pings: 10, digest_at: UnixMillis(AT.0 + 3_600_000) });
    let parts = parts(&message);
    told_once(&parts, &message.videos.iter().collect::<Vec<_>>());
    insta::assert_snapshot!(shown(&parts), @r#"
    **Rick \[Astley\]**
    ┌ 57f287 https://i.ytimg.com/vi/00000000001/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Live, part 1 <https://www.youtube.com/watch?v=00000000001>
    │ 👁 Views: 950 → **952** (+2, +0.2 %)
    │ Also: 56 likes · comments off
    │ ~ % and rates computed by tubebell
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    ┌ 57f287 https://i.ytimg.com/vi/00000000002/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Live, part 2 <https://www.youtube.com/watch?v=00000000002>
    │ 👁 Views: 950 → **951** (+1, +0.1 %)
    │ Also: 56 likes · comments off
    │ ~ % and rates computed by tubebell
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    ┌ 3498db https://i.ytimg.com/vi/00000000003/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Live, part 3 <https://www.youtube.com/watch?v=00000000003>
    │ 👁 Views: 950 → **950** (0)
    │ Also: 56 likes · comments off
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    ┌ ed4245 https://i.ytimg.com/vi/00000000004/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Live, part 4 <https://www.youtube.com/watch?v=00000000004>
    │ 👁 Views: 950 → **949** (-1, -0.1 %)
    │ Also: 56 likes · comments off
    │ ~ % and rates computed by tubebell
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    ┌ ed4245 https://i.ytimg.com/vi/00000000005/mqdefault.jpg
    │ by Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    │ # Live, part 5 <https://www.youtube.com/watch?v=00000000005>
    │ 👁 Views: 950 → **948** (-2, -0.2 %)
    │ Also: 56 likes · comments off
    │ ~ % and rates computed by tubebell
    │ ~ 📭 This was message 10 of 10 today; what else happens comes in the digest at 15:03
    │ ~ 🔔 views any
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often]
    [🛑 Stop watching the channel]
    "#);
}

#[test]
fn few_videos_with_much_to_tell_are_told_as_many_are() {
    let long = "long title * ".repeat(15);
    let renamed = || event(Event::Title, &long, &long);
    let message =
        of_channel((1..=10).map(|n| video(n, &long, vec![upload(), renamed()])).collect());
    let parts = parts(&message);
    told_once(&parts, &message.videos.iter().collect::<Vec<_>>());
    assert!(check(&parts[0].body).embeds.iter().all(|embed| embed.title.is_none()));
}

#[test]
fn of_fifty_videos_what_has_to_be_named_is_named_and_all_else_is_summed() {
    let mut videos: Vec<VideoNews> = (4..=50)
        .map(|n| {
            let by = i64::try_from(n).unwrap();
            let moved = alert(
                Signal::Count(Metric::Views),
                Value::Int(950),
                Value::Int(950 + by),
                "views any",
            );
            video(n, &format!("No. {n}"), vec![moved])
        })
        .collect();
    videos.push(video(1, "[New] <one>", vec![upload()]));
    videos.push(video(2, "A & B: 1/2 👍", vec![passed(Metric::Views, &[1_000], 1_003)]));
    videos.push(video(3, "Six", vec![event(Event::Title, "Old `6`", "Six")]));
    let message = of_channel(videos);
    let parts = parts(&message);
    told_once(&parts, &message.videos.iter().collect::<Vec<_>>());
    insta::assert_snapshot!(shown(&parts), @r#"
    ┌
    │ **Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))**
    │
    │ 🆕 \[New\] \<one\> ([open](<https://www.youtube.com/watch?v=00000000001>))
    │
    │ 🎯 [A & B: 1/2 👍](<https://www.youtube.com/watch?v=00000000002>): views passed 1,000, now **1,003**
    │
    │ ✏️ New title: [Six](<https://www.youtube.com/watch?v=00000000003>) \(was Old \`6\`\)
    │
    │ 👁 Views of 47 videos:
    │ • [No. 50](<https://www.youtube.com/watch?v=00000000050>): 950 → **1,000** \(+50\)
    │ • [No. 49](<https://www.youtube.com/watch?v=00000000049>): 950 → **999** \(+49\)
    │ • [No. 48](<https://www.youtube.com/watch?v=00000000048>): 950 → **998** \(+48\)
    │ … and 44 more
    │
    │ 🔔 `views any` · `upload` · `milestones` · `title`
    │ ~ 2026-11-21T13:03:00Z
    [🔕 Mute 1 h] [🔕 Mute 24 h]
    [🐢 Less often]
    [🛑 Stop watching the channel]
    "#);
}

#[test]
fn five_hundred_new_videos_take_several_messages() {
    let message =
        of_channel((0..500).map(|n| video(n, &format!("No. {n}"), vec![upload()])).collect());
    let parts = parts(&message);
    told_once(&parts, &message.videos.iter().collect::<Vec<_>>());
    let count = parts.len();
    for (index, part) in parts.iter().enumerate() {
        let message = check(&part.body);
        let text = read(&message.embeds[0].text).text;
        assert!(
            text.contains(&format!("Rick [Astley] (open) · {}/{count}\n", index + 1)),
            "{text}"
        );
        assert_eq!(message.buttons.is_empty(), index + 1 < count);
    }
    insta::assert_snapshot!(format!("{count}"), @"8");
}

fn digest(watches: Vec<WatchMessage>) -> DigestMessage {
    let watches = watches.into_iter().map(|message| WatchNews { message, over_budget: false });
    DigestMessage {
        shown: None,
        schedule: "daily 14:03".to_owned(),
        tz: "Europe/Madrid".to_owned(),
        now: AT,
        since: UnixMillis(AT.0 - 86_400_000),
        late: false,
        watches: watches.collect(),
    }
}

#[test]
fn a_digest_is_the_text_of_an_embed() {
    let single = message("Never _Gonna_", vec![views_moved()]);
    let channel = of_channel(vec![
        video(1, "One", vec![upload(), passed(Metric::Views, &[1_000], 1_003)]),
        video(2, "Two", vec![views_moved()]),
    ]);
    let parts = RENDERER.digest(Channel::Discord, &digest(vec![single, channel])).unwrap();
    insta::assert_snapshot!(shown(&parts), @r#"
    ┌
    │ 🗞 **Digest** · daily 14\:03
    │ Fri 20 Nov 2026, 14\:03 – Sat 21 Nov 2026, 14\:03 \(Europe/Madrid\)
    │
    │ **Rick \[Astley\] ([open](<https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>))**
    │ 🆕📊 [One](<https://www.youtube.com/watch?v=00000000001>): 👁 1,003 \(+1,003\)
    │ 🎯 Views passed 1,000
    │ • [Two](<https://www.youtube.com/watch?v=00000000002>): 👁 1,240 \(+290\)
    │
    │ **Single videos**
    │ • Never \_Gonna\_ ([open](<https://www.youtube.com/watch?v=dQw4w9WgXcQ>)): 👁 1,240 \(+290\)
    │ ~ 2026-11-21T13:03:00Z
    "#);
}

fn picture() -> Picture {
    Picture {
        metric: Metric::Views,
        points: vec![(UnixMillis(AT.0 - 3_600_000), Some(1)), (AT, Some(2))],
        marks: Vec::new(),
        tz: "UTC".to_owned(),
    }
}

fn body_shown(body: &Body) -> String {
    message_shown(check(body))
}

fn stats(title: &str) -> Stats {
    Stats {
        subject: views::Link {
            title: title.to_owned(),
            url: "https://www.youtube.com/watch?v=dQw4w9WgXcQ".to_owned(),
        },
        channel: None,
        numbers: None,
        seen: Some(Ago { at: AT, now: AT }),
        is_unavailable: false,
        is_live: true,
        gains: Vec::new(),
        published: None,
        lacks_picture: true,
        picture: Some(picture()),
    }
}

#[test]
fn an_answer_is_the_text_of_its_template_with_its_picture() {
    let answer = |view: &Stats| RENDERER.answer(Channel::Discord, view.into()).unwrap();
    let body = answer(&stats("Rick: #1"));
    assert_eq!(check(&body).picture, Some(picture()));
    insta::assert_snapshot!(body_shown(&body), @r#"
    ┌
    │ **[Rick: #1](<https://www.youtube.com/watch?v=dQw4w9WgXcQ>)**
    │ 🔴 Live now
    │
    │ No numbers yet; they come with the next look.
    │ A picture of the views comes once they are known of two moments.
    "#);
}

#[test]
fn a_card_is_an_embed_with_a_field_per_count() {
    let mut card = Card {
        subject: views::Link {
            title: "Never [Gonna]".to_owned(),
            url: "https://www.youtube.com/watch?v=dQw4w9WgXcQ".to_owned(),
        },
        is_unavailable: false,
        is_live: true,
        counts: Vec::new(),
        ring: None,
        changes: None,
        seen: None,
        tz: "Europe/Madrid".to_owned(),
        is_over: true,
        picture: Some(picture()),
    };
    let body = RENDERER.card(Channel::Discord, &card).unwrap();
    assert_eq!(check(&body).picture, Some(picture()));
    insta::assert_snapshot!(body_shown(&body), @r#"
    ┌
    │ # 📌 Never \[Gonna\] <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    │ 🔴 Live now
    │ No numbers yet; they come with the next look.
    │ ~ ⏹ No longer kept up to date
    "#);
    card.subject.title = "*".repeat(300);
    check(&RENDERER.card(Channel::Discord, &card).unwrap());
}

#[test]
fn a_test_says_where_it_arrives_without_the_secret_of_a_webhook() {
    for (address, here) in [
        ("discord:5", "discord:5"),
        ("discord-webhook:https://discord.com/api/webhooks/12/s3cret", "discord-webhook:12/…"),
    ] {
        let body = RENDERER.test(&address.parse().unwrap(), AT, "UTC").unwrap();
        let text = &check(&body).embeds[0].text;
        assert!(text.contains(here) && !text.contains("s3cret"), "{text}");
    }
}

#[test]
fn a_title_of_any_length_and_of_none_is_shown() {
    for (title, shown) in [
        ("👩‍👩‍👧".repeat(100), format!("{}…", "👩‍👩‍👧".repeat(31))),
        ("*".repeat(5_000), format!("{}…", "*".repeat(127))),
        (String::new(), "dQw4w9WgXcQ".to_owned()),
        ("a\u{202e}b".to_owned(), "a\u{202e}b\u{202c}".to_owned()),
    ] {
        let part = parts(&message(&title, vec![views_moved()])).remove(0);
        let title = check(&part.body).embeds[0].title.as_ref().expect("a title");
        assert_eq!(read(&title.text).text, shown);
    }
}

proptest! {
    // Each case renders messages of up to 100 lines: seconds without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_message_is_too_long_or_lets_markup_through(
        title in hostile(),
        channel in prop::option::of(hostile()),
        alerts in prop::collection::vec(any_alert(), 1..100),
        count in 1_usize..14,
        (late, changes) in (any::<bool>(), any::<usize>()),
    ) {
        let each = alerts.len().div_ceil(count);
        let videos = alerts.chunks(each).enumerate().map(|(n, alerts)| {
            let mut news = video(n, &title, alerts.to_vec());
            news.video.as_mut().unwrap().about.channel_title.clone_from(&channel);
            news.changes = changes;
            news
        });
        let message = WatchMessage {
            subject_title: channel.clone(),
            late,
            ..of_channel(videos.collect())
        };
        let videos: Vec<&VideoNews> = message.videos.iter().collect();
        let parts = parts(&message);
        for part in &parts {
            check(&part.body);
        }
        told_once(&parts, &videos);
        let parts = RENDERER.digest(Channel::Discord, &digest(vec![message.clone()])).unwrap();
        for part in &parts {
            check(&part.body);
        }
        told_once(&parts, &videos);
    }

    #[test]
    fn of_every_name_something_is_seen_and_none_turns_what_stands_behind_it(
        title in unseen(),
        channel in unseen(),
        previous in unseen(),
    ) {
        let renamed = event(Event::Title, &previous, &title);
        let mut message = message(&title, vec![views_moved(), renamed]);
        message.videos[0].video.as_mut().unwrap().about.channel_title = Some(channel);
        let part = parts(&message).remove(0);
        let embed = &check(&part.body).embeds[0];
        let names = [&embed.title, &embed.author].into_iter().flatten().map(|link| &link.text);
        for text in names.chain(embed.fields.iter().map(|field| &field.value)) {
            for line in text.lines() {
                prop_assert_eq!(left_open(line), 0, "{:?}", line);
            }
        }
        check(&RENDERER.answer(Channel::Discord, (&stats(&title)).into()).unwrap());
    }

    #[test]
    fn a_list_of_any_length_fits(titles in prop::collection::vec(hostile(), 0..100)) {
        let line = |title: String| views::WatchLine {
            number: Grouped(1),
            members: None,
            subject: views::Link { title: title.clone(), url: "https://www.youtube.com/x".to_owned() },
            rules: vec![title],
            digest: None,
            rings_at: None,
            muted_until: None,
            until: None,
            is_unavailable: false,
            is_gone: false,
        };
        let view = views::Watches {
            watches: List::new(titles.into_iter().map(line).collect()),
            total: Grouped(7),
            max: None,
            page: None,
            video: None,
            digest: None,
            reads_texts: true,
            muted_until: None,
            back: None,
        };
        check(&RENDERER.answer(Channel::Discord, (&view).into()).unwrap());
    }
}
