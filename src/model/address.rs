//! Where a message goes, as written in watch files and configuration.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::discord_hook::{DiscordHook, snowflake};
use super::email::EmailAddress;
use super::text::excerpt;

/// Longest host that is shown, in characters: that of a name that DNS can know, with its port.
/// Source: RFC 1035, section 2.3.4.
const HOST_MAX_CHARS: usize = 261;

/// Why a text is no destination; repeats the beginning of what can be no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Unknown kind.
    #[error(
        "`{0}` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id>, discord:<channel id>, \
         discord:@<user id>, discord-webhook:<https://…>, email:<name>@<domain> or webhook:<https://…>"
    )]
    Kind(String),
    /// A chat or thread that is not an integer.
    #[error(
        "`{0}` is no Telegram chat: write telegram:<chat id> or telegram:<chat id>/<thread id>, both whole numbers"
    )]
    Telegram(String),
    /// A channel or person of Discord's that is none.
    #[error(
        "`{0}` is no Discord channel: write discord:<channel id>, or discord:@<user id> for a person, both whole numbers; in a \
         link to a channel it is the last number"
    )]
    Discord(String),
    /// A webhook of Discord's that is none. What was written may hold a secret, so nothing of it is repeated.
    #[error(
        "this is no Discord webhook: write discord-webhook:https://discord.com/api/webhooks/<id>/<token>, as the channel's \
         settings show it, with ?thread_id=<id> behind it for one thread"
    )]
    DiscordWebhook,
    /// A mailbox that is none.
    #[error(
        "`{0}` is no e-mail address: write email:<name>@<domain>, as in email:ana@example.org, without a name in front of it"
    )]
    Email(String),
    /// A webhook whose address is not an absolute http(s) URL, of which nothing is repeated either.
    #[error("this is no webhook: write webhook:https://host/path")]
    Webhook,
}

/// One destination.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// `telegram:<chat id>[/<thread id>]`
    Telegram {
        /// The chat; negative for groups and channels.
        chat: i64,
        /// The topic of a forum group.
        thread: Option<i32>,
    },
    /// `discord:<channel id>`: a channel, a thread or a forum post.
    Discord(u64),
    /// `discord:@<user id>`: the private conversation with a person.
    DiscordPerson(u64),
    /// `discord-webhook:<url>`
    DiscordWebhook(DiscordHook),
    /// `email:<address>`
    Email(EmailAddress),
    /// `webhook:<url>`
    Webhook(String),
    /// `recorder:<name>`
    Recorder(String),
}

