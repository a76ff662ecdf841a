//! Commands of bots, as they are registered, and as the API writes them.
//!
//! Source: <https://discord.com/developers/docs/interactions/application-commands> (read 2026-11).

use serde_json::{Value, json};

use crate::world::discord::Rights;

/// Longest text that somebody can type into an option.
pub(super) const TYPED_MAX_CHARS: u64 = 6_000;

/// Discord's numbers of options.
pub(super) const SUBCOMMAND: u64 = 1;
pub(super) const GROUP: u64 = 2;
pub(super) const STRING: u64 = 3;
pub(super) const INTEGER: u64 = 4;
pub(super) const BOOLEAN: u64 = 5;
pub(super) const USER: u64 = 6;
pub(super) const CHANNEL: u64 = 7;
pub(super) const ROLE: u64 = 8;
pub(super) const NUMBER: u64 = 10;

/// Where a command is. The numbers are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandKind {
    /// Typed, behind a slash.
    Slash = 1,
    /// In the menu of a person.
    User = 2,
    /// In the menu of a message.
    Message = 3,
}

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// Its id.
    pub id: u64,
    /// The only guild that has it.
    pub guild: Option<u64>,
    /// Where it is.
    pub kind: CommandKind,
    /// Its name, without the slash.
    pub name: String,
    /// What it does; empty for those in menus.
    pub description: String,
    /// What is typed behind it.
    pub options: Vec<CommandOption>,
    /// What somebody has to be allowed to use it, unless the guild says otherwise. None at all is for administrators.
    pub needs: Option<Rights>,
    /// Where it can be used: 0 is in guilds, 1 in the conversation with the bot, 2 in others; all unless it says so.
    pub contexts: Option<Vec<u64>>,
    pub(super) version: u64,
}

/// An option of a command, a subcommand, or a group of these.
#[derive(Debug, Clone, PartialEq)]
pub struct CommandOption {
    /// What it takes, as Discord numbers it: 1 is a subcommand, 3 a text, 4 a whole number, 5 a yes or no.
    pub kind: u64,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it has to be given.
    pub is_required: bool,
    /// The only values that are taken; empty: all.
    pub choices: Vec<Choice>,
    /// Whether the bot suggests values while somebody types.
    pub is_autocompleted: bool,
    /// The smallest and the largest number.
    pub numbers: (Option<f64>, Option<f64>),
    /// The fewest and the most characters.
    pub chars: (u64, u64),
    /// The kinds of channels that are taken; empty: all.
    pub channel_kinds: Vec<u64>,
    /// The options of a subcommand.
    pub options: Vec<CommandOption>,
}

/// A value that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is shown.
    pub name: String,
    /// What the bot gets: a text or a number.
    pub value: Value,
}

/// A command as the API writes it.
pub(super) fn json(command: &Command, application: u64) -> Value {
    let mut out = json!({
        "id": command.id.to_string(),
        "application_id": application.to_string(),
        "version": command.version.to_string(),
        "type": command.kind as u8,
        "name": command.name,
        "name_localizations": null,
        "description": command.description,
        "description_localizations": null,
        "default_member_permissions": command.needs.map(|needs| needs.0.to_string()),
        "dm_permission": command.contexts.as_ref().is_none_or(|contexts| contexts.contains(&1)),
        "contexts": command.contexts,
        "integration_types": [0],
        "nsfw": false,
    });
    if !command.options.is_empty() {
        out["options"] = command.options.iter().map(option_json).collect();
    }
    if let Some(guild) = command.guild {
        out["guild_id"] = json!(guild.to_string());
    }
    out
}

fn option_json(option: &CommandOption) -> Value {
    let mut out =
        json!({"type": option.kind, "name": option.name, "description": option.description});
    if option.is_required {
        out["required"] = json!(true);
    }
    if option.is_autocompleted {
        out["autocomplete"] = json!(true);
    }
    if !option.choices.is_empty() {
        out["choices"] = choices_json(&option.choices);
    }
    for (name, bound) in [("min_value", option.numbers.0), ("max_value", option.numbers.1)] {
        if let Some(bound) = bound {
            // Bounds of whole numbers are written as such.
            #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number")]
            let whole = (bound.fract() == 0.0 && bound.abs() < 9e15).then_some(bound as i64);
            out[name] = whole.map_or_else(|| json!(bound), |whole| json!(whole));
        }
    }
    let (least, most) = option.chars;
    if least > 0 {
        out["min_length"] = json!(least);
    }
    if most < TYPED_MAX_CHARS {
        out["max_length"] = json!(most);
    }
    if !option.channel_kinds.is_empty() {
        out["channel_types"] = json!(option.channel_kinds);
    }
    if !option.options.is_empty() {
        out["options"] = option.options.iter().map(option_json).collect();
    }
    out
}

/// Choices as the API writes them.
pub(super) fn choices_json(choices: &[Choice]) -> Value {
    choices.iter().map(|choice| json!({"name": choice.name, "value": choice.value})).collect()
}
