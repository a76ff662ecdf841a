//! The last step: bytes, headers, and what goes wrong with them.

use std::io::{self, Write};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use serde_json::Value;

use super::errors::ApiError;
use super::faults::Fault;
use super::request::Params;
use super::resources::etag;

const JSON: &str = "application/json; charset=UTF-8";
const HTML: &str = "text/html; charset=UTF-8";
/// What a huge body is sent in.
const CHUNK_BYTES: usize = 65_536;
/// Types that are wrong everywhere, in well-formed JSON.
const WRONG_SHAPE: &str = r#"{"kind":7,"items":[null,"x",{"id":{"a":1},"snippet":[],"statistics":{"viewCount":{},"likeCount":"many","commentCount":-1},"status":3}],"nextPageToken":[]}"#;

/// An answer before it is damaged and packed.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) etag: Option<String>,
}

fn print(body: &Value, params: &Params) -> Vec<u8> {
    let text = if matches!(params.one("prettyPrint"), Some("false" | "0")) {
        body.to_string()
    } else {
        format!("{body:#}\n")
    };
    text.into_bytes()
}

impl Answer {
    /// A page as Google's front end sends it.
    pub(super) fn html(status: u16, text: &str) -> Answer {
        let body = format!(
            "<!DOCTYPE html>\n<html lang=en>\n<title>Error {status} ({text})!!1</title>\n\
            <p><b>{status}.</b> <ins>That’s an error.</ins>\n"
        );
        Answer { status, content_type: HTML, body: body.into_bytes(), etag: None }
    }

    /// A good answer, or 304 without a body when the client has it already.
    pub(super) fn json(body: &Value, params: &Params, headers: &HeaderMap) -> Answer {
        // The tag in the body is the one to ask with; `fields` may have left it out.
        let etag = body["etag"].as_str().map_or_else(|| etag(body), str::to_owned);
        let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let is_known = known.is_some_and(|known| {
            known.split(',').any(|tag| {
                tag.trim().trim_start_matches("W/").trim_matches('"') == etag || tag.trim() == "*"
            })
        });
        let (status, body) = if is_known { (304, Vec::new()) } else { (200, print(body, params)) };
        Answer { status, content_type: JSON, body, etag: Some(etag) }
    }

    /// A refusal.
    pub(super) fn error(error: &ApiError, params: &Params) -> Answer {
        let body = print(&error.to_json(), params);
        Answer { status: error.code, content_type: JSON, body, etag: None }
    }
}

/// Whether the client asked for gzip in the way that Google wants: both headers must say so.
fn wants_gzip(headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        let value = headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
        String::from_utf8_lossy(value).to_lowercase().contains("gzip")
    };
    says("accept-encoding") && says("user-agent")
}

fn gzip(body: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// The first half, cut at a byte: where it cuts a character in two, so much the better.
fn half(body: &[u8]) -> Vec<u8> {
    body.iter().copied().take(body.len() / 2).collect()
}

/// Packs an answer, damaged as `fault` wants it.
pub(super) fn send(mut answer: Answer, fault: Option<Fault>, headers: &HeaderMap) -> Response {
    match fault {
        Some(Fault::NotJson) => answer = Answer { status: 200, ..Answer::html(200, "Welcome") },
        Some(Fault::HalfBody) => answer.body = half(&answer.body),
        Some(Fault::WrongShape) if answer.content_type == JSON => {
            answer.body = WRONG_SHAPE.as_bytes().to_vec();
        }
        Some(Fault::WrongShape) => answer.body = b"<rss><entry>none</entry></rss>".to_vec(),
        Some(Fault::CutShort) => return cut_short(&answer),
        Some(Fault::Huge(bytes)) => {
            let body = huge(half(&answer.body), bytes);
            return respond(&answer, body);
        }
        Some(
            Fault::QuotaUsedUp(_)
            | Fault::TooFast
            | Fault::BadKey
            | Fault::NotEnabled
            | Fault::Server(_)
            | Fault::Hang
            | Fault::Slow(_),
        )
        | None => {}
    }
    if wants_gzip(headers)
        && answer.status != 304
        && let Ok(packed) = gzip(&answer.body)
    {
        let mut response = respond(&answer, Body::from(packed));
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return response;
    }
    let body = Body::from(std::mem::take(&mut answer.body));
    respond(&answer, body)
}

fn respond(answer: &Answer, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(tag) =
        answer.etag.as_ref().and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok())
    {
        headers.insert(ETAG, tag);
    }
    response
}

/// Promises the whole body, sends half and breaks the connection.
fn cut_short(answer: &Answer) -> Response {
    let half = Ok::<_, io::Error>(Bytes::from(half(&answer.body)));
    let broken = stream::once(async {
        // The server writes out what it has whenever the body makes it wait; without this nothing would arrive.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    let body = Body::from_stream(stream::iter([half]).chain(broken));
    let mut response = respond(answer, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(answer.body.len()));
    response
}

/// `start`, then white space, `bytes` in all; made piece by piece, so that it costs only the client.
fn huge(start: Vec<u8>, bytes: u64) -> Body {
    let left = bytes.saturating_sub(start.len() as u64);
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from(start))]);
    let space = Bytes::from(vec![b' '; CHUNK_BYTES]);
    let rest = stream::unfold(left, move |left| {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_BYTES);
        let piece = space.slice(..size);
        let next = (size > 0).then(|| (Ok(piece), left - size as u64));
        std::future::ready(next)
    });
    Body::from_stream(first.chain(rest))
}
