//! How many units of YouTube's daily quota are spent, and how many may be spent now.
//!
//! Every request goes through [`Quota::try_spend`] before it leaves, so the daily budget holds whatever the schedule
//! wants. Whose the units are is said in [`super::budget`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::budget::{Bucket, Spender, UnitBudget};
use super::day::{LONGEST_DAY, last_reset, next_reset};
use crate::model::UnixMillis;

/// So long after midnight "used up" may still speak of yesterday: the clocks differ, and the reset takes its time.
const RESET_SETTLES: Duration = Duration::from_secs(15 * 60);

/// The wait before asking again inside [`RESET_SETTLES`].
const RESET_RETRY: Duration = Duration::from_secs(5 * 60);

/// The part of polling's share that may be ahead of the clock, in percent: enough for a full round of a few thousand
/// videos at once, too little to leave the evening without.
const AHEAD_PERCENT: u32 = 1;

/// While YouTube says "used up", one request in this time finds out whether the quota was raised.
const PROBE_EVERY: Duration = Duration::from_secs(3600);

/// Why no unit is given. Holds the moment at which there are units again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The day's units are gone, or YouTube says so.
    Day(UnixMillis),
    /// The spender's share is gone; others may still spend theirs.
    Share(UnixMillis),
}

/// One bucket's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Day {
    /// The Pacific midnight with which it began.
    began_at: UnixMillis,
    /// Requests sent since, each one unit, whoever sent them.
    units: u32,
    /// Those of them that people asked for.
    #[serde(default)]
    people: u32,
    /// Those of them that lists needed.
    #[serde(default)]
    lists: u32,
    /// YouTube itself said "used up": nothing is sent before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exhausted_until: Option<UnixMillis>,
    /// When it last said so, or was last asked whether that still holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probed_at: Option<UnixMillis>,
}

impl Day {
    const fn spent_by(&self, by: Spender) -> u32 {
        match by {
            Spender::Polling => self.units.saturating_sub(self.people).saturating_sub(self.lists),
            Spender::Lists => self.lists,
            Spender::People => self.people,
        }
    }

    /// Counts a unit; a refund counts it back.
    fn count(&mut self, by: Spender, step: fn(u32, u32) -> u32) {
        self.units = step(self.units, 1);
        match by {
            Spender::Polling => {}
            Spender::Lists => self.lists = step(self.lists, 1),
            Spender::People => self.people = step(self.people, 1),
        }
    }

    /// Whether YouTube's "used up" is so old that one request may find out if it still holds.
    fn may_probe(&self, now: UnixMillis) -> bool {
        // A moment in the future was written under a wrong clock.
        self.probed_at.is_none_or(|at| at > now || now.since(at) >= PROBE_EVERY)
    }
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
    has_lists: bool,
    state: QuotaState,
}

impl Quota {
    /// Goes on from `state` (the default: nothing spent yet) with `daily_units` in each bucket.
    #[must_use]
    pub const fn new(daily_units: u32, state: QuotaState) -> Quota {
        Quota { daily_units, has_lists: false, state }
    }

    /// Says whether channels or playlists are watched: without any, their share is polling's.
    pub const fn expect_lists(&mut self, has_lists: bool) {
        self.has_lists = has_lists;
    }

    /// What to store.
    #[must_use]
    pub const fn state(&self) -> &QuotaState {
        &self.state
    }

    /// Takes one unit of the spender's share: call it before a request is sent. Invalid requests and answers of 304
    /// cost one too.
    ///
    /// While YouTube says "used up", one request an hour is let through: see [`Quota::answered`].
    ///
    /// # Errors
    ///
    /// When nothing is left; holds the moment at which there is again.
    pub fn try_spend(
        &mut self,
        bucket: Bucket,
        by: Spender,
        now: UnixMillis,
    ) -> Result<(), Denied> {
        let exhausted = self.exhausted_until(bucket, now);
        if let Some(until) = exhausted
            && !self.is_probe_due(bucket, now)
        {
            return Err(Denied::Day(until));
        }
        if self.share_left(bucket, by, now) == 0 {
            return Err(Denied::Share(self.resets_at(bucket, now)));
        }
        let day = self.day_mut(bucket, now);
        if exhausted.is_some() {
            day.probed_at = Some(now);
        }
        day.count(by, u32::saturating_add);
        Ok(())
    }

    /// Gives a unit back for a request that never reached YouTube (no connection).
    pub fn refund(&mut self, bucket: Bucket, by: Spender, now: UnixMillis) {
        self.day_mut(bucket, now).count(by, u32::saturating_sub);
    }

    /// YouTube has answered a request of this bucket: whatever it said before, there are units now.
    pub fn answered(&mut self, bucket: Bucket, now: UnixMillis) {
        let day = self.day_mut(bucket, now);
        day.exhausted_until = None;
        day.probed_at = None;
    }

