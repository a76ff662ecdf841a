//! Where webhooks of Discord's may be: at Discord, or at what stands in for it.
//!
//! A webhook's address is written by whoever writes watch files, and only these two servers are ever asked. So none can have
//! us call our own network, and none can have a message of ours taken by somebody else.

use reqwest::Url;

use crate::http::is_this_machine;
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

/// Domains of Discord's, below which its gateways are: `gateway.discord.gg`, `gateway-us-east1-b.discord.gg`.
const GATEWAYS: [&str; 2] = ["discord.gg", "discord.com"];

/// The URL of a gateway as it was told, if our token may go there: to Discord over TLS, or to what stands in for it.
pub(super) fn gateway_at(told: &str, api_url: &str) -> Option<Url> {
    let (url, api) = (Url::parse(told).ok()?, Url::parse(api_url).ok()?);
    let host = url.host_str()?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return None;
    }
    let is_where_we_ask =
        api.host_str() == Some(host) || (is_this_machine(&api) && is_this_machine(&url));
    let is_at = |domain: &str| {
        host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let may_be = match url.scheme() {
        "wss" => is_where_we_ask || GATEWAYS.iter().any(|domain| is_at(domain)),
        // Where requests go without TLS, this may do so, too.
        "ws" => is_where_we_ask && api.scheme() == "http",
        _ => false,
    };
    may_be.then_some(url)
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

    #[test]
    fn a_token_goes_to_gateways_of_discord_or_of_what_stands_in_for_it() {
        let here = "http://127.0.0.1:8080";
        for (told, api_url, may_be) in [
            ("wss://gateway.discord.gg", DISCORD, true),
            ("wss://gateway-us-east1-b.discord.gg/", DISCORD, true),
            ("wss://discord.gg", DISCORD, true),
            ("wss://discord.com", DISCORD, true),
            ("ws://gateway.discord.gg", DISCORD, false),
            ("ws://discord.com", DISCORD, false),
            ("https://gateway.discord.gg", DISCORD, false),
            ("wss://evil.example", DISCORD, false),
            ("wss://notdiscord.gg", DISCORD, false),
            ("wss://discord.gg.evil.example", DISCORD, false),
            ("wss://u:p@gateway.discord.gg", DISCORD, false),
            ("ws://127.0.0.1:8080", DISCORD, false),
            ("ws://127.0.0.1:8081", here, true),
            ("ws://localhost:8081", here, true),
            ("wss://gateway.discord.gg", here, true),
            ("ws://evil.example", here, false),
            ("ws://d.example:99", "http://d.example", true),
            ("ws://d.example", "https://d.example", false),
            ("wss://d.example", "https://d.example", true),
            ("", DISCORD, false),
        ] {
            assert_eq!(gateway_at(told, api_url).is_some(), may_be, "{told} {api_url}");
        }
    }
}
