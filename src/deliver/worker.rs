//! The loop of one channel: take what is due, send it, record how it ended.
//!
//! One task claims and records; sends run beside it, as many as the channel takes at once. How an attempt ended is
//! recorded together with the next claim, in one transaction: the busier the channel, the larger the batches.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::breaker::{Breaker, Event};
use super::limits::Limiter;
use super::notices::Notices;
use super::operator::Operator;
use super::pictured::{Drawing, Pictured};
use super::places::{HostPlaces, IN_FLIGHT_MAX, is_answer};
use super::retry::{RetryPolicy, next_step, put_off};
use super::walk::Walk;
use crate::draw::Painter;
use crate::model::{Address, Body, Channel, Clock, Receivers, UnixMillis};
use crate::notify::{Notifier, Outgoing, Receipt, SendError};
use crate::render::{Prose, views::Notice};
use crate::store::{self, Claim, Claimed, Compose, Finished, FinishedAs, Outbox, Places, Room};
use crate::telemetry::{LogThrottle, Metrics, SendClass};

/// What is in flight at a stop has this long to finish; the rest is tried again at the next start.
const STOP_AFTER: Duration = Duration::from_secs(9);

/// How long a store that fails is left alone.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// How long the walk over lanes that have no place rests, unless a request ends: at its end nobody waits for longer.
const WALK_PAUSE: Duration = Duration::from_millis(5);

/// The longest sleep without looking: a clock that jumps is noticed within this time.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(30);

/// Lines a minute about single messages: the first ones say what is wrong.
const MESSAGES_LOGGED: u32 = 20;

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
    pub store: Arc<dyn Outbox>,
    /// The channel.
    pub notifier: Arc<dyn Notifier>,
    /// Its rates, shared with answers to commands.
    pub limiter: Arc<Limiter>,
    /// Puts messages together.
    pub composer: Arc<dyn Compose>,
    /// Draws their pictures.
    pub painter: Painter,
    /// When to give up.
    pub policy: RetryPolicy,
    /// A message later than this comes without a sound.
    pub max_age: Duration,
    /// Rung when alerts were written.
    pub wake: Arc<Notify>,
    /// The clock.
    pub clock: Clock,
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
    /// None: the gateway stopped before it left.
    outcome: Option<Result<Receipt, SendError>>,
}

/// What the loop keeps from turn to turn.
struct State {
    breaker: Breaker,
    drawing: Drawing,
    /// Since when the channel works as a whole, or this process.
    works_since: UnixMillis,
    /// Who may have the requests under way. `None`: behind all lanes is one server, whose limits the limiter knows.
    places: Option<Arc<HostPlaces>>,
    walk: Walk,
    /// The walk over lanes with digests.
    digests: Walk,
    notices: Notices,
    /// Lines about messages that were not taken.
    refusals: LogThrottle,
    /// Lines about messages of which it can't be recorded how they ended.
    unrecorded: LogThrottle,
    /// Lines about a store that fails.
    failures: LogThrottle,
}

impl State {
    fn new(channel: Channel, now: UnixMillis) -> State {
        State {
            breaker: Breaker::new(channel),
            drawing: Drawing::default(),
            works_since: now,
            places: match channel.traits().receivers {
                Receivers::Servers => Some(Arc::default()),
                Receivers::OneService | Receivers::Ourselves => None,
            },
            walk: Walk::default(),
            digests: Walk::default(),
            notices: Notices::default(),
            refusals: LogThrottle::new(MESSAGES_LOGGED),
            unrecorded: LogThrottle::new(MESSAGES_LOGGED),
            failures: LogThrottle::new(1),
        }
    }
}

impl State {
    /// Takes in how far a claim came; returns when there is more to find.
    fn went(&mut self, claimed: &Claimed, now: UnixMillis) -> Option<UnixMillis> {
        let told = self.walk.went(&claimed.walk, now);
        let digests = self.digests.went(&claimed.digests, now);
        [told, digests].into_iter().flatten().min()
    }

    /// A place has become free, or something was changed.
    const fn stirred(&mut self) {
        self.walk.stirred();
        self.digests.stirred();
    }

    /// Time has passed.
    const fn slept(&mut self) {
        self.walk.slept();
        self.digests.slept();
    }
}

