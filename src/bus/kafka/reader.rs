//! The client that reads: what a topic is, from where its partitions are read, and what comes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::stream_consumer::MessageStream;
use rdkafka::consumer::{CommitMode, Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::metadata::MetadataTopic;
use rdkafka::{Offset, TopicPartitionList};
use tokio_util::task::TaskTracker;
use topic_id::{TopicIdError, topic_id};

use super::client::{Context, Health, config, line, refused};
use super::closing::Closing;
use crate::bus::{BusError, KafkaOptions};

/// How long the cluster may take for a question. A stop waits for two of them, one behind the other.
const TIMEOUT: Duration = Duration::from_secs(4);

/// What librdkafka reads ahead at most, in KiB, and for how many records it asks.
const AHEAD_KIB: &str = "16384";
const AHEAD_RECORDS: &str = "20000";

/// Bytes of a partition in one answer, as they are packed: what comes before librdkafka sees that it has enough lies beyond those
/// limits, of each partition and unpacked. A batch that is longer comes whole.
const ANSWER_BYTES: &str = "65536";

/// How soon librdkafka looks again whether it has read ahead enough, in milliseconds. It is the second that it would wait otherwise
/// that a router with much to do would wait for records.
const LOOK_MS: &str = "5";

/// A topic as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What Kafka calls it: another one where it was deleted and made anew. Empty where the cluster has none.
    pub(super) id: String,
    /// How many partitions it has.
    pub(super) partitions: i32,
    /// On how many brokers each of them is.
    pub(super) replicas: usize,
    /// For each partition the first offset that it still has, and the one behind its last. Empty where nobody asked.
    pub(super) bounds: Vec<(i64, i64)>,
}

/// Reads one topic. Positions are given to it, and not kept by it.
pub(super) struct Reader {
    client: Arc<Closing>,
    topic: Arc<str>,
    health: Arc<Health>,
    has_ids: bool,
    /// Questions that block a thread are asked beside the tasks.
    tracker: TaskTracker,
}

impl Reader {
    /// Makes one; nothing is read.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses the configuration.
    pub(super) fn new(
        options: &KafkaOptions,
        topic: &Arc<str>,
        health: &Arc<Health>,
        tracker: &TaskTracker,
    ) -> Result<Reader, BusError> {
        Reader::with(options, topic, health, tracker, false)
    }

    /// The same, which also says when it has come to the end of a partition: [`KafkaError::PartitionEOF`].
    pub(super) fn telling_ends(
        options: &KafkaOptions,
        topic: &Arc<str>,
        health: &Arc<Health>,
        tracker: &TaskTracker,
    ) -> Result<Reader, BusError> {
        Reader::with(options, topic, health, tracker, true)
    }

    fn with(
        options: &KafkaOptions,
        topic: &Arc<str>,
        health: &Arc<Health>,
        tracker: &TaskTracker,
        tells_ends: bool,
    ) -> Result<Reader, BusError> {
        let mut config = config(options);
        // Names the graphs of lag, and nothing else.
        let group = format!("{}tubebell", options.topic_prefix);
        if config.get("group.id").is_none() {
            config.set("group.id", group);
        }
        config
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A position that is gone is said and counted, not replaced in silence.
            .set("auto.offset.reset", "error")
            .set("isolation.level", "read_committed")
            .set("enable.partition.eof", tells_ends.to_string())
            .set("queued.max.messages.kbytes", AHEAD_KIB)
            .set("queued.min.messages", AHEAD_RECORDS)
            .set("fetch.message.max.bytes", ANSWER_BYTES)
            .set("fetch.queue.backoff.ms", LOOK_MS);
        let client: StreamConsumer<_> =
            StreamConsumer::from_config_and_context(&config, Context::heard_late(health))
                .map_err(|error| refused(&error, options))?;
        Ok(Reader {
            client: Arc::new(Closing::new(client)),
            topic: Arc::clone(topic),
            health: Arc::clone(health),
            has_ids: options.has_admin,
            tracker: tracker.clone(),
        })
    }

    /// The topic's name.
    pub(super) fn topic(&self) -> &str {
        &self.topic
    }

