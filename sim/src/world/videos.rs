//! The nouns of YouTube.

use jiff::Timestamp;

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

/// Where a broadcast stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// YouTube's word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Live::None => "none",
            Live::Upcoming => "upcoming",
            Live::Live => "live",
            Live::Completed => "completed",
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
    /// Its id: 11 of `[A-Za-z0-9_-]`.
    pub id: String,
    /// The id of its channel.
    pub channel: String,
    /// The title exactly as typed.
    pub title: String,
    /// When it was published.
    pub published_at: Timestamp,
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
    pub scheduled_at: Option<Timestamp>,
    /// When a broadcast started.
    pub started_at: Option<Timestamp>,
    /// When a broadcast ended.
    pub ended_at: Option<Timestamp>,
    /// Who watches a broadcast that is on air.
    pub viewers: u64,
}

impl Video {
    /// A public video of four minutes that nobody has watched yet.
    #[must_use]
    pub fn new(id: &str, channel: &str, title: &str, published_at: Timestamp) -> Video {
        Video {
            id: id.to_owned(),
            channel: channel.to_owned(),
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
    /// Its id: `UC` and 22 of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// Its handle with the `@`.
    pub handle: Option<String>,
    /// Subscribers; answers round them down to three digits.
    pub subscribers: u64,
    /// All its videos, oldest first.
    pub(super) uploads: Vec<(Timestamp, String)>,
}

/// One entry of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id of the video.
    pub video: String,
    /// When it was added to the playlist.
    pub added_at: Timestamp,
}

/// A playlist as it is answered: a made one, or the uploads of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Playlist {
    /// Its id: 2 to 64 of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Its name.
    pub title: String,
    /// The id of the channel whose it is.
    pub channel: String,
    /// Its entries in order.
    pub entries: Vec<Entry>,
}

impl Playlist {
    /// Whether these are the uploads of a channel, which nobody put together.
    #[must_use]
    pub fn is_uploads(&self) -> bool {
        self.id.starts_with("UU")
    }
}
