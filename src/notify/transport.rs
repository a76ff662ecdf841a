//! What every HTTP client here shares: whether a failed request can have arrived, and answers of bounded size.

use std::error::Error;

use reqwest::Response;

/// Longest text taken over from a failure below HTTP, in characters: part of it (a certificate's names) is chosen
/// by the other side.
const CAUSE_MAX_CHARS: usize = 200;

/// A request without an answer, sorted by whether the other side can have acted on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// No connection: the request was certainly not delivered.
    NotSent(String),
    /// The request may have been delivered.
    NoAnswer(String),
}

/// Sorts a failure of the HTTP client. The text never holds the URL.
pub(super) fn sort(error: &reqwest::Error) -> Broken {
    // Asked first: a time-out while connecting is both, and nothing has been written then.
    if error.is_connect() || error.is_builder() {
        Broken::NotSent(cause(error))
    } else if error.is_timeout() {
        Broken::NoAnswer("timed out".to_owned())
    } else {
        Broken::NoAnswer(cause(error))
    }
}

/// The innermost cause: the outer ones only say "error sending request for url (…)", with the URL.
fn cause(error: &reqwest::Error) -> String {
    let Some(mut innermost) = error.source() else {
        return "the request could not be made".to_owned();
    };
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    clipped(&innermost.to_string(), CAUSE_MAX_CHARS)
}

/// The first `max_chars` characters on one line.
pub(super) fn clipped(text: &str, max_chars: usize) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.chars().take(max_chars).map(|c| if breaks(c) { ' ' } else { c }).collect()
}

/// Why an answer was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is longer than we are ready to keep.
    TooLong,
    /// The connection broke, or time ran out.
    Broken,
}

/// Reads an answer of at most `max_bytes` (after decompression: a small answer can unpack to a huge one).
pub(super) async fn read_bounded(
    mut response: Response,
    max_bytes: usize,
) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Unread::Broken)? {
        if body.len() + chunk.len() > max_bytes {
            return Err(Unread::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_stays_short_and_on_one_line() {
        assert_eq!(clipped("aä\n\u{1b}[31mz", 4), "aä  ");
        assert_eq!(clipped("a\u{2028}b\u{2029}", 9), "a b ");
    }
}
