//! Rows that only their tables show: how many a sweep takes at once, one that goes missing, one of an older version.

use super::*;

#[tokio::test]
async fn a_sweep_takes_bounded_pieces_and_says_that_there_is_more() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    bench.send_all().await;
    bench.meddle(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
         INSERT INTO alert (subscription, rule, video, series, observed_at, outcome, ended, notification)
         SELECT subscription, rule, video, series, observed_at, outcome, ended, notification FROM alert, n;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
         INSERT INTO history (video, at, views) SELECT 1, i, i FROM n",
    );
    bench.pass(8 * DAY);
    assert!(bench.store().sweep(KEEP, bench.now()).await.unwrap());
    assert_eq!((bench.engine.rows("alert"), bench.engine.rows("history")), (7_001, 7_002));
    bench.sweep().await;
    assert_eq!(bench.engine.rows("alert"), 0);
}

#[tokio::test]
async fn an_alert_that_goes_missing_shows_in_the_sums() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().unaccounted(), 0);
    bench.meddle("DELETE FROM alert WHERE id = (SELECT max(id) FROM alert)");
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().unaccounted(), 1);
}

#[tokio::test]
async fn a_destination_whose_day_nobody_noted_down_has_a_month_from_now() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.off(ANA).await;
    bench.meddle("UPDATE destination SET off_since = NULL");
    bench.pass(60 * DAY);
    bench.sweeps().await;
    assert_eq!(bench.polled().await, [VIDEO]);
    bench.pass(30 * DAY);
    bench.sweeps().await;
    assert!(bench.polled().await.is_empty());
}
