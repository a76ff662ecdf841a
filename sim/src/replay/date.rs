//! The days of a recording, in the forms in which the public data sets write them.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// The year under which days without a year are kept: a leap year, so that 29.02 is one of them.
const NO_YEAR: i16 = 2000;

/// A day as written in a recording.
///
/// The forms are `dd.mm` (13.09), `yyyy-mm-dd` (2017-09-13) and `yy.dd.mm` (17.13.09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RecordedDate {
    has_year: bool,
    date: Date,
}

impl RecordedDate {
    /// Reads one of the three forms; `None` for anything else, and for days that do not exist.
    pub(super) fn parse(text: &str) -> Option<RecordedDate> {
        let number = |part: &str, digits: usize| {
            let is_number = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| part.parse::<i16>().ok()).flatten()
        };
        let day = |year: i16, month: &str, day: &str| {
            let (month, day) = (number(month, 2)?, number(day, 2)?);
            Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
        };
        let dotted: Vec<&str> = text.split('.').take(4).collect();
        let dashed: Vec<&str> = text.split('-').take(4).collect();
        let (has_year, date) = match (dotted.as_slice(), dashed.as_slice()) {
            (&[d, m], _) => (false, day(NO_YEAR, m, d)?),
            (&[y, d, m], _) => (true, day(2000 + number(y, 2)?, m, d)?),
            (_, &[y, m, d]) => (true, day(number(y, 4)?, m, d)?),
            _ => return None,
        };
        Some(RecordedDate { has_year, date })
    }

    /// Whether the year was written.
    pub(super) const fn has_year(self) -> bool {
        self.has_year
    }
}

/// The days in the order in which they were lived.
///
/// Days without a year may run over New Year: they start after the longest stretch of the year without any.
pub(super) fn in_order(days: BTreeSet<RecordedDate>) -> Vec<RecordedDate> {
    let mut days: Vec<RecordedDate> = days.into_iter().collect();
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else { return days };
    if first.has_year {
        return days;
    }
    let day_of_year = |day: RecordedDate| i32::from(day.date.day_of_year());
    let over_new_year = 366 - day_of_year(last) + day_of_year(first);
    let longest = (days.windows(2).enumerate())
        .map(|(at, pair)| (day_of_year(pair[1]) - day_of_year(pair[0]), at + 1))
        .max()
        .filter(|(gap, _)| *gap > over_new_year);
    if let Some((_, start)) = longest {
        days.rotate_left(start);
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(bool, i16, i8, i8)>) {
        let expected = expected
            .map(|(has_year, y, m, d)| RecordedDate { has_year, date: jiff::civil::date(y, m, d) });
        assert_eq!(RecordedDate::parse(text), expected, "{text}");
    }

    #[test]
    fn three_forms_are_read_and_nothing_else() {
        check("13.09", Some((false, NO_YEAR, 9, 13)));
        check("29.02", Some((false, NO_YEAR, 2, 29)));
        check("17.14.11", Some((true, 2017, 11, 14)));
        check("2017-11-14", Some((true, 2017, 11, 14)));
        for text in [
            "",
            "100",
            "30.02",
            "13.13",
            "9.9",
            "2017-02-29",
            "24.09xcaeyJTx4Co",
            "13.09.2017",
            "+1.09",
            "17.14.11.1",
            "2017-1-1",
            "١٣.٠٩",
        ] {
            check(text, None);
        }
    }

    fn check_order(expected: &[&str]) {
        let expected: Vec<_> =
            expected.iter().map(|text| RecordedDate::parse(text).unwrap()).collect();
        assert_eq!(in_order(expected.iter().copied().collect()), expected);
    }

    #[test]
    fn days_follow_one_another() {
        check_order(&["13.09", "14.09", "01.10"]);
        check_order(&["17.31.12", "2018-01-01", "18.02.01"]);
        check_order(&["05.05"]);
    }

    #[test]
    fn days_without_a_year_may_run_over_new_year() {
        check_order(&["30.12", "31.12", "01.01", "03.01"]);
        check_order(&["14.11", "30.01", "14.06"]);
    }
}
