//! Where webhooks of Discord's may be: at Discord, or at what stands in for it.
//!
//! A webhook's address is written by whoever writes watch files, and only these two servers are ever asked. So none can have
//! us call our own network, and none can have a message of ours taken by somebody else.

use reqwest::Url;

use crate::model::DiscordHook;

/// Where Discord is.
pub(super) const DISCORD: &str = "https://discord.com";

/// Where the requests of a webhook go: `api_url`, if it is at that server, or Discord.
///
/// # Errors
///
/// It is elsewhere: a line for the person who wrote it, which does not repeat it.
pub(super) fn base_of<'a>(hook: &DiscordHook, api_url: &'a str) -> Result<&'a str, String> {
    let origin = origin(&hook.origin);
    if origin.is_some() && origin == self::origin(api_url) {
        return Ok(api_url);
    }
    if origin.as_deref() == Some(DISCORD) {
        return Ok(DISCORD);
    }
    Err(format!(
        "a Discord webhook is at {DISCORD}, or where discord.api_url says: copy its URL from the channel's settings"
    ))
}

/// Whether this is Discord itself.
pub(super) fn is_discord(api_url: &str) -> bool {
    origin(api_url).as_deref() == Some(DISCORD)
}

/// Scheme, host and port of a URL, the same however it is written.
fn origin(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_asked_at_discord_or_where_what_stands_in_for_it_is() {
        for (hook, api_url, base) in [
            ("https://discord.com", DISCORD, Some(DISCORD)),
            ("https://ptb.discord.com", DISCORD, Some(DISCORD)),
            ("https://discord.com:443", DISCORD, Some(DISCORD)),
            ("https://discord.com", "http://127.0.0.1:8080", Some(DISCORD)),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/x", Some("http://127.0.0.1:8080/x")),
            ("http://d.example", "http://D.example:80", Some("http://D.example:80")),
            ("http://discord.com", DISCORD, None),
            ("https://discord.com:8443", DISCORD, None),
            ("https://discord.com.evil.example", DISCORD, None),
            ("https://evil.example", DISCORD, None),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8080", None),
            ("http://[::1", "http://[::1", None),
        ] {
            let url = format!("{hook}/api/webhooks/12/s3cret");
            let Ok(read) = url.parse::<DiscordHook>() else { panic!("{url}") };
            let found = base_of(&read, api_url);
            assert_eq!(found.as_ref().ok().copied(), base, "{hook} {api_url}");
            assert!(!found.is_err_and(|line| line.contains("s3cret") || line.contains("evil")));
        }
    }
}
