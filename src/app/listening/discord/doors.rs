//! What all connections of one bot share: who begins a session next, and which of them are deaf.
//!
//! Discord allows 1,000 new sessions a day and resets the token of a bot that takes more.
//! Source: <https://docs.discord.com/developers/events/gateway#session-start-limit> (2026-11).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::app::listening::hearing::Hearing;
use crate::notify::SendError;
use crate::notify::discord::{Discord, GatewayFound};

/// Discord takes one new session per this. Source: as above, “rate limiting”.
pub(super) const BETWEEN_SESSIONS: Duration = Duration::from_secs(5);

/// The way in, which one connection at a time has.
#[derive(Default)]
pub(super) struct Door {
    /// When a session was begun last.
    begun: Option<Instant>,
    /// What Discord has said and nobody has gone by yet.
    found: Option<GatewayFound>,
}

impl Door {
    /// Asks how many connections Discord wants.
    pub(super) async fn shards(&mut self, client: &Discord) -> Result<u32, SendError> {
        let found = client.gateway().await?;
        let shards = found.shards;
        self.found = Some(found);
        Ok(shards)
    }

    /// Asks how a session may begin; what was just said is good for one.
    pub(super) async fn ask(&mut self, client: &Discord) -> Result<GatewayFound, SendError> {
        match self.found.take() {
            Some(found) => Ok(found),
            None => client.gateway().await,
        }
    }

    /// Waits until the next session may begin.
    pub(super) async fn wait(&self) {
        if let Some(begun) = self.begun {
            tokio::time::sleep_until(begun + BETWEEN_SESSIONS).await;
        }
    }

    /// A session was begun.
    pub(super) fn stamp(&mut self) {
        self.begun = Some(Instant::now());
    }
}

/// Which connections hear nothing: commands are heard when none of them is deaf.
pub(super) struct Deaf {
    hearing: Arc<Hearing>,
    shards: Mutex<BTreeSet<u32>>,
}

impl Deaf {
    pub(super) fn new(hearing: Arc<Hearing>) -> Deaf {
        Deaf { hearing, shards: Mutex::default() }
    }

    /// One hears.
    pub(super) fn hears(&self, shard: u32) {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        shards.remove(&shard);
        if shards.is_empty() {
            self.hearing.works();
        }
    }

    /// One does not, and tries again.
    pub(super) fn fails(&self, shard: u32, why: &str) {
        self.add(shard);
        self.hearing.fails(why);
    }

    /// One does not, and tries again only after a long while.
    pub(super) fn waits(&self, shard: u32, why: &str) {
        self.add(shard);
        self.hearing.waits(why);
    }

    /// One does not, and never will.
    pub(super) fn gives_up(&self, shard: u32, why: &str) {
        self.add(shard);
        tracing::error!("{why}; until that is changed, no command of its servers is heard");
        self.hearing.gives_up(why);
    }

    /// All begin anew.
    pub(super) fn forget(&self) {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn add(&self, shard: u32) {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).insert(shard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sessions_begin_five_seconds_apart() {
        let mut door = Door::default();
        let before = Instant::now();
        door.wait().await;
        assert_eq!(Instant::now(), before);
        door.stamp();
        tokio::time::advance(Duration::from_secs(2)).await;
        door.wait().await;
        assert_eq!(Instant::now(), before + BETWEEN_SESSIONS);
    }

    #[test]
    fn one_that_hears_does_not_hide_another_that_is_deaf() {
        let hearing = Arc::new(Hearing::default());
        let deaf = Deaf::new(Arc::clone(&hearing));
        for _ in 0..3 {
            deaf.fails(1, "no answer");
        }
        deaf.hears(0);
        assert!(hearing.trouble().is_some());
        deaf.hears(1);
        assert_eq!(hearing.trouble(), None);
    }
}
