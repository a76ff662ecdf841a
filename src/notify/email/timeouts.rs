//! How long each step of a conversation with a mail server may take.

use std::time::Duration;

/// How long we wait at most. Nothing waits without an end.
///
/// Source: RFC 5321, section 4.5.3.2, except for what it does not name: `connect`, `tls`, `quit`, `slot`, `introduce`, `idle`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For its name and for a connection to one of its addresses.
    pub connect: Duration,
    /// For the handshake of TLS.
    pub tls: Duration,
    /// For the greeting, and for the answer to each command but DATA.
    pub command: Duration,
    /// For the answer to DATA.
    pub data: Duration,
    /// For the server to take one block of a mail.
    pub block: Duration,
    /// For the answer to the final dot: until then the server has taken the mail, or not.
    pub end: Duration,
    /// For what is said out of politeness.
    pub quit: Duration,
    /// For one of the connections, while others use them.
    pub slot: Duration,
    /// For all that is said where somebody waits to hear whether it works.
    pub introduce: Duration,
    /// How long a connection that nobody uses is kept: servers close it after some minutes.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        const MINUTE: Duration = Duration::from_secs(60);
        Timeouts {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(30),
            command: 5 * MINUTE,
            data: 2 * MINUTE,
            block: 3 * MINUTE,
            end: 10 * MINUTE,
            quit: Duration::from_secs(2),
            slot: MINUTE,
            introduce: MINUTE,
            idle: Duration::from_secs(30),
        }
    }
}
