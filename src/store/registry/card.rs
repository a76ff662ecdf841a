//! Cards as people see them.

use crate::model::{UnixMillis, VideoId};

/// A card that stands, or is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardRow {
    /// Whose numbers.
    pub video: VideoId,
    /// The video's title, where known.
    pub title: Option<String>,
    /// Since when.
    pub made_at: UnixMillis,
}
