//! How far an older database was brought along, and how long things are kept.

use std::time::Duration;

/// How far an older database was brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migration {
    /// It is as this version makes it.
    Done,
    /// What routing has left over comes first: [`crate::store::Stream::fan_out`] is to be called until nothing is left.
    FanOut,
    /// So many pieces of so many.
    UnderWay {
        /// Done.
        done: u64,
        /// In all.
        of: u64,
    },
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Statistics. YouTube's terms allow 30 days (Developer Policies III.E.4.d).
    pub statistics: Duration,
    /// Ended alerts, notifications and suppressions.
    pub alerts: Duration,
}
