//! The one place that reads the system's clock, and what watches over it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::deliver::Wakers;
use crate::model::{Clock, UnixMillis};
use crate::store::{Housekeeping, StoreError};

/// How often the clock is compared with the time that has passed.
const EVERY: Duration = Duration::from_secs(1);

/// Steps back by less are what keeping the time looks like, and delay nothing by more.
const SLACK: Duration = Duration::from_secs(2);

/// How often the time is written down, for the start after this one.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// Where the time is written down.
const KEY: &str = "clock";

/// The system's clock.
#[must_use]
pub fn system_clock() -> Clock {
    Arc::new(clock)
}

/// The time now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that all others are handed")]
pub fn clock() -> UnixMillis {
    jiff::Timestamp::now().into()
}

/// Notices that the clock was set back, and has the store move along what would wait for the old time to come again.
///
/// A step forward needs nothing: what was put off is due a little early.
pub(super) struct ClockWatch {
    pub(super) store: Arc<dyn Housekeeping>,
    pub(super) clock: Clock,
    pub(super) wakers: Wakers,
    /// Wakes the poller.
    pub(super) watched: Wakers,
}

impl ClockWatch {
    /// Compares the clock with the last time that the process before this one wrote down.
    ///
    /// # Errors
    ///
    /// When the store fails.
    pub(super) async fn at_start(
        store: &dyn Housekeeping,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        let last = store.load(KEY).await?.and_then(|text| text.parse().ok()).map(UnixMillis);
        let by = last.map_or(Duration::ZERO, |last| last.since(now));
        if by >= SLACK {
            set_back(store, by, now).await?;
        }
        Ok(())
    }

    /// Watches until `stop` is cancelled.
    pub(super) async fn run(self, stop: CancellationToken) {
        let (mut instant, mut wall) = (Instant::now(), (self.clock)());
        let mut written: Option<Instant> = None;
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = ticks.tick() => {}
            }
            let (at, now) = (Instant::now(), (self.clock)());
            let by = wall.plus(at.duration_since(instant)).since(now);
            if by >= SLACK {
                if let Err(error) = set_back(&*self.store, by, now).await {
                    // Compared with the same moment again at the next tick.
                    tracing::debug!(%error, "the clock was set back, and that could not be recorded yet");
                    continue;
                }
                self.watched.wake();
                self.wakers.wake();
                written = None;
            }
            (instant, wall) = (at, now);
            if written.is_none_or(|written| at.duration_since(written) >= WRITE_EVERY) {
                self.write(now).await;
                written = Some(at);
            }
        }
        self.write((self.clock)()).await;
    }

    async fn write(&self, now: UnixMillis) {
        if let Err(error) = self.store.save(KEY, now.0.to_string()).await {
            tracing::debug!(%error, "the time could not be written down");
        }
    }
}

async fn set_back(
    store: &dyn Housekeeping,
    by: Duration,
    now: UnixMillis,
) -> Result<(), StoreError> {
    store.set_back(by, now).await?;
    // So that it is not done twice, should the next start come before the time is written down again.
    store.save(KEY, now.0.to_string()).await?;
    tracing::warn!(by_s = by.as_secs(), "the clock was set back: all that waits was moved along");
    Ok(())
}
