//! The loop of one channel: take what is due, send it, record how it ended.
//!
//! One task claims and records; sends run beside it, as many as the channel takes at once. How an attempt ended is
//! recorded together with the next claim, in one transaction: the busier the channel, the larger the batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::gone::Gone;
use super::limits::Limiter;
use super::operator::Operator;
use super::retry::{Pause, RetryPolicy, next_step};
use crate::model::{Channel, UnixMillis};
use crate::notify::{Notifier, Outgoing, Receipt, SendError};
use crate::render::{Prose, views::Notice};
use crate::store::{Claim, Compose, Finished, FinishedAs, Store};
use crate::telemetry::{Metrics, LogThrottle, SendClass};

/// Requests of one channel under way at once: enough to fill two cores over loopback, few enough for any receiver.
pub const IN_FLIGHT_MAX: usize = 256;

/// What is in flight at a stop has this long to finish; the rest is tried again at the next start.
const STOP_AFTER: Duration = Duration::from_secs(9);

/// How long a store that fails is left alone.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// The longest sleep without looking: a clock that jumps is noticed within this time.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(30);

/// The first and the longest wait of a channel that can't be reached.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Lines a minute about messages that were not taken: the first ones say what is wrong.
const REFUSALS_LOGGED: u32 = 20;

/// Transient failures in a row that mean that the channel, not the message, is ill.
const ILL_AFTER: u32 = 5;

/// Waits asked for by this many chats within a second mean the whole bot.
const FLOODED_CHATS: usize = 3;

/// Whether a channel works, for `/readyz` and the operator's eyes.
#[derive(Debug, Default)]
pub struct ChannelHealth {
    paused: AtomicBool,
}

impl ChannelHealth {
    /// Whether messages can leave.
    #[must_use]
    pub fn is_working(&self) -> bool {
        !self.paused.load(Ordering::Relaxed)
    }
}

/// Everything that the loop of one channel needs.
pub struct Worker {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The channel.
    pub notifier: Arc<dyn Notifier>,
    /// Its rates, shared with answers to commands.
    pub limiter: Arc<Limiter>,
    /// Puts messages together.
    pub composer: Arc<dyn Compose>,
    /// When to give up.
    pub policy: RetryPolicy,
    /// A message later than this comes without a sound.
    pub max_age: Duration,
    /// Rung when alerts were written.
    pub wake: Arc<Notify>,
    /// The clock.
    pub clock: Arc<dyn Fn() -> UnixMillis + Send + Sync>,
    /// Counts.
    pub metrics: Metrics,
    /// Whom to tell of what needs somebody.
    pub operator: Operator,
    /// What others may ask.
    pub health: Arc<ChannelHealth>,
}

/// How one send ended.
struct Ended {
    claim: Claim,
    outcome: Result<Receipt, SendError>,
}

/// What somebody is told of failures, so that it stays readable however many there are.
struct Told {
    gone: Gone,
    /// The day on which the operator heard of dead letters.
    dead_letters: Option<i64>,
    refusals: LogThrottle,
    failures: LogThrottle,
}

impl Default for Told {
    fn default() -> Told {
        Told {
            gone: Gone::default(),
            dead_letters: None,
            refusals: LogThrottle::new(REFUSALS_LOGGED),
            failures: LogThrottle::new(1),
        }
    }
}

/// Whether the channel as a whole has to wait.
#[derive(Default)]
struct Illness {
    paused_until: Option<Instant>,
    pauses: u32,
    transient: u32,
    floods: Vec<(Instant, i64)>,
    told: bool,
    said: Told,
}

/// The word in metrics for how an attempt ended.
const fn class(outcome: &Result<Receipt, SendError>) -> SendClass {
    match outcome {
        Ok(_) => SendClass::Sent,
        Err(SendError::Wait { .. }) => SendClass::Wait,
        Err(SendError::Transient(_)) => SendClass::Transient,
        Err(SendError::Unreachable(_)) => SendClass::Unreachable,
        Err(SendError::Ambiguous(_)) => SendClass::Ambiguous,
        Err(SendError::Rejected(_)) => SendClass::Rejected,
        Err(SendError::Gone(_)) => SendClass::Gone,
        Err(SendError::Moved(_)) => SendClass::Moved,
        Err(SendError::Unauthorized(_)) => SendClass::Unauthorized,
    }
}

