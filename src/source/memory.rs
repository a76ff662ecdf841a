//! What the poller knows of one video, and how an answer changes it.
//!
//! Pure: each function takes the memory as it was and one answer, and gives the memory to store and the snapshot to
//! publish, in that order, so that a crash between the two heals at the next poll. Only whole snapshots come out:
//! the first one waits for `videos.list`, which tells everything at once; later the cheap numbers are laid over it.
//!
//! An id that is absent from an answer is not believed at once: YouTube's replicas forget and come back. The second
//! look is a `videos.list` at a later poll, and only then the video counts as unavailable.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::answer::Details;
use super::budget::Bucket;
use super::schedule::Plan;
use crate::model::{Counts, Live, Snapshot, Status, UnixMillis};

/// YouTube's terms (III.E.4.d) let statistics be kept for 30 days; those of a video that is gone are not refreshed.
const NUMBERS_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// More than this can't lie between two looks that follow each other: then nobody knows how much it was.
const PACE_MAX: Duration = Duration::from_secs(3600);

/// Of so many parts of time that pass, snapshots that are ahead of the clock leave one out, to get back in step.
const CATCH_UP_PARTS: u32 = 10;

/// The memory to store, and the snapshot to publish after that.
pub(crate) type Merged = (Memory, Option<Snapshot>);

/// Which call a video is due for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// `videos.list`: everything, numbers included.
    Details,
    /// `videos:batchGetStats`: numbers only.
    Stats,
}

/// The poller's memory of one video. The default is a video that was never asked for, due now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The last whole snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot: Option<Snapshot>,
    #[serde(default)]
    activity: Activity,
    /// Absent from answers since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing_since: Option<UnixMillis>,
    #[serde(default)]
    details_due: UnixMillis,
    #[serde(default)]
    polled_at: UnixMillis,
    #[serde(default)]
    next_poll: UnixMillis,
}

