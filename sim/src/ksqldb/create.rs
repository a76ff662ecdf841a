//! What a CREATE makes: columns, formats, topics and schemas, or why it is refused.

use std::collections::BTreeSet;

use super::catalog::{Catalog, Registry, Source, Topic};
use super::errors::Refusal;
use super::syntax::{Column, Create, Expression, Properties, Query, Role, SourceKind, Type};
use super::types::{Scope, common, item_name};

/// A source that can be made, its topic, and the subject of its schema.
pub(super) struct Planned {
    pub(super) source: Source,
    pub(super) topic: Topic,
    pub(super) subject: Option<String>,
}

const FORMATS: [&str; 7] = ["AVRO", "DELIMITED", "JSON", "JSON_SR", "KAFKA", "NONE", "PROTOBUF"];
const WITH_SCHEMA: [&str; 3] = ["AVRO", "JSON_SR", "PROTOBUF"];
const OF_SOURCES: [&str; 11] = [
    "FORMAT",
    "KAFKA_TOPIC",
    "KEY_FORMAT",
    "PARTITIONS",
    "REPLICAS",
    "RETENTION_MS",
    "TIMESTAMP",
    "VALUE_AVRO_SCHEMA_FULL_NAME",
    "VALUE_FORMAT",
    "VALUE_SCHEMA_FULL_NAME",
    "WINDOW_TYPE",
];

fn wrong(message: impl Into<String>) -> Refusal {
    Refusal::statement(message)
}

/// Reads what stands behind WITH.
fn check(with: &Properties) -> Result<(), Refusal> {
    if let Some(unknown) = with.keys().find(|key| !OF_SOURCES.contains(&key.as_str())) {
        return Err(wrong(format!("Invalid config variable(s) in the WITH clause: {unknown}")));
    }
    for key in ["KEY_FORMAT", "VALUE_FORMAT"] {
        let format = with.get(key).map(|format| format.to_ascii_uppercase());
        if let Some(format) = format.filter(|format| !FORMATS.contains(&format.as_str())) {
            return Err(wrong(format!("Unknown format: {format}")));
        }
    }
    Ok(())
}

fn number(with: &Properties, key: &str) -> Result<Option<i64>, Refusal> {
    let value = with.get(key).map(|text| text.parse());
    value.transpose().map_err(|_| wrong(format!("Invalid value for property {key}")))
}

impl Catalog {
    /// The schema's subject, where the format has one.
    fn subject(&self, topic: &str, format: &str) -> Result<Option<String>, Refusal> {
        if !WITH_SCHEMA.contains(&format) {
            return Ok(None);
        }
        match &self.registry {
            Registry::Missing => Err(Refusal::no_registry()),
            Registry::Unreachable => Err(wrong(format!(
                "Schema registry fetch for topic values request failed. Topic: {topic}\nCaused by: Connection refused"
            ))),
            Registry::Subjects(_) => Ok(Some(format!("{topic}-value"))),
        }
    }

    /// Compares a topic with what a statement says of it.
    fn topic(
        &self,
        name: &str,
        partitions: Option<u32>,
        retention_ms: Option<i64>,
    ) -> Result<Option<Topic>, Refusal> {
        let Some(topic) = self.topics.get(name) else { return Ok(None) };
        let differs = partitions.is_some_and(|wanted| wanted != topic.partitions)
            || retention_ms.is_some_and(|wanted| wanted != topic.retention_ms);
        if differs {
            let wanted = partitions.unwrap_or(topic.partitions);
            return Err(Refusal::internal(format!(
                "A Kafka topic with the name '{name}' already exists, with different partition/replica configuration than required. KSQL expects {wanted} partitions (topic has {}), retention {} (topic has {})",
                topic.partitions,
                retention_ms.unwrap_or(topic.retention_ms),
                topic.retention_ms
            )));
        }
        Ok(Some(topic.clone()))
    }
}

