//! Where messages go, with what there is for each.

use crate::model::{Pings, Schedule, UnixMillis};
use crate::store::DestinationRow;

/// A destination, and what there is for it.
#[derive(Debug, Clone)]
pub struct DestinationState {
    /// Its row.
    pub row: DestinationRow,
    /// Its running watches.
    pub watches: usize,
    /// Messages that wait to be sent there, or to be tried again.
    pub waiting: usize,
}

/// What is collected for a destination instead of told as it happens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Collecting {
    /// Its digests, in the order in which they come next.
    pub digests: Vec<DigestState>,
    /// Its messages that count against the budget of a day, of the last day on which there were any.
    pub pings: Pings,
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestState {
    /// When such digests come.
    pub schedule: Schedule,
    /// In this time zone.
    pub tz: String,
    /// When the next one does.
    pub next_at: UnixMillis,
    /// How many watches have something in it.
    pub watches: usize,
}
