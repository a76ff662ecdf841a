//! When digests come: a schedule on the wall clock of a time zone, and whether there is one at all.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::text::excerpt;
use super::written::{SettingsError, text_serde};
use super::{ClockTime, UnixMillis, first_instant, length};

/// Days of which one has each weekday twice: a day that lies in a gap of the calendar does not hide the next.
const DAYS_AHEAD: i32 = 15;

/// When a digest comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Schedule {
    /// Again and again after so long: [`Schedule::EVERY_MIN`] to [`Schedule::EVERY_MAX`], in whole seconds.
    Every(Duration),
    /// At each full hour of the zone.
    Hourly,
    /// Each day at this time.
    Daily(ClockTime),
    /// Each week on this day at this time.
    Weekly(Weekday, ClockTime),
}

/// What is set about digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Digest {
    /// What happens is told as it happens.
    Off,
    /// It is collected, and told then.
    At(Schedule),
}

impl Schedule {
    /// The shortest period: what is shorter is no digest.
    pub const EVERY_MIN: Duration = Duration::from_secs(30);

    /// The longest period: statistics are kept no longer.
    pub const EVERY_MAX: Duration = Duration::from_secs(30 * 86_400);

    /// The time of a day that nobody named.
    pub const TIME: ClockTime = ClockTime { hour: 9, minute: 0 };

    /// When what the budget of a day held back is told, to whoever has no digest of their own.
    pub const EVENING: Schedule = Schedule::Daily(ClockTime { hour: 20, minute: 0 });

    /// The first time after `now`. [`Schedule::Every`] counts from `from`; a name that is no time zone (checked where it
    /// is entered) counts as UTC.
    ///
    /// A local time that does not exist is the first instant after the gap; one that occurs twice is its first.
    #[must_use]
    pub fn next_after(self, now: UnixMillis, tz: &str, from: UnixMillis) -> UnixMillis {
        let zone = || TimeZone::get(tz).unwrap_or(TimeZone::UTC);
        let next = match self {
            Schedule::Every(period) => return every(period, now, from),
            Schedule::Hourly => next_hour(now, &zone()),
            Schedule::Daily(at) => next_day(now, &zone(), at, |_| true),
            Schedule::Weekly(day, at) => next_day(now, &zone(), at, |date| date.weekday() == day),
        };
        // The calendar has come to its end.
        next.unwrap_or(now.plus(Schedule::EVERY_MAX))
    }
}

fn every(period: Duration, now: UnixMillis, from: UnixMillis) -> UnixMillis {
    let period_ms = i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1);
    let passed = now.0.saturating_sub(from.0).div_euclid(period_ms).saturating_add(1);
    UnixMillis(from.0.saturating_add(passed.saturating_mul(period_ms)))
}

fn next_hour(now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
    let local = now.timestamp().to_zoned(zone.clone()).datetime();
    let hour = local.date().to_datetime(Time::constant(local.hour(), 0, 0, 0));
    // A fold repeats less than three hours anywhere.
    let ahead = |hours: i64| hour.checked_add(Span::new().try_hours(hours).ok()?).ok();
    (0..=6).filter_map(ahead).filter_map(|at| first_instant(at, zone)).find(|at| *at > now)
}

fn next_day(
    now: UnixMillis,
    zone: &TimeZone,
    at: ClockTime,
    is_day: impl Fn(Date) -> bool,
) -> Option<UnixMillis> {
    let today = now.timestamp().to_zoned(zone.clone()).date();
    // Behind a fold over midnight it may be yesterday's time that is next.
    let days = (-1..=DAYS_AHEAD).filter_map(|days| today.checked_add(days.days()).ok());
    let instant = |date: Date| first_instant(local(date, at), zone);
    days.filter(|date| is_day(*date)).filter_map(instant).find(|at| *at > now)
}

fn local(date: Date, at: ClockTime) -> DateTime {
    date.at(at.hour, at.minute, 0, 0)
}

