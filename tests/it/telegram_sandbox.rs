//! The sandbox Telegram keeps the promises of the real one: exact errors, limits, updates, hostile text.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod documents;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tubebell_sim::Simulation;
use tubebell_sim::telegram::{
    EntityKind, Fault, Limits, Options, Scope, TelegramSandbox, Trouble, serve,
};

use crate::wait::{Frozen, LIMIT, until};

const ANA: i64 = 1001;
const BEN: i64 = 1002;
const GROUP: i64 = -4001;
const FORUM: i64 = -1_001_234_567_890;
const SPEC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs/telegram-api.json");

struct World {
    sandbox: TelegramSandbox,
    client: reqwest::Client,
    simulation: Simulation,
}

/// Ana has started the bot, Ben has not; a group, and a forum with topic 5.
async fn world() -> World {
    world_with(|_| {}).await
}

async fn world_with(change: impl FnOnce(&mut Options)) -> World {
    let clock = AtomicI64::new(1_795_000_000);
    let clock = move || Timestamp::from_second(clock.fetch_add(1, Ordering::Relaxed)).unwrap();
    let nothing = tubebell_sim::world::World::new(1, clock());
    let simulation = Simulation::new(nothing, Arc::new(clock));
    let mut options = Options::default();
    change(&mut options);
    let sandbox = serve(&simulation, options).await.unwrap();
    sandbox.user(ANA, "Ana");
    sandbox.user(BEN, "Ben");
    sandbox.group(GROUP, "Friends", &[ANA], &[]);
    sandbox.group(FORUM, "Club", &[BEN, ANA], &[(5, "Alerts")]);
    sandbox.say(ANA, ANA, "/start").unwrap();
    let client = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
    World { sandbox, client, simulation }
}

impl World {
    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.sandbox.api_url(), self.sandbox.token())
    }

    /// The answer, whatever its status, and the status.
    async fn post(&self, method: &str, body: Value) -> (u16, Value) {
        let answer = self.client.post(self.url(method)).json(&body).send().await.unwrap();
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").cloned();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["ok"], json!(status == 200), "{body}");
        if status != 200 {
            assert_eq!(body["error_code"], json!(status));
        }
        let header = retry_after.map(|value| value.to_str().unwrap().parse::<u64>().unwrap());
        assert_eq!(header, body["parameters"]["retry_after"].as_u64(), "header and body agree");
        (status, body)
    }

    async fn ok(&self, method: &str, body: Value) -> Value {
        let (status, answer) = self.post(method, body).await;
        assert_eq!(status, 200, "{answer}");
        answer["result"].clone()
    }

    async fn refused(&self, method: &str, body: Value) -> String {
        let (status, answer) = self.post(method, body.clone()).await;
        assert_ne!(status, 200, "{method} {body}");
        format!("{status} {}", answer["description"].as_str().unwrap())
    }

    async fn html(&self, text: &str) -> Value {
        self.ok("sendMessage", json!({"chat_id": ANA, "text": text, "parse_mode": "HTML"})).await
    }
}

#[tokio::test]
async fn paths_tokens_and_methods_are_refused_in_telegrams_words() {
    let w = world().await;
    let base = w.sandbox.api_url();
    let token = w.sandbox.token();
    for (path, expected) in [
        ("/x".to_owned(), "Not Found"),
        (format!("//bot{token}/getMe"), "Not Found"),
        (format!("/bot{token}"), "Not Found"),
        (format!("/bot{token}/getNothing"), "Not Found: method not found"),
        ("/botnonsense/getMe".to_owned(), "Unauthorized: invalid token specified"),
        ("/bot1:abc/getMe".to_owned(), "Unauthorized"),
    ] {
        let body: Value =
            w.client.get(base.clone() + &path).send().await.unwrap().json().await.unwrap();
        assert_eq!(body["description"], expected, "{path}");
        assert_eq!(body["ok"], false);
    }
    w.sandbox.revoke_token(true);
    assert_eq!(w.refused("getMe", json!({})).await, "401 Unauthorized");
    w.sandbox.revoke_token(false);
    assert_eq!(w.ok("GETME", json!({})).await["username"], "tubebell_bot");
}

#[tokio::test]
async fn parameters_may_come_as_json_form_or_query_and_unknown_ones_are_recorded() {
    let w = world().await;
    let url = w.url("sendMessage");
    let query = format!("{url}?chat_id={ANA}&text=a%20%26+b");
    assert!(w.client.get(query).send().await.unwrap().status().is_success());
    let form = [
        ("chat_id", "1001"),
        ("text", "a & b"),
        ("link_preview_options", r#"{"is_disabled":true}"#),
    ];
    let body: String = form
        .iter()
        .map(|(k, v)| format!("{k}={}&", v.replace('&', "%26").replace(' ', "+")))
        .collect();
    let sent =
        w.client.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body);
    assert!(sent.send().await.unwrap().status().is_success());
    w.ok(
        "sendMessage",
        json!({"chat_id": "1001", "text": "a & b", "disable_web_page_preview": true}),
    )
    .await;
    let texts: Vec<String> = w.sandbox.sent(ANA).into_iter().map(|m| m.text).collect();
    assert_eq!(texts, ["a & b"; 3]);
    assert_eq!(w.sandbox.counters().unknown_parameters, 1);
    assert_eq!(w.sandbox.requests().last().unwrap().unknown, ["disable_web_page_preview"]);
}

