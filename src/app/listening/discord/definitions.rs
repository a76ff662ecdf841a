//! The commands as Discord is told of them: made of the one table, and told again only when they have changed.

use std::sync::Arc;

use serenity::all::{
    CommandOptionType, CommandType, CreateCommand, CreateCommandOption, InstallationContext,
    InteractionContext, Permissions,
};

use crate::model::Channel;
use crate::model::commands::{self, CommandForm, OptionForm, OptionValue, Proposals};
use crate::notify::SendError;
use crate::notify::discord::Discord;
use crate::store::{Registry, StoreError};

/// What the menu of a message calls the command that watches the link in it.
const WATCH: &str = "Watch";

/// Whose commands these are.
const SERVICE: Channel = Channel::Discord;

/// Where it is kept what an application was told last.
const TOLD_KEY: &str = "discord-commands";

/// Why the commands were not told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Untold {
    /// Discord does not take them.
    #[error(transparent)]
    Discord(#[from] SendError),
    /// Our store does not say what was told last.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They have no form in JSON.
    #[error("the commands can't be written")]
    Unwritable,
}

/// Tells Discord our commands, unless this is what it was told last; whether it was.
pub(super) async fn tell(
    client: &Discord,
    store: &Arc<dyn Registry>,
    application: u64,
) -> Result<bool, Untold> {
    let definitions = definitions();
    let text = serde_json::to_string(&definitions).map_err(|_| Untold::Unwritable)?;
    // Another bot that takes this one's place has been told nothing.
    let told = format!("{application} {text}");
    if store.load(TOLD_KEY).await?.as_deref() == Some(told.as_str()) {
        return Ok(false);
    }
    client.set_commands(application, &definitions).await?;
    store.save(TOLD_KEY, told).await?;
    Ok(true)
}

/// All commands, and the one in the menu of a message.
fn definitions() -> Vec<CreateCommand> {
    let watch = CreateCommand::new(WATCH)
        .kind(CommandType::Message)
        .default_member_permissions(Permissions::MANAGE_GUILD);
    let slash = commands::of(SERVICE).map(slash);
    slash.chain([watch.contexts(everywhere()).integration_types(to_servers())]).collect()
}

/// In servers, and in private with the bot.
fn everywhere() -> Vec<InteractionContext> {
    vec![InteractionContext::Guild, InteractionContext::BotDm]
}

/// It is added to servers; people find it there.
fn to_servers() -> Vec<InstallationContext> {
    vec![InstallationContext::Guild]
}

fn slash(form: &CommandForm) -> CreateCommand {
    let contexts =
        if form.parts.is_empty() { everywhere() } else { vec![InteractionContext::Guild] };
    let mut command = CreateCommand::new(form.word)
        .kind(CommandType::ChatInput)
        .description(form.does)
        .contexts(contexts)
        .integration_types(to_servers());
    if form.is_for_deciders {
        command = command.default_member_permissions(Permissions::MANAGE_GUILD);
    }
    for part in form.parts {
        let kind = CommandOptionType::SubCommand;
        let part = part
            .options
            .iter()
            .fold(CreateCommandOption::new(kind, part.word, part.does), |made, form| {
                made.add_sub_option(option(form))
            });
        command = command.add_option(part);
    }
    form.options.iter().fold(command, |made, form| made.add_option(option(form)))
}

fn option(form: &OptionForm) -> CreateCommandOption {
    let (kind, proposes) = match form.value {
        OptionValue::Text(proposals) => {
            (CommandOptionType::String, proposals != Proposals::Nothing)
        }
        OptionValue::Flag => (CommandOptionType::Boolean, false),
        OptionValue::Role => (CommandOptionType::Role, false),
    };
    let option = CreateCommandOption::new(kind, form.name, form.is).required(form.is_required);
    if proposes { option.set_autocomplete(true) } else { option }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told() -> Vec<Value> {
        let told = serde_json::to_value(definitions()).unwrap();
        told.as_array().unwrap().clone()
    }

    fn named(name: &str) -> Value {
        told().into_iter().find(|command| command["name"] == name).unwrap()
    }

    #[test]
    fn changing_needs_manage_server_and_asking_nothing() {
        let rights = |name: &str| named(name)["default_member_permissions"].clone();
        for name in
            ["watch", "unwatch", "mute", "quiet", "settings", "digest", "card", "feed", "Watch"]
        {
            assert_eq!(rights(name), json!("32"), "{name}");
        }
        for name in
            ["list", "rules", "why", "stats", "help", "start", "invite", "link", "unlink", "me"]
        {
            assert_eq!(rights(name), Value::Null, "{name}");
        }
    }

    #[test]
    fn options_have_types_and_proposals() {
        let watch = named("watch");
        let options = watch["options"].as_array().unwrap();
        let names: Vec<&str> =
            options.iter().filter_map(|option| option["name"].as_str()).collect();
        assert_eq!(names, ["video", "rule", "digest", "to"]);
        assert_eq!(options[0]["required"], true);
        assert!(options.iter().all(|option| option["autocomplete"] == true && option["type"] == 3));
        let feed = named("feed");
        assert_eq!(feed["contexts"], json!([0]));
        let mention = &feed["options"][2];
        assert_eq!((&mention["name"], &mention["type"]), (&json!("mention"), &json!(1)));
        assert_eq!(mention["options"][0]["type"], 8);
        assert_eq!(named("Watch")["type"], 3);
    }

    #[test]
    fn all_together_stays_within_what_discord_takes() {
        // Source: https://docs.discord.com/developers/interactions/application-commands (2026-11).
        let told = told();
        assert!(told.len() <= 100);
        for command in told {
            let options = command["options"].as_array().cloned().unwrap_or_default();
            assert!(options.len() <= 25 && command.to_string().len() < 8_000, "{command}");
        }
    }
}
