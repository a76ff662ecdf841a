//! A tx in memory, and the world around it: watches are made, snapshots are seen, alerts are read.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::super::{Budget, Routed, Router};
use crate::model::{
    AlertDraft, Counts, DestinationId, Event, FanoutCursor, Found, Gate, Holder, Known, ListKey,
    Live, Marks, Membership, Metric, Mirrored, News, NextTrigger, RoutingTx, RuleId, Series,
    Signal, Snapshot, Status, SubscriptionId, Suppressed, TriggerId, TriggerRow, UnixMillis, Value,
    VideoId, VideoKey,
};
use crate::route::{language, trigger};

/// One alert as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rung {
    pub(super) trigger: TriggerId,
    pub(super) rule: RuleId,
    pub(super) video: Option<VideoKey>,
    pub(super) series: Series,
    pub(super) previous: Value,
    pub(super) current: Value,
    pub(super) marks: Marks,
    pub(super) at: i64,
    pub(super) is_urgent: bool,
}

#[derive(Default)]
pub(super) struct MemoryDesk {
    pub(super) videos: BTreeMap<VideoId, (VideoKey, Option<Known>)>,
    pub(super) history: BTreeMap<(VideoKey, UnixMillis), Counts>,
    pub(super) triggers: BTreeMap<TriggerId, (Holder, TriggerRow)>,
    pub(super) lists: BTreeMap<(VideoKey, i64), Membership>,
    /// Rules of lists that have a row per video, in the order of their ids, with how many rows they have made.
    pub(super) list_rules: Vec<(ListKey, TriggerRow)>,
    pub(super) armed: BTreeMap<(VideoKey, i64), i64>,
    /// Watches of a holder without a `status` rule.
    pub(super) watchers: Vec<(Holder, TriggerRow)>,
    pub(super) rung: Vec<Rung>,
    pub(super) suppressed: BTreeMap<(RuleId, &'static str), u64>,
    /// In the order of arrival; at most two per video.
    pub(super) queue: Vec<(Holder, String)>,
    pub(super) moves: usize,
    /// Rows that scans have read.
    pub(super) read: usize,
}

impl MemoryDesk {
    /// Whether a row of a list's rule is of a time in which its video was in the list, which is over.
    fn is_stale(&self, holder: Holder, row: &TriggerRow) -> bool {
        let Holder::Video(video) = holder else { return false };
        let of_list = self.list_rules.iter().find(|(_, rule)| rule.rule == row.rule);
        of_list.is_some_and(|(list, _)| {
            self.lists.get(&(video, list.0)).is_none_or(|member| member.since > row.since)
        })
    }

    /// The lists in which a video is.
    fn lists_of(&self, video: VideoKey) -> Vec<Membership> {
        let newest = |list: ListKey| {
            let rules = self.list_rules.iter().filter(|(of, _)| *of == list);
            rules.map(|(_, row)| row.rule.0).max().unwrap_or(0)
        };
        let of = self.lists.iter().filter(|((key, _), _)| *key == video);
        of.map(|((key, list), member)| Membership {
            is_unarmed: self.armed.get(&(*key, *list)).copied().unwrap_or(0) < newest(member.list),
            ..*member
        })
        .collect()
    }

    /// The lowest value that waits in each series.
    fn lowest(&self, holder: Holder) -> Vec<(Series, i64)> {
        let mut lowest: std::collections::BTreeMap<i64, i64> = std::collections::BTreeMap::new();
        for (_, row) in self.triggers.values().filter(|(key, _)| *key == holder) {
            let value = lowest.entry(row.series.code()).or_insert(row.value);
            *value = row.value.min(*value);
        }
        let read = |(code, value)| Some((Series::from_code(code)?, value));
        lowest.into_iter().filter_map(read).collect()
    }
}

impl RoutingTx for MemoryDesk {
    type Error = Infallible;

