//! The nouns of the simulated YouTube.

use crate::model::{ChannelId, Live, PlaylistId, UnixMillis, VideoId};

/// Who may see a video. Absent from answers when private or deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everyone; listed on its channel.
    Public,
    /// Whoever has the link; not listed on its channel.
    Unlisted,
    /// The owner.
    Private,
    /// Nobody any more.
    Deleted,
}

impl Visibility {
    /// Whether the API knows the video when asked with an API key.
    #[must_use]
    pub const fn is_visible(self) -> bool {
        match self {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Private | Visibility::Deleted => false,
        }
    }
}

/// One count: the number, and whether answers leave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// The number, known to the simulation even while it is hidden.
    pub value: u64,
    /// Left out of answers: likes hidden by the owner, comments switched off.
    pub hidden: bool,
}

impl Count {
    /// What the world may know.
    #[must_use]
    pub const fn shown(self) -> Option<u64> {
        if self.hidden { None } else { Some(self.value) }
    }
}

/// One video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// Its id.
    pub id: VideoId,
    /// Its channel.
    pub channel: ChannelId,
    /// The title exactly as typed.
    pub title: String,
    /// When it was published.
    pub published_at: UnixMillis,
    /// Length in seconds; 60 and less is a Short.
    pub duration_s: u32,
    /// Times watched.
    pub views: Count,
    /// Thumbs up.
    pub likes: Count,
    /// Comments.
    pub comments: Count,
    /// Who may see it.
    pub visibility: Visibility,
    /// Where a broadcast stands.
    pub live: Live,
    /// When a broadcast is to start.
    pub scheduled_at: Option<UnixMillis>,
    /// When a broadcast started.
    pub started_at: Option<UnixMillis>,
    /// When a broadcast ended.
    pub ended_at: Option<UnixMillis>,
    /// Who watches a broadcast that is on air.
    pub viewers: u64,
}

impl Video {
    /// A public video of four minutes that nobody has watched yet.
    #[must_use]
    pub fn new(id: VideoId, channel: ChannelId, title: &str, published_at: UnixMillis) -> Video {
        Video {
            id,
            channel,
            title: title.to_owned(),
            published_at,
            duration_s: 240,
            views: Count::default(),
            likes: Count::default(),
            comments: Count::default(),
            visibility: Visibility::Public,
            live: Live::None,
            scheduled_at: None,
            started_at: None,
            ended_at: None,
            viewers: 0,
        }
    }

    /// The same video with these counts.
    #[must_use]
    pub fn with_counts(mut self, views: u64, likes: u64, comments: u64) -> Video {
        (self.views.value, self.likes.value, self.comments.value) = (views, likes, comments);
        self
    }
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name.
    pub title: String,
    /// Its handle with the `@`.
    pub handle: Option<String>,
    /// Subscribers; answers round them down to three digits.
    pub subscribers: u64,
    /// All its videos, oldest first.
    pub(super) uploads: Vec<(UnixMillis, VideoId)>,
}

/// One entry of a playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The video.
    pub video: VideoId,
    /// When it was added to the playlist.
    pub added_at: UnixMillis,
}

/// A playlist as it is answered: a made one, or the uploads of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Its id.
    pub id: PlaylistId,
    /// Its name.
    pub title: String,
    /// Whose it is.
    pub channel: ChannelId,
    /// Its entries in order.
    pub entries: Vec<Entry>,
}

impl Playlist {
    /// Whether these are the uploads of a channel, which nobody put together.
    #[must_use]
    pub fn is_uploads(&self) -> bool {
        self.id.as_str().starts_with("UU")
    }
}
