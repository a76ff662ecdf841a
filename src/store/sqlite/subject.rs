//! What is watched: listed from when somebody watches it, and let go when nobody does any more.

use rusqlite::Connection;

use super::member;
use crate::model::UnixMillis;
use crate::store::Result;

/// Whether a subject is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Watched {
    /// By somebody who is awake.
    Yes,
    /// Only by destinations that are asleep.
    Asleep,
    /// By nobody.
    No,
}

/// Begins to list a channel or playlist that was not listed. What is published from now on is news to whoever watches.
pub(super) fn list(tx: &Connection, subject: i64, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE subject SET next_listing = ?2, since = ?2, gone_at = NULL
         WHERE id = ?1 AND next_listing IS NULL",
    )?
    .execute([subject, now.0])?;
    Ok(())
}

/// Lets go of a subject that nobody watches any more, or nobody who can be reached: its members are polled no more.
pub(super) fn release(
    tx: &Connection,
    subject: i64,
    watched: Watched,
    now: UnixMillis,
) -> Result<()> {
    match watched {
        Watched::Yes => return Ok(()),
        Watched::Asleep => member::leave_all(tx, subject, now)?,
        Watched::No => member::release_all(tx, subject)?,
    }
    tx.prepare_cached(
        "UPDATE subject SET next_listing = NULL, listed_at = NULL, members = 0, memory = NULL WHERE id = ?1",
    )?
    .execute([subject])?;
    Ok(())
}