#[tokio::test]
async fn every_chat_that_takes_no_message_says_why() {
    let w = world().await;
    let to = |chat: Value| json!({"chat_id": chat, "text": "x"});
    for (chat, expected) in [
        (json!(99), "400 Bad Request: chat not found"),
        (json!("@nobody"), "400 Bad Request: chat not found"),
        (json!(""), "400 Bad Request: chat_id is empty"),
        (json!(BEN), "403 Forbidden: bot can't initiate conversation with a user"),
    ] {
        assert_eq!(w.refused("sendMessage", to(chat)).await, expected);
    }
    for (chat, trouble, expected) in [
        (ANA, Trouble::Deactivated, "403 Forbidden: user is deactivated"),
        (GROUP, Trouble::Kicked, "403 Forbidden: bot was kicked from the group chat"),
        (FORUM, Trouble::Kicked, "403 Forbidden: bot was kicked from the supergroup chat"),
        (FORUM, Trouble::NotMember, "403 Forbidden: bot is not a member of the supergroup chat"),
        (GROUP, Trouble::Deleted, "403 Forbidden: the group chat was deleted"),
        (GROUP, Trouble::NotFound, "400 Bad Request: chat not found"),
        (
            GROUP,
            Trouble::NoRights,
            "400 Bad Request: not enough rights to send text messages to the chat",
        ),
        (
            FORUM,
            Trouble::NeedAdmin,
            "400 Bad Request: need administrator rights in the channel chat",
        ),
    ] {
        w.sandbox.trouble(chat, trouble);
        assert_eq!(w.refused("sendMessage", to(json!(chat))).await, expected);
        w.sandbox.trouble(chat, None);
    }
    w.sandbox.block(ANA);
    assert_eq!(
        w.refused("sendMessage", to(json!(ANA))).await,
        "403 Forbidden: bot was blocked by the user"
    );
    w.sandbox.unblock(ANA);
    w.ok("sendMessage", to(json!(ANA))).await;
    w.sandbox.migrate(GROUP, -1_009_999_999_999);
    let (status, answer) = w.post("sendMessage", to(json!(GROUP))).await;
    assert_eq!(status, 400);
    assert_eq!(answer["description"], "Bad Request: group chat was upgraded to a supergroup chat");
    assert_eq!(answer["parameters"], json!({"migrate_to_chat_id": -1_009_999_999_999_i64}));
    w.ok("sendMessage", to(json!(-1_009_999_999_999_i64))).await;
    let in_topic =
        |thread: i64| json!({"chat_id": FORUM, "text": "x", "message_thread_id": thread});
    assert_eq!(
        w.refused("sendMessage", in_topic(6)).await,
        "400 Bad Request: message thread not found"
    );
    assert_eq!(w.ok("sendMessage", in_topic(5)).await["message_thread_id"], 5);
}

#[tokio::test]
async fn a_text_is_counted_in_code_points_after_parsing() {
    let w = world().await;
    let send = |text: String| json!({"chat_id": ANA, "text": text, "parse_mode": "HTML"});
    w.ok("sendMessage", send("😀".repeat(4095) + "<b>&lt;</b>")).await;
    let long = send("a".repeat(4096) + "&lt;");
    assert_eq!(w.refused("sendMessage", long).await, "400 Bad Request: message is too long");
    for empty in ["", " \n\t ", "<b></b>", "<b> </b>", "&#32;"] {
        let answer = w.refused("sendMessage", send(empty.to_owned())).await;
        assert_eq!(answer, "400 Bad Request: message text is empty", "{empty:?}");
    }
    assert_eq!(
        w.refused("sendMessage", send("a<br>b".to_owned())).await,
        "400 Bad Request: can't parse entities: Unsupported start tag \"br\" at byte offset 1"
    );
}

#[tokio::test]
async fn a_hostile_title_grows_nothing_inside_a_link_and_does_outside() {
    let w = world().await;
    let title = "<b>&*_`@everyone #1a /stop e.org $USD";
    let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let url = "https://www.youtube.com/watch?v=dQw4w9WgXcQ";
    let linked = w.html(&format!("🔔 <a href=\"{url}\">{escaped}</a> 1,234")).await;
    assert_eq!(linked["text"], format!("🔔 {title} 1,234"));
    assert_eq!(
        linked["entities"],
        json!([{"type": "text_link", "offset": 3, "length": title.encode_utf16().count(), "url": url}])
    );
    w.html(&escaped).await;
    let bare = w.sandbox.sent(ANA).pop().unwrap();
    let kinds: Vec<&str> = bare.entities.iter().map(|e| e.of(&bare.text)).collect();
    assert_eq!(kinds, ["@everyone", "#1a", "/stop", "e.org", "$USD"]);
    let dropped = w.html("<a href=\"javascript:alert(1)\">x</a>").await;
    assert_eq!(dropped["text"], "x");
    assert!(dropped.get("entities").is_none());
    assert_eq!(bare.entities[0].kind, EntityKind::Mention);
}

