//! Looking at what is due, and deciding what becomes of it: retries leave again, units are put together into notifications.
//! What many lanes have is read together.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::digest::{self, Collecting, Gathered, Looked, Step};
use super::due::{self, Retry, Share};
use super::lane::DueLane;
use super::ledger::Ended;
use super::notification::{Kept, NewNotification};
use super::unit::{DigestId, Next, UnitId};
use super::waiting::{self, Waiting};
use super::writes::{Untried, Writes};
use crate::model::{
    Address, AlertId, Channel, DestinationId, NotificationId, Pings, UnixMillis, VideoId,
};
use crate::store::{
    Claim, Collected, Compose, Composed, ComposedMessage, DestinationRow, Result, Room, Unit,
};

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

/// Where a unit is.
#[derive(Clone, Copy)]
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

    /// Decides what becomes of what a digest has collected.
    fn look_at_digest(
        &mut self,
        lane: &DueLane,
        digest: DigestId,
        gathered: Gathered,
        full: usize,
    ) -> Result<()> {
        let Gathered { head, units, has_more } = gathered;
        let read: usize = units.iter().map(|(_, waiting)| waiting.read).sum();
        self.budget = self.budget.saturating_sub(read.max(1));
        let Some(mut collected) = head else {
            self.writes.digests.push(Looked { digest, times: None, step: Step::Dissolve });
            return Ok(());
        };
        let place =
            Place { lane, id: UnitId::of_digest(digest), destination: collected.destination.id };
        let mut whole = Vec::with_capacity(units.len());
        for (id, waiting) in units {
            self.writes.cancelled.extend(waiting.cancelled);
            for (alert, cause) in waiting.broken {
                self.give_up(&Place { id, ..place }, vec![alert], cause)?;
            }
            // What is left of a unit stays where it is: a message about its video is under way, or there is more of it.
            if waiting.behind.is_none() && !waiting.has_more {
                whole.push((id, waiting.unit.is_some()));
            }
            collected.units.extend(waiting.unit);
        }
        let step = self.tell_digest(&place, &collected, has_more, full)?;
        let (is_held, told_at) = match &step {
            Step::Hold(_) => (true, None),
            Step::Rest | Step::Dissolve => (false, None),
            Step::Told { told_at, .. } => (false, *told_at),
        };
        let left = whole.into_iter().filter(|(_, has_some)| !(is_held && *has_some));
        self.writes.left.extend(left.map(|(id, has_some)| (id, told_at.filter(|_| has_some))));
        let Collected { schedule, tz, due_at, .. } = collected;
        self.writes.digests.push(Looked { digest, times: Some((schedule, tz, due_at)), step });
        Ok(())
    }

    /// Tells, holds or ends what a digest has collected.
    fn tell_digest(
        &mut self,
        place: &Place<'_>,
        collected: &Collected,
        has_more: bool,
        full: usize,
    ) -> Result<Step> {
        if collected.units.is_empty() && !has_more {
            return Ok(Step::Rest);
        }
        let (mut message, mut told_at) = (None, None);
        if !collected.units.is_empty() {
            let alerts = || collected.units.iter().flat_map(alerts);
            match self.composed(|compose, now| compose.digest(collected, now)) {
                // A digest is in no other.
                Composed::Hold(until) | Composed::Collect { latest: until, .. } => {
                    return Ok(Step::Hold(self.put_off(until)));
                }
                Composed::Cancel(reason) => {
                    self.writes.cancelled.extend(alerts().map(|alert| (alert, reason)));
                }
                Composed::Dead(cause) => self.give_up(place, alerts().collect(), cause)?,
                Composed::Send { silent, messages, cancelled, .. } => {
                    self.writes.cancelled.extend(cancelled);
                    let (to, videos) = (&collected.destination, HashMap::new());
                    message = self.take(place, to, &videos, messages, (silent, full))?;
                    told_at = Some(self.now);
                }
            }
        }
        Ok(Step::Told { message, has_more, told_at })
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

    /// Makes the messages of a unit and takes as many as there is room for. Returns the one that the unit waits for: the
    /// first of a chat, whose parts follow each other. Messages about one video each wait for nobody.
    fn take(
        &mut self,
        place: &Place<'_>,
        to: &DestinationRow,
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
                kind: match place.id.digest() {
                    Some(_) => "digest",
                    None if message.is_coalesced => "coalesced",
                    None => "single",
                },
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
                address: to.address.clone(),
                body: message.body,
                silent,
                attempts: 0,
                spent: Duration::ZERO,
                is_probe: to.barred.is_some(),
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
