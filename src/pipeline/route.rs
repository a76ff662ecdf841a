//! The routing loop: snapshots in, alerts out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Clock;
use crate::bus::{Batch, ChangeStream};
use crate::deliver::Bells;
use crate::model::Suppressed;
use crate::route::{Budget, Router, Sight};
use crate::store::{Store, StoreError};
use crate::telemetry::{Count, Metrics};

/// What one transaction takes at most, so that deliveries and commands get their turn.
const SNAPSHOTS_MAX: usize = 1_000;
const ALERTS_MAX: usize = 5_000;
const TIME_MAX: Duration = Duration::from_millis(50);

/// How long a store that fails is left alone.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// What a snapshot can be, with its word in metrics.
const SIGHTS: [(Sight, &str); 6] = [
    (Sight::Unwatched, "unwatched"),
    (Sight::Late, "late"),
    (Sight::Forgotten, "forgotten"),
    (Sight::First, "first"),
    (Sight::Same, "same"),
    (Sight::Changed, "changed"),
];

/// Everything that the routing loop needs.
pub struct Routing {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Where snapshots come from.
    pub stream: Arc<dyn ChangeStream>,
    /// The clock.
    pub clock: Clock,
    /// Counts.
    pub metrics: Metrics,
    /// Rung when alerts were written.
    pub bells: Bells,
}

/// What a transaction did, for the counters; taken only when it was committed.
#[derive(Default)]
struct Tally {
    sights: [u64; SIGHTS.len()],
    alerts: u64,
    suppressed: [u64; Suppressed::ALL.len()],
}

impl Routing {
    /// Routes until `stop` is cancelled; the transaction under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        let router = Arc::new(Mutex::new(Router::new()));
        while !stop.is_cancelled() {
            match self.once(&router).await {
                Ok(true) => {}
                Ok(false) => tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.stream.ready() => {}
                },
                // Somebody else moved the position: read again from there.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => {
                    tracing::error!(%error, "snapshots can't be routed, trying again");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(STORE_RETRY) => {}
                    }
                }
            }
        }
    }

    /// One batch of the stream and one piece of what was left over: neither holds up the other. True: there was any.
    async fn once(&self, router: &Arc<Mutex<Router>>) -> Result<bool, StoreError> {
        let batch = self
            .stream
            .read(SNAPSHOTS_MAX)
            .await
            .map_err(|crate::bus::BusError::Store(error)| error)?;
        let any = !batch.snapshots.is_empty();
        if any {
            self.route(router, batch).await?;
        }
        Ok(self.resume(router).await? || any)
    }

    async fn route(&self, router: &Arc<Mutex<Router>>, batch: Batch) -> Result<(), StoreError> {
        let router = Arc::clone(router);
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let Batch { stream, partition, read, snapshots } = batch;
        self.store
            .route(
                stream,
                partition,
                read,
                (self.clock)(),
                Box::new(move |desk| {
                    let begun = Instant::now();
                    let expired = || begun.elapsed() > TIME_MAX;
                    let mut budget = Budget::new(ALERTS_MAX, &expired);
                    let mut router = router.lock().unwrap_or_else(PoisonError::into_inner);
                    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                    let mut next = read;
                    for (after, snapshot) in &snapshots {
                        let routed = router.route(desk, snapshot, &mut budget)?;
                        for ((sight, _), count) in SIGHTS.iter().zip(&mut counted.sights) {
                            *count += u64::from(*sight == routed.sight);
                        }
                        next = *after;
                        if budget.left == 0 || expired() {
                            break;
                        }
                    }
                    counted.alerts = budget.alerts;
                    counted.suppressed = budget.suppressed;
                    Ok(next)
                }),
            )
            .await?;
        self.count(&tally);
        Ok(())
    }

    async fn resume(&self, router: &Arc<Mutex<Router>>) -> Result<bool, StoreError> {
        let router = Arc::clone(router);
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let any = self
            .store
            .fan_out(
                (self.clock)(),
                Box::new(move |desk, video, work| {
                    let begun = Instant::now();
                    let expired = || begun.elapsed() > TIME_MAX;
                    let mut budget = Budget::new(ALERTS_MAX, &expired);
                    let mut router = router.lock().unwrap_or_else(PoisonError::into_inner);
                    let left = router.resume(desk, video, work, &mut budget)?;
                    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                    counted.alerts = budget.alerts;
                    counted.suppressed = budget.suppressed;
                    Ok(left)
                }),
            )
            .await?;
        self.count(&tally);
        Ok(any)
    }

    fn count(&self, tally: &Mutex<Tally>) {
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        for ((_, sight), snapshots) in SIGHTS.into_iter().zip(tally.sights) {
            self.metrics.add(Count::Routed, sight, snapshots);
        }
        for (reason, rules) in Suppressed::ALL.into_iter().zip(tally.suppressed) {
            self.metrics.add(Count::Suppressions, reason.name(), rules);
        }
        if tally.alerts > 0 {
            self.bells.ring();
        }
    }
}
