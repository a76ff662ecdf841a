//! What people ask of YouTube: a share of the day's units for all of them, so many looks for each chat, and nothing for
//! what was looked up a moment ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tubebell::app::system_clock;
use tubebell::config;
use tubebell::model::UnixMillis;
use tubebell::source::next_reset;

use super::*;

/// The ids that were looked up, other than the one that is watched.
fn looked_up(story: &Story) -> Vec<String> {
    let requests = story.youtube.requests();
    let ids = requests.iter().filter(|request| request.path.ends_with("/videos"));
    ids.flat_map(|request| request.query.clone())
        .filter(|(name, value)| name == "id" && value != VIDEO)
        .map(|(_, value)| value)
        .collect()
}

/// Waits until the bot has told this chat so many messages that contain this.
async fn told_times(story: &Story, chat: i64, part: &str, times: usize) {
    let count = |story: &tubebell_sim::telegram::TelegramSandbox| {
        story.sent(chat).iter().filter(|message| message.text.contains(part)).count()
    };
    let told = story.telegram.wait_for(|sandbox| count(sandbox) >= times);
    if crate::wait::within_limit(told).await.is_none() {
        panic!("`{part}` is told {} times of {times}", count(&story.telegram));
    }
}

/// An id of no video.
fn unknown(number: i64) -> String {
    format!("zzzz{number:07}")
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_ask_for_more_than_their_share_leave_polling_its_own() {
    const CHATS: i64 = 20;
    let story = Story::quick().await;
    let text = story.config_text().replace("daily_units = 10000000", "daily_units = 300");
    let config = config::parse("test", &text, []).unwrap();
    // Four hours before the units come back: polling has earned most of its share.
    let begun = system_clock()();
    let evening = next_reset(begun).0 - 4 * 3_600_000;
    let ahead_s = Arc::new(AtomicU64::new(0));
    let clock: tubebell::model::Clock = {
        let ahead_s = Arc::clone(&ahead_s);
        Arc::new(move || {
            let passed = system_clock()().0 - begun.0;
            UnixMillis(evening + passed).plus(Duration::from_secs(ahead_s.load(Ordering::Relaxed)))
        })
    };
    let gateway = Gateway::start(&config, clock).await.unwrap();
    story.ask("/watch dQw4w9WgXcQ title; status", "Watching").await;
    for chat in 1..=CHATS {
        story.telegram.user(chat * 1000, "Somebody");
    }
    for number in 0..20 {
        for chat in 1..=CHATS {
            let command = format!("/stats {}", unknown(chat * 100 + number));
            story.telegram.say(chat * 1000, chat * 1000, &command).unwrap();
        }
    }
    for chat in 1..=CHATS {
        told_times(&story, chat * 1000, "", 20).await;
    }
    let refused = (1..=CHATS)
        .flat_map(|chat| story.telegram.sent(chat * 1000))
        .filter(|message| message.text.contains("What people may ask of YouTube today is used up"))
        .count();
    let looks = looked_up(&story).len();
    assert!(looks <= 60 && refused == 400 - looks, "{looks} looks, {refused} refused");
    // A handle says so, too, and the watch stands.
    story.ask("/watch @achannel upload", "What people may ask of YouTube today is used up").await;
    // What is watched is looked at as before.
    story.simulation.edit(|world| world.rename(VIDEO, "Another name")).unwrap();
    ahead_s.store(900, Ordering::Relaxed);
    story.hears("Another name").await;
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_up_a_moment_ago_costs_nothing() {
    let story = Story::quick().await;
    let gateway = story.start().await;
    story.simulation.edit(|world| {
        let video = Video::new("jNQXAC9IVRw", CHANNEL, "Me at the zoo", world.now());
        world.add_video(video.with_counts(10, 1, 0));
    });
    for chat in [1000, 2000, 3000] {
        story.telegram.user(chat, "Somebody");
        for command in ["/stats jNQXAC9IVRw", "/stats zzzzzzzzzzz", "https://youtu.be/zzzzzzzzzzz"]
        {
            story.telegram.say(chat, chat, command).unwrap();
        }
        story.telegram.say(chat, chat, "/watch @nobody-here").unwrap();
        story.telegram.say(chat, chat, "https://www.youtube.com/@achannel").unwrap();
    }
    for chat in [1000, 2000, 3000] {
        told_times(&story, chat, "Me at the zoo", 1).await;
        told_times(&story, chat, "YouTube shows no video", 2).await;
        told_times(&story, chat, "YouTube has no channel", 1).await;
        told_times(&story, chat, "A channel", 1).await;
    }
    let mut looks = looked_up(&story);
    looks.sort();
    assert_eq!(looks, ["jNQXAC9IVRw", "zzzzzzzzzzz"]);
    let handles = || {
        let requests = story.youtube.requests();
        requests.iter().filter(|request| request.path.ends_with("/channels")).count()
    };
    until("both are looked up", async || handles() >= 2).await;
    assert_eq!(handles(), 2);
    over(story, gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_has_so_many_looks_a_day_and_another_has_its_own() {
    let mut story = Story::quick().await;
    story.more = "[limits]\nlooks_per_chat = 3\n".to_owned();
    story.telegram.user(BEN, "Ben");
    story.telegram.group(-100_123, "Our group", &[ANA], &[(7, "Numbers"), (9, "Chatter")]);
    let gateway = story.start().await;
    let refused = "This chat has looked things up 3 times today";
    for number in 1..=3 {
        story.ask(&format!("/stats {}", unknown(number)), "YouTube shows no video").await;
    }
    // What is remembered is no look.
    story.ask(&format!("/stats {}", unknown(3)), "YouTube shows no video").await;
    story.ask(&format!("/stats {}", unknown(4)), refused).await;
    story.ask("/watch dQw4w9WgXcQ views any", refused).await;
    let asks = format!("/stats {}", unknown(4));
    story.ask_as(BEN, BEN, None, &asks, "YouTube shows no video").await;
    // The topics of a group are one chat.
    for (number, thread) in [(5, 7), (6, 9), (7, 7)] {
        let asks = format!("/stats@tubebell_bot {}", unknown(number));
        story.ask_as(ANA, -100_123, Some(thread), &asks, "YouTube shows no video").await;
    }
    let asks = format!("/stats@tubebell_bot {}", unknown(8));
    story.ask_as(ANA, -100_123, Some(9), &asks, refused).await;
    assert_eq!(looked_up(&story).len(), 7, "{:?}", looked_up(&story));
    // The watch that was made without a look rings all the same.
    seen(&gateway).await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    over(story, gateway).await;
}
