//! A record of `youtube_watched`: a video that somebody watches.

use super::columns::{Cell, Record, Slot, long, text};
use super::snapshot::video_id;
use super::unreadable::Unreadable;
use crate::model::{UnixMillis, VideoId};

/// The Avro schema of the record.
pub const WATCHED_SCHEMA: &str = include_str!("watched.avsc");

/// A video that somebody watches, as it stands in `youtube_watched`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WatchedRecord {
    /// The video.
    pub id: Option<String>,
    /// Since when, in milliseconds since 1970.
    pub since: Option<i64>,
}

impl WatchedRecord {
    /// A video that is watched since then.
    #[must_use]
    pub fn of(id: VideoId, since: UnixMillis) -> WatchedRecord {
        WatchedRecord { id: Some(id.to_string()), since: Some(since.0) }
    }

    /// The video under this key, and since when it is watched.
    ///
    /// # Errors
    ///
    /// When it says neither.
    pub fn video(&self, key: &[u8]) -> Result<(VideoId, UnixMillis), Unreadable> {
        let since = self.since.ok_or(Unreadable::of("since", "is missing"))?;
        Ok((video_id(key, self.id.as_deref())?, UnixMillis(since)))
    }
}

impl Record for WatchedRecord {
    const NAMES: &'static [&'static str] = &["id", "since"];
    const REQUIRED: usize = 2;

    type Slots<'a> = [Slot<'a>; 2];
    type Cells<'a> = [Cell<'a>; 2];

    fn slots(&mut self) -> Self::Slots<'_> {
        [Slot::Text(&mut self.id), Slot::Long(&mut self.since)]
    }

    fn cells(&self) -> Self::Cells<'_> {
        [text(self.id.as_deref()), long(self.since)]
    }
}