impl Address {
    /// By what means it is reached.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Address::Telegram { .. } => Channel::Telegram,
            Address::Discord(_) | Address::DiscordPerson(_) => Channel::Discord,
            Address::DiscordWebhook(_) => Channel::DiscordWebhook,
            Address::Email(_) => Channel::Email,
            Address::Webhook(_) => Channel::Webhook,
            Address::Recorder(_) => Channel::Recorder,
        }
    }

    /// The chat without its thread; what has no threads, as it is.
    #[must_use]
    pub fn whole(&self) -> Address {
        match self {
            Address::Telegram { chat, .. } => Address::Telegram { chat: *chat, thread: None },
            Address::DiscordWebhook(hook) => {
                Address::DiscordWebhook(DiscordHook { thread: None, ..hook.clone() })
            }
            Address::Discord(_)
            | Address::DiscordPerson(_)
            | Address::Email(_)
            | Address::Webhook(_)
            | Address::Recorder(_) => self.clone(),
        }
    }

    /// The thing whose limits count, [`Address::whole`] as a text. Lanes are leased by it.
    #[must_use]
    pub fn lane(&self) -> String {
        self.whole().to_string()
    }

    /// Whether it is one thread of a chat, which others of the chat say nothing of.
    #[must_use]
    pub const fn is_thread(&self) -> bool {
        match self {
            Address::Telegram { thread, .. } => thread.is_some(),
            Address::DiscordWebhook(hook) => hook.thread.is_some(),
            Address::Discord(_)
            | Address::DiscordPerson(_)
            | Address::Email(_)
            | Address::Webhook(_)
            | Address::Recorder(_) => false,
        }
    }

    /// Whether it is, or is in, a chat of several people: a group or a channel. Telegram's have negative ids, and of
    /// Discord's every channel is one: what is private has the address of its person. Source: <https://core.telegram.org/bots/api#chat> (2026-11), and the ranges of
    /// <https://core.telegram.org/api/bots/ids>.
    #[must_use]
    pub const fn is_group(&self) -> bool {
        match self {
            Address::Telegram { chat, .. } => *chat < 0,
            Address::Discord(_) => true,
            Address::DiscordPerson(_)
            | Address::DiscordWebhook(_)
            | Address::Email(_)
            | Address::Webhook(_)
            | Address::Recorder(_) => false,
        }
    }

    /// A destination as somebody writes it. A webhook of Discord's that is written as one of others is told so: Discord would
    /// take nothing that is sent there.
    ///
    /// # Errors
    ///
    /// See [`AddressError`].
    pub(crate) fn written(text: &str) -> Result<Address, AddressError> {
        match text.parse()? {
            Address::Webhook(url)
                if url.parse().is_ok_and(|hook: DiscordHook| hook.is_at_discord()) =>
            {
                Err(AddressError::DiscordWebhook)
            }
            address => Ok(address),
        }
    }

    /// A destination as somebody enters it who may leave out what is plain: a mailbox without its kind.
    #[must_use]
    pub fn entered(text: &str) -> Option<Address> {
        match Address::written(text) {
            Ok(address) => Some(address),
            Err(_) if text.contains(':') => None,
            Err(_) => text.parse().ok().map(Address::Email),
        }
    }

    /// What messages are counted by that somebody has us send there unasked, as several addresses may be one mailbox: what stands
    /// behind a `+` is the reader's own, and so are dots and capital letters at the providers that most people have.
    #[must_use]
    pub fn counted_by(&self) -> String {
        match self {
            Address::Email(address) => {
                let name = address.name().split('+').next().unwrap_or_default();
                format!("{}@{}", name.replace('.', ""), address.domain()).to_lowercase()
            }
            Address::Telegram { .. }
            | Address::Discord(_)
            | Address::DiscordPerson(_)
            | Address::DiscordWebhook(_)
            | Address::Webhook(_)
            | Address::Recorder(_) => self.lane(),
        }
    }

    /// What stands in the place of an address that is forgotten: nobody is there, and no configuration sends there.
    #[must_use]
    pub fn nobody(row: i64) -> Address {
        Address::Recorder(format!("erased-{row}"))
    }

    /// The conversation with one person on the same service, which calls them so; `None`: nobody talks there.
    #[must_use]
    pub fn private_chat(&self, person: &str) -> Option<Address> {
        match self {
            Address::Telegram { .. } => {
                person.parse().ok().map(|chat| Address::Telegram { chat, thread: None })
            }
            Address::Discord(_) | Address::DiscordPerson(_) => {
                snowflake(person).map(Address::DiscordPerson)
            }
            Address::DiscordWebhook(_)
            | Address::Email(_)
            | Address::Webhook(_)
            | Address::Recorder(_) => None,
        }
    }

    /// The page on which people see it, in the server that has it; `None`: it is no channel of a server.
    /// Source: the links that Discord's clients copy (2026-11).
    #[must_use]
    pub fn page(&self, server: &Address) -> Option<String> {
        match (server, self) {
            (Address::Discord(server), Address::Discord(channel)) => {
                Some(format!("https://discord.com/channels/{server}/{channel}"))
            }
            _ => None,
        }
    }

    /// Where it is once its chat is `to`: a thread goes along with its chat, unless `to` names one.
    #[must_use]
    pub fn moved(&self, to: &Address) -> Address {
        match (self, to) {
            (Address::Telegram { thread, .. }, Address::Telegram { chat, thread: None }) => {
                Address::Telegram { chat: *chat, thread: *thread }
            }
            _ => to.clone(),
        }
    }

    /// The address for logs and pages, without what may be a secret: a webhook without path and query, one of Discord's by
    /// its id, a mailbox by its domain.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Address::Webhook(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                // A query may follow the host directly, and some take `\\` for `/`.
                let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                let host: String = host.chars().take(HOST_MAX_CHARS).collect();
                format!("webhook:{host}/…")
            }
            Address::Recorder(name) => format!("recorder:{}", excerpt(name)),
            Address::Email(address) => format!("email:{}", address.masked()),
            Address::DiscordWebhook(hook) => format!("discord-webhook:{}/…", hook.id),
            Address::Telegram { .. } | Address::Discord(_) | Address::DiscordPerson(_) => {
                self.to_string()
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Telegram { chat, thread: None } => write!(f, "telegram:{chat}"),
            Address::Telegram { chat, thread: Some(thread) } => {
                write!(f, "telegram:{chat}/{thread}")
            }
            Address::Discord(channel) => write!(f, "discord:{channel}"),
            Address::DiscordPerson(person) => write!(f, "discord:@{person}"),
            Address::DiscordWebhook(hook) => write!(f, "discord-webhook:{hook}"),
            Address::Email(address) => write!(f, "email:{address}"),
            Address::Webhook(url) => write!(f, "webhook:{url}"),
            Address::Recorder(name) => write!(f, "recorder:{name}"),
        }
    }
}

