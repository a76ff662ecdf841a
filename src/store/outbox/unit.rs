//! What waits for a watch, and what becomes of it: in and out of [`Compose`](crate::store::Compose).

use crate::model::{
    About, Alert, AlertId, Body, CancelReason, Known, Settings, SubjectRef, SubscriptionId,
    UnixMillis, VideoId,
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
    /// What waits, by video: each once, the one with the oldest alert first.
    pub videos: Vec<VideoAlerts>,
}

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

/// What becomes of a unit.
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
    },
    /// It waits, with all that comes meanwhile; asked again then, or when a command changes its settings.
    Hold(UnixMillis),
    /// All of it ends.
    Cancel(CancelReason),
    /// It can't be rendered: one line.
    Dead(String),
}

/// One message of a unit.
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
