//! The embedded stream: snapshots that are not routed yet.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use super::rows;
use crate::model::Snapshot;
use crate::store::Result;

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
