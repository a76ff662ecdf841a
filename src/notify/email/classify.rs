//! What a failure of a mail server means for us: pure, no network.
//!
//! Until the recipient is named, what fails is the same for all mails: it concerns the channel. From `RCPT` on, an answer
//! concerns this recipient or this mail alone, whatever it says: a receiver could otherwise stop all mails by its words. What is
//! refused by policy is told apart, because it is about us where one recipient after another is refused.
//!
//! Codes: RFC 5321, section 4.2; enhanced codes: RFC 3463, and the registry at
//! <https://www.iana.org/assignments/smtp-enhanced-status-codes> (read 2026-11).

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

#[cfg(test)]
mod tests;

use std::time::Duration;

use secrecy::SecretString;

use super::reply::{Enhanced, Reply};
use crate::http::{Line, clean};
use crate::model::EmailAddress;
use crate::notify::SendError;

/// Longest answer of a server that is taken over, in characters.
const WORDS: Line = Line { max_chars: 300, gap: Some(' '), rest: Some('…') };

/// How long a recipient waits at least that is greylisted or busy. Most greylists ask for five minutes.
const BUSY: Duration = Duration::from_secs(5 * 60);

/// How long one waits whose mailbox is full, or when we have sent too much. Source: RFC 5321, section 4.5.4.1.
const FULL: Duration = Duration::from_secs(30 * 60);

/// How far a conversation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Connect,
    Greeting,
    Hello,
    StartTls,
    Tls,
    SignIn,
    Reset,
    Sender,
    Recipient,
    Data,
    Content,
    /// From the final dot on.
    End,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Step::Connect => "connecting",
            Step::Greeting => "the greeting",
            Step::Hello => "EHLO",
            Step::StartTls => "STARTTLS",
            Step::Tls => "the TLS handshake",
            Step::SignIn => "AUTH",
            Step::Reset => "RSET",
            Step::Sender => "MAIL",
            Step::Recipient => "RCPT",
            Step::Data => "DATA",
            Step::Content => "the mail itself",
            Step::End => "the final dot",
        }
    }
}

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server says no, or not now.
    Refused { step: Step, reply: Reply },
    /// The connection could not be made, was lost, or made no sense.
    Lost { step: Step, cause: String },
    /// The server offers no STARTTLS, or somebody on the way has taken the offer out.
    NoTls,
    /// Its certificate is not that of the host, or of nobody whom we know.
    Certificate(String),
    /// It has no way to sign in that we know.
    NoSignIn,
    /// Our own address holds other letters than ASCII, and the server takes none.
    SenderNotAscii,
    /// The recipient's does.
    RecipientNotAscii,
    /// All connections are taken.
    Busy,
}

impl Failure {
    /// No answer came in time.
    pub(super) fn silent(step: Step) -> Failure {
        Failure::Lost { step, cause: "no answer in time".to_owned() }
    }

    /// Whether nothing of it is about the mail: on a connection that was used before, a new one may do better. The server has
    /// closed it, or has had enough of it.
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            Failure::Lost { step, .. } => *step < Step::End,
            Failure::Refused { step: Step::Reset, .. } => true,
            Failure::Refused { step, reply } => *step < Step::End && reply.code == 421,
            Failure::NoTls
            | Failure::Certificate(_)
            | Failure::NoSignIn
            | Failure::SenderNotAscii
            | Failure::RecipientNotAscii
            | Failure::Busy => false,
        }
    }

    /// Whether the mail is too large: it may be taken without its picture.
    pub(super) fn is_of_the_size(&self) -> bool {
        let Failure::Refused { step: Step::Sender | Step::Data | Step::Content | Step::End, reply } =
            self
        else {
            return false;
        };
        match reply.enhanced() {
            Some(enhanced) => matches!((enhanced.subject, enhanced.detail), (2, 3) | (3, 4)),
            None => reply.code == 552,
        }
    }
}

