//! The shapes on the wire: the fields that we act on, and no others; and what they mean.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::chat::{Chat, ChatKind};
use super::member::MemberStatus;
use crate::model::UnixMillis;

#[derive(Deserialize)]
pub(super) struct UpdateId {
    pub(super) update_id: i64,
}

#[derive(Deserialize)]
pub(super) struct Update {
    pub(super) message: Option<Message>,
    pub(super) callback_query: Option<Callback>,
    pub(super) my_chat_member: Option<Membership>,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Message {
    message_id: i32,
    chat: Chat,
    date: i64,
    message_thread_id: Option<i32>,
    #[serde(default)]
    is_topic_message: bool,
    from: Option<User>,
    sender_chat: Option<Id>,
    text: Option<String>,
    forward_origin: Option<IgnoredAny>,
    /// In place of the origin, from servers before Bot API 7.0.
    forward_date: Option<IgnoredAny>,
    via_bot: Option<IgnoredAny>,
    reply_to_message: Option<MessageId>,
    migrate_to_chat_id: Option<i64>,
    #[serde(default)]
    reply_markup: Markup,
    left_chat_member: Option<IgnoredAny>,
    forum_topic_closed: Option<IgnoredAny>,
    general_forum_topic_hidden: Option<IgnoredAny>,
}

/// What stands under a message; anything but our buttons is passed over.
#[derive(Deserialize)]
#[serde(untagged)]
enum Markup {
    Buttons { inline_keyboard: Vec<Vec<Button>> },
    Other(IgnoredAny),
}

impl Default for Markup {
    fn default() -> Self {
        Markup::Other(IgnoredAny)
    }
}

#[derive(Deserialize)]
struct Button {
    callback_data: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: i64,
}

#[derive(Deserialize)]
struct MessageId {
    message_id: i32,
}

#[derive(Deserialize)]
pub(super) struct Callback {
    id: String,
    from: User,
    message: Option<Message>,
    #[serde(default)]
    data: String,
}

#[derive(Deserialize)]
pub(super) struct Membership {
    chat: Chat,
    from: User,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: MemberStatus,
    is_member: Option<bool>,
    /// Of a restricted member of a group.
    can_send_messages: Option<bool>,
    /// Of an administrator of a channel.
    can_post_messages: Option<bool>,
}

impl From<User> for super::User {
    fn from(user: User) -> Self {
        let name = match user.last_name {
            Some(last) => format!("{} {last}", user.first_name),
            None => user.first_name,
        };
        super::User { id: user.id, is_bot: user.is_bot, name, username: user.username }
    }
}

impl From<Message> for super::Message {
    fn from(message: Message) -> Self {
        // Whoever writes as a chat comes with a bot of Telegram's in place of a user.
        let is_of_bot =
            message.sender_chat.is_none() && message.from.as_ref().is_some_and(|from| from.is_bot);
        let is_passed_on = message.forward_origin.is_some()
            || message.forward_date.is_some()
            || message.via_bot.is_some()
            || is_of_bot;
        super::Message {
            id: message.message_id,
            chat: message.chat,
            thread: message.message_thread_id.filter(|_| message.is_topic_message),
            is_farewell: message.left_chat_member.is_some()
                || message.forum_topic_closed.is_some()
                || message.general_forum_topic_hidden.is_some(),
            from: message.from.map(super::User::from),
            sender_chat: message.sender_chat.map(|chat| chat.id),
            text: message.text,
            is_passed_on,
            date: UnixMillis(message.date.saturating_mul(1000)),
            reply_to: message.reply_to_message.map(|reply| reply.message_id),
            migrate_to: message.migrate_to_chat_id,
        }
    }
}

impl From<Callback> for super::Callback {
    fn from(callback: Callback) -> Self {
        let mut message = callback.message;
        // The date of a message out of reach is 0. Source: <https://core.telegram.org/bots/api#inaccessiblemessage>.
        let buttons =
            message.as_mut().filter(|message| message.date != 0).map(
                |message| match std::mem::take(&mut message.reply_markup) {
                    Markup::Buttons { inline_keyboard } => {
                        let buttons = inline_keyboard.into_iter().flatten();
                        buttons.filter_map(|button| button.callback_data).collect()
                    }
                    Markup::Other(_) => Vec::new(),
                },
            );
        let message = message.map(super::Message::from);
        super::Callback {
            id: callback.id,
            from: callback.from.into(),
            thread: message.as_ref().and_then(|message| message.thread),
            message_id: message.as_ref().map(|message| message.id),
            chat: message.map(|message| message.chat),
            data: callback.data,
            buttons,
        }
    }
}

impl From<Membership> for super::Membership {
    fn from(change: Membership) -> Self {
        let now = change.new_chat_member;
        super::Membership {
            may_write: match change.chat.kind {
                ChatKind::Channel => now.can_post_messages,
                ChatKind::Private | ChatKind::Group | ChatKind::Supergroup => now.can_send_messages,
            },
            chat: change.chat,
            from: change.from.into(),
            new_status: now.status,
            is_member: now.is_member,
        }
    }
}
