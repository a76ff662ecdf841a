//! Who watches what, where it rings, who is in, and what became of it: what commands and tools change and ask.

mod account;
mod card;
mod destinations;
mod edit;
mod mark;
mod people;
mod story;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;

pub use account::{ADDRESSES_MAX, AskLimits, AskedEnough, LinkCode, ReaderEdit};
pub(crate) use account::{StoredAddress, StoredAlert};
pub(crate) use card::CardRow;
pub use destinations::DestinationState;
pub(crate) use destinations::{Collecting, DigestState};
pub use edit::{Beginning, CardEdit, Edit, Edited, NewRule, VideosLimit, WatchEdit};
pub use mark::UpdateMark;
pub(crate) use people::PersonRow;
pub use people::PersonState;
pub use story::Waits;
pub(crate) use story::{History, RuleStory};
pub(crate) use watch::{Standing, WatchAt};
pub use watch::{WatchFilter, WatchRow};

use super::destination::DestinationRow;
use super::error::Result;
use super::shared::Shared;
use crate::model::{
    Address, Counts, DestinationId, Owner, PersonKey, SubjectRef, SubscriptionId, UnixMillis,
    VideoId,
};

/// What commands and tools work with.
#[async_trait]
pub trait Registry: Shared {
    /// Applies edits in one transaction, together with the mark of the update that asked for them. Updates may come in
    /// any order.
    ///
    /// `None` when the mark was stored before: the edits have had their effect.
    async fn edit(
        &self,
        mark: Option<UpdateMark>,
        edits: Vec<Edit>,
        now: UnixMillis,
    ) -> Result<Option<Vec<Edited>>>;

    /// Applies `edits` from the one at `from` on, as many as a transaction holds that keeps nobody waiting, and leaves others room
    /// before it returns: for long work beside a running gateway. At least one is applied, if there is one.
    async fn edit_some(
        &self,
        edits: Arc<[Edit]>,
        from: usize,
        now: UnixMillis,
    ) -> Result<Vec<Edited>>;

    /// The update up to which all have had their effect; forgotten after two days without any, see [`UpdateMark`].
    async fn update_mark(&self, source: &str) -> Result<Option<i64>>;

    /// Whether this update has had its effect, be it before one with a lower id.
    async fn is_handled(&self, mark: &UpdateMark) -> Result<bool>;

    /// All updates of its sequence up to this one have had their effect. A mark never moves back within a sequence; one
    /// that is far from it ([`UpdateMark::is_near`]) begins another, and what was told last before stays known.
    async fn move_mark(&self, to: UpdateMark, now: UnixMillis) -> Result<()>;

    /// The watches of a destination, or all.
    async fn watches(&self, filter: WatchFilter, after: i64, limit: usize)
    -> Result<Vec<WatchRow>>;

    /// What is at each pair of destination and subject; destinations are followed to where they have moved.
    async fn watches_at(&self, pairs: Vec<(Address, SubjectRef)>) -> Result<Vec<WatchAt>>;

    /// The rows of running watches that came with this origin, from `after` on.
    async fn watches_from(
        &self,
        origin: &str,
        after: SubscriptionId,
        limit: usize,
    ) -> Result<Vec<SubscriptionId>>;

    /// Destinations by their rows, from `after` on; `shut_only`: those at which nothing arrives. What waits is counted
    /// watch by watch.
    async fn destinations(
        &self,
        shut_only: bool,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationState>>;

    /// The digests of a destination and its messages that count; `None`: it is not known.
    async fn collecting(&self, address: &Address, now: UnixMillis) -> Result<Option<Collecting>>;
    /// The cards of a destination that nobody has ended, oldest first.
    async fn cards(&self, of: &Address) -> Result<Vec<CardRow>>;

    /// The place where all that a server watches rings; `None`: it has none, or that is off and is not asked for.
    async fn feed(&self, server: &Address, even_off: bool) -> Result<Option<Address>>;

    /// Whether a place of a server is off for this reason.
    async fn is_off_for(&self, server: &Address, reason: &str) -> Result<bool>;

    /// How many running watches an owner has.
    async fn watches_of_owner(&self, owner: &Owner) -> Result<usize>;

    /// The owner that a person is. `None`: there is no such person.
    async fn owner(&self, person: PersonKey) -> Result<Option<Owner>>;

    /// The owner that is known by this address, or that would be.
    async fn owner_at(&self, address: &Address) -> Result<Owner>;

    /// How somebody, or a group, is in; `None`: by no invitation and by nobody.
    async fn person(&self, address: &Address) -> Result<Option<PersonRow>>;

    /// Whether this address is in.
    async fn is_admitted(&self, address: &Address) -> Result<bool> {
        Ok(self.person(address).await?.is_some())
    }

    /// What stands in somebody's name, whether they are in or not.
    async fn person_state(&self, address: &Address, now: UnixMillis) -> Result<PersonState>;

    /// Everybody who is in, and every group, behind `after` in the order of their addresses as texts.
    async fn people(
        &self,
        after: Option<Address>,
        limit: usize,
        now: UnixMillis,
    ) -> Result<Vec<PersonState>>;

    /// The chats and topics that stand in somebody's name, by their rows from `after` on: their own, and those of groups
    /// that they brought in.
    async fn chats_of_person(
        &self,
        address: &Address,
        after: DestinationId,
        limit: usize,
    ) -> Result<Vec<DestinationRow>>;

    /// By what whoever has this address is known, in the order of the addresses as texts; this one alone, where nobody has it.
    async fn addresses(&self, of: &Address) -> Result<Vec<Address>>;

    /// A code that can be used now.
    async fn link_code(&self, code: &str, now: UnixMillis) -> Result<Option<LinkCode>>;

    /// What is set at each address of whoever has this one.
    async fn stored_addresses(&self, of: &Address) -> Result<Vec<StoredAddress>>;

    /// What rang, or was to ring, at the addresses of whoever has this one: the newest `limit`, newest first.
    async fn stored_alerts(&self, of: &Address, limit: usize) -> Result<Vec<StoredAlert>>;

    /// Why there was, or was not, a message about a video: for one destination, or all.
    async fn why(&self, video: VideoId, destination: Option<Address>) -> Result<Vec<RuleStory>>;

    /// Recorded counts of a video since a moment, oldest first, and its last state.
    async fn history(
        &self,
        video: VideoId,
        since: UnixMillis,
        limit: usize,
    ) -> Result<Option<History>>;

    /// How the counts of a video went from `since` to `until`, oldest first, in at most `steps` and one points: the time of
    /// which something is known is so many steps long, and of several points in one the last is told. The first is what held at
    /// `since`, where that is known; it may be older. Nothing of a time before the video was watched is told.
    async fn course(
        &self,
        video: VideoId,
        since: UnixMillis,
        until: UnixMillis,
        steps: u32,
    ) -> Result<Vec<(UnixMillis, Counts)>>;
}
