//! What the threads of a store are asked to do, and what is counted of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use crate::store::StoreError;

/// A piece of work for the thread that owns the connection.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Errors that the threads of one store have answered with, by class.
#[derive(Debug, Default)]
pub(super) struct Errors([AtomicU64; StoreError::CLASSES.len()]);

impl Errors {
    pub(super) fn count(&self, error: &StoreError) {
        for (class, count) in StoreError::CLASSES.into_iter().zip(&self.0) {
            count.fetch_add(u64::from(class == error.class()), Ordering::Relaxed);
        }
    }

    pub(super) fn counts(&self) -> Vec<(&'static str, u64)> {
        let counts = self.0.iter().map(|count| count.load(Ordering::Relaxed));
        StoreError::CLASSES.into_iter().zip(counts).collect()
    }
}

/// What a thread did.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) jobs: AtomicU64,
    pub(super) busy_us: AtomicU64,
}

impl Work {
    pub(super) fn add(&self, busy: Duration) {
        let busy_us = u64::try_from(busy.as_micros()).unwrap_or(u64::MAX);
        self.jobs.fetch_add(1, Ordering::Relaxed);
        self.busy_us.fetch_add(busy_us, Ordering::Relaxed);
    }
}
