//! Quiet hours on the wall clock of a time zone.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{ClockTime, Quiet, UnixMillis, first_instant};

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
