//! What can't be read goes to a topic of its own, with all its bytes and the reason: nothing is stepped over in silence.

use std::sync::Arc;

use rdkafka::Message as _;
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};

use super::producer::{Producer, Record};
use crate::bus::BusError;
use crate::telemetry::{Count, Metrics};

/// Longest value that is parked whole, in bytes: brokers take records of 1 MB unless told otherwise.
/// Source: Kafka 4.1, `message.max.bytes`.
const WHOLE_MAX: usize = 900_000;

/// What is kept of a longer one.
const HEAD: usize = 64_000;

/// The headers of a parked record.
pub(super) const REASON: &str = "tubebell.reason";
pub(super) const TOPIC: &str = "tubebell.topic";
pub(super) const PARTITION: &str = "tubebell.partition";
pub(super) const OFFSET: &str = "tubebell.offset";
/// When it was written, in milliseconds since 1970. The parked record has the time at which it was parked: from there on
/// its days count, however old it says to be.
pub(super) const TIME: &str = "tubebell.time";
/// The length of a value that was too long to be kept whole.
pub(super) const SIZE: &str = "tubebell.size";

/// A record that can't be read.
pub(super) struct Letter {
    pub(super) message: OwnedMessage,
    pub(super) reason: String,
}

impl Letter {
    /// Bytes of its value.
    pub(super) fn len(&self) -> usize {
        self.message.payload().map_or(0, <[u8]>::len)
    }

    fn record(&self, topic: &Arc<str>) -> Record {
        let message = &self.message;
        let text = |text: &str| text.as_bytes().to_vec();
        let mut headers = vec![
            (REASON, text(&self.reason)),
            (TOPIC, text(message.topic())),
            (PARTITION, text(&message.partition().to_string())),
            (OFFSET, text(&message.offset().to_string())),
        ];
        if let Some(time) = message.timestamp().to_millis() {
            headers.push((TIME, text(&time.to_string())));
        }
        let mut value = message.payload().map(<[u8]>::to_vec);
        if let Some(value) = value.as_mut().filter(|value| value.len() > WHOLE_MAX) {
            headers.push((SIZE, text(&value.len().to_string())));
            value.truncate(HEAD);
        }
        Record {
            topic: Arc::clone(topic),
            key: message.key().map(<[u8]>::to_vec),
            value,
            timestamp: 0,
            headers: Some(headers.iter().fold(OwnedHeaders::new(), |all, (name, value)| {
                all.insert(Header { key: name, value: Some(value) })
            })),
        }
    }
}

/// Where such records go.
pub(super) struct Parking {
    pub(super) producer: Arc<Producer>,
    pub(super) topic: Arc<str>,
    pub(super) metrics: Metrics,
}

impl Parking {
    /// Parks them; when it returns, the cluster has them.
    ///
    /// # Errors
    ///
    /// Not all of them were parked: nothing may be stepped over.
    pub(super) async fn park(&self, letters: &[Letter]) -> Result<(), BusError> {
        let Some(first) = letters.first() else { return Ok(()) };
        let records: Vec<Record> =
            letters.iter().map(|letter| letter.record(&self.topic)).collect();
        self.producer.write(&records).await?;
        self.metrics.add(Count::LeftOut, "parked", letters.len() as u64);
        let message = &first.message;
        tracing::warn!(
            topic = message.topic(),
            partition = message.partition(),
            offset = message.offset(),
            records = letters.len(),
            "records that can't be read were parked in {}: {}",
            self.topic,
            first.reason
        );
        Ok(())
    }
}
