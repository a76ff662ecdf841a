//! ksqlDB: its REST API, and the files of `ksql/` that make the streams and tables there.
//!
//! In: where it is, and what the files leave open ([`Variables`]). Out: all that the files make stands, once, or a line that
//! says why not ([`apply()`]). [`status()`] says how far they are. Nothing here reads or writes a topic.

mod answer;
mod apply;
mod client;
mod error;
mod files;
mod ledger;
mod lock;
mod options;
mod status;
mod step;

pub use apply::{Applied, apply};
pub use client::Ksql;
pub use error::{KsqlError, Refused};
pub use files::{MIGRATIONS, Makes, Migration};
pub use lock::Lock;
pub use options::{ValueFormat, Variables, Waits};
pub use status::{FileStatus, status};
pub use step::Step;