    fn find(&mut self, videos: &[VideoId]) -> Result<Vec<Option<Found>>, Infallible> {
        let mut found = Vec::new();
        for video in videos {
            let row = self.videos.get(video).cloned();
            found.push(row.map(|(key, known)| Found {
                key,
                known,
                lists: self.lists_of(key),
                waiting: self.lowest(Holder::Video(key)),
                is_fanning_out: self.queue.iter().any(|(of, _)| *of == Holder::Video(key)),
            }));
        }
        Ok(found)
    }

    fn arm(&mut self, video: VideoKey, limit: usize) -> Result<bool, Infallible> {
        let mut left = limit;
        for member in self.lists_of(video) {
            let armed = self.armed.entry((video, member.list.0)).or_default();
            for (_, rule) in self.list_rules.iter().filter(|(list, _)| *list == member.list) {
                if rule.rule.0 <= *armed {
                    continue;
                }
                if left == 0 {
                    return Ok(true);
                }
                left -= 1;
                *armed = rule.rule.0;
                let holder = Holder::Video(video);
                self.triggers.retain(|_, (of, row)| *of != holder || row.rule != rule.rule);
                let since = rule.since.max(member.since);
                let last = self.triggers.last_key_value().map_or(0, |(id, _)| id.0);
                let id = TriggerId(last.max(1_000_000) + 1);
                let row = TriggerRow { id, since, ..rule.clone() };
                self.triggers.insert(id, (holder, row));
            }
        }
        Ok(left == 0)
    }

    fn save_news(&mut self, list: ListKey, video: VideoKey, news: News) -> Result<(), Infallible> {
        self.lists.get_mut(&(video, list.0)).unwrap().news = news;
        Ok(())
    }

    fn save_known(&mut self, video: VideoKey, known: &Known) -> Result<(), Infallible> {
        let (_, slot) = self.videos.values_mut().find(|(key, _)| *key == video).unwrap();
        *slot = Some(known.clone());
        Ok(())
    }

    fn forget(&mut self, video: VideoKey) -> Result<(), Infallible> {
        let (_, slot) = self.videos.values_mut().find(|(key, _)| *key == video).unwrap();
        *slot = None;
        self.history.retain(|(key, _), _| *key != video);
        Ok(())
    }

    fn record(
        &mut self,
        video: VideoKey,
        at: UnixMillis,
        counts: Counts,
    ) -> Result<(), Infallible> {
        self.history.insert((video, at), counts);
        Ok(())
    }

    fn count_at(
        &mut self,
        video: VideoKey,
        metric: Metric,
        at: UnixMillis,
    ) -> Result<Option<i64>, Infallible> {
        let past = self.history.range((video, UnixMillis::MIN)..=(video, at));
        Ok(past.rev().find_map(|(_, counts)| counts.get(metric)))
    }

    fn waiting(&mut self, holder: Holder) -> Result<Vec<(Series, i64)>, Infallible> {
        Ok(self.lowest(holder))
    }

    fn scan(
        &mut self,
        holder: Holder,
        series: Series,
        upto: i64,
        cursor: FanoutCursor,
        limit: usize,
        rows: &mut Vec<TriggerRow>,
    ) -> Result<(), Infallible> {
        rows.clear();
        let is_after = |row: &TriggerRow| (row.value, row.id.0) > (cursor.value, cursor.id);
        let all: Vec<&(Holder, TriggerRow)> = match series.signal {
            Signal::Event(Event::Presence) => self.watchers.iter().collect(),
            Signal::Event(_) | Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } => {
                self.triggers.values().collect()
            }
        };
        rows.extend(
            all.into_iter()
                .filter(|(key, row)| *key == holder && row.series == series && row.value <= upto)
                .filter(|(_, row)| is_after(row))
                .map(|(_, row)| TriggerRow { is_stale: self.is_stale(holder, row), ..row.clone() }),
        );
        rows.sort_by_key(|row| (row.value, row.id));
        rows.truncate(limit);
        self.read += rows.len();
        Ok(())
    }

