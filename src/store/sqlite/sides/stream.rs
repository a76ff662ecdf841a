//! The stream and routing, by the threads of the database.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::{Sqlite, log, route};
use crate::model::{Snapshot, UnixMillis};
use crate::store::{Result, ResumeFn, RouteFn, Stream};

#[async_trait]
impl Stream for Sqlite {
    async fn append(&self, snapshots: Vec<Snapshot>) -> Result<()> {
        self.writer.write(move |tx| log::append(tx, &snapshots)).await
    }

    async fn read_log(&self, from: i64, limit: usize) -> Result<Vec<(i64, Snapshot)>> {
        let told_to = Arc::clone(&self.unreadable_to);
        self.reader.read(move |db| log::read_log(db, from, limit, &told_to)).await
    }

    async fn position(&self, stream: &str, partition: i32) -> Result<i64> {
        let stream = stream.to_owned();
        self.reader.read(move |db| route::position(db, &stream, partition)).await
    }

    async fn route(
        &self,
        stream: &str,
        partition: i32,
        read: i64,
        now: UnixMillis,
        work: RouteFn,
    ) -> Result<i64> {
        let stream = stream.to_owned();
        self.writer.write(move |tx| route::route(tx, &stream, partition, read, now, work)).await
    }

    async fn fan_out(&self, now: UnixMillis, work: ResumeFn) -> Result<bool> {
        self.writer.write(move |tx| route::fan_out(tx, now, work)).await
    }
}
