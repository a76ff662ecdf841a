//! The routing transaction: position, work left over, texts as they are.

use super::*;
use std::sync::Mutex;
use tubebell::model::{Outcome, Value};
use tubebell::store::StoreError;

/// What a watch is told: from where to where, and how often its rule fired in between.
fn told_to(bench: &Bench, watch: i64) -> Vec<(Value, Value, i64)> {
    let alerts = bench.engine.alerts().into_iter().filter(|alert| alert.watch == watch);
    alerts.map(|alert| (alert.previous, alert.current, alert.firings)).collect()
}

#[tokio::test]
async fn a_position_that_somebody_else_has_moved_is_a_conflict() {
    let bench = Bench::new();
    let route = |read, next| bench.store().route("s", 0, read, T0, Box::new(move |_| Ok(next)));
    assert_eq!(route(0, 5).await.unwrap(), 5);
    assert!(matches!(route(0, 5).await, Err(StoreError::Conflict { .. })));
    assert_eq!(bench.store().position("s", 0).await.unwrap(), 5);
    assert_eq!(bench.store().position("s", 1).await.unwrap(), 0);
}

#[tokio::test]
async fn routing_that_fails_or_panics_changes_nothing_and_stops_nobody() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    let seen = snapshot(VIDEO, bench.now().plus(SECOND), 2);
    bench.store().append(vec![seen.clone()]).await.unwrap();
    let read = bench.store().position(EMBEDDED_STREAM, 0).await.unwrap();
    for panics in [false, true] {
        let seen = seen.clone();
        let outcome = bench
            .store()
            .route(
                EMBEDDED_STREAM,
                0,
                read,
                bench.now(),
                Box::new(move |tx| {
                    Router::new().route(tx, &seen, &mut Budget::new(10, &|| false))?;
                    assert!(!panics, "a defect");
                    Err(StoreError::Row("no".into()))
                }),
            )
            .await;
        match outcome {
            Err(StoreError::Row(_)) => assert!(!panics),
            Err(StoreError::Panicked) => assert!(panics),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(bench.engine.rows("alert"), 0);
    assert_eq!(bench.store().position(EMBEDDED_STREAM, 0).await.unwrap(), read);
    bench.route().await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn the_log_keeps_what_was_not_routed_and_nothing_else() {
    let bench = Bench::new();
    for views in 0..3 {
        let seen = snapshot(VIDEO, T0.plus(SECOND * views), i64::from(views));
        bench.store().append(vec![seen]).await.unwrap();
    }
    let log = bench.store().read_log(0, 2).await.unwrap();
    assert_eq!(log.iter().map(|(_, seen)| seen.views).collect::<Vec<_>>(), [Some(0), Some(1)]);
    bench.route().await;
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().log_backlog, 0);
    // Offsets go on where they were: a position never points at something old.
    bench.store().append(vec![snapshot(VIDEO, T0, 9)]).await.unwrap();
    let read = bench.store().position(EMBEDDED_STREAM, 0).await.unwrap();
    assert_eq!(bench.store().read_log(read, 9).await.unwrap().len(), 1);
}

/// Runs one piece of work with a small budget; the pieces seen.
async fn pieces(bench: &Bench) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    loop {
        let seen_inside = Arc::clone(&seen);
        let work = bench.store().fan_out(
            bench.now(),
            Box::new(move |tx, holder, work| {
                seen_inside.lock().unwrap().push(format!("{}", holder.code()));
                Router::new().resume(tx, holder, work, &mut Budget::new(2, &|| false))
            }),
        );
        if !work.await.unwrap() {
            return Arc::try_unwrap(seen).unwrap().into_inner().unwrap();
        }
    }
}

