//! Stage 1: sees what YouTube shows of the videos watched.
//!
//! In: the ids that are due. Out: whole [`crate::model::Snapshot`]s. [`YouTube`] asks (and spends from the [`Quota`] of
//! the day), [`Memory`] merges what came back with what was known, and [`Plan`] says when each video is looked at
//! next. The loop that ties them to the store and the bus is not here: everything but the client is pure.

mod activity;
mod answer;
mod budget;
mod circuit;
mod client;
mod day;
mod error;
pub mod feed;
mod feed_client;
mod host;
pub(crate) mod list;
mod memory;
mod quota;
mod round;
mod schedule;
pub mod wire;

pub use answer::Answer;
pub(crate) use answer::{ChannelInfo, Details, Member, MemberPage, Stats};
pub use budget::{Bucket, Spender};
pub(crate) use circuit::Circuit;
pub use client::{Timeouts, YouTube, YouTubeOptions};
pub use day::{last_reset, next_reset};
pub use error::{SourceError, classify};
pub(crate) use list::ListMemory;
pub(crate) use memory::{Memory, Merged};
pub(crate) use quota::Quota;
pub use quota::QuotaState;
pub(crate) use round::next_round;
pub use schedule::Plan;
pub(crate) use schedule::{Intervals, ListPace, Lists};