#[tokio::test]
async fn what_stands_behind_the_hundredth_entity_is_plain_text() {
    let w = world().await;
    let link = "<a href=\"https://www.youtube.com/watch?v=dQw4w9WgXcQ\">@everyone</a> ";
    w.html(&link.repeat(101)).await;
    let sent = w.sandbox.sent(ANA).pop().unwrap();
    let (last, links) = sent.entities.split_last().unwrap();
    assert_eq!(links.len(), 100);
    assert!(links.iter().all(|link| matches!(link.kind, EntityKind::TextLink { .. })));
    assert_eq!(last.kind, EntityKind::Mention);
}

#[tokio::test]
async fn buttons_have_bounds() {
    let w = world().await;
    let send = |button: Value| json!({"chat_id": ANA, "text": "x", "reply_markup": {"inline_keyboard": [[button]]}});
    let data = |data: String| send(json!({"text": "ok", "callback_data": data}));
    w.ok("sendMessage", data("ü".repeat(32))).await;
    for bad in [String::new(), "a".repeat(65), "ü".repeat(33)] {
        assert_eq!(
            w.refused("sendMessage", data(bad)).await,
            "400 Bad Request: BUTTON_DATA_INVALID"
        );
    }
    let url = send(json!({"text": "ok", "url": "nowhere"}));
    assert_eq!(w.refused("sendMessage", url).await, "400 Bad Request: BUTTON_URL_INVALID");
    assert_eq!(
        w.refused("sendMessage", send(json!({"text": "ok"}))).await,
        "400 Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
    );
}

#[tokio::test]
async fn an_edit_must_change_something() {
    let w = world().await;
    let keyboard = json!({"inline_keyboard": [[{"text": "Mute", "callback_data": "m"}]]});
    let sent =
        w.ok("sendMessage", json!({"chat_id": ANA, "text": "a", "reply_markup": keyboard})).await;
    let id = sent["message_id"].as_i64().unwrap();
    let not_modified = "400 Bad Request: message is not modified: specified new message content and reply markup \
                        are exactly the same as a current content and reply markup of the message";
    let edit = |text: &str| json!({"chat_id": ANA, "message_id": id, "text": text, "reply_markup": keyboard});
    assert_eq!(w.refused("editMessageText", edit("a")).await, not_modified);
    let edited = w.ok("editMessageText", edit("b")).await;
    assert!(edited["edit_date"].is_i64());
    let bare = json!({"chat_id": ANA, "message_id": id});
    w.ok("editMessageReplyMarkup", bare.clone()).await;
    assert_eq!(w.refused("editMessageReplyMarkup", bare).await, not_modified);
    let other = |id: i64| json!({"chat_id": ANA, "message_id": id, "text": "c"});
    assert_eq!(
        w.refused("editMessageText", other(999)).await,
        "400 Bad Request: message to edit not found"
    );
    assert_eq!(
        w.refused("editMessageText", other(1)).await,
        "400 Bad Request: message can't be edited"
    );
    let message = w.sandbox.sent(ANA).pop().unwrap();
    assert!(message.text == "b" && message.buttons.is_empty() && message.edited.is_some());
}

/// The header of a PNG of this size, which is as much of one as the sandbox reads.
fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &header[..]].concat()
}