/// What the texts of errors must not hold, and what it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hidden<'a> {
    /// The recipient: of the name, the first letter may be shown.
    pub(super) to: Option<&'a EmailAddress>,
    /// How we sign in.
    pub(super) secrets: &'a [SecretString],
}

impl Hidden<'_> {
    /// A text of the server's in one line.
    pub(super) fn words(self, text: &str) -> String {
        // Servers repeat what they were told, or as people read it.
        let text = match self.to {
            Some(to) => masked(&masked(text, to.as_str(), to), &to.readable(), to),
            None => text.to_owned(),
        };
        clean(&text, WORDS, self.secrets)
    }
}

/// A text with an address as others may see it; servers write it in letters of either size.
fn masked(text: &str, written: &str, address: &EmailAddress) -> String {
    // Only ASCII is folded, so all places stay where they are.
    let (lower, sought) = (text.to_ascii_lowercase(), written.to_ascii_lowercase());
    let mut masked = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, found) in lower.match_indices(&sought) {
        masked.push_str(text.get(rest..at).unwrap_or_default());
        masked.push_str(&address.masked());
        rest = at + found.len();
    }
    masked.push_str(text.get(rest..).unwrap_or_default());
    masked
}

/// Says who has to change something.
pub(super) fn classify(failure: &Failure, hidden: Hidden<'_>) -> SendError {
    match failure {
        Failure::Refused { step, reply } => {
            let text = hidden.words(&format!("{} {}", reply.code, reply.words()));
            refused(*step, reply, text.trim_end().to_owned())
        }
        Failure::Lost { step, cause } => lost(*step, &hidden.words(cause)),
        // A mistake of the configuration or an attack: in either case nothing may be sent, and all mails wait.
        Failure::NoTls => SendError::Unreachable(
            "the mail server offers no encryption (STARTTLS), so nothing is sent there".to_owned(),
        ),
        Failure::Certificate(cause) => SendError::Unreachable(hidden.words(&format!(
            "the certificate of the mail server is not accepted, so nothing is sent there: {cause}"
        ))),
        Failure::NoSignIn => SendError::Unauthorized(
            "the mail server takes no password (AUTH PLAIN or LOGIN) on this connection".to_owned(),
        ),
        Failure::SenderNotAscii => SendError::Unauthorized(
            "the mail server takes no sender with letters beyond ASCII (SMTPUTF8): change email.from"
                .to_owned(),
        ),
        // It may pass, as another server may be written into the configuration.
        Failure::RecipientNotAscii => SendError::Barred(
            "the mail server takes no address with letters beyond ASCII (SMTPUTF8)".to_owned(),
        ),
        Failure::Busy => SendError::Held { after: Duration::from_secs(5) },
    }
}

fn lost(step: Step, cause: &str) -> SendError {
    let text = format!("{cause}, at {}", step.name());
    match step {
        Step::Connect
        | Step::Greeting
        | Step::Hello
        | Step::StartTls
        | Step::Tls
        | Step::SignIn
        | Step::Reset
        | Step::Sender => SendError::Unreachable(text),
        // A server that hangs up on one recipient or on one mail must not hold up the others for ever; one that hangs up on
        // all of them pauses the channel all the same.
        Step::Recipient | Step::Data | Step::Content => SendError::Transient(text),
        Step::End => SendError::Ambiguous(text),
    }
}

fn refused(step: Step, reply: &Reply, text: String) -> SendError {
    let is_for_now = reply.class() == 4;
    match step {
        // One server stands behind all recipients, and it turns us away.
        Step::Connect | Step::Greeting | Step::Hello | Step::StartTls | Step::Tls | Step::Reset => {
            SendError::Unreachable(text)
        }
        Step::SignIn if is_for_now => SendError::Unreachable(text),
        Step::SignIn => SendError::Unauthorized(text),
        // All mails have the same sender: what is wrong with it is wrong with all of them, so they wait for the operator and
        // none is lost.
        Step::Sender if is_for_now => SendError::Unreachable(text),
        Step::Sender => sender(reply, text),
        Step::Recipient | Step::Data | Step::Content | Step::End if is_for_now => {
            SendError::Deferred { at_least: wait(reply), answer: text }
        }
        // "Sign in first", behind a sender who was taken: words of a receiver, or those of a server that tells everybody so. Several
        // in a row pause the channel.
        Step::Recipient | Step::Data | Step::Content | Step::End
            if matches!(reply.code, 530 | 534 | 535 | 538) =>
        {
            SendError::Transient(text)
        }
        Step::Recipient => recipient(reply, true, text),
        Step::Data | Step::Content | Step::End => recipient(reply, false, text),
    }
}

