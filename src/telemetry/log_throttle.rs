//! Lines that repeat: the first are written, the rest are counted.

use std::time::{Duration, Instant};

/// How long the counted lines are kept together.
const WINDOW: Duration = Duration::from_secs(60);

/// Lets the first lines of a minute through: what repeats all the time must not fill a log.
#[derive(Debug)]
pub(crate) struct LogThrottle {
    max: u32,
    began: Option<Instant>,
    lines: u32,
}

impl LogThrottle {
    /// At most `max` lines a minute.
    #[must_use]
    pub(crate) const fn new(max: u32) -> LogThrottle {
        LogThrottle { max, began: None, lines: 0 }
    }

    /// Whether a line at `now` is written: `Some` with the number of those of the last window that were not.
    pub(crate) fn pass(&mut self, now: Instant) -> Option<u32> {
        let mut held = 0;
        if self.began.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            held = self.lines.saturating_sub(self.max);
            (self.began, self.lines) = (Some(now), 0);
        }
        self.lines = self.lines.saturating_add(1);
        (self.lines <= self.max).then_some(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_written_so_often_a_minute_and_the_rest_is_counted() {
        let (mut throttle, start) = (LogThrottle::new(2), Instant::now());
        let mut at = |second: u64| throttle.pass(start + Duration::from_secs(second));
        assert_eq!([at(0), at(1), at(2), at(59)], [Some(0), Some(0), None, None]);
        assert_eq!([at(60), at(61), at(62)], [Some(2), Some(0), None]);
        assert_eq!(at(200), Some(1));
    }
}
