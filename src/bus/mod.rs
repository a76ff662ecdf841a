//! Stage 2: carries snapshots from the poller to the router.
//!
//! In: whole snapshots. Out: the same, each at least once, in the order of each video, with the position that a
//! routing transaction moves. The stream carries facts; it decides nothing.

mod embedded;

use async_trait::async_trait;

pub use embedded::Embedded;

use std::sync::Arc;

use crate::model::Snapshot;

/// Why the stream does not take or give just now: one line. Nothing of it is lost, and it is worth another try.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct BusError(pub String);

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

/// A piece of the stream: snapshots of one partition, one behind the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The stream's name, under which the store keeps the position.
    pub stream: Arc<str>,
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
    /// Hands over the next `limit` snapshots of a partition, at most; an empty batch when there is nothing. A partition begins
    /// at its position in the store.
    ///
    /// # Errors
    ///
    /// Nothing was read.
    async fn read(&self, limit: usize) -> Result<Batch, BusError>;

    /// A partition goes on at its position in the store: what was handed over was not routed to its end, or somebody else has
    /// moved the position.
    async fn again(&self, stream: &str, partition: i32);

    /// Waits until there may be something to read. May return early; may be dropped half-way.
    async fn ready(&self);
}
