//! Compares request bodies with Discord's own specification of its API, where that is at hand.
//!
//! Its schemas allow names that they do not know, and a text of 4,000 characters, of which a bot may send half: both are
//! looked for here.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use super::stub::Seen;

/// Longest text of a message, in characters.
/// Source: <https://docs.discord.com/developers/resources/message#create-message> (read 2026-11).
const CONTENT_MAX_CHARS: usize = 2_000;

/// The specification, where it lies beside the project; read once.
fn spec() -> Option<&'static Value> {
    static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/discord-openapi.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            crate::skipped(&format!("no specification of Discord's API at {}", path.display()));
            return None;
        };
        Some(serde_json::from_str(&text).unwrap())
    });
    SPEC.as_ref()
}

/// Checks the body of every request.
pub(super) fn check(requests: &[Seen]) {
    let Some(spec) = spec() else { return };
    for request in requests {
        let path = request.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.trim_start_matches("/api/v10/").split('/').collect();
        let schema = match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["channels", _, "messages"]) => "MessageCreateRequest",
            ("PATCH", ["channels", _, "messages", _]) => "MessageEditRequestPartial",
            ("POST", ["webhooks", _, _]) => "IncomingWebhookRequestPartial",
            ("PATCH", ["webhooks", _, _, "messages", _]) => "IncomingWebhookUpdateRequestPartial",
            ("POST", ["users", "@me", "channels"]) => "CreatePrivateChannelRequest",
            ("GET", ["users", "@me"]) => continue,
            other => panic!("{other:?} is no request of ours"),
        };
        let body = payload(request);
        let schema = &spec["components"]["schemas"][schema];
        if let Err(mistake) = fits(spec, schema, &body) {
            panic!("{} {path}: {mistake}", request.method);
        }
        let content = body["content"].as_str().unwrap_or_default();
        assert!(content.chars().count() <= CONTENT_MAX_CHARS, "{path}");
    }
}

/// The JSON of a request, also of one that carries a file.
pub(super) fn payload(request: &Seen) -> Value {
    let part = request.body.split("form-data; name=\"payload_json\"").nth(1);
    let Some(part) = part else { return request.json() };
    let (_, text) = part.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(text.split_once("\r\n--").unwrap().0).unwrap()
}

fn fits(spec: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/components/schemas/");
        return fits(spec, &spec["components"]["schemas"][name], value);
    }
    let is_of = |kind: &str| match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type {other}"),
    };
    let is_of_a_kind = match &schema["type"] {
        Value::String(kind) => is_of(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is_of(kind.as_str().unwrap())),
        _ => true,
    };
    let said = |word: &str| schema.get(word);
    let is_const = said("const").is_none_or(|only| only == value);
    let is_of_enum =
        said("enum").is_none_or(|all| all.as_array().unwrap().iter().any(|one| one == value));
    if !is_of_a_kind || !is_const || !is_of_enum {
        return Err(format!("{value} is none of {}", schema["type"]));
    }
    if let Some(ways) = said("oneOf").and_then(Value::as_array) {
        let mistakes: Vec<String> =
            ways.iter().filter_map(|way| fits(spec, way, value).err()).collect();
        if mistakes.len() == ways.len() {
            return Err(mistakes.join(", or "));
        }
    }
    for part in said("allOf").and_then(Value::as_array).into_iter().flatten() {
        fits(spec, part, value)?;
    }
    in_bounds(schema, value)?;
    for item in value.as_array().into_iter().flatten() {
        if let Some(items) = said("items") {
            fits(spec, items, item)?;
        }
    }
    if let (Some(known), Some(given)) = (said("properties"), value.as_object()) {
        for (name, value) in given {
            let schema = known.get(name).ok_or(format!("`{name}` is unknown"))?;
            fits(spec, schema, value).map_err(|mistake| format!("{name}: {mistake}"))?;
        }
        for name in said("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap();
            given.get(name).ok_or(format!("`{name}` is missing"))?;
        }
    }
    Ok(())
}

fn in_bounds(schema: &Value, value: &Value) -> Result<(), String> {
    let size = match value {
        Value::String(text) => Some(("Length", text.chars().count())),
        Value::Array(items) => Some(("Items", items.len())),
        _ => None,
    };
    if let Some((what, size)) = size {
        let bound = |word: &str| schema[format!("{word}{what}")].as_u64();
        let size = size as u64;
        if bound("min").is_some_and(|least| size < least)
            || bound("max").is_some_and(|most| size > most)
        {
            return Err(format!("{size} is not within the bounds of its length"));
        }
    }
    let number = value.as_f64();
    let is_less = number < schema["minimum"].as_f64();
    let is_more = schema["maximum"].as_f64().is_some() && number > schema["maximum"].as_f64();
    if number.is_some() && (is_less || is_more) {
        return Err(format!("{value} is not within its bounds"));
    }
    let is_snowflake = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match value.as_str() {
        Some(text) if schema["format"] == "snowflake" && !is_snowflake(text) => {
            Err(format!("{text} is no id"))
        }
        _ => Ok(()),
    }
}
