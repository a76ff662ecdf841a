//! Quiet hours on the wall clock of a time zone.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::text::excerpt;
use super::written::{SettingsError, text_serde};
use super::{ClockTime, UnixMillis, first_instant};

/// Hours in which nothing rings: from `from` to before `to`, over midnight when `to` is not later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quiet {
    /// The first quiet minute.
    pub from: ClockTime,
    /// The first loud minute.
    pub to: ClockTime,
}

impl FromStr for Quiet {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let bad = || SettingsError::Quiet(excerpt(text).into_owned());
        let (from, to) = text.split_once(['-', '–']).ok_or_else(bad)?;
        let quiet =
            Quiet { from: from.parse().map_err(|_| bad())?, to: to.parse().map_err(|_| bad())? };
        if quiet.from == quiet.to { Err(bad()) } else { Ok(quiet) }
    }
}

impl fmt::Display for Quiet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

text_serde!(Quiet);

impl Quiet {
    /// Until when it is quiet, if it is quiet at `now`.
    ///
    /// A name that is no time zone (checked where it is entered) counts as UTC.
    #[must_use]
    pub fn until(self, tz: &str, now: UnixMillis) -> Option<UnixMillis> {
        let tz = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        let today = now.timestamp().to_zoned(tz.clone()).date();
        let over_midnight = self.to <= self.from;
        // Quiet hours that began yesterday may still last.
        [today.yesterday().unwrap_or(today), today].into_iter().find_map(|day| {
            let last = if over_midnight { day.checked_add(1.day()).ok()? } else { day };
            let at = |day: Date, clock: ClockTime| {
                first_instant(day.at(clock.hour, clock.minute, 0, 0), &tz)
            };
            let (from, to) = (at(day, self.from)?, at(last, self.to)?);
            (from <= now && now < to).then_some(to)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quiet: &str, tz: &str, now: &str, expected: Option<&str>) {
        let at = |text: &str| UnixMillis::from(text.parse::<jiff::Timestamp>().unwrap());
        assert_eq!(
            quiet.parse::<Quiet>().unwrap().until(tz, at(now)),
            expected.map(at),
            "{quiet} {tz} {now}"
        );
    }

    #[test]
    fn it_is_quiet_from_the_first_minute_to_before_the_last() {
        check("13:00-15:00", "UTC", "2026-11-22T12:59:59Z", None);
        check("13:00-15:00", "UTC", "2026-11-22T13:00:00Z", Some("2026-11-22T15:00:00Z"));
        check("13:00-15:00", "UTC", "2026-11-22T15:00:00Z", None);
    }

    #[test]
    fn quiet_hours_last_over_midnight() {
        check("22:00-08:00", "Europe/Madrid", "2026-11-22T21:30:00Z", Some("2026-11-23T07:00:00Z"));
        check("22:00-08:00", "Europe/Madrid", "2026-11-23T02:00:00Z", Some("2026-11-23T07:00:00Z"));
        check("22:00-08:00", "Europe/Madrid", "2026-11-23T07:00:00Z", None);
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_first_instant_after_the_gap() {
        // 2027-03-28, Madrid: 02:00 becomes 03:00 at 01:00Z.
        for quiet in ["01:00-02:00", "01:00-02:30", "01:00-03:00"] {
            check(quiet, "Europe/Madrid", "2027-03-28T00:30:00Z", Some("2027-03-28T01:00:00Z"));
            check(quiet, "Europe/Madrid", "2027-03-28T01:00:00Z", None);
        }
    }

    #[test]
    fn a_time_that_occurs_twice_is_its_first() {
        // 2026-10-25, Madrid: 03:00 becomes 02:00 at 01:00Z; 02:30 is first 00:30Z.
        check("01:00-02:30", "Europe/Madrid", "2026-10-25T00:00:00Z", Some("2026-10-25T00:30:00Z"));
        check("01:00-02:30", "Europe/Madrid", "2026-10-25T01:15:00Z", None);
    }
}