/// What no address holds: it would begin a line, or a word, of its own.
fn is_unruly(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once(':') {
            Some(("telegram", rest)) => {
                let bad = || AddressError::Telegram(excerpt(text).into_owned());
                let (chat, thread) = match rest.split_once('/') {
                    None => (rest, None),
                    Some((chat, thread)) => (chat, Some(thread.parse().map_err(|_| bad())?)),
                };
                Ok(Address::Telegram { chat: chat.parse().map_err(|_| bad())?, thread })
            }
            Some(("discord", rest)) => {
                // What has a slash may be a secret.
                let bad = || match rest.parse::<DiscordHook>() {
                    Ok(_) => AddressError::DiscordWebhook,
                    Err(()) if rest.contains('/') => AddressError::Discord("discord:…".to_owned()),
                    Err(()) => AddressError::Discord(excerpt(text).into_owned()),
                };
                match rest.strip_prefix('@') {
                    Some(person) => snowflake(person).map(Address::DiscordPerson),
                    None => snowflake(rest).map(Address::Discord),
                }
                .ok_or_else(bad)
            }
            Some(("discord-webhook", url)) => {
                url.parse().map(Address::DiscordWebhook).map_err(|()| AddressError::DiscordWebhook)
            }
            Some(("email", rest)) => {
                let bad = || AddressError::Email(excerpt(text).into_owned());
                rest.parse().map(Address::Email).map_err(|()| bad())
            }
            Some(("webhook", url)) => {
                let host = url
                    .strip_prefix("https://")
                    .or_else(|| url.strip_prefix("http://"))
                    .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
                match host {
                    Some(host) if !host.is_empty() && !url.contains(is_unruly) => {
                        Ok(Address::Webhook(url.to_owned()))
                    }
                    _ => Err(AddressError::Webhook),
                }
            }
            Some(("recorder", name)) if !name.is_empty() && !name.contains(is_unruly) => {
                Ok(Address::Recorder(name.to_owned()))
            }
            Some(("https", _)) if text.parse::<DiscordHook>().is_ok() => {
                Err(AddressError::DiscordWebhook)
            }
            // What stands behind a kind may be a secret.
            Some((kind, _)) => Err(AddressError::Kind(excerpt(kind).into_owned())),
            None => Err(AddressError::Kind(excerpt(text).into_owned())),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_holds_spaces_or_control_characters() {
        for text in [
            "recorder:a\u{87}b",
            "recorder:a\nb",
            "webhook:https://a b",
            "webhook:https://a/\u{2028}",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
        assert!("recorder:ана-1".parse::<Address>().is_ok());
    }

    #[test]
    fn a_lane_is_the_chat_without_its_thread_or_the_endpoint() {
        for (text, lane, is_thread, is_group) in [
            ("telegram:5", "telegram:5", false, false),
            ("telegram:5/7", "telegram:5", true, false),
            ("telegram:-100", "telegram:-100", false, true),
            ("telegram:-100/7", "telegram:-100", true, true),
            ("discord:5", "discord:5", false, true),
            ("discord:@5", "discord:@5", false, false),
            (
                "discord-webhook:https://discord.com/api/webhooks/1/t?thread_id=2",
                "discord-webhook:https://discord.com/api/webhooks/1/t",
                true,
                false,
            ),
            ("email:Ana@Example.org", "email:ana@example.org", false, false),
            ("webhook:https://a.org/x:-1", "webhook:https://a.org/x:-1", false, false),
            ("recorder:-1", "recorder:-1", false, false),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.lane(), lane, "{text}");
            assert_eq!(address.whole().to_string(), lane, "{text}");
            assert_eq!((address.is_thread(), address.is_group()), (is_thread, is_group), "{text}");
        }
    }

    #[test]
    fn what_somebody_enters_may_lack_the_kind_of_a_mailbox() {
        let mailbox = "email:ana@example.org".parse().ok();
        assert_eq!(Address::entered("ana@example.org"), mailbox);
        assert_eq!(Address::entered("email:ana@example.org"), mailbox);
        assert_eq!(Address::entered("telegram:5"), "telegram:5".parse().ok());
        for text in ["ana", "ana@", "@ana", "mail:ana@example.org", "to", ""] {
            assert_eq!(Address::entered(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_one_mailbox_are_counted_together() {
        let counted = |text: &str| text.parse::<Address>().unwrap().counted_by();
        for text in ["ana.b@example.org", "Ana.B+1@example.org", "anab+x+y@EXAMPLE.org"] {
            assert_eq!(counted(&format!("email:{text}")), "anab@example.org", "{text}");
        }
        assert_ne!(counted("email:eva@example.org"), counted("email:ana@example.org"));
        assert_eq!(counted("telegram:5/7"), "telegram:5");
    }

    #[test]
    fn a_thread_moves_with_its_chat() {
        for (from, to, there) in [
            ("telegram:-1/7", "telegram:-2", "telegram:-2/7"),
            ("telegram:-1/7", "telegram:-2/8", "telegram:-2/8"),
            ("telegram:-1", "telegram:-2", "telegram:-2"),
            ("telegram:-1", "webhook:https://a.org/", "webhook:https://a.org/"),
            ("recorder:a", "telegram:-2", "telegram:-2"),
        ] {
            let (from, to): (Address, Address) = (from.parse().unwrap(), to.parse().unwrap());
            assert_eq!(from.moved(&to).to_string(), there, "{from} {to}");
        }
    }

    #[test]
    fn a_person_of_a_chat_has_a_private_one_beside_it() {
        let group: Address = "telegram:-100/7".parse().unwrap();
        assert_eq!(group.private_chat("5"), "telegram:5".parse().ok());
        assert_eq!(group.private_chat("ana"), None);
        let channel: Address = "discord:100".parse().unwrap();
        assert_eq!(channel.private_chat("5"), "discord:@5".parse().ok());
        assert_eq!(channel.private_chat("ana"), None);
        for text in ["webhook:https://a.org/", "recorder:a"] {
            assert_eq!(text.parse::<Address>().unwrap().private_chat("5"), None, "{text}");
        }
    }

    #[test]
    fn a_channel_of_a_server_has_a_page() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let page = address("discord:5").page(&address("discord:7"));
        assert_eq!(page.as_deref(), Some("https://discord.com/channels/7/5"));
        assert_eq!(address("telegram:5").page(&address("discord:7")), None);
        assert_eq!(address("discord:@5").page(&address("discord:7")), None);
    }

    #[test]
    fn of_a_webhook_of_discords_only_its_id_is_shown() {
        let hook = "discord-webhook:https://discord.com/api/webhooks/12/s3cret";
        assert_eq!(hook.parse::<Address>().unwrap().masked(), "discord-webhook:12/…");
        for text in [
            "discord-webhook:https://discord.com/s3cret",
            "discord-webhook:s3cret",
            "discord:https://discord.com/api/webhooks/12/s3cret",
            "discord:https://example.org/s3cret",
            "webhook:htps://example.org/s3cret",
            "https://discord.com/api/webhooks/12/s3cret",
            "https://example.org/s3cret",
            "discord-webhok:https://example.org/s3cret",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        let other = "webhook:https://discord.com/api/webhooks/12/s3cret";
        assert!(other.parse::<Address>().is_ok(), "what was stored is read");
        assert_eq!(Address::written(other), Err(AddressError::DiscordWebhook));
        let foreign = "webhook:https://app.example.org/api/webhooks/12/s3cret";
        assert_eq!(Address::written(foreign), foreign.parse());
        let link = "discord:https://discord.com/channels/1/2".parse::<Address>().unwrap_err();
        assert!(link.to_string().ends_with("it is the last number"), "{link}");
        for text in ["discord:x", "discord:-1", "discord:0", "discord:", "discord:@", "discord:1/2"]
        {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn of_a_webhook_only_its_host_is_shown() {
        for (url, shown) in [
            ("https://example.org/s3cret", "webhook:example.org/…"),
            ("https://example.org:8443/s3cret?token=s3cret", "webhook:example.org:8443/…"),
            ("https://example.org?token=s3cret", "webhook:example.org/…"),
            ("https://example.org#s3cret", "webhook:example.org/…"),
            ("https://example.org\\s3cret", "webhook:example.org/…"),
            ("https://user:s3cret@example.org", "webhook:example.org/…"),
            ("https://[2606:2800::1]:8443?s3cret", "webhook:[2606:2800::1]:8443/…"),
        ] {
            assert_eq!(Address::Webhook(url.to_owned()).masked(), shown);
        }
    }
}
