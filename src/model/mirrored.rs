//! What other programs are told over the stream, beside what the router makes of it.

use serde::{Deserialize, Serialize};

use super::{Snapshot, UnixMillis, VideoId};

/// One record for a topic. It is stored in the transaction that makes it so, and published afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mirrored {
    /// A video differs from what the stream had of it before; without a previous snapshot it is the first one.
    Change {
        /// The snapshot before.
        previous: Option<Box<Snapshot>>,
        /// The snapshot now.
        current: Box<Snapshot>,
    },
    /// Somebody watches a video.
    Watched {
        /// Which.
        video: VideoId,
        /// Since when it stands in the list.
        since: UnixMillis,
    },
    /// Nobody watches it any more.
    Unwatched {
        /// Which.
        video: VideoId,
        /// Since when it stands in the list no more.
        at: UnixMillis,
    },
    /// What is known of a video is to be erased.
    Forgotten {
        /// Which.
        video: VideoId,
        /// When.
        at: UnixMillis,
    },
}
