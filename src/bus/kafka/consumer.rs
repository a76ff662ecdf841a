//! The router's end of a topic: partitions go on where the store says, whatever became of the topic meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rdkafka::Message;
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::OwnedMessage;
use tokio::sync::{Notify, oneshot};
use tokio_util::task::TaskTracker;

use super::age::Ages;
use super::client::{is_gone, is_out_of_bounds};
use super::parked::{Letter, Parking};
use super::partition::Partition;
use super::reader::{Found, Reader};
use super::schemas::Schemas;
use super::state::{Answer, State};
use super::topics::Topics;
use crate::bus::record::{LearnError, Undecoded};
use crate::bus::{Batch, Beside, BusError, ChangeStream};
use crate::model::{Clock, Snapshot};
use crate::store::{StoreError, Stream};
use crate::telemetry::{Count, Metrics};

/// How often the topic is looked at: new partitions, and whether it is still the same one.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// How often the positions are told to the cluster.
const COMMIT_EVERY: Duration = Duration::from_secs(5);

/// How long the router waits at most before it asks again.
const WAIT: Duration = Duration::from_secs(5);

/// How many pieces may wait, all partitions together, until there is a whole one of a partition: whoever routes a few
/// records of each commits far more often.
const PIECES: usize = 4;

/// Bytes of records that can't be read, which are held until they are parked.
const LETTERS_MAX_BYTES: usize = 8_000_000;

/// How far ahead of our clock a snapshot may be: behind one from next year, all that is seen until then would come late.
const AHEAD_MAX: Duration = Duration::from_secs(86_400);

/// What the records of a topic are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Snapshots.
    Videos,
    /// Changes, of which the snapshot of now is taken.
    Changes,
}

/// The stream.
pub(super) struct Consumer {
    pub(super) store: Arc<dyn Stream>,
    pub(super) reader: Arc<Reader>,
    /// Where questions to the cluster are asked, so that what does not need it goes on.
    pub(super) tracker: TaskTracker,
    /// Rung when one is answered.
    pub(super) answered: Arc<Notify>,
    pub(super) topic: Arc<str>,
    pub(super) kind: Kind,
    pub(super) topics: Arc<Topics>,
    pub(super) schemas: Arc<Schemas>,
    pub(super) parking: Parking,
    pub(super) clock: Clock,
    pub(super) metrics: Metrics,
    pub(super) ages: Arc<Ages>,
    pub(super) beside: Option<Beside>,
    pub(super) state: tokio::sync::Mutex<State>,
    /// A record that came while nobody asked, or why a partition is read no further: that is said once.
    pub(super) ahead: Mutex<Option<KafkaResult<OwnedMessage>>>,
}

fn sorted(error: &StoreError) -> BusError {
    BusError(error.to_string())
}

/// Position and stream in the store.
fn name(topic: &str, id: &str) -> String {
    format!("{topic}@{id}")
}

#[async_trait]
impl ChangeStream for Consumer {
    async fn read(&self, limit: usize) -> Result<Batch, BusError> {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        state.partitions.values_mut().for_each(Partition::settle);
        if let Err(error) = self.look(state).await {
            // Until it can be read on, what comes is dropped, or what librdkafka says of an outage would be piled up.
            self.reader.drop_what_came();
            state.is_unassigned = true;
            return Err(error);
        }
        if let Err(error) = self.fill(state, limit).await {
            // What was read before goes first. The reason is still there when nothing of it is left.
            if !state.has_more() {
                return Err(error);
            }
        }
        self.commit(state);
        Ok(state.next(limit))
    }

    async fn again(&self, _: &str, number: i32) {
        let mut state = self.state.lock().await;
        let state = &mut *state;
        let Some(partition) = state.partitions.get_mut(&number) else { return };
        match self.store.position(&state.stream, number).await {
            Ok(stored) => {
                if !partition.take_back(stored) {
                    partition.go_to(stored);
                    state.is_unassigned = true;
                }
            }
            // All of it is looked at anew, when the store answers again.
            Err(_) => state.forget(),
        }
    }

    fn beside(&self) -> Option<Beside> {
        self.beside.clone()
    }

    async fn ready(&self) {
        tokio::select! {
            message = self.reader.next() => {
                let came = match message {
                    Ok(message) => Some(Ok(message.detach())),
                    Err(error) if stops_a_partition(&error) => Some(Err(error)),
                    // Of the connection, which comes back by itself.
                    Err(_) => None,
                };
                *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = came;
            }
            () = self.answered.notified() => {}
            () = tokio::time::sleep(WAIT) => {}
        }
    }
}

