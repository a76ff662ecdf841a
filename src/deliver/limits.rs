//! The rates a channel allows: one slot after the other, without bursts.
//!
//! GCRA without burst tolerance: a slot is taken when it is there, and moves the next one on by the spacing. Whoever
//! waits sleeps until its slot. Answers to commands go before alerts, and edits behind all others.
//!
//! Written by hand: the crate `governor` does the spacing of single chats, but knows neither slots that are kept for
//! alerts among answers nor a pause of all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::model::Address;

/// The first slot comes this late: what a process before this one sent in its last second still counts.
const START_DELAY: Duration = Duration::from_secs(1);

/// Slots are this much further apart than the rate says: the channel counts when requests arrive, and two may come
/// closer together than they left. At 30/s this leaves 15 ms a second, and 29.6 messages.
const MARGIN: f64 = 1.015;

/// A slot that was taken late, by no more than this, does not move those behind it: waking up and reading the store take
/// a few milliseconds each time, which would add up. Less than the margin of a second, so that no second is too full.
const CATCH_UP: Duration = Duration::from_millis(8);

/// So many answers in a row leave ahead of an alert that waits: a backlog of commands must not silence the alerts.
const ANSWERS_IN_A_ROW: u32 = 3;

/// How long an alert may take to be found for a slot that was given out: until then no edit has it.
const FOUND_WITHIN: Duration = Duration::from_secs(1);

/// Chats whose last slot is remembered; more are forgotten once their slots have passed.
const CHATS_MAX: usize = 4096;

/// Rates in messages; 0 is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// Of the whole channel, per second.
    pub per_s: f64,
    /// Of one chat, per second.
    pub chat_per_s: f64,
    /// Of one group, per minute.
    pub group_per_min: f64,
}

/// Gives out the slots of one channel.
#[derive(Debug)]
pub struct Limiter {
    spacing: Duration,
    chat_spacing: Duration,
    group_spacing: Duration,
    state: Mutex<State>,
    /// Answers waiting for a slot of the whole channel: alerts let them pass.
    answers: AtomicUsize,
}

#[derive(Debug)]
struct State {
    next: Instant,
    /// The next slot of each chat as a whole.
    chats: HashMap<Address, Instant>,
    /// Answers that left since an alert could.
    answers_in_a_row: u32,
    /// An alert was told to let answers pass.
    alert_waits: bool,
    /// When a slot was given out for which there may be an alert.
    given_at: Option<Instant>,
    /// Until then the next slot is an alert's.
    reserved_until: Option<Instant>,
}

impl State {
    /// Alerts have had their turn.
    fn alert_is_served(&mut self) {
        self.answers_in_a_row = 0;
        self.alert_waits = false;
        self.given_at = None;
        self.reserved_until = None;
    }

    /// Whether an alert waits for the next slot, or may be found for it.
    fn is_wanted_by_alerts(&self, now: Instant) -> bool {
        self.alert_waits
            || self.reserved_until.is_some_and(|until| until > now)
            || self.given_at.is_some_and(|at| now < at + FOUND_WITHIN)
    }
}

/// Whose slot it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Answer,
    Alert,
    Edit,
}

fn spacing(rate: f64, per: Duration) -> Duration {
    if rate > 0.0 {
        Duration::try_from_secs_f64(per.as_secs_f64() / rate * MARGIN).unwrap_or(per)
    } else {
        Duration::ZERO
    }
}

impl Limiter {
    /// A limiter whose first slot comes a second after `now`; at once where the rate is unlimited.
    #[must_use]
    pub fn new(rates: Rates, now: Instant) -> Limiter {
        let spacing_s = spacing(rates.per_s, Duration::from_secs(1));
        let delay = if spacing_s.is_zero() { Duration::ZERO } else { START_DELAY };
        Limiter {
            spacing: spacing_s,
            chat_spacing: spacing(rates.chat_per_s, Duration::from_secs(1)),
            group_spacing: spacing(rates.group_per_min, Duration::from_secs(60)),
            state: Mutex::new(State {
                next: now + delay,
                chats: HashMap::new(),
                answers_in_a_row: 0,
                alert_waits: false,
                given_at: None,
                reserved_until: None,
            }),
            answers: AtomicUsize::new(0),
        }
    }

