//! What every recorded video looks like at an instant of the playback. Pure: nothing here knows the time.

use std::collections::BTreeMap;
use std::time::Duration;

/// What was recorded of one video on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// Which of the recorded days, from 0.
    pub(super) day: u32,
    /// The title on that day.
    pub(super) title: String,
    /// Views on that day.
    pub(super) views: u64,
    /// Likes on that day.
    pub(super) likes: u64,
    /// Comments on that day.
    pub(super) comments: u64,
}

/// What was recorded of one video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    /// Made from the channel's name.
    pub(super) channel: String,
    /// The channel's name.
    pub(super) channel_title: String,
    /// Never empty.
    pub(super) points: Vec<Point>,
}

/// How one video stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update<'a> {
    /// The video's id.
    pub video: &'a str,
    /// The id of its channel, made from the name.
    pub channel: &'a str,
    /// The channel's name; empty where the recording has none.
    pub channel_title: &'a str,
    /// The title of the last recorded day.
    pub title: &'a str,
    /// Views, between two recorded days on the line between them.
    pub views: u64,
    /// Likes, in the same way.
    pub likes: u64,
    /// Comments, in the same way.
    pub comments: u64,
}

/// A recording in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    videos: BTreeMap<String, Recorded>,
    days: u32,
}

impl Timeline {
    /// Sorts the points of each video by day.
    pub(super) fn new(mut videos: BTreeMap<String, Recorded>, days: u32) -> Timeline {
        videos.retain(|_, recorded| !recorded.points.is_empty());
        for recorded in videos.values_mut() {
            recorded.points.sort_by_key(|point| point.day);
        }
        Timeline { videos, days }
    }

    /// How many days were recorded. Days of which nothing was recorded do not count: the playback skips them.
    #[must_use]
    pub const fn days(&self) -> u32 {
        self.days
    }

    /// How many videos were recorded.
    #[must_use]
    pub fn videos(&self) -> usize {
        self.videos.len()
    }

    /// How long the playback takes: the last day is reached after all others have passed.
    #[must_use]
    pub fn length(&self, per_day: Duration) -> Duration {
        per_day.saturating_mul(self.days.saturating_sub(1))
    }

    /// The videos to watch in a demo, the best first: there from the first day, recorded on the most days, and of those
    /// with the greatest gain.
    #[must_use]
    pub fn liveliest(&self, count: usize) -> Vec<&str> {
        let gain = |points: &[Point]| match points {
            [first, .., last] => last.views.saturating_sub(first.views),
            _ => 0,
        };
        let first = self.videos.values().filter_map(|r| r.points.first()).map(|p| p.day).min();
        let mut there: Vec<_> = (self.videos.iter())
            .filter(|(_, recorded)| recorded.points.first().map(|point| point.day) == first)
            .collect();
        there.sort_by_key(|(_, r)| std::cmp::Reverse((r.points.len(), gain(&r.points))));
        there.into_iter().take(count).map(|(video, _)| video.as_str()).collect()
    }

    /// How every video stands that was recorded up to `elapsed` after the start, one recorded day in `per_day`.
    ///
    /// A video that was recorded for the last time stays as it was.
    pub fn at(&self, elapsed: Duration, per_day: Duration) -> impl Iterator<Item = Update<'_>> {
        let moment = Moment::of(elapsed, per_day);
        self.videos.iter().filter_map(move |(video, recorded)| {
            let passed =
                recorded.points.partition_point(|point| u128::from(point.day) <= moment.day);
            let before = recorded.points.get(passed.checked_sub(1)?)?;
            let after = recorded.points.get(passed).unwrap_or(before);
            let between = |count: fn(&Point) -> u64| moment.between(before, after, count);
            Some(Update {
                video,
                channel: &recorded.channel,
                channel_title: &recorded.channel_title,
                title: &before.title,
                views: between(|point| point.views),
                likes: between(|point| point.likes),
                comments: between(|point| point.comments),
            })
        })
    }
}

/// A point in recorded time: a day, and how much of it has passed in parts of `whole`.
#[derive(Debug, Clone, Copy)]
struct Moment {
    day: u128,
    part: u128,
    whole: u128,
}

impl Moment {
    fn of(elapsed: Duration, per_day: Duration) -> Moment {
        // At least a millisecond a day: 0 would be no speed at all.
        let whole = per_day.as_millis().max(1);
        Moment { day: elapsed.as_millis() / whole, part: elapsed.as_millis() % whole, whole }
    }

