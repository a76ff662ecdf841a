//! The client of the Bot API in front of a server with scripted answers.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tubebell::model::{Address, Body, Button, ChatMessage};
use tubebell::notify::telegram::{
    MemberStatus, PollError, SetupError, Telegram, TelegramOptions, UpdateKind,
};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::stub::{Answer, Stub, closed};

pub(super) const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

/// A message that was sent.
pub(super) const SENT: &str = r#"{"ok":true,"result":{"message_id":17,"from":{"id":110201543,"is_bot":true,"first_name":"bell","username":"bell_bot"},"chat":{"id":42,"first_name":"Ana","type":"private"},"date":1760000000,"text":"hello"}}"#;

const DONE: &str = r#"{"ok":true,"result":true}"#;

pub(super) fn client(url: &str) -> Telegram {
    Telegram::new(&options(url)).unwrap()
}

fn options(url: &str) -> TelegramOptions {
    TelegramOptions { api_url: url.to_owned(), ..TelegramOptions::new(SecretString::from(TOKEN)) }
}

fn message() -> ChatMessage {
    let button = |text: &str| Button { text: text.to_owned(), data: format!("{text}:17") };
    ChatMessage {
        html: "<a href=\"https://youtu.be/dQw4w9WgXcQ\">Never &amp; ever</a>".to_owned(),
        buttons: vec![vec![button("mute"), button("why")], vec![button("unwatch")]],
        preview: false,
        preview_url: None,
        picture: None,
        file: None,
    }
}

#[tokio::test]
async fn a_message_goes_out_as_the_bot_api_wants_it() {
    let stub = Stub::start([Answer::new(200, SENT)]).await;
    let outgoing = Outgoing {
        id: "4ZQK7M2XA5TBN".to_owned(),
        address: Address::Telegram { chat: -100_123, thread: Some(9) },
        body: Body::Chat(message()),
        png: None,
        silent: true,
    };
    let receipt = client(&stub.url()).send(&outgoing).await.unwrap();
    assert_eq!(receipt, Receipt("17".to_owned()));
    let seen = &stub.seen()[0];
    assert_eq!(seen.path, format!("/bot{TOKEN}/sendMessage"));
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(
        seen.json(),
        json!({
            "chat_id": -100_123,
            "message_thread_id": 9,
            "text": "<a href=\"https://youtu.be/dQw4w9WgXcQ\">Never &amp; ever</a>",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
            "disable_notification": true,
            "reply_markup": {"inline_keyboard": [
                [{"text": "mute", "callback_data": "mute:17"}, {"text": "why", "callback_data": "why:17"}],
                [{"text": "unwatch", "callback_data": "unwatch:17"}]
            ]}
        })
    );
}

#[tokio::test]
async fn a_plain_message_says_nothing_of_thread_sound_buttons_or_preview() {
    let stub = Stub::start([Answer::new(200, SENT)]).await;
    let plain = ChatMessage { html: "hello".to_owned(), preview: true, ..ChatMessage::default() };
    assert_eq!(client(&stub.url()).send_message(42, None, &plain, None, false).await, Ok(17));
    assert_eq!(
        stub.seen()[0].json(),
        json!({"chat_id": 42, "text": "hello", "parse_mode": "HTML"})
    );
}

#[tokio::test]
async fn the_preview_of_a_message_may_be_that_of_a_later_link() {
    let stub = Stub::start([Answer::new(200, SENT), Answer::new(200, SENT)]).await;
    let mut two = ChatMessage {
        html: "<a href=\"https://youtu.be/a\">a</a> <a href=\"https://youtu.be/b\">b</a>"
            .to_owned(),
        preview: true,
        preview_url: Some("https://youtu.be/b".to_owned()),
        ..ChatMessage::default()
    };
    assert_eq!(client(&stub.url()).send_message(42, None, &two, None, false).await, Ok(17));
    two.preview = false;
    assert_eq!(client(&stub.url()).send_message(42, None, &two, None, false).await, Ok(17));
    let options: Vec<serde_json::Value> =
        stub.seen().iter().map(|seen| seen.json()["link_preview_options"].clone()).collect();
    assert_eq!(options, [json!({"url": "https://youtu.be/b"}), json!({"is_disabled": true})]);
}

