//! Writes and reads records in one of two formats.

use std::sync::{OnceLock, PoisonError, RwLock};

use super::avro::{Plan, Shape, framed, unframed};
use super::change::{CHANGE_SCHEMA, ChangeRecord};
use super::columns::Record;
use super::json;
use super::known::{Known, Writer};
use super::unreadable::Unreadable;
use super::video::{VIDEO_SCHEMA, VideoRecord};
use super::watched::{WATCHED_SCHEMA, WatchedRecord};
use crate::bus::schema::{Found, Registry, RegistryError};
use crate::model::{Snapshot, UnixMillis, VideoId};

/// Longest value that is read, in bytes. Ours have some 500; two titles of the longest kind, each byte of them written as
/// `\u0000`, have 60,000.
const VALUE_MAX_BYTES: usize = 256 << 10;

/// Longest schema of a writer's, in bytes.
const SCHEMA_MAX_BYTES: usize = 64 << 10;

/// The kinds of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// [`VideoRecord`].
    Video,
    /// [`ChangeRecord`].
    Change,
    /// [`WatchedRecord`].
    Watched,
}

impl RecordKind {
    /// The Avro schema of such records.
    #[must_use]
    pub const fn schema(self) -> &'static str {
        match self {
            RecordKind::Video => VIDEO_SCHEMA,
            RecordKind::Change => CHANGE_SCHEMA,
            RecordKind::Watched => WATCHED_SCHEMA,
        }
    }
}

/// A record of a kind whose schema was not registered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the schema of {0:?} records is not registered yet")]
pub struct NotRegistered(RecordKind);

/// Why there is no snapshot in a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undecoded {
    /// It can't be read, whoever tries.
    #[error(transparent)]
    Poison(#[from] Unreadable),
    /// The schema of its writer is not known yet: [`Codec::learn`] it, and try again.
    #[error("schema {0} is not known yet")]
    UnknownSchema(u32),
}

