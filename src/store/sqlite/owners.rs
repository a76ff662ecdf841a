//! What belongs to a person: it counts against their limits. A card counts as one video. What has fallen asleep (1, 3) takes up no room, as whoever is
//! out of a chat for so long can end nothing there.

use rusqlite::{Connection, params};

use crate::model::PersonKey;
use crate::store::Result;

/// How many running watches somebody has.
pub(super) fn watches_of_owner(db: &Connection, owner: PersonKey) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination d JOIN subscription s ON s.destination = d.id
             WHERE d.person = ?1 AND s.ended_at IS NULL AND d.asleep NOT IN (1, 3)",
        )?
        .query_row([owner.0], |row| row.get(0))?)
}

pub(super) const VIDEOS_OF_OWNER: &str =
    "SELECT coalesce(sum(CASE WHEN u.next_listing IS NULL THEN 1 ELSE u.members END), 0)
          + (SELECT count(*) FROM destination o CROSS JOIN card c ON c.destination = o.id
             WHERE o.person = ?1 AND c.ended IS NULL)
     FROM destination d JOIN subscription s ON s.destination = d.id JOIN subject u ON u.id = s.subject
     WHERE d.person = ?1 AND s.ended_at IS NULL AND s.subject IS NOT ?2 AND d.asleep NOT IN (1, 3)";

/// How many videos somebody's running watches and cards hold, but for those of one subject.
pub(super) fn videos_of_owner(
    db: &Connection,
    owner: PersonKey,
    without: Option<i64>,
) -> Result<usize> {
    Ok(db
        .prepare_cached(VIDEOS_OF_OWNER)?
        .query_row(params![owner.0, without], |row| row.get(0))?)
}
