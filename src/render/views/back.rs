//! What an answer says where nothing arrived until now.

use serde::Serialize;

use crate::render::numbers::Moment;
use crate::render::prose::Prose;

/// What kept messages from a chat until it wrote: that its answer arrives is the proof that it has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Back {
    /// Since when, where it is known.
    pub since: Option<Moment>,
    /// What the chat service said.
    pub reason: Prose,
}

impl Back {
    /// For samples: a chat that can be reached again, with or without the time since when it could not.
    pub(super) fn sample(since: Option<Moment>, reason: &str) -> Option<Back> {
        Some(Back { since, reason: Prose::new(reason) })
    }
}
