//! What the rules did about a video, and its counts over time.

use crate::model::{
    Address, Alert, Counts, Known, Outcome, RuleId, Series, SubjectRef, UnixMillis,
};

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
