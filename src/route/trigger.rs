//! Where a rule waits, and what becomes of it when it is crossed.
//!
//! Per rule and video there is one trigger, in one series. A trigger whose rule still has no value to count from is
//! *unset*: it waits at the lowest value without a base, is found by the first scan, and is set then. A percentage of
//! nothing waits there too, with its base, for the first value that a percentage can be taken of.
//!
//! The law that keeps scans short: once handled, a trigger waits strictly beyond the current value. The exceptions
//! are the rows that never move (`any`, events, and percentages of nothing), over which a fan-out pages.

use super::scan::{Reading, Scan, Verdict};
use super::window;
use crate::model::{
    Amount, Change, Condition, Counts, Delta, Direction, Event, Marks, Metric, NextTrigger, Series,
    Signal, TriggerRow, Value,
};

/// The value of triggers that every scan finds: of `any`, and of rules without a value to count from.
pub const LOWEST: i64 = i64::MIN;

/// Where a new rule waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initial {
    /// The trigger; `None` when the rule is spent before it began: all its values are passed.
    pub next: Option<NextTrigger>,
    /// The values of its list that are already passed, ascending: named in the answer, and skipped.
    pub passed: Vec<i64>,
}

/// The one series in which a rule waits (one over a window waits in the opposite one until it is armed again).
#[must_use]
pub fn series(condition: &Condition) -> Series {
    match *condition {
        Condition::Any(metric)
        | Condition::Every(metric, _)
        | Condition::Milestones(metric)
        | Condition::At(metric, _)
        | Condition::Moved(metric, Direction::Up, _) => Series::up(Signal::Count(metric)),
        Condition::Moved(metric, Direction::Down, _) => Series::down(Signal::Count(metric)),
        Condition::MovedIn(metric, ..) | Condition::Rate(metric, ..) => {
            window::series(condition).unwrap_or(Series::up(Signal::Count(metric)))
        }
        Condition::Event(event) => Series::up(Signal::Event(event)),
    }
}

/// Whether a rule has a state per video. One that has none (`any`, an event) never moves its trigger, so that one row
/// serves all videos of a channel or playlist.
#[must_use]
pub const fn is_per_video(condition: &Condition) -> bool {
    match condition {
        Condition::Any(_) | Condition::Event(_) => false,
        Condition::Every(..)
        | Condition::Milestones(_)
        | Condition::At(..)
        | Condition::Moved(..)
        | Condition::MovedIn(..)
        | Condition::Rate(..) => true,
    }
}

/// Where a new rule waits, counting from `base`: the counts in the answer to whoever made it, if any are known.
#[must_use]
pub fn initial(condition: &Condition, base: Option<&Counts>) -> Initial {
    let series = series(condition);
    if let Some(armed) = window::armed(condition) {
        return Initial { next: Some(armed), passed: Vec::new() };
    }
    let Some(metric) = condition.metric() else {
        return Initial {
            next: Some(NextTrigger { series, value: 0, base: None }),
            passed: vec![],
        };
    };
    let base = base.and_then(|counts| counts.get(metric));
    if matches!(condition, Condition::Any(_)) {
        return Initial { next: Some(NextTrigger { series, value: LOWEST, base }), passed: vec![] };
    }
    let Some(base) = base else {
        let unset = NextTrigger { series, value: LOWEST, base: None };
        return Initial { next: Some(unset), passed: Vec::new() };
    };
    let passed = match condition {
        Condition::At(_, values) => values.iter().copied().filter(|value| *value <= base).collect(),
        _ => Vec::new(),
    };
    Initial { next: waiting(condition, base, base), passed }
}

/// Decides what becomes of a trigger that `scan` has found, on behalf of `change`.
///
/// Triggers made at the moment of the observation or later stay: they know it already. A first observation sets
/// what is unset, silently.
#[must_use]
pub fn fire(condition: &Condition, row: &TriggerRow, scan: &Scan, change: &Change) -> Verdict {
    if row.since >= scan.at || row.series != scan.series || row.value > scan.upto {
        return Verdict::Stay;
    }
    match (condition.metric(), scan.reading) {
        (Some(_), Reading::Before | Reading::Window { .. }) => window::fire(condition, row, scan),
        (Some(metric), Reading::Plain) if row.series == series(condition) => {
            match change.current.get(metric) {
                Some(current) => {
                    fire_count(condition, row, &Seen::new(metric, current, row, scan, change))
                }
                None => Verdict::Stay,
            }
        }
        (None, Reading::Plain | Reading::Arrival) => match condition {
            Condition::Event(event) => fire_event(*event, row, change),
            _ => Verdict::Stay,
        },
        _ => Verdict::Stay,
    }
}

