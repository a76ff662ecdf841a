//! The wiring: two short loops.
//!
//! [`Poller`] asks YouTube for what is due and publishes snapshots. [`Routing`] reads them, makes changes, and writes
//! alerts with the position in one transaction. Deliveries have loops of their own, one per channel.

mod listing;
mod poll;
mod route;

use std::sync::Arc;

use tokio::sync::Notify;

pub use poll::{PollHealth, Poller, QUOTA_KEY};
pub use route::Routing;

use crate::model::UnixMillis;

/// Tells the time. Only `app` reads the system's clock.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Wakes the loops of all channels.
#[derive(Debug, Clone, Default)]
pub struct Bells(Vec<Arc<Notify>>);

impl Bells {
    /// One more channel.
    pub fn add(&mut self) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        self.0.push(Arc::clone(&bell));
        bell
    }

    /// Alerts were written.
    pub fn ring(&self) {
        for bell in &self.0 {
            bell.notify_one();
        }
    }
}
