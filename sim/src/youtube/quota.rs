//! The daily buckets, emptied at midnight in California, and the limit of a minute.
//!
//! Source: <https://developers.google.com/youtube/data/determine_quota_cost>: every request costs at least 1, also an
//! invalid one; since 2026-06 `batchGetStats` has a bucket of its own.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::bucket::Bucket;
use super::errors::ApiError;
use super::faults::{Faults, QuotaShape};

/// What was used.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    day_started: Timestamp,
    default: u64,
    batch_stats: u64,
    minute: i64,
    in_minute: u64,
}

/// The last midnight in California.
fn pacific_midnight(now: Timestamp) -> Timestamp {
    let zone = TimeZone::get("America/Los_Angeles").expect("the time zones are compiled in");
    let day = now.to_zoned(zone).start_of_day();
    // Fails only at the ends of the time that can be expressed.
    day.map_or(now, |day| day.timestamp())
}

impl Ledger {
    fn turn_to(&mut self, now: Timestamp) {
        let day_started = pacific_midnight(now);
        if day_started != self.day_started {
            *self = Ledger { day_started, ..Ledger::default() };
        }
        let minute = now.as_second().div_euclid(60);
        if minute != self.minute {
            (self.minute, self.in_minute) = (minute, 0);
        }
    }

    const fn bucket(&mut self, bucket: Bucket) -> &mut u64 {
        match bucket {
            Bucket::Default => &mut self.default,
            Bucket::BatchStats => &mut self.batch_stats,
        }
    }

    /// How much of a bucket was used today.
    pub(super) fn used(&mut self, bucket: Bucket, now: Timestamp) -> u64 {
        self.turn_to(now);
        *self.bucket(bucket)
    }

    /// Charges one request, which costs 1 everywhere here.
    pub(super) fn charge(
        &mut self,
        bucket: Bucket,
        faults: &Faults,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.turn_to(now);
        let rule = faults.rule(bucket);
        let used = self.bucket(bucket);
        if *used >= rule.units {
            return Err(self.used_up(bucket, rule.units, rule.shape));
        }
        *used += 1;
        self.in_minute += 1;
        match faults.per_minute {
            Some(limit) if self.in_minute > limit => Err(ApiError::too_fast(limit)),
            Some(_) | None => Ok(()),
        }
    }

    /// The answer of an empty bucket.
    pub(super) fn used_up(&self, bucket: Bucket, units: u64, shape: QuotaShape) -> ApiError {
        match shape {
            QuotaShape::Classic => ApiError::quota_classic(),
            QuotaShape::Granular => {
                ApiError::quota_granular(&bucket.info(), units, self.day_started)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_starts_at_midnight_in_california_in_summer_and_in_winter() {
        let check = |now, expected| assert_eq!(pacific_midnight(at(now)), at(expected), "{now}");
        check("2026-07-01T06:59:59Z", "2026-06-30T07:00:00Z");
        check("2026-07-01T07:00:00Z", "2026-07-01T07:00:00Z");
        check("2026-12-01T07:59:59Z", "2026-11-30T08:00:00Z");
        // The night of the change has 25 hours.
        check("2026-11-02T07:59:59Z", "2026-11-01T07:00:00Z");
        check("2026-11-02T08:00:00Z", "2026-11-02T08:00:00Z");
    }

    #[test]
    fn buckets_are_separate_and_refilled_at_midnight() {
        let mut faults = Faults::default();
        faults.default_bucket.units = 2;
        let mut ledger = Ledger::default();
        let evening = at("2026-07-01T06:59:00Z");
        let mut charge = |bucket, now| ledger.charge(bucket, &faults, now).is_ok();
        assert!(charge(Bucket::Default, evening) && charge(Bucket::Default, evening));
        assert!(!charge(Bucket::Default, evening));
        assert!(charge(Bucket::BatchStats, evening));
        assert!(charge(Bucket::Default, at("2026-07-01T07:00:00Z")));
        assert_eq!(ledger.used(Bucket::BatchStats, at("2026-07-01T07:00:00Z")), 0);
    }

    #[test]
    fn the_limit_of_a_minute_ends_with_the_minute_but_is_charged() {
        let mut faults = Faults::default();
        faults.per_minute = Some(1);
        let mut ledger = Ledger::default();
        let now = at("2026-07-01T12:00:00Z");
        assert!(ledger.charge(Bucket::Default, &faults, now).is_ok());
        assert!(ledger.charge(Bucket::Default, &faults, now).is_err());
        assert!(ledger.charge(Bucket::Default, &faults, at("2026-07-01T12:01:00Z")).is_ok());
        assert_eq!(ledger.used(Bucket::Default, now), 3);
    }
}
