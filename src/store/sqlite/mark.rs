//! Which updates of a chat service have had their effect.
//!
//! Chats are answered side by side, so an update may have its effect before one with a lower id has. Each is noted in
//! `handled` in the transaction of its effect; `mark` says up to where none is missing, and what it covers leaves
//! `handled`. So an update has its effect once, at whatever instant the process is killed.
//!
//! The mark covers the ids close below it. One that is far from it is of another sequence: see [`UpdateMark`].

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::UnixMillis;
use crate::store::{Result, UpdateMark};

/// Up to where all updates of a source have had their effect.
pub(super) fn update_mark(db: &Connection, source: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT update_id FROM mark WHERE source = ?1")?
        .query_row([source], |row| row.get(0))
        .optional()?)
}

/// Whether an update has had its effect.
pub(super) fn is_handled(db: &Connection, mark: &UpdateMark) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM mark
                 WHERE source = ?1 AND update_id >= ?2 AND update_id - ?2 < ?3)
             OR EXISTS (SELECT 1 FROM handled WHERE source = ?1 AND update_id = ?2)",
        )?
        .query_row(params![mark.source, mark.update_id, UpdateMark::APART_MAX], |row| row.get(0))?)
}

/// Notes that an update has its effect now; false when it has had it before.
pub(super) fn note(tx: &Connection, mark: &UpdateMark, now: UnixMillis) -> Result<bool> {
    if is_handled(tx, mark)? {
        return Ok(false);
    }
    tx.prepare_cached("INSERT INTO handled (source, update_id, at) VALUES (?1, ?2, ?3)")?
        .execute(params![mark.source, mark.update_id, now.0])?;
    Ok(true)
}

/// Updates before a mark that are remembered when another sequence begins: as many as one answer of a chat service holds,
/// because it may have told these without having heard that they are confirmed.
const REMEMBERED: i64 = 100;

/// All updates of its sequence up to this one have had their effect. A mark never moves back within a sequence.
pub(super) fn move_mark(tx: &Connection, to: &UpdateMark, now: UnixMillis) -> Result<()> {
    let from = update_mark(tx, &to.source)?;
    if let Some(from) = from.filter(|from| !UpdateMark::is_near(*from, to.update_id)) {
        tx.prepare_cached(
            "WITH RECURSIVE told (id) AS
                 (SELECT ?2 UNION ALL SELECT id - 1 FROM told WHERE id > max(?2 - ?3 + 1, 0))
             INSERT OR IGNORE INTO handled (source, update_id, at) SELECT ?1, id, ?4 FROM told",
        )?
        .execute(params![to.source, from, REMEMBERED, now.0])?;
    } else if from.is_some_and(|from| from >= to.update_id) {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO mark (source, update_id, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (source) DO UPDATE SET update_id = ?2, at = ?3",
    )?
    .execute(params![to.source, to.update_id, now.0])?;
    tx.prepare_cached(
        "DELETE FROM handled WHERE source = ?1 AND update_id BETWEEN ?2 - ?3 + 1 AND ?2",
    )?
    .execute(params![to.source, to.update_id, UpdateMark::APART_MAX])?;
    Ok(())
}
