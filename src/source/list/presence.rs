//! Whether a list is there at all.

use super::ask::AskLists;
use super::look::{Failed, Look};
use super::memory::is_over;
use crate::model::{PlaylistId, SubjectRef};
use crate::source::error::SourceError;

/// A list that is gone is asked for so many times less often than the feeds of others: hourly at first, then daily.
const GONE_OFTEN: u32 = 12;

/// See [`GONE_OFTEN`].
const GONE_SELDOM: u32 = 288;

impl<A: AskLists> Look<'_, A> {
    /// Finds out what the list is called and which playlist holds its members; `false`: YouTube does not know it.
    ///
    /// `is_refused`: YouTube has just refused to show its rows.
    pub(super) async fn resolve(&mut self, is_refused: bool) -> Result<bool, Failed<A::Error>> {
        self.memory.paid_at = Some(self.now);
        let channel = match (&self.memory.channel, self.list.subject) {
            // A handle can change hands; the channel's id can't.
            (Some(id), _) => Some(SubjectRef::Channel(id.clone())),
            (None, SubjectRef::Playlist(id)) => channel_of_uploads(id),
            (None, subject) => Some(subject.clone()),
        };
        if let Some(channel) = channel
            && let Some(info) = self.ask.channel(&channel).await?
        {
            let is_this = match self.list.subject {
                SubjectRef::Playlist(id) => info.uploads == *id,
                SubjectRef::Video(_) | SubjectRef::Channel(_) | SubjectRef::Handle(_) => true,
            };
            if is_this {
                self.found.title = Some(info.title);
                self.memory.channel = Some(info.id);
                self.memory.playlist = Some(info.uploads);
                self.is_there();
                return Ok(true);
            }
        }
        if let SubjectRef::Playlist(id) = self.list.subject
            && let Some(title) = self.ask.playlist_title(id).await?
        {
            self.found.title = Some(title);
            self.is_there();
            return Ok(true);
        }
        // An empty answer is not believed alone: the rows must be refused, too.
        if !is_refused && let Some(playlist) = self.playlist() {
            match self.ask.page(&playlist, None).await {
                Ok(_) => {
                    self.is_there();
                    return Ok(true);
                }
                Err(SourceError::NotFound(_) | SourceError::Forbidden(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.is_absent();
        Ok(false)
    }

    pub(super) fn is_there(&mut self) {
        self.memory.absent_since = None;
        self.found.presence = Some(true);
    }

    fn is_absent(&mut self) {
        let since = *self.memory.absent_since.get_or_insert(self.now);
        let is_sure = self.list.is_gone || is_over(since, self.pace.feed, self.now);
        self.memory.walk = None;
        self.memory.failures = 0;
        self.found.presence = is_sure.then_some(false);
        let often = self.pace.feed.saturating_mul(GONE_OFTEN);
        let seldom = self.pace.feed.saturating_mul(GONE_SELDOM);
        self.found.next_in = match is_sure {
            false => self.pace.feed,
            true if self.now.since(since) < seldom => often,
            true => seldom,
        };
    }
}

/// The channel whose uploads this playlist would be, if it is one of uploads. YouTube has the last word.
fn channel_of_uploads(playlist: &PlaylistId) -> Option<SubjectRef> {
    let rest = playlist.as_str().strip_prefix("UU")?;
    Some(SubjectRef::Channel(format!("UC{rest}").parse().ok()?))
}
