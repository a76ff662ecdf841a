//! Stage 7: brings one notification to one destination.
//!
//! In: an [`Outgoing`] whose body is already rendered. Out: a [`Receipt`], or a [`SendError`] that says who has to
//! change something. Whether to try again is decided in `deliver`, never here.

mod attached;
pub mod discord;
pub mod email;
pub mod recorder;
pub mod telegram;
pub mod webhook;

use std::time::Duration;

use async_trait::async_trait;

pub(crate) use webhook::host_of;

use crate::model::{Address, Body, Channel};

/// One notification on its way. A retry is the same in every field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Stable over retries and restarts, unique among all installations: 13 characters of base32.
    pub id: String,
    /// Where to.
    pub address: Address,
    /// What. Each notifier sends the kinds that its service takes and refuses the others as
    /// [`SendError::Rejected`].
    pub body: Body,
    /// The picture of the body as PNG, if it has one that can be drawn. It is drawn before there is a slot for the message.
    pub png: Option<Vec<u8>>,
    /// Without a sound: it comes late.
    pub silent: bool,
}

impl Outgoing {
    fn png(&self) -> Option<&[u8]> {
        self.png.as_deref()
    }

    /// Refuses it: the body is none of those that `channel` takes. It says nothing of what is in it.
    fn refused_by(&self, channel: Channel) -> SendError {
        let kind = self.body.kind().name();
        SendError::Rejected(format!("a body of kind `{kind}` is none for {channel}"))
    }
}

/// What the channel calls the message: its id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

/// Why a notification was not taken, sorted by who has to change something.
///
/// The texts hold no token, no URL and nothing of the answer beyond the channel's own description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nobody: the channel wants this destination to wait, for so long if it says.
    #[error("asked to wait{}", .after.map(|d| format!(" {} s", d.as_secs())).unwrap_or_default())]
    Wait {
        /// How long, obeyed in full.
        after: Option<Duration>,
    },
    /// Nobody: the recipient takes nothing for now and names no time (greylisted, a full mailbox). Whoever is put off again and again
    /// is asked less and less often.
    #[error("not taken for now: {answer}")]
    Deferred {
        /// How long it takes at least until another attempt is worth it.
        at_least: Duration,
        /// What was answered.
        answer: String,
    },
    /// Nobody: the channel has said what its limits allow, and this is more. Nothing was asked for, so it is no attempt.
    #[error("held back for {} s by what the channel said of its limits", .after.as_secs_f32().ceil())]
    Held {
        /// How long, until the channel takes it.
        after: Duration,
    },
    /// Nobody: this attempt was answered by a failure, and another may not be (a 500 for this request alone).
    #[error("{0}")]
    Transient(String),
    /// Nobody: no connection to this receiver, which says nothing of others (refused, timed out, a name that stands for
    /// nothing we may call). The request was certainly not delivered.
    #[error("{0}")]
    NoConnection(String),
    /// Nobody: the channel as a whole can't be reached (DNS, refused connection, 502/503/504).
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// Nobody knows: the request went out and no answer came. It may have arrived.
    #[error("no answer: {0}")]
    Ambiguous(String),
    /// The message: it will never be taken like this.
    #[error("refused: {0}")]
    Rejected(String),
    /// The message, or we: refused by policy. From one recipient alone it is about the message; from one after another it is about
    /// whoever sends.
    #[error("refused by policy: {0}")]
    Policy(String),
    /// The recipient, for now: we lack rights there, a topic is closed. It may pass, and nobody tells us then.
    #[error("not allowed: {0}")]
    Barred(String),
    /// The recipient: blocked, deleted, 410.
    #[error("recipient gone: {0}")]
    Gone(String),
    /// The recipient has a new address for good.
    #[error("moved to {0}")]
    Moved(Address),
    /// We: the credentials are wrong.
    #[error("credentials refused: {0}")]
    Unauthorized(String),
}

/// A channel's way of sending. One request per call, no retries, a time-out on every step.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Which channel this is.
    fn channel(&self) -> Channel;

    /// How long the channel takes no other message there, as far as it has said so: waiting for it costs no request, and is
    /// remembered over a restart.
    fn rest(&self, _to: &Address) -> Duration {
        Duration::ZERO
    }

    /// Sends one notification.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError>;

    /// Puts another body in the place of a message that was sent. What stands there already is no failure, so a retry does
    /// no harm.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. [`SendError::Rejected`] where the message is gone or can't be changed any more, and for every
    /// message of a channel that has no edits.
    async fn edit(&self, _sent: &Receipt, _outgoing: &Outgoing) -> Result<(), SendError> {
        Err(SendError::Rejected(format!("messages of {} can't be changed", self.channel())))
    }
}
