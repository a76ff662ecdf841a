//! The operations that the sandbox has, with their paths as the specification writes them.

use axum::http::Method as Verb;

use super::answer::Answer;
use super::args::Args;
use super::limits::Bucket;
use super::state::State;
use crate::loopback::decode;
use crate::world::World;

/// Who may ask for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// The bot, with its token.
    Bot,
    /// Whoever knows the token that stands in the path.
    Path,
    /// Everybody.
    Open,
}

/// Carries an operation out.
pub(super) type Step = fn(&mut State, &mut World, &Args) -> Answer;

/// An operation.
pub(super) struct Route {
    /// Its name in the specification.
    pub(super) operation: &'static str,
    pub(super) verb: Verb,
    /// Its path below the version.
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) bucket: Bucket,
    /// The fields of its body; none is not looked at.
    pub(super) fields: &'static [&'static str],
    pub(super) run: Step,
}

const MESSAGE: &[&str] = &[
    "content",
    "embeds",
    "allowed_mentions",
    "sticker_ids",
    "components",
    "flags",
    "attachments",
    "poll",
    "shared_client_theme",
    "message_reference",
    "nonce",
    "enforce_nonce",
    "tts",
];
const EDIT: &[&str] =
    &["content", "embeds", "flags", "allowed_mentions", "sticker_ids", "components", "attachments"];
const HOOK_MESSAGE: &[&str] = &[
    "content",
    "embeds",
    "allowed_mentions",
    "components",
    "attachments",
    "poll",
    "tts",
    "flags",
    "username",
    "avatar_url",
    "thread_name",
    "applied_tags",
];
const HOOK_EDIT: &[&str] =
    &["content", "embeds", "allowed_mentions", "components", "attachments", "poll", "flags"];

/// An operation of the bot that reads, or sets what is no message.
const fn bots(operation: &'static str, verb: Verb, path: &'static str, run: Step) -> Route {
    let bucket = Bucket::Other(operation);
    Route { operation, verb, path, access: Access::Bot, bucket, fields: &[], run }
}

/// An operation on messages of a channel.
const fn message(
    operation: &'static str,
    verb: Verb,
    bucket: Bucket,
    fields: &'static [&'static str],
    run: Step,
) -> Route {
    let path = match bucket {
        Bucket::Send => "/channels/{channel_id}/messages",
        _ => "/channels/{channel_id}/messages/{message_id}",
    };
    Route { operation, verb, path, access: Access::Bot, bucket, fields, run }
}

/// An operation of whoever knows a webhook's or an interaction's token.
const fn hook(
    operation: &'static str,
    verb: Verb,
    path: &'static str,
    fields: &'static [&'static str],
    run: Step,
) -> Route {
    Route { operation, verb, path, access: Access::Path, bucket: Bucket::Webhook, fields, run }
}

const HOOK: &str = "/webhooks/{webhook_id}/{webhook_token}";
const HOOK_ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
const HOOK_ONE: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}";
const GLOBAL_COMMANDS: &str = "/applications/{application_id}/commands";
const GUILD_COMMANDS: &str = "/applications/{application_id}/guilds/{guild_id}/commands";

