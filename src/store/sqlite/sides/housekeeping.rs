//! Housekeeping, by the threads of the database.

use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::super::thread::DbThread;
use super::super::{Sqlite, clock, figures, migrate, open, sweep};
use crate::model::UnixMillis;
use crate::store::{Figures, Housekeeping, Migration, Pulse, Result, Retention};

#[async_trait]
impl Housekeeping for Sqlite {
    async fn migrate(&self, now: UnixMillis) -> Result<Migration> {
        self.writer.write(move |tx| migrate::migrate(tx, now)).await
    }

    async fn set_back(&self, by: Duration, now: UnixMillis) -> Result<()> {
        self.writer.write(move |tx| clock::set_back(tx, by, now)).await
    }

    async fn sweep(&self, keep: Retention, now: UnixMillis) -> Result<bool> {
        self.writer.write(move |tx| sweep::sweep(tx, keep, now)).await
    }

    async fn backup(&self, to: &Path) -> Result<()> {
        let to = to.to_owned();
        let from = self.path.clone();
        self.reader.read(move |db| open::backup(db, &from, &to)).await
    }

    async fn pulse(&self, now: UnixMillis) -> Result<Pulse> {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        let pulse = self
            .reader
            .read(move |db| {
                let wal_bytes = Path::new(&wal).metadata().map_or(0, |found| found.len());
                Ok(Pulse { wal_bytes, ..figures::pulse(db, now)? })
            })
            .await?;
        let threads = [&self.writer, &self.reader, &self.counter, &self.checkpointer];
        Ok(Pulse {
            threads: threads.map(DbThread::work).to_vec(),
            errors: self.errors.counts(),
            ..pulse
        })
    }

    async fn figures(&self, now: UnixMillis) -> Result<Figures> {
        let history = Arc::clone(&self.history);
        self.counter
            .read(move |db| {
                let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
                figures::figures(db, &mut history, now)
            })
            .await
    }

    fn trouble(&self) -> Option<String> {
        self.writer.trouble()
    }

    fn hurry(&self) {
        self.writer.hurry();
    }
}
