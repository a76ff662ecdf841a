//! The difference between two snapshots of one video.

use serde::{Deserialize, Serialize};

use super::{Event, Live, Metric, Snapshot, Status, UnixMillis, Value, VideoId};

/// One optional number per metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Views.
    pub views: Option<i64>,
    /// Likes.
    pub likes: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
}

impl From<&Snapshot> for Counts {
    fn from(snapshot: &Snapshot) -> Counts {
        Counts { views: snapshot.views, likes: snapshot.likes, comments: snapshot.comments }
    }
}

impl Counts {
    /// The count of `metric`.
    #[must_use]
    pub const fn get(&self, metric: Metric) -> Option<i64> {
        match metric {
            Metric::Views => self.views,
            Metric::Likes => self.likes,
            Metric::Comments => self.comments,
        }
    }

    /// Sets the count of `metric`.
    pub const fn set(&mut self, metric: Metric, value: Option<i64>) {
        match metric {
            Metric::Views => self.views = value,
            Metric::Likes => self.likes = value,
            Metric::Comments => self.comments = value,
        }
    }
}

/// What the router last handled of one video, signal by signal.
///
/// `last` keeps a count over the time in which it is absent, so that a hidden count that comes back is compared
/// with the last value known. `highest` is the highest value ever seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// `observed_at` of the last snapshot handled.
    pub observed_at: UnixMillis,
    /// `numbers_at` of the last snapshot handled.
    pub numbers_at: UnixMillis,
    /// The last value known of every count.
    pub last: Counts,
    /// The highest value ever seen of every count.
    pub highest: Counts,
    /// The title.
    pub title: String,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
}

/// One signal that differs between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delta {
    /// A count: previous (the last value known) and current.
    Count(Metric, i64, i64),
    /// An event: previous and current text.
    Event(Event, Value, Value),
}

/// Two consecutive snapshots of one video, and what differs between them.
///
/// Derived signals move with time alone, so a change may be empty and still be routed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which video.
    pub video_id: VideoId,
    /// `observed_at` of the previous snapshot; `None` for the first sight.
    pub previous_at: Option<UnixMillis>,
    /// `observed_at` of the current snapshot.
    pub observed_at: UnixMillis,
    /// The time of the current numbers.
    pub numbers_at: UnixMillis,
    /// The last values known before the current snapshot.
    pub previous: Counts,
    /// The current counts, `None` where absent now.
    pub current: Counts,
    /// The highest value ever seen of every count, before this change.
    pub highest: Counts,
    /// What differs; empty for the first sight.
    pub deltas: Vec<Delta>,
}
