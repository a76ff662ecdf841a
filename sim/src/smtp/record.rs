//! What the server remembers for those who look: letters, commands, counters.

use std::sync::Arc;

use jiff::Timestamp;

use super::letter::Letter;

/// One letter that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Counted from 1.
    pub number: u64,
    /// When it was taken, by the simulation's clock.
    pub at: Timestamp,
    /// The connection it came over, counted from 1.
    pub connection: u64,
    /// Whether that was encrypted.
    pub over_tls: bool,
    /// Who had signed in.
    pub user: Option<String>,
    /// The sender on the envelope; empty for `<>`.
    pub sender: String,
    /// The recipients on the envelope, as they were written.
    pub recipients: Vec<String>,
    /// The letter as it was typed: dots are unstuffed, lines end with CRLF.
    pub raw: Arc<[u8]>,
}

impl Mail {
    /// What it says; `None`: it is no letter at all.
    #[must_use]
    pub fn letter(&self) -> Option<Letter> {
        Letter::parse(&self.raw)
    }

    /// Whether it is for this address.
    #[must_use]
    pub fn is_for(&self, address: &str) -> bool {
        self.recipients.iter().any(|to| to.eq_ignore_ascii_case(address))
    }
}

/// One command, or the final dot of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Counted from 1.
    pub number: u64,
    /// The connection it came over, counted from 1.
    pub connection: u64,
    /// When it came, by the simulation's clock.
    pub at: Timestamp,
    /// The line; of `AUTH` the mechanism alone.
    pub line: String,
    /// The code of the last answer; 0 until there is one.
    pub reply: u16,
}

/// How often things happened, since the start, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Connections since the start.
    pub connections: u64,
    /// Connections that are there now.
    pub connections_now: usize,
    /// Connections that were there at most at one time.
    pub connections_at_most: usize,
    /// Connections that were one too many.
    pub turned_away: u64,
    /// Handshakes of TLS that succeeded.
    pub handshakes: u64,
    /// Times that somebody signed in.
    pub signed_in: u64,
    /// Letters that were taken.
    pub taken: u64,
    /// Answers that refused something: 4xx and 5xx.
    pub refused: u64,
    /// Connections that get no answer now, because of a fault.
    pub hanging: usize,
}
