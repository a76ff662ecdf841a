//! A thread that owns one connection. SQLite blocks, so it never runs on the async workers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::open;
use crate::store::{Result, StoreError};

/// Jobs that may wait for a connection: enough for every task of the gateway, so that a caller waits at the door
/// instead of filling memory.
const QUEUE: usize = 64;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle to the thread; the thread ends when the last job is done and the handle is dropped.
pub(super) struct DbThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<std::thread::JoinHandle<()>>,
    path: PathBuf,
}

impl DbThread {
    pub(super) fn start(name: &str, mut db: Connection, path: &Path) -> DbThread {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    // The transaction of a job that panics is rolled back as it unwinds, and its caller hears of it;
                    // the database must be there for everybody else.
                    if catch_unwind(AssertUnwindSafe(|| job(&mut db))).is_err() {
                        tracing::error!("a transaction has panicked and was rolled back");
                    }
                }
            })
            .expect("a thread can be started: the process has just begun");
        DbThread { jobs: Some(jobs), thread: Some(thread), path: path.to_owned() }
    }

    /// Runs a read in one snapshot of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(move |db, path| {
            let tx = db.transaction().map_err(|e| open::sort(e, path))?;
            work(&tx)
        })
        .await
    }

    /// Runs one writing transaction: all of it or nothing.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run(move |db, path| {
            let tx = db
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(|e| open::sort(e, path))?;
            let value = work(&tx)?;
            tx.commit().map_err(|e| open::sort(e, path))?;
            Ok(value)
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
            let outcome = work(db, &path).map_err(|error| match error {
                StoreError::Database(cause) => open::sort(cause, &path),
                other => other,
            });
            // A caller that has gone away does not need its answer; the transaction stands.
            drop(answer.send(outcome));
        });
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        // A job that was accepted is done, so its answer can only be missing because it panicked.
        answered.await.map_err(|_| StoreError::Panicked)?
    }
}

impl Drop for DbThread {
    fn drop(&mut self) {
        // The queue closes first, then what is queued is finished: no accepted write is dropped half-way.
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a store thread has panicked");
        }
    }
}
