//! The loop of the cards of one channel: messages that are edited as the numbers of a video move.
//!
//! It takes what is due, a set at a time, and sends or edits what has something new to say, behind all else that leaves there.
//! A message that was sent is recorded at once. A kill in between sends it again, and so does a lost answer: at most
//! [`AT_ONCE`] messages. An edit that is repeated changes nothing.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::card::{self, After, EVERY, Said};
use super::limits::Limiter;
use super::retry::{LONG_WAIT, RetryPolicy};
use super::wakers::Wakers;
use super::worker::ChannelHealth;
use crate::draw::Painter;
use crate::model::{Body, CardId, Channel, Clock, Effective, UnixMillis};
use crate::notify::{Notifier, Outgoing, Receipt, SendError};
use crate::render::{RenderError, Renderer, views};
use crate::store::{self, Card, CardLook, CardResult, Outbox};
use crate::telemetry::LogThrottle;

/// Cards that are read at a time.
const SET: usize = 100;

/// Messages under way at once. Most wait for slots that nobody wants, so more of them would only wait.
const AT_ONCE: usize = 4;

/// How long a card waits for a slot before it makes room for others.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two looks at what is due are so far apart at least, however often it wakes.
const REST_MIN: Duration = Duration::from_millis(250);

/// The longest sleep without looking where something is due later: a clock that jumps is noticed within this time.
const REST_MAX: Duration = Duration::from_secs(30);

/// How long nothing is tried while the channel as a whole is away.
const AWAY: Duration = Duration::from_secs(30);

/// How long a store that fails is left alone.
const STORE_RETRY: Duration = Duration::from_secs(1);

/// What is under way at a stop has this long to end.
const STOP_AFTER: Duration = Duration::from_secs(8);

/// Lines a minute about cards that could not be shown.
const LINES_MAX: u32 = 5;

/// Everything that the loop of one channel needs.
pub struct Cards {
    /// The store.
    pub store: Arc<dyn Outbox>,
    /// The channel.
    pub notifier: Arc<dyn Notifier>,
    /// Its rates, shared with alerts and answers.
    pub limiter: Arc<Limiter>,
    /// The templates.
    pub renderer: Arc<Renderer>,
    /// Draws the pictures.
    pub painter: Painter,
    /// What holds where a destination has not said otherwise.
    pub defaults: Effective,
    /// When to give up.
    pub policy: RetryPolicy,
    /// Rung when a card may have been made or ended.
    pub wake: Arc<Notify>,
    /// Rings the others when a word of an end waits to be sent.
    pub wakers: Wakers,
    /// The clock.
    pub clock: Clock,
    /// Whether the channel works, as the loop of its messages has found.
    pub health: Arc<ChannelHealth>,
}

/// What the loop keeps from turn to turn.
struct State {
    /// What is still to be recorded. Nothing else is looked at before it is: what was sent would be sent again.
    looks: Vec<CardLook>,
    /// Cards of which nothing can be recorded: they are left alone until the next start, for the same reason.
    broken: HashSet<CardId>,
    /// Lines about cards that could not be shown.
    refusals: LogThrottle,
    /// Lines about a store that fails.
    failures: LogThrottle,
}

/// A card that was looked at.
struct Looked {
    look: CardLook,
    /// A message was sent, which nobody could edit if it were not recorded.
    is_sent: bool,
    error: Option<SendError>,
}

/// A slot that was waited for.
enum Slot {
    /// It is taken, and what leaves is drawn.
    Taken { png: Option<Vec<u8>> },
    /// Nobody has left one open for so long.
    Missed,
}

/// What there is to do about a card.
enum Todo {
    /// Nothing but to record this.
    Record(CardResult),
    /// To show this.
    Show { body: Body, says: Said, is_last: bool },
}