    /// YouTube says that the bucket is used up: its count is the one that matters. Returns until when nothing is sent.
    pub fn used_up(&mut self, bucket: Bucket, now: UnixMillis) -> UnixMillis {
        let began_at = last_reset(now);
        let settling = now.since(began_at) < RESET_SETTLES;
        let until = if settling { now.plus(RESET_RETRY) } else { next_reset(now) };
        let day = self.day_mut(bucket, now);
        day.exhausted_until = Some(until);
        day.probed_at = Some(now);
        until
    }

    /// Until when nothing may be sent, if that is so now: we spent it all, or YouTube says that it is used up.
    #[must_use]
    pub fn exhausted_until(&self, bucket: Bucket, now: UnixMillis) -> Option<UnixMillis> {
        let day = self.day(bucket, now);
        match day.exhausted_until {
            Some(until) if until > now => Some(until),
            _ if day.units >= self.daily_units => Some(self.resets_at(bucket, now)),
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

    /// How many requests `by` may send now.
    ///
    /// People get what is left of their share. The shares of polling and lists are given out in step with the clock, so
    /// that they last until the reset; what was not needed may be caught up later in the day. Videos that find nothing
    /// left stay due and are first in the next round: that is how too many videos, or too busy ones, stretch their
    /// intervals.
    #[must_use]
    pub fn allowance(&self, bucket: Bucket, by: Spender, now: UnixMillis) -> u32 {
        if self.exhausted_until(bucket, now).is_some() {
            let probe = u32::from(self.is_probe_due(bucket, now));
            return probe.min(self.share_left(bucket, by, now));
        }
        let left = self.share_left(bucket, by, now);
        if by == Spender::People {
            return left;
        }
        let share = bucket.share(by, self.daily_units, self.has_lists);
        let day = self.day(bucket, now);
        let length = next_reset(day.began_at).since(day.began_at).as_millis().max(1);
        let earned = u128::from(share) * now.since(day.began_at).as_millis() / length;
        let ahead = (share / 100 * AHEAD_PERCENT).max(1);
        let line = u32::try_from(earned).unwrap_or(share).saturating_add(ahead).min(share);
        line.saturating_sub(day.spent_by(by)).min(left)
    }

    /// What polling and lists may still spend until the reset: what [`super::Plan`] is made from.
    #[must_use]
    pub fn budget(&self, now: UnixMillis) -> UnitBudget {
        let left = |bucket: Bucket, by: Spender| match self.exhausted_until(bucket, now) {
            Some(_) => 0,
            None => self.share_left(bucket, by, now),
        };
        UnitBudget {
            stats: left(Bucket::Stats, Spender::Polling),
            general: left(Bucket::General, Spender::Polling),
            lists: left(Bucket::General, Spender::Lists),
            over: next_reset(now).since(now),
        }
    }

    /// What is left of a share, whatever YouTube says.
    fn share_left(&self, bucket: Bucket, by: Spender, now: UnixMillis) -> u32 {
        let day = self.day(bucket, now);
        let share = bucket.share(by, self.daily_units, self.has_lists);
        let own = share.saturating_sub(day.spent_by(by));
        let whole = self.daily_units.saturating_sub(day.units);
        // Polling may have had the lists' share before there were any, and the other way round: together they never
        // touch what is people's.
        let together = match by {
            Spender::People => u32::MAX,
            Spender::Polling | Spender::Lists => bucket
                .polling_units(self.daily_units)
                .saturating_sub(day.units.saturating_sub(day.people)),
        };
        own.min(whole).min(together)
    }

    /// Whether YouTube alone says "used up", and has not been asked for an hour.
    fn is_probe_due(&self, bucket: Bucket, now: UnixMillis) -> bool {
        let day = self.day(bucket, now);
        day.units < self.daily_units && day.may_probe(now)
    }

    /// When there are new units.
    fn resets_at(&self, bucket: Bucket, now: UnixMillis) -> UnixMillis {
        next_reset(self.day(bucket, now).began_at.max(now))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Spender::{Lists, People, Polling};
    use super::*;
    use crate::source::budget::{LIST_SHARE, PEOPLE_SHARE};

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[test]
    fn the_last_unit_is_given_and_the_next_waits_for_midnight() {
        let now = at("2026-11-01T20:00:00Z");
        let mut quota = Quota::new(2, QuotaState::default());
        assert_eq!(quota.try_spend(Bucket::General, Polling, now), Ok(()));
        assert_eq!(quota.try_spend(Bucket::General, Polling, now), Ok(()));
        let midnight = at("2026-11-02T08:00:00Z");
        assert_eq!(quota.try_spend(Bucket::General, Polling, now), Err(Denied::Day(midnight)));
        assert_eq!(quota.remaining(Bucket::General, now), 0);
        assert_eq!(quota.remaining(Bucket::Stats, now), 2, "the buckets are apart");
        assert_eq!(quota.try_spend(Bucket::General, Polling, midnight), Ok(()));
    }

    #[test]
    fn what_was_spent_survives_a_restart() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(10, QuotaState::default());
        quota.try_spend(Bucket::Stats, Polling, now).unwrap();
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
        let soon = now.plus(HOUR / 2);
        assert_eq!(
            quota.try_spend(Bucket::Stats, Polling, soon),
            Err(Denied::Day(next_reset(now)))
        );
        assert_eq!(quota.allowance(Bucket::Stats, Polling, soon), 0);
        assert_eq!(quota.try_spend(Bucket::Stats, Polling, next_reset(now)), Ok(()));
    }

    #[test]
    fn one_question_an_hour_finds_out_that_the_quota_was_raised() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        quota.used_up(Bucket::General, now);
        let later = now.plus(HOUR);
        assert_eq!(quota.allowance(Bucket::General, Polling, later), 1);
        assert_eq!(quota.try_spend(Bucket::General, Polling, later), Ok(()));
        for by in Spender::ALL {
            assert!(quota.try_spend(Bucket::General, by, later).is_err(), "one, not one each");
        }
        quota.used_up(Bucket::General, later);
        assert_eq!(quota.allowance(Bucket::General, Polling, later.plus(HOUR / 2)), 0);
        assert_eq!(quota.try_spend(Bucket::General, People, later.plus(HOUR)), Ok(()));
        quota.answered(Bucket::General, later.plus(HOUR));
        assert_eq!(quota.exhausted_until(Bucket::General, later.plus(HOUR)), None);
        assert!(quota.allowance(Bucket::General, Polling, later.plus(HOUR)) > 1);
    }

    #[test]
    fn our_own_count_is_the_operators_and_is_not_asked_about() {
        let now = at("2026-11-22T09:00:00Z");
        let mut quota = Quota::new(1, QuotaState::default());
        quota.try_spend(Bucket::Stats, Polling, now).unwrap();
        assert!(quota.try_spend(Bucket::Stats, Polling, now.plus(5 * HOUR)).is_err());
    }

    #[test]
    fn people_can_not_take_the_units_of_polling_and_lists() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(300, QuotaState::default());
        quota.expect_lists(true);
        let mut given = 0;
        while quota.try_spend(Bucket::General, People, now).is_ok() {
            given += 1;
        }
        assert_eq!(given, 60);
        let midnight = next_reset(now);
        assert_eq!(
            quota.try_spend(Bucket::General, People, now),
            Err(Denied::Share(midnight)),
            "the day goes on for the others"
        );
        assert_eq!(quota.exhausted_until(Bucket::General, now), None);
        let evening = midnight.minus(Duration::from_secs(1));
        assert_eq!(quota.allowance(Bucket::General, Polling, evening), 180);
        assert_eq!(quota.allowance(Bucket::General, Lists, evening), 60);
    }

