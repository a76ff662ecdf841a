//! Which commands are taken, and what is wrong with others.
//!
//! Source: <https://discord.com/developers/docs/interactions/application-commands> (read 2026-11).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::command::{
    Choice, Command, CommandKind, CommandOption, GROUP, INTEGER, NUMBER, STRING, SUBCOMMAND,
    TYPED_MAX_CHARS,
};
use super::form::{Form, within};
use crate::world::discord::Rights;

/// Most commands of a list, and most options or choices of one.
const COMMANDS_MAX: usize = 100;
const MENU_COMMANDS_MAX: usize = 15;
const OPTIONS_MAX: usize = 25;
const CHOICES_MAX: usize = 25;
const NAME_MAX_CHARS: usize = 32;
const DESCRIPTION_MAX_CHARS: usize = 100;
const CHOICE_MAX_CHARS: usize = 100;
/// Longest sum of names, descriptions and values of a command with all that is in it.
const ALL_MAX_CHARS: usize = 8_000;

/// The commands of a list, without ids yet.
pub(super) fn read(form: &mut Form, list: &[Value]) -> Vec<Command> {
    let mut names = BTreeSet::new();
    let mut commands: Vec<Command> = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let place = index.to_string();
        let Some(object) = form.object(value, &place) else { continue };
        let command = one(form, object, &place);
        if !names.insert((command.kind as u8, command.name.clone())) {
            let message = "Application command names must be unique";
            form.wrong(&within(&place, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", message);
        }
        commands.push(command);
    }
    for (kind, most) in [
        (CommandKind::Slash, COMMANDS_MAX),
        (CommandKind::User, MENU_COMMANDS_MAX),
        (CommandKind::Message, MENU_COMMANDS_MAX),
    ] {
        if commands.iter().filter(|command| command.kind == kind).count() > most {
            form.wrong("", "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
        }
    }
    commands
}

fn one(form: &mut Form, object: &Map<String, Value>, place: &str) -> Command {
    let kind = match object.get("type").filter(|kind| !kind.is_null()).map(Value::as_u64) {
        None | Some(Some(1)) => CommandKind::Slash,
        Some(Some(2)) => CommandKind::User,
        Some(Some(3)) => CommandKind::Message,
        Some(_) => {
            form.choices(&within(place, "type"), "1, 2, 3, 4");
            CommandKind::Slash
        }
    };
    let is_slash = kind == CommandKind::Slash;
    let name = form.needed_text(object, place, "name", 1..=NAME_MAX_CHARS);
    let description = if is_slash {
        check_name(form, &within(place, "name"), &name);
        form.needed_text(object, place, "description", 1..=DESCRIPTION_MAX_CHARS)
    } else {
        form.text(object, place, "description", 0..=0).unwrap_or_default()
    };
    let options = options(form, object, place, is_slash, 0);
    let command = Command {
        id: 0,
        guild: None,
        kind,
        name,
        description,
        options,
        needs: needs(form, object, place),
        contexts: contexts(form, object, place),
        version: 0,
    };
    if chars(&command) > ALL_MAX_CHARS {
        let message = format!("Command exceeds maximum size of {ALL_MAX_CHARS}");
        form.wrong(place, "APPLICATION_COMMAND_TOO_LARGE", message);
    }
    command
}

/// `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, and no capitals.
fn check_name(form: &mut Form, place: &str, name: &str) {
    let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '\''));
    if !is_name || name.to_lowercase() != name {
        let message = "Command name is invalid";
        form.wrong(place, "APPLICATION_COMMAND_INVALID_NAME", message);
    }
}

/// The rights that a member needs: a set of bits as text.
fn needs(form: &mut Form, object: &Map<String, Value>, place: &str) -> Option<Rights> {
    let needs = object.get("default_member_permissions").filter(|needs| !needs.is_null())?;
    let bits = needs.as_str().and_then(|bits| bits.parse().ok());
    if bits.is_none() {
        let place = within(place, "default_member_permissions");
        form.wrong(&place, "BITFIELD_TYPE_CONVERT", "Could not interpret value as a bitfield.");
    }
    bits.map(Rights)
}

fn contexts(form: &mut Form, object: &Map<String, Value>, place: &str) -> Option<Vec<u64>> {
    let list = form.list(object, place, "contexts", 1..=3)?;
    let place = within(place, "contexts");
    let mut contexts = Vec::new();
    for (index, context) in list.iter().enumerate() {
        match context.as_u64() {
            Some(context @ 0..=2) => contexts.push(context),
            _ => form.choices(&within(&place, index), "0, 1, 2"),
        }
    }
    Some(contexts)
}