/// A change as one trigger sees it.
struct Seen {
    /// The value that its owner was last told, or could have been.
    previous: Option<i64>,
    current: i64,
    /// The highest value before the change.
    highest: i64,
}

impl Seen {
    fn new(metric: Metric, current: i64, row: &TriggerRow, scan: &Scan, change: &Change) -> Seen {
        let stale = scan.seam.is_some_and(|seam| row.since >= seam);
        let known = change.previous.get(metric).filter(|_| !stale);
        // A rule made after the previous snapshot counts from what the answer to its owner said.
        let is_newer = change.previous_at.is_none_or(|at| row.since > at);
        let previous = if is_newer { row.base.or(known) } else { known.or(row.base) };
        Seen { previous, current, highest: change.highest.get(metric).unwrap_or(i64::MIN) }
    }
}

fn fire_count(condition: &Condition, row: &TriggerRow, seen: &Seen) -> Verdict {
    match condition {
        Condition::Any(_) => match seen.previous {
            Some(previous) if previous != seen.current => Verdict::Fire {
                previous: Value::Int(previous),
                current: Value::Int(seen.current),
                marks: Marks::default(),
                next: Some(NextTrigger { series: row.series, value: row.value, base: row.base }),
            },
            Some(_) | None => Verdict::Stay,
        },
        _ if row.value == LOWEST => set(condition, row, seen),
        _ => cross(condition, row.value, row.base.or(seen.previous).unwrap_or(seen.current), seen),
    }
}

/// Gives an unset trigger its value, and lets it fire at once for what the change passed.
///
/// It counts from the value known before the rule was made, else silently from the current one. A percentage of
/// nothing that was told already (it has a base) counts from the current one too.
fn set(condition: &Condition, row: &TriggerRow, seen: &Seen) -> Verdict {
    let from = match seen.previous {
        Some(previous) if row.base.is_none() && counts_from(condition, previous) => previous,
        _ if counts_from(condition, seen.current) => seen.current,
        _ => return Verdict::Stay,
    };
    match waiting(condition, from, from.max(seen.highest)) {
        None => Verdict::End,
        Some(next) if next.value > row.series.scale(seen.current) => Verdict::Move(next),
        Some(next) => cross(condition, next.value, from, seen),
    }
}

/// What becomes of a trigger at `value` that the current value has reached.
fn cross(condition: &Condition, value: i64, base: i64, seen: &Seen) -> Verdict {
    let marks = marks(condition, value, seen);
    let next = waiting(condition, seen.current, seen.current.max(seen.highest));
    let previous = match condition {
        Condition::Moved(..) => base,
        // All multiples up to the current value were passed once before: a count that was corrected.
        Condition::Every(..) if marks.is_empty() => {
            return next.map_or(Verdict::End, Verdict::Move);
        }
        _ => seen.previous.unwrap_or(base),
    };
    let current = Value::Int(seen.current);
    Verdict::Fire { previous: Value::Int(previous), current, marks, next }
}

fn fire_event(event: Event, row: &TriggerRow, change: &Change) -> Verdict {
    // A video is gone, or back, with its status.
    let wanted = if event == Event::Presence { Event::Status } else { event };
    let delta = change.deltas.iter().find_map(|delta| match delta {
        Delta::Event(which, previous, current) if *which == wanted => Some((previous, current)),
        Delta::Event(..) | Delta::Count(..) => None,
    });
    match delta {
        Some((previous, current)) if row.series == Series::up(Signal::Event(event)) => {
            Verdict::Fire {
                previous: previous.clone(),
                current: current.clone(),
                marks: Marks::default(),
                next: Some(NextTrigger { series: row.series, value: row.value, base: row.base }),
            }
        }
        _ => Verdict::Stay,
    }
}

