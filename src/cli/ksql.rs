//! `tubebell ksql`: makes what the files of `ksql/` make in ksqlDB, or says how far they are.

use std::io::Write;
use std::sync::Arc;

use clap::Subcommand;

use super::context::{Context, block_on, stdout};
use super::fault::Fault;
use super::terminal::counted;
use crate::bus::ksqldb::{Applied, FileStatus, Lock, Step};
use crate::bus::{ApplyError, BusOptions, Changes};
use crate::config::Config;
use crate::store::Access;
use tokio_util::task::TaskTracker;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum What {
    /// Makes the streams and tables of ksqlDB that are not there yet; a gateway does the same when it starts
    Apply,
    /// Says how far each file is and whether its query is there; changes nothing
    Status,
}

impl From<ApplyError> for Fault {
    fn from(error: ApplyError) -> Fault {
        Fault::Failed(error.into())
    }
}

/// What applies the files, where the configuration has ksqlDB find the changes.
fn changes(config: &Config) -> Result<Changes, Fault> {
    let changes = match &config.bus {
        BusOptions::Kafka(options) => Changes::new(options, &TaskTracker::new())
            .map_err(|error| Fault::wrong(error.to_string()))?,
        BusOptions::Embedded => None,
    };
    changes.ok_or_else(|| {
        Fault::wrong(
            "there is nothing to apply ksql/ to: that takes mode = \"kafka\" in [bus] and detect = \"ksqldb\" in [kafka]",
        )
    })
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Fault> {
    let config = context.config()?;
    // The clients of Kafka begin within a runtime.
    block_on(async {
        let changes = changes(&config)?;
        match args.what {
            What::Apply => {
                let lock = Lock {
                    store: Arc::new(context.store(&config, Access::Tool)?),
                    holder: format!("tool-{:08x}", rand::random::<u32>()),
                    clock: Arc::new(crate::app::clock),
                };
                told(&changes.apply(&lock).await?, stdout())
            }
            What::Status => shown(&changes.status().await?, stdout()),
        }
    })
}

fn told(applied: &Applied, mut out: impl Write) -> Result<(), Fault> {
    for (file, step) in &applied.made {
        let how = match step {
            Step::Stands | Step::Make => "made",
            Step::Finish => "made by an earlier run that was stopped",
            Step::Again => "made anew: it had been dropped",
        };
        writeln!(out, "{file}  {how}")?;
    }
    let all = applied.made.len() + applied.stood;
    match applied.made.len() {
        0 => writeln!(out, "all {} stand already", counted(all, "file", "files"))?,
        made => writeln!(out, "{} applied, all {all} stand", counted(made, "file", "files"))?,
    }
    Ok(out.flush()?)
}

fn shown(files: &[FileStatus], mut out: impl Write) -> Result<(), Fault> {
    let mut ill = 0;
    for file in files {
        ill += usize::from(!file.is_well());
        writeln!(out, "{}  {}", file.file, words(file))?;
    }
    out.flush()?;
    match ill {
        0 => Ok(()),
        ill => {
            let all = counted(files.len(), "file", "files");
            Err(Fault::failed(format!(
                "{ill} of {all} not in order: `tubebell ksql apply` does what can be done"
            )))
        }
    }
}

/// How far a file is, and what is wrong with it.
pub(super) fn words(file: &FileStatus) -> String {
    let mut words = match &file.found {
        Ok(Step::Stands) => match &file.query {
            Some((id, None)) => format!("stands, written by {id}"),
            Some((id, Some(state))) => format!("stands, but {id} is {state}: its log says why"),
            None => "stands".to_owned(),
        },
        Ok(Step::Make) => "not applied".to_owned(),
        Ok(Step::Finish) => "made, and the ledger does not say so: a run was stopped".to_owned(),
        Ok(Step::Again) => "applied, and dropped since".to_owned(),
        Err(error) => error.to_string(),
    };
    if let Some(error) = &file.error {
        words.push_str(&format!("; the last attempt failed: {error}"));
    }
    if let Some(begun) = file.begun {
        words.push_str(&format!(" (begun {begun})"));
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tubebell_sim::Simulation;
    use tubebell_sim::ksqldb::{KsqlDbSim, serve};
    use tubebell_sim::world::World;

    use super::*;
    use crate::bus::ServiceOptions;
    use crate::bus::ksqldb::{Ksql, ValueFormat, Variables, Waits, apply, status};
    use crate::model::UnixMillis;
    use crate::store::Sqlite;

    struct Bench {
        server: KsqlDbSim,
        client: Ksql,
        lock: Lock,
        variables: Variables,
        _folder: tempfile::TempDir,
    }

    impl Bench {
        async fn new() -> Bench {
            let now = jiff::Timestamp::UNIX_EPOCH;
            let simulation = Simulation::new(World::new(0, now), Arc::new(move || now));
            let server = serve(&simulation).await.unwrap();
            server.topic("youtube_videos", 1, None);
            server.topic("youtube_watched", 1, None);
            let options = ServiceOptions { url: server.url(), user: None, password: None };
            let waits = Waits { poll_every: Duration::from_millis(1), ..Waits::default() };
            let folder = tempfile::tempdir().unwrap();
            let store = Sqlite::open(&folder.path().join("a.db"), Access::Tool).unwrap();
            let lock = Lock {
                store: Arc::new(store),
                holder: "tool".to_owned(),
                clock: Arc::new(|| UnixMillis(1_795_348_800_000)),
            };
            let variables =
                Variables { prefix: String::new(), format: ValueFormat::Json, replicas: 1 };
            let client = Ksql::new(&options, waits).unwrap();
            Bench { server, client, lock, variables, _folder: folder }
        }

        async fn apply(&self) -> String {
            let mut out = Vec::new();
            let applied = apply(&self.client, &self.variables, &self.lock).await.unwrap();
            told(&applied, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        }

        async fn status(&self) -> (String, bool) {
            let mut out = Vec::new();
            let files = status(&self.client, &self.variables).await.unwrap();
            let told = shown(&files, &mut out);
            (String::from_utf8(out).unwrap(), told.is_ok())
        }
    }

    #[tokio::test]
    async fn apply_tells_what_it_made_and_that_the_rest_stands() {
        let bench = Bench::new().await;
        let out = bench.apply().await;
        assert_eq!(out.lines().next(), Some("V000001__youtube_videos.sql  made"));
        assert_eq!(out.lines().last(), Some("9 files applied, all 9 stand"));
        assert_eq!(bench.apply().await, "all 9 files stand already\n");
        bench.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
        assert_eq!(
            bench.apply().await,
            "V000006__youtube_rates.sql  made anew: it had been dropped\n1 file applied, all 9 stand\n"
        );
    }

    #[tokio::test]
    async fn status_fails_until_all_is_in_order_and_names_what_is_not() {
        let bench = Bench::new().await;
        let (out, is_well) = bench.status().await;
        assert_eq!(out.lines().next(), Some("V000001__youtube_videos.sql  not applied"));
        assert!(!is_well);
        bench.apply().await;
        let (out, is_well) = bench.status().await;
        assert_eq!(
            out.lines().next(),
            Some("V000001__youtube_videos.sql  stands (begun 2026-11-22T12:00:00Z)")
        );
        assert!(
            out.contains("V000002__youtube_latest.sql  stands, written by CTAS_YOUTUBE_LATEST_")
        );
        assert!(is_well);
        bench.server.execute("DROP TABLE YOUTUBE_RATES;").unwrap();
        let (out, is_well) = bench.status().await;
        let line = out.lines().nth(5).unwrap();
        assert!(
            line.starts_with("V000006__youtube_rates.sql  applied, and dropped since"),
            "{line}"
        );
        assert!(!is_well);
    }
}
