//! Counts what takes too long to count at each visit of `/metrics`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::model::{Clock, UnixMillis};
use crate::store::Housekeeping;
use crate::telemetry::Metrics;

/// As often as Prometheus looks by default.
const EVERY: Duration = Duration::from_secs(15);

/// Counting takes at most this part of one processor: with millions of rows it comes less often.
const SHARE: u32 = 100;

/// The counting for `/metrics`.
pub(super) struct Census {
    pub(super) store: Arc<dyn Housekeeping>,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
}

impl Census {
    /// Counts until `stop` is cancelled.
    pub(super) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let begun = Instant::now();
            let now: UnixMillis = (self.clock)();
            match self.store.figures(now).await {
                Ok(figures) => crate::web::show_figures(&self.metrics, &figures, now),
                Err(error) => tracing::warn!(%error, "what stands in the store can't be counted"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(EVERY.max(begun.elapsed() * SHARE)) => {}
            }
        }
    }
}
