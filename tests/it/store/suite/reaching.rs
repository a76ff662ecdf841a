//! Destinations that are on, barred or off, and what brings them back.

use super::*;
use tubebell::model::DestinationId;
use tubebell::store::{DestinationState, Shut};

const BEN: &str = "telegram:5";
const HOOK: &str = "webhook:https://a.example/s3cret";

impl Bench {
    async fn destinations(&self, shut_only: bool) -> Vec<DestinationState> {
        let all = self.store().destinations(shut_only, DestinationId(0), 10).await.unwrap();
        // One at a time they are the same.
        let mut after = DestinationId(0);
        for one in &all {
            let page = self.store().destinations(shut_only, after, 1).await.unwrap();
            assert_eq!(page[0].row.id, one.row.id);
            after = one.row.id;
        }
        assert!(self.store().destinations(shut_only, after, 1).await.unwrap().is_empty());
        all
    }

    async fn shut(&self, who: &str) -> Option<Shut> {
        self.store().destination(&at(who)).await.unwrap().unwrap().shut()
    }
}

#[tokio::test]
async fn what_waits_for_a_barred_chat_leaves_when_something_comes_from_there() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    let until = bench.now().plus(30 * MINUTE);
    let since = bench.now();
    bench.finish(&claim, FinishedAs::Barred { at: until, reason: "no rights".into() }).await;
    bench.see(3).await;
    assert!(bench.claim().await.is_empty(), "it would be refused as well");
    let barred = bench.shut(ANA).await;
    assert!(
        matches!(&barred, Some(Shut::Barred(barred)) if (&*barred.reason, barred.since, barred.until)
            == ("no rights", since, until)),
        "{barred:?}"
    );
    assert_eq!(bench.edit(Edit::Alive { destination: at(ANA) }).await, Edited::Done(1));
    assert_eq!(bench.shut(ANA).await, None);
    let again = bench.claim().await.remove(0);
    assert_eq!((again.id, again.is_probe), (claim.id, false));
    bench.sent(&again).await;
    assert_eq!(bench.send_all().await.len(), 1, "and what came meanwhile");
    bench.sums();
}

/// Each word from there is a reason to try once more, and anybody there may say many.
#[tokio::test]
async fn words_from_a_barred_chat_use_up_nothing_of_the_time_in_which_what_waits_may_leave() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    for _ in 0..300 {
        let claim = bench.claim().await.remove(0);
        assert_eq!(claim.spent, Duration::ZERO);
        let until = bench.now().plus(30 * MINUTE);
        bench.finish(&claim, FinishedAs::Barred { at: until, reason: "no rights".into() }).await;
        bench.pass(SECOND);
        bench.edit(Edit::Alive { destination: at(ANA) }).await;
    }
    bench.sums();
}

#[tokio::test]
async fn a_chat_that_stays_barred_counts_from_the_first_refusal_and_ends_off() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let since = bench.now();
    for _ in 0..3 {
        let claim = bench.claim().await.remove(0);
        let until = bench.now().plus(30 * MINUTE);
        bench.finish(&claim, FinishedAs::Barred { at: until, reason: "no rights".into() }).await;
        let barred = bench.shut(ANA).await;
        assert!(matches!(&barred, Some(Shut::Barred(barred)) if barred.since == since));
        bench.pass(31 * MINUTE);
    }
    let claim = bench.claim().await.remove(0);
    bench.finish(&claim, FinishedAs::Gone("no rights".into())).await;
    let off = Shut::Off { reason: "no rights".into(), since: Some(bench.now()) };
    assert_eq!(bench.shut(ANA).await, Some(off));
    let row = bench.store().destination(&at(ANA)).await.unwrap().unwrap();
    assert_eq!(row.barred, None);
    bench.sums();
}

#[tokio::test]
async fn every_destination_is_listed_with_its_state_its_watches_and_what_waits() {
    let bench = Bench::new();
    for to in [ANA, BEN, HOOK] {
        bench.watch(to, "views any").await;
    }
    bench.watch_subject(ANA, "video:aaaaaaaaaaa", "views any").await;
    bench.watch_subject(BEN, "video:bbbbbbbbbbb", "views any").await;
    bench.edit(Edit::Unwatch { destination: at(BEN), subject: of("video:bbbbbbbbbbb") }).await;
    bench.see(1).await;
    bench.see_video("aaaaaaaaaaa", 1).await;
    bench.see(2).await;
    bench.see_video("aaaaaaaaaaa", 2).await;
    // Of Ana's, one is on its way, and another waits for it.
    bench.claim().await;
    bench.edit(Edit::Disable { destination: at(BEN), reason: "blocked".into() }).await;
    let all = bench.destinations(false).await;
    let seen: Vec<_> = all
        .iter()
        .map(|found| (found.row.address.to_string(), found.watches, found.waiting))
        .collect();
    let on_its_way = 1;
    assert_eq!(
        seen,
        [
            (ANA.to_owned(), 2, on_its_way + 1),
            (BEN.to_owned(), 1, on_its_way),
            (HOOK.to_owned(), 1, 1)
        ]
    );
    let shut = bench.destinations(true).await;
    assert_eq!(shut.len(), 1);
    assert_eq!(shut[0].row.address, at(BEN));
    // A place that has moved is listed where it is.
    bench.edit(Edit::Move { from: at(ANA), to: at("telegram:-1005") }).await;
    let moved: Vec<_> = bench.destinations(false).await;
    let moved = moved.iter().map(|found| (found.row.address.to_string(), found.watches));
    let expected = [(BEN.to_owned(), 1), (HOOK.to_owned(), 1), ("telegram:-1005".to_owned(), 2)];
    assert_eq!(moved.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_message_that_was_on_its_way_when_its_chat_went_off_does_not_bring_it_back() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    bench.edit(Edit::Disable { destination: at(ANA), reason: "blocked".into() }).await;
    bench.sent(&claim).await;
    assert!(bench.shut(ANA).await.is_some(), "it left before the block");
}
