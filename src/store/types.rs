//! What goes in and out of the store: plain rows and requests, by what uses them.

mod dead_letters;
mod destination;
mod edit;
mod figures;
mod housekeeping;
mod listing;
mod mark;
mod outbox;
mod people;
mod polling;
mod story;
mod unit;
mod watch;

pub use dead_letters::{DeadLetter, DeadLetters, Replayed};
pub use destination::{Barred, DestinationRow, DestinationState, Shut};
pub use edit::{Beginning, Edit, Edited, NewRule, VideosLimit, WatchEdit};
pub use figures::{Figures, Ledger, Pulse, ThreadWork};
pub use housekeeping::{Migration, Retention};
pub use listing::{DueSubject, ListCounts, ListLimits, Listed, ListedMember, Listing};
pub use mark::UpdateMark;
pub use outbox::{Claim, Claimed, Finished, FinishedAs, Room, StandsAt};
pub use people::{PersonRow, PersonState};
pub use polling::{DueVideo, NextPolls, Polled};
pub use story::{History, RuleStory};
pub use unit::{Composed, ComposedMessage, Unit, VideoAlerts};
pub use watch::{Standing, WatchAt, WatchFilter, WatchRow};
