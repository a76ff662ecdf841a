//! To schema 3: gives rules of channels and playlists to their holder, and lists and members what is known of them.

use rusqlite::{Connection, OptionalExtension, params};

use super::Place;
use crate::model::{Event, Holder, ListKey, UnixMillis};
use crate::store::Result;

/// Rules of one list that a piece brings along: each may have a row per video.
const RULES: usize = 20;

/// Rows that a piece deletes.
const ROWS: usize = 10_000;

/// How long before the last listing a video may have been published without being in it: feeds lag behind.
const FEEDS_LAG_MS: i64 = 3_600_000;

/// Does the next piece; `None`: there is none.
pub(super) fn piece(tx: &Connection, place: Place, now: UnixMillis) -> Result<Option<Place>> {
    let list: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM subject WHERE id >= ?1 AND next_listing IS NOT NULL ORDER BY id LIMIT 1",
        )?
        .query_row([place.list], |row| row.get(0))
        .optional()?;
    let Some(list) = list else { return Ok(None) };
    let place = if list == place.list { place } else { Place { list, watch: 0, rule: 0, ..place } };
    if let Some((watch, rule)) = rules(tx, ListKey(list), (place.watch, place.rule))? {
        return Ok(Some(Place { watch, rule, ..place }));
    }
    members(tx, list, now)?;
    Ok(Some(Place { list: list + 1, watch: 0, rule: 0, done: place.done + 1, ..place }))
}

/// In the order of two indexes: whoever comes last in a list of many watches is found at once, too.
pub(in crate::store::sqlite) const RUNNING: &str =
    "SELECT s.id, r.id, r.text, r.series, r.value, r.created_at FROM subscription s
     CROSS JOIN rule r ON r.subscription = s.id
     WHERE s.subject = ?1 AND s.id >= ?2 AND (s.id > ?2 OR r.id > ?3) AND r.ended_at IS NULL
     ORDER BY s.id, r.id LIMIT ?4";

/// Gives rules of a list, from the one behind `after` (its watch, and the rule) on, to their holder. `None`: all have
/// theirs.
fn rules(tx: &Connection, list: ListKey, after: (i64, i64)) -> Result<Option<(i64, i64)>> {
    let mut statement = tx.prepare_cached(RUNNING)?;
    let running: Vec<(i64, i64, String, i64, i64, i64)> = statement
        .query_map(params![list.0, after.0, after.1, RULES], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut left = ROWS;
    let mut last = None;
    for (watch, rule, text, series, value, created_at) in running {
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
        last = Some((watch, rule));
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
