//! What tubebell remembers. One method of [`Store`] is one transaction.
//!
//! The store knows tables, not meanings: deciding functions (routing, composing) are handed in and run inside the
//! transaction, so that what they decide and what they were told stand or fall together.

mod sqlite;
mod types;

use async_trait::async_trait;

pub use sqlite::{Access, Sqlite};
pub use types::*;

/// Where the address of whoever became the operator by their own invitation is kept; see [`Edit::BecomeOperator`].
pub const OPERATOR_KEY: &str = "operator";

use crate::model::{
    Address, Body, Channel, DestinationId, Holder, NotificationId, Owner, RoutingTx, Settings,
    Snapshot, SubjectRef, SubscriptionId, UnixMillis, VideoId,
};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another `run` holds the lock file.
    #[error(
        "{path} is in use by another `tubebell run`: stop that one first, or give this one another [store] url"
    )]
    Locked {
        /// The database.
        path: String,
    },
    /// Made by a newer version.
    #[error(
        "{path} has schema {found} and this version knows up to {known}: run the newer tubebell, or restore a backup"
    )]
    Newer {
        /// The database.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this version knows.
        known: i64,
    },
    /// A gateway brings it up to date just now, or was stopped while it did.
    #[error("{path} is being brought up to date by `tubebell run`: try again when that is done")]
    Upgrading {
        /// The database.
        path: String,
    },
    /// Made by an older version.
    #[error(
        "{path} is of an older version (schema {found}, and this one needs {known}): start this version's `tubebell run` once, it brings the database up to date"
    )]
    Older {
        /// The database.
        path: String,
        /// Its schema.
        found: i64,
        /// The schema that this version needs.
        known: i64,
    },
    /// Not a database, or a damaged one.
    #[error(
        "{path} is no database or is damaged: move it away and restore a backup (or start with a new one)"
    )]
    Corrupt {
        /// The database.
        path: String,
    },
    /// It can't be opened or written.
    #[error("{path}: {reason}")]
    Unusable {
        /// The database.
        path: String,
        /// Why, in one line.
        reason: String,
    },
    /// The disk is full or read-only.
    #[error("the database can't be written: {0}")]
    NoRoom(String),
    /// Another process writes, and does not come to an end.
    #[error(
        "the database is held by another process: close what has it open (a tool, a shell), and it goes on"
    )]
    Busy,
    /// Somebody else moved the position of the stream.
    #[error("the position of {stream} was moved by somebody else")]
    Conflict {
        /// The stream.
        stream: String,
    },
    /// A row that this version can't read.
    #[error("a row can't be read: {0}")]
    Row(String),
    /// A transaction panicked, which is a defect; nothing of it stands.
    #[error("a transaction has panicked and was rolled back: please report it")]
    Panicked,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database says.
    #[error("database: {0}")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    /// All classes, for counting.
    pub const CLASSES: [&'static str; 13] = [
        "locked",
        "newer",
        "older",
        "upgrading",
        "corrupt",
        "unusable",
        "no_room",
        "busy",
        "conflict",
        "row",
        "panicked",
        "closed",
        "database",
    ];

    /// The word in metrics.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            StoreError::Locked { .. } => "locked",
            StoreError::Newer { .. } => "newer",
            StoreError::Older { .. } => "older",
            StoreError::Upgrading { .. } => "upgrading",
            StoreError::Corrupt { .. } => "corrupt",
            StoreError::Unusable { .. } => "unusable",
            StoreError::NoRoom(_) => "no_room",
            StoreError::Busy => "busy",
            StoreError::Conflict { .. } => "conflict",
            StoreError::Row(_) => "row",
            StoreError::Panicked => "panicked",
            StoreError::Closed => "closed",
            StoreError::Database(_) => "database",
        }
    }

    /// Whether the database as a whole does not work, so that trying something else is no use either.
    #[must_use]
    pub fn is_of_the_whole(&self) -> bool {
        match self {
            StoreError::Locked { .. }
            | StoreError::Newer { .. }
            | StoreError::Older { .. }
            | StoreError::Upgrading { .. }
            | StoreError::Corrupt { .. }
            | StoreError::Unusable { .. }
            | StoreError::NoRoom(_)
            | StoreError::Busy
            | StoreError::Closed => true,
            StoreError::Conflict { .. } | StoreError::Row(_) | StoreError::Panicked => false,
            StoreError::Database(cause) => !sqlite::is_of_a_row(cause),
        }
    }
}

