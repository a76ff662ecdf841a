//! What a routing transaction offers the router.
//!
//! The store lends a [`RoutingTx`] for the length of one transaction, and the router reads and writes through it
//! without knowing of a database. It stands here because both sides speak it and neither may know the other.

use std::error::Error;
use std::sync::Arc;

use super::{
    Counts, DestinationId, FanoutCursor, Holder, Known, ListKey, Marks, Membership, Metric,
    Mirrored, News, RuleId, Series, Snapshot, SubscriptionId, Suppressed, TriggerId, UnixMillis,
    Value, VideoId, VideoKey,
};

/// Whether an alert of a watch may wait for its destination just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// It may not: triggers move on, and the reason is counted.
    Shut(Suppressed),
}

/// A video as the router finds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its row.
    pub key: VideoKey,
    /// What was last handled of it.
    pub known: Option<Known>,
    /// The watched lists in which it is.
    pub lists: Vec<Membership>,
    /// As [`RoutingTx::waiting`] says of it.
    pub waiting: Vec<(Series, i64)>,
    /// Whether a change of it is still being fanned out; later ones wait behind it.
    pub is_fanning_out: bool,
}

/// One trigger: a rule waits for `series` to reach `value`.
#[derive(Debug, Clone)]
pub struct TriggerRow {
    /// Its row.
    pub id: TriggerId,
    /// What has to cross.
    pub series: Series,
    /// The value on the series' scale (negated when falling).
    pub value: i64,
    /// The value from which the rule counts; `None` until the first observation.
    pub base: Option<i64>,
    /// Changes observed at or before this moment never fire it.
    pub since: UnixMillis,
    /// The rule.
    pub rule: RuleId,
    /// The rule's text, shared among rows of the same text.
    pub text: Arc<str>,
    /// The watch.
    pub subscription: SubscriptionId,
    /// The watch's destination.
    pub destination: DestinationId,
    /// The destination's lane.
    pub lane: i64,
    /// Whether its alerts may wait.
    pub gate: Gate,
    /// Its rule has ended, or its video has left the list: the row is to be removed.
    pub is_stale: bool,
}

impl TriggerRow {
    /// Stands in the place of a rule where there is none: tubebell itself tells whoever watches.
    pub const NO_RULE: RuleId = RuleId(0);
}

/// Where a trigger goes after it was crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextTrigger {
    /// The series (a fired window rule waits in the other direction until it is armed again).
    pub series: Series,
    /// The value on the series' scale.
    pub value: i64,
    /// The new base.
    pub base: Option<i64>,
}

/// An alert to be written.
#[derive(Debug, Clone)]
pub struct AlertDraft<'a> {
    /// The trigger that was crossed.
    pub trigger: &'a TriggerRow,
    /// The video's row; `None`: it is about the channel or playlist as a whole.
    pub video: Option<VideoKey>,
    /// What was measured: the rule's series.
    pub series: Series,
    /// Compared with this.
    pub previous: Value,
    /// The value now.
    pub current: Value,
    /// The values that were passed, for `every`, `at` and `milestones`.
    pub marks: &'a Marks,
    /// When the snapshot was made.
    pub observed_at: UnixMillis,
    /// The rule is urgent: told apart from what can wait.
    pub is_urgent: bool,
}

/// What a routing transaction offers to the router.
///
/// Every method fails only when the store does; the transaction is then rolled back as a whole.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
pub trait RoutingTx {
    /// The failure of the store.
    type Error: Error;

    /// Looks up many videos at once, in their order; `None` when nobody watches the video. What one of them writes changes
    /// nothing about another.
    fn find(&mut self, videos: &[VideoId]) -> Result<Vec<Option<Found>>, Self::Error>;

    /// Makes rows, unset, for at most `limit` rules of the video's lists that have none for it yet. True: there are more.
    fn arm(&mut self, video: VideoKey, limit: usize) -> Result<bool, Self::Error>;

    /// Notes what the watchers of a list are still to be told of a video.
    fn save_news(&mut self, list: ListKey, video: VideoKey, news: News) -> Result<(), Self::Error>;

    /// Replaces what was last handled of a video.
    fn save_known(&mut self, video: VideoKey, known: &Known) -> Result<(), Self::Error>;

    /// Erases what is known of a video: last values and history.
    fn forget(&mut self, video: VideoKey) -> Result<(), Self::Error>;

    /// Appends to a video's history, only when a count moved; a second call for the same moment replaces the first.
    fn record(
        &mut self,
        video: VideoKey,
        at: UnixMillis,
        counts: Counts,
    ) -> Result<(), Self::Error>;

    /// The last count recorded at or before `at`, looking past moments at which it was absent; `None` when the
    /// history does not reach back so far. As only changes are recorded, the newest row before the history's
    /// end must outlive its retention.
    fn count_at(
        &mut self,
        video: VideoKey,
        metric: Metric,
        at: UnixMillis,
    ) -> Result<Option<i64>, Self::Error>;

    /// The series of a holder in which triggers wait, each once, with the lowest value that one waits for.
    fn waiting(&mut self, holder: Holder) -> Result<Vec<(Series, i64)>, Self::Error>;

    /// Appends to `rows` (cleared first) at most `limit` triggers with `value <= upto` after `cursor`, in the order of (value, id).
    ///
    /// [`Event::Presence`](super::Event::Presence) has no triggers: a row stands for every running watch of the holder;
    /// of a single video, for those without a `status` rule, which would tell the same.
    fn scan(
        &mut self,
        holder: Holder,
        series: Series,
        upto: i64,
        cursor: FanoutCursor,
        limit: usize,
        rows: &mut Vec<TriggerRow>,
    ) -> Result<(), Self::Error>;

    /// Moves a trigger to its next value.
    fn move_trigger(&mut self, trigger: TriggerId, next: &NextTrigger) -> Result<(), Self::Error>;

    /// Removes a trigger whose rule is spent for this video.
    fn end_trigger(&mut self, trigger: TriggerId) -> Result<(), Self::Error>;

    /// Writes an alert, or folds it into one of the same rule that waits.
    fn alert(&mut self, draft: &AlertDraft<'_>) -> Result<(), Self::Error>;

    /// Counts a rule that was crossed and made no alert.
    fn suppress(
        &mut self,
        rule: RuleId,
        video: VideoKey,
        reason: Suppressed,
    ) -> Result<(), Self::Error>;

    /// Queues what one transaction leaves over; `work` is opaque to the store.
    ///
    /// Work of the same video that is queued behind the one under way is handed to `merge` with the new one, so that
    /// at most one piece per video waits behind it. (`merge` also copes with work that has begun.)
    fn defer(
        &mut self,
        video: VideoKey,
        work: String,
        merge: &mut dyn FnMut(&str, &str) -> String,
    ) -> Result<(), Self::Error>;

    /// The last snapshot that [`RoutingTx::save_passed`] has of a video, whoever watches it.
    fn passed(&mut self, video: VideoId) -> Result<Option<Snapshot>, Self::Error>;

    /// Keeps the last snapshot of a video that came by.
    fn save_passed(&mut self, snapshot: &Snapshot) -> Result<(), Self::Error>;

    /// Queues a record for other programs.
    fn mirror(&mut self, record: &Mirrored) -> Result<(), Self::Error>;
}
