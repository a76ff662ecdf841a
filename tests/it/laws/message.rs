//! Alerts as messages, whatever titles and values say.
//!
//! The input is text: a line each for title, channel, title of the subject and options (`late`, `gone`, `unlisted`,
//! `live`, `list`, a number of changes put together), then a line per alert: `code|previous|current|marks|rule`, where
//! `code` is that of a series. A line `video|title` begins another video. `\n` and `\p` stand for a line break and a `|`,
//! and `*30 abc` for `abc` thirty times.

use std::sync::LazyLock;

use serde_json::Value as Json;
use tubebell::model::{
    About, Body, Channel, Counts, Live, MailMessage, Marks, Series, Status, SubjectRef,
    SubscriptionId, UnixMillis, Value,
};
use tubebell::render::{
    DigestMessage, NetAlert, Part, Place, Renderer, VideoFacts, VideoNews, WatchMessage, WatchNews,
};
use tubebell_sim::telegram::{EntityKind, shown};

use super::discord;

static RENDERER: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&[]).unwrap_or_else(|errors| panic!("{errors:#?}")));

/// Longest text of all fields together that a message shows whole, in characters.
const WHOLE_MAX_CHARS: usize = 200;

/// Messages keep the limits of their channel, are read as written, tell every alert once, and let nothing of its values
/// become markup.
pub(crate) fn check(data: &[u8]) {
    let Some(message) = message(data) else { return };
    for part in parts(Channel::Telegram, &message) {
        telegram(&part);
    }
    title_arrives(&message);
    for part in parts(Channel::Discord, &message) {
        discord::check(&part.body);
    }
    title_arrives_in_an_embed(&message);
    for part in parts(Channel::DiscordWebhook, &message) {
        assert!(discord::check(&part.body).buttons.is_empty(), "nobody hears of a button");
    }
    for part in parts(Channel::Webhook, &message) {
        webhook(&part, &message);
    }
    for part in parts(Channel::Email, &message) {
        mail(&part);
    }
    title_arrives_in_a_mail(&message);
    for part in parts(Channel::Recorder, &message) {
        let Body::Text(text) = part.body else { panic!("{part:?}") };
        assert!(!text.trim().is_empty(), "says nothing");
        assert!(!text.chars().any(|c| c != '\n' && super::is_unruly(c)), "{text:?}");
    }
    let digest = digest(message);
    for part in digest_parts(Channel::Telegram, &digest) {
        telegram(&part);
    }
    for part in digest_parts(Channel::Discord, &digest) {
        discord::check(&part.body);
    }
    for part in digest_parts(Channel::Email, &digest) {
        mail(&part);
    }
    for part in digest_parts(Channel::Webhook, &digest) {
        let Body::Json(body) = &part.body else { panic!("{part:?}") };
        assert!(body.len() < 20_000, "{} bytes", body.len());
        let json: Json = serde_json::from_str(body).expect("JSON");
        assert_eq!(json["type"], "digest.sent");
    }
}

/// The same as a digest: of the list, and of each video once more by itself.
fn digest(message: WatchMessage) -> DigestMessage {
    let singles = message.videos.iter().filter_map(|news| {
        let subject = SubjectRef::Video(news.video.as_ref()?.id);
        Some(WatchMessage { subject, videos: vec![news.clone()], ..message.clone() })
    });
    let mut watches: Vec<WatchMessage> = singles.collect();
    let (late, now) = (message.late, message.observed_at);
    watches.push(message);
    DigestMessage {
        shown: None,
        schedule: "daily 09:00".to_owned(),
        tz: "Europe/Madrid".to_owned(),
        now,
        since: UnixMillis(now.0 - 86_400_000),
        late,
        watches: watches
            .into_iter()
            .enumerate()
            .map(|(index, message)| WatchNews { message, over_budget: index % 2 == 1 })
            .collect(),
    }
}

/// All parts of a digest, which tell each alert once.
fn digest_parts(channel: Channel, message: &DigestMessage) -> Vec<Part> {
    let parts = RENDERER.digest(channel, message).expect("every digest can be written");
    let videos = message.watches.iter().flat_map(|watch| &watch.message.videos);
    told_once(&parts, videos);
    parts
}

/// All parts, which tell each alert once.
fn parts(channel: Channel, message: &WatchMessage) -> Vec<Part> {
    let parts = RENDERER.watch(channel, message).expect("every message can be written");
    told_once(&parts, message.videos.iter());
    parts
}

fn told_once<'a>(parts: &[Part], videos: impl Iterator<Item = &'a VideoNews>) {
    let mut told: Vec<Place> = parts.iter().flat_map(|part| part.told.clone()).collect();
    told.sort_unstable();
    let videos = videos.enumerate();
    let all = videos.flat_map(|(video, news)| (0..news.alerts.len()).map(move |n| (video, n)));
    assert_eq!(told, all.collect::<Vec<_>>(), "every alert is told once");
    assert!(parts.iter().all(|part| !part.told.is_empty()), "a part that tells nothing");
}

