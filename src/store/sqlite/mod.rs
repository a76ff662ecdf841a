//! The store on SQLite in WAL mode, with four threads: one writes, one reads, one counts, and one brings the
//! write-ahead log back.
//!
//! Every writing transaction begins with `BEGIN IMMEDIATE`, so that two processes (a gateway and a tool beside it)
//! wait for each other instead of failing half-way. One gateway per database is ensured by a lock *file*: closing a
//! second descriptor of the database itself would drop SQLite's own locks.
//!
//! By the life of an alert: `watch` and `listing` make triggers, `routing_tx` writes the alert, `unit` notes that its watch
//! has something waiting and `lane` when the chat may be told; `claim` goes along the lanes, asks what is `due` in many of
//! them at once, has it read (`waiting`) and decided (`look`), and writes that together (`writes`, `notification`); `finish`
//! records their attempts, `ending` ends them, and `sweep` deletes what is past its retention. Beside it stand cards, messages
//! that no alert made: `card` as people ask for them, `card_look` as they are shown.

mod address;
mod asleep;
mod batch;
mod busy;
mod card;
mod card_look;
mod chat;
mod checkpoint;
mod claim;
mod clock;
mod course;
mod dead_letters;
mod destinations;
mod digest;
mod due;
mod edit;
mod ending;
mod erase;
mod error;
mod fanout;
mod figures;
mod finish;
mod invitations;
mod job;
mod kept;
mod lane;
mod ledger;
mod link;
mod listing;
mod lock;
mod log;
mod look;
mod mark;
mod member;
mod migrate;
mod mirror;
mod notices;
mod notification;
mod open;
mod operator;
mod owners;
mod people;
mod person;
mod places;
#[cfg(test)]
mod plans;
mod poll;
mod read;
mod route;
mod routing_tx;
mod rows;
mod rule;
mod scan;
mod server;
mod sides;
mod stored;
mod subject;
mod sweep;
mod thread;
mod unit;
mod unite;
mod unlink;
mod waiting;
mod watch;
mod why;
mod writes;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ScopedJoinHandle;

use rusqlite::Connection;

pub use open::Access;

use super::{Result, StoreError};
use job::Errors;
use thread::DbThread;

/// Pages that the reader keeps.
const READER_CACHE_KIB: u32 = 4_000;

/// Counting reads each page once.
const COUNTER_CACHE_KIB: u32 = 512;

/// What a thread has opened.
fn opened(thread: ScopedJoinHandle<'_, Result<Connection>>) -> Result<Connection> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A database file.
pub struct Sqlite {
    path: PathBuf,
    writer: DbThread,
    reader: DbThread,
    /// Counting what takes long holds up nobody who reads.
    counter: DbThread,
    /// Ends behind the writer, which asks it.
    checkpointer: DbThread,
    history: Arc<Mutex<figures::History>>,
    errors: Arc<Errors>,
    /// Held for as long as the gateway runs; the operating system lets go of it however the process ends.
    _lock: Option<File>,
    /// Who has written between two pieces of long work, see [`batch`].
    version: AtomicI64,
    /// Which rows of the log that can't be read were named, see [`log::read_log`].
    unreadable_to: Arc<AtomicI64>,
}

impl Sqlite {
    /// Opens a database, making or migrating it where needed.
    ///
    /// # Errors
    ///
    /// When another gateway holds it, a newer version made it, or it is no database.
    pub fn open(path: &Path, access: Access) -> Result<Sqlite> {
        let lock = open::lock(path, access)?;
        let mut writer = open::writer(path, access)?;
        // Each reads the schema when it is opened: side by side, that takes as long as one.
        let (reader, counter, checkpointer) = std::thread::scope(|scope| {
            let reader = scope.spawn(|| open::reader(path, READER_CACHE_KIB));
            let counter = scope.spawn(|| open::reader(path, COUNTER_CACHE_KIB));
            let checkpointer = scope.spawn(|| open::checkpointer(path));
            if access == Access::Run {
                lane::release_all(&mut writer)?;
            }
            Ok::<_, StoreError>((opened(reader)?, opened(counter)?, opened(checkpointer)?))
        })?;
        let errors = Arc::new(Errors::default());
        let checkpointer = DbThread::start("checkpointer", checkpointer, path, &errors);
        let writer = DbThread::start("writer", writer, path, &errors);
        Ok(Sqlite {
            path: path.to_owned(),
            writer: match access {
                Access::Run => writer.checkpointed_by(&checkpointer),
                // A tool comes before the gateway beside it in the same way: by its own limit.
                Access::Tool | Access::Existing => writer,
            },
            reader: DbThread::start("reader", reader, path, &errors),
            counter: DbThread::start("counter", counter, path, &errors),
            checkpointer,
            history: Arc::default(),
            errors,
            _lock: lock,
            version: AtomicI64::new(0),
            unreadable_to: Arc::default(),
        })
    }

    /// Does a piece of long work, and pauses so that others get their turn.
    async fn leaving_room<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let piece = self.writer.write(move |tx| batch::piece(tx, work)).await?;
        let took = piece.begun.elapsed();
        let before = self.version.swap(piece.version, Ordering::Relaxed);
        tokio::time::sleep(batch::pause(took, before != piece.version)).await;
        Ok(piece.done)
    }

    /// Whether it was told to hurry.
    #[cfg(test)]
    pub(crate) fn hurries(&self) -> bool {
        self.writer.hurries()
    }
}
