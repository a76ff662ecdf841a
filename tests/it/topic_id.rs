//! The id of a topic, where no broker tells it. What one tells is in `real/topic_id.rs`: librdkafka asks the controller for it,
//! and its mock cluster names one that it does not have.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::time::Duration;

use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;
use topic_id::{TopicIdError, topic_id};

use crate::wait::LIMIT;

/// A client whose broker is nowhere.
fn client() -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", "127.0.0.1:1").create().unwrap()
}

#[test]
fn names_that_no_topic_has_are_refused_without_a_broker() {
    let client = client();
    for (name, code) in
        [("", RDKafkaErrorCode::InvalidArgument), ("vid\0eos", RDKafkaErrorCode::InvalidTopic)]
    {
        let expected = Err(TopicIdError::Refused(code));
        assert_eq!(topic_id(client.inner(), name, LIMIT), expected, "{name:?}");
    }
}

#[test]
fn a_broker_that_cannot_be_reached_is_waited_for_no_longer_than_the_time_out() {
    let client = client();
    for timeout in [Duration::ZERO, Duration::from_millis(100)] {
        let expected = TopicIdError::Unreachable(RDKafkaErrorCode::OperationTimedOut);
        assert_eq!(topic_id(client.inner(), "videos", timeout), Err(expected));
    }
}
