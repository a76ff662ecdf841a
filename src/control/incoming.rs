//! What came in, the same for every chat service.

use crate::model::Address;
use crate::store::UpdateMark;

/// One update of a chat service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id, stored with what it did.
    pub mark: UpdateMark,
    /// What happened.
    pub kind: IncomingKind,
}

/// Somebody. Names are chosen by their owners: escape them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: i64,
    /// The name.
    pub name: String,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncomingKind {
    /// Somebody wrote.
    Message {
        /// Where, with the topic.
        chat: Address,
        /// A conversation with one person.
        private: bool,
        /// Who wrote.
        user: Option<Person>,
        /// The chat in whose name it was written: the chat itself for its anonymous administrators.
        sender_chat: Option<i64>,
        /// The text.
        text: String,
        /// Who sent it did not write it: it was forwarded, or is another bot's. It may be answered and commands nothing.
        is_passed_on: bool,
    },
    /// Somebody pressed a button.
    Button {
        /// The id to answer to.
        callback_id: String,
        /// Where the message with the button stands, with the topic.
        chat: Address,
        /// A conversation with one person.
        private: bool,
        /// Who pressed.
        user: Person,
        /// The message with the button.
        message_id: Option<i32>,
        /// The button's data. Clients are free to send any.
        data: String,
    },
    /// Something else came from a chat and asks for nothing: a picture, a topic that was opened again. So it is there.
    Alive {
        /// Where, with the topic.
        chat: Address,
    },
    /// The chat can be reached, or can't any more.
    Membership {
        /// The chat, without topic.
        chat: Address,
        /// A conversation with one person.
        private: bool,
        /// Who changed it: whoever added the bot to a group.
        by: Option<Person>,
        /// Whether messages arrive from now on.
        reachable: bool,
        /// Why not, in one line.
        reason: String,
    },
    /// The chat has a new id for good.
    Migrated {
        /// The old address.
        from: Address,
        /// The new one.
        to: Address,
    },
    /// Nothing that we act on.
    Other,
}