impl Cards {
    /// Works until `stop` is cancelled and what is under way has ended, at most eight seconds later.
    pub async fn run(self, stop: CancellationToken) {
        let mut state = State {
            looks: Vec::new(),
            broken: HashSet::new(),
            refusals: LogThrottle::new(LINES_MAX),
            failures: LogThrottle::new(1),
        };
        while !stop.is_cancelled() {
            let rest = match self.turn(&mut state, &stop).await {
                Ok(rest) => rest,
                Err(error) => {
                    if state.failures.pass(std::time::Instant::now()).is_some() {
                        tracing::error!(%error, channel = %self.channel(), "cards can't be recorded, trying again");
                    }
                    Some(STORE_RETRY)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(REST_MIN) => {}
            }
            let rest = async {
                match rest {
                    Some(rest) => tokio::time::sleep(rest.saturating_sub(REST_MIN)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = rest => {}
            }
        }
        if let Err(error) = self.record(&mut state).await {
            tracing::error!(%error, "the last cards could not be recorded");
        }
    }

    fn channel(&self) -> Channel {
        self.notifier.channel()
    }

    /// Looks at what is due. Returns how long there is nothing more to do; `None`: until something wakes it.
    async fn turn(
        &self,
        state: &mut State,
        stop: &CancellationToken,
    ) -> store::Result<Option<Duration>> {
        self.record(state).await?;
        if !self.health.is_working() {
            return Ok(Some(AWAY));
        }
        let now = (self.clock)();
        let mut due =
            self.store.due_cards(self.channel(), now, now.minus(card::CHANGES_IN), SET).await?;
        due.cards.retain(|card| !state.broken.contains(&card.id));
        if due.cards.is_empty() {
            return Ok(due.next_due.map(|at| at.since(now).min(REST_MAX)));
        }
        let is_away = AtomicBool::new(false);
        let looks = futures_util::stream::iter(due.cards);
        let looks = looks.map(|card| self.look_safely(card, &is_away, stop));
        let mut looks = std::pin::pin!(looks.buffer_unordered(AT_ONCE));
        while let Some(looked) = looks.next().await {
            let Some(Looked { look, is_sent, error }) = looked else { continue };
            if let Some(error) = error {
                say_refused(state, &look, &error);
            }
            state.looks.push(look);
            if is_sent && let Err(error) = self.record(state).await {
                // Tried again before anything else is.
                tracing::error!(%error, "a card that was sent is not recorded yet");
            }
        }
        self.record(state).await?;
        // There may be more, and what was looked at is due again some time.
        Ok(Some(if is_away.load(Ordering::Relaxed) { AWAY } else { Duration::ZERO }))
    }

    /// Records what became of cards. What can't be recorded by itself is named in the log and left out.
    async fn record(&self, state: &mut State) -> store::Result<()> {
        if state.looks.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        let is_heard_elsewhere = |look: &CardLook| {
            matches!(look.result, CardResult::Ended(Some(_)) | CardResult::Moved { .. })
        };
        let wakes = state.looks.iter().any(is_heard_elsewhere);
        match self.store.record_cards(state.looks.clone(), now).await {
            Ok(()) => state.looks.clear(),
            Err(error) if error.is_of_the_whole() => return Err(error),
            Err(_) => {
                while let Some(one) = state.looks.first().cloned() {
                    let id = one.id;
                    match self.store.record_cards(vec![one], now).await {
                        Err(error) if error.is_of_the_whole() => return Err(error),
                        Err(error) => {
                            tracing::error!(
                                card.id = id.0,
                                %error,
                                "what became of a card can't be recorded: it is left alone until the next start"
                            );
                            state.broken.insert(id);
                        }
                        Ok(()) => {}
                    }
                    state.looks.remove(0);
                }
            }
        }
        if wakes {
            self.wakers.wake();
        }
        Ok(())
    }

    /// Looks at a card. One that nobody thought of must not end the loop.
    async fn look_safely(
        &self,
        card: Card,
        is_away: &AtomicBool,
        stop: &CancellationToken,
    ) -> Option<Looked> {
        let (id, made_at) = (card.id, card.made_at);
        let looked = AssertUnwindSafe(self.look(card, is_away, stop)).catch_unwind().await;
        looked.unwrap_or_else(|_| {
            tracing::error!(card.id = id.0, "showing a card has panicked: please report it");
            let result = put_off((self.clock)().plus(LONG_WAIT), true);
            let look = CardLook { id, made_at, result };
            Some(Looked { look, is_sent: false, error: None })
        })
    }

    /// Looks at a card, and shows it where there is something new to say. `None`: the gateway stops before it was shown.
    async fn look(
        &self,
        card: Card,
        is_away: &AtomicBool,
        stop: &CancellationToken,
    ) -> Option<Looked> {
        let now = (self.clock)();
        let looked = |result| {
            let look = CardLook { id: card.id, made_at: card.made_at, result };
            Looked { look, is_sent: false, error: None }
        };
        let (body, says, is_last) = match self.todo(&card, now) {
            Ok(Todo::Record(result)) => return Some(looked(result)),
            Ok(Todo::Show { body, says, is_last }) => (body, says, is_last),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a card could not be rendered"
                );
                return Some(looked(put_off(now.plus(LONG_WAIT), true)));
            }
        };
        if is_away.load(Ordering::Relaxed) {
            return Some(looked(put_off(now.plus(EVERY), false)));
        }
        let Slot::Taken { png } = self.slot(&card, &body, stop).await? else {
            return Some(looked(put_off(now.plus(EVERY), false)));
        };
        let outcome = self.show(&card, body, png, stop).await?;
        let now = (self.clock)();
        Some(match outcome {
            Ok(_) if is_last => looked(CardResult::Ended(None)),
            Ok(message) => {
                let (shown, next_at) = (says.to_text(), card::next_look(&card, true, now));
                let shown = looked(CardResult::Shown { message, shown, next_at });
                Looked { is_sent: card.message.is_none(), ..shown }
            }
            Err(error) => {
                if matches!(error, SendError::Unreachable(_) | SendError::Unauthorized(_)) {
                    is_away.store(true, Ordering::Relaxed);
                }
                let after = card::after(&card, &error, self.policy, now, rand::random());
                let result = match after {
                    After::Recorded(result) => result,
                    After::Lost => CardResult::Ended(self.word(&card)),
                };
                Looked { error: Some(error), ..looked(result) }
            }
        })
    }

    /// What there is to do about a card.
    fn todo(&self, card: &Card, now: UnixMillis) -> Result<Todo, RenderError> {
        let record = |result| Ok(Todo::Record(result));
        if card.is_ending && card.message.is_none() {
            return record(CardResult::Ended(None));
        }
        if let Some(barred) = card.destination.barred.as_ref().filter(|barred| barred.until > now) {
            return record(put_off(barred.until, false));
        }
        if let Some(next_at) = card::waits_until(card, now) {
            return record(CardResult::Stays { next_at });
        }
        let view = card::view(card, &self.defaults, now);
        let (channel, is_last) = (self.channel(), view.is_over);
        let seen = card.known.as_ref().filter(|_| view.seen.is_some());
        let ageless = views::Card { seen: None, picture: None, ..view.clone() };
        let text = self.renderer.card(channel, &ageless)?.to_text()?.into_owned();
        let says = Said { text, seen: seen.map(|known| known.numbers_at) };
        let is_due = card.message.is_none() || is_last || says.is_news(card.shown.as_deref());
        if !is_due {
            return record(CardResult::Stays { next_at: card::next_look(card, false, now) });
        }
        Ok(Todo::Show { body: self.renderer.card(channel, &view)?, says, is_last })
    }

    /// Draws what a card shows and waits for a slot, but not for ever: others of the channel may have one. `None`: the gateway
    /// stops.
    async fn slot(&self, card: &Card, body: &Body, stop: &CancellationToken) -> Option<Slot> {
        let to = &card.destination.address;
        let ready = async {
            let png = self.painter.drawn(body.picture()).await;
            match card.message {
                Some(_) => self.limiter.take_for_edit(to).await,
                // Somebody has asked for it just now.
                None => self.limiter.take(to).await,
            }
            Slot::Taken { png }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            slot = timeout(PATIENCE, ready) => Some(slot.unwrap_or(Slot::Missed)),
        }
    }

    /// Sends or edits a card's message; what the channel calls it. `None`: the gateway stops and no answer has come.
    async fn show(
        &self,
        card: &Card,
        body: Body,
        png: Option<Vec<u8>>,
        stop: &CancellationToken,
    ) -> Option<Result<String, SendError>> {
        let outgoing = Outgoing {
            id: format!("card-{}-{}", card.id, card.made_at.0),
            address: card.destination.address.clone(),
            body,
            png,
            // It was asked for, or follows a chat that has moved: nothing of it is news.
            silent: true,
        };
        let request = async {
            match &card.message {
                Some(message) => {
                    let sent = Receipt(message.clone());
                    self.notifier.edit(&sent, &outgoing).await.map(|()| sent.0)
                }
                None => self.notifier.send(&outgoing).await.map(|receipt| receipt.0),
            }
        };
        let late = async {
            stop.cancelled().await;
            tokio::time::sleep(STOP_AFTER).await;
        };
        tokio::select! {
            biased;
            outcome = request => Some(outcome),
            () = late => None,
        }
    }

    /// What is said of a card that has ended because its message can't be edited.
    fn word(&self, card: &Card) -> Option<Body> {
        let title = card.known.as_ref().map(|known| known.title.as_str());
        let title = title.or(card.title.as_deref()).unwrap_or_default();
        let view = views::Cards::lost(&card.video, title);
        let word = self.renderer.answer(self.channel(), (&view).into());
        word.map_err(|error| tracing::error!(%error, "the end of a card could not be rendered"))
            .ok()
    }
}

fn put_off(next_at: UnixMillis, counts: bool) -> CardResult {
    CardResult::Failed { next_at, counts, lane_free_at: None }
}

fn say_refused(state: &mut State, look: &CardLook, error: &SendError) {
    if let Some(held) = state.refusals.pass(std::time::Instant::now()) {
        tracing::warn!(
            card.id = look.id.0,
            %error,
            unsaid = (held > 0).then_some(held),
            "a card could not be shown"
        );
    }
}