impl Consumer {
    /// Looks at the topic, where it is time to, and gives the client what it is to read. Waits for nobody.
    async fn look(&self, state: &mut State) -> Result<(), BusError> {
        let is_due = state.looked.is_none_or(|looked| looked.elapsed() >= LOOK_EVERY);
        if is_due && state.question.is_none() {
            state.question = Some(self.ask(state.is_out_of_bounds || state.partitions.is_empty()));
        }
        if let Some(answer) = state.answer() {
            let answer = answer?;
            state.looked = Some(Instant::now());
            match answer {
                Some(found) => self.found(state, &found).await?,
                None => {
                    state.forget();
                    self.topics.one_is_gone().await;
                    let topic = &self.topic;
                    return Err(BusError(match self.kind {
                        Kind::Videos => format!("topic {topic} is not there: it is made anew"),
                        Kind::Changes => {
                            format!(
                                "topic {topic} is not there: ksqlDB makes it, once its SQL was applied"
                            )
                        }
                    }));
                }
            }
        }
        // Until the bounds are known, a client would be given positions that it can't read from.
        if state.is_unassigned && !state.is_out_of_bounds {
            let from =
                state.partitions.iter().map(|(number, partition)| (*number, partition.end()));
            self.reader.assign(from)?;
            *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = None;
            state.is_unassigned = false;
        }
        Ok(())
    }

    fn ask(&self, with_bounds: bool) -> oneshot::Receiver<Answer> {
        let (topics, reader) = (Arc::clone(&self.topics), Arc::clone(&self.reader));
        let answered = Arc::clone(&self.answered);
        let (sender, question) = oneshot::channel();
        self.tracker.spawn(async move {
            let answer = async {
                topics.stand().await?;
                reader.find(with_bounds).await
            };
            // Nobody may be there any more to hear it.
            drop(sender.send(answer.await));
            answered.notify_one();
        });
        question
    }

    /// The topic stands: partitions that are new, or those of a topic that was made anew, begin where the store says.
    async fn found(&self, state: &mut State, found: &Found) -> Result<(), BusError> {
        let stream: Arc<str> = name(&self.topic, &found.id).into();
        if state.stream != stream {
            if !state.stream.is_empty() {
                tracing::warn!("topic {} was made anew: it is read from its beginning", self.topic);
            }
            let forgotten = self.store.forget_positions(&name(&self.topic, ""), &stream).await;
            forgotten.map_err(|error| sorted(&error))?;
            (state.stream, state.partitions) = (stream, BTreeMap::new());
        }
        for number in 0..found.partitions {
            if state.partitions.contains_key(&number) {
                continue;
            }
            let stored = self.store.position(&state.stream, number).await;
            let stored = stored.map_err(|error| sorted(&error))?;
            state.partitions.insert(number, Partition::at(stored));
            (state.is_unassigned, state.is_out_of_bounds) = (true, true);
        }
        if state.is_out_of_bounds {
            if found.bounds.is_empty() {
                // It is asked again at once, this time with them.
                state.looked = None;
                return Ok(());
            }
            self.bound(state, &found.bounds);
            state.is_out_of_bounds = false;
        }
        Ok(())
    }

    /// Says and counts what is gone before it was read.
    fn bound(&self, state: &mut State, bounds: &[(i64, i64)]) {
        for ((number, partition), (first, end)) in state.partitions.iter_mut().zip(bounds) {
            let (first, end, stored) = (*first, *end, partition.stored());
            if partition.end() > end {
                tracing::error!(
                    "topic {}, partition {number}: it ends at {end}, before {}, up to where it was read; the cluster has lost \
                     records. What is left is read again, and rings nobody twice",
                    self.topic,
                    partition.end()
                );
                partition.go_to(stored);
                partition.rewind(first);
                state.is_unassigned = true;
            } else if first > partition.end() {
                // A first start has missed nothing.
                let lost = partition.begins_at(first);
                state.is_unassigned = true;
                if stored > 0 {
                    self.metrics.add(Count::LeftOut, "expired", lost);
                    tracing::warn!(
                        lost,
                        "topic {}, partition {number}: records were gone before they were read, as tubebell stood still for longer \
                         than the topic keeps them. What differs now is told with the next snapshot of each video",
                        self.topic
                    );
                }
            }
        }
    }

