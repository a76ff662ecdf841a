//! What an answer of the registry means.
//!
//! Pure: status and body in, meaning out. Codes: `Errors.java` of Confluent's registry 7.4.

use serde::Deserialize;
use serde_json::Value;

/// An answer, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is done; what it says.
    Done(Value),
    /// There is no such subject, schema or setting.
    Absent,
    /// These credentials do not suffice.
    Refused,
    /// Nothing is written here, or not by us.
    ReadOnly,
    /// The schema does not go with those before it.
    Incompatible,
    /// Something is wrong with what was sent.
    Invalid,
    /// It is out of order.
    Away,
    /// It is no registry.
    NoRegistry,
    /// It is longer than we are ready to read.
    TooLong,
    /// It is something else.
    Strange,
}

/// The body of an error.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    #[serde(default)]
    error_code: i64,
    #[serde(default)]
    pub(super) message: String,
}

/// Error codes of what is absent: 40401 a subject, 40403 a schema, 40408 a level, and so on.
const ABSENT: std::ops::RangeInclusive<i64> = 40_400..=40_499;

/// The registry, or the subject, is in a mode in which nothing is written.
const NOT_PERMITTED: i64 = 42_205;

/// Reads what stands in the body of an error.
pub(super) fn told(body: &[u8]) -> Told {
    serde_json::from_slice(body).unwrap_or_default()
}

/// Sorts an answer.
pub(super) fn sort(status: u16, body: &[u8]) -> Answer {
    match (status, told(body).error_code) {
        (200..=299, _) => match serde_json::from_slice(body) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Answer::Done(value),
            _ if body.trim_ascii_start().starts_with(b"<") => Answer::NoRegistry,
            _ => Answer::Strange,
        },
        (300..=399, _) => Answer::NoRegistry,
        (401 | 403 | 407, _) => Answer::Refused,
        (404, code) if ABSENT.contains(&code) => Answer::Absent,
        (404 | 410, _) => Answer::NoRegistry,
        (405, _) | (422, NOT_PERMITTED) => Answer::ReadOnly,
        (409, _) => Answer::Incompatible,
        (422, _) => Answer::Invalid,
        (408 | 425 | 429 | 500..=599, _) => Answer::Away,
        _ => Answer::Strange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_who_has_to_act() {
        let done = |text: &str| Answer::Done(serde_json::from_str(text).unwrap());
        for (status, body, answer) in [
            (200, r#"{"id":1}"#, done(r#"{"id":1}"#)),
            (200, "[]", done("[]")),
            (200, "", Answer::Strange),
            (200, "1", Answer::Strange),
            (200, r#"{"id":"#, Answer::Strange),
            (200, " <!doctype html>", Answer::NoRegistry),
            (302, "", Answer::NoRegistry),
            (401, r#"{"error_code":401,"message":"Unauthorized"}"#, Answer::Refused),
            (403, "<html>", Answer::Refused),
            (404, r#"{"error_code":40401,"message":"Subject 'x' not found."}"#, Answer::Absent),
            (404, r#"{"error_code":40403,"message":"Schema 7 not found"}"#, Answer::Absent),
            (404, r#"{"error_code":40408,"message":"Subject 'x' does not …"}"#, Answer::Absent),
            (404, r#"{"error_code":404,"message":"HTTP 404 Not Found"}"#, Answer::NoRegistry),
            (404, r#"{"error_code":0,"message":"RESTEASY003210: …"}"#, Answer::NoRegistry),
            (404, "<html>", Answer::NoRegistry),
            (405, r#"{"error_code":405,"message":"HTTP 405"}"#, Answer::ReadOnly),
            (409, r#"{"error_code":409,"message":"Schema being …"}"#, Answer::Incompatible),
            (409, "", Answer::Incompatible),
            (422, r#"{"error_code":42201,"message":"Invalid schema"}"#, Answer::Invalid),
            (422, r#"{"error_code":42205,"message":"… read-only mode"}"#, Answer::ReadOnly),
            (429, "", Answer::Away),
            (500, r#"{"error_code":50001,"message":"Error in the backend"}"#, Answer::Away),
            (503, "<html>", Answer::Away),
            (400, "Not able to deserialize data provided.", Answer::Strange),
            (415, "", Answer::Strange),
        ] {
            assert_eq!(sort(status, body.as_bytes()), answer, "{status} {body}");
        }
    }
}
