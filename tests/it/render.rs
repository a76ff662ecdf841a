//! What people and programs get to see, and the laws that hold for any title.

mod digest;
mod discord;
mod mail;
mod several;

use std::sync::LazyLock;

use proptest::prelude::*;
use tubebell::model::{
    About, Body, Channel, ChatMessage, Counts, Event, Live, Marks, Metric, Picture, Series, Signal,
    Status, SubscriptionId, TextFile, UnixMillis, Value, VideoId, is_blank,
};
use tubebell::render::numbers::{At, Grouped, Moment, Near, Period};
use tubebell::render::views::{
    RuleLine, WatchLine, Watches, Why, WhyAlert, WhyHeld, WhyOutcome, WhyRule, WhyWindow,
};
use tubebell::render::{
    BudgetNote, List, NetAlert, Part, RenderError, Renderer, VideoFacts, VideoNews, View,
    WatchMessage, views,
};
use tubebell_sim::telegram::EntityKind;

use crate::bodies;

static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&[]).unwrap_or_else(|errors| panic!("{errors:#?}")));

fn facts(title: &str) -> VideoFacts {
    VideoFacts {
        id: "dQw4w9WgXcQ".parse::<VideoId>().expect("an id"),
        title: title.to_owned(),
        about: About {
            channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
            channel_title: Some("Rick Astley".to_owned()),
            published_at: Some(UnixMillis(1_256_453_853_000)),
            duration: Some(213),
        },
        status: Status::Public,
        live: Live::None,
        counts: Counts { views: Some(1_240), likes: Some(56), comments: None },
    }
}

fn news(video: Option<VideoFacts>, alerts: Vec<NetAlert>) -> VideoNews {
    VideoNews { video, alerts, observed_at: UnixMillis(1_795_266_180_000), changes: 1 }
}

fn message(title: &str, alerts: Vec<NetAlert>) -> WatchMessage {
    WatchMessage {
        subject: "video:dQw4w9WgXcQ".parse().expect("a video"),
        subject_title: None,
        subscription: SubscriptionId(7),
        tz: "Europe/Madrid".to_owned(),
        late: false,
        observed_at: UnixMillis(1_795_266_180_000),
        videos: vec![news(Some(facts(title)), alerts)],
        budget: None,
    }
}

fn alert(signal: Signal, previous: Value, current: Value, rule: &str) -> NetAlert {
    NetAlert {
        series: Series::up(signal),
        previous,
        current,
        marks: Marks::default(),
        rule_text: rule.to_owned(),
    }
}

fn views_moved() -> NetAlert {
    alert(Signal::Count(Metric::Views), Value::Int(950), Value::Int(1_240), "views any")
}

fn parts(channel: Channel, message: &WatchMessage) -> Vec<Part> {
    RENDERER.watch(channel, message).expect("templates are checked")
}

/// The only body.
fn body(channel: Channel, message: &WatchMessage) -> String {
    let mut parts = parts(channel, message);
    assert_eq!(parts.len(), 1, "{parts:#?}");
    bodies::text(&parts.remove(0).body).to_owned()
}

fn chat(message: &WatchMessage) -> ChatMessage {
    let parts = parts(Channel::Telegram, message);
    assert_eq!(parts.len(), 1, "{parts:#?}");
    bodies::chat(&parts[0].body).clone()
}

fn answer(view: &impl views::View) -> ChatMessage {
    bodies::chat(&RENDERER.answer(Channel::Telegram, view.into()).expect("templates are checked"))
        .clone()
}

fn preview(name: &str) -> String {
    RENDERER.preview(name).expect("a name")
}

