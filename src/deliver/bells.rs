//! Wakes the loops of channels when something was written for them.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// The bells of all channels; clones ring the same ones.
#[derive(Debug, Clone, Default)]
pub struct Bells(Arc<Mutex<Vec<Arc<Notify>>>>);

impl Bells {
    /// One more channel.
    #[must_use]
    pub fn add(&self) -> Arc<Notify> {
        let bell = Arc::new(Notify::new());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&bell));
        bell
    }

    /// Something waits to be sent.
    pub fn ring(&self) {
        for bell in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            bell.notify_one();
        }
    }
}
