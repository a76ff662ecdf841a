//! What a request wants a message to be, once it is known to be one.

use serde_json::{Map, Value};

use super::answer::Refusal;
use super::body::{Body, File};
use super::components;
use super::embeds;
use super::form::{Form, within};
use super::known::Known;
use super::mentions::{self, Allowed};
use crate::world::discord::{Button, Embed};

/// Longest text, in characters. Source: <https://discord.com/developers/docs/resources/message#create-message>; the
/// specification says 4,000, which holds for people who pay.
pub(super) const CONTENT_MAX_CHARS: usize = 2_000;
const NONCE_MAX_CHARS: usize = 25;
const FILES_MAX: usize = 10;
const USERNAME_MAX_CHARS: usize = 80;
const THREAD_NAME_MAX_CHARS: usize = 100;

/// Bits of `flags`.
pub(super) const SUPPRESS_EMBEDS: u64 = 1 << 2;
pub(super) const EPHEMERAL: u64 = 1 << 6;
pub(super) const LOADING: u64 = 1 << 7;
pub(super) const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
const COMPONENTS_V2: u64 = 1 << 15;

/// A message as a request has it. What is `None` was not said.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) content: Option<String>,
    pub(super) embeds: Option<Vec<Embed>>,
    pub(super) buttons: Option<Vec<Vec<Button>>>,
    pub(super) allowed: Option<Allowed>,
    pub(super) flags: Option<u64>,
    pub(super) nonce: Option<Value>,
    pub(super) enforces_nonce: bool,
    pub(super) reply_to: Option<u64>,
    pub(super) username: Option<String>,
    pub(super) thread_name: Option<String>,
    /// Ids of attachments that an edit keeps; `None`: all.
    pub(super) kept: Option<Vec<u64>>,
    pub(super) files: Vec<(File, Option<String>)>,
}

impl Draft {
    /// Reads a message, or what is to change of one, from the body of a request.
    ///
    /// # Errors
    ///
    /// 50035 with all that is wrong.
    pub(super) fn read(body: &Body) -> Result<Draft, Refusal> {
        let object = body.object()?;
        let mut form = Form::default();
        let draft = Draft::of(&mut form, &object, body);
        form.check()?;
        Ok(draft)
    }

