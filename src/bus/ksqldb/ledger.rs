//! Which files were applied, kept where and as ksql-migrations keeps it: either may go on where the other has been.
//!
//! A stream of events, and a table with the last state of each version and of the key `CURRENT`. Each state is written under
//! both keys. The table follows the stream a little later, and after a restart of ksqlDB up to a minute later.

use tokio::time::{Instant, sleep};

use super::answer::Entity;
use super::client::{Ksql, Objects};
use super::error::{KsqlError, Refused};
use super::files::Migration;
use super::options::Variables;

pub(super) const EVENTS: &str = "MIGRATION_EVENTS";
pub(super) const VERSIONS: &str = "MIGRATION_SCHEMA_VERSIONS";

const COLUMNS: [&str; 9] = [
    "VERSION_KEY",
    "VERSION",
    "NAME",
    "STATE",
    "CHECKSUM",
    "STARTED_ON",
    "COMPLETED_ON",
    "PREVIOUS",
    "ERROR_REASON",
];

/// The key of whatever was written last.
const CURRENT: &str = "CURRENT";

/// How far a file is. The words are those of ksql-migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Begun, and not told how it ended.
    Running,
    /// Applied.
    Migrated,
    /// Refused.
    Error,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            State::Running => "RUNNING",
            State::Migrated => "MIGRATED",
            State::Error => "ERROR",
        }
    }

    fn read(word: &str) -> State {
        match word {
            "MIGRATED" => State::Migrated,
            "ERROR" => State::Error,
            // PENDING is no state that anybody writes.
            _ => State::Running,
        }
    }
}

/// What the ledger says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The file's number.
    pub(crate) version: String,
    /// How far it is.
    pub(crate) state: State,
    /// The sum of the file that was applied.
    pub(crate) checksum: String,
    /// When it was begun, in ms since 1970, as text.
    pub(crate) started_on: String,
    /// Why it failed.
    pub(crate) error_reason: String,
}

/// Makes what is lacking of the ledger. A stop between the two leaves the stream, which the next one finds.
pub(super) async fn make(
    client: &Ksql,
    objects: &Objects,
    service_id: &str,
    variables: &Variables,
) -> Result<(), KsqlError> {
    let has_events = objects.streams.iter().any(|stream| stream.name == EVENTS);
    let has_versions = objects.tables.iter().any(|table| table.name == VERSIONS);
    if has_events && has_versions {
        return Ok(());
    }
    if objects.tables.iter().any(|table| table.name == EVENTS) {
        return Err(KsqlError::NoLedger { object: EVENTS });
    }
    if objects.streams.iter().any(|stream| stream.name == VERSIONS) {
        return Err(KsqlError::NoLedger { object: VERSIONS });
    }
    if !has_events {
        let columns: String =
            COLUMNS.iter().skip(1).map(|name| format!(", {name} STRING")).collect();
        let replicas = variables.replicas;
        run(client, &format!(
            "CREATE STREAM {EVENTS} (VERSION_KEY STRING KEY{columns}) WITH (KAFKA_TOPIC='{service_id}ksql_{EVENTS}', VALUE_FORMAT='JSON', PARTITIONS=1, REPLICAS={replicas});"
        ))
        .await?;
    }
    if !has_versions {
        let columns: String = COLUMNS
            .iter()
            .skip(1)
            .map(|name| format!(", LATEST_BY_OFFSET({name}) AS {name}"))
            .collect();
        // From the beginning: the events are there before the table that reads them.
        run(client, &format!(
            "SET 'auto.offset.reset' = 'earliest'; CREATE TABLE {VERSIONS} WITH (KAFKA_TOPIC='{service_id}ksql_{VERSIONS}') AS SELECT VERSION_KEY{columns} FROM {EVENTS} GROUP BY VERSION_KEY EMIT CHANGES;"
        ))
        .await?;
    }
    Ok(())
}

/// Whether the two objects of these names are a ledger.
pub(super) async fn check(client: &Ksql) -> Result<(), KsqlError> {
    for object in [EVENTS, VERSIONS] {
        let columns = client.columns(object).await?;
        if !COLUMNS.iter().all(|name| columns.iter().any(|column| column == name)) {
            return Err(KsqlError::NoLedger { object });
        }
    }
    Ok(())
}

