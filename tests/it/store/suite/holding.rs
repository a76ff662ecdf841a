//! What is held: until when, for whom, and what changes it.

use super::*;
use tubebell::store::{Collected, Compose, Composed, Course, Unit};

async fn held_until(bench: &Bench, until: UnixMillis) {
    bench.plain.quiet_until.store(until.0, Ordering::Relaxed);
}

async fn due(bench: &Bench) -> Option<UnixMillis> {
    bench.turn(Channel::Telegram, 0, Vec::new()).await.next_due()
}

fn shown(bench: &Bench) -> i64 {
    bench.plain.shown.swap(0, Ordering::Relaxed)
}

#[tokio::test]
async fn a_held_lane_sleeps_until_the_hold_ends_and_is_not_asked_again() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    held_until(&bench, T0.plus(HOUR)).await;
    bench.see(2).await;
    let claimed = bench.turn(Channel::Telegram, 10, Vec::new()).await;
    assert!(claimed.claims.is_empty());
    assert_eq!(claimed.next_due(), Some(T0.plus(HOUR)));
    assert_eq!(shown(&bench), 1);
    for _ in 0..3 {
        assert!(bench.claim().await.is_empty());
    }
    assert_eq!(shown(&bench), 0);
    bench.sums();
}

#[tokio::test]
async fn alerts_that_come_during_a_hold_join_it_at_no_cost_and_leave_as_one() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    held_until(&bench, T0.plus(HOUR)).await;
    for views in 2..=20 {
        bench.see(views).await;
        assert!(bench.claim().await.is_empty());
    }
    assert_eq!(shown(&bench), 1, "the hold was decided once, not for each alert");
    assert_eq!(due(&bench).await, Some(T0.plus(HOUR)));
    bench.sums();
    bench.pass(HOUR);
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 1);
    assert!(bodies[0].contains("Int(1) -> Int(20)"), "{bodies:?}");
    assert_eq!(bench.count("sent"), 1);
    assert_eq!(bench.store().pulse(bench.now()).await.unwrap().ledger.folded, 18);
    bench.sums();
}

#[tokio::test]
async fn a_hold_of_one_watch_holds_up_no_other() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.watch_subject(ANA, "video:aaaaaaaaaaa", "views any").await;
    let settings = Settings { at_most_s: Some(900), ..Settings::default() };
    let subject = Some(of(&format!("video:{VIDEO}")));
    bench.edit(Edit::Set { destination: at(ANA), subject, settings }).await;
    for views in [1, 2, 3] {
        bench.see(views).await;
        bench.see_video("aaaaaaaaaaa", views).await;
        bench.send_all().await;
    }
    assert_eq!((bench.count("sent"), bench.count("waiting")), (3, 1));
    bench.sums();
}

#[tokio::test]
async fn at_most_one_per_quarter_of_an_hour_counts_from_the_last_message() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let settings = Settings { at_most_s: Some(900), ..Settings::default() };
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1);
    let sent = bench.now();
    bench.see(3).await;
    assert!(bench.claim().await.is_empty());
    assert_eq!(due(&bench).await, Some(sent.plus(15 * MINUTE)));
    bench.see(4).await;
    bench.pass(15 * MINUTE);
    assert!(bench.send_all().await[0].contains("Int(2) -> Int(4)"));
}

#[tokio::test]
async fn a_message_under_way_counts_as_the_last_one() {
    let bench = Bench::new();
    let hook = "webhook:https://a.example/";
    bench.watch(hook, "views any").await;
    let settings = Settings { at_most_s: Some(900), ..Settings::default() };
    bench.edit(Edit::Set { destination: at(hook), subject: None, settings }).await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.remove(0);
    bench.see(3).await;
    assert!(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.is_empty());
    // One that was given up was no message.
    bench.finish(&claim, FinishedAs::Dead("400".into())).await;
    bench.pass(15 * MINUTE);
    assert_eq!(bench.turn(Channel::Webhook, 10, Vec::new()).await.claims.len(), 1);
}

#[tokio::test]
async fn settings_that_change_during_a_hold_are_looked_at_at_once() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    held_until(&bench, T0.plus(HOUR)).await;
    bench.see(2).await;
    assert!(bench.claim().await.is_empty());
    held_until(&bench, T0).await;
    assert!(bench.claim().await.is_empty(), "nobody said that anything has changed");
    for subject in [None, Some(of(&format!("video:{VIDEO}")))] {
        let settings = Settings::default();
        bench.edit(Edit::Set { destination: at(ANA), subject, settings }).await;
        assert_eq!(due(&bench).await, Some(bench.now()));
        bench.sums();
    }
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_hold_into_the_past_is_no_endless_loop() {
    struct Confused;
    impl Compose for Confused {
        fn compose(&self, _: &Unit, now: UnixMillis) -> Composed {
            Composed::Hold(now.minus(HOUR))
        }

        fn digest(
            &self,
            _: &Collected,
            _: &dyn Fn(&VideoId) -> Course,
            now: UnixMillis,
        ) -> Composed {
            Composed::Hold(now.minus(HOUR))
        }

        fn is_quiet(&self, _: &Settings, _: &Settings, _: UnixMillis) -> bool {
            false
        }
    }
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claimed = bench
        .store()
        .finish_and_claim(
            Vec::new(),
            Channel::Telegram,
            Room::of(10),
            bench.now(),
            Arc::new(Confused),
        )
        .await
        .unwrap();
    assert!(claimed.next_due() > Some(bench.now()));
}

#[tokio::test]
async fn a_hold_outlives_a_stop() {
    let mut bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    held_until(&bench, T0.plus(HOUR)).await;
    bench.see(2).await;
    bench.claim().await;
    bench.restart();
    assert_eq!(due(&bench).await, Some(T0.plus(HOUR)));
    bench.sums();
}
