//! What a message says, as plain data: the alerts of one watch, sorted by video, or a digest of several watches.

use super::link::Link;
use crate::model::{
    About, Body, Counts, Live, Marks, Picture, Series, Status, SubjectRef, SubscriptionId,
    UnixMillis, Value, VideoId, is_blank,
};

/// What is known of the video while its message is written.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoFacts {
    /// Which video.
    pub id: VideoId,
    /// Its title exactly as typed; its id stands in for an empty one.
    pub title: String,
    /// Its channel, its age and its length, where known.
    pub about: About,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
    /// The counts now, `None` where hidden.
    pub counts: Counts,
}

/// One alert, or several of one rule put together: first `previous`, last `current`, all marks.
///
/// Over a window (gain, growth) both are counts, at its start and now; several such alerts are stood for by the last
/// alone, because its window is the one that the message names.
#[derive(Debug, Clone, PartialEq)]
pub struct NetAlert {
    /// What was measured.
    pub series: Series,
    /// Compared with this; see [`crate::model::Alert`].
    pub previous: Value,
    /// The value now.
    pub current: Value,
    /// The values that were passed.
    pub marks: Marks,
    /// The rule that fired.
    pub rule_text: String,
}

/// What one watch is told: what became of one or more of its videos, or of the list as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchMessage {
    /// What is watched.
    pub subject: SubjectRef,
    /// The title of the channel or playlist that is watched, where it is known.
    pub subject_title: Option<String>,
    /// The watch that the buttons act on.
    pub subscription: SubscriptionId,
    /// The reader's time zone, a name of the tz database.
    pub tz: String,
    /// It comes so late that the message says when it happened.
    pub late: bool,
    /// When the last of it was seen.
    pub observed_at: UnixMillis,
    /// What happened, each video once.
    pub videos: Vec<VideoNews>,
    /// It uses up the messages of a day; `None`: it does not.
    pub budget: Option<BudgetNote>,
}

/// What the message says that uses up the messages of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetNote {
    /// How many a day there may be.
    pub pings: u32,
    /// When what else happens is told.
    pub digest_at: UnixMillis,
}

/// What a digest tells: what became of all that several watches of one destination had collected.
#[derive(Debug, Clone, PartialEq)]
pub struct DigestMessage {
    /// When such digests come, as it was set: `daily 09:00`.
    pub schedule: String,
    /// The reader's time zone, a name of the tz database.
    pub tz: String,
    /// When it was put together.
    pub now: UnixMillis,
    /// When the one before it was.
    pub since: UnixMillis,
    /// It comes so long after its time that it says so.
    pub late: bool,
    /// What happened, watch by watch.
    pub watches: Vec<WatchNews>,
    /// One of the videos, and how its views went, where the channel shows that.
    pub shown: Option<(VideoId, Picture)>,
}

/// What became of one watch since the digest before.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchNews {
    /// What a message of the watch alone would say.
    pub message: WatchMessage,
    /// Whether it is told here because the messages of a day were used up.
    pub over_budget: bool,
}

/// What became of one video, or of a channel or playlist as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoNews {
    /// The video; `None`: it is about the subject of the watch as a whole.
    pub video: Option<VideoFacts>,
    /// What happened, one per rule, in the order in which it is told.
    pub alerts: Vec<NetAlert>,
    /// When the last of it was seen.
    pub observed_at: UnixMillis,
    /// How many changes it sums up; 1 or less is not mentioned.
    pub changes: usize,
}

/// An alert of a [`WatchMessage`]: the index of its video, and its own among the alerts of that video. In a
/// [`DigestMessage`] the videos of all its watches are counted, in their order.
pub type Place = (usize, usize);

/// One message of those that tell a [`WatchMessage`] or a [`DigestMessage`], and what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What leaves.
    pub body: Body,
    /// What it tells. Each alert is told by one part, be it by name or in a sum.
    pub told: Vec<Place>,
    /// The index of the video, where it tells of this one alone.
    pub video: Option<usize>,
}

impl Part {
    pub(super) fn new(body: Body, told: Vec<Place>) -> Part {
        let first = told.first().map(|(video, _)| *video);
        let is_alone = told.iter().all(|(video, _)| Some(*video) == first);
        Part { body, told, video: first.filter(|_| is_alone) }
    }
}

impl WatchMessage {
    /// The videos of which there is something to tell, with their indexes.
    pub(super) fn told(&self) -> impl Iterator<Item = (usize, &VideoNews)> {
        self.videos.iter().enumerate().filter(|(_, news)| !news.alerts.is_empty())
    }
}

impl DigestMessage {
    /// The videos of which there is something to tell, with their watches and their indexes.
    pub(super) fn told(&self) -> impl Iterator<Item = (&WatchNews, usize, &VideoNews)> {
        let videos = self
            .watches
            .iter()
            .flat_map(|watch| watch.message.videos.iter().map(move |news| (watch, news)));
        let counted = videos.enumerate().map(|(index, (watch, news))| (watch, index, news));
        counted.filter(|(.., news)| !news.alerts.is_empty())
    }
}

impl VideoFacts {
    /// Its channel, where it has a name.
    pub(super) fn channel(&self) -> Option<Link> {
        let About { channel_id, channel_title, .. } = &self.about;
        let title = channel_title.as_ref().filter(|title| !is_blank(title))?;
        let url = channel_id
            .as_ref()
            .map_or_else(|| self.id.url(), |id| format!("https://www.youtube.com/channel/{id}"));
        Some(Link { title: title.clone(), url })
    }
}

impl VideoNews {
    /// All its alerts, where it is the video of that index.
    pub(super) fn places(&self, index: usize) -> Vec<Place> {
        (0..self.alerts.len()).map(|alert| (index, alert)).collect()
    }

    /// What it is about.
    pub(super) fn link(&self, message: &WatchMessage) -> Link {
        match &self.video {
            Some(video) => Link::video(&video.id, &video.title),
            None => Link::subject(&message.subject, message.subject_title.as_deref()),
        }
    }
}
