//! Applying: from nothing, again, two at once, and after somebody has meddled.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tubebell::bus::ksqldb::{MIGRATIONS, Step, ValueFormat, apply};

use super::rig::{Rig, T0};

#[tokio::test]
async fn from_nothing_all_is_made_and_written_into_the_ledger() {
    let rig = Rig::new().await;
    let applied = rig.apply().await.unwrap();
    assert_eq!(applied.stood, 0);
    let made: Vec<_> = MIGRATIONS.iter().map(|migration| (migration.file, Step::Make)).collect();
    assert_eq!(applied.made, made);
    rig.all_stands("once");
}

#[tokio::test]
async fn applied_again_nothing_is_changed() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    let executed = rig.server.executed();
    let applied = rig.apply().await.unwrap();
    assert_eq!((applied.made, applied.stood), (Vec::new(), MIGRATIONS.len()));
    assert_eq!(rig.server.executed(), executed);
}

#[tokio::test]
async fn of_two_at_once_one_makes_and_the_other_finds() {
    let rig = Rig::new().await;
    let (client, variables) = (rig.client(), &rig.variables);
    let (ana, ben) = (rig.lock("ana"), rig.lock("ben"));
    let (ana, ben) = tokio::join!(apply(&client, variables, &ana), apply(&client, variables, &ben));
    let (ana, ben) = (ana.unwrap(), ben.unwrap());
    assert_eq!(ana.made.len() + ben.made.len(), MIGRATIONS.len());
    assert!(ana.made.is_empty() || ben.made.is_empty());
    rig.all_stands("by one of two");
    for migration in MIGRATIONS {
        assert_eq!(rig.made(migration.object), 1);
    }
}

#[tokio::test]
async fn whoever_does_not_want_to_wait_is_told_who_is_at_it() {
    let mut rig = Rig::new().await;
    rig.waits.lock = Duration::ZERO;
    rig.take_lock("ana").await;
    assert_eq!(
        rig.line().await,
        "another tubebell applies the files of ksql/ just now (ana, until 2026-11-22T12:02:30Z at the latest): try again when it is done"
    );
    assert_eq!(rig.server.executed(), Vec::<String>::new());
    // A tool that was killed keeps nobody out for ever.
    rig.now.store(T0 + 150_000, Ordering::Relaxed);
    rig.apply().await.unwrap();
    rig.all_stands("after the lock of a dead one");
}

#[tokio::test]
async fn whoever_has_lost_the_lock_on_the_way_stops() {
    let rig = Rig::new().await;
    rig.server.busy(0, 1_000_000);
    let (client, variables, lock) = (rig.client(), &rig.variables, rig.lock("ana"));
    let (applied, ()) = tokio::join!(apply(&client, variables, &lock), async {
        crate::wait::until("that it waits", async || {
            rig.server.requests().iter().any(|request| request == "GET /healthcheck")
        })
        .await;
        rig.now.store(T0 + 150_000, Ordering::Relaxed);
        rig.take_lock("ben").await;
        rig.server.busy(0, 0);
    });
    let line = applied.unwrap_err().to_string();
    assert!(line.starts_with("another tubebell applies"), "{line}");
    for migration in MIGRATIONS {
        assert_eq!(rig.made(migration.object), 0);
    }
}

#[tokio::test]
async fn what_was_dropped_is_made_anew_and_the_ledger_still_ends_with_the_last_file() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    let applied = rig.apply().await.unwrap();
    assert_eq!(applied.made, [("V000006__youtube_rates.sql", Step::Again)]);
    rig.all_stands("after a drop");
    assert_eq!(rig.states("6"), ["RUNNING", "MIGRATED", "RUNNING", "MIGRATED"]);
    // Each file twice, and nothing of the sixth again.
    assert_eq!(rig.states("CURRENT").len(), 2 * MIGRATIONS.len());
}

#[tokio::test]
async fn a_query_that_was_terminated_is_named_with_the_way_out() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    let sources = rig.server.sources();
    let changes = sources.iter().find(|source| source.name == "YOUTUBE_CHANGES").unwrap();
    rig.server.execute(&format!("TERMINATE {};", changes.query.clone().unwrap())).unwrap();
    assert_eq!(
        rig.line().await,
        "V000004__youtube_changes.sql: YOUTUBE_CHANGES exists and no query writes it: it was terminated. DROP STREAM YOUTUBE_CHANGES; and then `tubebell ksql apply` makes it anew"
    );
    let status = rig.status().await;
    let ill: Vec<_> = status.iter().filter(|file| !file.is_well()).map(|file| file.file).collect();
    assert_eq!(ill, ["V000004__youtube_changes.sql"]);
    for drop in
        ["STREAM YOUTUBE_WATCHED_CHANGES", "TABLE YOUTUBE_ACTIVITY", "STREAM YOUTUBE_CHANGES"]
    {
        rig.server.execute(&format!("DROP {drop};")).unwrap();
    }
    rig.apply().await.unwrap();
    rig.all_stands("after the way out");
}

#[tokio::test]
async fn what_somebody_else_has_made_is_not_taken_for_ours() {
    let rig = Rig::new().await;
    rig.server.execute("CREATE TABLE YOUTUBE_WATCHED (a VARCHAR PRIMARY KEY) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);").unwrap();
    assert_eq!(
        rig.line().await,
        "V000008__youtube_watched.sql: YOUTUBE_WATCHED exists, and the ledger does not say that it was made by this file: somebody else made it; drop it (DROP TABLE YOUTUBE_WATCHED;), or give tubebell a ksqlDB of its own"
    );
    rig.server.execute("DROP TABLE YOUTUBE_WATCHED;").unwrap();
    rig.apply().await.unwrap();
    rig.all_stands("after the stranger has gone");
}

#[tokio::test]
async fn a_table_of_the_ledger_that_lags_makes_no_strangers() {
    let mut rig = Rig::new().await;
    rig.apply().await.unwrap();
    let executed = rig.server.executed();
    rig.waits.catch_up = crate::wait::LIMIT;
    rig.server.behind(8);
    rig.apply().await.unwrap();
    assert_eq!(rig.server.executed(), executed);
}

#[tokio::test]
async fn another_prefix_or_format_than_was_applied_is_refused() {
    let mut rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.variables.format = ValueFormat::Avro;
    let line = rig.line().await;
    assert!(
        line.starts_with("V000001__youtube_videos.sql: YOUTUBE_VIDEOS has the value format JSON, and the configuration wants AVRO: "),
        "{line}"
    );
    rig.variables.format = ValueFormat::Json;
    rig.variables.prefix = "b_".to_owned();
    let line = rig.line().await;
    assert!(
        line.contains("has the topic youtube_videos, and the configuration wants b_youtube_videos"),
        "{line}"
    );
}

#[tokio::test]
async fn status_says_how_far_each_file_is_and_changes_nothing() {
    let rig = Rig::new().await;
    let steps = |status: &[tubebell::bus::ksqldb::FileStatus]| {
        let steps = status.iter().map(|file| format!("{:?}", file.found));
        steps.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(steps(&rig.status().await), ["Ok(Make)"]);
    assert_eq!(rig.server.executed(), Vec::<String>::new());
    rig.apply().await.unwrap();
    let executed = rig.server.executed();
    let status = rig.status().await;
    assert_eq!(steps(&status), ["Ok(Stands)"]);
    assert!(status.iter().all(|file| file.begun == Some(tubebell::model::UnixMillis(T0))));
    assert_eq!(rig.server.executed(), executed);
}