#[tokio::test]
async fn every_request_body_agrees_with_the_bot_apis_specification() {
    let member = r#"{"ok":true,"result":{"status":"administrator","user":{"id":42,"is_bot":false,"first_name":"Ana"}}}"#;
    let me = r#"{"ok":true,"result":{"id":110201543,"is_bot":true,"first_name":"bell","username":"bell_bot","can_join_groups":true,"can_read_all_group_messages":false,"supports_inline_queries":false}}"#;
    let updates = r#"{"ok":true,"result":[]}"#;
    let script = [SENT, me, updates, member, DONE, SENT, DONE, DONE];
    let stub = Stub::start(script.map(|body| Answer::new(200, body))).await;
    let telegram = client(&stub.url());

    telegram.send_message(-100_123, Some(9), &message(), None, true).await.unwrap();
    let bot = telegram.get_me().await.unwrap();
    assert_eq!((bot.id, bot.username.as_str()), (110_201_543, "bell_bot"));
    assert_eq!(telegram.get_updates(5_000_000_000, 50, 100).await, Ok(vec![]));
    assert_eq!(telegram.get_chat_member(-100_123, 42).await, Ok(MemberStatus::Administrator));
    telegram.answer_callback("4382bfd", Some(&"ä".repeat(300)), true).await.unwrap();
    telegram.edit_message(42, 17, &message(), None).await.unwrap();
    telegram.set_my_commands(&[("watch", "Watch a video"), ("why", "Say why")]).await.unwrap();
    telegram.delete_webhook().await.unwrap();

    let seen = stub.seen();
    let methods: Vec<&str> =
        seen.iter().map(|seen| seen.path.rsplit('/').next().unwrap()).collect();
    assert_eq!(
        methods,
        [
            "sendMessage",
            "getMe",
            "getUpdates",
            "getChatMember",
            "answerCallbackQuery",
            "editMessageText",
            "setMyCommands",
            "deleteWebhook"
        ]
    );
    assert_eq!(
        seen[2].json(),
        json!({
            "offset": 5_000_000_000_i64, "timeout": 50, "limit": 100,
            "allowed_updates": ["message", "callback_query", "my_chat_member"]
        })
    );
    assert_eq!(seen[4].json()["text"].as_str().unwrap().chars().count(), 200);
    super::telegram_spec::check(&seen);
}

#[tokio::test]
async fn an_unreadable_update_does_not_hold_up_the_others() {
    let body = json!({"ok": true, "result": [
        {"update_id": 1, "message": {"hologram": true}},
        {"update_id": 2, "hologram": {}},
        {"update_id": 3, "message": {"message_id": 5, "date": 1_760_000_000, "chat": {"id": 42, "type": "private", "first_name": "Ana"},
            "from": {"id": 42, "is_bot": false, "first_name": "Ana"}, "text": "/start"}}
    ]});
    let stub = Stub::start([Answer::new(200, body.to_string())]).await;
    let updates = client(&stub.url()).get_updates(1, 0, 100).await.unwrap();
    let ids: Vec<i64> = updates.iter().map(|update| update.id).collect();
    assert_eq!(ids, [1, 2, 3]);
    assert_eq!(updates[0].kind, UpdateKind::Other);
    assert!(
        matches!(&updates[2].kind, UpdateKind::Message(m) if m.text.as_deref() == Some("/start"))
    );
}

