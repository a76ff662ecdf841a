//! The polling loop: what is due is asked for, merged, remembered and published.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::health::PollReporter;
use super::plan::Watched;
use super::rounds::{REFUSED_REST, RoundError, Rounds, STORE_REST_MAX, class, save_quota};
use crate::bus::SnapshotSink;
use crate::model::{Clock, Snapshot, UnixMillis, VideoId, VideoKey};
use crate::render::numbers::Moment;
use crate::render::views::Notice;
use crate::source::{
    Answer, Bucket, Details, Memory, Merged, Plan, SourceError, Spender, Stats, YouTube,
    YouTubeOptions, next_reset, next_round,
};
use crate::store::{Polled, Polling, StoreError};
use crate::telemetry::{By, Plain, PollClass, seconds};

/// Videos looked at for one round: forty requests, whose memories are in memory at a time.
const DUE_MAX: usize = 2_000;

/// Videos that are due soon and may fill up the last request of a round.
const SOON_MAX: usize = 200;

/// The shortest time between two rounds, and the same where one kind of look has no units at present.
const SOONEST: Duration = Duration::from_millis(100);
const STARVED_SOONEST: Duration = Duration::from_secs(1);

/// The longest sleep without looking for what is due.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);

/// Everything that the polling loop needs.
pub(crate) struct Poller {
    /// The store.
    pub store: Arc<dyn Polling>,
    /// Where snapshots go.
    pub sink: Arc<dyn SnapshotSink>,
    /// YouTube.
    pub youtube: Arc<YouTube>,
    /// Intervals.
    pub options: YouTubeOptions,
    /// The time zone of times in notices.
    pub tz: String,
    /// How many members a channel or playlist may have.
    pub members_max: usize,
    /// Rung when a watch was made.
    pub wake: Arc<Notify>,
    /// The clock.
    pub clock: Clock,
    /// How YouTube stands.
    pub reporter: PollReporter,
}

