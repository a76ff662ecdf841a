//! What is watched, and where.

use crate::model::{Address, DestinationId, Settings, SubjectRef, SubscriptionId, UnixMillis};

use crate::store::{DestinationRow, Shut};

/// Which watches to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchFilter {
    /// All running ones.
    All,
    /// Those of a destination.
    Of(Address),
    /// Those of all addresses of whoever has this one.
    OfPerson(Address),
    /// One, by its row. One that has ended stands for the running watch that took its place: its chat, or what it
    /// watched, got a new name.
    One(SubscriptionId),
    /// Those that came with this origin.
    Origin(String),
}

/// A running watch.
#[derive(Debug, Clone)]
pub struct WatchRow {
    /// Its row.
    pub id: SubscriptionId,
    /// Where it rings.
    pub destination: DestinationRow,
    /// What is watched.
    pub subject: SubjectRef,
    /// Its title, where known.
    pub title: Option<String>,
    /// Members held and members in all, of a channel or playlist.
    pub members: Option<(usize, u64)>,
    /// Since when a channel or playlist is no longer there, if its watchers were told so.
    pub gone_since: Option<UnixMillis>,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// What it has set.
    pub settings: Settings,
    /// Muted until then.
    pub muted_until: Option<UnixMillis>,
    /// Where it came from.
    pub origin: String,
}

/// A running watch as far as a watch file can say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its row.
    pub id: SubscriptionId,
    /// The texts of its rules.
    pub rules: Vec<String>,
    /// What it has set.
    pub settings: Settings,
    /// Where it came from.
    pub origin: String,
}

/// What is at a pair of destination and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchAt {
    /// The running watch.
    pub watch: Option<Standing>,
    /// Whether the destination has moved: the watch is then one of the place to which it has.
    pub moved: bool,
    /// The row of the subject. Watches of neighbouring rows lie together, and are best written together.
    pub subject: Option<i64>,
    /// The destination's row, and why nothing arrives there, if so.
    pub shut: Option<(DestinationId, Shut)>,
}
