//! Taking what is due: a walk along lanes, which takes from many at once as much as each has places for.

use std::collections::HashMap;

use rusqlite::Connection;

use super::due::{self, Share};
use super::finish;
use super::lane::{self, DueLane, Line};
use super::ledger::Ended;
use super::look::{LOOKED_MAX, Looking};
use super::writes::Writes;
use crate::model::{Channel, UnixMillis};
use crate::store::{Claimed, Compose, Finished, Result, Room, StandsAt, Stretch};

/// Lanes in which one claim looks for digests: each takes longer to put together than a message of one watch, and what comes
/// meanwhile goes before the next.
const DIGESTS_MAX: usize = 64;

/// Lanes, and units of each, asked for at once. So many lanes without a place are passed over beside what is taken.
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
    let looking = Looking {
        tx,
        channel,
        now,
        compose,
        ended,
        writes: Writes::begin(tx)?,
        claims: Vec::new(),
        given_up: Vec::new(),
        budget: LOOKED_MAX,
        pings: HashMap::new(),
    };
    let mut claiming = Claiming { looking, room };
    let stretch = |line, stands_at| -> Result<Stretch> {
        Ok(Stretch { stands_at, next_due: lane::next_due(tx, channel, line, stands_at)? })
    };
    let told_to = claiming.walk(Line::Told, room.from, room.limit)?;
    // Digests are the last in line: as long as anything else is due, none is begun.
    let is_rest = stretch(Line::Told, told_to)?.next_due.is_none_or(|due| due > now);
    let limit = if is_rest { room.limit.min(DIGESTS_MAX) } else { 0 };
    let digests_to = claiming.walk(Line::Digests, room.digests_from, limit)?;
    let Looking { claims, given_up, ended, .. } = claiming.looking;
    ended.keep(tx)?;
    // A digest may have left messages that are due like any other.
    let (walk, digests) = (stretch(Line::Told, told_to)?, stretch(Line::Digests, digests_to)?);
    Ok(Claimed { claims, walk, digests, given_up })
}

/// One claim under way.
struct Claiming<'a> {
    looking: Looking<'a>,
    room: &'a Room,
}

impl Claiming<'_> {
    /// Goes along the lanes of a line that are due, as many as `limit`; returns where to go on.
    ///
    /// A lane that has no place is passed over and stays as it is: whoever must wait costs no writing, and comes again at once
    /// when there is a place. So those that are due for the longest are looked at each time, wherever the walk stands.
    fn walk(
        &mut self,
        line: Line,
        from: Option<StandsAt>,
        limit: usize,
    ) -> Result<Option<StandsAt>> {
        if from.is_some() {
            self.walk_from((line, limit), None, Some(PASSED_FIRST))?;
        }
        self.walk_from((line, limit), from, None)
    }

    /// Goes along the lanes behind a place, until there is no room or enough have been passed over.
    fn walk_from(
        &mut self,
        (line, lanes_max): (Line, usize),
        from: Option<StandsAt>,
        passed_max: Option<usize>,
    ) -> Result<Option<StandsAt>> {
        let Looking { tx, channel, now, .. } = self.looking;
        let limit = self.room.limit;
        let mut stands_at = from;
        let mut behind = from;
        let (mut looked, mut passed) = (0, 0);
        while looked < lanes_max && self.looking.claims.len() < limit && self.looking.budget > 0 {
            let page = lane::due(tx, (channel, line), now, behind, PAGE.min(limit))?;
            let is_last = page.len() < PAGE.min(limit);
            let open: Vec<i64> =
                page.iter().filter(|lane| self.free(lane) > 0).map(|lane| lane.id).collect();
            let slots = page.iter().map(|lane| lane.slots).max().unwrap_or_default();
            let due = due::due(tx, &open, line, now, slots.min(limit))?;
            let mut due = open.iter().zip(due).peekable();
            let mut shares = Vec::new();
            let mut planned = self.looking.claims.len();
            let mut is_cut = false;
            for lane in page {
                let passed_max = passed_max.unwrap_or(if planned == 0 { PASSED_MAX } else { PAGE });
                if looked == lanes_max || passed >= passed_max {
                    self.take(line, shares)?;
                    return Ok(stands_at);
                }
                if planned == limit {
                    is_cut = true;
                    break;
                }
                behind = Some(StandsAt { due_at: lane.due_at, lane: lane.id });
                let found = due.next_if(|(open, _)| **open == lane.id);
                let free = self.free(&lane);
                if free < lane.slots {
                    stands_at = behind;
                }
                let Some((_, due)) = found.filter(|_| free > 0) else {
                    passed += 1;
                    continue;
                };
                looked += 1;
                let places = due.len().min(lane.slots).min(free).min(limit - planned);
                self.hold(&lane, places);
                planned += places;
                shares.push(Share { lane, due, places, taken: 0, is_first_look: true });
            }
            self.take(line, shares)?;
            if is_last && !is_cut {
                break;
            }
        }
        Ok(stands_at)
    }

    /// Takes from lanes as much as each has places for, and settles them.
    fn take(&mut self, line: Line, mut shares: Vec<Share>) -> Result<()> {
        let Looking { tx, now, .. } = self.looking;
        let mut open: Vec<&mut Share> = shares.iter_mut().collect();
        while !open.is_empty() {
            self.looking.look(&mut open, self.room)?;
            self.looking.writes.flush(tx, now, &mut self.looking.ended)?;
            let is_full = self.looking.claims.len() >= self.room.limit || self.looking.budget == 0;
            open.retain(|share| share.due.has_more && share.taken < share.places && !is_full);
            let lanes: Vec<i64> = open.iter().map(|share| share.lane.id).collect();
            if lanes.is_empty() {
                break;
            }
            // Each look takes its unit out of what is due, so this ends.
            for (share, due) in open.iter_mut().zip(due::due(tx, &lanes, line, now, PAGE)?) {
                share.due = due;
            }
        }
        for share in shares {
            // Units may have brought more messages than the lane had room for: these are due like retries.
            lane::occupy(tx, share.lane.id, share.taken)?;
            if let Some(places) = &self.room.places {
                places.give_back(&share.lane.key, share.places - share.taken);
            }
        }
        Ok(())
    }

    /// How many places a lane may have beyond those that it holds.
    fn free(&self, lane: &DueLane) -> usize {
        self.room.places.as_ref().map_or(usize::MAX, |places| places.free(&lane.key))
    }

    fn hold(&self, lane: &DueLane, count: usize) {
        if let Some(places) = &self.room.places {
            places.take(&lane.key, count);
        }
    }
}