impl FromStr for Schedule {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let bad = || SettingsError::Digest(excerpt(text).into_owned());
        let lower = text.trim().to_lowercase();
        let (kind, rest) = lower.split_once(char::is_whitespace).unwrap_or((&lower, ""));
        let rest = rest.trim();
        let time = |text: &str| match text.trim().trim_start_matches("at ").trim_start() {
            "" => Ok(Schedule::TIME),
            text => text.parse::<ClockTime>(),
        };
        match kind {
            "every" => match rest {
                "hour" => Ok(Schedule::Hourly),
                "day" => Ok(Schedule::Daily(Schedule::TIME)),
                "week" => Ok(Schedule::Weekly(Weekday::Monday, Schedule::TIME)),
                _ => {
                    let period = length::read(rest).map_err(|_| bad())?;
                    if (Schedule::EVERY_MIN..=Schedule::EVERY_MAX).contains(&period) {
                        Ok(Schedule::Every(period))
                    } else {
                        Err(SettingsError::Period(excerpt(text).into_owned()))
                    }
                }
            },
            "hourly" if rest.is_empty() => Ok(Schedule::Hourly),
            "daily" => Ok(Schedule::Daily(time(rest)?)),
            "weekly" => {
                let (first, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                match weekday(first.trim_end_matches(',')) {
                    Some(day) => Ok(Schedule::Weekly(day, time(after)?)),
                    None if first.is_empty() || first.contains(':') => {
                        Ok(Schedule::Weekly(Weekday::Monday, time(rest)?))
                    }
                    None => Err(bad()),
                }
            }
            _ => Err(bad()),
        }
    }
}

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Monday, "monday"),
    (Weekday::Tuesday, "tuesday"),
    (Weekday::Wednesday, "wednesday"),
    (Weekday::Thursday, "thursday"),
    (Weekday::Friday, "friday"),
    (Weekday::Saturday, "saturday"),
    (Weekday::Sunday, "sunday"),
];

/// A day of the week by its English name, or the beginning of it from two letters on, which are its own.
fn weekday(name: &str) -> Option<Weekday> {
    let is_meant = |day: &str| name.len() > 1 && day.starts_with(name);
    DAYS.into_iter().find(|(_, day)| is_meant(day)).map(|(day, _)| day)
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Every(period) => write!(f, "every {}", length::print(*period)),
            Schedule::Hourly => f.write_str("hourly"),
            Schedule::Daily(at) => write!(f, "daily {at}"),
            Schedule::Weekly(day, at) => {
                let name = DAYS.iter().find(|(known, _)| known == day).map_or("", |(_, name)| name);
                write!(f, "weekly {} {at}", name.get(..3).unwrap_or_default())
            }
        }
    }
}

impl Digest {
    /// The schedule, where there is one.
    #[must_use]
    pub const fn schedule(self) -> Option<Schedule> {
        match self {
            Digest::Off => None,
            Digest::At(schedule) => Some(schedule),
        }
    }
}

impl FromStr for Digest {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        if text.trim().eq_ignore_ascii_case("off") {
            return Ok(Digest::Off);
        }
        text.parse().map(Digest::At)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Digest::Off => f.write_str("off"),
            Digest::At(schedule) => schedule.fmt(f),
        }
    }
}

