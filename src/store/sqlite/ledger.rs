//! The sums over all alerts: how many ended, and how.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use crate::store::Result;

/// Alerts that ended in a transaction, by the stored word.
#[derive(Default)]
pub(super) struct Ended(HashMap<&'static str, usize>);

impl Ended {
    pub(super) fn add(&mut self, outcome: &'static str, count: usize) {
        if count > 0 {
            *self.0.entry(outcome).or_default() += count;
        }
    }

    /// Adds them to the sums, in the transaction that ended them.
    pub(super) fn keep(self, tx: &Connection) -> Result<()> {
        for (outcome, count) in self.0 {
            tx.prepare_cached(
                "INSERT INTO ledger (outcome, alerts) VALUES (?1, ?2)
                 ON CONFLICT (outcome) DO UPDATE SET alerts = alerts + ?2",
            )?
            .execute(params![outcome, count])?;
        }
        Ok(())
    }
}
