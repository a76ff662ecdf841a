//! A message as Telegram takes it.

use serde::{Deserialize, Serialize};

use super::readable::if_readable;
use super::{Picture, TextFile};

/// One message of Telegram's.
///
/// Other chat services do not read it: they have escapes, limits and buttons of their own, and so a variant of
/// [`Body`](super::Body) of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChatMessage {
    /// The text, in the few tags of HTML that Telegram knows; every value from outside is already escaped.
    pub html: String,
    /// Rows of buttons under the message.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub buttons: Vec<Vec<Button>>,
    /// Whether the client may show a preview of a link.
    #[serde(default)]
    pub preview: bool,
    /// Of which link; `None`: of the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub preview_url: Option<String>,
    /// A picture that goes along with it: the text is its caption then, and there is no preview.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "if_readable")]
    pub picture: Option<Picture>,
    /// A file that goes along with it, in place of a picture: the text is its caption then, and there is no preview.
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "if_readable")]
    pub file: Option<TextFile>,
}

/// One button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its label.
    pub text: String,
    /// What comes back when it is pressed: 1 to 64 bytes.
    pub data: String,
}
