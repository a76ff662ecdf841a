//! Numbers and times as people read them: exact and grouped, with their unit.
//!
//! The types at the end stand in views; they serialise as the text that a template prints.

use std::fmt;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use crate::model::{Counts, Marks, Metric, UnixMillis};

/// Groups the digits of `value` by three: `1,234,567`.
#[must_use]
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Groups `value` and always shows its sign, save for 0: `+290`, `-12`, `0`.
#[must_use]
pub fn signed(value: i64) -> String {
    if value > 0 { format!("+{}", grouped(value)) } else { grouped(value) }
}

/// Says by how much `current` differs from `previous`, in percent: `+30.5 %`.
///
/// `None` where a percentage says nothing: a base below 1, no difference, or one below 0.001 %.
#[must_use]
pub fn percent(previous: i64, current: i64) -> Option<String> {
    if previous < 1 {
        return None;
    }
    // In thousandths of a percent, rounded half away from zero; i128 because counts are 64 bits wide.
    let base = i128::from(previous);
    let scaled = (i128::from(current) - base) * 100_000;
    let half = if scaled < 0 { -base / 2 } else { base / 2 };
    let thousandths = (scaled + half) / base;
    let size = thousandths.unsigned_abs();
    let sign = if thousandths < 0 { '-' } else { '+' };
    match size {
        0 => None,
        1..=94 => Some(format!("{sign}0.{size:03} %")),
        _ => {
            let tenths = (size + 50) / 100;
            let whole = i64::try_from(tenths / 10).unwrap_or(i64::MAX);
            Some(format!("{sign}{}.{} %", grouped(whole), tenths % 10))
        }
    }
}

/// The growth from `previous` to `current` in hundredths of a percent, cut off towards zero: 10,000 to 10,612 is 612.
///
/// Cut off, so that what is shown never reaches a threshold that the rule did not. `None` for a base below 1.
#[must_use]
pub fn growth_hundredths(previous: i64, current: i64) -> Option<i64> {
    if previous < 1 {
        return None;
    }
    let grown = (i128::from(current) - i128::from(previous)) * 10_000 / i128::from(previous);
    Some(i64::try_from(grown).unwrap_or(i64::MAX))
}

/// Prints hundredths of a percent: 612 as `+6.12 %`.
#[must_use]
pub fn percent_of_hundredths(hundredths: i64) -> String {
    let size = hundredths.unsigned_abs();
    let sign = if hundredths < 0 { '-' } else { '+' };
    let whole = i64::try_from(size / 100).unwrap_or(i64::MAX);
    format!("{sign}{}.{:02} %", grouped(whole), size % 100)
}

/// A count with its unit in the right number: `1 view`, `1,234 likes`.
#[must_use]
pub fn counted(value: i64, metric: Metric) -> String {
    format!("{} {}", grouped(value), unit(value, metric))
}

/// The unit of `value`: `view` for 1 and -1, `views` for all others.
#[must_use]
pub const fn unit(value: i64, metric: Metric) -> &'static str {
    match (metric, value) {
        (Metric::Views, 1 | -1) => "view",
        (Metric::Views, _) => "views",
        (Metric::Likes, 1 | -1) => "like",
        (Metric::Likes, _) => "likes",
        (Metric::Comments, 1 | -1) => "comment",
        (Metric::Comments, _) => "comments",
    }
}

/// What is said in the place of a count that YouTube does not show.
#[must_use]
pub const fn absent(metric: Metric) -> &'static str {
    match metric {
        Metric::Views => "views not shown",
        Metric::Likes => "likes hidden",
        Metric::Comments => "comments off",
    }
}

