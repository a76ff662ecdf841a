//! What came in from Telegram, as plain data; the way in for commands, not part of the flow of alerts.
//!
//! Only what we act on is read. A type that mirrors the whole API fails on the first field or kind that Telegram adds,
//! and an update that can't be read must still be confirmed, or it comes again for ever with all later ones behind it.

use serde::Deserialize;

use crate::model::UnixMillis;

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

/// What sort of conversation a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// With one person.
    Private,
    /// A basic group.
    Group,
    /// A supergroup, the only kind with topics.
    Supergroup,
    /// A channel.
    Channel,
}

/// A chat.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Chat {
    /// Its id; negative for groups and channels.
    pub id: i64,
    /// Its sort.
    #[serde(rename = "type")]
    pub kind: ChatKind,
}

/// A person or a bot. Names are chosen by their owners: escape them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: i64,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// First and last name.
    pub name: String,
    /// The name behind the `@`, without it.
    pub username: Option<String>,
}

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

/// Our own standing in a chat has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The chat.
    pub chat: Chat,
    /// Who changed it.
    pub from: User,
    /// What we are now. In a private chat, `Kicked` means blocked and `Member` unblocked.
    pub new_status: MemberStatus,
    /// Whether we are in the chat, where the status leaves that open.
    pub is_member: Option<bool>,
    /// Whether we may write there, where the status leaves that open.
    pub may_write: Option<bool>,
}

impl Membership {
    /// Whether messages arrive from now on; `None`: it does not say so. That one may not write can pass without a word,
    /// when the whole group is allowed to again.
    #[must_use]
    pub fn is_reachable(&self) -> Option<bool> {
        let may_write = (self.may_write != Some(false)).then_some(true);
        match self.new_status {
            MemberStatus::Creator | MemberStatus::Administrator | MemberStatus::Member => may_write,
            MemberStatus::Restricted if self.is_member == Some(false) => Some(false),
            MemberStatus::Restricted => may_write,
            MemberStatus::Left | MemberStatus::Kicked => Some(false),
            MemberStatus::Unknown => None,
        }
    }
}

/// Somebody's standing in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Owns the chat.
    Creator,
    /// May change its settings.
    Administrator,
    /// An ordinary member.
    Member,
    /// A member, or a former one, with rights taken away.
    Restricted,
    /// Not a member.
    Left,
    /// Banned; of ourselves in a private chat: blocked.
    Kicked,
    /// A standing that is newer than this program.
    #[serde(other)]
    Unknown,
}

impl MemberStatus {
    /// Whether this member may decide for the chat.
    #[must_use]
    pub const fn is_administrator(self) -> bool {
        matches!(self, MemberStatus::Creator | MemberStatus::Administrator)
    }
}

/// The shapes on the wire: the fields that we act on, and no others.
mod wire {
    use serde::de::IgnoredAny;

    use super::{Chat, Deserialize, MemberStatus};

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
    pub(super) struct User {
        pub(super) id: i64,
        #[serde(default)]
        pub(super) is_bot: bool,
        pub(super) first_name: String,
        pub(super) last_name: Option<String>,
        pub(super) username: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Message {
        pub(super) message_id: i32,
        pub(super) chat: Chat,
        pub(super) date: i64,
        pub(super) message_thread_id: Option<i32>,
        #[serde(default)]
        pub(super) is_topic_message: bool,
        pub(super) from: Option<User>,
        pub(super) sender_chat: Option<Id>,
        pub(super) text: Option<String>,
        pub(super) forward_origin: Option<IgnoredAny>,
        /// In place of the origin, from servers before Bot API 7.0.
        pub(super) forward_date: Option<IgnoredAny>,
        pub(super) via_bot: Option<IgnoredAny>,
        pub(super) reply_to_message: Option<MessageId>,
        pub(super) migrate_to_chat_id: Option<i64>,
        #[serde(default)]
        pub(super) reply_markup: Markup,
        pub(super) left_chat_member: Option<IgnoredAny>,
        pub(super) forum_topic_closed: Option<IgnoredAny>,
        pub(super) general_forum_topic_hidden: Option<IgnoredAny>,
    }

