//! How far what is read lies behind what was written: the one sign that shows when ksqlDB has stopped.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::UnixMillis;
use crate::telemetry::{Metrics, Plain};

/// The newest moments at both ends.
pub(super) struct Ages {
    published: AtomicI64,
    read: AtomicI64,
    metrics: Metrics,
}

impl Ages {
    pub(super) fn new(metrics: Metrics) -> Ages {
        Ages { published: AtomicI64::new(0), read: AtomicI64::new(0), metrics }
    }

    /// A snapshot of this moment was published.
    pub(super) fn published(&self, at: UnixMillis) {
        self.published.fetch_max(at.0, Ordering::Relaxed);
        self.show();
    }

    /// One of this moment was read.
    pub(super) fn read(&self, at: UnixMillis) {
        if self.read.fetch_max(at.0, Ordering::Relaxed) < at.0 {
            self.show();
        }
    }

    fn show(&self) {
        let (published, read) =
            (self.published.load(Ordering::Relaxed), self.read.load(Ordering::Relaxed));
        // Until something was published and something read there is no distance between them.
        if published > 0 && read > 0 {
            let behind = UnixMillis(published).since(UnixMillis(read));
            self.metrics.set(Plain::ChangesBehind, behind.as_secs_f64());
        }
    }
}
