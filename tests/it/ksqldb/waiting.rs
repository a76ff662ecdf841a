//! What takes its time is waited for: a server that starts, a command runner that is busy.

use std::time::Duration;

use tubebell::bus::ksqldb::MIGRATIONS;
use tubebell_sim::ksqldb::{Fault, Scope};

use super::rig::Rig;

#[tokio::test]
async fn a_server_that_starts_is_waited_for() {
    let mut rig = Rig::new().await;
    rig.server.not_ready(Some(5));
    rig.apply().await.unwrap();
    rig.all_stands("after the start");
    rig.server.not_ready(None);
    rig.waits.ready = Duration::ZERO;
    let line = rig.line().await;
    assert!(
        line.contains("is not ready after 0 s: it is starting, or waits for its broker"),
        "{line}"
    );
}

#[tokio::test]
async fn a_busy_command_runner_is_waited_for_before_each_statement() {
    let rig = Rig::new().await;
    rig.server.busy(0, 7);
    rig.apply().await.unwrap();
    rig.all_stands("after the command runner was busy");
}

#[tokio::test]
async fn a_statement_that_was_not_written_is_sent_again() {
    let rig = Rig::new().await;
    rig.server.plan(Scope::Creates, Fault::QueueTimeout, 0);
    rig.apply().await.unwrap();
    for migration in MIGRATIONS.iter().rev() {
        let drop = format!("DROP {} {};", migration.makes.kind(), migration.object);
        rig.server.execute(&drop).unwrap();
    }
    // Its topic is there by then, and that is no obstacle.
    rig.server.forget_topic("youtube_changes");
    rig.server.plan(Scope::Creates, Fault::NotWritten, 3);
    rig.server.plan(Scope::Creates, Fault::QueueTimeout, 2);
    rig.apply().await.unwrap();
    rig.all_stands("after statements that were not written");
}

#[tokio::test]
async fn a_statement_that_is_still_being_executed_is_followed_by_its_id() {
    let rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    // The health says nothing yet, and the statement is answered before it is done.
    rig.server.stalls(3);
    rig.apply().await.unwrap();
    rig.all_stands("after a slow statement");
    let asked = rig.server.requests();
    let asked =
        asked.iter().filter(|request| *request == "GET /status/table/%60YOUTUBE_RATES%60/create");
    assert_eq!(asked.count(), 4);
}

#[tokio::test]
async fn a_statement_that_comes_to_no_end_is_left_and_found_by_the_next_one() {
    let mut rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    rig.server.stalls(u32::MAX);
    rig.waits.statement = Duration::ZERO;
    let line = rig.line().await;
    assert!(
        line.contains("ksqlDB is still at it after 0 s (table/`YOUTUBE_RATES`/create)"),
        "{line}"
    );
    assert_eq!(rig.states("6").last().unwrap(), "RUNNING");
    rig.apply().await.unwrap();
    rig.all_stands("after a statement without end");
    assert_eq!(rig.made("YOUTUBE_RATES"), 2);
}

#[tokio::test]
async fn a_ledger_that_follows_late_is_waited_for() {
    let mut rig = Rig::new().await;
    rig.server.behind(5);
    rig.apply().await.unwrap();
    rig.all_stands("after a late table");
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    rig.waits.ledger = Duration::ZERO;
    // CURRENT and the nine files are read before.
    rig.server.plan(Scope::Queries, Fault::Html(500), None);
    let line = rig.line().await;
    assert!(line.starts_with("HTTP 500"), "{line}");
}
