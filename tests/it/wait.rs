//! How tests wait: for a condition, for as long as it takes.
//!
//! A minute is the limit, and no measure of anything: it only turns a wait without end into a failure. What has to be
//! fast is measured by the benchmarks. Where a promise is about time, a test stops the clock ([`Frozen`]) or passes it in.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, spawn_blocking};

/// The limit of every wait, for a machine that has much else to do.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Between two looks: spinning would take the time from other tests.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How far a clock moves that is moved by hand.
const STEP: Duration = Duration::from_millis(2);

/// How often everything else has its turn between two steps.
const TURNS: usize = 50;

/// Waits for something that tells nobody when it comes.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < LIMIT, "{what} does not happen");
        pause().await;
    }
}

/// Waits until all of many things are done; the limit is for each next one of them.
pub(crate) async fn until_all(what: &str, all: usize, mut done: impl AsyncFnMut() -> usize) {
    let (mut before, mut limit) = (0, Limit::from_now());
    loop {
        let now = done().await;
        if now >= all {
            return;
        }
        if now > before {
            (before, limit) = (now, Limit::from_now());
        }
        assert!(!limit.is_over(), "{what}: {now} of {all}");
        pause().await;
    }
}

/// The limit of a wait that is more than one condition.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit(Instant);

impl Limit {
    pub(crate) fn from_now() -> Limit {
        Limit(Instant::now() + LIMIT)
    }

    pub(crate) fn is_over(self) -> bool {
        Instant::now() > self.0
    }
}

/// Waits for the end of `work`; `None` when the limit comes first.
pub(crate) async fn within_limit<T>(work: impl Future<Output = T>) -> Option<T> {
    let (done, ended) = channel::<()>();
    // No timer of tokio's: its clock may stand still.
    let limit = spawn_blocking(move || ended.recv_timeout(LIMIT));
    tokio::select! {
        biased;
        result = work => {
            drop(done);
            Some(result)
        }
        _ = limit => None,
    }
}

/// The pause between two looks. It is real time also where tokio's clock stands still: other threads and processes go on.
pub(crate) async fn pause() {
    #[expect(clippy::disallowed_methods, reason = "on a thread for what blocks, between two looks")]
    let paused = spawn_blocking(|| std::thread::sleep(LOOK_EVERY)).await;
    paused.expect("a pause does not panic");
}

/// While this is there, tokio's clock stands still, or moves by hand: `tokio::time::advance`. Whatever waits for a
/// time-out meanwhile does not end.
///
/// Needs a runtime of one thread.
pub(crate) struct Frozen {
    hold: Option<Sender<()>>,
    held: JoinHandle<Result<(), RecvTimeoutError>>,
}

impl Frozen {
    /// Stops the clock.
    pub(crate) fn now() -> Frozen {
        // While a blocking task runs, a paused clock does not jump to the next timer.
        let (hold, held) = channel::<()>();
        let held = spawn_blocking(move || held.recv_timeout(LIMIT));
        tokio::time::pause();
        Frozen { hold: Some(hold), held }
    }

    /// Does `work`, which needs no time to pass.
    pub(crate) async fn run<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        let result = work.await;
        // After the limit the clock jumps, and time-outs end what does not end by itself.
        assert!(!self.held.is_finished(), "{what} waits for time to pass");
        result
    }
}

impl Frozen {
    /// Does `work` while the clock moves on by itself, a step whenever all requests that were under way have arrived.
    ///
    /// This holds where both ends are in this process: its one thread has turned to each of them many times by then.
    pub(crate) async fn step_through(&self, work: impl Future<Output = ()>) {
        let steps = async {
            loop {
                for _ in 0..TURNS {
                    tokio::task::yield_now().await;
                }
                tokio::time::advance(STEP).await;
            }
        };
        tokio::select! {
            biased;
            () = work => {}
            () = steps => {}
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.hold = None;
        tokio::time::resume();
    }
}
