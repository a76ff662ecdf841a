//! Embeds: which are taken, and how large they may be.
//!
//! Source: <https://discord.com/developers/docs/resources/message#embed-object-embed-limits> (read 2026-11).

use serde_json::{Map, Value};

use super::form::{Form, within};
use crate::world::discord::{Embed, EmbedAuthor, EmbedField, EmbedFooter, EmbedImage};

/// Most embeds of a message.
const EMBEDS_MAX: usize = 10;
/// Most fields of an embed.
const FIELDS_MAX: usize = 25;
/// Longest texts, in characters, outer whitespace left out.
const TITLE_MAX_CHARS: usize = 256;
const DESCRIPTION_MAX_CHARS: usize = 4_096;
const FIELD_NAME_MAX_CHARS: usize = 256;
const FIELD_VALUE_MAX_CHARS: usize = 1_024;
const FOOTER_MAX_CHARS: usize = 2_048;
const AUTHOR_MAX_CHARS: usize = 256;
/// Longest sum of all texts of all embeds of a message.
const ALL_MAX_CHARS: usize = 6_000;
const COLOR_MAX: u64 = 0xff_ffff;

/// The embeds of a body; `None` where it has none.
pub(super) fn read(form: &mut Form, body: &Map<String, Value>) -> Option<Vec<Embed>> {
    let list = form.list(body, "", "embeds", 0..=EMBEDS_MAX)?;
    let mut embeds: Vec<Embed> = Vec::with_capacity(list.len().min(EMBEDS_MAX));
    for (index, value) in list.iter().take(EMBEDS_MAX).enumerate() {
        let place = within("embeds", index);
        let Some(object) = form.object(value, &place) else { continue };
        let embed = one(form, object, &place);
        if is_empty(&embed) {
            form.required(&within(&place, "description"));
        }
        embeds.push(embed);
    }
    if embeds.iter().map(chars).sum::<usize>() > ALL_MAX_CHARS {
        let message = format!("Embed size exceeds maximum size of {ALL_MAX_CHARS}");
        form.wrong("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
    Some(shown(embeds))
}

fn one(form: &mut Form, object: &Map<String, Value>, place: &str) -> Embed {
    Embed {
        title: filled(form.text(object, place, "title", 0..=TITLE_MAX_CHARS)),
        description: filled(form.text(object, place, "description", 0..=DESCRIPTION_MAX_CHARS)),
        url: form.url(object, place, "url", false),
        timestamp: timestamp(form, object, place),
        color: form
            .number(object, place, "color", 0..=COLOR_MAX)
            .and_then(|color| u32::try_from(color).ok()),
        author: author(form, object, place),
        fields: fields(form, object, place),
        thumbnail: image(form, object, place, "thumbnail"),
        image: image(form, object, place, "image"),
        footer: footer(form, object, place),
    }
}

/// An empty text is none.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn timestamp(form: &mut Form, object: &Map<String, Value>, place: &str) -> Option<String> {
    let text = form.text(object, place, "timestamp", 0..=64)?;
    if text.parse::<jiff::Timestamp>().is_err() {
        let message = format!("Could not parse {text}. Should be ISO8601.");
        form.wrong(&within(place, "timestamp"), "DATE_TIME_TYPE_PARSE", message);
    }
    Some(text)
}

/// A part of an embed that is an object of its own.
fn part<'a>(
    form: &mut Form,
    object: &'a Map<String, Value>,
    place: &str,
    name: &str,
) -> Option<(&'a Map<String, Value>, String)> {
    let value = object.get(name).filter(|value| !value.is_null())?;
    let place = within(place, name);
    Some((form.object(value, &place)?, place))
}

fn author(form: &mut Form, object: &Map<String, Value>, place: &str) -> Option<EmbedAuthor> {
    let (object, place) = part(form, object, place, "author")?;
    let name = form.needed_text(object, &place, "name", 0..=AUTHOR_MAX_CHARS);
    let url = form.url(object, &place, "url", false);
    let icon_url = form.url(object, &place, "icon_url", true);
    // A line without a name is not shown.
    filled(Some(name)).map(|name| EmbedAuthor { name, url, icon_url })
}

fn footer(form: &mut Form, object: &Map<String, Value>, place: &str) -> Option<EmbedFooter> {
    let (object, place) = part(form, object, place, "footer")?;
    let text = form.needed_text(object, &place, "text", 0..=FOOTER_MAX_CHARS);
    let icon_url = form.url(object, &place, "icon_url", true);
    filled(Some(text)).map(|text| EmbedFooter { text, icon_url })
}

fn image(
    form: &mut Form,
    object: &Map<String, Value>,
    place: &str,
    name: &str,
) -> Option<EmbedImage> {
    let (object, place) = part(form, object, place, name)?;
    if object.get("url").is_none_or(Value::is_null) {
        form.required(&within(&place, "url"));
    }
    form.url(object, &place, "url", true).map(|url| EmbedImage { url })
}

