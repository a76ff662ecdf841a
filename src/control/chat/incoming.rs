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
    /// What the service tells along with it.
    pub along: Along,
    /// What happened.
    pub kind: IncomingKind,
}

impl Incoming {
    /// An update with which nothing is told along.
    #[must_use]
    pub fn new(mark: Option<UpdateMark>, kind: IncomingKind) -> Incoming {
        Incoming { mark, along: Along::default(), kind }
    }
}

/// What a service tells along with a thing, so that nobody has to ask. By default nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Along {
    /// The group to which the destination belongs, where its address does not say so: the server of a channel. It is let in
    /// as a whole, and counts for whoever brought it in.
    pub group: Option<Address>,
    /// Whether whoever wrote or pressed may decide for the group. `None`: the service is asked.
    pub may_decide: Option<bool>,
    /// The id under which the answer is expected, where it does not go to the chat: see [`Reply::answer`].
    ///
    /// [`Reply::answer`]: crate::control::Reply::answer
    pub question: Option<String>,
    /// What we lack to send there, by the names that the service has for it. `None`: the service does not say.
    pub lacking: Option<Vec<&'static str>>,
    /// The roles that were chosen as options.
    pub roles: Vec<ChosenRole>,
}

impl Along {
    /// Whether what came shows that messages arrive where it came from. An answer to a question needs no right there.
    #[must_use]
    pub fn shows_a_way(&self) -> bool {
        match &self.lacking {
            Some(lacking) => lacking.is_empty(),
            None => self.question.is_none(),
        }
    }
}

/// A role of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenRole {
    /// Its id.
    pub id: u64,
    /// Its name, as typed by whoever gave it.
    pub name: String,
    /// Everyone in the server has it, and it can't be mentioned as a role.
    pub is_everyone: bool,
    /// Whether a message of ours that mentions it would be heard by those who have it.
    pub can_be_mentioned: bool,
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
    /// Somebody gave a command whose parts have names.
    Command {
        /// Where: a channel, or a conversation with one person.
        destination: Address,
        /// A conversation with one person.
        private: bool,
        /// Who.
        person: PersonId,
        /// Its word, such as `watch`.
        word: String,
        /// What was chosen for its options: the name of each, and the value as it would be written.
        options: Vec<(String, String)>,
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
    /// The bot is in a server, or was removed from it: that is all of its places at once.
    Server {
        /// The server.
        server: Address,
        /// Whether the bot is in it.
        is_in: bool,
        /// Why its places are off while it is not, in one line: those that went off for this are on when it is.
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
