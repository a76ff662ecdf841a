//! Answers in the Bot API's form, and the exact words of its refusals.
//!
//! Source: the official server, `Client.cpp` (`fail_query_with_error`) and `Query.h`.

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

/// What a method answers: its result, or a refusal.
pub(super) type Answer = Result<Value, Refusal>;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) retry_after: Option<u64>,
    pub(super) migrate_to: Option<i64>,
}

impl Refusal {
    fn new(code: u16, description: String) -> Refusal {
        Refusal { code, description, retry_after: None, migrate_to: None }
    }

    pub(super) fn bad_request(reason: &str) -> Refusal {
        Refusal::new(400, format!("Bad Request: {}", lower_first(reason)))
    }

    pub(super) fn forbidden(reason: &str) -> Refusal {
        Refusal::new(403, format!("Forbidden: {reason}"))
    }

    pub(super) fn conflict(reason: &str) -> Refusal {
        Refusal::new(409, format!("Conflict: {reason}"))
    }

    pub(super) fn unauthorized() -> Refusal {
        Refusal::new(401, "Unauthorized".to_owned())
    }

    pub(super) fn invalid_token() -> Refusal {
        Refusal::new(401, "Unauthorized: invalid token specified".to_owned())
    }

    pub(super) fn no_path() -> Refusal {
        Refusal::new(404, "Not Found".to_owned())
    }

    pub(super) fn no_method() -> Refusal {
        Refusal::new(404, "Not Found: method not found".to_owned())
    }

    pub(super) fn too_large() -> Refusal {
        Refusal::new(413, "Request Entity Too Large".to_owned())
    }

    pub(super) fn too_many(seconds: u64) -> Refusal {
        Refusal {
            retry_after: Some(seconds),
            ..Refusal::new(429, format!("Too Many Requests: retry after {seconds}"))
        }
    }

    pub(super) fn migrated(to: i64) -> Refusal {
        Refusal {
            migrate_to: Some(to),
            ..Refusal::bad_request("group chat was upgraded to a supergroup chat")
        }
    }

    pub(super) fn server(code: u16) -> Refusal {
        let description = match code {
            502 => "Bad Gateway".to_owned(),
            503 => "Service Unavailable".to_owned(),
            504 => "Gateway Timeout".to_owned(),
            _ => "Internal Server Error".to_owned(),
        };
        Refusal::new(code, description)
    }
}

/// The server writes the first letter small, unless the second is a capital or `_` (`BUTTON_DATA_INVALID`).
fn lower_first(reason: &str) -> String {
    let mut chars = reason.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(_), Some(second)) if second.is_ascii_uppercase() || second == '_' => {
            reason.to_owned()
        }
        (Some(first), _) => first.to_lowercase().collect::<String>() + chars.as_str(),
        (None, _) => String::new(),
    }
}

/// Packs an answer.
pub(super) fn respond(answer: &Answer) -> Response {
    let (status, body) = body_of(answer);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Err(Refusal { retry_after: Some(seconds), .. }) = answer {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*seconds));
    }
    response
}

fn body_of(answer: &Answer) -> (u16, String) {
    match answer {
        Ok(result) => (200, json!({"ok": true, "result": result}).to_string()),
        Err(refusal) => {
            let mut body = json!({
                "ok": false,
                "error_code": refusal.code,
                "description": refusal.description,
            });
            if let Some(seconds) = refusal.retry_after {
                body["parameters"] = json!({"retry_after": seconds});
            }
            if let Some(chat) = refusal.migrate_to {
                body["parameters"] = json!({"migrate_to_chat_id": chat});
            }
            (refusal.code, body.to_string())
        }
    }
}

/// Promises the whole answer, sends half of it and breaks the connection.
pub(super) fn respond_truncated(answer: &Answer) -> Response {
    let (status, body) = body_of(answer);
    let half: Vec<u8> = body.bytes().take(body.len() / 2).collect();
    let half = Ok::<_, std::io::Error>(Bytes::from(half));
    let broken = stream::once(async {
        // Lets the first half be written out before the error ends the connection.
        tokio::task::yield_now().await;
        Err(std::io::ErrorKind::ConnectionReset.into())
    });
    let mut response = Response::new(Body::from_stream(stream::iter([half]).chain(broken)));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}

/// A page of the proxy in front of Telegram, in place of JSON.
pub(super) fn respond_html(code: u16) -> Response {
    let title = format!("{code} {}", Refusal::server(code).description);
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
    );
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_is_small_unless_the_word_is_a_code() {
        let said = |reason| Refusal::bad_request(reason).description;
        assert_eq!(said("Can't parse entities"), "Bad Request: can't parse entities");
        assert_eq!(said("BUTTON_DATA_INVALID"), "Bad Request: BUTTON_DATA_INVALID");
    }
}
