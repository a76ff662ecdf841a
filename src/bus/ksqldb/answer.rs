//! What ksqlDB answers, read as far as it concerns us. Whatever else stands there is left alone.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Refused;

/// `GET /info`.
#[derive(Debug, Deserialize)]
pub(super) struct InfoAnswer {
    #[serde(rename = "KsqlServerInfo")]
    pub(super) info: Info,
}

/// What a server says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// Its version.
    pub version: String,
    /// What its internal topics begin with.
    pub ksql_service_id: String,
    /// `RUNNING` once it takes statements.
    #[serde(default)]
    pub(super) server_status: Option<String>,
}

/// `GET /healthcheck`, which is answered with 200 however it feels.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Health {
    pub(super) details: Details,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    pub(super) kafka: Part,
    pub(super) command_runner: Part,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    pub(super) is_healthy: bool,
}

/// One of the answers to the statements of a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "@type")]
pub(super) enum Entity {
    /// Something is made, or ended.
    #[serde(rename = "currentStatus", rename_all = "camelCase")]
    Command { command_id: String, command_status: CommandStatus },
    /// Nothing was done, and that is no error: `IF NOT EXISTS`.
    #[serde(rename = "warning_entity")]
    Warning { message: String },
    #[serde(rename = "streams")]
    Streams { streams: Vec<Shown> },
    #[serde(rename = "tables")]
    Tables { tables: Vec<Shown> },
    #[serde(rename = "queries")]
    Queries { queries: Vec<Query> },
    #[serde(rename = "sourceDescription", rename_all = "camelCase")]
    Description { source_description: Description },
    #[serde(other)]
    Other,
}

/// How a command stands.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CommandStatus {
    pub(super) status: String,
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// A stream or a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) value_format: String,
}

/// A query that writes something.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Query {
    pub(super) id: String,
    #[serde(default)]
    pub(super) sinks: Vec<String>,
    #[serde(default)]
    pub(super) state: Option<String>,
}

/// A stream or a table, with its columns.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Description {
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
}

/// The body of a refusal.
#[derive(Debug, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    error_code: u32,
    #[serde(default)]
    message: String,
}

/// Reads a refusal: of which kind it is, and its own words. A proxy's page has neither.
pub(super) fn refusal(status: u16, body: &str) -> (Refused, String) {
    let error = serde_json::from_str::<ErrorBody>(body);
    let ErrorBody { error_code, message } =
        error.unwrap_or(ErrorBody { error_code: 0, message: String::new() });
    let message = if message.is_empty() { format!("HTTP {status}") } else { message };
    (Refused::of(status, error_code, &message), message)
}

/// Reads JSON; `Err`: what is wrong with it, in one line without any of it.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body)
        .map_err(|error| format!("its JSON can't be read ({:?})", error.classify()))
}

/// Reads the lines of a pull query: names of columns, then rows; or a refusal amid them.
pub(super) fn rows(body: &[u8]) -> Result<Vec<Vec<Value>>, String> {
    let mut lines = body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let head: Value = read(lines.next().unwrap_or_default())?;
    if head.get("columnNames").is_none() {
        return Err("a query's answer without columns".to_owned());
    }
    lines.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies as a server of 7.4.15 sent them, and texts from its sources.
    #[test]
    fn every_refusal_is_told_apart() {
        let cases = [
            (
                400,
                40_001,
                "line 1:1: Syntax Error\nUnknown statement 'CREAT'\nDid you mean 'CREATE'?",
                Refused::Syntax,
            ),
            (
                400,
                40_001,
                "Cannot add stream 'X': A stream with the same name already exists",
                Refused::Exists,
            ),
            (
                400,
                40_001,
                "Exception while preparing statement: NOPE does not exist.",
                Refused::SourceMissing,
            ),
            (
                400,
                40_001,
                "Schema for message values on topic 'nope' does not exist in the Schema Registry.",
                Refused::SchemaMissing,
            ),
            (
                400,
                40_001,
                "Could not register schema for topic: x; error code: 409",
                Refused::SchemaIncompatible,
            ),
            (
                400,
                40_001,
                "Schema registry fetch for topic values request failed.",
                Refused::RegistryUnreachable,
            ),
            (
                400,
                40_000,
                "Topic 'nope' does not exist. If you want to create a new topic",
                Refused::TopicMissing,
            ),
            (428, 42_801, "KSQL is not configured to use a schema registry.", Refused::NoRegistry),
            (401, 40_100, "Unauthorized", Refused::Unauthorized),
            (403, 40_300, "Forbidden", Refused::Forbidden),
            (404, 40_400, "Command not found", Refused::NotFound),
            (417, 41_700, "Topic x does not exist", Refused::Assertion),
            (400, 40_002, "SELECT or PRINT", Refused::WrongEndpoint),
            (503, 50_301, "Timed out while waiting", Refused::QueueTimeout),
            (503, 50_302, "KSQL is not yet ready to serve requests.", Refused::NotReady),
            (503, 50_303, "The server is shutting down", Refused::ShuttingDown),
            (
                500,
                50_000,
                "Could not write the statement 'x' into the command topic.\nCaused by: Timeout while waiting for command topic consumer",
                Refused::NotWritten,
            ),
            (
                500,
                50_000,
                "A Kafka topic with the name 'x' already exists, with different partition/replica configuration than required.",
                Refused::TopicDiffers,
            ),
            (
                500,
                50_000,
                "Refusing to delete topic. Found other data sources (X) using topic x",
                Refused::TopicUsed,
            ),
            (
                500,
                50_000,
                "Not recognizable as ksql, streams, consumer, or producer property: 'x'",
                Refused::SettingUnknown,
            ),
            (500, 50_000, "Failed to prepare statement: ${prefix}", Refused::VariableMissing),
            (500, 50_000, "something", Refused::Internal),
            (400, 40_001, "RETENTION_MS", Refused::Other),
            (429, 42_900, "rate", Refused::TooMany),
        ];
        for (status, code, message, expected) in cases {
            let body = serde_json::json!({"@type": "statement_error", "error_code": code, "message": message});
            let found = refusal(status, &body.to_string());
            assert_eq!(found, (expected, message.to_owned()), "{status} {code} {message}");
            assert!(!expected.advice().is_empty());
        }
        for (status, expected) in [
            (401, Refused::Unauthorized),
            (404, Refused::NotFound),
            (502, Refused::Internal),
            (503, Refused::NotReady),
        ] {
            let found = refusal(status, "<html>Bad Gateway</html>");
            assert_eq!(found, (expected, format!("HTTP {status}")));
        }
    }

    #[test]
    fn odd_answers_are_errors_and_no_panic() {
        for body in ["", "{", "[]", "null", "{\"columnNames\":1}\n{", "{\"columnNames\":[]}\n7"] {
            assert!(rows(body.as_bytes()).is_err(), "{body}");
        }
        let found = rows(
            b"{\"queryId\":null,\"columnNames\":[\"A\"],\"columnTypes\":[\"STRING\"]}\n[\"x\"]\n",
        )
        .unwrap();
        assert_eq!(found, [[Value::from("x")]]);
        assert!(read::<Vec<Entity>>(b"[{\"@type\":\"currentStatus\"}]").is_err());
        let unknown: Vec<Entity> = read(b"[{\"@type\":\"weather\",\"x\":1}]").unwrap();
        assert!(matches!(unknown.as_slice(), [Entity::Other]));
    }
}
