//! Which place a command is about: where it was typed, or the feed of its server.

use crate::model::Address;
use crate::render::views::Link;
use crate::store::{Registry, StoreError, WatchFilter};

use super::incoming::Along;
use super::turn::Turn;

/// Words of commands that make something ring: in a server with a feed, there.
const RINGS: [&str; 2] = ["watch", "card"];

/// The word of the command that says which place is the feed.
const FEED: &str = "feed";

/// Which place a command is about that was typed at `typed`.
///
/// What makes something ring is about the feed of the server, where there is one; the command that makes a feed is about where
/// it is typed. All others are about where they are typed if something is watched there, because whoever types them there means
/// that; else about the feed.
pub(super) async fn about(
    store: &dyn Registry,
    along: &Along,
    typed: &Address,
    word: &str,
) -> Result<Address, StoreError> {
    let Some(server) = along.group.as_ref().filter(|_| word != FEED) else {
        return Ok(typed.clone());
    };
    let Some(feed) = store.feed(server).await? else { return Ok(typed.clone()) };
    if feed == *typed || RINGS.contains(&word) {
        return Ok(feed);
    }
    let is_watched = !store.watches(WatchFilter::Of(typed.clone()), 0, 1).await?.is_empty();
    Ok(if is_watched { typed.clone() } else { feed })
}

impl Turn<'_> {
    /// Where what is watched here rings, in words and with a link; `None` where a chat is all that there is.
    pub(super) fn rings_in(&self) -> Option<Link> {
        let server = self.along.group.as_ref()?;
        let title = if self.typed.is_some() { "the feed of this server" } else { "this channel" };
        place(server, self.destination, title)
    }
}

/// A link to a place of a server.
pub(super) fn place(server: &Address, place: &Address, title: &str) -> Option<Link> {
    let url = place.page(server)?;
    Some(Link { title: title.to_owned(), url })
}
