//! What could not be delivered, and is queued again on demand.

use std::sync::Arc;

use crate::model::{Address, NotificationId, UnixMillis};

/// A notification that could not be delivered.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Its row.
    pub id: NotificationId,
    /// Where it should have gone.
    pub address: Address,
    /// The cause.
    pub error: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub ended: UnixMillis,
    /// The video's title or id, if it is about one.
    pub about: Option<String>,
}

/// Which dead letters are queued again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetters {
    /// All of them.
    All,
    /// These.
    Of(Arc<[NotificationId]>),
}

/// What a piece of a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many dead letters were queued again.
    pub count: usize,
    /// The last one that was looked at; `None`: there are no more.
    pub last: Option<NotificationId>,
}