impl World {
    /// A request with this file of a name in its part `a`, and texts.
    async fn upload(
        &self,
        method: &str,
        (name, bytes): (&'static str, Vec<u8>),
        texts: &[(&str, String)],
    ) -> (u16, Value) {
        let file = reqwest::multipart::Part::bytes(bytes).file_name(name);
        let mut form = reqwest::multipart::Form::new().part("a", file);
        for (name, text) in texts {
            form = form.text((*name).to_owned(), text.clone());
        }
        let answer = self.client.post(self.url(method)).multipart(form).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        (status, if status == 200 { body["result"].clone() } else { body["description"].clone() })
    }

    async fn send_photo(&self, chat: i64, photo: Vec<u8>, caption: &str) -> (u16, Value) {
        let texts = [
            ("chat_id", chat.to_string()),
            ("photo", "attach://a".to_owned()),
            ("caption", caption.to_owned()),
            ("parse_mode", "HTML".to_owned()),
        ];
        self.upload("sendPhoto", ("a.png", photo), &texts).await
    }
}

#[tokio::test]
async fn a_photo_is_a_file_with_a_caption_and_is_refused_in_telegrams_words() {
    let w = world().await;
    let (status, sent) = w.send_photo(ANA, png(800, 400), "<b>a</b>").await;
    assert_eq!(status, 200, "{sent}");
    let size = &sent["photo"][0];
    assert_eq!((&size["width"], &size["height"]), (&json!(800), &json!(400)));
    assert_eq!((&sent["caption"], sent.get("text")), (&json!("a"), None));
    assert_eq!(sent["caption_entities"][0]["type"], "bold");
    let kept = w.sandbox.sent(ANA).pop().unwrap().photo.unwrap();
    assert_eq!(*kept.bytes, *png(800, 400));
    assert_eq!(w.send_photo(ANA, png(1, 1), &"😀".repeat(1024)).await.0, 200);
    assert_eq!(w.send_photo(ANA, png(1, 1), "").await.1.get("caption"), None);

    let refused = |what: &str| (400, json!(format!("Bad Request: {what}")));
    for (photo, caption, expected) in [
        (png(1, 1), "x".repeat(1025), "message caption is too long"),
        (b"GIF89a".to_vec(), String::new(), "IMAGE_PROCESS_FAILED"),
        (png(800, 39), String::new(), "PHOTO_INVALID_DIMENSIONS"),
        (png(9_000, 1_001), String::new(), "PHOTO_INVALID_DIMENSIONS"),
        (
            vec![0; (10 << 20) + 1],
            String::new(),
            "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
        ),
    ] {
        assert_eq!(w.send_photo(ANA, photo, &caption).await, refused(expected));
    }
    let none = json!({"chat_id": ANA, "caption": "x"});
    let answer = w.refused("sendPhoto", none).await;
    assert_eq!(answer, "400 Bad Request: there is no photo in the request");
    w.sandbox.trouble(ANA, Trouble::NoPhotos);
    let expected = refused("not enough rights to send photos to the chat");
    assert_eq!(w.send_photo(ANA, png(1, 1), "x").await, expected);
    w.ok("sendMessage", json!({"chat_id": ANA, "text": "x"})).await;
    w.sandbox.trouble(ANA, None);
    w.sandbox.plan(Scope::method("sendPhoto"), Fault::Refused("IMAGE_PROCESS_FAILED"), 1);
    assert_eq!(w.send_photo(ANA, png(1, 1), "x").await, refused("IMAGE_PROCESS_FAILED"));
}

#[tokio::test]
async fn a_text_can_become_a_photo_and_a_photo_stays_one() {
    let w = world().await;
    let id = w.html("a").await["message_id"].as_i64().unwrap();
    let edit = |method: &'static str, field: &'static str, text: &'static str| {
        (method, json!({"chat_id": ANA, "message_id": id, field: text}))
    };
    let media = json!({"type": "photo", "media": "attach://a", "caption": "b"}).to_string();
    let texts = [("chat_id", ANA.to_string()), ("message_id", id.to_string()), ("media", media)];
    let (method, body) = edit("editMessageCaption", "caption", "c");
    let refused = w.refused(method, body.clone()).await;
    assert_eq!(refused, "400 Bad Request: there is no caption in the message to edit");
    for _ in 0..2 {
        let (status, edited) = w.upload("editMessageMedia", ("a.png", png(8, 4)), &texts).await;
        assert_eq!((status, &edited["caption"]), (200, &json!("b")), "{edited}");
    }
    assert_eq!(w.ok(method, body).await["caption"], "c");
    let (method, body) = edit("editMessageText", "text", "d");
    let refused = w.refused(method, body).await;
    assert_eq!(refused, "400 Bad Request: there is no text in the message to edit");
    let now = w.sandbox.sent(ANA).pop().unwrap();
    assert!(now.photo.is_some() && now.text == "c", "{now:?}");
}

#[tokio::test]
async fn a_press_reaches_the_bot_and_is_answered_once_and_in_time() {
    let w = world().await;
    let keyboard = json!({"inline_keyboard": [[{"text": "Mute", "callback_data": "m"}]]});
    let sent =
        w.ok("sendMessage", json!({"chat_id": ANA, "text": "a", "reply_markup": keyboard})).await;
    let id = sent["message_id"].as_i64().unwrap();
    assert!(w.sandbox.press(ANA, ANA, id, "other").is_err());
    let press = w.sandbox.press(ANA, ANA, id, "m").unwrap();
    let updates = w.ok("getUpdates", json!({"offset": -1})).await;
    let query = &updates[0]["callback_query"];
    assert_eq!((&query["id"], &query["data"]), (&json!(press), &json!("m")));
    assert_eq!(query["message"]["message_id"], id);
    let answer = |id: &str, text: String| json!({"callback_query_id": id, "text": text});
    let long = w.refused("answerCallbackQuery", answer(&press, "x".repeat(201))).await;
    assert_eq!(long, "400 Bad Request: MESSAGE_TOO_LONG");
    w.ok("answerCallbackQuery", answer(&press, "ü".repeat(200))).await;
    let late =
        "400 Bad Request: query is too old and response timeout expired or query ID is invalid";
    assert_eq!(w.refused("answerCallbackQuery", answer(&press, String::new())).await, late);
    assert_eq!(w.sandbox.answers().len(), 1);
    let press = w.sandbox.press(ANA, ANA, id, "m").unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    assert_eq!(w.refused("answerCallbackQuery", answer(&press, String::new())).await, late);
}

#[tokio::test]
async fn updates_stay_until_an_offset_confirms_them() {
    let w = world().await;
    w.sandbox.say(ANA, ANA, "/watch dQw4w9WgXcQ").unwrap();
    let first = w.ok("getUpdates", json!({"limit": 1})).await;
    assert_eq!(first.as_array().unwrap().len(), 1);
    assert_eq!(first[0]["message"]["text"], "/start");
    assert_eq!(
        first[0]["message"]["entities"],
        json!([{"type": "bot_command", "offset": 0, "length": 6}])
    );
    let id = first[0]["update_id"].as_i64().unwrap();
    let rest = w.ok("getUpdates", json!({"offset": id + 1})).await;
    assert_eq!(rest[0]["update_id"], id + 1);
    assert_eq!(w.sandbox.waiting_updates(), 1);
    w.sandbox.say(ANA, ANA, "three").unwrap();
    w.sandbox.say(ANA, ANA, "four").unwrap();
    let last = w.ok("getUpdates", json!({"offset": -1})).await;
    assert_eq!(last[0]["message"]["text"], "four");
    assert_eq!(w.sandbox.waiting_updates(), 1, "a negative offset forgets what came before");
    assert_eq!(w.sandbox.counters().confirmed, 3);
}

