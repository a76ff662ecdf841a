//! The store on SQLite in WAL mode, with four threads: one writes, one reads, one counts, and one brings the
//! write-ahead log back.
//!
//! Every writing transaction begins with `BEGIN IMMEDIATE`, so that two processes (a gateway and a tool beside it)
//! wait for each other instead of failing half-way. One gateway per database is ensured by a lock *file*: closing a
//! second descriptor of the database itself would drop SQLite's own locks.
//!
//! By the life of an alert: `watch` and `listing` make triggers, `routing_tx` writes the alert, `unit` notes that its watch
//! has something waiting and `lane` when the chat may be told; `claim` looks at what is due (`waiting`), makes
//! notifications of it, `finish` records their attempts, `ending` ends them, and `sweep` deletes what is past its
//! retention.

mod address;
mod asleep;
mod batch;
mod busy;
mod chat;
mod checkpoint;
mod claim;
mod clock;
mod dead_letters;
mod destinations;
mod edit;
mod ending;
mod fanout;
mod figures;
mod finish;
mod job;
mod lane;
mod ledger;
mod listing;
mod log;
mod mark;
mod member;
mod migrate;
mod notices;
mod notification;
mod open;
mod operator;
mod owners;
mod people;
#[cfg(test)]
mod plans;
mod poll;
mod read;
mod route;
mod routing_tx;
mod rows;
mod rule;
mod subject;
mod sweep;
mod thread;
mod unit;
mod unite;
mod waiting;
mod watch;
mod why;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;

pub use open::Access;
pub(in crate::store) use rows::is_of_a_row;

use super::types::*;
use super::{Compose, Result, ResumeFn, RouteFn, Store};
use crate::model::{
    Address, Body, Channel, DestinationId, NotificationId, Owner, Snapshot, SubjectRef,
    SubscriptionId, UnixMillis, VideoId,
};
use job::Errors;
use thread::DbThread;

/// Pages that the reader keeps.
const READER_CACHE_KIB: u32 = 4_000;

/// Counting reads each page once.
const COUNTER_CACHE_KIB: u32 = 512;

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
        if access == Access::Run {
            lane::release_all(&mut writer)?;
        }
        let reader = open::reader(path, READER_CACHE_KIB)?;
        let counter = open::reader(path, COUNTER_CACHE_KIB)?;
        let errors = Arc::new(Errors::default());
        let checkpointer = open::checkpointer(path)?;
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

