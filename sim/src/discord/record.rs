//! What the sandbox remembers for those who look: requests and counters.

use jiff::Timestamp;
use serde_json::Value;

/// One request to the API.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Counted from 1.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// The operation by its name in the specification (`create_message`), or verb and path when there is none.
    pub operation: String,
    /// The channel, webhook, guild, interaction or application that the path begins with.
    pub id: Option<u64>,
    /// What stands behind the `?`.
    pub query: String,
    /// The JSON that it carried; null when none.
    pub body: Value,
    /// The names of the files that came along.
    pub files: Vec<String>,
    /// Names of fields that the operation does not have. The real server passes over them in silence.
    pub unknown: Vec<String>,
    /// The status of the answer; 0 until there is one.
    pub status: u16,
    /// The code of a refusal.
    pub code: Option<u32>,
    /// The message of a refusal, with what is wrong with which field.
    pub error: Option<String>,
}

/// How often things happened, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests of any kind.
    pub requests: u64,
    /// Messages of the bot and of webhooks that were stored, answers to interactions too.
    pub sent: u64,
    /// Messages that were sent again under a nonce that was known: the earlier one was answered.
    pub repeated: u64,
    /// Edits that were stored.
    pub edited: u64,
    /// Messages that were deleted.
    pub deleted: u64,
    /// Interactions that were answered in time.
    pub answered: u64,
    /// Requests answered with 429 by the API, those of a shared limit too.
    pub too_many: u64,
    /// Requests that came before the wait that was told was over.
    pub impatient: u64,
    /// Requests that count as invalid: 401, 403 and 429, but for those of a shared limit.
    pub invalid: u64,
    /// Requests of a banned address.
    pub banned: u64,
    /// Requests answered with another refusal, 4xx or 5xx.
    pub refused: u64,
    /// Fields that the operation does not have.
    pub unknown_fields: u64,
    /// Sessions of the gateway that began.
    pub identified: u64,
    /// Sessions that were gone on with.
    pub resumed: u64,
    /// Heartbeats that came.
    pub heartbeats: u64,
}
