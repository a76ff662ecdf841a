//! The stream as a table of the store: nothing else needs to run.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{Batch, BusError, ChangeStream, SnapshotSink};
use crate::model::Snapshot;
use crate::store::{EMBEDDED_STREAM, StoreError, Stream};

/// How long the reader sleeps at most. Publishing wakes it; this is for what an earlier process left.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);

/// The embedded stream is a table of the store.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn sorted(error: StoreError) -> BusError {
    BusError(error.to_string())
}

/// The log of the store, both ends.
pub struct Embedded {
    store: Arc<dyn Stream>,
    published: Notify,
}

impl Embedded {
    /// The log of this store.
    #[must_use]
    pub fn new(store: Arc<dyn Stream>) -> Embedded {
        Embedded { store, published: Notify::new() }
    }
}

#[async_trait]
impl SnapshotSink for Embedded {
    async fn publish(&self, snapshots: Vec<Snapshot>) -> Result<(), BusError> {
        self.store.append(snapshots).await.map_err(sorted)?;
        self.published.notify_one();
        Ok(())
    }
}

#[async_trait]
impl ChangeStream for Embedded {
    async fn read(&self, limit: usize) -> Result<Batch, BusError> {
        let read = self.store.position(EMBEDDED_STREAM, 0).await.map_err(sorted)?;
        let rows = self.store.read_log(read, limit).await.map_err(sorted)?;
        let snapshots: Vec<_> =
            rows.into_iter().map(|(offset, snapshot)| (offset + 1, snapshot)).collect();
        let end = snapshots.last().map_or(read, |(after, _)| *after);
        Ok(Batch {
            stream: Arc::from(EMBEDDED_STREAM),
            partition: 0,
            read,
            snapshots: Arc::new(snapshots),
            end,
        })
    }

    /// The table is read from the position each time.
    async fn again(&self, _: &str, _: i32) {}

    async fn ready(&self) {
        tokio::select! {
            () = self.published.notified() => {}
            () = tokio::time::sleep(LOOK_AT_LEAST_EVERY) => {}
        }
    }
}
