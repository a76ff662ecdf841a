//! What an answer of the Bot API means for us: pure, no network.
//!
//! In: HTTP status, `Retry-After` and body of an answer that is no success. Out: who has to change something.
//! Descriptions and their prefixes: <https://github.com/tdlib/telegram-bot-api>, `Client.cpp`
//! (`fail_query_with_error`), Bot API 10.0. Words in capitals are errors of the layer below that are passed through.

use std::time::Duration;

use serde::Deserialize;

use crate::http::{self, Line, clean};
use crate::model::Address;
use crate::notify::SendError;

/// Longest description that is taken over, in characters.
const DESCRIPTION_MAX_CHARS: usize = 300;

/// Who holds the updates that we asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another program polls with the same token.
    OtherPoller,
    /// A webhook is set, so there is nothing to poll; `deleteWebhook` ends that.
    WebhookSet,
}

/// What an answer that is no success means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The same as for a message on its way.
    Send(SendError),
    /// `getUpdates` was ended in favour of somebody else (409).
    Conflict(Conflict),
    /// An edit that changes nothing: what was wanted stands already.
    NotModified,
    /// An edit of a text in a message that has none: it has a picture, and a caption.
    NoText,
    /// A button's press was answered too late: nobody waits for that answer any more.
    StaleCallback,
    /// The answer is longer than we are ready to read.
    TooLong,
}

#[derive(Deserialize)]
struct ErrorBody {
    error_code: Option<u16>,
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    migrate_to_chat_id: Option<i64>,
    retry_after: Option<u64>,
}

/// Parts of a description that say what we may not do over there for now: the message is fine, and an administrator of
/// that chat can change it at any time, of which Telegram tells us nothing.
///
/// Where the layer below says it with 403, the server makes 400 of it; older ones pass it on.
const BARRED: &[&str] = &[
    "not enough rights",
    "no rights to send",
    "need administrator rights",
    "chat_admin_required",
    "chat_write_forbidden",
    "chat_restricted",
    // `CHAT_SEND_PLAIN_FORBIDDEN` for texts; pictures and the like have their own.
    "chat_send_",
    "chat_guest_send_forbidden",
    "user_banned_in_channel",
    "topic_closed",
];

/// Parts of a description that say the recipient is out of reach until it shows itself again.
///
/// A missing topic is the end of the destination `chat/thread`, not of the chat: other topics of it are other
/// destinations, and one that was deleted never comes back. Sending into the chat's general topic instead would put
/// messages where nobody asked for them.
const GONE: &[&str] = &[
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "bot was blocked",
    "user is deactivated",
    "bot was kicked",
    "bot is not a member",
    "chat was deleted",
    "chat was deactivated",
    "group is deactivated",
    "can't initiate conversation",
    "channel_private",
    "message thread not found",
    "topic_deleted",
];

/// Says what an answer that is no success means.
///
/// `retry_after` is the header of that name. The longest wait among header, `parameters` and text wins: a shorter one
/// would lengthen the flood wait. An answer that is not the Bot API's own JSON comes from something in front of it (a
/// proxy, a captive portal): it says nothing about message, recipient or token, only that the API is out of reach.
#[must_use]
pub fn classify(status: u16, retry_after: Option<&str>, body: &[u8]) -> ApiError {
    let header = retry_after.and_then(|value| http::retry_after(value, None));
    let header = header.map(|wait| wait.as_secs());
    let Ok(error) = serde_json::from_slice::<ErrorBody>(body) else {
        return ApiError::Send(classify_foreign(status, header));
    };
    let code = error.error_code.unwrap_or(status);
    let line = Line { max_chars: DESCRIPTION_MAX_CHARS, gap: Some(' '), rest: None };
    let text = match clean(error.description.trim(), line, &[]) {
        // The cause of a dead letter is read by people.
        text if text.is_empty() => format!("HTTP {code}, without a word"),
        text => text,
    };
    let lower = text.to_lowercase();
    if let Some(chat) = error.parameters.migrate_to_chat_id {
        // Without the thread: a basic group, the only kind that migrates, has no topics.
        return ApiError::Send(SendError::Moved(Address::Telegram { chat, thread: None }));
    }
    let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    ApiError::Send(match code {
        429 => wait([header, error.parameters.retry_after, seconds_in(&lower)]),
        401 => SendError::Unauthorized(text),
        // Not a method's "nothing found": the path itself, so a malformed token or a wrong `api_url`.
        404 => SendError::Unauthorized(format!("{text}: the bot token or api_url is wrong")),
        409 if lower.contains("webhook") => return ApiError::Conflict(Conflict::WebhookSet),
        409 => return ApiError::Conflict(Conflict::OtherPoller),
        400 if lower.contains("message is not modified") => return ApiError::NotModified,
        400 if lower.contains("there is no text in the message") => return ApiError::NoText,
        400 if lower.contains("query is too old") || lower.contains("query id is invalid") => {
            return ApiError::StaleCallback;
        }
        400..=499 if says(BARRED) => SendError::Barred(text),
        // "Forbidden" is always the recipient's doing, whatever the words.
        403 => SendError::Gone(text),
        400..=499 if says(GONE) => SendError::Gone(text),
        // Also what we don't know yet: to repeat it unchanged would only repeat the answer.
        400..=499 => SendError::Rejected(text),
        502..=504 => SendError::Unreachable(text),
        _ => SendError::Transient(text),
    })
}

