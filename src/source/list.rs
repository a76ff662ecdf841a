//! What is known of one channel or playlist, what to ask next, and what the answers say of its members.
//!
//! No I/O of its own: [`look()`] asks through [`AskLists`] and gives back what was [`Found`]. Three kinds of looks:
//!
//! - *The feed* is free. It shows the newest uploads of a channel with their dates; of a playlist only the first rows,
//!   without saying when they were added, so there it is a hint. It is out of order for days at times and says nothing
//!   about whether a list exists.
//! - *A paid look* reads where new rows appear: the first page of a channel's uploads, the last page of a playlist. It
//!   goes on page by page until it comes to a row that is known. Tokens of pages come from YouTube alone, so that of
//!   the last page is remembered from the last reading of the whole list.
//! - *The whole list* is read about once a day: only that shows who has left, and what was put in the middle.
//!
//! A list that YouTube does not know any more is believed to be gone at the second look, some minutes later.

mod ask;
mod feed;
mod found;
mod look;
mod memory;
mod paid;
mod presence;
#[cfg(test)]
mod tests;
mod whole;

pub(crate) use ask::AskLists;
pub(crate) use found::{Found, List};
pub(crate) use memory::ListMemory;

use super::schedule::ListPace;
use crate::model::UnixMillis;
use look::{Failed, Look};

/// Looks at a list as far as it is due and there are units, and changes the memory accordingly.
///
/// # Errors
///
/// When nothing was learned, or the caller's own questions fail. What was walked of a long list stays in the memory.
pub(crate) async fn look<A: AskLists>(
    ask: &A,
    list: List<'_>,
    memory: &mut ListMemory,
    pace: &ListPace,
    now: UnixMillis,
) -> Result<Found, A::Error> {
    let found = Found::nothing_yet(pace.feed);
    let mut look = Look { ask, list, memory, pace, now, found, unknown: 0 };
    match look.run().await {
        Ok(()) => Ok(look.finish()),
        Err(Failed::YouTube(error)) => Err(error.into()),
        Err(Failed::Ask(error)) => Err(error),
    }
}
