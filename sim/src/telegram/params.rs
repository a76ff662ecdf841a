//! The parameters of a request: query, form (of either kind) or JSON, all read alike, as by the real server.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answer::Refusal;
use crate::loopback::{decode, parts};

/// A file that came with a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    /// What its sender calls it.
    pub(super) name: String,
    pub(super) bytes: Arc<[u8]>,
}

/// Files that came with a request, by the names of their parts.
pub(super) type Files = BTreeMap<String, File>;

/// Parameters by name. JSON values stay as they came; in query and form everything is a string.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(pub Map<String, Value>, pub(super) Files);

impl Params {
    pub(super) fn read(
        query: Option<&str>,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Params, Refusal> {
        let (mut params, mut files) = (Map::new(), Files::new());
        let written = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let written = written.unwrap_or_default();
        let content_type = written.to_ascii_lowercase();
        if content_type.starts_with("application/json") && !body.is_empty() {
            params = serde_json::from_slice(body)
                .map_err(|_| Refusal::bad_request("can't parse JSON object"))?;
        } else if content_type.starts_with("application/x-www-form-urlencoded") {
            read_pairs(&mut params, &String::from_utf8_lossy(body));
        } else if content_type.starts_with("multipart/form-data") {
            let parts = parts(written, body)
                .ok_or_else(|| Refusal::bad_request("can't parse multipart/form-data"))?;
            for part in parts {
                if let Some(name) = part.filename {
                    files.insert(part.name, File { name, bytes: part.content.into() });
                } else {
                    let text = String::from_utf8_lossy(part.content).into_owned();
                    params.insert(part.name, Value::String(text));
                }
            }
        }
        // Arguments in the address come first.
        read_pairs(&mut params, query.unwrap_or_default());
        params.retain(|_, value| !value.is_null());
        Ok(Params(params, files))
    }

    /// The same without the files, for the record.
    pub(super) fn written(&self) -> Params {
        Params(self.0.clone(), Files::new())
    }

    /// A parameter that is an object, with what it may name of the files.
    pub(super) fn within(&self, name: &str) -> Result<Option<Params>, Refusal> {
        let object = self.object::<Map<String, Value>>(name)?;
        Ok(object.map(|object| Params(object, self.1.clone())))
    }

    /// The file that a parameter names as `attach://part`, or that came under its own name.
    fn file(&self, name: &str) -> Option<File> {
        let named = self.text(name);
        self.1.get(named.strip_prefix("attach://").unwrap_or(name)).cloned()
    }

    /// The same of a parameter that has to be a `kind`. Files that are known already, and addresses, are refused.
    pub(super) fn uploaded(&self, name: &str, kind: &str) -> Result<File, Refusal> {
        let Some(file) = self.file(name) else {
            let named = self.text(name);
            return Err(if named.is_empty() || named.starts_with("attach://") {
                Refusal::bad_request(&format!("there is no {kind} in the request"))
            } else {
                Refusal::bad_request("wrong file identifier/HTTP URL specified")
            });
        };
        if file.bytes.is_empty() {
            return Err(Refusal::bad_request("file must be non-empty"));
        }
        Ok(file)
    }

    /// A parameter as text; numbers and booleans are printed.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        match self.0.get(name) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// A parameter as an integer; `None` when it is absent or something else.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name).trim().parse().ok()
    }

    /// A parameter as a boolean; false when it is absent.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).to_ascii_lowercase().as_str(), "true" | "yes" | "1")
    }

    /// A parameter that is an object or a list: as such, or as JSON in a string.
    pub(super) fn object<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Refusal> {
        let parsed = match self.0.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text),
            Some(other) => serde_json::from_value(other.clone()),
        };
        let what = name.replace('_', " ");
        parsed
            .map(Some)
            .map_err(|_| Refusal::bad_request(&format!("can't parse {what} JSON object")))
    }
}

fn read_pairs(params: &mut Map<String, Value>, text: &str) {
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        params.insert(decode(name, true), Value::String(decode(value, true)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_json_are_read_alike() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded".parse().unwrap());
        let form = Bytes::from_static(b"text=a%26b+c%2&chat_id=-7&a=%5B1%5D&flag=True");
        let form = Params::read(Some("limit=5"), &headers, &form).unwrap();
        headers.insert(CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap());
        let json = br#"{"text":"a&b c%2","chat_id":-7,"a":[1],"flag":true,"none":null,"limit":5}"#;
        let json = Params::read(None, &headers, &Bytes::from_static(json)).unwrap();
        for params in [form, json] {
            assert_eq!(params.text("text"), "a&b c%2");
            assert_eq!(params.integer("chat_id"), Some(-7));
            assert_eq!(params.integer("limit"), Some(5));
            assert_eq!(params.object::<Vec<i64>>("a").unwrap(), Some(vec![1]));
            assert!(params.flag("flag") && !params.0.contains_key("none"));
        }
    }
}