    /// What stands under a message; anything but our buttons is passed over.
    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Markup {
        Buttons { inline_keyboard: Vec<Vec<Button>> },
        Other(IgnoredAny),
    }

    impl Default for Markup {
        fn default() -> Self {
            Markup::Other(IgnoredAny)
        }
    }

    #[derive(Deserialize)]
    pub(super) struct Button {
        pub(super) callback_data: Option<String>,
    }

    #[derive(Deserialize)]
    pub(super) struct Id {
        pub(super) id: i64,
    }

    #[derive(Deserialize)]
    pub(super) struct MessageId {
        pub(super) message_id: i32,
    }

    #[derive(Deserialize)]
    pub(super) struct Callback {
        pub(super) id: String,
        pub(super) from: User,
        pub(super) message: Option<Message>,
        #[serde(default)]
        pub(super) data: String,
    }

    #[derive(Deserialize)]
    pub(super) struct Membership {
        pub(super) chat: Chat,
        pub(super) from: User,
        pub(super) new_chat_member: Member,
    }

    #[derive(Deserialize)]
    pub(super) struct Member {
        pub(super) status: MemberStatus,
        pub(super) is_member: Option<bool>,
        /// Of a restricted member of a group.
        pub(super) can_send_messages: Option<bool>,
        /// Of an administrator of a channel.
        pub(super) can_post_messages: Option<bool>,
    }
}

impl From<wire::User> for User {
    fn from(user: wire::User) -> Self {
        let name = match user.last_name {
            Some(last) => format!("{} {last}", user.first_name),
            None => user.first_name,
        };
        User { id: user.id, is_bot: user.is_bot, name, username: user.username }
    }
}

impl From<wire::Message> for Message {
    fn from(message: wire::Message) -> Self {
        // Whoever writes as a chat comes with a bot of Telegram's in place of a user.
        let is_of_bot =
            message.sender_chat.is_none() && message.from.as_ref().is_some_and(|from| from.is_bot);
        let is_passed_on = message.forward_origin.is_some()
            || message.forward_date.is_some()
            || message.via_bot.is_some()
            || is_of_bot;
        Message {
            id: message.message_id,
            chat: message.chat,
            thread: message.message_thread_id.filter(|_| message.is_topic_message),
            is_farewell: message.left_chat_member.is_some()
                || message.forum_topic_closed.is_some()
                || message.general_forum_topic_hidden.is_some(),
            from: message.from.map(User::from),
            sender_chat: message.sender_chat.map(|chat| chat.id),
            text: message.text,
            is_passed_on,
            date: UnixMillis(message.date.saturating_mul(1000)),
            reply_to: message.reply_to_message.map(|reply| reply.message_id),
            migrate_to: message.migrate_to_chat_id,
        }
    }
}

impl From<wire::Callback> for Callback {
    fn from(callback: wire::Callback) -> Self {
        let mut message = callback.message;
        // The date of a message out of reach is 0. Source: <https://core.telegram.org/bots/api#inaccessiblemessage>.
        let buttons =
            message.as_mut().filter(|message| message.date != 0).map(
                |message| match std::mem::take(&mut message.reply_markup) {
                    wire::Markup::Buttons { inline_keyboard } => {
                        let buttons = inline_keyboard.into_iter().flatten();
                        buttons.filter_map(|button| button.callback_data).collect()
                    }
                    wire::Markup::Other(_) => Vec::new(),
                },
            );
        let message = message.map(Message::from);
        Callback {
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
            let now = change.new_chat_member;
            UpdateKind::MyChatMember(Membership {
                may_write: match change.chat.kind {
                    ChatKind::Channel => now.can_post_messages,
                    ChatKind::Private | ChatKind::Group | ChatKind::Supergroup => {
                        now.can_send_messages
                    }
                },
                chat: change.chat,
                from: change.from.into(),
                new_status: now.status,
                is_member: now.is_member,
            })
        }
        Ok(_) | Err(_) => UpdateKind::Other,
    };
    Some(Update { id, kind })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn message(extra: &Value) -> Value {
        let mut message = json!({
            "message_id": 5, "date": 1_760_000_000,
            "chat": {"id": -100_123, "type": "supergroup", "title": "Views & <friends>", "is_forum": true},
            "from": {"id": 42, "is_bot": false, "first_name": "Ana", "last_name": "Núñez", "username": "ana", "language_code": "es"},
            "text": "/watch dQw4w9WgXcQ",
            "entities": [{"offset": 0, "length": 6, "type": "bot_command"}]
        });
        for (key, value) in extra.as_object().unwrap() {
            message[key] = value.clone();
        }
        json!({"update_id": 7, "message": message})
    }

