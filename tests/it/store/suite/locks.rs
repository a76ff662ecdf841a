//! Named locks between processes.

use super::*;
use tubebell::store::LockTaken;

const LEASE: Duration = Duration::from_secs(90);

impl Bench {
    async fn take(&self, name: &str, holder: &str) -> LockTaken {
        self.store().take_lock(name, holder, LEASE, self.now()).await.unwrap()
    }

    fn held(&self, by: &str) -> LockTaken {
        LockTaken::Held { by: by.to_owned(), until: self.now().plus(LEASE) }
    }
}

#[tokio::test]
async fn a_lock_is_one_holders_until_they_give_it_back() {
    let bench = Bench::new();
    assert_eq!(bench.take("a", "ana").await, LockTaken::Taken);
    assert_eq!(bench.take("a", "ben").await, bench.held("ana"));
    assert_eq!(bench.take("b", "ben").await, LockTaken::Taken, "another lock");
    bench.store().release_lock("a", "ben").await.unwrap();
    assert_eq!(bench.take("a", "ben").await, bench.held("ana"), "it was not theirs to give");
    bench.store().release_lock("a", "ana").await.unwrap();
    bench.store().release_lock("a", "ana").await.unwrap();
    assert_eq!(bench.take("a", "ben").await, LockTaken::Taken);
}

#[tokio::test]
async fn whoever_is_killed_with_a_lock_keeps_others_out_for_its_time_alone() {
    let mut bench = Bench::new();
    assert_eq!(bench.take("a", "ana").await, LockTaken::Taken);
    bench.restart();
    bench.pass(LEASE - SECOND);
    let until = bench.now().plus(SECOND);
    assert_eq!(bench.take("a", "ben").await, LockTaken::Held { by: "ana".into(), until });
    bench.pass(SECOND);
    assert_eq!(bench.take("a", "ben").await, LockTaken::Taken);
    assert_eq!(bench.take("a", "ana").await, bench.held("ben"), "its time is over");
}

#[tokio::test]
async fn a_holder_may_take_a_lock_anew_and_has_it_for_longer() {
    let bench = Bench::new();
    assert_eq!(bench.take("a", "ana").await, LockTaken::Taken);
    bench.pass(LEASE - SECOND);
    assert_eq!(bench.take("a", "ana").await, LockTaken::Taken);
    bench.pass(LEASE - SECOND);
    let until = bench.now().plus(SECOND);
    assert_eq!(bench.take("a", "ben").await, LockTaken::Held { by: "ana".into(), until });
}

#[tokio::test]
async fn a_clock_that_was_set_back_holds_no_lock_for_years() {
    let bench = Bench::new();
    let later = bench.now().plus(1000 * DAY);
    bench.store().take_lock("a", "ana", LEASE, later).await.unwrap();
    assert_eq!(bench.take("a", "ben").await, LockTaken::Taken);
}

#[tokio::test]
async fn of_many_who_take_a_lock_at_once_one_has_it() {
    let bench = Bench::new();
    let holders: Vec<String> = (0..20).map(|number| format!("holder-{number}")).collect();
    let taken =
        futures_util::future::join_all(holders.iter().map(|holder| bench.take("a", holder)));
    let taken = taken.await.into_iter().filter(|taken| *taken == LockTaken::Taken);
    assert_eq!(taken.count(), 1);
}
