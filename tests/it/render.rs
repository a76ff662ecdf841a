//! What people and programs get to see, and the laws that hold for any title.

use std::sync::LazyLock;

use proptest::prelude::*;
use tubebell::model::{
    Channel, ChatMessage, Counts, Event, Live, Marks, Metric, Series, Signal, Status,
    SubscriptionId, UnixMillis, Value, VideoId,
};
use tubebell::render::views::{RuleLine, WatchLine, Watches};
use tubebell::render::{AlertMessage, List, NetAlert, Renderer, VideoFacts, views};

static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&[]).unwrap_or_else(|errors| panic!("{errors:#?}")));

fn message(title: &str, alerts: Vec<NetAlert>) -> AlertMessage {
    AlertMessage {
        video: VideoFacts {
            id: "dQw4w9WgXcQ".parse::<VideoId>().unwrap(),
            title: title.to_owned(),
            channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
            channel_title: Some("Rick Astley".to_owned()),
            status: Status::Public,
            live: Live::None,
            counts: Counts { views: Some(1_240), likes: Some(56), comments: None },
        },
        alerts,
        observed_at: UnixMillis(1_795_266_180_000),
        tz: "Europe/Madrid".to_owned(),
        late: false,
        coalesced_count: 1,
        subject_title: None,
        subscription: SubscriptionId(7),
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

fn chat(message: &AlertMessage) -> ChatMessage {
    serde_json::from_str(&RENDERER.alert(Channel::Telegram, message).unwrap()).unwrap()
}

fn preview(name: &str) -> String {
    RENDERER.preview(name).unwrap()
}

#[test]
fn an_alert_for_telegram_is_a_message_with_buttons() {
    let chat = chat(&message("Never <b>Gonna</b> & \"Give\"", vec![views_moved()]));
    insta::assert_snapshot!(chat.html, @"");
    insta::assert_snapshot!(serde_json::to_string(&chat.buttons).unwrap(), @"");
    assert!(!chat.preview);
}

#[test]
fn a_new_video_comes_with_its_preview() {
    let upload =
        alert(Signal::Event(Event::Upload), Value::None, Value::Text("Title".into()), "upload");
    let mut message = message("Title", vec![upload]);
    message.subject_title = Some("Rick's <playlist>".to_owned());
    let chat = chat(&message);
    insta::assert_snapshot!(chat.html, @"");
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
        Value::Int(1_204),
        "likes +10% in 1h",
    );
    let title = alert(
        Signal::Event(Event::Title),
        Value::Text("old".into()),
        Value::Text("<b>".into()),
        "title",
    );
    let body = RENDERER.alert(Channel::Webhook, &message("<b>", vec![passed, growth, title]));
    let body: serde_json::Value = serde_json::from_str(&body.unwrap()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @"");
}

#[test]
fn the_recorder_keeps_what_a_reader_sees() {
    let mut late = message("A <b> title", vec![views_moved()]);
    late.late = true;
    late.coalesced_count = 3;
    insta::assert_snapshot!(RENDERER.alert(Channel::Recorder, &late).unwrap(), @"");
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
    let told = RENDERER.alert(
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
                window(Signal::Gain { metric: Metric::Views, window_s: 3600 }, 1),
                window(Signal::Gain { metric: Metric::Likes, window_s: 86_400 }, -1_200),
                window(Signal::Growth { metric: Metric::Views, window_s: 900 }, 612),
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
    insta::assert_snapshot!(told.unwrap(), @"");
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
    message.video.status = Status::Unavailable;
    insta::assert_snapshot!(RENDERER.alert(Channel::Recorder, &message).unwrap(), @"");
}

#[test]
fn previews_show_every_message() {
    assert_eq!(Renderer::names().len(), 19);
    for name in Renderer::names() {
        let text = preview(name);
        assert!(!text.contains("<b>") && !text.contains("&lt;"), "{text}");
    }
    insta::assert_snapshot!(preview("alert"), @"");
    insta::assert_snapshot!(preview("start"), @"");
    insta::assert_snapshot!(preview("welcome-invited"), @"");
    insta::assert_snapshot!(preview("help"), @"");
    insta::assert_snapshot!(preview("watch"), @"");
    insta::assert_snapshot!(preview("watch-offer"), @"");
    insta::assert_snapshot!(preview("unwatch"), @"");
    insta::assert_snapshot!(preview("list"), @"");
    insta::assert_snapshot!(preview("rules"), @"");
    insta::assert_snapshot!(preview("mute"), @"");
    insta::assert_snapshot!(preview("quiet"), @"");
    insta::assert_snapshot!(preview("why"), @"");
    insta::assert_snapshot!(preview("stats"), @"");
    insta::assert_snapshot!(preview("test"), @"");
    insta::assert_snapshot!(preview("settings"), @"");
    insta::assert_snapshot!(preview("invite"), @"");
    insta::assert_snapshot!(preview("error"), @"");
    insta::assert_snapshot!(preview("not-allowed"), @"");
    insta::assert_snapshot!(preview("operator"), @"");
    insta::assert_snapshot!(RENDERER.preview("watchoffer").unwrap_err(), @"");
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
        }]),
        preset: "all".to_owned(),
    };
    insta::assert_snapshot!(RENDERER.reply(&lines).unwrap().html, @"");
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
        ".{0,100}",
        "[<>&\"'a-z/;#@_*` \\n\u{202e}]{0,100}",
        "(👩‍👩‍👧|e\u{301}|ع|</a>|&lt;|&|\\{\\{x\\}\\}){0,30}",
        Just("<b>&*_`@everyone".repeat(700)),
        Just("a\u{301}\u{302}".repeat(5_000)),
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

