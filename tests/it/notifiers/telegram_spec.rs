//! Compares request bodies with a machine-readable specification of the Bot API, where one is at hand.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;
use tubebell_sim::telegram::Request;

use super::stub::Seen;

/// The specification, where it lies beside the project; read once.
fn spec() -> Option<&'static Value> {
    static SPEC: LazyLock<Option<Value>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/telegram-api.json");
        let Ok(text) = std::fs::read_to_string(&path) else {
            crate::skipped(&format!("no specification of the Bot API at {}", path.display()));
            return None;
        };
        Some(serde_json::from_str(&text).unwrap())
    });
    SPEC.as_ref()
}

/// Checks names, types and presence of every field of every request.
pub(super) fn check(requests: &[Seen]) {
    let Some(spec) = spec() else { return };
    for request in requests {
        let method = request.path.rsplit('/').next().unwrap();
        check_request(spec, method, &request.json());
    }
}

/// The same of what the sandbox has seen.
pub(crate) fn check_requests(requests: &[Request]) {
    let Some(spec) = spec() else { return };
    for Request { method, params, files, .. } in requests {
        let is_form = !files.is_empty();
        let fields = params.0.iter().map(|(name, value)| match value {
            Value::String(text) if is_form => (name.clone(), of_form(name, text)),
            _ => (name.clone(), value.clone()),
        });
        check_request(spec, method, &Value::Object(fields.collect()));
    }
}

/// A field of a form: all that is no text of its own is JSON there.
pub(super) fn of_form(name: &str, text: &str) -> Value {
    let is_text = ["caption", "parse_mode", "photo", "document"].contains(&name);
    let read = serde_json::from_str(text).ok().filter(|_| !is_text);
    read.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Checks a request that carries a file, in the same way as others.
pub(super) fn check_form(request: &Seen) {
    let Some(spec) = spec() else { return };
    let fields = request.form().into_iter().map(|(name, text)| {
        let value = of_form(&name, &text);
        (name, value)
    });
    let method = request.path.rsplit('/').next().unwrap();
    check_request(spec, method, &Value::Object(fields.collect()));
}

fn check_request(spec: &Value, method: &str, parameters: &Value) {
    if let Err(mistake) = check_fields(spec, &spec["methods"][method], parameters) {
        panic!("{method}: {mistake}");
    }
}

fn check_fields(spec: &Value, owner: &Value, value: &Value) -> Result<(), String> {
    let given = match value {
        Value::Object(given) => given.clone(),
        // A method without parameters.
        Value::Null => serde_json::Map::new(),
        other => return Err(format!("{other} is no object")),
    };
    let fields = owner["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    for field in fields.iter().filter(|field| field["required"] == true) {
        let name = field["name"].as_str().unwrap();
        if !given.contains_key(name) {
            return Err(format!("`{name}` is missing"));
        }
    }
    for (name, value) in &given {
        let field = fields.iter().find(|field| field["name"] == name.as_str());
        let types = field.ok_or(format!("`{name}` is unknown"))?["types"].as_array().unwrap();
        let fits = |kind: &Value| check_type(spec, kind.as_str().unwrap(), value);
        let mistakes: Vec<String> = types.iter().filter_map(|kind| fits(kind).err()).collect();
        if mistakes.len() == types.len() {
            return Err(format!("`{name}`: {}", mistakes.join(", or ")));
        }
    }
    Ok(())
}

fn check_type(spec: &Value, kind: &str, value: &Value) -> Result<(), String> {
    if let Some(kind) = kind.strip_prefix("Array of ") {
        let items = value.as_array().ok_or(format!("{value} is no array"))?;
        return items.iter().try_for_each(|item| check_type(spec, kind, item));
    }
    let fits = match kind {
        "Integer" => value.is_i64(),
        "Float" => value.is_number(),
        "String" => value.is_string(),
        "Boolean" => value.is_boolean(),
        "True" => value == true,
        _ => match spec["types"][kind]["subtypes"].as_array().filter(|kinds| !kinds.is_empty()) {
            Some(kinds) => {
                kinds.iter().any(|kind| check_type(spec, kind.as_str().unwrap(), value).is_ok())
            }
            None => return check_fields(spec, &spec["types"][kind], value),
        },
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {kind}")) }
}
