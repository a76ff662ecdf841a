//! What YouTube answers, in our nouns.

use crate::model::{ChannelId, Counts, Live, PlaylistId, Snapshot, Status, UnixMillis, VideoId};

/// Longest text that is kept, in characters; the rest of a longer one is left out. Titles of YouTube end at 100: what
/// is longer comes from something in between, and would be stored with every alert.
pub(super) const TEXT_MAX_CHARS: usize = 500;

/// What one call said of the videos it was asked for; each id is in exactly one of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What it told, in no promised order.
    pub found: Vec<T>,
    /// Not in the answer: deleted, private, never existed, or forgotten by one of YouTube's replicas.
    pub missing: Vec<VideoId>,
    /// In the answer, but not to be understood: says nothing about the video. With the reason.
    pub damaged: Vec<(VideoId, String)>,
}

/// The answer of `videos:batchGetStats`.
pub(crate) type Stats = Answer<(VideoId, Counts)>;

/// All that `videos.list` says of one video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Which video.
    pub id: VideoId,
    /// The title exactly as typed.
    pub title: String,
    /// The channel's id.
    pub channel_id: Option<String>,
    /// The channel's name.
    pub channel_title: Option<String>,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
    /// When it was published.
    pub published_at: Option<UnixMillis>,
    /// How long it is, in seconds; `None` for a broadcast that is not over.
    pub duration: Option<u32>,
    /// When a premiere or broadcast is to begin, while it is only announced.
    pub starts_at: Option<UnixMillis>,
    /// The numbers.
    pub counts: Counts,
}

impl Details {
    /// The whole snapshot that this answer alone makes.
    #[must_use]
    pub fn snapshot(&self, at: UnixMillis) -> Snapshot {
        Snapshot {
            video_id: self.id,
            observed_at: at,
            numbers_at: at,
            details_at: at,
            views: self.counts.views,
            likes: self.counts.likes,
            comments: self.counts.comments,
            title: Some(self.title.clone()),
            channel_id: self.channel_id.clone(),
            channel_title: self.channel_title.clone(),
            status: self.status,
            live: self.live,
            published_at: self.published_at,
            duration: self.duration,
            starts_at: self.starts_at,
        }
    }
}

/// One member of a channel's uploads or of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The video.
    pub id: VideoId,
    /// Its title as the list shows it.
    pub title: String,
    /// When the video was published.
    pub published_at: Option<UnixMillis>,
    /// When it was added to the list; a feed does not say.
    pub added_at: Option<UnixMillis>,
}

/// What is needed to watch a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its id.
    pub id: ChannelId,
    /// Its name.
    pub title: String,
    /// The playlist of all its uploads, newest first.
    pub uploads: PlaylistId,
}

/// One page of `playlistItems.list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// Those that could be read and that anybody may see.
    pub members: Vec<Member>,
    /// Rows on this page, placeholders included.
    pub rows: usize,
    /// The token of the next page.
    pub next: Option<String>,
    /// The token of the page before.
    pub previous: Option<String>,
    /// How many members there are on all pages; YouTube counts those too that it does not list.
    pub total: u64,
}

/// The first [`TEXT_MAX_CHARS`] of `text`.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}
