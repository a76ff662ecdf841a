//! What several sides of the store need.

use std::time::Duration;

use async_trait::async_trait;

use super::super::{Sqlite, lock, operator, rows};
use crate::model::{Address, UnixMillis};
use crate::store::{DestinationRow, LockTaken, Result, Shared};

#[async_trait]
impl Shared for Sqlite {
    async fn load(&self, key: &str) -> Result<Option<String>> {
        let key = key.to_owned();
        self.reader.read(move |db| rows::load(db, &key)).await
    }

    async fn save(&self, key: &str, value: String) -> Result<()> {
        let key = key.to_owned();
        self.writer.write(move |tx| rows::save(tx, &key, &value)).await
    }

    async fn take_lock(
        &self,
        name: &str,
        holder: &str,
        lease: Duration,
        now: UnixMillis,
    ) -> Result<LockTaken> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.writer.write(move |tx| lock::take(tx, &name, &holder, lease, now)).await
    }

    async fn release_lock(&self, name: &str, holder: &str) -> Result<()> {
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.writer.write(move |tx| lock::release(tx, &name, &holder)).await
    }

    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>> {
        let address = address.clone();
        self.reader.read(move |db| rows::destination(db, &address)).await
    }

    async fn operator(&self) -> Result<Option<Address>> {
        self.reader.read(operator::operator).await
    }
}
