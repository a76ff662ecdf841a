//! Answers what commands ask of YouTube and of Telegram.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::control::{Looked, LookedSubject, Lookup, LookupError};
use crate::model::{SubjectRef, VideoId};
use crate::notify::SendError;
use crate::notify::telegram::Telegram;
use crate::pipeline::{Clock, QUOTA_KEY, Watched};
use crate::source::{Bucket, Limits, Memory, SourceError, Spender, YouTube};
use crate::store::{Beginning, Store};

/// How long a person waits for YouTube, and everybody behind them: commands are handled one after the other.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks the real services, within the day's units.
pub(super) struct YouTubeLookup {
    pub(super) youtube: Arc<YouTube>,
    pub(super) store: Arc<dyn Store>,
    pub(super) limits: Limits,
    pub(super) members_max: usize,
    pub(super) telegram: Telegram,
    pub(super) clock: Clock,
}

impl YouTubeLookup {
    /// Units that a command has spent survive a stop like those of polling.
    async fn save_quota(&self) {
        let Ok(state) = serde_json::to_string(self.youtube.quota().state()) else { return };
        if let Err(error) = self.store.save(QUOTA_KEY, state).await {
            tracing::error!(%error, "the units that were spent could not be stored");
        }
    }
}

#[async_trait]
impl Lookup for YouTubeLookup {
    async fn video(&self, id: &VideoId) -> Result<Option<Looked>, LookupError> {
        let now = (self.clock)();
        let row = self.store.video(*id).await.map_err(|error| {
            tracing::error!(%error, "what is known of a video can't be read");
            LookupError::Unreachable("the database does not answer".to_owned())
        })?;
        let next_poll = row.as_ref().and_then(|row| row.next_poll);
        let memory: Memory = row
            .and_then(|row| row.memory)
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let memory = match next_poll {
            Some(at) => memory.due_at(at),
            None => memory,
        };
        let watched = Watched::count(self.store.as_ref(), self.members_max).await;
        let mut watched = watched.unwrap_or_default();
        watched.videos = watched.videos.saturating_add(1);
        let plan = watched.plan(self.limits, self.youtube.quota(), now);
        // What was seen a moment ago costs no unit.
        if let Some(snapshot) = memory.snapshot()
            && now.since(snapshot.observed_at.min(memory.polled_at())) < self.limits.min_interval
        {
            return Ok(looked(&memory));
        }
        let answer = in_time(self.youtube.details(&[*id], Spender::People, now)).await;
        self.save_quota().await;
        let answer = answer?;
        let memory = match answer.found.first() {
            Some(details) => memory.details(details, now, &plan).0,
            None if memory.snapshot().is_some() => memory.missing(Bucket::General, now, &plan).0,
            None => return Ok(None),
        };
        Ok(looked(&memory))
    }

    async fn subject(&self, subject: &SubjectRef) -> Result<Option<LookedSubject>, LookupError> {
        let now = (self.clock)();
        let (subject, title, playlist) = match subject {
            SubjectRef::Video(_) => return Ok(None),
            SubjectRef::Channel(_) | SubjectRef::Handle(_) => {
                match in_time(self.youtube.channel(subject, Spender::People, now)).await? {
                    // A handle can change hands; the channel's id can't.
                    Some(channel) => {
                        (SubjectRef::Channel(channel.id), Some(channel.title), channel.uploads)
                    }
                    None => return Ok(None),
                }
            }
            SubjectRef::Playlist(id) => {
                match in_time(self.youtube.playlist_title(id, Spender::People, now)).await? {
                    Some(title) => (subject.clone(), Some(title), id.clone()),
                    None => return Ok(None),
                }
            }
        };
        let members = in_time(async {
            match self.youtube.members(&playlist, 1, Spender::People, now).await {
                // A channel without uploads has no such playlist yet.
                Err(SourceError::NotFound(_)) => Ok(Some(0)),
                other => other.map(|members| Some(members.total)),
            }
        });
        let members = members.await?;
        self.save_quota().await;
        Ok(Some(LookedSubject { subject, title, members }))
    }

    async fn is_administrator(&self, chat: i64, user: i64) -> Result<bool, LookupError> {
        match self.telegram.get_chat_member(chat, user).await {
            Ok(status) => Ok(status.is_administrator()),
            // Telegram knows neither the chat nor the member: nobody who may change anything.
            Err(SendError::Gone(_) | SendError::Rejected(_)) => Ok(false),
            Err(error) => {
                tracing::warn!(%error, "Telegram did not say who is an administrator");
                Err(LookupError::Unreachable("Telegram does not answer".to_owned()))
            }
        }
    }
}

/// Asks YouTube, but not for longer than a person may wait.
async fn in_time<T>(
    question: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, LookupError> {
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(answer) => answer.map_err(|error| sort(&error)),
        Err(_) => {
            tracing::warn!("YouTube takes too long to answer a command");
            Err(LookupError::Unreachable("YouTube does not answer".to_owned()))
        }
    }
}

fn looked(memory: &Memory) -> Option<Looked> {
    let snapshot = memory.snapshot()?.clone();
    let beginning = Beginning {
        snapshot: snapshot.clone(),
        next_poll: memory.next_poll(),
        memory: serde_json::to_string(memory).ok()?,
    };
    Some(Looked { snapshot, beginning })
}

fn sort(error: &SourceError) -> LookupError {
    match error {
        SourceError::QuotaUsedUp { resets_at, .. } | SourceError::ShareUsedUp { resets_at, .. } => {
            LookupError::QuotaUsedUp { until: *resets_at }
        }
        SourceError::KeyRefused(_)
        | SourceError::NotEnabled(_)
        | SourceError::Misconfigured(_)
        | SourceError::Forbidden(_) => LookupError::KeyRefused,
        SourceError::NotFound(_)
        | SourceError::Rejected(_)
        | SourceError::Burst { .. }
        | SourceError::BadAnswer(_)
        | SourceError::Unreachable { .. }
        | SourceError::Transient(_) => {
            tracing::warn!(%error, "a question of a command could not be asked");
            LookupError::Unreachable("YouTube does not answer".to_owned())
        }
    }
}
