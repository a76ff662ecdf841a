//! What becomes of a notification after one failed attempt, decided apart from sending.
//!
//! What an attempt says of the channel as a whole is decided beside this, in `breaker`.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::time::Duration;

use crate::model::UnixMillis;
use crate::notify::SendError;
use crate::store::FinishedAs;

/// The shortest that a message is held back: a limit is asked again, not watched.
const HELD_MIN: Duration = Duration::from_millis(100);

/// Waits after the first, second, … failed attempt; the last one for all that follow.
const BACK_OFF: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(300), LONG_WAIT];

/// The longest wait of our own. What may pass by itself, such as a right that the bot lacks, waits so long at once.
pub(super) const LONG_WAIT: Duration = Duration::from_secs(1800);

/// How long a receiver that fails again and again is left alone at most: it must not be asked for each message at once,
/// and a message that it can't take must not keep others from it.
const LANE_WAIT_MAX: Duration = Duration::from_secs(60);

/// What an operator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How long a notification may wait for its retries in all. Time in which the channel as a whole is away is none of
    /// it.
    pub give_up: Duration,
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NextStep {
    /// For the notification.
    pub result: FinishedAs,
    /// Nothing else leaves in its lane earlier: the channel has asked for that.
    pub lane_free_at: UnixMillis,
    /// The receiver has failed, not the message: should it do so several times in a row, nothing leaves in its lane
    /// earlier than this.
    pub lane_failed: Option<UnixMillis>,
}

/// Decides what becomes of a notification after one failed attempt.
///
/// Pure: the caller passes `now` and `jitter` (share of the back-off added at random, 0.0 to 1.0). `attempt` counts
/// from 1; `spent` is how long the message has waited since its first one, less the time in which the channel was away.
///
/// A wait asked for by the channel is obeyed in full even beyond our own: sending during a flood wait lengthens it.
pub(crate) fn next_step(
    error: &SendError,
    attempt: u32,
    spent: Duration,
    policy: RetryPolicy,
    now: UnixMillis,
    jitter: f64,
) -> NextStep {
    let jittered = |wait: Duration| wait.mul_f64(1.0 + jitter.clamp(0.0, 1.0) * 0.2);
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let back_off = jittered(BACK_OFF[place.min(BACK_OFF.len() - 1)]);
    let is_over = |wait: Duration| spent.saturating_add(wait) > policy.give_up;
    let step = |result| NextStep { result, lane_free_at: now, lane_failed: None };
    let retry = |wait: Duration| {
        if is_over(wait) {
            return FinishedAs::Dead(match attempt {
                1 => format!("given up after 1 attempt: {error}"),
                more => format!("given up after {more} attempts, last: {error}"),
            });
        }
        FinishedAs::Retry { at: now.plus(wait), counts: true, error: error.to_string() }
    };
    match error {
        SendError::Wait { after } => {
            let wait = after.unwrap_or_default().max(back_off.min(BACK_OFF[0]));
            // Who asks for longer than anything is tried loses this message, and may ask again for the next.
            let lane_free_at = if wait > policy.give_up { now } else { now.plus(wait) };
            NextStep { lane_free_at, ..step(retry(wait)) }
        }
        // Others to the same recipient are no more welcome, but how often this one was put off is its own affair.
        SendError::Deferred { at_least, .. } => {
            let at_least = jittered(*at_least);
            NextStep { lane_free_at: now.plus(at_least), ..step(retry(back_off.max(at_least))) }
        }
        SendError::Held { after } => {
            let at = now.plus((*after).max(HELD_MIN));
            let result = FinishedAs::Retry { at, counts: false, error: error.to_string() };
            NextStep { lane_free_at: at, ..step(result) }
        }
        SendError::Transient(_) | SendError::NoConnection(_) | SendError::Ambiguous(_) => {
            NextStep {
                lane_failed: Some(now.plus(back_off.min(LANE_WAIT_MAX))),
                ..step(retry(back_off))
            }
        }
        SendError::Unreachable(_) | SendError::Unauthorized(_) => put_off(error, now),
        SendError::Rejected(cause) | SendError::Policy(cause) => {
            step(FinishedAs::Dead(cause.clone()))
        }
        SendError::Barred(reason) => {
            let (wait, reason) = (jittered(LONG_WAIT), reason.clone());
            step(if is_over(wait) {
                FinishedAs::Gone(reason)
            } else {
                FinishedAs::Barred { at: now.plus(wait), reason }
            })
        }
        SendError::Gone(reason) => step(FinishedAs::Gone(reason.clone())),
        SendError::Moved(to) => step(FinishedAs::Moved(to.clone())),
    }
}

