//! Discord: sends messages as a bot, to channels and people, and by webhooks of channels.
//!
//! The requests are our own: libraries for Discord hide the headers of an answer that is no success, with them the waits that
//! it asks for, and write the URL, with it the token of a webhook, into their errors. Nothing here sleeps or retries; what the
//! announced limits don't allow is [`SendError::Held`].

mod bans;
mod buckets;
mod classify;
mod client;
mod host;
mod interactions;
mod message;
mod person;
mod place;
mod sending;

pub use bans::Refusals;
pub use client::SetupError;
pub use interactions::{Asked, GatewayFound, Response};
pub use sending::Pictured;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Body, Channel, DiscordHook};

use super::{Notifier, Outgoing, Receipt, SendError};
use buckets::Route;
use classify::By;
use client::{Api, Call, Content, Verb};
use person::Conversations;
use place::{Place, VERSION};
use sending::Made;

/// The section `[discord]`.
#[derive(Debug, Clone)]
pub struct DiscordOptions {
    /// The bot's token; without one there are webhooks alone.
    pub token: Option<SecretString>,
    /// Where Discord is; another one for a stand-in.
    pub api_url: String,
    /// Messages per second, of the bot and of all webhooks together; 0 is unlimited.
    pub rate_per_s: f64,
}

impl DiscordOptions {
    /// The options at `https://discord.com`, with the rate that Discord names.
    /// Source: <https://docs.discord.com/developers/topics/rate-limits#global-rate-limit> (read 2026-11).
    #[must_use]
    pub fn new(token: Option<SecretString>) -> Self {
        DiscordOptions { token, api_url: host::DISCORD.to_owned(), rate_per_s: 50.0 }
    }
}

/// Says whether a webhook is one that may be asked, where Discord is at `api_url`.
///
/// # Errors
///
/// A line for the person who wrote it, which does not repeat it.
pub(crate) fn check_hook(hook: &DiscordHook, api_url: &str) -> Result<(), String> {
    host::base_of(hook, api_url).map(drop)
}

/// Our own account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bot {
    /// Its id, which is that of its application, too.
    #[serde(deserialize_with = "sending::id")]
    pub id: u64,
    /// Its name.
    pub username: String,
}

/// A bot. Cheap to clone; clones share connections, limits and what is known of people.
#[derive(Clone)]
pub struct Discord {
    api: Api,
    conversations: Arc<Mutex<Conversations>>,
}

/// What writes by webhooks.
#[derive(Clone)]
pub struct DiscordWebhook {
    api: Api,
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").field("api", &self.api).finish_non_exhaustive()
    }
}

impl fmt::Debug for DiscordWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordWebhook").field("api", &self.api).finish()
    }
}

impl Discord {
    /// Makes a client; sends nothing. `refusals` counts for all that share our address.
    ///
    /// # Errors
    ///
    /// See [`SetupError`]; there must be a token.
    pub fn new(options: &DiscordOptions, refusals: &Refusals) -> Result<Discord, SetupError> {
        let token = options.token.as_ref().ok_or(SetupError::Token)?;
        let api = Api::new(options, Some(token), refusals)?;
        Ok(Discord { api, conversations: Arc::default() })
    }

    /// Whether it speaks to Discord itself, and to nothing that stands in for it.
    #[must_use]
    pub fn is_at_discord(&self) -> bool {
        host::is_discord(&self.api.url)
    }

    /// Asks who we are: the cheapest test of a token.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn get_me(&self) -> Result<Bot, SendError> {
        let call = self.call(Verb::Get, "/users/@me", Route::WhoAmI);
        self.api.ask(&call, Content::<()>::Nothing).await
    }

    /// Makes a message in a channel or a private conversation; its id there.
    ///
    /// `nonce`: a message of the same one that was sent within the last minutes is answered once more, and not made again.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn send_message(
        &self,
        channel: u64,
        message: Pictured<'_>,
        silent: bool,
        nonce: Option<&str>,
    ) -> Result<u64, SendError> {
        let place = (Place::Channel(channel), self.api.url.as_str());
        self.api.send(place, message, silent, nonce).await
    }

    /// Puts another message in the place of one of ours.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn edit_message(
        &self,
        channel: u64,
        stands: u64,
        message: Pictured<'_>,
    ) -> Result<(), SendError> {
        let place = (Place::Channel(channel), self.api.url.as_str());
        self.api.edit(place, stands, message).await
    }

    /// The channel of the private conversation with somebody, which is begun if there is none.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn conversation_with(&self, person: u64) -> Result<u64, SendError> {
        #[derive(Serialize)]
        struct Begin {
            recipient_id: String,
        }
        if let Some(channel) = self.conversations().with(person) {
            return Ok(channel);
        }
        let call = self.call(Verb::Post, "/users/@me/channels", Route::Converse);
        let begin = Begin { recipient_id: person.to_string() };
        let made: Made = self.api.ask(&call, Content::Json(&begin)).await?;
        self.conversations().found(person, made.id);
        Ok(made.id)
    }

    fn call(&self, verb: Verb, path: &str, route: Route) -> Call {
        let url = format!("{}{VERSION}{path}", self.api.url);
        Call { verb, url, by: By::Bot, route, of: 0, secrets: Vec::new() }
    }

    fn conversations(&self) -> MutexGuard<'_, Conversations> {
        // They are whole after every call.
        self.conversations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel that an address is.
    async fn channel_of(&self, address: &Address) -> Result<u64, SendError> {
        match address {
            Address::Discord(channel) => Ok(*channel),
            Address::DiscordPerson(person) => self.conversation_with(*person).await,
            _ => Err(SendError::Rejected("not a Discord address".to_owned())),
        }
    }
}

