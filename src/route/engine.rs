//! The router: one snapshot through `detect` and the triggers in its range, within a budget.
//!
//! Known values, history, alerts, next triggers, suppressions and what is left over are written in one transaction: a
//! snapshot is routed as a whole or not at all.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::work::{Job, Left, Work, merge};
use super::{Reading, Scan, Verdict, language, trigger, window};
use crate::detect::{Detected, detect};
use crate::model::{
    AlertDraft, Change, Condition, Delta, Event, FanoutCursor, Found, Gate, Holder, ListNews, Live,
    Marks, Membership, Metric, News, RoutingTx, Rule, STARTED, Series, Signal, Snapshot, Status,
    Suppressed, TriggerRow, UnixMillis, Value, VideoId, VideoKey,
};

/// How much a transaction may still do.
pub struct Budget<'a> {
    /// Alerts and suppressions that may still be written.
    pub left: usize,
    /// Whether the time is up. Asked after some rows, so some are handled in any case.
    pub expired: &'a dyn Fn() -> bool,
    /// Alerts written.
    pub alerts: u64,
    /// Rules that were crossed and made no alert, in the order of [`Suppressed::ALL`].
    pub suppressed: [u64; Suppressed::ALL.len()],
}

impl<'a> Budget<'a> {
    /// A budget of `left` alerts and suppressions, and the time until `expired`.
    #[must_use]
    pub fn new(left: usize, expired: &'a dyn Fn() -> bool) -> Budget<'a> {
        Budget { left, expired, alerts: 0, suppressed: [0; Suppressed::ALL.len()] }
    }
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Budget").field("left", &self.left).finish_non_exhaustive()
    }
}

/// What a snapshot was, for the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Nobody watches the video.
    Unwatched,
    /// Not newer than the last one handled.
    Late,
    /// The video was forgotten.
    Forgotten,
    /// The first of its video.
    First,
    /// Newer, and nothing differs.
    Same,
    /// Newer, and something differs.
    Changed,
}

/// What became of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routed {
    /// What it was.
    pub sight: Sight,
    /// Whether work was left over, or put behind work that was.
    pub deferred: bool,
}

/// Rows read at once: few enough that one page is a fraction of a transaction's time.
const PAGE_ROWS: usize = 500;

/// Snapshots whose videos are looked up at once.
const AHEAD: usize = 64;

/// Rows handled between two looks at the time: a row that fires takes some microseconds, on a slow machine tens.
const ROWS_PER_LOOK: usize = 64;

/// Scans that find nothing between two looks at the time.
const SCANS_PER_LOOK: usize = 16;

/// Takes snapshots to alerts. Keeps parsed rules and buffers between calls, and nothing that a restart would miss.
#[derive(Debug)]
pub struct Router {
    rules: Rules,
    rows: Vec<TriggerRow>,
    page_rows: usize,
}

impl Default for Router {
    fn default() -> Router {
        Router::new()
    }
}

impl Router {
    /// A router with nothing in its cache.
    #[must_use]
    pub fn new() -> Router {
        Router { rules: Rules::default(), rows: Vec::new(), page_rows: PAGE_ROWS }
    }

    /// A router that reads so many rows at once.
    #[cfg(test)]
    fn with_page(page_rows: usize) -> Router {
        Router { page_rows, ..Router::new() }
    }

