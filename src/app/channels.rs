//! The channels that a configuration switches on: what sends to each, and how fast.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::StartError;
use crate::config::Config;
use crate::deliver::{Limiter, Rates};
use crate::draw::Painter;
use crate::links::Links;
use crate::model::{Channel, Clock};
use crate::notify::Notifier;
use crate::notify::discord::{Discord, DiscordOptions, DiscordWebhook, Refusals};
use crate::notify::email::{Email, EmailOptions};
use crate::notify::telegram::{Telegram, TelegramOptions};
use crate::notify::webhook::{Webhook, WebhookOptions};

/// What sends to the channels that are on; nothing is sent by making it.
pub struct Channels {
    pub(super) senders: Vec<Sender>,
    /// The bot, to which people write as well.
    pub(super) telegram: Option<TelegramBot>,
    /// The same in Discord.
    pub(super) discord: Option<Discord>,
    /// What sends mails.
    pub(super) email: Option<Email>,
    /// Draws the pictures of what is sent.
    pub(super) painter: Painter,
}

/// What sends to one channel, and how fast.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) notifier: Arc<dyn Notifier>,
    /// Shared with whoever else sends there.
    pub(super) limiter: Arc<Limiter>,
}

/// What sends to Discord.
struct DiscordWays {
    /// The bot, where there is a token.
    bot: Option<(Discord, Sender)>,
    webhook: Sender,
}

/// What speaks for the bot, and within which limits.
pub(super) struct TelegramBot {
    pub(super) client: Telegram,
    pub(super) limiter: Arc<Limiter>,
}

impl Channels {
    /// Makes the clients of the sections that there are. Drawing pictures belongs to `tracker`. `links`: those in mails, where
    /// there are pages.
    ///
    /// # Errors
    ///
    /// One line when a client can't be made.
    pub fn new(
        config: &Config,
        clock: &Clock,
        links: Option<&Arc<Links>>,
        tracker: &TaskTracker,
    ) -> Result<Channels, StartError> {
        let painter = Painter::new(tracker.clone());
        let discord = config.discord.as_ref().map(discord).transpose()?;
        let telegram = config.telegram.as_ref().map(telegram).transpose()?;
        let webhook = config.webhook.as_ref().map(|options| webhook(options, clock)).transpose()?;
        let email =
            config.email.as_ref().map(|options| email(options, links, clock)).transpose()?;
        let sender = |channel| match channel {
            Channel::Telegram => telegram.as_ref().map(TelegramBot::sender),
            Channel::Email => email.as_ref().map(|(_, sender)| sender.clone()),
            Channel::Webhook => webhook.clone(),
            Channel::Discord => {
                discord.as_ref().and_then(|ways| Some(ways.bot.as_ref()?.1.clone()))
            }
            Channel::DiscordWebhook => discord.as_ref().map(|ways| ways.webhook.clone()),
            Channel::Recorder => None,
        };
        let senders = Channel::ALL.into_iter().filter_map(sender).collect();
        let discord = discord.and_then(|ways| ways.bot).map(|(client, _)| client);
        let email = email.map(|(client, _)| client);
        Ok(Channels { senders, telegram, discord, email, painter })
    }

    /// What sends to a channel; `None`: it is off.
    #[must_use]
    pub fn notifier(&self, channel: Channel) -> Option<Arc<dyn Notifier>> {
        let sender = self.senders.iter().find(|sender| sender.notifier.channel() == channel)?;
        Some(Arc::clone(&sender.notifier))
    }
}

impl TelegramBot {
    fn sender(&self) -> Sender {
        let notifier = Arc::new(self.client.clone());
        Sender { notifier, limiter: Arc::clone(&self.limiter) }
    }
}

fn telegram(options: &TelegramOptions) -> Result<TelegramBot, StartError> {
    let client = Telegram::new(options).map_err(|error| failed(&error))?;
    let limiter = limiter(Rates {
        per_s: options.rate_per_s,
        chat_per_s: options.chat_rate_per_s,
        group_per_min: options.group_rate_per_min,
    });
    Ok(TelegramBot { client, limiter })
}

/// Webhooks, and a bot where there is a token. Both are behind one address, which Discord bans as a whole.
fn discord(options: &DiscordOptions) -> Result<DiscordWays, StartError> {
    let refusals = Refusals::default();
    // What single channels take, the clients learn from Discord.
    let rates = Rates { per_s: options.rate_per_s, ..Rates::default() };
    let bot = options.token.as_ref().map(|_| Discord::new(options, &refusals)).transpose();
    let bot = bot.map_err(|error| failed(&error))?;
    let webhook = DiscordWebhook::new(options, &refusals).map_err(|error| failed(&error))?;
    Ok(DiscordWays {
        bot: bot.map(|client| {
            let sender = Sender { notifier: Arc::new(client.clone()), limiter: limiter(rates) };
            (client, sender)
        }),
        webhook: Sender { notifier: Arc::new(webhook), limiter: limiter(rates) },
    })
}

fn webhook(options: &WebhookOptions, clock: &Clock) -> Result<Sender, StartError> {
    let webhook = Webhook::new(options, Arc::clone(clock)).map_err(|error| failed(&error))?;
    Ok(Sender { notifier: Arc::new(webhook), limiter: limiter(Rates::default()) })
}

fn email(
    options: &EmailOptions,
    links: Option<&Arc<Links>>,
    clock: &Clock,
) -> Result<(Email, Sender), StartError> {
    let email = Email::new(options, links.cloned(), Arc::clone(clock));
    let email = email.map_err(|error| failed(&error))?;
    let rates = Rates { per_s: options.rate_per_min / 60.0, ..Rates::default() };
    let sender = Sender { notifier: Arc::new(email.clone()), limiter: limiter(rates) };
    Ok((email, sender))
}

fn limiter(rates: Rates) -> Arc<Limiter> {
    Arc::new(Limiter::new(rates, Instant::now()))
}

fn failed(error: &dyn std::fmt::Display) -> StartError {
    StartError::Other(error.to_string())
}
