//! Webhooks: what other programs get, a body for each video.
//!
//! ```json
//! {
//!   "type": "alert.fired",
//!   "timestamp": "2026-11-21T13:03:00Z",          // when it was seen
//!   "data": {
//!     "watch": 7,                                  // the id of the watch
//!     "subject": "video:dQw4w9WgXcQ",              // what is watched: video:…, channel:UC… (or channel:@…), playlist:PL…
//!     "subject_title": null,                       // the title of the watched channel or playlist
//!     "late": false,                               // sent long after it was seen
//!     "test": true,                                // only in what `tubebell test` sends: none of it has happened
//!     "coalesced": 1,                              // how many alerts were put together
//!     "video": {                                   // null: it is about the channel or playlist as a whole
//!       "id": "dQw4w9WgXcQ", "url": "https://…", "title": "…", "channel_id": "UC…", "channel_title": "…",
//!       "status": "public",                        // public | unlisted | unavailable
//!       "live": "none",                            // none | upcoming | live | completed
//!       "published_at": "2009-10-25T06:57:33Z",    // null: not known
//!       "duration_s": 213,                         // length in seconds; null: not known, or a broadcast before its end
//!       "views": 1240, "likes": null, "comments": 3   // null: not shown by YouTube
//!     },
//!     "alerts": [{
//!       "rule": "views any",                       // null: no rule asked; tubebell tells what is gone or back
//!       "signal": "views",                         // views | likes | comments | title | status | live | upload | presence
//!       "kind": "count",                           // count | gain | growth | event
//!       "window_s": null,                          // length of the window of a gain or growth, in seconds
//!       "computed": null,                          // by tubebell, not by YouTube: {"gain": 612} or {"growth_percent": 6.12}
//!       "previous": 950,                           // a count, a text (events) or null; over a window the count at its start
//!       "current": 1240,                           // the count or text now
//!                                                  // upload: previous null and current the title; "upcoming" and the start in
//!                                                  // milliseconds since 1970 (or the title); "started" and the title
//!       "passed": [1000], "passed_more": 0         // the marks passed, highest 8, and how many lower ones
//!     }],
//!     "alerts_left_out": 0,                        // did not fit in 20 kB
//!     "budget_used": {                             // only in the last message of a day that has a budget
//!       "messages": 10,                            // so many messages a day there may be
//!       "digest_at": "2026-11-21T19:00:00Z"        // when what else happens is told
//!     }
//!   }
//! }
//! ```
//!
//! What is collected comes as a digest, in as many bodies as it takes. `videos` hold what is told of each as above, with the
//! same fields:
//!
//! ```json
//! {
//!   "type": "digest.sent",
//!   "timestamp": "2026-11-21T08:00:00Z",           // when it was put together
//!   "data": {
//!     "schedule": "daily 09:00",                   // daily HH:MM | weekly mon HH:MM | hourly | every 6h
//!     "tz": "Europe/Madrid",                       // on the clock of this zone
//!     "since": "2026-11-20T08:00:00Z",             // what it tells of begins here and ends with the timestamp
//!     "late": false,                               // sent long after it was due
//!     "part": 1, "parts": 1,                       // which of the bodies of this digest it is, and of how many
//!     "watches": [{
//!       "watch": 7, "subject": "channel:UC…", "subject_title": "…",
//!       "over_budget": false,                      // it would have come as alert.fired, had the day's messages not been used up
//!       "videos": [{ "seen_at": "2026-11-21T07:03:00Z", "coalesced": 3, "video": {…}, "alerts": […], "alerts_left_out": 0 }]
//!     }]
//!   }
//! }
//! ```
//!
//! A title or name of which nothing would be seen is the id of the video, or null. What turns the direction of a text is
//! closed at its end: whoever shows it need not know of it.
//!
//! The envelope is that of Standard Webhooks. Fields may be added; none changes its meaning.

mod digest;

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::Voice;
use crate::model::{
    About, Address, Body, Live, Signal, Status, SubscriptionId, UnixMillis, Value, VideoId,
    is_blank,
};
use crate::render::chat::ChatTemplates;
use crate::render::cut::shown;
use crate::render::news::{
    BudgetNote, DigestMessage, NetAlert, Part, VideoFacts, VideoNews, WatchMessage,
};
use crate::render::room::MESSAGE;
use crate::render::view::AnyView;
use crate::render::{RenderError, numbers, sample};

