//! What of a video can cross a trigger value, and how that is kept as one integer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A count that YouTube publishes for every video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// Times watched.
    Views,
    /// Thumbs up; absent when the owner hides them.
    Likes,
    /// Comments; absent when they are switched off.
    Comments,
}

impl Metric {
    /// All metrics, in the order in which messages show them.
    pub const ALL: [Metric; 3] = [Metric::Views, Metric::Likes, Metric::Comments];

    /// The word used in rules, messages and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Views => "views",
            Metric::Likes => "likes",
            Metric::Comments => "comments",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that happens to a video and is not a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// The title changed.
    Title,
    /// No longer available, unlisted, or back.
    Status,
    /// Went live, or the live stream ended.
    Live,
    /// A watched channel or playlist got a new video.
    Upload,
    /// What is watched is gone, or back. No rule asks for it: whoever watches is told.
    Presence,
}

impl Event {
    /// The word used in rules and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Event::Title => "title",
            Event::Status => "status",
            Event::Live => "live",
            Event::Upload => "upload",
            Event::Presence => "presence",
        }
    }
}

/// A quantity of one video over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// The published count itself.
    Count(Metric),
    /// How much the count grew over the window of `window_s` seconds, in counts. Computed by tubebell.
    Gain {
        /// Which count.
        metric: Metric,
        /// Length of the window, in seconds.
        window_s: u32,
    },
    /// The same growth in hundredths of a percent of the value at the window's start. Computed by tubebell.
    Growth {
        /// Which count.
        metric: Metric,
        /// Length of the window, in seconds.
        window_s: u32,
    },
    /// An event; its trigger value is always 0.
    Event(Event),
}

impl Signal {
    /// Whether of several alerts the last one says all: the windows of two overlap, and what was announced has come.
    /// Of others the first previous value counts, and the last current one.
    #[must_use]
    pub const fn is_told_by_the_last(self) -> bool {
        match self {
            Signal::Gain { .. } | Signal::Growth { .. } | Signal::Event(Event::Upload) => true,
            Signal::Count(_)
            | Signal::Event(Event::Title | Event::Status | Event::Live | Event::Presence) => false,
        }
    }
}

/// A signal and the direction in which it is looked at.
///
/// Every look-up of triggers is one range scan `value <= x`: for `down`, values are stored negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Series {
    /// What is measured.
    pub signal: Signal,
    /// True when falling crosses the trigger.
    pub down: bool,
}

impl Series {
    /// A series that rises.
    #[must_use]
    pub const fn up(signal: Signal) -> Series {
        Series { signal, down: false }
    }

    /// A series that falls.
    #[must_use]
    pub const fn down(signal: Signal) -> Series {
        Series { signal, down: true }
    }

    /// The position of `value` on this series' scale: negated when falling.
    #[must_use]
    pub const fn scale(self, value: i64) -> i64 {
        if self.down { value.saturating_neg() } else { value }
    }

    /// The stored form: bit 0 direction, bits 1–4 what, bits 5–6 kind, from bit 8 the window in seconds.
    #[must_use]
    pub fn code(self) -> i64 {
        let (kind, what, window_s) = match self.signal {
            Signal::Count(metric) => (0, metric as i64, 0),
            Signal::Gain { metric, window_s } => (1, metric as i64, window_s),
            Signal::Growth { metric, window_s } => (2, metric as i64, window_s),
            Signal::Event(event) => (3, event as i64, 0),
        };
        i64::from(window_s) << 8 | kind << 5 | what << 1 | i64::from(self.down)
    }

    /// Reads the stored form; `None` for a code that this version does not know.
    #[must_use]
    pub fn from_code(code: i64) -> Option<Series> {
        let window_s = u32::try_from(code >> 8).ok()?;
        let what = (code >> 1) & 0xf;
        let metric = Metric::ALL.into_iter().find(|metric| *metric as i64 == what);
        let signal = match (code >> 5) & 0x7 {
            0 if window_s == 0 => Signal::Count(metric?),
            1 if window_s > 0 => Signal::Gain { metric: metric?, window_s },
            2 if window_s > 0 => Signal::Growth { metric: metric?, window_s },
            3 if window_s == 0 => Signal::Event(
                [Event::Title, Event::Status, Event::Live, Event::Upload, Event::Presence]
                    .into_iter()
                    .find(|event| *event as i64 == what)?,
            ),
            _ => return None,
        };
        Some(Series { signal, down: code & 1 == 1 })
    }
}
