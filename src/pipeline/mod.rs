//! The wiring: two short loops.
//!
//! [`Poller`] asks YouTube for what is due and publishes snapshots. [`Routing`] reads them, makes changes, and writes
//! alerts with the position in one transaction. Deliveries have loops of their own, one per channel.

mod listing;
mod pace;
mod poll;
mod route;

use std::sync::Arc;

pub use poll::{PollHealth, Poller, QUOTA_KEY};
pub use route::Routing;

use crate::model::UnixMillis;

/// Tells the time. Only `app` reads the system's clock.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;
