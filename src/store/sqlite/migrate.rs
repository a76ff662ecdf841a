//! Carries the rows of an older database over, a bounded piece at a time.
//!
//! Names and columns of all schemas are changed at once when the gateway opens the file (`open`). What is in the rows
//! follows here, in pieces that a stop or a kill may come between: the place is kept in `meta`, in the transaction of
//! each piece. Until it is done, tools stay away and nothing is polled or routed.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::rows;
use crate::model::{Event, Holder, ListKey, UnixMillis};
use crate::store::{Migration, Result};

/// Where the place is kept.
const KEY: &str = "migration";

/// What schema 3 has no use for any more, dropped when its rows are brought along.
pub(super) const END: &str = include_str!("schema_3_end.sql");

/// Rules of one list that a piece brings along: each may have a row per video.
const RULES: usize = 20;

/// Rows that a piece deletes.
const ROWS: usize = 10_000;

/// How long before the last listing a video may have been published without being in it: feeds lag behind.
const FEEDS_LAG_MS: i64 = 3_600_000;

/// How far it came.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Place {
    /// The list under way; those with smaller ids are done.
    list: i64,
    /// Its rules up to this one are done.
    rule: i64,
    /// Lists that are done, and lists in all.
    done: u64,
    of: u64,
}

/// Notes in the transaction that changes the schema that the rows are still to follow.
pub(super) fn begin(tx: &Connection) -> Result<()> {
    let of =
        tx.query_row("SELECT count(*) FROM subject WHERE next_listing IS NOT NULL", [], |row| {
            row.get(0)
        })?;
    rows::save(tx, KEY, &rows::json(&Place { of, ..Place::default() })?)
}

/// Whether rows are still to follow.
pub(super) fn is_under_way(db: &Connection) -> Result<bool> {
    Ok(rows::load(db, KEY)?.is_some())
}

/// Does the next piece.
pub(super) fn migrate(tx: &Connection, now: UnixMillis) -> Result<Migration> {
    let Some(text) = rows::load(tx, KEY)? else { return Ok(Migration::Done) };
    let mut place: Place = serde_json::from_str(&text).unwrap_or_default();
    // What was left over counts on rows as they were: it is told first.
    if tx.prepare_cached("SELECT 1 FROM fanout LIMIT 1")?.exists([])? {
        return Ok(Migration::FanOut);
    }
    let list: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM subject WHERE id >= ?1 AND next_listing IS NOT NULL ORDER BY id LIMIT 1",
        )?
        .query_row([place.list], |row| row.get(0))
        .optional()?;
    let Some(list) = list else {
        tx.execute_batch(END)?;
        tx.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
        return Ok(Migration::Done);
    };
    if list != place.list {
        place = Place { list, rule: 0, ..place };
    }
    match rules(tx, ListKey(list), place.rule)? {
        Some(rule) => place.rule = rule,
        None => {
            members(tx, list, now)?;
            place = Place { list: list + 1, rule: 0, done: place.done + 1, of: place.of };
        }
    }
    rows::save(tx, KEY, &rows::json(&place)?)?;
    Ok(Migration::UnderWay { done: place.done, of: place.of.max(place.done) })
}

/// Gives rules of a list, from the one behind `after` on, to their holder. `None`: all have theirs.
fn rules(tx: &Connection, list: ListKey, after: i64) -> Result<Option<i64>> {
    let mut statement = tx.prepare_cached(
        "SELECT r.id, r.text, r.series, r.value, r.created_at FROM subscription s
         JOIN rule r ON r.subscription = s.id
         WHERE s.subject = ?1 AND r.id > ?2 AND r.ended_at IS NULL ORDER BY r.id LIMIT ?3",
    )?;
    let running: Vec<(i64, String, i64, i64, i64)> = statement
        .query_map(params![list.0, after, RULES], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut left = ROWS;
    let mut last = None;
    for (rule, text, series, value, created_at) in running {
        if has_state(&text) {
            tx.prepare_cached("UPDATE rule SET list = ?2 WHERE id = ?1")?
                .execute([rule, list.0])?;
        } else {
            let holder = Holder::List(list).code();
            let removed = tx
                .prepare_cached(
                    "DELETE FROM \"trigger\" WHERE id IN
                     (SELECT id FROM \"trigger\" WHERE rule = ?1 AND holder > 0 LIMIT ?2)",
                )?
                .execute(params![rule, left])?;
            if removed == left {
                // The rest of it in the next piece.
                return Ok(Some(last.unwrap_or(after)));
            }
            left -= removed;
            tx.prepare_cached(
                "INSERT INTO \"trigger\" (holder, series, value, rule, since) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute([holder, series, value, rule, created_at])?;
        }
        last = Some(rule);
    }
    Ok(last)
}

/// Whether a rule, by its canonical text, has a state per video.
fn has_state(text: &str) -> bool {
    let events = [Event::Title, Event::Status, Event::Live, Event::Upload];
    !text.ends_with(" any") && !events.iter().any(|event| event.name() == text)
}

/// Gives a list and its members what schema 3 knows of them.
fn members(tx: &Connection, list: i64, now: UnixMillis) -> Result<()> {
    // The rows of all its rules stand. What joined has a date from then on, until a listing says the true one.
    tx.prepare_cached(
        "UPDATE member SET since = at, armed = coalesce(
             (SELECT max(id) FROM rule WHERE list = ?1 AND ended_at IS NULL), 0) WHERE subject = ?1",
    )?
    .execute([list])?;
    tx.prepare_cached(
        "UPDATE video SET lists = lists + 1 WHERE id IN (SELECT video FROM member WHERE subject = ?1)",
    )?
    .execute([list])?;
    tx.prepare_cached(
        "UPDATE subject SET members = (SELECT count(*) FROM member WHERE subject = ?1),
             since = coalesce(listed_at - ?3, (SELECT min(created_at) FROM subscription
                              WHERE subject = ?1 AND ended_at IS NULL), ?2),
             memory = json_object('playlist', playlist, 'channel', feed, 'full_at', full_at)
         WHERE id = ?1",
    )?
    .execute([list, now.0, FEEDS_LAG_MS])?;
    Ok(())
}
