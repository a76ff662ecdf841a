//! Taking what is due: retries first, then units, put together into notifications as they are born.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::lane::{self, DueLane};
use super::ledger::Ended;
use super::unit::{self, UnitId};
use super::waiting::{self, Waiting};
use super::{ending, finish, notification, rows};
use crate::model::{Address, AlertId, Channel, DestinationId, NotificationId, UnixMillis, VideoId};
use crate::store::{
    Claim, Claimed, Compose, Composed, ComposedMessage, Finished, Result, Room, StandsAt, Unit,
};

use notification::NewNotification;

/// Alerts that one transaction looks at, so that commands and routing get their turn; the rest stays due.
const LOOKED_MAX: usize = 5_000;

/// Alerts of one unit that are told at once; it has more only where one watch has more rules and videos than that.
const UNIT_MAX: usize = 5_000;

/// Units, and lanes, asked for at once. So many lanes without a place are passed over beside what is taken.
const PAGE: usize = 32;

/// Lanes without a place that are passed over by a claim that takes nothing.
const PASSED_MAX: usize = 256;

/// The same of those that are due for the longest, where the walk stands behind them.
const PASSED_FIRST: usize = 16;

pub(super) fn finish_and_claim(
    tx: &Connection,
    finished: &[Finished],
    channel: Channel,
    room: &Room,
    now: UnixMillis,
    compose: &dyn Compose,
) -> Result<Claimed> {
    let mut ended = Ended::default();
    finish::finish(tx, finished, &mut ended)?;
    let mut claiming = Claiming {
        tx,
        channel,
        now,
        compose,
        ended,
        claims: Vec::new(),
        given_up: Vec::new(),
        budget: LOOKED_MAX,
    };
    let stands_at = claiming.walk(room)?;
    let Claiming { claims, given_up, ended, .. } = claiming;
    ended.keep(tx)?;
    Ok(Claimed { claims, stands_at, next_due: lane::next_due(tx, channel, stands_at)?, given_up })
}

/// One claim under way.
struct Claiming<'a> {
    tx: &'a Connection,
    channel: Channel,
    now: UnixMillis,
    compose: &'a dyn Compose,
    claims: Vec<Claim>,
    given_up: Vec<(Address, String)>,
    ended: Ended,
    /// Rows that may still be looked at.
    budget: usize,
}

