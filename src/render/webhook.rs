//! The body of a webhook: what other programs get.
//!
//! ```json
//! {
//!   "type": "alert.fired",
//!   "timestamp": "2026-11-21T13:03:00Z",          // when it was seen
//!   "data": {
//!     "watch": 7,                                  // the id of the watch
//!     "subject_title": null,                       // the watched channel or playlist, for new videos
//!     "late": false,                               // sent long after it was seen
//!     "coalesced": 1,                              // how many alerts were put together
//!     "video": {
//!       "id": "dQw4w9WgXcQ", "url": "https://…", "title": "…", "channel_id": "UC…", "channel_title": "…",
//!       "status": "public",                        // public | unlisted | unavailable
//!       "live": "none",                            // none | upcoming | live | completed
//!       "views": 1240, "likes": null, "comments": 3   // null: not shown by YouTube
//!     },
//!     "alerts": [{
//!       "rule": "views any",
//!       "signal": "views",                         // views | likes | comments | title | status | live | upload
//!       "kind": "count",                           // count | gain | growth | event
//!       "window_s": null,                          // length of the window of a gain or growth, in seconds
//!       "computed": null,                          // by tubebell, not by YouTube: {"gain": 612} or {"growth_percent": 6.12}
//!       "previous": 950,                           // a count, a text (events) or null; over a window the count at its start
//!       "current": 1240,                           // the count or text now
//!       "passed": [1000], "passed_more": 0         // the marks passed, highest 8, and how many lower ones
//!     }],
//!     "alerts_left_out": 0                         // did not fit in 20 kB
//!   }
//! }
//! ```
//!
//! The envelope is that of Standard Webhooks. Fields may be added; none changes its meaning.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::alert::{AlertMessage, NetAlert};
use super::cut::shorten;
use super::numbers;
use crate::model::{Signal, Value};

/// Longest body. Source: Standard Webhooks 1.0.0, “payload size”: below 20 kB.
const BODY_MAX_BYTES: usize = 20_000 - 1;

/// Longest text of one field, tried in turn, in UTF-16 units; a title of YouTube has at most 100 characters.
const TEXT_STEPS: [usize; 3] = [1000, 250, 100];

#[derive(Serialize)]
struct WebhookAlert<'a> {
    rule: &'a str,
    signal: &'static str,
    kind: &'static str,
    window_s: Option<u32>,
    computed: Json,
    previous: Json,
    current: Json,
    passed: &'a [i64],
    passed_more: u64,
}

/// The body for one message.
pub(super) fn body(message: &AlertMessage) -> Result<String, serde_json::Error> {
    let mut count = message.alerts.len();
    for (step, text_max) in TEXT_STEPS.into_iter().enumerate() {
        loop {
            let body = serde_json::to_string(&value(message, count, text_max))?;
            if body.len() <= BODY_MAX_BYTES || count == 0 {
                return Ok(body);
            }
            // Texts are shortened before anything is left out.
            if step + 1 < TEXT_STEPS.len() {
                break;
            }
            count = count * 9 / 10;
        }
    }
    serde_json::to_string(&value(message, 0, 0))
}

fn value(message: &AlertMessage, count: usize, text_max: usize) -> Json {
    let video = &message.video;
    let cut = |text: &str| shorten(text, text_max).into_owned();
    let alerts: Vec<_> =
        message.alerts.iter().take(count).map(|alert| one(alert, text_max)).collect();
    json!({
        "type": "alert.fired",
        "timestamp": message.observed_at.to_string(),
        "data": {
            "watch": message.subscription,
            "subject_title": message.subject_title.as_deref().map(cut),
            "late": message.late,
            "coalesced": message.coalesced_count.max(1),
            "video": {
                "id": video.id,
                "url": video.id.url(),
                "title": cut(&video.title),
                "channel_id": video.channel_id,
                "channel_title": video.channel_title.as_deref().map(cut),
                "status": video.status,
                "live": video.live,
                "views": video.counts.views,
                "likes": video.counts.likes,
                "comments": video.counts.comments,
            },
            "alerts_left_out": message.alerts.len() - count,
            "alerts": alerts,
        },
    })
}

fn one(alert: &NetAlert, text_max: usize) -> WebhookAlert<'_> {
    let plain = |value: &Value| match value {
        Value::None => Json::Null,
        Value::Int(number) => json!(number),
        Value::Text(text) => json!(shorten(text, text_max)),
    };
    let (signal, kind, window_s) = match alert.series.signal {
        Signal::Count(metric) => (metric.name(), "count", None),
        Signal::Gain { metric, window_s } => (metric.name(), "gain", Some(window_s)),
        Signal::Growth { metric, window_s } => (metric.name(), "growth", Some(window_s)),
        Signal::Event(event) => (event.name(), "event", None),
    };
    let computed = match (alert.series.signal, alert.previous.int(), alert.current.int()) {
        (Signal::Gain { .. }, Some(from), Some(to)) => json!({ "gain": to.saturating_sub(from) }),
        (Signal::Growth { .. }, Some(from), Some(to)) => {
            let percent = numbers::growth_hundredths(from, to).map(|value| value as f64 / 100.0);
            json!({ "growth_percent": percent })
        }
        _ => Json::Null,
    };
    WebhookAlert {
        rule: &alert.rule_text,
        signal,
        kind,
        window_s,
        computed,
        previous: plain(&alert.previous),
        current: plain(&alert.current),
        passed: &alert.marks.values,
        passed_more: alert.marks.more,
    }
}
