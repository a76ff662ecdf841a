//! Answers what commands ask of YouTube.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::looks::{Looks, LooksPerChat};
use super::service_timeout::ServiceTimeout;
use crate::control::{Asker, Looked, LookedSubject, Lookup, LookupError};
use crate::model::{Clock, SubjectRef, UnixMillis, VideoId};
use crate::pipeline::{QUOTA_KEY, Watched};
use crate::source::{Bucket, Intervals, Memory, SourceError, Spender, YouTube};
use crate::store::{Beginning, FirstLook, Polling};
use crate::telemetry::LogThrottle;

/// Asks the real YouTube, within people's share of the day's units.
pub(super) struct YouTubeLookup {
    youtube: Arc<YouTube>,
    store: Arc<dyn Polling>,
    intervals: Intervals,
    members_max: usize,
    clock: Clock,
    first_look: FirstLook,
    videos: Looks<VideoId, Option<Looked>>,
    subjects: Looks<SubjectRef, Option<LookedSubject>>,
    per_chat: LooksPerChat,
    time_limit: ServiceTimeout,
    failures: Mutex<LogThrottle>,
}

/// Lines a minute about questions that are not answered.
const LINES_MAX: u32 = 5;

impl YouTubeLookup {
    pub(super) fn new(
        youtube: Arc<YouTube>,
        store: Arc<dyn Polling>,
        intervals: Intervals,
        members_max: usize,
        clock: Clock,
        first_look: FirstLook,
        time_limit: ServiceTimeout,
    ) -> YouTubeLookup {
        YouTubeLookup {
            youtube,
            store,
            intervals,
            members_max,
            clock,
            first_look,
            videos: Looks::default(),
            subjects: Looks::default(),
            per_chat: LooksPerChat::default(),
            time_limit,
            failures: Mutex::new(LogThrottle::new(LINES_MAX)),
        }
    }

    /// YouTube did not answer: in the log why, in sum where that happens often.
    fn unreachable(&self, error: &(dyn std::fmt::Display + Sync)) -> LookupError {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unsaid) = failures.pass(std::time::Instant::now()) {
            let service = "YouTube";
            tracing::warn!(service, %error, unsaid, "a question of a command could not be asked");
        }
        LookupError::Unreachable("YouTube does not answer".to_owned())
    }

    /// Asks YouTube for a chat, if it may ask today; units that this has spent survive a stop like those of polling.
    async fn spend<T>(
        &self,
        asker: &Asker,
        now: UnixMillis,
        look: impl Future<Output = Result<T, LookupError>>,
    ) -> Result<T, LookupError> {
        self.per_chat.take(asker, now)?;
        let answer = look.await;
        if answer.as_ref().is_err_and(LookupError::is_for_lack_of_units) {
            self.per_chat.give_back(asker);
        }
        self.save_quota().await;
        answer
    }

    async fn save_quota(&self) {
        let Ok(state) = serde_json::to_string(self.youtube.quota().state()) else { return };
        if let Err(error) = self.store.save(QUOTA_KEY, state).await {
            tracing::error!(%error, "the units that were spent could not be stored");
        }
    }

    /// Asks YouTube, but not for longer than a person may wait.
    async fn in_time<T>(
        &self,
        question: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, LookupError> {
        match self.time_limit.wait(question).await {
            Some(answer) => {
                answer.map_err(|error| sort(&error).unwrap_or_else(|| self.unreachable(&error)))
            }
            None => Err(self.unreachable(&"it takes too long")),
        }
    }

    /// What the poller knows of a video.
    async fn known(&self, id: &VideoId) -> Result<Memory, LookupError> {
        let row = self.store.video(*id).await.map_err(|error| {
            tracing::error!(%error, "what is known of a video can't be read");
            LookupError::Unreachable("the database does not answer".to_owned())
        })?;
        let next_poll = row.as_ref().and_then(|row| row.next_poll);
        let memory: Memory = row
            .and_then(|row| row.memory)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        Ok(match next_poll {
            Some(at) => memory.due_at(at),
            None => memory,
        })
    }

    async fn look_at_video(
        &self,
        id: &VideoId,
        memory: Memory,
        now: UnixMillis,
    ) -> Result<Option<Looked>, LookupError> {
        let watched = Watched::count(self.store.as_ref(), self.members_max).await;
        let mut watched = watched.unwrap_or_default();
        watched.videos = watched.videos.saturating_add(1);
        let plan = watched.plan(self.intervals, self.youtube.quota(), now);
        let answer = self.in_time(self.youtube.details(&[*id], Spender::People, now)).await?;
        let memory = match answer.found.first() {
            Some(details) => memory.details(details, now, &plan).0,
            None if memory.snapshot().is_some() => memory.missing(Bucket::General, now, &plan).0,
            None => return Ok(None),
        };
        Ok(looked(&memory, &self.first_look))
    }

    /// How long a new video of one more list may stay unseen, where that is longer than it should be.
    async fn delay(&self, now: UnixMillis) -> Option<(Duration, usize)> {
        let mut watched = Watched::count(self.store.as_ref(), self.members_max).await.ok()?;
        watched.lists.count = watched.lists.count.saturating_add(1);
        watched.lists.pages = watched.lists.pages.saturating_add(1);
        let plan = watched.plan(self.intervals, self.youtube.quota(), now);
        (watched.lists.count > plan.lists_in_time).then(|| (plan.list_delay(), plan.lists_in_time))
    }

    async fn look_at_subject(
        &self,
        subject: &SubjectRef,
        now: UnixMillis,
    ) -> Result<Option<LookedSubject>, LookupError> {
        let (subject, title, playlist) = match subject {
            SubjectRef::Video(_) => return Ok(None),
            SubjectRef::Channel(_) | SubjectRef::Handle(_) => {
                match self.in_time(self.youtube.channel(subject, Spender::People, now)).await? {
                    // A handle can change hands; the channel's id can't.
                    Some(channel) => {
                        (SubjectRef::Channel(channel.id), Some(channel.title), channel.uploads)
                    }
                    None => return Ok(None),
                }
            }
            SubjectRef::Playlist(id) => {
                match self.in_time(self.youtube.playlist_title(id, Spender::People, now)).await? {
                    Some(title) => (subject.clone(), Some(title), id.clone()),
                    None => return Ok(None),
                }
            }
        };
        let members = self.in_time(async {
            match self.youtube.members(&playlist, 1, Spender::People, now).await {
                // A channel without uploads has no such playlist yet.
                Err(SourceError::NotFound(_)) => Ok(Some(0)),
                other => other.map(|members| Some(members.total)),
            }
        });
        let members = members.await?;
        Ok(Some(LookedSubject { subject, title, members, delay: self.delay(now).await }))
    }
}

