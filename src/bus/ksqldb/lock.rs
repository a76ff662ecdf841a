//! The lock in the store: of all that run on one database, one applies the files at a time.

use tokio::time::{Instant, sleep};

use super::client::Ksql;
use super::error::KsqlError;
use crate::model::Clock;
use crate::store::{LockTaken, Shared};

/// The lock's name.
const NAME: &str = "ksql";

/// Whoever applies the files, and where they say so.
///
/// A gateway is `run`: as a database has one gateway, what an earlier one held is its own again at once. A tool is somebody
/// of their own each time.
#[derive(Clone)]
pub struct Lock {
    /// Where it is kept.
    pub store: std::sync::Arc<dyn Shared>,
    /// Who they are, in one word.
    pub holder: String,
    /// Tells the time.
    pub clock: Clock,
}

impl Lock {
    /// Waits for the lock and takes it.
    pub(super) async fn take(&self, client: &Ksql) -> Result<(), KsqlError> {
        let begun = Instant::now();
        loop {
            match self.hold(client).await {
                Err(KsqlError::Held { .. }) if begun.elapsed() < client.waits.lock => {}
                taken => return taken,
            }
            sleep(client.waits.poll_every).await;
        }
    }

    /// Holds it for longer, or takes it if it is free. Before each request: whoever was away for long has lost it.
    pub(super) async fn hold(&self, client: &Ksql) -> Result<(), KsqlError> {
        let now = (self.clock)();
        match self.store.take_lock(NAME, &self.holder, client.lease(), now).await? {
            LockTaken::Taken => Ok(()),
            LockTaken::Held { by, until } => Err(KsqlError::Held { by, until }),
        }
    }

    /// Gives it back. Where that fails, it ends by itself.
    pub(super) async fn release(&self) {
        if let Err(error) = self.store.release_lock(NAME, &self.holder).await {
            tracing::warn!("the lock for ksql/ was not given back, it ends by itself: {error}");
        }
    }
}
