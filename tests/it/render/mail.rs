//! Mails: both parts say the same, whatever titles say.

use std::sync::LazyLock;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event as Xml;
use tubebell::model::{
    Body, Channel, Event, MailMessage, Marks, Metric, Signal, SubjectRef, UnixMillis, Value,
};
use tubebell::render::numbers::Moment;
use tubebell::render::{
    DigestMessage, NetAlert, Part, Renderer, VideoFacts, VideoNews, WatchMessage, WatchNews, views,
};

use super::{alert, any_alert, facts, hostile, message, news, views_moved};

/// Gmail hides what is behind 102 KB.
const HTML_MAX_BYTES: usize = 90_000;

static RENDERER: LazyLock<Renderer> = LazyLock::new(|| {
    let renderer = Renderer::new(&[]).unwrap_or_else(|errors| panic!("{errors:#?}"));
    renderer.with_mail_foot(true, None)
});

fn mail(body: &Body) -> &MailMessage {
    let Body::Mail(mail) = body else { panic!("{body:?} is no mail") };
    mail
}

fn watch(message: &WatchMessage) -> Vec<Part> {
    RENDERER.watch(Channel::Email, message).expect("templates are checked")
}

fn digest(message: &DigestMessage) -> Vec<Part> {
    RENDERER.digest(Channel::Email, message).expect("templates are checked")
}

/// What a reader sees of HTML: the text between its tags, save for what stands in the head.
fn visible(html: &str) -> String {
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    let mut seen = String::new();
    let mut is_body = false;
    loop {
        match reader.read_event().expect("well-formed") {
            Xml::Start(tag) => {
                let name = tag.name();
                is_body |= name.as_ref() == "body";
                if ["p", "h1", "h2", "div", "td"].contains(&name.as_ref()) {
                    seen.push('\n');
                }
            }
            Xml::Empty(_) | Xml::End(_) => {}
            Xml::Text(text) if is_body => seen.push_str(&text.xml10_content()),
            Xml::GeneralRef(name) if is_body => {
                match name.resolve_char_ref().expect("a character") {
                    Some(c) => seen.push(c),
                    None => {
                        let name = name.xml10_content();
                        seen.push_str(resolve_xml_entity(&name).expect("one of the five"));
                    }
                }
            }
            Xml::Eof => return seen,
            _ => {}
        }
    }
}

/// A text without its addresses and its white space.
fn bare(text: &str) -> String {
    let lines = text.lines().filter(|line| {
        let line = line.trim();
        let is_address = line.starts_with("https://www.youtube.com/") && !line.contains(' ');
        !is_address && line != "--"
    });
    let bare = lines.flat_map(str::chars);
    bare.filter(|c| !c.is_whitespace() && *c != MailMessage::UNSUBSCRIBE).collect()
}

/// What holds for every mail.
fn check(mail: &MailMessage) {
    let MailMessage { subject, text, html, .. } = mail;
    assert!(!subject.trim().is_empty() && !subject.contains(char::is_control), "{subject:?}");
    assert!(subject.encode_utf16().count() <= 200, "{subject}");
    assert!(html.len() < HTML_MAX_BYTES && text.len() < HTML_MAX_BYTES, "{}", html.len());
    let unruly = |c: char| c.is_control() && c != '\n' && c != MailMessage::UNSUBSCRIBE;
    assert!(!text.contains(unruly) && !html.contains(unruly), "{text:?}");
    assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{text:?}");
    assert_eq!(bare(&visible(html)), bare(text));
    assert_eq!(html.matches("cid:").count(), usize::from(mail.picture.is_some()), "{html}");
    for url in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let is_ours = url.starts_with("https://www.youtube.com/");
        assert!(is_ours || url.chars().eq([MailMessage::UNSUBSCRIBE]), "{url}");
    }
    for word in ["<script", "<img src=\"http", "url(", "@import", "<link"] {
        assert!(!html.contains(word), "{word} in {html}");
    }
}

fn checked(parts: &[Part]) -> Vec<&MailMessage> {
    let mails: Vec<_> = parts.iter().map(|part| mail(&part.body)).collect();
    mails.iter().for_each(|mail| check(mail));
    mails
}

fn passed(marks: &[i64], from: i64, to: i64) -> NetAlert {
    let views = alert(Signal::Count(Metric::Views), Value::Int(from), Value::Int(to), "views");
    NetAlert { marks: Marks { values: marks.to_vec(), more: 0 }, ..views }
}

fn event(event: Event, previous: &str, current: &str) -> NetAlert {
    let text = |text: &str| Value::Text(text.into());
    alert(Signal::Event(event), text(previous), text(current), event.name())
}

