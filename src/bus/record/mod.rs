//! The records of the topics, and how they are written and read.
//!
//! In: snapshots, or bytes of a record. Out: bytes, or snapshots that were checked. A record may have been written by
//! anybody: whatever its bytes are, they end as a whole snapshot or as one line that says what is wrong.

mod avro;
mod change;
mod codec;
mod columns;
mod json;
mod known;
mod snapshot;
#[cfg(test)]
mod tests;
mod unreadable;
mod video;
mod watched;

pub use change::{CHANGE_SCHEMA, ChangeRecord, is_change};
pub use codec::{Codec, LearnError, NotRegistered, RecordKind, Undecoded};
pub use columns::Columns;
pub(super) use snapshot::forgotten;
pub use unreadable::Unreadable;
pub use video::{VIDEO_SCHEMA, VideoRecord};
pub use watched::{WATCHED_SCHEMA, WatchedRecord};
