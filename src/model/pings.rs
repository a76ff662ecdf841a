//! How many messages somebody had in a day, as far as they count.

use jiff::tz::TimeZone;

use super::UnixMillis;

/// Messages that count against the budget of a day ([`super::Settings::pings_per_day`]), of one day of a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pings {
    /// The day, as YYYYMMDD: 20,261,122. 0: there was none yet.
    pub day: i64,
    /// How many there were on it.
    pub count: u32,
}

impl Pings {
    /// How many there were on the day that it is in a time zone. A name that is no time zone (checked where it is
    /// entered) counts as UTC.
    #[must_use]
    pub fn today(self, now: UnixMillis, tz: &str) -> u32 {
        if self.day == day(now, tz) { self.count } else { 0 }
    }

    /// These and so many more now.
    #[must_use]
    pub fn and(self, more: u32, now: UnixMillis, tz: &str) -> Pings {
        Pings { day: day(now, tz), count: self.today(now, tz).saturating_add(more) }
    }
}

fn day(now: UnixMillis, tz: &str) -> i64 {
    let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
    let date = now.timestamp().to_zoned(zone).date();
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMillis {
        text.parse::<jiff::Timestamp>().unwrap().into()
    }

    #[test]
    fn a_day_begins_at_midnight_of_whoever_is_told() {
        let zone = "Europe/Madrid";
        let evening = at("2026-11-22T22:59:59Z");
        let pings = Pings::default().and(2, evening, zone).and(1, evening, zone);
        assert_eq!(pings, Pings { day: 20_261_122, count: 3 });
        assert_eq!(pings.today(evening, zone), 3);
        let night = at("2026-11-22T23:00:00Z");
        assert_eq!((pings.today(night, zone), pings.today(night, "UTC")), (0, 3));
        assert_eq!(pings.and(1, night, zone), Pings { day: 20_261_123, count: 1 });
    }

    #[test]
    fn on_the_day_of_a_change_of_the_clock_nobody_begins_anew() {
        // 02:00 to 03:00 occurs twice.
        let zone = "Europe/Madrid";
        let pings = Pings::default().and(5, at("2026-10-25T00:30:00Z"), zone);
        assert_eq!(pings.today(at("2026-10-25T01:30:00Z"), zone), 5);
    }
}
