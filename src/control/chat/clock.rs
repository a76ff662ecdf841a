//! From what people write of times to instants, on their clock.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::words::first_word;
use crate::model::{ClockTime, Settings, SettingsError, UnixMillis, first_instant};

/// The zone of that name; UTC for one that does not exist.
fn zone(tz: &str) -> TimeZone {
    TimeZone::get(tz).unwrap_or(TimeZone::UTC)
}

/// The name of a zone as the tz database writes it.
pub(super) fn zone_name(text: &str) -> Result<String, SettingsError> {
    let bad = || SettingsError::Zone(text.chars().take(40).collect());
    let zone = TimeZone::get(text).map_err(|_| bad())?;
    zone.iana_name().map(str::to_owned).ok_or_else(bad)
}

/// The duration at the front of a text, in as many words as it has (`90 min`, `1 hour, 30 minutes`), and what follows it.
pub(super) fn leading_duration(text: &str) -> Option<(Duration, &str)> {
    /// More words has no duration.
    const WORDS_MAX: usize = 8;
    let text = text.trim();
    let mut found = None;
    let mut rest = text;
    for _ in 0..WORDS_MAX {
        let Some((_, after)) = first_word(rest) else { break };
        let (head, tail) = text.split_at(text.len() - after.len());
        found = Settings::duration(head).ok().map(|length| (length, tail)).or(found);
        rest = after;
    }
    found
}

/// Reads `18:00` (the next), `2027-01-31` (its beginning) or `2027-01-31T18:00`.
pub(super) fn until(text: &str, tz: &str, now: UnixMillis) -> Result<UnixMillis, SettingsError> {
    if let Ok(time) = text.parse::<ClockTime>() {
        return Ok(next(time, &zone(tz), now));
    }
    let shown = || text.chars().take(40).collect::<String>();
    let bad = || SettingsError::Until(shown());
    let (date, time) = text.split_once(['T', 't']).unwrap_or((text, "00:00"));
    let time: ClockTime = time.parse().map_err(|_| bad())?;
    // The parser also takes other forms, which a date in a chat is not meant to have.
    if date.len() != 10 {
        return Err(if text.contains(':') { SettingsError::Clock(shown()) } else { bad() });
    }
    let date: Date = date.parse().map_err(|_| bad())?;
    Ok(instant(date.at(time.hour, time.minute, 0, 0), &zone(tz)))
}

/// The next time at which the clock shows `time`.
fn next(time: ClockTime, zone: &TimeZone, now: UnixMillis) -> UnixMillis {
    let today = now.timestamp().to_zoned(zone.clone()).date();
    let on = |date: Date| instant(date.at(time.hour, time.minute, 0, 0), zone);
    match on(today) {
        today if today > now => today,
        _ => on(today.saturating_add(1.day())),
    }
}

/// A local time as an instant; at the end of the calendar, the end of time.
fn instant(local: DateTime, zone: &TimeZone) -> UnixMillis {
    first_instant(local, zone).unwrap_or(UnixMillis(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, tz: &str, now: &str, expected: &str) {
        let now: jiff::Timestamp = now.parse().unwrap();
        let found = until(text, tz, now.into());
        assert_eq!(found.map(|at| at.to_string()), Ok(expected.to_owned()), "{text} in {tz}");
    }

    #[test]
    fn a_time_of_day_is_the_next_one_on_the_readers_clock() {
        check("18:00", "Europe/Madrid", "2026-11-21T13:03:00Z", "2026-11-21T17:00:00Z");
        check("14:03", "Europe/Madrid", "2026-11-21T13:03:00Z", "2026-11-22T13:03:00Z");
        check("8:00", "Asia/Tokyo", "2026-11-21T13:03:00Z", "2026-11-21T23:00:00Z");
        check("2027-01-31", "Europe/Madrid", "2026-11-21T13:03:00Z", "2027-01-30T23:00:00Z");
        check("2027-01-31T18:00", "UTC", "2026-11-21T13:03:00Z", "2027-01-31T18:00:00Z");
    }

    #[test]
    fn a_time_that_the_clock_skips_is_the_end_of_the_gap_and_one_shown_twice_its_first() {
        check("02:30", "Europe/Madrid", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z");
        check("02:00", "Europe/Madrid", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z");
        check("03:00", "Europe/Madrid", "2026-03-28T22:00:00Z", "2026-03-29T01:00:00Z");
        check("02:30", "Europe/Madrid", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z");
    }

    #[test]
    fn a_duration_takes_as_many_words_as_it_has() {
        let check = |text: &str, expected: Option<(u64, &str)>| {
            let found = leading_duration(text);
            assert_eq!(found.map(|(length, rest)| (length.as_secs(), rest)), expected, "{text}");
        };
        check("90 min", Some((5400, "")));
        check("90 min 3", Some((5400, "3")));
        check(" 1 hour, 30 minutes  dQw4w9WgXcQ ", Some((5400, "dQw4w9WgXcQ")));
        check("1h 3", Some((3600, "3")));
        check("2 days", Some((172_800, "")));
        for text in ["", "3", "3 1h", "1 90 min", "soon 1h"] {
            check(text, None);
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "25:00", "18:0", "tomorrow", "2027-13-01", "2027-01-31T99:00", "20270131"]
        {
            assert!(until(text, "UTC", UnixMillis(0)).is_err(), "{text}");
        }
        assert_eq!(zone_name("europe/madrid"), Ok("Europe/Madrid".to_owned()));
        assert!(zone_name("Mars/Olympus").is_err());
    }
}
