//! What keeps the store itself in order, and what is measured of it.

mod figures;
mod keeping;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

pub use figures::Figures;
pub(crate) use figures::{Ledger, Pulse, ThreadWork};
pub use keeping::{Migration, Retention};

use super::error::Result;
use super::shared::Shared;
use crate::model::UnixMillis;

/// What the gateway does for the store, and what operators see of it.
#[async_trait]
pub trait Housekeeping: Shared {
    /// Does one piece of bringing along the rows of an older database; to be called until it is done, before anything is
    /// polled or routed.
    async fn migrate(&self, now: UnixMillis) -> Result<Migration>;

    /// The clock was set back by `by` and says `now`: what was put off by the old clock is put off by the same time
    /// from now, and what is held is looked at again.
    async fn set_back(&self, by: Duration, now: UnixMillis) -> Result<()>;

    /// Deletes what is past its retention and ends what has expired, a bounded piece at a time; true when there is more
    /// to do at once. Large tables are walked a stretch per call, so it is to be called again and again.
    async fn sweep(&self, keep: Retention, now: UnixMillis) -> Result<bool>;

    /// Writes a consistent copy beside a running gateway.
    async fn backup(&self, to: &Path) -> Result<()>;

    /// What `/metrics` and `/readyz` ask for at every visit. Costs the same however much there is.
    async fn pulse(&self, now: UnixMillis) -> Result<Pulse>;

    /// What is counted. Takes a tenth of a second where millions of alerts wait, and holds up nobody meanwhile.
    async fn figures(&self, now: UnixMillis) -> Result<Figures>;

    /// Why nothing can be written at present, if the last attempt said so: for `/readyz`.
    fn trouble(&self) -> Option<String>;

    /// The gateway stops: whoever else holds the database is waited for only a moment.
    fn hurry(&self);
}
