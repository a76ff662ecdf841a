//! What people do with the bot: they use commands, press buttons, fill in dialogues, and write.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::SandboxError;
use super::command::{CHANNEL, Command, CommandKind, ROLE, USER};
use super::draft::{CONTENT_MAX_CHARS, Draft};
use super::interaction::{Answered, Interaction, InteractionKind};
use super::post::NewMessage;
use super::state::State;
use super::typed;
use super::wire;
use crate::world::World;
use crate::world::discord::{Author, Channel, Message, Rights};

/// Who does something, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) user: u64,
    pub(super) channel: u64,
}

/// What is about to become an interaction.
struct Act {
    kind: InteractionKind,
    command: String,
    message: Option<u64>,
    data: Value,
}

impl State {
    /// Somebody uses a command, or types an option of it.
    pub(super) fn use_command(
        &mut self,
        world: &mut World,
        place: Place,
        name: &str,
        given: &[(&str, Value)],
        focused: Option<&str>,
    ) -> Result<u64, SandboxError> {
        let mut words: Vec<&str> = name.trim_start_matches('/').split_whitespace().collect();
        let first = if words.is_empty() { "" } else { words.remove(0) };
        let command = self.usable(world, place, first, CommandKind::Slash)?.clone();
        let options = typed::options(&command, &words, given, focused)?;
        let mut data = command_data(&command);
        let resolved = resolved(world, place, &options);
        if resolved != json!({}) {
            data["resolved"] = resolved;
        }
        data["options"] = options;
        let kind = match focused {
            Some(_) => InteractionKind::Autocomplete,
            None => InteractionKind::Command,
        };
        let command = name.trim_start_matches('/').to_owned();
        self.interact(world, place, Act { kind, command, message: None, data })
    }

    /// The same from a line.
    pub(super) fn type_command(
        &mut self,
        world: &mut World,
        place: Place,
        line: &str,
    ) -> Result<u64, SandboxError> {
        let first = typed::first_word(line);
        let command = self.usable(world, place, first, CommandKind::Slash)?.clone();
        let typed::Line { name, options } = typed::line(line, &command);
        let given: Vec<(&str, Value)> =
            options.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        self.use_command(world, place, &name, &given, None)
    }

    /// Somebody uses a command in the menu of a message.
    pub(super) fn use_on_message(
        &mut self,
        world: &mut World,
        place: Place,
        message: u64,
        name: &str,
    ) -> Result<u64, SandboxError> {
        let command = self.usable(world, place, name, CommandKind::Message)?.clone();
        let target = seen(world, place, message)?;
        let mut data = command_data(&command);
        data["target_id"] = wire::id(message);
        let mut messages = json!({});
        messages[message.to_string()] = self.message(world, target);
        data["resolved"] = json!({"messages": messages});
        let kind = InteractionKind::Command;
        self.interact(world, place, Act { kind, command: name.to_owned(), message: None, data })
    }

    /// Somebody presses a button.
    pub(super) fn press(
        &mut self,
        world: &mut World,
        place: Place,
        message: u64,
        custom_id: &str,
    ) -> Result<u64, SandboxError> {
        let button = seen(world, place, message)?.button(custom_id);
        if button.is_none_or(|button| button.is_disabled) {
            return Err(SandboxError::UnknownButton);
        }
        let data = json!({"custom_id": custom_id, "component_type": 2});
        let kind = InteractionKind::Button;
        let act = Act { kind, command: String::new(), message: Some(message), data };
        self.interact(world, place, act)
    }

