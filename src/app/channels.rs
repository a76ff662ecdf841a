//! The channels that a configuration switches on: one client each, for whoever sends.

use std::sync::Arc;

use tokio::time::Instant;

use super::StartError;
use crate::config::Config;
use crate::deliver::{Limiter, Rates};
use crate::model::{Channel, Clock};
use crate::notify::Notifier;
use crate::notify::telegram::{Telegram, TelegramOptions};
use crate::notify::webhook::Webhook;

/// The clients of all channels; nothing is sent by making them.
pub struct Channels {
    /// The bot, and how fast it may send.
    pub(super) telegram: Option<(Telegram, Rates)>,
    /// Signed webhooks.
    webhook: Option<Arc<Webhook>>,
}

/// What sends to one channel, and how fast.
pub(super) struct Sender {
    pub(super) notifier: Arc<dyn Notifier>,
    /// Shared with whoever else sends there.
    pub(super) limiter: Arc<Limiter>,
}

impl Channels {
    /// Makes the clients of the sections that there are.
    ///
    /// # Errors
    ///
    /// One line when a client can't be made.
    pub fn new(config: &Config, clock: &Clock) -> Result<Channels, StartError> {
        let failed = |error: &dyn std::fmt::Display| StartError::Other(error.to_string());
        let webhook = |options| Webhook::new(options, Arc::clone(clock)).map(Arc::new);
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
    pub fn notifier(&self, channel: Channel) -> Option<Arc<dyn Notifier>> {
        Some(self.client(channel)?.0)
    }

    /// What sends to a channel, and its rates.
    fn client(&self, channel: Channel) -> Option<(Arc<dyn Notifier>, Rates)> {
        match channel {
            Channel::Telegram => {
                let (client, rates) = self.telegram.as_ref()?;
                Some((Arc::new(client.clone()) as _, *rates))
            }
            Channel::Webhook => {
                let webhook = Arc::clone(self.webhook.as_ref()?);
                Some((webhook as _, Rates::default()))
            }
            Channel::Recorder => None,
        }
    }

    /// Who sends to each channel that is on, from `now` on.
    pub(super) fn senders(&self, now: Instant) -> Vec<Sender> {
        let clients = Channel::ALL.into_iter().filter_map(|channel| self.client(channel));
        let sender =
            |(notifier, rates)| Sender { notifier, limiter: Arc::new(Limiter::new(rates, now)) };
        clients.map(sender).collect()
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
