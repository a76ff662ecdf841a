//! Another process that holds the database for longer than anybody waits.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use super::{ready, with_web};
use crate::story::{ANA, Story, watch_as_ana};
use crate::wait::{Frozen, LIMIT, until};

/// The database as another process has it, in the middle of a transaction.
fn hold(story: &Story) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(story.folder.path().join("tubebell.db")).unwrap();
    db.busy_timeout(LIMIT).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_process_holds_is_red_and_all_is_done_when_it_lets_go() {
    let story = with_web().await;
    let gateway = story.start().await;
    watch_as_ana(&gateway, "views any").await;
    let confirmed = async || story.telegram.waiting_updates() == 0;
    until("that what was answered is confirmed", confirmed).await;
    // As at a stop: nobody waits for long, or this test would.
    gateway.store().hurry();
    let other = hold(&story);
    story.set_counts(1005, None);
    let said = story.telegram.say(ANA, ANA, "/watch dQw4w9WgXcQ views any; likes any").unwrap();
    story.told(ANA, said, "I try again by myself", "while it is held").await;
    let (is_ready, page) = ready(&gateway).await;
    assert!(!is_ready && page.contains("held by another process"), "{page}");
    assert_eq!(story.telegram.waiting_updates(), 1, "what had no effect is not confirmed");
    other.execute_batch("ROLLBACK").unwrap();
    story.told(ANA, said, "likes any", "when it is let go").await;
    story.hears("990 → 1,005").await;
    until("a green light", async || ready(&gateway).await.0).await;
    gateway.stop().await;
    story.end().await;
}

/// How long the store itself waits once it hurries is tested with it.
#[tokio::test]
async fn a_stop_does_not_wait_for_who_holds_the_database() {
    let story = with_web().await;
    let gateway = story.start().await;
    watch_as_ana(&gateway, "views any").await;
    let other = hold(&story);
    story.set_counts(1005, None);
    story.telegram.say(ANA, ANA, "/watch dQw4w9WgXcQ views any; likes any").unwrap();
    let frozen = Frozen::now();
    frozen.run("the stop", gateway.stop()).await;
    drop(frozen);
    drop(other);
    let gateway = story.start().await;
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    story.end().await;
}
