//! Looking at what is due, and deciding what becomes of it: retries leave again, units are put together into notifications
//! or collected, and digests tell what was. What many lanes have is read together.

mod digests;
mod take;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;

use super::digest::{self, Collecting, Gathered};
use super::due::{self, Retry, Share};
use super::lane::DueLane;
use super::ledger::Ended;
use super::unit::{Next, UnitId};
use super::waiting::{self, Waiting};
use super::writes::{Untried, Writes};
use crate::model::{Address, Channel, DestinationId, NotificationId, Pings, UnixMillis};
use crate::store::{Claim, Compose, Composed, Result, Room};
use take::{Place, alerts};

/// Alerts that one transaction looks at, so that commands and routing get their turn; the rest stays due. A digest is read
/// whole where it has no more, whatever was looked at before it.
pub(super) const LOOKED_MAX: usize = 5_000;

/// What is read at once of a lane of which the first things that were due were not taken.
const AHEAD: usize = 8;

/// A claim under way: what it has taken, and what it is still to write.
pub(super) struct Looking<'a> {
    pub(super) tx: &'a Connection,
    pub(super) channel: Channel,
    pub(super) now: UnixMillis,
    pub(super) compose: &'a dyn Compose,
    pub(super) claims: Vec<Claim>,
    pub(super) given_up: Vec<(Address, String)>,
    pub(super) writes: Writes,
    pub(super) ended: Ended,
    /// Rows that may still be looked at.
    pub(super) budget: usize,
    /// What messages that are born here make of the days' budgets.
    pub(super) pings: HashMap<DestinationId, Pings>,
}

/// What was read of lanes and not looked at yet.
struct Ahead {
    retries: HashMap<NotificationId, Retry>,
    units: HashMap<UnitId, Waiting>,
    digests: HashMap<UnitId, Gathered>,
}

