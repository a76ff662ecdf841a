//! What came in, the same for every chat service.

use crate::control::seams::{MessageId, PersonId};
use crate::model::Address;
use crate::store::UpdateMark;

/// One update of a chat service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Where the service tells an update until it is confirmed: its id, stored with what it did, so that the same one has
    /// no second effect. `None`: the service tells each one once.
    pub mark: Option<UpdateMark>,
    /// What happened.
    pub kind: IncomingKind,
}

/// Who wrote something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A person.
    Person(PersonId),
    /// The chat itself: one of its administrators, who stays unnamed.
    Chat,
    /// Somebody in the name of another chat, which has this id.
    OtherChat(String),
    /// The service does not say who.
    Unnamed,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncomingKind {
    /// Somebody wrote.
    Message {
        /// Where: a chat, or one topic of it.
        destination: Address,
        /// A conversation with one person.
        private: bool,
        /// Who wrote.
        author: Author,
        /// The text.
        text: String,
        /// Who sent it did not write it: it was forwarded, or is another bot's. It may be answered and commands nothing.
        is_passed_on: bool,
    },
    /// Somebody pressed a button.
    Button {
        /// The id to answer to.
        callback_id: String,
        /// Where the message with the button stands: a chat, or one topic of it.
        destination: Address,
        /// A conversation with one person.
        private: bool,
        /// Who pressed.
        person: PersonId,
        /// The message with the button.
        message: Option<MessageId>,
        /// The button's data. Clients are free to send any.
        data: String,
        /// The data of all buttons that the message has; `None`: the chat service does not say so any more.
        buttons: Option<Vec<String>>,
    },
    /// Something else came from a chat and asks for nothing: a picture, a topic that was opened again. So it is there.
    Alive {
        /// Where: a chat, or one topic of it.
        destination: Address,
    },
    /// The chat can be reached, or can't any more.
    Membership {
        /// The chat, without topic.
        chat: Address,
        /// A conversation with one person.
        private: bool,
        /// Who changed it: whoever added the bot to a group.
        by: Option<PersonId>,
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
