//! A message as the JSON that Discord takes. Pure.
//!
//! Shapes: <https://docs.discord.com/developers/resources/message> and <https://docs.discord.com/developers/resources/webhook>
//! (read 2026-11). Ids are texts there. Who made the message has kept to the limits of its texts.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::{Button, Embed, EmbedField, EmbedLink, EmbedMessage};
use crate::notify::attached::{Attached, NOT_SENT};

/// Links in the text get no embeds of their own.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// Nobody but whoever asked sees it.
pub(super) const EPHEMERAL: u32 = 1 << 6;

/// Nobody hears it come.
const SUPPRESS_NOTIFICATIONS: u32 = 1 << 12;

/// Most rows of buttons, and most buttons of a row.
const ROWS_MAX: usize = 5;
const ROW_MAX: usize = 5;

/// Longest nonce, in bytes.
const NONCE_MAX_BYTES: usize = 25;

/// What a message is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose<'a> {
    /// A new one.
    Send {
        /// Without a sound.
        silent: bool,
        /// Of two messages with the same one, sent within a few minutes, Discord makes one. Webhooks have none.
        nonce: Option<&'a str>,
    },
    /// Another text in the place of one that stands.
    Edit,
}

/// The JSON of a message.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    content: Cow<'a, str>,
    embeds: Vec<EmbedJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<Vec<Row<'a>>>,
    allowed_mentions: AllowedMentions,
    flags: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<Attachment<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
}

#[derive(Debug, Serialize)]
struct EmbedJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Author<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<Image<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    footer: Option<Footer<'a>>,
    /// ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
}

#[derive(Debug, Serialize)]
struct Author<'a> {
    name: &'a str,
    url: &'a str,
}

#[derive(Debug, Serialize)]
struct Field<'a> {
    name: &'a str,
    value: &'a str,
    inline: bool,
}

#[derive(Debug, Serialize)]
struct Image<'a> {
    url: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
struct Footer<'a> {
    text: &'a str,
}

/// A row of buttons.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(rename = "type")]
    kind: u8,
    components: Vec<ButtonJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ButtonJson<'a> {
    #[serde(rename = "type")]
    kind: u8,
    style: u8,
    label: &'a str,
    custom_id: &'a str,
}

/// Who hears of a message by being named in it: nobody, but for one role.
#[derive(Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<[String; 1]>,
}

#[derive(Debug, Serialize)]
struct Attachment<'a> {
    id: &'static str,
    filename: &'a str,
}

impl<'a> Payload<'a> {
    /// The JSON of a message, which names what goes along, if anything does, and has its buttons if it may have any. A text
    /// that leaves without its file says so.
    ///
    /// An edit says all that a message has: what it did not name would stay as it was.
    pub(super) fn new(
        message: &'a EmbedMessage,
        purpose: Purpose<'a>,
        attached: Option<Attached<'a>>,
        has_buttons: bool,
    ) -> Payload<'a> {
        let content = content(message, attached.is_some());
        let has_links = content.contains("https://") || content.contains("http://");
        let mut flags = 0;
        if has_links && message.embeds.is_empty() {
            flags |= SUPPRESS_EMBEDS;
        }
        let (is_edit, nonce) = match purpose {
            Purpose::Send { silent, nonce } => {
                flags |= if silent { SUPPRESS_NOTIFICATIONS } else { 0 };
                (false, nonce.map(shortened))
            }
            Purpose::Edit => (true, None),
        };
        let mut embeds: Vec<EmbedJson<'a>> = message.embeds.iter().map(embed).collect();
        let named = attached.map(|attached| Attachment { id: "0", filename: attached.name() });
        if let (Some(Attached::Picture(_)), Some(Attachment { filename, .. }), Some(first)) =
            (attached, &named, embeds.first_mut())
        {
            first.image = Some(Image { url: format!("attachment://{filename}").into() });
        }
        Payload {
            content,
            embeds,
            components: has_buttons.then(|| rows(&message.buttons)),
            allowed_mentions: AllowedMentions {
                parse: [],
                roles: message.mention.map(|role| [role.to_string()]),
            },
            flags,
            attachments: (is_edit || named.is_some()).then(|| named.into_iter().collect()),
            nonce,
            enforce_nonce: nonce.map(|_| true),
        }
    }

    /// The same, for whoever asked alone.
    pub(super) fn for_asker(self, is_for_asker: bool) -> Payload<'a> {
        Payload { flags: self.flags | if is_for_asker { EPHEMERAL } else { 0 }, ..self }
    }
}

