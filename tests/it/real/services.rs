//! Where the real services are, as `tests/services/run` tells it.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment is how the services are told to tests"
)]

use std::net::SocketAddr;
use std::path::PathBuf;

use reqwest::Url;

/// The broker that all tests share: each with topics and groups of names of its own. `None` says that the test is skipped.
pub(crate) fn kafka() -> Option<SocketAddr> {
    Some(told("TUBEBELL_TEST_KAFKA")?.parse().expect("an address and a port"))
}

/// The Confluent API of the registry that all tests share, without a slash at its end. `None` says that the test is skipped.
///
/// Its compatibility level is NONE until a test sets one for its subject.
pub(crate) fn registry() -> Option<Url> {
    Some(told("TUBEBELL_TEST_REGISTRY")?.parse().expect("a URL"))
}

/// A ksqlDB of the operator's: none can be installed by name. `None` says that the test is skipped.
pub(crate) fn ksqldb() -> Option<Url> {
    Some(told("TUBEBELL_TEST_KSQLDB")?.parse().expect("a URL"))
}

/// The folder of Kafka's jars, to start more brokers from.
pub(crate) fn kafka_home() -> Option<PathBuf> {
    told("TUBEBELL_TEST_KAFKA_HOME").map(PathBuf::from)
}

/// A name that no other test has, for a topic, a group or a subject.
pub(crate) fn new_name(what: &str) -> String {
    format!("{what}_{:016x}", rand::random::<u64>())
}

fn told(variable: &str) -> Option<String> {
    let told = std::env::var(variable).ok();
    if told.is_none() {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        crate::skipped(&format!("{test}: no {variable}; tests/services/run starts the services"));
    }
    told
}
