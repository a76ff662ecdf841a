//! What several sides of the store need.

use std::time::Duration;

use async_trait::async_trait;

use super::destination::DestinationRow;
use super::error::Result;
use crate::model::{Address, UnixMillis};

/// Whether a lock was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockTaken {
    /// It is the holder's, for the time that was asked for.
    Taken,
    /// Somebody else has it, until then if they do not ask again.
    Held {
        /// Who.
        by: String,
        /// Until when.
        until: UnixMillis,
    },
}

/// Small named values, one destination, and who runs it all.
#[async_trait]
pub trait Shared: Send + Sync + 'static {
    /// A small named value.
    async fn load(&self, key: &str) -> Result<Option<String>>;

    /// Replaces a small named value.
    async fn save(&self, key: &str, value: String) -> Result<()>;

    /// Takes a named lock for `holder`, for so long from `now`: whoever is killed with it keeps others out no longer than that.
    /// Who has it already takes it anew. `holder` is one word.
    async fn take_lock(
        &self,
        name: &str,
        holder: &str,
        lease: Duration,
        now: UnixMillis,
    ) -> Result<LockTaken>;

    /// Gives a named lock back; that of somebody else stays.
    async fn release_lock(&self, name: &str, holder: &str) -> Result<()>;

    /// One destination.
    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>>;

    /// Who runs this installation, where the configuration does not say so: the first address of whoever opened the
    /// operator's own invitation, see [`super::Edit::BecomeOperator`].
    async fn operator(&self) -> Result<Option<Address>>;
}