#[tokio::test]
async fn an_offset_in_the_future_confirms_nothing_and_shows_all_that_waits() {
    let w = world().await;
    let behind = behind_all(&w).await;
    w.sandbox.say(BEN, BEN, "hello").unwrap();
    for (offset, told) in [(behind + 12, 2), (999_999_999, 2), (behind, 1)] {
        let updates = w.ok("getUpdates", json!({"offset": offset})).await;
        assert_eq!(updates.as_array().unwrap().len(), told, "{offset}");
    }
    w.sandbox.begin_updates_anew(7);
    w.sandbox.say(BEN, BEN, "hello").unwrap();
    let updates = w.ok("getUpdates", json!({"offset": behind})).await;
    assert_eq!(updates[0]["update_id"], 7);
}

/// The offset behind all updates that wait; but for the last, these are confirmed.
async fn behind_all(w: &World) -> i64 {
    let last = w.ok("getUpdates", json!({"offset": -1})).await;
    last[0]["update_id"].as_i64().unwrap() + 1
}

/// How often updates were asked for.
fn polls(sandbox: &TelegramSandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.method == "getUpdates").count()
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_update_and_only_wanted_kinds_come() {
    let w = world().await;
    let offset = behind_all(&w).await;
    let wanted = json!({"offset": offset, "timeout": 600, "allowed_updates": ["message"]});
    let waiting = w.ok("getUpdates", wanted);
    let speaking = async {
        w.sandbox.wait_for(|s| polls(s) == 2).await;
        w.sandbox.block(ANA); // my_chat_member: not wanted
        w.sandbox.say(BEN, BEN, "hello").unwrap();
    };
    let (updates, ()) = tokio::join!(waiting, speaking);
    assert_eq!(updates.as_array().unwrap().len(), 1);
    assert_eq!(updates[0]["message"]["from"]["first_name"], "Ben");
    let empty = json!({"offset": 0, "allowed_updates": []});
    w.ok("getUpdates", empty).await;
    w.sandbox.unblock(ANA);
    let updates = w.ok("getUpdates", json!({"offset": -1})).await;
    let change = &updates[0]["my_chat_member"];
    assert_eq!(change["old_chat_member"]["status"], "kicked");
    assert_eq!(change["new_chat_member"]["status"], "member");
}

