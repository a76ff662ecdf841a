//! Stage 2: carries snapshots from the poller to the router.
//!
//! In: whole snapshots. Out: the same, each at least once, in the order of each video, with the position that a
//! routing transaction moves. The stream carries facts; it decides nothing.

mod embedded;
#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
pub mod ksqldb;
mod options;
#[cfg(feature = "kafka")]
pub mod record;
#[cfg(feature = "kafka")]
pub mod schema;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio_util::task::TaskTracker;

pub use embedded::Embedded;
#[cfg(feature = "kafka")]
pub use kafka::{
    ApplyError, Changes, Cluster, Letters, Listed, Parked, Probe, Replayed, Stays, Subject,
};
pub use options::{BusOptions, Detect, Format, KafkaOptions, Properties, ServiceOptions};

use crate::model::{Clock, RoutingTx, Snapshot};
use crate::store::{Shared, StoreError, Stream};
use crate::telemetry::Metrics;

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
    pub snapshots: Arc<Vec<(i64, Snapshot)>>,
    /// The position behind all of it. What lies behind the last snapshot is none.
    pub end: i64,
}

impl Batch {
    /// Whether there is nothing to be routed, and no position to be moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == self.read
    }
}

/// What a stream wants done with each snapshot in the transaction that routes it.
pub type Beside = Arc<
    dyn Fn(&mut dyn RoutingTx<Error = StoreError>, &Snapshot) -> Result<(), StoreError>
        + Send
        + Sync,
>;

/// Gives snapshots.
#[async_trait]
pub trait ChangeStream: Send + Sync {
    /// Hands over the next `limit` snapshots of a partition, at most; an empty batch when there is nothing. A partition begins
    /// at its position in the store. It may be dropped half-way at a stop, behind which nothing is read any more.
    ///
    /// # Errors
    ///
    /// Nothing was read.
    async fn read(&self, limit: usize) -> Result<Batch, BusError>;

    /// A partition goes on at its position in the store: what was handed over was not routed to its end, or somebody else has
    /// moved the position.
    async fn again(&self, stream: &str, partition: i32);

    /// What is done beside the routing of its snapshots, if anything.
    fn beside(&self) -> Option<Beside> {
        None
    }

    /// Waits until there may be something to read. May return early; may be dropped half-way.
    async fn ready(&self);
}

/// What a stream is made of.
pub struct Parts {
    /// Keeps the positions.
    pub store: Arc<dyn Stream>,
    /// Keeps locks.
    pub shared: Arc<dyn Shared>,
    /// The clock.
    pub clock: Clock,
    /// Counts.
    pub metrics: Metrics,
    /// Waits for what blocks a thread.
    pub tracker: TaskTracker,
    /// How long a video that nobody watches is remembered.
    pub keep: Duration,
}

/// Work beside both ends of a stream, for as long as the gateway runs. It may be dropped at any moment.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is wrong with it just now, in a few words.
pub type Trouble = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// A stream, both ends.
pub struct Bus {
    /// Where the poller publishes.
    pub sink: Arc<dyn SnapshotSink>,
    /// Where the router reads.
    pub stream: Arc<dyn ChangeStream>,
    /// What is to run beside them.
    pub tasks: Vec<Task>,
    /// Asked by whoever tells how the gateway stands.
    pub trouble: Option<Trouble>,
}

/// Makes the stream that the configuration names.
///
/// # Errors
///
/// What is wrong with the configuration, in one line.
pub fn open(options: &BusOptions, parts: Parts) -> Result<Bus, BusError> {
    match options {
        #[cfg(feature = "kafka")]
        BusOptions::Kafka(options) => kafka::open(options, parts),
        #[cfg(not(feature = "kafka"))]
        BusOptions::Kafka(_) => Err(BusError("this program was built without Kafka".to_owned())),
        BusOptions::Embedded => {
            let stream = Arc::new(Embedded::new(parts.store));
            let sink = Arc::clone(&stream) as _;
            Ok(Bus { sink, stream, tasks: Vec::new(), trouble: None })
        }
    }
}
