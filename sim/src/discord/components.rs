//! Buttons under messages, and the inputs of a dialogue: which are taken. Menus and the layout of "components v2" are not.
//!
//! Source: <https://discord.com/developers/docs/components/reference> (read 2026-11).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::form::{Form, within};
use crate::world::discord::{Button, ButtonStyle};

const ROWS_MAX: usize = 5;
const BUTTONS_PER_ROW_MAX: usize = 5;
const LABEL_MAX_CHARS: usize = 80;
const CUSTOM_ID_MAX_CHARS: usize = 100;
const URL_MAX_CHARS: usize = 512;
const MODAL_TITLE_MAX_CHARS: usize = 45;
const INPUT_MAX_CHARS: u64 = 4_000;

/// Discord's numbers of components.
const ROW: u64 = 1;
const BUTTON: u64 = 2;
const INPUT: u64 = 4;

/// A dialogue that a bot has opened for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modal {
    /// What comes back with the answers.
    pub custom_id: String,
    /// Its title.
    pub title: String,
    /// What it asks.
    pub inputs: Vec<ModalInput>,
}

/// A question of a dialogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalInput {
    /// What comes back with the answer.
    pub custom_id: String,
    /// The question.
    pub label: String,
    /// What stands there already.
    pub value: String,
    /// Whether it has to be answered.
    pub is_required: bool,
    /// Fewest and most characters of an answer.
    pub chars: (u64, u64),
}

/// An item of a row, with its place.
type Item<'a> = (&'a Map<String, Value>, String);

/// The items of the rows of a body.
fn rows<'a>(
    form: &mut Form,
    body: &'a Map<String, Value>,
    at: &str,
    per_row: usize,
) -> Option<Vec<Vec<Item<'a>>>> {
    let list = form.list(body, at, "components", 0..=ROWS_MAX)?;
    let at = within(at, "components");
    let mut rows = Vec::new();
    for (index, value) in list.iter().take(ROWS_MAX).enumerate() {
        let place = within(&at, index);
        let Some(row) = form.object(value, &place) else { continue };
        if row.get("type").and_then(Value::as_u64) != Some(ROW) {
            form.choices(&within(&place, "type"), "1");
            continue;
        }
        if row.get("components").is_none_or(Value::is_null) {
            form.required(&within(&place, "components"));
        }
        let items = form.list(row, &place, "components", 1..=per_row).unwrap_or_default();
        let place = within(&place, "components");
        let mut found = Vec::new();
        for (index, item) in items.iter().take(per_row).enumerate() {
            let place = within(&place, index);
            if let Some(item) = form.object(item, &place) {
                found.push((item, place));
            }
        }
        rows.push(found);
    }
    Some(rows)
}

/// The rows of buttons of a message; `None` where the body has none.
pub(super) fn buttons(form: &mut Form, body: &Map<String, Value>) -> Option<Vec<Vec<Button>>> {
    let rows = rows(form, body, "", BUTTONS_PER_ROW_MAX)?;
    let mut ids = BTreeSet::new();
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        let mut buttons = Vec::with_capacity(row.len());
        for (item, place) in row {
            buttons.extend(button(form, item, &place, &mut ids));
        }
        read.push(buttons);
    }
    Some(read)
}