/// A length of time by its two largest units: `45 s`, `15 min`, `1 h 30 min`, `2 d`.
#[must_use]
pub fn period(length: Duration) -> String {
    let mut rest = length.as_secs();
    let mut parts: Vec<String> = Vec::new();
    for (name, seconds) in [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)] {
        if rest >= seconds && parts.len() < 2 {
            parts.push(format!("{} {name}", grouped(i64::try_from(rest / seconds).unwrap_or(0))));
            rest %= seconds;
        } else if !parts.is_empty() {
            // `1 d 5 s` would claim a precision that the hours in between do not have.
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// What is left of a time, as exact as people count it: in whole minutes from one on, never too short.
#[must_use]
pub fn rounded(left: Duration) -> Duration {
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Duration::from_secs(if seconds < 60 { seconds } else { seconds.div_ceil(60) * 60 })
}

/// A window as it follows “in the last”: `hour`, `day`, `15 min`, `3 h`.
#[must_use]
pub fn window(seconds: u32) -> String {
    match seconds {
        3600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        _ => period(Duration::from_secs(u64::from(seconds))),
    }
}

/// Joins as in speech: `1`, `1 and 2`, `1, 2 and 3`.
#[must_use]
pub fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

macro_rules! serialize_as_text {
    ($($name:ty),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}
serialize_as_text!(Grouped, Period, Moment, Near, At, Stretch, ShortTime, Ago, Numbers, Passed);

/// A number: `1,234,567`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouped(pub i64);

impl Grouped {
    /// How many there are.
    #[must_use]
    pub fn count(count: usize) -> Grouped {
        Grouped(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&grouped(self.0))
    }
}

/// A length of time: `1 h 30 min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&period(self.0))
    }
}

/// An instant on the reader's clock: `Sat 21 Nov 2026, 14:03 (Europe/Madrid)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: UnixMillis,
    /// The reader's time zone, a name of the tz database; UTC is used for a name that it does not have.
    pub tz: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zone, name) = zone(&self.tz);
        write!(f, "{} ({name})", local(self.at, &zone).strftime(DAY_AND_TIME))
    }
}

const DAY_AND_TIME: &str = "%a %-d %b %Y, %H:%M";

/// The zone of a name, with its name; UTC for one that the tz database does not have.
fn zone(tz: &str) -> (TimeZone, &str) {
    match TimeZone::get(tz) {
        Ok(zone) => (zone, tz),
        Err(_) => (TimeZone::UTC, "UTC"),
    }
}

fn local(at: UnixMillis, zone: &TimeZone) -> Zoned {
    at.timestamp().to_zoned(zone.clone())
}

/// An instant on the reader's clock, as short as can be: `20:00` within a day, `Mon 23 Nov 2026, 20:00` beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The instant.
    pub at: UnixMillis,
    /// The moment of reading.
    pub now: UnixMillis,
    /// The reader's time zone, as in [`Moment`].
    pub tz: String,
}

impl Near {
    /// Whether the time alone says which instant is meant.
    fn is_within_a_day(&self) -> bool {
        self.at.since(self.now).max(self.now.since(self.at)) < Duration::from_secs(86_400)
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = local(self.at, &zone(&self.tz).0);
        let format = if self.is_within_a_day() { "%H:%M" } else { DAY_AND_TIME };
        write!(f, "{}", local.strftime(format))
    }
}

/// When something happens, as it follows a verb: `at 20:00`, `on Mon 23 Nov 2026, 20:00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At(pub Near);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.0.is_within_a_day() { "at" } else { "on" };
        write!(f, "{word} {}", self.0)
    }
}

/// A stretch of time on the reader's clock: `Sat 21 Nov 2026, 09:00 – Sun 22 Nov 2026, 09:00 (Europe/Madrid)`, of one day
/// `Sat 21 Nov 2026, 09:00–10:00 (Europe/Madrid)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its beginning.
    pub from: UnixMillis,
    /// Its end.
    pub to: UnixMillis,
    /// The reader's time zone, as in [`Moment`].
    pub tz: String,
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zone, name) = zone(&self.tz);
        let (from, to) = (local(self.from, &zone), local(self.to, &zone));
        let (dash, end) =
            if from.date() == to.date() { ("–", "%H:%M") } else { (" – ", DAY_AND_TIME) };
        write!(f, "{}{dash}{} ({name})", from.strftime(DAY_AND_TIME), to.strftime(end))
    }
}

/// An instant on the reader's clock, as short as it is clear: `14:03`, and on another day `Fri 20 Nov, 14:03`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortTime {
    /// The instant.
    pub at: UnixMillis,
    /// The moment of reading.
    pub now: UnixMillis,
    /// The reader's time zone, as in [`Moment`]. It is not shown.
    pub tz: String,
}

