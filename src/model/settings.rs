//! What a destination or a watch adds to its rules: how often, when not, until when.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::fmt::friendly::{Spacing, SpanParser, SpanPrinter};
use jiff::{Span, SpanRelativeTo, SpanRound, Unit};
use serde::{Deserialize, Serialize};

use super::text::excerpt;
use super::{Digest, Schedule, UnixMillis};

/// Why a text is no setting; repeats its beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A time of day.
    #[error("`{0}` is no time of day: write HH:MM, as in 22:00")]
    Clock(String),
    /// Quiet hours.
    #[error("`{0}` are no quiet hours: write HH:MM-HH:MM, as in 22:00-08:00")]
    Quiet(String),
    /// A duration.
    #[error("`{0}` is no duration: write a number and s, m, h or d, as in 15m or 1h30m")]
    Duration(String),
    /// A time between two messages.
    #[error("`{0}` is too long: write at most 30d, for statistics are kept no longer")]
    AtMost(String),
    /// A time zone.
    #[error("`{0}` is no time zone: write one of the tz database, as in Europe/Madrid")]
    Zone(String),
    /// A date.
    #[error("`{0}` is no date: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, as in 2027-01-31")]
    Until(String),
    /// When digests come.
    #[error(
        "`{0}` is no time of a digest: write `daily 09:00`, `weekly mon 09:00`, `hourly`, `every 6h` or `off`"
    )]
    Digest(String),
    /// How often digests come.
    #[error("`{0}` is too often or too seldom: write at least `every 30s` and at most `every 30d`")]
    Period(String),
    /// Messages a day.
    #[error("`{0}` is no number of messages a day: write 1 or more, as in 10, or off")]
    PingsPerDay(String),
}

/// A time of day, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime {
    /// 0 to 23.
    pub hour: i8,
    /// 0 to 59.
    pub minute: i8,
}

impl FromStr for ClockTime {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let bad = || SettingsError::Clock(excerpt(text).into_owned());
        let (hour, minute) = text.trim().split_once(':').ok_or_else(bad)?;
        let digits = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(hour) || !digits(minute) || minute.len() != 2 {
            return Err(bad());
        }
        let time = ClockTime {
            hour: hour.parse().map_err(|_| bad())?,
            minute: minute.parse().map_err(|_| bad())?,
        };
        if time.hour < 24 && time.minute < 60 { Ok(time) } else { Err(bad()) }
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

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

macro_rules! text_serde {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = SettingsError;
            fn try_from(text: String) -> Result<Self, SettingsError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    )*};
}
pub(super) use text_serde;
text_serde!(ClockTime, Quiet);

/// What a destination, or a watch over it, has set; what is `None` is left to the level below.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// At most one message of a watch per this many seconds; what comes between is coalesced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at_most_s: Option<u64>,
    /// Hours in which messages are held.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quiet: Option<Quiet>,
    /// The time zone of `quiet` and of times in messages: a name of the tz database.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tz: Option<String>,
    /// When the watch ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<UnixMillis>,
    /// Whether what happens is collected into a digest, and when that comes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<Digest>,
    /// At most this many messages of the destination in a day of its `tz`, what is over goes into a digest; 0: no limit,
    /// whatever stands below. Set on a watch, it is that watch that keeps to it. Counted are the messages of watches to which
    /// a limit applies, and of a destination that has one all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pings_per_day: Option<u32>,
}

/// The settings in force for one watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// At most one message of a watch per this; zero: no limit.
    pub at_most: Duration,
    /// Hours in which messages are held.
    pub quiet: Option<Quiet>,
    /// The time zone's name.
    pub tz: String,
    /// When the watch ends.
    pub until: Option<UnixMillis>,
    /// When what is collected is told; `None`: it is told as it happens.
    pub digest: Option<Schedule>,
    /// At most this many messages in a day of the destination; `None`: no limit.
    pub pings_per_day: Option<u32>,
}

impl Settings {
    /// Longest time between two messages: statistics are kept no longer.
    pub const AT_MOST_MAX: Duration = Duration::from_secs(30 * 86_400);

    /// At most one message of a watch per this. What an older version took beyond [`Settings::AT_MOST_MAX`] counts as that.
    #[must_use]
    pub fn at_most(&self) -> Option<Duration> {
        self.at_most_s.map(|seconds| Duration::from_secs(seconds).min(Settings::AT_MOST_MAX))
    }

    /// Lays a watch's settings over its destination's, and both over the defaults.
    #[must_use]
    pub fn effective(watch: &Settings, destination: &Settings, defaults: &Effective) -> Effective {
        Effective {
            at_most: watch.at_most().or(destination.at_most()).unwrap_or(defaults.at_most),
            quiet: watch.quiet.or(destination.quiet).or(defaults.quiet),
            tz: watch
                .tz
                .clone()
                .or_else(|| destination.tz.clone())
                .unwrap_or_else(|| defaults.tz.clone()),
            until: watch.until.or(destination.until).or(defaults.until),
            digest: match watch.digest.or(destination.digest) {
                Some(digest) => digest.schedule(),
                None => defaults.digest,
            },
            pings_per_day: match watch.pings_per_day.or(destination.pings_per_day) {
                Some(pings) => (pings > 0).then_some(pings),
                None => defaults.pings_per_day,
            },
        }
    }

