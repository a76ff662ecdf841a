//! Destinations that a file names and at which nothing arrived: whoever names them wants them to be tried again.

use super::kept::Kept;
use crate::cli::shut::in_words;
use crate::cli::terminal::counted;
use crate::model::{Address, DestinationId};
use crate::store::Shut;

/// Destinations that are named one by one.
const SHOWN_MAX: usize = 5;

/// Each of them once, and the first in words.
pub(super) struct Enabled {
    tz: String,
    seen: Kept,
    count: usize,
    shown: Vec<String>,
}

impl Enabled {
    /// None yet; times are told in this zone.
    pub(super) fn new(tz: String) -> Enabled {
        Enabled { tz, seen: Kept::default(), count: 0, shown: Vec::new() }
    }

    /// Adds one; whether it is new.
    pub(super) fn add(&mut self, id: DestinationId, address: &Address, shut: &Shut) -> bool {
        if !self.seen.insert(id.0) {
            return false;
        }
        self.count += 1;
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(format!("{} ({})", address.masked(), in_words(shut, &self.tz)));
        }
        true
    }

    /// What there is to say of them, if there is any.
    pub(super) fn summary(&self, dry_run: bool) -> Option<String> {
        if self.count == 0 {
            return None;
        }
        let verb = if dry_run { "would enable" } else { "enabled" };
        let count = counted(self.count, "destination", "destinations");
        let shown = self.shown.join(", ");
        let more = match self.count - self.shown.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(format!("{verb} {count}: {shown}{more}"))
    }
}
