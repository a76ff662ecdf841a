//! `stats`: fresh numbers, and what stands in for them.

use super::*;
use crate::model::{Counts, PictureMark, RoutingTx};
use crate::route::{Budget, Router};
use crate::store::Stream as _;

/// The router has handled what was seen of the video.
async fn handled(bench: &Bench) {
    handle(bench, snapshot()).await;
}

async fn handle(bench: &Bench, seen: Snapshot) {
    let next = bench.commit.0.position("log", 0).await.unwrap();
    let now = seen.observed_at;
    let work = Box::new(move |tx: &mut dyn RoutingTx<Error = StoreError>| {
        let never = || false;
        Router::new().route(tx, &seen, &mut Budget::new(100, &never))?;
        Ok(next + 1)
    });
    bench.commit.0.route("log", 0, next, now, work).await.unwrap();
}

async fn stats(bench: &Bench) -> Result<Stats, NoStats> {
    bench.actions.stats(&ana(), snapshot().video_id, NOW).await.unwrap()
}

#[tokio::test]
async fn numbers_are_asked_for_anew() {
    let bench = Bench::new();
    match stats(&bench).await {
        Ok(Stats { numbers: StatsNumbers::Fresh(seen, gains), views }) => {
            assert_eq!((*seen, gains), (snapshot(), vec![]));
            assert_eq!(views, None, "what nobody watches here has no course");
        }
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
        Ok(Stats { numbers: StatsNumbers::Last { known, is_gone }, .. }) => (known.last, is_gone),
        other => panic!("{other:?}"),
    };
    assert_eq!(last(stats(&bench).await), (Counts::from(&snapshot()), true));
    bench.fails();
    assert_eq!(last(stats(&bench).await), (Counts::from(&snapshot()), false));
}

#[tokio::test]
async fn the_views_of_a_watched_video_are_told_as_far_as_they_are_known() {
    let mut bench = Bench::new();
    bench.watch(&ana(), VIDEO, "views every 1000; title").await.unwrap();
    let at = |hours: u64| NOW.plus(Duration::from_secs(hours * 3600));
    for (hours, views, title) in [
        (0, Some(1_240), "one"),
        (24, Some(3_100), "one"),
        (48, None, "two"),
        (72, Some(3_200), "two"),
    ] {
        let seen = Snapshot {
            observed_at: at(hours),
            numbers_at: at(hours),
            views,
            // Something moves each time, or nothing would be recorded.
            comments: Some(i64::try_from(hours).unwrap()),
            title: Some(title.to_owned()),
            ..snapshot()
        };
        *bench.youtube.video.lock().unwrap() = Some(seen.clone());
        handle(&bench, seen).await;
    }
    let course = |stats: Result<Stats, NoStats>| stats.unwrap().views.unwrap();
    let Course { points, marks } = course(stats(&bench).await);
    let expected = [(0, Some(1_240)), (24, Some(3_100)), (48, None), (72, Some(3_200))]
        .map(|(hours, views)| (at(hours), views));
    assert_eq!(points, expected);
    let passed = [2_000, 3_000].map(|value| PictureMark::Passed(at(24), value));
    assert_eq!(marks, [passed.as_slice(), &[PictureMark::Renamed(at(48))]].concat());
    bench.fails();
    assert_eq!(course(stats(&bench).await).points, expected);

    // A week on, what held at its beginning is where the picture begins.
    bench.youtube.failure.lock().unwrap().take();
    let later = Snapshot { observed_at: at(200), numbers_at: at(200), ..snapshot() };
    *bench.youtube.video.lock().unwrap() = Some(later);
    let Course { points, .. } = course(stats(&bench).await);
    let expected = [(32, Some(3_100)), (48, None), (72, Some(3_200)), (200, Some(1_240))];
    assert_eq!(points, expected.map(|(hours, views)| (at(hours), views)));
}
