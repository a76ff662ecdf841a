//! The traits through which commands reach the outside: [`Lookup`] asks YouTube, [`Administrators`] and [`Reply`] reach the chat
//! service. `app` implements them.

use std::borrow::Cow;
use std::time::Duration;

use async_trait::async_trait;

use crate::model::{Address, Body, Owner, Snapshot, SubjectRef, UnixMillis, VideoId};
use crate::store::Beginning;

/// Somebody, by the id that the chat service gives them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PersonId(pub String);

/// A message of ours, by the id that the chat service gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId(pub String);

/// A video that was just looked at.
#[derive(Debug, Clone)]
pub struct Looked {
    /// What was seen.
    pub snapshot: Snapshot,
    /// Where the poller begins with it.
    pub beginning: Beginning,
}

/// A channel or playlist that was just looked up.
#[derive(Debug, Clone)]
pub struct LookedSubject {
    /// What the watch is to be stored as: the channel of a handle, or the handle itself.
    pub subject: SubjectRef,
    /// Its title.
    pub title: Option<String>,
    /// How many videos it has, where the answer says.
    pub members: Option<u64>,
    /// Where so many lists are watched that a new video of this one may stay unseen for longer than a quarter of an hour:
    /// for how long, and with how many lists it would not.
    pub delay: Option<(Duration, usize)>,
}

/// Who wants to know: looks that cost units of YouTube's are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    /// The lane of the chat, which is the same for all its topics.
    pub chat: String,
    /// Whose limits count in the chat: all chats of an owner together may have a few times as many looks as one.
    pub owner: Owner,
    /// How many looks the chat may have on a day of YouTube's; `None`: any number.
    pub looks_max: Option<u32>,
}

/// Why there is no answer from outside just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The day's quota is gone.
    #[error("the quota is used up until {until}")]
    QuotaUsedUp {
        /// When there is quota again.
        until: UnixMillis,
    },
    /// What people may spend of it is gone; polling has its own share.
    #[error("people's share of the quota is used up until {until}")]
    ShareUsedUp {
        /// When there is quota again.
        until: UnixMillis,
    },
    /// This chat has had as many looks as it may.
    #[error("this chat has looked {looks_max} times; it may again at {until}")]
    ChatUsedUp {
        /// How many it may have on a day.
        looks_max: u32,
        /// When it may look again.
        until: UnixMillis,
    },
    /// All chats of the owner together have had as many looks as they may.
    #[error("the chats of its owner have looked {looks_max} times; they may again at {until}")]
    OwnerUsedUp {
        /// How many they may have on a day.
        looks_max: u32,
        /// When they may look again.
        until: UnixMillis,
    },
    /// The operator has to change the key.
    #[error("the API key is refused")]
    KeyRefused,
    /// Nothing came back; the text says what was tried, in one line.
    #[error("no answer: {0}")]
    Unreachable(String),
}

impl LookupError {
    /// Whether it concerns whoever asks alone: others may get an answer.
    #[must_use]
    pub fn is_of_the_asker(&self) -> bool {
        matches!(self, LookupError::ChatUsedUp { .. } | LookupError::OwnerUsedUp { .. })
    }

    /// Whether nothing was asked, because nothing was left to be spent.
    #[must_use]
    pub fn is_for_lack_of_units(&self) -> bool {
        match self {
            LookupError::QuotaUsedUp { .. }
            | LookupError::ShareUsedUp { .. }
            | LookupError::ChatUsedUp { .. }
            | LookupError::OwnerUsedUp { .. } => true,
            LookupError::KeyRefused | LookupError::Unreachable(_) => false,
        }
    }
}

/// Asks YouTube what only it knows. What was asked a moment ago may be answered from memory. Why there is no answer is logged
/// here, in sum.
///
/// Every method ends in bounded time: whoever wrote waits, and so do all later updates of the chat.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Looks at a video; `None`: unknown or private. One that was seen before and is gone now may also come as a
    /// snapshot that says so.
    async fn video(&self, id: &VideoId, asker: &Asker) -> Result<Option<Looked>, LookupError>;

    /// Looks up a channel, handle or playlist; `None`: there is none.
    async fn subject(
        &self,
        subject: &SubjectRef,
        asker: &Asker,
    ) -> Result<Option<LookedSubject>, LookupError>;
}

/// The chat service does not say just now who is an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSaid;

/// Asks the chat service who decides for a chat of several people. Ends in bounded time, like [`Lookup`], and logs like it why
/// there is no answer.
#[async_trait]
pub trait Administrators: Send + Sync {
    /// Whether a person may decide for a chat.
    async fn is_administrator(&self, chat: &Address, person: &PersonId) -> Result<bool, NotSaid>;
}

/// Why an answer did not arrive; one line for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReplyError(pub String);

/// All that is said to one question, where the service takes it in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// A message.
    pub message: Option<Body>,
    /// What replaces the message whose button was pressed.
    pub replacement: Option<Body>,
    /// A line for whoever pressed a button: plain text.
    pub toast: Option<Cow<'static, str>>,
    /// It is a refusal, or nothing for others: whoever asked alone is to see it.
    pub is_for_asker: bool,
}

/// Answers whoever wrote. These are no alerts: what gets lost here is not sent again.
#[async_trait]
pub trait Reply: Send + Sync {
    /// Sends a message. Where too many wait, whoever has the most gives way: `owner` is whose limits count in the chat.
    async fn message(&self, to: &Address, owner: &Owner, message: Body) -> Result<(), ReplyError>;

    /// Answers a pressed button; without text it only ends the wait.
    async fn toast(&self, callback: &str, text: &str);

    /// Replaces one of our messages; `owner` as there.
    async fn edit(&self, to: &Address, owner: &Owner, which: &MessageId, message: Body);

    /// Answers what came under an id of its own ([`Along::question`]): then none of the others is called.
    ///
    /// [`Along::question`]: crate::control::Along::question
    async fn answer(&self, question: &str, _said: Said) -> Result<(), ReplyError> {
        Err(ReplyError(format!("there is no question {question}")))
    }
}