    fn parse_json(value: &Value) -> Option<Update> {
        parse_update(&value.to_string())
    }

    fn read(value: &Value) -> Message {
        match parse_json(value) {
            Some(Update { id: 7, kind: UpdateKind::Message(message) }) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_in_a_topic_is_read_whole() {
        let found = read(&message(&json!({"message_thread_id": 9, "is_topic_message": true})));
        let ana = User {
            id: 42,
            is_bot: false,
            name: "Ana Núñez".to_owned(),
            username: Some("ana".to_owned()),
        };
        assert_eq!(
            found,
            Message {
                id: 5,
                chat: Chat { id: -100_123, kind: ChatKind::Supergroup },
                thread: Some(9),
                from: Some(ana),
                sender_chat: None,
                text: Some("/watch dQw4w9WgXcQ".to_owned()),
                is_passed_on: false,
                is_farewell: false,
                date: UnixMillis(1_760_000_000_000),
                reply_to: None,
                migrate_to: None,
            }
        );
    }

    #[test]
    fn the_thread_of_a_reply_outside_topics_is_not_taken_for_a_topic() {
        let reply = json!({"message_thread_id": 3, "reply_to_message": {"message_id": 3, "date": 1, "chat": {"id": 1, "type": "private"}}});
        let found = read(&message(&reply));
        assert_eq!((found.thread, found.reply_to), (None, Some(3)));
    }

    #[test]
    fn a_migration_and_an_anonymous_administrator_are_seen() {
        let found = read(&message(&json!({"migrate_to_chat_id": -100_999_i64})));
        assert_eq!(found.migrate_to, Some(-100_999));
        let found = read(&message(
            &json!({"sender_chat": {"id": -100_123, "type": "supergroup", "title": "x"}}),
        ));
        assert_eq!(found.sender_chat, Some(-100_123));
    }

    #[test]
    fn what_was_forwarded_or_written_by_another_bot_is_told_from_what_somebody_wrote() {
        for passed_on in [
            json!({"forward_origin": {"type": "user", "date": 1, "sender_user": {"id": 7, "is_bot": false, "first_name": "Ben"}}}),
            json!({"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Ben"}}),
            json!({"forward_from": {"id": 7, "is_bot": false, "first_name": "Ben"}, "forward_date": 1}),
            json!({"via_bot": {"id": 8, "is_bot": true, "first_name": "gif", "username": "gif"}}),
            json!({"from": {"id": 8, "is_bot": true, "first_name": "echo", "username": "echo"}}),
        ] {
            assert!(read(&message(&passed_on)).is_passed_on, "{passed_on}");
        }
        for written in [
            json!({}),
            json!({"from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group"}, "sender_chat": {"id": -100, "type": "supergroup", "title": "G"}}),
            json!({"quote": {"text": "x", "position": 0}, "external_reply": {"origin": {"type": "user", "date": 1}}}),
        ] {
            assert!(!read(&message(&written)).is_passed_on, "{written}");
        }
    }

