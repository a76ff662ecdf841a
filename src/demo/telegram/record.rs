//! What the sandbox remembers for those who look: messages, requests, answers to buttons, counters.

use serde::{Deserialize, Serialize};

use super::entity::Entity;
use super::params::Params;
use crate::model::UnixMillis;

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its label.
    pub text: String,
    /// What comes back when it is pressed.
    #[serde(rename = "callback_data", skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

/// One message in a chat, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: i64,
    /// The chat.
    pub chat: i64,
    /// The topic, in a forum.
    pub thread: Option<i64>,
    /// Who wrote it; `None`: the bot.
    pub from: Option<i64>,
    /// When.
    pub date: UnixMillis,
    /// When it was last edited.
    pub edited: Option<UnixMillis>,
    /// The plain text.
    pub text: String,
    /// What its parts are.
    pub entities: Vec<Entity>,
    /// The text as the request had it, markup included.
    pub html: String,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Whether it came without a sound.
    pub silent: bool,
    /// Whether it may show a preview of its link.
    pub preview: bool,
    /// The message it answers.
    pub reply_to: Option<i64>,
}

/// One request to the Bot API.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Counted from 1.
    pub number: u64,
    /// When it came.
    pub at: UnixMillis,
    /// The method as documented (`sendMessage`), or as asked for when there is none.
    pub method: String,
    /// The parameters.
    pub params: Params,
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
