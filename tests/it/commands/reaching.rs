//! Chats that were out of reach, and whatever shows that they are there again.

use std::time::Duration;

use tubebell::control::IncomingKind;
use tubebell::model::Address;
use tubebell::store::{Edit, Edited, Registry, Shared};

use super::world::{ANA, GROUP, VIDEO, World, chat, person};

const BEA: i64 = 7;

fn topic(thread: i32) -> Address {
    Address::Telegram { chat: GROUP, thread: Some(thread) }
}

/// Takes a chat off, with all its topics where none is named.
async fn off(world: &World, destination: Address) {
    let reason = "Forbidden: bot was blocked by the user".to_owned();
    world.store.edit(None, vec![Edit::Disable { destination, reason }], world.now).await.unwrap();
}

async fn is_off(world: &World, address: &Address) -> bool {
    world.store.destination(address).await.unwrap().unwrap().disabled.is_some()
}

#[tokio::test]
async fn anything_that_comes_from_a_chat_brings_it_back_also_what_changes_nothing() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let texts = ["/list", "/test", "/start", "/nonsense", "/stats nope", "hello", "/watch"];
    for text in texts {
        off(&world, chat(ANA)).await;
        world.say(text).await;
        assert!(!is_off(&world, &chat(ANA)).await, "{text}");
    }
    off(&world, chat(ANA)).await;
    world.handle(IncomingKind::Alive { destination: chat(ANA) }).await.unwrap();
    assert!(!is_off(&world, &chat(ANA)).await, "a picture");
    off(&world, chat(ANA)).await;
    world.press(ANA, chat(ANA), "no button of ours").await;
    assert!(!is_off(&world, &chat(ANA)).await, "a button");
    off(&world, chat(ANA)).await;
    world.handle(IncomingKind::Other).await.unwrap();
    assert!(is_off(&world, &chat(ANA)).await, "what is of no chat");
    // It makes nobody known.
    world.handle(IncomingKind::Alive { destination: chat(BEA) }).await.unwrap();
    assert!(world.store.destination(&chat(BEA)).await.unwrap().is_none());
}

#[tokio::test]
async fn too_many_commands_are_refused_and_show_all_the_same_that_the_chat_is_there() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    for _ in 0..30 {
        world.say("/help").await;
    }
    off(&world, chat(ANA)).await;
    assert_eq!(world.say("/help").await, "");
    assert!(!is_off(&world, &chat(ANA)).await);
}

#[tokio::test]
async fn in_a_group_the_talk_of_its_members_is_enough() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await;
    for text in ["good morning", "/list@other_bot", "/mute 1h"] {
        off(&world, chat(GROUP)).await;
        world.say_in(BEA, chat(GROUP), text).await;
        assert!(!is_off(&world, &chat(GROUP)).await, "{text}");
    }
}

#[tokio::test]
async fn a_topic_that_was_deleted_stays_off_while_people_write_elsewhere() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    for place in [topic(7), topic(9), chat(GROUP)] {
        world.say_in(ANA, place, "/watch dQw4w9WgXcQ").await;
    }
    off(&world, topic(9)).await;
    world.say_in(ANA, topic(7), "/list").await;
    world.say_in(ANA, chat(GROUP), "/list").await;
    assert!(is_off(&world, &topic(9)).await);
    world.handle(IncomingKind::Alive { destination: topic(9) }).await.unwrap();
    assert!(!is_off(&world, &topic(9)).await, "it was opened again");

    // Thrown out of the group and back in, without a word of it: the group as a whole is there.
    off(&world, topic(9)).await;
    world.later(1);
    off(&world, chat(GROUP)).await;
    world.say_in(BEA, topic(7), "good morning").await;
    for (place, expected) in [(topic(7), false), (chat(GROUP), false), (topic(9), true)] {
        assert_eq!(is_off(&world, &place).await, expected, "{place}");
    }
    // Rights given back are the whole group's, and it costs one message to find out about the rest.
    let rights = IncomingKind::Membership {
        chat: chat(GROUP),
        private: false,
        by: Some(person(ANA)),
        reachable: true,
        reason: String::new(),
    };
    world.handle(rights).await.unwrap();
    assert!(!is_off(&world, &topic(9)).await);
}

#[tokio::test]
async fn whoever_asks_whether_it_works_is_told_that_it_did_not_and_since_when() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    for text in ["/test", "/list", "/start"] {
        off(&world, chat(ANA)).await;
        world.later(3600);
        let answer = world.say(text).await;
        assert!(answer.contains("Ringing again. Since Sat 21 Nov 2026"), "{text}: {answer}");
        assert!(answer.contains("bot was blocked by the user"), "{text}: {answer}");
        let again = world.say(text).await;
        assert!(!again.contains("Ringing again"), "{text}: {again}");
    }
}

