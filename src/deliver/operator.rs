//! What the operator and the owners of destinations hear of: each thing once, until it is over.

use std::sync::Arc;

use super::bells::Bells;
use crate::model::{Address, UnixMillis};
use crate::render::views::Notice;
use crate::render::{Prose, Renderer};
use crate::store::{Result, Store};

/// Queues notices like any other message: they survive a stop and keep to the limits of their channel.
#[derive(Clone)]
pub struct Operator {
    /// Where the operator listens.
    pub to: Vec<Address>,
    /// Keeps the notices until they are sent.
    pub store: Arc<dyn Store>,
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// Rung when a notice was queued.
    pub bells: Bells,
}

impl Operator {
    /// Tells the operator once, until [`Operator::over`] says that it has passed.
    pub async fn tell(&self, key: &str, notice: &Notice, now: UnixMillis) {
        if let Err(error) = self.queue(Some(key), &self.to, notice, now).await {
            tracing::error!(%error, key, "a notice to the operator could not be queued");
        }
    }

    /// Says that what was told under `key` has passed.
    pub async fn over(&self, key: &str) {
        if let Err(error) = self.store.clear_notice(key).await {
            tracing::error!(%error, key, "a notice could not be cleared");
        }
    }

    /// Tells the owner of a destination that is gone, on another channel of theirs; the operator where there is none.
    pub async fn destination_gone(&self, gone: &Address, reason: &str, now: UnixMillis) {
        let notice =
            Notice::DestinationDisabled { destination: gone.masked(), cause: Prose::new(reason) };
        let outcome = async {
            let mut to = self.store.owners_other_destinations(gone).await?;
            if to.is_empty() {
                to = self
                    .to
                    .iter()
                    .filter(|address| address.lane() != gone.lane())
                    .cloned()
                    .collect();
            }
            self.queue(None, &to, &notice, now).await
        };
        if let Err(error) = outcome.await {
            tracing::error!(%error, "a notice about a gone destination could not be queued");
        }
    }

    async fn queue(
        &self,
        key: Option<&str>,
        to: &[Address],
        notice: &Notice,
        now: UnixMillis,
    ) -> Result<()> {
        let mut bodies = Vec::new();
        for address in to {
            match self.renderer.notice(address.channel(), notice, now) {
                Ok(body) => bodies.push((address.clone(), body)),
                Err(error) => tracing::error!(%error, "a notice could not be rendered"),
            }
        }
        self.store.notice(key.map(str::to_owned), bodies, now).await?;
        self.bells.ring();
        Ok(())
    }
}
