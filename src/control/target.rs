//! What a command is about: a number of the list, or whatever names a video, channel or playlist.

use crate::model::SubjectRef;
use crate::store::{StoreError, WatchFilter, WatchRow};

use super::LookedSubject;
use super::command::{first_word, list_number, subject_first};
use super::turn::{Stop, Turn, quoted};

/// Rows that are read at a time.
const CHUNK: usize = 200;

/// What a command is about.
pub(super) struct Target {
    /// The watch's subject if there is a watch, else what was named.
    pub(super) subject: SubjectRef,
    /// The watch of it in this chat.
    pub(super) watch: Option<WatchRow>,
    /// What YouTube said when it was asked on the way.
    pub(super) looked: Option<LookedSubject>,
}

impl Turn<'_> {
    /// Goes through the watches of this chat in the order of the list, until `each` says no; places count from 1.
    pub(super) async fn each_watch(
        &self,
        mut each: impl FnMut(usize, WatchRow) -> bool + Send,
    ) -> Result<(), StoreError> {
        let mut place = 0;
        let mut after = 0;
        loop {
            let filter = WatchFilter::Of(self.chat.clone());
            let rows = self.control.store.watches(filter, after, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id.0;
            let is_last = rows.len() < CHUNK;
            for row in rows {
                place += 1;
                if !each(place, row) {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// How many watches this chat has.
    pub(super) async fn count_watches(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        self.each_watch(|place, _| {
            count = place;
            true
        })
        .await?;
        Ok(count)
    }

    /// Finds out what a command is about.
    pub(super) async fn target(&self, text: &str, example: &str) -> Result<Target, Stop> {
        // Words before a link are its title; words behind it would mean something, so they are not overlooked.
        let text = match subject_first(text) {
            Some((link, "")) => link,
            Some(_) | None => text,
        };
        if let Some(number) = list_number(text) {
            return self.numbered(number, example).await;
        }
        let mut numbers =
            text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
        if let (Some(first), Some(command)) = (numbers.next(), first_word(example))
            && list_number(first).is_some()
            && numbers.all(|word| list_number(word).is_some())
        {
            return Err(self.wrong("One at a time.", &format!("{} {first}", command.0)));
        }
        let subject = SubjectRef::from_text(text)
            .map_err(|error| self.wrong(&format!("{error}."), example))?;
        let mut found = None;
        let mut has_channels = false;
        self.each_watch(|_, row| {
            has_channels |= matches!(row.subject, SubjectRef::Channel(_));
            if row.subject.folded() == subject.folded() {
                found = Some(row);
            }
            found.is_none()
        })
        .await?;
        if let Some(watch) = found {
            let subject = watch.subject.clone();
            return Ok(Target { subject, watch: Some(watch), looked: None });
        }
        if !(has_channels && matches!(subject, SubjectRef::Handle(_))) {
            return Ok(Target { subject, watch: None, looked: None });
        }
        // The watch may stand under the channel's id; only YouTube knows which handle is whose.
        let Ok(Some(looked)) = self.control.lookup.subject(&subject, &self.asker()).await else {
            return Ok(Target { subject, watch: None, looked: None });
        };
        let mut found = None;
        self.each_watch(|_, row| {
            if row.subject.folded() == looked.subject.folded() {
                found = Some(row);
            }
            found.is_none()
        })
        .await?;
        Ok(Target { subject: looked.subject.clone(), watch: found, looked: Some(looked) })
    }

    async fn numbered(&self, number: usize, example: &str) -> Result<Target, Stop> {
        let mut found = None;
        let mut count = 0;
        self.each_watch(|place, row| {
            count = place;
            if place == number {
                found = Some(row);
            }
            found.is_none()
        })
        .await?;
        match found {
            Some(watch) => {
                let subject = watch.subject.clone();
                Ok(Target { subject, watch: Some(watch), looked: None })
            }
            None => Err(self.wrong(
                &match count {
                    0 => "Nothing is watched here yet.".to_owned(),
                    1 => format!("There is no number {number}: one thing is watched here."),
                    _ => format!("There is no number {number}: `/list` goes from 1 to {count}."),
                },
                if count == 0 { "/watch dQw4w9WgXcQ" } else { example },
            )),
        }
    }

    /// Finds the watch that a command is about.
    pub(super) async fn watched(&self, text: &str, example: &str) -> Result<WatchRow, Stop> {
        let target = self.target(text, example).await?;
        target.watch.ok_or_else(|| {
            self.wrong(&format!("{} is not watched here: see `/list`.", quoted(text)), example)
        })
    }
}