/// Whether a rule can count from `base`: a percentage of nothing is nothing.
fn counts_from(condition: &Condition, base: i64) -> bool {
    !matches!(condition, Condition::Moved(_, _, Amount::Percent(_))) || base >= 1
}

/// Where a rule on a count waits at the value `base`, strictly beyond it; `None` when it is spent.
///
/// `highest` is `base` or the highest value ever seen: multiples up to it do not count again.
fn waiting(condition: &Condition, base: i64, highest: i64) -> Option<NextTrigger> {
    let series = series(condition);
    if !counts_from(condition, base) {
        return Some(NextTrigger { series, value: LOWEST, base: Some(base) });
    }
    let value = match condition {
        Condition::Every(_, step) => multiple_above(*step, highest)?,
        Condition::Milestones(_) => milestone_above(base)?,
        Condition::At(_, values) => values.iter().copied().find(|value| *value > base)?,
        Condition::Moved(_, direction, amount) => moved(base, *direction, *amount)?,
        Condition::Any(_) | Condition::MovedIn(..) | Condition::Rate(..) | Condition::Event(_) => {
            LOWEST
        }
    };
    // A value at the end of the scale can't be negated, nor be crossed.
    let value = if series.down { value.checked_neg()? } else { value };
    Some(NextTrigger { series, value, base: Some(base) })
}

fn multiple_above(step: i64, value: i64) -> Option<i64> {
    (value.max(0) / step.max(1)).checked_add(1)?.checked_mul(step.max(1))
}

fn milestone_above(value: i64) -> Option<i64> {
    let mut power = 10i64;
    loop {
        for factor in [1, 2, 5] {
            let milestone = power.checked_mul(factor)?;
            if milestone > value {
                return Some(milestone);
            }
        }
        power = power.checked_mul(10)?;
    }
}

/// `base` moved by `amount`, rounded away from it; `None` beyond all numbers.
fn moved(base: i64, direction: Direction, amount: Amount) -> Option<i64> {
    let base = i128::from(base);
    let moved = match (amount, direction) {
        (Amount::Absolute(count), Direction::Up) => base + i128::from(count),
        (Amount::Absolute(count), Direction::Down) => base - i128::from(count),
        (Amount::Percent(hundredths), Direction::Up) => {
            (base * (10_000 + i128::from(hundredths)) + 9_999).div_euclid(10_000)
        }
        (Amount::Percent(hundredths), Direction::Down) => {
            (base * (10_000 - i128::from(hundredths))).div_euclid(10_000)
        }
    };
    i64::try_from(moved).ok()
}

/// The values from `value` (the first) to the current one that a rule names.
fn marks(condition: &Condition, value: i64, seen: &Seen) -> Marks {
    match condition {
        Condition::Every(_, step) => {
            let first = multiple_above(*step, seen.highest).map(|above| above.max(value));
            let Some(first) = first.filter(|first| *first <= seen.current) else {
                return Marks::default();
            };
            // Counted, not listed: a jump may pass a million of them.
            let passed = (seen.current - first) / step + 1;
            let named = passed.min(NAMED_MAX);
            let last = first + (passed - 1) * step;
            Marks {
                values: (0..named).rev().map(|back| last - back * step).collect(),
                more: u64::try_from(passed - named).unwrap_or(0),
            }
        }
        Condition::Milestones(_) => named(
            std::iter::successors(Some(value), |value| milestone_above(*value))
                .take_while(|milestone| *milestone <= seen.current),
        ),
        Condition::At(_, values) => {
            named(values.iter().copied().filter(|at| (value..=seen.current).contains(at)))
        }
        Condition::Any(_)
        | Condition::Moved(..)
        | Condition::MovedIn(..)
        | Condition::Rate(..)
        | Condition::Event(_) => Marks::default(),
    }
}

#[expect(clippy::cast_possible_wrap, reason = "a small constant")]
const NAMED_MAX: i64 = Marks::NAMED_MAX as i64;

/// The highest few of ascending values.
fn named(values: impl Iterator<Item = i64>) -> Marks {
    let mut values: Vec<i64> = values.collect();
    let more = values.len().saturating_sub(Marks::NAMED_MAX);
    values.drain(..more);
    Marks { values, more: u64::try_from(more).unwrap_or(u64::MAX) }
}

#[cfg(test)]
mod tests;
