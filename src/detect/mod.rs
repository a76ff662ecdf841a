//! Stage 3: pairs a snapshot with what was last handled of its video.
//!
//! In: the [`Known`] of a video and a new [`Snapshot`]. Out: a [`Change`] with what differs, and the new [`Known`].
//! Pure. This is the one place that makes pairs, whichever bus the snapshot came by; `tests/fixtures/changes.json`
//! states what it promises in a form that any other implementation can be judged by.

use std::sync::Arc;

use crate::model::{Change, Counts, Delta, Event, Known, Live, Metric, Snapshot, Value};

/// What a snapshot is, seen beside what was last handled of its video.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "the large one is the common one, and is taken apart at once"
)]
pub enum Detected {
    /// Not newer than the last one handled: a replay, or a record that came late. Fires nothing.
    Late,
    /// The video is to be forgotten. Fires nothing.
    Forget,
    /// A newer snapshot.
    Seen {
        /// What differs; no deltas at first sight.
        change: Change,
        /// Takes the place of what was known.
        known: Known,
    },
}

/// Compares `snapshot` with what was last handled of its video; `None` for the first sight.
///
/// A count that is absent now makes no delta and keeps its last value, so that it is compared with that one when it
/// comes back; a count seen for the first time makes no delta either. A broadcast makes a delta when it goes on air
/// and when it leaves it, whatever it becomes then; being announced is not an event.
///
/// Promises that nothing is found twice: of two snapshots of the same moment the second is late.
#[must_use]
pub fn detect(known: Option<&Known>, snapshot: &Snapshot) -> Detected {
    if known.is_some_and(|known| snapshot.observed_at <= known.observed_at) {
        return Detected::Late;
    }
    let Some(title) = &snapshot.title else { return Detected::Forget };

    let previous = known.map(|known| known.last).unwrap_or_default();
    let highest = known.map(|known| known.highest).unwrap_or_default();
    let mut last = previous;
    let mut highest_now = highest;
    let mut current = Counts::default();
    let mut deltas = Vec::new();
    for metric in Metric::ALL {
        let Some(count) = snapshot.count(metric) else { continue };
        current.set(metric, Some(count));
        last.set(metric, Some(count));
        highest_now.set(metric, highest.get(metric).max(Some(count)));
        if let Some(before) = previous.get(metric).filter(|before| *before != count) {
            deltas.push(Delta::Count(metric, before, count));
        }
    }
    if let Some(known) = known {
        push_events(&mut deltas, known, snapshot, title);
    }

    Detected::Seen {
        change: Change {
            video_id: snapshot.video_id,
            previous_at: known.map(|known| known.observed_at),
            observed_at: snapshot.observed_at,
            numbers_at: snapshot.numbers_at,
            previous,
            current,
            highest,
            deltas,
        },
        known: Known {
            observed_at: snapshot.observed_at,
            numbers_at: snapshot.numbers_at,
            last,
            highest: highest_now,
            title: title.clone(),
            status: snapshot.status,
            live: snapshot.live,
        },
    }
}

fn push_events(deltas: &mut Vec<Delta>, known: &Known, snapshot: &Snapshot, title: &str) {
    let text = |text: &str| Value::Text(Arc::from(text));
    if known.title != title {
        deltas.push(Delta::Event(Event::Title, text(&known.title), text(title)));
    }
    if known.status != snapshot.status {
        let (before, now) = (known.status.name(), snapshot.status.name());
        deltas.push(Delta::Event(Event::Status, text(before), text(now)));
    }
    if (known.live == Live::Live) != (snapshot.live == Live::Live) {
        let (before, now) = (known.live.name(), snapshot.live.name());
        deltas.push(Delta::Event(Event::Live, text(before), text(now)));
    }
}

#[cfg(test)]
mod tests;
