//! What keeps the bot from hearing: a Telegram that tells nothing new, ids that start anew, ids that are none.

use std::time::Duration;

use tubebell_sim::telegram::{Fault, Scope};

use super::*;
use crate::story::clock_of_tokio;
use crate::wait::Frozen;

const GET_UPDATES: Scope = Scope::method("getUpdates");

/// How often the bot has asked for updates.
fn asked(story: &Story) -> usize {
    story.telegram.requests().iter().filter(|request| request.method == "getUpdates").count()
}

/// What `/readyz` says of commands.
async fn ready(gateway: &Gateway) -> String {
    let page = format!("http://{}/readyz", gateway.web.unwrap());
    let text = reqwest::get(page).await.unwrap().text().await.unwrap();
    text.lines().find(|line| line.starts_with("commands")).unwrap().to_owned()
}

async fn with_web() -> Story {
    let mut story = Story::quick().await;
    story.more = "[web]\nlisten = \"127.0.0.1:0\"\n".to_owned();
    story
}

#[tokio::test]
async fn a_telegram_that_tells_nothing_new_at_once_is_asked_ever_more_rarely_and_that_is_said() {
    const STEP: Duration = Duration::from_millis(100);
    const STEPS: u32 = 3_000;
    for nothing_new in [
        "[]",
        r#"[{"message": {"text": "/help"}}, 7]"#,
        r#"[{"update_id": 9223372036854775807}, {"update_id": 9007199254740992}, {"update_id": -1}]"#,
        // Below the mark, and told again and again.
        r#"[{"update_id": 100000001}]"#,
    ] {
        let story = with_web().await;
        let gateway = story.start_at(clock_of_tokio()).await;
        story.ask("/help", "What you can write").await;
        until("that all is confirmed", async || story.telegram.waiting_updates() == 0).await;
        assert_eq!(ready(&gateway).await, "commands ok");
        story.telegram.plan(GET_UPDATES, Fault::Result(nothing_new), None);
        let frozen = Frozen::now();
        let before = asked(&story);
        for _ in 0..STEPS {
            tokio::time::advance(STEP).await;
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        let times = asked(&story) - before;
        // After an open question of 50 s and waits of 1, 2, 4, 8 and 16 s, every 30 s.
        assert!((4..=16).contains(&times), "asked {times} times: {nothing_new}");
        drop(frozen);
        let line = ready(&gateway).await;
        assert_eq!(line, "commands FAILED Telegram answers at once and tells nothing new");
        story.telegram.heal();
        let frozen = Frozen::now();
        tokio::time::advance(Duration::from_secs(31)).await;
        drop(frozen);
        story.ask("/list", "You watch nothing yet").await;
        assert_eq!(ready(&gateway).await, "commands ok");
        over(story, gateway).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_start_anew_are_heard_and_what_comes_again_has_no_second_answer() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    story.ask("/help", "What you can write").await;
    // Another API root, a local server that has lost its data, and back to where it was.
    for first in [1_001, 1_900_000_000, 592_426_180] {
        until("that all is confirmed", async || story.telegram.waiting_updates() == 0).await;
        story.telegram.begin_updates_anew(first);
        for command in ["/list", "/quiet", "/list"] {
            story.ask(command, "").await;
        }
    }
    let before = story.texts().len();
    until("that all is confirmed", async || story.telegram.waiting_updates() == 0).await;
    // The first server tells its last update once more, which it never heard was confirmed.
    story.telegram.begin_updates_anew(100_000_002);
    story.telegram.say(ANA, ANA, "/help").unwrap();
    story.ask("/list", "You watch nothing yet").await;
    assert_eq!(story.texts().len(), before + 1, "{:#?}", story.texts());
    over(story, gateway).await;
}

#[tokio::test]
async fn one_absurd_id_silences_nobody() {
    for absurd in [
        r#"[{"update_id": 9223372036854775807, "message": {}}, {"update_id": 9007199254740992}, {"update_id": -5}]"#,
        r#"[{"update_id": 4294967296, "message": {}}]"#,
        r#"[{"update_id": 4294967296, "message": {}}, {"update_id": 4503599627370495, "message": {}}]"#,
    ] {
        let story = Story::quick().await;
        let gateway = story.start().await;
        story.ask("/help", "What you can write").await;
        story.telegram.plan(GET_UPDATES, Fault::Result(absurd), 2);
        story.telegram.say(ANA, ANA, "/list").unwrap();
        until("that it is told", async || {
            let frozen = Frozen::now();
            tokio::time::advance(Duration::from_millis(100)).await;
            drop(frozen);
            story.texts().iter().any(|text| text.contains("You watch nothing yet"))
        })
        .await;
        story.ask("/help", "What you can write").await;
        over(story, gateway).await;
    }
}