#[tokio::test]
async fn a_second_poller_and_a_webhook_are_told_apart_in_clear_words() {
    let stub = Stub::start([
        Answer::refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
        Answer::refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"),
    ])
    .await;
    let telegram = client(&stub.url());
    let error = telegram.get_updates(0, 0, 1).await.unwrap_err();
    assert_eq!(error, PollError::OtherPoller);
    assert!(error.to_string().starts_with("another program polls with this bot token"));
    assert_eq!(telegram.get_updates(0, 0, 1).await, Err(PollError::WebhookSet));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_and_a_late_answer_to_a_button_are_no_failures() {
    let unchanged = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
    let stub = Stub::start([
        Answer::refusal(400, unchanged),
        Answer::refusal(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        ),
        Answer::refusal(400, "Bad Request: message to edit not found"),
    ])
    .await;
    let telegram = client(&stub.url());
    assert_eq!(telegram.edit_message(42, 17, &message(), None).await, Ok(()));
    assert_eq!(telegram.answer_callback("1", None, false).await, Ok(()));
    let lost = telegram.edit_message(42, 17, &message(), None).await;
    assert!(matches!(lost, Err(SendError::Rejected(_))), "{lost:?}");
}

#[tokio::test]
async fn a_page_in_place_of_an_answer_means_out_of_reach() {
    let page = "<html><body><h1>502 Bad Gateway</h1>{path}</body></html>";
    let stub = Stub::start([Answer::new(502, page), Answer::new(200, page)]).await;
    let telegram = client(&stub.url());
    for _ in 0..2 {
        let error = telegram.get_me().await.unwrap_err();
        assert!(matches!(&error, SendError::Unreachable(_)), "{error:?}");
        assert!(!error.to_string().contains(TOKEN), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules_may_mean_that_the_message_has_arrived() {
    let long =
        format!(r#"{{"ok":true,"result":{{"message_id":17,"text":"{}"}}}}"#, "a".repeat(2 << 20));
    for body in [r#"{"ok":true,"result":{"messa"#, "", r#"{"ok":true,"result":{}}"#, &long] {
        let stub = Stub::start([Answer::new(200, body)]).await;
        let error =
            client(&stub.url()).send_message(42, None, &message(), None, false).await.unwrap_err();
        assert!(matches!(error, SendError::Ambiguous(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_as_it_would_carry_the_token_away() {
    let stub = Stub::start([Answer::new(302, "").header("location", "/elsewhere")]).await;
    let error = client(&stub.url()).get_me().await.unwrap_err();
    assert!(matches!(error, SendError::Unreachable(_)), "{error:?}");
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn a_failed_handshake_and_a_closed_port_mean_out_of_reach() {
    let stub = Stub::start([]).await;
    for url in [stub.url().replace("http:", "https:"), closed().await] {
        let error = client(&url).send_message(42, None, &message(), None, false).await.unwrap_err();
        assert!(matches!(&error, SendError::Unreachable(_)), "{error:?}");
        assert!(!format!("{error:?}").contains(TOKEN), "{error:?}");
    }
}

#[tokio::test]
async fn a_message_without_an_answer_may_have_arrived() {
    let stub = Stub::start([Answer::new(200, SENT).held()]).await;
    let telegram = client(&stub.url());
    let message = message();
    let (result, ()) =
        tokio::join!(telegram.send_message(42, None, &message, None, false), async {
            stub.arrived().await;
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(21)).await;
        });
    assert_eq!(result, Err(SendError::Ambiguous("timed out".to_owned())));
}

#[tokio::test]
async fn a_long_poll_may_take_as_long_as_it_was_asked_to() {
    let stub = Stub::start([Answer::new(200, r#"{"ok":true,"result":[]}"#).held()]).await;
    let telegram = client(&stub.url());
    let (result, ()) = tokio::join!(telegram.get_updates(0, 50, 100), async {
        stub.arrived().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(55)).await;
        tokio::time::resume();
        stub.release();
    });
    assert_eq!(result, Ok(vec![]));
}

#[test]
fn the_token_is_in_no_debug_output() {
    let options = options("https://api.telegram.org/");
    let texts = [format!("{options:?}"), format!("{:?}", Telegram::new(&options).unwrap())];
    for text in texts {
        assert!(!text.contains(TOKEN) && text.contains("api.telegram.org"), "{text}");
    }
}

#[test]
fn a_token_or_an_address_that_would_bend_the_path_is_refused_unquoted() {
    for token in ["", "1:a/../..", "1:a?x", "1:a b", "1:a\n", "1:ä"] {
        let options = TelegramOptions::new(SecretString::from(token));
        let error = Telegram::new(&options).unwrap_err();
        assert!(matches!(error, SetupError::Token), "{token:?}");
        assert!(token.is_empty() || !format!("{error} {error:?}").contains(token));
    }
    for url in [
        "",
        "api.telegram.org",
        "ftp://x",
        "https://u:s3cret@x",
        "https://x/?s3cret",
        "https://x/#s3cret",
    ] {
        let error = Telegram::new(&options(url)).unwrap_err();
        assert!(matches!(error, SetupError::Url), "{url}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}
