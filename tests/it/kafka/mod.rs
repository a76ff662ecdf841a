//! The stream on Kafka, against librdkafka's own cluster in memory: nothing else needs to run.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

pub(crate) mod gateway;
pub(crate) mod hands;
pub(crate) mod meaning;
mod parked;
mod stream;
