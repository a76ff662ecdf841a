//! Too much of everything from people: commands without end, and updates that piled up while nobody listened.

use std::time::Duration;

use tubebell::app::TimeLimits;
use tubebell_sim::youtube;

use super::BEN;
use crate::story::{ANA, Story, watched};
use crate::wait::{Frozen, until};

/// Ana's answers take twenty seconds at one a second: who is answered before them did not wait for them.
#[tokio::test(flavor = "multi_thread")]
async fn others_are_answered_while_one_person_floods_the_bot_and_a_stop_does_not_wait_for_the_rest()
{
    const ANSWERS: usize = 21;
    let story = Story::new().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start().await;
    for _ in 0..100 {
        story.telegram.say(ANA, ANA, "/list").unwrap();
    }
    story.ask_as(BEN, BEN, None, "/help", "What you can write").await;
    assert!(story.telegram.sent(ANA).len() < ANSWERS, "{:?}", story.texts());
    gateway.stop().await;
    let left = ANSWERS - story.telegram.sent(ANA).len();
    assert!(left > 0, "the stop waited for all answers to one person");
    story.end().await;
}

/// How long the bot waits for YouTube while a person waits for an answer. The client itself would wait for 20 s.
const TIMEOUT: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_youtube_that_hangs_holds_up_one_question_for_seconds_and_not_the_bot() {
    let story = Story::quick().await;
    story.telegram.user(BEN, "Ben");
    let gateway = story.start_with(TimeLimits { lookup: TIMEOUT, ..Story::TIME_LIMITS }).await;
    story.ask("/help", "What you can write").await;
    story.youtube.faults(|faults| faults.plan(None, youtube::Fault::Hang, 1));
    let said = story.telegram.say(ANA, ANA, "/watch dQw4w9WgXcQ").unwrap();
    until("that YouTube is asked", async || !story.youtube.requests().is_empty()).await;
    let frozen = Frozen::now();
    tokio::time::advance(TIMEOUT).await;
    let others = story.ask_as(BEN, BEN, None, "/help", "What you can write");
    frozen.run("the answer to others", others).await;
    drop(frozen);
    story.told(ANA, said, "YouTube", "though it hangs").await;
    gateway.stop().await;
    story.end().await;
}

/// All answers together take half a minute at thirty a second: an alert that comes before the last one did not wait for
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn alerts_go_on_while_answers_take_every_slot() {
    const PEOPLE: i64 = 1_000;
    let story = Story::new().await;
    let gateway = watched(&story, "views any").await;
    for person in 1..=PEOPLE {
        story.telegram.user(person, "Somebody");
        story.telegram.say(person, person, "/help").unwrap();
    }
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
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
    let confirmed = || story.telegram.counters().confirmed;
    until("that it is worked off", async || confirmed() > before.confirmed + 500).await;
    story.set_counts(1005, None);
    story.hears("990 → 1,005").await;
    let waiting = story.telegram.waiting_updates();
    assert!(waiting > 0, "the backlog was over already");
    gateway.stop().await;
    let left = story.telegram.waiting_updates();
    assert!((1..WAITING as usize).contains(&left), "{left} are left");
    for person in &people {
        // Twenty answers a minute, the refusal, and what the first hello was answered with.
        let sent = story.telegram.sent(*person).len();
        assert!(sent <= 22, "{sent} answers to one person");
    }
    // Another start goes on where this one stopped.
    let gateway = story.start().await;
    until("that it goes on", async || story.telegram.waiting_updates() < left).await;
    gateway.stop().await;
    let requests = story.telegram.requests();
    let asked = requests.iter().filter(|request| request.method == "getUpdates");
    assert!(asked.clone().count() > 0);
    for request in asked {
        assert_eq!(request.params.integer("limit"), Some(100), "{request:?}");
    }
    story.end().await;
}
