//! Cards: one message each that shows a video's numbers as they move.

use std::time::Duration;

use tubebell::model::UnixMillis;
use tubebell_sim::telegram::{Limits, TelegramSandbox};

use super::*;
use crate::story::clock_of_tokio;
use crate::wait::{Frozen, within_limit};

const GROUP: i64 = -5;
const SUPERGROUP: i64 = -1_000_000_000_005;
const TOPIC: i64 = 7;

/// Lets as much time pass as there is between two edits of a card.
async fn half_a_minute() {
    wait(Duration::from_secs(31)).await;
}

async fn wait(time: Duration) {
    let frozen = Frozen::now();
    tokio::time::advance(time).await;
    drop(frozen);
}

/// The messages of a chat that are, or were, cards.
fn cards(telegram: &TelegramSandbox, chat: i64) -> Vec<Message> {
    let mut sent = telegram.sent(chat);
    sent.retain(|message| message.text.starts_with('📌') && message.text.contains("As of "));
    sent
}

/// The last card of a chat, once it says this.
async fn says(story: &Story, chat: i64, part: &str) -> Message {
    let find = |telegram: &TelegramSandbox| {
        cards(telegram, chat).pop().filter(|card| card.text.contains(part))
    };
    let said = story.telegram.wait_for(|telegram| find(telegram).is_some());
    if within_limit(said).await.is_none() {
        panic!("no card says `{part}`, but {:#?}", story.telegram.sent(chat));
    }
    find(&story.telegram).unwrap()
}

/// The numbers change, and are routed.
async fn moves(story: &Story, gateway: &Gateway, views: i64) {
    story.set_counts(views, None);
    let store = gateway.store();
    let counts = async || {
        let history = store.history(VIDEO.parse().unwrap(), UnixMillis(0), 1).await.unwrap();
        history.and_then(|history| history.known).and_then(|known| known.last.views)
    };
    until("that the numbers are routed", async || counts().await == Some(views)).await;
}

/// How many videos are polled.
async fn polled(gateway: &Gateway) -> u64 {
    gateway.store().figures(tubebell::app::system_clock()()).await.unwrap().videos
}

async fn with_card(story: &Story) -> (Gateway, Message) {
    let gateway = story.start_at(clock_of_tokio()).await;
    story.ask("/card dQw4w9WgXcQ", "has its card").await;
    let card = says(story, ANA, "990 views").await;
    (gateway, card)
}

#[tokio::test]
async fn a_card_moves_with_the_numbers_of_a_video_that_nobody_watches() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    assert!(card.silent && card.text.contains(TITLE), "{}", card.text);
    story.ask("/list", "You watch nothing yet").await;
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    let moved = says(&story, ANA, "1,005 views (+15)").await;
    assert_eq!(moved.id, card.id);
    assert!(moved.text.contains("computed by tubebell"), "{}", moved.text);
    // The numbers rest, and so does the card.
    for _ in 0..3 {
        polls(&story, 1).await;
        half_a_minute().await;
    }
    moves(&story, &gateway, 1_006).await;
    half_a_minute().await;
    says(&story, ANA, "1,006 views (+16)").await;
    assert_eq!((cards(&story.telegram, ANA).len(), story.telegram.counters().edited), (1, 2));
    over(story, gateway).await;
}

#[tokio::test]
async fn what_rings_rings_and_the_card_goes_on_and_says_so() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    story.set_counts(1_005, None);
    let alert = story.told(ANA, card.id, "passed 1,000", "after a change").await;
    assert!(!alert.silent);
    crate::story::recorded(&gateway).await;
    half_a_minute().await;
    half_a_minute().await;
    let said = says(&story, ANA, "views passed 1,000").await;
    assert_eq!(said.id, card.id);
    assert!(said.text.contains("🔔 "), "{}", said.text);
    over(story, gateway).await;
}

#[tokio::test]
async fn a_card_goes_on_after_a_restart() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    gateway.stop().await;
    let gateway = story.start_at(clock_of_tokio()).await;
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    assert_eq!(says(&story, ANA, "1,005 views").await.id, card.id);
    assert_eq!(cards(&story.telegram, ANA).len(), 1);
    over(story, gateway).await;
}

#[tokio::test]
async fn a_card_ends_with_a_last_edit_when_somebody_ends_it() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    let list = story.ask("/card", "Cards here").await;
    assert!(
        list.text.contains(TITLE) && list.text.contains("/card off dQw4w9WgXcQ"),
        "{}",
        list.text
    );
    story.ask("/card off dQw4w9WgXcQ", "ends").await;
    assert_eq!(says(&story, ANA, "No longer kept up to date").await.id, card.id);
    story.ask("/card", "There are no cards here").await;
    assert_eq!(polled(&gateway).await, 0);
    over(story, gateway).await;
}

#[tokio::test]
async fn a_card_that_is_asked_for_again_stands_below_and_the_older_one_rests() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    let again = story.ask("/card dQw4w9WgXcQ", "The one before it stays as it is").await;
    let below = story.told(ANA, again.id, "As of ", "below").await;
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    assert_eq!(says(&story, ANA, "1,005 views").await.id, below.id);
    let older = cards(&story.telegram, ANA).remove(0);
    assert_eq!((older.id, older.edited), (card.id, None));
    over(story, gateway).await;
}

