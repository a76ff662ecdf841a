//! Who stands behind a group: it counts for whoever brought it in, whatever the mode.

use std::time::Duration;

use tubebell::control::{AccessMode, ControlOptions, IncomingKind};
use tubebell::model::{Address, Owner};
use tubebell::store::{Housekeeping, Registry, Retention, Shared};

use super::world::{ANA, GROUP, World, chat, person, snapshot};

const BEA: i64 = 7;
const IDS: [&str; 3] = ["aaaaaaaaaaa", "bbbbbbbbbbb", "ccccccccccc"];
const DAY: Duration = Duration::from_secs(86_400);

fn group(number: i64) -> i64 {
    -1_000 - number
}

/// A bot that Ana and Bea may use; both are administrators of all groups.
fn world(change: impl FnOnce(&mut ControlOptions)) -> World {
    let world = World::with(|options| {
        options.allow = vec![chat(ANA), chat(BEA)];
        change(options);
    });
    for id in IDS {
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), snapshot(id, id));
    }
    let groups = (0..100).map(group).chain([GROUP]);
    let admins = groups.flat_map(|group| [(group, ANA), (group, BEA)]);
    world.youtube.administrators.lock().unwrap().extend(admins);
    world
}

/// The bot is added to a group, or removed from it.
fn membership(group: i64, by: i64, reachable: bool) -> IncomingKind {
    IncomingKind::Membership {
        chat: chat(group),
        private: false,
        by: Some(person(by)),
        reachable,
        reason: "the bot was removed".to_owned(),
    }
}

impl World {
    async fn add_to(&mut self, group: i64, by: i64) -> String {
        let before = self.sent();
        self.handle(membership(group, by, true)).await.unwrap();
        self.said_since(before)
    }

    async fn brought_by(&self, group: i64) -> Option<Address> {
        self.store.person(&chat(group)).await.unwrap().and_then(|row| row.brought_by)
    }

    /// The chats that are in.
    async fn people(&self) -> usize {
        self.store.people(None, 1_000, self.now).await.unwrap().len()
    }

    async fn sweep(&self) {
        let keep = Retention { statistics: 30 * DAY, alerts: 7 * DAY };
        while self.store.sweep(keep, self.now).await.unwrap() {}
    }
}

