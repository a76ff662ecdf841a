//! The scale of counts: where each is, and which of them are written.

use crate::render::numbers;

/// How many steps the counts themselves fill at the most; what is below and above them fills up to two more.
const STEPS_MAX: u128 = 3;

/// The smallest range, in counts: of a count that stands still the line is in the middle.
const RANGE_MIN: u128 = 4;

/// A range is at least so small a part of its counts: digits beyond say nothing, and take room.
const PART_MAX: u128 = 1_000_000_000;

/// Words for large numbers: so many are one of it, from when on it is used, and how many parts of it are written. Below
/// ten thousand, all digits are as short.
const UNITS: [(u128, &str, u128, u128); 4] = [
    (1_000_000_000_000, "T", 1_000_000_000_000, 100),
    (1_000_000_000, "B", 1_000_000_000, 100),
    (1_000_000, "M", 1_000_000, 100),
    (1_000, "k", 10_000, 10),
];

/// From which count to which, in steps of a round number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    low: u128,
    high: u128,
    step: u128,
}

impl Scale {
    /// A scale that shows counts from the lowest to the highest; from 0 on where that is not much further.
    pub(super) fn of(lowest: u64, highest: u64) -> Scale {
        let (mut low, mut high) = (u128::from(lowest), u128::from(highest.max(lowest)));
        let least = RANGE_MIN.max(high / PART_MAX);
        if high - low < least {
            low = low.saturating_sub((least - (high - low)) / 2);
            high = low + least;
        }
        if low <= high / 2 {
            low = 0;
        }
        let step = round((high - low).div_ceil(STEPS_MAX));
        Scale { low: low / step * step, high: high.div_ceil(step) * step, step }
    }

    /// Whether a count is on it.
    pub(super) fn has(&self, count: u64) -> bool {
        (self.low..=self.high).contains(&u128::from(count))
    }

    /// How far up a count is, from 0 to 1.
    pub(super) fn share(&self, count: u64) -> f64 {
        let above = u128::from(count).clamp(self.low, self.high) - self.low;
        above as f64 / (self.high - self.low) as f64
    }

    /// The counts that are written, with how they are.
    pub(super) fn ticks(&self) -> impl Iterator<Item = (u64, String)> {
        let Scale { low, high, step } = *self;
        let steps = (high - low) / step;
        (0..=steps).map(move |nth| {
            let count = low + nth * step;
            (u64::try_from(count).unwrap_or(u64::MAX), short(count, high, step))
        })
    }
}

/// The next of 1, 2, 5, 10, 20, 50, …
fn round(least: u128) -> u128 {
    let mut ten = 1;
    loop {
        for digit in [1, 2, 5] {
            if digit * ten >= least {
                return digit * ten;
            }
        }
        ten *= 10;
    }
}

/// A count as short as it can be told apart from the next one: `1.25M`, `12k`, `1,240`.
fn short(count: u128, highest: u128, step: u128) -> String {
    let fits = |(unit, _, from, parts): &&(u128, &str, u128, u128)| {
        highest >= *from && (step * parts).is_multiple_of(*unit)
    };
    let grouped = |count| numbers::grouped(i64::try_from(count).unwrap_or(i64::MAX));
    match UNITS.iter().find(fits) {
        Some((unit, letter, _, parts)) if count > 0 => {
            let part = count % unit * parts / unit;
            let digits = if *parts == 100 { format!("{part:02}") } else { part.to_string() };
            let digits = digits.trim_end_matches('0');
            let point = if digits.is_empty() { "" } else { "." };
            format!("{}{point}{digits}{letter}", grouped(count / unit))
        }
        Some(_) | None => grouped(count),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(lowest: u64, highest: u64, expected: &str) {
        let words: Vec<String> = Scale::of(lowest, highest).ticks().map(|(_, word)| word).collect();
        assert_eq!(words.join(" "), expected, "{lowest} to {highest}");
    }

    #[test]
    fn few_round_counts_are_written_each_as_short_as_it_can_be() {
        check(0, 0, "0 2 4");
        check(0, 1, "0 2 4");
        check(1_240, 1_240, "1,238 1,240 1,242");
        check(950, 1_240, "900 1,000 1,100 1,200 1,300");
        check(500, 1_000, "0 500 1,000");
        check(10_200, 13_900, "10k 12k 14k");
        check(99_000, 101_500, "99k 100k 101k 102k");
        check(1_200_000, 2_400_000, "0 1M 2M 3M");
        check(1_503_200_100, 1_503_900_000, "1,503M 1,503.5M 1,504M");
        check(
            1_780_412_345,
            1_780_412_345,
            "1,780,412,342 1,780,412,344 1,780,412,346 1,780,412,348",
        );
        check(40, 9_000_000_000, "0 5B 10B");
    }

    proptest! {
        #[test]
        fn any_counts_have_few_short_words_and_places_within(lowest: u64, more: u64) {
            let highest = lowest.saturating_add(more >> (more % 64));
            let scale = Scale::of(lowest, highest);
            let ticks: Vec<_> = scale.ticks().collect();
            prop_assert!((2..=6).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.iter().all(|(_, word)| word.len() <= 26), "{ticks:?}");
            for count in [lowest, highest] {
                prop_assert!(scale.has(count) && (0.0..=1.0).contains(&scale.share(count)));
            }
            prop_assert!(scale.share(lowest) <= scale.share(highest));
        }
    }
}
