//! The ways in which YouTube says no, word by word.
//!
//! Source: <https://developers.google.com/youtube/v3/docs/errors>; the granular quota error and the key errors after
//! answers that people have published (read 2026-11). Messages hold HTML, as the real ones do.

use jiff::Timestamp;
use serde_json::{Value, json};

/// The number of the project to which all keys belong.
const PROJECT: &str = "123456789012";
/// Longest piece of the request that is repeated in a message, in characters.
const REPEATED_MAX_CHARS: usize = 100;

/// The names of one quota.
pub(super) struct QuotaInfo {
    pub(super) display: &'static str,
    pub(super) metric: &'static str,
    pub(super) limit: &'static str,
}

/// One refusal: a status and the `error` of the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ApiError {
    pub(super) code: u16,
    error: Value,
}

/// An `ErrorInfo` of `google.rpc`.
fn error_info(reason: &str, metadata: &Value) -> Value {
    json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }])
}

fn cut(text: &str) -> String {
    text.chars().take(REPEATED_MAX_CHARS).collect()
}

impl ApiError {
    fn new(code: u16, reason: &str, domain: &str, message: &str) -> ApiError {
        let one = json!({"message": message, "domain": domain, "reason": reason});
        ApiError { code, error: json!({"code": code, "message": message, "errors": [one]}) }
    }

    /// Says which parameter is meant; `kind` is `parameter`, or `other` where it is several.
    fn at(mut self, location: &str, kind: &str) -> ApiError {
        let one = &mut self.error["errors"][0];
        (one["location"], one["locationType"]) = (json!(location), json!(kind));
        self
    }

    /// The status of gRPC, which only some answers have.
    fn status(mut self, status: &str) -> ApiError {
        self.error["status"] = json!(status);
        self
    }

    fn details(mut self, details: Value) -> ApiError {
        self.error["details"] = details;
        self
    }

    /// The daily quota in its old form.
    pub(super) fn quota_classic() -> ApiError {
        let message = "The request cannot be completed because you have exceeded your \
            <a href=\"/youtube/v3/getting-started#quota\">quota</a>.";
        ApiError::new(403, "quotaExceeded", "youtube.quota", message)
    }

    /// The daily quota in the form of the granular buckets.
    pub(super) fn quota_granular(
        info: &QuotaInfo,
        units: u64,
        window_start: Timestamp,
    ) -> ApiError {
        let window_start_s = window_start.as_second().to_string();
        ApiError::rate(info, "per day", "1/d/{project}", units, &window_start_s)
    }

    /// The limit of a minute: the same in all but its unit.
    pub(super) fn too_fast(limit: u64) -> ApiError {
        let info = QuotaInfo {
            display: "Queries",
            metric: "youtube.googleapis.com/default",
            limit: "defaultPerMinutePerProject",
        };
        ApiError::rate(&info, "per minute", "1/min/{project}", limit, "0")
    }

    fn rate(info: &QuotaInfo, per: &str, unit: &str, limit: u64, window_start: &str) -> ApiError {
        let name = info.display;
        let message = format!(
            "Quota exceeded for quota metric '{name}' and limit '{name} {per}' of service \
            'youtube.googleapis.com' for consumer 'project_number:{PROJECT}'."
        );
        let details = error_info(
            "RATE_LIMIT_EXCEEDED",
            &json!({
                "quota_limit": info.limit,
                "quota_metric": info.metric,
                "quota_limit_value": limit.to_string(),
                "quota_unit": unit,
                "quota_location": "global",
                "consumer": format!("projects/{PROJECT}"),
                "service": "youtube.googleapis.com",
                "window_start_time": window_start,
            }),
        );
        ApiError::new(429, "rateLimitExceeded", "global", &message)
            .status("RESOURCE_EXHAUSTED")
            .details(details)
    }

    /// A key that does not exist.
    pub(super) fn bad_key() -> ApiError {
        let message = "API key not valid. Please pass a valid API key.";
        let details = error_info("API_KEY_INVALID", &json!({"service": "youtube.googleapis.com"}));
        ApiError::new(400, "badRequest", "global", message)
            .status("INVALID_ARGUMENT")
            .details(details)
    }

