//! How long a command waits for a service: less, once it has waited in vain.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long a person waits after a wait in vain: a chat with twenty questions is through in ten seconds.
const SHORT: Duration = Duration::from_millis(500);

/// So long after a wait in vain one question is given the full time again: the service may only be slow.
const SHORT_FOR: Duration = Duration::from_secs(10);

/// The patience with one service, shared by all who ask it.
#[derive(Debug)]
pub(super) struct ServicePatience {
    /// How long a person waits for an answer from outside.
    full: Duration,
    /// Since a wait in vain: when it is tried in full again.
    short_until: Mutex<Option<Instant>>,
}

impl ServicePatience {
    pub(super) fn new(full: Duration) -> ServicePatience {
        ServicePatience { full, short_until: Mutex::default() }
    }

    /// Waits for an answer; `None`: it takes too long.
    pub(super) async fn wait<T>(&self, question: impl Future<Output = T>) -> Option<T> {
        let full = self.is_full(Instant::now());
        let answer =
            tokio::time::timeout(if full { self.full } else { SHORT.min(self.full) }, question)
                .await
                .ok();
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

    /// Asks something that is answered after so long; how long it took, and whether there was an answer.
    async fn ask(patience: &ServicePatience, takes: Duration) -> (Duration, bool) {
        let begun = Instant::now();
        let answer = patience.wait(tokio::time::sleep(takes)).await;
        (begun.elapsed().max(Duration::from_millis(1)), answer.is_some())
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_hangs_is_waited_for_once_in_full_and_then_shortly() {
        let (patience, never) = (ServicePatience::new(FULL), Duration::from_secs(3600));
        assert!(ask(&patience, never).await.0 >= FULL);
        let begun = Instant::now();
        for _ in 0..19 {
            assert!(ask(&patience, never).await.0 < Duration::from_secs(1));
        }
        assert!(begun.elapsed() < SHORT_FOR);
        // Of those who ask at the same time later, one waits in full.
        tokio::time::advance(SHORT_FOR).await;
        let (one, other) = tokio::join!(ask(&patience, never), ask(&patience, never));
        assert!(one.0 >= FULL && other.0 < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_slow_is_understood_and_one_that_recovers_is_trusted() {
        let (patience, slow) = (ServicePatience::new(FULL), Duration::from_millis(2500));
        for _ in 0..3 {
            assert!(ask(&patience, slow).await.1);
        }
        ask(&patience, Duration::from_secs(60)).await;
        assert!(!ask(&patience, slow).await.1);
        assert!(ask(&patience, Duration::from_millis(100)).await.1);
        assert!(ask(&patience, slow).await.1);
    }
}