fn telegram(part: &Part) {
    let Body::Chat(chat) = &part.body else { panic!("{part:?}") };
    let seen = shown(&chat.html).unwrap_or_else(|error| panic!("{error}: {}", chat.html));
    let units = seen.text.encode_utf16().count();
    assert!((1..=4096).contains(&units), "{units} units");
    assert!(!seen.text.chars().any(|c| c != '\n' && super::is_unruly(c)), "{:?}", seen.text);
    for entity in &seen.entities {
        match &entity.kind {
            EntityKind::TextLink { url } => {
                assert!(url.starts_with("https://www.youtube.com/"), "{url}");
            }
            EntityKind::Bold | EntityKind::Italic | EntityKind::Code => {}
            other => panic!("{other:?} in {}", chat.html),
        }
    }
    let data = chat.buttons.iter().flatten().map(|button| button.data.len());
    assert!(data.into_iter().all(|length| (1..=64).contains(&length)));
}

/// Where there are too few values for a cut, the title of a single video arrives as typed, in one line.
fn title_arrives(message: &WatchMessage) {
    let mut told = message.videos.iter().filter(|news| !news.alerts.is_empty());
    let (Some(news), None) = (told.next(), told.next()) else { return };
    let title = news.video.as_ref().map_or("", |video| video.title.as_str());
    let all: usize = title.chars().count()
        + news.alerts.iter().map(|alert| alert.rule_text.chars().count()).sum::<usize>();
    if all <= WHOLE_MAX_CHARS && title.contains(|c: char| c.is_ascii_graphic()) {
        let typed: String =
            title.chars().map(|c| if super::is_unruly(c) { ' ' } else { c }).collect();
        for part in parts(Channel::Telegram, message) {
            let Body::Chat(chat) = &part.body else { panic!("{part:?}") };
            let parsed = tubebell_sim::telegram::parse_html(&chat.html).expect("read above");
            assert!(parsed.text.contains(&typed), "{typed:?} in {:?}", parsed.text);
        }
    }
}

/// The title of a single video arrives as typed, in one line, where it is short enough with all signs escaped.
fn title_arrives_in_an_embed(message: &WatchMessage) {
    let mut told = message.videos.iter().filter(|news| !news.alerts.is_empty());
    let (Some(news), None) = (told.next(), told.next()) else { return };
    let Some(video) = &news.video else { return };
    let title = &video.title;
    if title.encode_utf16().count() <= 100 && title.contains(|c: char| c.is_ascii_graphic()) {
        let typed: String =
            title.chars().map(|c| if super::is_unruly(c) { ' ' } else { c }).collect();
        let part = parts(Channel::Discord, message).remove(0);
        let Body::Embed(message) = &part.body else { panic!("{part:?}") };
        let title = message.embeds[0].title.as_ref().expect("a title");
        let seen = discord::read(&title.text).text;
        // Behind it, what it opened is closed.
        let rest = seen.strip_prefix(&typed).unwrap_or_else(|| panic!("{typed:?} in {seen:?}"));
        assert!(
            rest.chars().all(|c| matches!(c, '\u{202c}' | '\u{2069}' | '\u{200e}')),
            "{rest:?}"
        );
    }
}

/// What a mail holds is shown by every program: its subject is one line, and Gmail hides what is behind 102 KB.
fn mail(part: &Part) {
    let Body::Mail(MailMessage { subject, text, html, .. }) = &part.body else {
        panic!("{part:?}")
    };
    super::assert_one_line(subject);
    assert!(subject.encode_utf16().count() <= 200, "{subject}");
    assert!(!text.trim().is_empty(), "says nothing");
    assert!(!text.chars().any(|c| c != '\n' && super::is_unruly(c)), "{text:?}");
    assert!(html.len() < 90_000 && text.len() < 90_000, "{} bytes", html.len());
    for tag in html.split('<').skip(1) {
        let ours = ["a ", "b>", "b ", "br>", "p", "h1 ", "h2 ", "div ", "span ", "code ", "tr>"];
        let frame =
            ["!", "html", "head", "meta ", "title>", "style>", "body ", "table ", "td", "/"];
        assert!(ours.iter().chain(&frame).any(|known| tag.starts_with(known)), "<{tag}");
    }
}