    fn move_trigger(&mut self, trigger: TriggerId, next: &NextTrigger) -> Result<(), Infallible> {
        let (_, row) = self.triggers.get_mut(&trigger).unwrap();
        (row.series, row.value, row.base) = (next.series, next.value, next.base);
        self.moves += 1;
        Ok(())
    }

    fn end_trigger(&mut self, trigger: TriggerId) -> Result<(), Infallible> {
        self.triggers.remove(&trigger).unwrap();
        Ok(())
    }

    fn alert(&mut self, draft: &AlertDraft<'_>) -> Result<(), Infallible> {
        self.rung.push(Rung {
            trigger: draft.trigger.id,
            rule: draft.trigger.rule,
            video: draft.video,
            series: draft.series,
            previous: draft.previous.clone(),
            current: draft.current.clone(),
            marks: draft.marks.clone(),
            at: draft.observed_at.0,
            is_urgent: draft.is_urgent,
        });
        Ok(())
    }

    fn suppress(
        &mut self,
        rule: RuleId,
        _video: VideoKey,
        reason: Suppressed,
    ) -> Result<(), Infallible> {
        *self.suppressed.entry((rule, reason.name())).or_default() += 1;
        Ok(())
    }

    fn defer(
        &mut self,
        video: VideoKey,
        work: String,
        merge: &mut dyn FnMut(&str, &str) -> String,
    ) -> Result<(), Infallible> {
        let holder = Holder::Video(video);
        let mut of_video = self.queue.iter_mut().filter(|(key, _)| *key == holder);
        match of_video.nth(1) {
            Some((_, queued)) => *queued = merge(queued, &work),
            None => self.queue.push((holder, work)),
        }
        Ok(())
    }

    fn passed(&mut self, _: VideoId) -> Result<Option<Snapshot>, Infallible> {
        Ok(None)
    }

    fn save_passed(&mut self, _: &Snapshot) -> Result<(), Infallible> {
        Ok(())
    }

    fn mirror(&mut self, _: &Mirrored) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Two videos, a router and its tx.
pub(super) struct World {
    pub(super) tx: MemoryDesk,
    pub(super) router: Router,
    next_id: i64,
}

pub(super) const VIDEO: &str = "dQw4w9WgXcQ";
pub(super) const OTHER: &str = "jNQXAC9IVRw";

impl World {
    pub(super) fn new() -> World {
        World::with_page(500)
    }

    pub(super) fn with_page(page_rows: usize) -> World {
        let mut tx = MemoryDesk::default();
        for (key, id) in [(1, VIDEO), (2, OTHER)] {
            tx.videos.insert(id.parse().unwrap(), (VideoKey(key), None));
        }
        World { tx, router: Router::with_page(page_rows), next_id: 1 }
    }

    /// Makes a watch at `now` that counts from what the router knows, as the store does.
    pub(super) fn watch(&mut self, rule: &str, now: i64) -> TriggerId {
        let known = self.tx.videos[&VIDEO.parse::<VideoId>().unwrap()].1.clone();
        self.watch_from(rule, now, known.map(|known| known.last))
    }

    /// Makes a watch at `now` whose answer told `base`.
    pub(super) fn watch_from(&mut self, rule: &str, now: i64, base: Option<Counts>) -> TriggerId {
        let id = self.next_id();
        if let Some(row) = new_row(id, rule, now, base) {
            self.tx.triggers.insert(id, (Holder::Video(VideoKey(1)), row));
        }
        id
    }

    fn next_id(&mut self) -> TriggerId {
        self.next_id += 1;
        TriggerId(self.next_id - 1)
    }

    /// Makes a rule of a list at `now`: one row there, or one for each video once that is routed.
    pub(super) fn watch_list(&mut self, list: i64, rule: &str, now: i64) -> RuleId {
        let id = self.next_id();
        let row = new_row(id, rule, now, None).unwrap();
        if trigger::is_per_video(&language::parse(rule).unwrap().condition) {
            self.tx.list_rules.push((ListKey(list), row));
        } else {
            self.tx.triggers.insert(id, (Holder::List(ListKey(list)), row));
        }
        RuleId(id.0)
    }

