//! Updates that have failed: when one comes again, it is not counted again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::store::UpdateMark;

/// Updates that are remembered. Far more than are in hand at a time.
const MAX: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Failed(Mutex<HashSet<UpdateMark>>);

impl Failed {
    /// Whether an update has failed this time. One without a mark does not come again.
    pub(super) fn note(&self, mark: Option<&UpdateMark>, has_failed: bool) {
        let Some(mark) = mark else { return };
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !has_failed {
            failed.remove(mark);
            return;
        }
        // What is left over was never told again.
        if failed.len() >= MAX {
            failed.clear();
        }
        failed.insert(mark.clone());
    }

    /// Whether an update failed when it came before.
    pub(super) fn has(&self, mark: Option<&UpdateMark>) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mark.is_some_and(|mark| failed.contains(mark))
    }
}
