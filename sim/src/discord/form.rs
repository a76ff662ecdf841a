//! What is wrong with a body, field by field: 50035 with errors nested as the fields are.
//!
//! Source: <https://discord.com/developers/docs/reference#error-messages> (read 2026-11). The inner code is a string.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::answer::Refusal;

/// The errors so far: where, code, message. Places are names and numbers with dots between (`embeds.0.title`).
#[derive(Debug, Default)]
pub(super) struct Form(Vec<(String, &'static str, String)>);

/// The place of `name` within `place`.
pub(super) fn within(place: &str, name: impl std::fmt::Display) -> String {
    if place.is_empty() { name.to_string() } else { format!("{place}.{name}") }
}

impl Form {
    /// Notes that something is wrong; the place of the body as a whole is empty.
    pub(super) fn wrong(&mut self, place: &str, code: &'static str, message: impl Into<String>) {
        self.0.push((place.to_owned(), code, message.into()));
    }

    /// The same errors, of a body that stands at `place` of another.
    pub(super) fn under(mut self, place: &str) -> Form {
        for (inner, _, _) in &mut self.0 {
            *inner = if inner.is_empty() { place.to_owned() } else { within(place, &inner) };
        }
        self
    }

    /// Notes that a field is missing.
    pub(super) fn required(&mut self, place: &str) {
        self.wrong(place, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// Notes that a value is none of those that are taken.
    pub(super) fn choices(&mut self, place: &str, taken: &str) {
        let message = format!("Value must be one of {{{taken}}}.");
        self.wrong(place, "BASE_TYPE_CHOICES", message);
    }

    /// Notes what is wrong with a length.
    pub(super) fn length(&mut self, place: &str, length: usize, bounds: RangeInclusive<usize>) {
        if bounds.contains(&length) {
            return;
        }
        let (least, most) = bounds.into_inner();
        if least > 0 {
            let message = format!("Must be between {least} and {most} in length.");
            self.wrong(place, "BASE_TYPE_BAD_LENGTH", message);
        } else {
            let message = format!("Must be {most} or fewer in length.");
            self.wrong(place, "BASE_TYPE_MAX_LENGTH", message);
        }
    }

    /// A field that is a text, with so many characters; outer whitespace is cut off first. Absent and null are `None`.
    pub(super) fn text(
        &mut self,
        object: &Map<String, Value>,
        place: &str,
        name: &str,
        bounds: RangeInclusive<usize>,
    ) -> Option<String> {
        let value = object.get(name).filter(|value| !value.is_null())?;
        let place = within(place, name);
        let Some(text) = value.as_str() else {
            self.wrong(
                &place,
                "STRING_TYPE_CONVERT",
                format!("Could not interpret {value} as string."),
            );
            return None;
        };
        let text = text.trim();
        self.length(&place, text.chars().count(), bounds);
        Some(text.to_owned())
    }

    /// The same, where the field has to be there.
    pub(super) fn needed_text(
        &mut self,
        object: &Map<String, Value>,
        place: &str,
        name: &str,
        bounds: RangeInclusive<usize>,
    ) -> String {
        if object.get(name).is_none_or(Value::is_null) {
            self.required(&within(place, name));
        }
        self.text(object, place, name, bounds).unwrap_or_default()
    }

    /// A field that is an address; `attachment://` is taken where `files` are named.
    pub(super) fn url(
        &mut self,
        object: &Map<String, Value>,
        place: &str,
        name: &str,
        takes_files: bool,
    ) -> Option<String> {
        let url = self.text(object, place, name, 0..=2_048)?;
        let place = within(place, name);
        let Some((scheme, rest)) = url.split_once("://") else {
            self.wrong(&place, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
            return None;
        };
        let taken = if takes_files { "'http', 'https', 'attachment'" } else { "'http', 'https'" };
        let is_file = takes_files && scheme == "attachment";
        if !is_file && scheme != "http" && scheme != "https" {
            let message = format!("Scheme \"{scheme}\" must be one of ({taken}).");
            self.wrong(&place, "URL_TYPE_INVALID_SCHEME", message);
            return None;
        }
        if rest.is_empty() || url.contains(char::is_whitespace) {
            self.wrong(&place, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
            return None;
        }
        Some(url)
    }

    /// A field that is a whole number within bounds.
    pub(super) fn number(
        &mut self,
        object: &Map<String, Value>,
        place: &str,
        name: &str,
        bounds: RangeInclusive<u64>,
    ) -> Option<u64> {
        let value = object.get(name).filter(|value| !value.is_null())?;
        let place = within(place, name);
        let Some(number) = value.as_u64() else {
            self.wrong(&place, "NUMBER_TYPE_COERCE", format!("Value {value} is not int."));
            return None;
        };
        let (least, most) = bounds.into_inner();
        if number > most {
            let message = format!("int value should be less than or equal to {most}.");
            self.wrong(&place, "NUMBER_TYPE_MAX", message);
        } else if number < least {
            let message = format!("int value should be greater than or equal to {least}.");
            self.wrong(&place, "NUMBER_TYPE_MIN", message);
        }
        Some(number)
    }

    /// A field that is true or false; absent and null are false.
    pub(super) fn flag(&mut self, object: &Map<String, Value>, place: &str, name: &str) -> bool {
        match object.get(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                let place = within(place, name);
                self.wrong(&place, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
                false
            }
        }
    }

    /// A field that is a list of so many; absent and null are `None`.
    pub(super) fn list<'a>(
        &mut self,
        object: &'a Map<String, Value>,
        place: &str,
        name: &str,
        bounds: RangeInclusive<usize>,
    ) -> Option<&'a [Value]> {
        let value = object.get(name).filter(|value| !value.is_null())?;
        let place = within(place, name);
        let Some(list) = value.as_array() else {
            self.wrong(&place, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
            return None;
        };
        self.length(&place, list.len(), bounds);
        Some(list)
    }

    /// A value that has to be an object.
    pub(super) fn object<'a>(
        &mut self,
        value: &'a Value,
        place: &str,
    ) -> Option<&'a Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            let message = "Only dictionaries may be used in a DictType";
            self.wrong(place, "DICT_TYPE_CONVERT", message);
        }
        object
    }

    /// A value that has to be an id: a string of digits.
    pub(super) fn snowflake(&mut self, value: &Value, place: &str) -> Option<u64> {
        let id = value.as_str().and_then(|text| text.parse().ok());
        if id.is_none() {
            let message = format!("Value \"{}\" is not snowflake.", value.as_str().unwrap_or("?"));
            self.wrong(place, "NUMBER_TYPE_COERCE", message);
        }
        id
    }

    /// Refuses the body when something is wrong.
    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut errors = Map::new();
        for (place, code, message) in self.0 {
            let names: Vec<&str> = place.split('.').filter(|name| !name.is_empty()).collect();
            put(&mut errors, &names, json!({"code": code, "message": message}));
        }
        Err(Refusal::invalid_form(Value::Object(errors)))
    }
}

/// Adds an error at its place.
fn put(errors: &mut Map<String, Value>, names: &[&str], error: Value) {
    if let Some((first, rest)) = names.split_first() {
        let inner = errors.entry(*first).or_insert_with(|| json!({}));
        if let Some(inner) = inner.as_object_mut() {
            put(inner, rest, error);
        }
    } else if let Some(list) = errors.entry("_errors").or_insert_with(|| json!([])).as_array_mut() {
        list.push(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stand_where_the_fields_are_and_their_codes_are_texts() {
        let mut form = Form::default();
        let body = json!({"title": "x".repeat(257), "url": "javascript:alert(1)", "n": "1"});
        let body = body.as_object().unwrap();
        form.text(body, "embeds.0", "title", 0..=256);
        form.url(body, "embeds.0", "url", false);
        form.number(body, "", "n", 0..=1);
        let refusal = form.check().unwrap_err();
        assert_eq!((refusal.status, refusal.code), (400, 50_035));
        assert_eq!(
            refusal.errors.unwrap(),
            json!({
                "embeds": {"0": {
                    "title": {"_errors": [
                        {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length."}
                    ]},
                    "url": {"_errors": [
                        {"code": "URL_TYPE_INVALID_URL", "message": "Not a well formed URL."}
                    ]},
                }},
                "n": {"_errors": [
                    {"code": "NUMBER_TYPE_COERCE", "message": "Value \"1\" is not int."}
                ]},
            })
        );
        Form::default().check().unwrap();
    }
}
