//! Answers in the words of Confluent's registry.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The form of all answers.
pub(super) const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// An answer before it is sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

pub(super) fn good(body: Value) -> Answer {
    Answer { status: 200, body }
}

/// An error whose code begins with its status.
pub(super) fn error(code: u32, message: impl Into<String>) -> Answer {
    let status = if code < 1_000 { code } else { code / 100 };
    let body = json!({ "error_code": code, "message": message.into() });
    Answer { status: u16::try_from(status).unwrap_or(500), body }
}

pub(super) fn no_subject(subject: &str) -> Answer {
    error(40_401, format!("Subject '{subject}' not found."))
}

pub(super) fn no_path() -> Answer {
    error(404, "HTTP 404 Not Found")
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(CONTENT_TYPE, MEDIA_TYPE)], self.body.to_string()).into_response()
    }
}

/// A page as a proxy sends it.
pub(super) fn page(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page = format!("<!DOCTYPE html>\n<title>{status}</title>\n<h1>{status}</h1>\n");
    (status, [(CONTENT_TYPE, "text/html")], page).into_response()
}
