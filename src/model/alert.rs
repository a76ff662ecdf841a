//! A change that met one rule, and what became of it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AlertId, DestinationId, RuleId, Series, SubscriptionId, UnixMillis, VideoId};

/// What a signal was or is: nothing, a number, or a text (a title, a status).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Not known.
    None,
    /// A count, or a computed number in the unit of its [`super::Signal`].
    Int(i64),
    /// A title, a status, a live state; shared, because a change may have a million alerts.
    Text(std::sync::Arc<str>),
}

impl Value {
    /// The number, where it is one.
    #[must_use]
    pub const fn int(&self) -> Option<i64> {
        match self {
            Value::Int(value) => Some(*value),
            Value::None | Value::Text(_) => None,
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::None | Value::Int(_) => None,
        }
    }
}

/// How an alert on a new video says that it was announced before, and can be seen now.
pub const STARTED: &str = "started";

/// The values that one change passed. Bounded: a jump over a million multiples names the highest few.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Marks {
    /// The highest values passed, at most [`Marks::NAMED_MAX`], ascending.
    pub values: Vec<i64>,
    /// How many lower ones were passed too.
    #[serde(default)]
    pub more: u64,
}

impl Marks {
    /// How many values are named; more would not help a reader.
    pub const NAMED_MAX: usize = 8;

    /// Whether no value was passed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// These and later ones together: each once, the highest named.
    #[must_use]
    pub fn joined(mut self, later: &Marks) -> Marks {
        self.values.extend(&later.values);
        self.values.sort_unstable();
        self.values.dedup();
        let dropped = self.values.len().saturating_sub(Marks::NAMED_MAX);
        self.values.drain(..dropped);
        self.more += later.more + u64::try_from(dropped).unwrap_or(u64::MAX);
        self
    }
}

/// A change that met one rule, waiting for its destination.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its row; ids grow in the order in which alerts were made.
    pub id: AlertId,
    /// Whom it is for.
    pub destination: DestinationId,
    /// The watch it belongs to.
    pub subscription: SubscriptionId,
    /// The rule that fired; [`super::TriggerRow::NO_RULE`] where tubebell itself tells that something is gone or back.
    pub rule: RuleId,
    /// The rule's text; empty where there is none.
    pub rule_text: String,
    /// The video; `None`: it is about the channel or playlist as a whole.
    pub video: Option<VideoId>,
    /// What was measured.
    pub series: Series,
    /// The value it is compared with; for `+500` and `+5%` the base, for windows the value at their start.
    pub previous: Value,
    /// The value now.
    pub current: Value,
    /// The values that were passed, for `every`, `at` and `milestones`.
    pub marks: Marks,
    /// When the snapshot that fired was made; the first one, where several were put together.
    pub observed_at: UnixMillis,
    /// When the last one was made.
    pub last_at: UnixMillis,
    /// How many times the rule has fired in it: those that came while it waited were put into it.
    pub firings: u32,
}

/// Why an alert was not sent although its rule fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// The changes held back added up to nothing.
    NetZero,
    /// The watch or the rule was ended.
    Unwatched,
    /// The destination or the watch was muted.
    Muted,
    /// The destination can't be reached any more (blocked, deleted, 410).
    Disabled,
    /// The watch's `until` has passed.
    Expired,
}

impl CancelReason {
    /// All reasons.
    pub const ALL: [CancelReason; 5] = [
        CancelReason::NetZero,
        CancelReason::Unwatched,
        CancelReason::Muted,
        CancelReason::Disabled,
        CancelReason::Expired,
    ];

    /// The stored word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CancelReason::NetZero => "net_zero",
            CancelReason::Unwatched => "unwatched",
            CancelReason::Muted => "muted",
            CancelReason::Disabled => "disabled",
            CancelReason::Expired => "expired",
        }
    }
}

/// What became of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet told.
    Waiting,
    /// Told.
    Sent,
    /// Not told, on purpose.
    Cancelled(CancelReason),
    /// Not told, because it could not be; the cause is one line.
    Dead(String),
}

/// Why a rule that was crossed made no alert. Counted per rule, video and reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suppressed {
    /// The destination or the watch is muted.
    Muted,
    /// The destination is disabled.
    Disabled,
    /// The watch's `until` has passed.
    Expired,
}

impl Suppressed {
    /// All reasons, in the order of their declaration.
    pub const ALL: [Suppressed; 3] = [Suppressed::Muted, Suppressed::Disabled, Suppressed::Expired];

    /// The stored word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Suppressed::Muted => "muted",
            Suppressed::Disabled => "disabled",
            Suppressed::Expired => "expired",
        }
    }
}

impl fmt::Display for Suppressed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
