//! Stage 2: carries snapshots from the poller to the router.
//!
//! In: whole snapshots. Out: the same, each at least once, in the order of each video, with the position that a
//! routing transaction moves. The stream carries facts; it decides nothing.

mod embedded;

use async_trait::async_trait;

pub use embedded::Embedded;

use crate::model::Snapshot;
use crate::store::StoreError;

/// Why the stream did not take or give.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The embedded stream is a table of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes snapshots.
#[async_trait]
pub trait SnapshotSink: Send + Sync {
    /// Publishes snapshots; when it returns, they survive a stop.
    ///
    /// # Errors
    ///
    /// Nothing was published, or not all: publish again, repeats are harmless.
    async fn publish(&self, snapshots: Vec<Snapshot>) -> Result<(), BusError>;
}

/// A piece of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The stream's name in the store.
    pub stream: &'static str,
    /// Its partition.
    pub partition: i32,
    /// The position from which it was read.
    pub read: i64,
    /// Snapshots in order, each with the position after it.
    pub snapshots: Vec<(i64, Snapshot)>,
}

/// Gives snapshots.
#[async_trait]
pub trait ChangeStream: Send + Sync {
    /// Reads on from the stored position; an empty batch when there is nothing.
    ///
    /// # Errors
    ///
    /// Nothing was read.
    async fn read(&self, limit: usize) -> Result<Batch, BusError>;

    /// Waits until there may be something to read. May return early; may be dropped half-way.
    async fn ready(&self);
}
