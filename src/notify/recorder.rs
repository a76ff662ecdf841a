//! A notifier that keeps what it was given: the destination of tests and of the demo.
//!
//! It records and does not judge: it takes bodies of all kinds, and what should have been sent is the reader's to say.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::model::Channel;

use super::{Notifier, Outgoing, Receipt, SendError};

/// One notification that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was sent.
    pub outgoing: Outgoing,
    /// What was answered.
    pub receipt: Receipt,
}

#[derive(Debug, Default)]
struct State {
    taken: VecDeque<Recorded>,
    failures: VecDeque<SendError>,
    count: u64,
    attempts: u64,
}

/// Keeps the last notifications in memory, oldest first.
#[derive(Debug)]
pub struct Recorder {
    channel: Channel,
    capacity: usize,
    state: Mutex<State>,
}

impl Recorder {
    /// Makes a recorder that keeps the last `capacity` notifications.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Recorder::standing_in_for(Channel::Recorder, capacity)
    }

    /// Makes a recorder that says it is `channel`, so that a test can put it in that channel's place.
    #[must_use]
    pub fn standing_in_for(channel: Channel, capacity: usize) -> Self {
        Recorder { channel, capacity, state: Mutex::default() }
    }

    /// Makes the next attempt without a failure of its own fail with `error`; several calls queue up.
    ///
    /// An ambiguous failure keeps the notification all the same: the request went out, only its answer is missing.
    pub fn fail_next(&self, error: SendError) {
        self.state().failures.push_back(error);
    }

    /// What is kept, oldest first; each id once.
    #[must_use]
    pub fn sent(&self) -> Vec<Recorded> {
        self.state().taken.iter().cloned().collect()
    }

    /// How many calls of [`Notifier::send`] there were, failures included.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.state().attempts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole after every statement, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a notification, or finds the one of the same id that is still kept.
    fn take(&mut self, outgoing: &Outgoing, capacity: usize) -> Receipt {
        if let Some(earlier) = self.taken.iter().find(|kept| kept.outgoing.id == outgoing.id) {
            return earlier.receipt.clone();
        }
        self.count += 1;
        let receipt = Receipt(format!("recorded-{}", self.count));
        self.taken.push_back(Recorded { outgoing: outgoing.clone(), receipt: receipt.clone() });
        while self.taken.len() > capacity {
            self.taken.pop_front();
        }
        receipt
    }
}

#[async_trait]
impl Notifier for Recorder {
    fn channel(&self) -> Channel {
        self.channel
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        let mut state = self.state();
        state.attempts += 1;
        if outgoing.address.channel() != self.channel {
            return Err(SendError::Rejected(format!("no {} address", self.channel)));
        }
        match state.failures.pop_front() {
            None => Ok(state.take(outgoing, self.capacity)),
            Some(error) => {
                if matches!(error, SendError::Ambiguous(_)) {
                    state.take(outgoing, self.capacity);
                }
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    fn outgoing(id: &str) -> Outgoing {
        let address = "recorder:bell".parse().unwrap();
        Outgoing { id: id.to_owned(), address, body: Body::Text("{}".to_owned()), silent: false }
    }

    fn ids(recorder: &Recorder) -> Vec<String> {
        recorder.sent().into_iter().map(|kept| kept.outgoing.id).collect()
    }

    #[tokio::test]
    async fn only_the_last_are_kept() {
        let recorder = Recorder::new(2);
        for id in ["a", "b", "c"] {
            recorder.send(&outgoing(id)).await.unwrap();
        }
        assert_eq!(ids(&recorder), ["b", "c"]);
        assert_eq!(recorder.attempts(), 3);
    }

    #[tokio::test]
    async fn a_retry_gets_the_same_receipt_and_is_kept_once() {
        let recorder = Recorder::new(8);
        let first = recorder.send(&outgoing("a")).await.unwrap();
        recorder.send(&outgoing("b")).await.unwrap();
        assert_eq!(recorder.send(&outgoing("a")).await.unwrap(), first);
        assert_eq!(ids(&recorder), ["a", "b"]);
    }

    #[tokio::test]
    async fn scripted_failures_come_in_order_and_then_end() {
        let recorder = Recorder::new(8);
        let refused = SendError::Rejected("no".to_owned());
        let wait = SendError::Wait { after: None };
        recorder.fail_next(refused.clone());
        recorder.fail_next(wait.clone());
        assert_eq!(recorder.send(&outgoing("a")).await, Err(refused));
        assert_eq!(recorder.send(&outgoing("a")).await, Err(wait));
        assert!(ids(&recorder).is_empty());
        assert!(recorder.send(&outgoing("a")).await.is_ok());
    }

    #[tokio::test]
    async fn an_ambiguous_failure_has_arrived_and_its_retry_makes_no_second() {
        let recorder = Recorder::new(8);
        recorder.fail_next(SendError::Ambiguous("timed out".to_owned()));
        assert!(recorder.send(&outgoing("a")).await.is_err());
        assert!(recorder.send(&outgoing("a")).await.is_ok());
        assert_eq!(ids(&recorder), ["a"]);
    }

    #[tokio::test]
    async fn an_address_of_another_channel_is_refused() {
        let recorder = Recorder::standing_in_for(Channel::Telegram, 8);
        assert!(matches!(recorder.send(&outgoing("a")).await, Err(SendError::Rejected(_))));
    }
}