/// The word in metrics for how an attempt ended.
const fn class(outcome: &Result<Receipt, SendError>) -> SendClass {
    match outcome {
        Ok(_) => SendClass::Sent,
        Err(SendError::Wait { .. } | SendError::Deferred { .. } | SendError::Held { .. }) => {
            SendClass::Wait
        }
        Err(SendError::Transient(_) | SendError::NoConnection(_)) => SendClass::Transient,
        Err(SendError::Unreachable(_)) => SendClass::Unreachable,
        Err(SendError::Ambiguous(_)) => SendClass::Ambiguous,
        Err(SendError::Rejected(_) | SendError::Policy(_)) => SendClass::Rejected,
        Err(SendError::Barred(_)) => SendClass::Barred,
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
        // Whatever is in flight ends with one message, so there is always room for it.
        let (ended_in, mut ended) = mpsc::channel::<Ended>(IN_FLIGHT_MAX);
        let mut in_flight = 0;
        let mut finished: Vec<Finished> = Vec::new();
        let mut state = State::new(channel, (worker.clock)());
        while !stop.is_cancelled() {
            state.notices.tell_due(&worker.operator, (worker.clock)()).await;
            let (room, room_at) = worker.room(in_flight, &state);
            // Asked for before looking, so that an alert written meanwhile is not slept over.
            let woken = worker.wake.notified();
            let mut next_due = None;
            if room > 0 || !finished.is_empty() {
                match worker.record(&mut finished, room, &mut state).await {
                    Ok(claimed) => {
                        next_due = state.went(&claimed, (worker.clock)());
                        worker.tell_given_up(&claimed.given_up, &mut state).await;
                        if room > 0 && claimed.claims.is_empty() {
                            worker.limiter.pass();
                        }
                        let filled = claimed.claims.len() == room;
                        in_flight += claimed.claims.len();
                        for claim in claimed.claims {
                            let pictured = state.drawing.begin(&claim.body);
                            worker.start((claim, pictured), &ended_in, &tracker, &stop);
                        }
                        if filled && room > 0 {
                            // There may be more: look again as soon as there is a slot.
                            next_due = Some(next_due.unwrap_or_else(|| (worker.clock)()));
                        }
                    }
                    Err(error) => {
                        if state.failures.pass(std::time::Instant::now()).is_some() {
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
            let until = worker.look_again_at(in_flight, next_due, room, room_at, &state);
            tokio::select! {
                // Ends first, so that what was sent is recorded before more is taken.
                biased;
                Some(end) = ended.recv() => {
                    state.stirred();
                    in_flight -= 1;
                    finished.push(worker.judge(end, &mut state).await);
                    while let Ok(end) = ended.try_recv() {
                        in_flight -= 1;
                        finished.push(worker.judge(end, &mut state).await);
                    }
                }
                () = stop.cancelled() => {}
                () = woken => state.stirred(),
                () = sleep_until(until) => state.slept(),
            }
        }
        worker.finish_last(finished, in_flight, &mut ended, &mut state).await;
    }

    /// Of what can't be put together the operator hears as of what nobody has taken.
    async fn tell_given_up(&self, given_up: &[(Address, String)], state: &mut State) {
        for (address, cause) in given_up {
            if let Some(held) = state.refusals.pass(std::time::Instant::now()) {
                tracing::warn!(
                    destination = address.masked(),
                    cause,
                    unsaid = (held > 0).then_some(held),
                    "a message could not be put together"
                );
            }
            state.notices.dead_letter(&self.operator, address, cause, (self.clock)()).await;
        }
    }

    /// How many may be taken now, and when to ask again if none.
    fn room(&self, in_flight: usize, state: &State) -> (usize, Option<Instant>) {
        let now = Instant::now();
        // Whoever has been drawn rings.
        if state.drawing.is_full() {
            return (0, None);
        }
        let free = IN_FLIGHT_MAX.saturating_sub(in_flight);
        let slots = state
            .breaker
            .slots(free, in_flight, now)
            .and_then(|free| self.limiter.slots(free, now));
        match slots {
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
        state: &State,
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
        if state.walk.is_amid() || state.digests.is_amid() {
            return now + WALK_PAUSE;
        }
        match next_due {
            Some(due) => (now + due.since((self.clock)())).min(longest),
            None => longest,
        }
    }

    /// Records how attempts ended, and takes up to `room` that are due.
    ///
    /// What can't be recorded by itself is named in the log and left out, so that all others are.
    async fn record(
        &self,
        finished: &mut Vec<Finished>,
        room: usize,
        state: &mut State,
    ) -> store::Result<Claimed> {
        match self.finish_and_claim(finished.clone(), room, state).await {
            Ok(claimed) => {
                finished.clear();
                return Ok(claimed);
            }
            Err(error) if error.is_of_the_whole() || finished.is_empty() => return Err(error),
            // One of them can't be recorded; which one shows when each goes alone.
            Err(_) => {}
        }
        while let Some(one) = finished.first().cloned() {
            let id = one.id.0;
            match self.finish_and_claim(vec![one], 0, state).await {
                Ok(_) => {}
                Err(error) if error.is_of_the_whole() => return Err(error),
                Err(error) => {
                    if let Some(held) = state.unrecorded.pass(std::time::Instant::now()) {
                        tracing::error!(
                            notification.id = id,
                            %error,
                            unsaid = (held > 0).then_some(held),
                            "how a message ended can't be recorded: it counts as on its way until the next start, which sends it again"
                        );
                    }
                }
            }
            finished.remove(0);
        }
        self.finish_and_claim(Vec::new(), room, state).await
    }

    async fn finish_and_claim(
        &self,
        finished: Vec<Finished>,
        limit: usize,
        state: &mut State,
    ) -> store::Result<Claimed> {
        let (channel, now) = (self.notifier.channel(), (self.clock)());
        let places = state.places.clone().map(|places| places as Arc<dyn Places>);
        let (from, digests_from) = (state.walk.goes_on(), state.digests.goes_on());
        let room = Room { limit, places, from, digests_from };
        let composer = Arc::clone(&self.composer);
        let claimed = self.store.finish_and_claim(finished, channel, room, now, composer).await;
        if let Some(places) = &state.places {
            places.claimed(claimed.is_ok());
        }
        claimed
    }

    fn start(
        self: &Arc<Self>,
        (mut claim, pictured): (Claim, Option<Pictured>),
        ended: &mpsc::Sender<Ended>,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let worker = Arc::clone(self);
        let (ended, stop) = (ended.clone(), stop.clone());
        tracker.spawn(async move {
            let send = async {
                let ready = async {
                    let png = worker.painter.drawn(claim.body.picture()).await;
                    if pictured.is_some() {
                        // There is room for others, also where the chat of this one has no slot for long.
                        drop(pictured);
                        worker.wake.notify_one();
                    }
                    worker.limiter.take(&claim.address).await;
                    png
                };
                let png = tokio::select! {
                    // The stop first: what has not left by then waits for the next start.
                    biased;
                    () = stop.cancelled() => return None,
                    png = ready => png,
                };
                Some(worker.send(&mut claim, png).await)
            };
            // A message that nobody thought of must not keep its place for ever.
            let outcome = AssertUnwindSafe(send).catch_unwind().await.unwrap_or_else(|_| {
                Some(Err(SendError::Ambiguous("sending it has panicked: please report it".into())))
            });
            // Some time after a stop nobody listens any more; the next start tries again.
            drop(ended.send(Ended { claim, outcome }).await);
        });
    }

    async fn send(&self, claim: &mut Claim, png: Option<Vec<u8>>) -> Result<Receipt, SendError> {
        let outgoing = Outgoing {
            id: claim.public_id.clone(),
            address: claim.address.clone(),
            body: std::mem::replace(&mut claim.body, Body::Text(String::new())),
            png,
            // The body is the same at every attempt; what rings at night because a service was away is not.
            silent: claim.silent || (self.clock)().since(claim.created_at) > self.max_age,
        };
        self.notifier.send(&outgoing).await
    }

    /// Turns the end of an attempt into what is recorded of it.
    async fn judge(&self, end: Ended, state: &mut State) -> Finished {
        let now = (self.clock)();
        let Ended { claim, outcome } = end;
        let finished = Finished {
            id: claim.id,
            lane: claim.lane,
            at: now,
            lane_free_at: now,
            lane_failed: None,
            is_probe: claim.is_probe,
            result: FinishedAs::Retry {
                at: now,
                counts: false,
                error: "stopped before it left".to_owned(),
            },
        };
        if let Some(places) = &state.places {
            places.ended(&claim.lane_key, outcome.as_ref().map(is_answer));
        }
        let Some(outcome) = outcome else { return finished };
        let channel = self.notifier.channel();
        self.metrics.attempted(channel, class(&outcome));
        for event in state.breaker.ended(&outcome, claim.lane, Instant::now()) {
            if matches!(event, Event::Back { .. }) {
                state.works_since = now;
            }
            self.follow(event).await;
        }
        self.health.paused.store(state.breaker.is_paused(), Ordering::Relaxed);
        let spacing = self.limiter.lane_spacing(&claim.address);
        let lane_free_at = now.plus(spacing.max(self.notifier.rest(&claim.address)));
        let error = match outcome {
            Ok(receipt) => {
                self.metrics.delivered_after(channel, now.since(claim.observed_at));
                return Finished { lane_free_at, result: FinishedAs::Sent(receipt.0), ..finished };
            }
            Err(error) => error,
        };
        if state.breaker.is_paused() {
            state.works_since = now;
        }
        // Behind others of a receiver that fails it has waited for longer than between its own attempts.
        let waited = now.since(claim.created_at).min(now.since(state.works_since));
        let attempt = claim.attempts.saturating_add(1);
        // What is held back was not asked for, and so nobody has refused it.
        let is_refused = !matches!(error, SendError::Held { .. });
        if is_refused && let Some(held) = state.refusals.pass(std::time::Instant::now()) {
            tracing::warn!(
                notification.id = claim.public_id,
                destination = claim.address.masked(),
                attempt,
                %error,
                unsaid = (held > 0).then_some(held),
                "a message was not taken"
            );
        }
        let spent = claim.spent.max(waited);
        let step = match &error {
            SendError::Policy(_) if state.breaker.is_refused() => put_off(&error, now),
            error => next_step(error, attempt, spent, self.policy, now, rand::random()),
        };
        match &step.result {
            FinishedAs::Dead(cause) => {
                state.notices.dead_letter(&self.operator, &claim.address, cause, now).await;
            }
            FinishedAs::Gone(reason) => {
                state.notices.gone(&self.operator, &claim.address, reason, now).await;
            }
            // Whoever is barred for an hour need not hear of it; it is in the log.
            FinishedAs::Barred { .. }
            | FinishedAs::Sent(_)
            | FinishedAs::Retry { .. }
            | FinishedAs::Moved(_) => {}
        }
        Finished {
            lane_free_at: step.lane_free_at.max(lane_free_at),
            // While the channel as a whole fails, that says nothing of the receiver.
            lane_failed: step.lane_failed.filter(|_| !state.breaker.is_paused()),
            result: step.result,
            ..finished
        }
    }

    /// Does what a change of the channel as a whole asks for.
    async fn follow(&self, event: Event) {
        let channel = self.notifier.channel();
        let key = format!("paused:{channel}");
        match event {
            Event::Away(cause) => {
                tracing::error!(channel = %channel, error = cause, "the channel is paused");
                let notice = Notice::ChannelPaused {
                    channel: channel.name().to_owned(),
                    cause: Prose::new(&cause),
                };
                self.operator.tell(&key, &notice, (self.clock)()).await;
            }
            Event::Back { was_told } => {
                tracing::info!(channel = %channel, "the channel works again");
                if was_told {
                    self.operator.over(&key).await;
                }
            }
            Event::Flooded(wait) => {
                tracing::warn!(wait_s = wait.as_secs(), "several chats are flooded: the bot waits");
                self.limiter.pause(Instant::now() + wait);
            }
        }
    }

    /// Waits for what is in flight and records it; claims nothing.
    async fn finish_last(
        &self,
        mut finished: Vec<Finished>,
        mut in_flight: usize,
        ended: &mut mpsc::Receiver<Ended>,
        state: &mut State,
    ) {
        let deadline = Instant::now() + STOP_AFTER;
        while in_flight > 0 {
            match timeout_at(deadline, ended.recv()).await {
                Ok(Some(end)) => {
                    in_flight -= 1;
                    finished.push(self.judge(end, state).await);
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
        state.notices.tell(&self.operator, (self.clock)()).await;
        if let Err(error) = self.record(&mut finished, 0, state).await {
            tracing::error!(%error, "the last deliveries could not be recorded");
        }
    }
}