    #[test]
    fn what_telegram_adds_later_does_not_hide_a_command() {
        let found = read(&message(&json!({
            "entities": [{"offset": 0, "length": 6, "type": "hologram"}],
            "paid_hologram": {"stars": "many"}
        })));
        assert_eq!(found.text.as_deref(), Some("/watch dQw4w9WgXcQ"));
    }

    #[test]
    fn the_press_of_a_button_is_read_even_when_its_message_is_out_of_reach() {
        let found = parse_json(&json!({"update_id": 8, "callback_query": {
            "id": "4382bfdwdsb323b2d9", "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
            "message": {"message_id": 6, "date": 0, "chat": {"id": 42, "type": "private", "first_name": "Ana"}},
            "chat_instance": "1", "data": "mute:17:1h"
        }}));
        let Some(Update { id: 8, kind: UpdateKind::Callback(callback) }) = found else {
            panic!("{found:?}")
        };
        assert_eq!(callback.data, "mute:17:1h");
        assert_eq!(callback.buttons, None, "nobody knows what it has");
        assert_eq!(callback.message_id, Some(6));
        assert_eq!(callback.chat.map(|chat| chat.id), Some(42));
    }

    #[test]
    fn the_press_of_a_button_comes_with_what_its_message_has() {
        let buttons = |markup: Value| {
            let found = parse_json(&json!({"update_id": 8, "callback_query": {
                "id": "1", "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
                "message": {"message_id": 6, "date": 1_760_000_000, "text": "x", "reply_markup": markup,
                            "chat": {"id": 42, "type": "private", "first_name": "Ana"}},
                "chat_instance": "1", "data": "list:1"
            }}));
            match found.map(|update| update.kind) {
                Some(UpdateKind::Callback(callback)) => callback.buttons,
                other => panic!("{other:?}"),
            }
        };
        let keyboard = json!({"inline_keyboard": [
            [{"text": "Mute 1 h", "callback_data": "mute:1h:17"}, {"text": "Watch it", "url": "https://youtu.be/x"}],
            [{"text": "Stop", "callback_data": "stop:17", "style": "danger"}]
        ]});
        let known = ["mute:1h:17", "stop:17"].map(str::to_owned).to_vec();
        assert_eq!(buttons(keyboard), Some(known));
        for odd in [Value::Null, json!({}), json!({"inline_keyboard": 5}), json!("x")] {
            assert_eq!(buttons(odd), Some(Vec::new()));
        }
    }

    #[test]
    fn a_block_is_seen_without_waiting_for_a_failed_message() {
        let found = parse_json(&json!({"update_id": 9, "my_chat_member": {
            "chat": {"id": 42, "type": "private", "first_name": "Ana"}, "date": 1,
            "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
            "old_chat_member": {"status": "member", "user": {"id": 1, "is_bot": true, "first_name": "bell"}},
            "new_chat_member": {"status": "kicked", "user": {"id": 1, "is_bot": true, "first_name": "bell"}, "until_date": 0}
        }}));
        let Some(Update { kind: UpdateKind::MyChatMember(change), .. }) = found else {
            panic!("{found:?}")
        };
        assert_eq!(change.new_status, MemberStatus::Kicked);
        assert_eq!(change.chat.kind, ChatKind::Private);
    }