impl Poller {
    /// Polls until `stop` is cancelled; answers that have come are recorded.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut rounds = Rounds::default();
        let mut used_up = [None; Bucket::ALL.len()];
        while !stop.is_cancelled() {
            let woken = self.wake.notified();
            let outcome = rounds.run(self.save_quota(), self.round(&stop)).await;
            self.show_quota();
            self.tell_used_up(&mut used_up).await;
            let wait = match outcome {
                Ok(wait) => wait,
                Err(error) => self.rest_after(&error, rounds.back_off()).await,
            };
            rounds.rest(wait, woken, &stop).await;
        }
        // With the unit of a look that was broken off.
        if let Err(error) = self.save_quota().await {
            tracing::warn!(%error, "the units that were spent could not be stored");
        }
    }

    /// One round: requests for everything that is due. Returns how long nothing is due.
    ///
    /// A stop breaks off questions to YouTube: such a look was never stored, and is made again. What was answered is
    /// recorded to its end, or a video would wait for its next look with a snapshot that nobody has seen.
    async fn round(&self, stop: &CancellationToken) -> Result<Duration, RoundError> {
        let now = (self.clock)();
        let watched = Watched::count(self.store.as_ref(), self.members_max).await?;
        let plan = watched.plan_for(self.options.intervals(), &self.youtube, now);
        let mut due = self.store.due_videos(now, DUE_MAX).await?;
        if !due.is_empty() {
            let until = now.plus(plan.look_ahead());
            due.extend(self.store.soon_videos(now, until, SOON_MAX).await?);
        }
        let mut memories: HashMap<VideoId, (VideoKey, Memory)> = HashMap::new();
        for video in due {
            let memory = video.memory.as_deref().map_or(Memory::default(), |text| {
                // A memory that an older version wrote differently is made anew at this look.
                serde_json::from_str(text).unwrap_or_default()
            });
            let memory = match video.next_poll {
                Some(at) => memory.due_at(at),
                None => memory,
            };
            memories.insert(video.id, (video.key, memory));
        }
        let rows: Vec<(VideoId, &Memory)> =
            memories.iter().map(|(id, (_, memory))| (*id, memory)).collect();
        let quota = self.youtube.quota();
        let round = next_round(
            &rows,
            &plan,
            quota.allowance(Bucket::General, Spender::Polling, now),
            quota.allowance(Bucket::Stats, Spender::Polling, now),
            now,
        );
        let mut failed = None;
        for ids in &round.details {
            let asked = self.youtube.details(ids, Spender::Polling, (self.clock)());
            let Some(answer) = stop.run_until_cancelled(asked).await else {
                return Ok(Duration::ZERO);
            };
            let outcome = self.details(answer, &mut memories, &plan).await;
            failed = self.next(outcome, failed).await?;
        }
        for ids in &round.stats {
            let asked = self.youtube.stats(ids, Spender::Polling, (self.clock)());
            let Some(answer) = stop.run_until_cancelled(asked).await else {
                return Ok(Duration::ZERO);
            };
            let outcome = self.stats(answer, &mut memories, &plan).await;
            failed = self.next(outcome, failed).await?;
        }
        if !round.details.is_empty() || !round.stats.is_empty() {
            self.save_quota().await?;
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.next_wait().await
    }

    /// A bucket that is used up ends only its own requests of the round; any other failure ends the round.
    async fn next(
        &self,
        outcome: Result<(), RoundError>,
        failed: Option<SourceError>,
    ) -> Result<Option<SourceError>, RoundError> {
        match outcome {
            Ok(()) => {
                self.reporter.works((self.clock)()).await;
                Ok(failed)
            }
            Err(RoundError::Source(
                error @ (SourceError::QuotaUsedUp { .. } | SourceError::ShareUsedUp { .. }),
            )) => {
                self.reporter.metrics.polled(class(&error), (self.clock)());
                Ok(Some(error))
            }
            Err(RoundError::Source(SourceError::BadAnswer(reason))) => {
                // This batch stays due; others may be read all the same.
                tracing::warn!(reason, "an answer of YouTube could not be read");
                self.reporter.metrics.polled(PollClass::BadAnswer, (self.clock)());
                Ok(failed.or(Some(SourceError::BadAnswer(reason))))
            }
            Err(error) => {
                let class = match &error {
                    RoundError::Source(error) => class(error),
                    RoundError::Store(_) | RoundError::Bus(_) => PollClass::Unrecorded,
                };
                self.reporter.metrics.polled(class, (self.clock)());
                self.save_quota().await?;
                Err(error)
            }
        }
    }

    async fn details(
        &self,
        answer: Result<Answer<Details>, SourceError>,
        memories: &mut HashMap<VideoId, (VideoKey, Memory)>,
        plan: &Plan,
    ) -> Result<(), RoundError> {
        let answer = answer?;
        let now = (self.clock)();
        let mut merged = Vec::new();
        for details in &answer.found {
            merge(memories, details.id, &mut merged, |memory| memory.details(details, now, plan));
        }
        for id in &answer.missing {
            merge(memories, *id, &mut merged, |memory| memory.missing(Bucket::General, now, plan));
        }
        for (id, reason) in &answer.damaged {
            tracing::warn!(video.id = %id, reason, "a video in an answer of YouTube could not be read");
            merge(memories, *id, &mut merged, |memory| memory.damaged(Bucket::General, now, plan));
        }
        self.record(merged).await
    }

    async fn stats(
        &self,
        answer: Result<Stats, SourceError>,
        memories: &mut HashMap<VideoId, (VideoKey, Memory)>,
        plan: &Plan,
    ) -> Result<(), RoundError> {
        let answer = answer?;
        let now = (self.clock)();
        let mut merged = Vec::new();
        for (id, counts) in &answer.found {
            merge(memories, *id, &mut merged, |memory| memory.numbers(*counts, now, plan));
        }
        for id in &answer.missing {
            merge(memories, *id, &mut merged, |memory| memory.missing(Bucket::Stats, now, plan));
        }
        for (id, reason) in &answer.damaged {
            tracing::warn!(video.id = %id, reason, "numbers in an answer of YouTube could not be read");
            merge(memories, *id, &mut merged, |memory| memory.damaged(Bucket::Stats, now, plan));
        }
        self.record(merged).await
    }

    /// The memory first, then the stream: what a crash keeps back between the two heals at the next poll.
    async fn record(&self, merged: Vec<(VideoKey, Merged)>) -> Result<(), RoundError> {
        let mut polled = Vec::with_capacity(merged.len());
        let mut snapshots: Vec<Snapshot> = Vec::with_capacity(merged.len());
        for (key, (memory, snapshot)) in merged {
            polled.push(Polled {
                key,
                title: memory.snapshot().and_then(|snapshot| snapshot.title.clone()),
                about: memory.snapshot().map(Snapshot::about).unwrap_or_default(),
                next_poll: memory.next_poll(),
                memory: serde_json::to_string(&memory)
                    .map_err(|error| StoreError::Row(error.to_string()))?,
            });
            snapshots.extend(snapshot);
        }
        self.store.save_polled(polled).await?;
        let count = u64::try_from(snapshots.len()).unwrap_or(u64::MAX);
        self.sink.publish(snapshots).await?;
        self.reporter.metrics.published(count);
        Ok(())
    }

    async fn save_quota(&self) -> Result<(), StoreError> {
        save_quota(self.store.as_ref(), &self.youtube).await
    }

    /// Shows the quota; also while nothing is asked for, so that midnight is seen.
    fn show_quota(&self) {
        let quota = self.youtube.quota();
        let now = (self.clock)();
        for bucket in Bucket::ALL {
            self.reporter.metrics.set_by(
                By::UsedUnits,
                bucket.name(),
                quota.spent(bucket, now).into(),
            );
            self.reporter.metrics.set_by(
                By::LeftUnits,
                bucket.name(),
                quota.remaining(bucket, now).into(),
            );
        }
        self.reporter.metrics.set(Plain::QuotaReset, seconds(next_reset(now)));
    }

    /// How long nothing is due.
    async fn next_wait(&self) -> Result<Duration, RoundError> {
        let now = (self.clock)();
        let next = self.store.next_polls().await?;
        let quota = self.youtube.quota();
        let has_units = |bucket| quota.allowance(bucket, Spender::Polling, now) > 0;
        // What is overdue and has no units waits for them; the quota itself is spread over the day by the plan.
        let first = next.first.filter(|_| has_units(Bucket::General));
        let again = next.again.filter(|_| Bucket::ALL.into_iter().any(has_units));
        let soonest =
            if Bucket::ALL.into_iter().all(has_units) { SOONEST } else { STARVED_SOONEST };
        let next =
            first.into_iter().chain(again).min().map_or(LOOK_AT_LEAST_EVERY, |at| at.since(now));
        Ok(next.clamp(soonest, LOOK_AT_LEAST_EVERY))
    }

    /// Says that a bucket is used up, whoever found it out: a look at videos, a listing or an answer to `/watch`.
    async fn tell_used_up(&self, known: &mut [Option<UnixMillis>; Bucket::ALL.len()]) {
        let now = (self.clock)();
        for (bucket, known) in Bucket::ALL.into_iter().zip(known) {
            let until = self.youtube.quota().exhausted_until(bucket, now);
            if *known == until {
                continue;
            }
            *known = until;
            let Some(resets_at) = until else { continue };
            tracing::warn!(%resets_at, bucket = bucket.name(), "the day's units of YouTube are used up: polling goes on then");
            if resets_at < next_reset(now) {
                // Just after midnight it may still speak of yesterday: that is asked again, and no news.
                continue;
            }
            // Told once a day: the key holds the moment at which it ends.
            let notice =
                Notice::QuotaSpent { resets_at: Moment { at: resets_at, tz: self.tz.clone() } };
            self.reporter.operator.tell(&format!("quota:{}", resets_at.0), &notice, now).await;
        }
    }

    /// How long to rest after a failure, each kind by its own rule; `grown` is the rest after so many of them.
    async fn rest_after(&self, error: &RoundError, grown: Duration) -> Duration {
        let now = (self.clock)();
        let source = match error {
            RoundError::Source(source) => source,
            RoundError::Store(_) | RoundError::Bus(_) => {
                tracing::error!(%error, "what was polled can't be recorded, trying again");
                return grown.min(STORE_REST_MAX);
            }
        };
        match source {
            // The other bucket may have units: look again as usual; the quota keeps this one closed.
            SourceError::QuotaUsedUp { .. } | SourceError::ShareUsedUp { .. } => {
                LOOK_AT_LEAST_EVERY
            }
            SourceError::KeyRefused(reason)
            | SourceError::NotEnabled(reason)
            | SourceError::Misconfigured(reason) => {
                self.reporter.is_refused(reason, now).await;
                REFUSED_REST
            }
            SourceError::Burst { retry_after } => {
                tracing::warn!("YouTube asks to slow down");
                retry_after.unwrap_or_default().max(grown)
            }
            SourceError::Forbidden(_)
            | SourceError::NotFound(_)
            | SourceError::Rejected(_)
            | SourceError::BadAnswer(_)
            | SourceError::Unreachable { .. }
            | SourceError::Transient(_) => {
                tracing::warn!(%error, rest_s = grown.as_secs(), "polling failed, trying again");
                grown
            }
        }
    }
}

fn merge(
    memories: &mut HashMap<VideoId, (VideoKey, Memory)>,
    id: VideoId,
    merged: &mut Vec<(VideoKey, Merged)>,
    with: impl FnOnce(Memory) -> Merged,
) {
    if let Some((key, memory)) = memories.remove(&id) {
        merged.push((key, with(memory)));
    }
}
