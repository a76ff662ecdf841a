//! Polling, by the threads of the database.

use async_trait::async_trait;

use super::super::{Sqlite, listing, poll};
use crate::model::{UnixMillis, VideoId};
use crate::store::{
    DueSubject, DueVideo, ListCounts, ListLimits, Listed, Listing, NextPolls, Polled, Polling,
    Result,
};

#[async_trait]
impl Polling for Sqlite {
    async fn due_videos(&self, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>> {
        self.reader.read(move |db| poll::due_videos(db, now, limit)).await
    }

    async fn soon_videos(
        &self,
        now: UnixMillis,
        until: UnixMillis,
        limit: usize,
    ) -> Result<Vec<DueVideo>> {
        self.reader.read(move |db| poll::soon_videos(db, now, until, limit)).await
    }

    async fn next_polls(&self) -> Result<NextPolls> {
        self.reader.read(poll::next_polls).await
    }

    async fn watched_videos(&self) -> Result<u64> {
        self.reader.read(poll::watched_videos).await
    }

    async fn save_polled(&self, polled: Vec<Polled>) -> Result<()> {
        self.writer.write(move |tx| poll::save_polled(tx, &polled)).await
    }

    async fn video(&self, id: VideoId) -> Result<Option<DueVideo>> {
        self.reader.read(move |db| poll::video(db, &id)).await
    }

    async fn due_subjects(
        &self,
        now: UnixMillis,
        limit: usize,
        limits: ListLimits,
    ) -> Result<Vec<DueSubject>> {
        self.reader.read(move |db| listing::due_subjects(db, now, limit, limits)).await
    }

    async fn unknown_members(&self, subject: i64, ids: Vec<VideoId>) -> Result<Vec<VideoId>> {
        self.reader.read(move |db| listing::unknown_members(db, subject, &ids)).await
    }

    async fn save_listing(&self, listing: Listing, now: UnixMillis) -> Result<Listed> {
        self.writer.write(move |tx| listing::save_listing(tx, &listing, now)).await
    }

    async fn postpone_listing(
        &self,
        subject: i64,
        memory: Option<String>,
        until: UnixMillis,
    ) -> Result<()> {
        self.writer
            .write(move |tx| listing::postpone_listing(tx, subject, memory.as_deref(), until))
            .await
    }

    async fn list_counts(&self, members_max: usize) -> Result<ListCounts> {
        self.reader.read(move |db| listing::list_counts(db, members_max)).await
    }
}
