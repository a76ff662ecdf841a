//! One session on the gateway, run by serenity's [`ShardRunner`].
//!
//! A runner needs a manager, which would begin a new session by itself whenever one ends. This one can't: it begins by reading
//! the URL of the gateway behind a lock, and we keep the lock until the session is over. Then the URL is empty and the manager
//! is told to end.

use std::sync::Arc;
use std::time::Duration;

use serenity::all::ShardId;
use serenity::gateway::{
    ConnectionStage, Shard, ShardManager, ShardManagerOptions, ShardMessenger, ShardRunner,
    ShardRunnerInfo, ShardRunnerOptions,
};
use serenity::http::HttpBuilder;
use serenity::prelude::{RwLock, TypeMap};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::ears::Ears;

/// How often it is looked whether anything was told.
const LOOK: Duration = Duration::from_secs(15);

/// How long the manager may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// One session, which begins when it is run.
pub(super) struct Session {
    runner: ShardRunner,
    manager: Arc<ShardManager>,
    id: ShardId,
    url: Arc<Mutex<String>>,
    /// What keeps the manager from beginning sessions.
    kept: OwnedMutexGuard<String>,
    ears: Arc<Ears>,
}

impl Session {
    /// A session on a connection that stands.
    pub(super) async fn new(
        shard: Shard,
        id: ShardId,
        url: Arc<Mutex<String>>,
        ears: Arc<Ears>,
    ) -> Session {
        let kept = Arc::new(Mutex::new(String::new()));
        let kept_from_it = Arc::clone(&kept);
        let kept = kept.lock_owned().await;
        // Nothing is asked by it: requests are our own. It has no token, and no way to any host but this one.
        let http = HttpBuilder::new("none").proxy("http://127.0.0.1:9").ratelimiter_disabled(true);
        let http = Arc::new(http.build());
        let data = Arc::new(RwLock::new(TypeMap::new()));
        let intents = shard.intents;
        let (manager, _) = ShardManager::new(ShardManagerOptions {
            data: Arc::clone(&data),
            event_handlers: Vec::new(),
            raw_event_handlers: Vec::new(),
            shard_index: 0,
            shard_init: 0,
            shard_total: 0,
            ws_url: kept_from_it,
            http: Arc::clone(&http),
            intents,
            presence: None,
        });
        let runner = ShardRunner::new(ShardRunnerOptions {
            data,
            event_handlers: Vec::new(),
            raw_event_handlers: vec![Arc::<Ears>::clone(&ears) as _],
            manager: Arc::clone(&manager),
            shard,
            http,
        });
        let session = Session { runner, manager, id, url, kept, ears };
        session.enter().await;
        session
    }

    /// Lets the manager know the runner, as one of its own.
    async fn enter(&self) {
        let info = ShardRunnerInfo {
            latency: None,
            runner_tx: ShardMessenger::new(&self.runner),
            stage: ConnectionStage::Disconnected,
        };
        self.manager.runners.lock().await.insert(self.id, info);
    }

    /// Runs it to its end: an error where Discord refuses us.
    pub(super) async fn run(&mut self) -> serenity::Result<()> {
        Box::pin(self.runner.run()).await
    }

    /// The URL that each connection of this session reads.
    pub(super) fn url(&self) -> Arc<Mutex<String>> {
        Arc::clone(&self.url)
    }

    /// What ends it while it runs.
    pub(super) fn closing(&self) -> Closing {
        Closing(ShardMessenger::new(&self.runner))
    }

    /// What tells whether it hangs while it runs.
    pub(super) fn alive(&self) -> Alive {
        Alive { manager: Arc::clone(&self.manager), id: self.id, ears: Arc::clone(&self.ears) }
    }

    /// Ends what serenity has begun for it.
    pub(super) async fn clear(self) {
        // It ends only what it knows, and has forgotten the runner if that ended by itself.
        self.enter().await;
        drop(self.kept);
        if tokio::time::timeout(END_TIMEOUT, self.manager.shutdown_all()).await.is_err() {
            tracing::warn!("the manager of a session on the gateway does not end");
        }
    }
}

/// Ends a session that runs.
pub(super) struct Closing(ShardMessenger);

impl Closing {
    pub(super) fn close(&self) {
        self.0.shutdown_clean();
    }
}

/// Whether a session hangs.
pub(super) struct Alive {
    manager: Arc<ShardManager>,
    id: ShardId,
    ears: Arc<Ears>,
}

impl Alive {
    /// Resolves when nothing has come for so long: no event, and no answer to a heartbeat.
    pub(super) async fn silent(&self, longest: Duration) {
        let mut last = self.sign().await;
        let mut since = tokio::time::Instant::now();
        while since.elapsed() < longest {
            tokio::time::sleep(LOOK).await;
            let now = self.sign().await;
            if now != last {
                (last, since) = (now, tokio::time::Instant::now());
            }
        }
    }

    /// What differs once something has come.
    async fn sign(&self) -> (Option<Duration>, u64) {
        let runners = self.manager.runners.lock().await;
        (runners.get(&self.id).and_then(|runner| runner.latency), self.ears.heard())
    }
}
