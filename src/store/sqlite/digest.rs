//! Digests: what the watches of a destination have collected, told together at its times.
//!
//! A row says when the next one comes: of a destination, a schedule and a time zone. What is collected waits in the units of
//! its watches, as ever; that it is collected stands on the unit, so a claim decides it once, and no alert is touched when a
//! setting changes. The digest has a unit of its own (its number, negated), which is due when something is collected, and has
//! none of its own alerts. That a digest is born and that its time moves on is one transaction: there is one per period,
//! whatever comes between.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::lane;
use super::rows;
use super::unit::{self, DigestId, UnitId};
use super::waiting::{self, Waiting};
use crate::model::{DestinationId, NotificationId, Schedule, UnixMillis};
use crate::store::{Collected, Result};

/// A unit of a watch that is to be told in a digest.
pub(super) struct Collecting {
    pub(super) unit: UnitId,
    pub(super) lane: i64,
    pub(super) destination: DestinationId,
    pub(super) schedule: Schedule,
    pub(super) tz: String,
    pub(super) is_over_budget: bool,
    /// It is told then, if the digest has not come before.
    pub(super) latest: UnixMillis,
}

/// A digest, and whether something waits in it.
pub(super) const FIND: &str =
    "SELECT g.id, g.next_at, u.due_at FROM digest g LEFT JOIN unit u ON u.id = -g.id
     WHERE g.destination = ?1 AND g.schedule = ?2 AND g.tz = ?3";

/// While a digest is held, what comes moves nothing; what would be forgotten before it comes does.
pub(super) const EXPECT: &str =
    "INSERT INTO unit (id, lane, due_at, first) VALUES (?1, ?2, min(?3, ?4), 0)
     ON CONFLICT (id) DO UPDATE SET lane = ?2, due_at = min(coalesce(due_at, ?3), ?4)";

pub(super) const COLLECT: &str = "UPDATE unit SET collected_in = ?2, over_budget = ?3, due_at = ?4, notification = NULL WHERE id = ?1";

/// Puts units into their digests, which are made where there is none. The caller settles the lanes.
pub(super) fn collect(tx: &Connection, units: &[Collecting], now: UnixMillis) -> Result<()> {
    for new in units {
        let (digest, next_at) = find_or_make(tx, new, now)?;
        tx.prepare_cached(EXPECT)?.execute([
            UnitId::of_digest(digest).0,
            new.lane,
            next_at.0,
            new.latest.0,
        ])?;
        tx.prepare_cached(COLLECT)?.execute(params![
            new.unit.0,
            digest.0,
            new.is_over_budget,
            next_at.0
        ])?;
    }
    Ok(())
}

