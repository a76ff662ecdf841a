//! Chats that get a new id.

use super::*;
use tubebell::store::WatchFilter;

const OLD: &str = "telegram:-5";
const NEW: &str = "telegram:-1005";

fn moved() -> Edit {
    Edit::Move { from: at(OLD), to: at(NEW) }
}

fn brought_in(group: &str) -> Edit {
    Edit::BringIn { group: at(group), by: at(ANA), owner: owner(ANA), limit: None }
}

async fn ring(bench: &Bench) {
    bench.see(1).await;
    bench.see(2).await;
}

#[tokio::test]
async fn everything_follows_a_chat_to_its_new_id() {
    let bench = Bench::new();
    bench.watch(OLD, "views any").await;
    let settings = Settings { at_most_s: Some(60), ..Settings::default() };
    bench.edit(Edit::Set { destination: at(OLD), subject: None, settings: settings.clone() }).await;
    bench.edit(brought_in(OLD)).await;
    ring(&bench).await;
    let claim = bench.claim().await.remove(0);
    bench.see(3).await;
    // The answer to the first message says it; the message is tried again over there, then what waited follows.
    bench.finish(&claim, FinishedAs::Moved(at(NEW))).await;
    bench.sums();
    let again = bench.claim().await.remove(0);
    assert_eq!((again.address.clone(), again.lane_key.as_str()), (at(NEW), NEW));
    assert_eq!((again.id, &again.body), (claim.id, &claim.body));
    bench.sent(&again).await;
    bench.pass(HOUR);
    let rest = bench.claim().await.remove(0);
    assert_eq!(rest.address, at(NEW));
    bench.sent(&rest).await;
    assert_eq!(bench.count("sent"), 2);
    let row = bench.store().destination(&at(OLD)).await.unwrap().unwrap();
    assert_eq!((row.address, row.settings), (at(NEW), settings));
    assert!(bench.store().is_admitted(&at(NEW)).await.unwrap());
    let watches = bench.store().watches(WatchFilter::Of(at(OLD)), 0, 9).await.unwrap();
    assert_eq!(watches[0].destination.address, at(NEW));
    bench.see(4).await;
    bench.pass(HOUR);
    assert_eq!(bench.claim().await[0].address, at(NEW));
    bench.sums();
}

#[tokio::test]
async fn a_retry_that_waits_follows() {
    let bench = Bench::new();
    bench.watch(OLD, "views any").await;
    ring(&bench).await;
    let claim = bench.claim().await.remove(0);
    let later = FinishedAs::Retry { at: bench.now().plus(HOUR), counts: true, error: "502".into() };
    bench.finish(&claim, later).await;
    bench.edit(moved()).await;
    bench.sums();
    assert!(bench.claim().await.is_empty());
    bench.pass(HOUR);
    let again = bench.claim().await.remove(0);
    assert_eq!((again.id, again.address.clone()), (claim.id, at(NEW)));
}

#[tokio::test]
async fn an_answer_that_comes_after_the_move_loses_nothing() {
    for answer in [
        FinishedAs::Moved(at(NEW)),
        FinishedAs::Retry { at: T0, counts: true, error: "502".into() },
        FinishedAs::Sent("1".into()),
    ] {
        let bench = Bench::new();
        bench.watch(OLD, "views any").await;
        ring(&bench).await;
        let claim = bench.claim().await.remove(0);
        bench.edit(moved()).await;
        bench.finish(&claim, answer.clone()).await;
        bench.sums();
        let again = bench.send_all().await;
        assert_eq!(again.len(), usize::from(!matches!(answer, FinishedAs::Sent(_))), "{answer:?}");
        assert_eq!(bench.count("sent"), 1);
        bench.sums();
    }
}

#[tokio::test]
async fn a_stop_after_the_move_loses_nothing() {
    let mut bench = Bench::new();
    bench.watch(OLD, "views any").await;
    ring(&bench).await;
    bench.claim().await;
    bench.edit(moved()).await;
    bench.restart();
    bench.sums();
    assert_eq!(bench.claim().await[0].address, at(NEW));
}

#[tokio::test]
async fn threads_move_with_their_chat() {
    let bench = Bench::new();
    bench.watch("telegram:-5/7", "views any").await;
    bench.watch("telegram:-5/8", "views any").await;
    ring(&bench).await;
    bench.edit(moved()).await;
    let mut to = Vec::new();
    while let Some(claim) = bench.claim().await.pop() {
        to.push(claim.address.clone());
        bench.sent(&claim).await;
    }
    assert_eq!(to, [at("telegram:-1005/7"), at("telegram:-1005/8")]);
    bench.sums();
}

#[tokio::test]
async fn of_a_video_that_both_watch_the_running_watch_stays_and_rings_once() {
    for ended_there in [false, true] {
        let bench = Bench::new();
        bench.watch(OLD, "views any").await;
        bench.watch_subject(OLD, "video:aaaaaaaaaaa", "views any").await;
        bench.watch(NEW, "views any").await;
        if ended_there {
            bench.unwatch(NEW).await;
        }
        ring(&bench).await;
        bench.edit(moved()).await;
        bench.sums();
        let watches = bench.store().watches(WatchFilter::All, 0, 9).await.unwrap();
        assert_eq!(watches.len(), 2);
        assert!(watches.iter().all(|watch| watch.destination.address == at(NEW)));
        assert_eq!(bench.send_all().await.len(), 1);
        bench.see(3).await;
        assert_eq!(bench.send_all().await.len(), 1, "ended there: {ended_there}");
        bench.sums();
    }
}

#[tokio::test]
async fn what_was_cancelled_before_the_move_stays_so_and_the_new_place_is_not_muted_by_it() {
    let bench = Bench::new();
    bench.watch(OLD, "views any").await;
    bench.watch_subject(NEW, "video:aaaaaaaaaaa", "views any").await;
    ring(&bench).await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    bench.mute(OLD, None, Some(T0)).await;
    bench.edit(moved()).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("aaaaaaaaaaa"));
    assert_eq!(bench.count("cancelled:muted"), 1);
    bench.sums();
}

#[tokio::test]
async fn a_chat_that_says_it_has_moved_to_where_it_is_is_not_asked_for_ever() {
    let bench = Bench::new();
    bench.watch(OLD, "views any").await;
    ring(&bench).await;
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Moved(at(OLD))).await;
    assert_eq!(bench.count("dead"), 1);
    bench.sums();
    // There and back again is the same.
    bench.see(3).await;
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Moved(at(NEW))).await;
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Moved(at(OLD))).await;
    assert_eq!(bench.count("dead"), 2);
    bench.sums();
}

#[tokio::test]
async fn the_watches_of_a_moved_chat_still_count_with_it() {
    let bench = Bench::new();
    for to in [OLD, "webhook:https://a.example/"] {
        let mut watch = watch_of(to, &format!("video:{VIDEO}"), "views any");
        watch.owner = owner(OLD);
        bench.edit(Edit::Watch(Box::new(watch))).await;
    }
    bench.edit(moved()).await;
    assert_eq!(bench.store().watches_of_owner(&owner(NEW)).await.unwrap(), 2);
    assert_eq!(
        bench.edit(Edit::Move { from: at("telegram:-77"), to: at(NEW) }).await,
        Edited::Done(0)
    );
}