/// All of them. Where two paths meet, the one without a part that differs comes first.
pub(super) const ROUTES: &[Route] = &[
    Route {
        operation: "get_gateway",
        verb: Verb::GET,
        path: "/gateway",
        access: Access::Open,
        bucket: Bucket::Other("get_gateway"),
        fields: &[],
        run: State::get_gateway,
    },
    bots("get_bot_gateway", Verb::GET, "/gateway/bot", State::get_gateway_bot),
    bots("get_my_user", Verb::GET, "/users/@me", State::get_me),
    bots("create_dm", Verb::POST, "/users/@me/channels", State::create_dm),
    bots("get_my_application", Verb::GET, "/applications/@me", State::get_application),
    bots(
        "get_my_oauth2_application",
        Verb::GET,
        "/oauth2/applications/@me",
        State::get_application,
    ),
    bots("get_channel", Verb::GET, "/channels/{channel_id}", State::get_channel),
    message("create_message", Verb::POST, Bucket::Send, MESSAGE, State::create_message),
    message("get_message", Verb::GET, Bucket::Other("get_message"), &[], State::get_message),
    message("update_message", Verb::PATCH, Bucket::Edit, EDIT, State::update_message),
    message("delete_message", Verb::DELETE, Bucket::Delete, &[], State::delete_message),
    bots("get_guild", Verb::GET, "/guilds/{guild_id}", State::get_guild),
    bots("list_guild_channels", Verb::GET, "/guilds/{guild_id}/channels", State::list_channels),
    bots("list_guild_roles", Verb::GET, "/guilds/{guild_id}/roles", State::list_roles),
    bots("get_guild_member", Verb::GET, "/guilds/{guild_id}/members/{user_id}", State::get_member),
    bots("list_application_commands", Verb::GET, GLOBAL_COMMANDS, State::list_commands),
    bots("bulk_set_application_commands", Verb::PUT, GLOBAL_COMMANDS, State::set_commands),
    bots("list_guild_application_commands", Verb::GET, GUILD_COMMANDS, State::list_commands),
    bots("bulk_set_guild_application_commands", Verb::PUT, GUILD_COMMANDS, State::set_commands),
    Route {
        operation: "create_interaction_response",
        verb: Verb::POST,
        path: "/interactions/{interaction_id}/{interaction_token}/callback",
        access: Access::Path,
        bucket: Bucket::Exempt,
        fields: &["type", "data"],
        run: State::respond,
    },
    hook("get_webhook_by_token", Verb::GET, HOOK, &[], State::get_webhook),
    hook("execute_webhook", Verb::POST, HOOK, HOOK_MESSAGE, State::execute_webhook),
    hook("delete_webhook_by_token", Verb::DELETE, HOOK, &[], State::delete_webhook),
    hook("get_original_webhook_message", Verb::GET, HOOK_ORIGINAL, &[], State::get_webhook_message),
    hook(
        "update_original_webhook_message",
        Verb::PATCH,
        HOOK_ORIGINAL,
        HOOK_EDIT,
        State::update_webhook_message,
    ),
    hook(
        "delete_original_webhook_message",
        Verb::DELETE,
        HOOK_ORIGINAL,
        &[],
        State::delete_webhook_message,
    ),
    hook("get_webhook_message", Verb::GET, HOOK_ONE, &[], State::get_webhook_message),
    hook("update_webhook_message", Verb::PATCH, HOOK_ONE, HOOK_EDIT, State::update_webhook_message),
    hook("delete_webhook_message", Verb::DELETE, HOOK_ONE, &[], State::delete_webhook_message),
];

/// An operation, for a comparison with the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// Its verb, in small letters.
    pub verb: String,
    /// Its path below the version.
    pub path: &'static str,
    /// The fields of its body that are known; none is not looked at.
    pub fields: &'static [&'static str],
}

/// All of them.
pub(super) fn operations() -> impl Iterator<Item = Operation> {
    ROUTES.iter().map(|route| Operation {
        name: route.operation,
        verb: route.verb.as_str().to_lowercase(),
        path: route.path,
        fields: route.fields,
    })
}

/// What a path below the version leads to.
pub(super) enum Found {
    /// An operation, with the parts of its path that differ.
    Route(&'static Route, Vec<(&'static str, String)>),
    /// The path is known, but not with this verb.
    WrongVerb,
    /// No such path.
    Nothing,
}

/// Finds the operation of a path below the version.
pub(super) fn find(verb: &Verb, path: &str) -> Found {
    let mut found = Found::Nothing;
    for route in ROUTES {
        let Some(parts) = fit(route.path, path) else { continue };
        if route.verb == *verb {
            return Found::Route(route, parts);
        }
        found = Found::WrongVerb;
    }
    found
}

/// The parts of a path that differ, when it has the form of `pattern`.
fn fit(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    let mut parts = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(parts),
            (Some(wanted), Some(given)) => {
                let given = decode(given, false);
                let name = wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                match name {
                    Some(name) if !given.is_empty() => parts.push((name, given)),
                    None if wanted == given => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verb: &Verb, path: &str) -> (&'static str, Vec<String>) {
        match find(verb, path) {
            Found::Route(route, parts) => {
                (route.operation, parts.into_iter().map(|(_, part)| part).collect())
            }
            Found::WrongVerb => ("405", Vec::new()),
            Found::Nothing => ("404", Vec::new()),
        }
    }

    #[test]
    fn paths_lead_to_operations() {
        let parts = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        for (verb, path, expected) in [
            (Verb::GET, "/users/@me", ("get_my_user", parts(&[]))),
            (Verb::POST, "/channels/7/messages", ("create_message", parts(&["7"]))),
            (Verb::PATCH, "/channels/7/messages/8", ("update_message", parts(&["7", "8"]))),
            (Verb::PUT, "/channels/7/messages/8", ("405", parts(&[]))),
            (Verb::GET, "/channels/7/", ("404", parts(&[]))),
            (Verb::GET, "/nothing", ("404", parts(&[]))),
            (
                Verb::PATCH,
                "/webhooks/1/t/messages/%40original",
                ("update_original_webhook_message", parts(&["1", "t"])),
            ),
        ] {
            assert_eq!(found(&verb, path), expected, "{verb} {path}");
        }
    }
}