    /// What the topic is at present, with its bounds or without; `None`: there is none.
    pub(super) async fn find(&self, with_bounds: bool) -> Result<Option<Found>, BusError> {
        let (client, topic, has_ids) =
            (Arc::clone(&self.client), Arc::clone(&self.topic), self.has_ids);
        let health = Arc::clone(&self.health);
        let question = move || find(&client, &topic, has_ids, with_bounds, &health);
        let answer = self.tracker.spawn_blocking(question).await;
        let answer =
            answer.map_err(|_| BusError("a question to Kafka was broken off".to_owned()))?;
        if answer.is_ok() {
            self.health.answered();
        }
        answer
    }

    /// Reads these partitions from these offsets on, and no others. What was read ahead is forgotten.
    pub(super) fn assign(&self, from: impl Iterator<Item = (i32, i64)>) -> Result<(), BusError> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in from {
            let offset = if offset == 0 { Offset::Beginning } else { Offset::Offset(offset) };
            self.added(list.add_partition_offset(&self.topic, partition, offset))?;
        }
        self.added(self.client.assign(&list))
    }

    /// Says how far things are, for graphs of lag. Whether that arrives matters to nobody.
    pub(super) fn commit(&self, at: impl Iterator<Item = (i32, i64)>) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in at {
            if list.add_partition_offset(&self.topic, partition, Offset::Offset(offset)).is_err() {
                return;
            }
        }
        if let Err(error) = self.client.commit(&list, CommitMode::Async) {
            tracing::debug!(error = line(&error), "offsets were not committed");
        }
    }

    fn added(&self, result: KafkaResult<()>) -> Result<(), BusError> {
        result.map_err(|error| BusError(format!("topic {}: {}", self.topic, line(&error))))
    }

    /// What has come, one record after the other.
    pub(super) fn coming(&self) -> Coming<'_> {
        Coming { stream: self.client.stream() }
    }

    /// Drops what has come: it is to be assigned anew.
    pub(super) fn drop_what_came(&self) {
        let mut coming = self.coming();
        let _ = (0..DROPPED_MAX).find(|_| coming.next().is_none());
    }

    /// Waits for the next record. It is lost if the future is dropped behind it, and not before.
    pub(super) async fn next(&self) -> Result<BorrowedMessage<'_>, KafkaError> {
        self.client.recv().await
    }
}

/// What is dropped at once, at most.
const DROPPED_MAX: usize = 100_000;

/// Asks the cluster about a topic. Blocks the thread.
fn find(
    client: &Closing,
    topic: &str,
    has_ids: bool,
    with_bounds: bool,
    health: &Health,
) -> Result<Option<Found>, BusError> {
    let failed = |error: KafkaError| {
        health.failed(&error);
        BusError(format!("topic {topic}: {}", line(&error)))
    };
    let metadata = client.fetch_metadata(Some(topic), TIMEOUT).map_err(failed)?;
    let found =
        metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
    let Some(partitions) = found.map(MetadataTopic::partitions) else { return Ok(None) };
    let Some(replicas) = partitions.first().map(|first| first.replicas().len()) else {
        return Ok(None);
    };
    let id = match has_ids.then(|| topic_id(client.client(), topic, TIMEOUT)) {
        None | Some(Err(TopicIdError::NoIds)) => String::new(),
        Some(Ok(Some(id))) => id,
        Some(Ok(None)) => return Ok(None),
        Some(Err(error)) => return Err(BusError(format!("topic {topic}: {error}"))),
    };
    let partitions = i32::try_from(partitions.len()).unwrap_or(i32::MAX);
    let mut bounds = Vec::new();
    if with_bounds {
        for partition in 0..partitions {
            bounds.push(client.fetch_watermarks(topic, partition, TIMEOUT).map_err(failed)?);
        }
    }
    Ok(Some(Found { id, partitions, replicas, bounds }))
}

/// Events that are no records and may stand before one.
const EVENTS: usize = 3;

/// The records that have come.
pub(super) struct Coming<'a> {
    stream: MessageStream<'a, Context>,
}

impl<'a> Coming<'a> {
    /// The next one, if it is there already.
    pub(super) fn next(&mut self) -> Option<KafkaResult<BorrowedMessage<'a>>> {
        (0..EVENTS).find_map(|_| self.stream.next().now_or_never().flatten())
    }
}