#[tokio::test]
async fn what_one_transaction_leaves_over_is_told_once_in_order_and_videos_take_turns() {
    let bench = Bench::new();
    let videos = ["aaaaaaaaaaa", "bbbbbbbbbbb"];
    for chat in 1..=5 {
        for video in videos {
            let (to, subject) = (format!("telegram:{chat}"), format!("video:{video}"));
            bench.watch_subject(&to, &subject, "views any").await;
        }
    }
    for video in videos {
        bench.see_video(video, 10).await;
    }
    // Two changes of each video; one alert each fits into the transaction.
    for views in [11, 12] {
        for video in videos {
            bench.pass(SECOND);
            bench.store().append(vec![snapshot(video, bench.now(), views)]).await.unwrap();
        }
    }
    let batch = bench.store().read_log(0, 10).await.unwrap();
    let read = bench.store().position(EMBEDDED_STREAM, 0).await.unwrap();
    let work = Box::new(move |tx: &mut dyn tubebell::model::RoutingTx<Error = StoreError>| {
        let mut next = read;
        for (offset, seen) in &batch {
            let routed = Router::new().route(tx, seen, &mut Budget::new(1, &|| false))?;
            assert!(routed.deferred);
            next = offset + 1;
        }
        Ok(next)
    });
    bench.store().route(EMBEDDED_STREAM, 0, read, bench.now(), work).await.unwrap();
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().fanouts, 4);
    let order = pieces(&bench).await;
    assert_ne!(order[0], order[1], "one video's watchers hold up the other's: {order:?}");
    // Each chat hears of each change of each video once, the earlier first.
    for subscription in 1..=10 {
        assert_eq!(told_to(&bench, subscription), [(Value::Int(10), Value::Int(12), 2)]);
    }
    bench.sums();
}

#[tokio::test]
async fn changes_that_wait_behind_a_fan_out_become_one() {
    let bench = Bench::new();
    for chat in 1..=3 {
        bench.watch(&format!("telegram:{chat}"), "views any").await;
    }
    bench.see(10).await;
    for views in [11, 12, 13, 14] {
        bench.pass(SECOND);
        bench.store().append(vec![snapshot(VIDEO, bench.now(), views)]).await.unwrap();
    }
    let read = bench.store().position(EMBEDDED_STREAM, 0).await.unwrap();
    let batch = bench.store().read_log(read, 10).await.unwrap();
    let work = Box::new(move |tx: &mut dyn tubebell::model::RoutingTx<Error = StoreError>| {
        for (_, seen) in &batch {
            Router::new().route(tx, seen, &mut Budget::new(1, &|| false))?;
        }
        Ok(read + 4)
    });
    bench.store().route(EMBEDDED_STREAM, 0, read, bench.now(), work).await.unwrap();
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().fanouts, 2);
    pieces(&bench).await;
    // Two alerts of two changes, the later folded into the earlier.
    assert_eq!(told_to(&bench, 3), [(Value::Int(10), Value::Int(14), 2)]);
}

#[tokio::test]
async fn triggers_of_one_value_are_read_page_by_page_without_gap_or_repeat() {
    use tubebell::model::{FanoutCursor, Holder, Metric, Series, Signal, VideoKey};
    let bench = Bench::new();
    for chat in 1..=7 {
        bench.watch(&format!("telegram:{chat}"), "views any; views every 10; views every 20").await;
    }
    bench.see(5).await;
    let rows = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&rows);
    let work = Box::new(move |tx: &mut dyn tubebell::model::RoutingTx<Error = StoreError>| {
        let mut cursor = FanoutCursor::START;
        let mut page = Vec::new();
        loop {
            let series = Series::up(Signal::Count(Metric::Views));
            tx.scan(Holder::Video(VideoKey(1)), series, 10, cursor, 3, &mut page)?;
            let Some(last) = page.last() else { return Ok(0) };
            cursor = FanoutCursor { value: last.value, id: last.id.0 };
            found.lock().unwrap().extend(page.iter().map(|row| (row.value, row.id.0)));
        }
    });
    bench.store().route("other", 0, 0, bench.now(), work).await.unwrap();
    let rows = rows.lock().unwrap();
    assert_eq!(rows.len(), 14, "seven that wait at the lowest value, seven at 10, none at 20");
    assert!(rows.is_sorted() && rows.windows(2).all(|pair| pair[0] != pair[1]), "{rows:?}");
}

