//! A clock that was set back: nothing waits for the old time to come again.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const LIMITS: tubebell::store::ListLimits =
    tubebell::store::ListLimits { per_list: 10, per_owner: 10 };

/// The clock of the bench goes back, and the store is told.
async fn set_back(bench: &Bench) {
    bench.now.set(bench.now().minus(HOUR));
    bench.store().set_back(HOUR, bench.now()).await.unwrap();
}

/// One chat with something to tell.
async fn waiting() -> Bench {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench
}

#[tokio::test]
async fn what_was_due_is_due_at_once() {
    let bench = waiting().await;
    set_back(&bench).await;
    assert_eq!(bench.send_all().await.len(), 1);
    let due = bench.store().due_videos(bench.now(), 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert!(due[0].next_poll.unwrap() <= bench.now());
    bench.sums();
}

#[tokio::test]
async fn a_wait_that_was_asked_for_lasts_as_long_as_before() {
    let bench = waiting().await;
    let claim = bench.claim().await.remove(0);
    let at = bench.now().plus(HOUR / 2);
    let retry = FinishedAs::Retry { at, counts: true, error: "429".into() };
    let finished = Finished { lane_free_at: at, ..bench.finished(&claim, retry) };
    bench.turn(Channel::Telegram, 0, vec![finished]).await;
    set_back(&bench).await;
    bench.pass(HOUR / 2 - SECOND);
    assert!(bench.claim().await.is_empty(), "the wait was cut short");
    bench.pass(SECOND);
    assert_eq!(bench.claim().await.len(), 1);
}

#[tokio::test]
async fn at_most_one_per_quarter_of_an_hour_counts_from_now_at_the_latest() {
    let bench = waiting().await;
    let settings = Settings { at_most_s: Some(900), ..Settings::default() };
    bench.edit(Edit::Set { destination: at(ANA), subject: None, settings }).await;
    assert_eq!(bench.send_all().await.len(), 1);
    bench.see(3).await;
    assert!(bench.claim().await.is_empty());
    set_back(&bench).await;
    assert!(bench.claim().await.is_empty());
    bench.pass(Duration::from_secs(900));
    assert_eq!(bench.claim().await.len(), 1);
}

#[tokio::test]
async fn what_the_wall_holds_is_held_until_the_wall_says_so() {
    let bench = waiting().await;
    let morning = bench.now().plus(HOUR / 4);
    bench.plain.quiet_until.store(morning.0, Ordering::Relaxed);
    assert!(bench.claim().await.is_empty());
    set_back(&bench).await;
    bench.now.set(morning.minus(SECOND));
    assert!(bench.claim().await.is_empty());
    bench.pass(SECOND);
    assert_eq!(bench.claim().await.len(), 1);
}

#[tokio::test]
async fn a_rule_that_was_added_to_a_list_under_the_old_clock_goes_on() {
    let bench = Bench::new();
    let channel = "channel:UCuAXFkgsw1L7xaCfnd5JJOw";
    bench.watch_subject(ANA, channel, "views every 10").await;
    // The video joins before the moment to which the clock goes back, and the rule is made behind it.
    let due = bench.store().due_subjects(bench.now(), 1, LIMITS).await.unwrap().remove(0);
    let listing = tubebell::store::Listing {
        subject: due.id,
        title: None,
        same_as: None,
        memory: "{}".into(),
        members: vec![tubebell::store::ListedMember {
            id: VIDEO.parse().unwrap(),
            title: None,
            at: Some(T0.minus(HOUR)),
        }],
        complete: true,
        total: None,
        members_max: 10,
        presence: None,
        next_listing: bench.now(),
    };
    bench.store().save_listing(listing, bench.now()).await.unwrap();
    bench.pass(HOUR / 2);
    bench.watch_subject("telegram:12", channel, "views every 10").await;
    bench.see(1).await;
    bench.pass(HOUR * 3 / 4);
    set_back(&bench).await;
    bench.pass(HOUR * 2);
    bench.see(10).await;
    assert_eq!(bench.send_all().await.len(), 2);
}
