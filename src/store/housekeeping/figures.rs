//! What is counted.

use std::time::Duration;

use crate::model::{CancelReason, Channel};

/// The sums over all alerts since the database was made: they go on over restarts.
///
/// Created and replayed ones together are those that wait, those in flight, and all that have ended or were folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Alerts that were made.
    pub created: u64,
    /// Ends that were taken back: dead letters that were queued again.
    pub replayed: u64,
    /// Put into an earlier alert of the same rule and video that waited.
    pub folded: u64,
    /// Told.
    pub sent: u64,
    /// Not told on purpose, in the order of [`CancelReason::ALL`].
    pub cancelled: [u64; CancelReason::ALL.len()],
    /// Not told, because they could not be.
    pub dead: u64,
}

impl Ledger {
    /// How many have not ended, as the sums say.
    #[must_use]
    pub fn open(&self) -> u64 {
        let ended = self.folded + self.sent + self.dead + self.cancelled.iter().sum::<u64>();
        (self.created + self.replayed).saturating_sub(ended)
    }
}

/// What can be said at any time at the same small cost, however much there is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// The sums over all alerts.
    pub ledger: Ledger,
    /// Snapshots in the log that were not routed yet.
    pub log_backlog: u64,
    /// How long the most overdue lane has waited for something that is told as it happens, in the order of [`Channel::ALL`].
    pub oldest_due: [Option<Duration>; Channel::ALL.len()],
    /// The same of digests, which come last.
    pub oldest_digest: [Option<Duration>; Channel::ALL.len()],
    /// How long the most overdue video has waited for a look.
    pub poll_overdue: Option<Duration>,
    /// Notifications that are on their way now, in the order of [`Channel::ALL`].
    pub in_flight: [u64; Channel::ALL.len()],
    /// Notifications in the dead letters, counted up to ten thousand.
    pub dead_letters: u64,
    /// Size of the database, in bytes.
    pub bytes: u64,
    /// Of these, what is free for new rows.
    pub free_bytes: u64,
    /// Size of the write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// What each thread of the store did.
    pub threads: Vec<ThreadWork>,
    /// How many of the store's answers were errors since the start, by [`StoreError::class`].
    ///
    /// [`StoreError::class`]: crate::store::StoreError::class
    pub errors: Vec<(&'static str, u64)>,
}

/// What a thread of the store did since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadWork {
    /// Its name.
    pub name: &'static str,
    /// Transactions.
    pub jobs: u64,
    /// How long it worked on them.
    pub busy: Duration,
    /// Jobs that wait for it now.
    pub queued: u64,
}

/// What is counted. All of it sees one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Videos that are polled.
    pub videos: u64,
    /// Running watches.
    pub watches: u64,
    /// Snapshots in the log that were not routed yet.
    pub log_backlog: u64,
    /// Pieces of fan-out left over.
    pub fanouts: u64,
    /// Lanes with something due.
    pub lanes_due: u64,
    /// How long the most overdue of those has waited that have more than digests due.
    pub oldest_due: Option<Duration>,
    /// Alerts that are neither told nor cancelled nor given up.
    pub alerts_waiting: u64,
    /// Of these, the ones in a notification: on its way, or to be tried again.
    pub alerts_in_flight: u64,
    /// The sums over all alerts.
    pub ledger: Ledger,
    /// Notifications in the dead letters.
    pub dead_letters: u64,
    /// Rows by table. A long history is counted over several calls: its number may be of some time ago.
    pub rows: Vec<(&'static str, u64)>,
    /// Size of the database, in bytes.
    pub bytes: u64,
}

impl Figures {
    /// How many alerts the sums miss, or have too many (negative): 0 unless there is a defect or a damaged row.
    #[must_use]
    pub fn unaccounted(&self) -> i64 {
        self.ledger.open().cast_signed().saturating_sub(self.alerts_waiting.cast_signed())
    }
}