/// Longest body. Source: Standard Webhooks 1.0.0, “payload size”: below 20 kB.
const BODY_MAX_BYTES: usize = 20_000 - 1;

/// Longest text of one field, tried in turn, in UTF-16 units; a title of YouTube has at most 100 characters.
const TEXT_STEPS: [usize; 3] = [1000, 250, 100];

#[derive(Debug)]
pub(super) struct WebhookVoice {
    /// Notices have no fields of their own for programs: they get the text that people read.
    chats: Arc<ChatTemplates>,
}

impl WebhookVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>) -> WebhookVoice {
        WebhookVoice { chats }
    }
}

impl Voice for WebhookVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        let last = message.told().last().map(|(index, _)| index);
        let part = |(index, news): (usize, &VideoNews)| {
            let budget = message.budget.filter(|_| Some(index) == last);
            let (_, body) = fitted(news, BODY_MAX_BYTES, |count, text_max| {
                event(message, news, budget, (count, text_max))
            })?;
            Ok(Part::new(Body::Json(body), news.places(index)))
        };
        message.told().map(part).collect()
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        Ok(digest::bodies(message)?)
    }

    fn answer(&self, _view: AnyView) -> Result<Body, RenderError> {
        Err(RenderError::NoAnswers)
    }

    fn notice(&self, notice: AnyView, now: UnixMillis) -> Result<Body, RenderError> {
        let notice = json!({
            "type": "operator.notice",
            "timestamp": now.to_string(),
            "data": { "text": self.chats.page(notice, &MESSAGE)?.seen.text() },
        });
        Ok(Body::Json(notice.to_string()))
    }

    fn test(&self, _to: &Address, now: UnixMillis, _tz: &str) -> Result<Body, RenderError> {
        let message = sample::news::test(now);
        let news = &message.videos[0];
        let mut event = event(&message, news, None, (news.alerts.len(), TEXT_STEPS[0]));
        event.data.test = Some(true);
        Ok(Body::Json(serde_json::to_string(&event)?))
    }
}

#[derive(Serialize)]
struct FiredEvent<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    watch: SubscriptionId,
    subject: String,
    subject_title: Option<Cow<'a, str>>,
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<bool>,
    #[serde(flatten)]
    told: Told<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_used: Option<BudgetUsed>,
}

/// What is told of one video.
#[derive(Serialize)]
struct Told<'a> {
    coalesced: usize,
    video: Option<Video<'a>>,
    alerts: Vec<WebhookAlert<'a>>,
    alerts_left_out: usize,
}

#[derive(Serialize)]
struct BudgetUsed {
    messages: u32,
    digest_at: String,
}

#[derive(Serialize)]
struct Video<'a> {
    id: VideoId,
    url: String,
    title: Cow<'a, str>,
    channel_id: Option<&'a str>,
    channel_title: Option<Cow<'a, str>>,
    status: Status,
    live: Live,
    published_at: Option<String>,
    duration_s: Option<u32>,
    views: Option<i64>,
    likes: Option<i64>,
    comments: Option<i64>,
}

