//! Which videos are to be looked at, and what the poller remembers of them.

use crate::model::{About, UnixMillis, VideoId, VideoKey};

/// When the next videos are to be looked at; `None`: none is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NextPolls {
    /// For the first time.
    pub first: Option<UnixMillis>,
    /// Again.
    pub again: Option<UnixMillis>,
}

impl NextPolls {
    /// The earlier of the two.
    #[must_use]
    pub fn earliest(self) -> Option<UnixMillis> {
        self.first.into_iter().chain(self.again).min()
    }
}

/// A video and what the poller remembers of it.
#[derive(Debug, Clone)]
pub struct DueVideo {
    /// Its row.
    pub key: VideoKey,
    /// The video.
    pub id: VideoId,
    /// The poller's memory, opaque here.
    pub memory: Option<String>,
    /// When to look again. What stands here holds, also where the memory says a later time: see [`crate::store::Housekeeping::set_back`].
    pub next_poll: Option<UnixMillis>,
}

/// The poller's memory after a look.
#[derive(Debug, Clone)]
pub struct Polled {
    /// The video's row.
    pub key: VideoKey,
    /// The memory to keep.
    pub memory: String,
    /// The title, where known.
    pub title: Option<String>,
    /// What else is known of it.
    pub about: About,
    /// When to look again.
    pub next_poll: UnixMillis,
}
