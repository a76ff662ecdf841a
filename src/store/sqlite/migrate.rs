//! Carries the rows of an older database over, a bounded piece at a time.
//!
//! Names and columns of all schemas are changed at once when the gateway opens the file (`open`). What is in the rows
//! follows here, in pieces that a stop or a kill may come between: the place is kept in `meta`, in the transaction of
//! each piece. Until it is done, tools stay away and nothing is polled or routed.

mod lists;
mod people;
mod units;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::rows;
use crate::model::UnixMillis;
use crate::store::{Migration, Result};

#[cfg(test)]
pub(super) use lists::RUNNING;

/// Where the place is kept.
const KEY: &str = "migration";

/// The schema that made lists hold rules; whatever is older has rows to be brought to it.
const OF_LISTS: i64 = 3;

/// The schema that put what waits into units.
const OF_UNITS: i64 = 4;

/// The schema that made people of addresses; since then only names and columns have changed.
const OF_PEOPLE: i64 = 6;

/// Indexes that schema 4 looks things up by. They come before any row, one in a piece.
pub(super) const BEGIN: [&str; 3] = [
    "DROP INDEX IF EXISTS notification_told",
    "CREATE INDEX IF NOT EXISTS notification_under_way ON notification (unit, video) WHERE state = 'pending'",
    "CREATE INDEX IF NOT EXISTS alert_unit ON alert (unit, video, rule) WHERE outcome IS NULL AND notification IS NULL",
];

/// What has no use any more when all rows are brought along, one in a piece, because a column is taken out of every row.
/// What the lister remembers of a list is in its `memory`; what waits is in units; who owns something is a person. Only ever
/// appended to: a database may be on its way to an older schema.
pub(super) const END: [&str; 10] = [
    "ALTER TABLE subject DROP COLUMN playlist",
    "ALTER TABLE subject DROP COLUMN feed",
    "ALTER TABLE subject DROP COLUMN full_at",
    "DROP INDEX IF EXISTS alert_waiting",
    "DROP TABLE IF EXISTS queue",
    "DROP TABLE person_by_address",
    "DROP TABLE invite_by_address",
    "DROP INDEX destination_owner",
    "ALTER TABLE destination DROP COLUMN owner",
    "CREATE INDEX destination_person ON destination (person)",
];

/// How far it came.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Indexes that stand.
    begun: usize,
    /// The list under way; those with smaller ids are done.
    list: i64,
    /// Its watches before this one are done, and of this one the rules up to `rule`.
    watch: i64,
    rule: i64,
    /// Whether all that waited is in units.
    waits_in_units: bool,
    /// Notifications up to this one are done.
    notification: i64,
    /// Whether whoever owns something is a person.
    owners_are_people: bool,
    /// Pieces that are done, and about how many there are.
    done: u64,
    of: u64,
    /// Statements of the end that are done.
    dropped: usize,
}

/// Notes in the transaction that changes the schema that the rows are still to follow.
pub(super) fn begin(tx: &Connection, found: i64) -> Result<()> {
    let under_way = rows::load(tx, KEY)?.and_then(|text| serde_json::from_str::<Place>(&text).ok());
    let place = match under_way {
        // Another version was stopped on the way to its own schema.
        Some(place) => place,
        None if found >= OF_PEOPLE => return Ok(()),
        None if found >= OF_UNITS => Place {
            list: i64::MAX,
            waits_in_units: true,
            notification: i64::MAX,
            ..Place::default()
        },
        None if found < OF_LISTS => Place::default(),
        None => Place { list: i64::MAX, ..Place::default() },
    };
    people::begin(tx)?;
    let lists: u64 = tx.query_row(
        "SELECT count(*) FROM subject WHERE next_listing IS NOT NULL AND id >= ?1",
        [place.list],
        |row| row.get(0),
    )?;
    let of = place.done + lists + units::pieces(tx, place)? + people::pieces(tx)?;
    rows::save(tx, KEY, &rows::json(&Place { of, ..place })?)
}

/// Does to a new database, which has no rows, what a migration does in pieces.
pub(super) fn at_once(tx: &Connection) -> Result<()> {
    BEGIN.iter().chain(&END).try_for_each(|statement| Ok(tx.execute_batch(statement)?))
}

/// Whether rows are still to follow.
pub(super) fn is_under_way(db: &Connection) -> Result<bool> {
    Ok(rows::load(db, KEY)?.is_some())
}

/// Does the next piece.
pub(super) fn migrate(tx: &Connection, now: UnixMillis) -> Result<Migration> {
    let Some(text) = rows::load(tx, KEY)? else { return Ok(Migration::Done) };
    let place: Place = serde_json::from_str(&text).unwrap_or_default();
    if let Some(next) = BEGIN.get(place.begun) {
        tx.execute_batch(next)?;
        return under_way(tx, Place { begun: place.begun + 1, ..place });
    }
    // What was left over counts on rows of lists as they were: it is told first.
    if !place.waits_in_units && tx.prepare_cached("SELECT 1 FROM fanout LIMIT 1")?.exists([])? {
        return Ok(Migration::FanOut);
    }
    if let Some(next) = lists::piece(tx, place, now)? {
        return under_way(tx, next);
    }
    if let Some(next) = units::piece(tx, place)? {
        return under_way(tx, next);
    }
    if !place.owners_are_people {
        let owners_are_people = !people::piece(tx)?;
        return under_way(tx, Place { owners_are_people, done: place.done + 1, ..place });
    }
    let Some(next) = END.get(place.dropped) else {
        tx.execute("DELETE FROM meta WHERE key IN (?1, ?2)", [KEY, units::SALT])?;
        return Ok(Migration::Done);
    };
    // A database that came by way of schema 3 has done some of it.
    if is_to_be_done(tx, next)? {
        tx.execute_batch(next)?;
    }
    under_way(tx, Place { dropped: place.dropped + 1, ..place })
}

/// Whether a statement of the end has something to drop.
fn is_to_be_done(tx: &Connection, statement: &str) -> Result<bool> {
    let Some(column) = statement.strip_prefix("ALTER TABLE subject DROP COLUMN ") else {
        return Ok(true);
    };
    Ok(tx
        .prepare_cached("SELECT 1 FROM pragma_table_info('subject') WHERE name = ?1")?
        .exists([column])?)
}

fn under_way(tx: &Connection, place: Place) -> Result<Migration> {
    rows::save(tx, KEY, &rows::json(&place)?)?;
    Ok(Migration::UnderWay { done: place.done, of: place.of.max(place.done) })
}
