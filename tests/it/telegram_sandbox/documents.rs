//! General files: kept as they came, refused in Telegram's words, and saved from the phone.

use serde_json::{Value, json};

use super::*;

/// What somebody may call a file.
const HOSTILE: &str = "<img src=x onerror=alert(1)>&\u{202e}nosj.json";

impl World {
    async fn document(&self, chat: i64, text: &str, caption: &str) -> (u16, Value) {
        let texts = [
            ("chat_id", chat.to_string()),
            ("document", "attach://a".to_owned()),
            ("caption", caption.to_owned()),
            ("parse_mode", "HTML".to_owned()),
        ];
        self.upload("sendDocument", ("a.json", text.as_bytes().to_vec()), &texts).await
    }

    /// What the page shows of Ana's last message.
    async fn shown(&self) -> Value {
        let url = format!("{}/sandbox/messages", self.sandbox.api_url());
        let screen: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        screen["messages"].as_array().unwrap().last().unwrap().clone()
    }
}

#[tokio::test]
async fn a_file_is_kept_with_its_name_and_is_refused_in_telegrams_words() {
    let w = world_with(|options| options.document_max_bytes = 1_000).await;
    let (status, sent) = w.document(ANA, "{\"a\": 1}", "<b>a</b>").await;
    assert_eq!(status, 200, "{sent}");
    let document = &sent["document"];
    assert_eq!((&document["file_name"], &document["file_size"]), (&json!("a.json"), &json!(8)));
    assert_eq!((&sent["caption"], sent.get("text")), (&json!("a"), None));
    assert_eq!(sent["caption_entities"][0]["type"], "bold");
    let kept = w.sandbox.sent(ANA).pop().unwrap().document.unwrap();
    assert_eq!((kept.name.as_str(), &*kept.bytes), ("a.json", &b"{\"a\": 1}"[..]));
    assert_eq!(w.document(ANA, "x", &"😀".repeat(1024)).await.0, 200);
    assert_eq!(w.document(ANA, &"x".repeat(1_000), "").await.1.get("caption"), None);

    let refused = |what: &str| (400, json!(format!("Bad Request: {what}")));
    let long = "x".repeat(1025);
    let expected = refused("message caption is too long");
    assert_eq!(w.document(ANA, "x", &long).await, expected);
    assert_eq!(w.document(ANA, "", "").await, refused("file must be non-empty"));
    let too_large = (413, json!("Request Entity Too Large"));
    assert_eq!(w.document(ANA, &"x".repeat(1_001), "").await, too_large);
    for (named, expected) in [
        (json!(null), "there is no document in the request"),
        (json!("attach://b"), "there is no document in the request"),
        (json!("https://e.org/a.json"), "wrong file identifier/HTTP URL specified"),
    ] {
        let answer = w.refused("sendDocument", json!({"chat_id": ANA, "document": named})).await;
        assert_eq!(answer, format!("400 Bad Request: {expected}"));
    }
    assert_eq!(w.document(7, "x", "").await, refused("chat not found"));
    w.sandbox.trouble(ANA, Trouble::Blocked);
    let expected = (403, json!("Forbidden: bot was blocked by the user"));
    assert_eq!(w.document(ANA, "x", "").await, expected);
}

#[tokio::test]
async fn a_text_can_become_a_file_and_a_file_stays_one() {
    let w = world().await;
    let id = w.html("a").await["message_id"].as_i64().unwrap();
    let media = json!({"type": "document", "media": "attach://a", "caption": "b"}).to_string();
    let texts = [("chat_id", ANA.to_string()), ("message_id", id.to_string()), ("media", media)];
    let file = || ("b.json", b"{}".to_vec());
    let (status, edited) = w.upload("editMessageMedia", file(), &texts).await;
    assert_eq!((status, &edited["document"]["file_name"]), (200, &json!("b.json")), "{edited}");
    let caption = json!({"chat_id": ANA, "message_id": id, "caption": "c"});
    assert_eq!(w.ok("editMessageCaption", caption).await["caption"], "c");
    let refused =
        w.refused("editMessageText", json!({"chat_id": ANA, "message_id": id, "text": "d"})).await;
    assert_eq!(refused, "400 Bad Request: there is no text in the message to edit");
    let now = w.sandbox.sent(ANA).pop().unwrap();
    assert!(now.document.is_some() && now.text == "c", "{now:?}");
}

#[tokio::test]
async fn the_phone_saves_a_file_and_never_runs_what_is_in_it_or_in_its_name() {
    let w = world().await;
    // By hand: clients write such names in other ways.
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{ANA}\r\n--b\r\n\
         Content-Disposition: form-data; name=\"document\"; filename=\"{HOSTILE}\"\r\n\
         Content-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
    );
    let request = w.client.post(w.url("sendDocument"));
    let request = request.header("content-type", "multipart/form-data; boundary=b").body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let document = &w.shown().await["document"];
    assert_eq!((&document["name"], &document["bytes"]), (&json!(HOSTILE), &json!(25)));
    let url = document["url"].as_str().unwrap();
    assert!(url.bytes().all(|b| b.is_ascii_alphanumeric() || b"/?&=-".contains(&b)), "{url}");
    let saved = w.client.get(format!("{}{url}", w.sandbox.api_url())).send().await.unwrap();
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("content-disposition", "attachment"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(saved.headers()[name], value);
    }
    assert_eq!(saved.text().await.unwrap(), "<script>alert(1)</script>");
    let none = format!("{}/sandbox/document?chat={ANA}&message=1", w.sandbox.api_url());
    assert_eq!(w.client.get(none).send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn a_message_with_a_file_is_as_the_specification_and_teloxide_have_it() {
    let w = world().await;
    let sent = w.document(ANA, "{}", "<b>a</b>").await.1;
    let read: teloxide::types::Message = serde_json::from_str(&sent.to_string()).unwrap();
    assert_eq!(read.document().unwrap().file_name.as_deref(), Some("a.json"));
    let Ok(spec) = std::fs::read_to_string(SPEC) else {
        crate::skipped(&format!("no specification of the Bot API at {SPEC}"));
        return;
    };
    check(&serde_json::from_str(&spec).unwrap(), "Message", &sent);
}
