//! A clock that jumps. Summer time is a matter of quiet hours alone, and tested with them: everything else counts in UTC.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tubebell::app::{Gateway, clock};
use tubebell::model::{Clock, UnixMillis};
use tubebell_sim::telegram::{Fault, Scope};

use crate::story::{ANA, Story, VIDEO, watch_as_ana};
use crate::wait::until;

const SEND: Scope = Scope::method("sendMessage");

/// A clock that can be set.
#[derive(Default)]
pub(super) struct Wall(Arc<AtomicI64>);

impl Wall {
    pub(super) fn clock(&self) -> Clock {
        let ahead = Arc::clone(&self.0);
        Arc::new(move || UnixMillis(clock().0 + ahead.load(Ordering::Relaxed)))
    }

    pub(super) fn jump(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::Relaxed);
    }
}

/// Ana watches, and the clock is right.
async fn watched(story: &Story, wall: &Wall, rules: &str) -> Gateway {
    let gateway = story.start_at(wall.clock()).await;
    watch_as_ana(&gateway, rules).await;
    gateway
}

/// Whether a message was tried in vain, and the gateway has written that down.
fn tried(story: &Story) -> bool {
    let db = rusqlite::Connection::open(story.folder.path().join("tubebell.db")).unwrap();
    db.busy_timeout(crate::wait::LIMIT).unwrap();
    let sql = "SELECT EXISTS (SELECT 1 FROM notification WHERE error IS NOT NULL)";
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The moments at which something was recorded of the video.
async fn moments(gateway: &Gateway) -> Vec<UnixMillis> {
    let history = gateway.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 1000).await;
    history.unwrap().unwrap().points.into_iter().map(|(at, _)| at).collect()
}

async fn check_order(gateway: &Gateway, at_least: usize) {
    let moments = moments(gateway).await;
    assert!(moments.len() >= at_least, "{moments:?}");
    assert!(moments.is_sorted_by(|a, b| a < b), "{moments:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_jump_back_polling_goes_on_at_once_and_time_never_runs_backwards() {
    let (story, wall) = (Story::quick().await, Wall::default());
    let gateway = watched(&story, &wall, "views any").await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    wall.jump(-1);
    story.set_counts(1010, None);
    story.hears("1,005 → 1,010").await;
    story.set_counts(1015, None);
    story.hears("1,010 → 1,015").await;
    check_order(&gateway, 4).await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_began_before_a_jump_back_lasts_no_hour_longer() {
    let (story, wall) = (Story::quick().await, Wall::default());
    let gateway = watched(&story, &wall, "views any").await;
    story.telegram.plan(SEND, Fault::TooMany(2), 1);
    story.set_counts(1005, None);
    until("a wait", async || story.waits() == 1).await;
    wall.jump(-1);
    story.hears("990 → 1,005").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_set_back_while_nothing_ran_is_noticed_at_the_start() {
    let (story, wall) = (Story::quick().await, Wall::default());
    let gateway = watched(&story, &wall, "views any").await;
    story.telegram.plan(SEND, Fault::ServerHtml(502), None);
    story.set_counts(1005, None);
    until("an attempt", async || tried(&story)).await;
    gateway.stop().await;
    story.telegram.heal();
    wall.jump(-1);
    story.set_counts(1010, None);
    let gateway = story.start_at(wall.clock()).await;
    story.hears("990 → 1,005").await;
    story.hears("1,005 → 1,010").await;
    check_order(&gateway, 3).await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_ahead_gives_nothing_up_and_silences_nothing() {
    let (story, wall) = (Story::quick().await, Wall::default());
    let gateway = watched(&story, &wall, "views every 10").await;
    story.telegram.plan(SEND, Fault::ServerHtml(502), None);
    story.set_counts(1000, None);
    until("an attempt", async || tried(&story)).await;
    wall.jump(1);
    story.telegram.heal();
    story.hears("passed 1,000").await;
    story.set_counts(1010, None);
    story.hears("passed 1,010").await;
    let sent = story.telegram.sent(ANA);
    assert!(sent.iter().all(|message| !message.silent), "{sent:#?}");
    assert!(gateway.store().dead_letters(9).await.unwrap().is_empty());
    gateway.stop().await;
    story.end().await;
}
