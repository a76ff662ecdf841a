//! What a message of several videos says in one line: of one new video, of one that passed values, or in a sum.
//!
//! Beside [`super::line`], which says it of one alert.

use serde::Serialize;

use super::cut::List;
use super::link::Link;
use super::numbers::{Grouped, Moment, Passed};

/// A new video: an object with one field, named after what can be seen of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum New {
    /// All of it.
    Upload { video: Link },
    /// It is only announced yet, and when it begins.
    Announced { video: Link, is_premiere: bool, at: Option<Moment> },
    /// All of it, now; it was announced before.
    Started { video: Link },
}

/// A video with values that it passed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Passing {
    pub(super) video: Link,
    pub(super) values: Vec<PassedValue>,
}

/// One or more values of a count that were passed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PassedValue {
    /// The count, as it stands within a sentence.
    pub(super) label: &'static str,
    pub(super) fell: bool,
    pub(super) passed: Passed,
    pub(super) current: Grouped,
}

/// Sums that stand together.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Section {
    pub(super) lines: Vec<Entry>,
}

impl Section {
    /// Those of `sections` that have a line.
    pub(super) fn of<const N: usize>(sections: [Vec<Entry>; N]) -> Vec<Section> {
        let lines = sections.into_iter().filter(|lines| !lines.is_empty());
        lines.map(|lines| Section { lines }).collect()
    }
}

/// A sum, or what became of the list: an object with one field, named after its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    /// Titles changed.
    Renamed { titles: List<NewTitle> },
    /// Deleted or private.
    Unavailable(Sum),
    /// Reachable by their links only.
    Unlisted(Sum),
    /// Available again.
    Back(Sum),
    /// Listed for everyone, after they were unlisted.
    Public(Sum),
    /// On air.
    LiveNow(Sum),
    /// Broadcasts are announced.
    LiveSoon(Sum),
    /// Broadcasts are over.
    LiveEnded(Sum),
    /// A count can't be seen any more.
    Hidden { label: &'static str, count: Option<Grouped>, videos: List<Link> },
    /// A count moved.
    Moves { icon: &'static str, label: &'static str, count: Option<Grouped>, moves: List<Move> },
    /// A count grew over a window: computed.
    Windows {
        icon: &'static str,
        label: &'static str,
        count: Option<Grouped>,
        windows: List<Growth>,
    },
    /// The channel or playlist is no longer there.
    ListGone { is_channel: bool },
    /// The channel or playlist is there again.
    ListBack { is_channel: bool },
}

/// Some videos of which one thing is told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Sum {
    /// How many; `None`: one.
    pub(super) count: Option<Grouped>,
    pub(super) videos: List<Link>,
}

/// A title that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct NewTitle {
    pub(super) current: Link,
    pub(super) previous: Option<String>,
}

/// How the count of one video moved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Move {
    pub(super) video: Link,
    pub(super) previous: Option<Grouped>,
    pub(super) current: Grouped,
    pub(super) difference: Option<String>,
}

/// How the count of one video grew over a window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Growth {
    pub(super) video: Link,
    pub(super) growth: String,
    pub(super) window: String,
    pub(super) previous: Grouped,
    pub(super) current: Grouped,
}
