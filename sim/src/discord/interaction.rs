//! What people ask of a bot: commands, buttons, dialogues, and suggestions while they type; and what became of it.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::command::Choice;
use super::components::Modal;

/// Interactions that are remembered.
const KEPT_MAX: usize = 1_000;
/// How long the token is good for.
/// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding> (read 2026-11).
const TOKEN_LASTS: Duration = Duration::from_secs(15 * 60);

/// What somebody did. The numbers are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InteractionKind {
    /// Used a command.
    Command = 2,
    /// Pressed a button.
    Button = 3,
    /// Typed, and waits for suggestions.
    Autocomplete = 4,
    /// Filled in a dialogue.
    Modal = 5,
}

/// The first answer of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// None yet; the person sees that the bot thinks, and after 3 s that it did not respond.
    Not,
    /// A message.
    Message,
    /// That a message will come.
    Deferred,
    /// That the message with the button may change, or nothing more.
    DeferredUpdate,
    /// A change of the message with the button.
    Update,
    /// Suggestions.
    Choices,
    /// A dialogue.
    Modal,
}

/// One interaction, as it stands now.
#[derive(Debug, Clone)]
pub struct Interaction {
    /// Its id.
    pub id: u64,
    /// What it is answered by.
    pub token: String,
    /// What somebody did.
    pub kind: InteractionKind,
    /// Who.
    pub user: u64,
    /// Where.
    pub channel: u64,
    /// In which guild; `None`: in a conversation.
    pub guild: Option<u64>,
    /// The message with the button, or that the command is about.
    pub message: Option<u64>,
    /// The command with its subcommands; empty for others.
    pub command: String,
    /// The first answer.
    pub answered: Answered,
    /// The message that is the first answer, or that it changed.
    pub response: Option<u64>,
    /// Whether the first answer is for the asker alone.
    pub is_ephemeral: bool,
    /// Further messages.
    pub followups: Vec<u64>,
    /// The suggestions.
    pub choices: Vec<Choice>,
    /// The dialogue.
    pub modal: Option<Modal>,
    pub(super) at: Instant,
    /// How long the first answer may take.
    pub(super) answer_within: Duration,
    /// As the bot was told.
    pub(super) payload: Value,
}

impl Interaction {
    /// Whether the bot let the time for the first answer pass, by tokio's clock.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.answered == Answered::Not && self.at.elapsed() >= self.answer_within
    }

    /// Whether its token is good for messages: after the first answer, for a quarter of an hour.
    pub(super) fn is_over(&self) -> bool {
        self.at.elapsed() >= TOKEN_LASTS
    }
}

/// The interactions of late.
#[derive(Debug, Default)]
pub(super) struct Interactions(VecDeque<Interaction>);

impl Interactions {
    pub(super) fn push(&mut self, interaction: Interaction) {
        if self.0.len() >= KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(interaction);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Interaction> {
        self.0.iter()
    }

    pub(super) fn get(&self, id: u64) -> Option<&Interaction> {
        self.0.iter().find(|interaction| interaction.id == id)
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut Interaction> {
        self.0.iter_mut().find(|interaction| interaction.id == id)
    }

    pub(super) fn of_token(&self, token: &str) -> Option<&Interaction> {
        self.0.iter().find(|interaction| interaction.token == token)
    }
}
