//! How soon Telegram is asked on after the ids of updates have started anew.
//!
//! Ids start anew once in a while, and each time up to a hundred of them are remembered for two days. A server whose ids
//! jump to and fro all the time would fill the database, and the log with a line each.

use std::time::Duration;

use tokio::time::Instant;

/// The first and the longest wait.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// After so long without a jump the next one is the first.
const CALM: Duration = Duration::from_secs(3600);

/// The jumps so far.
#[derive(Debug, Default)]
pub(super) struct Jumps {
    /// How many are known of.
    known: u32,
    /// How many there were without an hour between them.
    in_a_row: u32,
    last: Option<Instant>,
}

impl Jumps {
    /// How long to wait, where the ids have started anew since this was asked last; `count` is how often they have in all.
    pub(super) fn wait(&mut self, count: u32) -> Option<Duration> {
        if count == self.known {
            return None;
        }
        self.known = count;
        if self.last.is_none_or(|last| last.elapsed() >= CALM) {
            self.in_a_row = 0;
        }
        self.last = Some(Instant::now());
        let wait = WAITS.0.saturating_mul(2u32.saturating_pow(self.in_a_row));
        self.in_a_row = self.in_a_row.saturating_add(1);
        Some(wait.min(WAITS.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_jumps_all_the_time_is_asked_ever_more_rarely_until_an_hour_is_calm() {
        let mut jumps = Jumps::default();
        assert_eq!(jumps.wait(0), None);
        let waits: Vec<u64> = (1..9).map(|count| jumps.wait(count).unwrap().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(jumps.wait(8), None);
        tokio::time::advance(CALM).await;
        assert_eq!(jumps.wait(9), Some(WAITS.0));
    }
}
