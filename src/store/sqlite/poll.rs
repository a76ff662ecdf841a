//! The poller's tables: videos, and the members of channels and playlists.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::{deliver, rows};
use crate::model::{Event, Series, Signal, UnixMillis, VideoId, VideoKey};
use crate::store::{DueSubject, DueVideo, Listed, Listing, Polled, Result};

pub(super) fn due_videos(db: &Connection, now: UnixMillis, limit: usize) -> Result<Vec<DueVideo>> {
    let mut statement = db.prepare_cached(
        "SELECT id, ref, memory FROM video WHERE next_poll <= ?1 ORDER BY next_poll LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now.0, limit])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(DueVideo {
            key: VideoKey(row.get(0)?),
            id: rows::parsed(&row.get::<_, String>(1)?, "video id")?,
            memory: row.get(2)?,
        });
    }
    Ok(due)
}

pub(super) fn next_poll(db: &Connection) -> Result<Option<UnixMillis>> {
    let next: Option<i64> = db
        .prepare_cached("SELECT min(next_poll) FROM video WHERE next_poll IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(next.map(UnixMillis))
}

pub(super) fn watched_videos(db: &Connection) -> Result<u64> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM video WHERE next_poll IS NOT NULL")?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn save_polled(tx: &Connection, polled: &[Polled]) -> Result<()> {
    // A video that nobody watches any more keeps its NULL: a look under way must not bring it back.
    let mut statement = tx.prepare_cached(
        "UPDATE video SET memory = ?2, title = coalesce(?3, title),
         next_poll = CASE WHEN next_poll IS NULL THEN NULL ELSE ?4 END WHERE id = ?1",
    )?;
    for video in polled {
        statement.execute(params![video.key.0, video.memory, video.title, video.next_poll.0])?;
    }
    Ok(())
}

pub(super) fn video(db: &Connection, id: &VideoId) -> Result<Option<DueVideo>> {
    Ok(db
        .prepare_cached("SELECT id, memory FROM video WHERE ref = ?1")?
        .query_row([id.as_str()], |row| {
            Ok(DueVideo { key: VideoKey(row.get(0)?), id: *id, memory: row.get(1)? })
        })
        .optional()?)
}

pub(super) fn due_subjects(
    db: &Connection,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<DueSubject>> {
    let mut statement = db.prepare_cached(
        "SELECT id, ref, playlist, feed, full_at,
                (SELECT count(*) FROM member m WHERE m.subject = subject.id)
         FROM subject WHERE next_listing <= ?1 ORDER BY next_listing LIMIT ?2",
    )?;
    let mut rows = statement.query(params![now.0, limit])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        due.push(DueSubject {
            id: row.get(0)?,
            subject: rows::parsed(&row.get::<_, String>(1)?, "subject")?,
            playlist: row.get(2)?,
            feed: row.get(3)?,
            full_at: rows::instant(row, 4)?,
            members: row.get(5)?,
        });
    }
    Ok(due)
}

pub(super) fn postpone_listing(tx: &Connection, subject: i64, until: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE subject SET next_listing = ?2 WHERE id = ?1 AND next_listing IS NOT NULL",
    )?
    .execute([subject, until.0])?;
    Ok(())
}

pub(super) fn save_listing(tx: &Connection, listing: &Listing, now: UnixMillis) -> Result<Listed> {
    let subject = listing.subject;
    let listed_before: Option<bool> = tx
        .prepare_cached(
            "SELECT listed_at IS NOT NULL FROM subject WHERE id = ?1 AND next_listing IS NOT NULL",
        )?
        .query_row([subject], |row| row.get(0))
        .optional()?;
    // Nobody watches it any more: the listing comes too late.
    let Some(listed_before) = listed_before else { return Ok(Listed::default()) };
    tx.prepare_cached(
        "UPDATE subject SET title = coalesce(?2, title), playlist = coalesce(?3, playlist),
         feed = coalesce(?4, feed), total = coalesce(?5, total), listed_at = ?6, next_listing = ?7,
         full_at = CASE WHEN ?8 THEN ?6 ELSE full_at END
         WHERE id = ?1",
    )?
    .execute(params![
        subject,
        listing.title,
        listing.playlist,
        listing.feed,
        listing.total,
        now.0,
        listing.next_listing.0,
        listing.complete
    ])?;

    let mut listed = Listed::default();
    let held = members(tx, subject)?;
    let kept = &listing.members[..listing.members.len().min(listing.members_max)];
    if listing.complete {
        let listed_ids: HashSet<&VideoId> = kept.iter().map(|(id, _)| id).collect();
        for (id, key) in &held {
            if !listed_ids.contains(id) {
                leave(tx, subject, *key)?;
                listed.left += 1;
            }
        }
    }
    // Oldest first, so that upload alerts come in the order of the uploads.
    for (index, (id, title)) in kept.iter().enumerate().rev() {
        if held.contains_key(id) {
            continue;
        }
        let key = rows::video_key(tx, id, title.as_deref())?;
        let newness = now.0.saturating_sub(i64::try_from(index).unwrap_or(i64::MAX));
        join(tx, subject, key, newness, now)?;
        listed.joined += 1;
        if listed_before {
            listed.alerts += upload_alerts(tx, subject, key, title.as_deref(), now)?;
        }
    }
    if !listing.complete {
        listed.left += drop_oldest(tx, subject, listing.members_max)?;
    }
    Ok(listed)
}

