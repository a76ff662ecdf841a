//! What a destination or a watch adds to its rules: how often, when not, until when.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::UnixMillis;

/// Why a text is no setting.
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
    /// A time zone.
    #[error("`{0}` is no time zone: write one of the tz database, as in Europe/Madrid")]
    Zone(String),
    /// A date.
    #[error("`{0}` is no date: write YYYY-MM-DD or YYYY-MM-DDTHH:MM, as in 2027-01-31")]
    Until(String),
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
        let bad = || SettingsError::Clock(text.to_owned());
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
        let bad = || SettingsError::Quiet(text.to_owned());
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
text_serde!(ClockTime, Quiet);

/// What a destination, or a watch over it, has set; what is `None` is left to the level below.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// At most one message per this many seconds and video; what comes between is coalesced.
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
}

/// The settings in force for one watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// At most one message per this and video; zero: no limit.
    pub at_most: Duration,
    /// Hours in which messages are held.
    pub quiet: Option<Quiet>,
    /// The time zone's name.
    pub tz: String,
    /// When the watch ends.
    pub until: Option<UnixMillis>,
}

impl Settings {
    /// Lays a watch's settings over its destination's, and both over the defaults.
    #[must_use]
    pub fn effective(watch: &Settings, destination: &Settings, defaults: &Effective) -> Effective {
        let seconds = watch.at_most_s.or(destination.at_most_s);
        Effective {
            at_most: seconds.map_or(defaults.at_most, Duration::from_secs),
            quiet: watch.quiet.or(destination.quiet).or(defaults.quiet),
            tz: watch
                .tz
                .clone()
                .or_else(|| destination.tz.clone())
                .unwrap_or_else(|| defaults.tz.clone()),
            until: watch.until.or(destination.until).or(defaults.until),
        }
    }

    /// Reads a duration such as `15m`, `1h30m`, `2d`, `45s` or `0s`.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Duration`] for anything else.
    pub fn duration(text: &str) -> Result<Duration, SettingsError> {
        let bad = || SettingsError::Duration(text.to_owned());
        let mut total: u64 = 0;
        let mut number = String::new();
        let mut parts = 0;
        for c in text.trim().chars() {
            if c.is_ascii_digit() {
                number.push(c);
                continue;
            }
            let unit = match c.to_ascii_lowercase() {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return Err(bad()),
            };
            let amount: u64 = number.parse().map_err(|_| bad())?;
            total = amount.checked_mul(unit).and_then(|s| total.checked_add(s)).ok_or_else(bad)?;
            number.clear();
            parts += 1;
        }
        // A century is more than any setting can mean, and keeps sums of instants in range.
        if parts == 0 || !number.is_empty() || total > 100 * 366 * 86_400 {
            return Err(bad());
        }
        Ok(Duration::from_secs(total))
    }

    /// Prints a duration as [`Settings::duration`] reads it.
    #[must_use]
    pub fn print_duration(duration: Duration) -> String {
        let mut rest = duration.as_secs();
        let mut text = String::new();
        for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
            if rest >= seconds {
                text.push_str(&(rest / seconds).to_string());
                text.push_str(unit);
                rest %= seconds;
            }
        }
        if text.is_empty() { "0s".to_owned() } else { text }
    }
}
