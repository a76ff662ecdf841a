//! The part of the plan that is about channels and playlists: how often they are looked at, and what that costs.

use std::time::Duration;

use crate::source::activity::{millis, ratio};
use crate::source::budget::{DAY, LIST_SHARE, UnitBudget, evenly, per_day};

/// No more feeds than this are fetched in a second, over all lists: it is a free service for readers of feeds.
const FEEDS_PER_SECOND: u32 = 4;

/// Of the lists' units, one in so many at most is for reading lists as a whole; the rest finds what is new.
const WHOLE_SHARE: u32 = 2;

/// Within this, people expect to hear of a new video.
const IN_TIME: Duration = Duration::from_secs(15 * 60);

/// The channels and playlists that are watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lists {
    /// How many there are.
    pub count: usize,
    /// Pages of 50 members, over all of them.
    pub pages: usize,
}

/// How often one list is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPace {
    /// Between two looks at its feed, which cost nothing.
    pub feed: Duration,
    /// Between two looks that cost a unit.
    pub paid: Duration,
    /// Between two readings of all of it.
    pub whole: Duration,
}

/// The part of the plan that is about lists.
pub(super) struct OfLists {
    pub(super) feed: Duration,
    pub(super) paid: Duration,
    pub(super) whole: Duration,
    pub(super) units_per_day: u64,
    pub(super) in_time: usize,
}

impl OfLists {
    /// `wish`: how often a list is to be looked at while there are units.
    pub(super) fn new(wish: Duration, lists: Lists, budget: UnitBudget) -> OfLists {
        let count = u64::try_from(lists.count).unwrap_or(u64::MAX);
        let pages = u64::try_from(lists.pages.max(lists.count)).unwrap_or(u64::MAX);
        // Without lists their share is polling's; the first list brings it.
        let units = if lists.count == 0 {
            budget.lists.max(budget.general / LIST_SHARE)
        } else {
            budget.lists
        };
        let whole = DAY.max(evenly(pages, units / WHOLE_SHARE, budget.over));
        let for_whole = ratio(pages, millis(budget.over), millis(whole));
        let for_looks = units.saturating_sub(u32::try_from(for_whole).unwrap_or(u32::MAX));
        let paid = wish.max(evenly(count, for_looks, budget.over));
        let slowest = Duration::from_secs(1) / FEEDS_PER_SECOND;
        let feed = wish.max(slowest.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)));

        // One list costs its looks, and its pages once a day.
        let looks = ratio(1, millis(budget.over), millis(IN_TIME.max(wish)));
        let pages_of_one = pages.checked_div(count).unwrap_or(1).max(1);
        let a_list = looks.saturating_add(ratio(pages_of_one, millis(budget.over), millis(DAY)));
        let in_time = u64::from(units) / a_list.max(1);
        OfLists {
            feed,
            paid,
            whole,
            units_per_day: per_day(count, paid).saturating_add(per_day(pages, whole)),
            in_time: usize::try_from(in_time).unwrap_or(usize::MAX),
        }
    }
}