/// Why a writer's schema could not be learned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LearnError {
    /// There is none that can be used: records of this writer are poison.
    #[error(transparent)]
    Poison(#[from] Unreadable),
    /// The registry could not say: the record has to wait, and nothing is known about it.
    #[error(transparent)]
    Unasked(#[from] RegistryError),
}

/// Writes and reads records.
#[derive(Debug)]
pub struct Codec(Format);

#[derive(Debug)]
enum Format {
    Json,
    Avro(Box<Avro>),
}

#[derive(Debug)]
struct Avro {
    registry: Registry,
    /// Never held over an await.
    known: RwLock<Known>,
    video: OnceLock<u32>,
    change: OnceLock<u32>,
    watched: OnceLock<u32>,
}

impl Avro {
    const fn id(&self, kind: RecordKind) -> &OnceLock<u32> {
        match kind {
            RecordKind::Video => &self.video,
            RecordKind::Change => &self.change,
            RecordKind::Watched => &self.watched,
        }
    }

    fn know<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Codec {
    /// Plain JSON.
    #[must_use]
    pub const fn json() -> Codec {
        Codec(Format::Json)
    }

    /// Avro, with schemas of this registry. Nothing is asked yet.
    #[must_use]
    pub fn avro(registry: Registry) -> Codec {
        Codec(Format::Avro(Box::new(Avro {
            registry,
            known: RwLock::new(Known::new()),
            video: OnceLock::new(),
            change: OnceLock::new(),
            watched: OnceLock::new(),
        })))
    }

    /// Prepares a subject for records of a kind, which are written from then on. JSON needs nothing.
    ///
    /// # Errors
    ///
    /// See [`Registry::prepare`].
    pub async fn register(&self, kind: RecordKind, subject: &str) -> Result<(), RegistryError> {
        let Format::Avro(avro) = &self.0 else { return Ok(()) };
        let id = avro.registry.prepare(subject, kind.schema()).await?;
        let id = *avro.id(kind).get_or_init(|| id);
        let shape = Shape::parse(kind.schema()).expect("our schemas are tested below");
        avro.know(|known| known.insert(id, Writer::of(&shape)));
        Ok(())
    }

    /// Writes a snapshot for `youtube_videos`.
    ///
    /// # Errors
    ///
    /// [`NotRegistered`], in Avro alone.
    pub fn encode_video(&self, snapshot: &Snapshot) -> Result<Vec<u8>, NotRegistered> {
        self.encode(RecordKind::Video, &VideoRecord::from(snapshot))
    }

    /// Writes a change for `youtube_changes`.
    ///
    /// # Errors
    ///
    /// [`NotRegistered`], in Avro alone.
    pub fn encode_change(&self, change: &ChangeRecord) -> Result<Vec<u8>, NotRegistered> {
        self.encode(RecordKind::Change, change)
    }

    /// Writes a video for `youtube_watched`.
    ///
    /// # Errors
    ///
    /// [`NotRegistered`], in Avro alone.
    pub fn encode_watched(&self, watched: &WatchedRecord) -> Result<Vec<u8>, NotRegistered> {
        self.encode(RecordKind::Watched, watched)
    }

    /// Reads a record of `youtube_videos`. One without a title says that the video is to be forgotten.
    ///
    /// # Errors
    ///
    /// See [`Undecoded`].
    pub fn decode_video(&self, key: &[u8], value: &[u8]) -> Result<Snapshot, Undecoded> {
        let record: VideoRecord = self.decode(value, |writer| &writer.video)?;
        Ok(record.snapshot(key)?)
    }

    /// Reads a record of `youtube_changes`: what was known before, if anything was, and what is known now.
    ///
    /// # Errors
    ///
    /// See [`Undecoded`].
    pub fn decode_change(
        &self,
        key: &[u8],
        value: &[u8],
    ) -> Result<(Option<Snapshot>, Snapshot), Undecoded> {
        let record: ChangeRecord = self.decode(value, |writer| &writer.change)?;
        Ok(record.snapshots(key)?)
    }

    /// Reads a record of `youtube_watched`.
    ///
    /// # Errors
    ///
    /// See [`Undecoded`].
    pub fn decode_watched(
        &self,
        key: &[u8],
        value: &[u8],
    ) -> Result<(VideoId, UnixMillis), Undecoded> {
        let record: WatchedRecord = self.decode(value, |writer| &writer.watched)?;
        Ok(record.video(key)?)
    }

    /// Asks the registry for the schema of a writer, unless it is known.
    ///
    /// # Errors
    ///
    /// [`LearnError::Poison`] when there is none that can be used, which is remembered for a minute; also for all ids
    /// beyond a thousand unknown ones, but for one a second.
    pub async fn learn(&self, id: u32) -> Result<(), LearnError> {
        let Format::Avro(avro) = &self.0 else { return Ok(()) };
        let is_known = avro.know(|known| match known.writer(id) {
            Some(_) => Ok(true),
            None => known.refusal(id).map_or(Ok(false), Err),
        })?;
        if is_known {
            return Ok(());
        }
        let shape = match avro.registry.schema(id).await? {
            Found::Schema(text) if text.len() <= SCHEMA_MAX_BYTES => Shape::parse(&text),
            Found::Schema(_) | Found::Other => Err("is no Avro schema of an agreeable size"),
            Found::Nothing => Err("is not in the registry"),
        };
        match shape {
            Ok(shape) => {
                avro.know(|known| known.insert(id, Writer::of(&shape)));
                Ok(())
            }
            Err(why) => {
                let why = Unreadable::of("the writer's schema", why);
                avro.know(|known| known.none(id, why.clone()));
                Err(why.into())
            }
        }
    }

    fn encode<R: Record>(&self, kind: RecordKind, record: &R) -> Result<Vec<u8>, NotRegistered> {
        match &self.0 {
            Format::Json => Ok(json::write(record)),
            Format::Avro(avro) => {
                let id = avro.id(kind).get().ok_or(NotRegistered(kind))?;
                Ok(framed(*id, record))
            }
        }
    }

    fn decode<R: Record>(
        &self,
        value: &[u8],
        plan: impl FnOnce(&Writer) -> &Result<Plan, Unreadable>,
    ) -> Result<R, Undecoded> {
        if value.len() > VALUE_MAX_BYTES {
            return Err(Unreadable::of("the value", "is too long").into());
        }
        match &self.0 {
            Format::Json => Ok(json::read(value)?),
            Format::Avro(avro) => {
                let (id, body) = unframed(value)?;
                let writer = {
                    let known = avro.known.read().unwrap_or_else(PoisonError::into_inner);
                    known.writer(id).ok_or(Undecoded::UnknownSchema(id))?
                };
                let plan = plan(&writer).as_ref().map_err(Clone::clone)?;
                Ok(plan.read(body)?)
            }
        }
    }
}