/// The digest for a unit, and when it comes. The time of one in which nothing was collected may have passed: then it goes on
/// to the next.
fn find_or_make(
    tx: &Connection,
    new: &Collecting,
    now: UnixMillis,
) -> Result<(DigestId, UnixMillis)> {
    let Collecting { destination, schedule, tz, .. } = new;
    let text = schedule.to_string();
    let found: Option<(i64, UnixMillis, bool)> = tx
        .prepare_cached(FIND)?
        .query_row(params![destination.0, text, tz], |row| {
            let is_expected = row.get::<_, Option<i64>>(2)?.is_some();
            Ok((row.get(0)?, UnixMillis(rows::integer_or(row, 1, now.0)), is_expected))
        })
        .optional()?;
    match found {
        Some((id, next_at, is_expected)) if is_expected || next_at > now => {
            Ok((DigestId(id), next_at))
        }
        Some((id, passed, _)) => {
            let next_at = schedule.next_after(now, tz, passed);
            tx.prepare_cached("UPDATE digest SET next_at = ?2 WHERE id = ?1")?
                .execute([id, next_at.0])?;
            Ok((DigestId(id), next_at))
        }
        None => {
            let next_at = schedule.next_after(now, tz, now);
            tx.prepare_cached(
                "INSERT INTO digest (destination, schedule, tz, next_at, since) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![destination.0, text, tz, next_at.0, now.0])?;
            Ok((DigestId(tx.last_insert_rowid()), next_at))
        }
    }
}

/// What a digest has to tell.
#[derive(Default)]
pub(super) struct Gathered {
    /// The digest, without what was collected; `None`: its row or its destination can't be read.
    pub(super) head: Option<Collected>,
    /// Units of watches, the one with the oldest alert first, and what waits in each.
    pub(super) units: Vec<(UnitId, Waiting)>,
    /// Whether there is more than is read at once.
    pub(super) has_more: bool,
}

/// Digests by their units (1) with the units that they tell, at most so many of each (3). A watch that is muted (at 2)
/// waits for a digest after that. Of watches there are so many kinds of units (4).
pub(super) const HEADS: &str = concat!(
    "SELECT i.key, g.schedule, g.tz, g.next_at, g.since,
     (SELECT json_group_array(id) FROM (SELECT u.id FROM unit u WHERE u.collected_in = g.id
      AND coalesce((SELECT muted_until FROM subscription s WHERE s.id = u.id / ?4), 0) <= ?2
      ORDER BY u.first LIMIT ?3)), ",
    rows::destination_columns!(),
    " FROM json_each(?1) i CROSS JOIN digest g ON g.id = -i.value JOIN destination d ON d.id = g.destination"
);

/// Reads what digests have to tell, in their order. At most `limit` alerts are read: a digest that has more is told by
/// several messages, but only if it is the first; others are left out, and all behind them.
pub(super) fn gather(
    tx: &Connection,
    digests: &[UnitId],
    is_told_each_video: bool,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Gathered>> {
    if digests.is_empty() {
        return Ok(Vec::new());
    }
    let mut gathered: Vec<(Gathered, usize)> =
        digests.iter().map(|_| (Gathered::default(), 0)).collect();
    let mut units: Vec<UnitId> = Vec::new();
    let ids = rows::json(&digests.iter().map(|digest| digest.0).collect::<Vec<_>>())?;
    let mut statement = tx.prepare_cached(HEADS)?;
    let mut rows = statement.query(params![ids, now.0, limit, unit::KINDS])?;
    while let Some(row) = rows.next()? {
        let Some((one, count)) = gathered.get_mut(row.get::<_, usize>(0)?) else { continue };
        let head = rows::or_skipped(head(row))?;
        if head.is_some() {
            let list: Vec<i64> = serde_json::from_str(&rows::text(row, 5)).unwrap_or_default();
            one.has_more = list.len() == limit;
            *count = list.len();
            units.extend(list.into_iter().map(UnitId));
        }
        one.head = head;
    }
    let mut read = waiting::read(tx, &units, is_told_each_video, now, limit)?.into_iter();
    let mut units = units.into_iter();
    let mut found = Vec::with_capacity(gathered.len());
    for (mut one, count) in gathered {
        one.units = units.by_ref().take(count).zip(read.by_ref()).collect();
        let is_cut = one.units.len() < count || one.units.iter().any(|(_, unit)| unit.has_more);
        if is_cut && !found.is_empty() {
            break;
        }
        one.has_more |= is_cut;
        found.push(one);
        if is_cut {
            break;
        }
    }
    Ok(found)
}

fn head(row: &Row<'_>) -> Result<Collected> {
    Ok(Collected {
        schedule: rows::parsed(&rows::text(row, 1), "schedule")?,
        tz: rows::text(row, 2),
        due_at: UnixMillis(rows::integer_or(row, 3, 0)),
        since: UnixMillis(rows::integer_or(row, 4, 0)),
        destination: rows::destination_row(row, 6)?,
        units: Vec::new(),
    })
}

/// What becomes of a digest that was looked at.
pub(super) enum Step {
    /// The look is put off.
    Hold(UnixMillis),
    /// There was nothing to tell.
    Rest,
    /// All that was read of it is told, or came to nothing. `message`: the one that has to end before it is looked at again.
    Told { message: Option<NotificationId>, has_more: bool, told_at: Option<UnixMillis> },
    /// It can't be read: what was collected is told as it happens.
    Dissolve,
}

/// A digest that was looked at: its row, with its time as it was read.
pub(super) struct Looked {
    pub(super) digest: DigestId,
    /// When such digests come, in which zone, and its time; `None`: it can't be read.
    pub(super) times: Option<(Schedule, String, UnixMillis)>,
    pub(super) step: Step,
}

/// A digest goes on to its next time (3) from the one that was read (2). What it tells reaches back to the birth of the last
/// one (4), where that was told as a whole.
pub(super) const GO_ON: &str =
    "UPDATE digest SET next_at = ?3, since = coalesce(?4, since) WHERE id = ?1 AND next_at = ?2";

/// When a digest (1) is looked at next: now, where there is more of it (3); at its time (4), where something is collected.
pub(super) const LOOK_NEXT: &str =
    "UPDATE unit SET notification = ?2, due_at = CASE WHEN ?3 THEN ?5
     WHEN EXISTS (SELECT 1 FROM unit c WHERE c.collected_in = -unit.id) THEN ?4 END WHERE id = ?1";

/// Writes what becomes of digests that were looked at, behind what became of the units in them. The caller settles the
/// lanes.
pub(super) fn looked_at(tx: &Connection, digests: &[Looked], now: UnixMillis) -> Result<()> {
    for Looked { digest, times, step } in digests {
        let unit = UnitId::of_digest(*digest);
        let (message, has_more, since) = match step {
            Step::Hold(until) => {
                tx.prepare_cached("UPDATE unit SET due_at = ?2 WHERE id = ?1")?
                    .execute([unit.0, until.0])?;
                continue;
            }
            Step::Dissolve => {
                dissolve(tx, *digest, now)?;
                continue;
            }
            Step::Rest => (None, false, None),
            Step::Told { message, has_more, .. } => {
                (*message, *has_more, (!has_more).then_some(now))
            }
        };
        let Some((schedule, tz, due_at)) = times else { continue };
        let next_at = if *due_at > now { *due_at } else { schedule.next_after(now, tz, *due_at) };
        tx.prepare_cached(GO_ON)?.execute(params![
            digest.0,
            due_at.0,
            next_at.0,
            since.map(|at| at.0)
        ])?;
        tx.prepare_cached(LOOK_NEXT)?.execute(params![
            unit.0,
            message.map(|message| message.0),
            has_more,
            next_at.0,
            now.0
        ])?;
    }
    Ok(())
}

/// Ends a digest: what is collected in it is looked at.
fn dissolve(tx: &Connection, digest: DigestId, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE unit SET due_at = ?2, collected_in = NULL, over_budget = 0 WHERE collected_in = ?1",
    )?
    .execute([digest.0, now.0])?;
    forget(tx, digest)
}

/// Forgets a digest in which nothing is collected.
pub(super) fn forget(tx: &Connection, digest: DigestId) -> Result<()> {
    tx.prepare_cached("DELETE FROM digest WHERE id = ?1")?.execute([digest.0])?;
    tx.prepare_cached("DELETE FROM unit WHERE id = ?1")?.execute([UnitId::of_digest(digest).0])?;
    Ok(())
}

/// The digests of a destination (1) in which something is collected that is not muted (at 2).
pub(super) const WITH_SOMETHING: &str =
    "SELECT g.id, g.schedule, g.tz, g.next_at FROM digest g WHERE g.destination = ?1
     AND EXISTS (SELECT 1 FROM unit u WHERE u.collected_in = g.id
                 AND coalesce((SELECT muted_until FROM subscription s WHERE s.id = u.id / ?3), 0) <= ?2)";

/// The digests of a destination come at once; one that was held has had its time then. Returns how many have something to
/// tell.
pub(super) fn tell_now(
    tx: &Connection,
    destination: DestinationId,
    now: UnixMillis,
) -> Result<usize> {
    let digests: Vec<(DigestId, String, String, UnixMillis)> = tx
        .prepare_cached(WITH_SOMETHING)?
        .query_map(params![destination.0, now.0, unit::KINDS], |row| {
            let due_at = UnixMillis(rows::integer_or(row, 3, 0));
            Ok((DigestId(row.get(0)?), rows::text(row, 1), rows::text(row, 2), due_at))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (digest, schedule, tz, due_at) in &digests {
        if *due_at <= now
            && let Ok(schedule) = schedule.parse::<Schedule>()
        {
            let next_at = schedule.next_after(now, tz, *due_at);
            tx.prepare_cached("UPDATE digest SET next_at = ?2 WHERE id = ?1")?
                .execute([digest.0, next_at.0])?;
        }
        let lane: Option<i64> = tx
            .prepare_cached("UPDATE unit SET due_at = ?2 WHERE id = ?1 RETURNING lane")?
            .query_row([UnitId::of_digest(*digest).0, now.0], |row| row.get(0))
            .optional()?;
        lane.map_or(Ok(()), |lane| lane::settle(tx, lane))?;
    }
    Ok(digests.len())
}

/// A destination's digests go along to its new place. Of two that come at the same times the new place's stays, with what
/// both have. The caller gives the units their lane, and settles it.
pub(super) fn move_to(tx: &Connection, from: DestinationId, to: DestinationId) -> Result<()> {
    let pairs: Vec<(DigestId, DigestId)> = tx
        .prepare_cached(
            "SELECT g.id, h.id FROM digest g JOIN digest h ON h.destination = ?2 AND h.schedule = g.schedule AND h.tz = g.tz
             WHERE g.destination = ?1",
        )?
        .query_map([from.0, to.0], |row| Ok((DigestId(row.get(0)?), DigestId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    for (ours, theirs) in pairs {
        join(tx, ours, theirs)?;
    }
    tx.prepare_cached("UPDATE digest SET destination = ?2 WHERE destination = ?1")?
        .execute([from.0, to.0])?;
    Ok(())
}

fn join(tx: &Connection, from: DigestId, to: DigestId) -> Result<()> {
    let (unit, other) = (UnitId::of_digest(from), UnitId::of_digest(to));
    tx.prepare_cached("UPDATE unit SET collected_in = ?2 WHERE collected_in = ?1")?
        .execute([from.0, to.0])?;
    tx.prepare_cached(
        "INSERT INTO unit (id, lane, due_at, first, notification) SELECT ?2, lane, due_at, first, notification FROM unit WHERE id = ?1
         ON CONFLICT (id) DO UPDATE SET due_at = min(coalesce(due_at, excluded.due_at), coalesce(excluded.due_at, due_at)),
         notification = coalesce(notification, excluded.notification)",
    )?
    .execute([unit.0, other.0])?;
    unit::hand_over(tx, unit, other, None)?;
    forget(tx, from)
}
