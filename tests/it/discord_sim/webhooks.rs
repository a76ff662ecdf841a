//! Webhooks: no token of the bot, no nonce, and no error where nobody waits for one.

use reqwest::Method;
use serde_json::{Value, json};
use tubebell_sim::discord::Author;

use super::{ANA, Answer, FORUM, GENERAL, HOOK, Sandbox, THREAD, sandbox};

async fn execute(s: &Sandbox, query: &str, body: Value) -> Answer {
    s.send(Method::POST, &format!("{}{query}", s.hook), Some(body), false).await
}

#[tokio::test]
async fn a_webhook_writes_under_a_name_and_answers_when_it_is_waited_for() {
    let s = sandbox().await;
    let silent =
        execute(&s, "", json!({"content": "a", "nonce": "n", "enforce_nonce": true})).await;
    assert_eq!((silent.status, silent.body), (204, json!("")));
    let body = json!({"content": format!("@everyone <@{ANA}>"), "username": "Harbour"});
    let sent = execute(&s, "?wait=true", body.clone()).await.ok();
    assert_eq!(
        (&sent["author"]["username"], &sent["webhook_id"]),
        (&json!("Harbour"), &json!(HOOK.to_string()))
    );
    execute(&s, "?wait=true", json!({"content": "b", "nonce": "n", "enforce_nonce": true}))
        .await
        .ok();
    let messages = s.discord.sent(GENERAL);
    assert_eq!(messages.len(), 3, "a webhook has no nonce");
    assert_eq!((messages[1].pings.everyone, &messages[1].pings.users), (false, &vec![ANA]));
    assert!(matches!(&messages[2].author, Author::Webhook { name, .. } if name == "bell"));
    assert_eq!(s.discord.requests()[0].unknown, ["enforce_nonce", "nonce"]);
    let url = s.hook.replace("/api/", "/api/v10/");
    assert_eq!(s.send(Method::POST, &url, Some(body), false).await.status, 204);
    let shown = s.send(Method::GET, &s.hook, None, false).await.ok();
    assert_eq!((&shown["type"], &shown["channel_id"]), (&json!(1), &json!(GENERAL.to_string())));
}

#[tokio::test]
async fn an_unknown_webhook_and_a_wrong_token_are_told_apart() {
    let s = sandbox().await;
    let base = format!("{}/api/webhooks", s.discord.base_url());
    for (path, expected) in [("/9/x", (404, 10_015)), ("/401/wrong", (401, 50_027))] {
        let body = Some(json!({"content": "a"}));
        let answer = s.send(Method::POST, &format!("{base}{path}"), body, false).await;
        assert_eq!(answer.refusal(), expected);
    }
    s.discord.delete_channel(GENERAL).unwrap();
    assert_eq!(execute(&s, "", json!({"content": "a"})).await.refusal(), (404, 10_015));
}

#[tokio::test]
async fn threads_are_named_and_forums_need_one() {
    let mut s = sandbox().await;
    let in_thread = format!("?wait=true&thread_id={THREAD}");
    let sent = execute(&s, &in_thread, json!({"content": "a"})).await.ok();
    assert_eq!(sent["channel_id"], THREAD.to_string());
    assert_eq!(
        execute(&s, "?wait=true&thread_id=9", json!({"content": "a"})).await.refusal(),
        (404, 10_003)
    );
    assert_eq!(execute(&s, "?thread_id=9", json!({"content": "a"})).await.status, 204);
    let named = json!({"content": "a", "thread_name": "new"});
    assert_eq!(execute(&s, "", named.clone()).await.refusal(), (400, 220_003));
    s.hook = s.discord.webhook(FORUM, 402, "posts").unwrap();
    assert_eq!(execute(&s, "", json!({"content": "a"})).await.refusal(), (400, 220_001));
    let sent = execute(&s, "?wait=true", named).await.ok();
    let thread = sent["channel_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(s.discord.sent(thread).len(), 1);
}

#[tokio::test]
async fn a_webhook_changes_and_deletes_what_it_wrote() {
    let s = sandbox().await;
    let sent = execute(&s, "?wait=true", json!({"content": "a"})).await.ok();
    let own = format!("{}/messages/{}", s.hook, sent["id"].as_str().unwrap());
    let edit = Some(json!({"content": "b"}));
    assert_eq!(s.send(Method::PATCH, &own, edit.clone(), false).await.ok()["content"], "b");
    let bots = s.say(GENERAL, "mine").await.ok();
    let bots = format!("{}/messages/{}", s.hook, bots["id"].as_str().unwrap());
    assert_eq!(s.send(Method::PATCH, &bots, edit, false).await.refusal(), (404, 10_008));
    assert_eq!(s.send(Method::DELETE, &own, None, false).await.status, 204);
    assert_eq!(s.send(Method::GET, &own, None, false).await.refusal(), (404, 10_008));
}
