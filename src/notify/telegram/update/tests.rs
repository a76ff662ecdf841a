//! What is read of updates.

use serde_json::{Value, json};

use super::*;
use crate::model::UnixMillis;

fn message(extra: &Value) -> Value {
    let mut message = json!({
        "message_id": 5, "date": 1_760_000_000,
        "chat": {"id": -100_123, "type": "supergroup", "title": "Views & <friends>", "is_forum": true},
        "from": {"id": 42, "is_bot": false, "first_name": "Ana", "last_name": "Núñez", "username": "ana", "language_code": "es"},
        "text": "/watch dQw4w9WgXcQ",
        "entities": [{"offset": 0, "length": 6, "type": "bot_command"}]
    });
    for (key, value) in extra.as_object().unwrap() {
        message[key] = value.clone();
    }
    json!({"update_id": 7, "message": message})
}

fn parse_json(value: &Value) -> Option<Update> {
    parse_update(&value.to_string())
}

fn read(value: &Value) -> Message {
    match parse_json(value) {
        Some(Update { id: 7, kind: UpdateKind::Message(message) }) => message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_in_a_topic_is_read_whole() {
    let found = read(&message(&json!({"message_thread_id": 9, "is_topic_message": true})));
    let ana = User {
        id: 42,
        is_bot: false,
        name: "Ana Núñez".to_owned(),
        username: Some("ana".to_owned()),
    };
    assert_eq!(
        found,
        Message {
            id: 5,
            chat: Chat { id: -100_123, kind: ChatKind::Supergroup },
            thread: Some(9),
            from: Some(ana),
            sender_chat: None,
            text: Some("/watch dQw4w9WgXcQ".to_owned()),
            is_passed_on: false,
            is_farewell: false,
            date: UnixMillis(1_760_000_000_000),
            reply_to: None,
            migrate_to: None,
        }
    );
}

#[test]
fn the_thread_of_a_reply_outside_topics_is_not_taken_for_a_topic() {
    let reply = json!({"message_thread_id": 3, "reply_to_message": {"message_id": 3, "date": 1, "chat": {"id": 1, "type": "private"}}});
    let found = read(&message(&reply));
    assert_eq!((found.thread, found.reply_to), (None, Some(3)));
}

#[test]
fn a_migration_and_an_anonymous_administrator_are_seen() {
    let found = read(&message(&json!({"migrate_to_chat_id": -100_999_i64})));
    assert_eq!(found.migrate_to, Some(-100_999));
    let found = read(&message(
        &json!({"sender_chat": {"id": -100_123, "type": "supergroup", "title": "x"}}),
    ));
    assert_eq!(found.sender_chat, Some(-100_123));
}

#[test]
fn what_was_forwarded_or_written_by_another_bot_is_told_from_what_somebody_wrote() {
    for passed_on in [
        json!({"forward_origin": {"type": "user", "date": 1, "sender_user": {"id": 7, "is_bot": false, "first_name": "Ben"}}}),
        json!({"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Ben"}}),
        json!({"forward_from": {"id": 7, "is_bot": false, "first_name": "Ben"}, "forward_date": 1}),
        json!({"via_bot": {"id": 8, "is_bot": true, "first_name": "gif", "username": "gif"}}),
        json!({"from": {"id": 8, "is_bot": true, "first_name": "echo", "username": "echo"}}),
    ] {
        assert!(read(&message(&passed_on)).is_passed_on, "{passed_on}");
    }
    for written in [
        json!({}),
        json!({"from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group"}, "sender_chat": {"id": -100, "type": "supergroup", "title": "G"}}),
        json!({"quote": {"text": "x", "position": 0}, "external_reply": {"origin": {"type": "user", "date": 1}}}),
    ] {
        assert!(!read(&message(&written)).is_passed_on, "{written}");
    }
}

#[test]
fn what_telegram_adds_later_does_not_hide_a_command() {
    let found = read(&message(&json!({
        "entities": [{"offset": 0, "length": 6, "type": "hologram"}],
        "paid_hologram": {"stars": "many"}
    })));
    assert_eq!(found.text.as_deref(), Some("/watch dQw4w9WgXcQ"));
}

#[test]
fn the_press_of_a_button_is_read_even_when_its_message_is_out_of_reach() {
    let found = parse_json(&json!({"update_id": 8, "callback_query": {
        "id": "4382bfdwdsb323b2d9", "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
        "message": {"message_id": 6, "date": 0, "chat": {"id": 42, "type": "private", "first_name": "Ana"}},
        "chat_instance": "1", "data": "mute:17:1h"
    }}));
    let Some(Update { id: 8, kind: UpdateKind::Callback(callback) }) = found else {
        panic!("{found:?}")
    };
    assert_eq!(callback.data, "mute:17:1h");
    assert_eq!(callback.buttons, None, "nobody knows what it has");
    assert_eq!(callback.message_id, Some(6));
    assert_eq!(callback.chat.map(|chat| chat.id), Some(42));
}

#[test]
fn the_press_of_a_button_comes_with_what_its_message_has() {
    let buttons = |markup: Value| {
        let found = parse_json(&json!({"update_id": 8, "callback_query": {
            "id": "1", "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
            "message": {"message_id": 6, "date": 1_760_000_000, "text": "x", "reply_markup": markup,
                        "chat": {"id": 42, "type": "private", "first_name": "Ana"}},
            "chat_instance": "1", "data": "list:1"
        }}));
        match found.map(|update| update.kind) {
            Some(UpdateKind::Callback(callback)) => callback.buttons,
            other => panic!("{other:?}"),
        }
    };
    let keyboard = json!({"inline_keyboard": [
        [{"text": "Mute 1 h", "callback_data": "mute:1h:17"}, {"text": "Watch it", "url": "https://youtu.be/x"}],
        [{"text": "Stop", "callback_data": "stop:17", "style": "danger"}]
    ]});
    let known = ["mute:1h:17", "stop:17"].map(str::to_owned).to_vec();
    assert_eq!(buttons(keyboard), Some(known));
    for odd in [Value::Null, json!({}), json!({"inline_keyboard": 5}), json!("x")] {
        assert_eq!(buttons(odd), Some(Vec::new()));
    }
}

