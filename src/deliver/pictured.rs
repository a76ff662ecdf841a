//! Messages that are drawn before they have a slot: so many at a time.
//!
//! What is drawn holds no slot yet, so the limiter would give out the same one again and again: more would be taken than can
//! leave, and what becomes due meanwhile would wait behind all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::model::Body;

/// As many as are drawn at a time, and one behind them.
const MAX: usize = 3;

/// How many are being drawn. Clones count the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawing(Arc<AtomicUsize>);

/// One of them, until this is dropped.
pub(super) struct Pictured(Drawing);

impl Drawing {
    /// Whether no more are to be taken.
    pub(super) fn is_full(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MAX
    }

    /// One more; `None`: there is nothing to be drawn.
    pub(super) fn begin(&self, body: &Body) -> Option<Pictured> {
        body.picture()?;
        self.0.fetch_add(1, Ordering::Relaxed);
        Some(Pictured(self.clone()))
    }
}

impl Drop for Pictured {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
