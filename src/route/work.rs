//! What one transaction leaves over of a change, as text that the store keeps.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Reading, Scan};
use crate::model::{Change, Counts, Delta, Event, FanoutCursor, ListNews, Metric};

/// One change with the scans that are left of it. Every value is as it was at the time of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) change: Change,
    /// The first of them is the one under way.
    pub(super) scans: VecDeque<Scan>,
    /// How far the first scan came.
    pub(super) cursor: FanoutCursor,
    /// Whether a row was handled already.
    pub(super) begun: bool,
    /// Rules of lists lack their rows for the video: these are made first. With it, whether the numbers are newer than
    /// the last ones, so that computed values are looked at once the rows stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unarmed: Option<bool>,
}

impl Job {
    pub(super) fn new(change: Change, scans: VecDeque<Scan>) -> Job {
        Job { change, scans, cursor: FanoutCursor::START, begun: false, unarmed: None }
    }

    /// Whether there is nothing to do.
    pub(super) fn is_done(&self) -> bool {
        self.scans.is_empty() && self.unarmed.is_none()
    }
}

/// Jobs of one video in their order; at most one that has begun, and one that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) jobs: VecDeque<Job>,
}

/// What a transaction left over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Left {
    /// Of changes of a video.
    Changes(Work),
    /// Of what a list's watchers are to hear.
    List(ListNews),
}

impl Left {
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data: no map with keys that are no text")
    }

    /// `None`, and a line in the log, for a text that another version wrote and this one can't read.
    pub(super) fn from_text(text: &str) -> Option<Left> {
        serde_json::from_str(text)
            .inspect_err(|error| {
                tracing::error!(error.cause = %error, "queued work can't be read and is dropped: {error}");
            })
            .ok()
    }
}

impl Work {
    pub(super) fn of(job: Job) -> Work {
        Work { jobs: VecDeque::from([job]) }
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data: no map with keys that are no text")
    }

    /// `None`, and a line in the log, for a text that another version wrote and this one can't read.
    pub(super) fn from_text(text: &str) -> Option<Work> {
        match Left::from_text(text)? {
            Left::Changes(work) => Some(work),
            Left::List(_) => None,
        }
    }
}

/// Puts newer work behind queued work of the same video, so that what waits stays of bounded size.
///
/// Changes that have not begun become one, as if the video had been looked at less often: what moved and moved back
/// in between is not told. Work that has begun is left as it is, and the newer one stands behind it.
#[must_use]
pub(crate) fn merge(queued: &str, newer: &str) -> String {
    let (Some(mut queued), Some(newer)) = (Work::from_text(queued), Work::from_text(newer)) else {
        // What can't be read can't be kept: the newer one at least is ours.
        return newer.to_owned();
    };
    for job in newer.jobs {
        match queued.jobs.pop_back() {
            Some(last) if !last.begun && !job.begun => queued.jobs.push_back(join(last, job)),
            Some(last) => queued.jobs.extend([last, job]),
            None => queued.jobs.push_back(job),
        }
    }
    queued.to_text()
}

/// One job for two changes of which none has begun.
fn join(older: Job, newer: Job) -> Job {
    let mut change = newer.change;
    change.previous_at = older.change.previous_at;
    for metric in Metric::ALL {
        let first_of = |one: &Counts, other: &Counts| one.get(metric).or(other.get(metric));
        change.previous.set(metric, first_of(&older.change.previous, &change.previous));
        change.highest.set(metric, first_of(&older.change.highest, &change.highest));
        // A count that is hidden by now was still seen to change.
        change.current.set(metric, first_of(&change.current, &older.change.current));
    }
    change.deltas =
        join_deltas(&older.change.deltas, &change.deltas, &change.previous, &change.current);

    let mut scans: Vec<Scan> = older.scans.into();
    for newer in newer.scans {
        let same = |scan: &Scan| {
            scan.series == newer.series
                && scan.list == newer.list
                && (scan.reading == Reading::Before) == (newer.reading == Reading::Before)
        };
        match scans.iter_mut().find(|scan| same(scan)) {
            Some(scan) => *scan = Scan { seam: Some(scan.seam.unwrap_or(scan.at)), ..newer },
            // A list that the video has joined meanwhile: the change began before that all the same.
            None => {
                let began = scans.iter().find(|scan| {
                    scan.series == newer.series
                        && scan.reading == Reading::Plain
                        && newer.reading == Reading::Plain
                });
                let seam = began.map(|scan| scan.seam.unwrap_or(scan.at));
                scans.push(Scan { seam: newer.seam.or(seam), ..newer });
            }
        }
    }
    // What arms again goes first, as within one change.
    scans.sort_by_key(|scan| match scan.reading {
        Reading::Plain => 0,
        Reading::Before => 1,
        Reading::Window { .. } => 2,
        Reading::Arrival => 3,
    });
    let unarmed = older.unarmed.into_iter().chain(newer.unarmed).reduce(|one, other| one | other);
    Job { unarmed, ..Job::new(change, scans.into()) }
}

fn join_deltas(
    older: &[Delta],
    newer: &[Delta],
    previous: &Counts,
    current: &Counts,
) -> Vec<Delta> {
    let counts = Metric::ALL.into_iter().filter_map(|metric| {
        let (before, now) = previous.get(metric).zip(current.get(metric))?;
        (before != now).then_some(Delta::Count(metric, before, now))
    });
    let mut joined: Vec<Delta> = counts.collect();
    let event_of = |delta: &Delta| match delta {
        Delta::Event(event, ..) => Some(*event),
        Delta::Count(..) => None,
    };
    for event in [Event::Title, Event::Status, Event::Live, Event::Upload] {
        let older = older.iter().find(|delta| event_of(delta) == Some(event));
        let newer = newer.iter().find(|delta| event_of(delta) == Some(event));
        joined.extend(match (older, newer) {
            // A broadcast that came and went has ended: that is worth telling.
            (Some(Delta::Event(_, before, _)), Some(Delta::Event(_, _, now)))
                if event != Event::Live && event != Event::Upload =>
            {
                (before != now).then(|| Delta::Event(event, before.clone(), now.clone()))
            }
            (older, newer) => newer.or(older).cloned(),
        });
    }
    joined
}

#[cfg(test)]
mod tests;
