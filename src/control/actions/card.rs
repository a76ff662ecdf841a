//! Cards: messages that show the numbers of a video and are edited as they move.

use super::look::can_be_seen;
use super::{Actions, Asking, Commit, NotThere, Outcome};
use crate::control::seams::LookupError;
use crate::model::{Address, SubjectRef, VideoId};
use crate::store::{CardEdit, CardRow, Edit, Edited, StoreError};

/// How many cards a chat may have, with all its topics: each may be edited every half a minute, and a group takes twenty
/// messages a minute, alerts among them.
pub(in crate::control) const CARDS_PER_CHAT: usize = 5;

/// A card that stands, or is about to.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct Carded {
    /// The video's title, where known.
    pub(in crate::control) title: Option<String>,
    /// There was one before; its message is edited no more.
    pub(in crate::control) is_again: bool,
}

/// A refusal of a card.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) enum NoCard {
    /// Messages can't be edited there.
    CantEdit,
    /// The chat has as many cards as it may.
    TooMany { max: usize },
    /// The owner has as many videos as they may.
    TooManyVideos { max: usize },
    /// YouTube shows no such video.
    NotThere(NotThere),
    /// Nobody watches it there, and YouTube could not be asked.
    Unasked(LookupError),
    /// The store did something else.
    Failed,
}

/// A refusal to end a card: there is none, of that video or at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct NoSuchCard;

impl Actions {
    /// Makes a card of a video, or makes it anew.
    pub(in crate::control) async fn card<C: Commit>(
        &self,
        commit: &mut C,
        by: &Asking,
        video: VideoId,
    ) -> Outcome<Carded, NoCard, C::Stop> {
        if !by.destination.channel().traits().can_edit {
            return Ok(Err(NoCard::CantEdit));
        }
        let cards = self.cards(&by.destination).await?;
        if cards.len() >= CARDS_PER_CHAT && cards.iter().all(|card| card.video != video) {
            return Ok(Err(NoCard::TooMany { max: CARDS_PER_CHAT }));
        }
        let subject = SubjectRef::Video(video);
        let watch = self.watch_of(&by.destination, &subject).await?;
        let looked = match self.lookup.video(&video, &self.asker(by)).await {
            Ok(Some(looked)) if can_be_seen(&looked.snapshot) => Some(looked),
            Ok(_) => return Ok(Err(NoCard::NotThere(NotThere(subject)))),
            // Its numbers come with the next look of the poller.
            Err(_) if watch.is_some() => None,
            Err(error) => return Ok(Err(NoCard::Unasked(error))),
        };
        let title = looked.as_ref().and_then(|looked| looked.snapshot.title.clone());
        let edit = CardEdit {
            destination: by.destination.clone(),
            owner: by.owner.clone(),
            video,
            beginning: looked.map(|looked| looked.beginning),
            per_chat: CARDS_PER_CHAT,
            videos_limit: self.videos_max(&by.owner),
        };
        let done = commit.commit(vec![Edit::Card(Box::new(edit))]).await?;
        Ok(match done.first() {
            Some(Edited::Carded { is_again }) => {
                let title = title.or(watch.and_then(|watch| watch.title));
                Ok(Carded { title, is_again: *is_again })
            }
            Some(Edited::CardsReached { limit }) => Err(NoCard::TooMany { max: *limit }),
            Some(Edited::VideosReached { limit, .. }) => Err(NoCard::TooManyVideos { max: *limit }),
            other => {
                tracing::error!(?other, "the store answered a card with something else");
                Err(NoCard::Failed)
            }
        })
    }

    /// The cards of a destination, oldest first.
    pub(in crate::control) async fn cards(&self, of: &Address) -> Result<Vec<CardRow>, StoreError> {
        self.store.cards(of).await
    }
}

/// Ends the card of a video, or all cards of a destination.
pub(in crate::control) async fn end_cards<C: Commit>(
    commit: &mut C,
    of: &Address,
    video: Option<VideoId>,
) -> Outcome<(), NoSuchCard, C::Stop> {
    let edit = Edit::EndCards { destination: of.clone(), video };
    let done = commit.commit(vec![edit]).await?;
    Ok(if done.first() == Some(&Edited::NotFound) { Err(NoSuchCard) } else { Ok(()) })
}
