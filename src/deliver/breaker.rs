//! Whether a channel as a whole works: it pauses while it does not, with one probe at a time.
//!
//! In: how each attempt ended. Out: how many messages may leave, and what somebody has to hear of. Pure: the caller
//! passes `now`. What becomes of the message itself is decided beside this, in `retry`.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Channel, Receivers};
use crate::notify::SendError;

/// The first and the longest pause; each is twice the one before.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// So many pauses in a row are news. A single refused connection is none; a channel that stays away is.
const NEWS_AFTER: u32 = 3;

/// So many attempts in a row that failed mean that the service behind all receivers does not work, whoever they are.
const FAILURES_MAX: u32 = 5;

/// So many receivers in a row, each of them another, that refuse by policy mean whoever sends. It may be said of one for a reason of its
/// own, and by chance of two.
const REFUSED_MAX: usize = 3;

/// Waits asked for by so many chats within a moment mean all of them.
const FLOODED_CHATS: usize = 3;
const FLOODED_WITHIN: Duration = Duration::from_secs(1);

/// The longest pause of all chats for that.
const FLOODED_MAX: Duration = Duration::from_secs(86_400);

/// What has changed for the channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// It stays away, or refuses us: why. Said once, until it is back.
    Away(String),
    /// It works again.
    Back {
        /// Whether it was said to be away.
        was_told: bool,
    },
    /// All its chats have to wait for so long.
    Flooded(Duration),
}

/// Watches over one channel.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Whether one service stands behind all receivers. Endpoints fail each for itself.
    is_one_service: bool,
    /// Whether waits of several receivers within a moment mean all of them: nobody says which waits do.
    guesses_floods: bool,
    paused_until: Option<Instant>,
    /// Pauses in a row.
    pauses: u32,
    /// Attempts in a row that failed for nobody's fault.
    failures: u32,
    /// Lanes that have refused by policy since anything was taken, [`REFUSED_MAX`] at most.
    refused: Vec<i64>,
    /// Which lanes were asked to wait, and when.
    floods: Vec<(Instant, i64)>,
    was_told: bool,
}

impl Breaker {
    /// For a channel that works as far as anybody knows.
    pub(super) const fn new(channel: Channel) -> Breaker {
        let traits = channel.traits();
        let is_one_service = matches!(traits.receivers, Receivers::OneService);
        Breaker {
            is_one_service,
            guesses_floods: is_one_service && !traits.names_floods,
            paused_until: None,
            pauses: 0,
            failures: 0,
            refused: Vec::new(),
            floods: Vec::new(),
            was_told: false,
        }
    }

    /// Whether the channel rests, or is being probed.
    pub(super) const fn is_paused(&self) -> bool {
        self.paused_until.is_some()
    }

    /// Whether what is refused by policy is refused because of us, and not because of the message or its receiver. Until something
    /// is taken, nothing else tells the two apart.
    pub(super) const fn is_refused(&self) -> bool {
        self.refused.len() >= REFUSED_MAX
    }

    /// How many messages may leave, at most `free`, while `in_flight` are under way.
    ///
    /// # Errors
    ///
    /// The channel rests: the moment to ask again.
    pub(super) fn slots(
        &self,
        free: usize,
        in_flight: usize,
        now: Instant,
    ) -> Result<usize, Instant> {
        match self.paused_until {
            Some(until) if until > now => Err(until),
            // One probe; the rest follows when it has come back.
            Some(_) => Ok(free.min(usize::from(in_flight == 0))),
            None => Ok(free),
        }
    }

