//! The client's requests and our prepared answers against Google's own description of the API.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use tubebell::model::{SubjectRef, UnixMillis};
use tubebell::source::Spender;

use super::canned;
use super::server::{Reply, Server};

const NOW: UnixMillis = UnixMillis(1_795_400_000_000);

/// The discovery document, where it lies beside the project; read once.
fn discovery() -> Option<&'static Value> {
    static DOCUMENT: LazyLock<Option<Value>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/youtube.v3.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            crate::skipped(&format!("{} is absent", path.display()));
            return None;
        };
        Some(serde_json::from_str(&text).expect("the discovery document is JSON"))
    });
    DOCUMENT.as_ref()
}

/// Checks what a server has seen, paths and parameters; feeds are no part of the API.
pub(crate) fn check_requests<'a>(
    requests: impl Iterator<Item = (&'a str, &'a [(String, String)])>,
) {
    let Some(document) = discovery() else { return };
    for (path, query) in requests.filter(|(path, _)| !path.starts_with("/feeds/")) {
        check_request(document, path, query);
    }
}

fn check_request(document: &Value, path: &str, query: &[(String, String)]) {
    let method = method(document, path);
    for (name, value) in query {
        let known = [&method["parameters"][name], &document["parameters"][name]];
        assert!(known.iter().any(|p| !p.is_null()), "{path}: parameter {name}");
        if name == "fields" {
            check_selector(document, &method["response"], value, path);
        }
    }
    for (name, parameter) in method["parameters"].as_object().expect("parameters") {
        if parameter["required"] == true {
            assert!(query.iter().any(|(given, _)| given == name), "{path} needs {name}");
        }
    }
}

/// The method that is called by GET on `path`.
fn method<'a>(document: &'a Value, path: &str) -> &'a Value {
    let resources = document["resources"].as_object().expect("resources");
    resources
        .values()
        .filter_map(|resource| resource["methods"].as_object())
        .flat_map(|methods| methods.values())
        .find(|method| {
            method["httpMethod"] == "GET" && method["path"].as_str() == path.strip_prefix('/')
        })
        .unwrap_or_else(|| panic!("GET {path} is not in the document"))
}

/// Checks that every field of `value` stands in `schema`, with the right type.
fn check_fields(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &document["schemas"][name],
        None => schema,
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                // In the documentation of batchGetStats, but not in the discovery document.
                if place == "BatchGetStatsResponse" && name == "summary" {
                    continue;
                }
                let field = &schema["properties"][name];
                assert!(!field.is_null(), "{place}.{name} is not in the document");
                check_fields(document, field, value, &format!("{place}.{name}"));
            }
        }
        Value::Array(items) => {
            for item in items {
                check_fields(document, &schema["items"], item, place);
            }
        }
        Value::String(_) => assert_eq!(schema["type"], "string", "{place}"),
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{place}"),
        Value::Number(_) => assert_eq!(schema["type"], "integer", "{place}"),
        Value::Null => panic!("{place} is null"),
    }
}

/// Checks that a `fields` selector such as `kind,items(id,snippet(title))` names only what is in `schema`.
fn check_selector(document: &Value, schema: &Value, selector: &str, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => &document["schemas"][name],
        None => schema,
    };
    let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
    if schema.get("$ref").is_some() {
        return check_selector(document, schema, selector, place);
    }
    let (mut depth, mut start) = (0, 0);
    for (at, c) in selector.char_indices().chain([(selector.len(), ',')]) {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                let part = selector.get(start..at).expect("cut at ASCII");
                start = at + 1;
                let (name, inner) = match part.split_once('(') {
                    Some((name, rest)) => (name, rest.strip_suffix(')')),
                    None => (part, None),
                };
                let field = &schema["properties"][name];
                assert!(!field.is_null(), "{place}.{name} is not in the document");
                if let Some(inner) = inner {
                    check_selector(document, field, inner, &format!("{place}.{name}"));
                }
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{selector}");
}

#[tokio::test]
async fn every_request_and_every_prepared_answer_is_in_the_discovery_document() {
    let Some(document) = discovery() else { return };
    let members = canned::members(0, 2, 4, Some("P2"));
    let answers = [
        canned::STATS,
        canned::VIDEO,
        canned::CHANNEL,
        canned::CHANNEL,
        canned::PLAYLIST,
        &members,
        &canned::members(2, 2, 4, None),
        canned::NO_VIDEO,
    ];
    let server = Server::start(answers.map(Reply::ok)).await;
    let youtube = server.client();
    let ids = ["dQw4w9WgXcQ".parse().unwrap(), "jNQXAC9IVRw".parse().unwrap()];
    let handle = SubjectRef::Handle("@rickastleyyt".parse().unwrap());
    let channel = SubjectRef::Channel("UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap());
    let playlist = "PLbpi6ZahtOH6Ar_3GPy3workIpWzMkPa".parse().unwrap();
    youtube.stats(&ids, Spender::Polling, NOW).await.unwrap();
    youtube.details(&ids, Spender::Polling, NOW).await.unwrap();
    youtube.channel(&handle, Spender::Polling, NOW).await.unwrap();
    youtube.channel(&channel, Spender::Polling, NOW).await.unwrap();
    youtube.playlist_title(&playlist, Spender::Polling, NOW).await.unwrap();
    youtube.members(&playlist, 100, Spender::Polling, NOW).await.unwrap();
    youtube.probe(Spender::Polling, NOW).await.unwrap();

    let asked = server.asked();
    assert_eq!(asked.len(), answers.len());
    for (asked, answer) in asked.iter().zip(answers) {
        check_request(document, &asked.path, &asked.query);
        let response = &method(document, &asked.path)["response"];
        let name = response["$ref"].as_str().unwrap();
        check_fields(document, response, &serde_json::from_str(answer).unwrap(), name);
    }
}