    #[test]
    fn the_state_of_an_older_version_counts_for_polling() {
        let now = at("2026-11-22T20:00:00Z");
        let mut quota = Quota::new(100, QuotaState::default());
        for _ in 0..70 {
            quota.try_spend(Bucket::General, Polling, now).unwrap();
        }
        let text = serde_json::to_string(quota.state()).unwrap();
        let old = text.replace(",\"people\":0,\"lists\":0", "");
        assert_ne!(old, text);
        let back = Quota::new(100, serde_json::from_str(&old).unwrap());
        assert_eq!(back.allowance(Bucket::General, People, now), 20);
        assert_eq!(back.budget(now).general, 10);
    }

    #[test]
    fn used_up_just_after_midnight_does_not_cost_the_new_day() {
        let now = at("2026-11-22T08:00:02Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        assert_eq!(quota.used_up(Bucket::Stats, now), now.plus(RESET_RETRY));
        assert_eq!(quota.try_spend(Bucket::Stats, Polling, now.plus(RESET_RETRY)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_brings_no_units_back() {
        let now = at("2026-11-22T09:00:00Z");
        let mut quota = Quota::new(1, QuotaState::default());
        quota.try_spend(Bucket::Stats, Polling, now).unwrap();
        assert!(quota.try_spend(Bucket::Stats, Polling, now.minus(2 * HOUR)).is_err());
    }

    #[test]
    fn a_clock_that_was_years_ahead_does_not_lock_the_bucket() {
        let mut quota = Quota::new(1, QuotaState::default());
        quota.try_spend(Bucket::Stats, Polling, at("2040-01-01T09:00:00Z")).unwrap();
        assert_eq!(quota.try_spend(Bucket::Stats, Polling, at("2026-11-22T09:00:00Z")), Ok(()));
    }

    #[test]
    fn the_allowance_leaves_units_for_the_evening_and_for_people() {
        let start = at("2026-11-22T08:00:00Z");
        let mut quota = Quota::new(10_000, QuotaState::default());
        assert_eq!(quota.allowance(Bucket::Stats, Polling, start), 100);
        assert_eq!(quota.allowance(Bucket::Stats, Polling, start.plus(12 * HOUR)), 5_100);
        assert_eq!(
            quota.allowance(Bucket::General, Polling, start.plus(24 * HOUR - HOUR / 60)),
            8_000
        );
        for _ in 0..5_100 {
            quota.try_spend(Bucket::Stats, Polling, start).unwrap();
        }
        assert_eq!(quota.allowance(Bucket::Stats, Polling, start.plus(12 * HOUR)), 0);
    }

    proptest! {
        #[test]
        fn no_day_spends_more_than_its_budget_and_nobody_more_than_their_share(
            daily in 0u32..50,
            steps in prop::collection::vec((0u64..7_200, any::<bool>(), 0usize..3, 0u8..40), 1..400),
        ) {
            let mut now = at("2026-10-31T20:00:00Z");
            let mut quota = Quota::new(daily, QuotaState::default());
            let mut sent = std::collections::HashMap::new();
            for (seconds, stats, by, word) in steps {
                now = now.plus(Duration::from_secs(seconds));
                let bucket = if stats { Bucket::Stats } else { Bucket::General };
                match word {
                    0 => drop(quota.used_up(bucket, now)),
                    1 => quota.answered(bucket, now),
                    2 => quota.expect_lists(true),
                    3 => quota.expect_lists(false),
                    _ => {}
                }
                let by = Spender::ALL[by];
                prop_assert!(quota.allowance(bucket, by, now) <= quota.remaining(bucket, now).max(1));
                if quota.try_spend(bucket, by, now).is_ok() {
                    let counts = sent.entry((stats, last_reset(now))).or_insert([0u32; 3]);
                    counts[Spender::ALL.iter().position(|each| *each == by).unwrap()] += 1;
                    let [polling, lists, people] = *counts;
                    prop_assert!(polling + lists + people <= daily);
                    prop_assert!(people <= daily / PEOPLE_SHARE);
                    prop_assert!(polling + lists <= bucket.polling_units(daily));
                    prop_assert!(lists <= bucket.polling_units(daily) / LIST_SHARE);
                }
            }
        }

        #[test]
        fn whatever_the_others_do_a_share_can_be_spent_whole(
            daily in 1u32..300, mine in 0usize..3, greed in prop::collection::vec(0usize..3, 0..900),
        ) {
            let now = at("2026-11-22T20:00:00Z");
            let mut quota = Quota::new(daily, QuotaState::default());
            quota.expect_lists(true);
            let mine = Spender::ALL[mine];
            for by in greed.into_iter().map(|by| Spender::ALL[by]).filter(|by| *by != mine) {
                quota.try_spend(Bucket::General, by, now).ok();
            }
            for _ in 0..Bucket::General.share(mine, daily, true) {
                prop_assert_eq!(quota.try_spend(Bucket::General, mine, now), Ok(()));
            }
            prop_assert!(quota.try_spend(Bucket::General, mine, now).is_err());
        }

        #[test]
        fn while_youtube_says_used_up_it_is_asked_once_an_hour(
            asks in prop::collection::vec((1u64..600, 0usize..3), 1..300),
        ) {
            let mut now = at("2026-11-22T09:00:00Z");
            let reset = next_reset(now);
            let mut quota = Quota::new(10_000, QuotaState::default());
            quota.expect_lists(true);
            quota.used_up(Bucket::General, now);
            let mut last = now;
            for (seconds, by) in asks {
                now = now.plus(Duration::from_secs(seconds));
                if now >= reset {
                    break;
                }
                if quota.try_spend(Bucket::General, Spender::ALL[by], now).is_ok() {
                    prop_assert!(now.since(last) >= PROBE_EVERY);
                    last = now;
                    quota.used_up(Bucket::General, now);
                } else {
                    prop_assert!(now.since(last) < PROBE_EVERY);
                }
            }
        }

        #[test]
        fn any_instant_lies_inside_its_day(ms in any::<i64>()) {
            let now = UnixMillis(ms);
            prop_assert!(last_reset(now) <= now || now.timestamp() == jiff::Timestamp::MIN);
            let mut quota = Quota::new(1, QuotaState::default());
            prop_assert!(quota.allowance(Bucket::General, Polling, now) <= 1);
            prop_assert!(quota.try_spend(Bucket::Stats, Polling, now).is_ok());
            prop_assert!(quota.exhausted_until(Bucket::Stats, now).is_some());
        }
    }
}