#[tokio::test]
async fn a_title_arrives_as_typed() {
    let hostile = [
        "12345",
        "-0",
        "1e5",
        "NULL",
        "",
        "'; DROP TABLE alert; --",
        "\"trigger\" ?1 :a @b $c %s {}",
        "a\0b",
        "<b>&*_`@everyone",
        "\u{202e}gnp.exe",
        "🇪🇸👩‍👩‍👧‍👦 — ½ \u{fffd}",
    ];
    let bench = Bench::new();
    bench.watch(ANA, "title").await;
    bench.see(1).await;
    for title in hostile {
        bench.pass(SECOND);
        let seen = snapshot(VIDEO, bench.now(), 1);
        bench.publish(Snapshot { title: Some(title.into()), ..seen }).await;
        let why = bench.store().why(VIDEO.parse().unwrap(), None).await.unwrap();
        let (alert, outcome, _) = &why[0].alerts[0];
        assert_eq!(alert.current.text(), Some(title));
        assert_eq!(*outcome, Outcome::Waiting);
        bench.send_all().await;
    }
    assert_eq!(bench.count("sent"), hostile.len());
    let history = bench.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 10).await.unwrap();
    assert_eq!(history.unwrap().known.unwrap().title, hostile[hostile.len() - 1]);
    bench.sums();
}

#[tokio::test]
async fn names_that_are_commands_to_a_database_are_names() {
    let bench = Bench::new();
    let hostile = "recorder:');DELETE/**/FROM/**/destination;--\u{202e}";
    bench.watch(hostile, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claims = bench.turn(Channel::Recorder, 9, Vec::new()).await.claims;
    assert_eq!(claims[0].address, at(hostile));
    let value = "'); DELETE FROM meta; --\0\u{202e}";
    bench.store().save(value, value.into()).await.unwrap();
    assert_eq!(bench.store().load(value).await.unwrap().as_deref(), Some(value));
    assert_eq!(bench.store().load("'").await.unwrap(), None);
}

#[tokio::test]
async fn the_course_of_counts_has_few_points_and_begins_with_what_held() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let mut seen = Vec::new();
    for views in 0..50 {
        bench.see(views).await;
        let history = bench.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 1).await;
        let (at, counts) = history.unwrap().unwrap().points[0];
        seen.push((at, counts.views));
    }
    let course = async |from: usize, to: usize, steps| {
        let (from, to) = (seen[from].0.plus(Duration::from_millis(1)), seen[to].0);
        let course = bench.store().course(VIDEO.parse().unwrap(), from, to, steps).await.unwrap();
        course.into_iter().map(|(at, counts)| (at, counts.views)).collect::<Vec<_>>()
    };
    assert_eq!(course(0, 49, 1000).await, seen);
    assert_eq!(course(10, 20, 1000).await, seen[10..=20]);
    for steps in [0, 1, 2, 7, 49] {
        let found = course(10, 40, steps).await;
        assert!(found.len() <= steps.max(1) as usize + 1, "{steps}: {found:?}");
        assert!(found.is_sorted() && found.iter().all(|point| seen.contains(point)), "{found:?}");
        assert_eq!(found.last(), Some(&seen[40]), "{steps}");
        assert!(found[0] <= seen[10], "what held at the beginning is told: {steps} {found:?}");
    }
    // Of a time of which only the end is known, the steps are those of the end.
    let (week, to) = (seen[49].0.minus(Duration::from_secs(7 * 86_400)), seen[49].0);
    let young = bench.store().course(VIDEO.parse().unwrap(), week, to, 400).await.unwrap();
    assert_eq!(young.len(), 50);
    let nobody = "unknownvide".parse().unwrap();
    assert!(bench.store().course(nobody, T0, T0, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn history_is_what_was_recorded_oldest_first() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    for views in [5, 6, 6, 7] {
        bench.see(views).await;
    }
    let history = bench.store().history(VIDEO.parse().unwrap(), UnixMillis::MIN, 2).await.unwrap();
    let points = history.unwrap().points;
    assert_eq!(
        points.iter().map(|(_, counts)| counts.views).collect::<Vec<_>>(),
        [Some(6), Some(7)]
    );
    assert!(bench.store().history("unknownvide".parse().unwrap(), T0, 2).await.unwrap().is_none());
}