fn video(number: usize, title: &str, alerts: Vec<NetAlert>) -> VideoNews {
    let id = format!("{number:011}").parse().expect("eleven digits");
    news(Some(VideoFacts { id, ..facts(title) }), alerts)
}

fn of_channel(title: &str, videos: Vec<VideoNews>) -> WatchMessage {
    WatchMessage {
        subject: "channel:UCLA_DiR1FfKNvjuUpBHmylQ".parse().expect("a channel"),
        subject_title: Some(title.to_owned()),
        videos,
        ..message("", Vec::new())
    }
}

fn digest_of(watches: Vec<WatchMessage>) -> DigestMessage {
    let now = UnixMillis(1_795_266_180_000);
    DigestMessage {
        shown: None,
        schedule: "daily 14:03".to_owned(),
        tz: "Europe/Madrid".to_owned(),
        now,
        since: UnixMillis(now.0 - 86_400_000),
        late: false,
        watches: watches
            .into_iter()
            .map(|message| WatchNews { message, over_budget: false })
            .collect(),
    }
}

#[test]
fn a_subject_begins_with_the_number_and_names_the_video() {
    let title = "Never Gonna Give You Up";
    let subject = |alerts: Vec<NetAlert>| {
        let parts = watch(&message(title, alerts));
        checked(&parts)[0].subject.clone()
    };
    let fell = NetAlert {
        series: tubebell::model::Series { down: true, ..views_moved().series },
        ..passed(&[1_000], 1_001, 999)
    };
    let gain = Signal::Gain { metric: Metric::Views, window_s: 3600 };
    let growth = Signal::Growth { metric: Metric::Likes, window_s: 900 };
    let counts = |signal| alert(signal, Value::Int(10_000), Value::Int(10_612), "rate");
    insta::assert_snapshot!(
        [
            vec![views_moved()],
            vec![views_moved(), passed(&[900_000, 1_000_000], 899_000, 1_000_012)],
            vec![fell],
            vec![counts(gain)],
            vec![counts(growth)],
            vec![event(Event::Title, "Old", title)],
            vec![event(Event::Status, "public", "unavailable"), views_moved()],
            vec![event(Event::Live, "upcoming", "live")],
            vec![event(Event::Upload, "", title)],
        ]
        .map(subject)
        .join("\n"),
        @"
    1,240 views (+290): Never Gonna Give You Up
    1,000,000 views: Never Gonna Give You Up
    Below 1,000 views: Never Gonna Give You Up
    +612 views in the last hour: Never Gonna Give You Up
    +6.12 % likes in the last 15 min: Never Gonna Give You Up
    New title: Never Gonna Give You Up
    No longer available: Never Gonna Give You Up
    Live now: Never Gonna Give You Up
    New video: Never Gonna Give You Up
    "
    );
    let long = "long title ".repeat(9);
    let parts = watch(&message(&long, vec![views_moved()]));
    let cut = &checked(&parts)[0].subject;
    assert_eq!(cut.strip_prefix("1,240 views (+290): ").map(|t| t.chars().count()), Some(70));
}

#[test]
fn several_videos_are_one_mail_whose_subject_says_what_happened() {
    let subject = |videos: Vec<VideoNews>| {
        let parts = watch(&of_channel("NASA", videos));
        let mails = checked(&parts);
        assert_eq!(mails[0].thread.as_deref(), Some("watch-7"));
        mails.iter().map(|mail| mail.subject.clone()).collect::<Vec<_>>().join(" | ")
    };
    let of = |count: usize, alerts: Vec<NetAlert>| -> Vec<VideoNews> {
        (0..count).map(|number| video(number, &format!("Video {number}"), alerts.clone())).collect()
    };
    let upload = || event(Event::Upload, "", "x");
    let mut both = of(3, vec![upload()]);
    both.extend(of(5, vec![passed(&[1_000], 999, 1_240)]).into_iter().skip(3));
    insta::assert_snapshot!(
        [
            of(3, vec![upload()]),
            of(12, vec![views_moved()]),
            both,
            of(2, vec![passed(&[1_000], 999, 1_240)]),
            of(5, vec![event(Event::Status, "public", "unavailable")]),
            of(500, vec![upload()]),
        ]
        .map(subject)
        .join("\n"),
        @"
    3 new videos: NASA
    12 videos moved: NASA
    3 new videos, 2 passed a value: NASA
    2 videos passed a value: NASA
    5 videos changed: NASA
    500 new videos: NASA
    "
    );
}

