//! A look at the feed of a list, which costs nothing.

use super::ask::AskLists;
use super::found::Row;
use super::look::{Failed, FromFeed, Look};
use crate::model::{SubjectRef, VideoId};

impl<A: AskLists> Look<'_, A> {
    /// Reads the feed, and keeps what it shows.
    pub(super) async fn feed(&mut self) -> Result<FromFeed, Failed<A::Error>> {
        let subject = match (&self.memory.channel, self.list.subject) {
            (Some(channel), _) => SubjectRef::Channel(channel.clone()),
            // Its channel is not known yet, for want of a unit.
            (None, SubjectRef::Handle(_)) => return Ok(FromFeed::Seen),
            (None, subject) => subject.clone(),
        };
        let is_expected = self.memory.rows.is_none_or(|rows| rows > 0);
        let entries = match self.ask.feed(&subject, is_expected).await {
            Ok(entries) => entries,
            Err(error) if error.is_refusal() => return Err(error.into()),
            Err(_) => return Ok(FromFeed::Failed),
        };
        let count = entries.len();
        let unknown = self.unknown(entries.iter().map(|entry| entry.id).collect()).await?;
        let mut is_news = unknown.iter().any(|id| !self.memory.asked.contains(id));
        if matches!(subject, SubjectRef::Channel(_)) {
            self.keep(entries.into_iter().map(|entry| Row::new(entry, true)));
            // Where nothing is known, some may have left the feed already. Otherwise it has told all there is to know.
            is_news &= unknown.len() == count;
        }
        if !is_news {
            return Ok(FromFeed::Seen);
        }
        if self.ask.units() > 0 {
            self.memory.asked = unknown;
        }
        Ok(FromFeed::News)
    }

    /// Those that were never members of the list.
    pub(super) async fn unknown(
        &self,
        ids: Vec<VideoId>,
    ) -> Result<Vec<VideoId>, Failed<A::Error>> {
        if ids.is_empty() {
            return Ok(ids);
        }
        self.ask.unknown(ids).await.map_err(Failed::Ask)
    }

    /// Adds rows to what was found, each video once.
    pub(super) fn keep(&mut self, rows: impl Iterator<Item = Row>) {
        for row in rows {
            if !self.found.members.iter().any(|other| other.id == row.id) {
                self.found.members.push(row);
            }
        }
    }
}