    /// Takes in how an attempt in a lane has ended.
    pub(super) fn ended<T>(
        &mut self,
        outcome: &Result<T, SendError>,
        lane: i64,
        now: Instant,
    ) -> Vec<Event> {
        let (back, news) = match outcome {
            Ok(_) => {
                self.refused.clear();
                (self.works(), None)
            }
            // Whoever judges a message or its recipient is there, and knows us.
            Err(
                SendError::Rejected(_)
                | SendError::Deferred { .. }
                | SendError::Barred(_)
                | SendError::Gone(_)
                | SendError::Moved(_),
            ) => (self.judges(), None),
            Err(error @ SendError::Policy(_)) => self.refuses(error, lane, now),
            // Nobody was asked, so nothing is known of them.
            Err(SendError::Held { .. }) => (None, None),
            Err(SendError::Wait { after }) => (self.judges(), self.flooded(*after, lane, now)),
            // A service that never answers is as ill as one that says so, and each attempt may be one more copy.
            Err(
                error @ (SendError::Transient(_)
                | SendError::NoConnection(_)
                | SendError::Ambiguous(_)),
            ) => {
                self.failures = self.failures.saturating_add(1);
                let is_ill = self.is_one_service && self.failures >= FAILURES_MAX;
                (None, if is_ill { self.away(error, now) } else { None })
            }
            Err(error @ SendError::Unreachable(_)) => {
                self.failures = 0;
                (None, self.away(error, now))
            }
            Err(error @ SendError::Unauthorized(_)) => {
                self.failures = 0;
                self.pause(PAUSE_MAX, now);
                // Nothing of this passes by itself.
                (None, self.tell(error))
            }
        };
        back.into_iter().chain(news).collect()
    }

    fn works(&mut self) -> Option<Event> {
        (self.failures, self.pauses) = (0, 0);
        self.paused_until.take()?;
        Some(Event::Back { was_told: std::mem::take(&mut self.was_told) })
    }

    /// Somebody is there. While all are refused, that says nothing of the next one.
    fn judges(&mut self) -> Option<Event> {
        self.failures = 0;
        if self.is_refused() { None } else { self.works() }
    }

    fn refuses(
        &mut self,
        error: &SendError,
        lane: i64,
        now: Instant,
    ) -> (Option<Event>, Option<Event>) {
        if self.is_one_service && !self.is_refused() && !self.refused.contains(&lane) {
            self.refused.push(lane);
        }
        let back = self.judges();
        (back, if self.is_refused() { self.away(error, now) } else { None })
    }

    fn flooded(&mut self, after: Option<Duration>, lane: i64, now: Instant) -> Option<Event> {
        if !self.guesses_floods {
            return None;
        }
        self.floods.retain(|(at, other)| {
            *other != lane && now.saturating_duration_since(*at) < FLOODED_WITHIN
        });
        self.floods.push((now, lane));
        let wait = after.unwrap_or(FLOODED_WITHIN).min(FLOODED_MAX);
        (self.floods.len() >= FLOODED_CHATS).then_some(Event::Flooded(wait))
    }

    fn away(&mut self, error: &SendError, now: Instant) -> Option<Event> {
        if self.paused_until.is_some_and(|until| until > now) {
            // What was under way when the pause began fails too, and says nothing new.
            return None;
        }
        let grown = PAUSE_MIN.saturating_mul(2u32.saturating_pow(self.pauses.min(10)));
        self.pause(grown.min(PAUSE_MAX), now);
        if self.pauses < NEWS_AFTER { None } else { self.tell(error) }
    }

    fn pause(&mut self, wait: Duration, now: Instant) {
        self.pauses = self.pauses.saturating_add(1);
        self.paused_until = Some(now + wait);
    }

