//! What an owner has: it counts against their limits. What has fallen asleep (1, 3) takes up no room, as whoever is out of
//! a chat for so long can end nothing there.

use rusqlite::{Connection, params};

use crate::model::Owner;
use crate::store::Result;

/// How many running watches an owner has.
pub(super) fn watches_of_owner(db: &Connection, owner: &Owner) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination d JOIN subscription s ON s.destination = d.id
             WHERE d.owner = ?1 AND s.ended_at IS NULL AND d.asleep NOT IN (1, 3)",
        )?
        .query_row([owner.as_str()], |row| row.get(0))?)
}

pub(super) const VIDEOS_OF_OWNER: &str =
    "SELECT coalesce(sum(CASE WHEN u.next_listing IS NULL THEN 1 ELSE u.members END), 0)
     FROM destination d JOIN subscription s ON s.destination = d.id JOIN subject u ON u.id = s.subject
     WHERE d.owner = ?1 AND s.ended_at IS NULL AND s.subject IS NOT ?2 AND d.asleep NOT IN (1, 3)";

/// How many videos an owner's running watches hold, but for those of one subject.
pub(super) fn videos_of_owner(
    db: &Connection,
    owner: &Owner,
    without: Option<i64>,
) -> Result<usize> {
    Ok(db
        .prepare_cached(VIDEOS_OF_OWNER)?
        .query_row(params![owner.as_str(), without], |row| row.get(0))?)
}
