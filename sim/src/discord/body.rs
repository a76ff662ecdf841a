//! The body of a request: JSON, or several parts of which `payload_json` is the JSON and `files[n]` are files.
//!
//! Source: <https://discord.com/developers/docs/reference#uploading-files> (read 2026-11).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::form::Form;
use super::known::Known;
use crate::loopback::parts;

/// A file that came along.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) bytes: Arc<[u8]>,
}

/// What a request carried.
#[derive(Debug, Clone, Default)]
pub(super) struct Body {
    pub(super) json: Value,
    /// By the numbers of their parts.
    pub(super) files: BTreeMap<u64, File>,
}

impl Body {
    /// Reads a body. A request that has none has no content type either.
    pub(super) fn read(headers: &HeaderMap, bytes: &Bytes) -> Result<Body, Refusal> {
        let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let Some(written) = written else {
            return if bytes.is_empty() { Ok(Body::default()) } else { Err(wrong_type()) };
        };
        let kind = written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/json" if bytes.is_empty() => Ok(Body::default()),
            "application/json" => Ok(Body { json: json(bytes)?, files: BTreeMap::new() }),
            "multipart/form-data" => several(written, bytes),
            _ => Err(wrong_type()),
        }
    }

    /// The JSON as an object; an absent body is an empty one.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Refusal> {
        if self.json.is_null() {
            return Ok(Map::new());
        }
        let mut form = Form::default();
        let object = form.object(&self.json, "").cloned();
        form.check()?;
        Ok(object.unwrap_or_default())
    }
}

fn json(bytes: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(bytes).map_err(|_| Known::InvalidJson.into())
}

fn wrong_type() -> Refusal {
    let mut form = Form::default();
    let message = "Expected \"Content-Type\" header to be one of {'application/json'}.";
    form.wrong("", "CONTENT_TYPE_INVALID", message);
    form.check().err().unwrap_or_else(|| Known::InvalidForm.into())
}

fn several(content_type: &str, bytes: &[u8]) -> Result<Body, Refusal> {
    let parts = parts(content_type, bytes).ok_or(Known::InvalidForm)?;
    let mut body = Body::default();
    for part in parts {
        if part.name == "payload_json" {
            body.json = json(part.content)?;
        } else if let (Some(number), Some(name)) = (number(&part.name), part.filename) {
            let file = File { name, content_type: part.content_type, bytes: part.content.into() };
            body.files.insert(number, file);
        }
    }
    Ok(body)
}

/// The number of `files[n]`; older clients write `filen` or `file`.
fn number(name: &str) -> Option<u64> {
    let inner = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.or_else(|| name.strip_prefix("file"))?;
    if inner.is_empty() { Some(0) } else { inner.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: Option<&str>, body: &'static str) -> Result<Body, (u16, u32)> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        let body = Body::read(&headers, &Bytes::from_static(body.as_bytes()));
        body.map_err(|refusal| (refusal.status, refusal.code))
    }

    #[test]
    fn a_body_says_what_it_is_and_is_it() {
        assert_eq!(read(None, "{}").unwrap_err(), (400, 50_035));
        assert_eq!(read(Some("text/plain"), "{}").unwrap_err(), (400, 50_035));
        assert_eq!(read(Some("application/json"), "{").unwrap_err(), (400, 50_109));
        let body = read(Some("application/json; charset=utf-8"), "[1]").unwrap();
        assert_eq!(body.object().unwrap_err().code, 50_035);
        assert!(read(None, "").unwrap().object().unwrap().is_empty());
    }

    #[test]
    fn files_go_by_the_numbers_of_their_parts() {
        let body = read(
            Some("multipart/form-data; boundary=b"),
            "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"content\":\"a\"}\r\n\
             --b\r\nContent-Disposition: form-data; name=\"files[3]\"; filename=\"a.png\"\r\n\
             Content-Type: image/png\r\n\r\nPNG\r\n--b--\r\n",
        )
        .unwrap();
        assert_eq!(body.json["content"], "a");
        let file = &body.files[&3];
        assert_eq!((file.name.as_str(), &*file.bytes), ("a.png", b"PNG".as_slice()));
        assert_eq!(file.content_type.as_deref(), Some("image/png"));
    }
}
