//! What somebody did in Discord, as what every chat service may tell.

use serenity::all::{
    CommandDataOption, CommandDataOptionValue, CommandInteraction, CommandType,
    ComponentInteraction, GuildId, Interaction, Member, Permissions,
};

use super::rights;
use crate::control::{
    Along, ChosenRole, Incoming, IncomingKind, MESSAGE, MessageId, PersonId, Typing,
};
use crate::model::Address;
use crate::notify::discord::Asked;
use crate::store::UpdateMark;

/// Longest value of an option that is looked at, in characters. Source: what Discord's clients take (6,000, 2026-11).
const VALUE_MAX_CHARS: usize = 6_000;

/// What somebody did.
#[derive(Debug)]
pub(super) enum Told {
    /// They gave a command or pressed a button, and wait for an answer.
    Asks {
        /// What Discord calls it.
        asked: Asked,
        /// What it is.
        incoming: Incoming,
        /// A button was pressed: what stands there may be replaced.
        is_button: bool,
    },
    /// They are typing, and may be shown what they could mean.
    Types {
        /// What Discord calls it.
        asked: Asked,
        /// What they type.
        typing: Typing,
    },
    /// Nothing that we have asked for.
    Other,
}

/// What an interaction means to us.
pub(super) fn told(interaction: Interaction) -> Told {
    let asked = Asked {
        id: interaction.id().get(),
        application: interaction.application_id().get(),
        token: interaction.token().to_owned().into(),
    };
    match interaction {
        Interaction::Command(command) => {
            let at = At::of_command(&command);
            let (word, options) = match command.data.kind {
                CommandType::Message => ("watch".to_owned(), vec![message_of(&command)]),
                _ => (command.data.name.clone(), chosen(&command.data.options)),
            };
            let roles = roles(&command);
            let kind = IncomingKind::Command {
                destination: at.destination.clone(),
                private: at.private,
                person: at.person.clone(),
                word,
                options,
            };
            let incoming = at.incoming(&asked, roles, kind);
            Told::Asks { asked, incoming, is_button: false }
        }
        Interaction::Component(pressed) => {
            let at = At::of_button(&pressed);
            let kind = IncomingKind::Button {
                callback_id: asked.id.to_string(),
                destination: at.destination.clone(),
                private: at.private,
                person: at.person.clone(),
                message: Some(MessageId(pressed.message.id.to_string())),
                buttons: Some(buttons(&pressed)),
                data: pressed.data.custom_id,
            };
            let incoming = at.incoming(&asked, Vec::new(), kind);
            Told::Asks { asked, incoming, is_button: true }
        }
        Interaction::Autocomplete(command) => {
            let at = At::of_command(&command);
            let Some(option) = command.data.autocomplete() else { return Told::Other };
            let typing = Typing {
                word: command.data.name.clone(),
                option: option.name.to_owned(),
                typed: option.value.chars().take(VALUE_MAX_CHARS).collect(),
                along: at.along(None, Vec::new()),
                destination: at.destination,
                private: at.private,
                person: at.person,
            };
            Told::Types { asked, typing }
        }
        _ => Told::Other,
    }
}

/// Where something was done, and by whom.
struct At {
    destination: Address,
    private: bool,
    person: PersonId,
    server: Option<Address>,
    may_decide: Option<bool>,
    lacking: Option<Vec<&'static str>>,
}

impl At {
    fn of_command(command: &CommandInteraction) -> At {
        let server = command.guild_id.map(GuildId::get);
        let is_thread = command.channel.as_ref().is_some_and(|at| at.thread_metadata.is_some());
        let (place, person) = (command.channel_id.get(), command.user.id.get());
        let ours = command.app_permissions.map(|ours| (ours, is_thread));
        At::new(server, place, person, command.member.as_deref(), ours)
    }

    fn of_button(pressed: &ComponentInteraction) -> At {
        let server = pressed.guild_id.map(GuildId::get);
        let (place, person) = (pressed.channel_id.get(), pressed.user.id.get());
        let is_thread = pressed.channel.as_ref().is_some_and(|at| at.thread_metadata.is_some());
        let ours = pressed.app_permissions.map(|ours| (ours, is_thread));
        At::new(server, place, person, pressed.member.as_ref(), ours)
    }