fn classify_foreign(status: u16, header: Option<u64>) -> SendError {
    match status {
        429 => wait([header, None, None]),
        // Bodies get lost on the way; the status alone is the API's then.
        401 => SendError::Unauthorized("HTTP 401".to_owned()),
        500 => SendError::Transient("HTTP 500".to_owned()),
        502..=504 => SendError::Unreachable(format!("HTTP {status}")),
        // Whoever says so, another message may be short enough.
        413 => SendError::Rejected("HTTP 413: the message is too large".to_owned()),
        _ => SendError::Unreachable(format!("HTTP {status}, but not from the Bot API")),
    }
}

fn wait(wishes: [Option<u64>; 3]) -> SendError {
    SendError::Wait { after: wishes.into_iter().flatten().max().map(Duration::from_secs) }
}

/// The number in "retry after 35".
fn seconds_in(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("retry after ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(code: u16, description: &str) -> String {
        serde_json::json!({"ok": false, "error_code": code, "description": description}).to_string()
    }

    fn check(code: u16, description: &str, expected: &ApiError) {
        let found = classify(code, None, body(code, description).as_bytes());
        assert_eq!(&found, expected, "{description}");
    }

    fn check_send(code: u16, description: &str, expected: fn(String) -> SendError) {
        check(code, description, &ApiError::Send(expected(description.to_owned())));
    }

    #[test]
    fn the_message_is_to_blame() {
        for description in [
            "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 7",
            "Bad Request: can't parse entities: Unsupported start tag \"br\" at byte offset 3",
            "Bad Request: message is too long",
            "Bad Request: message caption is too long",
            "Bad Request: IMAGE_PROCESS_FAILED",
            "Bad Request: PHOTO_INVALID_DIMENSIONS",
            "Bad Request: message text is empty",
            "Bad Request: BUTTON_DATA_INVALID",
            "Bad Request: BUTTON_URL_INVALID",
            "Bad Request: message to edit not found",
            "Bad Request: something nobody has seen yet",
        ] {
            check_send(400, description, SendError::Rejected);
        }
        check_send(413, "Request Entity Too Large", SendError::Rejected);
    }

    #[test]
    fn the_recipient_is_to_blame() {
        for description in [
            "Bad Request: chat not found",
            "Bad Request: message thread not found",
            "Bad Request: group chat was deactivated",
            "Bad Request: PEER_ID_INVALID",
            "Bad Request: TOPIC_DELETED",
        ] {
            check_send(400, description, SendError::Gone);
        }
        for description in [
            "Forbidden: bot was blocked by the user",
            "Forbidden: user is deactivated",
            "Forbidden: bot was kicked from the group chat",
            "Forbidden: bot was kicked from the supergroup chat",
            "Forbidden: bot was kicked from the channel chat",
            "Forbidden: bot is not a member of the channel chat",
            "Forbidden: bot is not a member of the supergroup chat",
            "Forbidden: the group chat was deleted",
            "Forbidden: bot can't initiate conversation with a user",
            "Forbidden: a reason nobody has seen yet",
        ] {
            check_send(403, description, SendError::Gone);
        }
    }

    #[test]
    fn what_an_administrator_over_there_can_undo_is_no_end() {
        for description in [
            "Bad Request: not enough rights to send text messages to the chat",
            "Bad Request: not enough rights to send photos to the chat",
            "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN",
            "Bad Request: need administrator rights in the channel chat",
            "Bad Request: have no rights to send a message",
            "Bad Request: CHAT_WRITE_FORBIDDEN",
            "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN",
            "Bad Request: CHAT_RESTRICTED",
            "Bad Request: CHAT_ADMIN_REQUIRED",
            "Bad Request: USER_BANNED_IN_CHANNEL",
            "Bad Request: TOPIC_CLOSED",
        ] {
            check_send(400, description, SendError::Barred);
        }
        check_send(403, "Forbidden: CHAT_WRITE_FORBIDDEN", SendError::Barred);
        check_send(
            403,
            "Forbidden: not enough rights to send text messages to the chat",
            SendError::Barred,
        );
    }

    #[test]
    fn an_upgraded_group_names_its_new_chat_and_loses_the_thread() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234567890}}"#;
        let address = Address::Telegram { chat: -1_001_234_567_890, thread: None };
        assert_eq!(classify(400, None, body.as_bytes()), ApiError::Send(SendError::Moved(address)));
    }

    #[test]
    fn the_longest_wait_that_is_asked_for_wins() {
        let with = |header: Option<&str>, parameter: Option<u64>, text: &str| {
            let mut body = serde_json::json!({"ok": false, "error_code": 429, "description": text});
            if let Some(seconds) = parameter {
                body["parameters"] = serde_json::json!({"retry_after": seconds});
            }
            match classify(429, header, body.to_string().as_bytes()) {
                ApiError::Send(SendError::Wait { after }) => after.map(|after| after.as_secs()),
                other => panic!("{other:?}"),
            }
        };
        let text = "Too Many Requests: retry after 35";
        assert_eq!(with(None, Some(35), text), Some(35));
        assert_eq!(with(Some("35"), Some(35), text), Some(35));
        assert_eq!(with(None, None, text), Some(35));
        assert_eq!(with(Some("40"), None, "Too Many Requests"), Some(40));
        assert_eq!(with(Some("40"), Some(900), text), Some(900));
        assert_eq!(with(Some("soon"), None, "Too Many Requests"), None);
        let html = classify(429, Some("7"), b"<html>slow down</html>");
        assert_eq!(html, ApiError::Send(SendError::Wait { after: Some(Duration::from_secs(7)) }));
    }

    #[test]
    fn the_token_is_to_blame() {
        check_send(401, "Unauthorized", SendError::Unauthorized);
        check_send(401, "Unauthorized: invalid token specified", SendError::Unauthorized);
        for description in ["Not Found", "Not Found: method not found"] {
            let found = classify(404, None, body(404, description).as_bytes());
            assert!(matches!(found, ApiError::Send(SendError::Unauthorized(_))), "{found:?}");
        }
    }

    #[test]
    fn a_conflict_says_who_holds_the_updates() {
        check(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            &ApiError::Conflict(Conflict::WebhookSet),
        );
        check(
            409,
            "Conflict: terminated by setWebhook request",
            &ApiError::Conflict(Conflict::WebhookSet),
        );
        check(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
            &ApiError::Conflict(Conflict::OtherPoller),
        );
    }

    #[test]
    fn what_is_no_failure_is_told_apart() {
        check(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
            &ApiError::NotModified,
        );
        check(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
            &ApiError::StaleCallback,
        );
        check(400, "Bad Request: there is no text in the message to edit", &ApiError::NoText);
    }

    #[test]
    fn an_error_of_the_server_is_nobodys_fault() {
        check_send(500, "Internal Server Error: restart", SendError::Transient);
        check_send(502, "Bad Gateway", SendError::Unreachable);
        check_send(503, "Service Unavailable", SendError::Unreachable);
        check_send(504, "Gateway Timeout", SendError::Unreachable);
    }

    #[test]
    fn what_is_not_the_apis_own_json_never_blames_recipient_or_message() {
        let html = b"<html><head><title>502 Bad Gateway</title></head></html>";
        for status in [301, 400, 403, 404, 407, 502, 503, 504] {
            let found = classify(status, None, html);
            assert!(matches!(found, ApiError::Send(SendError::Unreachable(_))), "{status}");
        }
        let found = classify(500, None, b"");
        assert!(matches!(found, ApiError::Send(SendError::Transient(_))));
        let found = classify(401, None, b"");
        assert!(matches!(found, ApiError::Send(SendError::Unauthorized(_))));
    }

    #[test]
    fn what_is_too_large_for_something_on_the_way_is_too_large() {
        let html = b"<html><head><title>413 Request Entity Too Large</title></head></html>";
        let found = classify(413, None, html);
        assert!(matches!(found, ApiError::Send(SendError::Rejected(_))), "{found:?}");
    }

    #[test]
    fn an_answer_without_a_word_still_names_its_cause() {
        for description in ["", " \n"] {
            for code in [400, 500] {
                let found = classify(code, None, body(code, description).as_bytes());
                let ApiError::Send(error) = found else { panic!("{found:?}") };
                assert!(error.to_string().contains(&format!("HTTP {code}")), "{error}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_answer_has_a_meaning_of_bounded_length(status in 100_u16..600, header: Option<String>, text in ".{0,600}", json: bool) {
            let body = if json { body(status, &text) } else { text };
            if let ApiError::Send(error) = classify(status, header.as_deref(), body.as_bytes()) {
                prop_assert!(error.to_string().chars().count() <= DESCRIPTION_MAX_CHARS + 100);
            }
        }
    }
}
