//! One request: recorded, a fault drawn, who asks, what is asked, what is stored.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, Request, State as Extract};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::answer::{Answer, MEDIA_TYPE, error, good, no_path, no_subject, page};
use super::compatible::{fault, refusal};
use super::faults::Fault;
use super::state::{self, Level, State};
use super::{Options, Shared};
use crate::loopback::{Line, decode};
use crate::simulation::lock;

/// Largest request that is read.
const BODY_MAX_BYTES: usize = 1 << 20;

/// Types of requests that are taken.
const TAKEN: [&str; 3] = [MEDIA_TYPE, "application/vnd.schemaregistry+json", "application/json"];

pub(super) async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = head.uri.path().to_owned();
    let drawn = {
        let mut state = lock(&shared.state);
        state.record(state::Request {
            method: head.method.to_string(),
            path: path.clone(),
            authorization: text(&head.headers, AUTHORIZATION),
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        state.faults.draw(|begins| path.starts_with(begins))
    };
    match drawn {
        None => {}
        Some(Fault::Server(status)) => {
            let answer = error(50_001, "Error in the backend data store");
            return Answer { status, ..answer }.into_response();
        }
        Some(Fault::Html(status)) => return page(status),
        Some(Fault::Body(status, body)) => {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            return (status, [(CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        }
        Some(Fault::Huge(bytes)) => {
            return good(json!({ "schema": " ".repeat(bytes) })).into_response();
        }
        Some(Fault::Hang) => {
            line.hang(shared.simulation.stopping()).await;
            return StatusCode::OK.into_response();
        }
        Some(Fault::Cut) => {
            line.cut();
            return StatusCode::OK.into_response();
        }
    }
    if !may_ask(&shared.options, &head.headers) {
        return error(401, "Unauthorized").into_response();
    }
    let is_write = head.method != Method::GET;
    let kind = text(&head.headers, CONTENT_TYPE).unwrap_or_default();
    if is_write && !TAKEN.contains(&kind.as_str()) {
        return error(415, "HTTP 415 Unsupported Media Type").into_response();
    }
    let parts: Vec<String> = path.split('/').skip(1).map(|part| decode(part, false)).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut state = lock(&shared.state);
    let asked = Asked { state: &mut state, default_level: shared.options.level };
    answer(asked, &head.method, &parts, &body).unwrap_or_else(|answer| answer).into_response()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

fn may_ask(options: &Options, headers: &HeaderMap) -> bool {
    options.account.as_ref().is_none_or(|(user, password)| {
        let pair = BASE64.encode(format!("{user}:{password}").as_bytes());
        text(headers, AUTHORIZATION).is_some_and(|told| told == format!("Basic {pair}"))
    })
}

/// What a request is about.
struct Asked<'a> {
    state: &'a mut State,
    default_level: Level,
}

fn answer(
    asked: Asked<'_>,
    method: &Method,
    parts: &[&str],
    body: &[u8],
) -> Result<Answer, Answer> {
    match (method.as_str(), parts) {
        ("GET", [""]) => Ok(good(json!({}))),
        ("GET", ["subjects"]) => {
            let named = asked.state.subjects.iter().filter(|(_, of)| !of.versions.is_empty());
            Ok(good(named.map(|(name, _)| name.as_str()).collect()))
        }
        ("GET", ["config"]) => {
            Ok(good(json!({ "compatibilityLevel": asked.default_level.word() })))
        }
        ("GET", ["config", subject]) => {
            let level = asked.state.subjects.get(*subject).and_then(|subject| subject.level);
            let level = level.ok_or_else(|| {
                let why = "does not have subject-level compatibility configured";
                error(40_408, format!("Subject '{subject}' {why}"))
            })?;
            Ok(good(json!({ "compatibilityLevel": level.word() })))
        }
        ("PUT", ["config", subject]) => asked.set_level(subject, body),
        ("GET", ["schemas", "ids", id]) => {
            let id: u32 = id.parse().map_err(|_| no_path())?;
            let schema = asked.state.schema(id);
            let schema = schema.ok_or_else(|| error(40_403, format!("Schema {id} not found")))?;
            Ok(good(json!({ "schema": schema })))
        }
        ("POST", ["subjects", subject]) => asked.look_up(subject, body),
        ("POST", ["subjects", subject, "versions"]) => asked.register(subject, body),
        ("POST", ["compatibility", "subjects", subject, "versions", "latest"]) => {
            let schema = schema_of(body)?;
            let Some(last) = asked.versions(subject).pop() else {
                return Err(no_subject(subject));
            };
            let level = asked.level(subject);
            let is_compatible = against(level, &schema, &last).is_none();
            Ok(good(json!({ "is_compatible": is_compatible })))
        }
        (_, ["subjects", ..] | ["schemas", ..] | ["config", ..]) => {
            Err(error(405, "HTTP 405 Method Not Allowed"))
        }
        _ => Err(no_path()),
    }
}

/// A body with nothing but these keys.
fn fields(body: &[u8], keys: &[&str]) -> Result<Map<String, Value>, Answer> {
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(error(400, "Unable to process JSON"));
    };
    match fields.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(error(422, format!("Unrecognized field: {key}"))),
        None => Ok(fields),
    }
}

/// The schema of a body, without the whitespace that says nothing.
fn schema_of(body: &[u8]) -> Result<String, Answer> {
    let fields = fields(body, &["schema", "schemaType", "references"])?;
    let text = fields.get("schema").and_then(Value::as_str).unwrap_or_default();
    let invalid = |why: String| {
        let what = format!("Invalid schema {text} with refs [] of type AVRO, details: {why}");
        error(42_201, what)
    };
    if let Some(why) = fault(text) {
        return Err(invalid(why));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    Ok(schema.to_string())
}

/// Why a schema does not go with an older one.
fn against(level: Level, schema: &str, older: &str) -> Option<(&'static str, String)> {
    let reads = level.reads_older().then(|| refusal(schema, older)).flatten();
    reads.or_else(|| level.is_read_by_older().then(|| refusal(older, schema)).flatten())
}

impl Asked<'_> {
    fn level(&self, subject: &str) -> Level {
        let own = self.state.subjects.get(subject).and_then(|subject| subject.level);
        own.unwrap_or(self.default_level)
    }

    fn versions(&self, subject: &str) -> Vec<String> {
        let subject = self.state.subjects.get(subject);
        let ids = subject.map(|subject| subject.versions.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| self.state.schema(*id)).collect()
    }

    fn may_write(&self, subject: &str) -> Result<(), Answer> {
        let what = format!("Subject {subject} is in read-only mode");
        if self.state.is_read_only { Err(error(42_205, what)) } else { Ok(()) }
    }

    fn set_level(self, subject: &str, body: &[u8]) -> Result<Answer, Answer> {
        let fields = fields(body, &["compatibility"])?;
        let word = fields.get("compatibility").and_then(Value::as_str).unwrap_or_default();
        let words = "none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive";
        let level = Level::of(word).ok_or_else(|| {
            let why = format!("Invalid compatibility level. Valid values are {words}");
            error(42_203, why)
        })?;
        self.may_write(subject)?;
        self.state.subject(subject).level = Some(level);
        Ok(good(json!({ "compatibility": level.word() })))
    }

    fn look_up(self, subject: &str, body: &[u8]) -> Result<Answer, Answer> {
        let schema = schema_of(body)?;
        let versions = self.versions(subject);
        if versions.is_empty() {
            return Err(no_subject(subject));
        }
        let at = versions.iter().position(|version| canonical(version) == schema);
        let at = at.ok_or_else(|| error(40_403, "Schema not found"))?;
        let id = self.state.id(&versions[at]);
        Ok(good(json!({ "subject": subject, "version": at + 1, "id": id, "schema": versions[at] })))
    }

    fn register(self, subject: &str, body: &[u8]) -> Result<Answer, Answer> {
        let schema = schema_of(body)?;
        let versions = self.versions(subject);
        if let Some(known) = versions.iter().find(|version| canonical(version) == schema) {
            return Ok(good(json!({ "id": self.state.id(known) })));
        }
        self.may_write(subject)?;
        let level = self.level(subject);
        let newest = if level.is_of_all() { versions.len() } else { 1 };
        for (at, older) in versions.iter().enumerate().rev().take(newest) {
            if let Some((kind, why)) = against(level, &schema, older) {
                let details = format!(
                    "[{{errorType:'{kind}', description:'{why}'}}, {{oldSchemaVersion: {}}}, \
                     {{oldSchema: '{older}'}}, {{validateFields: 'false', compatibility: '{}'}}]",
                    at + 1,
                    level.word(),
                );
                let what = "Schema being registered is incompatible with an earlier schema";
                return Err(error(
                    409,
                    format!("{what} for subject \"{subject}\", details: {details}"),
                ));
            }
        }
        Ok(good(json!({ "id": self.state.add(subject, &schema) })))
    }
}

/// A schema as it is compared with another.
fn canonical(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}
