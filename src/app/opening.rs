//! Opens the database, and brings one of an older version up to date, while `/healthz` answers and `/readyz` says what
//! goes on.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::StartError;
use crate::bus::Embedded;
use crate::config::Config;
use crate::deliver::Wakers;
use crate::model::Clock;
use crate::pipeline::Routing;
use crate::store::{Access, Migration, Sqlite, Store, StoreError};
use crate::telemetry::Metrics;
use crate::web::{Progress, serve_while_starting};

/// What opening needs.
pub(super) struct Opening<'a> {
    pub(super) config: &'a Config,
    pub(super) clock: &'a Clock,
    pub(super) metrics: &'a Metrics,
    pub(super) wakers: &'a Wakers,
    pub(super) tracker: &'a TaskTracker,
}

impl Opening<'_> {
    /// Returns the store, ready for use, and the listener for whoever serves from then on.
    pub(super) async fn open(
        &self,
        listener: Option<TcpListener>,
    ) -> Result<(Arc<dyn Store>, Option<TcpListener>), StartError> {
        let Some(listener) = listener else {
            return Ok((self.store(&Progress::default()).await?, None));
        };
        let failed = |error: std::io::Error| StartError::Other(format!("[web] listen: {error}"));
        let (first, second) = split(listener).map_err(failed)?;
        let (progress, stop) = (Progress::default(), CancellationToken::new());
        progress.say("the database is being opened");
        let hosts = self.config.web.as_ref().map(|web| web.hosts.clone()).unwrap_or_default();
        // Both end together, however opening ends.
        let guard = stop.clone().drop_guard();
        let serving = serve_while_starting(first, progress.clone(), hosts, stop);
        let opening = self.store(&progress);
        tokio::pin!(serving, opening);
        let store = tokio::select! {
            store = &mut opening => store?,
            () = &mut serving => opening.await?,
        };
        drop(guard);
        Ok((store, Some(second)))
    }

    async fn store(&self, progress: &Progress) -> Result<Arc<dyn Store>, StoreError> {
        let path = self.config.store.path.clone();
        // New indexes over millions of rows take seconds, in which visitors are answered.
        let opened = self.tracker.spawn_blocking(move || Sqlite::open(&path, Access::Run)).await;
        let store: Arc<dyn Store> = Arc::new(opened.map_err(|_| StoreError::Panicked)??);
        let mut is_said = false;
        loop {
            match store.migrate((self.clock)()).await? {
                Migration::Done => break,
                Migration::FanOut => {
                    progress.say("an upgrade is under way: what was left over is told first");
                    self.routing(&store).finish_fan_outs().await?;
                }
                Migration::UnderWay { done, of } => {
                    progress.say(format!(
                        "an upgrade is under way: {done} of about {of} steps are done"
                    ));
                }
            }
            if !is_said {
                tracing::info!("the database is of an older version and is brought up to date");
                is_said = true;
            }
        }
        if is_said {
            tracing::info!("the database is up to date");
        }
        Ok(store)
    }

    fn routing(&self, store: &Arc<dyn Store>) -> Routing {
        Routing {
            store: Arc::clone(store) as _,
            stream: Arc::new(Embedded::new(Arc::clone(store) as _)),
            clock: Arc::clone(self.clock),
            metrics: self.metrics.clone(),
            wakers: self.wakers.clone(),
        }
    }
}

/// Two handles of one socket.
fn split(listener: TcpListener) -> std::io::Result<(TcpListener, TcpListener)> {
    let listener = listener.into_std()?;
    let other = listener.try_clone()?;
    Ok((TcpListener::from_std(listener)?, TcpListener::from_std(other)?))
}
