//! A stand-in for ksqlDB with the topics of a gateway, and a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tubebell::bus::ServiceOptions;
use tubebell::bus::ksqldb::{
    Applied, FileStatus, Ksql, KsqlError, Lock, MIGRATIONS, ValueFormat, Variables, Waits, apply,
    status,
};
use tubebell::model::UnixMillis;
use tubebell::store::{Access, LockTaken, Shared, Sqlite};
use tubebell_sim::Simulation;
use tubebell_sim::ksqldb::{KsqlDbSim, serve};
use tubebell_sim::world::World;

use crate::wait::LIMIT;

/// The time at which all of this happens, in ms.
pub(super) const T0: i64 = 1_795_348_800_000;

/// Seven days, in ms.
pub(super) const WEEK_MS: i64 = 604_800_000;

/// Longer than anything takes here, and looks without a pause.
pub(super) const PATIENT: Waits = Waits {
    connect: LIMIT,
    request: LIMIT,
    poll_every: Duration::from_millis(1),
    ready: LIMIT,
    statement: LIMIT,
    ledger: LIMIT,
    catch_up: Duration::ZERO,
    lock: LIMIT,
};

pub(super) struct Rig {
    pub(super) server: KsqlDbSim,
    pub(super) simulation: Simulation,
    pub(super) store: Arc<Sqlite>,
    pub(super) variables: Variables,
    pub(super) waits: Waits,
    pub(super) options: ServiceOptions,
    pub(super) now: Arc<AtomicI64>,
    _folder: TempDir,
}

impl Rig {
    /// A ksqlDB in which nothing was made, with the topics of a gateway.
    pub(super) async fn new() -> Rig {
        Rig::with("", ValueFormat::Json).await
    }

    pub(super) async fn with(prefix: &str, format: ValueFormat) -> Rig {
        let clock = Arc::new(|| jiff::Timestamp::from_millisecond(T0).unwrap());
        let now = jiff::Timestamp::from_millisecond(T0).unwrap();
        let simulation = Simulation::new(World::new(0, now), clock);
        let server = serve(&simulation).await.unwrap();
        for name in ["youtube_videos", "youtube_watched"] {
            server.topic(&format!("{prefix}{name}"), 6, Some(WEEK_MS));
        }
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
        let options = ServiceOptions { url: server.url(), user: None, password: None };
        Rig {
            server,
            simulation,
            store: Arc::new(store),
            variables: Variables { prefix: prefix.to_owned(), format, replicas: 1 },
            waits: PATIENT,
            options,
            now: Arc::new(AtomicI64::new(T0)),
            _folder: folder,
        }
    }

    pub(super) fn client(&self) -> Ksql {
        Ksql::new(&self.options, self.waits).unwrap()
    }

    pub(super) fn lock(&self, holder: &str) -> Lock {
        let now = Arc::clone(&self.now);
        Lock {
            store: Arc::clone(&self.store) as _,
            holder: holder.to_owned(),
            clock: Arc::new(move || UnixMillis(now.load(Ordering::Relaxed))),
        }
    }

    /// Takes the lock as another process does.
    pub(super) async fn take_lock(&self, holder: &str) {
        let now = UnixMillis(self.now.load(Ordering::Relaxed));
        let lease = 2 * LIMIT + Duration::from_secs(30);
        let taken = self.store.take_lock("ksql", holder, lease, now).await.unwrap();
        assert_eq!(taken, LockTaken::Taken);
    }

    pub(super) async fn apply(&self) -> Result<Applied, KsqlError> {
        apply(&self.client(), &self.variables, &self.lock("run")).await
    }

    /// The line with which applying ends.
    pub(super) async fn line(&self) -> String {
        let error = self.apply().await.unwrap_err();
        let line = error.to_string();
        assert!(!line.contains('\n'), "{line}");
        line
    }

    pub(super) async fn status(&self) -> Vec<FileStatus> {
        status(&self.client(), &self.variables).await.unwrap()
    }

    /// Holds that all that the files make stands, once, and that the ledger says so.
    #[track_caller]
    pub(super) fn all_stands(&self, when: &str) {
        let sources = self.server.sources();
        for migration in MIGRATIONS {
            let source = sources.iter().find(|source| source.name == migration.object);
            let source =
                source.unwrap_or_else(|| panic!("{when}: {} is missing", migration.object));
            assert_eq!(source.query.is_some(), migration.makes.has_query(), "{when}: {source:?}");
            assert_eq!(source.topic, format!("{}{}", self.variables.prefix, migration.topic));
            assert_eq!(source.value_format, self.variables.format.word());
            let states = self.states(&migration.version.to_string());
            assert_eq!(states.last().map(String::as_str), Some("MIGRATED"), "{when}");
        }
        // And the two of the ledger.
        assert_eq!(sources.len(), MIGRATIONS.len() + 2, "{when}");
        assert_eq!(self.states("CURRENT").last().map(String::as_str), Some("MIGRATED"), "{when}");
    }

    /// The states that were written under a key of the ledger, oldest first.
    pub(super) fn states(&self, key: &str) -> Vec<String> {
        let rows = self.server.inserted("MIGRATION_EVENTS");
        let of_key = rows.into_iter().filter(|row| row[0].as_deref() == Some(key));
        of_key.map(|row| row[3].clone().unwrap()).collect()
    }

    /// How often an object was made.
    pub(super) fn made(&self, object: &str) -> usize {
        let is_it = |text: &String| {
            let mut words = text.split_whitespace();
            words.next() == Some("CREATE") && words.nth(1) == Some(object)
        };
        self.server.executed().iter().filter(|text| is_it(text)).count()
    }
}