    /// How far apart the messages to one chat are, whatever their threads.
    #[must_use]
    pub fn lane_spacing(&self, to: &Address) -> Duration {
        if to.is_group() { self.chat_spacing.max(self.group_spacing) } else { self.chat_spacing }
    }

    /// How many alerts may leave now, at most `max`.
    ///
    /// # Errors
    ///
    /// There is no slot yet: the moment to ask again.
    pub fn slots(&self, max: usize, now: Instant) -> Result<usize, Instant> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = self.answers.load(Ordering::Relaxed) > 0 && !self.spacing.is_zero();
        if state.next > now {
            state.alert_waits |= waits;
            return Err(state.next);
        }
        if self.spacing.is_zero() {
            return Ok(max);
        }
        if waits && state.answers_in_a_row < ANSWERS_IN_A_ROW {
            state.alert_waits = true;
            return Err(now + self.spacing);
        }
        if waits {
            // Kept while it is found out what to send.
            state.reserved_until = Some(now + self.spacing);
        }
        state.given_at = Some(now);
        Ok(max.min(1))
    }

    /// There is no alert for the slot that was given out: answers may have it.
    pub fn pass(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).alert_is_served();
    }

    /// Waits for a slot of the chat as a whole and of the channel, and takes both. May be dropped half-way: then it has
    /// taken neither.
    pub async fn take(&self, to: &Address) {
        self.take_as(to, Turn::Alert).await;
    }

    async fn take_as(&self, to: &Address, turn: Turn) {
        while let Err(at) = self.try_take(to, turn, Instant::now()) {
            sleep_until(at).await;
        }
    }

    /// As [`Limiter::take`], behind answers and alerts: only a slot of the chat and of the channel that has stood open for as
    /// long as another slot is apart, so that nobody has wanted it. Where they never leave one open, it never comes.
    pub async fn take_for_edit(&self, to: &Address) {
        self.take_as(to, Turn::Edit).await;
    }

    /// As [`Limiter::take`], ahead of alerts; where answers never end, an alert gets every fourth slot.
    pub async fn take_for_answer(&self, to: &Address) {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        // The chat's own slot is waited for without holding up others.
        while let Some(at) = self.chat_slot(to, Instant::now()) {
            sleep_until(at).await;
        }
        self.answers.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.answers);
        self.take_as(to, Turn::Answer).await;
    }

    fn chat_slot(&self, to: &Address, now: Instant) -> Option<Instant> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.chats.get(&to.whole()).copied().filter(|at| *at > now)
    }

    fn try_take(&self, to: &Address, turn: Turn, now: Instant) -> Result<(), Instant> {
        // Where nothing is spaced, nobody is remembered.
        let lane = Some(self.lane_spacing(to)).filter(|spacing| !spacing.is_zero());
        let lane = lane.map(|spacing| (to.whole(), spacing));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // So long a slot stands open for whoever comes first.
        let open = |spacing| if turn == Turn::Edit { spacing } else { Duration::ZERO };
        let chat = lane
            .as_ref()
            .and_then(|(whole, spacing)| state.chats.get(whole).map(|at| *at + open(*spacing)));
        let chat = chat.unwrap_or(now);
        let ready = chat.max(state.next + open(self.spacing));
        if ready > now {
            state.alert_waits |= turn == Turn::Alert && chat <= now;
            return Err(ready);
        }
        match turn {
            Turn::Alert => state.alert_is_served(),
            Turn::Edit => {
                let has_answers = self.answers.load(Ordering::Relaxed) > 0;
                if !self.spacing.is_zero() && (has_answers || state.is_wanted_by_alerts(now)) {
                    return Err(now + self.spacing);
                }
            }
            Turn::Answer => {
                match state.reserved_until {
                    Some(until) if until > now => return Err(until),
                    // No alert came for it.
                    Some(_) => state.alert_is_served(),
                    None if state.alert_waits && state.answers_in_a_row >= ANSWERS_IN_A_ROW => {
                        let until = now + self.spacing;
                        state.reserved_until = Some(until);
                        return Err(until);
                    }
                    None => {}
                }
                state.answers_in_a_row = state.answers_in_a_row.saturating_add(1);
            }
        }
        state.next = (state.next + self.spacing).max(now + self.spacing.saturating_sub(CATCH_UP));
        if let Some((whole, spacing)) = lane {
            if state.chats.len() >= CHATS_MAX {
                state.chats.retain(|_, at| *at > now);
            }
            state.chats.insert(whole, now + spacing);
        }
        Ok(())
    }

    /// Nothing leaves the channel for so long.
    pub fn pause(&self, until: Instant) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.next = state.next.max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TELEGRAM: Rates = Rates { per_s: 30.0, chat_per_s: 1.0, group_per_min: 20.0 };

    fn chat(id: i64) -> Address {
        Address::Telegram { chat: id, thread: None }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_than_thirty_messages() {
        let start = Instant::now();
        let limiter = Limiter::new(TELEGRAM, start);
        let mut sent = Vec::new();
        for id in 0..100 {
            limiter.take(&chat(id)).await;
            sent.push(start.elapsed());
        }
        assert!(sent[0] >= START_DELAY);
        for window in sent.windows(31) {
            assert!(window[30] - window[0] >= Duration::from_secs(1), "{window:?}");
        }
        // Nor is it slower than it may be.
        assert!(*sent.last().unwrap() < Duration::from_millis(4450));
    }

    #[tokio::test(start_paused = true)]
    async fn slots_that_are_taken_late_are_caught_up_with_and_still_no_second_is_too_full() {
        let start = Instant::now();
        let limiter = Limiter::new(TELEGRAM, start);
        let mut sent = Vec::new();
        for id in 0..100 {
            // Every third comes late by what a busy machine may take.
            tokio::time::advance(Duration::from_millis(if id % 3 == 0 { 6 } else { 0 })).await;
            limiter.take(&chat(id)).await;
            sent.push(start.elapsed());
        }
        for window in sent.windows(31) {
            assert!(window[30] - window[0] >= Duration::from_secs(1), "{window:?}");
        }
        assert!(*sent.last().unwrap() < Duration::from_millis(4450), "{sent:?}");
        // A long rest is no credit: what was not used is gone.
        tokio::time::advance(Duration::from_secs(60)).await;
        let rested = Instant::now();
        for id in 0..31 {
            limiter.take(&chat(id)).await;
        }
        assert!(rested.elapsed() >= Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_group_gets_twenty_a_minute_and_holds_up_nobody() {
        let limiter = Limiter::new(TELEGRAM, Instant::now());
        let start = Instant::now();
        // Whatever their topics.
        for thread in [None, Some(7), Some(8)] {
            limiter.take(&Address::Telegram { chat: -100, thread }).await;
        }
        assert!(start.elapsed() >= Duration::from_secs(7));
        let start = Instant::now();
        limiter.take(&chat(5)).await;
        assert!(start.elapsed() < Duration::from_millis(40));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_goes_before_alerts() {
        let limiter = Limiter::new(TELEGRAM, Instant::now());
        let to = chat(1);
        let answer = limiter.take_for_answer(&to);
        tokio::pin!(answer);
        assert!(futures_util::poll!(answer.as_mut()).is_pending());
        tokio::time::advance(START_DELAY + Duration::from_millis(1)).await;
        assert!(limiter.slots(10, Instant::now()).is_err(), "an alert took the answer's slot");
        answer.await;
        tokio::time::advance(Duration::from_millis(40)).await;
        assert_eq!(limiter.slots(10, Instant::now()), Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_without_end_leave_alerts_every_fourth_slot() {
        let limiter = std::sync::Arc::new(Limiter::new(TELEGRAM, Instant::now()));
        let tracker = tokio_util::task::TaskTracker::new();
        for id in 0..300 {
            let limiter = std::sync::Arc::clone(&limiter);
            tracker.spawn(async move {
                limiter.take_for_answer(&chat(id)).await;
            });
        }
        tokio::task::yield_now().await;
        let (start, mut alerts) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_secs(9) {
            match limiter.slots(10, Instant::now()) {
                Ok(_) => {
                    // What is to be sent is read from the store first.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    limiter.take(&chat(1_000 + alerts)).await;
                    alerts += 1;
                }
                Err(at) => sleep_until(at).await,
            }
        }
        assert!((55..=80).contains(&alerts), "{alerts} alerts in eight seconds of 29 slots");
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_takes_a_slot_that_nobody_has_wanted() {
        let limiter = Limiter::new(TELEGRAM, Instant::now());
        tokio::time::advance(START_DELAY).await;
        let start = Instant::now();
        for id in 0..10 {
            limiter.take_for_edit(&chat(id)).await;
        }
        // Every second slot: the others stay open for whoever comes.
        let took = start.elapsed();
        assert!(took > Duration::from_millis(500) && took < Duration::from_millis(700), "{took:?}");
        // Of a chat as well.
        let start = Instant::now();
        limiter.take(&chat(1)).await;
        limiter.take_for_edit(&chat(1)).await;
        assert!(start.elapsed() >= Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_waits_for_alerts_and_answers_and_comes_once_they_leave_a_slot_open() {
        let limiter = Limiter::new(TELEGRAM, Instant::now());
        tokio::time::advance(START_DELAY + Duration::from_millis(500)).await;
        let to = chat(1);
        let edit = limiter.take_for_edit(&to);
        tokio::pin!(edit);
        // A backlog of alerts takes every slot, however long it takes to find out which they are.
        for id in 0..100 {
            loop {
                match limiter.slots(10, Instant::now()) {
                    Ok(_) => break,
                    Err(at) => {
                        assert!(futures_util::poll!(edit.as_mut()).is_pending());
                        sleep_until(at).await;
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(futures_util::poll!(edit.as_mut()).is_pending(), "ahead of alert {id}");
            limiter.take(&chat(1_000 + id)).await;
        }
        let asks = chat(2);
        let answer = limiter.take_for_answer(&asks);
        tokio::pin!(answer);
        assert!(futures_util::poll!(answer.as_mut()).is_pending());
        assert!(futures_util::poll!(edit.as_mut()).is_pending());
        answer.await;
        // The worker looks once more, finds nothing, and says so.
        while let Err(at) = limiter.slots(10, Instant::now()) {
            sleep_until(at).await;
        }
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(futures_util::poll!(edit.as_mut()).is_pending());
        limiter.pass();
        let start = Instant::now();
        edit.await;
        assert!(start.elapsed() < Duration::from_millis(100));
    }

    #[tokio::test(start_paused = true)]
    async fn zero_is_unlimited() {
        let limiter = Limiter::new(Rates::default(), Instant::now());
        let start = Instant::now();
        for _ in 0..1000 {
            limiter.take(&chat(-1)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(limiter.slots(64, Instant::now()), Ok(64));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_unlimited_rates_too() {
        let start = Instant::now();
        let limiter = Limiter::new(Rates::default(), start);
        let until = start + Duration::from_secs(7);
        limiter.pause(until);
        assert_eq!(limiter.slots(64, start), Err(until));
        limiter.take(&chat(1)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(7));
    }
}
