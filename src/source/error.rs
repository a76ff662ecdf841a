//! Why YouTube gave no answer to use, sorted by what the caller does next.
//!
//! Google's HTTP status does not say it: a 403 may mean a missing permission or "come back after midnight in
//! California", a 429 a second or a day. So [`classify`] goes by the reason, the bucket and the quota's unit.
//! Texts come from YouTube's own messages, shortened; they hold no key and no URL of a request.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::budget::{Bucket, Spender};
use crate::http::{Failure, Line, clean};
use crate::model::{AtMost, UnixMillis};

/// Where keys are made and restricted.
const CREDENTIALS_PAGE: &str = "https://console.cloud.google.com/apis/credentials";

/// Where the API is switched on, when YouTube's message does not hold its own link.
const LIBRARY_PAGE: &str = "https://console.cloud.google.com/apis/library/youtube.googleapis.com";

/// The longest part of a foreign message that we repeat, in characters: one line in a log or a chat.
const MESSAGE_MAX_CHARS: usize = 200;

/// A foreign message as a line of ours.
const MESSAGE: Line = Line { max_chars: MESSAGE_MAX_CHARS, gap: None, rest: Some('…') };

/// The longest word that we take for a reason: Google's longest have some forty letters.
const WORD_MAX_BYTES: usize = 80;

/// Why a request to YouTube failed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Wait until then: the day's units of this bucket are gone. Asking again sooner is useless.
    #[error("the daily quota of YouTube ({bucket}) is used up until {resets_at}")]
    QuotaUsedUp {
        /// Which allowance.
        bucket: Bucket,
        /// When there are units again.
        resets_at: UnixMillis,
    },
    /// Wait until then: the units of this bucket that are set aside for this spender are gone. Others have theirs.
    #[error(
        "the share of {by} in the daily quota of YouTube ({bucket}) is used up until {resets_at}"
    )]
    ShareUsedUp {
        /// Which allowance.
        bucket: Bucket,
        /// Whose share.
        by: Spender,
        /// When there are units again.
        resets_at: UnixMillis,
    },
    /// Slow down: too many requests within a minute. The day's units are not gone.
    #[error("too many requests to YouTube within a minute")]
    Burst {
        /// How long to wait, where YouTube says so.
        retry_after: Option<Duration>,
    },
    /// The operator must change the API key; the text says how.
    #[error("{0}")]
    KeyRefused(String),
    /// The operator must switch the API on; the text holds the link.
    #[error("{0}")]
    NotEnabled(String),
    /// The operator must change the configuration: an address or a key that can't be one.
    #[error("{0}")]
    Misconfigured(String),
    /// Nothing to do: this may not be seen with an API key.
    #[error("YouTube does not allow it: {0}")]
    Forbidden(String),
    /// The thing asked for does not exist (any more).
    #[error("YouTube does not know it: {0}")]
    NotFound(String),
    /// Our request is wrong, or a page token is too old: the same request will fail again.
    #[error("YouTube does not take the request: {0}")]
    Rejected(String),
    /// Try again later: what came is not an answer of YouTube's (cut off, no JSON, too big).
    #[error("no usable answer from YouTube: {0}")]
    BadAnswer(String),
    /// Try again later: no connection, or no answer in time.
    #[error("could not reach {host}")]
    Unreachable {
        /// Name and port.
        host: String,
        /// Without the URL.
        #[source]
        cause: Failure,
    },
    /// Try again later: YouTube has a problem of its own.
    #[error("YouTube has a problem: {0}")]
    Transient(String),
}

impl SourceError {
    /// Whether the operator must change something before any request is answered.
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(
            self,
            SourceError::KeyRefused(_) | SourceError::NotEnabled(_) | SourceError::Misconfigured(_)
        )
    }
}

