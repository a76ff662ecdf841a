//! Discord's bot and webhooks in front of a server with scripted answers.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tubebell::model::{Body, Button, Embed, EmbedField, EmbedLink, EmbedMessage, UnixMillis};
use tubebell::notify::discord::{Bot, Discord, DiscordOptions, DiscordWebhook, Refusals};
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::discord_spec::{self, payload};
use super::pictures::PNG;
use super::stub::{Answer, Stub};

pub(super) const TOKEN: &str = "MTE0MjQz.GaBcDe.t0k3n-of_the-bot";

/// A message that was made, or changed.
pub(super) const SENT: &str = r#"{"id":"7","channel_id":"42","type":0,"content":"hello","embeds":[],"attachments":[],"author":{"id":"1","username":"bell","bot":true},"timestamp":"2026-11-22T12:00:00+00:00"}"#;

const HOOK_TOKEN: &str = "h00k-t0k3n";

fn options(url: &str) -> DiscordOptions {
    DiscordOptions {
        api_url: url.to_owned(),
        ..DiscordOptions::new(Some(SecretString::from(TOKEN)))
    }
}

pub(super) fn bot(url: &str) -> Discord {
    Discord::new(&options(url), &Refusals::default()).unwrap()
}

pub(super) fn hook(url: &str) -> DiscordWebhook {
    DiscordWebhook::new(&options(url), &Refusals::default()).unwrap()
}

fn text(text: &str) -> EmbedMessage {
    EmbedMessage { text: text.to_owned(), ..EmbedMessage::default() }
}

fn message() -> EmbedMessage {
    let link = |text: &str, url: &str| EmbedLink { text: text.to_owned(), url: url.to_owned() };
    let embed = Embed {
        author: Some(link(
            "Rick Astley",
            "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw",
        )),
        title: Some(link("Never Gonna Give You Up", "https://youtu.be/dQw4w9WgXcQ")),
        text: "**1,240** views".to_owned(),
        fields: vec![EmbedField {
            name: "likes".to_owned(),
            value: "17".to_owned(),
            is_inline: true,
        }],
        colour: Some(0xff_0000),
        thumbnail: Some("https://i.ytimg.com/vi/dQw4w9WgXcQ/mqdefault.jpg".to_owned()),
        footer: "views every 1000".to_owned(),
        at: Some(UnixMillis(1_795_348_800_000)),
    };
    let button = Button { text: "mute".to_owned(), data: "mute:17".to_owned() };
    EmbedMessage {
        embeds: vec![embed],
        buttons: vec![vec![button]],
        mention: Some(99),
        ..text("1,240 views")
    }
}

fn pictured() -> Outgoing {
    Outgoing { png: PNG.map(<[u8]>::to_vec), ..outgoing("discord:42", message()) }
}

fn outgoing(address: &str, message: EmbedMessage) -> Outgoing {
    Outgoing {
        id: "4ZQK7M2XA5TBN".to_owned(),
        address: address.parse().unwrap(),
        body: Body::Embed(message),
        png: None,
        silent: true,
    }
}

fn hook_address(stub: &Stub) -> String {
    format!("discord-webhook:{}/api/webhooks/12/{HOOK_TOKEN}?thread_id=9", stub.url())
}

fn sent() -> Answer {
    Answer::new(200, SENT)
}

fn refusal(status: u16, code: i64) -> Answer {
    Answer::new(status, json!({"message": "Something", "code": code}).to_string())
}

#[tokio::test]
async fn a_message_of_the_bot_leaves_as_discord_wants_it() {
    let stub = Stub::start([sent(), sent()]).await;
    let bot = bot(&stub.url());
    let outgoing = outgoing("discord:42", message());
    let receipt = bot.send(&outgoing).await.unwrap();
    assert_eq!(receipt, Receipt("42/7".to_owned()));
    bot.edit(&receipt, &outgoing).await.unwrap();
    let seen = stub.seen();
    for request in &seen {
        assert_eq!(request.header("authorization"), format!("Bot {TOKEN}"));
        assert_eq!(request.header("content-type"), "application/json");
        let agent = request.header("user-agent");
        assert!(agent.starts_with("DiscordBot (https://") && agent.ends_with(')'), "{agent}");
    }
    let paths: Vec<_> =
        seen.iter().map(|seen| (seen.method.as_str(), seen.path.as_str())).collect();
    let messages = "/api/v10/channels/42/messages";
    assert_eq!(paths, [("POST", messages), ("PATCH", "/api/v10/channels/42/messages/7")]);
    let (made, changed) = (seen[0].json(), seen[1].json());
    assert_eq!((&made["nonce"], &made["enforce_nonce"]), (&json!("4ZQK7M2XA5TBN"), &json!(true)));
    assert_eq!(made["flags"], 4096);
    assert_eq!(made["allowed_mentions"], json!({"parse": [], "roles": ["99"]}));
    assert_eq!(made["content"], "<@&99> 1,240 views");
    assert_eq!(made["components"][0]["components"][0]["custom_id"], "mute:17");
    assert_eq!((&changed["attachments"], &changed["flags"]), (&json!([]), &json!(0)));
    assert!(changed.get("nonce").is_none());
    discord_spec::check(&seen);
}

