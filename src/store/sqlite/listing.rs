//! The members of channels and playlists: who joins gets triggers, who leaves loses them, and uploads ring.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{queue, rows, watch};
use crate::model::{Suppressed, UnixMillis, VideoId, VideoKey};
use crate::store::{DueSubject, Listed, Listing, Result};

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
        let read = || -> Result<DueSubject> {
            Ok(DueSubject {
                id: row.get(0)?,
                subject: rows::parsed(&row.get::<_, String>(1)?, "subject")?,
                playlist: row.get(2)?,
                feed: row.get(3)?,
                full_at: rows::instant(row, 4)?,
                members: row.get(5)?,
            })
        };
        due.extend(rows::or_skipped(read())?);
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
    // Where only the newest are held, one that leaves makes room for an older one: behind all that were held before,
    // and no upload.
    let full = kept.len() == listing.members_max;
    let oldest_held = kept.iter().rposition(|(id, _)| held.contains_key(id));
    // Oldest first, so that upload alerts come in the order of the uploads.
    for (index, (id, title)) in kept.iter().enumerate().rev() {
        if held.contains_key(id) {
            continue;
        }
        let key = rows::video_key(tx, id, title.as_deref())?;
        let newness = now.0.saturating_sub(i64::try_from(index).unwrap_or(i64::MAX));
        join(tx, subject, key, newness, now, now)?;
        listed.joined += 1;
        let moved_up = full && oldest_held.is_some_and(|oldest| index > oldest);
        if listed_before && !moved_up {
            upload_alerts(tx, subject, key, title.as_deref(), now, &mut listed)?;
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
        let id = rows::parsed(&row.get::<_, String>(0)?, "video id");
        if let Some(id) = rows::or_skipped(id)? {
            held.insert(id, VideoKey(row.get(1)?));
        }
    }
    Ok(held)
}

/// The look that led to a watch is at most this much older than the watch; what it saw belongs to it.
const JUST_SEEN: Duration = Duration::from_secs(300);

/// Makes a video a member: it is polled (first at `poll_at` if nobody watched it), and every running rule of the
/// subject gets a trigger for it.
pub(super) fn join(
    tx: &Connection,
    subject: i64,
    video: VideoKey,
    newness: i64,
    poll_at: UnixMillis,
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
    let unwatched = tx
        .prepare_cached(
            "UPDATE video SET next_poll = ?2, since = ?3 WHERE id = ?1 AND next_poll IS NULL",
        )?
        .execute([video.0, poll_at.0, now.minus(JUST_SEEN).0])?
        == 1;
    if unwatched {
        // What was seen in an earlier life is no base: the first observation is a silent one.
        tx.prepare_cached("DELETE FROM seen WHERE video = ?1")?.execute([video.0])?;
    }
    tx.prepare_cached(
        "INSERT INTO \"trigger\" (video, series, value, rule, since)
         SELECT ?2, r.series, r.value, r.id, ?3 FROM subscription s JOIN rule r ON r.subscription = s.id
         WHERE s.subject = ?1 AND s.ended_at IS NULL AND r.ended_at IS NULL AND r.series <> ?4",
    )?
    .execute([subject, video.0, now.0, watch::upload_series()])?;
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
    listed: &mut Listed,
) -> Result<()> {
    let series = watch::upload_series();
    let mut statement = tx.prepare_cached(
        "SELECT d.lane, s.id, r.id, d.disabled IS NOT NULL,
                max(coalesce(d.muted_until, 0), coalesce(s.muted_until, 0)) > ?3,
                coalesce(s.until <= ?3, 0)
         FROM subscription s JOIN rule r ON r.subscription = s.id
         JOIN destination d ON d.id = s.destination
         WHERE s.subject = ?1 AND s.ended_at IS NULL AND r.ended_at IS NULL AND r.series = ?2",
    )?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO alert (subscription, rule, video, series, current, observed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut rows = statement.query([subject, series, now.0])?;
    while let Some(row) = rows.next()? {
        let (lane, subscription, rule): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if let Some(reason) = rows::shut(row.get(3)?, row.get(4)?, row.get(5)?) {
            rows::suppress(tx, rule, video, reason, now)?;
            for (other, count) in Suppressed::ALL.into_iter().zip(&mut listed.suppressed) {
                *count += u64::from(other == reason);
            }
            continue;
        }
        insert.execute(params![
            subscription,
            rule,
            video.0,
            series,
            title.unwrap_or_default(),
            now.0
        ])?;
        queue::enqueue(tx, (subscription, video.0), lane, tx.last_insert_rowid(), now)?;
        listed.alerts += 1;
    }
    Ok(())
}
