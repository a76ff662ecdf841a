//! How long a routing transaction may work, so that with its commit it holds up nobody for long.
//!
//! What is written has to be committed too, and on a slow or busy machine that takes as long again, or longer. How much
//! longer is learned from each transaction: a rise counts at once, a fall little by little.

use std::time::Duration;

/// What a transaction may take with its commit.
const WHOLE_MAX: Duration = Duration::from_millis(100);

/// It works no longer than this, however fast commits are, so that deliveries and commands get their turn.
const WORK_MAX: Duration = Duration::from_millis(50);

/// It works at least so long, or nothing would be done where a commit takes an age.
const WORK_MIN: Duration = Duration::from_millis(2);

/// Shorter work says nothing of what long work would take.
const TELLING: Duration = Duration::from_millis(1);

/// What part of a fall is believed at once.
const FALL: f64 = 0.2;

/// How long whole transactions took, compared with the work in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    factor: f64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { factor: WHOLE_MAX.div_duration_f64(WORK_MAX) }
    }
}

impl Pace {
    /// How long the next transaction may work.
    pub(super) fn work(self) -> Duration {
        WHOLE_MAX.div_f64(self.factor).clamp(WORK_MIN, WORK_MAX)
    }

    /// Takes in that a transaction took `whole`, of which it worked for `work`.
    pub(super) fn took(&mut self, work: Duration, whole: Duration) {
        if work < TELLING {
            return;
        }
        let factor = whole.div_duration_f64(work).max(1.0);
        let fallen = self.factor + (factor - self.factor) * FALL;
        self.factor = factor.max(fallen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_fast_machine_works_for_fifty_milliseconds_at_a_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.work(), ms(50));
        pace.took(ms(50), ms(60));
        assert_eq!(pace.work(), ms(50));
    }

    #[test]
    fn where_commits_are_slow_less_is_done_at_a_time_from_the_next_transaction_on() {
        let mut pace = Pace::default();
        pace.took(ms(50), ms(500));
        assert_eq!(pace.work(), ms(10));
        pace.took(ms(10), ms(100));
        assert_eq!(pace.work(), ms(10));
    }

    #[test]
    fn it_recovers_little_by_little_and_never_stops() {
        let mut pace = Pace::default();
        pace.took(ms(2), ms(60_000));
        assert_eq!(pace.work(), WORK_MIN);
        for _ in 0..100 {
            pace.took(ms(10), ms(15));
        }
        assert_eq!(pace.work(), ms(50));
    }

    #[test]
    fn what_has_done_nothing_teaches_nothing() {
        let mut pace = Pace::default();
        pace.took(Duration::ZERO, ms(900));
        assert_eq!(pace.work(), ms(50));
    }
}
