//! When a watch ends, as a text and as an instant.
//!
//! `2027-01-31` is the end of that day, `2027-01-31T18:00` that minute, both in the watch's time zone; an instant with
//! its offset (`2027-01-31T18:00:00Z`) stands for itself.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::model::{SettingsError, UnixMillis, excerpt, first_instant};

/// Reads the end of a watch.
///
/// # Errors
///
/// [`SettingsError::Until`] for anything else.
pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<UnixMillis, SettingsError> {
    let bad = || SettingsError::Until(excerpt(text).into_owned());
    if text.len() == "2027-01-31".len() {
        let date: Date = text.parse().map_err(|_| bad())?;
        let midnight =
            date.tomorrow().map_err(|_| bad())?.to_datetime(jiff::civil::Time::midnight());
        return first_instant(midnight, zone).ok_or_else(bad);
    }
    // The time zone in brackets that jiff would take has its own column here.
    if text.contains('[') {
        return Err(bad());
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.into());
    }
    first_instant(text.parse::<DateTime>().map_err(|_| bad())?, zone).ok_or_else(bad)
}

/// Prints the end of a watch so that [`parse`] reads the same instant: in the watch's own time zone if it has one.
pub(super) fn print(until: UnixMillis, zone: Option<&TimeZone>) -> String {
    let exact = until.timestamp();
    let Some(zone) = zone else { return exact.to_string() };
    let local = zone.to_datetime(exact);
    let day_before = local.date().yesterday().map(|date| date.to_string()).unwrap_or_default();
    let minute = local.strftime("%Y-%m-%dT%H:%M").to_string();
    [day_before, minute]
        .into_iter()
        .find(|text| parse(text, zone) == Ok(until))
        .unwrap_or_else(|| exact.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[track_caller]
    fn check(text: &str, name: &str, expected: &str) {
        assert_eq!(parse(text, &zone(name)).unwrap().to_string(), expected, "{text} {name}");
    }

    #[test]
    fn a_date_is_the_end_of_that_day_where_the_watch_lives() {
        check("2027-01-31", "Europe/Madrid", "2027-01-31T23:00:00Z");
        check("2027-01-31", "UTC", "2027-02-01T00:00:00Z");
        check("2027-01-31T18:30", "Europe/Madrid", "2027-01-31T17:30:00Z");
        check("2027-01-31 18:30:05", "UTC", "2027-01-31T18:30:05Z");
        check("2027-01-31T18:30:00Z", "Europe/Madrid", "2027-01-31T18:30:00Z");
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_end_of_the_gap_and_one_that_is_there_twice_its_first() {
        check("2027-03-28T02:30", "Europe/Madrid", "2027-03-28T01:00:00Z");
        check("2027-10-31T02:30", "Europe/Madrid", "2027-10-31T00:30:00Z");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "soon", "2027-02-30", "31.01.2027", "2027-01-31T18:00[Europe/Paris]"] {
            assert!(parse(text, &TimeZone::UTC).is_err(), "{text}");
        }
        assert!(parse("9999-12-31", &zone("Pacific/Kiritimati")).is_err());
    }

    proptest! {
        #[test]
        fn every_end_that_is_printed_is_read_back_as_the_same_instant(
            seconds in 0i64..8_000_000_000, millis in prop_oneof![Just(0i64), 0i64..1000],
            coarse in 1i64..90_000, name in prop_oneof![Just(None), Just(Some("Europe/Madrid")),
                Just(Some("America/St_Johns")), Just(Some("Australia/Lord_Howe"))],
        ) {
            let until = UnixMillis(seconds / coarse * coarse * 1000 + millis);
            let zone = name.map(zone);
            let text = print(until, zone.as_ref());
            prop_assert_eq!(parse(&text, zone.as_ref().unwrap_or(&TimeZone::UTC)), Ok(until), "{}", text);
        }
    }
}
