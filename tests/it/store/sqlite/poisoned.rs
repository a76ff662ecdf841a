//! Rows that can't be read end for themselves, with a cause, and hold up nobody.

use super::*;
use tubebell::store::{FinishedAs, WatchFilter};

/// Two chats have an alert each; something of the first is then broken.
async fn broken(sql: &str) -> Bench {
    let bench = Bench::new();
    for chat in [1, 2] {
        let video = format!("{chat:011}");
        bench
            .watch_subject(&format!("telegram:{chat}"), &format!("video:{video}"), "views any")
            .await;
        bench.see_video(&video, 1).await;
        bench.see_video(&video, 2).await;
    }
    bench.meddle(sql);
    bench
}

/// The other chat's message leaves, and the broken one is ended.
async fn check(sql: &str, outcome: &str) {
    let bench = broken(sql).await;
    let bodies = bench.send_all().await;
    assert_eq!(bodies.len(), 1, "{sql}");
    assert!(bodies[0].contains("00000000002"), "{sql}: {bodies:?}");
    assert_eq!((bench.count(outcome), bench.count("sent")), (1, 1), "{sql}");
    let cause: String =
        bench.sql("SELECT coalesce(max(error), 'none') FROM notification WHERE state = 'dead'");
    assert_eq!(cause != "none" && !cause.is_empty(), outcome == "dead", "{sql}: {cause}");
    bench.sums();
}

#[tokio::test]
async fn settings_addresses_subjects_series_and_values_that_mean_nothing_end_their_alert_only() {
    check("UPDATE destination SET settings = 'no json' WHERE id = 1", "dead").await;
    check("UPDATE subscription SET settings = '{\"quiet\": \"always\"}' WHERE id = 1", "dead")
        .await;
    check("UPDATE destination SET address = 'carrier pigeon' WHERE id = 1", "dead").await;
    check("UPDATE subject SET ref = 'painting:1' WHERE id = 1", "dead").await;
    check("UPDATE video SET ref = 'short' WHERE id = 1", "dead").await;
    check("UPDATE alert SET series = 9999 WHERE id = 1", "dead").await;
    check("UPDATE alert SET marks = '[' WHERE id = 1", "dead").await;
    check("UPDATE alert SET observed_at = 'noon' WHERE id = 1", "dead").await;
}

#[tokio::test]
async fn alerts_whose_watch_rule_or_video_is_missing_end() {
    check("DELETE FROM subscription WHERE id = 1", "cancelled:unwatched").await;
    check("DELETE FROM rule WHERE id = 1", "cancelled:unwatched").await;
    check("DELETE FROM destination WHERE id = 1", "cancelled:unwatched").await;
    check("DELETE FROM video WHERE id = 1", "dead").await;
    check("DELETE FROM subject WHERE id = 1", "dead").await;
}

#[tokio::test]
async fn one_unreadable_alert_does_not_take_the_others_of_its_group_along() {
    let bench = Bench::new();
    bench.watch(ANA, "views any; views every 10; views +5").await;
    for views in [1, 20] {
        bench.see(views).await;
    }
    bench.meddle("UPDATE alert SET marks = '[' WHERE id = 2");
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!((bench.count("sent"), bench.count("dead")), (2, 1));
    bench.sums();
}

#[tokio::test]
async fn retries_that_can_t_be_read_end() {
    for (sql, outcome) in [
        ("UPDATE destination SET address = 'carrier pigeon'", "dead"),
        ("UPDATE notification SET body = x'ff'", "dead"),
        ("UPDATE notification SET body_kind = 'fax'", "dead"),
        ("UPDATE notification SET body_kind = 'chat', body = 'no message'", "dead"),
        ("DELETE FROM destination", "cancelled:unwatched"),
        ("DELETE FROM subscription", "cancelled:unwatched"),
    ] {
        let bench = Bench::new();
        bench.watch(ANA, "views any").await;
        bench.see(1).await;
        bench.see(2).await;
        let claim = bench.claim().await.remove(0);
        let again = FinishedAs::Retry { at: bench.now(), counts: true, error: "502".into() };
        bench.finish(&claim, again).await;
        bench.meddle(sql);
        assert!(bench.claim().await.is_empty(), "{sql}");
        assert_eq!(bench.count(outcome), 1, "{sql}");
        bench.sums();
    }
}

