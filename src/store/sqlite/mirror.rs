//! Records for other programs, and the watch list as they have it.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::rows;
use crate::model::{Mirrored, Snapshot, UnixMillis, VideoId};
use crate::store::Result;

/// Videos that one look at the watch list compares: it is made every second, beside deliveries.
const STRETCH: usize = 2_000;

/// Where the next look at the videos begins, and that at the list.
const PLACE: &str = "mirror:video";
const LIST_PLACE: &str = "mirror:listed";

pub(super) const OLDEST: &str = "SELECT id, record FROM mirror WHERE id > 0 ORDER BY id LIMIT ?1";

pub(super) fn mirrored(db: &Connection, limit: usize) -> Result<Vec<(i64, Mirrored)>> {
    let mut statement = db.prepare_cached(OLDEST)?;
    let mut rows = statement.query([limit])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        match serde_json::from_str(&rows::text(row, 1)) {
            Ok(record) => waiting.push((id, record)),
            // Only this program writes here. Whatever stands behind it goes on, and it goes with that.
            Err(error) => {
                tracing::error!(
                    id,
                    error = rows::fault(&error),
                    "a record of the mirror can't be read"
                );
            }
        }
    }
    Ok(waiting)
}

pub(super) fn acknowledged(tx: &Connection, to: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM mirror WHERE id <= ?1")?.execute([to])?;
    Ok(())
}

pub(super) fn mirror(tx: &Connection, record: &Mirrored, now: UnixMillis) -> Result<()> {
    tx.prepare_cached("INSERT INTO mirror (at, record) VALUES (?1, ?2)")?
        .execute(params![now.0, rows::json(record)?])?;
    Ok(())
}

pub(super) const PASSED: &str = "SELECT snapshot FROM passed WHERE video = ?1";

/// What can't be read is as good as none: the next snapshot is a first one.
pub(super) fn passed(tx: &Connection, video: &VideoId) -> Result<Option<Snapshot>> {
    let text: Option<String> = tx
        .prepare_cached(PASSED)?
        .query_row([video.as_str()], |row| Ok(rows::text(row, 0)))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(super) fn save_passed(tx: &Connection, snapshot: &Snapshot) -> Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO passed VALUES (?1, ?2, ?3)")?.execute(params![
        snapshot.video_id.as_str(),
        snapshot.observed_at.0,
        rows::json(snapshot)?
    ])?;
    Ok(())
}

/// Videos and whether they are watched and listed.
pub(super) const VIDEOS: &str =
    "SELECT v.id, v.ref, v.next_poll IS NOT NULL, l.video IS NOT NULL AND l.until IS NULL
     FROM video v LEFT JOIN listed l ON l.video = v.ref WHERE v.id > ?1 ORDER BY v.id LIMIT ?2";

/// Listed videos, and whether the store has forgotten them altogether.
pub(super) const LISTED: &str =
    "SELECT l.video, l.until IS NULL AND NOT EXISTS (SELECT 1 FROM video v WHERE v.ref = l.video)
     FROM listed l WHERE l.video > ?1 ORDER BY l.video LIMIT ?2";

/// Videos that nobody has watched for long.
pub(super) const OVER: &str = "SELECT video FROM listed WHERE until <= ?1 LIMIT ?2";

pub(super) fn compare_watched(tx: &Connection, keep: Duration, now: UnixMillis) -> Result<usize> {
    let mut queued = erase(tx, now.minus(keep), now)?;
    let from: i64 = rows::load(tx, PLACE)?.and_then(|place| place.parse().ok()).unwrap_or(0);
    let mut statement = tx.prepare_cached(VIDEOS)?;
    let mut rows = statement.query(params![from, STRETCH])?;
    let (mut looked_at, mut last) = (0, 0);
    while let Some(row) = rows.next()? {
        looked_at += 1;
        last = row.get(0)?;
        let (is_watched, is_listed): (bool, bool) = (row.get(2)?, row.get(3)?);
        if is_watched != is_listed
            && let Some(video) = rows::or_skipped(rows::parsed(&rows::text(row, 1), "video id"))?
        {
            note(tx, video, is_watched, now)?;
            queued += 1;
        }
    }
    let next = if looked_at < STRETCH { 0 } else { last };
    rows::save(tx, PLACE, &next.to_string())?;
    Ok(queued + note_gone(tx, now)?)
}

/// A video joins the list, or leaves it.
fn note(tx: &Connection, video: VideoId, is_watched: bool, now: UnixMillis) -> Result<()> {
    if is_watched {
        tx.prepare_cached(
            "INSERT INTO listed (video, since) VALUES (?1, ?2)
             ON CONFLICT (video) DO UPDATE SET since = ?2, until = NULL",
        )?
        .execute(params![video.as_str(), now.0])?;
        mirror(tx, &Mirrored::Watched { video, since: now }, now)
    } else {
        tx.prepare_cached("UPDATE listed SET until = ?2 WHERE video = ?1")?
            .execute(params![video.as_str(), now.0])?;
        mirror(tx, &Mirrored::Unwatched { video, at: now }, now)
    }
}

/// Notes listed videos of which the store has no row any more: somebody ran it without Kafka for long.
fn note_gone(tx: &Connection, now: UnixMillis) -> Result<usize> {
    let from = rows::load(tx, LIST_PLACE)?.unwrap_or_default();
    let listed: Vec<(String, bool)> = tx
        .prepare_cached(LISTED)?
        .query_map(params![from, STRETCH], |row| Ok((rows::text(row, 0), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut queued = 0;
    for (text, is_gone) in &listed {
        if *is_gone && let Some(video) = rows::or_skipped(rows::parsed(text, "video id"))? {
            note(tx, video, false, now)?;
            queued += 1;
        }
    }
    let next = listed.last().filter(|_| listed.len() == STRETCH);
    rows::save(tx, LIST_PLACE, next.map_or("", |(video, _)| video))?;
    Ok(queued)
}

fn erase(tx: &Connection, before: UnixMillis, now: UnixMillis) -> Result<usize> {
    let over: Vec<String> = tx
        .prepare_cached(OVER)?
        .query_map(params![before.0, STRETCH], |row| Ok(rows::text(row, 0)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut queued = 0;
    for text in &over {
        if let Some(video) = rows::or_skipped(rows::parsed(text, "video id"))? {
            mirror(tx, &Mirrored::Forgotten { video, at: now }, now)?;
            queued += 1;
        }
        tx.prepare_cached("DELETE FROM listed WHERE video = ?1")?.execute([text])?;
        tx.prepare_cached("DELETE FROM passed WHERE video = ?1")?.execute([text])?;
    }
    Ok(queued)
}
