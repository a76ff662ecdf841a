//! One statement after the other, against a catalog.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::catalog::{Catalog, Command, Registry, Running, Source};
use super::create;
use super::errors::Refusal;
use super::parse::Parsed;
use super::syntax::{SourceKind, Statement};

/// Settings that a request may have; others, and others that begin with `ksql.streams.`, are not known.
const SETTINGS: [&str; 5] = [
    "auto.offset.reset",
    "cache.max.bytes.buffering",
    "commit.interval.ms",
    "max.task.idle.ms",
    "processing.guarantee",
];

/// What a request carries from statement to statement.
pub(super) struct Session {
    pub(super) settings: BTreeMap<String, String>,
    pub(super) variables: BTreeMap<String, String>,
}

/// What a statement has led to.
pub(super) enum Outcome {
    /// It only meant the request itself.
    Session,
    /// It was carried out; INSERT tells nothing.
    Done(Option<Value>),
}

/// Whether a server knows a setting.
pub(super) fn check_setting(key: &str) -> Result<(), Refusal> {
    let bare = key.strip_prefix("ksql.streams.").unwrap_or(key);
    if SETTINGS.contains(&bare) {
        return Ok(());
    }
    Err(Refusal::internal(format!(
        "Not recognizable as ksql, streams, consumer, or producer property: '{key}'"
    )))
}

impl Catalog {
    /// Carries out one statement.
    pub(super) fn execute(
        &mut self,
        parsed: &Parsed,
        session: &mut Session,
    ) -> Result<Outcome, Refusal> {
        let done = |value| Ok(Outcome::Done(Some(value)));
        let text = parsed.text.as_str();
        let listed = |kind: &str, key: &str, rows: Value| json!({"@type": kind, "statementText": text, key: rows, "warnings": []});
        match &parsed.statement {
            Statement::Set { key, value } => {
                check_setting(key)?;
                session.settings.insert(key.clone(), value.clone());
                Ok(Outcome::Session)
            }
            Statement::Unset(key) => {
                session.settings.remove(key);
                Ok(Outcome::Session)
            }
            Statement::Define { name, value } => {
                session.variables.insert(name.clone(), value.clone());
                Ok(Outcome::Session)
            }
            Statement::Undefine(name) => {
                session.variables.remove(name);
                Ok(Outcome::Session)
            }
            Statement::CreateSource { create, columns } => {
                let source = create::source(self, create, columns, text)?;
                self.add(create, source, None, text, session).map(Some).map(Outcome::Done)
            }
            Statement::CreateAs { create, query } => {
                let source = create::from_query(self, create, query, text)?;
                self.add(create, source, Some(text), text, session).map(Some).map(Outcome::Done)
            }
            Statement::Insert { into, columns, values } => {
                self.insert(into, columns, values)?;
                Ok(Outcome::Done(None))
            }
            Statement::Drop { kind, name, if_exists, delete_topic } => {
                self.drop_source(*kind, name, *if_exists, *delete_topic, text).map(Some).map(Outcome::Done)
            }
            Statement::Terminate(id) => {
                if self.queries.remove(id).is_none() {
                    return Err(Refusal::statement(format!("Unknown queryId: {id}")));
                }
                done(self.command(&format!("terminate/{id}/execute"), "Query terminated.", None, text))
            }
            Statement::ShowStreams => {
                done(listed("streams", "streams", self.shown(SourceKind::Stream)))
            }
            Statement::ShowTables => {
                done(listed("tables", "tables", self.shown(SourceKind::Table)))
            }
            Statement::ShowQueries => done(listed("queries", "queries", self.shown_queries(None))),
            Statement::ShowTopics => {
                let topics: Vec<Value> = self
                    .topics
                    .iter()
                    .map(|(name, topic)| json!({"name": name, "replicaInfo": vec![1; topic.partitions as usize]}))
                    .collect();
                done(listed("kafka_topics", "topics", topics.into()))
            }
            Statement::Describe(name) => match self.sources.get(name) {
                Some(source) => {
                    let described = self.described(name, source);
                    done(listed("sourceDescription", "sourceDescription", described))
                }
                None => Err(Refusal::statement(format!(
                    "Could not find STREAM/TABLE '{name}' in the Metastore"
                ))),
            },
            Statement::AssertTopic(name) if self.topics.contains_key(name) => {
                done(json!({"@type": "assert_topic", "statementText": text, "topicName": name, "exists": true, "warnings": []}))
            }
            Statement::AssertTopic(name) => {
                Err(Refusal::assertion(format!("Topic {name} does not exist")))
            }
            Statement::Select(_) => Err(Refusal::query_endpoint()),
        }
        .map_err(|refusal: Refusal| refusal.of(text))
    }

