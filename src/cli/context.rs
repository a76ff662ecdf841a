//! What every tool stands on: where the configuration is, how the store is opened, what time it is.

use std::ffi::OsString;
use std::io::{self, BufWriter, StdoutLock};
use std::path::{Path, PathBuf};

use super::fault::Fault;
use crate::config::{Config, Mistakes};
use crate::model::UnixMillis;
use crate::store::{Access, Sqlite};

/// Where the configuration is when the command line names none.
const DEFAULT_CONFIG: &str = "config/tubebell.toml";

/// What every tool stands on.
pub(super) struct Context {
    given: Option<PathBuf>,
    environment: Vec<(OsString, OsString)>,
    pub(super) now: UnixMillis,
}

impl Context {
    pub(super) fn new(
        given: Option<PathBuf>,
        environment: Vec<(OsString, OsString)>,
        now: UnixMillis,
    ) -> Context {
        Context { given, environment, now }
    }

    /// Where `init` writes the configuration.
    pub(super) fn config_path(&self) -> &Path {
        self.given.as_deref().unwrap_or(Path::new(DEFAULT_CONFIG))
    }

    /// The file that is read: one that is named has to exist, the default one need not.
    pub(super) fn config_file(&self) -> Option<&Path> {
        let path = self.config_path();
        (self.given.is_some() || path.exists()).then_some(path)
    }

    /// Reads the configuration.
    pub(super) fn try_config(&self) -> Result<Config, Mistakes> {
        crate::config::load(self.config_file(), self.environment.iter().cloned())
    }

    /// Reads the configuration; its mistakes end the tool.
    pub(super) fn config(&self) -> Result<Config, Fault> {
        self.try_config().map_err(|mistakes| Fault::configuration(mistakes.0))
    }

    /// Reads where the operator's templates are; the rest of the configuration may still lack what `run` needs.
    pub(super) fn templates(&self) -> Result<PathBuf, Fault> {
        crate::config::templates(self.config_file(), self.environment.iter().cloned())
            .map_err(|mistakes| Fault::configuration(mistakes.0))
    }

    /// Opens the store of the configuration.
    pub(super) fn store(&self, config: &Config, access: Access) -> Result<Sqlite, Fault> {
        Ok(Sqlite::open(&config.store.path, access)?)
    }
}

/// Runs asynchronous work on this thread.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Fault::failed(format!("could not start: {error}")))?.block_on(work)
}

/// Standard output, for many lines; the end of a tool flushes it.
pub(super) fn stdout() -> BufWriter<StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}