#[tokio::test]
async fn a_second_poller_ends_the_first_and_a_webhook_ends_both() {
    let w = world().await;
    let behind = behind_all(&w).await;
    let poll = |offset: i64| json!({"offset": offset, "timeout": 50});
    let first = w.refused("getUpdates", poll(behind));
    let second = async {
        w.sandbox.wait_for(|s| polls(s) == 2).await;
        let second = w.ok("getUpdates", poll(behind));
        let wake = async {
            w.sandbox.wait_for(|s| s.requests().iter().any(|r| r.status == 409)).await;
            w.sandbox.say(ANA, ANA, "x").unwrap();
        };
        tokio::join!(second, wake).0
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        first,
        "409 Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
    assert_eq!(second[0]["message"]["text"], "x");
    let bad = w.refused("setWebhook", json!({"url": "http://e.org"})).await;
    assert_eq!(bad, "400 Bad Request: bad webhook: An HTTPS URL must be provided for webhook");
    let set = async {
        w.sandbox.wait_for(|s| polls(s) == 4).await;
        w.ok("setWebhook", json!({"url": "https://e.org/hook"})).await;
        tokio::time::pause(); // a repeated conflict is answered late
    };
    let (third, ()) = tokio::join!(w.refused("getUpdates", poll(behind + 1)), set);
    assert_eq!(third, "409 Conflict: terminated by setWebhook request");
    let fourth =
        w.client.post(w.url("getUpdates")).timeout(Duration::from_secs(60)).send().await.unwrap();
    tokio::time::resume();
    assert_eq!(
        fourth.json::<Value>().await.unwrap()["description"],
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    );
    w.ok("deleteWebhook", json!({"drop_pending_updates": true})).await;
    assert_eq!(w.sandbox.waiting_updates(), 0);
    assert_eq!(w.ok("getWebhookInfo", json!({})).await["url"], "");
}

#[tokio::test]
async fn in_a_group_the_bot_hears_only_what_is_meant_for_it() {
    let w = world().await;
    for text in ["hello", "/list", "/list@tubebell_bot", "/list@other_bot"] {
        w.sandbox.say(BEN, GROUP, text).unwrap();
    }
    let updates = w.ok("getUpdates", json!({})).await;
    let heard: Vec<_> = updates
        .as_array()
        .unwrap()
        .iter()
        .map(|u| u["message"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(heard, ["/start", "/list", "/list@tubebell_bot"]);
    let member = |user: i64| json!({"chat_id": FORUM, "user_id": user});
    assert_eq!(w.ok("getChatMember", member(BEN)).await["status"], "creator");
    assert_eq!(w.ok("getChatMember", member(ANA)).await["status"], "administrator");
    assert_eq!(w.refused("getChatMember", member(7)).await, "400 Bad Request: user not found");
    assert_eq!(w.ok("getChat", json!({"chat_id": FORUM})).await["is_forum"], true);
}

#[tokio::test]
async fn too_fast_is_told_how_long_to_wait_and_waiting_helps() {
    let w = world_with(|options| options.limits = Limits::TELEGRAM).await;
    w.sandbox.say(BEN, BEN, "/start").unwrap();
    let send = |chat: i64| json!({"chat_id": chat, "text": "x"});
    w.ok("sendMessage", send(ANA)).await;
    let (status, answer) = w.post("sendMessage", send(ANA)).await;
    assert_eq!((status, &answer["description"]), (429, &json!("Too Many Requests: retry after 1")));
    w.ok("sendMessage", send(BEN)).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(1)).await;
    tokio::time::resume();
    w.ok("sendMessage", send(ANA)).await;
    assert_eq!(w.sandbox.counters().impatient, 0);
    w.sandbox.flood(BEN, Duration::from_secs(35));
    let told = w.refused("sendMessage", send(BEN)).await;
    assert_eq!(told, "429 Too Many Requests: retry after 35");
    w.refused("sendMessage", send(BEN)).await;
    assert_eq!(w.sandbox.counters().impatient, 1);
    assert_eq!(w.sandbox.counters().too_many, 3);
}

#[tokio::test]
async fn faults_come_as_planned_and_a_lost_answer_leaves_the_message_stored() {
    let w = world().await;
    let send = || w.client.post(w.url("sendMessage")).json(&json!({"chat_id": ANA, "text": "x"}));
    let scope = Scope::method("sendMessage").in_chat(ANA);
    w.sandbox.plan(scope, Fault::Server(500), 1);
    w.sandbox.plan(scope, Fault::ServerHtml(502), 1);
    w.sandbox.plan(scope, Fault::TooMany(7), 1);
    w.ok("getMe", json!({})).await;
    let json = json!({"chat_id": ANA, "text": "x"});
    assert_eq!(w.refused("sendMessage", json.clone()).await, "500 Internal Server Error");
    let page = send().send().await.unwrap();
    assert_eq!(page.status(), 502);
    assert!(page.text().await.unwrap().starts_with("<html>"));
    assert_eq!(
        w.refused("sendMessage", json.clone()).await,
        "429 Too Many Requests: retry after 7"
    );
    assert_eq!(w.sandbox.sent(ANA).len(), 0);

    w.sandbox.plan(scope, Fault::AnswerLost, 1);
    let lost = send().send().await.unwrap_err();
    assert!(lost.is_request() && !lost.is_connect() && !lost.is_timeout(), "{lost:?}");
    assert_eq!(w.sandbox.sent(ANA).len(), 1, "stored once, and not repeated behind our back");
    w.sandbox.plan(scope, Fault::Truncated, 1);
    let truncated = send().send().await.unwrap();
    assert_eq!(truncated.status(), 200);
    assert!(truncated.text().await.is_err());
    assert_eq!(w.sandbox.sent(ANA).len(), 2);

    for (fault, stored) in [(Fault::Hang, 2), (Fault::HangAfterStoring, 3)] {
        w.sandbox.plan(scope, fault, None);
        let before = w.sandbox.counters().requests;
        let (hanging, ()) = tokio::join!(send().send(), async {
            let has_come = || w.sandbox.counters().requests > before;
            until("that it hangs", async || has_come() && w.sandbox.sent(ANA).len() == stored)
                .await;
            let _frozen = Frozen::now();
            tokio::time::advance(LIMIT).await;
        });
        assert!(hanging.unwrap_err().is_timeout());
        assert_eq!(w.sandbox.sent(ANA).len(), stored);
        w.sandbox.heal();
    }
    w.ok("sendMessage", json).await;
}

#[tokio::test]
async fn the_command_menu_has_bounds_and_scopes() {
    let w = world().await;
    let set = |command: &str, description: &str| json!({"commands": [{"command": command, "description": description}]});
    for (command, description, expected) in [
        ("Watch", "x", "400 Bad Request: BOT_COMMAND_INVALID"),
        ("", "x", "400 Bad Request: BOT_COMMAND_INVALID"),
        (&"a".repeat(33), "x", "400 Bad Request: BOT_COMMAND_INVALID"),
        ("watch", "", "400 Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
        ("watch", &"x".repeat(257), "400 Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"),
    ] {
        assert_eq!(w.refused("setMyCommands", set(command, description)).await, expected);
    }
    let many: Vec<Value> =
        (0..101).map(|i| json!({"command": format!("c{i}"), "description": "x"})).collect();
    assert_eq!(
        w.refused("setMyCommands", json!({"commands": many})).await,
        "400 Bad Request: BOT_COMMANDS_TOO_MUCH"
    );
    w.ok("setMyCommands", set("watch", "watch a video")).await;
    let mut groups = set("list", "what we watch");
    groups["scope"] = json!({"type": "all_group_chats"});
    w.ok("setMyCommands", groups).await;
    assert_eq!(w.sandbox.commands(ANA)[0].command, "watch");
    assert_eq!(w.sandbox.commands(GROUP)[0].command, "list");
    assert_eq!(w.ok("getMyCommands", json!({})).await[0]["command"], "watch");
}

#[tokio::test]
async fn the_phone_shows_the_chat_only_to_this_machine() {
    let w = world().await;
    w.html("<b>Hi</b>").await;
    let base = w.sandbox.api_url();
    let page = w.client.get(&base).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(
        !page.contains("innerHTML") && !page.contains("{{nonce}}") && !page.contains("https://")
    );

    let screen: Value = w
        .client
        .get(format!("{base}/sandbox/messages"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(screen["user"]["name"], "Ana");
    assert_eq!(screen["messages"][0]["mine"], true);
    assert_eq!(screen["messages"][1]["entities"][0]["type"], "bold");

    w.send_photo(ANA, png(8, 4), "seen").await;
    let screen = w.client.get(format!("{base}/sandbox/messages")).send().await.unwrap();
    let screen: Value = screen.json().await.unwrap();
    let photo = &screen["messages"][2]["photo"];
    assert_eq!((&photo["width"], &photo["height"]), (&json!(8), &json!(4)));
    let photo = format!("{base}{}", photo["url"].as_str().unwrap());
    let photo = w.client.get(photo).send().await.unwrap();
    assert_eq!(photo.headers()["content-type"], "image/png");
    assert_eq!(*photo.bytes().await.unwrap(), *png(8, 4));
    let text = format!("{base}/sandbox/photo?chat={ANA}&message=1");
    assert_eq!(w.client.get(text).send().await.unwrap().status(), 400);

    let say = || {
        let body = json!({"user": ANA, "chat": ANA, "text": "hello"});
        w.client.post(format!("{base}/sandbox/say")).json(&body)
    };
    assert_eq!(say().send().await.unwrap().status(), 200);
    assert_eq!(say().header("origin", &base).send().await.unwrap().status(), 200);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(
            say().header(name, value).send().await.unwrap().status(),
            403,
            "{name}: {value}"
        );
    }
    for host in ["evil.example", "127.0.0.1.evil.example:80"] {
        assert_eq!(say().header("host", host).send().await.unwrap().status(), 421, "{host}");
        let page = w.client.get(&base).header("host", host).send().await.unwrap();
        assert_eq!(page.status(), 421);
    }
    // A form can't carry JSON's content type, so no page elsewhere can post without asking first.
    let form = w
        .client
        .post(format!("{base}/sandbox/say"))
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(form.send().await.unwrap().status(), 415);
    assert_eq!(w.sandbox.messages(ANA).len(), 5);
}

#[tokio::test]
async fn what_is_remembered_is_bounded() {
    let w = world_with(|options| (options.kept_messages, options.kept_requests) = (3, 2)).await;
    for n in 0..5 {
        w.ok("sendMessage", json!({"chat_id": ANA, "text": n.to_string()})).await;
    }
    let texts: Vec<String> = w.sandbox.messages(ANA).into_iter().map(|m| m.text).collect();
    assert_eq!(texts, ["2", "3", "4"]);
    assert_eq!(w.sandbox.requests().len(), 2);
    assert_eq!(w.sandbox.counters().sent, 5);
}

#[tokio::test]
async fn stopping_ends_long_polls_and_hanging_answers() {
    let w = world().await;
    w.sandbox.plan(Scope::method("getMe"), Fault::Hang, None);
    let behind = behind_all(&w).await;
    let poll = w.post("getUpdates", json!({"offset": behind, "timeout": 50}));
    let hang = w.client.post(w.url("getMe")).send();
    let stop = async {
        w.sandbox.wait_for(|s| s.requests().len() == 3).await;
        w.simulation.stop().await;
    };
    let ((status, _), hang, ()) = tokio::join!(poll, hang, stop);
    assert_eq!(status, 200);
    assert!(hang.is_err());
}

/// Every field of an answer is one that the specification has, and none that it requires is missing.
#[tokio::test]
async fn the_answers_have_the_specified_fields() {
    let Ok(text) = std::fs::read_to_string(SPEC) else {
        crate::skipped("no specification of the Bot API at hand");
        return;
    };
    let spec: Value = serde_json::from_str(&text).unwrap();
    for (method, params) in TelegramSandbox::known_methods() {
        let fields = spec["methods"][method]["fields"].as_array().cloned().unwrap_or_default();
        let fields: Vec<&str> = fields.iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(params, fields, "{method}");
    }
    let w = world().await;
    let keyboard = json!({"inline_keyboard": [[{"text": "Mute", "callback_data": "m"}, {"text": "Open", "url": "https://e.org"}]]});
    let all = "<b>a</b> <a href=\"https://e.org\">b</a> <pre><code class=\"language-c\">d</code></pre> @everyone \
               <a href=\"tg://user?id=1001\">Ana</a> <tg-time unix=\"1647531900\" format=\"r\">then</tg-time>";
    let sent = w
        .ok(
            "sendMessage",
            json!({"chat_id": FORUM, "text": all, "parse_mode": "HTML", "message_thread_id": 5,
            "link_preview_options": {"is_disabled": true}, "reply_markup": keyboard}),
        )
        .await;
    assert_eq!(sent["entities"].as_array().unwrap().len(), 6);
    let id = sent["message_id"].as_i64().unwrap();
    check(&spec, "Message", &sent);
    let reply = json!({"chat_id": FORUM, "text": "re", "reply_parameters": {"message_id": id}});
    check(&spec, "Message", &w.ok("sendMessage", reply).await);
    check(&spec, "Message", &w.send_photo(ANA, png(8, 4), "<b>a</b>").await.1);
    w.sandbox.press(ANA, FORUM, id, "m").unwrap();
    w.sandbox.block(ANA);
    w.sandbox.migrate(GROUP, -1_009_999_999_999);
    for update in w.ok("getUpdates", json!({})).await.as_array().unwrap() {
        check(&spec, "Update", update);
    }
    check(&spec, "User", &w.ok("getMe", json!({})).await);
    check(&spec, "WebhookInfo", &w.ok("getWebhookInfo", json!({})).await);
    check(&spec, "ChatFullInfo", &w.ok("getChat", json!({"chat_id": FORUM})).await);
    for (user, kind) in [(BEN, "ChatMemberOwner"), (ANA, "ChatMemberAdministrator")] {
        let member = json!({"chat_id": FORUM, "user_id": user});
        check(&spec, kind, &w.ok("getChatMember", member).await);
    }
}

#[tokio::test]
async fn the_answers_are_what_teloxide_reads() {
    use teloxide::types::{ChatFullInfo, ChatMember, Me, Message, Update, UpdateKind};
    // From text: teloxide's Update reads borrowed keys only, which a Value does not lend.
    fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
        let text = value.to_string();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
    let w = world().await;
    let me: Me = read(&w.ok("getMe", json!({})).await);
    assert_eq!(me.username(), "tubebell_bot");
    let keyboard = json!({"inline_keyboard": [[{"text": "Mute", "callback_data": "m"}]]});
    let sent = json!({"chat_id": FORUM, "message_thread_id": 5, "text": "<b>a</b> <a href=\"https://e.org\">b</a>",
        "parse_mode": "HTML", "reply_markup": keyboard});
    let sent: Message = read(&w.ok("sendMessage", sent).await);
    assert_eq!(sent.entities().unwrap().len(), 2);
    let photo: Message = read(&w.send_photo(ANA, png(8, 4), "<b>a</b>").await.1);
    assert_eq!((photo.caption(), photo.photo().unwrap()[0].width), (Some("a"), 8));
    w.sandbox.press(ANA, FORUM, i64::from(sent.id.0), "m").unwrap();
    w.sandbox.say_in(BEN, FORUM, Some(5), "/list").unwrap();
    w.sandbox.block(ANA);
    w.sandbox.migrate(GROUP, -1_009_999_999_999);
    let updates: Vec<Update> = read(&w.ok("getUpdates", json!({})).await);
    assert_eq!(updates.len(), 6);
    assert!(
        updates.iter().all(|update| !matches!(update.kind, UpdateKind::Error(_))),
        "{updates:?}"
    );
    let _: ChatFullInfo = read(&w.ok("getChat", json!({"chat_id": FORUM})).await);
    for user in [ANA, BEN, me.id.0 as i64] {
        let _: ChatMember =
            read(&w.ok("getChatMember", json!({"chat_id": FORUM, "user_id": user})).await);
    }
}

/// Compares an object with a type of the specification, and what is in it with theirs.
fn check(spec: &Value, kind: &str, value: &Value) {
    let subtypes = spec["types"][kind]["subtypes"].as_array().cloned().unwrap_or_default();
    if !subtypes.is_empty() {
        let fits = subtypes.iter().any(|sub| fault(spec, sub.as_str().unwrap(), value).is_none());
        assert!(fits, "{value} is no {kind}");
        return;
    }
    assert_eq!(fault(spec, kind, value), None, "{value}");
    for field in spec["types"][kind]["fields"].as_array().into_iter().flatten() {
        let inner = &value[field["name"].as_str().unwrap()];
        for name in field["types"].as_array().unwrap() {
            let name = name.as_str().unwrap();
            match (inner, name.rsplit(" of ").next().unwrap()) {
                (Value::Object(_), kind) if spec["types"].get(kind).is_some() => {
                    check(spec, kind, inner);
                }
                (Value::Array(list), kind) if spec["types"].get(kind).is_some() => {
                    for item in list.iter().flat_map(|item| {
                        item.as_array().cloned().unwrap_or_else(|| vec![item.clone()])
                    }) {
                        check(spec, kind, &item);
                    }
                }
                _ => {}
            }
        }
    }
}

fn fault(spec: &Value, kind: &str, value: &Value) -> Option<String> {
    let fields = spec["types"][kind]["fields"].as_array().cloned().unwrap_or_default();
    let object = value.as_object()?;
    for field in &fields {
        let name = field["name"].as_str().unwrap();
        if field["required"] == json!(true) && !object.contains_key(name) {
            return Some(format!("{kind} lacks {name}"));
        }
        let Some(inner) = object.get(name) else { continue };
        let fits =
            field["types"].as_array().unwrap().iter().any(|name| match name.as_str().unwrap() {
                "Integer" => inner.is_i64() || inner.is_u64(),
                "String" => inner.is_string(),
                "Boolean" | "True" => inner.is_boolean(),
                "Float" => inner.is_number(),
                other if other.starts_with("Array") => inner.is_array(),
                _ => inner.is_object(),
            });
        if !fits {
            return Some(format!("{kind}.{name} is {inner}"));
        }
    }
    let known = |name: &String| fields.iter().any(|f| f["name"] == json!(name));
    object.keys().find(|name| !known(name)).map(|name| format!("{kind} has no {name}"))
}
