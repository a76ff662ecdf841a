//! What is counted against a chat and its owner, and what a watch without a rule means.

use tubebell::control::{Asker, LookupError};
use tubebell::model::{Address, Owner};
use tubebell::store::Shared;

use super::world::*;

/// No administrator of the group.
const BEN: i64 = 5;

const TOPIC: Address = Address::Telegram { chat: GROUP, thread: Some(7) };

#[tokio::test]
async fn looks_are_asked_for_in_the_name_of_the_chat_and_its_owner_whatever_the_topic_and_the_operators_are_not_counted()
 {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Open;
        options.operator = vec![chat(99)];
        options.actions.looks_per_chat = Some(5);
    });
    world.subject("channel:@achannel", "channel:UCuAXFkgsw1L7xaCfnd5JJOw", "A channel", 3);
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    for text in ["/stats dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ", "/watch @achannel"] {
        world.say(text).await;
    }
    world.say_in(ANA, TOPIC, "/stats dQw4w9WgXcQ").await;
    world.say_in(99, chat(99), "/stats dQw4w9WgXcQ").await;
    let asker = |chat: &str, owner, looks_max| Asker { chat: chat.to_owned(), owner, looks_max };
    let owner = Owner::of(&chat(ANA));
    let ana = asker("telegram:42", owner.clone(), Some(5));
    assert_eq!(
        *world.youtube.askers.lock().unwrap(),
        [
            ana.clone(),
            ana.clone(),
            ana,
            asker("telegram:-100123", owner, Some(5)),
            asker("telegram:99", Owner::Operator, None)
        ]
    );
}

#[tokio::test]
async fn who_can_not_look_now_is_told_why_and_until_when() {
    let mut world = World::open();
    let until = NOW.plus(std::time::Duration::from_secs(3600));
    for (error, told) in [
        (
            LookupError::ShareUsedUp { until },
            "What people may ask of YouTube today is used up; there is more on Sat 21 Nov 2026, 14:03 (UTC). What is watched is looked at as before.",
        ),
        (
            LookupError::ChatUsedUp { looks_max: 200, until },
            "This chat has looked things up 200 times today, as often as it may; it may again on Sat 21 Nov 2026, 14:03 (UTC).",
        ),
        (
            LookupError::OwnerUsedUp { looks_max: 1000, until },
            "This chat, with the groups that you brought in, has looked things up 1000 times today, as often as they may together; they may again on Sat 21 Nov 2026, 14:03 (UTC).",
        ),
    ] {
        world.fails_with(Some(error));
        for command in ["/stats dQw4w9WgXcQ", "/watch dQw4w9WgXcQ views any"] {
            let answer = world.say(command).await;
            assert!(answer.contains(told), "{command}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_channel_or_playlist_without_a_rule_rings_for_uploads_and_a_video_for_what_it_always_did()
{
    let mut world = World::open();
    world.subject("channel:@achannel", "channel:UCuAXFkgsw1L7xaCfnd5JJOw", "A channel", 3);
    let list = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf";
    world.subject(&format!("playlist:{list}"), &format!("playlist:{list}"), "A list", 3);
    let uploads = ["upload", "views milestones", "likes milestones", "comments milestones"];
    for command in ["/watch @achannel".to_owned(), format!("/watch {list}")] {
        let before = world.rules(chat(ANA)).await.len();
        world.say(&command).await;
        assert_eq!(world.rules(chat(ANA)).await[before..], uploads, "{command}");
    }
    world.say("/watch dQw4w9WgXcQ").await;
    assert_eq!(world.rules(chat(ANA)).await[8..], ["views any", "likes any", "comments any"]);
    let refused = world.say("/watch dQw4w9WgXcQ uploads").await;
    assert!(refused.contains("upload tells of new videos"), "{refused}");
}

#[tokio::test]
async fn presses_without_an_effect_are_answered_five_times_a_minute_and_then_not() {
    let mut world = World::open();
    let group = Address::Telegram { chat: GROUP, thread: None };
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, group.clone(), "/watch dQw4w9WgXcQ views any").await;
    let stop = format!("stop:{}", world.watches(group.clone()).await[0].id.0);
    let refused = "Only administrators of this chat can change what rings here.";
    for press in 1..=12 {
        let toast = world.press_in_vain(BEN, group.clone(), &stop).await;
        assert_eq!(toast.as_deref(), (press <= 5).then_some(refused), "press {press}");
    }
    // Others are answered, and so is Ben when he has calmed down.
    assert_eq!(
        world.press(ANA, group.clone(), &stop).await,
        "No longer watching Never Gonna Give You Up."
    );
    world.later(61);
    assert!(world.press_in_vain(BEN, group.clone(), &stop).await.is_some());
}

#[tokio::test]
async fn a_stranger_who_presses_on_is_answered_five_times_a_minute() {
    let mut world = World::with(|options| options.access = tubebell::control::AccessMode::Invite);
    let mut answered = 0;
    for _ in 0..30 {
        answered += usize::from(world.press_in_vain(BEN, chat(BEN), "list:1").await.is_some());
    }
    assert_eq!(answered, 5);
}

#[tokio::test]
async fn so_many_topics_of_a_chat_are_known_and_whatever_rings_there_goes_on() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    let topic = |number| Address::Telegram { chat: GROUP, thread: Some(number) };
    for number in 1..=105 {
        let answer = world.say_in(ANA, topic(number), "/settings at most 15m").await;
        let (wanted, refused) = ("at most one message", "in 100 topics of this chat");
        assert!(answer.contains(if number > 100 { refused } else { wanted }), "{number}: {answer}");
        world.later(60);
    }
    let answer = world.say_in(ANA, topic(101), "/watch dQw4w9WgXcQ").await;
    assert!(answer.contains("in 100 topics"), "{answer}");
    assert!(world.store.destination(&topic(101)).await.unwrap().is_none());
    let answer = world.say_in(ANA, topic(7), "/watch dQw4w9WgXcQ").await;
    assert!(answer.contains("Never Gonna Give You Up"), "{answer}");
    let answer = world.say_in(ANA, chat(GROUP), "/mute 1h").await;
    assert!(answer.contains("Silent until"), "{answer}");
}

#[tokio::test]
async fn a_chat_makes_so_many_invitations_a_day_also_over_a_restart() {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Invite;
        options.allow = vec![chat(ANA)];
    });
    for number in 1..=21 {
        let answer = world.say("/invite").await;
        assert_eq!(answer.contains("enough for one day"), number > 20, "{number}: {answer}");
        world.later(60);
    }
    world.restart();
    assert!(world.say("/invite").await.contains("enough for one day"));
    world.later(86_400 - 21 * 60);
    assert!(!world.say("/invite").await.contains("enough for one day"));
}
