//! What is known of a video, as columns of a record.

/// A value as it stands in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Null,
    Long(i64),
    Text(&'a str),
}

/// Where a value of a record goes.
#[derive(Debug)]
pub(super) enum Slot<'a> {
    Long(&'a mut Option<i64>),
    Text(&'a mut Option<String>),
}

impl Slot<'_> {
    /// Whether nothing was put here yet.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Slot::Long(value) => value.is_none(),
            Slot::Text(value) => value.is_none(),
        }
    }
}

/// A kind of record: named columns in the order of its schema.
pub(super) trait Record: Default {
    /// The names in both formats.
    const NAMES: &'static [&'static str];
    /// So many of them, the first ones, are never null.
    const REQUIRED: usize;

    type Slots<'a>: AsMut<[Slot<'a>]>
    where
        Self: 'a;
    type Cells<'a>: AsRef<[Cell<'a>]>
    where
        Self: 'a;

    /// Where the values go, in the order of the names.
    fn slots(&mut self) -> Self::Slots<'_>;

    /// The values, in the order of the names.
    fn cells(&self) -> Self::Cells<'_>;
}

pub(super) fn long(value: Option<i64>) -> Cell<'static> {
    value.map_or(Cell::Null, Cell::Long)
}

pub(super) fn text(value: Option<&str>) -> Cell<'_> {
    value.map_or(Cell::Null, Cell::Text)
}

/// How many columns there are beside the id.
pub(super) const COUNT: usize = 14;

/// A snapshot as columns, beside its id. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// When the video was seen.
    pub observed_at: Option<i64>,
    /// When its numbers were read.
    pub numbers_at: Option<i64>,
    /// When title, status and live were read.
    pub details_at: Option<i64>,
    /// Views, where YouTube says.
    pub views: Option<i64>,
    /// Likes, unless they are hidden.
    pub likes: Option<i64>,
    /// Comments, unless they are switched off.
    pub comments: Option<i64>,
    /// The title exactly as typed.
    pub title: Option<String>,
    /// The channel's id.
    pub channel_id: Option<String>,
    /// The channel's name.
    pub channel_title: Option<String>,
    /// The word of a [`Status`](crate::model::Status).
    pub status: Option<String>,
    /// The word of a [`Live`](crate::model::Live).
    pub live: Option<String>,
    /// When it was published.
    pub published_at: Option<i64>,
    /// How long it is, in seconds.
    pub duration: Option<i64>,
    /// When an announced broadcast is to begin.
    pub starts_at: Option<i64>,
}

impl Columns {
    pub(super) fn slots(&mut self) -> [Slot<'_>; COUNT] {
        [
            Slot::Long(&mut self.observed_at),
            Slot::Long(&mut self.numbers_at),
            Slot::Long(&mut self.details_at),
            Slot::Long(&mut self.views),
            Slot::Long(&mut self.likes),
            Slot::Long(&mut self.comments),
            Slot::Text(&mut self.title),
            Slot::Text(&mut self.channel_id),
            Slot::Text(&mut self.channel_title),
            Slot::Text(&mut self.status),
            Slot::Text(&mut self.live),
            Slot::Long(&mut self.published_at),
            Slot::Long(&mut self.duration),
            Slot::Long(&mut self.starts_at),
        ]
    }

    pub(super) fn cells(&self) -> [Cell<'_>; COUNT] {
        [
            long(self.observed_at),
            long(self.numbers_at),
            long(self.details_at),
            long(self.views),
            long(self.likes),
            long(self.comments),
            text(self.title.as_deref()),
            text(self.channel_id.as_deref()),
            text(self.channel_title.as_deref()),
            text(self.status.as_deref()),
            text(self.live.as_deref()),
            long(self.published_at),
            long(self.duration),
            long(self.starts_at),
        ]
    }

    /// Whether nothing is known at all.
    pub(super) fn are_null(&self) -> bool {
        self.cells().iter().all(|cell| *cell == Cell::Null)
    }

    /// Whether nothing is known but when it was seen.
    pub(super) fn are_of_nothing(&self) -> bool {
        self.cells().iter().skip(1).all(|cell| *cell == Cell::Null)
    }
}