proptest! {
    // Each case renders some ten messages of up to 200 lines.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_message_is_too_long_or_lets_markup_through(
        title in hostile(),
        channel in prop::option::of(hostile()),
        alerts in prop::collection::vec(any_alert(), 0..200),
        (late, coalesced_count) in (any::<bool>(), any::<usize>()),
        at in any::<i64>(),
    ) {
        let mut message = message(&title, alerts);
        message.video.channel_title.clone_from(&channel);
        message.subject_title = channel;
        message.late = late;
        message.coalesced_count = coalesced_count;
        message.observed_at = UnixMillis(at);
        let chat = chat(&message);
        assert_safe(&chat.html);
        let seen = visible(&chat.html);
        prop_assert!(seen.encode_utf16().count() <= 4096, "{}", seen.len());
        prop_assert!(seen.contains("🔔"));
        let body = RENDERER.alert(Channel::Webhook, &message).unwrap();
        prop_assert!(body.len() < 20_000, "{}", body.len());
        prop_assert!(serde_json::from_str::<serde_json::Value>(&body).is_ok());
    }

    #[test]
    fn a_title_arrives_as_typed(title in hostile()) {
        prop_assume!(title.chars().count() <= 1_000 && !title.trim().is_empty());
        let expected: String =
            title.chars().map(|c| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c }).collect();
        let html = chat(&message(&title, vec![views_moved()])).html;
        let seen = visible(&html);
        prop_assert_eq!(seen.lines().next(), Some(expected.as_str()));
    }

    #[test]
    fn a_list_of_any_length_fits(titles in prop::collection::vec(hostile(), 0..200)) {
        let count = titles.len();
        let line = |title: String| WatchLine {
            subject: views::Link { title: title.clone(), url: "https://youtu.be/x".to_owned() },
            rules: vec![title],
            muted_until: None,
            until: None,
            is_unavailable: false,
        };
        let view = Watches {
            watches: List::new(titles.into_iter().map(line).collect()),
            total: tubebell::render::numbers::Grouped(i64::try_from(count).unwrap()),
            max: None,
        };
        let html = RENDERER.reply(&view).unwrap().html;
        assert_safe(&html);
        let seen = visible(&html);
        prop_assert!(seen.encode_utf16().count() <= 4096);
        let shown = seen.lines().filter(|line| line.starts_with('•')).count();
        let more = count - shown;
        prop_assert_eq!(seen.contains(&format!("… and {more} more")), more > 0);
    }
}
