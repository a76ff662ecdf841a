//! What the suite asks of an engine beyond what a gateway asks of a store.

use std::sync::Arc;

use tubebell::model::{UnixMillis, Value};
use tubebell::store::Store;

/// An engine of the store, with a database of its own.
pub(super) trait Inspect {
    /// A database with nothing in it.
    fn new() -> Self;

    /// Opens it as the gateway does. Whoever held it before is gone.
    fn open(&self) -> Arc<dyn Store>;

    /// Opens it as a tool does, beside the gateway.
    fn open_beside(&self) -> Arc<dyn Store>;

    /// How many rows there are of a noun: a table's name.
    fn rows(&self, noun: &str) -> usize;

    /// All alerts, in the order in which they were made.
    fn alerts(&self) -> Vec<AlertSeen>;

    /// Where rules wait, in the order in which they began to.
    fn triggers(&self) -> Vec<TriggerSeen>;

    /// Rules that have ended, or whose video has left their list, and that wait all the same.
    fn stale_triggers(&self) -> usize;

    /// What lists hold and have held, the newest by date first.
    fn members(&self) -> Vec<MemberSeen>;

    /// What channels have called the messages that they took.
    fn receipts(&self) -> Vec<String>;

    /// How many notifications are in flight.
    fn in_flight(&self) -> usize;

    /// How far a destination is asleep: 0 not at all, 1 it sleeps, 2 it wakes.
    fn asleep(&self, destination: &str) -> i64;

    /// The first of these laws that does not hold.
    fn broken(&self, laws: Laws) -> Option<&'static str>;

    /// From now on no row of a noun can be made.
    fn forbid(&self, noun: &str);

    /// Makes so many more of each alert that waits, as a watch of many rules and videos would have.
    fn multiply_waiting(&self, times: usize);
}

/// Laws on rows, each engine's own words for what the store promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Laws {
    /// Every alert is somewhere, every lane knows when it is due, and nothing is counted that is not there.
    Sums,
    /// The same while a chat has moved with a message in flight, whose slot stays with the old lane.
    SumsButLanes,
    /// What belongs to whom, by the addresses that people are known by.
    People,
    /// Lists, their videos and the work that is left over know of each other what they count.
    Lists,
}

/// An alert as it stands.
#[derive(Debug)]
pub(super) struct AlertSeen {
    pub(super) watch: i64,
    /// Where its watch rings.
    pub(super) address: String,
    /// The rule's row; 0 where tubebell itself tells.
    pub(super) rule: i64,
    pub(super) rule_text: String,
    /// When the rule was made; `None`: it is gone, or there is none.
    pub(super) rule_made_at: Option<UnixMillis>,
    pub(super) video: String,
    pub(super) previous: Value,
    pub(super) current: Value,
    pub(super) marks: Option<String>,
    pub(super) observed_at: UnixMillis,
    /// How many times its rule has fired in it.
    pub(super) firings: i64,
    /// Whether it is in a message.
    pub(super) is_taken: bool,
    /// The word for how it ended.
    pub(super) outcome: Option<String>,
}

impl AlertSeen {
    /// How it ended, or `waiting`, or `in flight`.
    pub(super) fn state(&self) -> &str {
        match &self.outcome {
            Some(outcome) => outcome,
            None if self.is_taken => "in flight",
            None => "waiting",
        }
    }
}

/// Where a rule waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TriggerSeen {
    pub(super) id: i64,
    pub(super) rule_text: String,
    /// On the scale of its series.
    pub(super) value: i64,
    /// Whether a video holds it, and no list.
    pub(super) is_of_a_video: bool,
}

/// A video in a list.
#[derive(Debug)]
pub(super) struct MemberSeen {
    pub(super) list: String,
    pub(super) video: String,
    pub(super) has_left: bool,
}
