//! What there is to look at: videos that are due, and the lists that say which videos there are.

mod list;
mod video;

use async_trait::async_trait;

pub(crate) use list::ListCounts;
pub use list::{DueSubject, ListLimits, Listed, ListedMember, Listing};
pub use video::Polled;
pub(crate) use video::{DueVideo, NextPolls};

use super::error::Result;
use super::shared::Shared;
use crate::model::{UnixMillis, VideoId};

/// What the loops that ask YouTube know and learn.
#[async_trait]
pub trait Polling: Shared {
    /// At most `limit` videos whose poll is due, most overdue first: those at which nobody has looked yet, and others behind
    /// them. Where there are more of both, each get half.
    async fn due_videos(&self, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>>;

    /// At most `limit` videos that were looked at and are due next: after `now`, until then.
    async fn soon_videos(
        &self,
        now: UnixMillis,
        until: UnixMillis,
        limit: usize,
    ) -> Result<Vec<DueVideo>>;

    /// When the next videos are due.
    async fn next_polls(&self) -> Result<NextPolls>;

    /// How many videos are watched.
    async fn watched_videos(&self) -> Result<u64>;

    /// Stores the poller's memory of each video.
    async fn save_polled(&self, polled: Vec<Polled>) -> Result<()>;

    /// The poller's memory of one video, watched or not.
    async fn video(&self, id: VideoId) -> Result<Option<DueVideo>>;

    /// Channels, playlists and handles whose listing is due, most overdue first, with how many members each may hold.
    async fn due_subjects(
        &self,
        now: UnixMillis,
        limit: usize,
        limits: ListLimits,
    ) -> Result<Vec<DueSubject>>;

    /// Of these videos, those that the subject neither holds nor has ever held.
    async fn unknown_members(&self, subject: i64, ids: Vec<VideoId>) -> Result<Vec<VideoId>>;

    /// Stores a listing: who joins and who leaves. Costs the same however many watch; the router makes the triggers of a
    /// new member and tells of it when its first snapshot is routed.
    async fn save_listing(&self, listing: Listing, now: UnixMillis) -> Result<Listed>;

    /// Puts off the next listing of a subject that could not be listed; `memory` replaces the lister's, if given.
    async fn postpone_listing(
        &self,
        subject: i64,
        memory: Option<String>,
        until: UnixMillis,
    ) -> Result<()>;

    /// How many lists are watched, and how many pages they have when none holds more than `members_max`.
    async fn list_counts(&self, members_max: usize) -> Result<ListCounts>;
}
