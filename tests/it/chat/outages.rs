//! Either service away or slow.
//!
//! A YouTube that hangs is given up after 20 s: the time-out itself is tested with the client, where it can be short.
//! Here stands what must hold meanwhile.

use std::time::Duration;

use tubebell::app::TimeLimits;
use tubebell_sim::telegram::{Fault, Limits, Scope};
use tubebell_sim::youtube::{self, Endpoint, QuotaShape};

use super::*;
use crate::story::clock_of_tokio;
use crate::wait::Frozen;

const SEND: Scope = Scope::method("sendMessage");

fn count(story: &Story, part: &str) -> usize {
    count_in(story, ANA, part)
}

fn count_in(story: &Story, chat: i64, part: &str) -> usize {
    story.telegram.sent(chat).iter().filter(|message| message.text.contains(part)).count()
}

/// Both sides go by one clock that moves on when a request has arrived, not while it is under way: what Telegram counts
/// is when requests arrive.
#[tokio::test]
async fn within_telegrams_limits_nothing_is_refused() {
    let story = Story::new().await;
    story.telegram.limits(Limits::TELEGRAM);
    story.telegram.user(BEN, "Ben");
    let frozen = Frozen::now();
    let gateway = story.start_at(clock_of_tokio()).await;
    frozen.step_through(within_limits(&story)).await;
    drop(frozen);
    over(story, gateway).await;
}

async fn within_limits(story: &Story) {
    story.ask("/watch dQw4w9WgXcQ views any; likes any", "Watching").await;
    story.ask_as(BEN, BEN, None, "/watch dQw4w9WgXcQ views any", "Watching").await;
    for views in [1005, 1006] {
        story.set_counts(views, Some(views));
        story.hears(&format!("→ {}", if views == 1005 { "1,005" } else { "1,006" })).await;
    }
    story.ask("/list", "You watch 1").await;
}

#[tokio::test]
async fn a_flooded_chat_delays_no_other() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start_at(clock_of_tokio()).await;
    story.ask("/watch dQw4w9WgXcQ views any", "Watching").await;
    story.ask_as(BEN, BEN, None, "/watch dQw4w9WgXcQ views any", "Watching").await;
    let wait = Duration::from_secs(3600);
    story.telegram.flood(BEN, wait);
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    until("that Ben waits", async || story.waits() == 1).await;
    assert_eq!(count_in(&story, BEN, "990 → 1,005"), 0);
    let frozen = Frozen::now();
    tokio::time::advance(wait + Duration::from_secs(2)).await;
    drop(frozen);
    story.told(BEN, 0, "990 → 1,005", "after the wait").await;
    over(story, gateway).await;
}

/// An answer that gets lost makes at most one duplicate, and is counted.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_at_most_one_duplicate_which_is_counted() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any").await;
    story.telegram.plan(SEND, Fault::AnswerLost, 1);
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    // The next message of the chat leaves after the repetition of this one.
    story.set_counts(1006, None);
    story.hears("1,005 → 1,006").await;
    assert!((1..=2).contains(&count(&story, "990 → 1,005")), "{:#?}", story.texts());
    let metrics = gateway.metrics.render();
    let ambiguous = metrics.lines().find(|line| line.contains("ambiguous")).unwrap_or_default();
    assert!(ambiguous.ends_with(" 1"), "{metrics}");
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_while_telegram_is_away_is_told_when_it_is_back() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views every 10").await;
    story.telegram.plan(SEND, Fault::ServerHtml(502), None);
    story.set_counts(1000, None);
    polls(&story, 2).await;
    story.set_counts(1010, None);
    polls(&story, 2).await;
    story.telegram.heal();
    story.hears("passed 1,000").await;
    story.hears("passed 1,010").await;
    over(story, gateway).await;
}

/// The quota of one call is used up: the operator hears of it once, and what the other call tells goes on.
async fn a_day_without_quota(shape: QuotaShape) {
    let mut story = Story::quick().await;
    story.more = format!("[operator]\nto = [\"telegram:{ANA}\"]\n");
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any").await;
    polls(&story, 2).await;
    story.youtube.faults(|faults| {
        faults.plan(Endpoint::BatchStats, youtube::Fault::QuotaUsedUp(shape), None);
    });
    story.hears("quota of YouTube is used up").await;
    story.set_counts(1005, None);
    // The details still come, in their turn.
    story.hears("990 → 1,005").await;
    assert_eq!(count(&story, "quota of YouTube"), 1, "{:#?}", story.texts());
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_quota_is_told_once_and_polling_goes_on_with_what_is_left() {
    a_day_without_quota(QuotaShape::Classic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_quota_in_its_new_shape_is_told_once_too() {
    a_day_without_quota(QuotaShape::Granular).await;
}

#[tokio::test]
async fn a_youtube_that_hangs_holds_up_neither_commands_nor_the_stop() {
    let story = Story::quick().await;
    let stop = TimeLimits::default().stop;
    assert!(stop < Duration::from_secs(10));
    let gateway = story.start_with(TimeLimits { stop, ..Story::TIME_LIMITS }).await;
    story.ask("/watch dQw4w9WgXcQ views any", "Watching").await;
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::Hang, None));
    polls(&story, 1).await;
    story.ask("/list", "You watch 1 of").await;
    let frozen = Frozen::now();
    let stopping = async {
        tokio::join!(gateway.stop(), tokio::time::advance(Duration::from_secs(10)));
    };
    frozen.run("a stop of ten seconds", stopping).await;
    drop(frozen);
    story.end().await;
}
