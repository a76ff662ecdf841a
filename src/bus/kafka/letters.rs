//! What stands in the topic of records that can't be read: shown to a person, or written back to where it came from.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::Arc;

use rdkafka::Message as _;
use rdkafka::admin::AdminClient;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::message::OwnedMessage;
use tokio_util::task::TaskTracker;
use topic_id::last_header;

use super::Names;
use super::client::{Context, Health, config, refused};
use super::parked::{OFFSET, PARTITION, REASON, SIZE, TIME, TOPIC};
use super::producer::{Producer, Record};
use super::reader::Reader;
use super::topics::Topics;
use super::walk::Walk;
use crate::bus::{BusError, Detect, KafkaOptions};
use crate::model::UnixMillis;

/// Records, and bytes of them, that are written back before they are deleted: the next replay repeats no more if this one is killed.
const PIECE_RECORDS: usize = 500;
const PIECE_BYTES: usize = 8_000_000;

/// Records that stay and are named, the first ones.
const NAMED_MAX: usize = 50;

/// What is shown of a key, in bytes, and of words of a header, in characters. The longest name of a topic has 249.
const KEY_HEAD: usize = 48;
const WORDS_MAX: usize = 300;

/// A record that could not be read, as far as a person is shown it. Whoever may write to the topic has chosen all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// When it was parked.
    pub at: Option<UnixMillis>,
    /// Where it stands: partition and offset.
    pub place: (i32, i64),
    /// The topic that it came from.
    pub topic: Option<String>,
    /// Partition and offset there.
    pub origin: Option<(i32, i64)>,
    /// Why it can't be read.
    pub reason: Option<String>,
    /// Bytes that its value has here.
    pub kept: usize,
    /// Bytes that it had, where it was too long to be kept whole.
    pub size: Option<u64>,
    /// The beginning of its key, and the length of all of it in bytes.
    pub key: Option<(Vec<u8>, usize)>,
}

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The newest, the newest of them last.
    pub records: Vec<Parked>,
    /// How many there are.
    pub all: usize,
}

/// What a replay did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// How many records were written back, by topic.
    pub written: BTreeMap<String, usize>,
    /// Those that stay, the first ones, with what keeps them.
    pub named: Vec<(Parked, Stays)>,
    /// How many stay.
    pub left: usize,
}

/// Why a record is not written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// It is not whole.
    InPart,
    /// It does not say that it came from a topic that is read.
    Foreign,
}

/// The topic of records that can't be read.
pub struct Letters {
    reader: Reader,
    topics: Arc<Topics>,
    producer: Producer,
    names: Names,
    health: Arc<Health>,
    has_admin: bool,
}

