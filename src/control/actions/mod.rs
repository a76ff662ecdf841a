//! What can be asked for, whoever asks: typed requests, and typed results or refusals.
//!
//! An action knows a destination and an owner, keeps to their limits, and knows no texts, no chats and no rights. What it
//! changes is applied by whoever calls it ([`Commit`]), in one transaction with what has to stand or fall with it.

mod account;
mod card;
mod digest;
mod feed;
mod find;
mod invite;
mod list;
mod look;
mod me;
mod mute;
mod settings;
mod stats;
mod test;
#[cfg(test)]
mod tests;
mod unwatch;
mod watch;
mod why;

use std::sync::Arc;

use async_trait::async_trait;

pub(super) use account::{
    AskCode, NotAsked, NotLinked, OnItsOwn, OnlyAddress, TypedCode, ask_reader, link, link_code,
    unlink,
};
pub(super) use card::{CARDS_PER_CHAT, NoCard, NoSuchCard, end_cards};
pub(super) use digest::{Budget, Digests, NothingCollected, digest_now};
pub(super) use feed::{NoFeed, set_feed};
pub(super) use find::Target;
pub use invite::{INVITATION_LIFE, invitation};
pub(super) use invite::{Invitation, TooManyInvitations, invite, is_code};
pub(super) use list::{ListPage, ListedWatch};
pub(super) use look::{NotThere, Seen};
pub(super) use me::{NothingStored, Stored, StoredPlace, erase};
pub(super) use mute::{BadSilence, Mute, Silence, mute};
pub(super) use settings::{NotLess, Set, Wish, set};
pub(super) use stats::{Course, Gain, NoStats, Stats, StatsNumbers};
pub(super) use test::Tested;
pub(super) use unwatch::{Unwatch, unwatch, unwatch_all};
pub(super) use watch::{NoWatch, RuleInForce, WatchRequest, Watched};
pub(super) use why::{RuleNow, Told};

use super::seams::{Asker, Lookup};
use crate::model::{Address, Effective, Owner};
use crate::store::{Edit, Edited, Registry, StoreError};

/// What actions go by.
#[derive(Debug, Clone)]
pub struct ActionOptions {
    /// The rules of a watch of a video that names none: a preset or rules.
    pub preset: String,
    /// The same for a watch of a channel or playlist.
    pub list_preset: String,
    /// What holds where neither watch nor chat says otherwise.
    pub defaults: Effective,
    /// How many watches one owner may have; the operator has any number.
    pub watches_per_owner: usize,
    /// How many videos the watches of one owner may have together; the operator has any number.
    pub videos_per_owner: usize,
    /// How many looks at YouTube one chat may have on a day; `None`: any number, and so the operator.
    pub looks_per_chat: Option<u32>,
    /// How many videos of a channel or playlist are watched.
    pub members_per_subject: usize,
}

/// For whom something is asked.
#[derive(Debug, Clone)]
pub(super) struct Asking {
    /// Where it rings.
    pub(super) destination: Address,
    /// Whose limits count there.
    pub(super) owner: Owner,
}

/// Applies what an action changes.
#[async_trait]
pub(super) trait Commit: Send {
    /// Why nothing was applied.
    type Stop: From<StoreError> + Send;

    /// Applies edits in one transaction, with what has to stand or fall with them; returns what each of these did.
    async fn commit(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Self::Stop>;
}

/// What came of an action: its result or its refusal, unless it could not be asked or applied.
pub(super) type Outcome<T, R, S> = Result<Result<T, R>, S>;

/// A refusal: the watch has ended meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotWatched;

/// All that actions need.
pub(super) struct Actions {
    pub(super) options: ActionOptions,
    store: Arc<dyn Registry>,
    lookup: Arc<dyn Lookup>,
}

impl Actions {
    pub(super) fn new(
        store: Arc<dyn Registry>,
        lookup: Arc<dyn Lookup>,
        options: ActionOptions,
    ) -> Actions {
        Actions { options, store, lookup }
    }

    /// How many watches an owner may have; `None`: any number.
    pub(super) fn watches_max(&self, owner: &Owner) -> Option<usize> {
        (!owner.is_operator()).then_some(self.options.watches_per_owner)
    }

    /// How many videos the watches of an owner may have together; `None`: any number.
    pub(super) fn videos_max(&self, owner: &Owner) -> Option<usize> {
        (!owner.is_operator()).then_some(self.options.videos_per_owner)
    }

    /// In whose name YouTube is asked.
    fn asker(&self, by: &Asking) -> Asker {
        Asker {
            chat: by.destination.lane(),
            owner: by.owner.clone(),
            looks_max: self.options.looks_per_chat.filter(|_| !by.owner.is_operator()),
        }
    }
}