#[async_trait]
impl Store for Sqlite {
    async fn due_videos(&self, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>> {
        self.reader.read(move |db| poll::due_videos(db, now, limit)).await
    }

    async fn soon_videos(
        &self,
        now: UnixMillis,
        until: UnixMillis,
        limit: usize,
    ) -> Result<Vec<DueVideo>> {
        self.reader.read(move |db| poll::soon_videos(db, now, until, limit)).await
    }

    async fn next_polls(&self) -> Result<NextPolls> {
        self.reader.read(poll::next_polls).await
    }

    async fn watched_videos(&self) -> Result<u64> {
        self.reader.read(poll::watched_videos).await
    }

    async fn save_polled(&self, polled: Vec<Polled>) -> Result<()> {
        self.writer.write(move |tx| poll::save_polled(tx, &polled)).await
    }

    async fn video(&self, id: VideoId) -> Result<Option<DueVideo>> {
        self.reader.read(move |db| poll::video(db, &id)).await
    }

    async fn due_subjects(
        &self,
        now: UnixMillis,
        limit: usize,
        limits: ListLimits,
    ) -> Result<Vec<DueSubject>> {
        self.reader.read(move |db| listing::due_subjects(db, now, limit, limits)).await
    }

    async fn unknown_members(&self, subject: i64, ids: Vec<VideoId>) -> Result<Vec<VideoId>> {
        self.reader.read(move |db| listing::unknown_members(db, subject, &ids)).await
    }

    async fn save_listing(&self, listing: Listing, now: UnixMillis) -> Result<Listed> {
        self.writer.write(move |tx| listing::save_listing(tx, &listing, now)).await
    }

    async fn postpone_listing(
        &self,
        subject: i64,
        memory: Option<String>,
        until: UnixMillis,
    ) -> Result<()> {
        self.writer
            .write(move |tx| listing::postpone_listing(tx, subject, memory.as_deref(), until))
            .await
    }

    async fn list_counts(&self, members_max: usize) -> Result<ListCounts> {
        self.reader.read(move |db| listing::list_counts(db, members_max)).await
    }

    async fn load(&self, key: &str) -> Result<Option<String>> {
        let key = key.to_owned();
        self.reader.read(move |db| rows::load(db, &key)).await
    }

    async fn save(&self, key: &str, value: String) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |tx| rows::save(tx, &key, &value)).await
    }

    async fn append(&self, snapshots: Vec<Snapshot>) -> Result<()> {
        self.writer.write(move |tx| log::append(tx, &snapshots)).await
    }

    async fn read_log(&self, from: i64, limit: usize) -> Result<Vec<(i64, Snapshot)>> {
        let told_to = Arc::clone(&self.unreadable_to);
        self.reader.read(move |db| log::read_log(db, from, limit, &told_to)).await
    }

    async fn position(&self, stream: &str, partition: i32) -> Result<i64> {
        let stream = stream.to_owned();
        self.reader.read(move |db| route::position(db, &stream, partition)).await
    }

    async fn route(
        &self,
        stream: &str,
        partition: i32,
        read: i64,
        now: UnixMillis,
        work: RouteFn,
    ) -> Result<i64> {
        let stream = stream.to_owned();
        self.writer.write(move |tx| route::route(tx, &stream, partition, read, now, work)).await
    }

    async fn fan_out(&self, now: UnixMillis, work: ResumeFn) -> Result<bool> {
        self.writer.write(move |tx| route::fan_out(tx, now, work)).await
    }

    async fn finish_and_claim(
        &self,
        finished: Vec<Finished>,
        channel: Channel,
        room: Room,
        now: UnixMillis,
        compose: Arc<dyn Compose>,
    ) -> Result<Claimed> {
        self.writer
            .write(move |tx| claim::finish_and_claim(tx, &finished, channel, &room, now, &*compose))
            .await
    }

    async fn notice(
        &self,
        key: Option<String>,
        to: Vec<(Address, Body)>,
        now: UnixMillis,
    ) -> Result<bool> {
        self.writer.write(move |tx| notices::notice(tx, key.as_deref(), &to, now)).await
    }

    async fn clear_notice(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |tx| notices::clear_notice(tx, &key)).await
    }

    async fn owners_other_destinations(&self, address: &Address) -> Result<Vec<Address>> {
        let address = address.clone();
        self.reader.read(move |db| notices::owners_other_destinations(db, &address)).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        self.reader.read(move |db| dead_letters::dead_letters(db, limit)).await
    }

    async fn replay_dead_letters(
        &self,
        which: DeadLetters,
        after: NotificationId,
        now: UnixMillis,
    ) -> Result<Replayed> {
        self.leaving_room(move |tx| dead_letters::replay_some(tx, &which, after, now)).await
    }

    async fn edit(
        &self,
        mark: Option<UpdateMark>,
        edits: Vec<Edit>,
        now: UnixMillis,
    ) -> Result<Option<Vec<Edited>>> {
        self.writer.write_through(move |tx| edit::edit(tx, mark.as_ref(), &edits, now)).await
    }

    async fn edit_some(
        &self,
        edits: Arc<[Edit]>,
        from: usize,
        now: UnixMillis,
    ) -> Result<Vec<Edited>> {
        self.leaving_room(move |tx| {
            batch::edit_some(tx, edits.get(from..).unwrap_or_default(), now)
        })
        .await
    }

    async fn update_mark(&self, source: &str) -> Result<Option<i64>> {
        let source = source.to_owned();
        self.reader.read(move |db| mark::update_mark(db, &source)).await
    }

    async fn is_handled(&self, mark: &UpdateMark) -> Result<bool> {
        let mark = mark.clone();
        self.reader.read(move |db| mark::is_handled(db, &mark)).await
    }

    async fn move_mark(&self, to: UpdateMark, now: UnixMillis) -> Result<()> {
        self.writer.write(move |tx| mark::move_mark(tx, &to, now)).await
    }

    async fn watches(
        &self,
        filter: WatchFilter,
        after: i64,
        limit: usize,
    ) -> Result<Vec<WatchRow>> {
        self.reader.read(move |db| read::watches(db, &filter, after, limit)).await
    }

    async fn watches_at(&self, pairs: Vec<(Address, SubjectRef)>) -> Result<Vec<WatchAt>> {
        self.reader.read(move |db| read::watches_at(db, &pairs)).await
    }

    async fn watches_from(
        &self,
        origin: &str,
        after: SubscriptionId,
        limit: usize,
    ) -> Result<Vec<SubscriptionId>> {
        let origin = origin.to_owned();
        self.reader.read(move |db| read::watches_from(db, &origin, after, limit)).await
    }

    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>> {
        let address = address.clone();
        self.reader.read(move |db| rows::destination(db, &address)).await
    }

    async fn destinations_off(&self) -> Result<u64> {
        self.counter.read(destinations::off).await
    }

    async fn destinations(
        &self,
        shut_only: bool,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationState>> {
        self.counter.read(move |db| destinations::destinations(db, shut_only, after, limit)).await
    }

    async fn watches_of_owner(&self, owner: &Owner) -> Result<usize> {
        let owner = owner.clone();
        self.reader.read(move |db| owners::watches_of_owner(db, &owner)).await
    }

    async fn person(&self, address: &Address) -> Result<Option<PersonRow>> {
        let address = address.to_string();
        self.reader.read(move |db| people::person(db, &address)).await
    }

    async fn person_state(&self, address: &Address, now: UnixMillis) -> Result<PersonState> {
        let address = address.clone();
        self.reader.read(move |db| people::state(db, &address, now)).await
    }

    async fn people(
        &self,
        after: Option<Address>,
        limit: usize,
        now: UnixMillis,
    ) -> Result<Vec<PersonState>> {
        self.reader.read(move |db| people::people(db, after.as_ref(), limit, now)).await
    }

    async fn chats_of_person(
        &self,
        address: &Address,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationRow>> {
        let address = address.clone();
        self.reader.read(move |db| people::chats(db, &address, after, limit)).await
    }

    async fn why(&self, video: VideoId, destination: Option<Address>) -> Result<Vec<RuleStory>> {
        self.reader.read(move |db| why::why(db, &video, destination.as_ref())).await
    }

    async fn history(
        &self,
        video: VideoId,
        since: UnixMillis,
        limit: usize,
    ) -> Result<Option<History>> {
        self.reader.read(move |db| read::history(db, &video, since, limit)).await
    }

    async fn pulse(&self, now: UnixMillis) -> Result<Pulse> {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        let pulse = self
            .reader
            .read(move |db| {
                let wal_bytes = Path::new(&wal).metadata().map_or(0, |found| found.len());
                Ok(Pulse { wal_bytes, ..figures::pulse(db, now)? })
            })
            .await?;
        let threads = [&self.writer, &self.reader, &self.counter, &self.checkpointer];
        Ok(Pulse {
            threads: threads.map(DbThread::work).to_vec(),
            errors: self.errors.counts(),
            ..pulse
        })
    }

    fn trouble(&self) -> Option<String> {
        self.writer.trouble()
    }

    fn hurry(&self) {
        self.writer.hurry();
    }

    async fn figures(&self, now: UnixMillis) -> Result<Figures> {
        let history = Arc::clone(&self.history);
        self.counter
            .read(move |db| {
                let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
                figures::figures(db, &mut history, now)
            })
            .await
    }

    async fn migrate(&self, now: UnixMillis) -> Result<Migration> {
        self.writer.write(move |tx| migrate::migrate(tx, now)).await
    }

    async fn set_back(&self, by: std::time::Duration, now: UnixMillis) -> Result<()> {
        self.writer.write(move |tx| clock::set_back(tx, by, now)).await
    }

    async fn sweep(&self, keep: Retention, now: UnixMillis) -> Result<bool> {
        self.writer.write(move |tx| sweep::sweep(tx, keep, now)).await
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        let to = to.to_owned();
        let from = self.path.clone();
        self.reader.read(move |db| open::backup(db, &from, &to)).await
    }
}
