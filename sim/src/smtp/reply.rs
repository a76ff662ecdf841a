//! Replies: a code, an enhanced code that says more, and a text for people.
//!
//! Source: RFC 5321, section 4.2; RFC 3463 for enhanced codes, RFC 4954 for those of `AUTH`.

use std::fmt;

/// What a code of three digits is about, as in `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enhanced(pub u8, pub u16, pub u16);

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What the server answers, in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Three digits.
    pub code: u16,
    /// Stands before the text.
    pub enhanced: Option<Enhanced>,
    /// One line of ASCII.
    pub text: &'static str,
}

impl Reply {
    /// The server closes down, or the connection.
    pub const CLOSING: Reply = Reply::new(421, Enhanced(4, 3, 2), "service not available");
    /// The server has enough of this client for now.
    pub const TOO_MANY_CONNECTIONS: Reply =
        Reply::new(421, Enhanced(4, 7, 0), "too many connections");
    /// Enough letters over one connection.
    pub const TOO_MANY_MESSAGES: Reply =
        Reply::new(421, Enhanced(4, 7, 0), "too many messages in this connection");
    /// Come back later: whoever does is no spammer.
    pub const GREYLISTED: Reply =
        Reply::new(450, Enhanced(4, 7, 1), "greylisted, please try again later");
    /// Something broke on the server.
    pub const LOCAL_ERROR: Reply = Reply::new(451, Enhanced(4, 3, 0), "local error in processing");
    /// The disk of the server is full.
    pub const NO_STORAGE: Reply = Reply::new(452, Enhanced(4, 3, 1), "insufficient system storage");
    /// `STARTTLS` can't be had just now.
    pub const NO_TLS_NOW: Reply =
        Reply::new(454, Enhanced(4, 7, 0), "TLS not available due to temporary reason");
    /// Name or password is wrong.
    pub const AUTH_FAILED: Reply =
        Reply::new(535, Enhanced(5, 7, 8), "authentication credentials invalid");
    /// There is nobody of this address.
    pub const NO_MAILBOX: Reply = Reply::new(550, Enhanced(5, 1, 1), "no such user here");
    /// The server does not like the letter, whoever it is for.
    pub const POLICY: Reply = Reply::new(550, Enhanced(5, 7, 1), "message refused by policy");
    /// The mailbox holds no more.
    pub const MAILBOX_FULL: Reply = Reply::new(552, Enhanced(5, 2, 2), "mailbox full");
    /// The letter is longer than the server takes.
    pub const TOO_LARGE: Reply =
        Reply::new(552, Enhanced(5, 3, 4), "message size exceeds fixed limit");

    /// A reply with an enhanced code.
    #[must_use]
    pub const fn new(code: u16, enhanced: Enhanced, text: &'static str) -> Reply {
        Reply { code, enhanced: Some(enhanced), text }
    }

    /// A reply without: greetings, `EHLO`, and replies that ask to go on.
    #[must_use]
    pub const fn bare(code: u16, text: &'static str) -> Reply {
        Reply { code, enhanced: None, text }
    }

    /// Whether it refuses what was asked.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        self.code >= 400
    }

    /// Whether the server hangs up behind it.
    pub(super) const fn is_last(self) -> bool {
        matches!(self.code, 221 | 421 | 521)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.enhanced {
            Some(enhanced) => write!(f, "{} {enhanced} {}", self.code, self.text),
            None => write!(f, "{} {}", self.code, self.text),
        }
    }
}
