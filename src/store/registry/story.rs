//! What the rules did about a video, and its counts over time.

use std::time::Duration;

use crate::model::{
    Address, Alert, Counts, Known, Outcome, Pings, RuleId, Schedule, Series, Settings, SubjectRef,
    UnixMillis,
};
use crate::store::DestinationRow;

/// What one rule did about one video.
#[derive(Debug, Clone)]
pub struct RuleStory {
    /// Where it rings.
    pub address: Address,
    /// What its watch looks at: the video, or a channel or playlist in which it is.
    pub subject: SubjectRef,
    /// The title of that, where known.
    pub subject_title: Option<String>,
    /// The rule.
    pub rule: RuleId,
    /// Its text.
    pub rule_text: String,
    /// When it was made.
    pub since: UnixMillis,
    /// Whether it has ended.
    pub ended: bool,
    /// Its trigger: series, value on its scale.
    pub trigger: Option<(Series, i64)>,
    /// Whether the trigger waits for its first observation.
    pub unset: bool,
    /// Its last alerts, newest first: what was compared, what became of it and when, what the channel said.
    pub alerts: Vec<(Alert, Outcome, Option<UnixMillis>)>,
    /// Suppressions: reason, count, first, last.
    pub suppressions: Vec<(String, u64, UnixMillis, UnixMillis)>,
    /// The last counts known.
    pub now: Counts,
    /// What its alert waits for that is in no message yet; `None`: there is none.
    pub waits: Option<Waits>,
}

/// What holds back what waits for a watch. What people have set decides it (as [`crate::model::Effective::hold`] says),
/// and whether a digest has it.
#[derive(Debug, Clone)]
pub struct Waits {
    /// When it is looked at next: a hold ends then, or the digest comes.
    pub until: UnixMillis,
    /// The digest that tells it: when such digests come, and in which time zone.
    pub digest: Option<(Schedule, String)>,
    /// Whether it is there because the messages of a day were used up.
    pub is_over_budget: bool,
    /// Whether its rule is urgent.
    pub is_urgent: bool,
    /// When the last message of the watch left.
    pub last_sent: Option<UnixMillis>,
    /// The watch is muted until then.
    pub muted_until: Option<UnixMillis>,
    /// What the watch has set.
    pub settings: Settings,
    /// Where it rings, and what is set there.
    pub destination: DestinationRow,
    /// The destination's messages that count, of the last day on which there were any.
    pub pings: Pings,
}

/// Recorded counts.
#[derive(Debug, Clone)]
pub struct History {
    /// The title.
    pub title: Option<String>,
    /// The router's last state.
    pub known: Option<Known>,
    /// Points: when, counts.
    pub points: Vec<(UnixMillis, Counts)>,
}

impl History {
    /// How far back points are read for a window: a count that rests has none, and statistics are kept no longer.
    pub(crate) const BACK: Duration = Duration::from_secs(31 * 86_400);

    /// Most points that are read for a window: those of a day with one a minute, and some.
    pub(crate) const POINTS_MAX: usize = 2000;
}