#[test]
fn a_block_is_seen_without_waiting_for_a_failed_message() {
    let found = parse_json(&json!({"update_id": 9, "my_chat_member": {
        "chat": {"id": 42, "type": "private", "first_name": "Ana"}, "date": 1,
        "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
        "old_chat_member": {"status": "member", "user": {"id": 1, "is_bot": true, "first_name": "bell"}},
        "new_chat_member": {"status": "kicked", "user": {"id": 1, "is_bot": true, "first_name": "bell"}, "until_date": 0}
    }}));
    let Some(Update { kind: UpdateKind::MyChatMember(change), .. }) = found else {
        panic!("{found:?}")
    };
    assert_eq!(change.new_status, MemberStatus::Kicked);
    assert_eq!(change.chat.kind, ChatKind::Private);
}

#[test]
fn rights_that_were_given_back_are_seen_and_lacking_ones_end_nothing() {
    let change = |kind: &str, member: &Value| {
        let update = json!({"update_id": 9, "my_chat_member": {
            "chat": {"id": -100_123, "type": kind, "title": "x"}, "date": 1,
            "from": {"id": 42, "is_bot": false, "first_name": "Ana"},
            "old_chat_member": {"status": "left", "user": {"id": 1}}, "new_chat_member": member
        }});
        match parse_json(&update) {
            Some(Update { kind: UpdateKind::MyChatMember(change), .. }) => change.is_reachable(),
            other => panic!("{other:?}"),
        }
    };
    for (member, expected) in [
        (json!({"status": "member"}), Some(true)),
        (json!({"status": "administrator", "can_manage_chat": true}), Some(true)),
        (json!({"status": "restricted", "is_member": true, "can_send_messages": true}), Some(true)),
        (json!({"status": "restricted", "is_member": true, "can_send_messages": false}), None),
        (
            json!({"status": "restricted", "is_member": false, "can_send_messages": true}),
            Some(false),
        ),
        (json!({"status": "left"}), Some(false)),
        (json!({"status": "kicked", "until_date": 0}), Some(false)),
        (json!({"status": "hologram"}), None),
    ] {
        assert_eq!(change("supergroup", &member), expected, "{member}");
    }
    for (may, expected) in [(true, Some(true)), (false, None)] {
        let member = json!({"status": "administrator", "can_post_messages": may});
        assert_eq!(change("channel", &member), expected, "{may}");
    }
}

#[test]
fn what_says_that_somebody_left_is_told_from_a_sign_of_life() {
    let without_text = |extra: &Value| {
        let mut update = message(extra);
        update["message"].as_object_mut().unwrap().remove("text");
        read(&update).is_farewell
    };
    for farewell in [
        json!({"left_chat_member": {"id": 1, "is_bot": true, "first_name": "bell"}}),
        json!({"forum_topic_closed": {}, "message_thread_id": 9, "is_topic_message": true}),
        json!({"general_forum_topic_hidden": {}}),
    ] {
        assert!(without_text(&farewell), "{farewell}");
    }
    for life in [
        json!({"photo": []}),
        json!({"forum_topic_reopened": {}, "message_thread_id": 9, "is_topic_message": true}),
        json!({"new_chat_members": [{"id": 1, "is_bot": true, "first_name": "bell"}]}),
    ] {
        assert!(!without_text(&life), "{life}");
    }
}

#[test]
fn an_update_of_unknown_shape_keeps_its_id() {
    for odd in [
        json!({"update_id": 10, "hologram": {}}),
        json!({"update_id": 10, "message": "not an object"}),
        json!({"update_id": 10, "message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "hologram"}}}),
        json!({"update_id": 10}),
    ] {
        assert_eq!(parse_json(&odd), Some(Update { id: 10, kind: UpdateKind::Other }));
    }
    for lost in [
        json!({"message": {}}),
        json!(5),
        json!({"update_id": "x"}),
        json!({"update_id": -1}),
        json!({"update_id": 1_i64 << 53}),
        json!({"update_id": i64::MAX}),
    ] {
        assert_eq!(parse_json(&lost), None);
    }
}

#[test]
fn another_reader_of_the_api_finds_the_same() {
    // serde_json sorts keys, and teloxide wants `update_id` in front: true for this fixture in either order.
    let text = format!(
        r#"{{"update_id":7,"message":{}}}"#,
        message(&json!({"message_thread_id": 9, "is_topic_message": true}))["message"]
    );
    let theirs: teloxide::types::Update = serde_json::from_str(&text).unwrap();
    let ours = read(&serde_json::from_str(&text).unwrap());
    let teloxide::types::UpdateKind::Message(theirs) = theirs.kind else { panic!() };
    assert_eq!(theirs.id.0, ours.id);
    assert_eq!(theirs.chat.id.0, ours.chat.id);
    assert_eq!(theirs.text(), ours.text.as_deref());
    assert_eq!(theirs.thread_id.map(|thread| thread.0.0), ours.thread);
    assert_eq!(theirs.date.timestamp_millis(), ours.date.0);
    assert_eq!(theirs.from.map(|user| user.full_name()), ours.from.map(|user| user.name));
}
