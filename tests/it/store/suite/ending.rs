//! Messages that don't arrive: dead letters, and recipients that are gone.

use super::*;
use tubebell::model::Outcome;

async fn ringing(to: &str) -> (Bench, Claim) {
    let bench = Bench::new();
    bench.watch(to, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.turn(at(to).channel(), 1, Vec::new()).await.claims.remove(0);
    (bench, claim)
}

async fn outcome(bench: &Bench) -> Outcome {
    bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap()[0].alerts[0].1.clone()
}

#[tokio::test]
async fn what_is_given_up_is_a_dead_letter_until_it_is_replayed() {
    let (bench, claim) = ringing(ANA).await;
    bench.finish(&claim, FinishedAs::Dead("Bad Request: chat is odd".into())).await;
    let letter = bench.store().dead_letters(10).await.unwrap().remove(0);
    assert_eq!((letter.id, letter.address, letter.attempts), (claim.id, at(ANA), 1));
    assert_eq!(
        (letter.error.as_str(), letter.about.as_deref()),
        ("Bad Request: chat is odd", Some(VIDEO))
    );
    assert_eq!(letter.ended, bench.now());
    assert_eq!(outcome(&bench).await, Outcome::Dead("Bad Request: chat is odd".into()));
    bench.sums();

    bench.pass(HOUR);
    assert_eq!(replay_all(&**bench.store(), bench.now()).await, 1);
    bench.sums();
    assert!(bench.store().dead_letters(10).await.unwrap().is_empty());
    let again = bench.claim().await.remove(0);
    assert_eq!((&again.public_id, &again.body), (&claim.public_id, &claim.body));
    assert_eq!((again.attempts, again.created_at), (0, bench.now()));
    bench.sent(&again).await;
    assert_eq!(outcome(&bench).await, Outcome::Sent);
    bench.sums();
}

#[tokio::test]
async fn only_the_named_dead_letters_are_replayed() {
    let bench = Bench::new();
    for chat in ["telegram:1", "telegram:2"] {
        bench.watch(chat, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    for claim in bench.claim().await {
        bench.finish(&claim, FinishedAs::Dead("no".into())).await;
    }
    let letters = bench.store().dead_letters(10).await.unwrap();
    assert!(letters[0].id > letters[1].id, "newest first");
    let ids = DeadLetters::Of([letters[0].id, NotificationId(999)].into());
    assert_eq!(replay(&**bench.store(), ids, bench.now()).await, 1);
    assert_eq!(bench.store().dead_letters(10).await.unwrap().len(), 1);
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().dead_letters, 1);
    bench.sums();
}

#[tokio::test]
async fn what_can_t_be_put_into_words_is_dead_and_its_alerts_are_put_together_anew_by_a_replay() {
    let bench = Bench::new();
    bench.watch(ANA, "title; views any").await;
    bench.see(1).await;
    bench.pass(SECOND);
    let seen = snapshot(VIDEO, bench.now(), 1);
    bench.publish(Snapshot { title: Some("unspeakable".into()), ..seen }).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert!(claimed.claims.is_empty());
    assert_eq!(bench.count("dead"), 1);
    let letter = bench.store().dead_letters(10).await.unwrap().remove(0);
    assert_eq!((letter.error.as_str(), letter.attempts), ("there are no words for this", 0));
    bench.sums();

    bench.plain.has_words.store(true, Ordering::Relaxed);
    assert_eq!(replay_all(&**bench.store(), bench.now()).await, 1);
    assert_eq!(bench.count("waiting"), 1);
    bench.sums();
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!((bench.count("sent"), bench.count("dead")), (1, 0));
    bench.sums();
}

#[tokio::test]
async fn what_could_not_be_put_together_is_named_to_whoever_claims() {
    let bench = Bench::new();
    bench.watch(ANA, "title").await;
    bench.see(1).await;
    bench.pass(SECOND);
    let seen = snapshot(VIDEO, bench.now(), 1);
    bench.publish(Snapshot { title: Some("unspeakable".into()), ..seen }).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert_eq!(claimed.given_up, [(at(ANA), "there are no words for this".to_owned())]);
}

#[tokio::test]
async fn a_replay_is_not_cancelled_by_what_was_said_before_it() {
    let (bench, claim) = ringing(ANA).await;
    bench.finish(&claim, FinishedAs::Dead("400".into())).await;
    bench.see(900).await;
    let next = bench.claim().await.remove(0);
    bench.finish(&next, FinishedAs::Gone("blocked".into())).await;
    bench.edit(Edit::Enable { destination: at(ANA), owner: Owner::Operator }).await;
    assert_eq!(replay_all(&**bench.store(), bench.now()).await, 1);
    let again = bench.claim().await;
    assert_eq!((again.len(), &again[0].public_id), (1, &claim.public_id));
    // What is said after it counts.
    let retry = FinishedAs::Retry { at: bench.now(), counts: true, error: "500".into() };
    bench.finish(&again[0], retry).await;
    bench.unwatch(ANA).await;
    assert!(bench.claim().await.is_empty());
    bench.sums();
}

#[tokio::test]
async fn whoever_is_gone_is_disabled_and_what_waits_or_is_tried_again_is_cancelled() {
    let hook = "webhook:https://a.example/";
    let (bench, first) = ringing(hook).await;
    bench.watch_subject(hook, "video:aaaaaaaaaaa", "views any").await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    let second = bench.turn(Channel::Webhook, 1, Vec::new()).await.claims.remove(0);
    let wait = FinishedAs::Retry { at: bench.now().plus(HOUR), counts: true, error: "502".into() };
    bench.finish(&first, wait).await;
    bench.see(4).await;
    let gone = bench.finished(&second, FinishedAs::Gone("410".into()));
    let done = bench.turn(Channel::Webhook, 10, vec![gone]).await;
    assert!(done.claims.is_empty());
    assert_eq!(bench.count("cancelled:disabled"), 3);
    assert_eq!(done.next_due(), None);
    bench.sums();
    let row = bench.store().destination(&second.address).await.unwrap().unwrap();
    assert_eq!(row.disabled.as_deref(), Some("410"));
    // Later alerts are not made, but counted.
    bench.see(5).await;
    assert_eq!(bench.count("waiting"), 0);
    let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
    assert_eq!((why[0].suppressions[0].0.as_str(), why[0].suppressions[0].1), ("disabled", 1));

    let enable = Edit::Enable { destination: second.address.clone(), owner: Owner::Operator };
    assert_eq!(bench.edit(enable.clone()).await, Edited::Done(1));
    assert_eq!(bench.edit(enable).await, Edited::Done(0));
    bench.see(6).await;
    let claims = bench.turn(Channel::Webhook, 10, Vec::new()).await.claims;
    assert_eq!(claims.len(), 1);
    let text = bodies::text(&claims[0].body);
    assert!(text.contains("Int(5) -> Int(6)"), "nothing comes back: {text}");
    bench.sums();
}

#[tokio::test]
async fn what_is_in_flight_when_its_chat_goes_ends_by_its_own_answer() {
    let (bench, claim) = ringing(ANA).await;
    let disable = Edit::Disable { destination: at(ANA), reason: "blocked".into() };
    assert_eq!(bench.edit(disable).await, Edited::Done(1));
    bench.sums();
    bench.sent(&claim).await;
    assert_eq!(bench.count("sent"), 1);
    bench.sums();

    let (bench, claim) = ringing(ANA).await;
    bench.edit(Edit::Disable { destination: at(ANA), reason: "blocked".into() }).await;
    let again = FinishedAs::Retry { at: bench.now(), counts: true, error: "502".into() };
    bench.finish(&claim, again).await;
    assert!(bench.claim().await.is_empty());
    assert_eq!(bench.count("cancelled:disabled"), 1);
    bench.sums();
}

#[tokio::test]
async fn a_chat_that_goes_takes_its_threads_along_and_a_thread_goes_alone() {
    let bench = Bench::new();
    for to in ["telegram:-100/5", "telegram:-100/6"] {
        bench.watch(to, "views any").await;
    }
    bench.see(1).await;
    bench.see(2).await;
    let disabled = |to: &'static str| {
        let bench = &bench;
        async move { bench.store().destination(&at(to)).await.unwrap().unwrap().disabled.is_some() }
    };
    let disable = |to: &str| Edit::Disable { destination: at(to), reason: "gone".into() };
    assert_eq!(bench.edit(disable("telegram:-100/5")).await, Edited::Done(1));
    assert!(disabled("telegram:-100/5").await && !disabled("telegram:-100/6").await);
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!(bench.count("cancelled:disabled"), 1);
    // The chat itself was never a destination.
    assert_eq!(bench.edit(disable("telegram:-100")).await, Edited::Done(2));
    assert!(disabled("telegram:-100/6").await);
    let enable = |to: &str| Edit::Enable { destination: at(to), owner: Owner::Operator };
    bench.edit(enable("telegram:-100/6")).await;
    assert!(disabled("telegram:-100/5").await && !disabled("telegram:-100/6").await);
    bench.edit(enable("telegram:-100")).await;
    assert!(!disabled("telegram:-100/5").await);
    assert_eq!(bench.edit(disable("telegram:77")).await, Edited::Done(0));
    bench.sums();
}

#[tokio::test]
async fn the_owner_of_what_is_gone_is_told_elsewhere() {
    let bench = Bench::new();
    for to in [ANA, "webhook:https://a.example/", "webhook:https://b.example/"] {
        let mut watch = watch_of(to, &format!("video:{VIDEO}"), "views any");
        watch.owner = owner(ANA);
        bench.edit(Edit::Watch(Box::new(watch))).await;
    }
    bench.watch("telegram:5", "views any").await;
    let disable = |to: &str| Edit::Disable { destination: at(to), reason: "gone".into() };
    bench.edit(disable("webhook:https://b.example/")).await;
    let others = bench.store().owners_other_destinations(&at("webhook:https://b.example/")).await;
    assert_eq!(others.unwrap(), [at(ANA), at("webhook:https://a.example/")]);
    // Nor do people of a group hear what became of another.
    let mut watch = watch_of("telegram:-100/5", &format!("video:{VIDEO}"), "views any");
    watch.owner = owner(ANA);
    bench.edit(Edit::Watch(Box::new(watch))).await;
    let others = bench.store().owners_other_destinations(&at("webhook:https://b.example/")).await;
    assert_eq!(others.unwrap(), [at(ANA), at("webhook:https://a.example/")]);
    // The operator's places are nobody's in particular.
    assert!(bench.store().owners_other_destinations(&at("telegram:5")).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_panic_while_a_message_is_put_together_ends_that_message() {
    let bench = Bench::new();
    bench.watch(ANA, "title").await;
    bench.watch("telegram:5", "views any").await;
    bench.see(1).await;
    bench.pass(SECOND);
    let seen = snapshot(VIDEO, bench.now(), 2);
    bench.publish(Snapshot { title: Some("panic".into()), ..seen }).await;
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!((bench.count("sent"), bench.count("dead")), (1, 1));
    bench.sums();
}
