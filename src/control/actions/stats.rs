//! The numbers of a video now.

use std::time::Duration;

use super::look::can_be_seen;
use super::{Actions, Asking, NotThere, Outcome, Told};
use crate::control::seams::LookupError;
use crate::model::{
    Counts, Event, Known, Metric, Picture, PictureMark, Signal, Snapshot, SubjectRef, UnixMillis,
    VideoId,
};
use crate::store::{History, RuleStory, StoreError};

/// Windows over which gains are told, in seconds.
const WINDOWS_S: [u32; 2] = [3600, 86_400];

/// How far back the course of the views is told.
const COURSE_BACK: Duration = Duration::from_secs(7 * 86_400);

/// Most steps of time in it: a picture has not many more columns.
const COURSE_STEPS: u32 = 400;

/// The numbers of a video.
#[derive(Debug)]
pub(in crate::control) struct Stats {
    pub(in crate::control) numbers: StatsNumbers,
    /// How the views went; `None`: nothing of the video is watched here.
    pub(in crate::control) views: Option<Course>,
}

/// The numbers of a video, from where they are known.
#[derive(Debug)]
pub(in crate::control) enum StatsNumbers {
    /// As YouTube says them now.
    Fresh(Box<Snapshot>, Vec<Gain>),
    /// As they were when they were seen last.
    Last {
        known: Known,
        /// YouTube shows the video no more.
        is_gone: bool,
    },
}

/// When, and how many; `None`: hidden. A count holds until the next point.
type Points = Vec<(UnixMillis, Option<u64>)>;

/// How a count went lately, up to the numbers that are told with it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::control) struct Course {
    pub(in crate::control) points: Points,
    /// What of it rang at this destination.
    pub(in crate::control) marks: Vec<PictureMark>,
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
        let since = now.minus(History::BACK);
        let Told { stories, history } =
            self.why(&by.destination, id, (since, History::POINTS_MAX)).await?;
        // Asked anew: what is stored does not say whether a count has been hidden since.
        let looked = self.lookup.video(&id, &self.asker(by)).await;
        let known = history.as_ref().and_then(|history| history.known.clone());
        let not_there = || Ok(Err(NoStats::NotThere(NotThere(SubjectRef::Video(id)))));
        let numbers = match (looked, known) {
            (Ok(Some(looked)), _) if history.is_none() && !can_be_seen(&looked.snapshot) => {
                return not_there();
            }
            (Ok(Some(looked)), _) => {
                let counts = Counts::from(&looked.snapshot);
                let gains = WINDOWS_S
                    .iter()
                    .filter_map(|window_s| gain(history.as_ref()?, &counts, *window_s, now));
                let gains = gains.collect();
                StatsNumbers::Fresh(Box::new(looked.snapshot), gains)
            }
            (Ok(None), Some(known)) => StatsNumbers::Last { known, is_gone: true },
            (Ok(None), None) => return not_there(),
            (Err(_), Some(known)) => StatsNumbers::Last { known, is_gone: false },
            (Err(error), None) => return Ok(Err(NoStats::Unasked(error))),
        };
        let views = match history {
            Some(_) => Some(self.views(id, &numbers, &stories).await?),
            None => None,
        };
        Ok(Ok(Stats { numbers, views }))
    }

    /// How the views went up to these numbers.
    async fn views(
        &self,
        id: VideoId,
        numbers: &StatsNumbers,
        stories: &[RuleStory],
    ) -> Result<Course, StoreError> {
        let count = |views: Option<i64>| views.and_then(|views| u64::try_from(views).ok());
        let (until, now) = match numbers {
            StatsNumbers::Fresh(snapshot, _) => (snapshot.numbers_at, Some(count(snapshot.views))),
            StatsNumbers::Last { known, .. } => (known.numbers_at, None),
        };
        let since = until.minus(COURSE_BACK);
        let course = self.store.course(id, since, until, COURSE_STEPS).await?;
        let mut points: Points = Picture::points_of_views(&course, (since, until));
        if let (Some(now), Some(last)) = (now, points.last_mut()) {
            last.1 = now;
        }
        let marks = stories.iter().flat_map(|story| marks(story, &points)).collect();
        Ok(Course { points, marks })
    }
}

/// What of a rule's doings stands out in the course of the views.
fn marks(story: &RuleStory, points: &[(UnixMillis, Option<u64>)]) -> Vec<PictureMark> {
    let alerts = story.alerts.iter().map(|(alert, ..)| alert);
    let marks = alerts.flat_map(|alert| match alert.series.signal {
        Signal::Count(Metric::Views) => {
            let values = alert.marks.values.iter().filter_map(|value| u64::try_from(*value).ok());
            let mark = |value| Some(PictureMark::Passed(passed_at(points, value)?, value));
            values.filter_map(mark).collect()
        }
        Signal::Event(Event::Title) => vec![PictureMark::Renamed(alert.last_at)],
        Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } | Signal::Event(_) => {
            Vec::new()
        }
    });
    marks.collect()
}

/// When a value was passed: an alert may tell of several that were passed one after the other.
fn passed_at(points: &[(UnixMillis, Option<u64>)], value: u64) -> Option<UnixMillis> {
    let mut is_below = false;
    let mut known = points.iter().filter_map(|(at, count)| Some((*at, (*count)?)));
    let passed = known.find(|(_, count)| {
        let was_below = std::mem::replace(&mut is_below, *count < value);
        was_below && !is_below
    });
    passed.map(|(at, _)| at)
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