/// The title of a single video arrives as typed, in one line, where there are too few values for a cut.
fn title_arrives_in_a_mail(message: &WatchMessage) {
    let mut told = message.videos.iter().filter(|news| !news.alerts.is_empty());
    let (Some(news), None) = (told.next(), told.next()) else { return };
    let title = news.video.as_ref().map_or("", |video| video.title.as_str());
    if title.chars().count() <= WHOLE_MAX_CHARS && title.contains(|c: char| c.is_ascii_graphic()) {
        let typed: String =
            title.chars().map(|c| if super::is_unruly(c) { ' ' } else { c }).collect();
        let part = parts(Channel::Email, message).remove(0);
        let Body::Mail(mail) = &part.body else { panic!("{part:?}") };
        assert!(mail.text.contains(typed.trim()), "{typed:?} in {:?}", mail.text);
    }
}

fn webhook(part: &Part, message: &WatchMessage) {
    // Standard Webhooks 1.0.0, "payload size".
    let Body::Json(body) = &part.body else { panic!("{part:?}") };
    assert!(body.len() < 20_000, "{} bytes", body.len());
    let json: Json = serde_json::from_str(body).expect("JSON");
    assert_eq!(json["type"], "alert.fired");
    let news = &message.videos[part.video.expect("one video per body")];
    let told = json["data"]["alerts"].as_array().map_or(0, Vec::len) as u64;
    let left_out = json["data"]["alerts_left_out"].as_u64().expect("a number");
    assert_eq!(told + left_out, news.alerts.len() as u64, "an alert is told or counted");
}

fn message(data: &[u8]) -> Option<WatchMessage> {
    let mut lines = std::str::from_utf8(data).ok()?.split('\n');
    let mut named = || lines.next().map(field).filter(|text| !text.is_empty());
    let (title, channel_title, subject_title) = (named(), named(), named());
    let options = lines.next().unwrap_or_default().to_owned();
    let has = |word: &str| options.split(' ').any(|option| option == word);
    let status = match (has("gone"), has("unlisted")) {
        (true, _) => Status::Unavailable,
        (false, true) => Status::Unlisted,
        (false, false) => Status::Public,
    };
    let number = options.split(' ').find_map(|option| option.parse::<u32>().ok());
    let facts = |id: &str, title: String| VideoFacts {
        id: id.parse().expect("an id"),
        title,
        about: About {
            channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
            channel_title: channel_title.clone(),
            published_at: None,
            duration: number,
        },
        status,
        live: if has("live") { Live::Live } else { Live::None },
        counts: Counts { views: Some(1_240), likes: number.map(i64::from), comments: None },
    };
    let news = |video: Option<VideoFacts>| VideoNews {
        video,
        alerts: Vec::new(),
        observed_at: UnixMillis(1_795_266_180_000),
        changes: number.unwrap_or(1) as usize,
    };
    let first = (!has("list")).then(|| facts("dQw4w9WgXcQ", title.unwrap_or_default()));
    let mut videos = vec![news(first)];
    for line in lines.take(300) {
        if let Some(title) = line.strip_prefix("video|") {
            let id = format!("{:011}", videos.len());
            videos.push(news(Some(facts(&id, field(title)))));
        } else if let Some(alert) = alert(line) {
            videos.last_mut()?.alerts.push(alert);
        }
    }
    Some(WatchMessage {
        subject: "channel:UCuAXFkgsw1L7xaCfnd5JJOw".parse().expect("a channel"),
        subject_title,
        subscription: SubscriptionId(i64::MIN),
        tz: "Europe/Madrid".to_owned(),
        late: has("late"),
        observed_at: UnixMillis(1_795_266_180_000),
        videos,
        budget: None,
    })
}

fn alert(line: &str) -> Option<NetAlert> {
    let mut fields = line.split('|');
    let series = Series::from_code(fields.next()?.parse().ok()?)?;
    let (previous, current) = (value(fields.next()?), value(fields.next()?));
    let values = fields.next()?.split(',').filter_map(|mark| mark.parse().ok());
    let values: Vec<i64> = values.take(Marks::NAMED_MAX).collect();
    let more = values.first().map_or(0, |value| value.unsigned_abs());
    let rule_text = fields.next().map(field).unwrap_or_default();
    Some(NetAlert { series, previous, current, marks: Marks { values, more }, rule_text })
}

fn value(text: &str) -> Value {
    match (text, text.parse()) {
        ("", _) => Value::None,
        (_, Ok(number)) => Value::Int(number),
        (text, Err(_)) => Value::Text(field(text).into()),
    }
}

/// A text with its escapes undone.
fn field(text: &str) -> String {
    let text = text.replace("\\n", "\n").replace("\\p", "|");
    let repeated = text.strip_prefix('*').and_then(|rest| {
        let (times, part) = rest.split_once(' ')?;
        Some(part.repeat(times.parse::<usize>().ok()?.min(20_000 / part.len().max(1))))
    });
    repeated.unwrap_or(text)
}
