//! The id of a topic: what tells whether it is still the topic that it was.
//!
//! A topic that was deleted and made again has the same name, and offsets that begin at 0; only its id differs (KIP-516).
//! rdkafka has no call that tells it. librdkafka has one, `rd_kafka_DescribeTopics`, which this crate wraps, and another that
//! finds a header without reading the names of all ([`last_header`]): the only code of this workspace that is unsafe.
//!
//! Source: `rdkafka.h` of librdkafka 2.12.1, "Admin API - `DescribeTopics`" and "Message Headers".

mod headers;
mod native;

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use rdkafka::client::{Client, ClientContext};
use rdkafka::types::RDKafkaErrorCode;

pub use headers::last_header;
use native::Answer;

/// Why the id of a topic is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicIdError {
    /// No broker has answered within the time-out, or none can be reached: it may be otherwise later.
    #[error("no broker tells the id of the topic")]
    Unreachable(#[source] RDKafkaErrorCode),
    /// librdkafka refuses the call.
    #[error("the id of the topic can't be asked for")]
    Refused(#[source] RDKafkaErrorCode),
    /// The broker does not tell this user about this topic, by the name of its error, such as `TOPIC_AUTHORIZATION_FAILED`.
    #[error("the broker does not tell the id of the topic: {0}")]
    Denied(String),
    /// The broker knows the topic, but no ids: those came with Kafka 2.8.
    #[error("the broker has no ids of topics: it is older than Kafka 2.8")]
    NoIds,
}

/// The id of a topic, as Kafka's own tools print it: 22 characters of URL-safe Base64. `None` says that a broker has answered
/// that there is no such topic; a topic made a moment ago may be unknown to the broker that is asked.
///
/// Blocks the thread, up to `timeout` (which counts as an hour where it is longer): in async code, call it where blocking is
/// allowed. Any client will do, a consumer's as well as a producer's, and its own events are left alone.
///
/// # Errors
///
/// As [`TopicIdError`] says. A name that no topic can have is [`TopicIdError::Denied`] or [`TopicIdError::Refused`].
pub fn topic_id<C: ClientContext>(
    client: &Client<C>,
    topic: &str,
    timeout: Duration,
) -> Result<Option<String>, TopicIdError> {
    meaning(native::describe(client, topic, timeout).map_err(sorted)?)
}

fn meaning(answer: Answer) -> Result<Option<String>, TopicIdError> {
    match answer {
        Answer::Id([0, 0]) => Err(TopicIdError::NoIds),
        Answer::Id(halves) => Ok(Some(printed(halves))),
        Answer::Error(name) if name == "UNKNOWN_TOPIC_OR_PART" => Ok(None),
        Answer::Error(name) => Err(TopicIdError::Denied(name)),
    }
}

/// Errors of librdkafka itself, by what the caller does next.
fn sorted(code: RDKafkaErrorCode) -> TopicIdError {
    match code {
        RDKafkaErrorCode::OperationTimedOut
        | RDKafkaErrorCode::TimedOutQueue
        | RDKafkaErrorCode::RequestTimedOut
        | RDKafkaErrorCode::BrokerTransportFailure
        | RDKafkaErrorCode::AllBrokersDown
        | RDKafkaErrorCode::Resolve
        | RDKafkaErrorCode::Authentication
        | RDKafkaErrorCode::SSL
        | RDKafkaErrorCode::WaitingForCoordinator => TopicIdError::Unreachable(code),
        code => TopicIdError::Refused(code),
    }
}

/// As `org.apache.kafka.common.Uuid.toString` does it.
fn printed(halves: [i64; 2]) -> String {
    let mut bytes = [0; 16];
    let (high, low) = bytes.split_at_mut(8);
    high.copy_from_slice(&halves[0].to_be_bytes());
    low.copy_from_slice(&halves[1].to_be_bytes());
    BASE64URL_NOPAD.encode(&bytes)
}

#[cfg(test)]
mod tests {
    use super::{Answer, TopicIdError, meaning, printed};

    #[test]
    fn ids_are_printed_as_kafka_prints_them() {
        // The first is the id of the topic of the cluster's metadata, `Uuid.METADATA_TOPIC_ID`.
        for (halves, expected) in [
            ([0, 1], "AAAAAAAAAAAAAAAAAAAAAQ"),
            ([-1, -1], "_____________________w"),
            ([i64::MIN, i64::MAX], "gAAAAAAAAAB__________w"),
            ([-0x0410_4104_1041_0411, 0], "----------8AAAAAAAAAAA"),
        ] {
            assert_eq!(printed(halves), expected, "{halves:?}");
        }
    }
    #[test]
    fn no_id_is_no_missing_topic() {
        assert_eq!(meaning(Answer::Id([0, 0])), Err(TopicIdError::NoIds));
        assert_eq!(meaning(Answer::Error("UNKNOWN_TOPIC_OR_PART".to_owned())), Ok(None));
        let denied = "TOPIC_AUTHORIZATION_FAILED".to_owned();
        let expected = Err(TopicIdError::Denied(denied.clone()));
        assert_eq!(meaning(Answer::Error(denied)), expected);
    }
}