#[test]
fn a_digest_is_one_mail_with_the_course_of_its_top_mover() {
    let moved = |number: usize, to: i64| {
        let views = alert(Signal::Count(Metric::Views), Value::Int(950), Value::Int(to), "any");
        let mut message = message("", Vec::new());
        message.videos = vec![video(number, &format!("Video {number}"), vec![views])];
        message.subject = SubjectRef::Video(message.videos[0].video.as_ref().unwrap().id);
        message
    };
    let mut told = digest_of(vec![moved(0, 1_000), moved(1, 13_345)]);
    let points = vec![(told.since, Some(950)), (told.now, Some(13_345))];
    let picture =
        tubebell::model::Picture::new(Metric::Views, points, Vec::new(), told.tz.clone()).unwrap();
    told.shown = Some(("00000000001".parse().unwrap(), picture));
    let parts = digest(&told);
    let mails = checked(&parts);
    assert_eq!(mails[0].subject, "Digest: +12,445 views · Video 1 and 1 more");
    assert_eq!(mails[0].thread.as_deref(), Some("digest"));
    assert!(mails[0].picture.is_some());
    let (before, after) = mails[0].html.split_once("<img src=\"cid:picture\"").unwrap();
    assert!(before.contains("Video 1</a>") && !before.contains("Video 0</a>"));
    assert!(after.contains("Video 0</a>"));
    told.shown = None;
    assert_eq!(checked(&digest(&told))[0].picture, None);
}

#[test]
fn what_no_mail_holds_becomes_parts_that_tell_all_of_it() {
    let title = "title ".repeat(16);
    let videos = (0..1000)
        .map(|number| video(number, &title, vec![event(Event::Upload, "", &title)]))
        .collect();
    let message = of_channel("NASA", videos);
    for parts in [watch(&message), digest(&digest_of(vec![message.clone()]))] {
        let mails = checked(&parts);
        assert!(mails.len() > 1, "{}", mails.len());
        let told: usize = parts.iter().map(|part| part.told.len()).sum();
        assert_eq!(told, 1000);
        for (index, mail) in mails.iter().enumerate() {
            let part = format!("{}/{}", index + 1, mails.len());
            assert!(mail.subject.contains(&part), "{part} in {}", mail.subject);
            assert!(mail.text.contains(&format!("Part {} of {}", index + 1, mails.len())));
        }
        let full = &mails[..mails.len() - 1];
        assert!(full.iter().all(|mail| mail.html.len() > 80_000), "as much as one holds");
    }
}

#[test]
fn the_test_message_is_a_mail_and_nothing_else_is_answered() {
    let to = "email:somebody@example.org".parse().expect("an address");
    let body = RENDERER.test(&to, UnixMillis(0), "UTC").unwrap();
    check(mail(&body));
    assert!(!mail(&body).text.contains("somebody@example.org"), "{}", mail(&body).text);
    assert_eq!(mail(&body).thread, None);
    let answer = views::Unwatch { subject: None, cancelled: None, left: None };
    assert!(RENDERER.answer(Channel::Email, (&answer).into()).is_err());
}

#[test]
fn the_foot_says_how_mails_end_or_whom_to_write_to() {
    let foot = |has_links: bool, contact: Option<&str>| {
        let renderer = Renderer::new(&[]).unwrap().with_mail_foot(has_links, contact);
        let mail = renderer.preview_mail("test").unwrap();
        assert_eq!(bare(&visible(&mail.html)), bare(&mail.text));
        let (_, foot) = mail.text.split_once("\n-- \n").unwrap();
        foot.replace(MailMessage::UNSUBSCRIBE, "<link>")
    };
    let why = "You get this mail because tubebell watches YouTube for this address.\n";
    assert_eq!(foot(true, Some("a")), format!("{why}No more of these mails\n<link>\n"));
    let contact = foot(false, Some("Ann <ann@example.org>"));
    let to = "To get no more of these mails, write to Ann <ann@example.org>.\n";
    assert_eq!(contact, format!("{why}{to}"));
    assert_eq!(foot(false, None), why);
}

/// The mail that asks the reader of a mailbox, and its link.
fn asks() -> (Body, String) {
    let url = "https://bell.example/confirm/q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
    let expires = Moment { at: UnixMillis(1_795_352_580_000), tz: "UTC".to_owned() };
    let view = views::ConfirmMail { url: url.to_owned(), expires };
    let body = RENDERER.confirm_mail(Channel::Email, &view).expect("templates are checked");
    (body, url.to_owned())
}

