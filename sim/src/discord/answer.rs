//! Answers in the API's form, refusals, and what stands before the API.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::known::Known;
use super::limits::{LimitScope, Standing};

/// What an operation answers: its result, or a refusal.
pub(super) type Answer = Result<Reply, Refusal>;

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// 200 with JSON.
    Json(Value),
    /// 204.
    Empty,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    pub(super) message: String,
    /// What is wrong with which field, nested as the fields are.
    pub(super) errors: Option<Value>,
    /// When to come again, and whose limit it is.
    pub(super) wait: Option<(Duration, LimitScope)>,
}

impl From<Known> for Refusal {
    fn from(known: Known) -> Refusal {
        let (status, code, message) = known.parts();
        Refusal::new(status, code, message)
    }
}

impl Refusal {
    pub(super) fn new(status: u16, code: u32, message: &str) -> Refusal {
        Refusal { status, code, message: message.to_owned(), errors: None, wait: None }
    }

    pub(super) fn invalid_form(errors: Value) -> Refusal {
        Refusal { errors: Some(errors), ..Known::InvalidForm.into() }
    }

    pub(super) fn too_many(after: Duration, scope: LimitScope) -> Refusal {
        Refusal {
            wait: Some((after, scope)),
            ..Refusal::new(429, 0, "You are being rate limited.")
        }
    }

    pub(super) fn server(status: u16) -> Refusal {
        Refusal::new(status, 0, &format!("{status}: {}", reason(status)))
    }

    /// Whether it counts against the client's address: 401, 403 and 429, but for those that are nobody's fault.
    pub(super) fn is_invalid(&self) -> bool {
        let is_shared = matches!(self.wait, Some((_, LimitScope::Shared)));
        matches!(self.status, 401 | 403 | 429) && !is_shared
    }

    fn body(&self) -> Value {
        if let Some((after, scope)) = self.wait {
            // Documented without a code.
            return json!({
                "message": self.message,
                "retry_after": seconds(after),
                "global": scope == LimitScope::Global,
            });
        }
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}

fn reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("Internal Server Error")
}

/// A span in seconds, to the millisecond, as the headers have it.
pub(super) fn seconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1_000.0).ceil() / 1_000.0
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

fn status_and_body(answer: &Answer) -> (u16, String) {
    match answer {
        Ok(Reply::Json(value)) => (200, value.to_string()),
        Ok(Reply::Empty) => (204, String::new()),
        Err(refusal) => (refusal.status, refusal.body().to_string()),
    }
}

fn with_status(body: Body, status: u16) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// Packs an answer.
pub(super) fn respond(answer: &Answer) -> Response {
    let (status, body) = status_and_body(answer);
    let mut response = with_status(Body::from(body), status);
    let headers = response.headers_mut();
    if status != 204 {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Err(Refusal { wait: Some((after, scope)), .. }) = answer {
        let whole = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(whole));
        headers.insert("x-ratelimit-scope", HeaderValue::from_static(scope.name()));
        if *scope == LimitScope::Global {
            headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
        }
        headers.insert("via", HeaderValue::from_static("1.1 google"));
    }
    response
}

/// Promises the whole answer, sends half of it and breaks the connection.
pub(super) fn respond_truncated(answer: &Answer) -> Response {
    let (status, body) = status_and_body(answer);
    let half: Vec<u8> = body.bytes().take(body.len() / 2).collect();
    let half = Ok::<_, std::io::Error>(Bytes::from(half));
    let broken = stream::once(async {
        // Lets the first half be written out before the error ends the connection.
        tokio::task::yield_now().await;
        Err(std::io::ErrorKind::ConnectionReset.into())
    });
    let mut response = with_status(Body::from_stream(stream::iter([half]).chain(broken)), status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}

/// A page of the proxy in front of Discord, in place of JSON.
pub(super) fn respond_html(status: u16) -> Response {
    let title = format!("{status} {}", reason(status));
    html(
        status,
        format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
             <hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
        ),
    )
}

/// What an address gets that made too many invalid requests: nothing of Discord's own, for so long.
pub(super) fn respond_banned(left: Duration) -> Response {
    let page = "<!doctype html>\n<html><head><title>Access denied | discord.com used Cloudflare to restrict access\
                </title></head>\n<body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>\n";
    let mut response = html(429, page.to_owned());
    let whole = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole));
    response
}

fn html(status: u16, page: String) -> Response {
    let mut response = with_status(Body::from(page), status);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=UTF-8"));
    headers.insert("server", HeaderValue::from_static("cloudflare"));
    response
}

/// Writes the state of a bucket into the headers of an answer.
pub(super) fn add_bucket(response: &mut Response, bucket: &Standing, now_s: f64) {
    let headers = response.headers_mut();
    let after = seconds(bucket.reset_after);
    for (name, value) in [
        ("x-ratelimit-limit", bucket.limit.to_string()),
        ("x-ratelimit-remaining", bucket.remaining.to_string()),
        ("x-ratelimit-reset", format!("{:.3}", now_s + after)),
        ("x-ratelimit-reset-after", format!("{after:.3}")),
        ("x-ratelimit-bucket", bucket.hash.clone()),
    ] {
        headers.insert(name, header(&value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_429_says_in_header_and_body_when_to_come_again() {
        let wait = Duration::from_micros(64_570_100);
        let answer = Err(Refusal::too_many(wait, LimitScope::Shared));
        assert_eq!(
            status_and_body(&answer).1,
            r#"{"global":false,"message":"You are being rate limited.","retry_after":64.571}"#
        );
        let response = respond(&answer);
        assert_eq!(response.headers()[RETRY_AFTER], "65");
        assert_eq!(response.headers()["x-ratelimit-scope"], "shared");
        assert!(!response.headers().contains_key("x-ratelimit-global"));
    }

    #[test]
    fn what_counts_as_invalid_is_the_clients_fault() {
        let too_many = |scope| Refusal::too_many(Duration::from_secs(1), scope).is_invalid();
        assert!(too_many(LimitScope::User) && too_many(LimitScope::Global));
        assert!(!too_many(LimitScope::Shared));
        assert!(Refusal::from(Known::MissingAccess).is_invalid());
        assert!(!Refusal::from(Known::UnknownChannel).is_invalid());
    }
}
