//! Applies the files of `ksql/` that are not applied yet.
//!
//! Every step can be cut off, and the next run goes on: the ledger says what was begun, and ksqlDB says what stands. A file
//! is one statement, and ksqlDB carries out a statement or does not, so there is no half of one to repair. `IF NOT EXISTS`
//! is not used: it would take whatever has the name, and compare nothing.

use tokio::time::{Instant, sleep};

use super::answer::Entity;
use super::client::{Ksql, Objects};
use super::error::{KsqlError, Refused};
use super::files::{MIGRATIONS, Migration};
use super::ledger::{self, Entry, State};
use super::lock::Lock;
use super::options::Variables;
use super::step::{Step, stands, step};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The files whose statement was run, each with why.
    pub made: Vec<(&'static str, Step)>,
    /// How many files stood already.
    pub stood: usize,
}

/// Applies all files that are not applied, in order, and returns once all that they make stands.
///
/// The topics that the files read, and with Avro the schema of `youtube_videos`, have to be there before. It waits for ksqlDB
/// to start, and for somebody else who applies.
///
/// # Errors
///
/// See [`KsqlError`]: what was applied stays, and applying again goes on from there.
pub async fn apply(
    client: &Ksql,
    variables: &Variables,
    lock: &Lock,
) -> Result<Applied, KsqlError> {
    let info = client.ready().await?;
    lock.take(client).await?;
    let applied = apply_all(client, variables, lock, &info.ksql_service_id).await;
    lock.release().await;
    applied
}

async fn apply_all(
    client: &Ksql,
    variables: &Variables,
    lock: &Lock,
    service_id: &str,
) -> Result<Applied, KsqlError> {
    let mut objects = client.objects().await?;
    ledger::make(client, &objects, service_id, variables).await?;
    ledger::check(client).await?;
    let current = ledger::current(client).await?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if let Some(found) = current.filter(|found| *found > known) {
        return Err(KsqlError::Newer { found, known });
    }
    let mut applied = Applied::default();
    for migration in MIGRATIONS {
        let file = migration.file;
        lock.hold(client).await?;
        let step = decide(client, migration, &objects, variables).await;
        let step = step.map_err(|error| error.of(file))?;
        let making = Making {
            client,
            variables,
            lock,
            migration,
            begun: (lock.clock)().0,
            is_current: current.is_none_or(|current| current <= migration.version),
        };
        match step {
            Step::Stands => {
                applied.stood += 1;
                continue;
            }
            Step::Make | Step::Again => making.make().await.map_err(|error| error.of(file))?,
            Step::Finish => {
                making.note(State::Migrated, None).await.map_err(|error| error.of(file))?;
            }
        }
        tracing::info!(ksql.file = file, "{file} is applied");
        applied.made.push((file, step));
    }
    // Whether a command made what it said, only a look at it tells.
    objects = client.objects().await?;
    for migration in MIGRATIONS {
        stands(migration, &objects, variables).map_err(|error| error.of(migration.file))?;
    }
    Ok(applied)
}

/// What is to be done about a file. An object that the ledger does not know may be one whose row the table has not read yet.
async fn decide(
    client: &Ksql,
    migration: &Migration,
    objects: &Objects,
    variables: &Variables,
) -> Result<Step, KsqlError> {
    let begun = Instant::now();
    loop {
        let row = ledger::read(client, migration).await?;
        match step(migration, row.as_ref(), objects, variables) {
            Err(KsqlError::Stranger { .. }) if begun.elapsed() < client.waits.catch_up => {}
            decided => return decided,
        }
        sleep(client.waits.poll_every).await;
    }
}

/// One file on its way.
struct Making<'a> {
    client: &'a Ksql,
    variables: &'a Variables,
    lock: &'a Lock,
    migration: &'a Migration,
    /// When it was begun, in ms since 1970.
    begun: i64,
    /// Whether no later file was begun.
    is_current: bool,
}

impl Making<'_> {
    async fn make(&self) -> Result<(), KsqlError> {
        self.note(State::Running, None).await?;
        // What is not in the table before the statement might be missing after a stop, and the object would be a stranger's.
        ledger::follow(self.client, self.migration, State::Running).await?;
        match self.run_once().await {
            Ok(()) => self.note(State::Migrated, None).await,
            Err(error) => {
                if error.is_final() {
                    let reason = self.client.words(&error.to_string());
                    // Where this fails too, the file stays begun, which is as good.
                    let noted = self.note(State::Error, Some(&reason)).await;
                    if let Err(error) = noted {
                        tracing::warn!("the ledger could not be told of a failure: {error}");
                    }
                }
                Err(error)
            }
        }
    }

    /// Runs the statement; that its object is there by now is no failure, if it is the one. It was not there when we looked, so
    /// an earlier attempt was still on its way through the command topic then.
    async fn run_once(&self) -> Result<(), KsqlError> {
        match self.run().await {
            Err(error) if error.says_exists() => {
                let objects = self.client.objects().await?;
                stands(self.migration, &objects, self.variables).map_err(|_| error)
            }
            ran => ran,
        }
    }

    /// Runs the statement, and waits until it is done.
    async fn run(&self) -> Result<(), KsqlError> {
        let begun = Instant::now();
        let entities = loop {
            self.client.settled(begun).await?;
            self.lock.hold(self.client).await?;
            match self.client.execute(self.migration.sql, Some(self.variables)).await {
                // Not executed, though its topic and schema may be there by now, which the next attempt takes.
                Err(KsqlError::Refused {
                    why: Refused::NotWritten | Refused::QueueTimeout | Refused::NotReady,
                    ..
                }) if begun.elapsed() < self.client.waits.statement => {}
                answered => break answered?,
            }
            sleep(self.client.waits.poll_every).await;
        };
        let mut is_made = false;
        for entity in entities {
            match entity {
                Entity::Command { command_id, command_status } => {
                    self.client.done(&command_id, command_status, begun).await?;
                    is_made = true;
                }
                Entity::Warning { message } => {
                    let message = self.client.words(&message);
                    return Err(KsqlError::Refused { why: Refused::Exists, message });
                }
                Entity::Streams { .. }
                | Entity::Tables { .. }
                | Entity::Queries { .. }
                | Entity::Description { .. }
                | Entity::Other => {}
            }
        }
        if !is_made {
            let message = "nothing was made".to_owned();
            return Err(KsqlError::Failed { message });
        }
        Ok(())
    }

    async fn note(&self, state: State, error: Option<&str>) -> Result<(), KsqlError> {
        self.lock.hold(self.client).await?;
        let now = (self.lock.clock)().0;
        let entry = Entry {
            migration: self.migration,
            state,
            started_on: self.begun,
            completed_on: (state != State::Running).then_some(now),
            error,
            is_current: self.is_current,
        };
        ledger::write(self.client, &entry).await
    }
}
