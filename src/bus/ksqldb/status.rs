//! How far the files of `ksql/` are, without changing anything.

use super::client::Ksql;
use super::error::KsqlError;
use super::files::MIGRATIONS;
use super::ledger::{self, Row, State};
use super::options::Variables;
use super::step::{Step, step};
use crate::model::UnixMillis;

/// How far one file is.
#[derive(Debug)]
pub struct FileStatus {
    /// The file.
    pub file: &'static str,
    /// How far it is, or what is wrong.
    pub found: Result<Step, KsqlError>,
    /// When it was begun, if it was.
    pub begun: Option<UnixMillis>,
    /// Why it was refused.
    pub error: Option<String>,
    /// The query that writes what it makes, and its state if that is not `RUNNING`.
    pub query: Option<(String, Option<String>)>,
}

impl FileStatus {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_well(&self) -> bool {
        matches!(self.found, Ok(Step::Stands)) && !matches!(self.query, Some((_, Some(_))))
    }
}

/// Looks at all files.
///
/// # Errors
///
/// When ksqlDB can't be asked. What is wrong with one file stands in its row.
pub async fn status(client: &Ksql, variables: &Variables) -> Result<Vec<FileStatus>, KsqlError> {
    client.ready().await?;
    let objects = client.objects().await?;
    let has_ledger = objects.tables.iter().any(|table| table.name == ledger::VERSIONS);
    if has_ledger {
        ledger::check(client).await?;
    }
    let mut all = Vec::new();
    for migration in MIGRATIONS {
        let row = if has_ledger { ledger::read(client, migration).await? } else { None };
        let found = step(migration, row.as_ref(), &objects, variables);
        let writes = |sinks: &[String]| sinks.iter().any(|sink| sink == migration.object);
        let query = objects.queries.iter().find(|query| writes(&query.sinks));
        let query = query.map(|query| {
            let state = query.state.as_ref().filter(|state| *state != "RUNNING");
            (client.words(&query.id), state.map(|state| client.words(state)))
        });
        all.push(FileStatus {
            file: migration.file,
            found,
            begun: row.as_ref().and_then(begun),
            error: row.filter(|row| row.state == State::Error).map(|row| row.error_reason),
            query,
        });
    }
    Ok(all)
}

fn begun(row: &Row) -> Option<UnixMillis> {
    row.started_on.parse().ok().map(UnixMillis)
}
