//! What the sandbox remembers for those who look: requests, answers to buttons, counters.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::params::Params;

/// One request to the Bot API.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Counted from 1.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// The method as documented (`sendMessage`), or as asked for when there is none.
    pub method: String,
    /// The parameters.
    pub params: Params,
    /// The files that came along, by the names of their parts.
    pub files: Vec<String>,
    /// Names of parameters that the method does not have. The real server passes over them in silence.
    pub unknown: Vec<String>,
    /// The status of the answer; 0 until there is one.
    pub status: u16,
    /// The description of a refusal.
    pub error: Option<String>,
}

/// What the bot answered to a press of a button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackAnswer {
    /// The id that [`press`](super::TelegramSandbox::press) returned.
    pub id: String,
    /// Who pressed.
    pub user: i64,
    /// Shown for a moment; may be empty.
    pub text: String,
    /// As a dialogue instead.
    pub alert: bool,
}

/// A command in the bot's menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotCommand {
    /// Without the slash.
    pub command: String,
    /// What it does.
    pub description: String,
}

/// How often things happened, since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Requests of any kind.
    pub requests: u64,
    /// Messages of the bot that were stored.
    pub sent: u64,
    /// Edits that were stored.
    pub edited: u64,
    /// Presses of buttons that were answered.
    pub answered: u64,
    /// Requests answered with 429.
    pub too_many: u64,
    /// Messages sent to a chat before the wait it was told was over.
    pub impatient: u64,
    /// Requests answered with another refusal, 4xx or 5xx.
    pub refused: u64,
    /// Parameters that the method does not have.
    pub unknown_parameters: u64,
    /// Updates that were confirmed by the bot.
    pub confirmed: u64,
}
