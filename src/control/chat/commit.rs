//! What a turn changes: once per update, and with what has to stand for it.

use async_trait::async_trait;

use crate::control::actions::Commit;
use crate::model::Address;
use crate::store::{Edit, Edited, StoreError};

use super::access;
use super::answer::{Answer, Stop};
use super::turn::Turn;

/// Said when what was asked for is done, and the store fails to say how it stands now.
const DONE: &str = "Done. I can't show you how it stands just now: ask again in a minute.";

/// Topics of one chat, or channels of one server, in which something may be set. Each is a row for as long as it is.
const TOPICS_MAX: usize = 100;

const TOO_MANY_TOPICS: &str = "Something is set or watched in 100 topics of this chat, as many as may be. Choose one of those, or end what rings in one (`/unwatch all`) and come back in a week.";

const TOO_MANY_PLACES: &str = "Something is set or watched in 100 channels of this server, as many as may be. Choose one of those, or end what rings in one (`/unwatch all`) and come back in a week.";

#[async_trait]
impl Commit for Turn<'_> {
    type Stop = Stop;

    /// Applies edits with the mark of this update, and what has to stand for them to make sense.
    async fn commit(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Stop> {
        access::bring_in(self).await?;
        self.open_topic().await?;
        let mut all: Vec<Edit> = self.standing().into_iter().chain(self.groundwork()).collect();
        let before = all.len();
        all.extend(edits);
        Ok(self.commit_only(all).await?.split_off(before))
    }
}

impl Turn<'_> {
    /// Ends the work: stores the mark if the work did not, and answers.
    ///
    /// A failure after the edits were applied is no failure of the update: nothing of it is to be done again.
    pub(super) async fn finish(self, result: Result<Answer, Stop>) -> Result<(), StoreError> {
        let answer = match result {
            Ok(answer) => answer,
            Err(Stop::Answer(answer)) => answer.for_asker(),
            Err(Stop::Repeated) => return Ok(()),
            Err(Stop::Store(error)) if self.is_committed => {
                tracing::error!(
                    update.id = self.mark.map(|mark| mark.update_id),
                    error = &error as &dyn std::error::Error,
                    "what was asked for is done, but can't be shown"
                );
                self.line(DONE)
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        if !self.is_committed && self.store_with_mark(Vec::new()).await?.is_none() {
            return Ok(());
        }
        self.tell(answer).await;
        Ok(())
    }

    /// Applies these edits with the mark of this update, and nothing else.
    pub(super) async fn commit_only(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Stop> {
        let done = self.store_with_mark(edits).await?;
        self.is_committed = done.is_some();
        done.ok_or(Stop::Repeated)
    }

    /// Stores edits with the mark of this update; `None`: it has had its effect before. What came may show that the place from
    /// which it came can be reached.
    async fn store_with_mark(&self, edits: Vec<Edit>) -> Result<Option<Vec<Edited>>, StoreError> {
        let from = self.here();
        let alive = self.along.shows_a_way().then(|| Edit::Alive { destination: from.clone() });
        let before = usize::from(alive.is_some());
        let edits = alive.into_iter().chain(edits).collect();
        let done = self.control.store.edit(self.mark.cloned(), edits, self.now).await?;
        Ok(done.map(|mut done| done.split_off(before.min(done.len()))))
    }

    /// A chat from which somebody changes something is known.
    fn groundwork(&self) -> Option<Edit> {
        (self.home.is_none() && !self.is_topic()).then(|| self.enable(self.destination.clone()))
    }

    /// So is a topic, of which a chat has only so many. Blocking and migration name the chat without its topics, so it has a
    /// row of its own.
    async fn open_topic(&self) -> Result<(), Stop> {
        if self.home.is_some() || !self.is_topic() {
            return Ok(());
        }
        // A server has no row as a place to which something could be told.
        let needs_whole = self.whole.is_none() && self.along.group.is_none();
        let whole = needs_whole.then(|| self.enable(self.destination.whole()));
        let topic = Edit::AddTopic {
            topic: self.destination.clone(),
            part_of: self.along.group.clone(),
            owner: self.owner.clone(),
            limit: (!self.owner.is_operator()).then_some(TOPICS_MAX),
        };
        let edits = self.standing().into_iter().chain(whole).chain([topic]).collect();
        // A transaction of its own: beyond the limit nothing else is to be stored.
        let done = self.control.store.edit(None, edits, self.now).await?;
        match done.as_deref() {
            Some([.., Edited::TopicsReached]) => Err(self.refuse(match self.along.group {
                None => TOO_MANY_TOPICS,
                Some(_) => TOO_MANY_PLACES,
            })),
            _ => Ok(()),
        }
    }

    fn enable(&self, destination: Address) -> Edit {
        Edit::Enable { destination, owner: self.owner.clone() }
    }

    /// Whether others of the same group say nothing of it: a topic of a chat, a channel of a server.
    fn is_topic(&self) -> bool {
        self.destination.is_thread() || self.along.group.is_some()
    }
}
