//! How lively a video's counts are, and how soon the next visible step is to be expected.
//!
//! Pure, and in whole numbers, so that it is stored exactly.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Counts, Metric, UnixMillis};

/// A look is due when a count is expected to have moved by this much, in millionths (0.2 %): a video that gains 12 %
/// an hour is looked at every minute, one that gains 5 % a day every hour.
const STEP_PPM: u64 = 2_000;

/// Below this a count is taken for this: the step from 1 comment to 2 is no storm.
const BASE_MIN: u64 = 100;

/// The rate a video starts with, before anything is known of it: once a minute, then less and less.
const FIRST_RATE_PPM: u64 = 120_000;

/// The highest rate kept; a thousandfold within an hour is always "as often as allowed".
const RATE_MAX_PPM: u64 = 1_000_000_000;

const HOUR_MS: u64 = 3_600_000;

/// How lively a video's counts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Relative change of the liveliest count, in millionths per hour.
    rate_ppm: u64,
    /// When the counts were last read.
    read_at: Option<UnixMillis>,
    /// When they last differed, or were first read.
    changed_at: Option<UnixMillis>,
}

impl Default for Activity {
    fn default() -> Self {
        Activity { rate_ppm: FIRST_RATE_PPM, read_at: None, changed_at: None }
    }
}

impl Activity {
    /// Takes in one reading. Rises at once, falls by about half an hour for each hour of silence.
    #[must_use]
    pub fn observe(&self, before: Option<&Counts>, after: &Counts, now: UnixMillis) -> Activity {
        let (Some(before), Some(read_at)) = (before, self.read_at) else {
            return Activity { read_at: Some(now), changed_at: Some(now), ..self.clone() };
        };
        if now < read_at {
            // The clock was set back: nobody knows how much time this step took.
            return Activity { read_at: Some(now), changed_at: Some(now), ..self.clone() };
        }
        let quiet_ms = millis(now.since(read_at));
        let faded = ratio(self.rate_ppm, HOUR_MS, HOUR_MS.saturating_add(quiet_ms));
        let step = Metric::ALL.iter().map(|metric| step_ppm(before, after, *metric)).max();
        let step = step.unwrap_or(0);
        if step == 0 {
            return Activity { rate_ppm: faded, read_at: Some(now), changed_at: self.changed_at };
        }
        // Counts often stand for hours and then jump: the jump belongs to all the time since the last one.
        let since_ms = millis(now.since(self.changed_at.unwrap_or(read_at))).max(1);
        let rate = ratio(step, HOUR_MS, since_ms).min(RATE_MAX_PPM);
        let rate_ppm = if rate >= faded { rate } else { u64::midpoint(rate, faded) };
        Activity { rate_ppm, read_at: Some(now), changed_at: Some(now) }
    }

    /// The wait after which the next visible step is expected.
    pub(super) fn wanted(&self) -> Duration {
        Duration::from_millis(ratio(STEP_PPM, HOUR_MS, self.rate_ppm.max(1)))
    }
}

/// How far one count moved, in millionths of what it was. A count that appears or disappears did not move.
fn step_ppm(before: &Counts, after: &Counts, metric: Metric) -> u64 {
    match (before.get(metric), after.get(metric)) {
        (Some(a), Some(b)) => ratio(b.abs_diff(a), 1_000_000, a.unsigned_abs().max(BASE_MIN)),
        _ => 0,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// `a * b / c` without overflow; `c` is never 0.
pub(super) fn ratio(a: u64, b: u64, c: u64) -> u64 {
    u64::try_from(u128::from(a) * u128::from(b) / u128::from(c.max(1))).unwrap_or(u64::MAX)
}
