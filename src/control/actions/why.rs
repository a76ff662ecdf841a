//! Why there was a message, or none, and what a rule waits for.

use super::Actions;
use crate::model::{Address, Series, Signal, SubjectRef, UnixMillis, VideoId};
use crate::route::trigger::LOWEST;
use crate::store::{History, RuleStory, StoreError};

/// What is known of a video at a destination.
#[derive(Debug)]
pub(in crate::control) struct Told {
    /// The rules that it has met there, also those that have ended.
    pub(in crate::control) stories: Vec<RuleStory>,
    /// What is known of the video, where it is watched there.
    pub(in crate::control) history: Option<History>,
}

/// A rule of a watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::control) struct RuleNow {
    pub(in crate::control) text: String,
    /// The count at which it fires next, where a single video is watched.
    pub(in crate::control) next: Option<i64>,
}

impl Actions {
    /// The stories of the rules that a video has met, with its points since a moment.
    pub(in crate::control) async fn why(
        &self,
        of: &Address,
        id: VideoId,
        (since, points_max): (UnixMillis, usize),
    ) -> Result<Told, StoreError> {
        let stories = self.store.why(id, Some(of.clone())).await?;
        // What is known of a video that others watch is theirs, also that they do.
        let history = match stories.iter().any(|story| !story.ended) {
            true => self.store.history(id, since, points_max).await?,
            false => None,
        };
        Ok(Told { stories, history })
    }

    /// What is known of a video, without its points.
    pub(in crate::control) async fn known(
        &self,
        id: VideoId,
    ) -> Result<Option<History>, StoreError> {
        self.store.history(id, UnixMillis::default(), 0).await
    }

    /// Rules with the values at which they fire next.
    pub(in crate::control) async fn rules(
        &self,
        of: &Address,
        subject: &SubjectRef,
        texts: impl Iterator<Item = &str>,
    ) -> Result<Vec<RuleNow>, StoreError> {
        let stories = match subject {
            SubjectRef::Video(id) => self.store.why(*id, Some(of.clone())).await?,
            SubjectRef::Channel(_) | SubjectRef::Handle(_) | SubjectRef::Playlist(_) => Vec::new(),
        };
        let next = |text: &str| {
            let story = stories.iter().find(|story| !story.ended && story.rule_text == text)?;
            next_count(story.trigger?)
        };
        Ok(texts.map(|text| RuleNow { text: text.to_owned(), next: next(text) }).collect())
    }
}

/// The count at which a trigger fires, where it waits for one.
fn next_count((series, value): (Series, i64)) -> Option<i64> {
    match series.signal {
        Signal::Count(_) if value != LOWEST => Some(series.scale(value)),
        Signal::Count(_) | Signal::Gain { .. } | Signal::Growth { .. } | Signal::Event(_) => None,
    }
}
