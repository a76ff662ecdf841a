//! Brings the write-ahead log back into the database beside the writer.
//!
//! Left to SQLite, the commit that reaches the limit does it, and everybody behind it waits: copying back thousands of
//! pages takes up to a second on a busy disk. A checkpoint that waits for nobody (PASSIVE), by another connection, holds
//! up no writer. But the log begins anew only where nothing of it is left to copy, and a writer that goes on always adds
//! to it: so once this one has done most of it, the writer does the little rest between two transactions. The writer's
//! own limit stays as the bound, for when this one does not keep up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::job::Job;

/// After so much work of the writer: what it has written by then is copied back in some ten milliseconds. A page that is
/// written time and again is copied once each time, so more often costs more.
const EVERY: Duration = Duration::from_millis(200);

/// Pages of a log that is to begin anew: 32 MB. Whatever is written meanwhile is the writer's to copy.
const LONG: i64 = 8_000;

/// Told by the writer.
pub(super) struct Checkpointer {
    jobs: mpsc::Sender<Job>,
    /// What the writer has worked since the last one was asked for, in microseconds.
    worked_us: AtomicU64,
    is_asked: Arc<AtomicBool>,
    /// Most of a long log is copied back: the rest is the writer's.
    is_nearly_done: Arc<AtomicBool>,
}

impl Checkpointer {
    pub(super) fn new(jobs: mpsc::Sender<Job>) -> Checkpointer {
        Checkpointer {
            jobs,
            worked_us: AtomicU64::new(0),
            is_asked: Arc::default(),
            is_nearly_done: Arc::default(),
        }
    }

    /// The writer has worked for so long; asks for a checkpoint when it is time, and ends one with the writer's `db`.
    pub(super) fn wrote(&self, db: &Connection, took: Duration) {
        if self.is_nearly_done.swap(false, Ordering::Relaxed) {
            checkpoint(db);
        }
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let worked = self.worked_us.fetch_add(took, Ordering::Relaxed).saturating_add(took);
        if Duration::from_micros(worked) < EVERY || self.is_asked.swap(true, Ordering::Relaxed) {
            return;
        }
        self.worked_us.store(0, Ordering::Relaxed);
        let is_asked = Arc::clone(&self.is_asked);
        let is_nearly_done = Arc::clone(&self.is_nearly_done);
        let job: Job = Box::new(move |db| {
            is_asked.store(false, Ordering::Relaxed);
            if checkpoint(db) >= LONG {
                is_nearly_done.store(true, Ordering::Relaxed);
            }
        });
        if self.jobs.try_send(job).is_err() {
            self.is_asked.store(false, Ordering::Relaxed);
        }
    }
}

/// Copies back what it can; returns how many pages of the log are copied.
fn checkpoint(db: &Connection) -> i64 {
    // What it can't do now the next one does, and in the end the writer: it is no failure.
    db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2)).unwrap_or_else(|error| {
        tracing::debug!(%error, "the write-ahead log was not brought back");
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_for_after_so_much_work_and_once_until_it_is_done() {
        let (jobs, mut asked) = mpsc::channel(8);
        let checkpointer = Checkpointer::new(jobs);
        let mut db = Connection::open_in_memory().unwrap();
        for _ in 0..3 {
            checkpointer.wrote(&db, EVERY / 4);
        }
        assert!(asked.try_recv().is_err());
        for _ in 0..20 {
            checkpointer.wrote(&db, EVERY);
        }
        let job = asked.try_recv().unwrap();
        assert!(asked.try_recv().is_err(), "the first is not done");
        job(&mut db);
        checkpointer.wrote(&db, EVERY);
        assert!(asked.try_recv().is_ok());
    }
}
