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
    /// What was sent, with the body that stands there now.
    pub outgoing: Outgoing,
    /// What was answered.
    pub receipt: Receipt,
    /// How often it was edited.
    pub edits: u32,
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

    /// Forgets a notification, as whoever deletes a message does.
    pub fn delete(&self, receipt: &Receipt) {
        self.state().taken.retain(|kept| kept.receipt != *receipt);
    }

    /// How many calls of [`Notifier::send`] and [`Notifier::edit`] there were, failures included.
    #[must_use]
    pub fn attempts(&self) -> u64 {
        self.state().attempts
    }

    /// Refuses what is for another channel; what was asked to fail fails, and has had its effect where that is unclear.
    fn attempt<T>(
        &self,
        outgoing: &Outgoing,
        effect: impl FnOnce(&mut State) -> Result<T, SendError>,
    ) -> Result<T, SendError> {
        let mut state = self.state();
        state.attempts += 1;
        if outgoing.address.channel() != self.channel {
            return Err(SendError::Rejected(format!("no {} address", self.channel)));
        }
        match state.failures.pop_front() {
            None => effect(&mut state),
            Some(error) => {
                if matches!(error, SendError::Ambiguous(_)) {
                    effect(&mut state)?;
                }
                Err(error)
            }
        }
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
        let (outgoing, kept) = (outgoing.clone(), receipt.clone());
        self.taken.push_back(Recorded { outgoing, receipt: kept, edits: 0 });
        while self.taken.len() > capacity {
            self.taken.pop_front();
        }
        receipt
    }

    /// Puts another body in the place of one that is kept.
    fn change(&mut self, sent: &Receipt, outgoing: &Outgoing) -> Result<(), SendError> {
        let kept = self.taken.iter_mut().find(|kept| kept.receipt == *sent);
        let kept = kept.ok_or_else(|| SendError::Rejected("nothing of that name".to_owned()))?;
        if kept.outgoing.body != outgoing.body {
            kept.outgoing.body = outgoing.body.clone();
            kept.edits += 1;
        }
        Ok(())
    }
}

#[async_trait]
impl Notifier for Recorder {
    fn channel(&self) -> Channel {
        self.channel
    }

    async fn send(&self, outgoing: &Outgoing) -> Result<Receipt, SendError> {
        self.attempt(outgoing, |state| Ok(state.take(outgoing, self.capacity)))
    }

    async fn edit(&self, sent: &Receipt, outgoing: &Outgoing) -> Result<(), SendError> {
        self.attempt(outgoing, |state| state.change(sent, outgoing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Body;

    fn outgoing(id: &str) -> Outgoing {
        let address = "recorder:bell".parse().unwrap();
        let body = Body::Text("{}".to_owned());
        Outgoing { id: id.to_owned(), address, body, png: None, silent: false }
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
    async fn an_edit_replaces_what_is_kept_and_what_is_deleted_can_not_be_edited() {
        let recorder = Recorder::new(8);
        let sent = recorder.send(&outgoing("a")).await.unwrap();
        let other = Outgoing { body: Body::Text("later".to_owned()), ..outgoing("a") };
        for _ in 0..2 {
            recorder.edit(&sent, &other).await.unwrap();
        }
        let kept = recorder.sent();
        assert_eq!((kept[0].edits, &kept[0].outgoing), (1, &other));
        recorder.delete(&sent);
        assert!(matches!(recorder.edit(&sent, &other).await, Err(SendError::Rejected(_))));
    }

    #[tokio::test]
    async fn an_address_of_another_channel_is_refused() {
        let recorder = Recorder::standing_in_for(Channel::Telegram, 8);
        assert!(matches!(recorder.send(&outgoing("a")).await, Err(SendError::Rejected(_))));
    }
}
