//! A message as a mail.

use serde::{Deserialize, Serialize};

use super::Picture;
use super::readable::if_readable;

/// One mail, without what its envelope and its headers say. Both texts say the same.
///
/// Where a text or its markup holds [`MailMessage::UNSUBSCRIBE`], whoever sends it puts the link there with which its reader
/// ends it: the link belongs to the address, and no store keeps one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailMessage {
    /// The subject: one line, as typed.
    pub subject: String,
    /// The plain text, lines that end in `\n`.
    pub text: String,
    /// A whole HTML document. Every value from outside is already escaped.
    pub html: String,
    /// What it is about, such as `video-dQw4w9WgXcQ`: mails to one address about the same stand together. ASCII letters,
    /// digits, `-` and `_`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread: Option<String>,
    /// The picture that the HTML shows as [`MailMessage::PICTURE`].
    #[serde(skip_serializing_if = "Option::is_none", default, deserialize_with = "if_readable")]
    pub picture: Option<Picture>,
}

impl MailMessage {
    /// Stands for the link with which a reader ends it. No text from outside holds a control character.
    pub const UNSUBSCRIBE: char = '\u{2}';

    /// How the HTML calls the picture: `cid:` and this.
    pub const PICTURE: &str = "picture";
}
