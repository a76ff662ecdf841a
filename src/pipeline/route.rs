//! The routing loop: snapshots in, alerts out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::pace::Pace;
use crate::bus::{Batch, BusError, ChangeStream};
use crate::deliver::Wakers;
use crate::model::{Clock, RoutingTx, Suppressed, VideoId};
use crate::route::{Budget, Router, Sight};
use crate::store::{FirstLook, StoreError, Stream};
use crate::telemetry::{Count, LogThrottle, Metrics};

/// What one transaction takes at most, so that deliveries and commands get their turn.
const SNAPSHOTS_MAX: usize = 1_000;
const ALERTS_MAX: usize = 5_000;

/// What the snapshot of a first look may make at most, inside the transaction of an edit: somebody waits for the answer. The rest
/// is fan-out.
const FIRST_ALERTS_MAX: usize = 500;
const FIRST_TIME: Duration = Duration::from_millis(20);

/// How long a store or a stream that fails is left alone.
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

/// Why nothing was routed.
#[derive(Debug, thiserror::Error)]
enum RouteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Routes the snapshot that whoever makes a watch was just shown, as any other and in the transaction of their command.
#[must_use]
pub fn first_look(metrics: Metrics) -> FirstLook {
    let router = Mutex::new(Router::new());
    FirstLook(Arc::new(move |tx, snapshot| {
        let begun = Instant::now();
        let expired = || begun.elapsed() > FIRST_TIME;
        let mut budget = Budget::new(FIRST_ALERTS_MAX, &expired);
        let mut router = router.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tally = Tally::default();
        router.route_all(tx, &[(0, snapshot.clone())], &mut budget, |_, routed| {
            tally.saw(routed.sight);
        })?;
        tally.suppressed = budget.suppressed;
        // Not every commit behind this succeeds: these are counts of what was looked at.
        tally.count(&metrics);
        Ok(())
    }))
}

/// Everything that the routing loop needs.
pub struct Routing {
    /// The store.
    pub store: Arc<dyn Stream>,
    /// Where snapshots come from.
    pub stream: Arc<dyn ChangeStream>,
    /// The clock.
    pub clock: Clock,
    /// Counts.
    pub metrics: Metrics,
    /// Rung when alerts were written.
    pub wakers: Wakers,
}

/// What a transaction did, for the counters; taken only when it was committed.
#[derive(Default)]
struct Tally {
    sights: [u64; SIGHTS.len()],
    alerts: u64,
    suppressed: [u64; Suppressed::ALL.len()],
    /// When the work began, and how long it took without its commit.
    worked: Option<(Instant, Duration)>,
}

impl Tally {
    fn saw(&mut self, seen: Sight) {
        for ((sight, _), count) in SIGHTS.iter().zip(&mut self.sights) {
            *count += u64::from(*sight == seen);
        }
    }

    fn count(&self, metrics: &Metrics) {
        for ((_, sight), snapshots) in SIGHTS.into_iter().zip(self.sights) {
            metrics.add(Count::Routed, sight, snapshots);
        }
        for (reason, rules) in Suppressed::ALL.into_iter().zip(self.suppressed) {
            metrics.add(Count::Suppressions, reason.name(), rules);
        }
    }
}

/// A snapshot that could not be routed by itself.
struct Stuck {
    stream: Arc<str>,
    partition: i32,
    read: i64,
    after: i64,
    video: VideoId,
}

/// What the loop keeps between transactions.
struct State {
    router: Arc<Mutex<Router>>,
    pace: Pace,
    /// Lines about pieces that can't be done.
    put_back: LogThrottle,
    stuck: Option<Stuck>,
}

impl State {
    fn new() -> State {
        State {
            router: Arc::new(Mutex::new(Router::new())),
            pace: Pace::default(),
            put_back: LogThrottle::new(1),
            stuck: None,
        }
    }
}

