//! The channels that a configuration switches on: one client each, for whoever sends.

use std::sync::Arc;

use super::StartError;
use crate::config::Config;
use crate::deliver::Rates;
use crate::model::{Channel, Clock};
use crate::notify::Notifier;
use crate::notify::telegram::{Telegram, TelegramOptions};
use crate::notify::webhook::Webhook;

/// The clients of all channels; nothing is sent by making them.
pub struct Channels {
    /// The bot, and how fast it may send.
    pub(super) telegram: Option<(Telegram, Rates)>,
    /// Signed webhooks.
    pub(super) webhook: Option<Webhook>,
}

impl Channels {
    /// Makes the clients of the sections that there are.
    ///
    /// # Errors
    ///
    /// One line when a client can't be made.
    pub fn new(config: &Config, clock: &Clock) -> Result<Channels, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Other(error.to_string());
        let webhook = |options| Webhook::new(options, Arc::clone(clock));
        Ok(Channels {
            telegram: config.telegram.as_ref().map(telegram).transpose()?,
            webhook: config
                .webhook
                .as_ref()
                .map(webhook)
                .transpose()
                .map_err(|error| failed(&error))?,
        })
    }

    /// What sends to a channel; `None`: it is off.
    #[must_use]
    pub fn notifier(self, channel: Channel) -> Option<Arc<dyn Notifier>> {
        match channel {
            Channel::Telegram => self.telegram.map(|(client, _)| Arc::new(client) as _),
            Channel::Webhook => self.webhook.map(|webhook| Arc::new(webhook) as _),
            Channel::Recorder => None,
        }
    }
}

fn telegram(options: &TelegramOptions) -> Result<(Telegram, Rates), StartError> {
    let rates = Rates {
        per_s: options.rate_per_s,
        chat_per_s: options.chat_rate_per_s,
        group_per_min: options.group_rate_per_min,
    };
    let client = Telegram::new(options).map_err(|error| StartError::Other(error.to_string()))?;
    Ok((client, rates))
}