/// Sorts an answer that is not a success.
///
/// `bucket` is the one the request was charged to: YouTube's errors do not name it reliably (the metric's name for
/// `batchGetStats` is not documented). `resets_at` is the end of its day.
#[must_use]
pub fn classify(
    status: u16,
    retry_after: Option<Duration>,
    body: &[u8],
    bucket: Bucket,
    resets_at: UnixMillis,
) -> SourceError {
    let Some(error) = serde_json::from_slice::<Body<'_>>(body).ok().and_then(|body| body.error)
    else {
        return without_envelope(status, retry_after);
    };
    let answer = Envelope::read(error);
    let message = answer.message();
    match answer.reason.as_str() {
        "quotaExceeded" | "dailyLimitExceeded" => SourceError::QuotaUsedUp { bucket, resets_at },
        "rateLimitExceeded" | "userRateLimitExceeded" | "RESOURCE_EXHAUSTED" => {
            if answer.is_daily() {
                SourceError::QuotaUsedUp { bucket, resets_at }
            } else {
                SourceError::Burst { retry_after }
            }
        }
        _ if answer.is_key_refused(status) => SourceError::KeyRefused(format!(
            "YouTube refuses the API key ({}{message}): check youtube.api_key against {CREDENTIALS_PAGE}",
            answer.info.as_ref().map(|info| format!("{info}: ")).unwrap_or_default(),
        )),
        "accessNotConfigured" | "SERVICE_DISABLED" => SourceError::NotEnabled(format!(
            "the YouTube Data API v3 is not enabled for the project of this key: enable it at {}, wait a few minutes",
            answer.console_link().unwrap_or(LIBRARY_PAGE),
        )),
        "backendError" | "internalError" | "processingFailure" | "UNAVAILABLE" | "INTERNAL" => {
            SourceError::Transient(message)
        }
        _ => match status {
            404 => SourceError::NotFound(message),
            403 => SourceError::Forbidden(message),
            429 => SourceError::Burst { retry_after },
            408 | 500.. => SourceError::Transient(message),
            400..=499 => SourceError::Rejected(message),
            _ => SourceError::BadAnswer(format!("an error under HTTP {status}: {message}")),
        },
    }
}

/// Something between us and YouTube answered: a proxy's 404 says nothing about a playlist.
fn without_envelope(status: u16, retry_after: Option<Duration>) -> SourceError {
    match status {
        429 => SourceError::Burst { retry_after },
        408 | 500.. => SourceError::Transient(format!("HTTP {status}")),
        _ => SourceError::BadAnswer(format!("HTTP {status} without YouTube's form of an error")),
    }
}

/// Details of an error that are looked at: Google's have three or four.
const DETAILS_MAX: usize = 20;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Google's form of an error, as far as we use it. What may be wrong in it without spoiling the rest is kept as it came.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wire<'a> {
    message: String,
    status: String,
    #[serde(borrow)]
    errors: AtMost<&'a RawValue, 1>,
    #[serde(borrow)]
    details: AtMost<&'a RawValue, DETAILS_MAX>,
}

/// An element of `errors` or of `details`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    #[serde(rename = "@type")]
    kind: String,
    reason: String,
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    quota_unit: String,
}

/// The parts of Google's error envelope that decide.
struct Envelope {
    text: String,
    /// `errors[0].reason`, else that of the `ErrorInfo`, else the status word.
    reason: String,
    /// The reason of `details[].ErrorInfo`.
    info: Option<String>,
    /// `1/d/{project}`, `1/min/{project}`, …
    quota_unit: String,
}

