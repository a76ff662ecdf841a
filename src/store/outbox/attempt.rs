//! What is taken for sending, and how the attempts end.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Address, Body, NotificationId, UnixMillis};
use crate::store::Places;

/// A notification taken for sending.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Its row.
    pub id: NotificationId,
    /// Stable and unique among installations: 13 characters of base32.
    pub public_id: String,
    /// The lane's row.
    pub lane: i64,
    /// The lane's key.
    pub lane_key: String,
    /// Where to.
    pub address: Address,
    /// What leaves.
    pub body: Body,
    /// Without a sound.
    pub silent: bool,
    /// Attempts before this one.
    pub attempts: u32,
    /// How long its retries have waited so far. Time in which the channel as a whole was away is none of it.
    pub spent: Duration,
    /// Whether it finds out if a barred destination takes messages again.
    pub is_probe: bool,
    /// When the oldest snapshot in it was made.
    pub observed_at: UnixMillis,
    /// When it was born.
    pub created_at: UnixMillis,
}

/// Where a walk over lanes that are due stands: behind this one. They are walked by when they became due, then by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandsAt {
    /// When the lane became due.
    pub due_at: UnixMillis,
    /// Its row.
    pub lane: i64,
}

/// How much a claim may take.
#[derive(Clone)]
pub struct Room {
    /// Notifications in all.
    pub limit: usize,
    /// What each lane may have; `None`: whatever the lane itself allows.
    pub places: Option<Arc<dyn Places>>,
    /// Where the walk goes on, as the last claim returned it; `None`: at the lane that is due for the longest.
    pub from: Option<StandsAt>,
    /// The same of the walk over lanes with digests.
    pub digests_from: Option<StandsAt>,
}

impl Room {
    /// For so many notifications, whichever.
    #[must_use]
    pub const fn of(limit: usize) -> Room {
        Room { limit, places: None, from: None, digests_from: None }
    }
}

/// What a claim found.
///
/// Lanes are walked twice: for what is told as it happens, and once nothing of that is due any more, for digests.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// Taken notifications.
    pub claims: Vec<Claim>,
    /// How far the walk came.
    pub walk: Stretch,
    /// How far the walk over lanes with digests came.
    pub digests: Stretch,
    /// What could not be put together and was given up: for whom, and why.
    pub given_up: Vec<(Address, String)>,
}

/// How far a claim came in a walk over the lanes of a channel that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stretch {
    /// Behind the last lane that got less than it was due, for want of places; `None`: there was none since the walk began.
    /// Lanes that are passed over stay due, and a walk comes back to them when it begins anew.
    pub stands_at: Option<StandsAt>,
    /// When the next lane behind there is due; `None`: nothing waits.
    pub next_due: Option<UnixMillis>,
}

impl Claimed {
    /// When the next lane is due behind where the walks stand; `None`: nothing waits.
    #[must_use]
    pub fn next_due(&self) -> Option<UnixMillis> {
        [self.walk.next_due, self.digests.next_due].into_iter().flatten().min()
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The notification.
    pub id: NotificationId,
    /// Its lane.
    pub lane: i64,
    /// When the attempt ended.
    pub at: UnixMillis,
    /// Nothing leaves in this lane earlier.
    pub lane_free_at: UnixMillis,
    /// The receiver has failed, not the message: where it does so several times in a row, nothing leaves in this lane
    /// earlier than this, and one at a time.
    pub lane_failed: Option<UnixMillis>,
    /// As in [`Claim::is_probe`].
    pub is_probe: bool,
    /// What became of it.
    pub result: FinishedAs,
}

/// What became of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishedAs {
    /// Taken by the channel, which calls it so.
    Sent(String),
    /// To be tried again then; counts as an attempt unless the channel as a whole was away.
    Retry {
        /// When.
        at: UnixMillis,
        /// Whether it counts.
        counts: bool,
        /// Why, in one line.
        error: String,
    },
    /// Given up; the cause in one line.
    Dead(String),
    /// The recipient takes nothing for now: tried again then, and until then nothing else is for that destination. Counts
    /// as an attempt.
    Barred {
        /// When.
        at: UnixMillis,
        /// Why, in one line.
        reason: String,
    },
    /// The recipient can't be reached any more: the destination is disabled and what waits for it is cancelled.
    Gone(String),
    /// The chat has a new id for good: the destination moves, the notification is tried again there.
    Moved(Address),
}