#[async_trait]
impl Lookup for YouTubeLookup {
    async fn video(&self, id: &VideoId, asker: &Asker) -> Result<Option<Looked>, LookupError> {
        let now = (self.clock)();
        let look = self.videos.of(id, now);
        let mut look = look.lock().await;
        let memory = self.known(id).await?;
        let polled_at = memory.polled_at();
        // What was seen a moment ago costs no unit.
        if let Some(snapshot) = memory.snapshot()
            && now.since(snapshot.observed_at.min(polled_at)) < self.intervals.min_interval
        {
            return Ok(looked(&memory, &self.first_look));
        }
        if let Some((at, answer)) = look.recent(now)
            && (memory.snapshot().is_none() || polled_at <= at)
        {
            return answer;
        }
        let asked = self.spend(asker, now, self.look_at_video(id, memory, now)).await;
        if !asked.as_ref().is_err_and(LookupError::is_of_the_asker) {
            look.keep(now, &asked);
        }
        asked
    }

    async fn subject(
        &self,
        subject: &SubjectRef,
        asker: &Asker,
    ) -> Result<Option<LookedSubject>, LookupError> {
        let now = (self.clock)();
        let look = self.subjects.of(subject, now);
        let mut look = look.lock().await;
        if let Some((_, answer)) = look.recent(now) {
            return answer;
        }
        let asked = self.spend(asker, now, self.look_at_subject(subject, now)).await;
        if !asked.as_ref().is_err_and(LookupError::is_of_the_asker) {
            look.keep(now, &asked);
        }
        asked
    }
}

fn looked(memory: &Memory, first_look: &FirstLook) -> Option<Looked> {
    let snapshot = memory.snapshot()?.clone();
    let beginning = Beginning {
        snapshot: snapshot.clone(),
        first_look: first_look.clone(),
        next_poll: memory.next_poll(),
        memory: serde_json::to_string(memory).ok()?,
    };
    Some(Looked { snapshot, beginning })
}

/// What a failure of YouTube's means to whoever asked; `None`: it did not answer.
fn sort(error: &SourceError) -> Option<LookupError> {
    match error {
        SourceError::QuotaUsedUp { resets_at, .. } => {
            Some(LookupError::QuotaUsedUp { until: *resets_at })
        }
        SourceError::ShareUsedUp { resets_at, .. } => {
            Some(LookupError::ShareUsedUp { until: *resets_at })
        }
        SourceError::KeyRefused(_)
        | SourceError::NotEnabled(_)
        | SourceError::Misconfigured(_)
        | SourceError::Forbidden(_) => Some(LookupError::KeyRefused),
        SourceError::NotFound(_)
        | SourceError::Rejected(_)
        | SourceError::Burst { .. }
        | SourceError::BadAnswer(_)
        | SourceError::Unreachable { .. }
        | SourceError::Transient(_) => None,
    }
}
