//! The page shows a channel, only to this machine, and takes what is typed there.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, BEN, GENERAL, sandbox};

const HOSTILE: &str = "<b>100% FREE</b> & \"quotes\" @everyone *stars* _x_ 你好 🎉 #1";

#[tokio::test]
async fn the_page_shows_a_channel_and_sends_what_is_typed() {
    let s = sandbox().await;
    s.register().await;
    let base = s.discord.base_url();
    let page = s.client.get(&base).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = page.text().await.unwrap();
    for bad in ["innerHTML", "{{nonce}}", "https://", "outerHTML", "insertAdjacentHTML"] {
        assert!(!page.contains(bad), "{bad}");
    }
    let button = json!([{"type": 1, "components": [{"type": 2, "style": 2, "label": HOSTILE, "custom_id": "m"}]}]);
    let sent = json!({"content": HOSTILE, "embeds": [{"title": HOSTILE, "color": 5}], "components": button});
    let sent = s.write(GENERAL, sent).await.ok();
    let post = |path: &str, body: Value| {
        let url = format!("{base}{path}");
        let request = s.client.request(Method::POST, url).json(&body);
        async move { request.send().await.unwrap() }
    };
    let say =
        |text: &str| json!({"user": BEN.to_string(), "channel": GENERAL.to_string(), "text": text});
    assert_eq!(post("/sandbox/say", say("/watch abc")).await.status(), 200);
    assert_eq!(post("/sandbox/say", say("hello")).await.status(), 200);
    let refused = post("/sandbox/say", say("/watch")).await;
    assert_eq!(refused.json::<Value>().await.unwrap(), json!({"error": "video is required"}));
    let press = json!({"user": ANA.to_string(), "channel": GENERAL.to_string(), "message": sent["id"], "id": "m"});
    assert_eq!(post("/sandbox/press", press).await.status(), 200);
    assert_eq!(s.discord.interactions().len(), 2);

    let url = format!("{base}/sandbox/messages?user={BEN}&channel={GENERAL}");
    let screen: Value = s.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(screen["messages"][0]["content"], HOSTILE);
    assert_eq!(screen["messages"][0]["embeds"][0]["title"], HOSTILE);
    assert_eq!(screen["messages"][1]["name"], "Ben");
    assert_eq!(screen["commands"][1]["name"], "card add");
    let foreign = s.client.post(format!("{base}/sandbox/say")).json(&say("x"));
    let foreign = foreign.header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}
