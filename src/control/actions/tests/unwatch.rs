//! `unwatch`: one watch, or all.

use super::*;

#[tokio::test]
async fn a_watch_ends_once() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    let request = || Unwatch { destination: ana().destination, subject: of(VIDEO) };
    assert_eq!(unwatch(&mut bench.commit, request()).await.unwrap(), Ok(()));
    assert!(bench.watches(&ana().destination).await.is_empty());
    assert_eq!(unwatch(&mut bench.commit, request()).await.unwrap(), Err(NotWatched));
}

#[tokio::test]
async fn all_watches_of_a_destination_end_together() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    bench.watch(&ana(), "video:aaaaaaaaaaa", "").await.unwrap();
    let all = ana().destination;
    assert_eq!(unwatch_all(&bench.actions, &mut bench.commit, &all).await.unwrap(), 2);
    assert_eq!(unwatch_all(&bench.actions, &mut bench.commit, &all).await.unwrap(), 0);
    assert_eq!(bench.actions.count_watches(&all).await.unwrap(), 0);
}
