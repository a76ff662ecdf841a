//! Finding the watch of what somebody names.

use super::{Actions, Asking};
use crate::control::seams::LookedSubject;
use crate::model::{Address, SubjectRef};
use crate::store::{StoreError, WatchRow};

/// What a request is about.
#[derive(Debug)]
pub(in crate::control) struct Target {
    /// The watch's subject if there is a watch, else what was named.
    pub(in crate::control) subject: SubjectRef,
    /// The watch of it at the destination.
    pub(in crate::control) watch: Option<WatchRow>,
    /// What YouTube said when it was asked on the way.
    pub(in crate::control) looked: Option<LookedSubject>,
}

impl From<WatchRow> for Target {
    fn from(watch: WatchRow) -> Target {
        Target { subject: watch.subject.clone(), watch: Some(watch), looked: None }
    }
}

impl Actions {
    /// Finds the watch of a subject; a handle also finds that of its channel.
    pub(in crate::control) async fn find(
        &self,
        by: &Asking,
        subject: SubjectRef,
    ) -> Result<Target, StoreError> {
        let mut has_channels = false;
        let found = self
            .first(&by.destination, |row| {
                has_channels |= matches!(row.subject, SubjectRef::Channel(_));
                row.subject.folded() == subject.folded()
            })
            .await?;
        if let Some(watch) = found {
            return Ok(watch.into());
        }
        if !(has_channels && matches!(subject, SubjectRef::Handle(_))) {
            return Ok(Target { subject, watch: None, looked: None });
        }
        // The watch may stand under the channel's id; only YouTube knows which handle is whose.
        let Ok(Some(looked)) = self.lookup.subject(&subject, &self.asker(by)).await else {
            return Ok(Target { subject, watch: None, looked: None });
        };
        let is_it = |row: &WatchRow| row.subject.folded() == looked.subject.folded();
        let watch = self.first(&by.destination, is_it).await?;
        Ok(Target { subject: looked.subject.clone(), watch, looked: Some(looked) })
    }

    /// The watch of that number in the list, from 1; else how many there are.
    pub(in crate::control) async fn numbered(
        &self,
        of: &Address,
        number: usize,
    ) -> Result<Result<WatchRow, usize>, StoreError> {
        let mut found = None;
        let mut count = 0;
        self.each_watch(of, |its_number, row| {
            count = its_number;
            if its_number == number {
                found = Some(row);
            }
            found.is_none()
        })
        .await?;
        Ok(found.ok_or(count))
    }

    /// The watch of just this subject at a destination.
    pub(in crate::control) async fn watch_of(
        &self,
        of: &Address,
        subject: &SubjectRef,
    ) -> Result<Option<WatchRow>, StoreError> {
        self.first(of, |row| row.subject == *subject).await
    }

    /// The watch of just this subject at any address of whoever has this one.
    pub(in crate::control) async fn watch_of_person(
        &self,
        of: &Address,
        subject: &SubjectRef,
    ) -> Result<Option<WatchRow>, StoreError> {
        let mut found = None;
        self.each_watch(of, |_, row| {
            found = (row.subject.folded() == subject.folded()).then_some(row);
            found.is_none()
        })
        .await?;
        Ok(found)
    }

    async fn first(
        &self,
        of: &Address,
        mut is_it: impl FnMut(&WatchRow) -> bool + Send,
    ) -> Result<Option<WatchRow>, StoreError> {
        let mut found = None;
        self.each_here(of, |_, row| {
            found = is_it(&row).then_some(row);
            found.is_none()
        })
        .await?;
        Ok(found)
    }
}
