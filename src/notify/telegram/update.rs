//! What came in from Telegram, as plain data; the way in for commands, not part of the flow of alerts.
//!
//! Only what we act on is read. A type that mirrors the whole API fails on the first field or kind that Telegram adds,
//! and an update that can't be read must still be confirmed, or it comes again for ever with all later ones behind it.

mod callback;
mod chat;
mod member;
mod message;
#[cfg(test)]
mod tests;
mod wire;

pub use callback::Callback;
pub(crate) use chat::ChatKind;
pub use chat::{Chat, User};
pub use member::{MemberStatus, Membership};
pub use message::Message;

/// One update. Ids grow; a gap is normal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Its id: the next `getUpdates` asks for this one plus 1, which confirms it.
    pub id: i64,
    /// What happened.
    pub kind: UpdateKind,
}

impl Update {
    /// Whether this can be the id of an update. No server counts that far (the official one has 31 bits), and the API
    /// promises at most 52 for its largest ids: what is beyond would be an offset behind which nothing ever comes.
    /// Source: <https://core.telegram.org/bots/api#chat> (Bot API 10.1); tdlib, `TQueue.h`, `MAX_ID` (read 2026-11).
    #[must_use]
    pub const fn is_id(id: i64) -> bool {
        0 <= id && id < 1 << 52
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpdateKind {
    /// A message.
    Message(Message),
    /// A button under one of our messages was pressed.
    Callback(Callback),
    /// We were added, removed, blocked or given other rights.
    MyChatMember(Membership),
    /// Something else, or something that we can't read: confirm it and go on.
    Other,
}

/// Reads one update from its JSON; `None` only when there is no id to confirm.
#[must_use]
pub fn parse_update(json: &str) -> Option<Update> {
    let id = serde_json::from_str::<wire::UpdateId>(json).ok()?.update_id;
    // A list would be read as the fields in their order.
    if !Update::is_id(id) || !json.trim_ascii_start().starts_with('{') {
        return None;
    }
    let kind = match serde_json::from_str(json) {
        Ok(wire::Update { message: Some(message), .. }) => UpdateKind::Message(message.into()),
        Ok(wire::Update { callback_query: Some(callback), .. }) => {
            UpdateKind::Callback(callback.into())
        }
        Ok(wire::Update { my_chat_member: Some(change), .. }) => {
            UpdateKind::MyChatMember(change.into())
        }
        Ok(_) | Err(_) => UpdateKind::Other,
    };
    Some(Update { id, kind })
}