/// Plans a source over a topic.
pub(super) fn source(
    catalog: &Catalog,
    create: &Create,
    columns: &[Column],
    text: &str,
) -> Result<Planned, Refusal> {
    let with = &create.with;
    check(with)?;
    let topic_name = with.get("KAFKA_TOPIC").cloned().unwrap_or_else(|| create.name.clone());
    let (format, key_format) = formats(with, "KAFKA")?;
    let format =
        format.ok_or_else(|| wrong("Statement is missing the 'VALUE_FORMAT' property."))?;
    let names: BTreeSet<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    if names.len() != columns.len() {
        return Err(wrong("Duplicate column names"));
    }
    let key = match create.kind {
        SourceKind::Stream => Role::PrimaryKey,
        SourceKind::Table => Role::Key,
    };
    if columns.iter().any(|column| column.role == key) {
        return Err(wrong("A stream has KEY columns, a table PRIMARY KEY columns"));
    }
    if create.kind == SourceKind::Table
        && !columns.iter().any(|column| column.role == Role::PrimaryKey)
    {
        return Err(wrong("Tables require a PRIMARY KEY. Please define the PRIMARY KEY."));
    }
    if let Some(time) = with.get("TIMESTAMP") {
        let name = time.to_ascii_uppercase();
        let column = columns.iter().find(|column| column.name == name);
        if column.is_none_or(|column| column.of != Type::Bigint) {
            return Err(wrong(format!(
                "The TIMESTAMP column set in the WITH clause does not exist in the schema: '{name}'"
            )));
        }
    }
    let subject = catalog.subject(&topic_name, &format)?;
    if columns.is_empty() {
        return Err(wrong(format!(
            "Schema for message values on topic '{topic_name}' does not exist in the Schema Registry."
        )));
    }
    let partitions = partitions(with)?;
    let retention = number(with, "RETENTION_MS")?;
    let known = catalog.topic(&topic_name, partitions, retention)?;
    let topic = match (known, partitions) {
        (Some(topic), _) => topic,
        (None, Some(partitions)) => {
            Topic::new(partitions, retention, create.kind == SourceKind::Table)
        }
        (None, None) => {
            return Err(Refusal::bad_request(format!(
                "Topic '{topic_name}' does not exist. If you want to create a new topic for the stream/table please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS')."
            )));
        }
    };
    let source = Source {
        kind: create.kind,
        columns: columns.to_vec(),
        topic: topic_name,
        key_format,
        value_format: format,
        window: None,
        statement: text.to_owned(),
        reads: BTreeSet::new(),
        selects: None,
        rows: Vec::new(),
    };
    Ok(Planned { source, topic, subject })
}

/// Value and key formats.
fn formats(with: &Properties, key: &str) -> Result<(Option<String>, String), Refusal> {
    let of = |name: &str| with.get(name).map(|format| format.to_ascii_uppercase());
    Ok((of("VALUE_FORMAT"), of("KEY_FORMAT").unwrap_or_else(|| key.to_owned())))
}

fn partitions(with: &Properties) -> Result<Option<u32>, Refusal> {
    let number = number(with, "PARTITIONS")?;
    let checked = number.map(|number| u32::try_from(number).ok().filter(|count| *count > 0));
    match checked {
        Some(None) => Err(wrong("PARTITIONS must be positive")),
        Some(count) => Ok(count),
        None => Ok(None),
    }
}

/// Plans a source that a query writes.
pub(super) fn from_query(
    catalog: &Catalog,
    create: &Create,
    query: &Query,
    text: &str,
) -> Result<Planned, Refusal> {
    let with = &create.with;
    check(with)?;
    let from = read(catalog, &query.from.name)?;
    let scope = scope(catalog, query, from)?;
    let is_table = from.kind == SourceKind::Table || !query.group_by.is_empty();
    let wanted = if is_table { SourceKind::Table } else { SourceKind::Stream };
    if wanted != create.kind {
        return Err(wrong(format!(
            "Invalid result type. Your SELECT query produces a {}. Please use CREATE {} AS SELECT statement instead.",
            wanted.capitals(),
            wanted.capitals()
        )));
    }
    if query.window.is_some() && query.group_by.is_empty() {
        return Err(wrong("WINDOW clause requires a GROUP BY clause."));
    }
    if let Some(window) = &query.window
        && window
            .retention_ms
            .is_some_and(|kept| kept < window.size_ms + window.grace_ms.unwrap_or(0))
    {
        return Err(wrong("RETENTION must not be shorter than SIZE and GRACE PERIOD"));
    }
    if query.emit == Some(super::syntax::Emit::Final) && query.window.is_none() {
        return Err(wrong("EMIT FINAL is only supported for windowed aggregations."));
    }
    if query.emit.is_none() {
        return Err(wrong("Persistent queries need EMIT CHANGES or EMIT FINAL here"));
    }
    if let Some(filter) = &query.filter
        && (Scope { grouped_by: None, ..scope_of(catalog, query, from)? }).type_of(filter)?
            != Type::Boolean
    {
        return Err(wrong("WHERE needs a BOOLEAN"));
    }
    let columns = columns(query, &scope, from, create.kind)?;
    let topic_name = with.get("KAFKA_TOPIC").cloned().unwrap_or_else(|| create.name.clone());
    let (format, key_format) = formats(with, &from.key_format)?;
    let format = format.unwrap_or_else(|| from.value_format.clone());
    let retention = number(with, "RETENTION_MS")?;
    if is_table && query.window.is_none() && retention.is_some() {
        return Err(wrong(
            "Invalid config variable in the WITH clause: RETENTION_MS. Non-windowed tables do not support retention.",
        ));
    }
    let subject = catalog.subject(&topic_name, &format)?;
    let of_source = catalog.topics.get(&from.topic);
    let count = partitions(with)?.or(of_source.map(|topic| topic.partitions)).unwrap_or(1);
    let inherited =
        retention.or_else(|| of_source.filter(|_| !is_table).map(|topic| topic.retention_ms));
    let known = catalog.topic(&topic_name, Some(count), inherited)?;
    let topic = known.unwrap_or_else(|| Topic::new(count, inherited, is_table));
    let mut reads = BTreeSet::from([query.from.name.clone()]);
    reads.extend(query.join.as_ref().map(|join| join.with.name.clone()));
    let source = Source {
        kind: create.kind,
        columns,
        topic: topic_name,
        key_format,
        value_format: format,
        window: query.window.as_ref().map(|window| window.kind.word()),
        statement: text.to_owned(),
        reads,
        selects: Some(query.clone()),
        rows: Vec::new(),
    };
    Ok(Planned { source, topic, subject })
}

