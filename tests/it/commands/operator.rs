//! Who the operator is where the configuration does not say so.

use tubebell::control::{AccessMode, INVITATION_LIFE, invitation};
use tubebell::model::{Address, Owner};
use tubebell::store::{Registry, Shared};

use super::world::{ANA, GROUP, World, chat};

const BEA: i64 = 7;

/// The invitation that `run` prints.
async fn printed(world: &World) -> String {
    invited(world, Owner::Operator).await
}

async fn invited(world: &World, by: Owner) -> String {
    let (code, edit) = invitation(by, world.now);
    world.store.edit(None, vec![edit], world.now).await.unwrap();
    code
}

async fn operator(world: &World) -> Option<Address> {
    world.store.operator().await.unwrap()
}

#[tokio::test]
async fn whoever_opens_the_first_invitation_is_the_operator_and_has_no_limit() {
    let mut world = World::with(|options| options.actions.watches_per_owner = 1);
    let code = printed(&world).await;
    let answer = world.say(&format!("/start {code}")).await;
    assert!(answer.contains("Welcome") && answer.contains("You are the operator"), "{answer}");
    assert_eq!(operator(&world).await, Some(chat(ANA)));
    let settings = world.say("/settings").await;
    assert!(settings.contains("Watches: 0") && !settings.contains("possible"), "{settings}");
    // The second to come with the same link is nobody.
    let answer = world.say_in(BEA, chat(BEA), &format!("/start {code}")).await;
    assert!(answer.contains("unknown, used or too old"), "{answer}");
    assert_eq!(operator(&world).await, Some(chat(ANA)));
}

#[tokio::test]
async fn no_other_invitation_makes_an_operator() {
    let mut world = World::with(|_| {});
    let late = printed(&world).await;
    for (by, guest) in [(chat(ANA), 100), (chat(1), 101), (chat(GROUP), 102)] {
        let code = invited(&world, Owner::of(&by)).await;
        let answer = world.say_in(guest, chat(guest), &format!("/start {code}")).await;
        assert!(answer.contains("Welcome") && !answer.contains("operator"), "{by}: {answer}");
    }
    world.later(INVITATION_LIFE.as_secs());
    assert!(world.say(&format!("/start {late}")).await.contains("unknown, used or too old"));
    assert_eq!(operator(&world).await, None);

    let code = printed(&world).await;
    assert!(world.say(&format!("/start {code}")).await.contains("You are the operator"));
    let next = printed(&world).await;
    let answer = world.say_in(BEA, chat(BEA), &format!("/start {next}")).await;
    assert!(answer.contains("Welcome") && !answer.contains("operator"), "{answer}");
    assert_eq!(operator(&world).await, Some(chat(ANA)));
}

/// It would count for nobody, and stay when whoever brought it in is removed.
#[tokio::test]
async fn no_invitation_lets_in_a_group() {
    let mut world = World::with(|_| {});
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    let code = invited(&world, Owner::of(&chat(1))).await;
    let answer = world.say_in(ANA, chat(GROUP), &format!("/start {code}")).await;
    assert!(answer.contains("open it in a private chat"), "{answer}");
    assert!(!world.store.is_admitted(&chat(GROUP)).await.unwrap());
    let answer = world.say(&format!("/start {code}")).await;
    assert!(answer.contains("Welcome"), "it is still unused: {answer}");
}

#[tokio::test]
async fn where_the_configuration_names_the_operator_no_invitation_does() {
    let mut world = World::with(|options| options.operator = vec![chat(BEA)]);
    let code = printed(&world).await;
    let answer = world.say(&format!("/start {code}")).await;
    assert!(answer.contains("Welcome") && !answer.contains("operator"), "{answer}");
    assert_eq!(operator(&world).await, None);
}

#[tokio::test]
async fn whoever_is_in_already_becomes_the_operator_by_the_same_link() {
    for access in [AccessMode::Open, AccessMode::Allowlist, AccessMode::Invite] {
        let mut world = World::with(|options| {
            options.access = access;
            options.allow = vec![chat(ANA)];
        });
        assert!(world.say("/start some-other-link").await.contains("I ring when"));
        let code = printed(&world).await;
        assert!(world.say(&format!("/start {code}")).await.contains("You are the operator"));
        assert_eq!(operator(&world).await, Some(chat(ANA)));
        assert!(world.say(&format!("/start {code}")).await.contains("I ring when"));
    }
}

#[tokio::test]
async fn the_first_invitation_stays_unused_in_a_group() {
    for access in [AccessMode::Invite, AccessMode::Open] {
        let mut world = World::with(|options| options.access = access);
        world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
        let code = printed(&world).await;
        let text = format!("/start {code}");
        for _ in 0..2 {
            let answer = world.say_in(ANA, chat(GROUP), &text).await;
            assert!(answer.contains("open it in a private chat with me"), "{answer}");
            assert!(!answer.contains("Welcome"), "{answer}");
        }
        assert!(!world.store.is_admitted(&chat(GROUP)).await.unwrap());
        assert_eq!(operator(&world).await, None);
        let answer = world.say(&text).await;
        assert!(answer.contains("You are the operator"), "{answer}");
        assert_eq!(operator(&world).await, Some(chat(ANA)));
        // Once it is used, a group learns nothing of it.
        let answer = world.say_in(ANA, chat(GROUP), &text).await;
        assert!(!answer.contains("private chat"), "{answer}");
    }
}