    /// Somebody fills in the dialogue that the bot opened as the answer to an interaction.
    pub(super) fn fill_in(
        &mut self,
        world: &mut World,
        interaction: u64,
        answers: &[(&str, &str)],
    ) -> Result<u64, SandboxError> {
        let opened = self.interactions.get(interaction).ok_or(SandboxError::UnknownInteraction)?;
        let modal = opened.modal.clone().ok_or(SandboxError::UnknownInteraction)?;
        let place = Place { user: opened.user, channel: opened.channel };
        let message = opened.message;
        let mut rows = Vec::new();
        for input in &modal.inputs {
            let given = answers.iter().find(|(id, _)| *id == input.custom_id);
            let value = given.map_or(input.value.as_str(), |(_, value)| *value);
            let length = value.chars().count() as u64;
            let is_left_out = length == 0 && !input.is_required;
            if !is_left_out && (length < input.chars.0.max(1) || length > input.chars.1) {
                let reason = "is too short or too long";
                return Err(SandboxError::Option { name: input.custom_id.clone(), reason });
            }
            let item = json!({"type": 4, "id": 2, "custom_id": input.custom_id, "value": value});
            rows.push(json!({"type": 1, "id": 1, "components": [item]}));
        }
        let data = json!({"custom_id": modal.custom_id, "components": rows});
        let kind = InteractionKind::Modal;
        self.interact(world, place, Act { kind, command: String::new(), message, data })
    }

    /// Somebody writes. A bot without the intents for it is told nothing.
    pub(super) fn say(
        &mut self,
        world: &mut World,
        place: Place,
        text: &str,
    ) -> Result<u64, SandboxError> {
        look(world, place)?;
        let content = text.trim().to_owned();
        if content.is_empty() || content.chars().count() > CONTENT_MAX_CHARS {
            return Err(SandboxError::Text);
        }
        let draft = Draft { content: Some(content), ..Draft::default() };
        let new = NewMessage::new(place.channel, Author::User(place.user));
        Ok(self.post(world, new, draft))
    }

    /// A command that somebody finds there.
    fn usable(
        &self,
        world: &World,
        place: Place,
        name: &str,
        kind: CommandKind,
    ) -> Result<&Command, SandboxError> {
        let channel = look(world, place)?;
        let rights = world.discord.rights(place.user, place.channel);
        let is_there = channel.guild.is_none_or(|guild| self.is_in(&world.discord, guild));
        let mut commands = self.commands_in(channel.guild).filter(|_| is_there);
        let command = commands.find(|command| command.kind == kind && command.name == name);
        let command = command.ok_or(SandboxError::UnknownCommand)?;
        if channel.guild.is_some() {
            let may = match command.needs {
                None => true,
                // None at all: for those who may everything.
                Some(Rights::NONE) => rights.have(Rights::ADMINISTRATOR),
                Some(needs) => rights.have(needs),
            };
            if !may || !rights.have(Rights::USE_APPLICATION_COMMANDS) {
                return Err(SandboxError::NotAllowed);
            }
        }
        Ok(command)
    }

    /// Tells the bot what somebody did. Returns the interaction's id.
    fn interact(&mut self, world: &mut World, place: Place, act: Act) -> Result<u64, SandboxError> {
        let id = world.snowflake();
        let token = format!("sandbox-{:032x}", rand::random::<u128>());
        let channel = look(world, place)?;
        let guild = channel.guild;
        let rights = world.discord.rights(place.user, place.channel);
        let mut payload = json!({
            "id": wire::id(id),
            "application_id": wire::id(self.bot()),
            "type": act.kind as u8,
            "token": token,
            "version": 1,
            "data": act.data,
            "channel_id": wire::id(place.channel),
            "channel": wire::channel(world, channel),
            "app_permissions": self.rights(&world.discord, place.channel).0.to_string(),
            "locale": "en-US",
            "entitlements": [],
            "entitlement_sku_ids": [],
            "attachment_size_limit": self.options.file_max_bytes,
            "authorizing_integration_owners": {"0": guild.map_or_else(|| json!("0"), wire::id)},
            "context": u8::from(guild.is_none()),
        });
        payload["channel"]["permissions"] = json!(rights.0.to_string());
        match guild.and_then(|guild| world.discord.guilds.get(&guild)) {
            Some(guild) => {
                payload["guild_id"] = wire::id(guild.id);
                payload["guild_locale"] = json!("en-US");
                payload["guild"] =
                    json!({"id": wire::id(guild.id), "locale": "en-US", "features": []});
                if let Some(member) = guild.members.get(&place.user) {
                    payload["member"] = wire::member(world, place.user, member);
                    payload["member"]["permissions"] = json!(rights.0.to_string());
                }
            }
            None => payload["user"] = wire::somebody(world, place.user),
        }
        let message = act.message.and_then(|message| channel.message(message));
        if let Some(message) = message {
            payload["message"] = self.message(world, message);
        }
        // Interactions need no intent.
        self.gateway.tell(0, "INTERACTION_CREATE", &payload);
        self.interactions.push(Interaction {
            id,
            token,
            kind: act.kind,
            user: place.user,
            channel: place.channel,
            guild,
            message: act.message,
            command: act.command,
            answered: Answered::Not,
            response: None,
            is_ephemeral: false,
            followups: Vec::new(),
            choices: Vec::new(),
            modal: None,
            at: Instant::now(),
            answer_within: self.options.answer_within,
            payload,
        });
        self.screen += 1;
        Ok(id)
    }