impl Claiming<'_> {
    /// Goes along the lanes that are due; returns where to go on.
    ///
    /// A lane that has no place is passed over and stays as it is: whoever must wait costs no writing, and comes again at once
    /// when there is a place. So those that are due for the longest are looked at each time, wherever the walk stands.
    fn walk(&mut self, room: &Room) -> Result<Option<StandsAt>> {
        if room.from.is_some() {
            self.walk_from(None, room, Some(PASSED_FIRST))?;
        }
        self.walk_from(room.from, room, None)
    }

    /// Goes along the lanes behind a place, until there is no room or enough have been passed over.
    fn walk_from(
        &mut self,
        from: Option<StandsAt>,
        room: &Room,
        passed_max: Option<usize>,
    ) -> Result<Option<StandsAt>> {
        let mut stands_at = from;
        let mut behind = from;
        let (mut looked, mut passed) = (0, 0);
        while looked < room.limit && self.claims.len() < room.limit {
            let page = lane::due(self.tx, self.channel, self.now, behind, PAGE.min(room.limit))?;
            let is_last = page.len() < PAGE.min(room.limit);
            for lane in page {
                let passed_max =
                    passed_max.unwrap_or(if self.claims.is_empty() { PASSED_MAX } else { PAGE });
                let is_full = self.claims.len() == room.limit || self.budget == 0;
                if is_full || looked == room.limit || passed >= passed_max {
                    return Ok(stands_at);
                }
                behind = Some(StandsAt { due_at: lane.due_at, lane: lane.id });
                let places = room.places.as_ref();
                let free = places.map_or(usize::MAX, |places| places.free(&lane.key));
                if free == 0 {
                    passed += 1;
                } else {
                    looked += 1;
                    let taken = self.claim(&lane, room.limit, free)?;
                    places.inspect(|places| places.take(&lane.key, taken));
                }
                if free < lane.slots {
                    stands_at = behind;
                }
            }
            if is_last {
                break;
            }
        }
        Ok(stands_at)
    }

    /// Takes what is due in a lane, as much as there are places; returns how many.
    fn claim(&mut self, lane: &DueLane, limit: usize, places: usize) -> Result<usize> {
        let before = self.claims.len();
        let full = limit.min(before.saturating_add(lane.slots.min(places)));
        if lane.is_failing {
            // What was never tried shows best whether it is the receiver that fails, or messages that it can't take.
            self.take_units(lane, full)?;
            self.take_retries(lane, full)?;
        } else {
            self.take_retries(lane, full)?;
            self.take_units(lane, full)?;
        }
        // Units may have brought more messages than the lane had room for: these are due like retries.
        let taken = self.claims.len() - before;
        lane::occupy(self.tx, lane.id, taken)?;
        Ok(taken)
    }

    /// Takes notifications that stand already; ends those that a command has cancelled meanwhile.
    fn take_retries(&mut self, lane: &DueLane, full: usize) -> Result<()> {
        while self.claims.len() < full && self.budget > 0 {
            let wanted = full - self.claims.len();
            let retries = retries(self.tx, lane, self.now, wanted, self.compose)?;
            if retries.is_empty() {
                return Ok(());
            }
            for retry in retries {
                self.budget = self.budget.saturating_sub(1);
                if let Some(word) = retry.cancelled {
                    let reason = waiting::reason(Some(&word));
                    ending::cancel(self.tx, retry.id, reason, self.now, &mut self.ended)?;
                    continue;
                }
                match retry.claim {
                    Err(cause) => {
                        ending::give_up(self.tx, retry.id, &cause, self.now, &mut self.ended)?;
                    }
                    Ok(claim) => {
                        self.tx
                            .prepare_cached("UPDATE notification SET next_at = NULL WHERE id = ?1")?
                            .execute([retry.id.0])?;
                        self.claims.push(claim);
                    }
                }
            }
        }
        Ok(())
    }

    fn take_units(&mut self, lane: &DueLane, full: usize) -> Result<()> {
        // Each look takes its unit out of what is due, so this ends.
        while self.claims.len() < full && self.budget > 0 {
            let due = unit::due(self.tx, lane.id, self.now, PAGE)?;
            if due.is_empty() {
                return Ok(());
            }
            for unit in due {
                if self.claims.len() == full || self.budget == 0 {
                    return Ok(());
                }
                self.look(lane, unit, full)?;
            }
        }
        Ok(())
    }

    /// Looks at what waits in a unit, and does with it what is decided.
    fn look(&mut self, lane: &DueLane, id: UnitId, full: usize) -> Result<()> {
        let is_told_each_video = self.channel.traits().is_told_each_video;
        let waiting = waiting::read(self.tx, id, is_told_each_video, self.now, UNIT_MAX)?;
        self.budget = self.budget.saturating_sub(waiting.read.max(1));
        let Waiting { unit, cancelled, keys, broken, destination, is_all, behind, .. } = waiting;
        for (alert, reason) in cancelled {
            ending::cancel_alert(self.tx, alert, reason, self.now, &mut self.ended)?;
        }
        let place = Place { lane, id, destination: destination.unwrap_or_default() };
        for (alert, cause) in broken {
            self.give_up(&place, &[alert], &cause)?;
        }
        let (mut taken, mut told_at) = (None, None);
        if let Some(unit) = unit {
            // One message that can't be put together must not stop all others of the channel.
            let composed = catch_unwind(AssertUnwindSafe(|| self.compose.compose(&unit, self.now)))
                .unwrap_or_else(|_| Composed::Dead("putting the message together failed".into()));
            match composed {
                // In the past it would be looked at without end.
                Composed::Hold(until) => {
                    let until = until.max(UnixMillis(self.now.0 + 1));
                    return unit::hold(self.tx, id, until);
                }
                Composed::Cancel(reason) => {
                    for alert in alerts(&unit) {
                        ending::cancel_alert(self.tx, alert, reason, self.now, &mut self.ended)?;
                    }
                }
                Composed::Dead(cause) => {
                    self.give_up(&place, &alerts(&unit).collect::<Vec<_>>(), &cause)?;
                }
                Composed::Send { silent, messages, cancelled } => {
                    for (alert, reason) in cancelled {
                        ending::cancel_alert(self.tx, alert, reason, self.now, &mut self.ended)?;
                    }
                    taken = self.take(&place, &unit, &keys, messages, (silent, full))?;
                    told_at = taken.is_none().then_some(self.now);
                }
            }
        }
        match (taken, behind, is_all) {
            (Some(message), _, true) => unit::taken(self.tx, id, message),
            (Some(message), _, false) => unit::wait_for(self.tx, id, message),
            (None, Some(message), true) => unit::wait_behind(self.tx, id, message, told_at),
            (None, None, true) => unit::empty(self.tx, id, told_at),
            (None, _, false) => unit::requeue(self.tx, id, self.now),
        }
    }

    /// Writes the messages of a unit and takes as many as there is room for. Returns the one that the unit waits for:
    /// the first of a chat, whose parts follow each other. Messages about one video each wait for nobody.
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
            let new = NewNotification {
                lane: place.lane.id,
                destination: place.destination,
                unit: Some(place.id),
                video: message.video.and_then(|video| videos.get(&video).copied()),
                alerts: &message.alerts,
                kind: if message.is_coalesced { "coalesced" } else { "single" },
                body: Some(&message.body),
                silent,
                observed_at: message.observed_at,
                now: self.now,
                state: if is_queued { "queued" } else { "pending" },
                next_at: (!is_queued && !is_taken).then_some(self.now),
                parts_left: if is_chain { count - nth - 1 } else { 0 },
            };
            let born = new.insert(self.tx)?;
            first.get_or_insert(born.id);
            if is_taken {
                self.claims.push(Claim {
                    id: born.id,
                    public_id: born.public_id,
                    lane: place.lane.id,
                    lane_key: place.lane.key.clone(),
                    address: unit.destination.address.clone(),
                    body: message.body,
                    silent,
                    attempts: 0,
                    spent: Duration::ZERO,
                    is_probe: unit.destination.barred.is_some(),
                    observed_at: message.observed_at,
                    created_at: self.now,
                });
            }
        }
        Ok(first.filter(|_| is_chain))
    }

    /// Makes a dead letter of alerts that can't be told.
    fn give_up(&mut self, place: &Place<'_>, alerts: &[AlertId], cause: &str) -> Result<()> {
        let address: Option<String> = self
            .tx
            .prepare_cached("SELECT address FROM destination WHERE id = ?1")?
            .query_row([place.destination.0], |row| row.get(0))
            .optional()?;
        let address = address.and_then(|address| address.parse().ok());
        self.given_up.extend(address.map(|address| (address, cause.to_owned())));
        let new = NewNotification {
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
        };
        let born = new.insert(self.tx)?;
        ending::give_up(self.tx, born.id, cause, self.now, &mut self.ended)
    }
}

