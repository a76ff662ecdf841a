//! The stream as a table of the store: nothing else needs to run.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{Batch, BusError, ChangeStream, SnapshotSink};
use crate::model::Snapshot;
use crate::store::{EMBEDDED_STREAM, Stream};

/// How long the reader sleeps at most. Publishing wakes it; this is for what an earlier process left.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);

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

    /// Says that something else than [`SnapshotSink::publish`] may have written: a watch brings its first snapshot.
    pub fn written(&self) {
        self.published.notify_one();
    }
}

#[async_trait]
impl SnapshotSink for Embedded {
    async fn publish(&self, snapshots: Vec<Snapshot>) -> Result<(), BusError> {
        self.store.append(snapshots).await?;
        self.published.notify_one();
        Ok(())
    }
}

#[async_trait]
impl ChangeStream for Embedded {
    async fn read(&self, limit: usize) -> Result<Batch, BusError> {
        let read = self.store.position(EMBEDDED_STREAM, 0).await?;
        let rows = self.store.read_log(read, limit).await?;
        let snapshots = rows.into_iter().map(|(offset, snapshot)| (offset + 1, snapshot)).collect();
        Ok(Batch { stream: EMBEDDED_STREAM, partition: 0, read, snapshots })
    }

    async fn ready(&self) {
        tokio::select! {
            () = self.published.notified() => {}
            () = tokio::time::sleep(LOOK_AT_LEAST_EVERY) => {}
        }
    }
}
