//! Messages with a picture: how they leave, and that none is lost with its picture.

use serde_json::{Value, json};
use tubebell::model::{Button, ChatMessage};
use tubebell::notify::SendError;

use super::stub::{Answer, Seen, Stub};
use super::telegram::{SENT, client};
use super::telegram_spec;

/// What stands for a picture. Nobody looks into it here.
pub(super) const PNG: Option<&[u8]> = Some(b"\x89PNG\r\n\x1a\n");

fn message() -> ChatMessage {
    let button = Button { text: "mute".to_owned(), data: "mute:17".to_owned() };
    ChatMessage {
        html: "<b>12</b> views & \"more\"".to_owned(),
        buttons: vec![vec![button]],
        preview: true,
        preview_url: None,
        picture: None,
        file: None,
    }
}

fn methods(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.path.rsplit('/').next().unwrap()).collect()
}

fn keyboard() -> Value {
    json!({"inline_keyboard": [[{"text": "mute", "callback_data": "mute:17"}]]})
}

#[tokio::test]
async fn a_picture_goes_out_as_a_photo_with_the_text_as_its_caption() {
    let stub = Stub::start([Answer::new(200, SENT), Answer::new(200, SENT)]).await;
    let telegram = client(&stub.url());
    assert_eq!(telegram.send_message(-100_123, Some(9), &message(), PNG, true).await, Ok(17));
    assert_eq!(telegram.edit_message(42, 17, &message(), PNG).await, Ok(()));
    let seen = stub.seen();
    assert_eq!(methods(&seen), ["sendPhoto", "editMessageMedia"]);
    for request in &seen {
        assert!(request.header("content-type").starts_with("multipart/form-data; boundary="));
        assert!(request.body.contains("name=\"file\"; filename=\"picture.png\""));
        assert!(request.body.contains("PNG\r\n\u{1a}\n"));
        telegram_spec::check_form(request);
    }
    let fields = |seen: &Seen| -> Value {
        let form = seen.form().into_iter();
        form.map(|(name, text)| (name.clone(), telegram_spec::of_form(&name, &text))).collect()
    };
    assert_eq!(
        fields(&seen[0]),
        json!({
            "chat_id": -100_123, "message_thread_id": 9, "photo": "attach://file",
            "caption": message().html, "parse_mode": "HTML", "disable_notification": true,
            "reply_markup": keyboard(),
        })
    );
    assert_eq!(
        fields(&seen[1]),
        json!({
            "chat_id": 42, "message_id": 17, "reply_markup": keyboard(),
            "media": {
                "type": "photo", "media": "attach://file", "caption": message().html, "parse_mode": "HTML",
            },
        })
    );
}

#[tokio::test]
async fn what_has_no_picture_or_is_refused_with_it_leaves_as_a_text() {
    for refusal in [
        "Bad Request: IMAGE_PROCESS_FAILED",
        "Bad Request: PHOTO_INVALID_DIMENSIONS",
        "Bad Request: not enough rights to send photos to the chat",
        "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN",
        "Bad Request: message caption is too long",
        "Bad Request: something nobody has seen yet",
    ] {
        let answers = [Answer::refusal(400, refusal), Answer::new(200, SENT)];
        let stub = Stub::start([answers.clone(), answers].concat()).await;
        let telegram = client(&stub.url());
        assert_eq!(
            telegram.send_message(42, None, &message(), PNG, false).await,
            Ok(17),
            "{refusal}"
        );
        assert_eq!(telegram.edit_message(42, 17, &message(), PNG).await, Ok(()), "{refusal}");
        let seen = stub.seen();
        let expected = ["sendPhoto", "sendMessage", "editMessageMedia", "editMessageText"];
        assert_eq!(methods(&seen), expected, "{refusal}");
        assert_eq!(seen[1].json()["text"], message().html);
        assert_eq!(seen[1].json()["reply_markup"], keyboard());
    }
    let stub = Stub::start([Answer::new(200, SENT)]).await;
    let sent = client(&stub.url()).send_message(42, None, &message(), None, false).await;
    assert_eq!((sent, methods(&stub.seen())), (Ok(17), vec!["sendMessage"]));
}

#[tokio::test]
async fn a_failure_that_is_not_of_the_picture_is_that_of_the_message() {
    for (status, text) in [
        (429, "Too Many Requests: retry after 35"),
        (403, "Forbidden: bot was blocked by the user"),
        (401, "Unauthorized"),
        (500, "Internal Server Error"),
        (502, "Bad Gateway"),
    ] {
        let stub = Stub::start([Answer::refusal(status, text)]).await;
        let telegram = client(&stub.url());
        let error = telegram.send_message(42, None, &message(), PNG, false).await.unwrap_err();
        assert_eq!(stub.seen().len(), 1, "{text}: {error:?}");
    }
    // Where the text is refused too, what is said of it counts.
    let closed = Answer::refusal(400, "Bad Request: TOPIC_CLOSED");
    let stub = Stub::start([closed.clone(), closed]).await;
    let error = client(&stub.url()).send_message(42, None, &message(), PNG, false).await;
    assert_eq!(error, Err(SendError::Barred("Bad Request: TOPIC_CLOSED".to_owned())));
}

#[tokio::test]
async fn a_message_with_a_picture_is_edited_also_without_one() {
    let no_text = Answer::refusal(400, "Bad Request: there is no text in the message to edit");
    let same = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
    let stub =
        Stub::start([no_text.clone(), Answer::new(200, SENT), no_text, Answer::refusal(400, same)])
            .await;
    let telegram = client(&stub.url());
    assert_eq!(telegram.edit_message(42, 17, &message(), None).await, Ok(()));
    assert_eq!(telegram.edit_message(42, 17, &message(), None).await, Ok(()));
    let seen = stub.seen();
    let edits = ["editMessageText", "editMessageCaption"];
    assert_eq!(methods(&seen), [edits, edits].concat());
    telegram_spec::check(&seen);
    assert_eq!(
        seen[1].json(),
        json!({
            "chat_id": 42, "message_id": 17, "caption": message().html, "parse_mode": "HTML",
            "reply_markup": keyboard(),
        })
    );
}
