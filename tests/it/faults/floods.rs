//! Too much of everything from people: commands without end, and updates that piled up while nobody listened.

use std::time::{Duration, Instant};

use tubebell::demo::telegram::Limits;
use tubebell::demo::youtube;

use super::BEN;
use crate::story::{ANA, Story, watched};

#[tokio::test(flavor = "multi_thread")]
async fn others_are_answered_in_time_while_one_person_floods_the_bot() {
    let story = Story::new().await;
    story.telegram.limits(Limits::TELEGRAM);
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    for _ in 0..100 {
        story.telegram.say(ANA, ANA, "/list").unwrap();
    }
    let begun = Instant::now();
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    // The first second after a start belongs to the gateway before it.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(story.telegram.sent(ANA).len() <= 10, "{:?}", story.texts());
    let begun = Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_youtube_that_hangs_holds_up_one_question_for_seconds_and_not_the_bot() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    story.ask("/help", "What you can write").await;
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::Hang, 1));
    let begun = Instant::now();
    let said = story.telegram.say(ANA, ANA, "/watch dQw4w9WgXcQ").unwrap();
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    story.told(ANA, said, "YouTube", "though it hangs").await;
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_go_on_while_answers_take_every_slot() {
    const PEOPLE: i64 = 150;
    let story = Story::new().await;
    story.telegram.limits(Limits::TELEGRAM);
    let gateway = watched(&story, "views any").await;
    for person in 1..=PEOPLE {
        story.telegram.user(person, "Somebody");
        story.telegram.say(person, person, "/help").unwrap();
    }
    story.set_counts(1005, None);
    story.hears_within("990 → 1,005", 4).await;
    let answered = (1..=PEOPLE).filter(|person| !story.telegram.sent(*person).is_empty()).count();
    assert!(answered < usize::try_from(PEOPLE).unwrap(), "all answers had left already");
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_updates_are_worked_off_piece_by_piece_and_alerts_go_on_meanwhile() {
    const WAITING: u32 = 100_000;
    let story = Story::quick().await;
    let people: Vec<i64> = (1..=50).collect();
    for person in &people {
        story.telegram.user(*person, "Somebody");
        story.telegram.say(*person, *person, "hello").unwrap();
    }
    let gateway = watched(&story, "views any").await;
    gateway.stop().await;
    story.telegram.pile_up(WAITING, &people, "/help");
    let before = story.telegram.counters();
    let gateway = story.start().await;
    let begins =
        story.telegram.wait_for(|telegram| telegram.counters().confirmed > before.confirmed + 500);
    tokio::time::timeout(Duration::from_secs(60), begins).await.expect("it is worked off");
    story.set_counts(1005, None);
    story.hears_within("990 → 1,005", 6).await;
    let waiting = story.telegram.waiting_updates();
    assert!(waiting > 0, "the backlog was over already");
    let begun = Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let left = story.telegram.waiting_updates();
    assert!((1..WAITING as usize).contains(&left), "{left} are left");
    for person in &people {
        // Twenty answers a minute, the refusal, and what the first hello was answered with.
        let sent = story.telegram.sent(*person).len();
        assert!(sent <= 22, "{sent} answers to one person");
    }
    // Another start goes on where this one stopped.
    let gateway = story.start().await;
    let goes_on = story.telegram.wait_for(|telegram| telegram.waiting_updates() < left);
    tokio::time::timeout(Duration::from_secs(60), goes_on).await.expect("it goes on");
    gateway.stop().await;
    let requests = story.telegram.requests();
    let asked = requests.iter().filter(|request| request.method == "getUpdates");
    assert!(asked.clone().count() > 0);
    for request in asked {
        assert_eq!(request.params.integer("limit"), Some(100), "{request:?}");
    }
    story.end().await;
}
