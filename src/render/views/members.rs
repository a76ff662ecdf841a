//! How much of a channel or playlist is watched, as several answers say it.

use serde::Serialize;

use crate::render::numbers::Grouped;

/// How many videos of a channel or playlist are watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Members {
    /// So many are watched.
    pub taken: Grouped,
    /// So many there are.
    pub total: Grouped,
    /// Not all are watched.
    pub is_cut: bool,
}
