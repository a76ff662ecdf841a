//! A thread that owns one connection. SQLite blocks, so it never runs on the async workers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::busy;
use super::checkpoint::Checkpointer;
use super::error::sorted;
use super::job::{Errors, Job, Work};
use crate::store::{Result, StoreError, ThreadWork};

/// Jobs that may wait for a connection: enough for every task of the gateway, so that a caller waits at the door
/// instead of filling memory.
const QUEUE: usize = 64;

/// Why nothing can be written at present, if that is so.
#[derive(Debug, Default)]
struct Trouble(Mutex<Option<String>>);

impl Trouble {
    /// Takes in how a writing transaction ended, and whether it wrote anything: on a full disk, what writes nothing
    /// goes well.
    fn note<T>(&self, outcome: &Result<T>, has_written: bool) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(_) if has_written && now.take().is_some() => {
                tracing::info!("the database can be written again");
            }
            Err(error) if error.is_of_the_whole() => {
                if now.is_none() {
                    tracing::error!(
                        %error,
                        "nothing can be recorded: all waits until that is mended, and nothing is lost"
                    );
                }
                *now = Some(error.to_string());
            }
            Ok(_) | Err(_) => {}
        }
    }
}

/// A handle to the thread; the thread ends when the last job is done and the handle is dropped.
pub(super) struct DbThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
    path: PathBuf,
    name: &'static str,
    work: Arc<Work>,
    errors: Arc<Errors>,
    trouble: Arc<Trouble>,
    hurry: Arc<AtomicBool>,
    /// Told of what is written.
    checkpointer: Option<Arc<Checkpointer>>,
}

impl DbThread {
    pub(super) fn start(
        name: &'static str,
        mut db: Connection,
        path: &Path,
        errors: &Arc<Errors>,
    ) -> DbThread {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let work = Arc::new(Work::default());
        let worked = Arc::clone(&work);
        let hurry = Arc::new(AtomicBool::new(false));
        let hurried = Arc::clone(&hurry);
        let thread = std::thread::Builder::new()
            .name(format!("store-{name}"))
            .spawn(move || {
                busy::until(hurried);
                while let Some(job) = queue.blocking_recv() {
                    let begun = Instant::now();
                    // The transaction of a job that panics is rolled back as it unwinds, and its caller hears of it;
                    // the database must be there for everybody else.
                    if catch_unwind(AssertUnwindSafe(|| job(&mut db))).is_err() {
                        tracing::error!("a transaction has panicked and was rolled back");
                    }
                    worked.add(begun.elapsed());
                }
            })
            .expect("a thread can be started: the process has just begun");
        DbThread {
            jobs: Some(jobs),
            thread: Some(thread),
            path: path.to_owned(),
            name,
            work,
            errors: Arc::clone(errors),
            trouble: Arc::default(),
            hurry,
            checkpointer: None,
        }
    }

    /// Tells `other` of what this thread writes, so that it brings the write-ahead log back.
    pub(super) fn checkpointed_by(mut self, other: &DbThread) -> DbThread {
        let jobs = other.jobs.as_ref();
        self.checkpointer = jobs.map(|jobs| Arc::new(Checkpointer::new(jobs.clone())));
        self
    }

    /// What it did since the start, and what waits for it.
    pub(super) fn work(&self) -> ThreadWork {
        let queued = self.jobs.as_ref().map_or(0, |jobs| jobs.max_capacity() - jobs.capacity());
        ThreadWork {
            name: self.name,
            jobs: self.work.jobs.load(Ordering::Relaxed),
            busy: Duration::from_micros(self.work.busy_us.load(Ordering::Relaxed)),
            queued: u64::try_from(queued).unwrap_or(u64::MAX),
        }
    }

    /// Why nothing can be written at present, if that is so.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on other processes are waited for only a moment.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn hurries(&self) -> bool {
        self.hurry.load(Ordering::Relaxed)
    }

    /// Runs a read in one snapshot of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(move |db, path| {
            let tx = db.transaction().map_err(|error| sorted(error, path))?;
            work(&tx)
        })
        .await
    }

    /// Runs one writing transaction: all of it or nothing.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.commit(Commit::OutlivesProcess, work).await
    }

    /// The same, and it stands even if the machine loses its power next: for what somebody was told is done. It takes as
    /// long as the disk takes.
    pub(super) async fn write_through<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.commit(Commit::OutlivesPower, work).await
    }

    async fn commit<T: Send + 'static>(
        &self,
        commit: Commit,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (trouble, checkpointer) = (Arc::clone(&self.trouble), self.checkpointer.clone());
        self.run(move |db, path| {
            let (begun, before) = (Instant::now(), db.total_changes());
            let outcome = match commit {
                Commit::OutlivesProcess => transact(db, work),
                Commit::OutlivesPower => through(db, work),
            };
            let outcome = outcome.map_err(|error| sorted(error, path));
            trouble.note(&outcome, db.total_changes() != before);
            if let Some(checkpointer) = checkpointer {
                checkpointer.wrote(db, begun.elapsed());
            }
            outcome
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let path = self.path.clone();
        let job: Job = Box::new(move |db| {
            let outcome = work(db, &path).map_err(|error| sorted(error, &path));
            // A caller that has gone away does not need its answer; the transaction stands.
            drop(answer.send(outcome));
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        // A job that was accepted is done, so its answer can only be missing because it panicked.
        let outcome = answered.await.unwrap_or(Err(StoreError::Panicked));
        if let Err(error) = &outcome {
            self.errors.count(error);
        }
        outcome
    }
}

/// What a transaction that was committed outlives.
#[derive(Clone, Copy)]
enum Commit {
    OutlivesProcess,
    OutlivesPower,
}

/// Waits for the disk, which also keeps all that was committed before.
fn through<T>(db: &mut Connection, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
    db.pragma_update(None, "synchronous", "FULL")?;
    let outcome = transact(db, work);
    db.pragma_update(None, "synchronous", "NORMAL")?;
    outcome
}

fn transact<T>(db: &mut Connection, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let value = work(&tx)?;
    tx.commit()?;
    Ok(value)
}

impl Drop for DbThread {
    fn drop(&mut self) {
        self.hurry();
        // The queue closes first, then what is queued is finished: no accepted write is dropped half-way.
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a store thread has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    /// FULL: a commit waits for the disk. NORMAL: it does not.
    const FULL: i64 = 2;
    const NORMAL: i64 = 1;

    #[tokio::test]
    async fn what_somebody_was_told_is_done_is_on_the_disk_and_the_rest_need_not_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tubebell.db");
        let db = open::writer(&path, super::super::Access::Run).unwrap();
        let thread = DbThread::start("writer", db, &path, &Arc::default());
        let read = |tx: &Transaction<'_>| {
            Ok(tx.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0))?)
        };
        assert_eq!(thread.write(read).await.unwrap(), NORMAL);
        assert_eq!(thread.write_through(read).await.unwrap(), FULL);
        assert_eq!(thread.write(read).await.unwrap(), NORMAL);
        // Also where it fails.
        let failed = |_: &Transaction<'_>| Err::<(), _>(StoreError::Row("no".into()));
        assert!(thread.write_through(failed).await.is_err());
        assert_eq!(thread.write(read).await.unwrap(), NORMAL);
    }
}
