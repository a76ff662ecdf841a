//! Quiet hours on the wall clock of a time zone.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::model::{ClockTime, Quiet, UnixMillis};

/// Until when it is quiet, if it is quiet at `now`.
///
/// A local time that does not exist is the first instant after the gap; one that occurs twice is its first. A name
/// that is no time zone (checked where it is entered) counts as UTC.
pub fn quiet_until(quiet: Quiet, tz: &str, now: UnixMillis) -> Option<UnixMillis> {
    let tz = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
    let today = now.timestamp().to_zoned(tz.clone()).date();
    let over_midnight = quiet.to <= quiet.from;
    // Quiet hours that began yesterday may still last.
    [today.yesterday().unwrap_or(today), today].into_iter().find_map(|day| {
        let last = if over_midnight { day.checked_add(1.day()).ok()? } else { day };
        let from = instant(&tz, day, quiet.from)?;
        let to = instant(&tz, last, quiet.to)?;
        (from <= now && now < to).then_some(to)
    })
}

/// The first instant at which clocks of the zone show this time or a later one.
fn instant(tz: &TimeZone, day: Date, clock: ClockTime) -> Option<UnixMillis> {
    let local = day.to_datetime(Time::new(clock.hour, clock.minute, 0, 0).ok()?);
    let ambiguous = tz.to_ambiguous_timestamp(local);
    let found: Timestamp = match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let after = ambiguous.later().ok()?;
            tz.preceding(after).next().map_or(after, |transition| transition.timestamp())
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()?
        }
    };
    Some(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(quiet: &str, tz: &str, now: &str, expected: Option<&str>) {
        let at = |text: &str| UnixMillis::from(text.parse::<Timestamp>().unwrap());
        assert_eq!(
            quiet_until(quiet.parse().unwrap(), tz, at(now)),
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
        check("01:00-02:30", "Europe/Madrid", "2027-03-28T00:30:00Z", Some("2027-03-28T01:00:00Z"));
    }

    #[test]
    fn a_time_that_occurs_twice_is_its_first() {
        // 2026-10-25, Madrid: 03:00 becomes 02:00 at 01:00Z; 02:30 is first 00:30Z.
        check("01:00-02:30", "Europe/Madrid", "2026-10-25T00:00:00Z", Some("2026-10-25T00:30:00Z"));
        check("01:00-02:30", "Europe/Madrid", "2026-10-25T01:15:00Z", None);
    }
}