    fn tell(&mut self, error: &SendError) -> Option<Event> {
        (!std::mem::replace(&mut self.was_told, true)).then(|| Event::Away(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: i64 = 7;

    fn telegram() -> Breaker {
        Breaker::new(Channel::Telegram)
    }

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn unreachable() -> Result<(), SendError> {
        Err(SendError::Unreachable("dns".into()))
    }

    fn away() -> Vec<Event> {
        vec![Event::Away("not reachable: dns".into())]
    }

    #[test]
    fn pauses_grow_to_a_minute_and_the_third_is_news_once() {
        let (mut breaker, mut now) = (telegram(), Instant::now());
        let mut pauses = Vec::new();
        for probe in 0..8 {
            assert_eq!(breaker.slots(9, 0, now), Ok(if probe == 0 { 9 } else { 1 }));
            let told = breaker.ended(&unreachable(), LANE, now);
            assert_eq!(told, if probe == 2 { away() } else { Vec::new() }, "{probe}");
            let until = breaker.slots(9, 0, now).unwrap_err();
            pauses.push((until - now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(breaker.ended(&Ok(()), LANE, now), [Event::Back { was_told: true }]);
        assert_eq!(breaker.slots(9, 0, now), Ok(9));
        breaker.ended(&unreachable(), LANE, now);
        assert_eq!(breaker.slots(9, 0, now), Err(now + seconds(1)), "it began anew");
    }

    #[test]
    fn while_a_probe_is_under_way_nothing_else_leaves() {
        let (mut breaker, now) = (telegram(), Instant::now());
        breaker.ended(&unreachable(), LANE, now);
        let later = now + seconds(1);
        assert_eq!(breaker.slots(9, 1, later), Ok(0));
        assert_eq!(breaker.slots(9, 0, later), Ok(1));
        assert_eq!(breaker.slots(0, 0, later), Ok(0), "no slot is free");
    }

    #[test]
    fn what_fails_all_at_once_is_one_failure() {
        let (mut breaker, now) = (telegram(), Instant::now());
        for _ in 0..50 {
            assert_eq!(breaker.ended(&unreachable(), LANE, now), []);
        }
        assert_eq!(breaker.slots(9, 0, now), Err(now + seconds(1)));
    }

    #[test]
    fn refused_credentials_are_news_at_once_and_asked_about_once_a_minute() {
        let (mut breaker, now) = (telegram(), Instant::now());
        let refused: Result<(), _> = Err(SendError::Unauthorized("401".into()));
        let told = breaker.ended(&refused, LANE, now);
        assert_eq!(told, [Event::Away("credentials refused: 401".into())]);
        assert_eq!(breaker.slots(9, 0, now), Err(now + seconds(60)));
        assert_eq!(breaker.ended(&refused, LANE, now + seconds(60)), []);
    }

    #[test]
    fn five_failures_in_a_row_pause_a_service_and_never_a_channel_of_single_endpoints() {
        let now = Instant::now();
        for (channel, pauses) in [(Channel::Telegram, true), (Channel::Webhook, false)] {
            let mut breaker = Breaker::new(channel);
            for attempt in 0..FAILURES_MAX {
                assert!(!breaker.is_paused(), "{channel} after {attempt}");
                let error = match attempt % 2 {
                    0 => SendError::Transient("500".into()),
                    _ => SendError::Ambiguous("timed out".into()),
                };
                breaker.ended::<()>(&Err(error), attempt.into(), now);
            }
            assert_eq!(breaker.is_paused(), pauses, "{channel}");
        }
    }

    #[test]
    fn who_judges_a_message_is_there() {
        let now = Instant::now();
        let text = || "text".to_owned();
        for error in [
            SendError::Rejected(text()),
            SendError::Policy(text()),
            SendError::Barred(text()),
            SendError::Gone(text()),
            SendError::Moved(crate::model::Address::Recorder(text())),
            SendError::Wait { after: None },
            SendError::Deferred { at_least: seconds(300), answer: text() },
        ] {
            let mut breaker = telegram();
            breaker.ended(&unreachable(), LANE, now);
            let back = breaker.ended::<()>(&Err(error.clone()), LANE, now);
            assert_eq!(back, [Event::Back { was_told: false }], "{error:?}");
            assert!(!breaker.is_paused(), "{error:?}");
        }
    }

    fn refused() -> Result<(), SendError> {
        Err(SendError::Policy("554 5.7.1 your address is blocked".into()))
    }

    /// A channel of which these lanes have refused us, one after the other.
    fn refused_by(channel: Channel, lanes: impl IntoIterator<Item = i64>, now: Instant) -> Breaker {
        let mut breaker = Breaker::new(channel);
        for lane in lanes {
            assert!(!breaker.is_refused() && !breaker.is_paused(), "before {lane}");
            assert_eq!(breaker.ended(&refused(), lane, now), []);
        }
        breaker
    }

    #[test]
    fn three_receivers_in_a_row_that_refuse_by_policy_pause_a_service_until_one_takes_something() {
        let mut now = Instant::now();
        let mut breaker = refused_by(Channel::Email, [1, 2, 3], now);
        assert!(breaker.is_refused());
        let told = Event::Away("refused by policy: 554 5.7.1 your address is blocked".to_owned());
        for (pause, news) in [(1, vec![]), (2, vec![told]), (4, vec![]), (8, vec![])] {
            assert_eq!(breaker.slots(9, 0, now), Err(now + seconds(pause)));
            now += seconds(pause);
            assert_eq!(breaker.slots(9, 0, now), Ok(1));
            assert_eq!(breaker.ended(&refused(), 4, now), news, "{pause}");
        }
        now += seconds(16);
        // That there is nobody of this address does not say that a mail of ours would be taken.
        let gone = Err(SendError::Gone("550 5.1.1".into()));
        assert_eq!(breaker.ended::<()>(&gone, 5, now), []);
        assert_eq!((breaker.is_refused(), breaker.slots(9, 0, now)), (true, Ok(1)));
        assert_eq!(breaker.ended(&Ok(()), 6, now), [Event::Back { was_told: true }]);
        assert!(!breaker.is_refused() && !breaker.is_paused());
        assert_eq!(breaker.ended(&refused(), 1, now), []);
        assert!(!breaker.is_refused(), "it is counted anew");
    }

    #[test]
    fn what_one_receiver_refuses_is_its_own_affair() {
        let now = Instant::now();
        refused_by(Channel::Email, [1; 50], now);
        refused_by(Channel::Email, [1, 2, 1, 2, 1, 2], now);
        // Endpoints are each another's.
        refused_by(Channel::Webhook, 0..50, now);
        let mut breaker = refused_by(Channel::Email, [1, 2], now);
        breaker.ended(&Ok(()), 3, now);
        assert_eq!(breaker.ended(&refused(), 4, now), []);
        assert!(!breaker.is_refused(), "one of them has taken something");
        breaker.ended(&refused(), 5, now);
        breaker.ended::<()>(&Err(SendError::Wait { after: None }), 6, now);
        breaker.ended(&refused(), 7, now);
        assert!(breaker.is_refused(), "nothing was taken between");
    }

    #[test]
    fn what_was_held_back_says_nothing_of_the_channel() {
        let (mut breaker, now) = (telegram(), Instant::now());
        breaker.ended(&unreachable(), LANE, now);
        let held = Err(SendError::Held { after: seconds(1) });
        assert_eq!(breaker.ended::<()>(&held, LANE, now), []);
        assert!(breaker.is_paused());
    }

    #[test]
    fn three_chats_that_ask_for_a_wait_within_a_second_mean_the_bot() {
        let (mut breaker, start) = (telegram(), Instant::now());
        let mut flood = |lane: i64, at_ms: u64| {
            let wait = SendError::Wait { after: Some(seconds(35)) };
            breaker.ended::<()>(&Err(wait), lane, start + Duration::from_millis(at_ms))
        };
        assert_eq!((flood(1, 0), flood(2, 400)), (vec![], vec![]));
        // The same chat again is no further one, and what is over a second ago is forgotten.
        assert_eq!((flood(2, 500), flood(3, 1_400)), (vec![], vec![]));
        assert_eq!(flood(4, 1_450), [Event::Flooded(seconds(35))]);
    }

    #[test]
    fn a_wait_without_end_silences_a_bot_for_a_day() {
        let (mut breaker, now) = (telegram(), Instant::now());
        let mut flood = |lane: i64| {
            let wait = SendError::Wait { after: Some(Duration::MAX) };
            breaker.ended::<()>(&Err(wait), lane, now)
        };
        assert_eq!((flood(1), flood(2)), (vec![], vec![]));
        assert_eq!(flood(3), [Event::Flooded(seconds(86_400))]);
    }

    #[test]
    fn endpoints_that_ask_for_a_wait_mean_themselves_as_do_chats_of_a_service_that_tells() {
        for channel in [Channel::Webhook, Channel::Discord] {
            let (mut breaker, now) = (Breaker::new(channel), Instant::now());
            for lane in 0..9 {
                let wait = SendError::Wait { after: Some(seconds(35)) };
                assert_eq!(breaker.ended::<()>(&Err(wait), lane, now), [], "{channel}");
            }
        }
    }
}