    /// No key at all.
    pub(super) fn no_key() -> ApiError {
        let message = "Method doesn't allow unregistered callers (callers without established \
            identity). Please use API Key or other form of API consumer identity to call this API.";
        ApiError::new(403, "forbidden", "global", message).status("PERMISSION_DENIED")
    }

    /// The project has not switched the API on.
    pub(super) fn not_enabled() -> ApiError {
        let message = format!(
            "YouTube Data API v3 has not been used in project {PROJECT} before or it is disabled. \
            Enable it by visiting https://console.developers.google.com/apis/api/\
            youtube.googleapis.com/overview?project={PROJECT} then retry. If you enabled this API \
            recently, wait a few minutes for the action to propagate to our systems and retry."
        );
        let metadata = json!({
            "service": "youtube.googleapis.com",
            "consumer": format!("projects/{PROJECT}"),
        });
        ApiError::new(403, "accessNotConfigured", "usageLimits", &message)
            .status("PERMISSION_DENIED")
            .details(error_info("SERVICE_DISABLED", &metadata))
    }

    /// Something on their side.
    pub(super) fn server(code: u16) -> ApiError {
        let (reason, message, status) = match code {
            503 => ("backendError", "The service is currently unavailable.", "UNAVAILABLE"),
            _ => ("internalError", "Internal error encountered.", "INTERNAL"),
        };
        ApiError::new(code, reason, "global", message).status(status)
    }

    /// `part`, or the like, is missing.
    pub(super) fn missing(name: &str) -> ApiError {
        let message = format!("The request is missing a required parameter: {name}.");
        ApiError::new(400, "missingRequiredParameter", "youtube.parameter", &message)
            .at(name, "parameter")
    }

    /// Nothing says which items are meant.
    pub(super) fn no_filter(expected: &str) -> ApiError {
        let message = format!("No filter selected. Expected one of: {expected}");
        ApiError::new(400, "missingRequiredParameter", "youtube.parameter", &message)
            .at("parameters.", "other")
    }

    /// Two parameters that exclude each other.
    pub(super) fn incompatible(names: &str) -> ApiError {
        let message = format!("Incompatible parameters specified in the request: {names}");
        ApiError::new(400, "incompatibleParameters", "youtube.parameter", &message)
            .at("parameters.", "other")
    }

    /// More ids than are taken.
    pub(super) fn too_many_ids() -> ApiError {
        let message = "The request specifies an invalid filter parameter.";
        ApiError::new(400, "invalidFilters", "youtube.parameter", message).at("id", "parameter")
    }

    /// A part that does not exist, or is not simulated.
    pub(super) fn unknown_part(part: &str) -> ApiError {
        ApiError::new(400, "unknownPart", "youtube.part", &format!("'{}'", cut(part)))
            .at("part", "parameter")
    }

    /// A parameter that does not exist, or is not simulated.
    pub(super) fn unknown_param(name: &str) -> ApiError {
        let name = cut(name);
        let message = format!(
            "Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. \
            Field '{name}' could not be found in request message."
        );
        ApiError::new(400, "badRequest", "global", &message).status("INVALID_ARGUMENT")
    }

    /// A `maxResults` out of its range.
    pub(super) fn max_results(value: &str, lowest: usize) -> ApiError {
        let message = format!(
            "Invalid value '{}'. Values must be within the range: [{lowest}, 50]",
            cut(value)
        );
        ApiError::new(400, "invalidParameter", "global", &message).at("maxResults", "parameter")
    }

    /// A token that was not given out.
    pub(super) fn page_token() -> ApiError {
        let message = "The request specifies an invalid page token.";
        ApiError::new(400, "invalidPageToken", "youtube.parameter", message)
            .at("pageToken", "parameter")
    }

    /// A `fields` that can't be read.
    pub(super) fn fields(text: &str) -> ApiError {
        let message = format!("Invalid field selection {}", cut(text));
        ApiError::new(400, "invalidParameter", "global", &message).at("fields", "parameter")
    }

    /// A playlist that is private or does not exist.
    pub(super) fn playlist_not_found() -> ApiError {
        let message = "The playlist identified with the request's <code>playlistId</code> \
            parameter cannot be found.";
        ApiError::new(404, "playlistNotFound", "youtube.playlistItem", message)
            .at("playlistId", "parameter")
    }

    /// The body.
    pub(super) fn to_json(&self) -> Value {
        json!({ "error": self.error })
    }
}