/// The name of the stream that the store's own log is.
pub const EMBEDDED_STREAM: &str = "log";

/// The outcome of a store method.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Runs inside the routing transaction: reads and writes through it, returns the new position.
pub type RouteFn =
    Box<dyn FnOnce(&mut dyn RoutingTx<Error = StoreError>) -> Result<i64> + Send + 'static>;

/// Runs inside a transaction with one piece of deferred work; returns what is left of it.
pub type ResumeFn = Box<
    dyn FnOnce(&mut dyn RoutingTx<Error = StoreError>, Holder, &str) -> Result<Option<String>>
        + Send
        + 'static,
>;

/// Decides inside the claiming transaction what becomes of what waits for a watch.
pub trait Compose: Send + Sync {
    /// Sends, holds or cancels the waiting alerts of one watch.
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed;

    /// Whether these are quiet hours, by what a watch and its destination have set: a message that is tried again leaves
    /// without a sound then.
    fn is_quiet(&self, watch: &Settings, destination: &Settings, now: UnixMillis) -> bool;
}

/// Decides inside the claiming transaction how many requests of a lane may be under way, beyond what the lane itself allows.
///
/// A transaction may fail after places were taken: whoever asked for it gives them back then.
pub trait Places: Send + Sync {
    /// How many more of this lane may leave now.
    fn free(&self, lane_key: &str) -> usize;

    /// So many of this lane leave.
    fn take(&self, lane_key: &str, count: usize);
}