#[tokio::test]
async fn a_card_that_somebody_deletes_ends_with_one_word() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    story.telegram.delete(ANA, card.id);
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    let word = story.told(ANA, card.id, "its message was deleted", "after that").await;
    assert!(word.text.contains(TITLE) && word.text.contains("/card dQw4w9WgXcQ"), "{}", word.text);
    assert_eq!(polled(&gateway).await, 0);
    story.ask("/card dQw4w9WgXcQ", "has its card").await;
    says(&story, ANA, "1,005 views").await;
    over(story, gateway).await;
}

#[tokio::test]
async fn of_a_video_that_is_gone_the_card_says_so_and_ends() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    story.simulation.edit(|world| world.set_status(VIDEO, Visibility::Private).unwrap());
    until("that the card has ended", async || {
        half_a_minute().await;
        polled(&gateway).await == 0
    })
    .await;
    let last = says(&story, ANA, "No longer available").await;
    assert!(last.id == card.id && last.text.contains("No longer kept up to date"), "{}", last.text);
    story.ask("/card dQw4w9WgXcQ", "may be private").await;
    over(story, gateway).await;
}

#[tokio::test]
async fn the_card_of_a_chat_that_is_gone_ends_without_a_word() {
    let story = Story::quick().await;
    let (gateway, _) = with_card(&story).await;
    story.telegram.block(ANA);
    until("that nothing is polled", async || polled(&gateway).await == 0).await;
    story.telegram.unblock(ANA);
    story.ask("/card", "There are no cards here").await;
    over(story, gateway).await;
}

#[tokio::test]
async fn a_wait_that_telegram_asks_for_is_obeyed() {
    let story = Story::quick().await;
    let (gateway, card) = with_card(&story).await;
    story.telegram.flood(ANA, Duration::from_secs(300));
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    until("that the edit is refused", async || story.telegram.counters().too_many == 1).await;
    for _ in 0..5 {
        half_a_minute().await;
        polls(&story, 1).await;
    }
    assert_eq!(story.telegram.counters().too_many, 1, "asked again before its time");
    wait(Duration::from_secs(300)).await;
    assert_eq!(says(&story, ANA, "1,005 views").await.id, card.id);
    over(story, gateway).await;
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_gets_its_card_anew() {
    let story = Story::quick().await;
    story.telegram.group(GROUP, "Fans", &[ANA], &[]);
    let gateway = story.start_at(clock_of_tokio()).await;
    story.ask_as(ANA, GROUP, None, "/card dQw4w9WgXcQ", "has its card").await;
    says(&story, GROUP, "990 views").await;
    story.telegram.migrate(GROUP, SUPERGROUP);
    let anew = says(&story, SUPERGROUP, "990 views").await;
    moves(&story, &gateway, 1_005).await;
    half_a_minute().await;
    assert_eq!(says(&story, SUPERGROUP, "1,005 views").await.id, anew.id);
    assert_eq!(cards(&story.telegram, GROUP)[0].edited, None);
    over(story, gateway).await;
}

#[tokio::test]
async fn a_card_stands_in_the_topic_in_which_it_was_asked_for() {
    let story = Story::quick().await;
    story.telegram.group(SUPERGROUP, "Fans", &[ANA], &[(TOPIC, "Numbers")]);
    let gateway = story.start_at(clock_of_tokio()).await;
    story.ask_as(ANA, SUPERGROUP, Some(TOPIC), "/card dQw4w9WgXcQ", "has its card").await;
    assert_eq!(says(&story, SUPERGROUP, "990 views").await.thread, Some(TOPIC));
    over(story, gateway).await;
}

/// Both sides go by one clock, as in the story of Telegram's limits.
#[tokio::test]
async fn the_cards_of_a_chat_with_many_alerts_keep_to_telegrams_limits() {
    let story = Story::new().await;
    story.telegram.limits(Limits::TELEGRAM);
    let videos = story.simulation.edit(|world| world.add_videos(CHANNEL, 5));
    let frozen = Frozen::now();
    let gateway = story.start_at(clock_of_tokio()).await;
    frozen.step_through(beside_alerts(&story, &videos)).await;
    drop(frozen);
    assert_eq!(cards(&story.telegram, ANA).len(), 5);
    over(story, gateway).await;
}

async fn beside_alerts(story: &Story, videos: &[String]) {
    for video in videos {
        story.ask(&format!("/card {video}"), "has its card").await;
    }
    story.ask("/watch dQw4w9WgXcQ views any", "Watching").await;
    for views in 0..10 {
        story.set_counts(2_000 + views, None);
        for video in videos {
            let views = 5 + views.unsigned_abs();
            story.simulation.edit(|world| world.set_counts(video, views, 1, 1)).unwrap();
        }
        story.hears(&format!("→ 2,0{views:02}")).await;
    }
    story.telegram.wait_for(|telegram| telegram.counters().edited >= 5).await;
}