fn fields(form: &mut Form, object: &Map<String, Value>, place: &str) -> Vec<EmbedField> {
    let list = form.list(object, place, "fields", 0..=FIELDS_MAX).unwrap_or_default();
    let place = within(place, "fields");
    let mut fields = Vec::new();
    for (index, value) in list.iter().take(FIELDS_MAX).enumerate() {
        let place = within(&place, index);
        let Some(object) = form.object(value, &place) else { continue };
        let mut needed = |name: &str, most: usize| {
            let text = form.needed_text(object, &place, name, 0..=most);
            // Whitespace alone is nothing.
            if text.is_empty() && object.get(name).is_some_and(Value::is_string) {
                form.required(&within(&place, name));
            }
            text
        };
        let name = needed("name", FIELD_NAME_MAX_CHARS);
        let value = needed("value", FIELD_VALUE_MAX_CHARS);
        let inline = form.flag(object, &place, "inline");
        fields.push(EmbedField { name, value, inline });
    }
    fields
}

/// Whether there is nothing to see; a colour or an instant alone shows nothing.
fn is_empty(embed: &Embed) -> bool {
    let Embed { title, description, author, fields, thumbnail, image, footer, .. } = embed;
    title.is_none()
        && description.is_none()
        && author.is_none()
        && fields.is_empty()
        && thumbnail.is_none()
        && image.is_none()
        && footer.is_none()
}

/// Characters that count against the sum.
pub(super) fn chars(embed: &Embed) -> usize {
    let texts = [
        embed.title.as_ref(),
        embed.description.as_ref(),
        embed.author.as_ref().map(|author| &author.name),
        embed.footer.as_ref().map(|footer| &footer.text),
    ];
    let fields = embed.fields.iter().flat_map(|field| [&field.name, &field.value]);
    texts.into_iter().flatten().chain(fields).map(|text| text.chars().count()).sum()
}

/// Of several with the same address only the first shows.
fn shown(embeds: Vec<Embed>) -> Vec<Embed> {
    let mut shown: Vec<Embed> = Vec::with_capacity(embeds.len());
    for embed in embeds {
        let is_double = embed.url.is_some() && shown.iter().any(|before| before.url == embed.url);
        if !is_double {
            shown.push(embed);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(embeds: &Value) -> Value {
        let mut form = Form::default();
        read(&mut form, json!({"embeds": embeds}).as_object().unwrap());
        form.check().err().and_then(|refusal| refusal.errors).unwrap_or_default()
    }

    fn code<'a>(errors: &'a Value, place: &str) -> &'a str {
        let pointer = format!("/embeds{place}/_errors/0/code");
        errors.pointer(&pointer).and_then(Value::as_str).unwrap_or("none")
    }

    #[test]
    fn every_text_has_its_limit() {
        let of = |n: usize| "x".repeat(n);
        for (embed, place) in [
            (json!({"title": of(257)}), "/0/title"),
            (json!({"description": of(4_097)}), "/0/description"),
            (json!({"footer": {"text": of(2_049)}}), "/0/footer/text"),
            (json!({"author": {"name": of(257)}}), "/0/author/name"),
            (json!({"fields": [{"name": of(257), "value": "v"}]}), "/0/fields/0/name"),
            (json!({"fields": [{"name": "n", "value": of(1_025)}]}), "/0/fields/0/value"),
        ] {
            let errors = wrong(&json!([embed]));
            assert_eq!(code(&errors, place), "BASE_TYPE_MAX_LENGTH", "{place}: {errors}");
        }
        let fits = json!([{"title": format!("  {}\n", of(256)), "description": of(4_096)}]);
        assert_eq!(wrong(&fits), Value::Null);
    }

    #[test]
    fn all_embeds_together_have_a_limit_and_outer_whitespace_does_not_count() {
        let half = json!({"description": "x".repeat(3_000)});
        let padded = json!({"description": format!("{} ", "x".repeat(3_000))});
        assert_eq!(wrong(&json!([half, padded])), Value::Null);
        let errors = wrong(&json!([half, padded, {"title": "x"}]));
        assert_eq!(code(&errors, ""), "MAX_EMBED_SIZE_EXCEEDED");
    }

    #[test]
    fn fields_need_a_name_and_a_value() {
        for field in [
            json!({"name": "n"}),
            json!({"name": "n", "value": " "}),
            json!({"name": "n", "value": ""}),
        ] {
            let errors = wrong(&json!([{"title": "t", "fields": [field]}]));
            assert_eq!(code(&errors, "/0/fields/0/value"), "BASE_TYPE_REQUIRED", "{errors}");
        }
        let many = vec![json!({"name": "n", "value": "v"}); 26];
        let errors = wrong(&json!([{"fields": many}]));
        assert_eq!(code(&errors, "/0/fields"), "BASE_TYPE_MAX_LENGTH");
        assert_eq!(code(&wrong(&json!([{"color": 5}])), "/0/description"), "BASE_TYPE_REQUIRED");
        assert_eq!(
            code(&wrong(&json!(vec![json!({"title": "t"}); 11])), ""),
            "BASE_TYPE_MAX_LENGTH"
        );
    }

    #[test]
    fn of_embeds_with_one_address_the_first_shows() {
        let body = json!({"embeds": [
            {"title": "a", "url": "https://e.org/"}, {"title": "b", "url": "https://e.org/"}, {"title": "c"}
        ]});
        let embeds = read(&mut Form::default(), body.as_object().unwrap()).unwrap();
        let titles: Vec<_> = embeds.iter().filter_map(|embed| embed.title.as_deref()).collect();
        assert_eq!(titles, ["a", "c"]);
    }
}
