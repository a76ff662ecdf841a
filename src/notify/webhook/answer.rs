//! What a receiver's status means for us: pure, no network. Nothing of the answer's body gets here.

use std::time::Duration;

use crate::http;
use crate::model::UnixMillis;
use crate::notify::SendError;

/// Longest wait a receiver can ask for: the longest pause in the example schedule of Standard Webhooks 1.0.0. Who
/// wants no more of them for good answers 410.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Says what became of a request that was answered with `status`.
///
/// After Standard Webhooks 1.0.0: only 2xx is success, 410 ends the endpoint, 429, 502 and 504 ask for a slower pace
/// (with `Retry-After`: for so long). Everything else is a failure that another attempt may cure, also 400 or 404:
/// receivers have bugs, deploy late and fix both, and who gives up is `deliver`.
pub(super) fn judge(
    status: u16,
    retry_after: Option<&str>,
    now: UnixMillis,
) -> Result<(), SendError> {
    let after = retry_after.and_then(|value| http::retry_after(value, Some(now)));
    let after = after.map(|wait| wait.min(WAIT_MAX));
    Err(match status {
        200..=299 => return Ok(()),
        300..=399 => SendError::Transient(format!("HTTP {status}: redirects are not followed")),
        410 => SendError::Gone("HTTP 410: the receiver wants no more".to_owned()),
        429 => SendError::Wait { after },
        502..=504 if after.is_some() => SendError::Wait { after },
        _ => SendError::Transient(format!("HTTP {status}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z, a Sunday.
    const NOW: UnixMillis = UnixMillis(1_795_348_800_000);

    fn check(status: u16, retry_after: Option<&str>, expected: &Result<(), SendError>) {
        assert_eq!(&judge(status, retry_after, NOW), expected, "{status} {retry_after:?}");
    }

    fn wait_s(seconds: u64) -> Result<(), SendError> {
        Err(SendError::Wait { after: Some(Duration::from_secs(seconds)) })
    }

    #[test]
    fn only_2xx_is_success() {
        for status in [200, 201, 202, 204, 299] {
            check(status, None, &Ok(()));
        }
        for status in [301, 302, 307, 308, 400, 401, 403, 404, 408, 422, 500, 502, 503, 504] {
            let found = judge(status, None, NOW);
            assert!(matches!(found, Err(SendError::Transient(_))), "{status}: {found:?}");
        }
    }

    #[test]
    fn gone_ends_the_endpoint() {
        assert!(matches!(judge(410, Some("5"), NOW), Err(SendError::Gone(_))));
    }

    #[test]
    fn a_wait_is_obeyed_in_seconds_and_as_a_date() {
        for status in [429, 502, 503, 504] {
            check(status, Some("120"), &wait_s(120));
            check(status, Some("Sun, 22 Nov 2026 12:02:00 GMT"), &wait_s(120));
        }
        check(429, None, &Err(SendError::Wait { after: None }));
    }

    #[test]
    fn an_odd_wait_does_no_harm() {
        check(429, Some("99999999999999999999999"), &wait_s(86_400));
        check(429, Some("Fri, 22 Nov 2999 12:00:00 GMT"), &wait_s(86_400));
        check(429, Some("Sun, 22 Nov 2020 12:00:00 GMT"), &wait_s(0));
        for odd in ["", "-5", "soon", "1.5"] {
            check(429, Some(odd), &Err(SendError::Wait { after: None }));
        }
    }
}
