//! Chats do not wait for each other: not for an answer from outside, not for a slot, not for what fails.

use std::time::Duration;

use tubebell::app::TimeLimits;
use tubebell::config;
use tubebell_sim::telegram::{Fault, Scope};
use tubebell_sim::youtube;

use super::*;

/// A group of Ana's.
const GROUP: i64 = -100_123;

/// How many messages the bot has sent to this chat.
fn count(story: &Story, chat: i64) -> usize {
    story.telegram.sent(chat).len()
}

/// Waits until the bot has sent this chat so many.
async fn told_all(story: &Story, chat: i64, all: usize) {
    let told = story.telegram.wait_for(|sandbox| sandbox.sent(chat).len() >= all);
    if crate::wait::within_limit(told).await.is_none() {
        panic!("{} of {all} are told: {:#?}", count(story, chat), story.telegram.sent(chat));
    }
}

/// What Ana is told when she asks twenty times: the bot has answered her hello, too.
const ALL: usize = 21;

/// While YouTube answers in this way, Ana asks twenty times; Ben, who asks after her, is answered before she is through.
async fn ben_does_not_wait_for_ana(fault: youtube::Fault) -> (Story, Gateway) {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start_with(TimeLimits::default()).await;
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    story.youtube.faults(|faults| faults.plan(None, fault, None));
    for number in 0..20 {
        story.telegram.say(ANA, ANA, &format!("/stats zzzz{number:07}")).unwrap();
    }
    for command in ["/help", "/mute 1h", "/list"] {
        story.ask_as(BEN, BEN, None, command, "").await;
    }
    assert!(count(&story, ANA) < ALL, "Ana has all her answers");
    (story, gateway)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_youtube_that_hangs_makes_only_those_wait_who_ask_it_and_them_not_for_long() {
    let (story, gateway) = ben_does_not_wait_for_ana(youtube::Fault::Hang).await;
    // Waiting in full for each of the twenty would be a minute by itself.
    told_all(&story, ANA, ALL).await;
    over(story, gateway).await;
}

/// More than Telegram tells at once stands between the question and Ben.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_waits_for_a_youtube_that_hangs_keeps_nobody_away_for_long() {
    const PEOPLE: i64 = 10;
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start_with(TimeLimits::default()).await;
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::Hang, None));
    let people: Vec<i64> = (1..=PEOPLE).map(|person| person * 1000).collect();
    for person in &people {
        story.telegram.user(*person, "Somebody");
    }
    for number in 0..20 {
        for person in &people {
            let command = format!("/stats zzzz{:07}", person * 100 + number);
            story.telegram.say(*person, *person, &command).unwrap();
        }
    }
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    for person in people {
        told_all(&story, person, 20).await;
    }
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_youtube_that_is_slow_makes_only_those_wait_who_ask_it() {
    let slow = youtube::Fault::Slow(Duration::from_millis(2500));
    let (story, gateway) = ben_does_not_wait_for_ana(slow).await;
    // She is told what YouTube says.
    story.told(ANA, 0, "YouTube shows no video", "though it is slow").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_does_not_say_who_is_an_administrator_makes_only_that_chat_wait() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    story.telegram.group(GROUP, "Our group", &[ANA], &[]);
    let gateway = story.start_with(TimeLimits::default()).await;
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    story.telegram.plan(Scope::method("getChatMember"), Fault::Hang, None);
    let before = count(&story, GROUP);
    for _ in 0..10 {
        story.telegram.say(ANA, GROUP, "/mute 1h").unwrap();
    }
    for command in ["/help", "/list"] {
        story.ask_as(BEN, BEN, None, command, "").await;
    }
    assert!(count(&story, GROUP) < before + 10, "the group has all its answers");
    told_all(&story, GROUP, before + 10).await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_groups_that_ask_for_too_much_keep_nobody_else_waiting() {
    let story = Story::new().await;
    story.telegram.user(BEN, "Ben");
    let groups: Vec<i64> = (1..=40).map(|number| -100_000 - number).collect();
    for group in &groups {
        story.telegram.group(*group, "A group", &[ANA], &[]);
    }
    let gateway = story.start_with(TimeLimits::default()).await;
    for _ in 0..20 {
        for group in &groups {
            story.telegram.say(ANA, *group, "/help@tubebell_bot").unwrap();
        }
    }
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    // What the groups are told takes a minute by Telegram's rates.
    let told: usize = groups.iter().map(|group| count(&story, *group)).sum();
    assert!(told < 400, "{told} answers had left");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_one_chat_waits_repeats_nothing_that_another_was_told() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let first = story.start_with(TimeLimits::default()).await;
    story.ask("/help", "What you can write").await;
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::Hang, None));
    for number in 0..20 {
        story.telegram.say(ANA, ANA, &format!("/stats zzzz{number:07}")).unwrap();
    }
    story.ask_as(BEN, BEN, None, "/mute 2h", "ilent").await;
    assert!(story.telegram.waiting_updates() >= 2, "what Ana waits for was confirmed");
    // What a kill at this instant would leave on the disk, and with Telegram.
    let copy = story.folder.path().join("killed.db");
    first.store().backup(&copy).await.unwrap();
    let (ana, ben) = (count(&story, ANA), count(&story, BEN));
    first.stop().await;
    let told_by_the_first = count(&story, ANA) - ana;
    story.youtube.faults(youtube::Faults::heal);
    let text = story.config_text().replace("tubebell.db", "killed.db");
    let config = config::parse("test", &text, []).unwrap();
    let second = Gateway::start(&config, tubebell::app::system_clock()).await.unwrap();
    told_all(&story, ANA, ana + told_by_the_first + 1).await;
    story.ask_as(BEN, BEN, None, "/list", "You watch nothing yet").await;
    assert_eq!(count(&story, BEN), ben + 1, "{:#?}", story.telegram.sent(BEN));
    let confirmed = story.telegram.wait_for(|sandbox| sandbox.waiting_updates() == 0);
    crate::wait::within_limit(confirmed).await.expect("all is confirmed");
    over(story, second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_chat_says_is_done_in_its_order() {
    let story = Story::quick().await;
    let gateway = story.start_with(TimeLimits::default()).await;
    story.youtube.faults(|faults| {
        faults.plan(youtube::Endpoint::Videos, youtube::Fault::Slow(Duration::from_millis(500)), 1);
    });
    story.ask("/help", "What you can write").await;
    let before = count(&story, ANA);
    for command in ["/watch dQw4w9WgXcQ views any", "/list", "/unwatch 1", "/list"] {
        story.telegram.say(ANA, ANA, command).unwrap();
    }
    told_all(&story, ANA, before + 4).await;
    let texts = story.texts();
    for (text, part) in texts[before..].iter().zip([
        "Watching",
        "You watch 1 of",
        "No longer",
        "You watch nothing yet",
    ]) {
        assert!(text.contains(part), "`{part}` in {texts:#?}");
    }
    over(story, gateway).await;
}
