//! Whether a host that is often out of order is worth asking.
//!
//! Pure: the caller passes `now`. After [`FAILURES_MAX`] failures in a row nobody asks for a while; then one request
//! finds out whether the host is back.

use std::time::Duration;

use crate::model::UnixMillis;

/// Failures in a row after which the host counts as out of order.
const FAILURES_MAX: u32 = 3;

/// The first and the longest time for which it is left alone.
const REST: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(900));

/// How a host stands. The default is a host that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Circuit {
    failures: u32,
    /// Nobody asks before this.
    closed_until: Option<UnixMillis>,
}

impl Circuit {
    /// Whether to ask now. Of those who come when the rest is over, the first one is let through.
    pub(crate) fn may_ask(&mut self, now: UnixMillis) -> bool {
        match self.closed_until {
            None => true,
            // A moment too far ahead was set under a wrong clock.
            Some(until) if until > now && until.since(now) <= REST.1 => false,
            Some(_) => {
                self.rest(now);
                true
            }
        }
    }

    /// It has answered.
    pub(crate) const fn answered(&mut self) {
        self.failures = 0;
        self.closed_until = None;
    }

    /// It has not.
    pub(crate) fn failed(&mut self, now: UnixMillis) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MAX {
            self.rest(now);
        }
    }

    fn rest(&mut self, now: UnixMillis) {
        let (first, longest) = REST;
        let times = self.failures.saturating_sub(FAILURES_MAX).min(10);
        self.closed_until = Some(now.plus(first.saturating_mul(1 << times).min(longest)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: UnixMillis = UnixMillis(1_795_400_000_000);

    fn after(seconds: u64) -> UnixMillis {
        START.plus(Duration::from_secs(seconds))
    }

    fn broken() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES_MAX {
            assert!(circuit.may_ask(START));
            circuit.failed(START);
        }
        circuit
    }

    #[test]
    fn after_three_failures_one_at_a_time_finds_out_whether_it_is_back() {
        let mut circuit = broken();
        assert!(!circuit.may_ask(after(59)));
        assert!(circuit.may_ask(after(60)));
        assert!(!circuit.may_ask(after(60)), "one is on its way");
        circuit.failed(after(65));
        assert!(!circuit.may_ask(after(180)));
        assert!(circuit.may_ask(after(185)));
        circuit.answered();
        assert!(circuit.may_ask(after(186)) && circuit.may_ask(after(186)));
    }

    #[test]
    fn failures_that_are_not_in_a_row_close_nothing() {
        let mut circuit = Circuit::default();
        for _ in 0..20 {
            circuit.failed(START);
            circuit.failed(START);
            circuit.answered();
        }
        assert!(circuit.may_ask(START));
    }

    #[test]
    fn the_rest_has_an_end_and_a_clock_set_back_does_not_prolong_it() {
        let mut circuit = broken();
        for _ in 0..100 {
            circuit.failed(START);
        }
        assert!(!circuit.may_ask(after(899)));
        assert!(circuit.may_ask(after(900)));
        let mut circuit = broken();
        assert!(circuit.may_ask(START.minus(Duration::from_secs(86_400))));
    }
}
