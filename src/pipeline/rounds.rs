//! The frame of both loops that ask YouTube: round after round, with rests after failures that grow.

use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio_util::sync::CancellationToken;

use crate::bus::BusError;
use crate::source::{SourceError, YouTube};
use crate::store::{Polling, StoreError};
use crate::telemetry::PollClass;

/// How long a loop rests when the key is refused, before one question finds out whether it is taken again.
pub(super) const REFUSED_REST: Duration = Duration::from_secs(600);

/// The first and the longest rest after a failure that passes by itself.
pub(super) const BACK_OFF: (Duration, Duration) =
    (Duration::from_secs(2), Duration::from_secs(300));

/// The longest rest while nothing can be recorded.
pub(super) const STORE_REST_MAX: Duration = Duration::from_secs(10);

/// Where the state of the quota is kept.
pub(crate) const QUOTA_KEY: &str = "quota";

/// Why a round ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// YouTube.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// How the rounds of one loop went.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// Failures in a row.
    failures: u32,
    /// Whether the last round could not be recorded.
    is_store_ill: bool,
}

impl Rounds {
    /// Runs a round. `record`: a small thing that is stored first where the round before could not be recorded. While
    /// that fails YouTube is not asked: its answers would cost units for nothing.
    pub(super) async fn run(
        &mut self,
        record: impl Future<Output = Result<(), StoreError>>,
        round: impl Future<Output = Result<Duration, RoundError>>,
    ) -> Result<Duration, RoundError> {
        let recorded = if self.is_store_ill { record.await } else { Ok(()) };
        let outcome = match recorded {
            Ok(()) => round.await,
            Err(error) => Err(error.into()),
        };
        self.is_store_ill = matches!(&outcome, Err(RoundError::Store(_) | RoundError::Bus(_)));
        self.failures = if outcome.is_ok() { 0 } else { self.failures.saturating_add(1) };
        outcome
    }

    /// The rest after so many failures.
    pub(super) fn back_off(&self) -> Duration {
        let doublings = self.failures.clamp(1, 10) - 1;
        (BACK_OFF.0 * 2u32.saturating_pow(doublings)).min(BACK_OFF.1)
    }

    /// Rests, until `woken` at the most. A new watch does not end a rest that YouTube or the store has asked for.
    pub(super) async fn rest(&self, wait: Duration, woken: Notified<'_>, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
            () = woken, if self.failures == 0 => {}
        }
    }
}

/// Stores what was spent of the quota.
///
/// # Errors
///
/// When the store can't be written.
pub(super) async fn save_quota(store: &dyn Polling, youtube: &YouTube) -> Result<(), StoreError> {
    let state = serde_json::to_string(youtube.quota().state())
        .map_err(|error| StoreError::Row(error.to_string()))?;
    store.save(QUOTA_KEY, state).await
}

/// The word in metrics for why YouTube gave no answer to use.
pub(super) const fn class(error: &SourceError) -> PollClass {
    match error {
        SourceError::QuotaUsedUp { .. } | SourceError::ShareUsedUp { .. } => PollClass::Quota,
        SourceError::Burst { .. } => PollClass::Burst,
        SourceError::KeyRefused(_) | SourceError::NotEnabled(_) | SourceError::Misconfigured(_) => {
            PollClass::Refused
        }
        SourceError::Forbidden(_) => PollClass::Forbidden,
        SourceError::NotFound(_) => PollClass::NotFound,
        SourceError::Rejected(_) => PollClass::Rejected,
        SourceError::BadAnswer(_) => PollClass::BadAnswer,
        SourceError::Unreachable { .. } => PollClass::Unreachable,
        SourceError::Transient(_) => PollClass::Transient,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::ready;

    use tokio::sync::Notify;

    use super::*;

    fn broken() -> RoundError {
        RoundError::Source(SourceError::Transient("500".to_owned()))
    }

    #[tokio::test]
    async fn rests_grow_with_failures_and_begin_anew_after_a_success() {
        let mut rounds = Rounds::default();
        for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] {
            rounds.run(ready(Ok(())), ready(Err(broken()))).await.unwrap_err();
            assert_eq!(rounds.back_off(), Duration::from_secs(seconds));
        }
        rounds.run(ready(Ok(())), ready(Ok(Duration::ZERO))).await.unwrap();
        rounds.run(ready(Ok(())), ready(Err(broken()))).await.unwrap_err();
        assert_eq!(rounds.back_off(), BACK_OFF.0);
    }

    #[tokio::test]
    async fn while_nothing_can_be_recorded_no_round_is_run() {
        let mut rounds = Rounds::default();
        let asked = Cell::new(0);
        let ill = || StoreError::NoRoom("disk full".to_owned());
        let round = async |outcome: Result<Duration, RoundError>| {
            asked.set(asked.get() + 1);
            outcome
        };
        rounds.run(ready(Ok(())), round(Err(ill().into()))).await.unwrap_err();
        for _ in 0..3 {
            rounds.run(ready(Err(ill())), round(Ok(Duration::ZERO))).await.unwrap_err();
        }
        assert_eq!(asked.get(), 1);
        rounds.run(ready(Ok(())), round(Ok(Duration::ZERO))).await.unwrap();
        assert_eq!(asked.get(), 2);
        let never = async { panic!("nothing is ill") };
        rounds.run(never, round(Ok(Duration::ZERO))).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_watch_ends_a_pause_and_no_rest_after_a_failure() {
        let (wake, stop) = (Notify::new(), CancellationToken::new());
        let wait = Duration::from_secs(5);
        let mut rounds = Rounds::default();
        let rested = async |rounds: &Rounds| {
            let begun = tokio::time::Instant::now();
            wake.notify_one();
            rounds.rest(wait, wake.notified(), &stop).await;
            begun.elapsed()
        };
        assert_eq!(rested(&rounds).await, Duration::ZERO);
        rounds.run(ready(Ok(())), ready(Err(broken()))).await.unwrap_err();
        assert!(rested(&rounds).await >= wait);
    }
}