/// Everything tubebell remembers. Every method fails as [`StoreError`] says, with nothing changed.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Polling ---------------------------------------------------------------------------------------------

    /// At most `limit` videos whose poll is due, most overdue first: those at which nobody has looked yet, and others behind
    /// them. Where there are more of both, each get half.
    async fn due_videos(&self, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>>;

    /// At most `limit` videos that were looked at and are due next: after `now`, until then.
    async fn soon_videos(
        &self,
        now: UnixMillis,
        until: UnixMillis,
        limit: usize,
    ) -> Result<Vec<DueVideo>>;

    /// When the next videos are due.
    async fn next_polls(&self) -> Result<NextPolls>;

    /// How many videos are watched.
    async fn watched_videos(&self) -> Result<u64>;

    /// Stores the poller's memory of each video.
    async fn save_polled(&self, polled: Vec<Polled>) -> Result<()>;

    /// The poller's memory of one video, watched or not.
    async fn video(&self, id: VideoId) -> Result<Option<DueVideo>>;

    /// Channels, playlists and handles whose listing is due, most overdue first, with how many members each may hold.
    async fn due_subjects(
        &self,
        now: UnixMillis,
        limit: usize,
        limits: ListLimits,
    ) -> Result<Vec<DueSubject>>;

    /// Of these videos, those that the subject neither holds nor has ever held.
    async fn unknown_members(&self, subject: i64, ids: Vec<VideoId>) -> Result<Vec<VideoId>>;

    /// Stores a listing: who joins and who leaves. Costs the same however many watch; the router makes the triggers of a
    /// new member and tells of it when its first snapshot is routed.
    async fn save_listing(&self, listing: Listing, now: UnixMillis) -> Result<Listed>;

    /// Puts off the next listing of a subject that could not be listed; `memory` replaces the lister's, if given.
    async fn postpone_listing(
        &self,
        subject: i64,
        memory: Option<String>,
        until: UnixMillis,
    ) -> Result<()>;

    /// How many lists are watched, and how many pages they have when none holds more than `members_max`.
    async fn list_counts(&self, members_max: usize) -> Result<ListCounts>;

    /// A small named value.
    async fn load(&self, key: &str) -> Result<Option<String>>;

    /// Replaces a small named value.
    async fn save(&self, key: &str, value: String) -> Result<()>;

    // The embedded stream ---------------------------------------------------------------------------------

    /// Appends snapshots to the log.
    async fn append(&self, snapshots: Vec<Snapshot>) -> Result<()>;

    /// Snapshots of the log from `from` on, with their offsets.
    async fn read_log(&self, from: i64, limit: usize) -> Result<Vec<(i64, Snapshot)>>;

    // Routing ---------------------------------------------------------------------------------------------

    /// The next offset to read of a stream's partition; 0 at first.
    async fn position(&self, stream: &str, partition: i32) -> Result<i64>;

    /// Runs `work` in one transaction and moves the position from `read` to what it returns.
    ///
    /// [`StoreError::Conflict`] when the position is not `read` any more: read it again.
    async fn route(
        &self,
        stream: &str,
        partition: i32,
        read: i64,
        now: UnixMillis,
        work: RouteFn,
    ) -> Result<i64>;

    /// Runs one piece of deferred work; returns whether there was any.
    async fn fan_out(&self, now: UnixMillis, work: ResumeFn) -> Result<bool>;

    // Delivery --------------------------------------------------------------------------------------------

    /// Records how attempts ended, then takes notifications of due lanes of `channel`, as many as there is room for.
    async fn finish_and_claim(
        &self,
        finished: Vec<Finished>,
        channel: Channel,
        room: Room,
        now: UnixMillis,
        compose: std::sync::Arc<dyn Compose>,
    ) -> Result<Claimed>;

    /// Queues a message that no rule made: a notice to the operator or to an owner.
    ///
    /// With a `key` it is queued once, until [`Store::clear_notice`].
    async fn notice(
        &self,
        key: Option<String>,
        to: Vec<(Address, Body)>,
        now: UnixMillis,
    ) -> Result<bool>;

    /// Lets a notice ring again the next time.
    async fn clear_notice(&self, key: &str) -> Result<()>;

    /// Other destinations of whoever owns this one, reachable and not in the same chat.
    async fn owners_other_destinations(&self, address: &Address) -> Result<Vec<Address>>;

    /// Notifications that could not be delivered, newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Queues dead letters again, those of `which` behind `after`, oldest first: as many as a transaction holds that keeps
    /// nobody waiting, and leaves others room before it returns. `after` starts at 0 and goes on at [`Replayed::last`].
    async fn replay_dead_letters(
        &self,
        which: DeadLetters,
        after: NotificationId,
        now: UnixMillis,
    ) -> Result<Replayed>;

    // Commands --------------------------------------------------------------------------------------------

    /// Applies edits in one transaction, together with the mark of the update that asked for them. Updates may come in
    /// any order.
    ///
    /// `None` when the mark was stored before: the edits have had their effect.
    async fn edit(
        &self,
        mark: Option<UpdateMark>,
        edits: Vec<Edit>,
        now: UnixMillis,
    ) -> Result<Option<Vec<Edited>>>;

    /// Applies `edits` from the one at `from` on, as many as a transaction holds that keeps nobody waiting, and leaves others room
    /// before it returns: for long work beside a running gateway. At least one is applied, if there is one.
    async fn edit_some(
        &self,
        edits: std::sync::Arc<[Edit]>,
        from: usize,
        now: UnixMillis,
    ) -> Result<Vec<Edited>>;

    /// The update up to which all have had their effect; forgotten after two days without any, see [`UpdateMark`].
    async fn update_mark(&self, source: &str) -> Result<Option<i64>>;

    /// Whether this update has had its effect, be it before one with a lower id.
    async fn is_handled(&self, mark: &UpdateMark) -> Result<bool>;

    /// All updates of its sequence up to this one have had their effect. A mark never moves back within a sequence; one
    /// that is far from it ([`UpdateMark::is_near`]) begins another, and what was told last before stays known.
    async fn move_mark(&self, to: UpdateMark, now: UnixMillis) -> Result<()>;

    // Questions -------------------------------------------------------------------------------------------

    /// The watches of a destination, or all.
    async fn watches(&self, filter: WatchFilter, after: i64, limit: usize)
    -> Result<Vec<WatchRow>>;

    /// What is at each pair of destination and subject; destinations are followed to where they have moved.
    async fn watches_at(&self, pairs: Vec<(Address, SubjectRef)>) -> Result<Vec<WatchAt>>;

    /// The rows of running watches that came with this origin, from `after` on.
    async fn watches_from(
        &self,
        origin: &str,
        after: SubscriptionId,
        limit: usize,
    ) -> Result<Vec<SubscriptionId>>;

    /// One destination.
    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>>;

    /// How many destinations are off.
    async fn destinations_off(&self) -> Result<u64>;

    /// Destinations by their rows, from `after` on; `shut_only`: those at which nothing arrives. What waits is counted
    /// watch by watch.
    async fn destinations(
        &self,
        shut_only: bool,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationState>>;

    /// How many running watches an owner has.
    async fn watches_of_owner(&self, owner: &Owner) -> Result<usize>;

    /// How somebody, or a group, is in; `None`: by no invitation and by nobody.
    async fn person(&self, address: &Address) -> Result<Option<PersonRow>>;

    /// Whether this address is in.
    async fn is_admitted(&self, address: &Address) -> Result<bool> {
        Ok(self.person(address).await?.is_some())
    }

    /// What stands in somebody's name, whether they are in or not.
    async fn person_state(&self, address: &Address, now: UnixMillis) -> Result<PersonState>;

    /// Everybody who is in, and every group, behind `after` in the order of their addresses as texts.
    async fn people(
        &self,
        after: Option<Address>,
        limit: usize,
        now: UnixMillis,
    ) -> Result<Vec<PersonState>>;

    /// The chats and topics that stand in somebody's name, by their rows from `after` on: their own, and those of groups
    /// that they brought in.
    async fn chats_of_person(
        &self,
        address: &Address,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationRow>>;

    /// Why there was, or was not, a message about a video: for one destination, or all.
    async fn why(&self, video: VideoId, destination: Option<Address>) -> Result<Vec<RuleStory>>;

    /// Recorded counts of a video since a moment, oldest first, and its last state.
    async fn history(
        &self,
        video: VideoId,
        since: UnixMillis,
        limit: usize,
    ) -> Result<Option<History>>;

    /// Why nothing can be written at present, if the last attempt said so: for `/readyz`.
    fn trouble(&self) -> Option<String>;

    /// The gateway stops: whoever else holds the database is waited for only a moment.
    fn hurry(&self);

    /// What `/metrics` and `/readyz` ask for at every visit. Costs the same however much there is.
    async fn pulse(&self, now: UnixMillis) -> Result<Pulse>;

    /// What is counted. Takes a tenth of a second where millions of alerts wait, and holds up nobody meanwhile.
    async fn figures(&self, now: UnixMillis) -> Result<Figures>;

    // Housekeeping ----------------------------------------------------------------------------------------

    /// Does one piece of bringing along the rows of an older database; to be called until it is done, before anything is
    /// polled or routed.
    async fn migrate(&self, now: UnixMillis) -> Result<Migration>;

    /// The clock was set back by `by` and says `now`: what was put off by the old clock is put off by the same time
    /// from now, and what is held is looked at again.
    async fn set_back(&self, by: std::time::Duration, now: UnixMillis) -> Result<()>;

    /// Deletes what is past its retention and ends what has expired, a bounded piece at a time; true when there is more
    /// to do at once. Large tables are walked a stretch per call, so it is to be called again and again.
    async fn sweep(&self, keep: Retention, now: UnixMillis) -> Result<bool>;

    /// Writes a consistent copy beside a running gateway.
    async fn backup(&self, to: &std::path::Path) -> Result<()>;
}