/// The options of a command or subcommand; `depth` is how many of these stand over it.
fn options(
    form: &mut Form,
    object: &Map<String, Value>,
    place: &str,
    takes_any: bool,
    depth: u32,
) -> Vec<CommandOption> {
    let most = if takes_any { OPTIONS_MAX } else { 0 };
    let list = form.list(object, place, "options", 0..=most).unwrap_or_default();
    let place = within(place, "options");
    let (mut options, mut names, mut has_optional) = (Vec::new(), BTreeSet::new(), false);
    for (index, value) in list.iter().take(most).enumerate() {
        let place = within(&place, index);
        let Some(object) = form.object(value, &place) else { continue };
        let option = option(form, object, &place, depth);
        if !names.insert(option.name.clone()) {
            let message = "Option names must be unique";
            form.wrong(
                &within(&place, "name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                message,
            );
        }
        if option.is_required && has_optional {
            let message = "Required options must be placed before non-required options";
            form.wrong(&place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
        }
        has_optional |= !option.is_required && !is_subcommand(&option);
        options.push(option);
    }
    let subcommands = options.iter().filter(|option| is_subcommand(option)).count();
    if subcommands > 0 && subcommands < options.len() {
        let message = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        form.wrong(&place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    options
}

fn is_subcommand(option: &CommandOption) -> bool {
    matches!(option.kind, SUBCOMMAND | GROUP)
}

fn option(form: &mut Form, object: &Map<String, Value>, place: &str, depth: u32) -> CommandOption {
    let kind = form.number(object, place, "type", 1..=11);
    if object.get("type").is_none_or(Value::is_null) {
        form.required(&within(place, "type"));
    }
    let kind = kind.unwrap_or(STRING);
    // Groups hold subcommands, these hold options, and nothing is deeper.
    let is_too_deep = (kind == GROUP && depth > 0) || (kind == SUBCOMMAND && depth > 1);
    if is_too_deep {
        let message = "Sub-commands can't be nested any deeper";
        form.wrong(&within(place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    let name = form.needed_text(object, place, "name", 1..=NAME_MAX_CHARS);
    check_name(form, &within(place, "name"), &name);
    let holds_options = matches!(kind, SUBCOMMAND | GROUP) && !is_too_deep;
    let least = form.number(object, place, "min_length", 0..=TYPED_MAX_CHARS).unwrap_or(0);
    let most = form.number(object, place, "max_length", 1..=TYPED_MAX_CHARS);
    let option = CommandOption {
        kind,
        name,
        description: form.needed_text(object, place, "description", 1..=DESCRIPTION_MAX_CHARS),
        is_required: form.flag(object, place, "required"),
        choices: choices(form, object, place, kind, "choices"),
        is_autocompleted: form.flag(object, place, "autocomplete"),
        numbers: (bound(object, "min_value"), bound(object, "max_value")),
        chars: (least, most.unwrap_or(TYPED_MAX_CHARS)),
        channel_kinds: channel_kinds(form, object, place),
        options: options(form, object, place, holds_options, depth + 1),
    };
    if option.is_autocompleted {
        if !matches!(kind, STRING | INTEGER | NUMBER) {
            form.choices(&within(place, "type"), "3, 4, 10");
        }
        if !option.choices.is_empty() {
            let message = "Choices and autocomplete are mutually exclusive";
            form.wrong(place, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", message);
        }
    }
    option
}

fn bound(object: &Map<String, Value>, name: &str) -> Option<f64> {
    object.get(name).and_then(Value::as_f64)
}

fn channel_kinds(form: &mut Form, object: &Map<String, Value>, place: &str) -> Vec<u64> {
    let list = form.list(object, place, "channel_types", 0..=20).unwrap_or_default();
    list.iter().filter_map(Value::as_u64).collect()
}

/// The values that can be chosen of an option of this kind.
pub(super) fn choices(
    form: &mut Form,
    object: &Map<String, Value>,
    place: &str,
    kind: u64,
    name: &str,
) -> Vec<Choice> {
    let list = form.list(object, place, name, 0..=CHOICES_MAX).unwrap_or_default();
    let place = within(place, name);
    let mut choices = Vec::new();
    for (index, value) in list.iter().take(CHOICES_MAX).enumerate() {
        let place = within(&place, index);
        let Some(object) = form.object(value, &place) else { continue };
        let name = form.needed_text(object, &place, "name", 1..=CHOICE_MAX_CHARS);
        let value = object.get("value").cloned().unwrap_or_default();
        let fits = match kind {
            STRING => value.is_string(),
            INTEGER => value.is_i64() || value.is_u64(),
            NUMBER => value.is_number(),
            _ => false,
        };
        if value.is_null() {
            form.required(&within(&place, "value"));
        } else if !fits {
            form.wrong(
                &within(&place, "value"),
                "UNION_TYPE_CHOICES",
                "Value did not match any choice",
            );
        } else if let Some(text) = value.as_str() {
            form.length(&within(&place, "value"), text.chars().count(), 1..=CHOICE_MAX_CHARS);
        }
        choices.push(Choice { name, value });
    }
    choices
}

/// Characters that count against the sum.
fn chars(command: &Command) -> usize {
    fn of(option: &CommandOption) -> usize {
        let choices = option.choices.iter().map(|choice| {
            choice.name.chars().count()
                + choice.value.as_str().map_or(0, |text| text.chars().count())
        });
        option.name.chars().count()
            + option.description.chars().count()
            + choices.sum::<usize>()
            + option.options.iter().map(of).sum::<usize>()
    }
    command.name.chars().count()
        + command.description.chars().count()
        + command.options.iter().map(of).sum::<usize>()
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