    /// Reads how many messages a day there may be; 0: `off` was written.
    ///
    /// # Errors
    ///
    /// [`SettingsError::PingsPerDay`] for anything but a whole number from 1 on, and `off`.
    pub fn read_pings_per_day(text: &str) -> Result<u32, SettingsError> {
        match text.trim() {
            off if off.eq_ignore_ascii_case("off") => Ok(0),
            number => number
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| SettingsError::PingsPerDay(excerpt(text).into_owned())),
        }
    }

    /// Reads a duration such as `15m`, `1h30m`, `2d`, `45s`, `0s`, `1.5h` or `1 hour, 30 min`, in whole seconds.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Duration`] for anything else.
    pub fn duration(text: &str) -> Result<Duration, SettingsError> {
        let length = friendly(text).filter(|length| *length <= LONGEST);
        length.ok_or_else(|| SettingsError::Duration(excerpt(text).into_owned()))
    }

    /// Reads a time between two messages, in which the rest is put together.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Duration`] for what is none, [`SettingsError::AtMost`] for more than [`Settings::AT_MOST_MAX`].
    pub fn read_at_most(text: &str) -> Result<Duration, SettingsError> {
        match Settings::duration(text)? {
            length if length > Settings::AT_MOST_MAX => {
                Err(SettingsError::AtMost(excerpt(text).into_owned()))
            }
            length => Ok(length),
        }
    }

    /// Prints how many messages a day there may be, as [`Settings::read_pings_per_day`] reads it.
    #[must_use]
    pub fn print_pings_per_day(pings: u32) -> String {
        if pings == 0 { "off".to_owned() } else { pings.to_string() }
    }

    /// Prints the whole seconds of a duration as [`Settings::duration`] reads it: `1d12h`.
    #[must_use]
    pub fn print_duration(duration: Duration) -> String {
        const PRINTER: SpanPrinter = SpanPrinter::new().spacing(Spacing::None);
        let whole = Duration::from_secs(duration.as_secs());
        let days = SpanRound::new().largest(Unit::Day).days_are_24_hours();
        match Span::try_from(whole).and_then(|span| span.round(days)) {
            Ok(span) => PRINTER.span_to_string(&span),
            // Twenty thousand years.
            Err(_) => PRINTER.unsigned_duration_to_string(&whole),
        }
    }
}

/// A century is more than any setting can mean, and keeps sums of instants in range.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// A duration in the words and abbreviations that jiff knows; a day is 24 hours, and a month or a year is none.
fn friendly(text: &str) -> Option<Duration> {
    const PARSER: SpanParser = SpanParser::new();
    // For jiff `18:00:00` is 18 hours; whoever writes it here means a time of day.
    if text.contains(':') {
        return None;
    }
    let span = PARSER.parse_span(text.trim().to_lowercase()).ok()?;
    let length = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(length).ok().filter(|length| length.subsec_nanos() == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, seconds: u64) {
        assert_eq!(Settings::duration(text), Ok(Duration::from_secs(seconds)), "{text}");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("0s", 0),
            ("45s", 45),
            ("15m", 900),
            (" 15M ", 900),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("1w", 604_800),
            ("1w2d3h4m5s", 788_645),
            ("1.5h", 5400),
            ("90 min", 5400),
            ("1 hour, 30 minutes", 5400),
            ("2 Days", 172_800),
            ("36600d", 3_162_240_000),
        ] {
            check(text, seconds);
        }
    }

    #[test]
    fn what_is_no_duration_is_told_with_one_that_is() {
        for text in [
            "",
            "15",
            "m",
            "soon",
            "-15m",
            "15m ago",
            "1mo",
            "1y",
            "18:00:00",
            "1d 18:00:00",
            "0.5s",
            "500ms",
            "30m1h",
            "1h1h",
            "36601d",
            "99999999999999999999s",
            "١٥m",
        ] {
            let error = Settings::duration(text).expect_err(text);
            let line = format!(
                "`{text}` is no duration: write a number and s, m, h or d, as in 15m or 1h30m"
            );
            assert_eq!(error.to_string(), line);
        }
        let error = Settings::duration("15m\n15m").expect_err("two lines").to_string();
        assert!(error.starts_with("`15m 15m` is no duration: "), "{error}");
    }

    #[test]
    fn durations_are_printed_short() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (5400, "1h30m"),
            (129_600, "1d12h"),
            (604_800, "7d"),
            (90_061, "1d1h1m1s"),
        ] {
            assert_eq!(Settings::print_duration(Duration::from_secs(seconds)), text);
        }
        assert_eq!(Settings::print_duration(Duration::from_millis(1999)), "1s");
        assert!(Settings::print_duration(Duration::MAX).ends_with('s'));
    }

    #[test]
    fn a_message_every_thirty_days_is_the_least() {
        assert_eq!(Settings::read_at_most("30d"), Ok(Settings::AT_MOST_MAX));
        let error = Settings::read_at_most("30d1s").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`30d1s` is too long: write at most 30d, for statistics are kept no longer"
        );
        let older = Settings { at_most_s: Some(u64::MAX), ..Settings::default() };
        assert_eq!(older.at_most(), Some(Settings::AT_MOST_MAX));
    }

    proptest! {
        #[test]
        fn every_duration_that_is_printed_is_read_back(seconds in 0..=LONGEST.as_secs()) {
            let length = Duration::from_secs(seconds);
            prop_assert_eq!(Settings::duration(&Settings::print_duration(length)), Ok(length));
        }

        #[test]
        fn no_text_is_a_panic(text in any::<String>(), near in "(-?[0-9]{1,20}[.,]?[0-9]{0,9} ?(w|d|hours|m|s|ms|ago|,)? ?){1,5}") {
            for text in [text, near] {
                let length = Settings::duration(&text).unwrap_or_default();
                prop_assert!(length <= LONGEST && length.subsec_nanos() == 0);
            }
        }
    }
}
