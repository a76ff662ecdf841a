//! The days of the quota: from midnight to midnight in California. Source: as in [`super::budget`].

use std::sync::LazyLock;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::model::UnixMillis;

/// The quota is given anew at midnight here: a day of it has 23, 24 or 25 hours.
static PACIFIC: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("America/Los_Angeles").expect("the tz database is compiled in"));

/// Longer than any Pacific day: what claims to end later than this from now was written under a wrong clock.
pub(super) const LONGEST_DAY: Duration = Duration::from_secs(25 * 3600);

/// The Pacific midnight at or before `now`.
#[must_use]
pub fn last_reset(now: UnixMillis) -> UnixMillis {
    let midnight = now.timestamp().to_zoned(PACIFIC.clone()).start_of_day();
    midnight.map_or(now, |day| day.timestamp().into())
}

/// The first Pacific midnight after `now`.
#[must_use]
pub fn next_reset(now: UnixMillis) -> UnixMillis {
    let tomorrow = now.timestamp().to_zoned(PACIFIC.clone()).tomorrow();
    tomorrow
        .and_then(|day| day.start_of_day())
        // Only at the end of the calendar.
        .map_or_else(|_| now.plus(LONGEST_DAY), |day| day.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    fn hours_of_day(text: &str) -> u64 {
        let now = at(text);
        next_reset(now).since(last_reset(now)).as_secs() / 3600
    }

    #[test]
    fn the_day_begins_at_midnight_in_california() {
        assert_eq!(last_reset(at("2026-11-22T07:59:59Z")), at("2026-11-21T08:00:00Z"));
        assert_eq!(last_reset(at("2026-11-22T08:00:00Z")), at("2026-11-22T08:00:00Z"));
        assert_eq!(next_reset(at("2026-11-22T08:00:00Z")), at("2026-11-23T08:00:00Z"));
        assert_eq!(next_reset(at("2026-07-01T12:00:00Z")), at("2026-07-02T07:00:00Z"));
    }

    #[test]
    fn days_of_daylight_saving_have_23_and_25_hours() {
        assert_eq!(hours_of_day("2026-03-08T20:00:00Z"), 23);
        assert_eq!(hours_of_day("2026-11-01T20:00:00Z"), 25);
        assert_eq!(hours_of_day("2026-11-02T20:00:00Z"), 24);
    }
}
