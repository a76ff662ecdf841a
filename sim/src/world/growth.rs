//! How counts of the simulated YouTube move: at a pace, in lumps, and now and then down.
//!
//! Whole numbers throughout: the rest of every division is carried over, so that a slow video grows too.

use jiff::SignedDuration;
use rand::Rng;

use super::{Live, World};

/// The beat of the world.
pub(super) const TICK: SignedDuration = SignedDuration::from_secs(1);

/// A plateau: of every `every_s` seconds the published count stands still for the first `for_s`, then jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// The period, in seconds.
    pub every_s: u64,
    /// How long of it the count stands still, in seconds.
    pub for_s: u64,
}

/// How one video grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pace {
    /// Views in an hour, on average.
    pub views_per_hour: u64,
    /// Likes that come with 1,000 views.
    pub likes_per_1000: u64,
    /// Comments that come with 1,000 views.
    pub comments_per_1000: u64,
    /// Its plateaus.
    pub hold: Option<Hold>,
    /// Out of 1,000 ticks, how many take a few of the views and likes back, as the removal of spam does.
    pub corrections_per_1000: u32,
    views_carry: u64,
    likes_carry: u64,
    comments_carry: u64,
    held_back: u64,
}

impl Pace {
    /// So many views in an hour; 4 likes for 100 of them, 4 comments for 1,000.
    #[must_use]
    pub fn of(views_per_hour: u64) -> Pace {
        Pace { views_per_hour, likes_per_1000: 40, comments_per_1000: 4, ..Pace::default() }
    }

    /// The same with plateaus.
    #[must_use]
    pub fn holding(self, every_s: u64, for_s: u64) -> Pace {
        Pace { hold: Some(Hold { every_s, for_s }), ..self }
    }

    /// The same with corrections.
    #[must_use]
    pub fn corrected(self, per_1000: u32) -> Pace {
        Pace { corrections_per_1000: per_1000.min(1_000), ..self }
    }
}

/// The whole part of `carry / unit`; the rest stays in `carry`.
fn take_whole(carry: &mut u64, unit: u64) -> u64 {
    let whole = *carry / unit;
    *carry %= unit;
    whole
}

impl World {
    /// One tick of growth for every visible video that has a pace.
    pub(super) fn grow(&mut self) {
        for (id, pace) in &mut self.paces {
            // Drawn for every video, so that hiding one does not change the numbers of the others.
            let jitter_percent: u64 = self.rng.random_range(50..=150);
            let is_corrected = self.rng.random_ratio(pace.corrections_per_1000.min(1_000), 1_000);
            let Some(video) = self.videos.get_mut(id) else { continue };
            if !video.visibility.is_visible() {
                continue;
            }
            pace.views_carry =
                pace.views_carry.saturating_add(pace.views_per_hour.saturating_mul(jitter_percent));
            // Percent of views an hour, in ticks of a second.
            pace.held_back =
                pace.held_back.saturating_add(take_whole(&mut pace.views_carry, 100 * 3600));
            let is_held =
                pace.hold.is_some_and(|hold| self.ticks % hold.every_s.max(1) < hold.for_s);
            if !is_held {
                let views = std::mem::take(&mut pace.held_back);
                pace.likes_carry =
                    pace.likes_carry.saturating_add(views.saturating_mul(pace.likes_per_1000));
                pace.comments_carry = pace
                    .comments_carry
                    .saturating_add(views.saturating_mul(pace.comments_per_1000));
                let (likes, comments) = (
                    take_whole(&mut pace.likes_carry, 1_000),
                    take_whole(&mut pace.comments_carry, 1_000),
                );
                video.views.value = video.views.value.saturating_add(views);
                video.likes.value = video.likes.value.saturating_add(likes);
                video.comments.value = video.comments.value.saturating_add(comments);
            }
            if is_corrected {
                for count in [&mut video.views, &mut video.likes] {
                    count.value = count.value.saturating_sub(3 + count.value / 5_000);
                }
            }
            if video.live == Live::Live {
                video.viewers = video.viewers.saturating_mul(jitter_percent + 900) / 1_000;
                video.viewers = video.viewers.max(50);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::world::{Video, Visibility};

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);
    const ID: &str = "aaaaaaaaaaa";

    fn world(pace: Pace) -> World {
        let mut world = World::new(3, NOW);
        let video = Video::new(ID, "UCaaaaaaaaaaaaaaaaaaaaaa", "x", NOW);
        world.add_video(video.with_counts(100_000, 1_000, 100));
        world.set_pace(ID, pace).unwrap();
        world
    }

    /// The views after each of `seconds` seconds.
    fn watch(world: &mut World, seconds: i64) -> Vec<u64> {
        (1..=seconds)
            .map(|s| {
                world.step(NOW + SignedDuration::from_secs(s));
                world.video(ID).unwrap().views.value
            })
            .collect()
    }

    #[test]
    fn a_pace_is_kept_on_average_with_its_likes_and_comments() {
        let mut world = world(Pace::of(36_000));
        let views = watch(&mut world, 3_600).last().unwrap() - 100_000;
        assert!((35_000..=37_000).contains(&views), "{views}");
        let video = world.video(ID).unwrap();
        assert_eq!(video.likes.value, 1_000 + views * 40 / 1_000);
        assert_eq!(video.comments.value, 100 + views * 4 / 1_000);
    }

    #[test]
    fn a_slow_video_grows_too() {
        let mut world = world(Pace::of(7));
        let views = watch(&mut world, 36_000).last().unwrap() - 100_000;
        assert!((60..=80).contains(&views), "{views}");
    }

    #[test]
    fn a_plateau_ends_in_a_jump_and_loses_nothing() {
        let mut world = world(Pace::of(36_000).holding(60, 40));
        let views = watch(&mut world, 59);
        assert!(views.iter().take(39).all(|v| *v == 100_000), "{views:?}");
        assert!(views[39] > 100_300, "no jump: {views:?}");
    }

    #[test]
    fn corrections_take_a_little_back() {
        let mut world = world(Pace::of(36_000).corrected(100));
        let views = watch(&mut world, 600);
        let falls = views.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!((20..=120).contains(&falls), "{falls} falls");
        assert!(views.windows(2).all(|pair| pair[1] + 100 > pair[0]), "a fall is small");
    }

    #[test]
    fn counts_stand_still_while_nobody_can_watch() {
        let mut world = world(Pace::of(36_000).corrected(1_000));
        world.set_status(ID, Visibility::Private).unwrap();
        assert_eq!(watch(&mut world, 60).last(), Some(&100_000));
    }

    #[test]
    fn no_pace_overflows() {
        let mut world = world(Pace { likes_per_1000: u64::MAX, ..Pace::of(u64::MAX) });
        watch(&mut world, 20);
    }
}