#[tokio::test]
async fn members_that_can_t_be_read_are_found_by_their_alerts() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    bench.meddle("UPDATE notification SET members = 'all'");
    bench.store().figures(bench.now()).await.unwrap();
    bench.sent(&claim).await;
    assert_eq!(bench.count("sent"), 1);
}

#[tokio::test]
async fn rules_watches_lanes_and_history_that_hold_rubbish_stop_nobody_else() {
    for sql in [
        "UPDATE \"trigger\" SET base = 'x', since = 'y' WHERE rule = 1",
        "UPDATE \"trigger\" SET value = 'high' WHERE rule = 1",
        "UPDATE rule SET text = x'ff' WHERE id = 1",
        "UPDATE rule SET text = 'views sometimes' WHERE id = 1",
        "UPDATE subscription SET until = 'noon', muted_until = 'z' WHERE id = 1",
        "UPDATE destination SET muted_until = 'z' WHERE id = 1",
        "UPDATE lane SET key = x'ff00' WHERE id = 1",
        "UPDATE lane SET due_at = 'soon', free_at = 'later' WHERE id = 1",
        "UPDATE lane SET in_flight = 'some' WHERE id = 1",
        "UPDATE history SET views = 'many' WHERE video = 1",
        "UPDATE seen SET observed_at = 'then' WHERE video = 1",
        "INSERT INTO fanout (holder, begun, turn, work) VALUES (1, 0, -2, x'ff'), (1, 0, -1, '{}')",
    ] {
        let bench = broken(sql).await;
        for views in [3, 4] {
            for chat in [1, 2] {
                bench.see_video(&format!("{chat:011}"), views).await;
            }
        }
        let bodies = bench.send_all().await;
        assert!(bodies.iter().any(|body| body.contains("00000000002")), "{sql}: {bodies:?}");
    }
}

#[tokio::test]
async fn lists_step_over_what_can_t_be_read() {
    let bench = broken("UPDATE video SET ref = 'short' WHERE id = 1; UPDATE subject SET ref = 'painting:1' WHERE id = 1").await;
    assert_eq!(bench.store().due_videos(bench.now(), 9).await.unwrap().len(), 1);
    assert_eq!(bench.store().watches(WatchFilter::All, 0, 9).await.unwrap().len(), 1);
    assert_eq!(
        bench
            .store()
            .watches_at(vec![(at("telegram:2"), of("video:00000000002"))])
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn what_was_seen_and_can_t_be_read_is_a_new_baseline() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.meddle("UPDATE seen SET status = 'asleep'");
    bench.see(2).await;
    bench.see(3).await;
    assert_eq!(bench.send_all().await.len(), 1);
}

#[tokio::test]
async fn a_snapshot_that_can_t_be_read_does_not_hide_those_behind_it() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.meddle(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
         INSERT INTO log (snapshot) SELECT 'rubbish' FROM n",
    );
    bench.see(1).await;
    bench.see(2).await;
    assert_eq!(bench.send_all().await.len(), 1);
    assert_eq!(bench.store().figures(bench.now()).await.unwrap().log_backlog, 0);
}

#[tokio::test]
async fn the_secret_of_an_address_that_can_t_be_read_stays_in_its_row() {
    let hidden = "discord-webhook:https://discord.com/api/webhooks/x/s3cret";
    let bench = broken(&format!("UPDATE destination SET address = '{hidden}' WHERE id = 1")).await;
    assert_eq!(bench.send_all().await.len(), 1);
    let causes: String =
        bench.sql("SELECT coalesce(group_concat(error), '') FROM notification WHERE error <> ''");
    assert!(!causes.contains("s3cret") && !causes.contains("discord.com"), "{causes}");
}