text_serde!(Schedule, Digest);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[track_caller]
    fn check(schedule: &str, tz: &str, now: &str, expected: &[&str]) {
        let schedule: Schedule = schedule.parse().unwrap();
        let mut now = at(now);
        let from = now;
        for next in expected {
            now = schedule.next_after(now, tz, from);
            assert_eq!(now.to_string(), *next, "{schedule} {tz}");
        }
    }

    #[test]
    fn schedules_are_read_as_people_write_them() {
        for (text, printed) in [
            ("daily 09:00", "daily 09:00"),
            (" Daily 9:00 ", "daily 09:00"),
            ("daily at 7:30", "daily 07:30"),
            ("daily", "daily 09:00"),
            ("every day", "daily 09:00"),
            ("hourly", "hourly"),
            ("every hour", "hourly"),
            ("every 6h", "every 6h"),
            ("every 90 min", "every 1h30m"),
            ("weekly mon 09:00", "weekly mon 09:00"),
            ("weekly Sunday, 23:59", "weekly sun 23:59"),
            ("weekly th", "weekly thu 09:00"),
            ("weekly 8:00", "weekly mon 08:00"),
            ("weekly", "weekly mon 09:00"),
        ] {
            let schedule: Schedule = text.parse().expect(text);
            assert_eq!(schedule.to_string(), printed, "{text}");
            assert_eq!(printed.parse(), Ok(schedule), "{text}");
        }
        assert_eq!("OFF".parse(), Ok(Digest::Off));
        assert_eq!(Digest::At(Schedule::Hourly).to_string(), "hourly");
    }

    #[test]
    fn what_is_no_schedule_is_told_with_those_that_are() {
        for text in
            ["", "sometimes", "every", "every now and then", "weekly moon 09:00", "weekly t"]
        {
            let line = Schedule::from_str(text).unwrap_err().to_string();
            assert!(
                line.contains("`daily 09:00`") && line.contains("`weekly mon 09:00`"),
                "{line}"
            );
        }
        for text in ["daily 25:00", "daily noon", "weekly mon 9"] {
            let line = Schedule::from_str(text).unwrap_err().to_string();
            assert!(line.contains("no time of day"), "{line}");
        }
        for text in ["every 29s", "every 31d", "every 0s"] {
            let line = Schedule::from_str(text).unwrap_err().to_string();
            assert!(line.contains("30s") && line.contains("30d"), "{line}");
        }
    }

    #[test]
    fn a_digest_comes_once_a_day_over_both_changes_of_the_clock() {
        check(
            "daily 02:30",
            "Europe/Madrid",
            "2027-03-26T12:00:00Z",
            &[
                "2027-03-27T01:30:00Z",
                // 02:30 does not exist.
                "2027-03-28T01:00:00Z",
                "2027-03-29T00:30:00Z",
            ],
        );
        check(
            "daily 02:30",
            "Europe/Madrid",
            "2026-10-24T12:00:00Z",
            &[
                // 02:30 occurs twice.
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ],
        );
        check(
            "daily 02:15",
            "Australia/Lord_Howe",
            "2026-10-02T15:00:00Z",
            &["2026-10-02T15:45:00Z", "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"],
        );
        // 2011-12-30 did not exist in Samoa.
        check(
            "daily 09:00",
            "Pacific/Apia",
            "2011-12-29T12:00:00Z",
            &["2011-12-29T19:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"],
        );
    }

    #[test]
    fn a_digest_comes_each_hour_of_the_wall_clock_and_each_week() {
        check(
            "hourly",
            "Asia/Kolkata",
            "2026-11-30T10:00:00Z",
            &["2026-11-30T10:30:00Z", "2026-11-30T11:30:00Z"],
        );
        check(
            "hourly",
            "America/New_York",
            "2026-11-01T04:30:00Z",
            &[
                "2026-11-01T05:00:00Z",
                // 01:00 occurs twice.
                "2026-11-01T07:00:00Z",
            ],
        );
        check(
            "weekly sun 02:30",
            "America/New_York",
            "2027-03-07T07:30:00Z",
            &[
                // 02:30 does not exist.
                "2027-03-14T07:00:00Z",
                "2027-03-21T06:30:00Z",
            ],
        );
    }

    #[test]
    fn every_so_often_counts_from_where_it_began() {
        let (from, schedule) = (UnixMillis(1_000), Schedule::Every(Duration::from_secs(60)));
        for (now, next) in [(1_000, 61_000), (60_999, 61_000), (61_000, 121_000), (900, 1_000)] {
            assert_eq!(schedule.next_after(UnixMillis(now), "UTC", from), UnixMillis(next));
        }
        assert!(schedule.next_after(UnixMillis(i64::MAX), "UTC", from) > from);
    }

    #[test]
    fn each_day_of_a_year_has_one_digest() {
        for zone in ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"] {
            for time in ["00:00", "01:45", "02:00", "02:30", "03:00", "23:59"] {
                let schedule: Schedule = format!("daily {time}").parse().unwrap();
                let mut now = at("2020-01-01T11:00:00Z");
                let end = at("2020-12-31T11:00:00Z");
                let mut count = 0;
                while now < end {
                    now = schedule.next_after(now, zone, now);
                    count += 1;
                }
                assert!((365..=366).contains(&count), "{zone} {time}: {count}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_next_time_is_later_and_nothing_is_left_out(
            now in 0i64..4_000_000_000_000, ahead in 0i64..90_000_000, kind in 0usize..4,
            hour in 0i8..24, minute in 0i8..60, zone in 0usize..5,
        ) {
            let zone = ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Mars/Olympus"][zone];
            let clock = ClockTime { hour, minute };
            let schedule = [
                Schedule::Every(Duration::from_secs(3_600)), Schedule::Hourly,
                Schedule::Daily(clock), Schedule::Weekly(Weekday::Friday, clock),
            ][kind];
            let (earlier, later) = (UnixMillis(now), UnixMillis(now + ahead));
            let next = schedule.next_after(earlier, zone, UnixMillis(0));
            prop_assert!(next > earlier);
            if later < next {
                prop_assert_eq!(schedule.next_after(later, zone, UnixMillis(0)), next);
            }
        }

        #[test]
        fn what_is_printed_is_read_back(seconds in 30u64..2_592_000, day in 0usize..7, hour in 0i8..24, minute in 0i8..60) {
            let clock = ClockTime { hour, minute };
            for schedule in [
                Schedule::Every(Duration::from_secs(seconds)), Schedule::Hourly,
                Schedule::Daily(clock), Schedule::Weekly(DAYS[day].0, clock),
            ] {
                prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
            }
        }
    }
}