    /// Tells the bot of an interaction once more, as happens when a session is gone on with.
    pub(super) fn repeat(&mut self, interaction: u64) -> Result<(), SandboxError> {
        let found = self.interactions.get(interaction).ok_or(SandboxError::UnknownInteraction)?;
        let payload = found.payload.clone();
        self.gateway.tell(0, "INTERACTION_CREATE", &payload);
        Ok(())
    }
}

/// A channel that somebody sees.
fn look(world: &World, place: Place) -> Result<&Channel, SandboxError> {
    if !world.discord.users.contains_key(&place.user) {
        return Err(SandboxError::UnknownUser);
    }
    let channel = world.discord.channels.get(&place.channel).ok_or(SandboxError::UnknownChannel)?;
    let is_theirs = match channel.guild {
        None => channel.recipient == Some(place.user),
        Some(_) => world.discord.rights(place.user, place.channel).have(Rights::VIEW_CHANNEL),
    };
    if is_theirs { Ok(channel) } else { Err(SandboxError::NotAllowed) }
}

/// A message that somebody sees.
fn seen(world: &World, place: Place, message: u64) -> Result<&Message, SandboxError> {
    let found = look(world, place)?.message(message);
    found.filter(|message| message.is_for(place.user)).ok_or(SandboxError::UnknownMessage)
}

fn command_data(command: &Command) -> Value {
    let mut data = json!({
        "id": wire::id(command.id),
        "name": command.name,
        "type": command.kind as u8,
    });
    if let Some(guild) = command.guild {
        data["guild_id"] = wire::id(guild);
    }
    data
}

/// The people, channels and roles that options name.
fn resolved(world: &World, place: Place, options: &Value) -> Value {
    let mut found = json!({});
    let guild = world.discord.channels.get(&place.channel).and_then(|channel| channel.guild);
    let guild = guild.and_then(|guild| world.discord.guilds.get(&guild));
    let mut open = vec![options];
    while let Some(options) = open.pop() {
        for option in options.as_array().into_iter().flatten() {
            open.push(&option["options"]);
            let text = option["value"].as_str().unwrap_or_default();
            let Ok(id) = text.parse::<u64>() else { continue };
            match option["type"].as_u64() {
                Some(USER) => found["users"][text] = wire::somebody(world, id),
                Some(CHANNEL) => {
                    if let Some(channel) = world.discord.channels.get(&id) {
                        found["channels"][text] = wire::channel(world, channel);
                        let rights = world.discord.rights(place.user, id).0.to_string();
                        found["channels"][text]["permissions"] = json!(rights);
                    }
                }
                Some(ROLE) => {
                    let role = guild.and_then(|guild| guild.roles.get(&id));
                    if let Some(role) = role {
                        found["roles"][text] = wire::role(role, 1);
                    }
                }
                _ => {}
            }
        }
    }
    found
}