    fn new(
        server: Option<u64>,
        place: u64,
        person: u64,
        member: Option<&Member>,
        ours: Option<(Permissions, bool)>,
    ) -> At {
        let (destination, private) = match server {
            Some(_) => (Address::Discord(place), false),
            None => (Address::DiscordPerson(person), true),
        };
        let theirs = member.and_then(|member| member.permissions).unwrap_or_default();
        At {
            destination,
            private,
            person: PersonId(person.to_string()),
            server: server.map(Address::Discord),
            may_decide: server.map(|_| rights::may_decide(theirs)),
            lacking: match server {
                Some(_) => ours.map(|(ours, is_thread)| rights::lacking(ours, is_thread)),
                // Who writes to us in private takes what we write, as far as anybody can say.
                None => Some(Vec::new()),
            },
        }
    }

    fn along(&self, question: Option<String>, roles: Vec<ChosenRole>) -> Along {
        Along {
            group: self.server.clone(),
            may_decide: self.may_decide,
            question,
            lacking: self.lacking.clone(),
            roles,
        }
    }

    /// Each interaction has an id of its own, and what comes twice has one effect. Ids have no gaps to wait for, so the mark
    /// is noted and never moved.
    fn incoming(&self, asked: &Asked, roles: Vec<ChosenRole>, kind: IncomingKind) -> Incoming {
        let source = format!("discord:{}", asked.application);
        let update_id = i64::try_from(asked.id).unwrap_or(i64::MAX);
        let along = self.along(Some(asked.id.to_string()), roles);
        Incoming { mark: Some(UpdateMark { source, update_id }), along, kind }
    }
}

/// What was chosen for the options of a command; a part of it is one with an empty value.
fn chosen(options: &[CommandDataOption]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for CommandDataOption { name, value, .. } in options {
        let value = match value {
            CommandDataOptionValue::SubCommand(options) => {
                found.push((name.clone(), String::new()));
                found.extend(chosen(options));
                continue;
            }
            CommandDataOptionValue::String(text) => text.chars().take(VALUE_MAX_CHARS).collect(),
            CommandDataOptionValue::Boolean(is) => is.to_string(),
            CommandDataOptionValue::Integer(number) => number.to_string(),
            CommandDataOptionValue::Role(role) => role.get().to_string(),
            _ => continue,
        };
        found.push((name.clone(), value));
    }
    found
}

/// The message on whose menu a command was chosen: its text, and what its embeds lead to.
fn message_of(command: &CommandInteraction) -> (String, String) {
    let target = command.data.target_id.map(serenity::all::TargetId::to_message_id);
    let message = target.and_then(|id| command.data.resolved.messages.get(&id));
    let mut text = String::new();
    if let Some(message) = message {
        text.push_str(&message.content);
        for url in message.embeds.iter().filter_map(|embed| embed.url.as_deref()) {
            text.push(' ');
            text.push_str(url);
        }
    }
    (MESSAGE.to_owned(), text)
}

/// The roles that were chosen as options.
fn roles(command: &CommandInteraction) -> Vec<ChosenRole> {
    let ours = command.app_permissions.unwrap_or_default();
    // The role of everyone has the id of the server.
    let everyone = command.guild_id.map(GuildId::get);
    let role = |role: &serenity::all::Role| ChosenRole {
        id: role.id.get(),
        is_everyone: everyone == Some(role.id.get()),
        name: role.name.clone(),
        can_be_mentioned: rights::may_mention(role.mentionable, ours),
    };
    command.data.resolved.roles.values().map(role).collect()
}

/// The data of all buttons of the message under which one was pressed.
fn buttons(pressed: &ComponentInteraction) -> Vec<String> {
    use serenity::all::{ActionRowComponent, ButtonKind};
    let all = pressed.message.components.iter().flat_map(|row| &row.components);
    all.filter_map(|component| match component {
        ActionRowComponent::Button(button) => match &button.data {
            ButtonKind::NonLink { custom_id, .. } => Some(custom_id.clone()),
            _ => None,
        },
        _ => None,
    })
    .collect()
}
