//! The wiring: three short loops.
//!
//! [`Poller`] asks YouTube for what is due and publishes snapshots. [`Lister`] finds out which videos channels and
//! playlists have, at its own pace. [`Routing`] reads the snapshots, makes changes,
//! and writes alerts with the position in one transaction. Deliveries have loops of their own, one per channel.

mod health;
mod lists;
mod pace;
mod plan;
mod poll;
mod rounds;
mod route;

pub(crate) use health::{PollHealth, PollReporter};
pub(crate) use lists::Lister;
pub use plan::Watched;
pub(crate) use poll::Poller;
pub(crate) use rounds::QUOTA_KEY;
pub use route::{Routing, first_look};
