//! Looking at what is due, and deciding what becomes of it: retries leave again, units are put together into notifications.
//! What many lanes have is read together.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::due::{self, Retry, Share};
use super::lane::DueLane;
use super::ledger::Ended;
use super::notification::{Kept, NewNotification};
use super::unit::{Next, UnitId};
use super::waiting::{self, Waiting};
use super::writes::{Untried, Writes};
use crate::model::{Address, AlertId, Channel, DestinationId, NotificationId, UnixMillis, VideoId};
use crate::store::{Claim, Compose, Composed, ComposedMessage, Result, Room, Unit};

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
}

/// What was read of lanes and not looked at yet.
struct Ahead {
    retries: HashMap<NotificationId, Retry>,
    units: HashMap<UnitId, Waiting>,
}

/// Where a unit is.
struct Place<'a> {
    lane: &'a DueLane,
    id: UnitId,
    destination: DestinationId,
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
        let (mut retries, mut units) = (Vec::new(), Vec::new());
        for share in shares {
            let left = share.places - share.taken;
            let count = if share.is_first_look { left } else { left.max(AHEAD) };
            let (of_retries, of_units) = share.due.first(count, share.lane.is_failing);
            retries.extend(of_retries.iter().map(|id| (*id, &share.lane)));
            units.extend_from_slice(of_units);
        }
        let retries = due::retries(self.tx, &retries, self.now, self.compose)?;
        let is_told_each_video = self.channel.traits().is_told_each_video;
        let waiting = waiting::read(self.tx, &units, is_told_each_video, self.now, self.budget)?;
        Ok(Ahead {
            retries: retries.into_iter().map(|retry| (retry.id, retry)).collect(),
            units: units.into_iter().zip(waiting).collect(),
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
            let Some(waiting) = ahead.units.remove(id) else { break };
            looked += 1;
            let next = self.look_at_unit(lane, *id, waiting, full)?;
            self.writes.units.push((*id, next));
        }
        Ok(looked)
    }

    /// Decides what becomes of what waits in a unit.
    fn look_at_unit(
        &mut self,
        lane: &DueLane,
        id: UnitId,
        waiting: Waiting,
        full: usize,
    ) -> Result<Next> {
        self.budget = self.budget.saturating_sub(waiting.read.max(1));
        let Waiting { unit, cancelled, keys, broken, destination, has_more, behind, .. } = waiting;
        self.writes.cancelled.extend(cancelled);
        let place = Place { lane, id, destination: destination.unwrap_or_default() };
        for (alert, cause) in broken {
            self.give_up(&place, vec![alert], cause)?;
        }
        let (mut taken, mut told_at) = (None, None);
        if let Some(unit) = unit {
            // One message that can't be put together must not stop all others of the channel.
            let composed = catch_unwind(AssertUnwindSafe(|| self.compose.compose(&unit, self.now)))
                .unwrap_or_else(|_| Composed::Dead("putting the message together failed".into()));
            match composed {
                // In the past it would be looked at without end.
                Composed::Hold(until) => {
                    return Ok(Next::Hold(until.max(UnixMillis(self.now.0 + 1))));
                }
                Composed::Cancel(reason) => {
                    self.writes.cancelled.extend(alerts(&unit).map(|alert| (alert, reason)));
                }
                Composed::Dead(cause) => self.give_up(&place, alerts(&unit).collect(), cause)?,
                Composed::Send { silent, messages, cancelled } => {
                    self.writes.cancelled.extend(cancelled);
                    taken = self.take(&place, &unit, &keys, messages, (silent, full))?;
                    told_at = taken.is_none().then_some(self.now);
                }
            }
        }
        Ok(match (taken, behind, has_more) {
            (Some(message), _, false) => Next::Taken(message),
            (Some(message), _, true) => Next::WaitFor(message),
            (None, Some(message), false) => Next::WaitBehind { message, told_at },
            (None, None, false) => Next::Empty { told_at },
            (None, _, true) => Next::Requeue(self.now),
        })
    }

    /// Makes the messages of a unit and takes as many as there is room for. Returns the one that the unit waits for: the
    /// first of a chat, whose parts follow each other. Messages about one video each wait for nobody.
    fn take(
        &mut self,
        place: &Place<'_>,
        unit: &Unit,
        videos: &HashMap<VideoId, i64>,
        messages: Vec<ComposedMessage>,
        (silent, full): (bool, usize),
    ) -> Result<Option<NotificationId>> {
        let is_chain = !self.channel.traits().is_told_each_video;
        let count = messages.len();
        let mut first = None;
        for (nth, message) in messages.into_iter().enumerate() {
            let is_queued = is_chain && nth > 0;
            let is_taken = !is_queued && self.claims.len() < full;
            let observed_at = message.observed_at;
            let kept = Kept::of(&message.body)?;
            let born = self.writes.birth(|born| NewNotification {
                born,
                lane: place.lane.id,
                destination: place.destination,
                unit: Some(place.id),
                video: message.video.and_then(|video| videos.get(&video).copied()),
                alerts: message.alerts,
                kind: if message.is_coalesced { "coalesced" } else { "single" },
                body: Some(kept),
                silent,
                observed_at,
                now: self.now,
                state: if is_queued { "queued" } else { "pending" },
                next_at: (!is_queued && !is_taken).then_some(self.now),
                parts_left: if is_chain { count - nth - 1 } else { 0 },
            });
            first.get_or_insert(born.id);
            self.claims.extend(is_taken.then(|| Claim {
                id: born.id,
                public_id: born.public_id(),
                lane: place.lane.id,
                lane_key: place.lane.key.clone(),
                address: unit.destination.address.clone(),
                body: message.body,
                silent,
                attempts: 0,
                spent: Duration::ZERO,
                is_probe: unit.destination.barred.is_some(),
                observed_at,
                created_at: self.now,
            }));
        }
        Ok(first.filter(|_| is_chain))
    }

    /// Makes a dead letter of alerts that can't be told.
    fn give_up(&mut self, place: &Place<'_>, alerts: Vec<AlertId>, cause: String) -> Result<()> {
        let address: Option<String> = self
            .tx
            .prepare_cached("SELECT address FROM destination WHERE id = ?1")?
            .query_row([place.destination.0], |row| row.get(0))
            .optional()?;
        let address = address.and_then(|address| address.parse().ok());
        self.given_up.extend(address.map(|address| (address, cause.clone())));
        let born = self.writes.birth(|born| NewNotification {
            born,
            lane: place.lane.id,
            destination: place.destination,
            unit: Some(place.id),
            video: None,
            alerts,
            kind: "single",
            body: None,
            silent: false,
            observed_at: self.now,
            now: self.now,
            state: "pending",
            next_at: None,
            parts_left: 0,
        });
        self.writes.untried.push((born.id, Untried::Dead(cause)));
        Ok(())
    }
}

fn alerts(unit: &Unit) -> impl Iterator<Item = AlertId> {
    unit.videos.iter().flat_map(|video| &video.alerts).map(|alert| alert.id)
}
