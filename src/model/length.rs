//! Durations as people write them.

use std::time::Duration;

use jiff::fmt::friendly::{Spacing, SpanParser, SpanPrinter};
use jiff::{Span, SpanRelativeTo, SpanRound, Unit};

use super::text::excerpt;
use super::written::SettingsError;

/// A century is more than any setting can mean, and keeps sums of instants in range.
pub(super) const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// Reads whole seconds, up to [`LONGEST`].
pub(super) fn read(text: &str) -> Result<Duration, SettingsError> {
    let length = friendly(text).filter(|length| *length <= LONGEST);
    length.ok_or_else(|| SettingsError::Duration(excerpt(text).into_owned()))
}

/// Prints whole seconds as [`read`] reads them: `1d12h`.
pub(super) fn print(duration: Duration) -> String {
    const PRINTER: SpanPrinter = SpanPrinter::new().spacing(Spacing::None);
    let whole = Duration::from_secs(duration.as_secs());
    let days = SpanRound::new().largest(Unit::Day).days_are_24_hours();
    match Span::try_from(whole).and_then(|span| span.round(days)) {
        Ok(span) => PRINTER.span_to_string(&span),
        // Twenty thousand years.
        Err(_) => PRINTER.unsigned_duration_to_string(&whole),
    }
}

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
