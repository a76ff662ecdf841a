//! What is remembered of one list.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::found::List;
use crate::model::{ChannelId, PlaylistId, UnixMillis, VideoId};
use crate::source::budget::PER_CALL_MAX;
use crate::source::error::SourceError;
use crate::source::schedule::ListPace;

/// The longest pause after failures.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(1800);

/// What is remembered of one list. Stored as JSON; whatever can't be read is learned anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ListMemory {
    /// The playlist that holds a channel's uploads.
    pub(super) playlist: Option<PlaylistId>,
    /// The channel, as YouTube has told it.
    pub(super) channel: Option<ChannelId>,
    /// When all of it was last read.
    pub(super) full_at: Option<UnixMillis>,
    /// How many pages that took.
    pub(super) pages: u32,
    /// The token of the last page; `None` while the first is the last.
    pub(super) last_page: Option<String>,
    /// How many rows there were at the last paid look.
    pub(super) rows: Option<u64>,
    /// When a unit was last spent for it.
    pub(super) paid_at: Option<UnixMillis>,
    /// Videos of the feed that are no news: the API was asked about them.
    pub(super) asked: Vec<VideoId>,
    /// A reading of the whole list that waits for units or for its turn.
    pub(super) walk: Option<Walk>,
    /// YouTube has not known the list since then.
    pub(super) absent_since: Option<UnixMillis>,
    /// YouTube has shown no rows of it since then, though it is there.
    pub(super) empty_since: Option<UnixMillis>,
    /// Looks in a row that failed.
    pub(super) failures: u32,
    /// After failures of the API no unit is spent before this; the feed goes on.
    pub(super) paused_until: Option<UnixMillis>,
}

/// A reading of a whole list under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Walk {
    /// The token of the page to read next.
    pub(super) next: Option<String>,
    /// The newest rows so far.
    pub(super) rows: Vec<(VideoId, Option<UnixMillis>)>,
    /// Pages that were read.
    pub(super) pages: u32,
}

impl ListMemory {
    /// Reads what was stored. Rubbish is as good as nothing: the list is read anew.
    #[must_use]
    pub(crate) fn read(text: Option<&str>) -> ListMemory {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// What to store.
    #[must_use]
    pub(crate) fn print(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes in that a look has failed, and says how long the list is left alone.
    #[must_use]
    pub(crate) fn failed(
        &mut self,
        error: &SourceError,
        pace: &ListPace,
        now: UnixMillis,
    ) -> Duration {
        match error {
            // Nothing is wrong with this list.
            SourceError::QuotaUsedUp { resets_at, .. }
            | SourceError::ShareUsedUp { resets_at, .. } => {
                return resets_at.since(now).min(PAUSE_MAX).max(pace.feed);
            }
            SourceError::Burst { .. }
            | SourceError::KeyRefused(_)
            | SourceError::NotEnabled(_)
            | SourceError::Misconfigured(_) => return pace.feed,
            SourceError::Rejected(_) => {
                // A token that is too old: the list is read from its beginning.
                self.walk = None;
                self.last_page = None;
                self.full_at = None;
            }
            SourceError::Forbidden(_)
            | SourceError::NotFound(_)
            | SourceError::BadAnswer(_)
            | SourceError::Unreachable { .. }
            | SourceError::Transient(_) => {}
        }
        self.failures = self.failures.saturating_add(1);
        let grown = pace.feed.saturating_mul(1 << (self.failures - 1).min(10));
        grown.min(PAUSE_MAX.max(pace.feed))
    }

    /// Whether all of the list is to be read.
    pub(super) fn is_whole_due(&self, list: List<'_>, pace: &ListPace, now: UnixMillis) -> bool {
        let pages_held = u32::try_from(list.members_max.div_ceil(PER_CALL_MAX)).unwrap_or(u32::MAX);
        // A long playlist is read less often, so that a day of it costs no more than its members do.
        let days = self.pages.div_ceil(pages_held.max(1)).max(1);
        let every = pace.whole.saturating_mul(days);
        self.walk.is_some()
            || self.absent_since.is_some()
            || list.is_gone
            || self.full_at.is_none_or(|at| is_over(at, every, now))
    }
}

/// Whether `wait` has passed since `at`; a moment in the future was written under a wrong clock.
pub(super) fn is_over(at: UnixMillis, wait: Duration, now: UnixMillis) -> bool {
    at > now || now.since(at) >= wait
}
