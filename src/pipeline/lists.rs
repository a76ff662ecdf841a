//! The loop that finds out which videos channels and playlists have.
//!
//! It runs beside the poller, so that numbers never wait for lists, and spends from a share of its own. What to ask
//! and what the answers mean is in [`crate::source::list`]; here is the asking, and the storing of what was found.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::health::PollReporter;
use super::plan::Watched;
use super::rounds::{
    BACK_OFF, REFUSED_REST, RoundError, Rounds, STORE_REST_MAX, class, save_quota,
};
use crate::deliver::Wakers;
use crate::model::{Clock, PlaylistId, SubjectRef, UnixMillis, VideoId};
use crate::source::list::{self, AskLists, Found, List};
use crate::source::{
    Bucket, ChannelInfo, Circuit, Intervals, ListMemory, ListPace, Member, MemberPage, SourceError,
    Spender, YouTube,
};
use crate::store::{DueSubject, ListLimits, ListedMember, Listing, Polling, StoreError};

/// Lists looked at in one round; those that come due meanwhile are in the next.
const DUE_MAX: usize = 100;

/// Lists looked at at the same time: a feed that hangs does not hold up the others.
const AT_ONCE: usize = 4;

/// The longest sleep without looking for what is due.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);

/// The shortest sleep between two rounds.
const REST_AT_LEAST: Duration = Duration::from_millis(100);

/// Everything that the loop needs.
pub(crate) struct Lister {
    /// The store.
    pub store: Arc<dyn Polling>,
    /// YouTube.
    pub youtube: Arc<YouTube>,
    /// Bounds of intervals.
    pub intervals: Intervals,
    /// How many members lists may have.
    pub members: ListLimits,
    /// Rung when a watch was made.
    pub wake: Arc<Notify>,
    /// Rung by the lister for the poller: new members are to be looked at.
    pub poll: Arc<Notify>,
    /// Rung when people are to hear of a list itself.
    pub wakers: Wakers,
    /// The clock.
    pub clock: Clock,
    /// How YouTube stands.
    pub reporter: PollReporter,
    /// Whether feeds are worth asking for.
    pub feeds: Mutex<Circuit>,
}

impl Lister {
    /// Looks at lists until `stop` is cancelled.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut rounds = Rounds::default();
        while !stop.is_cancelled() {
            let woken = self.wake.notified();
            let round = async {
                // A look that is broken off was never stored, and is made again.
                stop.run_until_cancelled(self.round()).await.unwrap_or(Ok(Duration::ZERO))
            };
            let wait = match rounds.run(self.save_quota(), round).await {
                Ok(wait) => wait,
                Err(error) => self.rest_after(&error, rounds.back_off()).await,
            };
            rounds.rest(wait, woken, &stop).await;
        }
    }

    /// Looks at what is due. Returns how long nothing is.
    async fn round(&self) -> Result<Duration, RoundError> {
        let now = (self.clock)();
        let due = self.store.due_subjects(now, DUE_MAX, self.members).await?;
        if due.is_empty() {
            return Ok(LOOK_AT_LEAST_EVERY);
        }
        let is_full = due.len() == DUE_MAX;
        let watched = Watched::count(self.store.as_ref(), self.members.per_list).await?;
        let plan = watched.plan_for(self.intervals, &self.youtube, now);
        let pace = plan.pace(self.units());
        let spent = self.youtube.quota().spent(Bucket::General, now);
        let mut looks = futures_util::stream::iter(due)
            .map(|due| self.look(due, &pace))
            .buffer_unordered(AT_ONCE);
        let mut wait = LOOK_AT_LEAST_EVERY;
        let mut outcome = Ok(());
        while outcome.is_ok()
            && let Some(looked) = looks.next().await
        {
            match self.record(looked, &pace).await {
                Ok(next) => wait = wait.min(next.since((self.clock)())),
                Err(error) => outcome = Err(error),
            }
        }
        drop(looks);
        if self.youtube.quota().spent(Bucket::General, now) != spent {
            self.save_quota().await?;
        }
        outcome?;
        Ok(if is_full { REST_AT_LEAST } else { wait.max(REST_AT_LEAST) })
    }

    fn units(&self) -> u32 {
        self.youtube.quota().allowance(Bucket::General, Spender::Lists, (self.clock)())
    }

    async fn look(&self, due: DueSubject, pace: &ListPace) -> Looked {
        let now = (self.clock)();
        let mut memory = ListMemory::read(due.memory.as_deref());
        let list = List { subject: &due.subject, members_max: due.members_max, is_gone: due.gone };
        let asking = Asking { lister: self, subject: due.id };
        let outcome = list::look(&asking, list, &mut memory, pace, now).await;
        Looked { due, memory, outcome }
    }

    /// Stores what a look has found or why it found nothing, and returns when the next one is.
    ///
    /// # Errors
    ///
    /// What concerns all lists.
    async fn record(&self, looked: Looked, pace: &ListPace) -> Result<UnixMillis, RoundError> {
        let Looked { due, mut memory, outcome } = looked;
        let now = (self.clock)();
        let found = match outcome {
            Ok(found) => found,
            Err(RoundError::Source(error)) => {
                let wait = memory.failed(&error, pace, now);
                let next = now.plus(wait);
                self.store.postpone_listing(due.id, Some(memory.print()), next).await?;
                self.went_wrong(&due, &error, wait);
                return match error {
                    // Everything else would be refused too.
                    error if error.is_refusal() => Err(error.into()),
                    error @ SourceError::Burst { .. } => Err(error.into()),
                    _ => Ok(next),
                };
            }
            Err(RoundError::Store(error)) => return self.put_off(&due, error).await,
            Err(error) => return Err(error),
        };
        if found.presence.is_some() {
            self.reporter.works(now).await;
        }
        if let Some(error) = &found.trouble {
            self.went_wrong(&due, error, found.next_in);
        }
        let next = now.plus(found.next_in);
        let listing = listing(&due, &memory, found, next);
        let listed = match self.store.save_listing(listing, now).await {
            Ok(listed) => listed,
            Err(error) => return self.put_off(&due, error).await,
        };
        if listed.joined > 0 {
            // A new video is told from its first snapshot.
            self.poll.notify_one();
        }
        if listed.is_news {
            self.wakers.wake();
        }
        Ok(next)
    }

    /// A list of which something can't be stored or read has its turn later: it holds up no other one.
    async fn put_off(&self, due: &DueSubject, error: StoreError) -> Result<UnixMillis, RoundError> {
        if error.is_of_the_whole() {
            return Err(error.into());
        }
        let next = (self.clock)().plus(BACK_OFF.1);
        tracing::error!(subject = %due.subject, %error, "what was listed can't be recorded, trying again later");
        self.store.postpone_listing(due.id, None, next).await?;
        Ok(next)
    }

    fn went_wrong(&self, due: &DueSubject, error: &SourceError, wait: Duration) {
        self.reporter.metrics.polled(class(error), (self.clock)());
        let rest_s = wait.as_secs();
        tracing::warn!(subject = %due.subject, %error, rest_s, "could not be listed, trying again later");
    }

    async fn save_quota(&self) -> Result<(), StoreError> {
        save_quota(self.store.as_ref(), &self.youtube).await
    }

    /// How long to rest after a failure that concerns all lists; `grown` is the rest after so many of them.
    async fn rest_after(&self, error: &RoundError, grown: Duration) -> Duration {
        match error {
            RoundError::Store(_) | RoundError::Bus(_) => {
                tracing::error!(%error, "what was listed can't be recorded, trying again");
                grown.min(STORE_REST_MAX)
            }
            RoundError::Source(error) if error.is_refusal() => {
                self.reporter.is_refused(&error.to_string(), (self.clock)()).await;
                REFUSED_REST
            }
            RoundError::Source(SourceError::Burst { retry_after }) => {
                retry_after.unwrap_or_default().max(grown)
            }
            RoundError::Source(_) => grown,
        }
    }
}

