//! The walk over the lanes that are due, where some have no place: they stay due, and must neither hide those behind them
//! nor have the loop ask for them without end.
//!
//! Pure: the caller passes `now`. As long as nobody is passed over, each claim begins at the lane that is due for the longest.
//! Where some are, the next one goes on behind them. At the end the walk rests, and begins anew once something may have
//! become free or due behind its back.

use crate::model::UnixMillis;
use crate::store::{StandsAt, Stretch};

/// Where the walk is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    stands_at: Option<StandsAt>,
    is_at_end: bool,
    /// Whether lanes that it has passed may be served now.
    is_to_begin_anew: bool,
}

impl Walk {
    /// Where the next claim goes on.
    pub(super) const fn goes_on(&mut self) -> Option<StandsAt> {
        if self.stands_at.is_none() {
            // It sees all that has happened.
            self.is_to_begin_anew = false;
        }
        self.stands_at
    }

    /// Takes in what a claim found; returns when there is more to find.
    pub(super) fn went(&mut self, stretch: &Stretch, now: UnixMillis) -> Option<UnixMillis> {
        self.stands_at = stretch.stands_at;
        self.is_at_end = stretch.next_due.is_none_or(|due| due > now);
        if self.is_at_end && self.is_to_begin_anew && self.stands_at.take().is_some() {
            return Some(now);
        }
        stretch.next_due
    }

    /// A place has become free, or something was changed.
    pub(super) const fn stirred(&mut self) {
        self.is_to_begin_anew = true;
    }

    /// Time has passed: other processes write too, and wake nobody.
    pub(super) const fn slept(&mut self) {
        self.is_to_begin_anew |= self.is_at_end;
    }

    /// Whether it stands among lanes that are due.
    pub(super) const fn is_amid(&self) -> bool {
        self.stands_at.is_some() && !self.is_at_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000);

    fn found(stands_at: Option<i64>, next_due: Option<i64>) -> Stretch {
        Stretch {
            stands_at: stands_at.map(|lane| StandsAt { due_at: NOW, lane }),
            next_due: next_due.map(UnixMillis),
        }
    }

    fn at(walk: &mut Walk) -> Option<i64> {
        walk.goes_on().map(|at| at.lane)
    }

    #[test]
    fn where_nobody_is_passed_over_each_claim_begins_at_the_oldest() {
        let mut walk = Walk::default();
        for next_due in [Some(1_000), Some(2_000), None] {
            walk.stirred();
            assert_eq!(walk.went(&found(None, next_due), NOW), next_due.map(UnixMillis));
            assert_eq!((at(&mut walk), walk.is_amid()), (None, false));
        }
    }

    #[test]
    fn it_goes_on_behind_whom_it_passed_and_rests_at_the_end() {
        let mut walk = Walk::default();
        assert_eq!(walk.went(&found(Some(7), Some(1_000)), NOW), Some(NOW));
        assert_eq!((at(&mut walk), walk.is_amid()), (Some(7), true));
        assert_eq!(walk.went(&found(Some(9), Some(5_000)), NOW), Some(UnixMillis(5_000)));
        assert_eq!((at(&mut walk), walk.is_amid()), (Some(9), false));
        assert_eq!(walk.went(&found(Some(9), None), NOW), None);
    }

    #[test]
    fn what_is_stirred_amid_a_walk_begins_it_anew_at_its_end_and_once() {
        let mut walk = Walk::default();
        walk.went(&found(Some(7), Some(1_000)), NOW);
        walk.stirred();
        assert_eq!(at(&mut walk), Some(7), "those behind are not forgotten for those in front");
        assert_eq!(walk.went(&found(Some(9), None), NOW), Some(NOW));
        assert_eq!(at(&mut walk), None);
        assert_eq!(walk.went(&found(Some(9), None), NOW), None);
        assert_eq!(at(&mut walk), Some(9));
    }

    #[test]
    fn a_pause_amid_the_walk_is_no_reason_to_begin_anew_and_a_sleep_at_its_end_is() {
        let mut walk = Walk::default();
        walk.went(&found(Some(7), Some(1_000)), NOW);
        walk.slept();
        assert_eq!(walk.went(&found(Some(9), None), NOW), None);
        walk.slept();
        assert_eq!(walk.went(&found(Some(9), None), NOW), Some(NOW));
    }
}