#[tokio::test]
async fn lifting_the_silence_of_a_chat_lifts_that_of_its_watches() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    let other = "jNQXAC9IVRw";
    let snapshot = super::world::snapshot(other, "Me at the zoo");
    world.youtube.videos.lock().unwrap().insert(other.parse().unwrap(), snapshot);
    world.say(&format!("/watch {other}")).await;
    let silent = async |world: &World| {
        let rows = world.watches(chat(ANA)).await;
        rows.iter().filter(|row| row.muted_until.is_some()).count()
    };
    for (lift, silenced) in [("/mute off", 2), ("/unmute", 1)] {
        world.say("/mute 24h").await;
        world.say("/mute 1h 1").await;
        if silenced == 2 {
            let id = world.watches(chat(ANA)).await[1].id;
            world.press(ANA, chat(ANA), &format!("mute:24h:{id}")).await;
        }
        assert_eq!(silent(&world).await, silenced);
        let answer = world.say(lift).await;
        let (count, word) = if silenced == 1 { (1, "watch.") } else { (2, "watches.") };
        assert!(answer.contains("Ringing again"), "{answer}");
        assert!(answer.contains(&format!("the silence of {count} {word}")), "{answer}");
        assert_eq!(silent(&world).await, 0, "{lift}");
    }
    assert!(!world.say("/mute off").await.contains("the silence of"));
    // What is over needs no lifting.
    world.say("/mute 1h 1").await;
    world.later(2 * 3600);
    assert!(!world.say("/mute off").await.contains("the silence of"));
}

#[tokio::test]
async fn one_watch_that_rings_again_in_a_chat_that_is_silent_is_said_to_do_so_later() {
    let mut world = World::open();
    world.say("/watch dQw4w9WgXcQ").await;
    world.say("/mute 24h").await;
    world.say("/mute 1h 1").await;
    let answer = world.say("/unmute 1").await;
    assert!(answer.contains("the whole chat is silent until Sun 22 Nov 2026, 13:03"), "{answer}");
    let row = &world.watches(chat(ANA)).await[0];
    assert_eq!(row.muted_until, None);
    assert!(row.destination.muted_until.is_some(), "the chat was not meant");
    assert!(!world.say("/mute off").await.contains("whole chat"));
}

/// A group that became a supergroup, with messages from before.
async fn moved(old: i64, new: i64) -> World {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().extend([(old, ANA), (new, ANA)]);
    world.say_in(ANA, chat(old), "/watch dQw4w9WgXcQ").await;
    world
}

async fn migrate(world: &mut World, old: i64, new: i64) {
    // Telegram knows no administrators of the old chat any more.
    world.youtube.administrators.lock().unwrap().remove(&(old, ANA));
    world.handle(IncomingKind::Migrated { from: chat(old), to: chat(new) }).await.unwrap();
}

#[tokio::test]
async fn buttons_from_before_a_groups_move_act_on_the_watch_where_it_is() {
    let (old, new) = (-5, -100_500);
    let mut world = moved(old, new).await;
    let id = world.watches(chat(old)).await[0].id;
    migrate(&mut world, old, new).await;
    let until = world.now.plus(Duration::from_secs(3600));
    assert_eq!(
        world.press(ANA, chat(old), &format!("mute:1h:{id}")).await,
        "Silent for 1 hour: Never Gonna Give You Up"
    );
    assert_eq!(world.watches(chat(new)).await[0].muted_until, Some(until));
    assert!(world.press(BEA, chat(old), &format!("stop:{id}")).await.contains("Only admin"));
    let toast = world.press(ANA, chat(old), &format!("watch:video:{VIDEO}")).await;
    assert_eq!(toast, "Watching");
    assert_eq!(world.watches(chat(new)).await.len(), 1);
    // The list that it would turn stands where nothing can be changed.
    let (sent, edits) = (world.sent(), world.chats.edits.lock().unwrap().len());
    world.press(ANA, chat(old), "list:1").await;
    assert_eq!(world.chats.edits.lock().unwrap().len(), edits);
    assert!(world.said_since(sent).contains("You watch 1"));
    assert_eq!(world.chats.messages.lock().unwrap().last().unwrap().0, chat(new));
    assert_eq!(
        world.press(ANA, chat(old), &format!("stop:{id}")).await,
        "No longer watching Never Gonna Give You Up."
    );
    assert!(world.watches(chat(new)).await.is_empty());
    // A stranger's chat is no way in.
    let toast = world.press(8, chat(8), &format!("stop:{id}")).await;
    assert!(toast.contains("not one of this chat"), "{toast}");
}

#[tokio::test]
async fn buttons_of_a_watch_that_became_its_twins_act_on_the_twin() {
    let (old, new) = (-5, -100_500);
    let mut world = moved(old, new).await;
    world.say_in(ANA, chat(new), "/watch dQw4w9WgXcQ").await;
    let ids = [world.watches(chat(old)).await[0].id, world.watches(chat(new)).await[0].id];
    migrate(&mut world, old, new).await;
    let rows = world.watches(chat(new)).await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[1]]);
    for (id, place) in [(ids[0], old), (ids[0], new), (ids[1], old)] {
        let toast = world.press(ANA, chat(place), &format!("less:{id}")).await;
        assert!(toast.starts_with("From now on at most"), "{toast}");
    }
    assert_eq!(world.watches(chat(new)).await[0].settings.at_most_s, Some(21_600));
}

#[tokio::test]
async fn a_destination_is_made_on_together_with_what_went_off_with_it() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    for place in [topic(7), topic(9)] {
        world.say_in(ANA, place, "/watch dQw4w9WgXcQ").await;
    }
    off(&world, chat(GROUP)).await;
    let alive = Edit::Alive { destination: topic(7) };
    let done = world.store.edit(None, vec![alive.clone(), alive], world.now).await.unwrap();
    // The two topics, and the group that they are in.
    assert_eq!(done.unwrap(), [Edited::Done(3), Edited::Done(0)]);
}