impl Worker {
    /// Works until `stop` is cancelled and what is in flight has ended, at most nine seconds later.
    pub async fn run(self, tracker: TaskTracker, stop: CancellationToken) {
        let worker = Arc::new(self);
        let channel = worker.notifier.channel();
        let (ended_in, mut ended) = mpsc::channel::<Ended>(IN_FLIGHT_MAX);
        let mut in_flight = 0;
        let mut finished: Vec<Finished> = Vec::new();
        let mut illness = Illness::default();
        while !stop.is_cancelled() {
            illness.said.gone.tell_due(&worker.operator, (worker.clock)()).await;
            let (room, room_at) = worker.room(in_flight, &illness);
            // Asked for before looking, so that an alert written meanwhile is not slept over.
            let woken = worker.wake.notified();
            let mut next_due = None;
            if room > 0 || !finished.is_empty() {
                let now = (worker.clock)();
                let claimed = worker
                    .store
                    .finish_and_claim(
                        finished.clone(),
                        channel,
                        room,
                        now,
                        Arc::clone(&worker.composer),
                    )
                    .await;
                match claimed {
                    Ok(claimed) => {
                        finished.clear();
                        next_due = claimed.next_due;
                        if room > 0 && claimed.claims.is_empty() {
                            worker.limiter.pass();
                        }
                        let filled = claimed.claims.len() == room;
                        in_flight += claimed.claims.len();
                        for claim in claimed.claims {
                            worker.start(claim, &ended_in, &tracker);
                        }
                        if filled && room > 0 {
                            // There may be more: look again as soon as there is a slot.
                            next_due = Some(next_due.unwrap_or(now));
                        }
                    }
                    Err(error) => {
                        if illness.said.failures.pass(std::time::Instant::now()).is_some() {
                            tracing::error!(%error, channel = %channel, "deliveries can't be recorded, trying again");
                        }
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = tokio::time::sleep(STORE_RETRY) => {}
                        }
                        continue;
                    }
                }
            }
            let until = worker.look_again_at(in_flight, next_due, room, room_at);
            tokio::select! {
                // Ends first, so that what was sent is recorded before more is taken.
                biased;
                Some(end) = ended.recv() => {
                    in_flight -= 1;
                    finished.push(worker.judge(end, &mut illness).await);
                    while let Ok(end) = ended.try_recv() {
                        in_flight -= 1;
                        finished.push(worker.judge(end, &mut illness).await);
                    }
                }
                () = stop.cancelled() => {}
                () = woken => {}
                () = sleep_until(until) => {}
            }
        }
        worker.finish_last(finished, in_flight, &mut ended, &mut illness).await;
    }

    /// How many may be taken now, and when to ask again if none.
    fn room(&self, in_flight: usize, illness: &Illness) -> (usize, Option<Instant>) {
        let now = Instant::now();
        let free = IN_FLIGHT_MAX.saturating_sub(in_flight);
        let free = match illness.paused_until {
            Some(until) if until > now => return (0, Some(until)),
            // One probe; the rest follows when it has come back.
            Some(_) => usize::from(in_flight == 0),
            None => free,
        };
        match self.limiter.slots(free, now) {
            Ok(slots) => (slots, None),
            Err(at) => (0, Some(at)),
        }
    }

    fn look_again_at(
        &self,
        in_flight: usize,
        next_due: Option<UnixMillis>,
        room: usize,
        room_at: Option<Instant>,
    ) -> Instant {
        let now = Instant::now();
        let longest = now + LOOK_AT_LEAST_EVERY;
        if let Some(at) = room_at {
            return at.min(longest);
        }
        if room == 0 && in_flight > 0 {
            // Full: the next end makes room.
            return longest;
        }
        match next_due {
            Some(due) => (now + due.since((self.clock)())).min(longest),
            None => longest,
        }
    }

    fn start(
        self: &Arc<Self>,
        mut claim: Claim,
        ended: &mpsc::Sender<Ended>,
        tracker: &TaskTracker,
    ) {
        let worker = Arc::clone(self);
        let ended = ended.clone();
        tracker.spawn(async move {
            worker.limiter.take(&claim.lane_key).await;
            let outgoing = Outgoing {
                id: claim.public_id.clone(),
                address: claim.address.clone(),
                body: std::mem::take(&mut claim.body),
                // The body is the same at every attempt; what rings at night because a service was away is not.
                silent: claim.silent
                    || (claim.attempts > 0
                        && (worker.clock)().since(claim.created_at) > worker.max_age),
            };
            let outcome = worker.notifier.send(&outgoing).await;
            // After a stop nobody listens any more; the next start tries again.
            drop(ended.send(Ended { claim, outcome }).await);
        });
    }

    /// Turns the end of an attempt into what is recorded of it.
    async fn judge(&self, end: Ended, illness: &mut Illness) -> Finished {
        let now = (self.clock)();
        let Ended { claim, outcome } = end;
        let channel = self.notifier.channel();
        self.metrics.attempted(channel, class(&outcome));
        let lane_free_at = now.plus(self.limiter.lane_spacing(&claim.lane_key));
        let finished = |result, lane_free_at| Finished {
            id: claim.id,
            lane: claim.lane,
            at: now,
            lane_free_at,
            result,
        };
        let error = match outcome {
            Ok(receipt) => {
                self.metrics.delivered_after(channel, now.since(claim.observed_at));
                self.recovered(illness).await;
                return finished(FinishedAs::Sent(receipt.0), lane_free_at);
            }
            Err(error) => error,
        };
        if let Some(held) = illness.said.refusals.pass(std::time::Instant::now()) {
            tracing::warn!(
                notification.id = claim.public_id,
                destination = claim.address.masked(),
                attempt = claim.attempts + 1,
                %error,
                unsaid = held,
                "a message was not taken"
            );
        }
        let step = next_step(
            &error,
            claim.attempts + 1,
            claim.created_at,
            self.policy,
            now,
            rand::random(),
        );
        if matches!(
            error,
            SendError::Rejected(_)
                | SendError::Gone(_)
                | SendError::Moved(_)
                | SendError::Wait { .. }
        ) {
            // Whoever judges a message or its recipient is there, and knows us.
            self.recovered(illness).await;
        }
        self.fall_ill(&error, step.pause, claim.lane, illness).await;
        match &step.result {
            FinishedAs::Dead(cause) => self.tell_dead(&claim, cause, &mut illness.said, now).await,
            FinishedAs::Gone(reason) => {
                if !self.operator.tell_owner(&claim.address, reason, now).await {
                    let gone = &mut illness.said.gone;
                    gone.add(&self.operator, &claim.address, reason, now).await;
                }
            }
            FinishedAs::Sent(_) | FinishedAs::Retry { .. } | FinishedAs::Moved(_) => {}
        }
        finished(step.result, step.lane_free_at.max(lane_free_at))
    }

    async fn tell_dead(&self, claim: &Claim, cause: &str, told: &mut Told, now: UnixMillis) {
        // Once a day at most: the list itself is `tubebell dead-letters list`.
        let day = now.0.div_euclid(86_400_000);
        if told.dead_letters.replace(day) == Some(day) {
            return;
        }
        let count = match self.store.pulse(now).await {
            Ok(pulse) => i64::try_from(pulse.dead_letters).unwrap_or(i64::MAX).saturating_add(1),
            Err(_) => 1,
        };
        let notice = Notice::DeadLetters {
            count: crate::render::numbers::Grouped(count),
            destination: claim.address.masked(),
            cause: Prose::new(cause),
        };
        self.operator.tell(&format!("dead-letters:{day}"), &notice, now).await;
    }

    async fn fall_ill(
        &self,
        error: &SendError,
        pause: Option<Pause>,
        lane: i64,
        illness: &mut Illness,
    ) {
        let channel = self.notifier.channel();
        let instant = Instant::now();
        // A channel that never answers is as ill as one that says so, and each attempt may be one more copy.
        let is_symptom = matches!(error, SendError::Transient(_) | SendError::Ambiguous(_));
        illness.transient = if is_symptom { illness.transient + 1 } else { 0 };
        if let SendError::Wait { after } = error {
            illness.floods.retain(|(at, other)| {
                *other != lane && instant.duration_since(*at) < Duration::from_secs(1)
            });
            illness.floods.push((instant, lane));
            if illness.floods.len() >= FLOODED_CHATS && channel == Channel::Telegram {
                let wait = after.unwrap_or(Duration::from_secs(1));
                tracing::warn!(wait_s = wait.as_secs(), "several chats are flooded: the bot waits");
                self.limiter.pause(instant + wait);
            }
        }
        // Endpoints of webhooks are ill each for itself.
        let ill = illness.transient >= ILL_AFTER && channel == Channel::Telegram;
        let Some(pause) = pause.or(ill.then_some(Pause::Unreachable)) else { return };
        if pause == Pause::Unreachable && illness.paused_until.is_some_and(|until| until > instant)
        {
            // What was under way when the pause began fails too, and says nothing new.
            return;
        }
        illness.pauses += 1;
        let wait = match pause {
            Pause::Unreachable => {
                (PAUSE.0 * 2u32.saturating_pow(illness.pauses.min(10) - 1)).min(PAUSE.1)
            }
            Pause::Credentials => PAUSE.1,
        };
        illness.paused_until = Some(instant + wait);
        self.health.paused.store(true, Ordering::Relaxed);
        // A single refused connection is no news; a channel that stays away is.
        if !illness.told && (pause == Pause::Credentials || illness.pauses >= 3) {
            illness.told = true;
            tracing::error!(channel = %channel, %error, "the channel is paused");
            let notice = Notice::ChannelPaused {
                channel: channel.name().to_owned(),
                cause: Prose::new(&error.to_string()),
            };
            let key = format!("paused:{channel}");
            self.operator.tell(&key, &notice, (self.clock)()).await;
        }
    }

    async fn recovered(&self, illness: &mut Illness) {
        illness.transient = 0;
        if illness.paused_until.take().is_none() {
            return;
        }
        illness.pauses = 0;
        self.health.paused.store(false, Ordering::Relaxed);
        let channel = self.notifier.channel();
        tracing::info!(channel = %channel, "the channel works again");
        if std::mem::take(&mut illness.told) {
            self.operator.over(&format!("paused:{channel}")).await;
        }
    }

    /// Waits for what is in flight and records it; claims nothing.
    async fn finish_last(
        &self,
        mut finished: Vec<Finished>,
        mut in_flight: usize,
        ended: &mut mpsc::Receiver<Ended>,
        illness: &mut Illness,
    ) {
        let deadline = Instant::now() + STOP_AFTER;
        while in_flight > 0 {
            match timeout_at(deadline, ended.recv()).await {
                Ok(Some(end)) => {
                    in_flight -= 1;
                    finished.push(self.judge(end, illness).await);
                }
                Ok(None) | Err(_) => {
                    tracing::warn!(
                        in_flight,
                        "stopped before all answers came: these are sent again at the next start"
                    );
                    break;
                }
            }
        }
        illness.said.gone.tell(&self.operator, (self.clock)()).await;
        let channel = self.notifier.channel();
        let recorded = self
            .store
            .finish_and_claim(finished, channel, 0, (self.clock)(), Arc::clone(&self.composer))
            .await;
        if let Err(error) = recorded {
            tracing::error!(%error, "the last deliveries could not be recorded");
        }
    }
}