impl Routing {
    /// Routes until `stop` is cancelled; the transaction under way is finished.
    pub async fn run(self, stop: CancellationToken) {
        let mut state = State::new();
        let mut failures = LogThrottle::new(1);
        let mut limit = SNAPSHOTS_MAX;
        while !stop.is_cancelled() {
            match self.once(&mut state, limit, &stop).await {
                Ok(any) => {
                    limit = limit.saturating_mul(2).min(SNAPSHOTS_MAX);
                    if !any {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = self.stream.ready() => {}
                        }
                    }
                }
                // Somebody else moved the position: it is read again from there.
                Err(RouteError::Store(StoreError::Conflict { .. })) => {}
                // One of them can't be routed; which one shows when each goes alone.
                Err(RouteError::Store(error)) if !error.is_of_the_whole() && limit > 1 => limit = 1,
                Err(error) => {
                    if failures.pass(Instant::now()).is_some() {
                        tracing::error!(%error, "snapshots can't be routed, trying again");
                    }
                    if let Some(stuck) = state.stuck.take() {
                        self.step_over(stuck).await;
                    }
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(STORE_RETRY) => {}
                    }
                }
            }
        }
    }

    /// Does all that is left over of earlier changes. What can't be done is dropped, with a line in the log: this runs
    /// before an upgrade that changes what it would need.
    ///
    /// # Errors
    ///
    /// When the store fails as a whole; what is done stays done.
    pub async fn finish_fan_outs(&self) -> Result<(), StoreError> {
        let mut state = State::new();
        loop {
            match self.resume(&mut state).await {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if error.is_of_the_whole() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, "a piece of fan-out can't be done and is dropped");
                    let drop_it = |_: &mut dyn RoutingTx<Error = StoreError>, _, _: &str| Ok(None);
                    self.store.fan_out((self.clock)(), Box::new(drop_it)).await?;
                }
            }
        }
    }

    /// One batch of the stream and one piece of what was left over: neither holds up the other. True: there was any. A stop
    /// waits for no answer of the stream's.
    async fn once(
        &self,
        state: &mut State,
        limit: usize,
        stop: &CancellationToken,
    ) -> Result<bool, RouteError> {
        let Some(read) = stop.run_until_cancelled(self.stream.read(limit)).await else {
            return Ok(false);
        };
        let (any, routed) = match read {
            Ok(batch) if batch.is_empty() => (false, Ok(())),
            Ok(batch) => (true, self.route(state, batch).await.map_err(RouteError::Store)),
            Err(error) => (false, Err(error.into())),
        };
        if let Err(RouteError::Store(error)) = &routed
            && (error.is_of_the_whole() || matches!(error, StoreError::Conflict { .. }))
        {
            return routed.map(|()| any);
        }
        match self.resume(state).await {
            // What is left over does not wait for a stream that is away.
            Ok(true) if matches!(routed, Err(RouteError::Bus(_))) => Ok(true),
            // Nor for a snapshot that can't be routed.
            Ok(more) => routed.map(|()| more || any),
            Err(error) if !error.is_of_the_whole() => {
                if let Some(unsaid) = state.put_back.pass(Instant::now()) {
                    tracing::error!(%error, unsaid, "a piece of fan-out can't be done just now: others go first");
                }
                // Nothing of it is lost, and it is tried again in its turn.
                let put_back = |_: &mut dyn RoutingTx<Error = StoreError>, _, work: &str| {
                    Ok(Some(work.to_owned()))
                };
                self.store.fan_out((self.clock)(), Box::new(put_back)).await?;
                tokio::time::sleep(STORE_RETRY).await;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Leaves out the next snapshot, which can't be routed. It is whole and the next of its video will be too: what
    /// differs then from the last one routed is told then.
    async fn step_over(&self, stuck: Stuck) {
        let Stuck { stream, partition, read, after, video } = stuck;
        tracing::error!(video.id = %video, "a snapshot is stepped over");
        let over = Box::new(move |_: &mut dyn RoutingTx<Error = StoreError>| Ok(after));
        if let Err(error) = self.store.route(&stream, partition, read, (self.clock)(), over).await {
            tracing::error!(%error, "a snapshot could not be stepped over");
        }
        self.stream.again(&stream, partition).await;
    }

    /// Routes a batch, as much of it as a transaction may; the rest is handed over again.
    async fn route(&self, state: &mut State, batch: Batch) -> Result<(), StoreError> {
        let (stream, partition, read) = (Arc::clone(&batch.stream), batch.partition, batch.read);
        let end = batch.end;
        let alone = match batch.snapshots.as_slice() {
            [(after, snapshot)] => Some((*after, snapshot.video_id)),
            _ => None,
        };
        let routed = self.route_batch(state, batch).await;
        if routed.as_ref().ok() != Some(&end) {
            self.stream.again(&stream, partition).await;
        }
        match (&routed, alone) {
            (Err(error), Some((after, video))) if !error.is_of_the_whole() => {
                state.stuck = Some(Stuck { stream, partition, read, after, video });
            }
            _ => state.stuck = None,
        }
        routed.map(drop)
    }

    /// Returns the position that was reached.
    async fn route_batch(&self, state: &mut State, batch: Batch) -> Result<i64, StoreError> {
        let (router, time) = (Arc::clone(&state.router), state.pace.work());
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let Batch { stream, partition, read, snapshots, end } = batch;
        let beside = self.stream.beside();
        let reached = self
            .store
            .route(
                &stream,
                partition,
                read,
                (self.clock)(),
                Box::new(move |tx| {
                    let begun = Instant::now();
                    let expired = || begun.elapsed() > time;
                    let mut budget = Budget::new(ALERTS_MAX, &expired);
                    let mut router = router.lock().unwrap_or_else(PoisonError::into_inner);
                    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                    let (mut next, mut done) = (read, 0);
                    router.route_all(tx, &snapshots, &mut budget, |after, routed| {
                        counted.saw(routed.sight);
                        (next, done) = (after, done + 1);
                    })?;
                    if let Some(beside) = &beside {
                        snapshots[..done]
                            .iter()
                            .try_for_each(|(_, snapshot)| beside(tx, snapshot))?;
                    }
                    if done == snapshots.len() {
                        next = end;
                    }
                    counted.alerts = budget.alerts;
                    counted.suppressed = budget.suppressed;
                    counted.worked = Some((begun, begun.elapsed()));
                    Ok(next)
                }),
            )
            .await?;
        self.count(&tally, &mut state.pace);
        Ok(reached)
    }

    async fn resume(&self, state: &mut State) -> Result<bool, StoreError> {
        let (router, time) = (Arc::clone(&state.router), state.pace.work());
        let tally = Arc::new(Mutex::new(Tally::default()));
        let counted = Arc::clone(&tally);
        let any = self
            .store
            .fan_out(
                (self.clock)(),
                Box::new(move |tx, video, work| {
                    let begun = Instant::now();
                    let expired = || begun.elapsed() > time;
                    let mut budget = Budget::new(ALERTS_MAX, &expired);
                    let mut router = router.lock().unwrap_or_else(PoisonError::into_inner);
                    let left = router.resume(tx, video, work, &mut budget)?;
                    let mut counted = counted.lock().unwrap_or_else(PoisonError::into_inner);
                    counted.alerts = budget.alerts;
                    counted.suppressed = budget.suppressed;
                    counted.worked = Some((begun, begun.elapsed()));
                    Ok(left)
                }),
            )
            .await?;
        self.count(&tally, &mut state.pace);
        Ok(any)
    }

    fn count(&self, tally: &Mutex<Tally>, pace: &mut Pace) {
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((begun, work)) = tally.worked {
            pace.took(work, begun.elapsed());
        }
        tally.count(&self.metrics);
        if tally.alerts > 0 {
            self.wakers.wake();
        }
    }
}
