//! Where a message goes, as written in watch files and configuration.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::excerpt;

/// Longest host that is shown, in characters: that of a name that DNS can know, with its port.
/// Source: RFC 1035, section 2.3.4.
const HOST_MAX_CHARS: usize = 261;

/// Why a text is no destination; repeats its beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Unknown kind.
    #[error(
        "`{0}` is no destination: write telegram:<chat id>, telegram:<chat id>/<thread id> or webhook:<https://…>"
    )]
    Kind(String),
    /// A chat or thread that is not an integer.
    #[error(
        "`{0}` is no Telegram chat: write telegram:<chat id> or telegram:<chat id>/<thread id>, both whole numbers"
    )]
    Telegram(String),
    /// A webhook whose address is not an absolute http(s) URL.
    #[error("`{0}` is no webhook: write webhook:https://host/path")]
    Webhook(String),
}

/// The means by which a destination is reached: one notifier each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A Telegram chat.
    Telegram,
    /// An HTTP endpoint of somebody's program.
    Webhook,
    /// The process itself: keeps what was sent, for tests and the demo.
    Recorder,
}

impl Channel {
    /// All channels.
    pub const ALL: [Channel; 3] = [Channel::Telegram, Channel::Webhook, Channel::Recorder];

    /// The word in front of the colon of an address; also the name in metrics and the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Telegram => "telegram",
            Channel::Webhook => "webhook",
            Channel::Recorder => "recorder",
        }
    }

    /// Whether each video has a message of its own, for programs; people get one about all that waits for a watch.
    #[must_use]
    pub const fn is_told_each_video(self) -> bool {
        match self {
            Channel::Webhook => true,
            Channel::Telegram | Channel::Recorder => false,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
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
            Address::Webhook(_) => Channel::Webhook,
            Address::Recorder(_) => Channel::Recorder,
        }
    }

    /// The thing whose limits count: the chat without its thread, the URL. Lanes are leased by it.
    #[must_use]
    pub fn lane(&self) -> String {
        match self {
            Address::Telegram { chat, .. } => format!("telegram:{chat}"),
            Address::Webhook(_) | Address::Recorder(_) => self.to_string(),
        }
    }

    /// The address for logs and pages: a webhook without path and query, which may hold a secret.
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
            Address::Telegram { .. } => self.to_string(),
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
            Some(("webhook", url)) => {
                let host = url
                    .strip_prefix("https://")
                    .or_else(|| url.strip_prefix("http://"))
                    .map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
                match host {
                    Some(host) if !host.is_empty() && !url.contains(is_unruly) => {
                        Ok(Address::Webhook(url.to_owned()))
                    }
                    _ => Err(AddressError::Webhook(excerpt(text).into_owned())),
                }
            }
            Some(("recorder", name)) if !name.is_empty() && !name.contains(is_unruly) => {
                Ok(Address::Recorder(name.to_owned()))
            }
            _ => Err(AddressError::Kind(excerpt(text).into_owned())),
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
