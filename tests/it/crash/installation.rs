//! A gateway to be killed, with the outside world that it is in: a simulated YouTube, and what its messages go to.

use std::fs::File;
use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::routing::MethodRouter;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::system_clock;
use tubebell_sim::world::World;
use tubebell_sim::{Simulation, youtube};

use super::{APPLY, RUN, check_sound};
use crate::outside::{self, UNITS};
use crate::process::Program;
use crate::wait::{LIMIT, until};

pub(super) struct Installation {
    /// Its configuration and its database.
    pub(super) folder: TempDir,
    pub(super) simulation: Simulation,
}

impl Installation {
    /// `bot` answers as Telegram does; `more` stands at the end of the configuration.
    pub(super) async fn new(
        world: impl FnOnce(&mut World),
        bot: MethodRouter,
        (tasks, stop): (&TaskTracker, &CancellationToken),
        more: &str,
    ) -> Installation {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = Router::new().route("/{bot}/{method}", bot);
        let end = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            axum::serve(listener, app).with_graceful_shutdown(end).await.unwrap();
        });
        let at = Installation::without_channels(world).await;
        at.configure(&format!(
            "[telegram]\ntoken = \"1:crash\"\napi_url = \"http://127.0.0.1:{port}\"\nrate_per_s = 0\n\
             chat_rate_per_s = 0\ngroup_rate_per_min = 0\n{more}"
        ));
        at
    }

    /// It looks at YouTube, and can tell nobody yet.
    pub(super) async fn without_channels(world: impl FnOnce(&mut World)) -> Installation {
        let simulation = outside::simulation(system_clock());
        simulation.edit(world);
        let youtube = youtube::serve(&simulation).await.unwrap();
        youtube.daily_units(UNITS);
        let at = Installation { folder: tempfile::tempdir().unwrap(), simulation };
        let base = youtube.base_url();
        at.configure(&format!(
            "[youtube]\napi_key = \"AIzaTest\"\nbase_url = \"{base}\"\nfeed_url = \"{base}\"\n\
             daily_units = {UNITS}\nmin_interval = \"1s\"\nmax_interval = \"1s\"\n"
        ));
        at
    }

    /// Writes sections below those of the configuration.
    pub(super) fn configure(&self, sections: &str) {
        let path = self.folder.path().join("tubebell.toml");
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(sections.as_bytes()).unwrap();
    }

    pub(super) fn database(&self) -> Connection {
        let db = Connection::open(self.folder.path().join("tubebell.db")).unwrap();
        db.busy_timeout(LIMIT).unwrap();
        db
    }

    /// Applies the watch file, and starts the gateway once, so that so many videos are seen, silently. Returns how much work a
    /// start is.
    pub(super) async fn begin(&self, videos: u32) -> Duration {
        let folder = self.folder.path();
        let mut apply = Program::start(folder, "apply", &APPLY);
        assert_eq!(apply.end().await.code(), Some(0), "{}", apply.err(folder));
        let mut program = Program::start(folder, "run", &RUN);
        let seen = "SELECT count(*) = ?1 FROM seen";
        until("a first look", async || {
            self.database().query_row(seen, [videos], |row| row.get(0)).unwrap()
        })
        .await;
        let start = program.worked();
        program.signal("TERM");
        assert_eq!(program.end().await.code(), Some(0), "{}", program.err(folder));
        start
    }

    /// Lets a running gateway tell all that waits, and ends it.
    pub(super) async fn finish(&self, mut program: Program) {
        let open = "SELECT count(*) = 0 FROM alert WHERE outcome IS NULL";
        until("that nothing is under way", async || {
            self.database().query_row(open, [], |row| row.get(0)).unwrap()
        })
        .await;
        program.signal("TERM");
        let folder = self.folder.path();
        assert_eq!(program.end().await.code(), Some(0), "{}", program.err(folder));
    }

    /// Each kill makes as many second copies as messages may be in flight, and no more.
    pub(super) fn judge(&self, kills: u64, copies: usize, in_flight: usize) {
        println!("{kills} kills, {copies} second copies");
        let most = usize::try_from(kills).unwrap() * in_flight;
        assert!(copies <= most, "{copies} second copies after {kills} kills");
        check_sound(&self.database());
    }
}
