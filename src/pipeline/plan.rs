//! The plan of polling for what is watched now: one place makes it, for the loops, for lookups and for `check`.

use crate::model::UnixMillis;
use crate::source::{Intervals, Lists, Plan, Quota, YouTube};
use crate::store::{Polling, StoreError};

/// What there is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watched {
    /// Videos, members of lists included.
    pub videos: usize,
    /// Channels and playlists.
    pub lists: Lists,
}

impl Watched {
    /// Counts what is watched. `members_max`: how many members a list may have.
    ///
    /// # Errors
    ///
    /// When the store can't be read.
    pub async fn count(store: &dyn Polling, members_max: usize) -> Result<Watched, StoreError> {
        let videos = usize::try_from(store.watched_videos().await?).unwrap_or(usize::MAX);
        let counts = store.list_counts(members_max).await?;
        Ok(Watched { videos, lists: Lists { count: counts.lists, pages: counts.pages } })
    }

    /// The plan for the rest of the day, from what `quota` has left.
    #[must_use]
    pub fn plan(self, intervals: Intervals, mut quota: Quota, now: UnixMillis) -> Plan {
        quota.expect_lists(self.lists.count > 0);
        Plan::new(intervals, self.videos, self.lists, quota.budget(now))
    }

    /// The same for a program that runs: whoever asks YouTube now has the share that this plan gives.
    #[must_use]
    pub fn plan_for(self, intervals: Intervals, youtube: &YouTube, now: UnixMillis) -> Plan {
        youtube.expect_lists(self.lists.count > 0);
        self.plan(intervals, youtube.quota(), now)
    }
}
