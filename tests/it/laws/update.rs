//! Updates and errors of the Bot API.

use serde_json::Value;
use tubebell::notify::SendError;
use tubebell::notify::telegram::{ApiError, Update, UpdateKind, classify, parse_update};

/// An update is read as what it says or is `Other`, and keeps its id; an error's text is one bounded line.
pub(crate) fn check(data: &[u8]) {
    for status in [200, 400, 403, 404, 429, 500, 502] {
        error(&classify(status, None, data));
    }
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let json = value.to_string();
    let update = parse_update(&json);
    let id = value.get("update_id").and_then(Value::as_i64).filter(|id| Update::is_id(*id));
    assert_eq!(update.as_ref().map(|update| update.id), id, "an update is confirmed by its id");
    let Some(update) = update else { return };
    let said = |pointer: &str| value.pointer(pointer);
    match &update.kind {
        UpdateKind::Message(message) => {
            assert_eq!(
                said("/message/message_id").and_then(Value::as_i64),
                Some(message.id.into())
            );
            assert_eq!(said("/message/chat/id").and_then(Value::as_i64), Some(message.chat.id));
            assert_eq!(said("/message/text").and_then(Value::as_str), message.text.as_deref());
            let is_topic = said("/message/is_topic_message") == Some(&Value::Bool(true));
            assert!(message.thread.is_none() || is_topic, "a reply is no topic");
            let sender = said("/message/from/id").and_then(Value::as_i64);
            assert_eq!(
                sender,
                message.from.as_ref().map(|user| user.id),
                "nobody speaks for another"
            );
        }
        UpdateKind::Callback(callback) => {
            let sender = said("/callback_query/from/id").and_then(Value::as_i64);
            assert_eq!(sender, Some(callback.from.id), "nobody presses for another");
            let chat = said("/callback_query/message/chat/id").and_then(Value::as_i64);
            assert_eq!(chat, callback.chat.as_ref().map(|chat| chat.id));
        }
        UpdateKind::MyChatMember(change) => {
            let chat = said("/my_chat_member/chat/id").and_then(Value::as_i64);
            assert_eq!(chat, Some(change.chat.id));
        }
        UpdateKind::Other => {}
    }
}

fn error(error: &ApiError) {
    if let ApiError::Send(error) = error {
        let line = error.to_string();
        super::assert_one_line(&line);
        assert!(line.chars().count() < 500, "{line}");
        assert!(!matches!(error, SendError::Ambiguous(_)), "an answer came: {line}");
    }
}
