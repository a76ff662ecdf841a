//! When a video is looked at next: as often as it moves, inside the operator's bounds, and never beyond the quota.
//!
//! Pure. Three things act together. *Activity* gives a video its own interval between `min_interval` and
//! `max_interval`. The [`Plan`] for all videos stretches that where even `max_interval` would cost more than the day
//! has: the budget beats the bound. What is left over (too many busy videos at once) is held back by
//! [`super::Quota::allowance`] and stays due, so that everything gets later by the same wait.

mod describe;
mod lists;

use std::time::Duration;

pub(crate) use lists::{ListPace, Lists};

use super::activity::Activity;
use super::budget::{PER_CALL_MAX, UnitBudget, evenly, per_day};
use crate::model::{Live, Status, UnixMillis};
use lists::OfLists;

/// A video may be looked at sooner by one in so many parts of its wait, where that saves a request.
pub(super) const EARLY_PARTS: u32 = 4;

/// The wait between looks is at most this part of a video's age, so that a new one is not slept through.
const AGE_PARTS: u32 = 48;

/// Title and status are read this many times less often than the numbers of a busy video; they have their own bucket.
const DETAILS_FACTOR: u32 = 5;

/// The same for a broadcast that is announced or on air.
const LIVE_DETAILS_FACTOR: u32 = 2;

/// The lists of channels and playlists are looked at this many times less often: every five minutes by default.
const LIST_FACTOR: u32 = 5;

/// The bounds that the operator set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    /// No video is looked at more often.
    pub min_interval: Duration,
    /// No video is looked at less often, if the budget allows.
    pub max_interval: Duration,
}

/// The plan for all videos: what polling costs, and the intervals that the budget allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Videos that are watched.
    pub videos: usize,
    /// Requests per day for numbers, if all videos were busy at once.
    pub units_per_day_stats: u64,
    /// Requests per day for titles and status.
    pub units_per_day_details: u64,
    /// Requests per day for the lists of channels and playlists.
    pub units_per_day_lists: u64,
    /// Whether every video can be looked at within `max_interval`.
    pub fits: bool,
    /// The wait between two looks at a video, if all were busy at once.
    pub effective_interval: Duration,
    /// The wait between two readings of title and status.
    pub details_interval: Duration,
    /// Channels and playlists that are watched.
    pub lists: Lists,
    /// The wait between two looks at the feed of one list.
    pub feed_interval: Duration,
    /// The wait between two looks at one list that cost a unit.
    pub list_interval: Duration,
    /// The wait between two readings of a whole list.
    pub whole_interval: Duration,
    /// With more lists than this, a new video may stay unseen for longer than a quarter of an hour.
    pub lists_in_time: usize,
    /// All this in one line for the operator.
    pub message: String,
    intervals: Intervals,
    /// The wait at which the numbers of all videos, evenly, cost just what there is.
    even: Duration,
}

impl Plan {
    /// Plans for `videos` and `lists`.
    #[must_use]
    pub fn new(intervals: Intervals, videos: usize, lists: Lists, budget: UnitBudget) -> Plan {
        let Intervals { min_interval: min, max_interval: max } = intervals;
        let calls = u64::try_from(videos.div_ceil(PER_CALL_MAX)).unwrap_or(u64::MAX);

        let even = evenly(calls, budget.stats, budget.over);
        let even_details = evenly(calls, budget.general, budget.over);
        let effective_interval = min.max(even);
        let details_interval = min.saturating_mul(DETAILS_FACTOR).max(even_details);
        let fits =
            even <= max.max(min) && even_details <= max.max(min.saturating_mul(DETAILS_FACTOR));
        let of_lists = OfLists::new(look_at_lists_every(intervals), lists, budget);
        let mut plan = Plan {
            videos,
            units_per_day_stats: per_day(calls, effective_interval),
            units_per_day_details: per_day(calls, details_interval),
            units_per_day_lists: of_lists.units_per_day,
            fits,
            effective_interval,
            details_interval,
            lists,
            feed_interval: of_lists.feed,
            list_interval: of_lists.paid,
            whole_interval: of_lists.whole,
            lists_in_time: of_lists.in_time,
            message: String::new(),
            intervals,
            even,
        };
        plan.message = plan.describe();
        plan
    }

    /// The bounds it was made for.
    #[must_use]
    pub const fn intervals(&self) -> Intervals {
        self.intervals
    }

