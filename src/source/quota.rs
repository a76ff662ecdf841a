//! How many units of YouTube's daily quota are spent, and how many may be spent now.
//!
//! Every request goes through [`Quota::try_spend`] before it leaves, so the daily budget holds whatever the schedule
//! wants. Two buckets of the same size: `videos:batchGetStats` has its own, everything else shares one.
//! Source: <https://developers.google.com/youtube/data/guides/quota_and_compliance_audits> and
//! <https://developers.google.com/youtube/data/determine_quota_cost> (read 2026-11).

use std::sync::LazyLock;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::schedule::Budget;
use crate::model::UnixMillis;

/// The quota is given anew at midnight here: a day of it has 23, 24 or 25 hours.
static PACIFIC: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("America/Los_Angeles").expect("the tz database is compiled in"));

/// Longer than any Pacific day: what claims to end later than this from now was written under a wrong clock.
const LONGEST_DAY: Duration = Duration::from_secs(25 * 3600);

/// So long after midnight "used up" may still speak of yesterday: the clocks differ, and the reset takes its time.
const RESET_SETTLES: Duration = Duration::from_secs(15 * 60);

/// The wait before asking again inside [`RESET_SETTLES`].
const RESET_RETRY: Duration = Duration::from_secs(5 * 60);

/// The part of polling's share that may be ahead of the clock, in percent: enough for a full round of a few thousand
/// videos at once, too little to leave the evening without.
const AHEAD_PERCENT: u32 = 1;

/// Of the general bucket polling leaves one in so many units for what people ask (`/watch`, handles, `check`).
const INTERACTIVE_SHARE: u32 = 5;

/// A daily allowance of YouTube's that is counted apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bucket {
    /// `videos.list`, `channels.list`, `playlistItems.list`, `playlists.list`.
    General,
    /// `videos:batchGetStats`.
    Stats,
}

impl Bucket {
    /// Both buckets.
    pub const ALL: [Bucket; 2] = [Bucket::General, Bucket::Stats];

    /// The word used in messages and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Bucket::General => "general",
            Bucket::Stats => "stats",
        }
    }

    /// What of `daily_units` polling may plan with; the rest is for people who wait for an answer.
    #[must_use]
    pub const fn polling_units(self, daily_units: u32) -> u32 {
        match self {
            Bucket::Stats => daily_units,
            Bucket::General => daily_units - daily_units / INTERACTIVE_SHARE,
        }
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One bucket's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Day {
    /// The Pacific midnight with which it began.
    began_at: UnixMillis,
    /// Requests sent since, each one unit.
    units: u32,
    /// YouTube itself said "used up": nothing is sent before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exhausted_until: Option<UnixMillis>,
}

/// What has to survive a restart: store it after every round of polling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuotaState {
    general: Day,
    stats: Day,
}

/// The budget of both buckets.
#[derive(Debug, Clone)]
pub struct Quota {
    daily_units: u32,
    state: QuotaState,
}

impl Quota {
    /// Goes on from `state` (the default: nothing spent yet) with `daily_units` in each bucket.
    #[must_use]
    pub const fn new(daily_units: u32, state: QuotaState) -> Quota {
        Quota { daily_units, state }
    }

    /// What to store.
    #[must_use]
    pub const fn state(&self) -> &QuotaState {
        &self.state
    }

    /// Takes one unit: call it before a request is sent. Invalid requests and answers of 304 cost one too.
    ///
    /// # Errors
    ///
    /// When nothing is left; holds the moment at which there is again.
    pub fn try_spend(&mut self, bucket: Bucket, now: UnixMillis) -> Result<(), UnixMillis> {
        if let Some(until) = self.exhausted_until(bucket, now) {
            return Err(until);
        }
        let day = self.day_mut(bucket, now);
        day.units = day.units.saturating_add(1);
        Ok(())
    }

    /// Gives a unit back for a request that never reached YouTube (no connection).
    pub fn refund(&mut self, bucket: Bucket, now: UnixMillis) {
        let day = self.day_mut(bucket, now);
        day.units = day.units.saturating_sub(1);
    }

    /// YouTube says that the bucket is used up: its count is the one that matters. Returns until when nothing is sent.
    pub fn used_up(&mut self, bucket: Bucket, now: UnixMillis) -> UnixMillis {
        let began_at = last_reset(now);
        let settling = now.since(began_at) < RESET_SETTLES;
        let until = if settling { now.plus(RESET_RETRY) } else { next_reset(now) };
        self.day_mut(bucket, now).exhausted_until = Some(until);
        until
    }

    /// Until when nothing may be sent, if that is so now: we spent it all, or YouTube says that it is used up.
    #[must_use]
    pub fn exhausted_until(&self, bucket: Bucket, now: UnixMillis) -> Option<UnixMillis> {
        let day = self.day(bucket, now);
        match day.exhausted_until {
            Some(until) if until > now => Some(until),
            _ if day.units >= self.daily_units => Some(next_reset(day.began_at.max(now))),
            _ => None,
        }
    }

