//! What an answer of Discord's means for us: pure, no network.
//!
//! In: status, headers and body of an answer that is no success. Out: who has to change something, and what else must wait.
//! Codes: <https://docs.discord.com/developers/topics/opcodes-and-status-codes> (read 2026-11).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::buckets::seconds;
use crate::http::{self, Line, clean};
use crate::notify::SendError;

/// Longest description that is taken over, in characters.
const DESCRIPTION: Line = Line { max_chars: 300, gap: Some(' '), rest: None };

/// Mistakes of a message that are named.
const MISTAKES_MAX: usize = 3;

/// The channel wants a slower pace there: slow mode, too many private conversations begun, too much written in a channel or
/// a server, too many edits.
const WAITS: [i64; 7] = [20016, 20022, 20028, 20029, 30046, 40003, 40062];

/// What was written to is not there any more, or takes nothing from us until it shows itself again: unknown channel, server,
/// message, user, webhook; nobody to write to in private (50007, 50033, 50278); no channel for texts (50008, 50024); a
/// webhook whose token was changed (50027).
const GONE: [i64; 11] =
    [10003, 10004, 10008, 10013, 10015, 50007, 50008, 50024, 50027, 50033, 50278];

/// What somebody over there can allow again, of which Discord tells us nothing: access (50001), rights (50013), the level
/// that a server asks for (50009), a ban (40007), an archived or locked thread (50083, 160005), a forum in which a webhook
/// needs a thread (220001).
const BARRED: [i64; 7] = [50001, 50013, 50009, 40007, 50083, 160_005, 220_001];

/// Our account or its token: none, an unverified one, an invalid one.
const CREDENTIALS: [i64; 4] = [40001, 40002, 50014, 50025];

/// Discord as a whole: sending is switched off for now (40004), requests like ours are blocked (40333).
const AWAY: [i64; 2] = [40004, 40333];

/// The message does not exist.
const UNKNOWN_MESSAGE: i64 = 10008;

/// As whom we asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// As our bot.
    Bot,
    /// As nobody: the address itself holds a token.
    Address,
}

/// An answer that is no success.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    /// The header `Retry-After`.
    pub(super) retry_after: Option<&'a str>,
    /// The headers say that all requests are refused.
    pub(super) is_global: bool,
    /// They say that others have used up a limit that we share.
    pub(super) is_shared: bool,
    pub(super) body: &'a [u8],
}

/// What a refusal means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) error: SendError,
    /// What else must wait.
    pub(super) holds: Holds,
    /// Whether Discord counts it towards a ban.
    pub(super) is_counted: bool,
}

/// What is not to be asked for as long as a refusal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    /// Requests of the same bucket.
    Bucket,
    /// All of them.
    Everything,
}

/// Says what a refusal means; no text holds one of `secrets`.
///
/// The longest wait among header and body wins. An answer that is not Discord's own JSON comes from something in front of it
/// (Cloudflare, a proxy, a captive portal): it says nothing about message or recipient.
pub(super) fn classify(
    refusal: Refusal<'_>,
    by: By,
    is_edit: bool,
    secrets: &[SecretString],
) -> Meaning {
    let Refusal { status, retry_after, is_global, is_shared, body } = refusal;
    let is_counted = matches!(status, 401 | 403) || (status == 429 && !is_shared);
    let header = retry_after.and_then(|value| http::retry_after(value, None));
    let told = serde_json::from_slice::<Value>(body).ok();
    let told = told.filter(|told| told["code"].is_i64() || told["message"].is_string());
    let Some(told) = told else {
        // Whoever stands in front of Discord means everything that this client sends.
        let holds = if status == 429 { Holds::Everything } else { Holds::Nothing };
        return Meaning { error: foreign(status, header, by), holds, is_counted };
    };
    let wish = told["retry_after"].as_f64().and_then(seconds);
    let is_global = is_global || told["global"] == true;
    let error = sort(&told, status, header.max(wish), by, is_edit, secrets);
    let holds = match error {
        SendError::Wait { .. } if is_global => Holds::Everything,
        SendError::Wait { .. } => Holds::Bucket,
        _ => Holds::Nothing,
    };
    Meaning { error, holds, is_counted }
}

