//! Rules over a window: `+5% in 1h`, `rate > 200/h`.
//!
//! A trigger of such a rule is *armed*: it waits at the threshold in the rule's direction. When it fires it waits in
//! the opposite direction, below 90 % of the threshold, and is armed again there. So a value that stays above the
//! threshold, or trembles around it, fires once.

use super::scan::{Reading, Scan, Verdict};
use crate::model::{
    Amount, Condition, Direction, Marks, NextTrigger, Series, Signal, TriggerRow, Value,
};

/// The derived value of `signal`, from the count at the window's start and the count now; `None` where it has none.
///
/// A growth is cut off towards zero, so that a growth of 4.999 % is none of 5 %, and neither is a loss.
pub(super) fn derived(signal: Signal, start: i64, now: i64) -> Option<i64> {
    match signal {
        Signal::Gain { .. } => Some(now.saturating_sub(start)),
        Signal::Growth { .. } if start >= 1 => {
            let grown = (i128::from(now) - i128::from(start)) * 10_000 / i128::from(start);
            Some(i64::try_from(grown).unwrap_or(i64::MAX))
        }
        Signal::Growth { .. } | Signal::Count(_) | Signal::Event(_) => None,
    }
}

/// Where a rule over a window fires and where it is armed again, both on the scale of its series.
struct Thresholds {
    fires: i64,
    /// The highest value that is below 90 % of the amount in the rule.
    rearms: i64,
}

/// `None` for rules without a window.
fn thresholds(condition: &Condition) -> Option<Thresholds> {
    match condition {
        Condition::Rate(_, count, _) => {
            Some(Thresholds { fires: count.saturating_add(1), rearms: below_nine_tenths(*count) })
        }
        Condition::MovedIn(_, _, Amount::Absolute(count), _) => {
            Some(Thresholds { fires: *count, rearms: below_nine_tenths(*count) })
        }
        Condition::MovedIn(_, _, Amount::Percent(hundredths), _) => {
            let fires = i64::from(*hundredths);
            // The value is cut off: `v` stands for all below `v + 1`, which must not reach 90 % either. One
            // hundredth of a percent is too small to tell; standing still arms it.
            Some(Thresholds { fires, rearms: (fires * 9 / 10 - 1).max(0) })
        }
        Condition::Any(_)
        | Condition::Every(..)
        | Condition::Milestones(_)
        | Condition::At(..)
        | Condition::Moved(..)
        | Condition::Event(_) => None,
    }
}

/// The largest whole number strictly below nine tenths of `count` (at least 1).
fn below_nine_tenths(count: i64) -> i64 {
    // nine tenths = count - count/10, without overflow
    count - 1 - count / 10
}

/// The series in which a rule over a window is armed; `None` for other rules.
pub(super) fn series(condition: &Condition) -> Option<Series> {
    match *condition {
        Condition::Rate(metric, _, unit) => {
            Some(Series::up(Signal::Gain { metric, window_s: unit.seconds() }))
        }
        Condition::MovedIn(metric, direction, amount, window_s) => Some(Series {
            signal: match amount {
                Amount::Absolute(_) => Signal::Gain { metric, window_s },
                Amount::Percent(_) => Signal::Growth { metric, window_s },
            },
            down: direction == Direction::Down,
        }),
        Condition::Any(_)
        | Condition::Every(..)
        | Condition::Milestones(_)
        | Condition::At(..)
        | Condition::Moved(..)
        | Condition::Event(_) => None,
    }
}

/// The armed trigger of a rule over a window; `None` for other rules.
pub(super) fn armed(condition: &Condition) -> Option<NextTrigger> {
    let value = thresholds(condition)?.fires;
    Some(NextTrigger { series: series(condition)?, value, base: None })
}

/// What becomes of a trigger of a rule over a window that a scan has found.
pub(super) fn fire(condition: &Condition, row: &TriggerRow, scan: &Scan) -> Verdict {
    let (Some(armed), Some(thresholds)) = (armed(condition), thresholds(condition)) else {
        return Verdict::Stay;
    };
    let resting = Series { down: !armed.series.down, ..armed.series };
    match scan.reading {
        Reading::Window { start, now } if row.series == armed.series => Verdict::Fire {
            previous: Value::Int(start),
            current: Value::Int(now),
            marks: Marks::default(),
            next: Some(NextTrigger { series: resting, value: -thresholds.rearms, base: None }),
        },
        Reading::Window { .. } | Reading::Before if row.series == resting => Verdict::Move(armed),
        Reading::Window { .. } | Reading::Before | Reading::Plain | Reading::Arrival => {
            Verdict::Stay
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Metric;
    use crate::route::language::parse;

    fn growth(start: i64, now: i64) -> Option<i64> {
        derived(Signal::Growth { metric: Metric::Views, window_s: 60 }, start, now)
    }

    #[test]
    fn a_growth_is_reached_exactly_never_by_rounding() {
        assert_eq!(growth(1000, 1050), Some(500));
        assert_eq!(growth(100_000, 104_999), Some(499));
        assert_eq!(growth(100_000, 95_001), Some(-499));
        assert_eq!(growth(100_000, 95_000), Some(-500));
        assert_eq!(growth(1, i64::MAX), Some(i64::MAX));
    }

    #[test]
    fn a_growth_needs_a_count_to_start_from() {
        assert_eq!((growth(0, 10), growth(-1, 10)), (None, None));
    }

    #[test]
    fn rules_are_armed_again_strictly_below_nine_tenths() {
        for count in (1..2000i64).chain([1_000_000_000_000_000]) {
            let below = below_nine_tenths(count);
            assert!(below * 10 < count * 9 && (below + 1) * 10 >= count * 9, "{count}: {below}");
        }
    }

    #[test]
    fn a_rule_that_fired_waits_strictly_beyond_the_value_that_fired() {
        for text in ["views rate > 1/h", "views +1 in 1h", "views +0.01% in 1h", "views -10% in 1h"]
        {
            let thresholds = thresholds(&parse(text).unwrap().condition).unwrap();
            assert!(thresholds.rearms < thresholds.fires, "{text}");
        }
    }

    #[test]
    fn shares_are_armed_again_only_where_every_cut_off_value_is_below_nine_tenths() {
        for (text, rearms) in [
            ("views +5% in 1h", 449),
            ("views -0.05% in 1h", 3),
            ("views +0.02% in 1h", 0),
            ("views +0.01% in 1h", 0),
        ] {
            let thresholds = thresholds(&parse(text).unwrap().condition).unwrap();
            assert_eq!(thresholds.rearms, rearms, "{text}");
        }
    }

    #[test]
    fn more_than_200_an_hour_is_201() {
        let thresholds = thresholds(&parse("views rate > 200/h").unwrap().condition).unwrap();
        assert_eq!((thresholds.fires, thresholds.rearms), (201, 179));
    }
}
