//! What the operator and the owners of destinations hear of: each thing once, until it is over.

use std::sync::Arc;

use super::wakers::Wakers;
use crate::model::{Address, UnixMillis};
use crate::render::views::Notice;
use crate::render::{Prose, Renderer};
use crate::store::{Outbox, Result, StoreError};

/// Queues notices like any other message: they survive a stop and keep to the limits of their channel.
#[derive(Clone)]
pub struct Operator {
    /// Where the operator listens. Empty: at whoever opened the operator's own invitation.
    pub to: Vec<Address>,
    /// Keeps the notices until they are sent.
    pub store: Arc<dyn Outbox>,
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// Rung when a notice was queued.
    pub wakers: Wakers,
}

impl Operator {
    /// Tells the operator once, until [`Operator::over`] says that it has passed.
    pub async fn tell(&self, key: &str, notice: &Notice, now: UnixMillis) {
        let told = async { self.queue(Some(key), &self.listening().await?, notice, now).await };
        if let Err(error) = told.await {
            tracing::error!(%error, key, "a notice to the operator could not be queued");
        }
    }

    /// Says that what was told under `key` has passed.
    pub async fn over(&self, key: &str) {
        if let Err(error) = self.store.clear_notice(key).await {
            tracing::error!(%error, key, "a notice could not be cleared");
        }
    }

    /// Tells the owner of a destination that is gone, at one other of theirs: where they write, else where they read. False: there
    /// is none, so that the operator is to be told.
    pub(super) async fn tell_owner(&self, gone: &Address, reason: &str, now: UnixMillis) -> bool {
        let notice = yours_off(gone, reason);
        let outcome = async {
            let mut others = self.store.owners_other_destinations(gone).await?;
            others.sort_by_key(|other| {
                let traits = other.channel().traits();
                (!traits.is_chat, traits.is_told_each_video)
            });
            others.truncate(1);
            self.queue(None, &others, &notice, now).await?;
            Ok::<bool, StoreError>(!others.is_empty())
        };
        outcome.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a notice about a gone destination could not be queued");
            false
        })
    }

    /// The notice that a destination is off, with the way back.
    pub(super) async fn off(&self, gone: &Address, reason: &str) -> Notice {
        let row = self.store.destination(gone).await;
        let row = row.unwrap_or_else(|error| {
            tracing::error!(%error, "the number of a destination could not be read");
            None
        });
        Notice::DestinationOff {
            destination: gone.masked(),
            cause: Prose::new(reason),
            number: row.map(|row| row.id.to_string()),
            is_chat: gone.channel().traits().is_chat,
        }
    }

    /// Tells the operator of one thing that has happened, on any channel but the lane that it is about.
    pub(super) async fn report(&self, about: Option<&Address>, notice: &Notice, now: UnixMillis) {
        let is_elsewhere = |to: &&Address| about.is_none_or(|about| about.lane() != to.lane());
        let told = async {
            let to = self.listening().await?;
            let to: Vec<Address> = to.iter().filter(is_elsewhere).cloned().collect();
            self.queue(None, &to, notice, now).await
        };
        if let Err(error) = told.await {
            tracing::error!(%error, "a notice to the operator could not be queued");
        }
    }

    /// Where the operator listens now.
    async fn listening(&self) -> Result<Vec<Address>> {
        if !self.to.is_empty() {
            return Ok(self.to.clone());
        }
        Ok(self.store.operator().await?.into_iter().collect())
    }

    async fn queue(
        &self,
        key: Option<&str>,
        to: &[Address],
        notice: &Notice,
        now: UnixMillis,
    ) -> Result<()> {
        if to.is_empty() {
            return Ok(());
        }
        let mut bodies = Vec::new();
        for address in to {
            match self.renderer.notice(address.channel(), notice, now) {
                Ok(body) => bodies.push((address.clone(), body)),
                Err(error) => tracing::error!(%error, "a notice could not be rendered"),
            }
        }
        self.store.notice(key.map(str::to_owned), bodies, now).await?;
        self.wakers.wake();
        Ok(())
    }
}

/// The notice to an owner that an address of theirs is off, with the way back. An endpoint may hold a secret, which is not told to
/// all who read where they write.
fn yours_off(gone: &Address, reason: &str) -> Notice {
    let traits = gone.channel().traits();
    let is_whole = traits.is_chat || traits.mailbox.is_some();
    Notice::YoursOff {
        destination: if is_whole { gone.to_string() } else { gone.masked() },
        cause: Prose::new(reason),
        is_chat: traits.is_chat,
        again: traits.mailbox.map(|_| format!("/link {gone}")),
    }
}
