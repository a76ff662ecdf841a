//! Where messages go: each destination with its state, what it watches and what waits for it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{rows, unit};
use crate::model::{Address, DestinationId, Schedule, UnixMillis};
use crate::store::{Collecting, DestinationState, DigestState, Result};

macro_rules! destinations {
    ($condition:literal) => {
        concat!(
            "SELECT (SELECT count(*) FROM subscription s WHERE s.destination = d.id AND s.ended_at IS NULL),
                    (SELECT coalesce(sum(1 + n.parts_left), 0) FROM notification n
                     WHERE n.lane = d.lane AND n.state = 'pending' AND n.destination = d.id),
                    (SELECT count(*) FROM subscription s JOIN unit u ON u.id >= s.id * ?3 AND u.id < (s.id + 1) * ?3
                     WHERE s.destination = d.id AND u.due_at IS NOT NULL AND u.notification IS NULL), ",
            rows::destination_columns!(),
            " FROM destination d WHERE d.id > ?1 AND d.moved_to IS NULL AND ",
            $condition,
            " ORDER BY d.id LIMIT ?2"
        )
    };
}

pub(super) const ALL: &str = destinations!("1");
pub(super) const SHUT: &str = destinations!("(d.disabled IS NOT NULL OR d.barred IS NOT NULL)");

pub(super) fn destinations(
    db: &Connection,
    shut_only: bool,
    after: DestinationId,
    limit: usize,
) -> Result<Vec<DestinationState>> {
    let mut statement = db.prepare_cached(if shut_only { SHUT } else { ALL })?;
    let mut rows = statement.query(params![after.0, limit, unit::KINDS])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(rows::or_skipped(state(row))?);
    }
    Ok(found)
}

pub(super) const DIGESTS: &str = "SELECT g.schedule, g.tz, g.next_at, u.due_at,
            (SELECT count(*) FROM unit c WHERE c.collected_in = g.id)
     FROM digest g LEFT JOIN unit u ON u.id = -g.id WHERE g.destination = ?1";

/// What is collected for a destination.
pub(super) fn collecting(
    db: &Connection,
    address: &Address,
    now: UnixMillis,
) -> Result<Option<Collecting>> {
    let found = db
        .prepare_cached(
            "SELECT d.id, d.pings_day, d.pings FROM destination o
             JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1",
        )?
        .query_row([address.to_string()], |row| Ok((row.get::<_, i64>(0)?, rows::pings(row, 1))))
        .optional()?;
    let Some((id, pings)) = found else { return Ok(None) };
    let mut statement = db.prepare_cached(DIGESTS)?;
    let mut rows = statement.query([id])?;
    let mut digests = Vec::new();
    while let Some(row) = rows.next()? {
        digests.extend(rows::or_skipped(digest(row, now))?);
    }
    digests.sort_by_key(|digest| digest.next_at);
    Ok(Some(Collecting { digests, pings }))
}

/// The time of a digest in which nothing is collected may have passed.
fn digest(row: &Row<'_>, now: UnixMillis) -> Result<DigestState> {
    let schedule: Schedule = rows::parsed(&rows::text(row, 0), "schedule")?;
    let (tz, next_at) = (rows::text(row, 1), UnixMillis(rows::integer_or(row, 2, 0)));
    let next_at = match rows::instant(row, 3)? {
        Some(due_at) => due_at,
        None if next_at <= now => schedule.next_after(now, &tz, next_at),
        None => next_at,
    };
    Ok(DigestState { schedule, tz, next_at, watches: row.get(4)? })
}

/// How many are off.
pub(super) fn off(db: &Connection) -> Result<u64> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination WHERE disabled IS NOT NULL AND moved_to IS NULL",
        )?
        .query_row([], |row| row.get(0))?)
}

fn state(row: &Row<'_>) -> Result<DestinationState> {
    let (told, untold): (usize, usize) = (row.get(1)?, row.get(2)?);
    Ok(DestinationState {
        watches: row.get(0)?,
        waiting: told.saturating_add(untold),
        row: rows::destination_row(row, 3)?,
    })
}
