//! How YouTube stands with us: told by both loops that ask it, and to the operator once.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::deliver::Operator;
use crate::model::UnixMillis;
use crate::render::{Prose, views::Notice};
use crate::telemetry::{Metrics, PollClass};

/// Whether polling works, for `/readyz` and `/metrics`.
#[derive(Debug, Default)]
pub(crate) struct PollHealth {
    refused: AtomicBool,
    last_ok: AtomicI64,
    reason: Mutex<String>,
}

impl PollHealth {
    /// Why nothing is polled, while the key is refused.
    #[must_use]
    pub(crate) fn refused(&self) -> Option<String> {
        self.refused
            .load(Ordering::Relaxed)
            .then(|| self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// When YouTube last answered.
    #[must_use]
    pub(crate) fn last_ok(&self) -> UnixMillis {
        UnixMillis(self.last_ok.load(Ordering::Relaxed))
    }
}

/// Keeps [`PollHealth`] and tells the operator what needs a hand. Clones share it.
#[derive(Clone)]
pub(crate) struct PollReporter {
    /// What others may ask.
    pub health: Arc<PollHealth>,
    /// Counts.
    pub metrics: Metrics,
    /// Whom to tell of what needs somebody.
    pub operator: Operator,
}

impl PollReporter {
    /// YouTube has answered with data.
    pub(super) async fn works(&self, now: UnixMillis) {
        self.metrics.polled(PollClass::Ok, now);
        self.health.last_ok.store(now.0, Ordering::Relaxed);
        if self.health.refused.swap(false, Ordering::Relaxed) {
            tracing::info!("YouTube takes the key again");
            self.operator.over("youtube-key").await;
        }
    }

    /// YouTube refuses the key, or it can't be used.
    pub(super) async fn is_refused(&self, reason: &str, now: UnixMillis) {
        reason.clone_into(&mut self.health.reason.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.health.refused.swap(true, Ordering::Relaxed) {
            tracing::error!("{reason}: nothing is polled until then");
            let notice = Notice::KeyRefused { cause: Prose::new(reason) };
            self.operator.tell("youtube-key", &notice, now).await;
        }
    }
}
