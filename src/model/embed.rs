//! A message as Discord takes it.

use serde::{Deserialize, Serialize};

use super::readable::if_readable;
use super::{Button, Picture, TextFile, UnixMillis};

/// One message of Discord's: a line of text, embeds, buttons. Every value from outside is already escaped.
///
/// Who is mentioned stands in a field of its own: no text mentions anybody, whatever is written in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EmbedMessage {
    /// The text above the embeds, in Discord's Markdown; may be empty.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub text: String,
    /// The embeds, at most ten.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub embeds: Vec<Embed>,
    /// Rows of buttons under the message.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub buttons: Vec<Vec<Button>>,
    /// The role that the message mentions, and nobody else; the mention stands in front of the text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mention: Option<u64>,
    /// A picture that goes along with it: the first embed shows it.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "if_readable")]
    pub picture: Option<Picture>,
    /// A file that goes along with it, in place of a picture: it is attached below the embeds.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "if_readable")]
    pub file: Option<TextFile>,
}

/// One embed: a box with a bar of a colour at its side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Embed {
    /// Who it is about, above the title: the name of a channel of YouTube's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub author: Option<EmbedLink>,
    /// The title, which leads to its URL.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub title: Option<EmbedLink>,
    /// The text, in Discord's Markdown; may be empty.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub text: String,
    /// Names with values, at most 25.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<EmbedField>,
    /// The colour of the bar, 0xRRGGBB.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub colour: Option<u32>,
    /// The URL of a small picture beside the text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thumbnail: Option<String>,
    /// Small text at the bottom, as it is shown: Discord knows no Markdown there.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub footer: String,
    /// When it happened: each reader sees it in their own time zone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<UnixMillis>,
}

/// A text that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedLink {
    /// The text: of a title in Discord's Markdown, of an author as it is shown, because there Discord knows none.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

/// A name with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmbedField {
    /// Never empty.
    pub name: String,
    /// Never empty; in Discord's Markdown.
    pub value: String,
    /// Whether it may stand beside others.
    #[serde(default)]
    pub is_inline: bool,
}
