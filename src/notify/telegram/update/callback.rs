//! The buttons that people press.

use super::chat::{Chat, User};

/// A button's press.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The id to answer to.
    pub id: String,
    /// Who pressed it: anyone in the chat.
    pub from: User,
    /// The chat of the message; absent when the message came through inline mode.
    pub chat: Option<Chat>,
    /// The topic of the message.
    pub thread: Option<i32>,
    /// The message that the button stands under.
    pub message_id: Option<i32>,
    /// The button's data. Clients are free to send any: check it like any input.
    pub data: String,
    /// The data of all buttons that the message has; `None`: it is too old or deleted, so Telegram does not say.
    pub buttons: Option<Vec<String>>,
}