impl ShortTime {
    /// The time zone that a reader is told of.
    #[must_use]
    pub fn zone_name(tz: &str) -> &str {
        zone(tz).1
    }
}

impl fmt::Display for ShortTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zone, _) = zone(&self.tz);
        let today = self.now.timestamp().to_zoned(zone.clone()).date();
        let local = self.at.timestamp().to_zoned(zone);
        let form = if local.date() == today { "%H:%M" } else { "%a %-d %b, %H:%M" };
        write!(f, "{}", local.strftime(form))
    }
}

/// An instant seen from another: `just now`, `5 min ago`, `in 2 h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ago {
    /// The instant.
    pub at: UnixMillis,
    /// The moment of reading.
    pub now: UnixMillis,
}

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (past, future) = (self.now.since(self.at), self.at.since(self.now));
        let distance = past.max(future).as_secs();
        // One unit is as exact as “ago” is meant.
        let rounded = match distance {
            0..60 => return f.write_str("just now"),
            60..3600 => distance / 60 * 60,
            3600..86_400 => distance / 3600 * 3600,
            _ => distance / 86_400 * 86_400,
        };
        let text = period(Duration::from_secs(rounded));
        if past > future { write!(f, "{text} ago") } else { write!(f, "in {text}") }
    }
}

/// Values that were passed: `1,000 and 2,000`, `… and 12 lower ones`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed(pub Marks);

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.0.values.iter().map(|value| grouped(*value)).collect();
        match self.0.more {
            0 => {}
            1 => parts.push("a lower one".to_owned()),
            more => {
                let more = grouped(i64::try_from(more).unwrap_or(i64::MAX));
                parts.push(format!("{more} lower ones"));
            }
        }
        f.write_str(&joined(&parts))
    }
}

/// The counts of a video in one line: `1,234 views · likes hidden · 1 comment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers(pub Counts);

impl Numbers {
    /// One count, or why there is none.
    #[must_use]
    pub fn part(&self, metric: Metric) -> String {
        match self.0.get(metric) {
            Some(value) => counted(value, metric),
            None => absent(metric).to_owned(),
        }
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [views, likes, comments] = Metric::ALL.map(|metric| self.part(metric));
        write!(f, "{views} · {likes} · {comments}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three_at_every_length() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234, "-1,234"),
            (1_234_567, "1,234,567"),
            (i64::MIN, "-9,223,372,036,854,775,808"),
        ] {
            assert_eq!(grouped(value), expected);
        }
        assert_eq!([signed(290), signed(-12), signed(0)], ["+290", "-12", "0"]);
    }

    #[test]
    fn a_percentage_needs_a_base_and_a_difference_that_can_be_seen() {
        for (previous, current, expected) in [
            (950, 1_240, Some("+30.5 %")),
            (1_000, 900, Some("-10.0 %")),
            (1, 1_000_000, Some("+99,999,900.0 %")),
            (1_000_000, 1_000_010, Some("+0.001 %")),
            (100_000, 100_094, Some("+0.094 %")),
            (100_000, 100_095, Some("+0.1 %")),
            (1_000_000_000, 1_000_000_001, None),
            (7, 7, None),
            (0, 5, None),
            (-1, 5, None),
            (i64::MAX, 0, Some("-100.0 %")),
        ] {
            assert_eq!(percent(previous, current).as_deref(), expected, "{previous} → {current}");
        }
        assert_eq!(percent_of_hundredths(612), "+6.12 %");
        assert_eq!(percent_of_hundredths(-5), "-0.05 %");
        assert_eq!(growth_hundredths(100_000, 104_999), Some(499));
        assert_eq!(growth_hundredths(100_000, 95_001), Some(-499));
        assert_eq!(
            [growth_hundredths(0, 5), growth_hundredths(1, i64::MAX)],
            [None, Some(i64::MAX)]
        );
    }

    #[test]
    fn one_is_singular_and_every_other_number_plural() {
        assert_eq!(counted(1, Metric::Views), "1 view");
        assert_eq!(counted(0, Metric::Likes), "0 likes");
        assert_eq!(counted(2_000, Metric::Comments), "2,000 comments");
    }

