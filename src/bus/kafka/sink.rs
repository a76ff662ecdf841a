//! The poller's end: snapshots become records.

use std::sync::Arc;

use async_trait::async_trait;

use super::age::Ages;
use super::producer::{Producer, Record};
use super::schemas::Schemas;
use crate::bus::{BusError, SnapshotSink};
use crate::model::Snapshot;

/// Writes snapshots to a topic.
pub(super) struct Sink {
    pub(super) producer: Arc<Producer>,
    pub(super) schemas: Arc<Schemas>,
    pub(super) topic: Arc<str>,
    pub(super) ages: Arc<Ages>,
}

#[async_trait]
impl SnapshotSink for Sink {
    async fn publish(&self, snapshots: Vec<Snapshot>) -> Result<(), BusError> {
        let Some(newest) = snapshots.iter().map(|snapshot| snapshot.observed_at).max() else {
            return Ok(());
        };
        let codec = self.schemas.writing().await?;
        let record = |snapshot: &Snapshot| {
            let value = codec.encode_video(snapshot);
            Ok(Record {
                topic: Arc::clone(&self.topic),
                key: Some(snapshot.video_id.as_str().as_bytes().to_vec()),
                value: Some(value.map_err(|error| BusError(error.to_string()))?),
                timestamp: snapshot.observed_at.0,
                headers: None,
            })
        };
        let records = snapshots.iter().map(record).collect::<Result<Vec<_>, BusError>>()?;
        self.producer.write(&records).await?;
        self.ages.published(newest);
        Ok(())
    }
}
