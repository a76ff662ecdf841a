//! What tubebell remembers. One method is one transaction.
//!
//! The store has five sides, each a trait with the rows that go in and out of it, by who uses it: [`Polling`] (what to look
//! at), [`Stream`] (the log, and routing), [`Outbox`] (deliveries), [`Registry`] (who watches what, and what became of it)
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
pub use housekeeping::{Figures, Housekeeping, Ledger, Migration, Pulse, Retention, ThreadWork};
pub use outbox::{
    Card, CardBase, CardLook, CardResult, Claim, Claimed, Collected, Compose, Composed,
    ComposedMessage, DeadLetter, DeadLetters, DueCards, Finished, FinishedAs, Outbox, Places,
    Replayed, Ring, Room, StandsAt, Stretch, Unit, VideoAlerts,
};
pub use polling::{
    DueSubject, DueVideo, ListCounts, ListLimits, Listed, ListedMember, Listing, NextPolls, Polled,
    Polling,
};
pub use registry::{
    Beginning, CardEdit, CardRow, Collecting, DestinationState, DigestState, Edit, Edited, History,
    NewRule, PersonRow, PersonState, Registry, RuleStory, Standing, UpdateMark, VideosLimit, Waits,
    WatchAt, WatchEdit, WatchFilter, WatchRow,
};
pub use shared::Shared;
pub use sqlite::{Access, Sqlite};
pub use stream::{EMBEDDED_STREAM, ResumeFn, RouteFn, Stream};

/// Everything tubebell remembers. Every method fails as [`StoreError`] says, with nothing changed.
pub trait Store: Polling + Stream + Outbox + Registry + Housekeeping {}

impl<T: Polling + Stream + Outbox + Registry + Housekeeping> Store for T {}
