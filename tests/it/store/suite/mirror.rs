//! What other programs are told: records that wait, and the watch list as they have it.

use super::*;
use tubebell::model::{Mirrored, RoutingTx};
use tubebell::store::StoreError;

/// What waits, with the number of the last record.
async fn waiting(bench: &Bench) -> Vec<Mirrored> {
    bench.store().mirrored(1_000).await.unwrap().into_iter().map(|(_, record)| record).collect()
}

/// Takes all that waits, as a cluster does.
async fn taken(bench: &Bench) -> Vec<Mirrored> {
    let rows = bench.store().mirrored(1_000).await.unwrap();
    if let Some((last, _)) = rows.last() {
        bench.store().acknowledged(*last).await.unwrap();
    }
    rows.into_iter().map(|(_, record)| record).collect()
}

async fn compare(bench: &Bench) {
    bench.store().compare_watched(DAY * 30, bench.now()).await.unwrap();
}

fn video() -> VideoId {
    VIDEO.parse().unwrap()
}

#[tokio::test]
async fn a_record_stands_or_falls_with_what_it_was_made_with() {
    let bench = Bench::new();
    let change = Mirrored::Change { previous: None, current: Box::new(snapshot(VIDEO, T0, 1)) };
    for fails in [true, false] {
        let change = change.clone();
        let work = Box::new(move |tx: &mut dyn RoutingTx<Error = StoreError>| {
            tx.mirror(&change)?;
            if fails { Err(StoreError::Row("no".into())) } else { Ok(1) }
        });
        assert_eq!(bench.store().route("s", 0, 0, T0, work).await.is_err(), fails);
    }
    assert_eq!(waiting(&bench).await, std::slice::from_ref(&change));
    assert_eq!(taken(&bench).await, [change]);
    assert_eq!(waiting(&bench).await, []);
}

#[tokio::test]
async fn the_last_snapshot_that_came_by_is_kept_and_forgotten_in_time() {
    let bench = Bench::new();
    let passed = |seen: Option<Snapshot>| {
        let keep = seen.clone();
        Box::new(move |tx: &mut dyn RoutingTx<Error = StoreError>| {
            assert_eq!(tx.passed(video())?, seen);
            tx.save_passed(&snapshot(VIDEO, T0, keep.map_or(1, |_| 2)))?;
            Ok(i64::from(seen.is_some()) + 1)
        })
    };
    bench.store().route("s", 0, 0, T0, passed(None)).await.unwrap();
    bench.store().route("s", 0, 1, T0, passed(Some(snapshot(VIDEO, T0, 1)))).await.unwrap();
    bench.store().sweep(KEEP, T0.plus(KEEP.statistics)).await.unwrap();
    assert_eq!(bench.engine.rows("passed"), 1);
    bench.store().sweep(KEEP, T0.plus(KEEP.statistics + SECOND)).await.unwrap();
    assert_eq!(bench.engine.rows("passed"), 0);
}

#[tokio::test]
async fn the_watch_list_says_who_joins_and_who_leaves_and_a_video_is_erased_thirty_days_later() {
    let bench = Bench::new();
    compare(&bench).await;
    assert_eq!(waiting(&bench).await, []);
    bench.watch(ANA, "views any").await;
    let since = bench.now();
    for _ in 0..3 {
        compare(&bench).await;
    }
    assert_eq!(taken(&bench).await, [Mirrored::Watched { video: video(), since }]);

    bench.unwatch(ANA).await;
    let left = bench.now();
    compare(&bench).await;
    compare(&bench).await;
    assert_eq!(taken(&bench).await, [Mirrored::Unwatched { video: video(), at: left }]);

    // Whoever comes back within the month ends the wait.
    bench.pass(DAY * 20);
    bench.watch(ANA, "views any").await;
    compare(&bench).await;
    assert_eq!(taken(&bench).await.len(), 1);
    bench.pass(DAY * 20);
    compare(&bench).await;
    assert_eq!(taken(&bench).await, []);

    bench.unwatch(ANA).await;
    compare(&bench).await;
    assert_eq!(taken(&bench).await.len(), 1);
    bench.pass(DAY * 30 - SECOND);
    compare(&bench).await;
    assert_eq!(taken(&bench).await, []);
    bench.pass(SECOND);
    compare(&bench).await;
    compare(&bench).await;
    assert_eq!(taken(&bench).await, [Mirrored::Forgotten { video: video(), at: bench.now() }]);
    assert_eq!(bench.engine.rows("listed"), 0);
}

#[tokio::test]
async fn more_videos_than_one_look_compares_are_compared_over_several() {
    let bench = Bench::new();
    let videos: Vec<String> = (0..4_500).map(|n| format!("video-{n:05}")).collect();
    for piece in videos.chunks(500) {
        let edits = piece.iter().map(|video| {
            Edit::Watch(Box::new(watch_of(ANA, &format!("video:{video}"), "views any")))
        });
        bench.store().edit(None, edits.collect(), bench.now()).await.unwrap();
    }
    let mut told = 0;
    for look in [2_000, 2_000, 500, 0] {
        compare(&bench).await;
        let now = bench.store().mirrored(10_000).await.unwrap().len();
        assert_eq!(now - told, look);
        told = now;
    }
}

#[tokio::test]
async fn positions_of_a_topic_that_was_made_anew_are_forgotten_and_no_others() {
    let bench = Bench::new();
    for stream in ["videos@a", "videos@b", "videos", "changes@a", "videos2@a"] {
        bench.store().route(stream, 0, 0, T0, Box::new(|_| Ok(7))).await.unwrap();
    }
    bench.store().forget_positions("videos@", "videos@b").await.unwrap();
    for (stream, left) in
        [("videos@a", 0), ("videos@b", 7), ("videos", 7), ("changes@a", 7), ("videos2@a", 7)]
    {
        assert_eq!(bench.store().position(stream, 0).await.unwrap(), left, "{stream}");
    }
}
