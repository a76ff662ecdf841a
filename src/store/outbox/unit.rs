//! What waits for a watch or was collected for a digest, and what becomes of it: in and out of
//! [`Compose`](crate::store::Compose).

use crate::model::{
    About, Alert, AlertId, Body, CancelReason, Counts, Known, Pings, Schedule, Settings,
    SubjectRef, SubscriptionId, UnixMillis, VideoId,
};

use crate::store::DestinationRow;

/// What waits for one watch and is told together.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The watch.
    pub subscription: SubscriptionId,
    /// Where it rings.
    pub destination: DestinationRow,
    /// What the watch has set.
    pub settings: Settings,
    /// What is watched.
    pub subject: SubjectRef,
    /// The title of a channel or playlist, where known.
    pub subject_title: Option<String>,
    /// Whether these are its urgent alerts.
    pub is_urgent: bool,
    /// When the last message of this kind left.
    pub last_sent: Option<UnixMillis>,
    /// The watch is muted until then.
    pub muted_until: Option<UnixMillis>,
    /// Whether it was collected because the messages of a day were used up.
    pub is_over_budget: bool,
    /// The destination's messages that count, of the last day on which there were any.
    pub pings: Pings,
    /// What waits, by video: each once, the one with the oldest alert first.
    pub videos: Vec<VideoAlerts>,
}

/// What a digest tells, unless it is held or comes to nothing.
#[derive(Debug, Clone)]
pub struct Collected {
    /// Where it rings.
    pub destination: DestinationRow,
    /// When such digests come.
    pub schedule: Schedule,
    /// In this time zone.
    pub tz: String,
    /// Its time. In the future: it is told ahead of it, because somebody asked, or as the rest of one that was too long.
    pub due_at: UnixMillis,
    /// When the one before it was born, or when there was none when collecting began.
    pub since: UnixMillis,
    /// What was collected, watch by watch, the one with the oldest alert first; none is urgent.
    pub units: Vec<Unit>,
}

/// How the counts of a video went: when, and how many, oldest first. The first row may be of before the time that is asked for.
pub type Course = Vec<(UnixMillis, Counts)>;

/// The waiting alerts of one video, oldest first.
#[derive(Debug, Clone)]
pub struct VideoAlerts {
    /// The video; `None`: they are about the channel or playlist as a whole.
    pub video: Option<VideoId>,
    /// The video's title, where known.
    pub title: Option<String>,
    /// What the router last handled of the video.
    pub known: Option<Known>,
    /// What else is known of the video.
    pub about: About,
    /// The alerts: at least one, and one per rule or little more.
    pub alerts: Vec<Alert>,
}

/// What becomes of a unit, or of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    /// It leaves now.
    Send {
        /// Without a sound: it comes late.
        silent: bool,
        /// The messages. Those of a chat follow each other: the next one leaves when the one before it has ended.
        messages: Vec<ComposedMessage>,
        /// Alerts that are in no message, and why.
        cancelled: Vec<(AlertId, CancelReason)>,
        /// The destination's messages that count, where these do.
        pings: Option<Pings>,
    },
    /// It waits, with all that comes meanwhile; asked again then, or when a command changes its settings.
    Hold(UnixMillis),
    /// It is told in a digest, with all that comes until then; asked again when a command changes its settings. (What a
    /// digest has collected already stays there.)
    Collect {
        /// When such digests come.
        schedule: Schedule,
        /// In this time zone.
        tz: String,
        /// Whether that is because the messages of a day are used up.
        is_over_budget: bool,
        /// It is told then, if no digest has come before: it would be forgotten otherwise.
        latest: UnixMillis,
    },
    /// All of it ends.
    Cancel(CancelReason),
    /// It can't be rendered: one line.
    Dead(String),
}

/// One message of a unit or a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedMessage {
    /// What leaves.
    pub body: Body,
    /// The video, where it is about one alone.
    pub video: Option<VideoId>,
    /// Whether it sums up several changes.
    pub is_coalesced: bool,
    /// The alerts that it tells; each alert of the unit stands in one message, or is cancelled.
    pub alerts: Vec<AlertId>,
    /// When the oldest snapshot in it was made.
    pub observed_at: UnixMillis,
}
