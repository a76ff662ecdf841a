//! What several sides of the store need.

use async_trait::async_trait;

use super::super::{Sqlite, operator, rows};
use crate::model::Address;
use crate::store::{DestinationRow, Result, Shared};

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

    async fn destination(&self, address: &Address) -> Result<Option<DestinationRow>> {
        let address = address.clone();
        self.reader.read(move |db| rows::destination(db, &address)).await
    }

    async fn operator(&self) -> Result<Option<Address>> {
        self.reader.read(operator::operator).await
    }
}
