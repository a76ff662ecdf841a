//! A record of `youtube_changes`: two snapshots of a video, one behind the other, as ksqlDB writes them.

use super::columns::{COUNT, Cell, Columns, Record, Slot, text};
use super::snapshot::{columns, snapshot, video_id};
use super::unreadable::Unreadable;
use crate::model::Snapshot;

/// The Avro schema of the record: the one that ksqlDB registers for a sink of these columns.
pub const CHANGE_SCHEMA: &str = include_str!("change.avsc");

/// Two snapshots of a video as they stand in `youtube_changes`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeRecord {
    /// The video.
    pub id: Option<String>,
    /// What was known before. Nothing at first sight.
    pub previous: Columns,
    /// What is known now.
    pub current: Columns,
}

/// Whether something of a video differs that is worth a record: anything but times at which it was looked at, or a first sight.
///
/// It is what `IS DISTINCT FROM` says of each column in SQL.
#[must_use]
pub fn is_change(previous: Option<&Snapshot>, current: &Snapshot) -> bool {
    let Some(previous) = previous else { return true };
    let untimed = |snapshot| Columns {
        observed_at: None,
        numbers_at: None,
        details_at: None,
        ..columns(snapshot)
    };
    untimed(previous) != untimed(current)
}

impl ChangeRecord {
    /// The record of these snapshots.
    #[must_use]
    pub fn of(previous: Option<&Snapshot>, current: &Snapshot) -> ChangeRecord {
        ChangeRecord {
            id: Some(current.video_id.to_string()),
            previous: previous.map(columns).unwrap_or_default(),
            current: columns(current),
        }
    }

    /// The snapshots under this key. Of the previous one there is none at first sight; one without a title says that the
    /// video was forgotten.
    ///
    /// # Errors
    ///
    /// When they are none, or not whole ones.
    pub fn snapshots(self, key: &[u8]) -> Result<(Option<Snapshot>, Snapshot), Unreadable> {
        let id = video_id(key, self.id.as_deref())?;
        let current = snapshot(id, self.current).map_err(|fault| fault.at("current"))?;
        if self.previous.are_null() {
            return Ok((None, current));
        }
        let previous = snapshot(id, self.previous).map_err(|fault| fault.at("previous"))?;
        Ok((Some(previous), current))
    }
}

impl Record for ChangeRecord {
    const NAMES: &'static [&'static str] = &[
        "ID",
        "OBSERVED_AT_PREVIOUS",
        "OBSERVED_AT_CURRENT",
        "NUMBERS_AT_PREVIOUS",
        "NUMBERS_AT_CURRENT",
        "DETAILS_AT_PREVIOUS",
        "DETAILS_AT_CURRENT",
        "VIEWS_PREVIOUS",
        "VIEWS_CURRENT",
        "LIKES_PREVIOUS",
        "LIKES_CURRENT",
        "COMMENTS_PREVIOUS",
        "COMMENTS_CURRENT",
        "TITLE_PREVIOUS",
        "TITLE_CURRENT",
        "CHANNEL_ID_PREVIOUS",
        "CHANNEL_ID_CURRENT",
        "CHANNEL_TITLE_PREVIOUS",
        "CHANNEL_TITLE_CURRENT",
        "STATUS_PREVIOUS",
        "STATUS_CURRENT",
        "LIVE_PREVIOUS",
        "LIVE_CURRENT",
        "PUBLISHED_AT_PREVIOUS",
        "PUBLISHED_AT_CURRENT",
        "DURATION_PREVIOUS",
        "DURATION_CURRENT",
        "STARTS_AT_PREVIOUS",
        "STARTS_AT_CURRENT",
    ];
    const REQUIRED: usize = 0;

    type Slots<'a> = [Slot<'a>; 2 * COUNT + 1];
    type Cells<'a> = [Cell<'a>; 2 * COUNT + 1];

    fn slots(&mut self) -> Self::Slots<'_> {
        let (previous, current) = (self.previous.slots(), self.current.slots());
        let mut columns = previous.into_iter().zip(current).flat_map(|pair| [pair.0, pair.1]);
        let mut id = Some(Slot::Text(&mut self.id));
        std::array::from_fn(|_| id.take().or_else(|| columns.next()).expect("as many as columns"))
    }

    fn cells(&self) -> Self::Cells<'_> {
        let (previous, current) = (self.previous.cells(), self.current.cells());
        let id = text(self.id.as_deref());
        std::array::from_fn(|at| match at.checked_sub(1) {
            None => id,
            Some(at) if at % 2 == 0 => previous[at / 2],
            Some(at) => current[at / 2],
        })
    }
}