fn members(tx: &Connection, subject: i64) -> Result<HashMap<VideoId, VideoKey>> {
    let mut statement = tx.prepare_cached(
        "SELECT v.ref, v.id FROM member m JOIN video v ON v.id = m.video WHERE m.subject = ?1",
    )?;
    let mut rows = statement.query([subject])?;
    let mut held = HashMap::new();
    while let Some(row) = rows.next()? {
        held.insert(rows::parsed(&row.get::<_, String>(0)?, "video id")?, VideoKey(row.get(1)?));
    }
    Ok(held)
}

/// Makes a video a member: it is polled, and every running rule of the subject gets a trigger for it.
pub(super) fn join(
    tx: &Connection,
    subject: i64,
    video: VideoKey,
    newness: i64,
    now: UnixMillis,
) -> Result<()> {
    let new = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO member (subject, video, newness) VALUES (?1, ?2, ?3)",
        )?
        .execute([subject, video.0, newness])?;
    if new == 0 {
        return Ok(());
    }
    tx.prepare_cached("UPDATE video SET next_poll = ?2 WHERE id = ?1 AND next_poll IS NULL")?
        .execute([video.0, now.0])?;
    tx.prepare_cached(
        "INSERT INTO \"trigger\" (video, series, value, rule, since)
         SELECT ?2, r.series, r.value, r.id, ?3 FROM subscription s JOIN rule r ON r.subscription = s.id
         WHERE s.subject = ?1 AND s.ended_at IS NULL AND r.ended_at IS NULL",
    )?
    .execute([subject, video.0, now.0])?;
    Ok(())
}

/// Takes a video out of a subject; it is polled no more when no subject has it.
pub(super) fn leave(tx: &Connection, subject: i64, video: VideoKey) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM \"trigger\" WHERE id IN (
             SELECT t.id FROM subscription s JOIN rule r ON r.subscription = s.id
             JOIN \"trigger\" t ON t.rule = r.id AND t.video = ?2 WHERE s.subject = ?1)",
    )?
    .execute([subject, video.0])?;
    tx.prepare_cached("DELETE FROM member WHERE subject = ?1 AND video = ?2")?
        .execute([subject, video.0])?;
    tx.prepare_cached(
        "UPDATE video SET next_poll = NULL
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM member WHERE video = ?1)",
    )?
    .execute([video.0])?;
    Ok(())
}

fn drop_oldest(tx: &Connection, subject: i64, members_max: usize) -> Result<usize> {
    let mut statement = tx.prepare_cached(
        "SELECT video FROM member WHERE subject = ?1 ORDER BY newness DESC LIMIT -1 OFFSET ?2",
    )?;
    let oldest: Vec<i64> = statement
        .query_map(params![subject, members_max], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for video in &oldest {
        leave(tx, subject, VideoKey(*video))?;
    }
    Ok(oldest.len())
}

fn upload_alerts(
    tx: &Connection,
    subject: i64,
    video: VideoKey,
    title: Option<&str>,
    now: UnixMillis,
) -> Result<usize> {
    let series = Series::up(Signal::Event(Event::Upload)).code();
    let mut statement = tx.prepare_cached(
        "SELECT d.lane, d.id, s.id, r.id FROM subscription s JOIN rule r ON r.subscription = s.id
         JOIN destination d ON d.id = s.destination
         WHERE s.subject = ?1 AND s.ended_at IS NULL AND r.ended_at IS NULL AND r.series = ?2
           AND d.disabled IS NULL AND coalesce(d.muted_until, 0) <= ?3
           AND coalesce(s.muted_until, 0) <= ?3",
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO alert (lane, destination, subscription, rule, video, series, current, observed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut rows = statement.query([subject, series, now.0])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let lane: i64 = row.get(0)?;
        insert.execute(params![
            lane,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
            video.0,
            series,
            title.unwrap_or_default(),
            now.0
        ])?;
        deliver::make_due(tx, lane, now)?;
        count += 1;
    }
    Ok(count)
}
