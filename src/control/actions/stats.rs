//! The numbers of a video now.

use std::time::Duration;

use super::look::can_be_seen;
use super::{Actions, Asking, NotThere, Outcome};
use crate::control::seams::LookupError;
use crate::model::{Counts, Known, Metric, Snapshot, SubjectRef, UnixMillis, VideoId};
use crate::store::{History, StoreError};

/// Windows over which gains are told, in seconds.
const WINDOWS_S: [u32; 2] = [3600, 86_400];

/// How far back points are read: a count that rests has none, and statistics are kept no longer.
const BACK: Duration = Duration::from_secs(31 * 86_400);

/// Most points that are read: those of a day with one a minute, and some.
const POINTS_MAX: usize = 2000;

/// The numbers of a video.
#[derive(Debug)]
pub(in crate::control) enum Stats {
    /// As YouTube says them now.
    Fresh(Box<Snapshot>, Vec<Gain>),
    /// As they were when they were seen last.
    Last {
        known: Known,
        /// YouTube shows the video no more.
        is_gone: bool,
    },
}

/// What was gained within a window that the history covers.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct Gain {
    /// Its length in seconds.
    pub(in crate::control) window_s: u32,
    /// By how much the counts grew that are known at both ends.
    pub(in crate::control) by: Vec<(Metric, i64)>,
}

/// A refusal of numbers.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) enum NoStats {
    /// YouTube shows no such video.
    NotThere(NotThere),
    /// Nothing is known, and YouTube could not be asked.
    Unasked(LookupError),
}

impl Actions {
    /// The numbers of a video. What is known of it helps only where it is watched.
    pub(in crate::control) async fn stats(
        &self,
        by: &Asking,
        id: VideoId,
        now: UnixMillis,
    ) -> Outcome<Stats, NoStats, StoreError> {
        let since = now.minus(BACK);
        let history = self.why(&by.destination, id, (since, POINTS_MAX)).await?.history;
        // Asked anew: what is stored does not say whether a count has been hidden since.
        let looked = self.lookup.video(&id, &self.asker(by)).await;
        let known = history.as_ref().and_then(|history| history.known.clone());
        let not_there = || Err(NoStats::NotThere(NotThere(SubjectRef::Video(id))));
        Ok(match (looked, known) {
            (Ok(Some(looked)), _) if history.is_none() && !can_be_seen(&looked.snapshot) => {
                not_there()
            }
            (Ok(Some(looked)), _) => {
                let counts = Counts::from(&looked.snapshot);
                let gains = WINDOWS_S
                    .iter()
                    .filter_map(|window_s| gain(history.as_ref()?, &counts, *window_s, now));
                let gains = gains.collect();
                Ok(Stats::Fresh(Box::new(looked.snapshot), gains))
            }
            (Ok(None), Some(known)) => Ok(Stats::Last { known, is_gone: true }),
            (Ok(None), None) => not_there(),
            (Err(_), Some(known)) => Ok(Stats::Last { known, is_gone: false }),
            (Err(error), None) => Err(NoStats::Unasked(error)),
        })
    }
}

fn gain(history: &History, counts: &Counts, window_s: u32, now: UnixMillis) -> Option<Gain> {
    let start = now.minus(Duration::from_secs(u64::from(window_s)));
    let (_, base) = history.points.iter().rev().find(|(at, _)| *at <= start)?;
    let gained = |metric: Metric| {
        let gained = counts.get(metric)?.checked_sub(base.get(metric)?)?;
        Some((metric, gained))
    };
    let by: Vec<_> = Metric::ALL.into_iter().filter_map(gained).collect();
    (!by.is_empty()).then_some(Gain { window_s, by })
}
