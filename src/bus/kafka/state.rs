//! Where the reading of a topic stands: which partitions there are, what is asked, and whose turn it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use rdkafka::error::KafkaError;
use tokio::sync::oneshot;

use super::client::{is_gone, is_out_of_bounds, line};
use super::parked::Letter;
use super::partition::Partition;
use super::reader::Found;
use crate::bus::{Batch, BusError};

/// What the topic is.
pub(super) type Answer = Result<Option<Found>, BusError>;

/// Where it stands.
#[derive(Default)]
pub(super) struct State {
    /// The name under which the store keeps positions: with the topic's id, so that one made anew begins at its beginning.
    pub(super) stream: Arc<str>,
    pub(super) partitions: BTreeMap<i32, Partition>,
    pub(super) looked: Option<Instant>,
    /// The question that is under way.
    pub(super) question: Option<oneshot::Receiver<Answer>>,
    pub(super) committed: Option<Instant>,
    /// The partition that was asked last.
    pub(super) turn: i32,
    /// Partitions are to be given to the client anew.
    pub(super) is_unassigned: bool,
    /// A position may be out of the topic's bounds.
    pub(super) is_out_of_bounds: bool,
    pub(super) letters: Vec<Letter>,
}

impl State {
    /// What the question under way was answered with, if it was.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        let answer = match self.question.as_mut()?.try_recv() {
            Ok(answer) => answer,
            Err(oneshot::error::TryRecvError::Empty) => return None,
            Err(oneshot::error::TryRecvError::Closed) => {
                Err(BusError("a question to Kafka was broken off".to_owned()))
            }
        };
        self.question = None;
        Some(answer)
    }

    /// Looks at everything anew with the next question.
    pub(super) fn forget(&mut self) {
        self.partitions.clear();
        (self.looked, self.is_unassigned) = (None, true);
    }

    pub(super) fn waiting(&self) -> usize {
        self.partitions.values().map(Partition::len).sum::<usize>() + self.letters.len()
    }

    pub(super) fn has_more(&self) -> bool {
        self.partitions.values().any(Partition::has_more)
    }

    /// What the client could not read.
    pub(super) fn failed(&mut self, topic: &str, error: &KafkaError) -> Result<(), BusError> {
        match error.rdkafka_error_code() {
            Some(code) if is_out_of_bounds(code) => {
                (self.is_out_of_bounds, self.is_unassigned, self.looked) = (true, true, None);
            }
            Some(code) if is_gone(code) => self.forget(),
            _ => {}
        }
        Err(BusError(format!("topic {topic}: {}", line(error))))
    }

    /// Hands over a piece of a partition, each in its turn.
    pub(super) fn next(&mut self, limit: usize) -> Batch {
        let behind = self.partitions.range(self.turn.saturating_add(1)..);
        let all = behind.chain(self.partitions.range(..=self.turn));
        let with_more = all.filter(|(_, partition)| partition.has_more());
        let number = with_more.map(|(number, _)| *number).next();
        let stream = Arc::clone(&self.stream);
        let Some((number, partition)) =
            number.and_then(|number| Some((number, self.partitions.get_mut(&number)?)))
        else {
            return Batch {
                stream,
                partition: self.turn,
                read: 0,
                snapshots: Arc::default(),
                end: 0,
            };
        };
        self.turn = number;
        let (read, snapshots, end) = partition.hand(limit);
        Batch { stream, partition: number, read, snapshots, end }
    }
}