fn button(
    form: &mut Form,
    item: &Map<String, Value>,
    place: &str,
    ids: &mut BTreeSet<String>,
) -> Option<Button> {
    if item.get("type").and_then(Value::as_u64) != Some(BUTTON) {
        form.choices(&within(place, "type"), "2");
        return None;
    }
    let style = match item.get("style").and_then(Value::as_u64) {
        Some(1) => ButtonStyle::Primary,
        Some(2) => ButtonStyle::Secondary,
        Some(3) => ButtonStyle::Success,
        Some(4) => ButtonStyle::Danger,
        Some(5) => ButtonStyle::Link,
        _ => {
            form.choices(&within(place, "style"), "1, 2, 3, 4, 5");
            return None;
        }
    };
    let label = form.text(item, place, "label", 0..=LABEL_MAX_CHARS).unwrap_or_default();
    let emoji = item.get("emoji").filter(|emoji| emoji.is_object()).cloned();
    if label.is_empty() && emoji.is_none() {
        let message = "A label or emoji is required for this component type";
        form.wrong(place, "BUTTON_COMPONENT_NO_LABEL", message);
    }
    let (mut custom_id, mut url) = (None, None);
    if style == ButtonStyle::Link {
        if item.get("custom_id").is_some_and(|id| !id.is_null()) {
            let message = "A custom id and url cannot both be specified";
            form.wrong(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
        }
        if item.get("url").is_none_or(Value::is_null) {
            form.required(&within(place, "url"));
        }
        url = form.url(item, place, "url", false);
        if let Some(url) = &url {
            form.length(&within(place, "url"), url.chars().count(), 0..=URL_MAX_CHARS);
        }
    } else {
        if item.get("url").is_some_and(|url| !url.is_null()) {
            let message = "A custom id and url cannot both be specified";
            form.wrong(place, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
        }
        custom_id = id(form, item, place, ids);
    }
    let is_disabled = form.flag(item, place, "disabled");
    Some(Button { style, label, emoji, custom_id, url, is_disabled })
}

/// A custom id, of which a message or dialogue has each once.
fn id(
    form: &mut Form,
    item: &Map<String, Value>,
    place: &str,
    ids: &mut BTreeSet<String>,
) -> Option<String> {
    let id = form.needed_text(item, place, "custom_id", 1..=CUSTOM_ID_MAX_CHARS);
    if !ids.insert(id.clone()) && !id.is_empty() {
        let message = "Component custom id cannot be duplicated";
        form.wrong(&within(place, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message);
    }
    Some(id)
}

/// The dialogue of a callback's data.
pub(super) fn modal(form: &mut Form, data: &Map<String, Value>) -> Modal {
    let custom_id = form.needed_text(data, "data", "custom_id", 1..=CUSTOM_ID_MAX_CHARS);
    let title = form.needed_text(data, "data", "title", 1..=MODAL_TITLE_MAX_CHARS);
    let rows = rows(form, data, "data", 1).unwrap_or_default();
    if rows.is_empty() {
        form.required("data.components");
    }
    let mut ids = BTreeSet::new();
    let mut inputs = Vec::new();
    for (item, place) in rows.into_iter().flatten() {
        if item.get("type").and_then(Value::as_u64) != Some(INPUT) {
            form.choices(&within(&place, "type"), "4");
            continue;
        }
        if !matches!(item.get("style").and_then(Value::as_u64), Some(1 | 2)) {
            form.choices(&within(&place, "style"), "1, 2");
        }
        let least = form.number(item, &place, "min_length", 0..=INPUT_MAX_CHARS).unwrap_or(0);
        let most = form.number(item, &place, "max_length", 1..=INPUT_MAX_CHARS);
        inputs.push(ModalInput {
            custom_id: id(form, item, &place, &mut ids).unwrap_or_default(),
            label: form.needed_text(item, &place, "label", 1..=45),
            value: form.text(item, &place, "value", 0..=4_000).unwrap_or_default(),
            is_required: item.get("required").and_then(Value::as_bool).unwrap_or(true),
            chars: (least, most.unwrap_or(INPUT_MAX_CHARS)),
        });
    }
    Modal { custom_id, title, inputs }
}

/// Rows of buttons as the API writes them; it numbers the components of a message.
pub(super) fn json(rows: &[Vec<Button>]) -> Value {
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    let mut written = Vec::with_capacity(rows.len());
    for row in rows {
        let id = next();
        let buttons: Vec<Value> = row.iter().map(|button| button_json(button, next())).collect();
        written.push(json!({"type": ROW, "id": id, "components": buttons}));
    }
    Value::Array(written)
}

fn button_json(button: &Button, id: u64) -> Value {
    let mut out = json!({"type": BUTTON, "id": id, "style": button.style as u8});
    if !button.label.is_empty() {
        out["label"] = json!(button.label);
    }
    if let Some(emoji) = &button.emoji {
        out["emoji"] = emoji.clone();
    }
    if let Some(custom_id) = &button.custom_id {
        out["custom_id"] = json!(custom_id);
    }
    if let Some(url) = &button.url {
        out["url"] = json!(url);
    }
    if button.is_disabled {
        out["disabled"] = json!(true);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(rows: &Value, place: &str) -> String {
        let mut form = Form::default();
        buttons(&mut form, json!({"components": rows}).as_object().unwrap());
        let errors = form.check().err().and_then(|refusal| refusal.errors).unwrap_or_default();
        let code = errors.pointer(&format!("/components{place}/_errors/0/code"));
        code.and_then(Value::as_str).unwrap_or("none").to_owned()
    }

    fn row(buttons: &[Value]) -> Value {
        json!({"type": 1, "components": buttons})
    }

    fn mute(id: &str) -> Value {
        json!({"type": 2, "style": 1, "label": "Mute", "custom_id": id})
    }

    #[test]
    fn five_rows_of_five_buttons_and_no_more() {
        let five: Vec<Value> = (0..5).map(|n| mute(&n.to_string())).collect();
        assert_eq!(code(&json!([row(&five)]), ""), "none");
        let six: Vec<Value> = (0..6).map(|n| mute(&n.to_string())).collect();
        assert_eq!(code(&json!([row(&six)]), "/0/components"), "BASE_TYPE_BAD_LENGTH");
        assert_eq!(code(&json!([row(&[])]), "/0/components"), "BASE_TYPE_BAD_LENGTH");
        let rows: Vec<Value> = (0..6).map(|n| row(&[mute(&n.to_string())])).collect();
        assert_eq!(code(&json!(rows), ""), "BASE_TYPE_MAX_LENGTH");
        assert_eq!(code(&json!([mute("a")]), "/0/type"), "BASE_TYPE_CHOICES");
    }

    #[test]
    fn ids_have_bounds_and_stand_once() {
        let at = "/0/components/0/custom_id";
        assert_eq!(code(&json!([row(&[mute(&"ü".repeat(100))])]), at), "none");
        assert_eq!(code(&json!([row(&[mute(&"x".repeat(101))])]), at), "BASE_TYPE_BAD_LENGTH");
        assert_eq!(code(&json!([row(&[mute("")])]), at), "BASE_TYPE_BAD_LENGTH");
        let twice = json!([row(&[mute("a")]), row(&[mute("a")])]);
        assert_eq!(code(&twice, "/1/components/0/custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED");
    }

    #[test]
    fn a_link_has_an_address_and_nothing_else() {
        let link = |fields: Value| {
            let mut link = json!({"type": 2, "style": 5, "label": "Open"});
            link.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            json!([row(&[link])])
        };
        assert_eq!(code(&link(json!({"url": "https://e.org/"})), ""), "none");
        assert_eq!(code(&link(json!({})), "/0/components/0/url"), "BASE_TYPE_REQUIRED");
        let both = link(json!({"url": "https://e.org/", "custom_id": "a"}));
        assert_eq!(
            code(&both, "/0/components/0"),
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
        );
    }
}