#[tokio::test]
async fn what_groups_watch_counts_for_whoever_brought_them_in_whatever_the_mode() {
    for mode in [AccessMode::Invite, AccessMode::Open, AccessMode::Allowlist] {
        let mut world = world(|options| {
            options.access = mode;
            options.actions.watches_per_owner = 2;
        });
        world.say("/watch aaaaaaaaaaa").await;
        let topic = Address::Telegram { chat: group(1), thread: Some(5) };
        let answer = world.say_in(ANA, topic, "/watch bbbbbbbbbbb").await;
        assert!(answer.contains("Watching"), "{mode:?}: {answer}");
        for place in [chat(group(1)), chat(group(2))] {
            let answer = world.say_in(ANA, place, "/watch ccccccccccc").await;
            let told = "with the other chats of whoever brought it in, has 2 watches";
            assert!(answer.contains(told), "{mode:?}: {answer}");
        }
        let answer = world.say("/watch ccccccccccc").await;
        assert!(
            answer.contains("with the groups that you brought in, has 2"),
            "{mode:?}: {answer}"
        );
        assert!(world.say("/list").await.contains("You watch 1 of 1 possible"), "{mode:?}");
        // Another administrator of such a group, who may use the bot too, has an own share elsewhere.
        let answer = world.say_in(BEA, chat(group(1)), "/watch ccccccccccc").await;
        assert!(answer.contains("has 2 watches"), "{mode:?}: {answer}");
        let answer = world.say_in(BEA, chat(group(3)), "/watch ccccccccccc").await;
        assert!(answer.contains("Watching"), "{mode:?}: {answer}");
        assert_eq!(world.brought_by(group(3)).await, Some(chat(BEA)), "{mode:?}");
        assert_eq!(
            world.store.watches_of_owner(&Owner::of(&chat(BEA))).await.unwrap(),
            1,
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn videos_of_groups_count_for_whoever_brought_them_in() {
    let mut world = world(|options| options.actions.videos_per_owner = 1);
    world.say_in(ANA, chat(GROUP), "/watch aaaaaaaaaaa").await;
    let answer = world.say("/watch bbbbbbbbbbb").await;
    assert!(answer.contains("too many videos") && answer.contains("0 are left"), "{answer}");
}

#[tokio::test]
async fn a_person_brings_twenty_groups_in_and_the_next_is_told_what_to_do_and_leaves_no_row() {
    for mode in [AccessMode::Invite, AccessMode::Open] {
        let mut world = world(|options| options.access = mode);
        for number in 0..20 {
            assert!(world.add_to(group(number), ANA).await.contains("I ring when"), "{number}");
        }
        let added = world.add_to(group(20), ANA).await;
        let written = world.say_in(ANA, chat(group(20)), "/watch aaaaaaaaaaa").await;
        for answer in [added, written] {
            assert!(answer.contains("You have me in 20 groups"), "{mode:?}: {answer}");
            assert!(answer.contains("remove me there"), "{mode:?}: {answer}");
        }
        let toast = world.press(ANA, chat(group(20)), "watch:video:aaaaaaaaaaa").await;
        assert!(toast.contains("20 groups") && toast.chars().count() <= 200, "{toast}");
        assert!(world.store.destination(&chat(group(20))).await.unwrap().is_none());
        assert_eq!(world.people().await, 20, "{mode:?}");
        // Who has room brings it in, and so has Ana again, once she has removed the bot somewhere.
        assert!(world.add_to(group(20), BEA).await.contains("I ring when"));
        world.handle(membership(group(0), ANA, false)).await.unwrap();
        assert!(world.add_to(group(21), ANA).await.contains("I ring when"));
    }
}

#[tokio::test]
async fn the_operators_groups_have_no_limit() {
    let mut world = world(|options| {
        options.operator = vec![chat(ANA)];
        options.actions.watches_per_owner = 1;
    });
    for number in 0..25 {
        assert!(world.add_to(group(number), ANA).await.contains("I ring when"), "{number}");
    }
    for id in IDS {
        let answer = world.say_in(ANA, chat(group(24)), &format!("/watch {id}")).await;
        assert!(answer.contains("Watching"), "{answer}");
    }
    assert_eq!(world.store.watches_of_owner(&Owner::Operator).await.unwrap(), 3);
}

#[tokio::test]
async fn a_group_of_before_counts_for_itself() {
    let mut world = world(|options| options.actions.watches_per_owner = 1);
    let db = rusqlite::Connection::open(&world.path).unwrap();
    db.execute("INSERT INTO person (id, kind, since) VALUES (7, 'group', 0)", []).unwrap();
    let address = chat(GROUP).to_string();
    db.execute("INSERT INTO identity (address, person) VALUES (?1, 7)", [address]).unwrap();
    world.say("/watch aaaaaaaaaaa").await;
    assert!(world.say_in(ANA, chat(GROUP), "/watch aaaaaaaaaaa").await.contains("Watching"));
    let answer = world.say_in(ANA, chat(GROUP), "/watch bbbbbbbbbbb").await;
    assert!(answer.contains("This chat has 1 watches"), "{answer}");
    assert_eq!(world.store.watches_of_owner(&Owner::of(&chat(GROUP))).await.unwrap(), 1);
    assert_eq!(world.brought_by(GROUP).await, None);
}

#[tokio::test]
async fn adding_the_bot_to_group_after_group_leaves_no_rows_behind() {
    for mode in [AccessMode::Invite, AccessMode::Open] {
        let mut world = world(|options| options.access = mode);
        for number in 0..100 {
            assert!(world.add_to(group(number), ANA).await.contains("I ring when"), "{number}");
            world.handle(membership(group(number), ANA, false)).await.unwrap();
        }
        assert_eq!(world.people().await, 0, "{mode:?}");
    }
}

#[tokio::test]
async fn a_group_that_is_gone_stays_until_its_last_watch_has_ended() {
    let mut world = world(|_| {});
    world.say_in(ANA, chat(GROUP), "/watch aaaaaaaaaaa").await;
    world.say_in(ANA, chat(group(1)), "/settings at most 15m").await;
    world.handle(membership(GROUP, ANA, false)).await.unwrap();
    world.sweep().await;
    assert_eq!(world.brought_by(GROUP).await, Some(chat(ANA)), "added again, it goes on");
    let db = rusqlite::Connection::open(&world.path).unwrap();
    let until = world.now.0;
    db.execute("UPDATE subscription SET until = ?1", [until]).unwrap();
    world.sweep().await;
    world.sweep().await;
    assert!(!world.store.is_admitted(&chat(GROUP)).await.unwrap());
    // A group without watches in which the bot still is stays in, also when its chat is forgotten.
    db.execute("UPDATE destination SET settings = '{}'", []).unwrap();
    for _ in 0..3 {
        world.later(8 * 86_400);
        world.sweep().await;
    }
    assert!(world.store.destination(&chat(group(1))).await.unwrap().is_none());
    assert_eq!(world.brought_by(group(1)).await, Some(chat(ANA)));
    world.say_in(BEA, chat(group(1)), "/watch aaaaaaaaaaa").await;
    assert_eq!(
        world.store.watches_of_owner(&Owner::of(&chat(ANA))).await.unwrap(),
        1,
        "it is Ana's"
    );
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_keeps_who_stands_behind_it_though_nothing_is_watched() {
    let mut world = world(|_| {});
    world.add_to(group(1), ANA).await;
    let db = rusqlite::Connection::open(&world.path).unwrap();
    db.execute("DELETE FROM destination", []).unwrap();
    db.execute("DELETE FROM lane", []).unwrap();
    // The new one may be seen before it is said that it is the old one.
    world.add_to(group(2), BEA).await;
    let moved = IncomingKind::Migrated { from: chat(group(1)), to: chat(group(2)) };
    world.handle(moved).await.unwrap();
    assert_eq!(world.brought_by(group(2)).await, Some(chat(ANA)));
    assert!(!world.store.is_admitted(&chat(group(1))).await.unwrap());
}
