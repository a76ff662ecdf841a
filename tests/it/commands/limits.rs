//! What is counted against a chat and its owner, and what a watch without a rule means.

use tubebell::control::{Asker, LookupError};
use tubebell::model::Address;

use super::world::*;

const TOPIC: Address = Address::Telegram { chat: GROUP, thread: Some(7) };

#[tokio::test]
async fn looks_are_asked_for_in_the_name_of_the_chat_whatever_the_topic_and_the_operators_are_not_counted()
 {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Open;
        options.operator = vec![chat(99)];
        options.looks_per_chat = Some(5);
    });
    world.subject("channel:@achannel", "channel:UCuAXFkgsw1L7xaCfnd5JJOw", "A channel", 3);
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    for text in ["/stats dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ", "/watch @achannel"] {
        world.say(text).await;
    }
    world.say_in(ANA, TOPIC, "/stats dQw4w9WgXcQ").await;
    world.say_in(99, chat(99), "/stats dQw4w9WgXcQ").await;
    let asker = |chat: &str, looks_max| Asker { chat: chat.to_owned(), looks_max };
    let ana = asker("telegram:42", Some(5));
    assert_eq!(
        *world.youtube.askers.lock().unwrap(),
        [
            ana.clone(),
            ana.clone(),
            ana,
            asker("telegram:-100123", Some(5)),
            asker("telegram:99", None)
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
