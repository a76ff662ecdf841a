//! That a message is the last of its day: it uses up the budget.

use serde::Serialize;

use super::news::{BudgetNote, WatchMessage};
use super::numbers::{At, Grouped, Near};

/// What stands below the message that uses up the budget of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LastOfDay {
    /// So many messages there may be in a day.
    pub(super) pings: Grouped,
    /// When what else happens is told.
    pub(super) digest: At,
}

impl LastOfDay {
    /// Of a message that is the last.
    pub(super) fn of(message: &WatchMessage) -> Option<LastOfDay> {
        let BudgetNote { pings, digest_at } = message.budget?;
        let digest = Near { at: digest_at, now: message.observed_at, tz: message.tz.clone() };
        Some(LastOfDay { pings: Grouped(i64::from(pings)), digest: At(digest) })
    }
}
