//! Instants as integers, because they are stored, compared and sent as such.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

/// Tells the time. Only `app` reads the system's clock.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// An instant, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The earliest instant that can be written down.
    pub const MIN: UnixMillis = UnixMillis(i64::MIN);

    /// Returns the instant `by` later; saturates at the end of time.
    #[must_use]
    pub fn plus(self, by: Duration) -> UnixMillis {
        UnixMillis(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns the instant `by` earlier; saturates at the beginning of time.
    #[must_use]
    pub fn minus(self, by: Duration) -> UnixMillis {
        UnixMillis(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns how long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub fn since(self, earlier: UnixMillis) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the same instant as a [`jiff::Timestamp`], held inside the range jiff can express.
    #[must_use]
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        })
    }
}

impl From<jiff::Timestamp> for UnixMillis {
    fn from(value: jiff::Timestamp) -> Self {
        UnixMillis(value.as_millisecond())
    }
}

impl fmt::Display for UnixMillis {
    /// RFC 3339 in UTC, to the second.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.div_euclid(1000).saturating_mul(1000);
        write!(f, "{}", UnixMillis(whole).timestamp())
    }
}

/// A local time as an instant: one that does not exist is the first instant after the gap, one that occurs twice is its
/// first. `None` at the ends of the calendar.
#[must_use]
pub(crate) fn first_instant(local: DateTime, zone: &TimeZone) -> Option<UnixMillis> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let first = match ambiguous.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            // By the clock from after the gap, the time lies before it.
            let before_gap = after.to_timestamp(local).ok()?;
            zone.following(before_gap).next()?.timestamp()
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.earlier().ok()?
        }
    };
    Some(first.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(local: &str, zone: &str, expected: Option<&str>) {
        let zone = TimeZone::get(zone).unwrap();
        let at = first_instant(local.parse().unwrap(), &zone).map(|at| at.to_string());
        assert_eq!(at.as_deref(), expected, "{local}");
    }

    #[test]
    fn a_time_that_does_not_exist_is_the_first_instant_after_the_gap() {
        // 2027-03-28, Madrid: 02:00 becomes 03:00 at 01:00Z.
        for (local, expected) in [
            ("2027-03-28T01:59:59", "2027-03-28T00:59:59Z"),
            ("2027-03-28T02:00", "2027-03-28T01:00:00Z"),
            ("2027-03-28T02:30", "2027-03-28T01:00:00Z"),
            ("2027-03-28T03:00", "2027-03-28T01:00:00Z"),
            ("2027-03-28T03:01", "2027-03-28T01:01:00Z"),
        ] {
            check(local, "Europe/Madrid", Some(expected));
        }
        // 2011-12-30 did not exist in Samoa.
        check("2011-12-30T12:00", "Pacific/Apia", Some("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn a_time_that_occurs_twice_is_its_first() {
        // 2026-10-25, Madrid: 03:00 becomes 02:00 at 01:00Z.
        check("2026-10-25T02:30", "Europe/Madrid", Some("2026-10-25T00:30:00Z"));
        check("2026-10-25T03:00", "Europe/Madrid", Some("2026-10-25T02:00:00Z"));
    }

    #[test]
    fn the_end_of_the_calendar_is_no_instant() {
        check("9999-12-31T23:59", "America/New_York", None);
    }
}