/// Carries out one statement of our own, and waits until it is done.
async fn run(client: &Ksql, sql: &str) -> Result<(), KsqlError> {
    let begun = Instant::now();
    client.settled(begun).await?;
    for entity in client.execute(sql, None).await? {
        if let Entity::Command { command_id, command_status } = entity {
            client.done(&command_id, command_status, begun).await?;
        }
    }
    Ok(())
}

/// What the table says of one key; waits while it can't be asked.
async fn read_key(client: &Ksql, key: &str) -> Result<Option<Row>, KsqlError> {
    let begun = Instant::now();
    let sql = format!(
        "SELECT VERSION, STATE, CHECKSUM, STARTED_ON, ERROR_REASON FROM {VERSIONS} WHERE VERSION_KEY = '{key}';"
    );
    loop {
        match client.pull(&sql).await {
            Ok(rows) => {
                let Some(row) = rows.into_iter().next() else { return Ok(None) };
                let text = |at: usize| {
                    row.get(at).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
                };
                return Ok(Some(Row {
                    version: text(0),
                    state: State::read(&text(1)),
                    checksum: text(2),
                    started_on: text(3),
                    error_reason: client.words(&text(4)),
                }));
            }
            // Its query starts, or is handed over after a restart.
            Err(KsqlError::Refused { why, .. })
                if !matches!(why, Refused::Unauthorized | Refused::Forbidden)
                    && begun.elapsed() < client.waits.ledger => {}
            Err(error) => return Err(error),
        }
        sleep(client.waits.poll_every).await;
    }
}

/// What the ledger says of a file.
pub(super) async fn read(client: &Ksql, migration: &Migration) -> Result<Option<Row>, KsqlError> {
    read_key(client, &migration.version.to_string()).await
}

/// The number of the file that was written last.
pub(super) async fn current(client: &Ksql) -> Result<Option<u32>, KsqlError> {
    Ok(read_key(client, CURRENT).await?.and_then(|row| row.version.parse().ok()))
}

/// An entry of the ledger.
pub(super) struct Entry<'a> {
    pub(super) migration: &'a Migration,
    pub(super) state: State,
    /// When it was begun and when it ended, in ms since 1970.
    pub(super) started_on: i64,
    pub(super) completed_on: Option<i64>,
    pub(super) error: Option<&'a str>,
    /// Whether it is the newest that was begun; one that is made anew while later ones stand is not.
    pub(super) is_current: bool,
}

/// Writes an entry, under both keys.
pub(super) async fn write(client: &Ksql, entry: &Entry<'_>) -> Result<(), KsqlError> {
    let migration = entry.migration;
    let version = migration.version.to_string();
    let previous = match migration.version {
        0 | 1 => "<none>".to_owned(),
        version => (version - 1).to_string(),
    };
    let values = [
        version.clone(),
        migration.name(),
        entry.state.word().to_owned(),
        migration.checksum(),
        entry.started_on.to_string(),
        entry.completed_on.map(|at| at.to_string()).unwrap_or_default(),
        previous,
        entry.error.unwrap_or("N/A").to_owned(),
    ];
    let values: String = values.iter().map(|value| format!(", '{}'", quoted(value))).collect();
    let keys = [Some(CURRENT).filter(|_| entry.is_current), Some(version.as_str())];
    let statements: String = keys
        .into_iter()
        .flatten()
        .map(|key| {
            format!("INSERT INTO {EVENTS} ({}) VALUES ('{key}'{values});", COLUMNS.join(", "))
        })
        .collect();
    client.execute(&statements, None).await.map(drop)
}

/// A text within quotes: what would be taken for a variable is none.
fn quoted(text: &str) -> String {
    text.replace('\'', "''").replace("${", "$ {")
}

/// Waits until the table says this state of a file.
pub(super) async fn follow(
    client: &Ksql,
    migration: &Migration,
    state: State,
) -> Result<(), KsqlError> {
    let begun = Instant::now();
    let checksum = migration.checksum();
    loop {
        let row = read(client, migration).await?;
        if row.is_some_and(|row| row.state == state && row.checksum == checksum) {
            return Ok(());
        }
        if begun.elapsed() >= client.waits.ledger {
            return Err(KsqlError::LedgerBehind);
        }
        sleep(client.waits.poll_every).await;
    }
}