    #[test]
    fn rights_that_were_given_back_are_seen_and_lacking_ones_end_nothing() {
        let change = |kind: &str, member: &Value| {
            let update = json!({"update_id": 9, "my_chat_member": {
                "chat": {"id": -100_123, "type": kind, "title": "x"}, "date": 1,
                "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
                "old_chat_member": {"status": "left", "user": {"id": 1}}, "new_chat_member": member
            }});
            match parse_json(&update) {
                Some(Update { kind: UpdateKind::MyChatMember(change), .. }) => {
                    change.is_reachable()
                }
                other => panic!("{other:?}"),
            }
        };
        for (member, expected) in [
            (json!({"status": "member"}), Some(true)),
            (json!({"status": "administrator", "can_manage_chat": true}), Some(true)),
            (
                json!({"status": "restricted", "is_member": true, "can_send_messages": true}),
                Some(true),
            ),
            (json!({"status": "restricted", "is_member": true, "can_send_messages": false}), None),
            (
                json!({"status": "restricted", "is_member": false, "can_send_messages": true}),
                Some(false),
            ),
            (json!({"status": "left"}), Some(false)),
            (json!({"status": "kicked", "until_date": 0}), Some(false)),
            (json!({"status": "hologram"}), None),
        ] {
            assert_eq!(change("supergroup", &member), expected, "{member}");
        }
        for (may, expected) in [(true, Some(true)), (false, None)] {
            let member = json!({"status": "administrator", "can_post_messages": may});
            assert_eq!(change("channel", &member), expected, "{may}");
        }
    }

    #[test]
    fn what_says_that_somebody_left_is_told_from_a_sign_of_life() {
        let without_text = |extra: &Value| {
            let mut update = message(extra);
            update["message"].as_object_mut().unwrap().remove("text");
            read(&update).is_farewell
        };
        for farewell in [
            json!({"left_chat_member": {"id": 1, "is_bot": true, "first_name": "bell"}}),
            json!({"forum_topic_closed": {}, "message_thread_id": 9, "is_topic_message": true}),
            json!({"general_forum_topic_hidden": {}}),
        ] {
            assert!(without_text(&farewell), "{farewell}");
        }
        for life in [
            json!({"photo": []}),
            json!({"forum_topic_reopened": {}, "message_thread_id": 9, "is_topic_message": true}),
            json!({"new_chat_members": [{"id": 1, "is_bot": true, "first_name": "bell"}]}),
        ] {
            assert!(!without_text(&life), "{life}");
        }
    }

    #[test]
    fn an_update_of_unknown_shape_keeps_its_id() {
        for odd in [
            json!({"update_id": 10, "hologram": {}}),
            json!({"update_id": 10, "message": "not an object"}),
            json!({"update_id": 10, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "hologram"}}}),
            json!({"update_id": 10}),
        ] {
            assert_eq!(parse_json(&odd), Some(Update { id: 10, kind: UpdateKind::Other }));
        }
        for lost in [
            json!({"message": {}}),
            json!(5),
            json!({"update_id": "x"}),
            json!({"update_id": -1}),
            json!({"update_id": 1_i64 << 53}),
            json!({"update_id": i64::MAX}),
        ] {
            assert_eq!(parse_json(&lost), None);
        }
    }

    #[test]
    fn another_reader_of_the_api_finds_the_same() {
        // serde_json sorts keys, and teloxide wants `update_id` in front: true for this fixture in either order.
        let text = format!(
            r#"{{"update_id":7,"message":{}}}"#,
            message(&json!({"message_thread_id": 9, "is_topic_message": true}))["message"]
        );
        let theirs: teloxide::types::Update = serde_json::from_str(&text).unwrap();
        let ours = read(&serde_json::from_str(&text).unwrap());
        let teloxide::types::UpdateKind::Message(theirs) = theirs.kind else { panic!() };
        assert_eq!(theirs.id.0, ours.id);
        assert_eq!(theirs.chat.id.0, ours.chat.id);
        assert_eq!(theirs.text(), ours.text.as_deref());
        assert_eq!(theirs.thread_id.map(|thread| thread.0.0), ours.thread);
        assert_eq!(theirs.date.timestamp_millis(), ours.date.0);
        assert_eq!(theirs.from.map(|user| user.full_name()), ours.from.map(|user| user.name));
    }
}
