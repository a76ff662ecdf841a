//! The feed of a server: the place where all that it watches rings.

use super::{Actions, Commit, Outcome};
use crate::model::Address;
use crate::store::{Edit, Edited, StoreError};

/// A refusal: the server has no feed that could end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct NoFeed;

/// Makes a place the feed of a server instead of any other; with `None`, the server has none any more. Watches stay where they
/// ring.
pub(in crate::control) async fn set_feed<C: Commit>(
    commit: &mut C,
    server: &Address,
    place: Option<&Address>,
) -> Outcome<(), NoFeed, C::Stop> {
    let edit = Edit::Feed { server: server.clone(), place: place.cloned() };
    let done = commit.commit(vec![edit]).await?;
    Ok(if done.first() == Some(&Edited::NotFound) { Err(NoFeed) } else { Ok(()) })
}

impl Actions {
    /// The feed of a server, if it has one.
    pub(in crate::control) async fn feed(
        &self,
        server: &Address,
    ) -> Result<Option<Address>, StoreError> {
        self.store.feed(server).await
    }
}
