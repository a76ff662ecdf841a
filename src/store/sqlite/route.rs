//! The position in a stream, and the transactions in which the router works.

use rusqlite::{Connection, OptionalExtension, params};

use super::routing_tx::SqliteRouting;
use super::rows;
use crate::model::{Holder, UnixMillis};
use crate::store::{EMBEDDED_STREAM, Result, ResumeFn, RouteFn, StoreError};

pub(super) fn position(db: &Connection, stream: &str, partition: i32) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT next FROM position WHERE stream = ?1 AND partition = ?2")?
        .query_row(params![stream, partition], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// Positions of a topic that was deleted and made anew have no use any more.
pub(super) fn forget_positions(tx: &Connection, prefix: &str, kept: &str) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM position WHERE substr(stream, 1, length(?1)) = ?1 AND stream <> ?2",
    )?
    .execute([prefix, kept])?;
    Ok(())
}

pub(super) fn route(
    tx: &Connection,
    stream: &str,
    partition: i32,
    read: i64,
    now: UnixMillis,
    work: RouteFn,
) -> Result<i64> {
    if position(tx, stream, partition)? != read {
        return Err(StoreError::Conflict { stream: stream.to_owned() });
    }
    let mut routing = SqliteRouting::new(tx, now);
    let next = work(&mut routing)?;
    routing.finish()?;
    tx.prepare_cached(
        "INSERT INTO position (stream, partition, next) VALUES (?1, ?2, ?3)
         ON CONFLICT (stream, partition) DO UPDATE SET next = ?3",
    )?
    .execute(params![stream, partition, next])?;
    if stream == EMBEDDED_STREAM {
        tx.prepare_cached("DELETE FROM log WHERE offset < ?1")?.execute([next])?;
    }
    Ok(next)
}

pub(super) const NEXT_WORK: &str = "SELECT f.id, f.holder, f.work FROM fanout f
     WHERE NOT EXISTS (SELECT 1 FROM fanout g WHERE g.holder = f.holder AND g.id < f.id)
     ORDER BY f.turn LIMIT 1";

pub(super) fn fan_out(tx: &Connection, now: UnixMillis, work: ResumeFn) -> Result<bool> {
    let head: Option<(i64, i64, String)> = tx
        .prepare_cached(NEXT_WORK)?
        .query_row([], |row| {
            // What can't be read is no work, and is dropped as such.
            Ok((row.get(0)?, rows::integer_or(row, 1, 0), rows::text(row, 2)))
        })
        .optional()?;
    let Some((id, holder, text)) = head else { return Ok(false) };
    let mut routing = SqliteRouting::new(tx, now);
    let left = work(&mut routing, Holder::from_code(holder), &text)?;
    routing.finish()?;
    match left {
        None => tx.prepare_cached("DELETE FROM fanout WHERE id = ?1")?.execute([id])?,
        // Holders take turns, so that a million watchers of one hold nobody up.
        Some(left) => tx
            .prepare_cached(
                "UPDATE fanout SET work = ?2, begun = 1, turn = (SELECT max(turn) + 1 FROM fanout) WHERE id = ?1",
            )?
            .execute(params![id, left])?,
    };
    Ok(true)
}
