//! How long a command waits for a service: less, once it has waited in vain.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a person waits after a wait in vain: a chat with twenty questions is through in ten seconds.
const SHORT: Duration = Duration::from_millis(500);

/// So long after a wait in vain one question is given the full time again: the service may only be slow.
const SHORT_FOR: Duration = Duration::from_secs(10);

/// How long one service is waited for, shared by all who ask it.
#[derive(Debug)]
pub(super) struct ServiceTimeout {
    /// How long a person waits for an answer from outside.
    full: Duration,
    /// Set while as many updates are in hand as may be: what nobody waits for then lets the next be heard.
    is_crowded: Arc<AtomicBool>,
    /// Since a wait in vain: when it is tried in full again.
    short_until: Mutex<Option<Instant>>,
}

impl ServiceTimeout {
    pub(super) fn new(full: Duration, is_crowded: Arc<AtomicBool>) -> ServiceTimeout {
        ServiceTimeout { full, is_crowded, short_until: Mutex::default() }
    }

    /// Waits for an answer; `None`: it takes too long. After a wait in vain nothing is asked while many others wait.
    pub(super) async fn wait<T>(&self, question: impl Future<Output = T>) -> Option<T> {
        let full = self.is_full(Instant::now());
        if !full && self.is_crowded.load(Ordering::Relaxed) {
            return None;
        }
        let time = if full { self.full } else { SHORT.min(self.full) };
        let answer = tokio::time::timeout(time, question).await.ok();
        let mut short_until = self.short_until.lock().unwrap_or_else(PoisonError::into_inner);
        if answer.is_some() {
            *short_until = None;
        } else if full {
            *short_until = Some(Instant::now() + SHORT_FOR);
        }
        answer
    }

    /// Whether the next question is given the full time. After a wait in vain that is one at a time.
    fn is_full(&self, now: Instant) -> bool {
        let mut short_until = self.short_until.lock().unwrap_or_else(PoisonError::into_inner);
        match *short_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                *short_until = Some(now + SHORT_FOR);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Duration = Duration::from_secs(3);

    fn time_limits() -> ServiceTimeout {
        ServiceTimeout::new(FULL, Arc::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_hangs_is_waited_for_once_in_full_and_then_shortly() {
        let (time_limits, never) = (time_limits(), Duration::from_secs(3600));
        assert!(ask(&time_limits, never).await.0 >= FULL);
        let begun = Instant::now();
        for _ in 0..19 {
            assert!(ask(&time_limits, never).await.0 < Duration::from_secs(1));
        }
        assert!(begun.elapsed() < SHORT_FOR);
        // Of those who ask at the same time later, one waits in full.
        tokio::time::advance(SHORT_FOR).await;
        let (one, other) = tokio::join!(ask(&time_limits, never), ask(&time_limits, never));
        assert!(one.0 >= FULL && other.0 < Duration::from_secs(1));
    }

    /// Asks something that is answered after so long; how long it took, and whether there was an answer.
    async fn ask(time_limits: &ServiceTimeout, takes: Duration) -> (Duration, bool) {
        let begun = Instant::now();
        let answer = time_limits.wait(tokio::time::sleep(takes)).await;
        (begun.elapsed().max(Duration::from_millis(1)), answer.is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn while_many_wait_nobody_waits_in_vain_for_what_did_not_answer() {
        let is_crowded = Arc::new(AtomicBool::new(true));
        let (time_limits, never) =
            (ServiceTimeout::new(FULL, Arc::clone(&is_crowded)), Duration::from_secs(60));
        // A service that answers is asked whoever waits.
        assert!(ask(&time_limits, Duration::from_secs(1)).await.1);
        ask(&time_limits, never).await;
        let begun = Instant::now();
        for _ in 0..100 {
            assert!(!ask(&time_limits, Duration::ZERO).await.1);
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        is_crowded.store(false, Ordering::Relaxed);
        assert!(ask(&time_limits, Duration::from_millis(100)).await.1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_slow_is_understood_and_one_that_recovers_is_trusted() {
        let (time_limits, slow) = (time_limits(), Duration::from_millis(2500));
        for _ in 0..3 {
            assert!(ask(&time_limits, slow).await.1);
        }
        ask(&time_limits, Duration::from_secs(60)).await;
        assert!(!ask(&time_limits, slow).await.1);
        assert!(ask(&time_limits, Duration::from_millis(100)).await.1);
        assert!(ask(&time_limits, slow).await.1);
    }
}
