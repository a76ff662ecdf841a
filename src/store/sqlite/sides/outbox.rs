//! Deliveries, by the threads of the database.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::{Sqlite, card_look, claim, dead_letters, destinations, figures, notices};
use crate::model::{Address, Body, Channel, NotificationId, UnixMillis};
use crate::store::{
    CardLook, Claimed, Compose, DeadLetter, DeadLetters, DueCards, Finished, Outbox, Replayed,
    Result, Room,
};

#[async_trait]
impl Outbox for Sqlite {
    async fn finish_and_claim(
        &self,
        finished: Vec<Finished>,
        channel: Channel,
        room: Room,
        now: UnixMillis,
        compose: Arc<dyn Compose>,
    ) -> Result<Claimed> {
        self.writer
            .write(move |tx| claim::finish_and_claim(tx, &finished, channel, &room, now, &*compose))
            .await
    }

    async fn due_cards(
        &self,
        channel: Channel,
        now: UnixMillis,
        base_at: UnixMillis,
        limit: usize,
    ) -> Result<DueCards> {
        self.reader.read(move |db| card_look::due(db, channel, now, base_at, limit)).await
    }

    async fn record_cards(&self, looks: Vec<CardLook>, now: UnixMillis) -> Result<()> {
        self.writer.write(move |tx| card_look::record(tx, &looks, now)).await
    }

    async fn notice(
        &self,
        key: Option<String>,
        to: Vec<(Address, Body)>,
        now: UnixMillis,
    ) -> Result<bool> {
        self.writer.write(move |tx| notices::notice(tx, key.as_deref(), &to, now)).await
    }

    async fn clear_notice(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |tx| notices::clear_notice(tx, &key)).await
    }

    async fn owners_other_destinations(&self, address: &Address) -> Result<Vec<Address>> {
        let address = address.clone();
        self.reader.read(move |db| notices::owners_other_destinations(db, &address)).await
    }

    async fn destinations_off(&self) -> Result<u64> {
        self.counter.read(destinations::off).await
    }

    async fn count_dead_letters(&self) -> Result<u64> {
        self.reader.read(figures::dead_letters).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>> {
        self.reader.read(move |db| dead_letters::dead_letters(db, limit)).await
    }

    async fn replay_dead_letters(
        &self,
        which: DeadLetters,
        after: NotificationId,
        now: UnixMillis,
    ) -> Result<Replayed> {
        self.leaving_room(move |tx| dead_letters::replay_some(tx, &which, after, now)).await
    }
}
