//! A webhook of a channel of Discord's, as its settings page gives it out.

use std::fmt;
use std::str::FromStr;

/// Longest token that is taken, in bytes. Discord's have 68.
const TOKEN_MAX_BYTES: usize = 200;

/// Where Discord is.
const DISCORD: &str = "https://discord.com";

/// Old and further names of Discord, under which the same webhooks are reached.
const OTHER_NAMES: [&str; 4] = [
    "https://discordapp.com",
    "https://canary.discord.com",
    "https://ptb.discord.com",
    "https://www.discord.com",
];

/// A webhook: whoever knows it writes to its channel, so it is a secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscordHook {
    /// Scheme and host, without a path: `https://discord.com`. One of Discord's other names is this one.
    pub origin: String,
    /// Its id.
    pub id: u64,
    /// What makes it a secret.
    pub token: String,
    /// The thread of its channel, where the messages go to one.
    pub thread: Option<u64>,
}

impl fmt::Debug for DiscordHook {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DiscordHook { origin, id, token: _, thread } = self;
        f.debug_struct("DiscordHook")
            .field("origin", origin)
            .field("id", id)
            .field("thread", thread)
            .finish_non_exhaustive()
    }
}

impl DiscordHook {
    /// Whether it is one of Discord itself.
    pub(crate) fn is_at_discord(&self) -> bool {
        self.origin == DISCORD
    }
}

impl FromStr for DiscordHook {
    type Err = ();

    /// Reads `https://host/api/webhooks/<id>/<token>[?thread_id=<id>]`, with or without a version behind `api`.
    fn from_str(url: &str) -> Result<DiscordHook, ()> {
        let (scheme, rest) = url.split_once("://").ok_or(())?;
        let (host, path) = rest.split_once('/').ok_or(())?;
        let is_host =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if !matches!(scheme, "https" | "http") || host.is_empty() || !host.chars().all(is_host) {
            return Err(());
        }
        let (path, query) =
            path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut parts = path.trim_end_matches('/').split('/');
        if parts.next() != Some("api") {
            return Err(());
        }
        let mut next = parts.next().ok_or(())?;
        if is_version(next) {
            next = parts.next().ok_or(())?;
        }
        if next != "webhooks" {
            return Err(());
        }
        let id = snowflake(parts.next().ok_or(())?).ok_or(())?;
        let token = parts.next().filter(|token| is_token(token)).ok_or(())?.to_owned();
        if parts.next().is_some() {
            return Err(());
        }
        let thread = match query.filter(|query| !query.is_empty()) {
            None => None,
            Some(query) => {
                let id = query.strip_prefix("thread_id=").ok_or(())?;
                Some(snowflake(id).ok_or(())?)
            }
        };
        let origin = format!("{scheme}://{}", host.to_ascii_lowercase());
        let origin =
            if OTHER_NAMES.contains(&origin.as_str()) { DISCORD.to_owned() } else { origin };
        Ok(DiscordHook { origin, id, token, thread })
    }
}

impl fmt::Display for DiscordHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DiscordHook { origin, id, token, thread } = self;
        write!(f, "{origin}/api/webhooks/{id}/{token}")?;
        match thread {
            Some(thread) => write!(f, "?thread_id={thread}"),
            None => Ok(()),
        }
    }
}

/// An id of Discord's: a whole number above zero, in decimal.
pub(super) fn snowflake(text: &str) -> Option<u64> {
    let is_number = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|number| snowflake(number).is_some())
}

fn is_token(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= TOKEN_MAX_BYTES && text.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_webhook_are_one() {
        let hook = "https://discord.com/api/webhooks/12/t0-k_n";
        for url in [
            hook,
            "https://discord.com/api/v10/webhooks/12/t0-k_n",
            "https://discord.com/api/webhooks/12/t0-k_n/",
            "https://discord.com/api/webhooks/12/t0-k_n?",
            "https://Discord.com/api/webhooks/12/t0-k_n",
            "https://discordapp.com/api/webhooks/12/t0-k_n",
            "https://ptb.discord.com/api/webhooks/12/t0-k_n",
        ] {
            assert_eq!(url.parse::<DiscordHook>().unwrap().to_string(), hook, "{url}");
        }
        let thread = format!("{hook}?thread_id=7");
        assert_eq!(thread.parse::<DiscordHook>().unwrap().thread, Some(7));
        assert_eq!(thread.parse::<DiscordHook>().unwrap().to_string(), thread);
    }

    #[test]
    fn no_token_is_in_any_debug_output() {
        let hook: DiscordHook = "https://discord.com/api/webhooks/12/s3cret".parse().unwrap();
        assert!(!format!("{hook:?}").contains("s3cret"), "{hook:?}");
    }

    #[test]
    fn what_is_no_webhook_is_refused() {
        for url in [
            "",
            "discord.com/api/webhooks/12/t",
            "ftp://discord.com/api/webhooks/12/t",
            "https://discord.com/api/webhooks/12",
            "https://discord.com/api/webhooks/12/",
            "https://discord.com/api/webhooks/x/t",
            "https://discord.com/api/webhooks/0/t",
            "https://discord.com/api/webhooks/99999999999999999999999/t",
            "https://discord.com/api/webhooks/12/t/slack",
            // A client would go up a folder.
            "https://discord.com/api/webhooks/12/..",
            "https://discord.com/api/webhooks/12/.",
            "https://discord.com/api/webhooks/12/t?wait=true",
            "https://discord.com/api/webhooks/12/t#x",
            "https://discord.com/webhooks/12/t",
            "https://a@discord.com/api/webhooks/12/t",
            "https:///api/webhooks/12/t",
            "https://discord.com/channels/1/2",
        ] {
            assert_eq!(url.parse::<DiscordHook>(), Err(()), "{url}");
        }
    }
}
