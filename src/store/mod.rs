//! What tubebell remembers. One method is one transaction.
//!
//! The store has five sides, each a trait with the rows that go in and out of it, by who uses it: [`Polling`] (what to look
//! at), [`Stream`] (the log, routing, and what other programs are told), [`Outbox`] (deliveries), [`Registry`] (who watches what, and what became of it)
//! and [`Housekeeping`]. [`Shared`] is what several of them need. Whoever needs one side takes that one; [`Store`] is all.
//!
//! The store knows tables, not meanings: deciding functions (routing, composing) are handed in and run inside the
//! transaction, so that what they decide and what they were told stand or fall together.

mod destination;
mod error;
mod housekeeping;
mod outbox;
mod polling;
mod registry;
mod shared;
mod sqlite;
mod stream;

pub use destination::{Barred, DestinationRow, Shut};
pub use error::{Result, StoreError};
pub use housekeeping::{Figures, Housekeeping, Migration, Retention};
pub(crate) use housekeeping::{Ledger, Pulse, ThreadWork};
pub use outbox::{
    Card, CardLook, CardResult, Claim, Claimed, Collected, Compose, Composed, ComposedMessage,
    Course, DeadLetters, Finished, FinishedAs, Outbox, Places, Room, Unit, VideoAlerts,
};
pub(crate) use outbox::{CardBase, DeadLetter, DueCards, Replayed, Ring, StandsAt, Stretch};
pub use polling::{DueSubject, ListLimits, Listed, ListedMember, Listing, Polled, Polling};
pub(crate) use polling::{DueVideo, ListCounts, NextPolls};
pub use registry::{
    ADDRESSES_MAX, AskLimits, AskedEnough, Beginning, CardEdit, DestinationState, Edit, Edited,
    LinkCode, NewRule, PersonState, ReaderEdit, Registry, UpdateMark, VideosLimit, Waits,
    WatchEdit, WatchFilter, WatchRow,
};
pub(crate) use registry::{
    CardRow, Collecting, DigestState, History, PersonRow, RuleStory, Standing, StoredAddress,
    StoredAlert, WatchAt,
};
pub use shared::{LockTaken, Shared};
pub use sqlite::{Access, Sqlite};
pub use stream::{EMBEDDED_STREAM, FirstLook, Stream};
pub(crate) use stream::{ResumeFn, RouteFn};

/// Everything tubebell remembers. Every method fails as [`StoreError`] says, with nothing changed.
pub trait Store: Polling + Stream + Outbox + Registry + Housekeeping {}

impl<T: Polling + Stream + Outbox + Registry + Housekeeping> Store for T {}
