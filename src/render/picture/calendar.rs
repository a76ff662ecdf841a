//! The times that are written below a picture: round ones on the reader's clock.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::model::{UnixMillis, first_instant};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The most steps between two times that are written.
const STEPS_MAX: i64 = 4;

/// How far apart they may be, in minutes.
const STEPS: [i64; 20] = [
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    2 * 60,
    3 * 60,
    6 * 60,
    12 * 60,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    20 * DAY,
    50 * DAY,
    100 * DAY,
    200 * DAY,
    500 * DAY,
];

/// A time that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: UnixMillis,
    /// A date such as `21 Nov`, or a time of the day.
    pub(super) word: String,
}

/// The times that are written between two moments: at least one, and few.
pub(super) fn ticks(from: UnixMillis, to: UnixMillis, tz: &str) -> Vec<Tick> {
    let zone = TimeZone::get(tz).unwrap_or(TimeZone::UTC);
    let minutes = to.0.saturating_sub(from.0) / 60_000;
    let step = STEPS.into_iter().find(|step| minutes <= step * STEPS_MAX);
    let step = step.unwrap_or(minutes / STEPS_MAX + 1);
    let on_the_clock = |at: UnixMillis| at.timestamp().to_zoned(zone.clone()).datetime();
    let tick = |at| Tick { at, word: word(on_the_clock(at), step) };
    let mut ticks: Vec<Tick> = Vec::new();
    let mut next = first_round(on_the_clock(from), step);
    // One step more than there can be: the first may lie before `from`, where a clock was set back.
    for _ in 0..=STEPS_MAX + 1 {
        let Some(local) = next else { break };
        let Some(at) = first_instant(local, &zone).filter(|at| *at <= to) else { break };
        if at >= from && ticks.last().is_none_or(|last| last.at < at) {
            ticks.push(tick(at));
        }
        next = local.checked_add(SignedDuration::from_mins(step)).ok();
    }
    if ticks.is_empty() {
        ticks.push(tick(to));
    }
    ticks
}

/// The first local time from `local` on that is a whole number of steps, or of days, from midnight.
fn first_round(local: DateTime, step: i64) -> Option<DateTime> {
    let midnight = local.date().at(0, 0, 0, 0);
    let since = i64::from(local.hour()) * 60 + i64::from(local.minute());
    let is_whole = local.second() == 0 && local.subsec_nanosecond() == 0;
    let since = if is_whole { since } else { since + 1 };
    let unit = step.min(DAY);
    let first = (since + unit - 1) / unit * unit;
    midnight.checked_add(SignedDuration::from_mins(first)).ok()
}

fn word(local: DateTime, step: i64) -> String {
    let is_date = step >= DAY || (local.hour(), local.minute()) == (0, 0);
    local.strftime(if is_date { "%-d %b" } else { "%H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(from: &str, to: &str, tz: &str, expected: &str) {
        let at = |text: &str| UnixMillis::from(text.parse::<jiff::Timestamp>().unwrap());
        let words: Vec<String> =
            ticks(at(from), at(to), tz).into_iter().map(|tick| tick.word).collect();
        assert_eq!(words.join(", "), expected, "{from} to {to}");
    }

    #[test]
    fn round_times_on_the_readers_clock_are_written() {
        check("2026-11-21T12:03:10Z", "2026-11-21T12:03:40Z", "UTC", "12:03");
        check(
            "2026-11-21T12:03:10Z",
            "2026-11-21T12:08:00Z",
            "UTC",
            "12:04, 12:05, 12:06, 12:07, 12:08",
        );
        check(
            "2026-11-21T12:03:00Z",
            "2026-11-21T13:41:00Z",
            "Europe/Madrid",
            "13:30, 14:00, 14:30",
        );
        check(
            "2026-11-21T12:03:00Z",
            "2026-11-22T12:03:00Z",
            "Europe/Madrid",
            "18:00, 22 Nov, 06:00, 12:00",
        );
        check(
            "2026-11-14T12:03:00Z",
            "2026-11-21T12:03:00Z",
            "Europe/Madrid",
            "15 Nov, 17 Nov, 19 Nov, 21 Nov",
        );
        check("2026-10-22T12:03:00Z", "2026-11-21T12:03:00Z", "no/zone", "23 Oct, 2 Nov, 12 Nov");
        // A day of 25 hours, and one without midnight.
        check(
            "2026-10-24T22:00:00Z",
            "2026-10-25T23:00:00Z",
            "Europe/Madrid",
            "25 Oct, 12:00, 26 Oct",
        );
        check(
            "2011-12-29T12:00:00Z",
            "2011-12-31T12:00:00Z",
            "Pacific/Apia",
            "12:00, 31 Dec, 12:00, 1 Jan",
        );
    }

    proptest! {
        #[test]
        fn any_time_has_few_words_in_their_order(from: i64, span in 1..i64::MAX, bits in 0..63) {
            let (from, to) = (UnixMillis(from), UnixMillis(from.saturating_add(span >> bits)));
            for zone in ["UTC", "Pacific/Apia", "Australia/Lord_Howe"] {
                let ticks = ticks(from, to, zone);
                prop_assert!((1..=6).contains(&ticks.len()), "{ticks:?}");
                prop_assert!(ticks.iter().all(|tick| from <= tick.at && tick.at <= to));
                prop_assert!(ticks.iter().all(|tick| tick.word.len() <= 8), "{ticks:?}");
                prop_assert!(ticks.is_sorted_by(|a, b| a.at < b.at), "{ticks:?}");
            }
        }
    }
}
