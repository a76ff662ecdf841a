//! Which place a command is about: where it was typed, or the feed of its server.

use crate::control::actions::Actions;
use crate::model::{Address, SubjectRef, SubscriptionId};
use crate::render::Elsewhere;
use crate::render::views::Link;
use crate::store::StoreError;

use super::incoming::Along;
use super::turn::Turn;
use super::words::list_number;

/// Commands that make something ring: in a server with a feed, there.
const RINGS: [&str; 2] = ["watch", "card"];

/// What is asked, and where.
pub(super) struct Asked<'a> {
    /// Where it was typed.
    pub(super) typed: &'a Address,
    /// What the service told along with it.
    pub(super) along: &'a Along,
    /// The command.
    pub(super) word: &'a str,
    /// What it names, where it names a video, channel or playlist.
    pub(super) what: Option<&'a str>,
    /// It is about the place in which it is typed: that is to be the feed, or is asked whether messages arrive there.
    pub(super) is_here: bool,
}

/// Which place a command is about.
///
/// What names something that is watched is about where that rings: where it is typed, else in the feed of the server. What makes
/// something new ring is about the feed. All else is about where it is typed if something is watched there, because whoever
/// types it there means that; else about the feed. Whoever may not decide may not
/// see the feed either, for all that we know: for them it is always where they type.
pub(super) async fn about(actions: &Actions, asked: Asked<'_>) -> Result<Address, StoreError> {
    let Asked { typed, along, word, what, is_here } = asked;
    let is_of_server = along.may_decide == Some(true) && !is_here;
    let Some(feed) = feed_of(actions, along, is_of_server).await? else {
        return Ok(typed.clone());
    };
    let named = what.map(str::trim).filter(|what| list_number(what).is_none());
    let subject = named.and_then(|what| SubjectRef::from_text(what).ok());
    if let Some(subject) = &subject {
        for place in [typed, &feed] {
            if has(actions, place, subject).await? {
                return Ok(place.clone());
            }
        }
    }
    let is_new = named.is_some() && RINGS.contains(&word);
    let is_here = !is_new && has_something(actions, typed).await?;
    Ok(if is_here { typed.clone() } else { feed })
}

/// Which place a button is about, of a message that stands at `stands`: an answer that was typed outside the feed may be about
/// that.
pub(super) async fn pressed(
    actions: &Actions,
    along: &Along,
    stands: &Address,
    data: &str,
) -> Result<Address, StoreError> {
    let (verb, rest) = data.split_once(':').unwrap_or((data, ""));
    if verb == "list" {
        let asked = Asked { typed: stands, along, word: verb, what: None, is_here: false };
        return about(actions, asked).await;
    }
    let (Some(feed), Ok(id)) = (
        feed_of(actions, along, along.may_decide == Some(true)).await?,
        rest.rsplit(':').next().unwrap_or_default().parse(),
    ) else {
        return Ok(stands.clone());
    };
    let is_of_feed = actions.watch_in_chat(&feed, SubscriptionId(id)).await?.is_some();
    Ok(if is_of_feed { feed } else { stands.clone() })
}

/// The feed of the server that was told along, if that is asked for.
async fn feed_of(
    actions: &Actions,
    along: &Along,
    is_asked_for: bool,
) -> Result<Option<Address>, StoreError> {
    match along.group.as_ref().filter(|_| is_asked_for) {
        Some(server) => actions.feed(server).await,
        None => Ok(None),
    }
}

/// Whether this rings in a place, or is shown there.
async fn has(actions: &Actions, at: &Address, subject: &SubjectRef) -> Result<bool, StoreError> {
    if actions.watch_of(at, subject).await?.is_some() {
        return Ok(true);
    }
    let SubjectRef::Video(video) = subject else { return Ok(false) };
    Ok(actions.cards(at).await?.iter().any(|card| card.video == *video))
}

/// Whether something rings in a place, or is shown there.
async fn has_something(actions: &Actions, at: &Address) -> Result<bool, StoreError> {
    Ok(actions.numbered(at, 1).await?.is_ok() || !actions.cards(at).await?.is_empty())
}

impl Turn<'_> {
    /// Whether a list that stands here may be that of the feed, which whoever asks may not see for all that we know.
    pub(super) async fn may_be_of_the_feed(&self) -> Result<bool, StoreError> {
        let is_hidden = self.along.group.is_some() && self.along.may_decide != Some(true);
        let feed = feed_of(self.actions(), &self.along, is_hidden).await?;
        Ok(feed.is_some_and(|feed| feed != self.destination))
    }

    /// What an answer is about that stands elsewhere: the feed of a server, or another address of whoever writes.
    pub(super) fn about(&self) -> Option<Elsewhere> {
        let typed = self.typed.as_ref()?;
        match &self.along.group {
            Some(server) => {
                place(server, &self.destination, "📣 The feed of this server").map(Elsewhere::Page)
            }
            None if self.private && typed.lane() != self.destination.lane() => {
                Some(Elsewhere::Address(format!("📍 {}", self.destination)))
            }
            None => None,
        }
    }

    /// Where what is watched here rings, in words and with a link; `None` where a chat is all that there is.
    pub(super) fn rings_in(&self) -> Option<Link> {
        let server = self.along.group.as_ref()?;
        let title = if self.typed.is_some() { "the feed of this server" } else { "this channel" };
        place(server, &self.destination, title)
    }
}

/// A link to a place of a server.
pub(super) fn place(server: &Address, place: &Address, title: &str) -> Option<Link> {
    let url = place.page(server)?;
    Some(Link { title: title.to_owned(), url })
}
