//! The feed of a server: the place where all that it watches rings.

use super::{Actions, Commit, Outcome};
use crate::model::{Address, Mention, Settings};
use crate::store::{Edit, Edited, StoreError};

/// A refusal: the server has no feed that could end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct NoFeed;

/// A place of a server, and what is set there.
pub(in crate::control) type Place = (Address, Settings);

/// Makes a place the feed of a server instead of the one of `before`; without one, the server has none any more. Whom the
/// feed mentions comes along. Watches stay where they ring.
pub(in crate::control) async fn set_feed<C: Commit>(
    commit: &mut C,
    server: &Address,
    place: Option<Place>,
    before: Option<Place>,
) -> Outcome<(), NoFeed, C::Stop> {
    let mut edits = vec![Edit::Feed {
        server: server.clone(),
        place: place.as_ref().map(|(place, _)| place.clone()),
    }];
    if let Some((before, settings)) = before.filter(|(_, settings)| !settings.mentions.is_empty()) {
        let mentions = settings.mentions.clone();
        edits.push(mentioning((before, settings), Vec::new()));
        edits.extend(place.map(|place| mentioning(place, mentions)));
    }
    let done = commit.commit(edits).await?;
    Ok(if done.first() == Some(&Edited::NotFound) { Err(NoFeed) } else { Ok(()) })
}

fn mentioning((destination, settings): Place, mentions: Vec<Mention>) -> Edit {
    Edit::Set { destination, subject: None, settings: Settings { mentions, ..settings } }
}

impl Actions {
    /// The feed of a server, if it has one.
    pub(in crate::control) async fn feed(
        &self,
        server: &Address,
    ) -> Result<Option<Address>, StoreError> {
        self.store.feed(server, false).await
    }

    /// The same, or the one that it was until that went off.
    pub(in crate::control) async fn last_feed(
        &self,
        server: &Address,
    ) -> Result<Option<Address>, StoreError> {
        self.store.feed(server, true).await
    }
}