fn foreign(status: u16, after: Option<Duration>, by: By) -> SendError {
    match status {
        429 => SendError::Wait { after },
        // Bodies get lost on the way; the status alone is Discord's then.
        401 if by == By::Bot => SendError::Unauthorized("HTTP 401".to_owned()),
        500 => SendError::Transient("HTTP 500".to_owned()),
        502..=504 => SendError::Unreachable(format!("HTTP {status}")),
        // Whoever says so, another message may be short enough.
        413 => SendError::Rejected("HTTP 413: the message is too large".to_owned()),
        _ => SendError::Unreachable(format!("HTTP {status}, but not from Discord")),
    }
}

fn sort(
    told: &Value,
    status: u16,
    after: Option<Duration>,
    by: By,
    is_edit: bool,
    secrets: &[SecretString],
) -> SendError {
    let code = told["code"].as_i64().unwrap_or_default();
    let text = clean(&described(told, status, code), DESCRIPTION, secrets);
    match status {
        429 => SendError::Wait { after },
        _ if WAITS.contains(&code) => SendError::Wait { after },
        502..=599 => SendError::Unreachable(text),
        500..=501 | 408 => SendError::Transient(text),
        _ if AWAY.contains(&code) => SendError::Unreachable(text),
        // The token of an address is a part of it.
        401 if by == By::Address => SendError::Gone(text),
        401 => SendError::Unauthorized(text),
        _ if by == By::Bot && CREDENTIALS.contains(&code) => SendError::Unauthorized(text),
        // A card whose message somebody has deleted.
        _ if is_edit && code == UNKNOWN_MESSAGE => SendError::Rejected(text),
        _ if BARRED.contains(&code) => SendError::Barred(text),
        _ if GONE.contains(&code) => SendError::Gone(text),
        // A right that we have not heard of yet.
        403 => SendError::Barred(text),
        // Not something unknown to Discord: the path itself.
        404 if code == 0 => SendError::Unreachable(format!("{text}: is discord.api_url right?")),
        404 => SendError::Gone(text),
        // Also what we don't know yet: to repeat it unchanged would only repeat the answer.
        400..=499 => SendError::Rejected(text),
        _ => SendError::Unreachable(text),
    }
}

/// What Discord says, with its code and with what is wrong in a message: where, and the name of the mistake. Its sentences are
/// left out, as they quote the value.
fn described(told: &Value, status: u16, code: i64) -> String {
    // The cause of a dead letter is read by people.
    let mut text = match told["message"].as_str().map(str::trim) {
        None | Some("") => format!("HTTP {status}, without a word"),
        Some(message) => message.to_owned(),
    };
    if code != 0 {
        text.push_str(&format!(" ({code})"));
    }
    let mut mistakes = Vec::new();
    find_mistakes(&told["errors"], &mut Vec::new(), &mut mistakes);
    for (index, mistake) in mistakes.iter().enumerate() {
        text.push_str(if index == 0 { ": " } else { ", " });
        text.push_str(mistake);
    }
    text
}

