//! What is answered, as a server of 7.4.15 has answered it.

use serde_json::{Value, json};

use super::catalog::Topic;
use super::state::{Reply, Request, State};

const X: &str = "CREATE STREAM X (k VARCHAR KEY, a BIGINT) WITH (KAFKA_TOPIC='x', VALUE_FORMAT='JSON', PARTITIONS=6);";

/// The status and the body with which a request is answered.
fn ask(state: &mut State, ksql: &str) -> (u16, Value) {
    let body = json!({"ksql": ksql, "sessionVariables": {"format": "JSON"}}).to_string();
    let ran = Request::of(body.as_bytes()).and_then(|request| state.run(request, None));
    match ran {
        Ok(Reply::Json(body)) => (200, body),
        Ok(Reply::Cut) => (0, Value::Null),
        Err(refusal) => (refusal.status, refusal.body()),
    }
}

/// A server with a stream `X`, and a topic of 3 partitions that nothing stands over.
fn server() -> State {
    let mut state = State::new();
    assert_eq!(ask(&mut state, X).0, 200);
    state.catalog.topics.insert("three".to_owned(), Topic::new(3, None, false));
    state
}

#[test]
fn what_is_wrong_is_refused_with_its_code_and_nothing_of_the_request_is_done() {
    for (ksql, status, code, words) in [
        (
            "CREAT STREAM;",
            400,
            40_001,
            "line 1:1: Syntax Error\nUnknown statement 'CREAT'\nDid you mean 'CREATE'?",
        ),
        ("SHOW STREAMS", 400, 40_001, "Syntax Error"),
        (X, 400, 40_001, "Cannot add stream 'X': A stream with the same name already exists"),
        ("CREATE STREAM Y AS SELECT * FROM X EMIT CHANGES;", 400, 40_001, "Syntax Error"),
        (
            "CREATE STREAM Y AS SELECT k, a FROM NOPE EMIT CHANGES;",
            400,
            40_001,
            "Exception while preparing statement: NOPE does not exist.",
        ),
        (
            "CREATE STREAM Y AS SELECT k, b FROM X EMIT CHANGES;",
            400,
            40_001,
            "Column 'B' cannot be resolved.",
        ),
        (
            "CREATE STREAM Y AS SELECT a FROM X EMIT CHANGES;",
            400,
            40_001,
            "Key missing from projection",
        ),
        (
            "CREATE STREAM Y AS SELECT k, a FROM X WHERE a = 'x' EMIT CHANGES;",
            400,
            40_001,
            "Cannot compare",
        ),
        (
            "CREATE TABLE Y AS SELECT k, a FROM X GROUP BY k EMIT CHANGES;",
            400,
            40_001,
            "Non-aggregate SELECT expression(s) not part of GROUP BY",
        ),
        (
            "CREATE TABLE Y WITH (RETENTION_MS=1) AS SELECT k, COUNT(*) FROM X GROUP BY k EMIT CHANGES;",
            400,
            40_001,
            "Non-windowed tables do not support retention.",
        ),
        (
            "CREATE TABLE Y WITH (CLEANUP_POLICY='delete') AS SELECT k, COUNT(*) FROM X GROUP BY k EMIT CHANGES;",
            400,
            40_001,
            "CLEANUP_POLICY",
        ),
        (
            "CREATE TABLE Y AS SELECT k, COUNT(*) FROM X GROUP BY k EMIT FINAL;",
            400,
            40_001,
            "EMIT FINAL",
        ),
        (
            "CREATE TABLE Y AS SELECT k, COUNT(*) FROM X GROUP BY k WINDOW TUMBLING (SIZE 1 HOUR) EMIT FINAL;",
            400,
            40_001,
            "Syntax Error",
        ),
        (
            "CREATE STREAM Y (k VARCHAR KEY) WITH (KAFKA_TOPIC='nope', VALUE_FORMAT='JSON');",
            400,
            40_000,
            "Topic 'nope' does not exist.",
        ),
        (
            "CREATE STREAM Y WITH (KAFKA_TOPIC='nope', VALUE_FORMAT='AVRO');",
            400,
            40_001,
            "Schema for message values on topic 'nope' does not exist in the Schema Registry.",
        ),
        (
            "CREATE STREAM Y (k VARCHAR KEY) WITH (KAFKA_TOPIC='three', VALUE_FORMAT='JSON', PARTITIONS=6);",
            500,
            50_000,
            "already exists",
        ),
        (
            "CREATE STREAM Y (k VARCHAR KEY) WITH (KAFKA_TOPIC='three', VALUE_FORMAT='JSON', RETENTION_MS=1);",
            500,
            50_000,
            "already exists",
        ),
        (
            "CREATE STREAM Y WITH (KAFKA_TOPIC='three') AS SELECT k FROM X EMIT CHANGES;",
            500,
            50_000,
            "already exists",
        ),
        (
            "CREATE STREAM Y (k VARCHAR KEY) WITH (KAFKA_TOPIC='${nope}', VALUE_FORMAT='JSON');",
            500,
            50_000,
            "nope",
        ),
        ("SET 'no.such.thing' = '1';", 500, 50_000, "Not recognizable as"),
        ("SELECT a FROM X;", 400, 40_002, "SELECT or PRINT"),
        ("DROP STREAM NOPE;", 400, 40_001, "does not exist"),
        ("DROP TABLE X;", 400, 40_001, "Incompatible"),
        ("INSERT INTO X (k, b) VALUES ('a', 1);", 400, 40_001, "Column name `B` does not exist."),
        ("INSERT INTO X (k) VALUES ('a', 1);", 400, 40_001, "a value for each column"),
        ("ASSERT TOPIC nope;", 417, 41_700, "does not exist"),
        ("TERMINATE NOPE_1;", 400, 40_001, "Unknown queryId"),
    ] {
        let mut state = server();
        // What is right before it is not done either: all is tried first.
        let (found, body) = ask(
            &mut state,
            &format!("CREATE STREAM BEFORE AS SELECT k FROM X EMIT CHANGES; {ksql}"),
        );
        assert_eq!((found, body["error_code"].as_u64()), (status, Some(code)), "{ksql}: {body}");
        if !words.starts_with("line") {
            assert!(body["message"].as_str().unwrap().contains(words), "{ksql}: {body}");
        }
        assert_eq!(state.catalog.sources.len(), 1, "{ksql}");
        let (_, alone) = ask(&mut state, ksql);
        assert!(alone["message"].as_str().unwrap().contains(words), "{ksql}: {alone}");
    }
}

