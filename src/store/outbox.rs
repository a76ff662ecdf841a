//! What waits to be told, and how it leaves.

mod attempt;
mod card;
mod dead_letters;
mod unit;

use std::sync::Arc;

use async_trait::async_trait;

pub use attempt::{Claim, Claimed, Finished, FinishedAs, Room};
pub(crate) use attempt::{StandsAt, Stretch};
pub use card::{Card, CardLook, CardResult};
pub(crate) use card::{CardBase, DueCards, Ring};
pub use dead_letters::DeadLetters;
pub(crate) use dead_letters::{DeadLetter, Replayed};
pub use unit::{Collected, Composed, ComposedMessage, Course, Unit, VideoAlerts};

use super::error::Result;
use super::shared::Shared;
use crate::model::{Address, Body, Channel, NotificationId, Settings, UnixMillis, VideoId};

/// Decides inside the claiming transaction what becomes of what waits.
pub trait Compose: Send + Sync {
    /// Sends, holds, collects or cancels the waiting alerts of one watch.
    fn compose(&self, unit: &Unit, now: UnixMillis) -> Composed;

    /// Sends, holds or cancels what a digest has collected. `course` reads how the counts of a video went since the digest
    /// before.
    fn digest(
        &self,
        collected: &Collected,
        course: &dyn Fn(&VideoId) -> Course,
        now: UnixMillis,
    ) -> Composed;

    /// Whether these are quiet hours, by what a watch and its destination have set: a message that is tried again leaves
    /// without a sound then.
    fn is_quiet(&self, watch: &Settings, destination: &Settings, now: UnixMillis) -> bool;
}

/// Decides inside the claiming transaction how many requests of a lane may be under way, beyond what the lane itself allows.
///
/// A transaction may fail after places were taken: whoever asked for it gives them back then.
pub trait Places: Send + Sync {
    /// How many more of this lane may leave now.
    fn free(&self, lane_key: &str) -> usize;

    /// So many of this lane may leave.
    fn take(&self, lane_key: &str, count: usize);

    /// So many of them do not.
    fn give_back(&self, lane_key: &str, count: usize);
}

/// What deliveries take and give back.
#[async_trait]
pub trait Outbox: Shared {
    /// Records how attempts ended, then takes notifications of due lanes of `channel`, as many as there is room for.
    async fn finish_and_claim(
        &self,
        finished: Vec<Finished>,
        channel: Channel,
        room: Room,
        now: UnixMillis,
        compose: Arc<dyn Compose>,
    ) -> Result<Claimed>;

    /// Cards of a channel that are due, at most `limit`, each compared with its counts of `base_at` where they are known.
    async fn due_cards(
        &self,
        channel: Channel,
        now: UnixMillis,
        base_at: UnixMillis,
        limit: usize,
    ) -> Result<DueCards>;

    /// Records what became of cards.
    async fn record_cards(&self, looks: Vec<CardLook>, now: UnixMillis) -> Result<()>;

    /// Queues a message that no rule made: a notice to the operator or to an owner.
    ///
    /// With a `key` it is queued once, until [`Outbox::clear_notice`].
    async fn notice(
        &self,
        key: Option<String>,
        to: Vec<(Address, Body)>,
        now: UnixMillis,
    ) -> Result<bool>;

    /// Lets a notice ring again the next time.
    async fn clear_notice(&self, key: &str) -> Result<()>;

    /// Other destinations of whoever owns this one, reachable and not in the same chat.
    async fn owners_other_destinations(&self, address: &Address) -> Result<Vec<Address>>;

    /// How many destinations are off.
    async fn destinations_off(&self) -> Result<u64>;

    /// How many notifications could not be delivered; ten thousand stand for all that are more.
    async fn count_dead_letters(&self) -> Result<u64>;

    /// Notifications that could not be delivered, newest first.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>>;

    /// Queues dead letters again, those of `which` behind `after`, oldest first: as many as a transaction holds that keeps
    /// nobody waiting, and leaves others room before it returns. `after` starts at 0 and goes on at [`Replayed::last`].
    async fn replay_dead_letters(
        &self,
        which: DeadLetters,
        after: NotificationId,
        now: UnixMillis,
    ) -> Result<Replayed>;
}
