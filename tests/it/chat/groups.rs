//! Groups, topics, and chats that go away.

use super::*;

const GROUP: i64 = -100_123;

/// A forum of Ana's that Ben is in too.
fn found_a_group(story: &Story, group: i64, topics: &[(i64, &str)]) {
    story.telegram.user(BEN, "Ben");
    story.telegram.group(group, "Our group", &[ANA], topics);
    story.telegram.join(BEN, group);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_group_administrators_decide_and_each_topic_has_its_own_watches() {
    let story = Story::quick().await;
    found_a_group(&story, GROUP, &[(7, "Numbers"), (9, "Chatter")]);
    let gateway = story.start().await;
    let refused = "Only administrators of this chat";
    let command = "/watch@tubebell_bot dQw4w9WgXcQ views any";
    story.ask_as(BEN, GROUP, Some(7), command, refused).await;
    story.ask_as(ANA, GROUP, Some(7), command, "Watching").await;
    story.ask_as(BEN, GROUP, Some(7), "/list@tubebell_bot", "You watch 1 of").await;
    story.ask_as(BEN, GROUP, Some(9), "/list@tubebell_bot", "You watch nothing yet").await;
    story.set_counts(1005, None);
    let alert = story.told(GROUP, 0, "990 → 1,005", "after a change").await;
    assert_eq!(alert.thread, Some(7));
    let toast = story.press_as(BEN, &alert, "Stop").await;
    assert!(toast.contains(refused), "{toast}");
    assert_eq!(
        story.press_as(ANA, &alert, "Mute 1 h").await,
        format!("Silent for 1 hour: {TITLE}")
    );
    assert_eq!(story.press_as(ANA, &alert, "Stop").await, format!("No longer watching {TITLE}."));
    // What people tell each other is no business of the bot's.
    story.telegram.say_in(BEN, GROUP, Some(9), "https://youtu.be/dQw4w9WgXcQ").unwrap();
    story.ask_as(BEN, GROUP, Some(9), "/rules@tubebell_bot", "When I can ring").await;
    assert!(!story.telegram.sent(GROUP).iter().any(|message| message.text.contains("Shall I")));
    for message in story.telegram.sent(GROUP) {
        assert_plain(&message);
    }
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_becomes_a_supergroup_keeps_its_watches() {
    let story = Story::quick().await;
    found_a_group(&story, -77, &[]);
    let gateway = story.start().await;
    story.ask_as(ANA, -77, None, "/watch dQw4w9WgXcQ views any", "Watching").await;
    story.telegram.migrate(-77, -100_777);
    story.set_counts(1005, None);
    story.told(-100_777, 0, "990 → 1,005", "in the supergroup").await;
    story.ask_as(ANA, -100_777, None, "/list", "You watch 1 of").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_blocked_the_bot_and_comes_back_hears_it_again() {
    let story = Story::quick().await;
    let gateway = after(&story, "/watch dQw4w9WgXcQ views any").await;
    story.telegram.block(ANA);
    until("that the bot hears of it", async || story.telegram.waiting_updates() == 0).await;
    story.set_counts(1005, None);
    polls(&story, 3).await;
    routed(&gateway).await;
    story.ask("/start", "You have 1 running").await;
    story.set_counts(1010, None);
    story.hears("1,005 → 1,010").await;
    story.ask("/why 1", "crossed 1 × while").await;
    let told = story.texts();
    assert!(!told.iter().any(|text| text.contains("990 → 1,005")), "{told:#?}");
    over(story, gateway).await;
}
