//! How often people of a group are answered: nobody uses up another's share.

use tubebell::control::{AccessMode, Author, IncomingKind};

use super::world::{ANA, GROUP, World, chat};

const BEA: i64 = 7;

/// A bot in a group of Ana's with one watch.
async fn world() -> World {
    let mut world = World::with(|options| options.access = AccessMode::Open);
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await;
    world
}

impl World {
    /// How many of so many commands of somebody are answered with something else than a wish to slow down.
    async fn answered(&mut self, user: i64, text: &str, count: usize) -> usize {
        let mut answered = 0;
        for _ in 0..count {
            let answer = self.say_in(user, chat(GROUP), text).await;
            answered += usize::from(!answer.is_empty() && !answer.contains("Too many commands"));
        }
        answered
    }
}

#[tokio::test]
async fn a_member_who_asks_without_end_silences_no_administrator() {
    for text in ["/list", "/mute 1h", "/nonsense@bell_bot", "@bell_bot dQw4w9WgXcQ", "/watch"] {
        let mut world = world().await;
        let id = world.watches(chat(GROUP)).await[0].id;
        assert!(world.answered(BEA, text, 150).await <= 20, "{text}");
        for _ in 0..150 {
            world.press_in_vain(BEA, chat(GROUP), &format!("stop:{id}")).await;
        }
        let answer = world.say_in(ANA, chat(GROUP), "/mute 1h").await;
        assert!(answer.contains("Silent until"), "{text}: {answer}");
        let toast = world.press(ANA, chat(GROUP), &format!("stop:{id}")).await;
        assert_eq!(toast, "No longer watching Never Gonna Give You Up.", "{text}");
    }
}

#[tokio::test]
async fn members_who_ask_for_what_anybody_may_keep_no_administrator_waiting() {
    let mut world = world().await;
    for member in 100..120 {
        world.answered(member, "/help", 20).await;
    }
    let answer = world.say_in(ANA, chat(GROUP), "/mute 1h").await;
    assert!(answer.contains("Silent until"), "{answer}");
}

#[tokio::test]
async fn what_anybody_may_ask_for_is_answered_so_often_a_minute_in_a_group() {
    let mut world = world().await;
    let mut answers = 0;
    for member in 100..110 {
        answers += world.answered(member, "/help", 3).await;
        // A refusal is an answer that anybody may have.
        answers += world.answered(member, "/unwatch 1", 3).await;
    }
    assert_eq!(answers, 20);
    let before = world.sent();
    world.answered(110, "/help", 3).await;
    assert_eq!(world.sent(), before, "to slow down is said once");
    assert!(world.say_in(ANA, chat(GROUP), "/mute off").await.contains("Ringing again"));
    // Other chats have their own, and so has the next minute.
    assert!(!world.say("/help").await.is_empty());
    world.later(60);
    assert_eq!(world.answered(110, "/help", 1).await, 1);
}

#[tokio::test]
async fn an_administrators_commands_take_nothing_from_what_others_may_ask_for() {
    let mut world = world().await;
    assert_eq!(world.answered(ANA, "/settings at most 15m", 19).await, 19);
    assert_eq!(world.answered(BEA, "/list", 20).await, 20);
}

#[tokio::test]
async fn a_crowd_is_answered_so_often_however_many_it_is() {
    let mut world = world().await;
    let asked = |world: &World| *world.youtube.asked.lock().unwrap();
    let before = asked(&world);
    for member in 1_000..1_300 {
        world.say_in(member, chat(GROUP), "/mute 1h").await;
    }
    let asked = asked(&world) - before;
    assert!(asked <= 200, "Telegram was asked {asked} times who is an administrator");
    assert!(!world.say("/help").await.is_empty(), "others are not slowed");
}

#[tokio::test]
async fn members_who_order_what_they_may_not_keep_no_administrator_waiting() {
    let mut world = world().await;
    for _ in 0..20 {
        for member in 100..130 {
            world.say_in(member, chat(GROUP), "/mute 1h").await;
        }
    }
    assert!(world.say_in(ANA, chat(GROUP), "/mute off").await.contains("Ringing again"));
    // Whoever is made an administrator is one within a minute.
    world.youtube.administrators.lock().unwrap().insert((GROUP, 100));
    world.later(60);
    assert!(world.say_in(100, chat(GROUP), "/mute off").await.contains("Ringing again"));
}

#[tokio::test]
async fn whoever_writes_as_a_channel_takes_nothing_from_anonymous_administrators() {
    let mut world = world().await;
    let write = |author: Author| IncomingKind::Message {
        destination: chat(GROUP),
        private: false,
        author,
        text: "/mute 1h".to_owned(),
        is_passed_on: false,
    };
    for _ in 0..40 {
        world.handle(write(Author::OtherChat("-100999".to_owned()))).await.unwrap();
    }
    let before = world.sent();
    world.handle(write(Author::Chat)).await.unwrap();
    assert!(world.said_since(before).contains("Silent until"));
}
