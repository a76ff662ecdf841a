//! What tubebell saw of one video at one moment.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Metric, UnixMillis, VideoId};

/// Whether a video can be watched. Deleted and private look alike to everyone but the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Listed for everyone.
    Public,
    /// Reachable by its link only.
    Unlisted,
    /// Deleted or private: absent from YouTube's answers.
    Unavailable,
}

impl Status {
    /// The stored word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Status::Public => "public",
            Status::Unlisted => "unlisted",
            Status::Unavailable => "unavailable",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Status> {
        [Status::Public, Status::Unlisted, Status::Unavailable]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a broadcast stands. `None` for ordinary videos.
///
/// Source: `VideoSnippet.liveBroadcastContent` of the YouTube Data API v3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Live {
    /// Not a broadcast.
    None,
    /// Announced.
    Upcoming,
    /// On air.
    Live,
    /// Over.
    Completed,
}

impl Live {
    /// The stored word, which is also YouTube's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Live::None => "none",
            Live::Upcoming => "upcoming",
            Live::Live => "live",
            Live::Completed => "completed",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Live> {
        [Live::None, Live::Upcoming, Live::Live, Live::Completed]
            .into_iter()
            .find(|live| live.name() == name)
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everything known of one video at one moment: always whole, so that any one of them can stand for the state.
///
/// Numbers and details come from different requests at different intervals; the poller merges them with what
/// it knew before it publishes. A `title` of `None` means *forget this video*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which video.
    pub video_id: VideoId,
    /// When this snapshot was made; strictly increasing per video.
    pub observed_at: UnixMillis,
    /// When the numbers were read.
    pub numbers_at: UnixMillis,
    /// When title, status and live were read.
    pub details_at: UnixMillis,
    /// Views, or `None` when YouTube does not say.
    pub views: Option<i64>,
    /// Likes, or `None` when the owner hides them.
    pub likes: Option<i64>,
    /// Comments, or `None` when they are switched off.
    pub comments: Option<i64>,
    /// The title exactly as typed, hostile characters included.
    pub title: Option<String>,
    /// The channel's id (`UC…`), where known.
    pub channel_id: Option<String>,
    /// The channel's name, where known.
    pub channel_title: Option<String>,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
    /// When it was published, where known.
    pub published_at: Option<UnixMillis>,
    /// How long it is, in seconds, where known; a broadcast has no length before its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// When an announced premiere or broadcast is to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<UnixMillis>,
}

impl Snapshot {
    /// What it says beside numbers, title and status.
    #[must_use]
    pub fn about(&self) -> About {
        About {
            channel_id: self.channel_id.clone(),
            channel_title: self.channel_title.clone(),
            published_at: self.published_at,
            duration: self.duration,
        }
    }

    /// The count of `metric`; `None` is absent, never 0.
    #[must_use]
    pub const fn count(&self, metric: Metric) -> Option<i64> {
        match metric {
            Metric::Views => self.views,
            Metric::Likes => self.likes,
            Metric::Comments => self.comments,
        }
    }
}

/// What is known of a video beside its numbers, title and status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The channel's id (`UC…`).
    pub channel_id: Option<String>,
    /// The channel's name.
    pub channel_title: Option<String>,
    /// When it was published.
    pub published_at: Option<UnixMillis>,
    /// How long it is, in seconds.
    pub duration: Option<u32>,
}
