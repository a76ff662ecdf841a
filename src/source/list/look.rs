//! One look under way: what is asked, in which order.

use super::ask::AskLists;
use super::found::{Found, List};
use super::memory::{ListMemory, PAUSE_MAX, is_over};
use crate::model::{PlaylistId, SubjectRef, UnixMillis};
use crate::source::error::SourceError;
use crate::source::schedule::ListPace;

/// Where a feed shows all that can be new, and works, a unit is spent so many times less often.
const FEED_SAVES: u32 = 3;

/// The first rows of a list, which its feed shows.
const FEED_ROWS: u64 = 15;

/// One look under way.
pub(super) struct Look<'a, A> {
    pub(super) ask: &'a A,
    pub(super) list: List<'a>,
    pub(super) memory: &'a mut ListMemory,
    pub(super) pace: &'a ListPace,
    pub(super) now: UnixMillis,
    pub(super) found: Found,
    /// Rows of the API that were never members.
    pub(super) unknown: usize,
}

/// Whose fault it is that a look ended early.
pub(super) enum Failed<E> {
    YouTube(SourceError),
    Ask(E),
}

impl<E> From<SourceError> for Failed<E> {
    fn from(error: SourceError) -> Self {
        Failed::YouTube(error)
    }
}

/// What the feed had to say.
pub(super) enum FromFeed {
    /// Nothing that the API should be asked about.
    Seen,
    /// Rows that are not known: the API shows what is above or around them.
    News,
    /// It was not to be had.
    Failed,
}

impl<A: AskLists> Look<'_, A> {
    /// Asks what is due, as far as there are units.
    pub(super) async fn run(&mut self) -> Result<(), Failed<A::Error>> {
        if let SubjectRef::Video(id) = self.list.subject {
            return Err(SourceError::Rejected(format!("{id} has no members")).into());
        }
        if self.memory.is_whole_due(self.list, self.pace, self.now) && self.may_pay() {
            let is_first = self.memory.full_at.is_none();
            match self.whole().await {
                // The feed may still tell what is new.
                Err(Failed::YouTube(error)) if !is_first && !error.is_refusal() => {
                    self.go_on_after(error);
                }
                outcome => return outcome,
            }
        }
        if self.memory.absent_since.is_some() || self.list.is_gone {
            return Ok(());
        }
        let feed = self.feed().await?;
        let is_due = self.found.trouble.is_none() && self.is_paid_due(&feed);
        let is_news = self.found.trouble.is_none() && matches!(feed, FromFeed::News);
        let asks = (is_due || is_news) && self.may_pay();
        match (asks, feed) {
            (true, feed) => match self.paid(&feed, is_due).await {
                Err(Failed::YouTube(error)) => self.paid_failed(&feed, error).await,
                outcome => outcome,
            },
            // The API has its turn later.
            (false, _) => Ok(()),
        }
    }

    /// What was found, and when the next look is.
    pub(super) fn finish(self) -> Found {
        let Look { list, memory, mut found, pace, now, .. } = self;
        if found.presence == Some(true) && found.trouble.is_none() {
            (memory.failures, memory.paused_until) = (0, None);
        }
        if let Some(channel) = &memory.channel
            && !matches!(list.subject, SubjectRef::Channel(_))
        {
            found.same_as = Some(SubjectRef::Channel(channel.clone()));
        }
        let left = memory.paid_at.map(|at| pace.paid.saturating_sub(now.since(at)));
        if let Some(left) = left.filter(|left| !left.is_zero())
            && found.next_in == pace.feed
        {
            found.next_in = left.min(pace.feed);
        }
        found
    }

    /// Whether a unit may be spent now.
    pub(super) fn may_pay(&self) -> bool {
        let is_paused = self.memory.paused_until.is_some_and(|until| {
            // A moment too far ahead was set under a wrong clock.
            until > self.now && until.since(self.now) <= PAUSE_MAX.max(self.pace.feed)
        });
        !is_paused && self.ask.units() > 0
    }

    /// Whether the members are the uploads of a channel, as far as YouTube has told.
    pub(super) fn is_channel(&self) -> bool {
        self.memory.channel.is_some()
    }

    /// Whether a unit is to be spent. Where the feed shows all that can be new, and works, that is less often so.
    fn is_paid_due(&self, feed: &FromFeed) -> bool {
        let is_in_feed =
            self.is_channel() || self.memory.rows.is_some_and(|rows| rows <= FEED_ROWS);
        let every = match feed {
            FromFeed::Seen if is_in_feed => {
                self.pace.paid.max(self.pace.feed.saturating_mul(FEED_SAVES))
            }
            FromFeed::Seen | FromFeed::News | FromFeed::Failed => self.pace.paid,
        };
        self.memory.paid_at.is_none_or(|at| is_over(at, every, self.now))
    }

    /// The playlist whose rows are the members.
    pub(super) fn playlist(&self) -> Option<PlaylistId> {
        match (&self.memory.playlist, self.list.subject) {
            (Some(playlist), _) | (None, SubjectRef::Playlist(playlist)) => Some(playlist.clone()),
            (None, _) => None,
        }
    }
}
