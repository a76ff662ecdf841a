//! Messages of the bot: what is taken, what is refused in which words, and what is sent once.

use reqwest::Method;
use serde_json::{Value, json};
use tubebell_sim::discord::{Fault, Scope};

use super::{ANA, CATEGORY, FORUM, GENERAL, GUILD, sandbox};
use crate::wait::LIMIT;

#[tokio::test]
async fn paths_tokens_and_agents_are_refused_in_discords_words() {
    let s = sandbox().await;
    let base = s.discord.base_url();
    for (path, expected) in [
        ("/api/v10/nothing", (404, 0)),
        ("/api/v9/users/@me", (400, 50_041)),
        ("/api/v10/channels/abc", (400, 50_035)),
    ] {
        let answer = s.send(Method::GET, &format!("{base}{path}"), None, true).await;
        assert_eq!(answer.refusal(), expected, "{path}");
    }
    assert_eq!(s.put("/users/@me", json!({})).await.body["message"], "405: Method Not Allowed");
    let stranger = s.send(Method::GET, &s.url("/users/@me"), None, false).await;
    assert_eq!(
        (stranger.status, &stranger.body),
        (401, &json!({"message": "401: Unauthorized", "code": 0}))
    );
    s.discord.revoke_token(true);
    assert_eq!(s.get("/users/@me").await.status, 401);
    s.discord.revoke_token(false);
    assert_eq!(s.get("/users/@me").await.ok()["username"], "tubebell");

    let anonymous = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
    let answer = anonymous.get(s.url("/gateway")).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], 40_333);
}

#[tokio::test]
async fn what_is_wrong_stands_where_the_field_is() {
    let s = sandbox().await;
    for (body, place, code) in [
        (json!({"content": "x".repeat(2_001)}), "/content", "BASE_TYPE_MAX_LENGTH"),
        (
            json!({"embeds": [{"title": "x".repeat(257)}]}),
            "/embeds/0/title",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            json!({"embeds": [{"fields": [{"name": "n"}]}]}),
            "/embeds/0/fields/0/value",
            "BASE_TYPE_REQUIRED",
        ),
        (json!({"content": "a", "nonce": "x".repeat(26)}), "/nonce", "BASE_TYPE_MAX_LENGTH"),
        (
            json!({"content": "a", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}),
            "/allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        (
            json!({"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x".repeat(81), "custom_id": "a"}]}]}),
            "/components/0/components/0/label",
            "BASE_TYPE_MAX_LENGTH",
        ),
    ] {
        assert_eq!(s.write(GENERAL, body.clone()).await.wrong(place), code, "{body}");
    }
    assert_eq!(s.write(GENERAL, json!({"content": " "})).await.refusal(), (400, 50_006));
    assert_eq!(s.write(99, json!({"content": "a"})).await.refusal(), (404, 10_003));
    assert_eq!(s.say(FORUM, "a").await.refusal(), (400, 50_008));
    assert_eq!(s.say(CATEGORY, "a").await.refusal(), (400, 50_008));
    assert!(s.discord.sent(GENERAL).is_empty());
    let token = format!("Bot {}", s.discord.token());
    let path = s.url(&format!("/channels/{GENERAL}/messages"));
    let plain = s.client.post(&path).header("authorization", &token).body("{}");
    assert_eq!(plain.send().await.unwrap().json::<Value>().await.unwrap()["code"], 50_035);
    let broken = s.client.post(&path).header("authorization", &token);
    let broken = broken.header("content-type", "application/json").body("{");
    assert_eq!(broken.send().await.unwrap().json::<Value>().await.unwrap()["code"], 50_109);
}

