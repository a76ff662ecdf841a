//! What is answered, and why a turn ends early.

use std::borrow::Cow;

use crate::render::views::{ErrorView, View};
use crate::render::{AnyView, Prose};
use crate::store::StoreError;

/// What is told to whoever wrote; nothing, by default.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// A message.
    pub(super) message: Option<AnyView>,
    /// What replaces the message whose button was pressed.
    pub(super) replacement: Option<AnyView>,
    /// A line at the pressed button. Plain text, in which nothing pings: at most 200 characters.
    /// Source: <https://core.telegram.org/bots/api#answercallbackquery> (2026-11).
    pub(super) toast: Option<Cow<'static, str>>,
    /// Others in the chat are better off without it: a refusal, an invitation.
    pub(super) is_for_asker: bool,
}

impl Answer {
    /// The answer that is this view.
    pub(super) fn of(view: &impl View) -> Answer {
        Answer { message: Some(view.into()), ..Answer::default() }
    }

    /// The same for whoever asked alone, where the service can do that.
    pub(super) fn for_asker(self) -> Answer {
        Answer { is_for_asker: true, ..self }
    }
}

/// Why a turn ends early.
pub(super) enum Stop {
    /// With this answer.
    Answer(Box<Answer>),
    /// The update has had its effect before.
    Repeated,
    /// The store failed.
    Store(StoreError),
}

impl Stop {
    /// With the answer that is this view.
    pub(super) fn with(view: &impl View) -> Stop {
        Stop::Answer(Box::new(Answer::of(view)))
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

/// Ends the turn: what was written can't be done so, but in this way.
pub(super) fn wrong(text: &str, example: &str) -> Stop {
    Stop::with(&sentence(text, Some(example)))
}

/// A sentence as a message; parts in backticks are shown as code.
pub(super) fn sentence(text: &str, example: Option<&str>) -> ErrorView {
    ErrorView {
        message: Prose::new(text),
        input: None,
        pointer: None,
        example: example.map(str::to_owned),
    }
}
