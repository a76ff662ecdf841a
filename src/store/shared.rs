//! What several sides of the store need.

use async_trait::async_trait;

use super::destination::DestinationRow;
use super::error::Result;
use crate::model::Address;

/// Small named values, one destination, and who runs it all.
#[async_trait]
pub trait Shared: Send + Sync + 'static {
    /// A small named value.
    async fn load(&self, key: &str) -> Result<Option<String>>;

    /// Replaces a small named value.
    async fn save(&self, key: &str, value: String) -> Result<()>;

    /// One destination.
    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>>;

    /// Who runs this installation, where the configuration does not say so: the first address of whoever opened the
    /// operator's own invitation, see [`super::Edit::BecomeOperator`].
    async fn operator(&self) -> Result<Option<Address>>;
}
