//! The queue of what waits: one row per watch and video that has waiting alerts, however many those are.
//!
//! A claim looks at a row when it is due. A hold moves the row, not its alerts, and an alert that comes meanwhile joins
//! the row as it stands: it costs the same whether one alert waits beside it or a million.

use rusqlite::{Connection, OptionalExtension, params};

use super::lane;
use crate::model::{AlertId, DestinationId, UnixMillis};
use crate::store::Result;

pub(super) const ENQUEUE: &str = "INSERT INTO queue (subscription, video, lane, due_at, first)
     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (subscription, video) DO NOTHING";

/// Notes that an alert waits; its lane is made due where nothing of the watch and video waited before.
pub(super) fn enqueue(
    tx: &Connection,
    (subscription, video): (i64, i64),
    lane: i64,
    alert: i64,
    now: UnixMillis,
) -> Result<()> {
    let new = tx.prepare_cached(ENQUEUE)?.execute([subscription, video, lane, now.0, alert])? == 1;
    if new { lane::make_due(tx, lane, now) } else { Ok(()) }
}

pub(super) const DUE: &str = "SELECT subscription, video FROM queue
     WHERE lane = ?1 AND due_at <= ?2 ORDER BY due_at, first LIMIT ?3";

/// Watches and videos of a lane that are to be looked at, longest due first.
pub(super) fn due(
    tx: &Connection,
    lane: i64,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<(i64, i64)>> {
    Ok(tx
        .prepare_cached(DUE)?
        .query_map(params![lane, now.0, limit], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Puts a look off.
pub(super) fn hold(
    tx: &Connection,
    (subscription, video): (i64, i64),
    until: UnixMillis,
) -> Result<()> {
    tx.prepare_cached("UPDATE queue SET due_at = ?3 WHERE subscription = ?1 AND video = ?2")?
        .execute([subscription, video, until.0])?;
    Ok(())
}

/// Keeps the row for alerts that a look left over, behind those of others.
pub(super) fn requeue(
    tx: &Connection,
    (subscription, video): (i64, i64),
    after: AlertId,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE queue SET due_at = ?3, first = ?4 WHERE subscription = ?1 AND video = ?2",
    )?
    .execute([subscription, video, now.0, after.0.saturating_add(1)])?;
    Ok(())
}

/// Nothing of a watch and video waits any more.
pub(super) fn dequeue(tx: &Connection, (subscription, video): (i64, i64)) -> Result<()> {
    tx.prepare_cached("DELETE FROM queue WHERE subscription = ?1 AND video = ?2")?
        .execute([subscription, video])?;
    Ok(())
}

/// Makes a claim look again at what a destination, or one of its watches, holds: a command has changed its fate.
pub(super) fn rouse(
    tx: &Connection,
    destination: DestinationId,
    subscription: Option<i64>,
    now: UnixMillis,
) -> Result<()> {
    let touched = match subscription {
        Some(subscription) => tx
            .prepare_cached("UPDATE queue SET due_at = ?2 WHERE subscription = ?1 AND due_at > ?2")?
            .execute([subscription, now.0])?,
        None => tx
            .prepare_cached(
                "UPDATE queue SET due_at = ?2 WHERE due_at > ?2 AND subscription IN
                 (SELECT id FROM subscription WHERE destination = ?1)",
            )?
            .execute([destination.0, now.0])?,
    };
    if touched == 0 {
        return Ok(());
    }
    let lane: i64 = tx
        .prepare_cached("SELECT lane FROM destination WHERE id = ?1")?
        .query_row([destination.0], |row| row.get(0))?;
    lane::make_due(tx, lane, now)
}

/// The same outside of a claim, which settles the lane itself.
pub(super) fn dequeue_and_settle(tx: &Connection, key: (i64, i64)) -> Result<()> {
    let lane: Option<i64> = tx
        .prepare_cached("SELECT lane FROM queue WHERE subscription = ?1 AND video = ?2")?
        .query_row([key.0, key.1], |row| row.get(0))
        .optional()?;
    dequeue(tx, key)?;
    lane.map_or(Ok(()), |lane| lane::settle(tx, lane))
}
