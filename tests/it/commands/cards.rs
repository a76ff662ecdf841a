//! `/card`: what people read of cards, and what mistakes get.

use tubebell::control::LookupError;
use tubebell::model::{Channel, Snapshot, Status};
use tubebell::store::{Outbox, Registry};

use super::world::{ANA, GROUP, HOSTILE, VIDEO, World, chat, snapshot};

const BEA: i64 = 7;

async fn cards(world: &World, of: i64) -> usize {
    world.store.cards(&chat(of)).await.unwrap().len()
}

#[tokio::test]
async fn a_card_is_made_listed_made_again_and_ended() {
    let mut world = World::open();
    let answer = world.say("/card").await;
    assert!(
        answer.contains("There are no cards here") && answer.contains("may have 5"),
        "{answer}"
    );
    let made = world.say("/card https://youtu.be/dQw4w9WgXcQ").await;
    assert!(made.contains("Never Gonna Give You Up has its card"), "{made}");
    assert!(made.contains("To end it: /card off dQw4w9WgXcQ"), "{made}");
    let due = world.store.due_cards(Channel::Telegram, world.now, world.now, 9).await.unwrap();
    assert_eq!((due.cards.len(), due.cards[0].video.as_str()), (1, VIDEO));
    let list = world.say("/card").await;
    assert!(list.contains("Never Gonna Give You Up (/card off dQw4w9WgXcQ ends it)"), "{list}");
    let again = world.say("/card dQw4w9WgXcQ").await;
    assert!(again.contains("The one before it stays as it is"), "{again}");
    assert_eq!(cards(&world, ANA).await, 1);
    let ended = world.say("/card OFF dQw4w9WgXcQ").await;
    assert!(ended.contains("The card of Never Gonna Give You Up ends"), "{ended}");
    world.say("/card dQw4w9WgXcQ").await;
    assert!(world.say("/card off").await.contains("All cards here end"));
    assert_eq!(cards(&world, ANA).await, 0);
}

#[tokio::test]
async fn a_card_is_no_watch_and_a_watch_no_card() {
    let mut world = World::open();
    world.say("/card dQw4w9WgXcQ").await;
    assert!(world.say("/list").await.contains("You watch nothing yet"));
    world.say("/watch dQw4w9WgXcQ").await;
    // By its number in the list, as everywhere.
    assert!(world.say("/card 1").await.contains("The one before it stays"));
    world.say("/unwatch all").await;
    assert_eq!(cards(&world, ANA).await, 1);
}

#[tokio::test]
async fn every_mistake_gets_one_line_and_one_that_works() {
    let mut world = World::open();
    for (text, part) in [
        ("/card aaaaaaaaaaa", "YouTube shows no video aaaaaaaaaaa"),
        ("/card @achannel", "is no single video"),
        ("/card dQw4w9WgXc", "has 10 characters"),
        ("/card off", "There are no cards here"),
        ("/card off dQw4w9WgXcQ", "There are no cards here"),
    ] {
        let answer = world.say(text).await;
        assert!(answer.contains(part) && answer.contains("For example: /"), "{text}: {answer}");
    }
    world.say("/card dQw4w9WgXcQ").await;
    let answer = world.say("/card off aaaaaaaaaaa").await;
    assert!(answer.contains("This video has no card here"), "{answer}");
    let gone = Snapshot { status: Status::Unavailable, ..snapshot("bbbbbbbbbbb", "A title") };
    world.youtube.videos.lock().unwrap().insert("bbbbbbbbbbb".parse().unwrap(), gone);
    assert!(world.say("/card bbbbbbbbbbb").await.contains("may be private"));
    world.fails_with(Some(LookupError::Unreachable("YouTube does not answer".to_owned())));
    let answer = world.say("/card ccccccccccc").await;
    assert!(answer.contains("can't be reached just now. Try again then."), "{answer}");
    assert_eq!(cards(&world, ANA).await, 1);
}

#[tokio::test]
async fn a_sixth_card_is_refused_and_so_is_one_video_too_many() {
    let mut world = World::with(|options| {
        options.access = tubebell::control::AccessMode::Open;
        options.actions.videos_per_owner = 6;
    });
    for number in 0..6 {
        let id = format!("video{number:06}");
        let seen = snapshot(&id, HOSTILE);
        world.youtube.videos.lock().unwrap().insert(id.parse().unwrap(), seen);
        let answer = world.say(&format!("/card {id}")).await;
        if number < 5 {
            assert!(answer.contains(&format!("{HOSTILE} has its card")), "{answer}");
        } else {
            assert!(answer.contains("This chat has 5 cards, as many as it may"), "{answer}");
        }
    }
    world.say("/card off").await;
    for number in 0..6 {
        world.say(&format!("/watch video{number:06}")).await;
    }
    let answer = world.say("/card dQw4w9WgXcQ").await;
    assert!(
        answer.contains(
            "A card counts as a video, and this chat, with the groups that you brought in, has 6"
        ),
        "{answer}"
    );
}

#[tokio::test]
async fn in_a_group_only_administrators_make_and_end_cards_and_everybody_may_see_which_there_are() {
    let mut world = World::open();
    world.youtube.administrators.lock().unwrap().insert((GROUP, ANA));
    for text in ["/card dQw4w9WgXcQ", "/card off", "/card off dQw4w9WgXcQ"] {
        let answer = world.say_in(BEA, chat(GROUP), text).await;
        assert!(answer.contains("Only administrators"), "{text}: {answer}");
    }
    assert!(world.say_in(ANA, chat(GROUP), "/card dQw4w9WgXcQ").await.contains("has its card"));
    assert!(world.say_in(BEA, chat(GROUP), "/card").await.contains("Cards here"));
    // Of one chat, another knows nothing.
    assert!(world.say("/card").await.contains("There are no cards here"));
    assert_eq!((cards(&world, GROUP).await, cards(&world, ANA).await), (1, 0));
}