/// Walks `{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH"}]}}}}`. No deeper than the reader of JSON goes.
fn find_mistakes<'a>(errors: &'a Value, way: &mut Vec<&'a str>, found: &mut Vec<String>) {
    let Some(fields) = errors.as_object() else { return };
    for (name, inner) in fields {
        if found.len() >= MISTAKES_MAX {
            return;
        }
        if name == "_errors" {
            let code = inner.get(0).and_then(|first| first["code"].as_str()).unwrap_or("wrong");
            found.push(format!("{} {code}", way.join(".")).trim_start().to_owned());
            continue;
        }
        way.push(name);
        find_mistakes(inner, way, found);
        way.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn refusal(status: u16, body: &[u8]) -> Refusal<'_> {
        Refusal { status, retry_after: None, is_global: false, is_shared: false, body }
    }

    fn meaning(status: u16, code: i64, by: By, is_edit: bool) -> Meaning {
        let body = json!({"message": "Something", "code": code}).to_string();
        classify(refusal(status, body.as_bytes()), by, is_edit, &[])
    }

    fn check(status: u16, codes: &[i64], expected: fn(String) -> SendError) {
        for code in codes {
            let expected = expected(format!("Something ({code})"));
            for is_edit in [false, true] {
                if is_edit && *code == UNKNOWN_MESSAGE {
                    continue;
                }
                assert_eq!(meaning(status, *code, By::Bot, is_edit).error, expected, "{code}");
                assert_eq!(meaning(status, *code, By::Address, is_edit).error, expected, "{code}");
            }
        }
    }

    #[test]
    fn every_code_says_who_has_to_change_something() {
        check(404, &[10003, 10004, 10008, 10013, 10015, 10999], SendError::Gone);
        check(403, &[50007, 50278], SendError::Gone);
        check(400, &[50008, 50024, 50033], SendError::Gone);
        check(403, &[50001, 50013, 50009, 40007, 50083, 160_005, 99_999], SendError::Barred);
        check(400, &[220_001, 50083, 160_005], SendError::Barred);
        check(400, &[50035, 50006, 50109, 240_000, 200_000, 30_003], SendError::Rejected);
        check(413, &[40005], SendError::Rejected);
        check(403, &[40333], SendError::Unreachable);
        check(400, &[40004], SendError::Unreachable);
        check(500, &[1], SendError::Transient);
        check(503, &[130_000], SendError::Unreachable);
    }

    #[test]
    fn a_refused_token_is_ours_as_a_bot_and_the_webhooks_end_in_its_address() {
        for (by, code) in [(By::Bot, 40001), (By::Bot, 50014)] {
            let error = meaning(401, code, by, false).error;
            assert!(matches!(error, SendError::Unauthorized(_)), "{error:?}");
        }
        assert!(matches!(meaning(400, 40002, By::Bot, false).error, SendError::Unauthorized(_)));
        for code in [50027, 40001] {
            let error = meaning(401, code, By::Address, false).error;
            assert!(matches!(error, SendError::Gone(_)), "{error:?}");
        }
        let zero = br#"{"message": "401: Unauthorized", "code": 0}"#;
        let error = classify(refusal(401, zero), By::Bot, false, &[]).error;
        assert_eq!(error, SendError::Unauthorized("401: Unauthorized".to_owned()));
    }

    #[test]
    fn a_card_whose_message_was_deleted_ends_and_its_channel_goes_on() {
        let error = meaning(404, UNKNOWN_MESSAGE, By::Bot, true).error;
        assert!(matches!(error, SendError::Rejected(_)), "{error:?}");
        assert!(matches!(meaning(404, 10003, By::Bot, true).error, SendError::Gone(_)));
    }

    #[test]
    fn the_longest_wait_that_is_asked_for_wins_and_is_obeyed_in_full() {
        let with = |header: Option<&str>, body: &Value, is_global: bool| {
            let body = body.to_string();
            let refusal =
                Refusal { retry_after: header, is_global, ..refusal(429, body.as_bytes()) };
            classify(refusal, By::Bot, false, &[])
        };
        let told = |after: f64, global: bool| json!({"message": "You are being rate limited.", "retry_after": after, "global": global});
        for (header, body, wait_ms) in [
            (None, told(64.57, false), Some(64_570)),
            (Some("65"), told(64.57, false), Some(65_000)),
            (Some("5"), told(90_000.0, false), Some(90_000_000)),
            (Some("soon"), json!({"message": "x", "retry_after": -1}), None),
            (None, json!({"message": "x", "retry_after": "long"}), None),
            (None, json!({"message": "x", "retry_after": 1e300}), None),
        ] {
            let found = with(header, &body, false);
            let after = wait_ms.map(Duration::from_millis);
            assert_eq!(found.error, SendError::Wait { after }, "{header:?} {body}");
            assert_eq!((found.holds, found.is_counted), (Holds::Bucket, true));
        }
        assert_eq!(with(None, &told(1.0, true), false).holds, Holds::Everything);
        assert_eq!(with(None, &told(1.0, false), true).holds, Holds::Everything);
        for code in WAITS {
            let slow = meaning(400, code, By::Bot, false);
            assert_eq!(slow.error, SendError::Wait { after: None }, "{code}");
            assert_eq!((slow.holds, slow.is_counted), (Holds::Bucket, false), "{code}");
        }
    }

    #[test]
    fn what_discord_counts_towards_a_ban_is_counted() {
        for (status, is_shared, is_counted) in [
            (401, false, true),
            (403, false, true),
            (429, false, true),
            (429, true, false),
            (400, false, false),
            (404, false, false),
            (500, false, false),
        ] {
            for body in [&b"{\"message\": \"x\", \"code\": 1}"[..], b"<html>"] {
                let refusal = Refusal { is_shared, ..refusal(status, body) };
                let found = classify(refusal, By::Bot, false, &[]);
                assert_eq!(found.is_counted, is_counted, "{status} {is_shared}");
            }
        }
    }

    #[test]
    fn what_is_not_discords_own_json_never_blames_recipient_or_message() {
        let ban = Refusal { retry_after: Some("3600"), ..refusal(429, b"error code: 1015") };
        let found = classify(ban, By::Address, false, &[]);
        let after = Some(Duration::from_secs(3600));
        assert_eq!((found.error, found.holds), (SendError::Wait { after }, Holds::Everything));
        for status in [302, 400, 403, 404, 502, 503, 520] {
            for body in [&b"<html>"[..], b"", b"[]", b"{}", b"null", b"{\"code\": \"x\"}"] {
                let error = classify(refusal(status, body), By::Address, false, &[]).error;
                assert!(matches!(error, SendError::Unreachable(_)), "{status}: {error:?}");
            }
        }
        let error = |status, by| classify(refusal(status, b"<html>"), by, false, &[]).error;
        assert!(matches!(error(500, By::Bot), SendError::Transient(_)));
        assert!(matches!(error(401, By::Bot), SendError::Unauthorized(_)));
        assert!(matches!(error(401, By::Address), SendError::Unreachable(_)));
        let lost = br#"{"message": "404: Not Found", "code": 0}"#;
        let error = classify(refusal(404, lost), By::Bot, false, &[]).error;
        assert!(error.to_string().ends_with("is discord.api_url right?"), "{error}");
    }

    #[test]
    fn a_form_that_is_wrong_says_where_and_quotes_no_value() {
        let body = json!({
            "message": "Invalid Form Body", "code": 50035,
            "errors": {
                "content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "s3cret is too long"}]},
                "embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_REQUIRED", "message": "s3cret"}]}}},
            },
        });
        let body = body.to_string();
        let error = classify(refusal(400, body.as_bytes()), By::Bot, false, &[]).error;
        let expected = "Invalid Form Body (50035): content BASE_TYPE_MAX_LENGTH, embeds.0.title BASE_TYPE_REQUIRED";
        assert_eq!(error, SendError::Rejected(expected.to_owned()));
        for odd in [json!({"_errors": []}), json!([1]), json!({"a": {"_errors": {"x": 1}}})] {
            let body = json!({"message": "", "code": 50035, "errors": odd}).to_string();
            let error = classify(refusal(400, body.as_bytes()), By::Bot, false, &[]).error;
            assert!(error.to_string().contains("HTTP 400, without a word (50035)"), "{error}");
        }
    }

    #[test]
    fn no_secret_is_repeated() {
        let secrets = [SecretString::from("t0k3n")];
        let body = br#"{"message": "no webhook t0k3n here", "code": 10015}"#;
        let error = classify(refusal(404, body), By::Address, false, &secrets).error;
        assert_eq!(error, SendError::Gone("no webhook … here (10015)".to_owned()));
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning_of_bounded_length(
            status in 100_u16..600, header: Option<String>, text in ".{0,600}", code: i64, json: bool, is_edit: bool,
        ) {
            let body = if json { json!({"message": text, "code": code}).to_string() } else { text };
            let refusal = Refusal { retry_after: header.as_deref(), ..refusal(status, body.as_bytes()) };
            let error = classify(refusal, By::Address, is_edit, &[]).error;
            prop_assert!(error.to_string().chars().count() <= DESCRIPTION.max_chars + 100);
        }
    }
}