impl Envelope {
    fn read(error: &RawValue) -> Envelope {
        let error: Wire<'_> = serde_json::from_str(error.get()).unwrap_or_default();
        let read = |raw: &&RawValue| serde_json::from_str::<Detail>(raw.get()).ok();
        let word = |text: &String| {
            (1..=WORD_MAX_BYTES).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let mut details = error.details.items.iter().filter_map(read);
        let info = details.find(|detail| detail.kind.ends_with("google.rpc.ErrorInfo"));
        let info = info.unwrap_or_default();
        let info_reason = Some(info.reason).filter(word);
        let first = error.errors.items.first().and_then(read).map(|first| first.reason);
        let reason = first.filter(word).or_else(|| info_reason.clone());
        Envelope {
            text: error.message,
            reason: reason.or(Some(error.status).filter(word)).unwrap_or_default(),
            info: info_reason,
            quota_unit: info.metadata.quota_unit,
        }
    }

    /// Whether the limit that was hit is one per day. Without a unit the message says so.
    fn is_daily(&self) -> bool {
        if self.quota_unit.is_empty() {
            return self.text.contains("per day");
        }
        self.quota_unit.split('/').nth(1) == Some("d")
    }

    fn is_key_refused(&self, status: u16) -> bool {
        let by_info = self.info.as_deref().is_some_and(|info| {
            info.starts_with("API_KEY_")
                || matches!(info, "CONSUMER_INVALID" | "CONSUMER_SUSPENDED")
        });
        let by_reason = matches!(
            self.reason.as_str(),
            "keyInvalid" | "keyExpired" | "ipRefererBlocked" | "authError"
        );
        // No key at all: "Method doesn't allow unregistered callers (…). Please use API Key …"
        let without_key = status == 403 && self.text.contains("unregistered callers");
        by_info || by_reason || without_key || status == 401
    }

    /// Google's own link to the switch, with the project in it.
    fn console_link(&self) -> Option<&str> {
        self.text.split_whitespace().find(|word| {
            word.len() <= MESSAGE_MAX_CHARS
                && word.bytes().all(|byte| byte.is_ascii_graphic())
                && (word.starts_with("https://console.developers.google.com/")
                    || word.starts_with("https://console.cloud.google.com/"))
        })
    }

    /// One line for people: no tags, no control characters, not long.
    fn message(&self) -> String {
        // What stands before the first tag, and behind the end of each.
        let mut parts = self.text.split('<');
        let mut text = parts.next().unwrap_or_default().to_owned();
        text.extend(parts.filter_map(|part| part.split_once('>')).map(|(_, text)| text));
        let text = clean(&text, MESSAGE, &[]);
        let text = text.trim().trim_end_matches('.');
        if text.is_empty() { self.reason.clone() } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: UnixMillis = UnixMillis(1_790_406_000_000);

    fn check(status: u16, body: &str, expected: &str) {
        let error = classify(status, None, body.as_bytes(), Bucket::General, MIDNIGHT);
        assert_eq!(format!("{error:?}"), expected, "{body}");
    }

    fn used_up(bucket: Bucket) -> String {
        format!("{:?}", SourceError::QuotaUsedUp { bucket, resets_at: MIDNIGHT })
    }

    fn granular(unit: &str, limit: &str) -> String {
        r#"{"error":{"code":429,"message":"Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries LIMIT' of service 'youtube.googleapis.com' for consumer 'project_number:12345'.","errors":[{"message":"Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries LIMIT' of service 'youtube.googleapis.com' for consumer 'project_number:12345'.","domain":"global","reason":"rateLimitExceeded"}],"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","domain":"googleapis.com","metadata":{"quota_limit":"defaultSearchListPerDayPerProject","quota_metric":"youtube.googleapis.com/search_list","quota_limit_value":"100","quota_unit":"UNIT","quota_location":"global","consumer":"projects/12345","service":"youtube.googleapis.com","window_start_time":"1790319600"}}]}}"#
            .replace("UNIT", unit)
            .replace("LIMIT", limit)
    }

    #[test]
    fn the_classic_daily_quota_is_a_403_and_means_midnight() {
        check(
            403,
            r#"{"error":{"code":403,"message":"The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.","errors":[{"message":"The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.","domain":"youtube.quota","reason":"quotaExceeded"}]}}"#,
            &used_up(Bucket::General),
        );
    }

    #[test]
    fn a_429_per_day_means_midnight_and_belongs_to_the_bucket_that_was_asked() {
        let body = granular("1/d/{project}", "per day");
        let error = classify(429, None, body.as_bytes(), Bucket::Stats, MIDNIGHT);
        assert_eq!(format!("{error:?}"), used_up(Bucket::Stats));
    }

    #[test]
    fn a_429_per_minute_is_a_burst_and_its_wish_is_kept() {
        let body = granular("1/min/{project}", "per minute");
        let wish = Some(Duration::from_secs(7));
        let error = classify(429, wish, body.as_bytes(), Bucket::Stats, MIDNIGHT);
        assert_eq!(format!("{error:?}"), "Burst { retry_after: Some(7s) }");
    }

    #[test]
    fn without_a_unit_the_message_tells_the_day_from_the_minute() {
        let body = |limit: &str| {
            format!(
                r#"{{"error":{{"code":429,"message":"Quota exceeded for quota metric 'Queries' and limit 'Queries {limit}' of service 'youtube.googleapis.com'.","status":"RESOURCE_EXHAUSTED"}}}}"#
            )
        };
        check(429, &body("per day"), &used_up(Bucket::General));
        check(429, &body("per minute"), "Burst { retry_after: None }");
    }

    #[test]
    fn a_burst_may_come_as_403() {
        for reason in ["rateLimitExceeded", "userRateLimitExceeded"] {
            let body = format!(
                r#"{{"error":{{"code":403,"message":"User Rate Limit Exceeded","errors":[{{"message":"User Rate Limit Exceeded","domain":"usageLimits","reason":"{reason}"}}]}}}}"#
            );
            check(403, &body, "Burst { retry_after: None }");
        }
    }

    #[test]
    fn a_bad_key_names_the_way_out_in_both_forms() {
        check(
            400,
            r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","errors":[{"message":"API key not valid. Please pass a valid API key.","domain":"global","reason":"badRequest"}],"status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"youtube.googleapis.com"}}]}}"#,
            r#"KeyRefused("YouTube refuses the API key (API_KEY_INVALID: API key not valid. Please pass a valid API key): check youtube.api_key against https://console.cloud.google.com/apis/credentials")"#,
        );
        check(
            400,
            r#"{"error":{"code":400,"message":"Bad Request","errors":[{"message":"Bad Request","domain":"usageLimits","reason":"keyInvalid"}]}}"#,
            r#"KeyRefused("YouTube refuses the API key (Bad Request): check youtube.api_key against https://console.cloud.google.com/apis/credentials")"#,
        );
    }

    #[test]
    fn a_restricted_key_is_refused_and_the_restriction_named() {
        check(
            403,
            r#"{"error":{"code":403,"message":"Requests from referer <empty> are blocked.","errors":[{"message":"Requests from referer <empty> are blocked.","domain":"global","reason":"forbidden"}],"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_HTTP_REFERRER_BLOCKED","domain":"googleapis.com","metadata":{"service":"youtube.googleapis.com","consumer":"projects/12345"}}]}}"#,
            r#"KeyRefused("YouTube refuses the API key (API_KEY_HTTP_REFERRER_BLOCKED: Requests from referer  are blocked): check youtube.api_key against https://console.cloud.google.com/apis/credentials")"#,
        );
    }

    #[test]
    fn an_api_that_is_not_enabled_comes_with_the_link_to_its_switch() {
        check(
            403,
            r#"{"error":{"code":403,"message":"YouTube Data API v3 has not been used in project 12345 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/youtube.googleapis.com/overview?project=12345 then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.","errors":[{"message":"YouTube Data API v3 has not been used in project 12345 before or it is disabled.","domain":"usageLimits","reason":"accessNotConfigured"}],"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"youtube.googleapis.com","consumer":"projects/12345"}}]}}"#,
            r#"NotEnabled("the YouTube Data API v3 is not enabled for the project of this key: enable it at https://console.developers.google.com/apis/api/youtube.googleapis.com/overview?project=12345, wait a few minutes")"#,
        );
    }

    #[test]
    fn a_403_of_the_thing_itself_is_forbidden() {
        check(
            403,
            r#"{"error":{"code":403,"message":"The video identified by the <code><a href=\"/youtube/v3/docs/commentThreads/list#videoId\">videoId</a></code> parameter has disabled comments.","errors":[{"message":"disabled","domain":"youtube.commentThread","reason":"commentsDisabled","location":"videoId","locationType":"parameter"}]}}"#,
            r#"Forbidden("The video identified by the videoId parameter has disabled comments")"#,
        );
    }

    #[test]
    fn a_gone_playlist_or_video_is_not_found() {
        check(
            404,
            r#"{"error":{"code":404,"message":"The playlist identified with the request's <code>playlistId</code> parameter cannot be found.","errors":[{"message":"The playlist cannot be found.","domain":"youtube.playlistItem","reason":"playlistNotFound","location":"playlistId","locationType":"parameter"}]}}"#,
            r#"NotFound("The playlist identified with the request's playlistId parameter cannot be found")"#,
        );
        check(
            404,
            r#"{"error":{"code":404,"message":"The video identified by the videoId parameter could not be found.","errors":[{"message":"gone","domain":"youtube.commentThread","reason":"videoNotFound","location":"videoId","locationType":"parameter"}]}}"#,
            r#"NotFound("The video identified by the videoId parameter could not be found")"#,
        );
    }

    #[test]
    fn a_404_that_is_not_youtubes_own_deletes_nothing() {
        check(
            404,
            "<html>404 Not Found</html>",
            r#"BadAnswer("HTTP 404 without YouTube's form of an error")"#,
        );
    }

    #[test]
    fn a_request_that_is_wrong_will_stay_wrong() {
        for reason in [
            "invalidPageToken",
            "invalidFilters",
            "missingRequiredParameter",
            "incompatibleParameters",
            "unexpectedParameter",
        ] {
            let body = format!(
                r#"{{"error":{{"code":400,"message":"","errors":[{{"message":"","domain":"youtube.parameter","reason":"{reason}"}}]}}}}"#
            );
            check(400, &body, &format!("Rejected(\"{reason}\")"));
        }
    }

    #[test]
    fn youtubes_own_troubles_pass() {
        let body = |code: u16, reason: &str| {
            format!(
                r#"{{"error":{{"code":{code},"message":"Backend Error","errors":[{{"message":"Backend Error","domain":"global","reason":"{reason}"}}]}}}}"#
            )
        };
        let expected = r#"Transient("Backend Error")"#;
        check(500, &body(500, "backendError"), expected);
        check(503, &body(503, "backendError"), expected);
        check(500, &body(500, "internalError"), expected);
        check(400, &body(400, "processingFailure"), expected);
        check(502, "<html>Bad Gateway</html>", r#"Transient("HTTP 502")"#);
    }

    #[test]
    fn what_youtube_says_stays_on_one_line_and_steers_no_terminal() {
        for body in [
            r#"{"error":{"message":"","errors":[{"reason":"two\nlines\u001b[2J"}]}}"#,
            r#"{"error":{"message":"two\u2028lines\u001b[2J\n","errors":[{"reason":"x"}]}}"#,
            r#"{"error":{"message":"https://console.cloud.google.com/\u001b[2J","status":"UNAVAILABLE","errors":[{"reason":"accessNotConfigured"}]}}"#,
            r#"{"error":{"message":"","details":[{"@type":"google.rpc.ErrorInfo","reason":"API_KEY_\n"}]}}"#,
        ] {
            let line = classify(400, None, body.as_bytes(), Bucket::General, MIDNIGHT).to_string();
            assert!(!line.chars().any(|c| c.is_control() || c == '\u{2028}'), "{line:?}");
        }
    }

    #[test]
    fn no_body_can_make_it_panic_or_speak_at_length() {
        proptest::proptest!(|(status: u16, body: Vec<u8>, message: String)| {
            drop(classify(status, None, &body, Bucket::Stats, MIDNIGHT));
            let body = serde_json::json!({"error": {"message": message, "details": [body]}}).to_string();
            let error = classify(status, None, body.as_bytes(), Bucket::Stats, MIDNIGHT);
            assert!(error.to_string().chars().count() < 500);
        });
    }
}
