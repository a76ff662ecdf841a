//! A record of `youtube_videos`: one snapshot.

use super::columns::{COUNT, Cell, Columns, Record, Slot, text};
use super::snapshot::{columns, snapshot, video_id};
use super::unreadable::Unreadable;
use crate::model::Snapshot;

/// The Avro schema of the record.
pub const VIDEO_SCHEMA: &str = include_str!("video.avsc");

/// One snapshot as it stands in `youtube_videos`. With nothing but id and time it means: forget this video.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VideoRecord {
    /// The video.
    pub id: Option<String>,
    /// All else.
    pub columns: Columns,
}

impl From<&Snapshot> for VideoRecord {
    fn from(snapshot: &Snapshot) -> VideoRecord {
        let id = Some(snapshot.video_id.to_string());
        VideoRecord { id, columns: columns(snapshot) }
    }
}

impl VideoRecord {
    /// The snapshot under this key.
    ///
    /// # Errors
    ///
    /// When it is none, or not a whole one.
    pub fn snapshot(self, key: &[u8]) -> Result<Snapshot, Unreadable> {
        snapshot(video_id(key, self.id.as_deref())?, self.columns)
    }
}

impl Record for VideoRecord {
    const NAMES: &'static [&'static str] = &[
        "id",
        "observed_at",
        "numbers_at",
        "details_at",
        "views",
        "likes",
        "comments",
        "title",
        "channel_id",
        "channel_title",
        "status",
        "live",
        "published_at",
        "duration",
        "starts_at",
    ];
    const REQUIRED: usize = 2;

    type Slots<'a> = [Slot<'a>; COUNT + 1];
    type Cells<'a> = [Cell<'a>; COUNT + 1];

    fn slots(&mut self) -> Self::Slots<'_> {
        let mut columns = self.columns.slots().into_iter();
        let mut id = Some(Slot::Text(&mut self.id));
        std::array::from_fn(|_| id.take().or_else(|| columns.next()).expect("as many as columns"))
    }

    fn cells(&self) -> Self::Cells<'_> {
        let columns = self.columns.cells();
        let id = text(self.id.as_deref());
        std::array::from_fn(|at| if at == 0 { id } else { columns[at - 1] })
    }
}