    /// Units spent since the last reset.
    #[must_use]
    pub fn spent(&self, bucket: Bucket, now: UnixMillis) -> u32 {
        self.day(bucket, now).units
    }

    /// Units left until the next reset; 0 while YouTube says that the bucket is used up.
    #[must_use]
    pub fn remaining(&self, bucket: Bucket, now: UnixMillis) -> u32 {
        match self.exhausted_until(bucket, now) {
            Some(_) => 0,
            None => self.daily_units.saturating_sub(self.spent(bucket, now)),
        }
    }

    /// How many requests polling may send now, so that the day's share lasts until the reset.
    ///
    /// The share is given out in step with the clock; what was not needed may be caught up later in the day. Videos
    /// that find nothing left stay due and are first in the next round: that is how too many videos, or too busy
    /// ones, stretch their intervals.
    #[must_use]
    pub fn allowance(&self, bucket: Bucket, now: UnixMillis) -> u32 {
        let share = bucket.polling_units(self.daily_units);
        let day = self.day(bucket, now);
        let length = next_reset(day.began_at).since(day.began_at).as_millis().max(1);
        let earned = u128::from(share) * now.since(day.began_at).as_millis() / length;
        let ahead = (share / 100 * AHEAD_PERCENT).max(1);
        let line = u32::try_from(earned).unwrap_or(share).saturating_add(ahead).min(share);
        line.saturating_sub(day.units).min(self.remaining(bucket, now))
    }

    /// What polling may still spend until the reset: what [`super::Plan`] is made from.
    #[must_use]
    pub fn budget(&self, now: UnixMillis) -> Budget {
        let left = |bucket: Bucket| {
            let share = bucket.polling_units(self.daily_units);
            share.saturating_sub(self.spent(bucket, now)).min(self.remaining(bucket, now))
        };
        Budget {
            stats: left(Bucket::Stats),
            general: left(Bucket::General),
            over: next_reset(now).since(now),
        }
    }

    /// The day that holds `now`: the stored one, or an unspent one after a reset.
    fn day(&self, bucket: Bucket, now: UnixMillis) -> Day {
        let stored = match bucket {
            Bucket::General => self.state.general,
            Bucket::Stats => self.state.stats,
        };
        let began_at = last_reset(now);
        // A clock set back by some hours does not bring units back; a day far ahead was written under a wrong clock.
        let ahead = stored.began_at > began_at && stored.began_at <= now.plus(LONGEST_DAY);
        if stored.began_at == began_at || ahead {
            return stored;
        }
        Day { began_at, ..Day::default() }
    }

    fn day_mut(&mut self, bucket: Bucket, now: UnixMillis) -> &mut Day {
        let day = self.day(bucket, now);
        let slot = match bucket {
            Bucket::General => &mut self.state.general,
            Bucket::Stats => &mut self.state.stats,
        };
        *slot = day;
        slot
    }
}

/// The Pacific midnight at or before `now`.
#[must_use]
pub fn last_reset(now: UnixMillis) -> UnixMillis {
    let midnight = now.timestamp().to_zoned(PACIFIC.clone()).start_of_day();
    midnight.map_or(now, |day| day.timestamp().into())
}

