//! What other programs are told: rows of the store become records, and go when the cluster has them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::producer::{Producer, Record};
use super::schemas::Schemas;
use crate::bus::record::{ChangeRecord, Codec, NotRegistered, WatchedRecord, forgotten, is_change};
use crate::bus::{Beside, BusError};
use crate::model::{Clock, Mirrored, UnixMillis, VideoId};
use crate::store::Stream;
use crate::telemetry::LogThrottle;

/// Rows that are published at a time.
const PIECE: usize = 1_000;

/// How soon rows are looked for where there were none.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often a stretch of the watch list is compared.
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// How long a cluster or a store that fails is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// Finds changes in the transaction that routes a snapshot, and queues them.
///
/// What is not newer than the last snapshot of its video is none: so the stream may be read again.
pub(super) fn finds_changes() -> Beside {
    Arc::new(|tx, snapshot| {
        let previous = tx.passed(snapshot.video_id)?;
        if previous.as_ref().is_some_and(|previous| previous.observed_at >= snapshot.observed_at) {
            return Ok(());
        }
        if is_change(previous.as_ref(), snapshot) {
            tx.mirror(&Mirrored::Change {
                previous: previous.map(Box::new),
                current: Box::new(snapshot.clone()),
            })?;
        }
        tx.save_passed(snapshot)
    })
}

/// Publishes what is queued.
pub(super) struct Mirror {
    pub(super) store: Arc<dyn Stream>,
    pub(super) producer: Arc<Producer>,
    pub(super) schemas: Arc<Schemas>,
    pub(super) videos: Arc<str>,
    pub(super) changes: Arc<str>,
    pub(super) watched: Arc<str>,
    /// How long a video that nobody watches is remembered.
    pub(super) keep: Duration,
    pub(super) clock: Clock,
}

impl Mirror {
    /// Publishes for ever. It may be dropped at any moment: what was not acknowledged is published again.
    pub(super) async fn run(self) {
        let mut failures = LogThrottle::new(1);
        let mut compared: Option<Instant> = None;
        loop {
            let outcome = self.once(&mut compared).await;
            let wait = match outcome {
                Ok(true) => continue,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    if let Some(unsaid) = failures.pass(Instant::now()) {
                        tracing::warn!(%error, unsaid, "records for other programs wait");
                    }
                    RETRY
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// True: there may be more.
    async fn once(&self, compared: &mut Option<Instant>) -> Result<bool, BusError> {
        let sorted = |error: crate::store::StoreError| BusError(error.to_string());
        if compared.is_none_or(|compared| compared.elapsed() >= COMPARE_EVERY) {
            self.store.compare_watched(self.keep, (self.clock)()).await.map_err(sorted)?;
            *compared = Some(Instant::now());
        }
        let waiting = self.store.mirrored(PIECE).await.map_err(sorted)?;
        let Some(last) = waiting.last().map(|(id, _)| *id) else { return Ok(false) };
        let codec = self.schemas.writing().await?;
        let mut records = Vec::with_capacity(waiting.len());
        for (_, mirrored) in &waiting {
            let pieces = self.records(codec, mirrored);
            records.extend(pieces.map_err(|error| BusError(error.to_string()))?);
        }
        self.producer.write(&records).await?;
        self.store.acknowledged(last).await.map_err(sorted)?;
        Ok(waiting.len() == PIECE)
    }

    fn records(&self, codec: &Codec, mirrored: &Mirrored) -> Result<Vec<Record>, NotRegistered> {
        let record = |topic: &Arc<str>, video: &VideoId, at: UnixMillis, value| Record {
            topic: Arc::clone(topic),
            key: Some(video.as_str().as_bytes().to_vec()),
            value,
            timestamp: at.0,
            headers: None,
        };
        Ok(match mirrored {
            Mirrored::Change { previous, current } => {
                let change = ChangeRecord::of(previous.as_deref(), current);
                let value = codec.encode_change(&change)?;
                vec![record(&self.changes, &current.video_id, current.observed_at, Some(value))]
            }
            Mirrored::Watched { video, since } => {
                let value = codec.encode_watched(&WatchedRecord::of(*video, *since))?;
                vec![record(&self.watched, video, *since, Some(value))]
            }
            Mirrored::Unwatched { video, at } => vec![record(&self.watched, video, *at, None)],
            // Two of them: ksqlDB's table keeps two snapshots of each video.
            Mirrored::Forgotten { video, at } => {
                let erased = |at: UnixMillis| {
                    let value = codec.encode_video(&forgotten(*video, at))?;
                    Ok(record(&self.videos, video, at, Some(value)))
                };
                vec![erased(*at)?, erased(UnixMillis(at.0 + 1))?]
            }
        })
    }
}
