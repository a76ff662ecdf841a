//! Chats in which nothing arrives for a while, and how they come back.

use tubebell::model::Address;
use tubebell::store::Shut;
use tubebell_sim::telegram::Trouble;

use super::*;
use crate::story::{baseline, watch};

const GROUP: i64 = -100_123;

async fn shut(gateway: &Gateway, chat: i64) -> Option<Shut> {
    let address = Address::Telegram { chat, thread: None };
    gateway.store().destination(&address).await.unwrap().and_then(|row| row.shut())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_a_file_names_hears_what_follows_once_they_have_pressed_start() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    let ben = Address::Telegram { chat: BEN, thread: None };
    let now = tubebell::app::system_clock()();
    gateway.store().edit(None, vec![watch(ben, "views any")], now).await.unwrap();
    baseline(&gateway).await;
    story.set_counts(1005, None);
    until("that Ben is out of reach", async || {
        matches!(shut(&gateway, BEN).await, Some(Shut::Off { .. }))
    })
    .await;
    let answer = story.ask_as(BEN, BEN, None, "/start", "You have 1 running").await;
    assert!(answer.text.contains("Ringing again. Since "), "{}", answer.text);
    assert!(answer.text.contains("bot can't initiate conversation"), "{}", answer.text);
    story.set_counts(1010, None);
    story.told(BEN, 0, "1,005 → 1,010", "once he is back").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_was_locked_hears_what_waited_at_the_first_word_from_there() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    story.telegram.group(GROUP, "Our group", &[ANA], &[]);
    story.telegram.join(BEN, GROUP);
    let gateway = story.start().await;
    story.ask_as(ANA, GROUP, None, "/watch dQw4w9WgXcQ views any", "Watching").await;
    story.telegram.trouble(GROUP, Trouble::NoRights);
    story.set_counts(1005, None);
    until("that nothing arrives there", async || {
        matches!(shut(&gateway, GROUP).await, Some(Shut::Barred(_)))
    })
    .await;
    // Telegram tells nobody that the group is open again. Ben may not change anything here.
    story.telegram.trouble(GROUP, None);
    story.ask_as(BEN, GROUP, None, "/test", "Only administrators").await;
    story.told(GROUP, 0, "990 → 1,005", "at the first word").await;
    assert_eq!(shut(&gateway, GROUP).await, None);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_from_before_a_groups_move_work_on() {
    let story = Story::quick().await;
    story.telegram.group(-77, "Our group", &[ANA], &[]);
    let gateway = story.start().await;
    story.ask_as(ANA, -77, None, "/watch dQw4w9WgXcQ views any", "Watching").await;
    story.set_counts(1005, None);
    let alert = story.told(-77, 0, "990 → 1,005", "before the move").await;
    story.telegram.migrate(-77, -100_777);
    story.set_counts(1010, None);
    story.told(-100_777, 0, "1,005 → 1,010", "in the supergroup").await;
    assert_eq!(
        story.press_as(ANA, &alert, "Mute 1 h").await,
        format!("Silent for 1 hour: {TITLE}")
    );
    let list = story.ask_as(ANA, -100_777, None, "/list", "You watch 1 of").await;
    assert!(list.text.contains("🔕 until"), "{}", list.text);
    assert_eq!(story.press_as(ANA, &alert, "Stop").await, format!("No longer watching {TITLE}."));
    story.ask_as(ANA, -100_777, None, "/list", "You watch nothing yet").await;
    over(story, gateway).await;
}
