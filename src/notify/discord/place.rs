//! Where a message goes, or stands: what differs between our bot and a webhook.

use secrecy::SecretString;

use super::buckets::Route;
use super::classify::By;
use super::client::{Call, Verb};
use crate::model::DiscordHook;

/// The version of the API, below which everything is.
pub(super) const VERSION: &str = "/api/v10";

/// Where a message goes, or stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// A channel, a thread or a private conversation, in which our bot writes.
    Channel(u64),
    /// A webhook, which writes in its channel or a thread of it.
    Hook(&'a DiscordHook),
}

impl Place<'_> {
    /// The request that makes a message there, or changes the one of that id. `url`: where Discord is.
    pub(super) fn call(self, url: &str, message: Option<u64>) -> Call {
        let (verb, route) = match message {
            None => (Verb::Post, Route::Send),
            Some(_) => (Verb::Patch, Route::Edit),
        };
        let below = message.map(|message| format!("/{message}")).unwrap_or_default();
        match self {
            Place::Channel(channel) => Call {
                verb,
                url: format!("{url}{VERSION}/channels/{channel}/messages{below}"),
                by: By::Bot,
                route,
                of: channel,
                secrets: Vec::new(),
            },
            Place::Hook(DiscordHook { origin: _, id, token, thread }) => {
                let below = message.map(|_| format!("/messages{below}")).unwrap_or_default();
                // Without `wait`, a message that is not taken is answered as one that is.
                let wait = message.is_none().then(|| "wait=true".to_owned());
                let thread = thread.map(|thread| format!("thread_id={thread}"));
                let query: Vec<String> = wait.into_iter().chain(thread).collect();
                let query = if query.is_empty() {
                    String::new()
                } else {
                    "?".to_owned() + &query.join("&")
                };
                Call {
                    verb,
                    url: format!("{url}{VERSION}/webhooks/{id}/{token}{below}{query}"),
                    by: By::Address,
                    route,
                    of: *id,
                    secrets: vec![SecretString::from(token.as_str())],
                }
            }
        }
    }

    /// Whether buttons can stand there: what is pressed comes to the bot, and a webhook is none.
    pub(super) const fn has_buttons(self) -> bool {
        matches!(self, Place::Channel(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_made_and_changed_where_it_stands() {
        let url = |place: Place<'_>, message| place.call("https://d.example", message).url;
        assert_eq!(url(Place::Channel(5), None), "https://d.example/api/v10/channels/5/messages");
        assert_eq!(
            url(Place::Channel(5), Some(7)),
            "https://d.example/api/v10/channels/5/messages/7"
        );
        let hook: DiscordHook = "https://discord.com/api/webhooks/12/t0-k_n".parse().unwrap();
        let threaded = DiscordHook { thread: Some(9), ..hook.clone() };
        let below = "https://d.example/api/v10/webhooks/12/t0-k_n";
        assert_eq!(url(Place::Hook(&hook), None), format!("{below}?wait=true"));
        assert_eq!(url(Place::Hook(&threaded), None), format!("{below}?wait=true&thread_id=9"));
        assert_eq!(url(Place::Hook(&hook), Some(7)), format!("{below}/messages/7"));
        assert_eq!(url(Place::Hook(&threaded), Some(7)), format!("{below}/messages/7?thread_id=9"));
    }
}
