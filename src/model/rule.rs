//! A rule as data. Its one-line text is parsed and printed by `route::language`.

use super::{Event, Metric};

/// Which way a count has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `+`: growth.
    Up,
    /// `-`: loss.
    Down,
}

/// How much a count has to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// So many counts, at least 1.
    Absolute(i64),
    /// Hundredths of a percent, at least 1: `500` is 5 %.
    Percent(u32),
}

/// The time over which a rate is stated, which is also its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateUnit {
    /// `/h`
    Hour,
    /// `/d`
    Day,
}

impl RateUnit {
    /// The window's length, in seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            RateUnit::Hour => 3600,
            RateUnit::Day => 86_400,
        }
    }
}

/// When to ring, and how urgently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    /// When it fires. Where a rule waits depends on nothing else.
    pub condition: Condition,
    /// `!` behind it: what it tells does not wait for quiet hours, `at most` or other alerts.
    pub is_urgent: bool,
}

impl Rule {
    /// Adds this rule to a set. A condition stands there once: it is urgent if it was written so in either place.
    pub fn join(self, set: &mut Vec<Rule>) {
        match set.iter_mut().find(|rule| rule.condition == self.condition) {
            Some(rule) => rule.is_urgent |= self.is_urgent,
            None => set.push(self),
        }
    }
}

impl From<Condition> for Rule {
    /// A rule that is not urgent.
    fn from(condition: Condition) -> Rule {
        Rule { condition, is_urgent: false }
    }
}

/// When a rule fires.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `views any`: the value changed.
    Any(Metric),
    /// `views every 1000`: a multiple of the step (at least 1) was passed.
    Every(Metric, i64),
    /// `views milestones`: 1, 2 or 5 times a power of ten was passed, from 10 up.
    Milestones(Metric),
    /// `views at 10k, 100k`: one of the values (sorted, distinct, at least 1) was passed.
    At(Metric, Vec<i64>),
    /// `likes +500`, `comments -10%`: moved by the amount since the rule last fired.
    Moved(Metric, Direction, Amount),
    /// `views +5% in 1h`: moved by the amount within the window of so many seconds.
    MovedIn(Metric, Direction, Amount, u32),
    /// `views rate > 200/h`: more than so many within the last hour or day.
    Rate(Metric, i64, RateUnit),
    /// `title`, `status`, `live`, `upload`.
    Event(Event),
}

impl Condition {
    /// The count that it looks at; `None` for events.
    #[must_use]
    pub const fn metric(&self) -> Option<Metric> {
        match self {
            Condition::Any(metric)
            | Condition::Every(metric, _)
            | Condition::Milestones(metric)
            | Condition::At(metric, _)
            | Condition::Moved(metric, _, _)
            | Condition::MovedIn(metric, _, _, _)
            | Condition::Rate(metric, _, _) => Some(*metric),
            Condition::Event(_) => None,
        }
    }
}
