//! How long whoever answered wants us to wait.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::Response;
use reqwest::header::RETRY_AFTER;

use crate::model::UnixMillis;

/// The header `Retry-After` as it came, for [`retry_after`].
#[must_use]
pub(crate) fn wish_to_wait(response: &Response) -> Option<String> {
    Some(response.headers().get(RETRY_AFTER)?.to_str().ok()?.to_owned())
}

/// Reads `Retry-After`: seconds, or a date as RFC 9110 writes it. Nothing bounds the wait.
///
/// `now` is given for whoever may send dates, and any number of digits. Google and Telegram send seconds, so anything else
/// is not theirs.
#[must_use]
pub(crate) fn retry_after(value: &str, now: Option<UnixMillis>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = now?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too many digits for an integer are a long wait too.
        return Some(Duration::MAX);
    }
    let date = DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(UnixMillis::from(date).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z, a Sunday.
    const NOW: UnixMillis = UnixMillis(1_795_348_800_000);

    #[test]
    fn seconds_are_read_from_all_and_dates_from_whoever_may_send_them() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        for (value, seconds, wait) in [
            ("0", s(0), s(0)),
            (" 120\t", s(120), s(120)),
            ("18446744073709551615", s(u64::MAX), s(u64::MAX)),
            ("99999999999999999999999", None, Some(Duration::MAX)),
            ("Sun, 22 Nov 2026 12:02:00 GMT", None, s(120)),
            ("Sun, 22 Nov 2020 12:00:00 GMT", None, s(0)),
            ("", None, None),
            (" ", None, None),
            ("-5", None, None),
            ("1.5", None, None),
            ("7 s", None, None),
            ("soon", None, None),
            ("２", None, None),
        ] {
            assert_eq!(retry_after(value, None), seconds, "{value:?}");
            assert_eq!(retry_after(value, Some(NOW)), wait, "{value:?}");
        }
    }
}
