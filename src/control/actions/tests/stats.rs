//! `stats`: fresh numbers, and what stands in for them.

use super::*;
use crate::model::{Counts, RoutingTx};
use crate::route::{Budget, Router};
use crate::store::Stream as _;

/// The router has handled what was seen of the video.
async fn handled(bench: &Bench) {
    let work = Box::new(|tx: &mut dyn RoutingTx<Error = StoreError>| {
        let never = || false;
        Router::new().route(tx, &snapshot(), &mut Budget::new(100, &never))?;
        Ok(1)
    });
    bench.commit.0.route("log", 0, 0, NOW, work).await.unwrap();
}

async fn stats(bench: &Bench) -> Result<Stats, NoStats> {
    bench.actions.stats(&ana(), snapshot().video_id, NOW).await.unwrap()
}

#[tokio::test]
async fn numbers_are_asked_for_anew() {
    let bench = Bench::new();
    match stats(&bench).await {
        Ok(Stats::Fresh(seen, gains)) => assert_eq!((*seen, gains), (snapshot(), vec![])),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_a_video_that_is_not_watched_nothing_stands_in_for_an_answer() {
    let bench = Bench::new();
    *bench.youtube.video.lock().unwrap() = None;
    assert_eq!(stats(&bench).await.unwrap_err(), NoStats::NotThere(NotThere(of(VIDEO))));
    bench.fails();
    assert!(matches!(stats(&bench).await, Err(NoStats::Unasked(_))));
}

#[tokio::test]
async fn of_a_watched_video_the_last_numbers_do() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "").await.unwrap();
    handled(&bench).await;
    *bench.youtube.video.lock().unwrap() = None;
    let last = |stats| match stats {
        Ok(Stats::Last { known, is_gone }) => (known.last, is_gone),
        other => panic!("{other:?}"),
    };
    assert_eq!(last(stats(&bench).await), (Counts::from(&snapshot()), true));
    bench.fails();
    assert_eq!(last(stats(&bench).await), (Counts::from(&snapshot()), false));
}