#[test]
fn the_mail_that_asks_its_reader_says_who_we_are_and_nothing_that_anybody_has_typed() {
    let (body, url) = asks();
    let MailMessage { subject, text, html, thread, picture } = mail(&body);
    assert_eq!(
        (subject.as_str(), thread, picture),
        ("Do you want mails from tubebell?", &None, &None)
    );
    assert_eq!(bare(&visible(html)), bare(text), "both parts say the same");
    // All of it: there is no room for a name, a chat or a word of whoever entered the address.
    insta::assert_snapshot!(text.replace(MailMessage::UNSUBSCRIBE, "<link>"), @"
    Do you want mails from tubebell?

    Somebody entered this address at tubebell, a bot that tells when numbers of YouTube videos change.

    If that was you, open this page and press the button:
    https://bell.example/confirm/q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA

    The link works once, until Sun 22 Nov 2026, 13:03 (UTC).
    If it was not you, do nothing: then nothing changes, and no other mail comes of it.

    -- 
    You get this mail because somebody entered this address.
    Never write to this address again
    <link>
    ");
    let links: Vec<&str> =
        html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links, [url.as_str(), "\u{2}"]);
}

#[test]
fn the_foot_of_a_mail_that_asks_says_how_to_hear_nothing_again() {
    let (body, _) = asks();
    let other = RENDERER.preview_mail("test").unwrap();
    let never = "Never write to this address again";
    assert!(mail(&body).text.contains(never) && visible(&mail(&body).html).contains(never));
    assert!(!mail(&body).text.contains("because tubebell watches YouTube for this address"));
    assert!(!other.text.contains(never));
    let renderer = Renderer::new(&[]).unwrap().with_mail_foot(false, Some("Ann <ann@example.org>"));
    let mail = renderer.preview_mail("confirm").unwrap();
    let contact = "To never get a mail of tubebell again, write to Ann <ann@example.org>.\n";
    assert!(mail.text.ends_with(contact), "{}", mail.text);
    assert_eq!(bare(&visible(&mail.html)), bare(&mail.text));
}

#[test]
fn only_the_reader_of_a_mailbox_is_asked() {
    let expires = Moment { at: UnixMillis(0), tz: "UTC".to_owned() };
    let view = views::ConfirmMail { url: "https://bell.example/confirm/x".to_owned(), expires };
    for channel in Channel::ALL {
        let is_mail = RENDERER.confirm_mail(channel, &view).is_ok();
        assert_eq!(is_mail, channel == Channel::Email, "{channel}");
    }
}

#[test]
fn both_parts_of_every_sample_say_the_same() {
    for name in Renderer::mail_names() {
        for mail in RENDERER.mail_samples(name) {
            let MailMessage { subject, text, html, .. } = mail.unwrap();
            assert_eq!(bare(&visible(&html)), bare(&text), "{name}: {subject}");
            assert!(html.len() < HTML_MAX_BYTES, "{} bytes", html.len());
        }
    }
    assert!(RENDERER.preview_mail("help").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_title_arrives_as_typed_in_both_parts(
        title in hostile(),
        alerts in prop::collection::vec(any_alert(), 1..4),
    ) {
        let parts = watch(&message(&title, alerts.clone()));
        let mails = checked(&parts);
        let typed: String = title.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
        if typed.contains(|c: char| c.is_ascii_graphic()) {
            prop_assert!(mails[0].text.contains(typed.trim()), "{typed:?} in {:?}", mails[0].text);
            prop_assert!(visible(&mails[0].html).contains(typed.trim()));
            // What turns a line is closed behind it, within the same room.
            let opens = typed.chars().filter(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
            if typed.encode_utf16().count() + opens.count() < 70 {
                prop_assert!(mails[0].subject.contains(typed.trim()), "{:?}", mails[0].subject);
            }
        }
    }

    #[test]
    fn any_videos_are_told_once_by_parts_that_hold_their_law(
        titles in prop::collection::vec((hostile(), prop::collection::vec(any_alert(), 1..5)), 2..40),
    ) {
        let videos: Vec<_> = titles.iter().enumerate().map(|(n, (title, alerts))| video(n, title, alerts.clone())).collect();
        let all: Vec<_> = videos.iter().enumerate().flat_map(|(n, news)| (0..news.alerts.len()).map(move |alert| (n, alert))).collect();
        let message = of_channel(&titles[0].0, videos);
        for parts in [watch(&message), digest(&digest_of(vec![message.clone()]))] {
            checked(&parts);
            let mut told: Vec<_> = parts.iter().flat_map(|part| part.told.clone()).collect();
            told.sort_unstable();
            prop_assert_eq!(&told, &all);
        }
    }
}