/// The first Pacific midnight after `now`.
#[must_use]
pub fn next_reset(now: UnixMillis) -> UnixMillis {
    let tomorrow = now.timestamp().to_zoned(PACIFIC.clone()).tomorrow();
    tomorrow
        .and_then(|day| day.start_of_day())
        // Only at the end of the calendar.
        .map_or_else(|_| now.plus(LONGEST_DAY), |day| day.timestamp().into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    fn hours_of_day(text: &str) -> u64 {
        let now = at(text);
        next_reset(now).since(last_reset(now)).as_secs() / 3600
    }

    #[test]
    fn the_day_begins_at_midnight_in_california() {
        assert_eq!(last_reset(at("2026-11-22T07:59:59Z")), at("2026-11-21T08:00:00Z"));
        assert_eq!(last_reset(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:00:00Z"));
        assert_eq!(next_reset(at("2026-11-22T08:00:00Z")), at("2026-11-23T08:00:00Z"));
        assert_eq!(next_reset(at("2026-07-01T12:00:00Z")), at("2026-07-02T07:00:00Z"));
    }

    #[test]
    fn days_of_daylight_saving_have_23_and_25_hours() {
        assert_eq!(hours_of_day("2026-03-08T20:00:00Z"), 23);
        assert_eq!(hours_of_day("2026-11-01T20:00:00Z"), 25);
        assert_eq!(hours_of_day("2026-11-02T20:00:00Z"), 24);
    }

    #[test]
    fn the_last_unit_is_given_and_the_next_waits_for_midnight() {
        let now = at("2026-11-01T20:00:00Z");
        let mut quota = Quota::new(2, QuotaState::default());
        assert_eq!(quota.try_spend(Bucket::General, now), Ok(()));
        assert_eq!(quota.try_spend(Bucket::General, now), Ok(()));
        let midnight = at("2026-11-02T08:00:00Z");
        assert_eq!(quota.try_spend(Bucket::General, now), Err(midnight));
        assert_eq!(quota.remaining(Bucket::General, now), 0);
        assert_eq!(quota.remaining(Bucket::Stats, now), 2, "the buckets are apart");
        assert_eq!(quota.try_spend(Bucket::General, midnight), Ok(()));
    }

    #[test]
    fn what_was_spent_survives_a_restart() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(10, QuotaState::default());
        quota.try_spend(Bucket::Stats, now).unwrap();
        quota.used_up(Bucket::General, now);
        let text = serde_json::to_string(quota.state()).unwrap();
        let back = Quota::new(10, serde_json::from_str(&text).unwrap());
        assert_eq!(back.remaining(Bucket::Stats, now), 9);
        assert_eq!(back.exhausted_until(Bucket::General, now), Some(next_reset(now)));
    }

    #[test]
    fn youtubes_own_word_overrides_our_count() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        assert_eq!(quota.used_up(Bucket::Stats, now), next_reset(now));
        assert_eq!(quota.try_spend(Bucket::Stats, now.plus(HOUR)), Err(next_reset(now)));
        assert_eq!(quota.allowance(Bucket::Stats, now.plus(HOUR)), 0);
        assert_eq!(quota.try_spend(Bucket::Stats, next_reset(now)), Ok(()));
    }

    #[test]
    fn used_up_just_after_midnight_does_not_cost_the_new_day() {
        let now = at("2026-11-22T08:00:02Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        assert_eq!(quota.used_up(Bucket::Stats, now), now.plus(RESET_RETRY));
        assert_eq!(quota.try_spend(Bucket::Stats, now.plus(RESET_RETRY)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_brings_no_units_back() {
        let now = at("2026-11-22T09:00:00Z");
        let mut quota = Quota::new(1, QuotaState::default());
        quota.try_spend(Bucket::Stats, now).unwrap();
        assert!(quota.try_spend(Bucket::Stats, now.minus(2 * HOUR)).is_err());
    }

    #[test]
    fn a_clock_that_was_years_ahead_does_not_lock_the_bucket() {
        let mut quota = Quota::new(1, QuotaState::default());
        quota.try_spend(Bucket::Stats, at("2040-01-01T09:00:00Z")).unwrap();
        assert_eq!(quota.try_spend(Bucket::Stats, at("2026-11-22T09:00:00Z")), Ok(()));
    }

    #[test]
    fn the_allowance_leaves_units_for_the_evening_and_for_people() {
        let start = at("2026-11-22T08:00:00Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        assert_eq!(quota.allowance(Bucket::Stats, start), 100);
        assert_eq!(quota.allowance(Bucket::Stats, start.plus(12 * HOUR)), 5_100);
        assert_eq!(quota.allowance(Bucket::General, start.plus(24 * HOUR - HOUR / 60)), 8_000);
        for _ in 0..5_100 {
            quota.try_spend(Bucket::Stats, start).unwrap();
        }
        assert_eq!(quota.allowance(Bucket::Stats, start.plus(12 * HOUR)), 0);
    }

    proptest! {
        #[test]
        fn no_day_spends_more_than_its_budget(
            daily in 0u32..50,
            steps in prop::collection::vec((0u64..7_200, any::<bool>(), 0u8..40), 1..400),
        ) {
            let mut now = at("2026-10-31T20:00:00Z");
            let mut quota = Quota::new(daily, QuotaState::default());
            let mut sent = std::collections::HashMap::new();
            for (seconds, stats, word) in steps {
                now = now.plus(Duration::from_secs(seconds));
                let bucket = if stats { Bucket::Stats } else { Bucket::General };
                if word == 0 {
                    quota.used_up(bucket, now);
                }
                prop_assert!(quota.allowance(bucket, now) <= quota.remaining(bucket, now));
                if quota.try_spend(bucket, now).is_ok() {
                    let count = sent.entry((stats, last_reset(now))).or_insert(0u32);
                    *count += 1;
                    prop_assert!(*count <= daily);
                }
            }
        }

        #[test]
        fn any_instant_lies_inside_its_day(ms in any::<i64>()) {
            let now = UnixMillis(ms);
            prop_assert!(last_reset(now) <= now || now.timestamp() == jiff::Timestamp::MIN);
            let mut quota = Quota::new(1, QuotaState::default());
            prop_assert!(quota.allowance(Bucket::General, now) <= 1);
            prop_assert!(quota.try_spend(Bucket::Stats, now).is_ok());
            prop_assert!(quota.exhausted_until(Bucket::Stats, now).is_some());
        }
    }
}