    /// The first video joins a list, dated `now`.
    pub(super) fn join(&mut self, list: i64, now: i64, news: News) {
        let at = UnixMillis(now);
        let member = Membership { list: ListKey(list), since: at, at, news, is_unarmed: false };
        self.tx.lists.insert((VideoKey(1), list), member);
        self.tx.armed.remove(&(VideoKey(1), list));
    }

    pub(super) fn leave(&mut self, list: i64) {
        self.tx.lists.remove(&(VideoKey(1), list));
        self.tx.armed.remove(&(VideoKey(1), list));
    }

    pub(super) fn row(&mut self, id: TriggerId) -> &mut TriggerRow {
        &mut self.tx.triggers.get_mut(&id).unwrap().1
    }

    /// Routes a snapshot within `left` alerts, and leaves the rest in the queue.
    pub(super) fn see_within(&mut self, snapshot: &Snapshot, left: usize) -> Routed {
        let mut budget = Budget::new(left, &|| false);
        self.router.route(&mut self.tx, snapshot, &mut budget).unwrap()
    }

    /// Handles a chunk of the oldest work within `left` alerts. False: there is none.
    pub(super) fn work_within(&mut self, left: usize) -> bool {
        self.work(&mut Budget::new(left, &|| false))
    }

    pub(super) fn work(&mut self, budget: &mut Budget<'_>) -> bool {
        let Some((holder, work)) = self.tx.queue.first().cloned() else { return false };
        match self.router.resume(&mut self.tx, holder, &work, budget).unwrap() {
            Some(left) => self.tx.queue[0].1 = left,
            None => drop(self.tx.queue.remove(0)),
        }
        true
    }

    /// Routes a snapshot to the end, and returns the alerts it made.
    pub(super) fn see(&mut self, snapshot: &Snapshot) -> Vec<Rung> {
        let before = self.tx.rung.len();
        self.see_within(snapshot, usize::MAX);
        while self.work_within(usize::MAX) {}
        self.tx.rung[before..].to_vec()
    }

    /// Routes snapshots of these views at these moments, and returns the alerts as (previous, current, marks).
    pub(super) fn walk(&mut self, walk: &[(i64, i64)]) -> Vec<(i64, i64, Vec<i64>)> {
        let before = self.tx.rung.len();
        for (at, views) in walk {
            self.see(&views_at(*at, Some(*views)));
        }
        self.tx.rung[before..].iter().map(told).collect()
    }
}

/// A row of a new rule; `None`: it is spent before it began.
fn new_row(id: TriggerId, rule: &str, now: i64, base: Option<Counts>) -> Option<TriggerRow> {
    let made = trigger::initial(&language::parse(rule).unwrap().condition, base.as_ref());
    made.next.map(|next| TriggerRow {
        id,
        series: next.series,
        value: next.value,
        base: next.base,
        since: UnixMillis(now),
        rule: RuleId(id.0),
        text: Arc::from(rule),
        subscription: SubscriptionId(id.0),
        destination: DestinationId(id.0),
        lane: id.0,
        gate: Gate::Open,
        is_stale: false,
    })
}

pub(super) fn told(rung: &Rung) -> (i64, i64, Vec<i64>) {
    (rung.previous.int().unwrap(), rung.current.int().unwrap(), rung.marks.values.clone())
}

pub(super) fn snapshot(at: i64) -> Snapshot {
    Snapshot {
        video_id: VIDEO.parse().unwrap(),
        observed_at: UnixMillis(at),
        numbers_at: UnixMillis(at),
        details_at: UnixMillis(at),
        views: None,
        likes: None,
        comments: None,
        title: Some("Me at the <zoo> & back".to_owned()),
        channel_id: None,
        channel_title: None,
        status: Status::Public,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

pub(super) fn views_at(at: i64, views: Option<i64>) -> Snapshot {
    Snapshot { views, ..snapshot(at) }
}