#[tokio::test]
async fn a_message_of_a_webhook_waits_for_its_answer_and_has_no_token_of_the_bot() {
    let stub = Stub::start([sent(), sent()]).await;
    let outgoing = outgoing(&hook_address(&stub), message());
    let hook = hook(&stub.url());
    let receipt = hook.send(&outgoing).await.unwrap();
    hook.edit(&receipt, &outgoing).await.unwrap();
    let seen = stub.seen();
    let below = format!("/api/v10/webhooks/12/{HOOK_TOKEN}");
    assert_eq!(seen[0].path, format!("{below}?wait=true&thread_id=9"));
    assert_eq!(seen[1].path, format!("{below}/messages/7?thread_id=9"));
    assert_eq!((seen[0].method.as_str(), seen[1].method.as_str()), ("POST", "PATCH"));
    for request in &seen {
        assert!(!request.headers.contains_key("authorization"));
        let body = request.json();
        assert!(body.get("nonce").is_none() && body.get("components").is_none(), "{body}");
    }
    discord_spec::check(&seen);
}

#[tokio::test]
async fn a_person_is_written_to_in_a_conversation_that_is_begun_once() {
    let begun = Answer::new(200, r#"{"id":"500","type":1,"recipients":[{"id":"77"}]}"#);
    let gone = refusal(403, 50007);
    let stub = Stub::start([begun.clone(), sent(), sent(), sent(), gone, begun, sent()]).await;
    let bot = bot(&stub.url());
    let outgoing = outgoing("discord:@77", text("hello"));
    let receipt = bot.send(&outgoing).await.unwrap();
    assert_eq!(receipt, Receipt("500/7".to_owned()));
    bot.send(&outgoing).await.unwrap();
    // Whoever has stopped meanwhile knows the channel by the receipt.
    bot.edit(&receipt, &outgoing).await.unwrap();
    let error = bot.send(&outgoing).await.unwrap_err();
    assert!(matches!(error, SendError::Gone(_)), "{error:?}");
    bot.send(&outgoing).await.unwrap();
    let seen = stub.seen();
    assert_eq!(seen[0].json(), json!({"recipient_id": "77"}));
    let paths: Vec<&str> =
        seen.iter().map(|seen| seen.path.trim_start_matches("/api/v10")).collect();
    let (begin, there) = ("/users/@me/channels", "/channels/500/messages");
    assert_eq!(paths, [begin, there, there, "/channels/500/messages/7", there, begin, there]);
    discord_spec::check(&seen);
}

#[tokio::test]
async fn an_empty_bucket_is_a_wait_without_a_request_for_its_channel_alone() {
    let last = sent()
        .header("x-ratelimit-bucket", "80c17d2f203122d936070c88c8d10f33")
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset-after", "3600.5");
    let stub = Stub::start([last, sent()]).await;
    let bot = bot(&stub.url());
    bot.send(&outgoing("discord:42", message())).await.unwrap();
    let error = bot.send(&outgoing("discord:42", message())).await.unwrap_err();
    let SendError::Held { after } = error else { panic!("{error:?}") };
    assert!(after > Duration::from_secs(3500) && after <= Duration::from_millis(3_600_500));
    assert_eq!(stub.seen().len(), 1);
    bot.send(&outgoing("discord:43", message())).await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_names_no_length_holds_all_that_it_is_about_as_well() {
    let page = Answer::new(429, "error code: 1015");
    let stub = Stub::start([page, sent()]).await;
    let bot = bot(&stub.url());
    let error = bot.send(&outgoing("discord:1", message())).await.unwrap_err();
    assert_eq!(error, SendError::Wait { after: None });
    let error = bot.send(&outgoing("discord:2", message())).await.unwrap_err();
    assert!(matches!(error, SendError::Held { .. }), "{error:?}");
    assert_eq!(stub.seen().len(), 1);
}

#[tokio::test]
async fn a_wait_that_is_for_all_is_obeyed_everywhere_and_one_for_a_channel_there() {
    let body = |after: f64, is_global: bool| {
        json!({"message": "You are being rate limited.", "retry_after": after, "global": is_global})
            .to_string()
    };
    let of_channel = Answer::new(429, body(3600.0, false));
    let of_all = Answer::new(429, body(7200.0, true)).header("retry-after", "7200");
    let stub = Stub::start([of_channel, sent(), of_all]).await;
    let bot = bot(&stub.url());
    let waits = async |channel: u32| match bot
        .send(&outgoing(&format!("discord:{channel}"), message()))
        .await
    {
        Err(SendError::Wait { after: Some(after) } | SendError::Held { after }) => {
            after.as_secs() / 600
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(waits(1).await, 6);
    assert!(waits(1).await >= 5, "no second request");
    bot.send(&outgoing("discord:2", message())).await.unwrap();
    assert_eq!(waits(3).await, 12);
    assert!(waits(2).await >= 11, "another channel, and no request");
    assert_eq!(stub.seen().len(), 3);
}

#[tokio::test]
async fn far_before_discord_bans_the_address_nothing_is_asked_any_more() {
    let stub = Stub::start((0..1_000).map(|_| refusal(403, 50013))).await;
    let refusals = Refusals::default();
    let bot = Discord::new(&options(&stub.url()), &refusals).unwrap();
    let hook = DiscordWebhook::new(&options(&stub.url()), &refusals).unwrap();
    for _ in 0..1_000 {
        let error = bot.send(&outgoing("discord:42", message())).await.unwrap_err();
        assert!(matches!(error, SendError::Barred(_)), "{error:?}");
    }
    for error in [
        bot.send(&outgoing("discord:43", message())).await.unwrap_err(),
        hook.send(&outgoing(&hook_address(&stub), message())).await.unwrap_err(),
    ] {
        let SendError::Unreachable(line) = &error else { panic!("{error:?}") };
        assert!(line.starts_with("Discord has refused 1000 requests within ten minutes"), "{line}");
    }
    assert_eq!(stub.seen().len(), 1_000);
}

#[tokio::test]
async fn a_picture_is_attached_and_shown_by_the_first_embed_also_when_it_replaces_another() {
    let stub = Stub::start([sent(), sent()]).await;
    let bot = bot(&stub.url());
    let outgoing = pictured();
    let receipt = bot.send(&outgoing).await.unwrap();
    bot.edit(&receipt, &outgoing).await.unwrap();
    let seen = stub.seen();
    for request in &seen {
        assert!(request.header("content-type").starts_with("multipart/form-data; boundary="));
        assert!(request.body.contains("name=\"files[0]\"; filename=\"picture.png\""));
        assert!(request.body.contains("PNG\r\n\u{1a}\n"));
        let body = payload(request);
        assert_eq!(body["embeds"][0]["image"], json!({"url": "attachment://picture.png"}));
        assert_eq!(body["attachments"], json!([{"id": "0", "filename": "picture.png"}]));
    }
    discord_spec::check(&seen);
}

#[tokio::test]
async fn no_message_is_lost_with_its_picture() {
    for refused in [refusal(413, 40005), refusal(403, 50013), refusal(400, 50035)] {
        let stub = Stub::start([refused, sent()]).await;
        let bot = bot(&stub.url());
        bot.send(&pictured()).await.unwrap();
        let body = stub.seen()[1].json();
        assert!(body.get("attachments").is_none() && body["embeds"][0].get("image").is_none());
        assert_eq!(body["nonce"], "4ZQK7M2XA5TBN");
    }
    let stub = Stub::start([refusal(404, 10003)]).await;
    let bot = bot(&stub.url());
    bot.send(&pictured()).await.unwrap_err();
    assert_eq!(stub.seen().len(), 1, "a failure that is not of the picture");
}

#[tokio::test]
async fn a_webhook_elsewhere_is_refused_unsent_and_unquoted() {
    let stub = Stub::start([sent()]).await;
    let hook = hook("https://d.example");
    let error = hook.send(&outgoing(&hook_address(&stub), message())).await.unwrap_err();
    let SendError::Rejected(line) = &error else { panic!("{error:?}") };
    assert!(line.starts_with("a Discord webhook is at https://discord.com"), "{line}");
    assert!(!line.contains(HOOK_TOKEN) && !line.contains("127.0.0.1"), "{line}");
    assert!(stub.seen().is_empty());
}

#[tokio::test]
async fn a_card_whose_message_is_gone_is_refused_and_its_channel_goes_on() {
    let stub = Stub::start([refusal(404, 10008), refusal(404, 10003)]).await;
    let bot = bot(&stub.url());
    let outgoing = outgoing("discord:42", message());
    let error = bot.edit(&Receipt("42/7".to_owned()), &outgoing).await.unwrap_err();
    assert!(matches!(error, SendError::Rejected(_)), "{error:?}");
    let error = bot.edit(&Receipt("42/7".to_owned()), &outgoing).await.unwrap_err();
    assert!(matches!(error, SendError::Gone(_)), "{error:?}");
    for receipt in ["", "x", "42/", "msg_1"] {
        let error = bot.edit(&Receipt(receipt.to_owned()), &outgoing).await.unwrap_err();
        assert!(matches!(error, SendError::Rejected(_)), "{receipt}: {error:?}");
    }
    assert_eq!(stub.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules_may_mean_that_the_message_has_arrived() {
    let long = format!(r#"{{"id":"7","content":"{}"}}"#, "a".repeat(2 << 20));
    let deep = format!(r#"{{"id":"7","embeds":{}"#, "[".repeat(200_000));
    for body in [r#"{"id":"7"#, "", r#"{"id":7}"#, r#"{"id":"-7"}"#, "{}", "null", &long, &deep] {
        let stub = Stub::start([Answer::new(200, body)]).await;
        let error = bot(&stub.url()).send(&outgoing("discord:42", message())).await.unwrap_err();
        let shown: String = body.chars().take(30).collect();
        assert!(matches!(error, SendError::Ambiguous(_)), "{shown}: {error:?}");
    }
    // What was not waited for is answered with nothing.
    let stub = Stub::start([Answer::new(204, "")]).await;
    let sent = hook(&stub.url()).send(&outgoing(&hook_address(&stub), message())).await;
    assert!(matches!(sent, Err(SendError::Ambiguous(_))), "{sent:?}");
}

#[tokio::test]
async fn what_stands_in_front_of_discord_blames_no_message_and_a_ban_is_waited_for() {
    let page = "<html><body>{path}</body></html>";
    let ban = Answer::new(429, "error code: 1015").header("retry-after", "3600");
    let stub = Stub::start([
        Answer::new(200, page),
        Answer::new(403, page),
        Answer::new(302, "").header("location", "/elsewhere"),
        Answer::new(520, "error code: 520"),
        ban,
    ])
    .await;
    let hook = hook(&stub.url());
    let address = hook_address(&stub);
    for _ in 0..4 {
        let error = hook.send(&outgoing(&address, message())).await.unwrap_err();
        assert!(matches!(error, SendError::Unreachable(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(HOOK_TOKEN), "{error:?}");
    }
    let error = hook.send(&outgoing(&address, message())).await.unwrap_err();
    assert_eq!(error, SendError::Wait { after: Some(Duration::from_secs(3600)) });
    let other = address.replace("/12/", "/13/");
    let error = hook.send(&outgoing(&other, message())).await.unwrap_err();
    assert!(matches!(error, SendError::Held { .. }), "{error:?}");
    assert_eq!(stub.seen().len(), 5);
}

#[tokio::test]
async fn a_token_is_tested_by_asking_who_we_are() {
    let me = r#"{"id":"114243","username":"bell","discriminator":"0000","bot":true}"#;
    let stub = Stub::start([Answer::new(200, me), refusal(401, 0)]).await;
    let bot = bot(&stub.url());
    assert_eq!(bot.get_me().await, Ok(Bot { id: 114_243, username: "bell".to_owned() }));
    let error = bot.get_me().await.unwrap_err();
    assert_eq!(error, SendError::Unauthorized("Something".to_owned()));
    assert_eq!(
        (stub.seen()[0].method.as_str(), stub.seen()[0].path.as_str()),
        ("GET", "/api/v10/users/@me")
    );
}

#[tokio::test]
async fn a_message_without_an_answer_may_have_arrived() {
    let stub = Stub::start([sent().held()]).await;
    let bot = bot(&stub.url());
    let outgoing = outgoing("discord:42", message());
    let (result, ()) = tokio::join!(bot.send(&outgoing), async {
        stub.arrived().await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(21)).await;
    });
    assert_eq!(result, Err(SendError::Ambiguous("timed out".to_owned())));
}
