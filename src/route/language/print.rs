//! The canonical text of a rule.

use std::fmt;

use crate::model::{Amount, Condition, Direction, RateUnit, Rule};

impl fmt::Display for Rule {
    /// The canonical text: what `language::parse` reads back as the same rule.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.condition, if self.is_urgent { "!" } else { "" })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Any(metric) => write!(f, "{metric} any"),
            Condition::Every(metric, step) => write!(f, "{metric} every {}", Count(*step)),
            Condition::Milestones(metric) => write!(f, "{metric} milestones"),
            Condition::At(metric, values) => {
                write!(f, "{metric} at ")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", Count(*value))?;
                }
                Ok(())
            }
            Condition::Moved(metric, direction, amount) => {
                write!(f, "{metric} {}{}", sign(*direction), Printed(*amount))
            }
            Condition::MovedIn(metric, direction, amount, window_s) => {
                let window = Window(*window_s);
                write!(f, "{metric} {}{} in {window}", sign(*direction), Printed(*amount))
            }
            Condition::Rate(metric, count, unit) => {
                let unit = match unit {
                    RateUnit::Hour => 'h',
                    RateUnit::Day => 'd',
                };
                write!(f, "{metric} rate > {}/{unit}", Count(*count))
            }
            Condition::Event(event) => f.write_str(event.name()),
        }
    }
}

const fn sign(direction: Direction) -> char {
    match direction {
        Direction::Up => '+',
        Direction::Down => '-',
    }
}

/// A number of counts: from 10,000 on with k, M or B where one decimal is enough.
struct Count(i64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, letter) in [(1_000_000_000, 'B'), (1_000_000, 'M'), (1000, 'k')] {
            if self.0 >= unit.max(10_000) && self.0 % (unit / 10) == 0 {
                return match self.0 % unit * 10 / unit {
                    0 => write!(f, "{}{letter}", self.0 / unit),
                    tenth => write!(f, "{}.{tenth}{letter}", self.0 / unit),
                };
            }
        }
        self.0.fmt(f)
    }
}

struct Printed(Amount);

impl fmt::Display for Printed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Amount::Absolute(count) => Count(count).fmt(f),
            Amount::Percent(hundredths) => match (hundredths / 100, hundredths % 100) {
                (whole, 0) => write!(f, "{whole}%"),
                (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}%", part / 10),
                (whole, part) => write!(f, "{whole}.{part:02}%"),
            },
        }
    }
}

/// A window of whole minutes.
struct Window(u32);

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, letter) in [(86_400, 'd'), (3600, 'h'), (60, 'm')] {
            if rest >= unit {
                write!(f, "{}{letter}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}
