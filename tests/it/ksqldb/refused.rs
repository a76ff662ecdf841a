//! Every way in which ksqlDB says no, or nothing, ends with a line that says what to do.

use std::time::Duration;

use tubebell::bus::ksqldb::{KsqlError, ValueFormat};
use tubebell_sim::ksqldb::{Fault, Scope};

use super::rig::Rig;
use crate::wait::{Frozen, LIMIT, until};

#[tokio::test]
async fn a_topic_that_the_gateway_has_not_made_yet() {
    let rig = Rig::new().await;
    rig.server.forget_topic("youtube_videos");
    let line = rig.line().await;
    assert!(
        line.starts_with("V000001__youtube_videos.sql: Topic 'youtube_videos' does not exist."),
        "{line}"
    );
    assert!(
        line.ends_with(
            "start `tubebell run` once, it makes its topics; or correct kafka.topic_prefix"
        ),
        "{line}"
    );
}

#[tokio::test]
async fn no_registry_and_one_that_is_away() {
    let rig = Rig::with("", ValueFormat::Avro).await;
    rig.server.without_registry();
    let line = rig.line().await;
    assert!(
        line.ends_with("set ksql.schema.registry.url of ksqlDB, or kafka.format = \"json\""),
        "{line}"
    );
    rig.server.registry(false);
    let line = rig.line().await;
    assert!(
        line.ends_with("start the schema registry, or correct ksql.schema.registry.url of ksqlDB"),
        "{line}"
    );
    rig.server.registry(true);
    rig.apply().await.unwrap();
    rig.all_stands("after the registry has come");
}

#[tokio::test]
async fn whoever_is_not_let_in_is_told_which_keys_to_correct_and_no_password_is_shown() {
    let mut rig = Rig::new().await;
    rig.server.credentials("ana", "s3cret-right");
    let wrong = Some("s3cret-wrong".into());
    (rig.options.user, rig.options.password) = (Some("ana".to_owned()), wrong);
    let error = rig.apply().await.unwrap_err();
    assert_eq!(error.to_string(), "Unauthorized: correct ksqldb.user and ksqldb.password");
    assert!(!format!("{error:?}").contains("s3cret"));
    rig.options.password = Some("s3cret-right".into());
    rig.apply().await.unwrap();
    rig.all_stands("with a password");
}

#[tokio::test]
async fn nobody_at_the_address() {
    let mut rig = Rig::new().await;
    rig.simulation.stop().await;
    rig.waits.ready = Duration::ZERO;
    let line = rig.line().await;
    let host = rig.options.url.trim_start_matches("http://");
    assert!(
        line.starts_with(&format!(
            "ksqlDB at {host} can't be reached: start it, or correct ksqldb.url."
        )),
        "{line}"
    );
}

#[tokio::test]
async fn something_else_at_the_address() {
    let rig = Rig::new().await;
    for (fault, expected) in [
        (Fault::Html(200), "does not look like ksqlDB"),
        (Fault::Html(404), "HTTP 404: correct ksqldb.url"),
        (Fault::Huge(5 << 20), "does not look like ksqlDB: more than 4096 KiB"),
    ] {
        rig.server.plan(Scope::All, fault, None);
        let line = rig.line().await;
        assert!(line.contains(expected), "{line}");
        rig.server.heal();
    }
}

#[tokio::test]
async fn a_connection_that_breaks_amid_a_statement() {
    let rig = Rig::new().await;
    rig.server.plan(Scope::Creates, Fault::Cut, 1);
    let line = rig.line().await;
    assert!(
        line.contains(
            "broke: whether it did what it was asked is found out at the next `tubebell ksql apply`"
        ),
        "{line}"
    );
    rig.apply().await.unwrap();
    rig.all_stands("after a broken connection");
}

#[tokio::test]
async fn a_broker_that_is_lost_is_told_from_a_server_that_is_slow() {
    for has_broker in [false, true] {
        let rig = Rig::new().await;
        if has_broker {
            rig.server.plan(Scope::Statements, Fault::Hang, None);
        } else {
            rig.server.broker(false);
        }
        let (applied, ()) = tokio::join!(rig.apply(), async {
            until("that a statement is sent", async || {
                rig.server.requests().iter().any(|request| request == "POST /ksql")
            })
            .await;
            let _frozen = Frozen::now();
            tokio::time::advance(LIMIT).await;
        });
        let error = applied.unwrap_err();
        assert_eq!(matches!(error, KsqlError::BrokerLost { .. }), !has_broker, "{error}");
        assert_eq!(matches!(error, KsqlError::TimedOut { .. }), has_broker, "{error}");
        rig.server.heal();
        rig.server.broker(true);
        rig.apply().await.unwrap();
    }
}

#[tokio::test]
async fn a_broker_that_is_lost_before_a_statement_is_seen_in_the_health() {
    let mut rig = Rig::new().await;
    rig.apply().await.unwrap();
    rig.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
    rig.waits.statement = Duration::ZERO;
    rig.server.busy(0, u32::MAX);
    let line = rig.line().await;
    assert!(line.contains("carries out nothing new for 0 s"), "{line}");
}