/// The same where it is the channel as a whole that has failed: nobody has looked at the message, so this is no attempt, and it
/// leaves when the channel works again.
pub(super) fn put_off(error: &SendError, now: UnixMillis) -> NextStep {
    let result = FinishedAs::Retry { at: now, counts: false, error: error.to_string() };
    NextStep { result, lane_free_at: now, lane_failed: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { give_up: Duration::from_secs(5 * 86_400) };
    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    #[expect(clippy::needless_pass_by_value, reason = "reads better in the cases")]
    fn step(error: SendError, attempt: u32, spent: Duration) -> NextStep {
        next_step(&error, attempt, spent, POLICY, NOW, 0.0)
    }

    fn transient() -> SendError {
        SendError::Transient("500".into())
    }

    fn retry_at(step: &NextStep) -> UnixMillis {
        match step.result {
            FinishedAs::Retry { at, .. } => at,
            ref other => panic!("{other:?} is no retry"),
        }
    }

    #[test]
    fn waits_grow_from_seconds_to_half_an_hour() {
        let waits: Vec<u64> = (1..=6)
            .map(|attempt| step(transient(), attempt, Duration::ZERO))
            .map(|step| retry_at(&step).since(NOW).as_secs())
            .collect();
        assert_eq!(waits, [5, 30, 300, 1800, 1800, 1800]);
    }

    #[test]
    fn a_wait_asked_for_is_obeyed_in_full_and_holds_up_its_lane() {
        let hour = Duration::from_secs(3600);
        let step = step(SendError::Wait { after: Some(hour) }, 1, Duration::ZERO);
        assert_eq!(retry_at(&step), NOW.plus(hour));
        assert_eq!((step.lane_free_at, step.lane_failed), (NOW.plus(hour), None));
    }

    #[test]
    fn who_is_put_off_waits_as_long_as_that_takes_and_then_as_for_any_failure() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        for (at_least, waits) in [(minutes(5), [5, 5, 5, 30, 30]), (minutes(30), [30; 5])] {
            for (attempt, wait) in (1..).zip(waits) {
                let error = SendError::Deferred { at_least, answer: "450 4.7.1".into() };
                let step = step(error, attempt, Duration::ZERO);
                assert_eq!(retry_at(&step), NOW.plus(minutes(wait)), "{attempt}");
                // Something new is worth another attempt as soon as anything is.
                assert_eq!((step.lane_free_at, step.lane_failed), (NOW.plus(at_least), None));
            }
        }
    }

    #[test]
    fn a_wait_without_end_ends_the_message_and_not_its_lane() {
        let for_ever = SendError::Wait { after: Some(Duration::MAX) };
        let step = step(for_ever, 1, Duration::from_secs(1));
        assert!(matches!(step.result, FinishedAs::Dead(_)), "{step:?}");
        assert_eq!(step.lane_free_at, NOW);
    }

    #[test]
    fn a_message_that_is_given_up_leaves_its_lane_the_wait_that_was_asked_for() {
        let hour = Duration::from_secs(3600);
        let step = step(SendError::Wait { after: Some(hour) }, 9, POLICY.give_up);
        assert!(matches!(step.result, FinishedAs::Dead(_)), "{step:?}");
        assert_eq!(step.lane_free_at, NOW.plus(hour));
    }

    #[test]
    fn only_a_failure_of_the_receiver_counts_against_its_lane() {
        let failed = |error| step(error, 3, Duration::ZERO).lane_failed;
        let text = String::new;
        for error in [
            SendError::Transient(text()),
            SendError::NoConnection(text()),
            SendError::Ambiguous(text()),
        ] {
            assert_eq!(failed(error), Some(NOW.plus(Duration::from_secs(60))));
        }
        let address = crate::model::Address::Recorder(text());
        for error in [
            SendError::Wait { after: None },
            SendError::Deferred { at_least: Duration::ZERO, answer: text() },
            SendError::Held { after: Duration::ZERO },
            SendError::Unreachable(text()),
            SendError::Unauthorized(text()),
            SendError::Rejected(text()),
            SendError::Policy(text()),
            SendError::Barred(text()),
            SendError::Gone(text()),
            SendError::Moved(address),
        ] {
            assert_eq!(failed(error.clone()), None, "{error:?}");
        }
    }

    #[test]
    fn what_was_held_back_waits_for_just_that_and_is_no_attempt() {
        for (after_ms, wait_ms) in [(700, 700), (0, 100)] {
            let after = Duration::from_millis(after_ms);
            let step = step(SendError::Held { after }, 3, POLICY.give_up);
            let at = NOW.plus(Duration::from_millis(wait_ms));
            assert_eq!((retry_at(&step), step.lane_free_at), (at, at));
            assert!(matches!(step.result, FinishedAs::Retry { counts: false, .. }));
        }
    }

    #[test]
    fn a_failed_message_alone_holds_up_nothing_of_its_lane() {
        let first = step(transient(), 1, Duration::ZERO);
        assert_eq!((first.lane_free_at, first.lane_failed), (NOW, Some(retry_at(&first))));
    }

    #[test]
    fn a_message_that_is_refused_dies_at_once() {
        for refusal in [SendError::Rejected, SendError::Policy] {
            let step = step(refusal("can't parse entities".into()), 1, Duration::ZERO);
            assert_eq!(step.result, FinishedAs::Dead("can't parse entities".into()));
            assert_eq!(step.lane_free_at, NOW);
        }
    }

    #[test]
    fn a_channel_that_is_away_burns_no_attempts_however_long() {
        for error in [SendError::Unreachable("dns".into()), SendError::Unauthorized("401".into())] {
            let step = step(error, 40, POLICY.give_up);
            assert!(matches!(step.result, FinishedAs::Retry { counts: false, .. }), "{step:?}");
        }
    }

    #[test]
    fn what_may_pass_by_itself_is_tried_every_half_hour_until_it_is_given_up() {
        let barred = |spent| step(SendError::Barred("no rights".into()), 1, spent).result;
        let at = NOW.plus(Duration::from_secs(1800));
        let reason = || "no rights".to_owned();
        assert_eq!(barred(Duration::ZERO), FinishedAs::Barred { at, reason: reason() });
        let almost = POLICY.give_up - Duration::from_secs(1800);
        assert_eq!(barred(almost), FinishedAs::Barred { at, reason: reason() });
        assert_eq!(barred(almost + Duration::from_secs(1)), FinishedAs::Gone(reason()));
    }

    #[test]
    fn after_five_days_of_waiting_it_is_given_up() {
        let step = step(transient(), 200, POLICY.give_up);
        assert!(matches!(step.result, FinishedAs::Dead(_)));
    }

    proptest! {
        #[test]
        fn no_retry_is_earlier_than_asked_nor_later_than_the_end(
            attempt in 1u32..1000, after in 0u64..1_000_000, jitter in 0.0f64..1.0, spent in 0u64..500_000,
        ) {
            let spent = Duration::from_secs(spent);
            let error = SendError::Wait { after: Some(Duration::from_secs(after)) };
            let step = next_step(&error, attempt, spent, POLICY, NOW, jitter);
            match step.result {
                FinishedAs::Retry { at, .. } => {
                    prop_assert!(at >= NOW.plus(Duration::from_secs(after)));
                    prop_assert!(spent + at.since(NOW) <= POLICY.give_up);
                    prop_assert_eq!(step.lane_free_at, at);
                }
                FinishedAs::Dead(_) => prop_assert!(spent.as_secs() + after.max(5) > POLICY.give_up.as_secs()),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn whatever_fails_for_ever_is_given_up_in_time(jitter in 0.0f64..1.0, kind in 0..3) {
            let at_least = Duration::from_secs(300);
            let (is_barred, error) = match kind {
                0 => (true, SendError::Barred(String::new())),
                1 => (false, SendError::Deferred { at_least, answer: String::new() }),
                _ => (false, transient()),
            };
            let mut spent = Duration::ZERO;
            for attempt in 1.. {
                match next_step(&error, attempt, spent, POLICY, NOW, jitter).result {
                    FinishedAs::Retry { at, counts: true, .. } | FinishedAs::Barred { at, .. } => {
                        prop_assert!(at > NOW);
                        spent += at.since(NOW);
                    }
                    FinishedAs::Dead(_) => { prop_assert!(!is_barred); break }
                    FinishedAs::Gone(_) => { prop_assert!(is_barred); break }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            let longest = Duration::from_secs(1800).mul_f64(1.2);
            prop_assert!(spent <= POLICY.give_up && spent + longest > POLICY.give_up);
        }
    }
}