impl Letters {
    /// Makes the clients; nothing is asked.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub fn new(options: &KafkaOptions, tracker: &TaskTracker) -> Result<Letters, BusError> {
        let (names, health) = (Names::new(options), Arc::new(Health::default()));
        let admin = AdminClient::from_config_and_context(&config(options), Context::new(&health))
            .map_err(|error| refused(&error, options))?;
        let wanted = names.wanted(matches!(options.detect, Detect::Builtin));
        let topics = Arc::new(Topics::new(admin, wanted, options));
        Ok(Letters {
            reader: Reader::telling_ends(options, &names.parked, &health, tracker)?,
            producer: Producer::new(options, &topics, &health)?,
            topics,
            names,
            health,
            has_admin: options.has_admin,
        })
    }

    /// The topic's name.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.names.parked
    }

    /// Reads all of it, and returns the newest `limit`. `None`: there is no such topic.
    ///
    /// # Errors
    ///
    /// When the cluster does not answer, or does not let us read it.
    pub async fn list(&self, limit: usize) -> Result<Option<Listed>, BusError> {
        let Some(mut walk) = self.walk().await? else { return Ok(None) };
        let (mut newest, mut all) = (BTreeMap::new(), 0);
        while let Some(message) = walk.next().await? {
            let parked = Parked::read(&message);
            newest.insert((parked.at, parked.place), parked);
            if newest.len() > limit {
                newest.pop_first();
            }
            all += 1;
        }
        Ok(Some(Listed { records: newest.into_values().collect(), all }))
    }

    /// Writes all of them back to where they came from, and deletes them here. What stays is moved to the end.
    ///
    /// After a stop half-way some may be written once more by the next replay, and none is lost.
    ///
    /// # Errors
    ///
    /// Not all of them were written back; those that were are deleted, but for one piece at most.
    pub async fn replay(&self) -> Result<Replayed, BusError> {
        let mut replayed = Replayed::default();
        let Some(mut walk) = self.walk().await? else { return Ok(replayed) };
        if walk.firsts().is_empty() {
            return Ok(replayed);
        }
        // Deletes nothing, and fails where we may not delete: then each replay would write the same again.
        self.delete(walk.firsts()).await?;
        loop {
            let piece = piece(&mut walk).await?;
            if piece.is_empty() {
                return Ok(replayed);
            }
            let mut records = Vec::with_capacity(piece.len());
            let mut read = BTreeMap::new();
            let mut stay = Vec::new();
            for message in &piece {
                read.insert(message.partition(), message.offset() + 1);
                match self.goes_to(message) {
                    Ok(topic) => records.push(back(message, topic)),
                    Err(stays) => stay.push((message, stays)),
                }
            }
            // Deleting takes all that stands before: so what stays is written behind it first.
            let moved = stay.iter().map(|(message, _)| self.moved(message));
            let all: Vec<Record> = records.iter().cloned().chain(moved).collect();
            self.producer.write(&all).await?;
            self.delete(&read).await?;
            for record in &records {
                *replayed.written.entry(record.topic.to_string()).or_default() += 1;
            }
            replayed.left += stay.len();
            let room = NAMED_MAX.saturating_sub(replayed.named.len());
            let named = stay.iter().take(room);
            replayed.named.extend(named.map(|(message, stays)| (Parked::read(message), *stays)));
        }
    }

    async fn walk(&self) -> Result<Option<Walk<'_>>, BusError> {
        // Why no broker serves us is told beside the question, which ends with a time-out.
        let why = |error| self.health.why().map_or(error, |why| BusError(format!("Kafka: {why}")));
        Walk::begin(&self.reader).await.map_err(why)
    }

    async fn delete(&self, before: &BTreeMap<i32, i64>) -> Result<(), BusError> {
        if self.has_admin { self.topics.delete_before(self.topic(), before).await } else { Ok(()) }
    }

    /// The topic that a record is written back to: one that is read, and no other, whatever a header says.
    fn goes_to(&self, message: &OwnedMessage) -> Result<Arc<str>, Stays> {
        let from = header(message, TOPIC);
        let ours = [&self.names.videos, &self.names.changes];
        let ours = ours.into_iter().find(|name| from == Some(name.as_bytes()));
        let ours = ours.ok_or(Stays::Foreign)?;
        if header(message, SIZE).is_some() { Err(Stays::InPart) } else { Ok(Arc::clone(ours)) }
    }

    /// The same record, at the end of the topic. It gets no younger by that.
    fn moved(&self, message: &OwnedMessage) -> Record {
        Record {
            topic: Arc::clone(&self.names.parked),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            timestamp: message.timestamp().to_millis().unwrap_or(0),
            headers: message.headers().cloned(),
        }
    }
}

/// The next records.
async fn piece(walk: &mut Walk<'_>) -> Result<Vec<OwnedMessage>, BusError> {
    let (mut piece, mut bytes) = (Vec::new(), 0);
    while piece.len() < PIECE_RECORDS && bytes < PIECE_BYTES {
        let Some(message) = walk.next().await? else { break };
        bytes += message.payload().map_or(0, <[u8]>::len);
        piece.push(message);
    }
    Ok(piece)
}

/// A record as it was before it was parked.
fn back(message: &OwnedMessage, topic: Arc<str>) -> Record {
    Record {
        topic,
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        timestamp: number(header(message, TIME)).unwrap_or(0),
        headers: None,
    }
}

/// The value of a header.
fn header<'a>(message: &'a OwnedMessage, name: &str) -> Option<&'a [u8]> {
    let mut ended = [0; 32];
    ended.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
    let name = CStr::from_bytes_until_nul(&ended).ok()?;
    last_header(message.headers()?.as_borrowed(), name)
}

fn number<T: std::str::FromStr>(value: Option<&[u8]>) -> Option<T> {
    std::str::from_utf8(value?).ok()?.parse().ok()
}

fn words(value: &[u8]) -> String {
    // A character has four bytes at most.
    let head = value.get(..WORDS_MAX * 4).unwrap_or(value);
    String::from_utf8_lossy(head).chars().take(WORDS_MAX).collect()
}

impl Parked {
    fn read(message: &OwnedMessage) -> Parked {
        let origin = number(header(message, PARTITION)).zip(number(header(message, OFFSET)));
        let head = |key: &[u8]| (key.get(..KEY_HEAD).unwrap_or(key).to_vec(), key.len());
        Parked {
            at: message.timestamp().to_millis().map(UnixMillis),
            place: (message.partition(), message.offset()),
            topic: header(message, TOPIC).map(words),
            origin,
            reason: header(message, REASON).map(words),
            kept: message.payload().map_or(0, <[u8]>::len),
            size: header(message, SIZE).map(|size| number(Some(size)).unwrap_or(0)),
            key: message.key().map(head),
        }
    }
}
