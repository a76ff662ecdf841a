//! What a claim has decided and not written yet: one set of each kind, written together.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::digest::{self, Collecting, Looked};
use super::ending::{self, End};
use super::ledger::Ended;
use super::notification::{self, Births, Born, NewNotification};
use super::unit::{self, Next, UnitId};
use crate::model::{AlertId, CancelReason, DestinationId, NotificationId, Pings, UnixMillis};
use crate::store::Result;

/// Why a notification ends that is not tried (any more).
pub(super) enum Untried {
    Cancelled(CancelReason),
    /// It can't be put together or read: one line.
    Dead(String),
}

pub(super) const COUNT: &str = "UPDATE destination SET pings_day = ?2, pings = ?3 WHERE id = ?1";

/// What is to be written.
pub(super) struct Writes {
    births: Births,
    pub(super) cancelled: Vec<(AlertId, CancelReason)>,
    /// Notifications that are under way again.
    pub(super) again: Vec<NotificationId>,
    born: Vec<NewNotification>,
    pub(super) units: Vec<(UnitId, Next)>,
    /// Units that digests tell from now on.
    pub(super) collected: Vec<Collecting>,
    /// Units that were collected and have nothing more, and when they were told.
    pub(super) left: Vec<(UnitId, Option<UnixMillis>)>,
    pub(super) digests: Vec<Looked>,
    /// Messages that count against the budget of a day.
    pub(super) pings: HashMap<DestinationId, Pings>,
    pub(super) untried: Vec<(NotificationId, Untried)>,
}

impl Writes {
    pub(super) fn begin(tx: &Connection) -> Result<Writes> {
        Ok(Writes {
            births: Births::begin(tx)?,
            cancelled: Vec::new(),
            again: Vec::new(),
            born: Vec::new(),
            units: Vec::new(),
            collected: Vec::new(),
            left: Vec::new(),
            digests: Vec::new(),
            pings: HashMap::new(),
            untried: Vec::new(),
        })
    }

    /// Gives a notification its number.
    pub(super) fn birth(&mut self, new: impl FnOnce(Born) -> NewNotification) -> Born {
        let born = self.births.give();
        self.born.push(new(born));
        born
    }

    /// Writes all of it.
    pub(super) fn flush(
        &mut self,
        tx: &Connection,
        now: UnixMillis,
        ended: &mut Ended,
    ) -> Result<()> {
        ending::cancel_alerts(tx, &self.cancelled, now, ended)?;
        notification::take_again(tx, &self.again)?;
        notification::insert(tx, &self.born)?;
        unit::looked_at(tx, &self.units)?;
        self.left.iter().try_for_each(|(unit, told_at)| unit::left(tx, *unit, *told_at))?;
        digest::collect(tx, &self.collected, now)?;
        digest::looked_at(tx, &self.digests, now)?;
        for (destination, Pings { day, count }) in &self.pings {
            tx.prepare_cached(COUNT)?.execute(params![destination.0, day, count])?;
        }
        // Behind the units: one of them may wait for a notification that ends here.
        let untried = self.untried.iter().map(|(id, why)| match why {
            Untried::Cancelled(reason) => (*id, End::cancelled(*reason, now)),
            Untried::Dead(cause) => (*id, End::dead(cause, 0, now)),
        });
        ending::end_all(tx, &untried.collect::<Vec<_>>(), ended)?;
        self.cancelled.clear();
        self.again.clear();
        self.born.clear();
        self.units.clear();
        self.collected.clear();
        self.left.clear();
        self.digests.clear();
        self.pings.clear();
        self.untried.clear();
        Ok(())
    }
}
