//! What is to be done about one file: pure, from what the ledger and ksqlDB say.

use super::client::Objects;
use super::error::KsqlError;
use super::files::Migration;
use super::ledger::{Row, State};
use super::options::Variables;

/// What is to be done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing: it was applied, and what it makes stands.
    Stands,
    /// Its statement is to be run.
    Make,
    /// Its statement had been run when somebody was stopped: only the ledger does not say so.
    Finish,
    /// It was applied, and what it made was dropped: its statement is to be run again.
    Again,
}

/// What stands under the name of a file's object.
struct Standing<'a> {
    is_stream: bool,
    topic: &'a str,
    value_format: &'a str,
    has_query: bool,
}

fn standing<'a>(objects: &'a Objects, name: &str) -> Option<Standing<'a>> {
    let has_query = objects.queries.iter().any(|query| query.sinks.iter().any(|sink| sink == name));
    let streams = objects.streams.iter().map(|shown| (true, shown));
    let mut all = streams.chain(objects.tables.iter().map(|shown| (false, shown)));
    let (is_stream, shown) = all.find(|(_, shown)| shown.name == name)?;
    let (topic, value_format) = (shown.topic.as_str(), shown.value_format.as_str());
    Some(Standing { is_stream, topic, value_format, has_query })
}

/// Decides about a file. `row`: what the ledger says of it.
///
/// # Errors
///
/// Where nothing can be done without somebody who decides; nothing was changed.
pub(super) fn step(
    migration: &Migration,
    row: Option<&Row>,
    objects: &Objects,
    variables: &Variables,
) -> Result<Step, KsqlError> {
    let standing = standing(objects, migration.object);
    let ours = migration.checksum();
    let changed =
        |theirs: &str| KsqlError::Changed { ours: ours.clone(), theirs: theirs.to_owned() };
    match (row, standing) {
        (Some(row), _) if row.state == State::Migrated && row.checksum != ours => {
            Err(changed(&row.checksum))
        }
        (Some(row), None) if row.state == State::Migrated => Ok(Step::Again),
        (_, None) => Ok(Step::Make),
        (None, Some(standing)) => {
            let kind = if standing.is_stream { "STREAM" } else { "TABLE" };
            Err(KsqlError::Stranger { object: migration.object, kind })
        }
        // Begun with another text, and what that made stands.
        (Some(row), Some(_)) if row.checksum != ours => Err(changed(&row.checksum)),
        (Some(row), Some(standing)) => {
            compare(migration, &standing, variables)?;
            match row.state {
                State::Migrated => Ok(Step::Stands),
                // One statement is one command, and that is carried out or not: what stands is all of it.
                State::Running | State::Error => Ok(Step::Finish),
            }
        }
    }
}

/// Whether what a file makes stands.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn stands(
    migration: &Migration,
    objects: &Objects,
    variables: &Variables,
) -> Result<(), KsqlError> {
    match standing(objects, migration.object) {
        Some(standing) => compare(migration, &standing, variables),
        None => {
            let message = format!("{} was made and does not stand", migration.object);
            Err(KsqlError::Failed { message })
        }
    }
}

/// Whether an object is what the file makes, as far as the variables go: the rest is in its text, which the sum is of.
fn compare(
    migration: &Migration,
    standing: &Standing<'_>,
    variables: &Variables,
) -> Result<(), KsqlError> {
    let object = migration.object;
    let differs = |what, found: &str, wanted: String| {
        if found.eq_ignore_ascii_case(&wanted) {
            return Ok(());
        }
        Err(KsqlError::Differs { object, what, found: found.to_owned(), wanted })
    };
    let kind = if standing.is_stream { "STREAM" } else { "TABLE" };
    differs("the kind", kind, migration.makes.kind().to_owned())?;
    let topic = format!("{}{}", variables.prefix, migration.topic);
    if standing.topic != topic {
        let found = standing.topic.to_owned();
        return Err(KsqlError::Differs { object, what: "the topic", found, wanted: topic });
    }
    differs("the value format", standing.value_format, variables.format.word().to_owned())?;
    if migration.makes.has_query() && !standing.has_query {
        return Err(KsqlError::NoQuery { object, kind });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Query, Shown};
    use super::super::files::MIGRATIONS;
    use super::super::options::ValueFormat;
    use super::*;

    /// The table of the last two looks.
    const LATEST: &Migration = &MIGRATIONS[1];

    fn objects(topic: &str, format: &str, has_query: bool) -> Objects {
        let shown = Shown {
            name: LATEST.object.to_owned(),
            topic: topic.to_owned(),
            value_format: format.to_owned(),
        };
        let query = Query {
            id: "CTAS_YOUTUBE_LATEST_3".to_owned(),
            sinks: vec![LATEST.object.to_owned()],
            state: Some("RUNNING".to_owned()),
        };
        let queries = if has_query { vec![query] } else { Vec::new() };
        Objects { tables: vec![shown], queries, ..Objects::default() }
    }

    fn row(state: State, checksum: &str) -> Row {
        Row {
            version: "2".to_owned(),
            state,
            checksum: checksum.to_owned(),
            started_on: "1".to_owned(),
            error_reason: "N/A".to_owned(),
        }
    }

    fn check(row: Option<&Row>, objects: &Objects) -> String {
        let variables = Variables { prefix: "a_".into(), format: ValueFormat::Json, replicas: 1 };
        match step(LATEST, row, objects, &variables) {
            Ok(step) => format!("{step:?}"),
            Err(error) => format!("{error:?}").split(' ').next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn what_is_done_follows_from_the_ledger_and_from_what_stands() {
        let same = LATEST.checksum();
        let nothing = Objects::default();
        let there = objects("a_youtube_latest", "JSON", true);
        let of = |state, sum: &str| Some(row(state, sum));
        for (row, objects, expected) in [
            (None, &nothing, "Make"),
            (None, &there, "Stranger"),
            (of(State::Running, &same), &nothing, "Make"),
            (of(State::Running, &same), &there, "Finish"),
            (of(State::Running, "other"), &nothing, "Make"),
            (of(State::Running, "other"), &there, "Changed"),
            (of(State::Error, &same), &nothing, "Make"),
            (of(State::Error, &same), &there, "Finish"),
            (of(State::Error, "other"), &nothing, "Make"),
            (of(State::Migrated, &same), &there, "Stands"),
            (of(State::Migrated, &same), &nothing, "Again"),
            (of(State::Migrated, "other"), &there, "Changed"),
            (of(State::Migrated, "other"), &nothing, "Changed"),
        ] {
            assert_eq!(check(row.as_ref(), objects), expected, "{row:?}");
        }
    }

    #[test]
    fn an_object_of_another_configuration_or_without_its_query_is_not_ours() {
        let same = LATEST.checksum();
        for (objects, expected) in [
            (objects("youtube_latest", "JSON", true), "Differs"),
            (objects("A_YOUTUBE_LATEST", "JSON", true), "Differs"),
            (objects("a_youtube_latest", "AVRO", true), "Differs"),
            (objects("a_youtube_latest", "JSON", false), "NoQuery"),
        ] {
            for state in [State::Migrated, State::Running, State::Error] {
                assert_eq!(check(Some(&row(state, &same)), &objects), expected, "{state:?}");
            }
        }
        let mut stream = objects("a_youtube_latest", "JSON", true);
        stream.streams = std::mem::take(&mut stream.tables);
        assert_eq!(check(Some(&row(State::Migrated, &same)), &stream), "Differs");
    }
}
