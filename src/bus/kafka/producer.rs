//! Writes records, and waits until the cluster has them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::config::{ClientConfig, FromClientConfigAndContext as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord};

use super::client::{Context, Health, config, is_gone, line, refused};
use super::topics::Topics;
use crate::bus::{BusError, KafkaOptions};

/// Records that librdkafka may hold, and their size in KiB: what one call hands over, and nothing that grows with an outage.
const QUEUE_RECORDS: usize = 10_000;
const QUEUE_KIB: &str = "32768";

/// What holds where the configuration says nothing: a property, its other name, and its value. A record is tried for less time
/// than a stop may take.
const YOURS: [(&str, &str, &str); 3] = [
    ("compression.type", "compression.codec", "lz4"),
    ("linger.ms", "queue.buffering.max.ms", "2"),
    ("message.timeout.ms", "delivery.timeout.ms", "8000"),
];

/// A record to be written.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) topic: Arc<str>,
    pub(super) key: Option<Vec<u8>>,
    /// `None`: a tombstone.
    pub(super) value: Option<Vec<u8>>,
    /// Milliseconds since 1970; 0: the moment at which it is written.
    pub(super) timestamp: i64,
    pub(super) headers: Option<OwnedHeaders>,
}

/// A producer that repeats nothing and keeps the order of each key.
pub(super) struct Producer {
    config: ClientConfig,
    health: Arc<Health>,
    topics: Arc<Topics>,
    current: Mutex<FutureProducer<Context>>,
}

impl Producer {
    /// Makes one; nothing is sent.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses the configuration.
    pub(super) fn new(
        options: &KafkaOptions,
        topics: &Arc<Topics>,
        health: &Arc<Health>,
    ) -> Result<Producer, BusError> {
        let mut config = config(options);
        // Others may choose these for themselves.
        for (name, alias, value) in YOURS {
            if config.get(name).or(config.get(alias)).is_none() {
                config.set(name, value);
            }
        }
        config
            .set("enable.idempotence", "true")
            // A topic that was deleted is noticed within the time in which a record is tried.
            .set("topic.metadata.propagation.max.ms", "4000")
            // As Java's clients and ksqlDB do, or joins find nothing.
            .set("partitioner", "murmur2_random")
            .set("queue.buffering.max.messages", QUEUE_RECORDS.to_string())
            .set("queue.buffering.max.kbytes", QUEUE_KIB);
        let current = FutureProducer::from_config_and_context(&config, Context::new(health))
            .map_err(|error| refused(&error, options))?;
        let (health, topics) = (Arc::clone(health), Arc::clone(topics));
        Ok(Producer { config, health, topics, current: Mutex::new(current) })
    }

    /// Writes records; when it returns, the cluster has all of them, those of a key in this order.
    ///
    /// # Errors
    ///
    /// Not all of them were written, or it is not known.
    pub(super) async fn write(&self, records: &[Record]) -> Result<(), BusError> {
        self.topics.stand().await?;
        for piece in records.chunks(QUEUE_RECORDS / 2) {
            let producer = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let mut under_way = Vec::with_capacity(piece.len());
            let mut failed = None;
            for record in piece {
                match enqueue(&producer, record, &mut under_way).await {
                    Ok(()) => {}
                    Err(error) => failed = Some((record, error)),
                }
                if failed.is_some() {
                    break;
                }
            }
            for (record, delivery) in piece.iter().zip(under_way) {
                match delivery.await {
                    Ok(Ok(_)) => self.health.answered(),
                    Ok(Err((error, _))) => failed = failed.or(Some((record, error))),
                    Err(_) => failed = failed.or(Some((record, KafkaError::Canceled))),
                }
            }
            if let Some((record, error)) = failed {
                self.health.failed(&error);
                self.renew_after(&error).await;
                return Err(BusError(format!("topic {}: {}", record.topic, line(&error))));
            }
        }
        Ok(())
    }

    /// After a fatal error librdkafka takes nothing more from this client, and of a topic that is gone it believes so for minutes.
    /// Source: librdkafka, INTRODUCTION.md, "Idempotent Producer, fatal errors"; CONFIGURATION.md, `topic.metadata.refresh.interval.ms`.
    async fn renew_after(&self, error: &KafkaError) {
        let code = error.rdkafka_error_code();
        let topic_is_gone = code.is_some_and(is_gone);
        if topic_is_gone {
            self.topics.one_is_gone().await;
        }
        let is_fatal =
            code == Some(RDKafkaErrorCode::Fatal) || matches!(error, KafkaError::Canceled);
        if !is_fatal && !topic_is_gone {
            return;
        }
        let context = Context::new(&self.health);
        match FutureProducer::from_config_and_context(&self.config, context) {
            Ok(fresh) => *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh,
            Err(error) => tracing::error!(error = line(&error), "no new producer could be made"),
        }
    }
}

/// How long a full queue is waited for before it is looked at again.
const FULL: Duration = Duration::from_millis(5);

async fn enqueue(
    producer: &FutureProducer<Context>,
    record: &Record,
    under_way: &mut Vec<DeliveryFuture>,
) -> Result<(), KafkaError> {
    loop {
        match producer.send_result(borrowed(record)) {
            Ok(delivery) => {
                under_way.push(delivery);
                return Ok(());
            }
            // Another task fills it too; every record in it ends within its time.
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                tokio::time::sleep(FULL).await;
            }
            Err((error, _)) => return Err(error),
        }
    }
}

fn borrowed(record: &Record) -> FutureRecord<'_, [u8], [u8]> {
    let mut borrowed = FutureRecord::to(&record.topic).timestamp(record.timestamp);
    borrowed.key = record.key.as_deref();
    borrowed.payload = record.value.as_deref();
    borrowed.headers = record.headers.clone();
    borrowed
}
