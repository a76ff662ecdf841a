//! What people write, and what Telegram says in their name.

use super::chat::{Chat, User};
use crate::model::UnixMillis;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id within the chat.
    pub id: i32,
    /// Where it was written.
    pub chat: Chat,
    /// The topic it was written in. Replies in chats without topics have a thread too, which nobody can send to.
    pub thread: Option<i32>,
    /// Who wrote it; absent in channels.
    pub from: Option<User>,
    /// The chat in whose name it was written: the chat itself for its anonymous administrators.
    pub sender_chat: Option<i64>,
    /// The text; none for pictures, joins and the like.
    pub text: Option<String>,
    /// Nobody wrote it here: it was forwarded, comes from another bot that somebody called (`via_bot`), or is a bot's own.
    pub is_passed_on: bool,
    /// It tells that somebody left (it may be us) or that a topic was closed: no sign that messages can be sent there.
    pub is_farewell: bool,
    /// When it was written.
    pub date: UnixMillis,
    /// The message that it answers.
    pub reply_to: Option<i32>,
    /// The chat has become this one: the last message of the old chat.
    pub migrate_to: Option<i64>,
}