/// The text, with the role that it mentions in front, and a word on its file behind, where that was to go along and does not.
fn content(message: &EmbedMessage, is_accompanied: bool) -> Cow<'_, str> {
    let content = mentioning(message);
    match message.file {
        Some(_) if is_accompanied => content,
        None => content,
        Some(_) if content.is_empty() => Cow::Borrowed(NOT_SENT),
        Some(_) => Cow::Owned(format!("{content}\n{NOT_SENT}")),
    }
}

fn mentioning(message: &EmbedMessage) -> Cow<'_, str> {
    let mention = message.mention.map(|role| format!("<@&{role}>"));
    match mention.filter(|mention| !message.text.starts_with(mention.as_str())) {
        None => Cow::Borrowed(&message.text),
        Some(mention) if message.text.is_empty() => Cow::Owned(mention),
        Some(mention) => Cow::Owned(format!("{mention} {}", message.text)),
    }
}

/// An id as a nonce: ids that are longer differ at their end.
fn shortened(id: &str) -> &str {
    id.get(id.len().saturating_sub(NONCE_MAX_BYTES)..).unwrap_or(id)
}

fn embed(embed: &Embed) -> EmbedJson<'_> {
    let Embed { author, title, text, fields, colour, thumbnail, footer, at } = embed;
    EmbedJson {
        author: author.as_ref().map(|EmbedLink { text, url }| Author { name: text, url }),
        title: title.as_ref().map(|title| title.text.as_str()),
        url: title.as_ref().map(|title| title.url.as_str()),
        description: text,
        fields: fields.iter().map(field).collect(),
        color: *colour,
        thumbnail: thumbnail.as_deref().map(|url| Image { url: url.into() }),
        image: None,
        footer: (!footer.is_empty()).then_some(Footer { text: footer }),
        timestamp: at.map(|at| at.timestamp().to_string()),
    }
}

fn field(EmbedField { name, value, is_inline }: &EmbedField) -> Field<'_> {
    Field { name, value, inline: *is_inline }
}

/// A button in grey, which comes back to us when it is pressed.
fn button(Button { text, data }: &Button) -> ButtonJson<'_> {
    ButtonJson { kind: 2, style: 2, label: text, custom_id: data }
}