    /// How long a new video of a list may stay unseen. A channel's feed tells sooner while feeds work: within
    /// [`Plan::feed_interval`].
    #[must_use]
    pub const fn list_delay(&self) -> Duration {
        self.list_interval
    }

    /// How often a list is looked at while `allowance` units are there for lists now: what was saved earlier in the
    /// day is used, as long as there is one for each list.
    #[must_use]
    pub fn pace(&self, allowance: u32) -> ListPace {
        let is_plenty = usize::try_from(allowance).unwrap_or(usize::MAX) > self.lists.count;
        let paid = if is_plenty { look_at_lists_every(self.intervals) } else { self.list_interval };
        ListPace { feed: self.feed_interval, paid, whole: self.whole_interval }
    }

    /// The wait until the next look at the numbers of one video.
    ///
    /// Inside `min_interval` and `max_interval`, unless the budget is too small for all videos at `max_interval`.
    #[must_use]
    pub fn interval(
        &self,
        activity: &Activity,
        status: Status,
        live: Live,
        published_at: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Duration {
        let Intervals { min_interval: min, max_interval: max } = self.intervals;
        let wanted = match (status, live) {
            (Status::Unavailable, _) => max,
            (Status::Public | Status::Unlisted, Live::Live) => min,
            (Status::Public | Status::Unlisted, _) => {
                let young = published_at.map_or(max, |at| now.since(at) / AGE_PARTS);
                activity.wanted().min(young)
            }
        };
        // In this order: whoever sets max below min gets min.
        let wanted = wanted.min(max).max(min);
        if self.even > max { wanted.max(self.even) } else { wanted }
    }

    /// The wait until title, status and live are read again.
    #[must_use]
    pub fn details_interval_of(&self, live: Live) -> Duration {
        match live {
            Live::None | Live::Completed => self.details_interval,
            Live::Upcoming | Live::Live => {
                let short = self.intervals.min_interval.saturating_mul(LIVE_DETAILS_FACTOR);
                short.max(self.details_interval / DETAILS_FACTOR)
            }
        }
    }

    /// The moment `wait` from now, in step with all other videos: on the grid of `min_interval`.
    ///
    /// A request costs the same for 1 video as for 50, so videos that are due within the same minute had better be
    /// due at the same moment. A video falls in step at its first look, at most a quarter of `min_interval` sooner
    /// than that; from then on its looks are whole multiples apart.
    #[must_use]
    pub fn in_step(&self, now: UnixMillis, wait: Duration) -> UnixMillis {
        let grid = self.grid_ms();
        let soonest =
            now.plus(self.intervals.min_interval - self.intervals.min_interval / EARLY_PARTS);
        let on_grid = now.plus(wait).0.div_euclid(grid).saturating_mul(grid);
        if on_grid >= soonest.0 {
            return UnixMillis(on_grid);
        }
        let late = soonest.0.saturating_sub(on_grid);
        let steps = late / grid + i64::from(late % grid > 0);
        UnixMillis(on_grid.saturating_add(steps.saturating_mul(grid)))
    }

    fn grid_ms(&self) -> i64 {
        i64::try_from(self.intervals.min_interval.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    /// How far ahead of now a video may be due and still fill up a batch: see [`super::next_round`].
    #[must_use]
    pub fn look_ahead(&self) -> Duration {
        self.intervals.max_interval.max(self.details_interval).max(self.even) / EARLY_PARTS
    }
}

/// The wait between two looks at a list, while there are units.
fn look_at_lists_every(intervals: Intervals) -> Duration {
    let Intervals { min_interval: min, max_interval: max } = intervals;
    min.saturating_mul(LIST_FACTOR).min(max).max(min)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Counts;
    use crate::source::budget::DAY;

    const MIN: Duration = Duration::from_secs(60);
    const MAX: Duration = Duration::from_secs(3600);
    const INTERVALS: Intervals = Intervals { min_interval: MIN, max_interval: MAX };
    const WHOLE_DAY: UnitBudget = UnitBudget::of_a_day(10_000, false);
    const START: UnixMillis = UnixMillis(1_793_000_000_000);
    const LONG_AGO: Option<UnixMillis> = Some(UnixMillis(1_500_000_000_000));

    fn views(views: i64) -> Counts {
        Counts { views: Some(views), ..Counts::default() }
    }

    /// Lets a video grow by `per_hour` views for some hours and returns the interval it ends with.
    fn settled(
        start: i64,
        per_hour: i64,
        published_at: Option<UnixMillis>,
        live: Live,
    ) -> Duration {
        let plan = Plan::new(INTERVALS, 10, Lists::default(), WHOLE_DAY);
        let (mut activity, mut now, mut last) = (Activity::default(), START, None);
        let mut interval = MIN;
        while now.since(START) < Duration::from_secs(6 * 3600) {
            let hours_ms = i64::try_from(now.since(START).as_millis()).unwrap();
            let counts = views(start + per_hour * hours_ms / 3_600_000);
            activity = activity.observe(last.as_ref(), &counts, now);
            last = Some(counts);
            interval = plan.interval(&activity, Status::Public, live, published_at, now);
            now = now.plus(interval);
        }
        interval
    }

    #[test]
    fn a_quiet_video_ends_at_the_longest_interval() {
        assert_eq!(settled(1_000_000, 0, LONG_AGO, Live::None), MAX);
    }

    #[test]
    fn a_busy_video_is_looked_at_as_often_as_allowed() {
        assert_eq!(settled(1_000, 5_000, LONG_AGO, Live::None), MIN);
    }

    #[test]
    fn in_between_the_interval_follows_the_pace() {
        let interval = settled(1_000_000, 10_000, LONG_AGO, Live::None);
        assert!((600..900).contains(&interval.as_secs()), "1 % an hour: {interval:?}");
    }

    #[test]
    fn a_new_video_and_a_broadcast_are_not_slept_through() {
        let young = settled(1_000_000, 0, Some(START), Live::None);
        assert!(young < Duration::from_secs(8 * 60), "6 hours old: {young:?}");
        assert_eq!(settled(1_000_000, 0, LONG_AGO, Live::Live), MIN);
    }

    #[test]
    fn a_jump_after_hours_of_standing_still_is_no_storm() {
        let plan = Plan::new(INTERVALS, 10, Lists::default(), WHOLE_DAY);
        let at = |hours: u64| START.plus(Duration::from_secs(hours * 3600));
        let activity = Activity::default()
            .observe(None, &views(100_000), START)
            .observe(Some(&views(100_000)), &views(100_000), at(10))
            .observe(Some(&views(100_000)), &views(101_000), at(11));
        let interval = plan.interval(&activity, Status::Public, Live::None, LONG_AGO, at(11));
        assert!(interval > 5 * MIN, "{interval:?}");
    }

    #[test]
    fn looks_fall_in_step_and_stay_there() {
        let plan = Plan::new(INTERVALS, 10, Lists::default(), WHOLE_DAY);
        let check = |now: i64, wait: u64, expected: i64| {
            let at = plan.in_step(UnixMillis(now * 1_000), Duration::from_secs(wait));
            assert_eq!(at, UnixMillis(expected * 1_000), "{now} + {wait}");
        };
        check(600, 60, 660);
        // The round came late: the next one is on time all the same.
        check(603, 60, 660);
        check(614, 60, 660);
        check(616, 60, 720);
        check(659, 60, 660 + 60);
        check(603, 150, 720);
        check(603, 3_600, 4_200);
    }

    #[test]
    fn a_few_videos_cost_little_and_the_plan_says_so() {
        let plan = Plan::new(INTERVALS, 50, Lists::default(), WHOLE_DAY);
        assert!(plan.fits);
        assert_eq!(plan.effective_interval, MIN);
        assert_eq!((plan.units_per_day_stats, plan.units_per_day_details), (1_440, 288));
        insta::assert_snapshot!(plan.message, @"50 videos can be looked at every 1m (at most 1440 requests a day for numbers, 288 for titles and status, 0 for lists). New videos: within 15m with up to 20 channels and playlists");
    }

    #[test]
    fn without_watches_the_plan_names_no_cost_and_one_list_is_one() {
        let plan = Plan::new(INTERVALS, 0, Lists::default(), WHOLE_DAY);
        insta::assert_snapshot!(plan.message, @"no video is watched yet; a few can be looked at every 1m. New videos: within 15m with up to 20 channels and playlists");
        let one = Lists { count: 1, pages: 1 };
        let plan = Plan::new(INTERVALS, 0, one, UnitBudget::of_a_day(10_000, true));
        assert!(plan.message.contains(". 1 channel or playlist. New"), "{}", plan.message);
    }

    #[test]
    fn many_videos_share_the_day() {
        let plan = Plan::new(
            INTERVALS,
            10_000,
            Lists { count: 2, pages: 4 },
            UnitBudget::of_a_day(10_000, true),
        );
        assert!(plan.fits);
        assert_eq!(plan.effective_interval.as_secs(), 1_728);
        insta::assert_snapshot!(plan.message, @"10000 videos: busy ones every 1m, quiet ones every 1h, and every 28m48s if all were busy at once (at most 9999 requests a day for numbers, 5999 for titles and status, 580 for lists). 2 channels and playlists. New videos: within 5m in channels whose feed works, else within 5m (15m with up to 20 channels and playlists)");
    }

    #[test]
    fn the_budget_beats_the_longest_interval() {
        let plan = Plan::new(INTERVALS, 100_000, Lists::default(), WHOLE_DAY);
        assert!(!plan.fits);
        let interval = plan.interval(&Activity::default(), Status::Public, Live::Live, None, START);
        assert_eq!(interval.as_secs(), 17_280);
        insta::assert_snapshot!(plan.message, @"100000 videos are too many for max_interval = 1h: the quota allows numbers every 4h48m, titles and status every 6h (at most 9999 requests a day for numbers, 7999 for titles and status, 0 for lists). New videos: within 15m with up to 20 channels and playlists");
    }

    #[test]
    fn without_units_everything_waits_for_the_reset() {
        let over = Duration::from_secs(5 * 3600);
        let plan = Plan::new(
            INTERVALS,
            1,
            Lists::default(),
            UnitBudget { stats: 0, general: 0, lists: 0, over },
        );
        let interval = plan.interval(&Activity::default(), Status::Public, Live::None, None, START);
        assert!(interval >= over);
    }

    fn any_counts() -> impl Strategy<Value = Counts> {
        let count = prop::option::of(any::<i64>());
        (count.clone(), count.clone(), count).prop_map(|(views, likes, comments)| Counts {
            views,
            likes,
            comments,
        })
    }

    proptest! {
        #[test]
        fn the_interval_stays_inside_its_bounds_unless_the_budget_is_too_small(
            readings in prop::collection::vec((any_counts(), any::<i64>()), 0..6),
            videos in 0usize..200_000,
            pages in 0usize..1_000,
            stats in 0u32..20_000,
            general in 0u32..20_000,
            over_s in 0u64..90_000,
            min_s in 1u64..600,
            longer_s in 0u64..7_200,
            live in prop::sample::select(vec![Live::None, Live::Live, Live::Upcoming]),
            published_at in prop::option::of(any::<i64>()),
        ) {
            let (min, max) = (Duration::from_secs(min_s), Duration::from_secs(min_s + longer_s));
            let budget = UnitBudget { stats, general, lists: general / 4, over: Duration::from_secs(over_s) };
            let intervals = Intervals { min_interval: min, max_interval: max };
            let plan = Plan::new(intervals, videos, Lists { count: pages / 3, pages }, budget);
            let (mut activity, mut now, mut last) = (Activity::default(), START, None);
            for (counts, at) in readings {
                now = UnixMillis(at);
                activity = activity.observe(last.as_ref(), &counts, now);
                last = Some(counts);
            }
            let published_at = published_at.map(UnixMillis);
            let interval = plan.interval(&activity, Status::Public, live, published_at, now);
            prop_assert!(interval >= min);
            if plan.fits {
                prop_assert!(interval <= max);
            }
            let text = serde_json::to_string(&activity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Activity>(&text).unwrap(), activity);
        }

        #[test]
        fn what_is_planned_evenly_costs_no_more_than_there_is(
            videos in 0usize..500_000, pages in 0usize..10_000, units in 4u32..20_000,
        ) {
            let budget = UnitBudget { stats: units, general: units, lists: units / 4, over: DAY };
            let plan = Plan::new(INTERVALS, videos, Lists { count: pages / 3, pages }, budget);
            prop_assert!(plan.units_per_day_stats <= u64::from(units));
            prop_assert!(plan.units_per_day_details <= u64::from(units));
            prop_assert!(plan.units_per_day_lists <= u64::from(units / 4).max(1));
        }
    }
}