#[derive(Serialize)]
struct WebhookAlert<'a> {
    rule: Option<&'a str>,
    signal: &'static str,
    kind: &'static str,
    window_s: Option<u32>,
    computed: Option<Computed>,
    previous: Plain<'a>,
    current: Plain<'a>,
    passed: &'a [i64],
    passed_more: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Computed {
    Gain(i64),
    GrowthPercent(Option<f64>),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Plain<'a> {
    Nothing,
    Count(i64),
    Text(Cow<'a, str>),
}

/// What is told of one video, as long as it may be, and as JSON. `make` makes it with so many of the alerts, and no text
/// longer than that.
fn fitted<T: Serialize>(
    news: &VideoNews,
    max_bytes: usize,
    make: impl Fn(usize, usize) -> T,
) -> serde_json::Result<(T, String)> {
    let made = |count: usize, text_max: usize| {
        let made = make(count, text_max);
        let text = serde_json::to_string(&made)?;
        Ok((made, text))
    };
    let mut count = news.alerts.len();
    for (step, text_max) in TEXT_STEPS.into_iter().enumerate() {
        loop {
            let (fitting, text) = made(count, text_max)?;
            if text.len() <= max_bytes || count == 0 {
                return Ok((fitting, text));
            }
            // Texts are shortened before anything is left out.
            if step + 1 < TEXT_STEPS.len() {
                break;
            }
            count = count * 9 / 10;
        }
    }
    made(0, 0)
}

/// What is said with so many of the alerts, and no text longer than that.
fn event<'a>(
    message: &'a WatchMessage,
    news: &'a VideoNews,
    budget: Option<BudgetNote>,
    (count, text_max): (usize, usize),
) -> FiredEvent<'a> {
    FiredEvent {
        r#type: "alert.fired",
        timestamp: news.observed_at.to_string(),
        data: Data {
            watch: message.subscription,
            subject: message.subject.to_string(),
            subject_title: name(message.subject_title.as_deref(), text_max),
            late: message.late,
            test: None,
            told: told(news, count, text_max),
            budget_used: budget.map(|note| BudgetUsed {
                messages: note.pings,
                digest_at: note.digest_at.to_string(),
            }),
        },
    }
}

fn told(news: &VideoNews, count: usize, text_max: usize) -> Told<'_> {
    Told {
        coalesced: news.changes.max(1),
        video: news.video.as_ref().map(|video| self::video(video, text_max)),
        alerts: news.alerts.iter().take(count).map(|alert| one(alert, text_max)).collect(),
        alerts_left_out: news.alerts.len() - count,
    }
}

/// A title or name that somebody gave; none where nothing would be seen of it.
fn name(text: Option<&str>, text_max: usize) -> Option<Cow<'_, str>> {
    text.filter(|text| !is_blank(text)).map(|text| shown(text, text_max))
}

fn video(video: &VideoFacts, text_max: usize) -> Video<'_> {
    let About { channel_id, channel_title, published_at, duration } = &video.about;
    Video {
        id: video.id,
        url: video.id.url(),
        title: name(Some(&video.title), text_max).unwrap_or(Cow::Borrowed(video.id.as_str())),
        channel_id: channel_id.as_deref(),
        channel_title: name(channel_title.as_deref(), text_max),
        status: video.status,
        live: video.live,
        published_at: published_at.map(|at| at.to_string()),
        duration_s: *duration,
        views: video.counts.views,
        likes: video.counts.likes,
        comments: video.counts.comments,
    }
}

fn one(alert: &NetAlert, text_max: usize) -> WebhookAlert<'_> {
    let (signal, kind, window_s) = match alert.series.signal {
        Signal::Count(metric) => (metric.name(), "count", None),
        Signal::Gain { metric, window_s } => (metric.name(), "gain", Some(window_s)),
        Signal::Growth { metric, window_s } => (metric.name(), "growth", Some(window_s)),
        Signal::Event(event) => (event.name(), "event", None),
    };
    let computed = match (alert.series.signal, alert.previous.int(), alert.current.int()) {
        (Signal::Gain { .. }, Some(from), Some(to)) => {
            Some(Computed::Gain(to.saturating_sub(from)))
        }
        (Signal::Growth { .. }, Some(from), Some(to)) => {
            let percent = numbers::growth_hundredths(from, to).map(|value| value as f64 / 100.0);
            Some(Computed::GrowthPercent(percent))
        }
        _ => None,
    };
    WebhookAlert {
        rule: Some(alert.rule_text.as_str()).filter(|rule| !rule.is_empty()),
        signal,
        kind,
        window_s,
        computed,
        previous: plain(&alert.previous, text_max),
        current: plain(&alert.current, text_max),
        passed: &alert.marks.values,
        passed_more: alert.marks.more,
    }
}

fn plain(value: &Value, text_max: usize) -> Plain<'_> {
    match value {
        Value::None => Plain::Nothing,
        Value::Int(number) => Plain::Count(*number),
        Value::Text(text) => Plain::Text(shown(text, text_max)),
    }
}