fn wait(reply: &Reply) -> Duration {
    match (reply.code, reply.enhanced()) {
        // The mailbox is full (4.2.2), or the disk behind it (4.3.1).
        (_, Some(Enhanced { subject: 2, detail: 2 } | Enhanced { subject: 3, detail: 1 })) => FULL,
        (_, Some(_)) => BUSY,
        (452, None) => FULL,
        (_, None) => BUSY,
    }
}

fn sender(reply: &Reply, text: String) -> SendError {
    match reply.enhanced().map(|enhanced| (enhanced.subject, enhanced.detail)) {
        // It is about this mail after all: its size, its letters.
        Some((2, 3) | (3, 4) | (6, _)) => SendError::Rejected(text),
        // So much a day.
        Some((4, 5)) => SendError::Unreachable(text),
        Some(_) => SendError::Unauthorized(text),
        None if reply.code == 552 => SendError::Rejected(text),
        None => SendError::Unauthorized(text),
    }
}

/// A refusal for good. Only what says that there is nobody is [`SendError::Gone`], as that switches an address off.
///
/// `is_of_rcpt`: it came before the mail itself, so a code alone is about the address, and else it is about the mail.
fn recipient(reply: &Reply, is_of_rcpt: bool, text: String) -> SendError {
    if let Some(Enhanced { subject, detail }) = reply.enhanced() {
        return match (subject, detail) {
            // Our own address is bad, or its domain.
            (1, 7 | 8) => SendError::Policy(text),
            // Something about some address; a host on the way that is none.
            (1, 0 | 9) => SendError::Rejected(text),
            // No such mailbox, host or address; moved without a trace; a domain that takes no mail.
            (1, _) => SendError::Gone(text),
            // It is switched off.
            (2, 1) => SendError::Gone(text),
            // Full, or something else of a mailbox that may pass.
            (2, 0 | 2) => SendError::Barred(text),
            // We have sent too much for today.
            (4, 5) => SendError::Deferred { at_least: FULL, answer: text },
            // No way there: name servers and routes are mended.
            (4, _) => SendError::Barred(text),
            (7, _) => SendError::Policy(text),
            // A list that can't be expanded, the size, the system, the protocol, the content; and 5.0.0, which says nothing and
            // must not switch an address off.
            _ => SendError::Rejected(text),
        };
    }
    match reply.code {
        // Without storage: it may pass.
        552 => SendError::Barred(text),
        // The host takes no mail (RFC 7504).
        521 | 556 if is_of_rcpt => SendError::Gone(text),
        550 | 554 if is_of_rcpt && is_of_policy(&text) => SendError::Policy(text),
        550 | 551 | 553 if is_of_rcpt => SendError::Gone(text),
        _ => SendError::Rejected(text),
    }
}

/// Whether the words of a refusal without an enhanced code speak of us and not of an address. In doubt they do: that loses a
/// mail, and the other an address.
fn is_of_policy(text: &str) -> bool {
    const WORDS: [&str; 24] = [
        "spam",
        "black",
        "block",
        "deny",
        "denied",
        "policy",
        "policies",
        "reputation",
        "dnsbl",
        "rbl",
        "spf",
        "dkim",
        "dmarc",
        "relay",
        "not allowed",
        "not permitted",
        "prohibited",
        "banned",
        "listed",
        "virus",
        "rate",
        "too many",
        "authentic",
        "tls",
    ];
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}