/// Rows of buttons; a row that is too long goes on in the next.
fn rows(buttons: &[Vec<Button>]) -> Vec<Row<'_>> {
    let rows = buttons.iter().flat_map(|row| row.chunks(ROW_MAX)).take(ROWS_MAX);
    rows.map(|row| Row { kind: 1, components: row.iter().map(button).collect() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;
    use serde_json::{Value, json};

    fn text(text: &str) -> EmbedMessage {
        EmbedMessage { text: text.to_owned(), ..EmbedMessage::default() }
    }

    const SEND: Purpose<'static> = Purpose::Send { silent: false, nonce: None };

    fn json_of(message: &EmbedMessage, purpose: Purpose<'_>) -> Value {
        serde_json::to_value(Payload::new(message, purpose, None, true)).unwrap()
    }

    #[test]
    fn a_whole_message_is_what_discord_takes() {
        let link = |text: &str, url: &str| EmbedLink { text: text.to_owned(), url: url.to_owned() };
        let button = |text: &str| Button { text: text.to_owned(), data: format!("{text}:17") };
        let message = EmbedMessage {
            text: "12 views".to_owned(),
            embeds: vec![
                Embed {
                    author: Some(link("Rick Astley", "https://youtube.com/@rick")),
                    title: Some(link("Never", "https://youtu.be/dQw4w9WgXcQ")),
                    text: "**12**".to_owned(),
                    fields: vec![EmbedField {
                        name: "likes".to_owned(),
                        value: "3".to_owned(),
                        is_inline: true,
                    }],
                    colour: Some(0xff_0000),
                    thumbnail: Some("https://i.ytimg.com/vi/dQw4w9WgXcQ/default.jpg".to_owned()),
                    footer: "views every 10".to_owned(),
                    at: Some(UnixMillis(1_795_348_800_000)),
                },
                Embed { text: "more".to_owned(), ..Embed::default() },
            ],
            buttons: vec![vec![button("mute"), button("why")], vec![button("unwatch")]],
            mention: Some(9),
            picture: None,
            file: None,
        };
        let purpose = Purpose::Send { silent: true, nonce: Some("4ZQK7M2XA5TBN") };
        let found = serde_json::to_value(Payload::new(
            &message,
            purpose,
            Some(Attached::Picture(b"PNG")),
            true,
        ))
        .unwrap();
        let grey = |label: &str| json!({"type": 2, "style": 2, "label": label, "custom_id": format!("{label}:17")});
        assert_eq!(
            found,
            json!({
                "content": "<@&9> 12 views",
                "embeds": [
                    {
                        "author": {"name": "Rick Astley", "url": "https://youtube.com/@rick"},
                        "title": "Never", "url": "https://youtu.be/dQw4w9WgXcQ", "description": "**12**",
                        "fields": [{"name": "likes", "value": "3", "inline": true}], "color": 0xff_0000,
                        "thumbnail": {"url": "https://i.ytimg.com/vi/dQw4w9WgXcQ/default.jpg"},
                        "image": {"url": "attachment://picture.png"}, "footer": {"text": "views every 10"},
                        "timestamp": "2026-11-22T12:00:00Z",
                    },
                    {"description": "more"},
                ],
                "components": [
                    {"type": 1, "components": [grey("mute"), grey("why")]},
                    {"type": 1, "components": [grey("unwatch")]},
                ],
                "allowed_mentions": {"parse": [], "roles": ["9"]},
                "flags": 4096,
                "attachments": [{"id": "0", "filename": "picture.png"}],
                "nonce": "4ZQK7M2XA5TBN", "enforce_nonce": true,
            })
        );
    }

    #[test]
    fn nobody_is_mentioned_whatever_is_written_but_for_the_one_role() {
        for written in ["@everyone <@1> <@&2>", "<@&9>", ""] {
            let found = json_of(&text(written), SEND);
            assert_eq!(found["allowed_mentions"], json!({"parse": []}), "{written}");
        }
        for (written, shown) in [("", "<@&9>"), ("<@&9> a", "<@&9> a"), ("a", "<@&9> a")] {
            let message = EmbedMessage { mention: Some(9), ..text(written) };
            let found = json_of(&message, SEND);
            assert_eq!(found["content"], shown);
            assert_eq!(found["allowed_mentions"], json!({"parse": [], "roles": ["9"]}));
        }
    }

    #[test]
    fn links_of_a_text_alone_get_no_embeds() {
        let with = EmbedMessage { embeds: vec![Embed::default()], ..text("https://youtu.be/x") };
        for (message, flags) in
            [(text("a"), 0), (text("a <https://youtu.be/x>"), SUPPRESS_EMBEDS), (with, 0)]
        {
            assert_eq!(json_of(&message, SEND)["flags"], flags);
            assert_eq!(json_of(&message, Purpose::Edit)["flags"], flags);
        }
        let silent = Purpose::Send { silent: true, nonce: None };
        assert_eq!(json_of(&text("http://a.b"), silent)["flags"], 4 + 4096);
    }

    #[test]
    fn an_edit_takes_away_what_the_message_had_before() {
        let found = json_of(&text("a"), Purpose::Edit);
        assert_eq!(
            found,
            json!({
                "content": "a", "embeds": [], "components": [], "attachments": [], "flags": 0,
                "allowed_mentions": {"parse": []},
            })
        );
        let message = text("a");
        let hooked = Payload::new(&message, SEND, None, false);
        let found = serde_json::to_value(hooked).unwrap();
        assert!(found.get("components").is_none() && found.get("attachments").is_none());
    }

    #[test]
    fn more_buttons_than_fit_are_put_into_rows_that_discord_takes() {
        let button = |n: usize| Button { text: n.to_string(), data: n.to_string() };
        let message = EmbedMessage { buttons: vec![(0..60).map(button).collect()], ..text("a") };
        let found = json_of(&message, SEND);
        let rows = found["components"].as_array().unwrap();
        assert_eq!(rows.len(), ROWS_MAX);
        assert!(rows.iter().all(|row| row["components"].as_array().unwrap().len() == ROW_MAX));
    }

    #[test]
    fn of_a_long_id_the_end_is_its_nonce() {
        assert_eq!(shortened("card-17-1795348800000"), "card-17-1795348800000");
        assert_eq!(shortened("card-12345678-1795348800000"), "rd-12345678-1795348800000");
        assert_eq!(shortened(&"é".repeat(30)).len(), 60, "no id of ours");
    }
}
