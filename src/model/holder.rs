//! What the state of a rule belongs to: a video, or a channel or playlist as a whole.

use serde::{Deserialize, Serialize};

use super::{UnixMillis, VideoKey};

/// The row of a channel or playlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ListKey(pub i64);

/// What the rows of a rule belong to.
///
/// A rule on a channel or playlist that has no state per video (`any`, events, `upload`) has one row, held by the list;
/// every other rule has a row per video, held by the video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A video.
    Video(VideoKey),
    /// A channel or playlist.
    List(ListKey),
}

impl Holder {
    /// The stored form: the video's row, or the list's, negated.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Holder::Video(VideoKey(id)) => id,
            Holder::List(ListKey(id)) => id.saturating_neg(),
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub const fn from_code(code: i64) -> Holder {
        if code < 0 {
            Holder::List(ListKey(code.saturating_neg()))
        } else {
            Holder::Video(VideoKey(code))
        }
    }
}

/// One list in which a video is, as the router sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The list.
    pub list: ListKey,
    /// Rules of the list hear what is observed of the video later than this.
    pub since: UnixMillis,
    /// When the video was published, or added to the playlist.
    pub at: UnixMillis,
    /// What its watchers are still to be told of.
    pub news: News,
    /// Whether rules of the list still lack their row for this video.
    pub is_unarmed: bool,
}

/// What the watchers of a list are still to be told of one of its videos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Nothing.
    Told,
    /// It was announced: that it can be seen.
    Announced,
    /// That it is there.
    New,
}

impl News {
    /// The stored form.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            News::Told => 0,
            News::Announced => 1,
            News::New => 2,
        }
    }

    /// Reads the stored form; what is unknown is no news.
    #[must_use]
    pub const fn from_code(code: i64) -> News {
        match code {
            2 => News::New,
            1 => News::Announced,
            _ => News::Told,
        }
    }
}

/// The last row that a scan has handled: rows come in the order of (value, id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanoutCursor {
    /// Its value.
    pub value: i64,
    /// Its id.
    pub id: i64,
}

impl FanoutCursor {
    /// Before the first row.
    pub const START: FanoutCursor = FanoutCursor { value: i64::MIN, id: i64::MIN };
}

/// That a channel or playlist is gone or back, on its way to its watchers: what the fan-out has left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListNews {
    /// Gone, or back.
    pub gone: bool,
    /// When that was seen.
    pub at: UnixMillis,
    /// How far the fan-out came.
    pub cursor: FanoutCursor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_holder_comes_back_from_its_code() {
        for holder in [Holder::Video(VideoKey(7)), Holder::List(ListKey(7))] {
            assert_eq!(Holder::from_code(holder.code()), holder);
        }
    }

    #[test]
    fn news_come_back_from_their_code() {
        for news in [News::Told, News::Announced, News::New] {
            assert_eq!(News::from_code(news.code()), news);
        }
    }
}
