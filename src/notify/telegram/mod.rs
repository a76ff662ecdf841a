//! Telegram: sends messages as a bot, and reads what people write to it.
//!
//! The requests and the types of their bodies are teloxide's; the HTTP client is ours, because teloxide's sleeps inside
//! every 5xx, gives up a long poll after 17 s and hides the waits that Telegram asks for. Nothing here sleeps, retries
//! or limits: the limiter stands in `deliver`.

mod attached;
mod classify;
mod client;
mod methods;
mod update;

pub use classify::{ApiError, Conflict, classify};
pub use client::{SetupError, Telegram};
pub use methods::{Bot, PollError};
pub(crate) use update::ChatKind;
pub use update::{
    Callback, Chat, MemberStatus, Membership, Message, Update, UpdateKind, User, parse_update,
};

use async_trait::async_trait;
use secrecy::SecretString;

use crate::model::{Address, Body, Channel, ChatMessage};

use super::{Notifier, Outgoing, Receipt, SendError};

/// The section `[telegram]`.
#[derive(Debug, Clone)]
pub struct TelegramOptions {
    /// The bot's token, as @`BotFather` gives it.
    pub token: SecretString,
    /// Where the Bot API is; another one for a local server or the demo.
    pub api_url: String,
    /// Messages per second over all chats; 0 is unlimited.
    pub rate_per_s: f64,
    /// Messages per second in one chat; 0 is unlimited.
    pub chat_rate_per_s: f64,
    /// Messages per minute in one group or channel; 0 is unlimited.
    pub group_rate_per_min: f64,
}

impl TelegramOptions {
    /// The options of a bot at `https://api.telegram.org`, with the rates Telegram names.
    /// Source: <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        TelegramOptions {
            token,
            api_url: "https://api.telegram.org".to_owned(),
            rate_per_s: 30.0,
            chat_rate_per_s: 1.0,
            group_rate_per_min: 20.0,
        }
    }
}

#[async_trait]
impl Notifier for Telegram {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let (chat, thread, message) = self.read(outgoing)?;
        let id = self.send_message(chat, thread, message, outgoing.png(), outgoing.silent).await?;
        Ok(Receipt(id.to_string()))
    }

    async fn edit(&self, sent: &Receipt, outgoing: &Outgoing) -> Result<(), SendError> {
        let (chat, _, message) = self.read(outgoing)?;
        let id = sent.0.parse();
        let id = id.map_err(|_| SendError::Rejected("not a message of Telegram's".to_owned()))?;
        self.edit_message(chat, id, message, outgoing.png()).await
    }
}

impl Telegram {
    /// Where something goes, and what.
    fn read<'o>(
        &self,
        outgoing: &'o Outgoing,
    ) -> Result<(i64, Option<i32>, &'o ChatMessage), SendError> {
        let Address::Telegram { chat, thread } = outgoing.address else {
            return Err(SendError::Rejected("not a Telegram address".to_owned()));
        };
        let Body::Chat(message) = &outgoing.body else {
            return Err(outgoing.refused_by(self.channel()));
        };
        Ok((chat, thread, message))
    }
}
