//! The embedded stream, its position, and what a routing transaction leaves over.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, OptionalExtension, params};

use super::routing_tx::SqliteRouting;
use super::rows;
use crate::model::{Holder, ListKey, ListNews, Snapshot, UnixMillis};
use crate::store::{EMBEDDED_STREAM, Result, ResumeFn, RouteFn, StoreError};

pub(super) fn append(tx: &Connection, snapshots: &[Snapshot]) -> Result<()> {
    let mut statement = tx.prepare_cached("INSERT INTO log (snapshot) VALUES (?1)")?;
    for snapshot in snapshots {
        statement.execute([rows::json(snapshot)?])?;
    }
    Ok(())
}

pub(super) const READ_LOG: &str =
    "SELECT offset, snapshot FROM log WHERE offset >= ?1 ORDER BY offset";

/// Reads on in the log. `told_to` is the offset up to which rows that can't be read were named in the log of the
/// process: they are read again until what is behind them is routed.
pub(super) fn read_log(
    db: &Connection,
    from: i64,
    limit: usize,
    told_to: &AtomicI64,
) -> Result<Vec<(i64, Snapshot)>> {
    let mut statement = db.prepare_cached(READ_LOG)?;
    let mut rows = statement.query([from])?;
    let mut snapshots = Vec::new();
    while snapshots.len() < limit
        && let Some(row) = rows.next()?
    {
        let offset = row.get(0)?;
        match serde_json::from_str(row.get_ref(1)?.as_str().unwrap_or_default()) {
            Ok(snapshot) => snapshots.push((offset, snapshot)),
            // Only this program writes here. Stepping over is safe, since snapshots are whole and repeated; stopping
            // short of what is behind it would not be.
            Err(error) => {
                if told_to.fetch_max(offset, Ordering::Relaxed) < offset {
                    let error = rows::fault(&error);
                    tracing::error!(offset, error, "a snapshot of the log can't be read");
                }
            }
        }
    }
    Ok(snapshots)
}

pub(super) fn position(db: &Connection, stream: &str, partition: i32) -> Result<i64> {
    Ok(db
        .prepare_cached("SELECT next FROM position WHERE stream = ?1 AND partition = ?2")?
        .query_row(params![stream, partition], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
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

/// Queues work of a holder behind what waits already.
pub(super) fn queue(tx: &Connection, holder: Holder, begun: bool, work: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO fanout (holder, begun, turn, work)
         VALUES (?1, ?2, (SELECT coalesce(max(turn), 0) + 1 FROM fanout), ?3)",
    )?
    .execute(params![holder.code(), begun, work])?;
    Ok(())
}

/// Queues for the watchers of a list that it is gone, or back. What nobody has heard of yet and is over by now is not
/// told, and neither is its end.
pub(super) fn defer_news(tx: &Connection, list: ListKey, news: &ListNews) -> Result<()> {
    let holder = Holder::List(list);
    let unheard = tx
        .prepare_cached("DELETE FROM fanout WHERE holder = ?1 AND begun = 0")?
        .execute([holder.code()])?;
    if unheard > 0 {
        return Ok(());
    }
    queue(tx, holder, false, &rows::json(news)?)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What is logged goes here.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_row_that_can_not_be_read_is_named_once_and_not_quoted() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE log (offset INTEGER PRIMARY KEY, snapshot TEXT NOT NULL)")
            .unwrap();
        let told_to = AtomicI64::new(0);
        let lines = |limit| {
            let written = Lines::default();
            let writer = written.clone();
            let logger = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
            tracing::subscriber::with_default(logger, || {
                assert!(read_log(&db, 0, limit, &told_to).unwrap().is_empty());
            });
            let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
            assert!(!text.contains("s3cret"), "{text}");
            text.lines().count()
        };
        for (snapshot, named) in [("s3cret", 1), (r#"{"video_id": "s3cret"}"#, 1)] {
            db.execute("INSERT INTO log (snapshot) VALUES (?1)", [snapshot]).unwrap();
            assert_eq!((lines(9), lines(9), lines(1)), (named, 0, 0), "{snapshot}");
        }
    }
}
