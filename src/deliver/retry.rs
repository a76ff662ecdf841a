//! What becomes of a notification after one failed attempt, decided apart from sending.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::time::Duration;

use crate::model::UnixMillis;
use crate::notify::SendError;
use crate::store::FinishedAs;

/// Waits after the first, second, … failed attempt; the last one for all that follow.
const BACK_OFF: [Duration; 4] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(300),
    Duration::from_secs(1800),
];

/// How long a failed attempt holds up the other messages of its lane at most: a message that the receiver can't take
/// must not keep others from it, and a receiver that is away must not be asked for each of them at once.
const LANE_WAIT_MAX: Duration = Duration::from_secs(60);

/// What an operator can set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How long after its birth a notification is given up.
    pub give_up: Duration,
}

/// Whether the whole channel has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// The channel can't be reached: one probe after a while.
    Unreachable,
    /// Our credentials are refused: somebody must act.
    Credentials,
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep {
    /// For the notification.
    pub result: FinishedAs,
    /// Nothing else leaves in its lane earlier.
    pub lane_free_at: UnixMillis,
    /// For the channel.
    pub pause: Option<Pause>,
}

/// Decides what becomes of a notification after one failed attempt.
///
/// Pure: the caller passes `now` and `jitter` (share of the back-off added at random, 0.0 to 1.0). `attempt` counts
/// from 1; `born` is the moment of the first attempt.
///
/// A wait asked for by the channel is obeyed in full even beyond our own: sending during a flood wait lengthens it.
pub fn next_step(
    error: &SendError,
    attempt: u32,
    born: UnixMillis,
    policy: RetryPolicy,
    now: UnixMillis,
    jitter: f64,
) -> NextStep {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let back_off = BACK_OFF[place.min(BACK_OFF.len() - 1)];
    let back_off = back_off.mul_f64(1.0 + jitter.clamp(0.0, 1.0) * 0.2);
    let end = |result| NextStep { result, lane_free_at: now, pause: None };
    let channel = |pause| NextStep {
        result: FinishedAs::Retry { at: now, counts: false, error: error.to_string() },
        lane_free_at: now,
        pause: Some(pause),
    };
    let retry = |wait: Duration, lane_wait: Duration| {
        let at = now.plus(wait);
        if at > born.plus(policy.give_up) {
            return end(FinishedAs::Dead(format!(
                "given up after {attempt} attempts, last: {error}"
            )));
        }
        NextStep {
            result: FinishedAs::Retry { at, counts: true, error: error.to_string() },
            lane_free_at: now.plus(lane_wait),
            pause: None,
        }
    };
    match error {
        SendError::Wait { after } => {
            let wait = after.unwrap_or_default().max(back_off.min(Duration::from_secs(5)));
            retry(wait, wait)
        }
        SendError::Transient(_) | SendError::Ambiguous(_) => {
            retry(back_off, back_off.min(LANE_WAIT_MAX))
        }
        SendError::Unreachable(_) => channel(Pause::Unreachable),
        SendError::Unauthorized(_) => channel(Pause::Credentials),
        SendError::Rejected(cause) => end(FinishedAs::Dead(cause.clone())),
        SendError::Gone(reason) => end(FinishedAs::Gone(reason.clone())),
        SendError::Moved(to) => end(FinishedAs::Moved(to.clone())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: RetryPolicy = RetryPolicy { give_up: Duration::from_secs(5 * 86_400) };
    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    #[expect(clippy::needless_pass_by_value, reason = "reads better in the cases")]
    fn step(error: SendError, attempt: u32, born: UnixMillis) -> NextStep {
        next_step(&error, attempt, born, POLICY, NOW, 0.0)
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
            .map(|attempt| step(SendError::Transient("500".into()), attempt, NOW))
            .map(|step| retry_at(&step).since(NOW).as_secs())
            .collect();
        assert_eq!(waits, [5, 30, 300, 1800, 1800, 1800]);
    }

    #[test]
    fn a_wait_asked_for_is_obeyed_in_full_and_holds_up_its_lane() {
        let hour = Duration::from_secs(3600);
        let step = step(SendError::Wait { after: Some(hour) }, 1, NOW);
        assert_eq!(retry_at(&step), NOW.plus(hour));
        assert_eq!(step.lane_free_at, NOW.plus(hour));
        assert_eq!(step.pause, None);
    }

    #[test]
    fn a_message_that_is_refused_dies_at_once() {
        let step = step(SendError::Rejected("can't parse entities".into()), 1, NOW);
        assert_eq!(step.result, FinishedAs::Dead("can't parse entities".into()));
        assert_eq!(step.lane_free_at, NOW);
    }

    #[test]
    fn a_channel_that_is_away_burns_no_attempts_however_long() {
        let years_ago = NOW.minus(Duration::from_secs(100 * 86_400));
        let step = step(SendError::Unreachable("dns".into()), 40, years_ago);
        assert_eq!(step.pause, Some(Pause::Unreachable));
        assert!(matches!(step.result, FinishedAs::Retry { counts: false, .. }));
    }

    #[test]
    fn after_five_days_it_is_given_up() {
        let born = NOW.minus(POLICY.give_up);
        let step = step(SendError::Transient("500".into()), 200, born);
        assert!(matches!(step.result, FinishedAs::Dead(_)));
    }

    proptest! {
        #[test]
        fn no_retry_is_earlier_than_asked_nor_later_than_the_end(
            attempt in 1u32..1000, after in 0u64..1_000_000, jitter in 0.0f64..1.0, age in 0u64..500_000,
        ) {
            let born = NOW.minus(Duration::from_secs(age));
            let error = SendError::Wait { after: Some(Duration::from_secs(after)) };
            let step = next_step(&error, attempt, born, POLICY, NOW, jitter);
            match step.result {
                FinishedAs::Retry { at, .. } => {
                    prop_assert!(at >= NOW.plus(Duration::from_secs(after)));
                    prop_assert!(at <= born.plus(POLICY.give_up));
                }
                FinishedAs::Dead(_) => prop_assert!(age + after.max(5) + 2 > POLICY.give_up.as_secs()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