    #[test]
    fn a_missing_count_is_said_to_be_missing_and_never_zero() {
        let counts = Counts { views: Some(1), likes: None, comments: None };
        assert_eq!(Numbers(counts).to_string(), "1 view · likes hidden · comments off");
        assert_eq!(
            Numbers(Counts { views: None, likes: Some(0), comments: Some(1) }).to_string(),
            "views not shown · 0 likes · 1 comment"
        );
    }

    #[test]
    fn a_length_of_time_shows_its_two_largest_neighbouring_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (45, "45 s"),
            (900, "15 min"),
            (5_400, "1 h 30 min"),
            (86_405, "1 d"),
            (2 * 86_400 + 4 * 3600 + 120, "2 d 4 h"),
        ] {
            assert_eq!(period(Duration::from_secs(seconds)), expected);
        }
        assert_eq!([window(3600), window(86_400), window(900)], ["hour", "day", "15 min"]);
        let left = |millis| period(rounded(Duration::from_millis(millis)));
        assert_eq!([1, 59_000, 60_001].map(left), ["1 s", "59 s", "2 min"]);
    }

    #[test]
    fn times_are_told_on_the_readers_clock_and_relative_to_now() {
        let at = UnixMillis(1_795_266_180_000);
        let local = Moment { at, tz: "Europe/Madrid".to_owned() };
        assert_eq!(local.to_string(), "Sat 21 Nov 2026, 14:03 (Europe/Madrid)");
        let unknown = Moment { at, tz: "Mars/Olympus".to_owned() };
        assert_eq!(unknown.to_string(), "Sat 21 Nov 2026, 13:03 (UTC)");
        let short = |hours: i64| {
            let now = UnixMillis(at.0 + hours * 3_600_000);
            ShortTime { at, now, tz: "Europe/Madrid".to_owned() }.to_string()
        };
        assert_eq!([short(0), short(9), short(10)], ["14:03", "14:03", "Sat 21 Nov, 14:03"]);
        assert_eq!(ShortTime::zone_name("Mars/Olympus"), "UTC");
        let ago = |seconds: i64| Ago { at, now: UnixMillis(at.0 + seconds * 1000) }.to_string();
        assert_eq!([ago(59), ago(150), ago(7_300)], ["just now", "2 min ago", "2 h ago"]);
        assert_eq!([ago(-90), ago(-90_000)], ["in 1 min", "in 1 d"]);
        let beginning = Ago { at: UnixMillis::MIN, now: at };
        assert!(beginning.to_string().ends_with(" ago"));
    }

    #[test]
    fn within_a_day_the_time_alone_says_when() {
        let now = UnixMillis(1_795_266_180_000);
        let near = |hours: i64| Near {
            at: UnixMillis(now.0 + hours * 3_600_000),
            now,
            tz: "Europe/Madrid".to_owned(),
        };
        assert_eq!([-1, 0, 23].map(|hours| near(hours).to_string()), ["13:03", "14:03", "13:03"]);
        assert_eq!(near(24).to_string(), "Sun 22 Nov 2026, 14:03");
        assert_eq!(At(near(6)).to_string(), "at 20:03");
        assert_eq!(At(near(24 * 9)).to_string(), "on Mon 30 Nov 2026, 14:03");
    }

    #[test]
    fn a_stretch_of_time_names_its_day_once_where_it_has_one() {
        let from = UnixMillis(1_795_266_180_000);
        let stretch = |hours: i64, tz: &str| {
            let to = UnixMillis(from.0 + hours * 3_600_000);
            Stretch { from, to, tz: tz.to_owned() }.to_string()
        };
        assert_eq!(stretch(1, "Europe/Madrid"), "Sat 21 Nov 2026, 14:03–15:03 (Europe/Madrid)");
        assert_eq!(
            stretch(24, "Mars/Olympus"),
            "Sat 21 Nov 2026, 13:03 – Sun 22 Nov 2026, 13:03 (UTC)"
        );
    }

    #[test]
    fn lists_are_joined_as_in_speech() {
        let parts = |count: usize| (1..=count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!([1, 2, 3].map(|n| joined(&parts(n))), ["1", "1 and 2", "1, 2 and 3"]);
    }
}
