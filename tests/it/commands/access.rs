//! Who is answered, and how often.

use std::sync::Arc;

use tubebell::control::{AccessMode, INVITATION_LIFE, IncomingKind, invitation};
use tubebell::model::{InvitationLink, Owner};
use tubebell::store::{Edit, Edited, Registry, Shared};

use super::world::{ANA, GROUP, NOW, World, chat, person};

const BEA: i64 = 7;

async fn invited(world: &World) -> String {
    let (code, edit) = invitation(Owner::Operator, world.now);
    world.store.edit(None, vec![edit], world.now).await.unwrap();
    code
}

async fn with_ana() -> World {
    let mut world = World::with(|_| {});
    let code = invited(&world).await;
    assert!(world.say(&format!("/start {code}")).await.contains("Welcome"));
    world
}

#[tokio::test]
async fn an_invitation_lets_one_person_in_who_can_invite_others() {
    let mut world = with_ana().await;
    assert!(world.say("/watch dQw4w9WgXcQ").await.contains("Watching"));
    assert!(world.say("/start again").await.contains("You have 1 running"));
    let answer = world.say("/invite").await;
    assert!(answer.contains("It works once") && answer.contains("28 Nov 2026"), "{answer}");
    let html = world.last_message().html;
    let code = html.split("start=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(html.contains(&InvitationLink::TELEGRAM.to("bell_bot", &code)), "{html}");
    assert!(world.say_in(BEA, chat(BEA), &format!("/start {code}")).await.contains("Welcome"));
    assert!(world.say_in(BEA, chat(BEA), "/list").await.contains("You watch nothing yet"));
    let again = world.say_in(8, chat(8), &format!("/start {code}")).await;
    assert!(again.contains("unknown, used or too old"), "{again}");
    assert!(!world.store.is_admitted(&chat(8)).await.unwrap());
}

#[tokio::test]
async fn an_invitation_that_is_none_is_said_to_be_none_and_not_for_ever() {
    let mut world = World::with(|_| {});
    let late = invited(&world).await;
    world.now = NOW.plus(INVITATION_LIFE);
    for code in [late.as_str(), "nonsense", "n*nsense", &"x".repeat(65)] {
        let answer = world.say(&format!("/start {code}")).await;
        assert!(answer.contains("unknown, used or too old"), "{code}: {answer}");
    }
    let mut answers = 0;
    for guess in 0..100 {
        answers += usize::from(!world.say(&format!("/start guess{guess}")).await.is_empty());
    }
    assert_eq!(answers, 6);
    world.later(3600);
    let code = invited(&world).await;
    assert!(world.say(&format!("/start {code}")).await.contains("Welcome"));
}

#[tokio::test]
async fn a_redelivered_invitation_is_not_used_twice() {
    let mut world = World::with(|_| {});
    let code = invited(&world).await;
    let text = format!("/start {code}");
    world.say(&text).await;
    let before = world.sent();
    world.hand_in(1, World::message(ANA, chat(ANA), &text)).await.unwrap();
    assert_eq!(world.sent(), before);
    assert!(world.store.is_admitted(&chat(ANA)).await.unwrap());
}

#[tokio::test]
async fn a_stranger_is_told_once_an_hour_how_to_get_in() {
    let mut world = World::with(|_| {});
    let answer = world.say("/start").await;
    assert!(answer.contains("invitation") && answer.contains("telegram:42"), "{answer}");
    for text in ["/watch dQw4w9WgXcQ", "/help", "hello", "https://youtu.be/dQw4w9WgXcQ"] {
        assert_eq!(world.say(text).await, "", "{text}");
    }
    assert!(world.press(ANA, chat(ANA), "watch:video:dQw4w9WgXcQ").await.contains("invitation"));
    world.later(3600);
    assert!(world.say("/watch dQw4w9WgXcQ").await.contains("invitation"));
    assert!(world.watches(chat(ANA)).await.is_empty());
    assert_eq!(*world.youtube.asked.lock().unwrap(), 0, "strangers cost no quota");
}

#[tokio::test]
async fn too_many_commands_are_answered_once_and_then_not_until_it_cools() {
    let mut world = World::open();
    for _ in 0..20 {
        assert!(!world.say("/help").await.is_empty());
    }
    assert!(world.say("/watch dQw4w9WgXcQ").await.contains("Too many commands"));
    for _ in 0..20 {
        assert_eq!(world.say("/watch dQw4w9WgXcQ").await, "");
    }
    assert!(world.press(ANA, chat(ANA), "list:1").await.contains("Too many commands"));
    assert!(world.watches(chat(ANA)).await.is_empty());
    assert!(!world.say_in(BEA, chat(BEA), "/help").await.is_empty(), "others are not slowed");
    world.later(60);
    assert!(world.say("/watch dQw4w9WgXcQ").await.contains("Watching"));
}

#[tokio::test]
async fn a_group_gets_in_with_an_administrator_who_is_in() {
    let mut world = with_ana().await;
    assert!(
        world.say_in(BEA, chat(GROUP), "/list").await.contains("only people with an invitation")
    );
    assert!(
        world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await.contains("Only administrators")
    );
    assert!(!world.store.is_admitted(&chat(GROUP)).await.unwrap());
    world.youtube.administrators.lock().unwrap().extend([(GROUP, ANA), (GROUP, BEA)]);
    assert!(world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await.contains("Watching"));
    assert!(world.store.is_admitted(&chat(GROUP)).await.unwrap());
    assert!(world.say_in(BEA, chat(GROUP), "/unwatch 1").await.contains("No longer watching"));
    assert!(!world.store.is_admitted(&chat(BEA)).await.unwrap());
}

#[tokio::test]
async fn whoever_was_put_out_is_a_stranger_again_and_so_are_their_groups() {
    let mut world = with_ana().await;
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    assert!(world.say_in(ANA, chat(GROUP), "/watch dQw4w9WgXcQ").await.contains("Watching"));
    world.say("/invite").await;
    let html = world.last_message().html;
    let code = html.split("start=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let edit = Edit::Expel { person: chat(ANA) };
    let done = world.store.edit(None, vec![edit], world.now).await.unwrap().unwrap();
    let groups = vec![chat(GROUP).to_string()];
    assert_eq!(done, [Edited::Expelled { was_in: true, groups, invitations: 1 }]);
    for place in [chat(ANA), chat(GROUP)] {
        let answer = world.say_in(ANA, place, "/list").await;
        assert!(answer.contains("only people with an invitation"), "{answer}");
    }
    let answer = world.say_in(BEA, chat(BEA), &format!("/start {code}")).await;
    assert!(answer.contains("unknown, used or too old"), "{answer}");
    // A new invitation lets them in again, and so does somebody else their group, which counts for that one then.
    let code = invited(&world).await;
    world.say_in(BEA, chat(BEA), &format!("/start {code}")).await;
    world.youtube.administrators.lock().unwrap().insert((GROUP, BEA));
    assert!(world.say_in(BEA, chat(GROUP), "/settings at most 15m").await.contains("15 min"));
    assert_eq!(world.store.watches_of_owner(&Owner::of(&chat(7))).await.unwrap(), 1);
    assert_eq!(world.store.watches_of_owner(&Owner::of(&chat(ANA))).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_is_put_out_while_a_command_of_theirs_waits_has_no_effect_by_it() {
    for place in [chat(ANA), chat(GROUP)] {
        let mut world = with_ana().await;
        world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
        let puts_out = (Arc::clone(&world.store), chat(ANA));
        *world.youtube.puts_out.lock().unwrap() = Some(puts_out);
        assert_eq!(world.say_in(ANA, place.clone(), "/watch dQw4w9WgXcQ").await, "");
        assert!(!world.store.is_admitted(&place).await.unwrap());
        assert!(world.watches(place.clone()).await.is_empty());
        let answer = world.say_in(ANA, place, "/list").await;
        assert!(answer.contains("only people with an invitation"), "{answer}");
    }
}

#[tokio::test]
async fn a_group_gets_in_when_it_is_added_by_such_an_administrator_and_by_nobody_else() {
    let mut world = with_ana().await;
    world.youtube.administrators.lock().unwrap().extend([(GROUP, ANA), (GROUP, BEA)]);
    let added = |by: i64| IncomingKind::Membership {
        chat: chat(GROUP),
        private: false,
        by: Some(person(by)),
        reachable: true,
        reason: String::new(),
    };
    let before = world.sent();
    world.handle(added(BEA)).await.unwrap();
    assert_eq!(world.sent(), before);
    assert!(world.store.destination(&chat(GROUP)).await.unwrap().is_none());
    world.handle(added(ANA)).await.unwrap();
    assert!(world.said_since(before).contains("I ring when YouTube numbers move"));
    assert!(world.store.is_admitted(&chat(GROUP)).await.unwrap());
    let before = world.sent();
    world.handle(added(BEA)).await.unwrap();
    assert_eq!(world.sent(), before, "a promotion is no arrival");
}

#[tokio::test]
async fn the_list_and_the_operator_come_in_whatever_the_mode() {
    for mode in [AccessMode::Allowlist, AccessMode::Invite] {
        let mut world = World::with(|options| {
            options.access = mode;
            options.allow = vec![chat(ANA)];
            options.operator = vec![chat(1)];
        });
        assert!(world.say("/watch dQw4w9WgXcQ").await.contains("Watching"));
        assert!(world.say_in(1, chat(1), "/list").await.contains("You watch nothing yet"));
        assert!(
            world.say_in(BEA, chat(BEA), "/list").await.contains("only people with an invitation")
        );
    }
}

#[tokio::test]
async fn there_are_no_invitations_where_they_would_mean_nothing() {
    let mut world = World::open();
    assert!(world.say("/invite").await.contains("answers everyone"));
    let mut world = World::with(|options| {
        options.access = AccessMode::Allowlist;
        options.allow = vec![chat(ANA)];
    });
    assert!(world.say("/invite").await.contains("keeps a list"));
    let code = invited(&world).await;
    let answer = world.say_in(BEA, chat(BEA), &format!("/start {code}")).await;
    assert!(answer.contains("only people with an invitation"), "{answer}");
    let mut world = with_ana().await;
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    assert!(world.say_in(ANA, chat(GROUP), "/invite").await.contains("in a private chat"));
}

#[tokio::test]
async fn an_invitation_that_was_passed_on_to_the_bot_lets_nobody_in() {
    let mut world = World::with(|_| {});
    let code = invited(&world).await;
    let forwarded = World::passed_on(ANA, chat(ANA), &format!("/start {code}"));
    world.handle(forwarded).await.unwrap();
    assert!(!world.store.is_admitted(&chat(ANA)).await.unwrap());
    assert!(world.say(&format!("/start {code}")).await.contains("Welcome"));
}
