//! The poller's table: which videos are due, and what it remembers of each.

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::rows;
use crate::model::{UnixMillis, VideoId, VideoKey};
use crate::store::{DueVideo, NextPolls, Polled, Result};

/// At which nobody has looked yet.
pub(super) const NEW: &str =
    "SELECT id, ref, memory, next_poll FROM video WHERE next_poll <= ?1 AND memory IS NULL
     ORDER BY next_poll LIMIT ?2";

pub(super) const DUE: &str =
    "SELECT id, ref, memory, next_poll FROM video WHERE next_poll <= ?1 AND memory IS NOT NULL
     ORDER BY next_poll LIMIT ?2";

pub(super) fn due_videos(db: &Connection, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>> {
    let mut due = read(db, NEW, params![now.0, limit])?;
    let room = limit.saturating_sub(due.len()).max(limit / 2);
    let others = read(db, DUE, params![now.0, room])?;
    due.truncate(limit.saturating_sub(others.len()));
    due.extend(others);
    Ok(due)
}

pub(super) const SOON: &str =
    "SELECT id, ref, memory, next_poll FROM video WHERE next_poll > ?1 AND next_poll <= ?2 AND memory IS NOT NULL
     ORDER BY next_poll LIMIT ?3";

pub(super) fn soon_videos(
    db: &Connection,
    now: UnixMillis,
    until: UnixMillis,
    limit: usize,
) -> Result<Vec<DueVideo>> {
    read(db, SOON, params![now.0, until.0, limit])
}

fn read(db: &Connection, sql: &str, params: impl Params) -> Result<Vec<DueVideo>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let read = || -> Result<DueVideo> {
            Ok(DueVideo {
                key: VideoKey(row.get(0)?),
                id: rows::parsed(&row.get::<_, String>(1)?, "video id")?,
                memory: row.get(2)?,
                next_poll: rows::instant(row, 3)?,
            })
        };
        due.extend(rows::or_skipped(read())?);
    }
    Ok(due)
}

pub(super) const NEXT: &str =
    "SELECT (SELECT min(next_poll) FROM video WHERE next_poll IS NOT NULL AND memory IS NULL),
            (SELECT min(next_poll) FROM video WHERE next_poll IS NOT NULL AND memory IS NOT NULL)";

pub(super) fn next_polls(db: &Connection) -> Result<NextPolls> {
    Ok(db.prepare_cached(NEXT)?.query_row([], |row| {
        let moment = |at: Option<i64>| at.map(UnixMillis);
        Ok(NextPolls { first: moment(row.get(0)?), again: moment(row.get(1)?) })
    })?)
}

const WATCHED: &str =
    "SELECT (SELECT count(*) FROM video WHERE next_poll IS NOT NULL AND memory IS NULL)
          + (SELECT count(*) FROM video WHERE next_poll IS NOT NULL AND memory IS NOT NULL)";

pub(super) fn watched_videos(db: &Connection) -> Result<u64> {
    Ok(db.prepare_cached(WATCHED)?.query_row([], |row| row.get(0))?)
}

pub(super) fn save_polled(tx: &Connection, polled: &[Polled]) -> Result<()> {
    // A video that nobody watches any more keeps its NULL: a look under way must not bring it back.
    let mut statement = tx.prepare_cached(
        "UPDATE video SET memory = ?2, title = coalesce(?3, title),
         next_poll = CASE WHEN next_poll IS NULL THEN NULL ELSE ?4 END,
         channel_id = ?5, channel_title = ?6, published_at = ?7, duration = ?8 WHERE id = ?1",
    )?;
    for video in polled {
        let about = &video.about;
        statement.execute(params![
            video.key.0,
            video.memory,
            video.title,
            video.next_poll.0,
            about.channel_id,
            about.channel_title,
            about.published_at.map(|at| at.0),
            about.duration
        ])?;
    }
    Ok(())
}

pub(super) fn video(db: &Connection, id: &VideoId) -> Result<Option<DueVideo>> {
    Ok(db
        .prepare_cached("SELECT id, memory, next_poll FROM video WHERE ref = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(DueVideo {
                key: VideoKey(row.get(0)?),
                id: *id,
                memory: row.get(1)?,
                next_poll: rows::instant(row, 2)?,
            })
        })
        .optional()?)
}