    /// The count at this moment on the line from `before` to `after`, rounded towards `before`.
    fn between(&self, before: &Point, after: &Point, count: fn(&Point) -> u64) -> u64 {
        let (from, to) = (count(before), count(after));
        let span = u128::from(after.day.saturating_sub(before.day)) * self.whole;
        if span == 0 {
            return from;
        }
        let gone = (self.day - u128::from(before.day)).saturating_mul(self.whole) + self.part;
        let moved = u128::from(from.abs_diff(to)).saturating_mul(gone.min(span)) / span;
        let moved = u64::try_from(moved).unwrap_or(u64::MAX);
        if to >= from { from.saturating_add(moved) } else { from.saturating_sub(moved) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(60);

    fn point(day: u32, views: u64) -> Point {
        Point { day, title: format!("day {day}"), views, likes: views / 10, comments: 3 }
    }

    fn timeline(points: Vec<Point>) -> Timeline {
        let days = points.iter().map(|point| point.day + 1).max().unwrap();
        let channel = "UCaaaaaaaaaaaaaaaaaaaaaa".to_owned();
        let recorded = Recorded { channel, channel_title: "Ch".to_owned(), points };
        Timeline::new(BTreeMap::from([("aaaaaaaaaaa".to_owned(), recorded)]), days)
    }

    fn views_at(timeline: &Timeline, seconds: u64) -> Option<u64> {
        timeline.at(Duration::from_secs(seconds), DAY).next().map(|update| update.views)
    }

    #[test]
    fn recorded_days_show_what_was_recorded_and_the_time_between_a_straight_line() {
        let timeline = timeline(vec![point(2, 400), point(0, 100), point(1, 200)]);
        let seen: Vec<_> =
            [0, 30, 60, 90, 120, 999].map(|s| views_at(&timeline, s).unwrap()).into();
        assert_eq!(seen, [100, 150, 200, 300, 400, 400]);
        assert_eq!(timeline.length(DAY), Duration::from_secs(120));
    }

    #[test]
    fn a_missing_day_is_bridged() {
        let timeline = timeline(vec![point(0, 100), point(4, 500)]);
        assert_eq!(views_at(&timeline, 60), Some(200));
        assert_eq!(views_at(&timeline, 210), Some(450));
    }

    #[test]
    fn counts_that_fell_fall() {
        let timeline = timeline(vec![point(0, 100), point(1, 40)]);
        assert_eq!(views_at(&timeline, 30), Some(70));
    }

    #[test]
    fn a_video_is_not_there_before_its_first_day() {
        let timeline = timeline(vec![point(3, 100)]);
        assert_eq!(views_at(&timeline, 179), None);
        assert_eq!(views_at(&timeline, 180), Some(100));
    }

    #[test]
    fn a_title_changes_on_its_day_and_not_before() {
        let timeline = timeline(vec![point(0, 1), point(1, 1)]);
        let title = |s| timeline.at(Duration::from_secs(s), DAY).next().unwrap().title;
        assert_eq!((title(59), title(60)), ("day 0", "day 1"));
    }

    #[test]
    fn no_speed_at_all_is_a_very_fast_one() {
        let timeline = timeline(vec![point(0, 1), point(5, 9)]);
        let end = timeline.at(Duration::from_secs(1), Duration::ZERO).next().unwrap();
        assert_eq!(end.views, 9);
    }

    #[test]
    fn what_the_demo_watches_is_there_from_the_first_day() {
        let of = |id: &str, points: Vec<Point>| {
            let channel = "UCaaaaaaaaaaaaaaaaaaaaaa".to_owned();
            (id.to_owned(), Recorded { channel, channel_title: String::new(), points })
        };
        let timeline = Timeline::new(
            BTreeMap::from([
                of("later-video", vec![point(1, 0), point(2, 5), point(3, 900)]),
                of("short-video", vec![point(0, 100)]),
                of("slow--video", vec![point(0, 100), point(1, 101)]),
                of("quick-video", vec![point(0, 100), point(1, 200)]),
            ]),
            4,
        );
        assert_eq!(timeline.liveliest(2), ["quick-video", "slow--video"]);
        assert_eq!(timeline.liveliest(9).len(), 3);
    }

    proptest! {
        #[test]
        fn a_count_never_leaves_what_was_recorded_around_it(
            a in 0..=i64::MAX.cast_unsigned(), b in 0..=i64::MAX.cast_unsigned(),
            gap in 1_u32..5_000, elapsed_ms in 0_u64..10_000_000_000, per_day_ms in 0_u64..10_000_000,
        ) {
            let timeline = timeline(vec![point(0, a), point(gap, b)]);
            let (elapsed, per_day) = (Duration::from_millis(elapsed_ms), Duration::from_millis(per_day_ms));
            let views = timeline.at(elapsed, per_day).next().unwrap().views;
            prop_assert!((a.min(b)..=a.max(b)).contains(&views));
        }
    }
}
