//! What goes wrong on request: the switches of tests.

use super::reply::Reply;

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The client has connected and waits for the greeting.
    Connect,
    /// `EHLO` or `HELO`.
    Hello,
    /// `STARTTLS`, before its answer.
    StartTls,
    /// `AUTH`, when name and password have been told.
    Auth,
    /// `MAIL FROM`.
    Mail,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`, before the letter.
    Data,
    /// The letter itself, of which nothing has been read yet.
    Letter,
    /// The final dot behind the letter.
    Message,
}

/// Something that goes wrong with what would have been accepted; what is refused anyhow meets no fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This instead of the server's answer, and what was asked is not done. 421 and 521 end the connection, as does
    /// any reply to one that has just begun.
    Reply(Reply),
    /// No answer, and a letter is not taken, until [`release`](super::MailSandbox::release): then all goes on as if
    /// nothing had been, if the client is still there.
    Hang,
    /// No answer until the release, but a letter is taken. Before the final dot the same as [`Fault::Hang`].
    HangAfterTaking,
    /// The connection ends without an answer, and a letter is not taken.
    Drop,
    /// The letter is taken, then the connection ends without an answer. Before the final dot the same as
    /// [`Fault::Drop`].
    DropAfterTaking,
}

/// What a [`Fault`] meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    stage: Stage,
    recipient: Option<String>,
}

impl Scope {
    /// Whoever comes to this stage.
    #[must_use]
    pub const fn at(stage: Stage) -> Scope {
        Scope { stage, recipient: None }
    }

    /// The same, only with this recipient, or with this one among others. Nobody has one before `RCPT`.
    #[must_use]
    pub fn to(self, recipient: &str) -> Scope {
        Scope { recipient: Some(recipient.to_owned()), ..self }
    }

    pub(super) fn meets(&self, stage: Stage, recipients: &[String]) -> bool {
        let meant = |wanted: &String| recipients.iter().any(|to| to.eq_ignore_ascii_case(wanted));
        self.stage == stage && self.recipient.as_ref().is_none_or(meant)
    }
}
