//! What a page tells a newcomer to type.

/// Something to type, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hint {
    /// The command.
    pub command: String,
    /// What it does, in a few words.
    pub note: String,
}

impl Hint {
    /// A hint to type `command`.
    #[must_use]
    pub fn new(command: &str, note: &str) -> Hint {
        Hint { command: command.to_owned(), note: note.to_owned() }
    }
}