    /// The same from an object within a body, such as the data of a callback.
    pub(super) fn of(form: &mut Form, object: &Map<String, Value>, body: &Body) -> Draft {
        let mut draft = Draft {
            content: text(form, object),
            embeds: or_none(object, "embeds", embeds::read(form, object)),
            buttons: or_none(object, "components", components::buttons(form, object)),
            allowed: mentions::read(form, object),
            flags: form.number(object, "", "flags", 0..=u64::from(u32::MAX)),
            nonce: nonce(form, object),
            enforces_nonce: form.flag(object, "", "enforce_nonce"),
            reply_to: reply(form, object),
            username: username(form, object),
            thread_name: form.text(object, "", "thread_name", 1..=THREAD_NAME_MAX_CHARS),
            kept: None,
            files: Vec::new(),
        };
        form.flag(object, "", "tts");
        draft.read_files(form, object, body);
        if draft.flags.is_some_and(|flags| flags & COMPONENTS_V2 != 0) {
            for name in ["content", "embeds"] {
                if object.get(name).is_some_and(|value| !value.is_null()) {
                    let message = format!(
                        "The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                    );
                    let code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2";
                    form.wrong(name, code, message);
                }
            }
        }
        draft
    }

    /// The files, and what `attachments` says of them and of those that are there.
    fn read_files(&mut self, form: &mut Form, object: &Map<String, Value>, body: &Body) {
        let said = form.list(object, "", "attachments", 0..=FILES_MAX);
        let (mut kept, mut about) = (Vec::new(), Vec::new());
        for (index, value) in said.unwrap_or_default().iter().enumerate() {
            let place = within("attachments", index);
            let Some(item) = form.object(value, &place) else { continue };
            let id =
                item.get("id").and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
            let Some(id) = id else {
                form.required(&within(&place, "id"));
                continue;
            };
            let description = form.text(item, &place, "description", 0..=1_024);
            if body.files.contains_key(&id) {
                about.push((id, description));
            } else {
                kept.push(id);
            }
        }
        form.length("attachments", body.files.len(), 0..=FILES_MAX);
        self.kept = said.map(|_| kept);
        for (number, file) in &body.files {
            let description = about.iter().find(|(id, _)| id == number);
            self.files.push((file.clone(), description.and_then(|(_, text)| text.clone())));
        }
    }

    /// Whether there is nothing to see.
    pub(super) fn is_empty(&self) -> bool {
        self.content.as_deref().unwrap_or_default().is_empty()
            && self.embeds.as_deref().unwrap_or_default().is_empty()
            && self.buttons.as_deref().unwrap_or_default().is_empty()
            && self.files.is_empty()
    }

    /// Refuses a new message in which there is nothing to see.
    pub(super) fn check_filled(&self) -> Result<(), Refusal> {
        if self.is_empty() { Err(Known::EmptyMessage.into()) } else { Ok(()) }
    }

    /// The flags that a request may set of a new message.
    pub(super) fn own_flags(&self) -> u64 {
        self.flags.unwrap_or(0) & (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS)
    }
}

/// A field that is null means none of it, as an edit may want.
fn or_none<T: Default>(object: &Map<String, Value>, name: &str, read: Option<T>) -> Option<T> {
    read.or_else(|| object.get(name).filter(|value| value.is_null()).map(|_| T::default()))
}

fn text(form: &mut Form, object: &Map<String, Value>) -> Option<String> {
    or_none(object, "content", form.text(object, "", "content", 0..=CONTENT_MAX_CHARS))
}

/// What an author tells a message apart by: a whole number, or a text of up to 25 characters.
fn nonce(form: &mut Form, object: &Map<String, Value>) -> Option<Value> {
    let nonce = object.get("nonce").filter(|nonce| !nonce.is_null())?;
    match nonce {
        Value::String(text) => {
            form.length("nonce", text.chars().count(), 0..=NONCE_MAX_CHARS);
        }
        Value::Number(number) if number.is_i64() || number.is_u64() => {}
        _ => form.wrong("nonce", "UNION_TYPE_CHOICES", "Value did not match any choice"),
    }
    Some(nonce.clone())
}

fn reply(form: &mut Form, object: &Map<String, Value>) -> Option<u64> {
    const PLACE: &str = "message_reference";
    let reference = form.object(object.get(PLACE).filter(|value| !value.is_null())?, PLACE)?;
    let id = reference.get("message_id").filter(|id| !id.is_null());
    let Some(id) = id else {
        form.required("message_reference.message_id");
        return None;
    };
    form.snowflake(id, "message_reference.message_id")
}

/// The name under which a webhook writes.
fn username(form: &mut Form, object: &Map<String, Value>) -> Option<String> {
    let name = form.text(object, "", "username", 1..=USERNAME_MAX_CHARS)?;
    for word in ["discord", "clyde"] {
        if name.to_lowercase().contains(word) {
            let message = format!("Username cannot contain \"{word}\"");
            form.wrong("username", "USERNAME_INVALID_CONTAINS", message);
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(json: Value) -> Result<Draft, Value> {
        let body = Body { json, ..Body::default() };
        Draft::read(&body).map_err(|refusal| refusal.errors.unwrap_or_default())
    }

    #[test]
    fn a_text_has_two_thousand_characters_without_outer_whitespace() {
        let fits = draft(json!({"content": format!("{} \n", "😀".repeat(2_000))})).unwrap();
        assert_eq!(fits.content.unwrap().chars().count(), 2_000);
        let errors = draft(json!({"content": "x".repeat(2_001)})).unwrap_err();
        assert_eq!(errors["content"]["_errors"][0]["message"], "Must be 2000 or fewer in length.");
        let errors = draft(json!({"content": 5})).unwrap_err();
        assert_eq!(errors["content"]["_errors"][0]["code"], "STRING_TYPE_CONVERT");
    }

    #[test]
    fn nothing_to_see_is_no_message() {
        for nothing in
            [json!({}), json!({"content": " \n"}), json!({"embeds": []}), json!({"content": null})]
        {
            let refusal = draft(nothing).unwrap().check_filled().unwrap_err();
            assert_eq!(refusal.code, 50_006);
        }
        draft(json!({"embeds": [{"title": "t"}]})).unwrap().check_filled().unwrap();
    }

    #[test]
    fn a_nonce_is_a_number_or_a_short_text() {
        for nonce in [json!(-5), json!("x".repeat(25))] {
            assert_eq!(draft(json!({"nonce": nonce})).unwrap().nonce, Some(nonce));
        }
        for nonce in [json!("x".repeat(26)), json!(1.5), json!([])] {
            assert!(draft(json!({"nonce": nonce})).is_err(), "{nonce}");
        }
    }

    #[test]
    fn the_new_layout_takes_no_text_and_webhooks_no_name_of_discords() {
        let errors = draft(json!({"flags": 1 << 15, "content": "a"})).unwrap_err();
        let code = &errors["content"]["_errors"][0]["code"];
        assert_eq!(code, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2");
        assert!(draft(json!({"username": "My Discord"})).is_err());
        assert_eq!(draft(json!({"username": "tubebell"})).unwrap().username.unwrap(), "tubebell");
    }
}