/// Where a unit is.
struct Place<'a> {
    lane: &'a DueLane,
    id: UnitId,
    destination: DestinationId,
}

fn alerts(unit: &Unit) -> impl Iterator<Item = AlertId> {
    unit.videos.iter().flat_map(|video| &video.alerts).map(|alert| alert.id)
}

/// Whether a notification that is tried again would come in quiet hours, and is not urgent.
fn is_quiet(row: &Row<'_>, compose: &dyn Compose, now: UnixMillis) -> bool {
    // What can't be read sets nothing.
    let settings = |column| rows::settings(&rows::text(row, column)).unwrap_or_default();
    let is_urgent = UnitId(rows::integer_or(row, 11, 0)).is_urgent();
    !is_urgent && compose.is_quiet(&settings(12), &settings(13), now)
}

/// A notification that is due again.
struct Retry {
    id: NotificationId,
    /// Why it is not to be sent any more.
    cancelled: Option<String>,
    /// What to send; or why it can't be read.
    claim: std::result::Result<Claim, String>,
}

/// A notification ends with its destination, or with its watch as a whole.
pub(super) const RETRIES: &str =
    "SELECT n.id, d.address, n.body, n.silent, n.attempts, n.observed_at, n.created_at,
            CASE WHEN d.id IS NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN n.subscription IS NULL THEN NULL
                 WHEN s.id IS NULL THEN 'unwatched'
                 WHEN n.newest <= d.cancelled_to THEN d.cancelled_reason
                 WHEN n.newest <= s.cancelled_to THEN s.cancelled_reason
                 WHEN s.ended_at IS NOT NULL THEN 'unwatched'
                 WHEN s.until <= ?2 THEN 'expired' END,
            n.public_id, n.spent, d.barred IS NOT NULL, n.unit, s.settings, d.settings, n.body_kind
     FROM notification n LEFT JOIN destination o ON o.id = n.destination
     LEFT JOIN destination d ON d.id = coalesce(o.moved_to, o.id)
     LEFT JOIN subscription s ON s.id = n.subscription
     WHERE n.lane = ?1 AND n.state = 'pending' AND n.next_at <= ?2
     ORDER BY n.next_at, n.created_at LIMIT ?3";

fn retries(
    tx: &Connection,
    lane: &DueLane,
    now: UnixMillis,
    limit: usize,
    compose: &dyn Compose,
) -> Result<Vec<Retry>> {
    let mut statement = tx.prepare_cached(RETRIES)?;
    let mut rows = statement.query(params![lane.id, now.0, limit])?;
    let mut retries = Vec::new();
    while let Some(row) = rows.next()? {
        let id = NotificationId(row.get(0)?);
        let read = || -> Result<Claim> {
            let address: Address = rows::parsed(&row.get::<_, String>(1)?, "destination")?;
            Ok(Claim {
                id,
                public_id: notification::public_id(row.get(8)?),
                lane: lane.id,
                lane_key: lane.key.clone(),
                body: notification::body(
                    row.get::<_, Option<String>>(14)?.as_deref(),
                    row.get(2)?,
                    address.channel(),
                )?,
                address,
                silent: row.get(3)?,
                attempts: row.get(4)?,
                spent: Duration::from_millis(row.get(9)?),
                is_probe: row.get(10)?,
                observed_at: UnixMillis(row.get(5)?),
                created_at: UnixMillis(row.get(6)?),
            })
        };
        let cancelled: Option<String> = row.get(7)?;
        let mut claim =
            if cancelled.is_some() { Err(String::new()) } else { rows::readable(read())? };
        if let Ok(claim) = &mut claim
            && claim.attempts > 0
        {
            claim.silent = claim.silent || is_quiet(row, compose, now);
        }
        retries.push(Retry { id, cancelled, claim });
    }
    Ok(retries)
}
