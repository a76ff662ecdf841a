//! Destinations that a file names and at which nothing arrived: whoever names them wants them to be tried again, but for those
//! that their readers ended.

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
    enabled: Named,
    refused: Named,
}

/// Some of the destinations.
#[derive(Default)]
struct Named {
    count: usize,
    shown: Vec<String>,
}

impl Named {
    fn add(&mut self, address: &Address, shut: &Shut, tz: &str) {
        self.count += 1;
        if self.shown.len() < SHOWN_MAX {
            self.shown.push(format!("{} ({})", address.masked(), in_words(shut, tz)));
        }
    }

    /// Them all in words, with how many there are in front; `None`: there are none.
    fn in_words(&self, verb: &str) -> Option<String> {
        let more = match self.count - self.shown.len() {
            _ if self.count == 0 => return None,
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let count = counted(self.count, "destination", "destinations");
        Some(format!("{verb} {count}: {}{more}", self.shown.join(", ")))
    }
}

impl Enabled {
    /// None yet; times are told in this zone.
    pub(super) fn new(tz: String) -> Enabled {
        let (enabled, refused) = (Named::default(), Named::default());
        Enabled { tz, seen: Kept::default(), enabled, refused }
    }

    /// Adds one; whether it is new and is to be made on.
    pub(super) fn add(&mut self, id: DestinationId, address: &Address, shut: &Shut) -> bool {
        if !self.seen.insert(id.0) {
            return false;
        }
        let is_to_be_on = match shut {
            Shut::Off { .. } | Shut::Barred(_) => true,
            Shut::Refused { .. } => false,
        };
        let named = if is_to_be_on { &mut self.enabled } else { &mut self.refused };
        named.add(address, shut, &self.tz);
        is_to_be_on
    }

    /// What there is to say of them, if there is any.
    pub(super) fn summary(&self, dry_run: bool) -> Vec<String> {
        let verb = if dry_run { "would enable" } else { "enabled" };
        let refused = self.refused.in_words("left off");
        let way_out = "; `tubebell destinations --enable` makes one on, if its reader asks for it";
        let lines = [self.enabled.in_words(verb), refused.map(|line| line + way_out)];
        lines.into_iter().flatten().collect()
    }
}
