//! What Discord refuses, counted: whoever goes on with it is banned.
//!
//! Discord shuts out an address that has 10,000 invalid answers (401, 403, and 429 but for the shared limits) within ten
//! minutes: nobody behind it reaches Discord then, whatever bot they are. Long before that nothing is sent any more, and the
//! channel as a whole says so. Source: <https://docs.discord.com/developers/topics/rate-limits> (read 2026-11).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::notify::SendError;

/// So many refusals within [`WINDOW`] are enough: a tenth of what Discord bans for, as others may share our address.
const REFUSALS_MAX: u32 = 1_000;

/// Time within which they are counted.
const WINDOW: Duration = Duration::from_secs(600);

/// Refusals of so long are counted as one number: at most 61 numbers are kept.
const SLOT: Duration = Duration::from_secs(10);

/// Counts refusals. Clones count together: a ban is of the address, whatever client asked.
#[derive(Debug, Clone, Default)]
pub struct Refusals(Arc<Mutex<Window>>);

/// When a slot began, and how many there were in it; oldest first.
#[derive(Debug, Default)]
struct Window(VecDeque<(Instant, u32)>);

impl Window {
    fn forget(&mut self, now: Instant) {
        let is_over = |began: Instant| now.saturating_duration_since(began) >= WINDOW;
        while self.0.front().is_some_and(|(began, _)| is_over(*began)) {
            self.0.pop_front();
        }
    }

    fn count(&self) -> u32 {
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }
}

impl Refusals {
    /// Says whether anything may be asked.
    ///
    /// # Errors
    ///
    /// [`SendError::Unreachable`] while there were too many refusals: it pauses the channel and burns no attempts.
    pub(super) fn check(&self, now: Instant) -> Result<(), SendError> {
        let mut window = self.window();
        window.forget(now);
        if window.count() < REFUSALS_MAX {
            return Ok(());
        }
        Err(SendError::Unreachable(format!(
            "Discord has refused {REFUSALS_MAX} requests within ten minutes and bans whoever goes on: nothing is asked \
             until these are ten minutes old; the log says what was refused"
        )))
    }

    /// Takes in one refusal.
    pub(super) fn add(&self, now: Instant) {
        let mut window = self.window();
        window.forget(now);
        match window.0.back_mut() {
            Some((began, count)) if now.saturating_duration_since(*began) < SLOT => {
                *count = count.saturating_add(1);
            }
            _ => window.0.push_back((now, 1)),
        }
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    #[test]
    fn a_thousand_refusals_within_ten_minutes_stop_all_until_they_are_old() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        let other = refusals.clone();
        for n in 0..REFUSALS_MAX {
            assert_eq!(refusals.check(start + seconds(100)), Ok(()), "{n}");
            // Whoever counts together is stopped together.
            other.add(start + if n % 2 == 0 { seconds(0) } else { seconds(100) });
        }
        let stopped = refusals.check(start + seconds(100)).unwrap_err();
        assert!(stopped.to_string().contains("refused 1000 requests"), "{stopped}");
        assert!(refusals.check(start + seconds(599)).is_err());
        assert_eq!(refusals.check(start + seconds(600)), Ok(()), "half of them are old");
    }

    #[test]
    fn refusals_that_are_spread_stop_nothing_and_are_kept_as_a_few_numbers() {
        let (refusals, start) = (Refusals::default(), Instant::now());
        for s in 0..5_000 {
            refusals.add(start + seconds(s));
            assert_eq!(refusals.check(start + seconds(s)), Ok(()));
            assert!(refusals.window().0.len() <= 61);
        }
    }
}