impl Looking<'_> {
    /// Looks at what is due in lanes, until each has what it has places for.
    pub(super) fn look(&mut self, shares: &mut [&mut Share], room: &Room) -> Result<()> {
        let mut ahead = self.read(shares)?;
        for share in shares {
            self.look_at_lane(share, room, &mut ahead)?;
        }
        Ok(())
    }

    /// Reads as much of each lane as it has places for, within what may still be looked at.
    fn read(&self, shares: &[&mut Share]) -> Result<Ahead> {
        let (mut retries, mut units, mut digests) = (Vec::new(), Vec::new(), Vec::new());
        for share in shares {
            let left = share.places - share.taken;
            let count = if share.is_first_look { left } else { left.max(AHEAD) };
            let (of_retries, of_units) = share.due.first(count, share.lane.is_failing);
            retries.extend(of_retries.iter().map(|id| (*id, &share.lane)));
            for unit in of_units {
                let list = if unit.digest().is_some() { &mut digests } else { &mut units };
                list.push(*unit);
            }
        }
        let retries = due::retries(self.tx, &retries, self.now, self.compose)?;
        let is_told_each_video = self.channel.traits().is_told_each_video;
        let waiting = waiting::read(self.tx, &units, is_told_each_video, self.now, self.budget)?;
        let gathered = digest::gather(self.tx, &digests, is_told_each_video, self.now, LOOKED_MAX)?;
        Ok(Ahead {
            retries: retries.into_iter().map(|retry| (retry.id, retry)).collect(),
            units: units.into_iter().zip(waiting).collect(),
            digests: digests.into_iter().zip(gathered).collect(),
        })
    }

    fn look_at_lane(&mut self, share: &mut Share, room: &Room, ahead: &mut Ahead) -> Result<()> {
        let before = self.claims.len();
        // What waits in one unit may make more messages than one.
        let more = room.places.as_ref().map_or(usize::MAX, |places| places.free(&share.lane.key));
        let slots = share.lane.slots.min(share.places.saturating_add(more));
        let full = room.limit.min(before + slots.saturating_sub(share.taken));
        let due = std::mem::take(&mut share.due);
        let mut looked = 0;
        if share.lane.is_failing {
            // What was never tried shows best whether it is the receiver that fails, or messages that it can't take.
            looked += self.look_at_units(&share.lane, &due.units, full, ahead)?;
            looked += self.look_at_retries(&due.retries, full, ahead);
        } else {
            looked += self.look_at_retries(&due.retries, full, ahead);
            looked += self.look_at_units(&share.lane, &due.units, full, ahead)?;
        }
        let taken = self.claims.len() - before;
        share.taken += taken;
        share.is_first_look = false;
        share.due.has_more = due.has_more || looked > taken || looked < due.len();
        if share.taken > share.places {
            if let Some(places) = &room.places {
                places.take(&share.lane.key, share.taken - share.places);
            }
            share.places = share.taken;
        }
        Ok(())
    }

    /// Takes notifications that stand already; ends those that a command has cancelled meanwhile. Returns at how many it
    /// looked.
    fn look_at_retries(&mut self, due: &[NotificationId], full: usize, ahead: &mut Ahead) -> usize {
        let mut looked = 0;
        for id in due {
            if self.claims.len() >= full || self.budget == 0 {
                break;
            }
            let Some(retry) = ahead.retries.remove(id) else { break };
            looked += 1;
            self.budget -= 1;
            match (retry.cancelled, retry.claim) {
                (Some(word), _) => {
                    let reason = waiting::reason(Some(&word));
                    self.writes.untried.push((*id, Untried::Cancelled(reason)));
                }
                (None, Err(cause)) => self.writes.untried.push((*id, Untried::Dead(cause))),
                (None, Ok(claim)) => {
                    self.writes.again.push(*id);
                    self.claims.push(claim);
                }
            }
        }
        looked
    }

    /// Looks at units. Returns at how many.
    fn look_at_units(
        &mut self,
        lane: &DueLane,
        due: &[UnitId],
        full: usize,
        ahead: &mut Ahead,
    ) -> Result<usize> {
        let mut looked = 0;
        for id in due {
            if self.claims.len() >= full || self.budget == 0 {
                break;
            }
            if let Some(digest) = id.digest() {
                let Some(gathered) = ahead.digests.remove(id) else { break };
                looked += 1;
                self.look_at_digest(lane, digest, gathered, full)?;
                continue;
            }
            let Some(waiting) = ahead.units.remove(id) else { break };
            looked += 1;
            if let Some(next) = self.look_at_unit(lane, *id, waiting, full)? {
                self.writes.units.push((*id, next));
            }
        }
        Ok(looked)
    }

    /// Decides what becomes of what waits in a unit of a watch; `None`: a digest tells it.
    fn look_at_unit(
        &mut self,
        lane: &DueLane,
        id: UnitId,
        waiting: Waiting,
        full: usize,
    ) -> Result<Option<Next>> {
        self.budget = self.budget.saturating_sub(waiting.read.max(1));
        let Waiting { unit, cancelled, keys, broken, destination, has_more, behind, .. } = waiting;
        let ends_some = !cancelled.is_empty();
        self.writes.cancelled.extend(cancelled);
        let place = Place { lane, id, destination: destination.unwrap_or_default() };
        for (alert, cause) in broken {
            self.give_up(&place, vec![alert], cause)?;
        }
        let (mut taken, mut told_at) = (None, None);
        if let Some(mut unit) = unit {
            if let Some(pings) = self.pings.get(&place.destination) {
                unit.pings = *pings;
            }
            match self.composed(|compose, now| compose.compose(&unit, now)) {
                Composed::Hold(until) => return Ok(Some(Next::Hold(self.put_off(until)))),
                Composed::Collect { schedule, tz, is_over_budget, latest } => {
                    // A mute spares what is collected: what was to end before ends before.
                    if ends_some && has_more {
                        return Ok(Some(Next::Requeue(self.now)));
                    }
                    self.writes.collected.push(Collecting {
                        unit: id,
                        lane: lane.id,
                        destination: place.destination,
                        schedule,
                        tz,
                        is_over_budget,
                        latest,
                    });
                    return Ok(None);
                }
                Composed::Cancel(reason) => {
                    self.writes.cancelled.extend(alerts(&unit).map(|alert| (alert, reason)));
                }
                Composed::Dead(cause) => self.give_up(&place, alerts(&unit).collect(), cause)?,
                Composed::Send { silent, messages, cancelled, pings } => {
                    self.writes.cancelled.extend(cancelled);
                    if let Some(pings) = pings {
                        self.pings.insert(place.destination, pings);
                        self.writes.pings.insert(place.destination, pings);
                    }
                    taken =
                        self.take(&place, &unit.destination, &keys, messages, (silent, full))?;
                    told_at = taken.is_none().then_some(self.now);
                }
            }
        }
        Ok(Some(match (taken, behind, has_more) {
            (Some(message), _, false) => Next::Taken(message),
            (Some(message), _, true) => Next::WaitFor(message),
            (None, Some(message), false) => Next::WaitBehind { message, told_at },
            (None, None, false) => Next::Empty { told_at },
            (None, _, true) => Next::Requeue(self.now),
        }))
    }

    /// One message that can't be put together must not stop all others of the channel.
    fn composed(&self, compose: impl FnOnce(&dyn Compose, UnixMillis) -> Composed) -> Composed {
        catch_unwind(AssertUnwindSafe(|| compose(self.compose, self.now)))
            .unwrap_or_else(|_| Composed::Dead("putting the message together failed".into()))
    }

    /// A hold that ends in the past would have it looked at without end.
    fn put_off(&self, until: UnixMillis) -> UnixMillis {
        until.max(UnixMillis(self.now.0 + 1))
    }
}
