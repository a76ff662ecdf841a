//! What Telegram tells, as what every chat service may tell.

use crate::control::{Author, Incoming, IncomingKind, MessageId, PersonId};
use crate::model::Address;
use crate::notify::telegram::{Chat, ChatKind, Update, UpdateKind, User};
use crate::store::UpdateMark;

/// What an update of Telegram's means to us.
pub(super) fn incoming(update: Update, source: &str) -> Incoming {
    let mark = UpdateMark { source: source.to_owned(), update_id: update.id };
    Incoming::new(Some(mark), kind(update.kind))
}

fn kind(update: UpdateKind) -> IncomingKind {
    match update {
        UpdateKind::Message(message) => {
            let destination = address(&message.chat, message.thread);
            if let Some(to) = message.migrate_to {
                return IncomingKind::Migrated {
                    from: Address::Telegram { chat: message.chat.id, thread: None },
                    to: Address::Telegram { chat: to, thread: None },
                };
            }
            let Some(text) = message.text else {
                // Photos, stickers and what members do have no text: nothing is asked of us.
                return match message.is_farewell {
                    true => IncomingKind::Other,
                    false => IncomingKind::Alive { destination },
                };
            };
            IncomingKind::Message {
                destination,
                private: message.chat.kind == ChatKind::Private,
                // Whoever writes as a chat comes with a placeholder for a user, which stands for nobody.
                author: match message.sender_chat {
                    Some(sender) if sender == message.chat.id => Author::Chat,
                    Some(sender) => Author::OtherChat(sender.to_string()),
                    None => {
                        message.from.map_or(Author::Unnamed, |from| Author::Person(person(&from)))
                    }
                },
                text,
                is_passed_on: message.is_passed_on,
            }
        }
        UpdateKind::Callback(callback) => {
            let Some(chat) = &callback.chat else { return IncomingKind::Other };
            IncomingKind::Button {
                callback_id: callback.id,
                destination: address(chat, callback.thread),
                private: chat.kind == ChatKind::Private,
                person: person(&callback.from),
                message: callback.message_id.map(|id| MessageId(id.to_string())),
                data: callback.data,
                buttons: callback.buttons,
            }
        }
        UpdateKind::MyChatMember(membership) => {
            let Some(reachable) = membership.is_reachable() else { return IncomingKind::Other };
            IncomingKind::Membership {
                chat: address(&membership.chat, None),
                private: membership.chat.kind == ChatKind::Private,
                // A bot adds for somebody whom we can't see.
                by: (!membership.from.is_bot).then(|| person(&membership.from)),
                reachable,
                reason: "the bot was blocked or removed".to_owned(),
            }
        }
        UpdateKind::Other => IncomingKind::Other,
    }
}

fn address(chat: &Chat, thread: Option<i32>) -> Address {
    Address::Telegram { chat: chat.id, thread }
}

fn person(user: &User) -> PersonId {
    PersonId(user.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnixMillis;
    use crate::notify::telegram::Message;

    #[test]
    fn who_stands_in_for_a_chat_that_writes_is_nobody() {
        let group = Chat { id: -100_123, kind: ChatKind::Supergroup };
        let author = |sender_chat: Option<i64>| {
            let message = Message {
                id: 1,
                chat: group.clone(),
                thread: None,
                from: Some(User { id: 7, is_bot: true, name: "Group".to_owned(), username: None }),
                sender_chat,
                text: Some("/list".to_owned()),
                is_passed_on: false,
                is_farewell: false,
                date: UnixMillis(0),
                reply_to: None,
                migrate_to: None,
            };
            match kind(UpdateKind::Message(message)) {
                IncomingKind::Message { author, .. } => author,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(author(Some(-100_123)), Author::Chat);
        assert_eq!(author(Some(-100_999)), Author::OtherChat("-100999".to_owned()));
        assert_eq!(author(None), Author::Person(PersonId("7".to_owned())));
    }
}