#[test]
fn what_is_right_is_answered_as_it_was() {
    let mut state = server();
    assert_eq!(ask(&mut state, ""), (200, json!([])));
    assert_eq!(ask(&mut state, "SET 'auto.offset.reset' = 'earliest';"), (200, json!([])));
    let (_, again) = ask(&mut state, &X.replace("STREAM X", "STREAM IF NOT EXISTS X"));
    assert_eq!(again[0]["@type"], "warning_entity");
    let (_, made) = ask(
        &mut state,
        "CREATE STREAM Y WITH (VALUE_FORMAT='${format}') AS SELECT k, a FROM X EMIT CHANGES;",
    );
    assert_eq!(made[0]["@type"], "currentStatus");
    assert_eq!(made[0]["commandId"], "stream/`Y`/create");
    assert_eq!(made[0]["commandStatus"]["status"], "SUCCESS");
    assert_eq!(made[0]["commandSequenceNumber"], 4);
    assert_eq!(state.status("stream/`Y`/create").unwrap()["status"], "SUCCESS");
    assert_eq!(state.status("stream/Y/create").unwrap_err().status, 404);
    let (status, refused) = ask(&mut state, "DROP STREAM X;");
    assert_eq!(
        (status, refused["error_code"].as_u64()),
        (400, Some(40_001)),
        "it is read by another"
    );
    let (_, dropped) = ask(&mut state, "DROP STREAM Y; DROP STREAM IF EXISTS Y;");
    assert_eq!(dropped[0]["commandId"], "stream/Y/drop");
    assert_eq!(dropped[1]["@type"], "warning_entity");
    assert_eq!(state.catalog.queries.len(), 0);
}

#[test]
fn behind_a_drop_one_statement_waits_and_the_next_is_refused_with_its_topic_made() {
    let mut state = server();
    state.catalog.busy_after_drop = 3;
    ask(&mut state, "CREATE STREAM Y AS SELECT k, a FROM X EMIT CHANGES; DROP STREAM Y;");
    let make = |name: &str| format!("CREATE STREAM {name} AS SELECT k, a FROM X EMIT CHANGES;");
    assert_eq!(ask(&mut state, &make("A")).1[0]["commandStatus"]["status"], "EXECUTING");
    let (status, refused) = ask(&mut state, &make("B"));
    assert_eq!((status, refused["error_code"].as_u64()), (500, Some(50_000)));
    assert!(refused["message"].as_str().unwrap().starts_with("Could not write the statement"));
    assert!(state.catalog.topics.contains_key("B") && !state.catalog.sources.contains_key("B"));
    let healthy =
        |state: &mut State| state.health()["details"]["commandRunner"]["isHealthy"] == true;
    assert_eq!([(); 3].map(|()| healthy(&mut state)), [false, false, true]);
    assert_eq!(ask(&mut state, &make("B")).0, 200);
}
