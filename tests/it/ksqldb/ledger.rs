//! The ledger is that of ksql-migrations, so that either goes on where the other has been.

use std::sync::atomic::Ordering;

use tubebell::bus::ksqldb::MIGRATIONS;

use super::rig::{Rig, T0};
use crate::wait::until;

/// The stream as ksql-migrations 7.4 makes it.
const EVENTS: &str = "CREATE STREAM MIGRATION_EVENTS (version_key STRING KEY, version STRING, name STRING, state STRING, checksum STRING, started_on STRING, completed_on STRING, previous STRING, error_reason STRING) WITH (KAFKA_TOPIC='tubebell_ksql_MIGRATION_EVENTS', VALUE_FORMAT='JSON', PARTITIONS=1);";

/// And the table.
const VERSIONS: &str = "CREATE TABLE MIGRATION_SCHEMA_VERSIONS WITH (KAFKA_TOPIC='tubebell_ksql_MIGRATION_SCHEMA_VERSIONS') AS SELECT version_key, latest_by_offset(version) as version, latest_by_offset(name) AS name, latest_by_offset(state) AS state, latest_by_offset(checksum) AS checksum, latest_by_offset(started_on) AS started_on, latest_by_offset(completed_on) AS completed_on, latest_by_offset(previous) AS previous, latest_by_offset(error_reason) AS error_reason FROM MIGRATION_EVENTS GROUP BY version_key EMIT CHANGES;";

fn event(key: &str, version: u32, state: &str, checksum: &str) -> String {
    format!(
        "INSERT INTO MIGRATION_EVENTS VALUES ('{key}', '{version}', 'a name', '{state}', '{checksum}', '1', '2', '<none>', 'N/A');"
    )
}

#[tokio::test]
async fn each_state_is_written_twice_in_the_words_of_ksql_migrations() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    let rows = rig.server.inserted("MIGRATION_EVENTS");
    assert_eq!(rows.len(), 4 * MIGRATIONS.len());
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|row| row.into_iter().map(Option::unwrap).collect()).collect();
    let at = T0.to_string();
    let first = MIGRATIONS[0].checksum();
    let second = MIGRATIONS[1].checksum();
    for (row, expected) in [
        (0, ["CURRENT", "1", "youtube videos", "RUNNING", &first, &at, "", "<none>", "N/A"]),
        (1, ["1", "1", "youtube videos", "RUNNING", &first, &at, "", "<none>", "N/A"]),
        (2, ["CURRENT", "1", "youtube videos", "MIGRATED", &first, &at, &at, "<none>", "N/A"]),
        (7, ["2", "2", "youtube latest", "MIGRATED", &second, &at, &at, "1", "N/A"]),
    ] {
        assert_eq!(rows[row], expected, "row {row}");
    }
    let topics = rig.server.topics();
    for topic in ["tubebell_ksql_MIGRATION_EVENTS", "tubebell_ksql_MIGRATION_SCHEMA_VERSIONS"] {
        assert!(topics.iter().any(|(name, _, _)| name == topic), "{topic}");
    }
}

#[tokio::test]
async fn a_file_is_written_down_with_when_it_was_begun_and_when_it_ended() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    rig.server.stalls(u32::MAX);
    let before = rig.server.requests().len();
    let (applied, ()) = tokio::join!(rig.apply(), async {
        until("that a statement is followed", async || {
            let requests = rig.server.requests();
            requests.iter().skip(before).any(|request| request.starts_with("GET /status/"))
        })
        .await;
        rig.now.store(T0 + 2000, Ordering::Relaxed);
        rig.server.settle();
    });
    applied.unwrap();
    let rows = rig.server.inserted("MIGRATION_EVENTS");
    let last = rows.last().unwrap();
    assert_eq!(last[5], Some(T0.to_string()));
    assert_eq!(last[6], Some((T0 + 2000).to_string()));
}

#[tokio::test]
async fn what_ksql_migrations_has_applied_is_not_applied_again() {
    let rig = Rig::new().await;
    rig.server.execute(&format!("{EVENTS}{VERSIONS}")).unwrap();
    for migration in MIGRATIONS.iter().take(3) {
        rig.server.execute(migration.sql).unwrap();
        for key in ["CURRENT".to_owned(), migration.version.to_string()] {
            let event = event(&key, migration.version, "MIGRATED", &migration.checksum());
            rig.server.execute(&event).unwrap();
        }
    }
    let applied = rig.apply().await.unwrap();
    assert_eq!((applied.stood, applied.made.len()), (3, MIGRATIONS.len() - 3));
    rig.all_stands("after ksql-migrations");
}

#[tokio::test]
async fn a_file_that_has_changed_since_is_refused_with_both_sums() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    let theirs = "d41d8cd98f00b204e9800998ecf8427e";
    rig.server.execute(&event("4", 4, "MIGRATED", theirs)).unwrap();
    let executed = rig.server.executed();
    let ours = MIGRATIONS[3].checksum();
    assert_eq!(
        rig.line().await,
        format!(
            "V000004__youtube_changes.sql: it was applied with another text (checksum {theirs}, now {ours}): run the tubebell that applied it, or start over as ksql/README.md says"
        )
    );
    assert_eq!(rig.server.executed(), executed);
}

#[tokio::test]
async fn an_older_tubebell_leaves_what_a_newer_one_has_applied_alone() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute(&event("CURRENT", 10, "MIGRATED", "x")).unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    assert_eq!(
        rig.line().await,
        "a newer tubebell has applied file 10, and this one knows up to 9: run the newer one"
    );
}

#[tokio::test]
async fn whatever_has_the_ledgers_name_and_is_none_is_left_alone() {
    for (made, object) in [
        (
            "CREATE TABLE MIGRATION_EVENTS (a VARCHAR PRIMARY KEY) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
            "MIGRATION_EVENTS",
        ),
        (
            "CREATE STREAM MIGRATION_SCHEMA_VERSIONS (a VARCHAR KEY) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=1);",
            "MIGRATION_SCHEMA_VERSIONS",
        ),
    ] {
        let rig = Rig::new().await;
        rig.server.execute(made).unwrap();
        let line = rig.line().await;
        assert!(
            line.starts_with(&format!("{object} is not the ledger of ksql-migrations")),
            "{line}"
        );
    }
    let rig = Rig::new().await;
    let other = EVENTS.replace(", error_reason STRING", "");
    let versions = VERSIONS.replace(", latest_by_offset(error_reason) AS error_reason", "");
    rig.server.execute(&format!("{other}{versions}")).unwrap();
    let line = rig.line().await;
    assert!(line.starts_with("MIGRATION_EVENTS is not the ledger"), "{line}");
}

#[tokio::test]
async fn a_refused_file_is_written_down_with_the_reason_and_goes_on_once_it_is_mended() {
    let rig = Rig::new().await;
    // Of another shape than the statement states: the words of the server hold quotes and braces.
    rig.server.topic("youtube_changes", 5, None);
    let line = rig.line().await;
    assert!(line.starts_with("V000004__youtube_changes.sql: A Kafka topic with the name 'youtube_changes' already exists"), "{line}");
    assert!(
        line.ends_with("delete the topic if nothing needs it, or use another kafka.topic_prefix"),
        "{line}"
    );
    assert_eq!(rig.states("4"), ["RUNNING", "ERROR"]);
    let status = rig.status().await;
    assert!(status[3].error.as_ref().unwrap().contains("different partition"), "{status:?}");
    assert_eq!(status[2].error, None);
    rig.server.forget_topic("youtube_changes");
    rig.apply().await.unwrap();
    rig.all_stands("after it was mended");
}