    /// Reads what has come, until so many snapshots of a partition wait.
    async fn fill(&self, state: &mut State, limit: usize) -> Result<(), BusError> {
        let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut outcome = match ahead {
            Some(Ok(message)) => self.take(state, &message).await,
            Some(Err(error)) => state.failed(&self.topic, &error),
            None => Ok(()),
        };
        let mut coming = self.reader.coming();
        let mut most = state.partitions.values().map(Partition::len).max().unwrap_or(0);
        let mut room = limit.saturating_mul(PIECES).saturating_sub(state.waiting());
        let mut letters = 0;
        while outcome.is_ok() && most < limit && room > 0 && letters < LETTERS_MAX_BYTES {
            outcome = match coming.next() {
                Some(Ok(message)) => {
                    let taken = self.take(state, &message).await;
                    let partition = state.partitions.get(&message.partition());
                    most = most.max(partition.map_or(0, Partition::len));
                    taken
                }
                Some(Err(error)) if stops_a_partition(&error) => state.failed(&self.topic, &error),
                // Of the connection, which comes back by itself: there may be many of them behind an outage.
                Some(Err(_)) => Ok(()),
                None => break,
            };
            room -= 1;
            letters = state.letters.iter().map(Letter::len).sum();
        }
        let letters = std::mem::take(&mut state.letters);
        if let Err(error) = self.parking.park(&letters).await {
            // Nothing of it may be stepped over.
            state.forget();
            return Err(error);
        }
        outcome
    }

    /// Takes a record.
    async fn take<M: Message + Detach>(
        &self,
        state: &mut State,
        message: &M,
    ) -> Result<(), BusError> {
        let (number, offset) = (message.partition(), message.offset());
        let Some(partition) = state.partitions.get_mut(&number) else { return Ok(()) };
        if offset < partition.end() {
            return Ok(());
        }
        let Some(value) = message.payload() else {
            self.metrics.add(Count::LeftOut, "tombstone", 1);
            partition.push(offset, None);
            return Ok(());
        };
        let key = message.key().unwrap_or_default();
        let mut decoded = self.decode(key, value);
        if let Err(Undecoded::UnknownSchema(id)) = decoded {
            decoded = match self.schemas.learn(id).await {
                Ok(()) => self.decode(key, value),
                Err(LearnError::Poison(unreadable)) => Err(Undecoded::Poison(unreadable)),
                Err(LearnError::Unasked(error)) => {
                    // It is read again from here, when the registry answers.
                    state.is_unassigned = true;
                    return Err(BusError(error.to_string()));
                }
            };
        }
        match decoded {
            Ok(snapshot) if snapshot.observed_at > (self.clock)().plus(AHEAD_MAX) => {
                partition.push(offset, None);
                let reason = "observed_at lies more than a day ahead".to_owned();
                state.letters.push(Letter { message: message.detached(), reason });
            }
            Ok(snapshot) => {
                self.ages.read(snapshot.observed_at);
                partition.push(offset, Some(snapshot));
            }
            Err(Undecoded::UnknownSchema(_)) => {
                state.is_unassigned = true;
                return Err(BusError("a schema was forgotten before it was used".to_owned()));
            }
            Err(Undecoded::Poison(unreadable)) => {
                partition.push(offset, None);
                let reason = unreadable.to_string();
                state.letters.push(Letter { message: message.detached(), reason });
            }
        }
        Ok(())
    }

    fn decode(&self, key: &[u8], value: &[u8]) -> Result<Snapshot, Undecoded> {
        let codec = self.schemas.reading();
        match self.kind {
            Kind::Videos => codec.decode_video(key, value),
            Kind::Changes => codec.decode_change(key, value).map(|(_, current)| current),
        }
    }

    fn commit(&self, state: &mut State) {
        if state.committed.is_some_and(|committed| committed.elapsed() < COMMIT_EVERY) {
            return;
        }
        state.committed = Some(Instant::now());
        let stored = state.partitions.iter().filter(|(_, partition)| partition.stored() > 0);
        self.reader.commit(stored.map(|(number, partition)| (*number, partition.stored())));
    }
}

/// Whether librdkafka reads a partition no further after it.
fn stops_a_partition(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(|code| is_gone(code) || is_out_of_bounds(code))
}

/// A record that can be kept.
trait Detach {
    fn detached(&self) -> OwnedMessage;
}

impl Detach for OwnedMessage {
    fn detached(&self) -> OwnedMessage {
        self.clone()
    }
}

impl Detach for rdkafka::message::BorrowedMessage<'_> {
    fn detached(&self) -> OwnedMessage {
        self.detach()
    }
}
