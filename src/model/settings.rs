//! What a destination or a watch adds to its rules: how often, when not, until when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::text::excerpt;
use super::{Digest, Quiet, Schedule, SettingsError, UnixMillis, length};

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
    /// Roles that are mentioned when chosen rules ring here. Of a destination alone.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub mentions: Vec<Mention>,
}

/// A role that is mentioned when a rule rings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// The role's id.
    pub role: u64,
    /// Its name when it was chosen, as typed by whoever gave it.
    pub name: String,
    /// The rule, as it is printed.
    pub rule: String,
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
    pub const AT_MOST_MAX: Duration = Schedule::EVERY_MAX;

    /// At most one message of a watch per this. What an older version took beyond [`Settings::AT_MOST_MAX`] counts as that.
    #[must_use]
    pub fn at_most(&self) -> Option<Duration> {
        self.at_most_s.map(|seconds| Duration::from_secs(seconds).min(Settings::AT_MOST_MAX))
    }

    /// Most roles with rules that a destination has: each look at a message goes through them.
    pub const MENTIONS_MAX: usize = 20;

    /// The role that is mentioned when one of these rules rings: one message mentions one.
    pub fn mention<'r>(&self, rules: impl IntoIterator<Item = &'r str>) -> Option<u64> {
        if self.mentions.is_empty() {
            return None;
        }
        let mut rules = rules.into_iter();
        rules.find_map(|rule| {
            self.mentions.iter().find(|mention| mention.rule == rule).map(|mention| mention.role)
        })
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
        length::read(text)
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
        length::print(duration)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::length::LONGEST;
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
