//! One look-up of triggers: a range of one series, what was read there, and what becomes of each trigger that is found.

use serde::{Deserialize, Serialize};

use crate::model::{Holder, ListKey, Marks, NextTrigger, Series, UnixMillis, Value, VideoKey};

/// How the value of a scan came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// A count as published, or an event.
    Plain,
    /// The video is new in the list, or was announced there and can be seen now. The scan's time is the video's date
    /// there, so that only watches hear of it that were made before.
    Arrival,
    /// A derived value just before the snapshot: time has passed, and the count is still the old one. It only arms
    /// rules again; nothing was seen that could fire.
    Before,
    /// A derived value, from the count at the window's start and the count now.
    Window {
        /// The count at the window's start.
        start: i64,
        /// The count now.
        now: i64,
    },
}

/// All triggers of one holder in `series` with `value <= upto` are to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Which triggers.
    #[serde(with = "as_code")]
    pub series: Series,
    /// The value read, on the scale of `series`.
    pub upto: i64,
    /// When it was observed. Triggers made then or later are none of its business.
    pub at: UnixMillis,
    /// How the value came about.
    pub reading: Reading,
    /// The list whose rows are meant; `None`: those of the video itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListKey>,
    /// Since when the video has been in that list: earlier changes are none of its rules' business.
    #[serde(default)]
    pub since: UnixMillis,
    /// Where this scan stands for several changes that waited together: when the first of them was observed. For a
    /// trigger made since, the change's previous value is too old to be compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seam: Option<UnixMillis>,
}

impl Scan {
    /// Whose rows are looked at, on behalf of a change of `video`.
    pub(super) fn holder(&self, video: VideoKey) -> Holder {
        self.list.map_or(Holder::Video(video), Holder::List)
    }
}

/// What becomes of a trigger that a scan has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Stay,
    /// It waits elsewhere from now on, silently.
    Move(NextTrigger),
    /// It is removed, silently: every value of the rule was passed before the rule could see it.
    End,
    /// It fires.
    Fire {
        /// Compared with this: the base of `+500` and `+5%`, the count at the window's start, else the value before.
        previous: Value,
        /// The value now.
        current: Value,
        /// The values passed.
        marks: Marks,
        /// Where it waits from now on; `None` when the rule is spent and the trigger is to be removed.
        next: Option<NextTrigger>,
    },
}

/// A series is kept as in the store.
mod as_code {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::model::Series;

    pub(super) fn serialize<S: Serializer>(series: &Series, to: S) -> Result<S::Ok, S::Error> {
        series.code().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Series, D::Error> {
        let code = i64::deserialize(from)?;
        Series::from_code(code)
            .ok_or_else(|| D::Error::custom(format!("no series has code {code}")))
    }
}