impl Memory {
    /// The last whole snapshot, if the video was ever seen.
    #[must_use]
    pub(crate) const fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_ref()
    }

    /// When to look again.
    #[must_use]
    pub(crate) const fn next_poll(&self) -> UnixMillis {
        self.next_poll
    }

    /// The same memory with its next look at `next_poll`, where that is earlier: the clock was set back meanwhile, and
    /// all times that were written under the old one move with it.
    #[must_use]
    pub(crate) fn due_at(mut self, next_poll: UnixMillis) -> Memory {
        let by = self.next_poll.since(next_poll);
        if !by.is_zero() {
            self.next_poll = next_poll;
            self.polled_at = self.polled_at.minus(by);
            self.details_due = self.details_due.minus(by);
            self.missing_since = self.missing_since.map(|since| since.minus(by));
        }
        self
    }

    /// When it was last looked at.
    #[must_use]
    pub(crate) const fn polled_at(&self) -> UnixMillis {
        self.polled_at
    }

    /// The wait that was set at the last look.
    #[must_use]
    pub(crate) fn interval(&self) -> Duration {
        self.next_poll.since(self.polled_at)
    }

    /// Whether it was never asked for.
    #[must_use]
    pub(crate) const fn is_new(&self) -> bool {
        self.snapshot.is_none() && self.missing_since.is_none()
    }

    /// Which call the next look is.
    #[must_use]
    pub(crate) fn ask(&self, now: UnixMillis) -> Ask {
        if self.snapshot.is_none() || self.details_due <= now { Ask::Details } else { Ask::Stats }
    }

    /// Whether `videos:batchGetStats` can stand in where the general bucket has nothing left.
    #[must_use]
    pub(crate) const fn can_do_with_stats(&self) -> bool {
        self.snapshot.is_some()
    }

    /// Takes in the numbers of `videos:batchGetStats`.
    #[must_use]
    pub(crate) fn numbers(mut self, counts: Counts, now: UnixMillis, plan: &Plan) -> Merged {
        let Some(last) = self.snapshot.take() else {
            // Nothing to lay them over: `videos.list` comes first.
            self.details_due = now;
            self.wait(plan.intervals().min_interval, now, plan);
            return (self, None);
        };
        if last.status == Status::Unavailable {
            // It may be back; `videos.list` says whether, and under which status.
            self.snapshot = Some(last);
            self.details_due = now;
            self.wait(plan.intervals().min_interval, now, plan);
            return (self, None);
        }
        let at = self.after(Some(&last), now);
        self.activity = self.activity.observe(Some(&Counts::from(&last)), &counts, now);
        self.missing_since = None;
        self.publish(
            Snapshot {
                observed_at: at,
                numbers_at: at,
                views: counts.views,
                likes: counts.likes,
                comments: counts.comments,
                ..last
            },
            now,
            plan,
        )
    }

    /// Takes in what `videos.list` told.
    #[must_use]
    pub(crate) fn details(mut self, details: &Details, now: UnixMillis, plan: &Plan) -> Merged {
        let last = self.snapshot.take();
        let before = last.as_ref().map(Counts::from);
        self.activity = self.activity.observe(before.as_ref(), &details.counts, now);
        self.missing_since = None;
        self.details_due = plan.in_step(now, plan.details_interval_of(details.live));
        let at = self.after(last.as_ref(), now);
        self.publish(details.snapshot(at), now, plan)
    }

    /// Takes in that the video was absent from an answer of the call that is charged to `asked`.
    #[must_use]
    pub(crate) fn missing(mut self, asked: Bucket, now: UnixMillis, plan: &Plan) -> Merged {
        let soon = plan.intervals().min_interval;
        let Some(last) = self.snapshot.take() else {
            // Only `videos.list` tells whether it was ever there.
            if asked == Bucket::General {
                self.missing_since.get_or_insert(now);
            }
            self.wait(plan.details_interval_of(Live::None), now, plan);
            return (self, None);
        };
        let second_look = asked == Bucket::General && self.missing_since.is_some_and(|at| at < now);
        if last.status != Status::Unavailable && !second_look {
            self.missing_since.get_or_insert(now);
            self.snapshot = Some(last);
            self.details_due = now;
            self.wait(soon, now, plan);
            return (self, None);
        }
        if asked == Bucket::General {
            self.details_due = plan.in_step(now, plan.details_interval_of(Live::None));
        }
        let at = self.after(Some(&last), now);
        let details_at = if asked == Bucket::General { at } else { last.details_at };
        let mut gone =
            Snapshot { observed_at: at, details_at, status: Status::Unavailable, ..last };
        if at.since(gone.numbers_at) > NUMBERS_KEPT {
            (gone.views, gone.likes, gone.comments) = (None, None, None);
        }
        self.publish(gone, now, plan)
    }

    /// Takes in that the answer of the call that is charged to `asked` held the video, but nobody could read it:
    /// nothing is learned. Details that can't be read wait for their next turn, so that the numbers go on meanwhile.
    #[must_use]
    pub(crate) fn damaged(mut self, asked: Bucket, now: UnixMillis, plan: &Plan) -> Merged {
        let interval = plan.details_interval_of(Live::None);
        match asked {
            Bucket::General if self.snapshot.is_some() => {
                self.details_due = plan.in_step(now, interval);
                self.wait(plan.intervals().min_interval, now, plan);
            }
            Bucket::General | Bucket::Stats => self.wait(interval, now, plan),
        }
        (self, None)
    }

    fn publish(mut self, snapshot: Snapshot, now: UnixMillis, plan: &Plan) -> Merged {
        let Snapshot { status, live, published_at, .. } = snapshot;
        let interval = plan.interval(&self.activity, status, live, published_at, now);
        self.snapshot = Some(snapshot.clone());
        self.wait(interval, now, plan);
        (self, Some(snapshot))
    }

    /// A moment for the next snapshot: strictly after the last, whatever the clock does.
    ///
    /// Where the clock was set back, the time of snapshots goes on nearly as fast as the clock until that has caught
    /// up. Standing still, it would put the growth of an hour into a moment, and rules on rates would fire.
    fn after(&self, last: Option<&Snapshot>, now: UnixMillis) -> UnixMillis {
        let Some(last) = last.filter(|last| last.observed_at >= now) else { return now };
        let passed = now.since(self.polled_at).min(PACE_MAX);
        let passed = passed / CATCH_UP_PARTS * (CATCH_UP_PARTS - 1);
        last.observed_at.plus(passed.max(Duration::from_millis(1)))
    }

    /// Sets the next look: after `interval`, or when the details are due, in step with the others.
    fn wait(&mut self, interval: Duration, now: UnixMillis, plan: &Plan) {
        // Details that are overdue, because their units are used up, must not make every look a hurried one.
        let details = self.details_due.since(now);
        let wait = if details.is_zero() { interval } else { interval.min(details) };
        self.polled_at = now;
        self.next_poll = plan.in_step(now, wait);
    }
}

