//! The router: one snapshot through `detect` and the triggers in its range, within a budget.
//!
//! Known values, history, alerts, next triggers, suppressions and what is left over are written at one desk, that
//! is in one transaction: a snapshot is routed as a whole or not at all.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::trigger::{self, Verdict};
use super::work::{Job, Work, merge};
use super::{Reading, Scan, language, window};
use crate::detect::{Detected, detect};
use crate::model::{
    AlertDraft, Change, Delta, Desk, Event, FanoutCursor, Gate, Metric, Rule, Series, Signal,
    Snapshot, Suppressed, TriggerRow, VideoKey,
};

/// How much a transaction may still do.
pub struct Budget<'a> {
    /// Alerts and suppressions that may still be written.
    pub left: usize,
    /// Whether the time is up. Asked after each page of rows, so a page is handled in any case.
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

    /// Routes one snapshot. What the budget leaves over is deferred at the desk.
    ///
    /// # Errors
    ///
    /// Fails only when the desk does; the transaction is then to be rolled back.
    pub fn route<D: Desk + ?Sized>(
        &mut self,
        desk: &mut D,
        snapshot: &Snapshot,
        budget: &mut Budget<'_>,
    ) -> Result<Routed, D::Error> {
        let done = |sight| Ok(Routed { sight, deferred: false });
        let Some((video, known)) = desk.known(&snapshot.video_id)? else {
            return done(Sight::Unwatched);
        };
        let (change, now_known) = match detect(known.as_ref(), snapshot) {
            Detected::Late => return done(Sight::Late),
            Detected::Forget => {
                desk.forget(video)?;
                return done(Sight::Forgotten);
            }
            Detected::Seen { change, known } => (change, known),
        };
        let sight = match (change.previous_at, change.deltas.is_empty()) {
            (None, _) => Sight::First,
            (Some(_), true) => Sight::Same,
            (Some(_), false) => Sight::Changed,
        };

        // One short look tells which series can have anything in range: most changes pass no value at all.
        let waiting = desk.waiting(video)?;
        let mut scans = plain_scans(&change);
        let has_moved = scans.iter().any(|scan| matches!(scan.series.signal, Signal::Count(_)));
        if has_moved {
            desk.record(video, change.numbers_at, change.current)?;
        }
        if let Some(known) = &known
            && (has_moved || change.numbers_at > known.numbers_at)
        {
            push_derived(desk, video, &change, &waiting, &mut scans)?;
        }
        desk.save_known(video, &now_known)?;
        if scans.is_empty() {
            return done(sight);
        }
        // Later changes of a video queue behind the one under way, or its watchers would hear them out of order.
        let is_behind = desk.is_fanning_out(video)?;
        if !is_behind {
            scans.retain(|scan| can_find(scan, &waiting));
        }
        let mut job = Job::new(change, scans);
        let deferred = is_behind || !self.run(desk, video, &mut job, budget)?;
        if deferred {
            desk.defer(video, Work::of(job).to_text(), &mut merge)?;
        }
        Ok(Routed { sight, deferred })
    }

    /// Goes on with work that was left over. `None`: finished; else the work that is still left.
    ///
    /// # Errors
    ///
    /// Fails only when the desk does; the transaction is then to be rolled back.
    pub fn resume<D: Desk + ?Sized>(
        &mut self,
        desk: &mut D,
        video: VideoKey,
        work: &str,
        budget: &mut Budget<'_>,
    ) -> Result<Option<String>, D::Error> {
        let Some(mut work) = Work::from_text(work) else { return Ok(None) };
        while let Some(job) = work.jobs.front_mut() {
            if !self.run(desk, video, job, budget)? {
                return Ok(Some(work.to_text()));
            }
            work.jobs.pop_front();
        }
        Ok(None)
    }

    /// Runs the scans of a job until they or the budget end. True: they ended.
    fn run<D: Desk + ?Sized>(
        &mut self,
        desk: &mut D,
        video: VideoKey,
        job: &mut Job,
        budget: &mut Budget<'_>,
    ) -> Result<bool, D::Error> {
        let Router { rules, rows, page_rows } = self;
        while let Some(scan) = job.scans.front() {
            let Scan { series, upto, .. } = *scan;
            desk.scan(video, series, upto, job.cursor, *page_rows, rows)?;
            for row in rows.iter() {
                let Some(rule) = rules.get(row) else { continue };
                let verdict = trigger::fire(rule, row, scan, &job.change);
                if matches!(verdict, Verdict::Fire { .. }) && budget.left == 0 {
                    return Ok(false);
                }
                carry_out(desk, video, rule, row, scan, verdict, budget)?;
                job.begun = true;
                // Rows may stay where they are (`any`), so pages go by (value, id) and not from the start.
                job.cursor = FanoutCursor { value: row.value, id: row.id.0 };
            }
            if rows.len() < *page_rows {
                job.scans.pop_front();
                job.cursor = FanoutCursor::START;
            } else if let Some(last) = rows.last() {
                job.cursor = FanoutCursor { value: last.value, id: last.id.0 };
            }
            if !rows.is_empty() && (budget.expired)() && !job.scans.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a scan can have triggers in its range. Those of derived values can: a scan before them may bring some.
fn can_find(scan: &Scan, waiting: &[(Series, i64)]) -> bool {
    scan.reading != Reading::Plain
        || waiting.iter().any(|(series, lowest)| *series == scan.series && *lowest <= scan.upto)
}

/// Writes what was decided for one trigger.
fn carry_out<D: Desk + ?Sized>(
    desk: &mut D,
    video: VideoKey,
    rule: &Rule,
    row: &TriggerRow,
    scan: &Scan,
    verdict: Verdict,
    budget: &mut Budget<'_>,
) -> Result<(), D::Error> {
    let (previous, current, marks, next) = match verdict {
        Verdict::Stay => return Ok(()),
        Verdict::Move(next) => return desk.move_trigger(row.id, &next),
        Verdict::End => return desk.end_trigger(row.id),
        Verdict::Fire { previous, current, marks, next } => (previous, current, marks, next),
    };
    budget.left = budget.left.saturating_sub(1);
    match row.gate {
        Gate::Open => {
            budget.alerts += 1;
            desk.alert(&AlertDraft {
                trigger: row,
                video,
                series: trigger::series(rule),
                previous,
                current,
                marks: &marks,
                observed_at: scan.at,
            })?;
        }
        // The trigger moves on all the same: lifting a mute brings nothing back.
        Gate::Shut(reason) => {
            budget.suppressed[reason as usize] += 1;
            desk.suppress(row.rule, video, reason)?;
        }
    }
    match next {
        None => desk.end_trigger(row.id),
        Some(next) if (next.series, next.value, next.base) == (row.series, row.value, row.base) => {
            Ok(())
        }
        Some(next) => desk.move_trigger(row.id, &next),
    }
}

/// The scans for counts that moved or were never seen before, and for events.
fn plain_scans(change: &Change) -> VecDeque<Scan> {
    let mut scans = VecDeque::new();
    let mut push = |series: Series, value: i64| {
        let (upto, at) = (series.scale(value), change.observed_at);
        scans.push_back(Scan { series, upto, at, reading: Reading::Plain, seam: None });
    };
    for metric in Metric::ALL {
        let Some(count) = change.current.get(metric) else { continue };
        if change.previous.get(metric) != Some(count) {
            push(Series::up(Signal::Count(metric)), count);
            push(Series::down(Signal::Count(metric)), count);
        }
    }
    for delta in &change.deltas {
        match delta {
            Delta::Event(event @ (Event::Title | Event::Status | Event::Live), ..) => {
                push(Series::up(Signal::Event(*event)), 0);
            }
            Delta::Event(Event::Upload, ..) | Delta::Count(..) => {}
        }
    }
    scans
}

/// The scans for derived series that have triggers: first the value just before the snapshot, then the value now.
///
/// Computed once, now: work that is left over keeps the values.
fn push_derived<D: Desk + ?Sized>(
    desk: &mut D,
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
        let Some(start) = desk.count_at(video, metric, change.numbers_at.minus(window))? else {
            continue;
        };
        let mut push = |value: i64, reading: Reading| {
            for series in [Series::up(signal), Series::down(signal)] {
                let (upto, at) = (series.scale(value), change.observed_at);
                scans.push_back(Scan { series, upto, at, reading, seam: None });
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
