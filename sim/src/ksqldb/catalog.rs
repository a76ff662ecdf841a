//! What a server knows: sources, queries, topics, and how commands ended. A clone is the sandbox in which a request is tried
//! before anything of it is done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::syntax::{Column, Query, Role, SourceKind};

/// A stream or a table.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) kind: SourceKind,
    pub(super) columns: Vec<Column>,
    pub(super) topic: String,
    pub(super) key_format: String,
    pub(super) value_format: String,
    pub(super) window: Option<&'static str>,
    pub(super) statement: String,
    /// What a query reads to write it; empty: it only stands over a topic.
    pub(super) reads: BTreeSet<String>,
    /// Of a table that a query writes.
    pub(super) selects: Option<Query>,
    /// What was inserted, a value for each column.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) sink: String,
    pub(super) text: String,
    /// What was set for it.
    pub(super) settings: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) partitions: u32,
    pub(super) retention_ms: i64,
    pub(super) is_compacted: bool,
}

/// Of topics of which nothing is said: Kafka's own, 7 days.
const DEFAULT_RETENTION_MS: i64 = 604_800_000;

impl Topic {
    /// A topic as the server makes it.
    pub(super) fn new(partitions: u32, retention_ms: Option<i64>, is_compacted: bool) -> Topic {
        let retention_ms = retention_ms.unwrap_or(DEFAULT_RETENTION_MS);
        Topic { partitions, retention_ms, is_compacted }
    }
}

/// How a command ended.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) message: String,
    pub(super) query: Option<String>,
    /// It is carried out only after so many more looks at it.
    pub(super) waits: u32,
}

impl Command {
    /// As `/status` shows it.
    pub(super) fn status(&self) -> Value {
        if self.waits > 0 {
            return json!({"status": "EXECUTING", "message": "Executing statement", "queryId": null});
        }
        json!({"status": "SUCCESS", "message": self.message, "queryId": self.query})
    }
}

/// Where schemas are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Registry {
    Missing,
    Unreachable,
    Subjects(BTreeSet<String>),
}

#[derive(Debug, Clone)]
pub(super) struct Catalog {
    pub(super) sources: BTreeMap<String, Source>,
    pub(super) queries: BTreeMap<String, Running>,
    pub(super) topics: BTreeMap<String, Topic>,
    pub(super) commands: BTreeMap<String, Command>,
    pub(super) registry: Registry,
    /// The last number that a command has.
    pub(super) sequence: u64,
    /// How many looks at the health the command runner is busy for after a DROP or a replacement.
    pub(super) busy_after_drop: u32,
    /// How many it still is.
    pub(super) busy: u32,
    /// How many looks the next command takes, whatever the health says.
    pub(super) stalls: u32,
    /// Whether something waits for the busy command runner already.
    pub(super) is_blocked: bool,
}

impl Catalog {
    pub(super) fn new() -> Catalog {
        Catalog {
            sources: BTreeMap::new(),
            queries: BTreeMap::new(),
            topics: BTreeMap::new(),
            commands: BTreeMap::new(),
            registry: Registry::Subjects(BTreeSet::new()),
            sequence: 0,
            busy_after_drop: 0,
            busy: 0,
            stalls: 0,
            is_blocked: false,
        }
    }

    /// One look at the health has passed.
    pub(super) fn look(&mut self) {
        self.busy = self.busy.saturating_sub(1);
        self.is_blocked &= self.busy > 0;
    }

    /// The sources of one kind, as SHOW tells them.
    pub(super) fn shown(&self, kind: SourceKind) -> Value {
        let of_kind = self.sources.iter().filter(|(_, source)| source.kind == kind);
        of_kind
            .map(|(name, source)| {
                json!({
                    "type": kind.capitals(),
                    "name": name,
                    "topic": source.topic,
                    "keyFormat": source.key_format,
                    "valueFormat": source.value_format,
                    "isWindowed": source.window.is_some(),
                })
            })
            .collect()
    }

    /// Queries, as SHOW tells them: of one sink, or all.
    pub(super) fn shown_queries(&self, sink: Option<&str>) -> Value {
        let meant =
            self.queries.iter().filter(|(_, query)| sink.is_none_or(|sink| sink == query.sink));
        meant
            .map(|(id, query)| {
                let topic = self.sources.get(&query.sink).map(|source| &source.topic);
                json!({
                    "queryString": query.text,
                    "sinks": [query.sink],
                    "sinkKafkaTopics": [topic],
                    "id": id,
                    "statusCount": {"RUNNING": 1},
                    "queryType": "PERSISTENT",
                    "state": "RUNNING",
                })
            })
            .collect()
    }

    /// One source, as DESCRIBE tells it.
    pub(super) fn described(&self, name: &str, source: &Source) -> Value {
        let fields: Vec<Value> = source
            .columns
            .iter()
            .map(|column| {
                let schema =
                    json!({"type": column.of.word(), "fields": null, "memberSchema": null});
                match column.role {
                    Role::Value => json!({"name": column.name, "schema": schema}),
                    Role::Key | Role::PrimaryKey => {
                        json!({"name": column.name, "schema": schema, "type": "KEY"})
                    }
                }
            })
            .collect();
        json!({
            "name": name,
            "windowType": source.window,
            "readQueries": [],
            "writeQueries": self.shown_queries(Some(name)),
            "fields": fields,
            "type": source.kind.capitals(),
            "timestamp": "",
            "statistics": "",
            "errorStats": "",
            "extended": false,
            "keyFormat": source.key_format,
            "valueFormat": source.value_format,
            "topic": source.topic,
            "partitions": 0,
            "replication": 0,
            "statement": source.statement,
            "queryOffsetSummaries": [],
            "sourceConstraints": source.reads,
            "clusterStatistics": [],
            "clusterErrors": [],
        })
    }

    /// The query that writes a source.
    pub(super) fn query_of(&self, sink: &str) -> Option<String> {
        let mut found = self.queries.iter().filter(|(_, query)| query.sink == sink);
        found.next().map(|(id, _)| id.clone())
    }
}
