//! One row that nobody can read, in a gateway that runs. Row by row it is tested with the store.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use tubebell::model::Address;

use super::BEN;
use crate::story::{ANA, Story, watch, watched};
use tubebell::app::system_clock;

fn meddle(story: &Story, sql: &str) {
    let db = rusqlite::Connection::open(story.folder.path().join("tubebell.db")).unwrap();
    db.busy_timeout(crate::wait::LIMIT).unwrap();
    db.execute_batch(sql).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_whose_row_cannot_be_read_gets_an_apology_and_others_their_answers() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = watched(&story, "views any").await;
    meddle(&story, "UPDATE destination SET settings = 'no json' WHERE address LIKE '%4711'");
    story.ask("/list", "Something went wrong").await;
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    meddle(&story, "UPDATE destination SET settings = '{}'");
    story.ask("/list", "You watch 1").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_in_one_watch_stops_neither_routing_nor_sending() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    story.telegram.say(BEN, BEN, "hello").unwrap();
    let gateway = watched(&story, "views any; views +5% in 1h").await;
    let ben = Address::Telegram { chat: BEN, thread: None };
    let edit = watch(ben, "views any");
    gateway.store().edit(None, vec![edit], system_clock()()).await.unwrap();
    meddle(
        &story,
        "UPDATE \"trigger\" SET base = 'x', since = 'y' WHERE rule = 1;
         UPDATE history SET views = 'many';
         UPDATE subscription SET until = 'noon', muted_until = 'z' WHERE id = 1;
         UPDATE lane SET key = x'ff00', free_at = 'later' WHERE key LIKE '%4711';
         INSERT INTO fanout (holder, begun, turn, work) VALUES (1, 0, -1, x'ff'), (2, 0, 0, '{}');",
    );
    story.set_counts(1005, None);
    story.told(BEN, 0, "990 → 1,005", "though Ana's rows are damaged").await;
    story.set_counts(1006, None);
    story.told(BEN, 0, "1,005 → 1,006", "and it goes on").await;
    assert!(story.telegram.sent(ANA).len() <= 3);
    gateway.stop().await;
    story.end().await;
}
