//! A consumer that holds nobody up when it is closed.

use std::ops::Deref;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rdkafka::consumer::StreamConsumer;

use super::client::Context;

/// How long a close is waited for. Where a broker answers, it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// A consumer. Closing one waits for the answer to the last commit: over a minute, where a broker stands still. Whether that
/// arrives matters to nobody, so what takes longer is left to a thread that ends with the process.
///
/// Source: librdkafka 2.12, `wait_commit_cnt` in `rd_kafka_cgrp_try_terminate`.
pub(super) struct Closing(Option<StreamConsumer<Context>>);

impl Closing {
    pub(super) const fn new(client: StreamConsumer<Context>) -> Closing {
        Closing(Some(client))
    }
}

impl Deref for Closing {
    type Target = StreamConsumer<Context>;

    fn deref(&self) -> &StreamConsumer<Context> {
        self.0.as_ref().expect("only a drop takes it")
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        let client = self.0.take();
        let (open, closed) = channel::<()>();
        let thread = std::thread::Builder::new().name("kafka-closing".to_owned());
        // Where there is no thread to be had, it is closed here.
        let begun = thread.spawn(move || {
            drop(client);
            drop(open);
        });
        if begun.is_ok() && closed.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("a client of Kafka's is left behind: its last commit is not answered");
        }
    }
}
