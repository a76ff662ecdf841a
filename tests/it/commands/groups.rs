//! Groups, topics, and chats that come, go and move.

use tubebell::control::{Author, IncomingKind, LookupError};
use tubebell::model::{Address, Owner};
use tubebell::store::{Registry, Shared};

use super::world::{ANA, GROUP, World, chat, person};

const BEA: i64 = 7;

fn with_admin() -> World {
    let world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world
}

#[tokio::test]
async fn in_a_group_only_administrators_change_what_rings() {
    let mut world = with_admin();
    for text in [
        "/watch dQw4w9WgXcQ",
        "/unwatch 1",
        "/mute 1h",
        "/unmute",
        "/quiet 22:00-08:00",
        "/settings at most 15m",
        "/test",
    ] {
        let answer = world.say_in(BEA, chat(GROUP), text).await;
        assert!(answer.contains("Only administrators"), "{text}: {answer}");
    }
    assert!(world.store.destination(&chat(GROUP)).await.unwrap().is_none());
    assert!(world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await.contains("Watching"));
    for text in [
        "/list",
        "/why 1",
        "/stats 1",
        "/help",
        "/rules",
        "/rules 1",
        "/settings",
        "/quiet",
        "/start",
    ] {
        let answer = world.say_in(BEA, chat(GROUP), text).await;
        assert!(!answer.is_empty() && !answer.contains("Only administrators"), "{text}: {answer}");
    }
}

#[tokio::test]
async fn an_anonymous_administrator_is_one_and_a_linked_channel_is_none() {
    let mut world = with_admin();
    let write = |author: Author| IncomingKind::Message {
        destination: chat(GROUP),
        private: false,
        author,
        text: "/watch dQw4w9WgXcQ".to_owned(),
        is_passed_on: false,
    };
    // A group counts for somebody, so it is not brought in by whom nobody sees.
    let before = world.sent();
    world.handle(write(Author::Chat)).await.unwrap();
    let answer = world.said_since(before);
    assert!(answer.contains("I can't see who you are"), "{answer}");
    assert!(world.store.destination(&chat(GROUP)).await.unwrap().is_none());
    world.say_in(ANA, chat(GROUP), "/settings at most 15m").await;
    world.handle(write(Author::OtherChat("-100999".to_owned()))).await.unwrap();
    assert!(world.watches(chat(GROUP)).await.is_empty());
    world.handle(write(Author::Chat)).await.unwrap();
    assert_eq!(world.watches(chat(GROUP)).await.len(), 1);
}

#[tokio::test]
async fn who_can_not_be_known_to_be_an_administrator_is_none() {
    let mut world = with_admin();
    world.fails_with(Some(LookupError::Unreachable("timed out".to_owned())));
    let answer = world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await;
    assert!(answer.contains("can't find out just now"), "{answer}");
    assert!(world.watches(chat(GROUP)).await.is_empty());
}

#[tokio::test]
async fn what_people_say_to_each_other_is_not_answered() {
    let mut world = with_admin();
    for text in [
        "hello",
        "https://youtu.be/dQw4w9WgXcQ",
        "/wacth x",
        "/watch@other_bot x",
        "mail@bell_bots",
    ] {
        assert_eq!(world.say_in(ANA, chat(GROUP), text).await, "", "{text}");
    }
    let answer =
        world.say_in(BEA, chat(GROUP), "@Bell_Bot, what of https://youtu.be/dQw4w9WgXcQ ?").await;
    assert!(answer.contains("Shall I watch it?"), "{answer}");
    let answer = world.say_in(ANA, chat(GROUP), "/wacth@bell_bot x").await;
    assert!(answer.contains("Did you mean /watch?"), "{answer}");
    assert!(world.press(BEA, chat(GROUP), "watch:video:dQw4w9WgXcQ").await.contains("Only admin"));
    assert_eq!(world.press(ANA, chat(GROUP), "watch:video:dQw4w9WgXcQ").await, "Watching");
}

#[tokio::test]
async fn a_topic_is_a_destination_of_its_own() {
    let mut world = with_admin();
    let topic = Address::Telegram { chat: GROUP, thread: Some(9) };
    world.say_in(ANA, topic.clone(), "/watch dQw4w9WgXcQ").await;
    assert_eq!(world.watches(topic.clone()).await.len(), 1);
    assert!(world.watches(chat(GROUP)).await.is_empty());
    assert_eq!(world.chats.messages.lock().unwrap().last().unwrap().0, topic);
    assert_eq!(world.store.watches_of_owner(&Owner::of(&chat(ANA))).await.unwrap(), 1);

    let gone = IncomingKind::Membership {
        chat: chat(GROUP),
        private: false,
        by: None,
        reachable: false,
        reason: "the bot was removed".to_owned(),
    };
    world.handle(gone).await.unwrap();
    let home = world.store.destination(&topic).await.unwrap().unwrap();
    assert_eq!(home.disabled.as_deref(), Some("the bot was removed"));
}

#[tokio::test]
async fn a_block_silences_and_an_unblock_brings_back() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let change = |reachable| IncomingKind::Membership {
        chat: chat(ANA),
        private: true,
        by: Some(person(ANA)),
        reachable,
        reason: "blocked".to_owned(),
    };
    let before = world.sent();
    world.handle(change(false)).await.unwrap();
    let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
    assert_eq!(home.disabled.as_deref(), Some("blocked"));
    world.handle(change(true)).await.unwrap();
    let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
    assert_eq!(home.disabled, None);
    assert_eq!(world.sent(), before);
    // Nobody has said yet that it rings again, and why it did not.
    let answer = world.say("/list").await;
    assert!(answer.contains("Ringing again") && answer.contains("blocked"), "{answer}");
    assert!(!world.say("/list").await.contains("Ringing again"), "once is enough");
    world.handle(change(false)).await.unwrap();
    world.handle(IncomingKind::Alive { destination: chat(ANA) }).await.unwrap();
    assert!(world.say("/test").await.contains("Ringing again"), "a picture says nothing");
    world.handle(change(false)).await.unwrap();
    world.say("/mute off").await;
    let home = world.store.destination(&chat(ANA)).await.unwrap().unwrap();
    assert_eq!(home.disabled, None, "whoever writes can be reached");
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_keeps_its_watches() {
    let mut world = World::open();
    let (old, new) = (chat(-5), chat(-100_500));
    world.youtube.administrators.lock().unwrap().extend([(-5, ANA), (-100_500, ANA)]);
    world.say_in(ANA, old.clone(), "/watch dQw4w9WgXcQ").await;
    for _ in 0..2 {
        let moved = IncomingKind::Migrated { from: old.clone(), to: new.clone() };
        world.handle(moved).await.unwrap();
    }
    assert_eq!(world.watches(new.clone()).await.len(), 1);
    assert_eq!(world.store.watches_of_owner(&Owner::of(&chat(ANA))).await.unwrap(), 1);
    let row = world.store.person(&new).await.unwrap().unwrap();
    assert_eq!(row.brought_by, Some(chat(ANA)));
    assert!(!world.store.is_admitted(&old).await.unwrap());
    assert!(world.say_in(ANA, new, "/unwatch 1").await.contains("No longer watching"));
    let unknown = IncomingKind::Migrated { from: chat(-6), to: chat(-100_600) };
    world.handle(unknown).await.unwrap();
    assert!(world.store.destination(&chat(-100_600)).await.unwrap().is_none());
}