fn read<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Source, Refusal> {
    let missing = || wrong(format!("Exception while preparing statement: {name} does not exist."));
    catalog.sources.get(name).ok_or_else(missing)
}

fn scope(catalog: &Catalog, query: &Query, from: &Source) -> Result<Scope, Refusal> {
    let plain = scope_of(catalog, query, from)?;
    if query.group_by.is_empty() {
        return Ok(plain);
    }
    let mut names = Vec::new();
    for by in &query.group_by {
        plain.type_of(by)?;
        match by {
            Expression::Column { name, .. } => names.push(name.clone()),
            _ => return Err(wrong("GROUP BY of an expression is not simulated")),
        }
    }
    Ok(Scope { grouped_by: Some(names), ..plain })
}

fn scope_of(catalog: &Catalog, query: &Query, from: &Source) -> Result<Scope, Refusal> {
    let of = |alias: &str, source: &Source| -> Vec<(String, String, Type)> {
        let columns = source.columns.iter();
        columns.map(|column| (alias.to_owned(), column.name.clone(), column.of.clone())).collect()
    };
    let mut columns = of(&query.from.alias, from);
    if let Some(join) = &query.join {
        let with = read(catalog, &join.with.name)?;
        columns.extend(of(&join.with.alias, with));
        check_join(catalog, query, from, with, &columns)?;
    }
    Ok(Scope { columns, grouped_by: None, is_windowed: query.window.is_some() })
}

/// A stream with a table, on the table's primary key, both with as many partitions.
fn check_join(
    catalog: &Catalog,
    query: &Query,
    from: &Source,
    with: &Source,
    columns: &[(String, String, Type)],
) -> Result<(), Refusal> {
    let Some(join) = &query.join else { return Ok(()) };
    if (from.kind, with.kind) != (SourceKind::Stream, SourceKind::Table) {
        return Err(wrong("Only a stream with a table is simulated"));
    }
    let scope = Scope { columns: columns.to_vec(), grouped_by: None, is_windowed: false };
    common(scope.type_of(&join.left)?, scope.type_of(&join.right)?)?;
    let is_key = |expression: &Expression| match expression {
        Expression::Column { of: Some(of), name } if *of == join.with.alias => with
            .columns
            .iter()
            .any(|column| column.name == *name && column.role == Role::PrimaryKey),
        _ => false,
    };
    if !is_key(&join.left) && !is_key(&join.right) {
        return Err(wrong(
            "Invalid join condition: stream-table joins require to join on the table's primary key.",
        ));
    }
    let partitions =
        |source: &Source| catalog.topics.get(&source.topic).map(|topic| topic.partitions);
    if partitions(from) != partitions(with) {
        return Err(wrong(format!(
            "Can't join `{}` with `{}` since the number of partitions don't match.",
            query.from.name, join.with.name
        )));
    }
    Ok(())
}

/// The columns that a projection makes; the key has to be among them.
fn columns(
    query: &Query,
    scope: &Scope,
    from: &Source,
    kind: SourceKind,
) -> Result<Vec<Column>, Refusal> {
    let key = match (&query.join, query.group_by.first()) {
        (Some(join), _) => join.left.clone(),
        (None, Some(by)) => by.clone(),
        (None, None) => {
            let key = from.columns.iter().find(|column| column.role != Role::Value);
            let key = key.ok_or_else(|| wrong("a source without a key is not simulated"))?;
            Expression::Column { of: None, name: key.name.clone() }
        }
    };
    let mut columns: Vec<Column> = Vec::new();
    for (at, item) in query.items.iter().enumerate() {
        let name = item_name(at, item, query);
        if columns.iter().any(|column| column.name == name) {
            return Err(wrong(format!("The projection contains a duplicate column: `{name}`")));
        }
        let role = match (item.0 == key, kind) {
            (false, _) => Role::Value,
            (true, SourceKind::Stream) => Role::Key,
            (true, SourceKind::Table) => Role::PrimaryKey,
        };
        columns.push(Column { name, of: scope.type_of(&item.0)?, role });
    }
    if !columns.iter().any(|column| column.role != Role::Value) {
        return Err(wrong(
            "Key missing from projection (ie, SELECT). The query used to build the source must include the key in its projection.",
        ));
    }
    Ok(columns)
}
