//! Wakes the loops of channels when something was written for them.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The wakers of all channels; clones ring the same ones.
#[derive(Debug, Clone, Default)]
pub struct Wakers(Arc<Mutex<Vec<Arc<Notify>>>>);

impl Wakers {
    /// One more loop to wake.
    #[must_use]
    pub fn add(&self) -> Arc<Notify> {
        let waker = Arc::new(Notify::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&waker));
        waker
    }

    /// Something waits to be sent.
    pub fn wake(&self) {
        for waker in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            waker.notify_one();
        }
    }
}