    /// Routes one snapshot. What the budget leaves over is written down for later, in the same transaction.
    ///
    /// # Errors
    ///
    /// Fails only when the tx does; the transaction is then to be rolled back.
    pub fn route<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        snapshot: &Snapshot,
        budget: &mut Budget<'_>,
    ) -> Result<Routed, D::Error> {
        let found = tx.find(&[snapshot.video_id])?.pop().flatten();
        self.route_found(tx, snapshot, found, budget)
    }

    /// Routes snapshots in their order until the budget is used up. Tells `each` what one was, with the position behind it.
    /// Their videos are looked up many at once.
    ///
    /// # Errors
    ///
    /// Fails only when the tx does; the transaction is then to be rolled back.
    pub fn route_all<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        mut snapshots: &[(i64, Snapshot)],
        budget: &mut Budget<'_>,
        mut each: impl FnMut(i64, Routed),
    ) -> Result<(), D::Error> {
        while !snapshots.is_empty() {
            let mut videos: Vec<VideoId> = Vec::new();
            for (_, snapshot) in snapshots.iter().take(AHEAD) {
                // One that comes again is looked up behind what its first snapshot has written.
                if videos.contains(&snapshot.video_id) {
                    break;
                }
                videos.push(snapshot.video_id);
            }
            let (next, behind) = snapshots.split_at(videos.len());
            for ((after, snapshot), found) in next.iter().zip(tx.find(&videos)?) {
                each(*after, self.route_found(tx, snapshot, found, budget)?);
                if budget.left == 0 || (budget.expired)() {
                    return Ok(());
                }
            }
            snapshots = behind;
        }
        Ok(())
    }

    /// Routes a snapshot of a video that was looked up.
    fn route_found<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        snapshot: &Snapshot,
        found: Option<Found>,
        budget: &mut Budget<'_>,
    ) -> Result<Routed, D::Error> {
        let done = |sight| Ok(Routed { sight, deferred: false });
        let Some(found) = found else { return done(Sight::Unwatched) };
        let Found { key: video, known, lists, waiting, is_fanning_out: is_behind } = found;
        let (mut change, now_known) = match detect(known.as_ref(), snapshot) {
            Detected::Late => return done(Sight::Late),
            Detected::Forget => {
                tx.forget(video)?;
                return done(Sight::Forgotten);
            }
            Detected::Seen { change, known } => (change, known),
        };
        let sight = match (change.previous_at, change.deltas.is_empty()) {
            (None, _) => Sight::First,
            (Some(_), true) => Sight::Same,
            (Some(_), false) => Sight::Changed,
        };

        let mut scans = plain_scans(&change, &lists);
        let has_moved = scans.iter().any(|scan| matches!(scan.series.signal, Signal::Count(_)));
        if has_moved {
            tx.record(video, change.numbers_at, change.current)?;
        }
        tx.save_known(video, &now_known)?;
        push_arrivals(tx, video, &mut change, &lists, snapshot, &mut scans)?;

        // Later changes of a video queue behind the one under way, or its watchers would hear them out of order.
        let is_unarmed = lists.iter().any(|list| list.is_unarmed)
            && (is_behind || self.arm(tx, video, budget)?);
        // Only numbers that are newer than the last ones say anything of a rate or a growth.
        let is_newer = known.is_some_and(|known| has_moved || change.numbers_at > known.numbers_at);
        let mut job = Job::new(change, scans);
        if is_unarmed {
            job.unarmed = Some(is_newer);
        } else {
            // Which series can have anything in range: most changes pass no value at all. Rows that were made just now are in
            // no earlier look.
            let has_armed = lists.iter().any(|list| list.is_unarmed);
            let waiting = if has_armed { tx.waiting(Holder::Video(video))? } else { waiting };
            if is_newer {
                push_derived(tx, video, &job.change, &waiting, &mut job.scans)?;
            }
            if !is_behind {
                job.scans.retain(|scan| can_find(scan, &waiting));
            }
        }
        if job.is_done() {
            return done(sight);
        }
        let deferred = is_behind || !self.run(tx, video, &mut job, budget)?;
        if deferred {
            tx.defer(video, Work::of(job).to_text(), &mut merge)?;
        }
        Ok(Routed { sight, deferred })
    }

    /// Goes on with work that was left over. `None`: finished; else the work that is still left.
    ///
    /// # Errors
    ///
    /// Fails only when the tx does; the transaction is then to be rolled back.
    pub fn resume<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        holder: Holder,
        work: &str,
        budget: &mut Budget<'_>,
    ) -> Result<Option<String>, D::Error> {
        match (Left::from_text(work), holder) {
            (Some(Left::Changes(mut work)), Holder::Video(video)) => {
                while let Some(job) = work.jobs.front_mut() {
                    if !self.run(tx, video, job, budget)? {
                        return Ok(Some(work.to_text()));
                    }
                    work.jobs.pop_front();
                }
                Ok(None)
            }
            (Some(Left::List(news)), Holder::List(_)) => self.tell_list(tx, holder, news, budget),
            (Some(Left::Changes(_) | Left::List(_)) | None, _) => Ok(None),
        }
    }

    /// Tells the watchers of a list that it is gone, or back.
    fn tell_list<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        holder: Holder,
        mut news: ListNews,
        budget: &mut Budget<'_>,
    ) -> Result<Option<String>, D::Error> {
        let Router { rows, page_rows, .. } = self;
        let word = |gone: bool| {
            let status = if gone { Status::Unavailable } else { Status::Public };
            Value::Text(Arc::from(status.name()))
        };
        loop {
            tx.scan(holder, PRESENCE, 0, news.cursor, *page_rows, rows)?;
            for row in rows.iter() {
                if budget.left == 0 {
                    return Ok(Some(Left::List(news).to_text()));
                }
                if row.since < news.at {
                    budget.left -= 1;
                    let fired = Fired {
                        video: None,
                        series: PRESENCE,
                        at: news.at,
                        previous: word(!news.gone),
                        current: word(news.gone),
                        marks: Marks::default(),
                        is_urgent: GONE_OR_BACK.is_urgent,
                    };
                    ring(tx, row, &fired, budget)?;
                }
                news.cursor = FanoutCursor { value: row.value, id: row.id.0 };
            }
            if rows.len() < *page_rows {
                return Ok(None);
            }
            if (budget.expired)() {
                return Ok(Some(Left::List(news).to_text()));
            }
        }
    }

    /// Makes the rows that rules of lists lack for a video. True: the time is up, and there are more.
    fn arm<D: RoutingTx + ?Sized>(
        &self,
        tx: &mut D,
        video: VideoKey,
        budget: &Budget<'_>,
    ) -> Result<bool, D::Error> {
        while tx.arm(video, self.page_rows)? {
            if (budget.expired)() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Runs the scans of a job until they or the budget end. True: they ended.
    fn run<D: RoutingTx + ?Sized>(
        &mut self,
        tx: &mut D,
        video: VideoKey,
        job: &mut Job,
        budget: &mut Budget<'_>,
    ) -> Result<bool, D::Error> {
        if let Some(is_newer) = job.unarmed {
            if self.arm(tx, video, budget)? {
                return Ok(false);
            }
            job.unarmed = None;
            if is_newer {
                let waiting = tx.waiting(Holder::Video(video))?;
                push_derived(tx, video, &job.change, &waiting, &mut job.scans)?;
            }
        }
        let Router { rules, rows, page_rows } = self;
        // A video may be in very many lists, and nobody there waits for this change.
        let mut empty = 0;
        while let Some(scan) = job.scans.front() {
            let Scan { series, upto, .. } = *scan;
            tx.scan(scan.holder(video), series, upto, job.cursor, *page_rows, rows)?;
            for (index, row) in rows.iter_mut().enumerate() {
                if index % ROWS_PER_LOOK == ROWS_PER_LOOK - 1 && (budget.expired)() {
                    return Ok(false);
                }
                // Rows may stay where they are (`any`), so pages go by (value, id) and not from the start.
                let cursor = FanoutCursor { value: row.value, id: row.id.0 };
                if row.is_stale {
                    tx.end_trigger(row.id)?;
                    (job.begun, job.cursor) = (true, cursor);
                    continue;
                }
                row.since = row.since.max(scan.since);
                let rule = match series {
                    PRESENCE => Some(&GONE_OR_BACK),
                    _ => rules.get(row),
                };
                if let Some(rule) = rule {
                    let when = &rule.condition;
                    let later = since_it_began(tx, video, when, row, (scan, &job.change))?;
                    let (scan, change) = match &later {
                        Some((scan, change)) => (scan, change),
                        None => (scan, &job.change),
                    };
                    let verdict = trigger::fire(when, row, scan, change);
                    if matches!(verdict, Verdict::Fire { .. }) && budget.left == 0 {
                        return Ok(false);
                    }
                    carry_out(tx, video, rule, row, (scan, change), verdict, budget)?;
                }
                (job.begun, job.cursor) = (true, cursor);
            }
            if rows.len() < *page_rows {
                job.scans.pop_front();
                job.cursor = FanoutCursor::START;
            } else if let Some(last) = rows.last() {
                job.cursor = FanoutCursor { value: last.value, id: last.id.0 };
            }
            empty = if rows.is_empty() { empty + 1 } else { 0 };
            let is_look = empty % SCANS_PER_LOOK == 0;
            if is_look && !job.scans.is_empty() && (budget.expired)() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a scan can have triggers in its range. Those of derived values can: a scan before them may bring some.
fn can_find(scan: &Scan, waiting: &[(Series, i64)]) -> bool {
    scan.reading != Reading::Plain
        || scan.list.is_some()
        || scan.series == PRESENCE
        || waiting.iter().any(|(series, lowest)| *series == scan.series && *lowest <= scan.upto)
}

/// The part of a change that a trigger may hear of, where the change stands for several that waited together and the
/// trigger was made between them, without a value to count from: its previous value is the one of that moment.
fn since_it_began<D: RoutingTx + ?Sized>(
    tx: &mut D,
    video: VideoKey,
    condition: &Condition,
    row: &TriggerRow,
    (scan, change): (&Scan, &Change),
) -> Result<Option<(Scan, Change)>, D::Error> {
    let is_between = scan.reading == Reading::Plain
        && scan.seam.is_some_and(|seam| seam <= row.since && row.since < scan.at);
    let (true, None, Some(metric)) = (is_between, row.base, condition.metric()) else {
        return Ok(None);
    };
    let Some(before) = tx.count_at(video, metric, row.since)? else { return Ok(None) };
    let mut later = change.clone();
    later.previous_at = Some(row.since);
    later.previous.set(metric, Some(before));
    let highest = later.highest.get(metric).map_or(before, |highest| highest.max(before));
    later.highest.set(metric, Some(highest));
    Ok(Some((Scan { seam: None, ..*scan }, later)))
}

/// Writes what was decided for one trigger.
fn carry_out<D: RoutingTx + ?Sized>(
    tx: &mut D,
    video: VideoKey,
    rule: &Rule,
    row: &TriggerRow,
    (scan, change): (&Scan, &Change),
    verdict: Verdict,
    budget: &mut Budget<'_>,
) -> Result<(), D::Error> {
    let (previous, current, marks, next) = match verdict {
        Verdict::Stay => return Ok(()),
        Verdict::Move(next) => return tx.move_trigger(row.id, &next),
        Verdict::End => return tx.end_trigger(row.id),
        Verdict::Fire { previous, current, marks, next } => (previous, current, marks, next),
    };
    budget.left = budget.left.saturating_sub(1);
    let series = trigger::series(&rule.condition);
    // The date of a new video says who is to hear of it; it was seen now.
    let at = if scan.reading == Reading::Arrival { change.observed_at } else { scan.at };
    let is_urgent = rule.is_urgent;
    let fired = Fired { video: Some(video), series, at, previous, current, marks, is_urgent };
    // The trigger moves on also where nothing may ring: lifting a mute brings nothing back.
    ring(tx, row, &fired, budget)?;
    match next {
        None => tx.end_trigger(row.id),
        Some(next) if (next.series, next.value, next.base) == (row.series, row.value, row.base) => {
            Ok(())
        }
        Some(next) => tx.move_trigger(row.id, &next),
    }
}

/// The series of rows that stand for watches and not for triggers.
const PRESENCE: Series = Series::up(Signal::Event(Event::Presence));

/// What stands in the place of their rule.
static GONE_OR_BACK: Rule = Rule { condition: Condition::Event(Event::Presence), is_urgent: false };

/// What one watch is to hear.
struct Fired {
    video: Option<VideoKey>,
    series: Series,
    at: UnixMillis,
    previous: Value,
    current: Value,
    marks: Marks,
    is_urgent: bool,
}

/// Writes an alert, or counts why there is none.
fn ring<D: RoutingTx + ?Sized>(
    tx: &mut D,
    row: &TriggerRow,
    fired: &Fired,
    budget: &mut Budget<'_>,
) -> Result<(), D::Error> {
    match (row.gate, fired.video) {
        (Gate::Open, video) => {
            budget.alerts += 1;
            tx.alert(&AlertDraft {
                trigger: row,
                video,
                series: fired.series,
                previous: fired.previous.clone(),
                current: fired.current.clone(),
                marks: &fired.marks,
                observed_at: fired.at,
                is_urgent: fired.is_urgent,
            })
        }
        (Gate::Shut(reason), video) => {
            budget.suppressed[reason as usize] += 1;
            match video {
                Some(video) if row.rule != TriggerRow::NO_RULE => {
                    tx.suppress(row.rule, video, reason)
                }
                // There is no rule for which it could be counted.
                Some(_) | None => Ok(()),
            }
        }
    }
}

/// The scans for counts that moved or were never seen before, and for events: of the video's own rows, and of each
/// list's.
fn plain_scans(change: &Change, lists: &[Membership]) -> VecDeque<Scan> {
    let mut scans = VecDeque::new();
    let mut push = |series: Series, value: i64, with_lists: bool| {
        let own = Scan {
            series,
            upto: series.scale(value),
            at: change.observed_at,
            reading: Reading::Plain,
            list: None,
            since: UnixMillis(0),
            seam: None,
        };
        scans.push_back(own);
        let lists = lists.iter().filter(|list| with_lists && list.since < change.observed_at);
        scans.extend(lists.map(|list| Scan { list: Some(list.list), since: list.since, ..own }));
    };
    for metric in Metric::ALL {
        let Some(count) = change.current.get(metric) else { continue };
        let previous = change.previous.get(metric);
        if previous != Some(count) {
            // Rules that a list holds have no value of their own to count from: of a first count none of them can ring.
            push(Series::up(Signal::Count(metric)), count, previous.is_some());
            // What a list holds rises with every change of a count: `any`.
            push(Series::down(Signal::Count(metric)), count, false);
        }
    }
    for delta in &change.deltas {
        match delta {
            Delta::Event(
                event @ (Event::Title | Event::Status | Event::Live),
                previous,
                current,
            ) => {
                push(Series::up(Signal::Event(*event)), 0, true);
                let is_gone = |value: &Value| value.text() == Some(Status::Unavailable.name());
                if *event == Event::Status && is_gone(previous) != is_gone(current) {
                    push(PRESENCE, 0, false);
                }
            }
            Delta::Event(Event::Upload | Event::Presence, ..) | Delta::Count(..) => {}
        }
    }
    scans
}

/// YouTube's clock and ours may lie so far apart: what is dated a little before a watch began is news to it.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);

/// The scans that tell of a new video in its lists, once it can be seen; and once more when what was announced has begun.
fn push_arrivals<D: RoutingTx + ?Sized>(
    tx: &mut D,
    video: VideoKey,
    change: &mut Change,
    lists: &[Membership],
    snapshot: &Snapshot,
    scans: &mut VecDeque<Scan>,
) -> Result<(), D::Error> {
    let is_announced = snapshot.live == Live::Upcoming;
    for list in lists {
        let news = match (list.news, is_announced) {
            _ if snapshot.status == Status::Unavailable => continue,
            (News::Told, _) | (News::Announced, true) => continue,
            (News::New, true) => News::Announced,
            (News::New | News::Announced, false) => News::Told,
        };
        tx.save_news(list.list, video, news)?;
        if !change.deltas.iter().any(|delta| matches!(delta, Delta::Event(Event::Upload, ..))) {
            change.deltas.push(arrival(list.news, snapshot));
        }
        scans.push_back(Scan {
            series: Series::up(Signal::Event(Event::Upload)),
            upto: 0,
            at: change.observed_at.min(list.at.plus(CLOCKS_DIFFER)),
            reading: Reading::Arrival,
            list: Some(list.list),
            since: UnixMillis(0),
            seam: None,
        });
    }
    Ok(())
}

/// How a new video is told: before it the word that says how it came (`upcoming`, `started`; nothing for an ordinary
/// one), now its title, or the time at which it begins.
fn arrival(news: News, snapshot: &Snapshot) -> Delta {
    let text = |text: &str| Value::Text(Arc::from(text));
    let title = text(snapshot.title.as_deref().unwrap_or_default());
    let (previous, current) = match (news, snapshot.live, snapshot.starts_at) {
        (_, Live::Upcoming, Some(at)) => (text(Live::Upcoming.name()), Value::Int(at.0)),
        (_, Live::Upcoming, None) => (text(Live::Upcoming.name()), title),
        (News::Announced, ..) => (text(STARTED), title),
        (News::New | News::Told, ..) => (Value::None, title),
    };
    Delta::Event(Event::Upload, previous, current)
}

/// The scans for derived series that have triggers: first the value just before the snapshot, then the value now.
///
/// Computed once, now: work that is left over keeps the values.
fn push_derived<D: RoutingTx + ?Sized>(
    tx: &mut D,
    video: VideoKey,
    change: &Change,
    waiting: &[(Series, i64)],
    scans: &mut VecDeque<Scan>,
) -> Result<(), D::Error> {
    let mut signals: Vec<Signal> = Vec::new();
    for (series, _) in waiting {
        if !signals.contains(&series.signal) {
            signals.push(series.signal);
        }
    }
    for signal in signals {
        let (Signal::Gain { metric, window_s } | Signal::Growth { metric, window_s }) = signal
        else {
            continue;
        };
        let Some(now) = change.current.get(metric) else { continue };
        let window = std::time::Duration::from_secs(u64::from(window_s));
        let Some(start) = tx.count_at(video, metric, change.numbers_at.minus(window))? else {
            continue;
        };
        let mut push = |value: i64, reading: Reading| {
            for series in [Series::up(signal), Series::down(signal)] {
                let (upto, at) = (series.scale(value), change.observed_at);
                let (list, since) = (None, UnixMillis(0));
                let is_there = |scan: &Scan| scan.series == series && scan.reading == reading;
                if !scans.iter().any(is_there) {
                    scans.push_back(Scan { series, upto, at, reading, list, since, seam: None });
                }
            }
        };
        let before = change.previous.get(metric).filter(|before| *before != now);
        if let Some(value) = before.and_then(|before| window::derived(signal, start, before)) {
            push(value, Reading::Before);
        }
        if let Some(value) = window::derived(signal, start, now) {
            push(value, Reading::Window { start, now });
        }
    }
    Ok(())
}

/// Rules by their text, parsed once. Bounded: when full it starts afresh.
#[derive(Debug, Default)]
struct Rules {
    by_text: HashMap<Arc<str>, usize>,
    parsed: Vec<Option<Rule>>,
    /// Rows of a page mostly share their text: then no hash is needed.
    last: Option<(Arc<str>, usize)>,
}

impl Rules {
    /// Some thousand texts are more than any installation writes by hand, and a few megabytes at most.
    const MAX: usize = 4096;

    /// The rule of a trigger; `None`, and one line in the log, when its text is none.
    fn get(&mut self, row: &TriggerRow) -> Option<&Rule> {
        let index = match &self.last {
            Some((text, index)) if Arc::ptr_eq(text, &row.text) => *index,
            _ => self.find(row),
        };
        self.parsed.get(index)?.as_ref()
    }

    fn find(&mut self, row: &TriggerRow) -> usize {
        if self.parsed.len() >= Rules::MAX {
            *self = Rules::default();
        }
        let index = match self.by_text.get(&row.text) {
            Some(index) => *index,
            None => {
                let rule = language::parse(&row.text)
                    .inspect_err(|error| {
                        tracing::error!(
                            rule.id = row.rule.0,
                            error.cause = %error,
                            "the stored rule {} can't be read and never fires: {error}",
                            row.rule
                        );
                    })
                    .ok();
                self.parsed.push(rule);
                self.by_text.insert(Arc::clone(&row.text), self.parsed.len() - 1);
                self.parsed.len() - 1
            }
        };
        self.last = Some((Arc::clone(&row.text), index));
        index
    }
}

#[cfg(test)]
mod tests;