#[test]
fn an_alert_for_telegram_is_a_message_with_buttons() {
    let chat = chat(&message("Never <b>Gonna</b> & \"Give\"", vec![views_moved()]));
    insta::assert_snapshot!(chat.html, @r#"
    <b><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Never &lt;b&gt;Gonna&lt;/b&gt; &amp; &quot;Give&quot;</a></b>
    <a href="https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw">Rick Astley</a>

    👁 Views 950 → <b>1,240</b> (+290, +30.5 %)
    Also: 56 likes · comments off

    <i>% and rates computed by tubebell</i>
    🔔 <code>views any</code>
    "#);
    insta::assert_snapshot!(serde_json::to_string(&chat.buttons).unwrap(), @r#"[[{"text":"🔕 Mute 1 h","data":"mute:1h:7"},{"text":"🔕 Mute 24 h","data":"mute:24h:7"}],[{"text":"🐢 Less often","data":"less:7"},{"text":"🛑 Stop watching","data":"stop:7"}]]"#);
    assert!(!chat.preview);
}

#[test]
fn the_message_that_uses_up_the_day_says_so_last() {
    let note = |hours: i64| BudgetNote {
        pings: 10,
        digest_at: UnixMillis(1_795_266_180_000 + hours * 3_600_000),
    };
    let mut message = message("A", vec![views_moved()]);
    message.budget = Some(note(6));
    let line = "📭 This was message 10 of 10 today; what else happens comes in the digest at 20:03";
    assert!(body(Channel::Recorder, &message).contains(line));
    message.budget = Some(note(24 * 9));
    let line = "in the digest on Mon 30 Nov 2026, 14:03";
    assert!(body(Channel::Recorder, &message).contains(line));
    // Of several messages it is the last.
    let title = "long title ".repeat(9);
    message.subject = "channel:@rick".parse().expect("a channel");
    message.videos = (0..60)
        .map(|n| {
            let id = format!("{n:011}").parse().expect("eleven digits");
            let upload = Value::Text(title.as_str().into());
            let upload = alert(Signal::Event(Event::Upload), Value::None, upload, "upload");
            news(Some(VideoFacts { id, ..facts(&title) }), vec![upload])
        })
        .collect();
    let texts = parts(Channel::Recorder, &message);
    let says = texts.iter().map(|part| bodies::text(&part.body).contains("message 10 of 10"));
    let says: Vec<bool> = says.collect();
    assert!(says.len() > 1, "{says:?}");
    assert_eq!(says.iter().position(|says| *says), Some(says.len() - 1));
    let last = |part: &Part| {
        let body: serde_json::Value = serde_json::from_str(bodies::text(&part.body)).unwrap();
        body["data"]["budget_used"]["messages"] == 10
    };
    let told: Vec<bool> = parts(Channel::Webhook, &message).iter().map(last).collect();
    assert_eq!(told.iter().position(|told| *told), Some(told.len() - 1));
}

#[test]
fn a_new_video_comes_with_its_preview() {
    let upload =
        alert(Signal::Event(Event::Upload), Value::None, Value::Text("Title".into()), "upload");
    let mut message = message("Title", vec![upload]);
    message.subject_title = Some("Rick's <playlist>".to_owned());
    message.subject = "playlist:PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf".parse().expect("a playlist");
    let chat = chat(&message);
    insta::assert_snapshot!(chat.html, @r#"
    <b><a href="https://www.youtube.com/watch?v=dQw4w9WgXcQ">Title</a></b>
    <a href="https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw">Rick Astley</a>

    🆕 New video from <a href="https://www.youtube.com/playlist?list=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf">Rick's &lt;playlist&gt;</a>
    Also: 1,240 views · 56 likes · comments off

    🔔 <code>upload</code>
    "#);
    assert!(chat.preview);
}

#[test]
fn an_alert_for_a_webhook_is_one_event() {
    let mut passed =
        alert(Signal::Count(Metric::Views), Value::Int(950), Value::Int(2_003), "views every 1000");
    passed.marks = Marks { values: vec![1_000, 2_000], more: 0 };
    let growth = alert(
        Signal::Growth { metric: Metric::Likes, window_s: 3600 },
        Value::Int(50),
        Value::Int(56),
        "likes +10% in 1h",
    );
    let title = alert(
        Signal::Event(Event::Title),
        Value::Text("old".into()),
        Value::Text("<b>".into()),
        "title",
    );
    let body = body(Channel::Webhook, &message("<b>", vec![passed, growth, title]));
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "data": {
        "alerts": [
          {
            "computed": null,
            "current": 2003,
            "kind": "count",
            "passed": [
              1000,
              2000
            ],
            "passed_more": 0,
            "previous": 950,
            "rule": "views every 1000",
            "signal": "views",
            "window_s": null
          },
          {
            "computed": {
              "growth_percent": 12.0
            },
            "current": 56,
            "kind": "growth",
            "passed": [],
            "passed_more": 0,
            "previous": 50,
            "rule": "likes +10% in 1h",
            "signal": "likes",
            "window_s": 3600
          },
          {
            "computed": null,
            "current": "<b>",
            "kind": "event",
            "passed": [],
            "passed_more": 0,
            "previous": "old",
            "rule": "title",
            "signal": "title",
            "window_s": null
          }
        ],
        "alerts_left_out": 0,
        "coalesced": 1,
        "late": false,
        "subject": "video:dQw4w9WgXcQ",
        "subject_title": null,
        "video": {
          "channel_id": "UCuAXFkgsw1L7xaCfnd5JJOw",
          "channel_title": "Rick Astley",
          "comments": null,
          "duration_s": 213,
          "id": "dQw4w9WgXcQ",
          "likes": 56,
          "live": "none",
          "published_at": "2009-10-25T06:57:33Z",
          "status": "public",
          "title": "<b>",
          "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
          "views": 1240
        },
        "watch": 7
      },
      "timestamp": "2026-11-21T13:03:00Z",
      "type": "alert.fired"
    }
    "#);
}

#[test]
fn the_recorder_keeps_what_a_reader_sees() {
    let mut late = message("A <b> title", vec![views_moved()]);
    late.late = true;
    late.videos[0].changes = 3;
    insta::assert_snapshot!(body(Channel::Recorder, &late), @r#"
    🕗 Late: seen on Sat 21 Nov 2026, 14:03 (Europe/Madrid)
    A <b> title
    Rick Astley

    👁 Views 950 → 1,240 (+290, +30.5 %)
    Also: 56 likes · comments off

    Sums up 3 changes
    % and rates computed by tubebell
    🔔 views any
    "#);
}

#[test]
fn every_kind_of_event_is_told_in_words() {
    let event = |event: Event, previous: &str, current: &str| {
        let text = |text: &str| Value::Text(text.into());
        alert(Signal::Event(event), text(previous), text(current), event.name())
    };
    let window = |signal, current| alert(signal, Value::Int(10_000), Value::Int(current), "w");
    let mut fell = alert(Signal::Count(Metric::Likes), Value::Int(9), Value::Int(3), "m");
    fell.series.down = true;
    fell.marks = Marks { values: vec![5, 8], more: 12 };
    let told = body(
        Channel::Recorder,
        &message(
            "Title",
            vec![
                views_moved(),
                alert(
                    Signal::Count(Metric::Views),
                    Value::Int(950),
                    Value::Int(1_240),
                    "views +100",
                ),
                alert(Signal::Count(Metric::Likes), Value::Int(0), Value::Int(1), "likes any"),
                alert(Signal::Count(Metric::Likes), Value::None, Value::Int(1), "likes any"),
                alert(Signal::Count(Metric::Comments), Value::Int(1_000), Value::Int(900), "c"),
                fell,
                window(Signal::Gain { metric: Metric::Views, window_s: 3600 }, 10_001),
                window(Signal::Gain { metric: Metric::Likes, window_s: 86_400 }, 8_800),
                window(Signal::Growth { metric: Metric::Views, window_s: 900 }, 10_612),
                event(Event::Title, "@old #title", "new"),
                event(Event::Status, "public", "unavailable"),
                event(Event::Status, "unavailable", "public"),
                event(Event::Status, "unlisted", "public"),
                event(Event::Status, "public", "unlisted"),
                event(Event::Live, "none", "upcoming"),
                event(Event::Live, "upcoming", "live"),
                event(Event::Live, "live", "completed"),
            ],
        ),
    );
    insta::assert_snapshot!(told, @r#"
    Title
    Rick Astley

    👁 Views 950 → 1,240 (+290, +30.5 %)
    👍 Likes 0 → 1 (+1)
    👍 Likes 1
    💬 Comments 1,000 → 900 (-100, -10.0 %)
    🎯 Likes fell below 5, 8 and 12 lower ones: now 3
    👁 Views: +1 view in the last hour (10,000 → 10,001)
    👍 Likes: -1,200 likes in the last day (10,000 → 8,800)
    👁 Views: +6.12 % in the last 15 min (10,000 → 10,612)
    ✏️ New title: new
    Old title: @old #title
    🚫 No longer available (deleted or private)
    ✅ Available again
    🌍 Public again
    🔗 Now unlisted: reachable by its link only
    📅 Live stream announced
    🔴 Live now
    ⏹ Live stream ended

    % and rates computed by tubebell
    🔔 views any · views +100 · likes any · c · m · w · title · status · live
    "#);
}

#[test]
fn a_video_that_is_gone_is_not_said_to_have_hidden_likes() {
    let gone = alert(
        Signal::Event(Event::Status),
        Value::Text("public".into()),
        Value::Text("unavailable".into()),
        "status",
    );
    let mut message = message("Title", vec![gone]);
    message.videos[0].video.as_mut().unwrap().status = Status::Unavailable;
    insta::assert_snapshot!(body(Channel::Recorder, &message), @r#"
    Title
    Rick Astley

    🚫 No longer available (deleted or private)

    🔔 status
    "#);
}

#[test]
fn a_title_that_cannot_be_seen_gives_way_to_the_id() {
    for blank in [
        "",
        " \n",
        "\u{200b}\u{202e}",
        "\u{3164}",
        "\u{e0041}\u{e007f}",
        "\u{17b4}",
        "\u{1d159}",
        "\u{fe0f}",
        "\u{180e}",
        "\u{fff9}",
    ] {
        let told = body(Channel::Recorder, &message(blank, vec![views_moved()]));
        assert!(told.starts_with("dQw4w9WgXcQ\n"), "{blank:?}");
    }
}

#[test]
fn previews_show_every_message() {
    assert_eq!(Renderer::names().len(), 28);
    for name in Renderer::names() {
        let text = preview(name);
        assert!(!text.contains("<b>") && !text.contains("&lt;"), "{text}");
    }
    insta::assert_snapshot!(preview("alert"), @r#"
    Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>

    👁 Views 950 → 1,240 (+290, +30.5 %)
    👍 Likes 55 → 56 (+1, +1.8 %)
    Also: 1 comment

    % and rates computed by tubebell
    🔔 `views any` · `likes any`
    [ 🔕 Mute 1 h ] [ 🔕 Mute 24 h ]
    [ 🐢 Less often ] [ 🛑 Stop watching ]
    "#);
    insta::assert_snapshot!(preview("alerts"), @r#"
    Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>

    🆕 Together Forever <https://www.youtube.com/watch?v=00000000000>
    📅 Whenever You Need Somebody <https://www.youtube.com/watch?v=00000000001> premieres Sun 22 Nov 2026, 14:03 (Europe/Madrid)

    🎯 She Wants to Dance with Me <https://www.youtube.com/watch?v=00000000002>: views passed 10,000, now 10,234; likes fell below 500 and 2 lower ones, now 499

    🚫 7 videos can't be seen any more (deleted or private): Live, part 3 <https://www.youtube.com/watch?v=00000000003>, Live, part 4 <https://www.youtube.com/watch?v=00000000004>, Live, part 5 <https://www.youtube.com/watch?v=00000000005> … and 4 more

    👁 Views of 40 videos:
    • Live, part 39 <https://www.youtube.com/watch?v=00000000039>: 950 → 1,513 (+563)
    • Live, part 38 <https://www.youtube.com/watch?v=00000000038>: 950 → 1,506 (+556)
    • Live, part 37 <https://www.youtube.com/watch?v=00000000037>: 950 → 1,499 (+549)
    … and 37 more

    🔔 `views any` · `upload` · `views milestones` · `likes at 500` · `status`
    [ 🔕 Mute 1 h ] [ 🔕 Mute 24 h ]
    [ 🐢 Less often ]
    [ 🛑 Stop watching the channel ]
    "#);
    insta::assert_snapshot!(preview("digest"), @r#"
    🗞 Digest · daily 09:00
    Fri 20 Nov 2026, 14:03 – Sat 21 Nov 2026, 14:03 (Europe/Madrid)

    📊 Together Forever <https://www.youtube.com/watch?v=00000000000>: 👁 12,345 (+11,395) · 👍 56 (+1)
    🎯 Views passed 1,000
    • Whenever You Need Somebody <https://www.youtube.com/watch?v=00000000001>: 👁 1,017 (+67) · 👍 56 (+1)
    🎯 Views passed 1,000
    "#);
    insta::assert_snapshot!(preview("digests"), @r#"
    🗞 Digest: daily 09:00, in the time zone `Europe/Madrid`
    What happens is collected and told then, in one message; what is urgent, such as `status!`, rings at once.
    Next: Sat 21 Nov 2026, 15:03 (Europe/Madrid), unless nothing happens

    Change it: `/digest daily 09:00`, `/digest weekly mon 09:00`, `/digest every 6h`, `/digest off`
    For one watch: `/digest 1 daily 09:00` · what is collected, at once: `/digest now`
    "#);
    insta::assert_snapshot!(preview("start"), @r#"
    👋 I ring when YouTube numbers move.

    Send me a link to a video, or a command:
    `/watch dQw4w9WgXcQ views every 1000`

    Without a rule I use the preset `all` (`uploads` for a channel or playlist). /rules shows what else I can listen for, /help all commands.
    "#);
    insta::assert_snapshot!(preview("welcome-invited"), @r#"
    🎉 Welcome, your invitation is accepted.
    You are the operator: what needs a hand is told here, and you may watch as much as you like.

    I ring when views, likes, comments, the title or the status of a video change. Try it:
    `/watch dQw4w9WgXcQ views milestones`

    Or just send me a link. Without a rule I use the preset `all` (`uploads` for a channel or playlist); /help shows all commands.
    "#);
    insta::assert_snapshot!(preview("help"), @r#"
    What you can write

    /watch – ring for a video, channel or playlist:
    `/watch dQw4w9WgXcQ views every 1000; status`
    /unwatch – stop: `/unwatch dQw4w9WgXcQ`, or `/unwatch 1` by its number in the list; `/unwatch all` stops all
    /list – what you watch (up to 50)
    /rules – the rules, with examples
    /mute – silence for a while: `/mute 2h`; `/mute off` ends it, also that of single watches
    /quiet – silence every night: `/quiet 22:00-08:00 Europe/Madrid`
    /digest – collect what happens, and tell it at a time: `/digest daily 09:00`, `/digest weekly mon 09:00`; `/digest off`
    /why – why a message came, or did not: `/why dQw4w9WgXcQ`
    /stats – the numbers now: `/stats dQw4w9WgXcQ`
    /card – a message that shows them as they move: `/card dQw4w9WgXcQ`; `/card off` ends it
    /settings – what is set, and less often: `/settings at most 15m`, `/settings at most 10 a day`
    /test – see that messages arrive
    /invite – let somebody else in
    /link – use another chat, or a mailbox, as yourself; then `/watch dQw4w9WgXcQ to email` rings there
    /unlink – take one out: `/unlink email`
    /me – what is stored about you, as a file too, and how to erase it

    A link works wherever an id does. Without a rule I use the preset `all` (`uploads` for a channel or playlist).
    "#);
    insta::assert_snapshot!(preview("watch"), @r#"
    🔔 Watching Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    Now: 1,240 views · 56 likes · 1 comment (2 min ago)

    I ring for
    • `views every 1000` – next at 2,000
    • `views at 500, 1k, 10k` – next at 10,000 (passed already and skipped: 500 and 1,000)
    • `status` 🆕
    🐢 At most one message per 15 min
    🗞 Collected and told in a digest: daily 09:00
    🌙 Quiet 22:00-08:00, in the time zone `Europe/Madrid`
    📆 Until Mon 21 Dec 2026, 14:03 (Europe/Madrid)

    To change the rules, watch again; the new rules replace all: `/watch … views every 1000; status`. All watches: /list
    [ 🔔 Every change ] [ 🎯 Milestones ]
    [ 🗞 One digest a day ]
    "#);
    insta::assert_snapshot!(preview("watch-offer"), @r#"
    Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    Now: 1,240 views · 56 likes · 1 comment

    Shall I watch it? Press the button, or say when to ring:
    `/watch dQw4w9WgXcQ views every 1000`
    [ 🔔 Watch ]
    "#);
    insta::assert_snapshot!(preview("unwatch"), @r#"
    🛑 No longer watching Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Still watched: 2, see /list
    "#);
    insta::assert_snapshot!(preview("list"), @r#"
    You watch 2 of 50 possible
    🗞 What happens is collected and told in a digest: daily 09:00
    1. Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>: `views every 1000; status`
    2. Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw> (500 of 1,234 videos): `views every 1000; status` 🚫 no longer there → `email:ana@example.org` 🗞 weekly mon 09:00 🔕 until Sat 21 Nov 2026, 15:03 (Europe/Madrid) 📆 ends Mon 21 Dec 2026, 14:03 (Europe/Madrid)

    Stop one by its number: `/unwatch 1` · the story of a video: `/why 1`
    "#);
    insta::assert_snapshot!(preview("rules"), @r#"
    When I can ring (with `views`, `likes` or `comments`)
    • `views any` – at every change
    • `views every 1000` – at each multiple
    • `views milestones` – at 10, 20, 50, 100, 200, 500, …
    • `views at 10k, 100k, 1M` – once at each
    • `likes +500`, `likes +5%`, `comments -10%` – moved so far since the last time
    • `views +5% in 1h` – moved so far within a time
    • `views rate > 200/h` – faster than that
    • `title`, `status`, `live` – the title changes; gone, unlisted or back; on air or over
    • `upload` – a new video of a channel or playlist
    • `status!`, any rule with a `!` – urgent: told at once, in quiet hours too

    Presets
    • `all` – every change of every number
    • `milestones` – milestones of all numbers
    • `quiet` – milestones and status
    • `uploads` – new videos of a channel or playlist, and milestones

    Separate rules with a semicolon: `/watch dQw4w9WgXcQ views every 1000; status`. Without a rule I use `all` (`uploads` for a channel or playlist).
    "#);
    insta::assert_snapshot!(preview("mute"), @r#"
    🔕 Silent until Sat 21 Nov 2026, 15:03 (Europe/Madrid): Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    What happens until then is not told later. Sooner: `/unmute 3`
    "#);
    insta::assert_snapshot!(preview("quiet"), @r#"
    🌙 Quiet 22:00-08:00 every day, in the time zone `Europe/Madrid`
    Your clock shows `Sat 21 Nov 2026, 14:03 (Europe/Madrid)`, I think. What happens in these hours comes in one message after them; an urgent rule, such as `status!`, rings all the same.
    Lift it with `/quiet off`
    "#);
    insta::assert_snapshot!(preview("why"), @r#"
    Why Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Now: 1,240 views · 56 likes · 1 comment (2 min ago)

    `views every 1000`
    ⏳ next at 12,000; now 11,340
    • Sat 21 Nov 2026, 13:03 (Europe/Madrid) `10,870` → `11,340`: waits for its turn
    • Sat 21 Nov 2026, 13:03 (Europe/Madrid) `9,950` → `10,870`: told
    • Sat 21 Nov 2026, 13:03 (Europe/Madrid) `9,960` → `9,950`: not told, the changes added up to nothing
    • Sat 21 Nov 2026, 13:03 (Europe/Madrid): told
    • crossed 2 × while muted, from Sat 21 Nov 2026, 04:03 (Europe/Madrid) to Sat 21 Nov 2026, 05:43 (Europe/Madrid)

    From the watch of Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>:
    `likes +5%`
    ⏳ waits for the first number
    • nothing fired in the last 7 days
    "#);
    insta::assert_snapshot!(preview("stats"), @r#"
    Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    Rick Astley <https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw>
    🔴 Live now

    1,240 views · 56 likes · 1 comment (2 min ago)
    +12 views in the last hour
    +290 views in the last day
    Gains computed by tubebell
    Published Fri 17 Oct 2025, 15:03 (Europe/Madrid)
    "#);
    insta::assert_snapshot!(preview("card"), @r#"
    📌 Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ>
    🔴 Live now

    👁 1,240 views (+290)
    👍 56 likes
    💬 1 comment
    🔔 11:03 views passed 1,000

    Changes in a day, computed by tubebell
    As of 14:01 (Europe/Madrid)
    "#);
    insta::assert_snapshot!(preview("cards"), @r#"
    📌 Never Gonna Give You Up (4K Remaster) <https://www.youtube.com/watch?v=dQw4w9WgXcQ> has its card: I change it as the numbers move, at most every 30 s.
    To end it: `/card off dQw4w9WgXcQ`
    "#);
    insta::assert_snapshot!(preview("test"), @r#"
    ✅ It works. Messages to this chat arrive.

    This chat is `telegram:1234`, and it is Sat 21 Nov 2026, 14:03 (Europe/Madrid). An alert will look like this:
    👁 Views 950 → 1,240 (+290, +30.5 %)
    "#);
    insta::assert_snapshot!(preview("settings"), @r#"
    Settings of this chat
    🔕 Silent until Sat 21 Nov 2026, 15:03 (Europe/Madrid)
    🐢 For each watch at most one message in 15 min
    🗞 What happens is collected and told in a digest: daily 09:00
    📭 At most 10 a day (3 so far today); what is over comes in a digest, daily 20:00
    🌙 Quiet 22:00-08:00, time zone `Europe/Madrid`
    🔔 Without a rule: `all` (`uploads` for a channel or playlist)
    📋 Watches: 2 of 50 possible

    Change them: `/settings at most 15m`, `/settings at most 10 a day`, `/settings tz Europe/Madrid`, `/quiet 22:00-08:00`, `/digest daily 09:00`
    For one watch: `/settings dQw4w9WgXcQ at most 1h`
    "#);
    insta::assert_snapshot!(preview("invite"), @r#"
    ✉️ Hand on this link; who opens it and presses Start may use this bot:
    https://t.me/tubebell_bot?start=q1w2e3r4t5y6
    It works once.
    It works until Sat 28 Nov 2026, 14:03 (Europe/Madrid).
    "#);
    insta::assert_snapshot!(preview("error"), @r#"
    🤔 `evry` is no condition: expected `every`, `at` or `any`
    views evry 1000
          ^^^^

    For example: `/watch dQw4w9WgXcQ views every 1000`
    "#);
    insta::assert_snapshot!(preview("not-allowed"), @r#"
    🔒 This bot answers only people with an invitation.

    Ask whoever runs it for a link, and tell them who you are: `telegram:1234`
    "#);
    insta::assert_snapshot!(preview("feed"), @r#"
    📣 What this server watches from now on rings in this channel <https://discord.com/channels/1/2>. Watches that stand stay where they are.
    Until now it was its feed <https://discord.com/channels/1/2>.
    ⚠️ There I lack Embed Links, Attach Files: without that, not all messages arrive.
    🔕 It is silent there until Sat 21 Nov 2026, 15:03 (Europe/Madrid). To hear it again, there: `/unmute`
    "#);
    insta::assert_snapshot!(preview("operator"), @r#"
    🔑 YouTube refuses the API key. Nothing is polled until it is replaced.
    API key not valid
    "#);
    insta::assert_snapshot!(RENDERER.preview("watchoffer").unwrap_err(), @"no template is called `watchoffer`; there are alert, alerts, card, cards, digest, digests, error, feed, help, invite, link, list, me, mute, not-allowed, operator, quiet, rules, settings, start, stats, test, unlink, unwatch, watch, watch-offer, welcome-invited, why");
}

#[test]
fn what_holds_a_message_back_is_named_with_the_time_that_it_lasts() {
    let near = |hours: i64| Near {
        at: UnixMillis(1_795_266_180_000 + hours * 3_600_000),
        now: UnixMillis(1_795_266_180_000),
        tz: "Europe/Madrid".to_owned(),
    };
    let seven = Period(std::time::Duration::from_secs(420));
    let held = [
        WhyHeld::Quiet { until: near(18) },
        WhyHeld::AtMost { at_most: "15m".to_owned(), left: seven },
        WhyHeld::Digest { at: At(near(19)) },
        WhyHeld::Digest { at: At(near(24 * 3)) },
        WhyHeld::Budget { pings: Grouped(10), at: At(near(6)) },
        WhyHeld::Barred { until: near(1) },
    ];
    let alert = |held: WhyHeld| WhyAlert {
        at: Moment { at: UnixMillis(1_795_266_180_000), tz: "Europe/Madrid".to_owned() },
        previous: Some("950".to_owned()),
        current: Some("1,240".to_owned()),
        outcome: WhyOutcome::held(held),
    };
    let rule = WhyRule {
        watch: None,
        text: "views +5% in 1h".to_owned(),
        is_presence: false,
        next: None,
        window: Some(WhyWindow {
            growth: "+5.00 % views".to_owned(),
            now: Some("+3.20 %".to_owned()),
            window: "hour".to_owned(),
            is_armed: true,
        }),
        is_unset: false,
        is_spent: false,
        is_ended: false,
        alerts: List::new(held.map(alert).to_vec()),
        suppressed: Vec::new(),
    };
    let view = Why {
        subject: views::Link { title: "A".to_owned(), url: "https://youtu.be/x".to_owned() },
        numbers: None,
        seen: None,
        muted_until: None,
        computed: rule.is_computed(),
        rules: List::new(vec![rule]),
    };
    insta::assert_snapshot!(visible(&answer(&view).html), @r#"
    Why A

    views +5% in 1h
    ⏳ next at +5.00 % views in the last hour; now +3.20 %
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, quiet until 08:03
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, at most 15m: 7 min left
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, in the digest at 09:03
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, in the digest on Tue 24 Nov 2026, 14:03
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, today's 10 are used: in the digest at 20:03
    • Sat 21 Nov 2026, 14:03 (Europe/Madrid) 950 → 1,240: waits, nothing arrives here: tried again at 15:03

    % and rates of now computed by tubebell
    "#);
}

#[test]
fn a_text_that_is_no_caption_leaves_without_its_picture() {
    let points = vec![(UnixMillis(0), Some(1)), (UnixMillis(60_000), Some(2))];
    let picture = Picture::new(Metric::Views, points, Vec::new(), "UTC".to_owned());
    let body = |title: &str| {
        let stats = views::Stats {
            subject: views::Link { title: title.to_owned(), url: "https://youtu.be/x".to_owned() },
            channel: None,
            numbers: None,
            seen: None,
            is_unavailable: false,
            is_live: false,
            gains: Vec::new(),
            published: None,
            lacks_picture: false,
            picture: picture.clone(),
        };
        RENDERER.answer(Channel::Telegram, (&stats).into()).expect("templates are checked")
    };
    assert_eq!(bodies::chat(&body("a title")).picture, picture);
    let long = body(&"x".repeat(1_000));
    assert!(bodies::chat(&long).html.contains(&"x".repeat(1_000)));
    assert_eq!(bodies::chat(&long).picture, None);
}

/// An answer that somebody gets with a file.
#[derive(serde::Serialize)]
#[serde(transparent)]
struct Filed(views::Stats);

impl View for Filed {
    const NAME: &'static str = views::Stats::NAME;

    fn samples() -> Vec<Filed> {
        Vec::new()
    }

    fn picture(&self) -> Option<Picture> {
        self.0.picture()
    }

    fn file(&self) -> Option<TextFile> {
        Some(TextFile { name: "a.json".to_owned(), text: "{}".to_owned() })
    }
}

#[test]
fn a_text_with_a_file_is_cut_to_a_caption_and_goes_without_a_picture() {
    let mut view = Filed(views::Stats::samples().remove(0));
    assert!(view.0.picture.is_some());
    for title in ["a title", &"<&😀".repeat(2_000)] {
        title.clone_into(&mut view.0.subject.title);
        let body = RENDERER.answer(Channel::Telegram, (&view).into()).unwrap();
        let seen = visible(&bodies::chat(&body).html);
        let length = seen.encode_utf16().count();
        assert!((10..=1_024).contains(&length), "{length}: {seen}");
        assert_eq!((body.file(), body.picture()), (view.file().as_ref(), None));
        let body = RENDERER.answer(Channel::Discord, (&view).into()).unwrap();
        assert_eq!((body.file(), body.picture()), (view.file().as_ref(), None));
    }
    // Where there are no answers, or texts alone, there is no file.
    let body = RENDERER.answer(Channel::Recorder, (&view).into()).unwrap();
    assert!(matches!(body, Body::Text(_)), "{body:?}");
    for channel in [Channel::Email, Channel::Webhook] {
        let error = RENDERER.answer(channel, (&view).into()).unwrap_err();
        assert!(matches!(error, RenderError::NoAnswers), "{error:?}");
    }
}

#[test]
fn an_operators_template_replaces_the_built_in_one() {
    let own = [("test/telegram.html.hbs".to_owned(), "<b>ping</b> {{now}}".to_owned())];
    let renderer = Renderer::new(&own).unwrap();
    assert_eq!(renderer.preview("test").unwrap(), "ping Sat 21 Nov 2026, 14:03 (Europe/Madrid)\n");
    assert_eq!(renderer.preview("help").unwrap(), preview("help"));
}

#[test]
fn a_rule_line_of_the_watch_answer_names_what_is_skipped_and_what_comes() {
    let lines = views::Rules {
        subject: Some(views::Link::subject(
            &"channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap(),
            None,
        )),
        rules: List::new(vec![RuleLine {
            text: "views at 1, 2, 3000000".to_owned(),
            next: Some(tubebell::render::numbers::Grouped(3_000_000)),
            passed: Some(tubebell::render::numbers::Passed(Marks { values: vec![1, 2], more: 1 })),
            is_new: false,
        }]),
        preset: "all".to_owned(),
        list_preset: "uploads".to_owned(),
    };
    insta::assert_snapshot!(answer(&lines).html, @r#"
    <b>Rules for <a href="https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw">UCuAXFkgsw1L7xaCfnd5JJOw</a></b>
    • <code>views at 1, 2, 3000000</code> – next at 3,000,000 (passed already and skipped: 1, 2 and a lower one)

    Separate rules with a semicolon: <code>/watch dQw4w9WgXcQ views every 1000; status</code>. Without a rule I use <code>all</code> (<code>uploads</code> for a channel or playlist).
    "#);
}

/// Asserts that nothing but our own tags and entities could be read as markup; knows nothing of the crate's reader.
fn assert_safe(html: &str) {
    let mut rest = html.to_owned();
    for tag in ["<b>", "</b>", "<i>", "</i>", "<code>", "</code>", "<pre>", "</pre>", "</a>"] {
        rest = rest.replace(tag, "");
    }
    while let Some((before, after)) = rest.clone().split_once("<a href=\"https://") {
        let (url, after) = after.split_once("\">").expect("our links end");
        assert!(!url.contains(['<', '>', '"']), "{url}");
        rest = format!("{before}{after}");
    }
    for entity in ["&lt;", "&gt;", "&amp;", "&quot;"] {
        rest = rest.replace(entity, "");
    }
    assert!(!rest.contains(['<', '>', '&', '"']), "{html}");
}

/// How many entities Telegram makes of it: it drops those behind the hundredth, and with them the links of titles.
fn tags(html: &str) -> usize {
    ["<a ", "<b>", "<i>", "<code>", "<pre>"].iter().map(|tag| html.matches(tag).count()).sum()
}

/// What a reader sees; knows nothing of the crate's reader.
fn visible(html: &str) -> String {
    let mut text = String::new();
    for (index, part) in html.split('<').enumerate() {
        text.push_str(if index == 0 { part } else { part.split_once('>').expect("closed").1 });
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    text.replace("&amp;", "&")
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => ".{0,100}",
        20 => "[<>&\"'a-z/;#@_*` \\n\u{202e}]{0,100}",
        20 => "(👩‍👩‍👧|e\u{301}|ع|</a>|&lt;|&|\\{\\{x\\}\\}){0,30}",
        1 => Just("<b>&*_`@everyone".repeat(700)),
        1 => Just("a\u{301}\u{302}".repeat(5_000)),
    ]
}

fn any_alert() -> impl Strategy<Value = NetAlert> {
    let metric = prop_oneof![Just(Metric::Views), Just(Metric::Likes), Just(Metric::Comments)];
    let signal = prop_oneof![
        metric.clone().prop_map(Signal::Count),
        (metric.clone(), 1_u32..).prop_map(|(metric, window_s)| Signal::Gain { metric, window_s }),
        (metric, 1_u32..).prop_map(|(metric, window_s)| Signal::Growth { metric, window_s }),
        prop_oneof![
            Just(Event::Title),
            Just(Event::Status),
            Just(Event::Live),
            Just(Event::Upload)
        ]
        .prop_map(Signal::Event),
    ];
    let value = || {
        prop_oneof![
            Just(Value::None),
            any::<i64>().prop_map(Value::Int),
            hostile().prop_map(|text| Value::Text(text.into())),
        ]
    };
    let marks = (prop::collection::vec(any::<i64>(), 0..=8), any::<u64>())
        .prop_map(|(values, more)| Marks { values, more });
    (signal, any::<bool>(), value(), value(), marks, hostile()).prop_map(
        |(signal, down, previous, current, marks, rule_text)| NetAlert {
            series: Series { signal, down },
            previous,
            current,
            marks,
            rule_text,
        },
    )
}

/// Names of what shows nothing and of what turns a line, and now and then a letter.
fn unseen() -> impl Strategy<Value = String> {
    let c = prop::sample::select(
        "a\u{5d0} \u{a0}\u{ad}\u{301}\u{61c}\u{115f}\u{17b4}\u{180e}\u{200b}\u{200d}\u{200e}\u{2028}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{fff9}\u{1d159}\u{e0041}\u{e0100}"
            .chars()
            .collect::<Vec<_>>(),
    );
    let short = prop::collection::vec(c.clone(), 0..12);
    prop_oneof![short, prop::collection::vec(c, 0..1500)].prop_map(|all| all.into_iter().collect())
}

/// How many signs of `text` go on turning behind its end (UAX 9, X5 to X7).
fn left_open(text: &str) -> usize {
    let mut open: Vec<char> = Vec::new();
    for c in text.chars() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push('\u{202c}'),
            '\u{2066}'..='\u{2068}' => open.push('\u{2069}'),
            '\u{202c}' if open.last() == Some(&c) => drop(open.pop()),
            '\u{2069}' => {
                if let Some(at) = open.iter().rposition(|end| *end == c) {
                    open.truncate(at);
                }
            }
            _ => {}
        }
    }
    open.len()
}

proptest! {
    // Each case renders some ten messages of up to 200 lines: seconds without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_message_is_too_long_or_lets_markup_through(
        title in hostile(),
        channel in prop::option::of(hostile()),
        alerts in prop::collection::vec(any_alert(), 1..200),
        (late, changes) in (any::<bool>(), any::<usize>()),
        at in any::<i64>(),
    ) {
        let mut message = message(&title, alerts);
        let news = &mut message.videos[0];
        news.video.as_mut().unwrap().about.channel_title.clone_from(&channel);
        news.changes = changes;
        news.observed_at = UnixMillis(at);
        message.subject_title = channel;
        message.late = late;
        let chat = chat(&message);
        assert_safe(&chat.html);
        let seen = visible(&chat.html);
        prop_assert!(seen.encode_utf16().count() <= 4096, "{}", seen.len());
        prop_assert!(tags(&chat.html) <= 100, "{}", tags(&chat.html));
        prop_assert!(seen.contains("🔔"));
        let body = body(Channel::Webhook, &message);
        prop_assert!(body.len() < 20_000, "{}", body.len());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    }

    #[test]
    fn of_every_name_something_is_seen_and_none_turns_what_stands_behind_it(
        title in unseen(),
        channel in unseen(),
        subject in unseen(),
        previous in unseen(),
    ) {
        let renamed = alert(
            Signal::Event(Event::Title),
            Value::Text(previous.as_str().into()),
            Value::Text(title.as_str().into()),
            "title",
        );
        let mut message = message(&title, vec![views_moved(), renamed]);
        message.subject_title = Some(subject);
        message.videos[0].video.as_mut().unwrap().about.channel_title = Some(channel);
        let html = chat(&message).html;
        for line in visible(&html).lines() {
            prop_assert_eq!(left_open(line), 0, "{:?}", line);
        }
        let parsed = tubebell_sim::telegram::parse_html(&html).unwrap();
        let mut links = parsed.entities.iter().filter(|entity| matches!(entity.kind, EntityKind::TextLink { .. }));
        prop_assert!(links.all(|link| !is_blank(link.of(&parsed.text))), "{:?}", parsed);
        let body: serde_json::Value = serde_json::from_str(&body(Channel::Webhook, &message)).unwrap();
        let video = &body["data"]["video"];
        prop_assert!(!is_blank(video["title"].as_str().unwrap()));
        for name in [&video["title"], &video["channel_title"], &body["data"]["subject_title"]] {
            prop_assert!(name.as_str().is_none_or(|name| !is_blank(name) && left_open(name) == 0), "{:?}", name);
        }
    }

    #[test]
    fn a_title_arrives_as_typed(title in hostile()) {
        prop_assume!(title.chars().count() <= 1_000 && title.contains(|c: char| c.is_ascii_graphic()));
        let expected: String =
            title.chars().map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c }).collect();
        let html = chat(&message(&title, vec![views_moved()])).html;
        let seen = visible(&html);
        // Behind it, what it opened is closed, and what follows goes from left to right.
        let line = seen.lines().next().unwrap_or_default();
        prop_assert_eq!(line.strip_prefix(&expected).map(|rest| rest.trim_matches(['\u{202c}', '\u{2069}', '\u{200e}'])), Some(""));
    }

    #[test]
    fn a_list_of_any_length_fits(titles in prop::collection::vec(hostile(), 0..200)) {
        let count = titles.len();
        let line = |title: String| WatchLine {
            number: tubebell::render::numbers::Grouped(1),
            members: None,
            subject: views::Link { title: title.clone(), url: "https://youtu.be/x".to_owned() },
            rules: vec![title],
            digest: None,
            rings_at: None,
            muted_until: None,
            until: None,
            is_unavailable: false,
            is_gone: false,
        };
        let view = Watches {
            watches: List::new(titles.into_iter().map(line).collect()),
            total: tubebell::render::numbers::Grouped(i64::try_from(count).unwrap()),
            max: None,
            page: None,
            video: None,
            digest: None,
            reads_texts: true,
            muted_until: None,
            back: None,
        };
        let html = answer(&view).html;
        assert_safe(&html);
        let seen = visible(&html);
        prop_assert!(seen.encode_utf16().count() <= 4096);
        prop_assert!(tags(&html) <= 100);
        let shown = seen.lines().filter(|line| line.starts_with("1. ")).count();
        let more = count - shown;
        prop_assert_eq!(seen.contains(&format!("… and {more} more")), more > 0);
    }
}

/// The names of all fields, with the way to each.
fn fields(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields_of) => {
            for (name, value) in fields_of {
                let at = format!("{at}.{name}");
                fields(value, &at, found);
                found.push(at);
            }
        }
        serde_json::Value::Array(items) => {
            items.iter().take(1).for_each(|item| fields(item, &format!("{at}[]"), found));
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

#[test]
fn the_readme_shows_the_body_that_webhooks_get() {
    let readme = include_str!("../../README.md");
    let shown = readme.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let views =
        alert(Signal::Count(Metric::Views), Value::Int(950), Value::Int(1_240), "views every 1000");
    let mut message = message("Never Gonna Give You Up", vec![views]);
    message.subject = "channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().expect("a channel");
    message.subject_title = Some("Rick Astley".to_owned());
    message.videos[0].alerts[0].marks = Marks { values: vec![1_000], more: 0 };
    let body = body(Channel::Webhook, &message);
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (mut shown_fields, mut real_fields) = (Vec::new(), Vec::new());
    fields(&read(shown), "", &mut shown_fields);
    fields(&read(&body), "", &mut real_fields);
    assert_eq!(shown_fields, real_fields);
    assert_eq!(read(shown)["data"], read(&body)["data"]);
}
