//! Times of day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::text::excerpt;
use super::written::{SettingsError, text_serde};

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

text_serde!(ClockTime);