    fn add(
        &mut self,
        create: &super::syntax::Create,
        source: create::Planned,
        query: Option<&str>,
        text: &str,
        session: &Session,
    ) -> Result<Value, Refusal> {
        let (word, name) = (create.kind.word(), create.name.as_str());
        if self.sources.contains_key(name) && !create.or_replace {
            let message = format!(
                "Cannot add {word} '{name}': A {} with the same name already exists",
                self.sources.get(name).map_or(word, |source| source.kind.word())
            );
            if create.if_not_exists {
                return Ok(json!({
                    "@type": "warning_entity", "statementText": text, "message": message,
                    "warnings": [],
                }));
            }
            return Err(Refusal::statement(message));
        }
        let create::Planned { source, topic, subject } = source;
        // The topic and the schema are made before the command is written.
        self.topics.entry(source.topic.clone()).or_insert(topic);
        if let (Registry::Subjects(subjects), Some(subject)) = (&mut self.registry, subject) {
            subjects.insert(subject);
        }
        if self.busy > 0 && self.is_blocked {
            return Err(Refusal::not_written(text));
        }
        if create.or_replace {
            self.busy = self.busy_after_drop;
            self.queries.retain(|_, running| running.sink != name);
        }
        let title = create.kind.title();
        self.sources.insert(name.to_owned(), source);
        let id = query.map(|query| {
            let prefix = if create.kind == SourceKind::Table { "CTAS" } else { "CSAS" };
            let id = format!("{prefix}_{name}_{}", self.sequence + 1);
            let running = Running {
                sink: name.to_owned(),
                text: query.to_owned(),
                settings: session.settings.clone(),
            };
            self.queries.insert(id.clone(), running);
            id
        });
        let message = match &id {
            Some(id) => format!("Created query with ID {id}"),
            None => format!("{title} created"),
        };
        Ok(self.command(&format!("{word}/`{name}`/create"), &message, id, text))
    }

    /// Notes a command, and says how it stands.
    fn command(&mut self, id: &str, message: &str, query: Option<String>, text: &str) -> Value {
        self.sequence += 2;
        self.is_blocked = self.busy > 0;
        let waits = self.busy.max(std::mem::take(&mut self.stalls));
        let command = Command { message: message.to_owned(), query, waits };
        let status = command.status();
        self.commands.insert(id.to_owned(), command);
        json!({
            "@type": "currentStatus",
            "statementText": text,
            "commandId": id,
            "commandStatus": status,
            "commandSequenceNumber": self.sequence,
            "warnings": [],
        })
    }

    fn insert(
        &mut self,
        into: &str,
        columns: &[String],
        values: &[Option<String>],
    ) -> Result<(), Refusal> {
        let failed = |why: String| {
            Refusal::statement(format!(
                "Failed to prepare statement: Failed to insert values into '{into}'. {why}"
            ))
        };
        let Some(source) = self.sources.get_mut(into) else {
            return Err(Refusal::statement(format!(
                "Exception while preparing statement: {into} does not exist."
            )));
        };
        if !source.reads.is_empty() {
            return Err(failed(format!("Cannot insert into a sink of a query: {into}")));
        }
        let all: Vec<String> = source.columns.iter().map(|column| column.name.clone()).collect();
        let named = if columns.is_empty() { all.clone() } else { columns.to_vec() };
        if named.len() != values.len() {
            return Err(failed("Expected a value for each column.".to_owned()));
        }
        if let Some(unknown) = named.iter().find(|name| !all.contains(name)) {
            return Err(failed(format!("Column name `{unknown}` does not exist.")));
        }
        let row = all.iter().map(|name| {
            let at = named.iter().position(|named| named == name)?;
            values.get(at).cloned().flatten()
        });
        let row = row.collect();
        source.rows.push(row);
        Ok(())
    }

    fn drop_source(
        &mut self,
        kind: SourceKind,
        name: &str,
        if_exists: bool,
        delete_topic: bool,
        text: &str,
    ) -> Result<Value, Refusal> {
        let Some(source) = self.sources.get(name) else {
            let message = format!("Source `{name}` does not exist.");
            if if_exists {
                return Ok(json!({
                    "@type": "warning_entity", "statementText": text, "message": message,
                    "warnings": [],
                }));
            }
            return Err(Refusal::statement(message));
        };
        if source.kind != kind {
            return Err(Refusal::statement(format!(
                "Incompatible data source type is {}, but statement was DROP {}",
                source.kind.capitals(),
                kind.capitals()
            )));
        }
        let reading: Vec<&str> = self
            .sources
            .iter()
            .filter(|(_, other)| other.reads.contains(name))
            .map(|(other, _)| other.as_str())
            .collect();
        if !reading.is_empty() {
            return Err(Refusal::statement(format!(
                "Cannot drop {name}.\nThe following streams and/or tables read from this source: [{}].\nYou need to drop them before dropping {name}.",
                reading.join(", ")
            )));
        }
        let topic = source.topic.clone();
        if delete_topic {
            let is_shared =
                |(other, source): (&String, &Source)| other != name && source.topic == topic;
            if self.sources.iter().any(is_shared) {
                return Err(Refusal::internal(format!(
                    "Refusing to delete topic. Found other data sources ({name}) using topic {topic}"
                )));
            }
            self.topics.remove(&topic);
        }
        self.sources.remove(name);
        self.queries.retain(|_, query| query.sink != name);
        self.busy = self.busy_after_drop;
        let busy = std::mem::take(&mut self.busy);
        let message = format!("Source `{name}` (topic: {topic}) was dropped.");
        let done = self.command(&format!("{}/{name}/drop", kind.word()), &message, None, text);
        (self.busy, self.is_blocked) = (busy, false);
        Ok(done)
    }
}