impl DiscordWebhook {
    /// Makes a client; sends nothing. `refusals` counts for all that share our address.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn new(
        options: &DiscordOptions,
        refusals: &Refusals,
    ) -> Result<DiscordWebhook, SetupError> {
        Ok(DiscordWebhook { api: Api::new(options, None, refusals)? })
    }

    /// The webhook that an address is, and where it is.
    fn place<'a>(&'a self, address: &'a Address) -> Result<(Place<'a>, &'a str), SendError> {
        let Address::DiscordWebhook(hook) = address else {
            return Err(SendError::Rejected("not a webhook of Discord's".to_owned()));
        };
        // Asked at every attempt: where Discord is may have been changed since the watch was made.
        let url = host::base_of(hook, &self.api.url).map_err(SendError::Rejected)?;
        Ok((Place::Hook(hook), url))
    }
}

/// What an outgoing message says.
fn message(outgoing: &Outgoing, channel: Channel) -> Result<Pictured<'_>, SendError> {
    match &outgoing.body {
        Body::Embed(message) => Ok(Pictured { message, png: outgoing.png() }),
        Body::Chat(_) | Body::Mail(_) | Body::Json(_) | Body::Text(_) => {
            Err(outgoing.refused_by(channel))
        }
    }
}

/// A message of Discord's as a receipt names it: its id, behind that of its channel where that is not in the address.
fn named(receipt: &Receipt) -> Result<(Option<u64>, u64), SendError> {
    let (channel, message) = match receipt.0.split_once('/') {
        None => (None, receipt.0.parse().ok()),
        Some((channel, message)) => (channel.parse().ok(), message.parse().ok()),
    };
    let message = message.filter(|_| channel.is_some() || !receipt.0.contains('/'));
    let message = message.ok_or(SendError::Rejected("not a message of Discord's".to_owned()))?;
    Ok((channel, message))
}

#[async_trait]
impl Notifier for Discord {
    fn channel(&self) -> Channel {
        Channel::Discord
    }

    fn rest(&self, to: &Address) -> Duration {
        let channel = match to {
            Address::Discord(channel) => Some(*channel),
            Address::DiscordPerson(person) => self.conversations().with(*person),
            _ => None,
        };
        channel.map_or(Duration::ZERO, |channel| self.api.rest(channel))
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let message = message(outgoing, self.channel())?;
        let channel = self.channel_of(&outgoing.address).await?;
        let sent = self.send_message(channel, message, outgoing.silent, Some(&outgoing.id)).await;
        if let (Err(SendError::Gone(_)), Address::DiscordPerson(person)) =
            (&sent, &outgoing.address)
        {
            self.conversations().lost(*person);
        }
        sent.map(|id| Receipt(format!("{channel}/{id}")))
    }

    async fn edit(&self, sent: &Receipt, outgoing: &Outgoing) -> Result<(), SendError> {
        let message = message(outgoing, self.channel())?;
        let (channel, id) = named(sent)?;
        let channel = match (channel, &outgoing.address) {
            (Some(channel), Address::Discord(_) | Address::DiscordPerson(_)) => channel,
            _ => self.channel_of(&outgoing.address).await?,
        };
        self.edit_message(channel, id, message).await
    }
}

#[async_trait]
impl Notifier for DiscordWebhook {
    fn channel(&self) -> Channel {
        Channel::DiscordWebhook
    }

    fn rest(&self, to: &Address) -> Duration {
        let Address::DiscordWebhook(hook) = to else { return Duration::ZERO };
        self.api.rest(hook.id)
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let place = self.place(&outgoing.address)?;
        let message = message(outgoing, self.channel())?;
        let id = self.api.send(place, message, outgoing.silent, None).await?;
        Ok(Receipt(id.to_string()))
    }

    async fn edit(&self, sent: &Receipt, outgoing: &Outgoing) -> Result<(), SendError> {
        let place = self.place(&outgoing.address)?;
        let message = message(outgoing, self.channel())?;
        let (_, id) = named(sent)?;
        self.api.edit(place, id, message).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_a_message_with_or_without_its_channel() {
        for (receipt, expected) in [
            ("7", Some((None, 7))),
            ("5/7", Some((Some(5), 7))),
            ("", None),
            ("5/", None),
            ("/7", None),
            ("x/7", None),
            ("msg_1", None),
        ] {
            assert_eq!(named(&Receipt(receipt.to_owned())).ok(), expected, "{receipt}");
        }
    }

    #[test]
    fn no_token_is_in_any_debug_output_and_none_that_would_bend_a_request_is_taken() {
        let options = DiscordOptions::new(Some(SecretString::from("s3c.r3t")));
        let refusals = Refusals::default();
        let bot = Discord::new(&options, &refusals).unwrap();
        let hook = DiscordWebhook::new(&options, &refusals).unwrap();
        assert!(!format!("{options:?} {bot:?} {hook:?}").contains("s3c"));
        for token in ["", "a b", "a\r\nx: y", "ä", "Bot x"] {
            let options = DiscordOptions::new(Some(SecretString::from(token)));
            let error = Discord::new(&options, &refusals).unwrap_err();
            assert!(matches!(error, SetupError::Token), "{token:?}");
        }
        for url in ["", "discord.com", "ftp://x", "https://u:s3cret@x", "https://x/?s3cret"] {
            let options = DiscordOptions { api_url: url.to_owned(), ..options.clone() };
            let error = DiscordWebhook::new(&options, &refusals).unwrap_err();
            assert!(matches!(error, SetupError::Url), "{url}");
            assert!(!format!("{error} {error:?}").contains("s3cret"));
        }
    }
}