#[tokio::test]
async fn a_nonce_sends_once_for_some_minutes_of_the_worlds_clock() {
    let s = sandbox().await;
    let body = |text: &str| json!({"content": text, "nonce": "n-1", "enforce_nonce": true});
    let first = s.write(GENERAL, body("one")).await.ok();
    let again = s.write(GENERAL, body("two")).await.ok();
    assert_eq!((&again["id"], &again["content"]), (&first["id"], &json!("one")));
    assert_eq!(first["nonce"], "n-1");
    assert_eq!((s.discord.sent(GENERAL).len(), s.discord.counters().repeated), (1, 1));
    s.write(GENERAL, json!({"content": "three", "nonce": "n-1"})).await.ok();
    s.later(301);
    s.write(GENERAL, body("four")).await.ok();
    assert_eq!(s.discord.sent(GENERAL).len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_found_again_by_its_nonce() {
    let s = sandbox().await;
    s.discord.plan(Scope::operation("create_message").only_of(GENERAL), Fault::AnswerLost, 1);
    let url = s.url(&format!("/channels/{GENERAL}/messages"));
    let body = json!({"content": "one", "nonce": 7, "enforce_nonce": true});
    let token = format!("Bot {}", s.discord.token());
    let lost = s.client.post(&url).header("authorization", token).json(&body).send().await;
    assert!(lost.is_err());
    let sent = s.discord.sent(GENERAL);
    assert_eq!(s.write(GENERAL, body).await.ok()["id"], sent[0].id.to_string());
    assert_eq!(s.discord.sent(GENERAL).len(), 1);
}

#[tokio::test]
async fn a_message_is_edited_and_deleted_by_its_author() {
    let s = sandbox().await;
    let body =
        json!({"content": "a", "embeds": [{"title": "t", "color": 0xff_0000}], "flags": 4096});
    let sent = s.write(GENERAL, body).await.ok();
    let path = format!("/channels/{GENERAL}/messages/{}", sent["id"].as_str().unwrap());
    assert_eq!(s.get(&path).await.ok()["flags"], 4096);
    let edited = s.patch(&path, json!({"content": "b"})).await.ok();
    assert_eq!((&edited["content"], &edited["embeds"][0]["title"]), (&json!("b"), &json!("t")));
    assert!(edited["edited_timestamp"].is_string());
    let nothing = s.patch(&path, json!({"content": null, "embeds": []})).await;
    assert_eq!(nothing.refusal(), (400, 50_006));
    let theirs = s.discord.say(ANA, GENERAL, "hello").unwrap();
    let theirs = format!("/channels/{GENERAL}/messages/{theirs}");
    assert_eq!(s.patch(&theirs, json!({"content": "x"})).await.refusal(), (403, 50_005));
    assert_eq!(s.delete(&theirs).await.refusal(), (403, 50_013));
    assert_eq!(s.delete(&path).await.status, 204);
    assert_eq!(s.delete(&path).await.refusal(), (404, 10_008));
    assert_eq!(s.patch(&path, json!({"content": "x"})).await.refusal(), (404, 10_008));
}

#[tokio::test]
async fn what_a_title_mentions_rings_nobody_where_nothing_is_allowed() {
    let s = sandbox().await;
    s.discord.role(GUILD, 500, "crew", tubebell_sim::discord::Rights::NONE, true).unwrap();
    let text = format!("@everyone <@{ANA}> <@&500>");
    s.write(GENERAL, json!({"content": text, "allowed_mentions": {"parse": []}})).await.ok();
    s.write(GENERAL, json!({"embeds": [{"title": text}]})).await.ok();
    assert!(s.discord.sent(GENERAL).iter().all(|message| message.pings.is_none()));
    let rung = s.say(GENERAL, &text).await.ok();
    assert_eq!(
        (&rung["mentions"][0]["id"], &rung["mention_everyone"]),
        (&json!(ANA.to_string()), &json!(false))
    );
    assert_eq!(rung["mention_roles"], json!(["500"]));
}

#[tokio::test]
async fn files_come_in_parts_beside_the_json() {
    let s = sandbox().await;
    let file = reqwest::multipart::Part::bytes(b"PNG".to_vec()).file_name("a b.png");
    let file = file.mime_str("image/png").unwrap();
    let embed = json!({"embeds": [{"image": {"url": "attachment://a_b.png"}}],
                       "attachments": [{"id": 0, "description": "how it went"}]});
    let form = reqwest::multipart::Form::new();
    let form = form.text("payload_json", embed.to_string()).part("files[0]", file);
    let url = s.url(&format!("/channels/{GENERAL}/messages"));
    let request = s.client.post(url).header("authorization", format!("Bot {}", s.discord.token()));
    let sent: Value = request.multipart(form).send().await.unwrap().json().await.unwrap();
    let attachment = &sent["attachments"][0];
    assert_eq!((&attachment["filename"], &attachment["size"]), (&json!("a_b.png"), &json!(3)));
    assert_eq!(attachment["description"], "how it went");
    assert_eq!(sent["embeds"][0]["image"]["url"], attachment["url"]);
    let held = s.client.get(attachment["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(held.headers()["content-type"], "image/png");
    assert_eq!(*held.bytes().await.unwrap(), *b"PNG");
}

#[tokio::test]
async fn a_file_that_is_no_picture_is_a_link_that_saves_it_and_one_that_is_too_big_is_refused() {
    const RUN: &str = "<script>alert(1)</script>";
    let s = super::sandbox_with(|options| options.file_max_bytes = RUN.len()).await;
    let write = |text: String| {
        let file = reqwest::multipart::Part::bytes(text.into_bytes()).file_name("<b>.html");
        let form = reqwest::multipart::Form::new().text("payload_json", "{\"content\":\"a\"}");
        let form = form.part("files[0]", file.mime_str("text/html").unwrap());
        let url = s.url(&format!("/channels/{GENERAL}/messages"));
        let request = s.client.post(url).multipart(form);
        request.header("authorization", format!("Bot {}", s.discord.token())).send()
    };
    assert_eq!(write(RUN.to_owned()).await.unwrap().status(), 200);
    let kept = s.discord.sent(GENERAL).pop().unwrap().attachments.remove(0);
    assert_eq!((kept.filename.as_str(), &*kept.bytes), ("_b_.html", RUN.as_bytes()));
    let page = format!("{}/sandbox/messages?channel={GENERAL}", s.discord.base_url());
    let screen: Value = s.client.get(page).send().await.unwrap().json().await.unwrap();
    let shown = &screen["messages"][0]["files"][0];
    assert_eq!(shown["name"], "_b_.html");
    let saved = s.client.get(shown["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(saved.headers()["content-type"], "application/octet-stream");
    assert_eq!(saved.headers()["x-content-type-options"], "nosniff");
    let refused = write(format!("{RUN}!")).await.unwrap();
    assert_eq!(refused.status(), 413);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], 40_005);
    assert_eq!(s.discord.sent(GENERAL).len(), 1);
}

#[tokio::test]
async fn what_is_remembered_is_bounded_and_misspelt_fields_are_recorded() {
    let s = super::sandbox_with(|options| (options.kept_messages, options.kept_requests) = (3, 2))
        .await;
    for n in 0..5 {
        s.write(GENERAL, json!({"content": n.to_string(), "embed": {}})).await.ok();
    }
    let texts: Vec<String> = s.discord.messages(GENERAL).into_iter().map(|m| m.content).collect();
    assert_eq!(texts, ["2", "3", "4"]);
    assert_eq!(s.discord.requests().len(), 2);
    assert_eq!(s.discord.requests()[0].unknown, ["embed"]);
    assert_eq!((s.discord.counters().sent, s.discord.counters().unknown_fields), (5, 5));
}

#[tokio::test]
async fn faults_come_as_planned() {
    let s = sandbox().await;
    s.discord.plan(Scope::operation("create_message"), Fault::Server(503), 1);
    s.discord.plan(Scope::of(GENERAL), Fault::ServerHtml(502), 1);
    s.discord.plan(
        Scope::ALL,
        Fault::Refused(403, 240_000, "Message blocked by harmful links filter"),
        1,
    );
    s.discord.plan(Scope::ALL, Fault::Truncated, 1);
    let answer = s.say(GENERAL, "a").await;
    assert_eq!((answer.status, &answer.body["message"]), (503, &json!("503: Service Unavailable")));
    let answer = s.say(GENERAL, "a").await;
    assert_eq!((answer.status, answer.header("content-type")), (502, "text/html; charset=UTF-8"));
    assert_eq!(s.say(GENERAL, "a").await.refusal(), (403, 240_000));
    assert!(s.discord.sent(GENERAL).is_empty());
    let url = s.url(&format!("/channels/{GENERAL}/messages"));
    let request = s.client.post(url).header("authorization", format!("Bot {}", s.discord.token()));
    let answer = request.json(&json!({"content": "a"})).send().await.unwrap();
    assert!(answer.text().await.is_err());
    assert_eq!(s.discord.sent(GENERAL).len(), 1);
    s.discord.plan(Scope::ALL, Fault::Hang, None);
    let hang = s.client.get(s.url("/gateway")).send();
    let stop = async {
        s.discord
            .wait_for(|discord| discord.requests().iter().any(|r| r.operation == "get_gateway"))
            .await;
        s.simulation.stop().await;
    };
    let (hang, ()) = tokio::join!(hang, stop);
    assert!(hang.is_err());
}
