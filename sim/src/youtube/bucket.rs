//! What a request is charged to.

use super::errors::QuotaInfo;
use super::request::Endpoint;

/// A daily budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// Of everything that has no bucket of its own.
    Default,
    /// Of `videos:batchGetStats`.
    BatchStats,
}

impl Bucket {
    /// The bucket to which a request is charged.
    pub(super) const fn of(endpoint: Endpoint) -> Bucket {
        match endpoint {
            Endpoint::BatchStats => Bucket::BatchStats,
            Endpoint::Videos
            | Endpoint::Channels
            | Endpoint::PlaylistItems
            | Endpoint::Playlists
            | Endpoint::Feed => Bucket::Default,
        }
    }

    /// What its refusals call it.
    pub(super) const fn info(self) -> QuotaInfo {
        match self {
            Bucket::Default => QuotaInfo {
                display: "Queries",
                metric: "youtube.googleapis.com/default",
                limit: "defaultPerDayPerProject",
            },
            // Not documented: made after the names of the search bucket.
            Bucket::BatchStats => QuotaInfo {
                display: "Batch Get Stats Queries",
                metric: "youtube.googleapis.com/batch_get_stats",
                limit: "defaultBatchGetStatsPerDayPerProject",
            },
        }
    }
}