/// One look, and what is remembered after it.
struct Looked {
    due: DueSubject,
    memory: ListMemory,
    outcome: Result<Found, RoundError>,
}

fn listing(due: &DueSubject, memory: &ListMemory, found: Found, next: UnixMillis) -> Listing {
    let members = found.members.into_iter();
    Listing {
        subject: due.id,
        title: found.title,
        same_as: found.same_as,
        memory: memory.print(),
        members: members
            .map(|row| ListedMember { id: row.id, title: row.title, at: row.at })
            .collect(),
        complete: found.is_complete,
        total: found.total,
        members_max: due.members_max,
        presence: found.presence,
        next_listing: next,
    }
}

/// Asks the real YouTube and the store on behalf of one list.
struct Asking<'a> {
    lister: &'a Lister,
    subject: i64,
}

impl Asking<'_> {
    fn now(&self) -> UnixMillis {
        (self.lister.clock)()
    }

    fn circuit<T>(&self, with: impl FnOnce(&mut Circuit) -> T) -> T {
        // A count is right after every statement, so a panic elsewhere does not spoil it.
        with(&mut self.lister.feeds.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl AskLists for Asking<'_> {
    type Error = RoundError;

    async fn feed(
        &self,
        subject: &SubjectRef,
        is_expected: bool,
    ) -> Result<Vec<Member>, SourceError> {
        let now = self.now();
        if !self.circuit(|circuit| circuit.may_ask(now)) {
            return Err(SourceError::Transient("feeds are out of order".to_owned()));
        }
        let feed = self.lister.youtube.feeds().newest(subject).await;
        match &feed {
            Ok(_) => self.circuit(Circuit::answered),
            Err(error) => {
                tracing::debug!(%subject, %error, "a feed does not answer");
                if is_expected {
                    let now = self.now();
                    self.circuit(|circuit| circuit.failed(now));
                }
            }
        }
        feed
    }

    async fn channel(&self, subject: &SubjectRef) -> Result<Option<ChannelInfo>, SourceError> {
        self.lister.youtube.channel(subject, Spender::Lists, self.now()).await
    }

    async fn playlist_title(&self, id: &PlaylistId) -> Result<Option<String>, SourceError> {
        self.lister.youtube.playlist_title(id, Spender::Lists, self.now()).await
    }

    async fn page(
        &self,
        playlist: &PlaylistId,
        token: Option<&str>,
    ) -> Result<MemberPage, SourceError> {
        self.lister.youtube.member_page(playlist, token, Spender::Lists, self.now()).await
    }

    async fn unknown(&self, ids: Vec<VideoId>) -> Result<Vec<VideoId>, RoundError> {
        Ok(self.lister.store.unknown_members(self.subject, ids).await?)
    }

    fn units(&self) -> u32 {
        self.lister.units()
    }
}
