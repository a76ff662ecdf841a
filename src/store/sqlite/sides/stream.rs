//! The stream and routing, by the threads of the database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::super::{Sqlite, log, mirror, route};
use crate::model::{Mirrored, Snapshot, UnixMillis};
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

    async fn forget_positions(&self, prefix: &str, kept: &str) -> Result<()> {
        let (prefix, kept) = (prefix.to_owned(), kept.to_owned());
        self.writer.write(move |tx| route::forget_positions(tx, &prefix, &kept)).await
    }

    async fn mirrored(&self, limit: usize) -> Result<Vec<(i64, Mirrored)>> {
        self.reader.read(move |db| mirror::mirrored(db, limit)).await
    }

    async fn acknowledged(&self, to: i64) -> Result<()> {
        self.writer.write(move |tx| mirror::acknowledged(tx, to)).await
    }

    async fn compare_watched(&self, keep: Duration, now: UnixMillis) -> Result<usize> {
        self.writer.write(move |tx| mirror::compare_watched(tx, keep, now)).await
    }
}