#[cfg(test)]
impl Memory {
    /// A video that was seen once, with the given times.
    pub(super) fn seen_once(
        snapshot: Snapshot,
        polled_at: UnixMillis,
        next_poll: UnixMillis,
        details_due: UnixMillis,
    ) -> Memory {
        let snapshot = Some(snapshot);
        Memory { snapshot, polled_at, next_poll, details_due, ..Memory::default() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::budget::UnitBudget;
    use super::super::schedule::{Intervals, Lists};
    use super::*;

    /// A point of the grid of one minute.
    const NOW: UnixMillis = UnixMillis(1_793_000_040_000);
    const MIN: Duration = Duration::from_secs(60);
    const MAX: Duration = Duration::from_secs(3600);

    fn plan() -> Plan {
        let intervals = Intervals { min_interval: MIN, max_interval: MAX };
        let over = Duration::from_secs(86_400);
        Plan::new(
            intervals,
            10,
            Lists::default(),
            UnitBudget { stats: 10_000, general: 8_000, lists: 0, over },
        )
    }

    fn views(views: i64) -> Counts {
        Counts { views: Some(views), ..Counts::default() }
    }

    fn told(title: &str, status: Status) -> Details {
        Details {
            id: "dQw4w9WgXcQ".parse().unwrap(),
            title: title.to_owned(),
            channel_id: None,
            channel_title: None,
            status,
            live: Live::None,
            published_at: None,
            duration: None,
            starts_at: None,
            counts: views(10),
        }
    }

    fn seen() -> Memory {
        Memory::default().details(&told("A", Status::Public), NOW, &plan()).0
    }

    #[test]
    fn the_first_look_is_whole() {
        assert_eq!(Memory::default().ask(NOW), Ask::Details);
        let (memory, none) = Memory::default().numbers(views(10), NOW, &plan());
        assert_eq!((memory.ask(NOW), none), (Ask::Details, None), "numbers alone are half");
        let (memory, some) = memory.details(&told("A", Status::Public), NOW, &plan());
        assert_eq!(some.unwrap().title.as_deref(), Some("A"));
        assert_eq!(memory.ask(memory.next_poll()), Ask::Stats);
    }

    #[test]
    fn numbers_are_laid_over_what_is_known() {
        let later = NOW.plus(MIN);
        let snapshot = seen().numbers(views(11), later, &plan()).1.unwrap();
        assert_eq!((snapshot.views, snapshot.title.as_deref()), (Some(11), Some("A")));
        assert_eq!((snapshot.numbers_at, snapshot.details_at), (later, NOW));
    }

    #[test]
    fn a_count_that_is_hidden_becomes_absent() {
        let snapshot = seen().numbers(Counts::default(), NOW.plus(MIN), &plan()).1.unwrap();
        assert_eq!(snapshot.views, None);
    }

    #[test]
    fn details_come_in_their_turn_while_numbers_are_read() {
        let (mut memory, mut now, mut details) = (seen(), NOW, 0);
        while now.since(NOW) < MAX {
            now = memory.next_poll();
            (memory, _) = match memory.ask(now) {
                Ask::Stats => memory.numbers(views(10), now, &plan()),
                Ask::Details => {
                    details += 1;
                    memory.details(&told("A", Status::Public), now, &plan())
                }
            };
        }
        assert!((10..=12).contains(&details), "every 5 minutes: {details}");
    }

    #[test]
    fn a_missing_video_is_unavailable_only_after_a_second_look() {
        let plan = plan();
        let (memory, none) = seen().missing(Bucket::Stats, NOW.plus(MIN), &plan);
        assert_eq!(none, None);
        assert_eq!(memory.missing_since, Some(NOW.plus(MIN)));
        assert_eq!(memory.next_poll(), NOW.plus(2 * MIN));
        assert_eq!(memory.ask(memory.next_poll()), Ask::Details);
        let (_, gone) = memory.missing(Bucket::General, NOW.plus(2 * MIN), &plan);
        let gone = gone.unwrap();
        assert_eq!((gone.status, gone.title.as_deref()), (Status::Unavailable, Some("A")));
        assert_eq!((gone.views, gone.numbers_at), (Some(10), NOW), "numbers keep their age");
    }

    #[test]
    fn two_answers_of_the_same_call_are_one_look() {
        let plan = plan();
        let (memory, _) = seen().missing(Bucket::General, NOW.plus(MIN), &plan);
        assert_eq!(memory.clone().missing(Bucket::General, NOW.plus(MIN), &plan).1, None);
        assert_eq!(memory.clone().missing(Bucket::Stats, NOW.plus(2 * MIN), &plan).1, None);
        assert!(memory.missing(Bucket::General, NOW.plus(2 * MIN), &plan).1.is_some());
    }

    #[test]
    fn a_video_that_was_missing_once_goes_on_as_if_nothing_were() {
        let plan = plan();
        let (memory, _) = seen().missing(Bucket::Stats, NOW.plus(MIN), &plan);
        let (memory, snapshot) =
            memory.details(&told("A", Status::Public), NOW.plus(2 * MIN), &plan);
        assert_eq!(snapshot.unwrap().status, Status::Public);
        assert_eq!(memory.missing_since, None);
    }

    #[test]
    fn coming_back_is_seen_by_either_call() {
        let plan = plan();
        let at = |n: u32| NOW.plus(n * MIN);
        let (memory, _) = seen().missing(Bucket::General, at(1), &plan);
        let (memory, _) = memory.missing(Bucket::General, at(2), &plan);
        let back = told("A", Status::Unlisted);
        let direct = memory.clone().details(&back, at(3), &plan).1.unwrap();
        assert_eq!(direct.status, Status::Unlisted);
        let (memory, none) = memory.numbers(views(12), at(3), &plan);
        assert_eq!(none, None, "numbers do not tell the status");
        assert_eq!(memory.ask(at(4)), Ask::Details);
        assert_eq!(memory.details(&back, at(4), &plan).1.unwrap().status, Status::Unlisted);
    }

    #[test]
    fn details_that_are_overdue_do_not_hurry_the_numbers() {
        let now = seen().details_due.plus(3 * MAX);
        let (memory, _) = seen().numbers(views(10), now, &plan());
        assert!(memory.interval() > MIN, "{:?}", memory.interval());
        assert_eq!(memory.ask(memory.next_poll()), Ask::Details);
    }

    #[test]
    fn details_that_cannot_be_read_do_not_stop_the_numbers() {
        let plan = plan();
        let mut memory = seen();
        let due = memory.details_due;
        (memory, _) = memory.damaged(Bucket::General, due, &plan);
        assert_eq!(memory.missing_since, None);
        assert_eq!(memory.ask(memory.next_poll()), Ask::Stats);
    }

    #[test]
    fn under_a_clock_that_was_set_back_looks_go_on_and_snapshots_keep_their_pace() {
        let (plan, hour) = (plan(), Duration::from_secs(3600));
        let (mut memory, _) = seen().numbers(views(11), NOW.plus(MIN), &plan);
        let interval = memory.interval();
        let due = memory.details_due;
        // What the store has moved in its column moves the rest along.
        memory = memory.clone().due_at(memory.next_poll().minus(hour));
        assert_eq!((memory.interval(), memory.details_due), (interval, due.minus(hour)));
        let mut last = NOW.plus(MIN);
        let mut now = NOW.plus(MIN).minus(hour);
        for _ in 0..10 {
            now = now.plus(MIN);
            let (next, snapshot) = memory.numbers(views(12), now, &plan);
            memory = next;
            let passed = snapshot.unwrap().observed_at.since(last);
            assert!(passed <= MIN && passed >= MIN * 8 / 10, "{passed:?}");
            last = memory.snapshot().unwrap().observed_at;
            assert!(memory.next_poll() <= now.plus(MAX));
        }
        assert!(last.since(now) < hour, "the clock catches up");
    }

    #[test]
    fn private_said_aloud_needs_no_second_look() {
        let told = told("A", Status::Unavailable);
        let snapshot = seen().details(&told, NOW.plus(MIN), &plan()).1.unwrap();
        assert_eq!(snapshot.status, Status::Unavailable);
    }

    #[test]
    fn an_unknown_id_publishes_nothing_and_is_no_new_one_at_the_next_look() {
        let plan = plan();
        assert!(Memory::default().is_new());
        let (memory, none) = Memory::default().missing(Bucket::General, NOW, &plan);
        assert_eq!((none, memory.is_new()), (None, false));
        let (memory, none) = memory.missing(Bucket::General, NOW.plus(MAX), &plan);
        assert_eq!((none, memory.missing_since), (None, Some(NOW)));
        let (memory, some) = memory.details(&told("A", Status::Public), NOW.plus(2 * MAX), &plan);
        assert_eq!((some.is_some(), memory.missing_since), (true, None));
    }

    #[test]
    fn numbers_of_a_video_that_is_gone_are_dropped_after_thirty_days() {
        let plan = plan();
        let (memory, _) = seen().missing(Bucket::General, NOW.plus(MIN), &plan);
        let later = NOW.plus(NUMBERS_KEPT + 2 * MIN);
        let gone = memory.missing(Bucket::General, later, &plan).1.unwrap();
        assert_eq!((gone.views, gone.status), (None, Status::Unavailable));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Numbers(Option<i64>),
        Details(Status, i64),
        Missing(bool),
        Damaged(bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        let status =
            prop::sample::select(vec![Status::Public, Status::Unlisted, Status::Unavailable]);
        prop_oneof![
            prop::option::of(any::<i64>()).prop_map(Step::Numbers),
            (status, any::<i64>()).prop_map(|(status, n)| Step::Details(status, n)),
            any::<bool>().prop_map(Step::Missing),
            any::<bool>().prop_map(Step::Damaged),
        ]
    }

    proptest! {
        #[test]
        fn snapshots_are_whole_and_strictly_later_whatever_comes(
            steps in prop::collection::vec((step(), -5_000i64..600_000), 1..60),
        ) {
            let (plan, mut memory, mut now) = (plan(), Memory::default(), NOW);
            let mut last: Option<Snapshot> = None;
            for (step, ms) in steps {
                now = UnixMillis(now.0 + ms);
                let stored = serde_json::to_string(&memory).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Memory>(&stored).unwrap(), &memory);
                let (next, snapshot) = match &step {
                    Step::Numbers(views) => {
                        memory.numbers(Counts { views: *views, ..Counts::default() }, now, &plan)
                    }
                    Step::Details(status, n) => {
                        let mut details = told("A", *status);
                        details.counts = views(*n);
                        memory.details(&details, now, &plan)
                    }
                    Step::Missing(true) => memory.missing(Bucket::General, now, &plan),
                    Step::Missing(false) => memory.missing(Bucket::Stats, now, &plan),
                    Step::Damaged(true) => memory.damaged(Bucket::General, now, &plan),
                    Step::Damaged(false) => memory.damaged(Bucket::Stats, now, &plan),
                };
                prop_assert!(next.next_poll() >= now.plus(MIN * 3 / 4));
                prop_assert!(next.next_poll() <= now.plus(MAX));
                if let Some(snapshot) = &snapshot {
                    prop_assert!(snapshot.title.is_some());
                    prop_assert!(snapshot.numbers_at <= snapshot.observed_at);
                    prop_assert!(snapshot.details_at <= snapshot.observed_at);
                    if let Some(last) = &last {
                        prop_assert!(snapshot.observed_at > last.observed_at);
                        prop_assert!(snapshot.numbers_at >= last.numbers_at);
                        prop_assert!(snapshot.details_at >= last.details_at);
                    }
                    prop_assert_eq!(next.snapshot(), Some(snapshot));
                    last = Some(snapshot.clone());
                }
                memory = next;
            }
        }
    }
}
