//! What only mails say beside the fields of a message: what it is about in one line, and that a picture goes along.

use std::cmp::Reverse;

use serde::Serialize;

use super::line::Line;
use super::numbers::{self, Grouped};
use super::picture;
use crate::model::Metric;

/// The fields that only mails have.
#[derive(Debug, Serialize)]
pub(super) struct Beside<L> {
    /// What it is about: its subject begins with it.
    pub(super) lead: L,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<Shown>,
}

/// The size at which a picture is shown at most: it is drawn larger, for screens that have more dots.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Shown {
    width: u32,
    height: u32,
}

impl Shown {
    /// As wide as the column of text.
    pub(super) const FITTING: Shown = Shown::of(552);

    const fn of(width: u32) -> Shown {
        Shown { width, height: width * picture::HEIGHT / picture::WIDTH }
    }
}

/// What matters most of what is told of one video: an object with one field, named after what it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Lead {
    /// A value was passed; of several the furthest.
    Passed { value: Grouped, unit: &'static str, fell: bool },
    /// A count moved.
    Count { current: Grouped, unit: &'static str, difference: Option<String> },
    /// A count grew over a window. `unit`: what grew, where the growth is a percentage.
    Growth { growth: String, unit: Option<&'static str>, window: String },
    /// Anything else, as its line has it.
    Other(Line),
}

impl Lead {
    /// Of all lines of a message.
    pub(super) fn of(lines: &[Line]) -> Option<Lead> {
        lines.iter().min_by_key(|line| Reverse(weight(line))).map(Lead::of_line)
    }

    fn of_line(line: &Line) -> Lead {
        let plural = |metric: Metric| numbers::unit(0, metric);
        match line {
            Line::Marks { metric, fell, passed, current, .. } => {
                let values = passed.0.values.iter().copied();
                let value = if *fell { values.min() } else { values.max() }.unwrap_or(current.0);
                let unit = numbers::unit(value, *metric);
                Lead::Passed { value: Grouped(value), unit, fell: *fell }
            }
            Line::Count { metric, current, difference, .. } => Lead::Count {
                current: *current,
                unit: numbers::unit(current.0, *metric),
                difference: difference.clone(),
            },
            Line::Window { metric, growth, window, .. } => Lead::Growth {
                growth: growth.clone(),
                unit: growth.ends_with('%').then(|| plural(*metric)),
                window: window.clone(),
            },
            Line::Hidden { .. }
            | Line::Title { .. }
            | Line::Unavailable { .. }
            | Line::Unlisted { .. }
            | Line::Back { .. }
            | Line::Public { .. }
            | Line::LiveNow { .. }
            | Line::LiveSoon { .. }
            | Line::LiveEnded { .. }
            | Line::Upload { .. }
            | Line::Announced { .. }
            | Line::Started { .. }
            | Line::ListGone { .. }
            | Line::ListBack { .. } => Lead::Other(line.clone()),
        }
    }
}

/// What a reader wants to know first; of passed values the highest.
fn weight(line: &Line) -> (u8, i64) {
    match line {
        Line::Upload { .. } | Line::Announced { .. } | Line::Started { .. } => (6, 0),
        Line::Unavailable { .. } | Line::Back { .. } => (5, 0),
        Line::ListGone { .. } | Line::ListBack { .. } => (5, 0),
        Line::Marks { current, .. } => (4, current.0),
        Line::Window { .. } => (3, 0),
        Line::LiveNow { .. } | Line::LiveSoon { .. } | Line::LiveEnded { .. } => (3, 0),
        Line::Unlisted { .. } | Line::Public { .. } | Line::Hidden { .. } => (2, 0),
        Line::Title { .. } => (1, 0),
        Line::Count { .. } => (0, 0),
    }
}

/// How many there are of something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tally {
    pub(super) count: Grouped,
    pub(super) is_one: bool,
}

impl Tally {
    /// `None`: there are none.
    pub(super) fn of(count: usize) -> Option<Tally> {
        (count > 0).then(|| Tally { count: Grouped::count(count), is_one: count == 1 })
    }
}

/// What matters most of what is told of several videos.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct SeveralLead {
    /// New videos.
    pub(super) new: Option<Tally>,
    /// Videos that passed a value.
    pub(super) passed: Option<Tally>,
    /// Videos of which anything is told.
    pub(super) videos: Option<Tally>,
    /// A count of some of them moved.
    pub(super) has_moved: bool,
}

/// What matters most of a digest.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct DigestLead {
    /// By how much all views moved, and their unit.
    pub(super) views: Option<Sum>,
    /// New videos.
    pub(super) new: Option<Tally>,
    /// The video that stands out: that whose views moved most, or else the first.
    pub(super) title: String,
    /// How many videos there are besides.
    pub(super) others: Option<Tally>,
}

/// How far counts moved, all together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Sum {
    pub(super) by: String,
    pub(super) unit: &'static str,
}

impl Sum {
    /// `None`: they stand where they stood.
    pub(super) fn of(by: i64, metric: Metric) -> Option<Sum> {
        (by != 0).then(|| Sum { by: numbers::signed(by), unit: numbers::unit(by, metric) })
    }
}
