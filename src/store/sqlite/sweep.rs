//! Housekeeping: what has expired ends, what is past its retention goes, a bounded piece at a time.
//!
//! What an index finds is taken from there. Tables that have none for it are walked, a stretch per sweep, so that a
//! sweep costs the same however much there is to keep.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::ledger::Ended;
use super::unit::{self, DigestId, UnitId};
use super::{asleep, digest, ending, lane, member, people, rows, watch};
use crate::model::{NotificationId, SubscriptionId, UnixMillis};
use crate::store::{AskLimits, Result, Retention};

/// Rows of one kind that one transaction deletes or ends: few enough not to hold up deliveries.
const PIECE: usize = 5_000;

/// Videos of channels and playlists that one sweep lets go of, and those of one list more.
const PIECE_OF_VIDEOS: i64 = 2_000;

/// Rows that a walk looks at in one sweep.
const STRETCH: usize = 1_000;

/// A mark of a chat service that has not moved for so long is forgotten: updates are kept there for a day, so nothing
/// older can come again, while after a quiet week its ids may start anew, anywhere.
const MARK_KEPT: Duration = Duration::from_secs(2 * 86_400);

pub(super) fn sweep(tx: &Connection, keep: Retention, now: UnixMillis) -> Result<bool> {
    let statistics = now.minus(keep.statistics);
    let alerts = now.minus(keep.alerts);
    let mut ended = Ended::default();
    let mut more = end_expired(tx, now)?;
    more |= end_overdue(tx, statistics, now, &mut ended)?;
    more |= walk_units(tx, statistics, now, &mut ended)?;
    more |= member::disarm(tx, PIECE)?;
    ended.keep(tx)?;
    for (sql, before) in [
        (ALERTS, alerts),
        (NOTIFICATIONS, alerts),
        // Rules and watches that ended go when `why` needs them no more.
        (SUPPRESSIONS_OF_RULES, alerts),
        (RULES, alerts),
        (INVITES, alerts),
        (LINKS, now.minus(AskLimits::WITHIN)),
        (NOTICES, statistics),
        (MARKS, now.minus(MARK_KEPT)),
        (HANDLED, now.minus(MARK_KEPT)),
        (LOG, statistics),
        (MIRROR, alerts),
        (PASSED, statistics),
    ] {
        more |= tx.prepare_cached(sql)?.execute(params![before.0, PIECE])? == PIECE;
    }
    more |= forget_watches(tx, alerts)?;
    walk_suppressions(tx, alerts)?;
    walk_destinations(tx, alerts, now)?;
    walk_digests(tx, alerts)?;
    people::walk(tx)?;
    more |= walk_videos(tx, statistics)?;
    more |= asleep::sweep(tx, now)?;
    Ok(more)
}

pub(super) const ALERTS: &str =
    "DELETE FROM alert WHERE id IN (SELECT id FROM alert WHERE ended < ?1 ORDER BY ended LIMIT ?2)";
pub(super) const NOTIFICATIONS: &str = "DELETE FROM notification WHERE id IN
     (SELECT id FROM notification WHERE ended < ?1 ORDER BY ended LIMIT ?2)";
pub(super) const SUPPRESSIONS_OF_RULES: &str = "DELETE FROM suppression WHERE rule IN
     (SELECT id FROM rule WHERE ended_at < ?1 ORDER BY ended_at LIMIT ?2)";
pub(super) const RULES: &str = "DELETE FROM rule WHERE id IN
     (SELECT id FROM rule WHERE ended_at < ?1 AND list IS NULL ORDER BY ended_at LIMIT ?2)";
const INVITES: &str =
    "DELETE FROM invite WHERE code IN (SELECT code FROM invite WHERE expires_at < ?1 LIMIT ?2)";
/// A code that lives longer than it is counted goes when it has expired.
pub(super) const LINKS: &str = "DELETE FROM link WHERE code IN
     (SELECT code FROM link WHERE made_at < ?1 AND expires_at < ?1 LIMIT ?2)";
const NOTICES: &str =
    "DELETE FROM notice WHERE key IN (SELECT key FROM notice WHERE at < ?1 LIMIT ?2)";
const MARKS: &str =
    "DELETE FROM mark WHERE source IN (SELECT source FROM mark WHERE at < ?1 LIMIT ?2)";
const HANDLED: &str = "DELETE FROM handled WHERE (source, update_id) IN
     (SELECT source, update_id FROM handled WHERE at < ?1 LIMIT ?2)";

/// The head of a log that nothing has routed for so long: snapshots are whole, so a newer one stands for it.
pub(super) const LOG: &str = "DELETE FROM log WHERE offset IN
     (SELECT offset FROM log WHERE offset < (SELECT min(offset) FROM log) + ?2)
     AND CASE WHEN json_valid(snapshot) THEN json_extract(snapshot, '$.observed_at') < ?1 ELSE 1 END";

/// Topics keep no record for longer.
pub(super) const MIRROR: &str =
    "DELETE FROM mirror WHERE id IN (SELECT id FROM mirror WHERE at < ?1 ORDER BY at LIMIT ?2)";
pub(super) const PASSED: &str = "DELETE FROM passed WHERE video IN
     (SELECT video FROM passed WHERE observed_at < ?1 ORDER BY observed_at LIMIT ?2)";

pub(super) const EXPIRED: &str =
    "SELECT s.id, s.subject, coalesce(u.members, 0) FROM subscription s
     LEFT JOIN subject u ON u.id = s.subject WHERE s.until <= ?1 AND s.ended_at IS NULL LIMIT ?2";

/// Ends watches whose time is over.
fn end_expired(tx: &Connection, now: UnixMillis) -> Result<bool> {
    let expired: Vec<(i64, i64, i64)> = tx
        .prepare_cached(EXPIRED)?
        .query_map(params![now.0, STRETCH], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut videos = 0;
    for (subscription, subject, members) in &expired {
        if videos >= PIECE_OF_VIDEOS {
            return Ok(true);
        }
        watch::end_subscription(tx, *subscription, *subject, "expired", now)?;
        videos += members;
    }
    Ok(expired.len() == STRETCH)
}

pub(super) const OVERDUE: &str = "SELECT id, lane FROM notification
     WHERE state = 'pending' AND next_at IS NOT NULL AND created_at < ?1 LIMIT ?2";

/// Gives up messages that waited for longer than their numbers may be kept: their channel is away or switched off.
fn end_overdue(
    tx: &Connection,
    before: UnixMillis,
    now: UnixMillis,
    ended: &mut Ended,
) -> Result<bool> {
    let overdue: Vec<(i64, i64)> = tx
        .prepare_cached(OVERDUE)?
        .query_map(params![before.0, STRETCH], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, lane) in &overdue {
        ending::give_up(tx, NotificationId(*id), ending::TOO_OLD, now, ended)?;
        lane::settle(tx, *lane)?;
    }
    Ok(overdue.len() == STRETCH)
}

/// Ends what waits in lanes that no claim comes to any more: cancelled alerts, and those that are too old to tell.
fn walk_units(
    tx: &Connection,
    before: UnixMillis,
    now: UnixMillis,
    ended: &mut Ended,
) -> Result<bool> {
    let after: i64 = cursor(tx, "sweep:unit")?.unwrap_or_default();
    let stretch: Vec<(i64, bool)> = tx
        .prepare_cached(
            "SELECT id, due_at IS NOT NULL FROM unit WHERE id > ?1 ORDER BY id LIMIT ?2",
        )?
        .query_map(params![after, STRETCH], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut left = PIECE;
    let mut last = None;
    for (id, is_waiting) in &stretch {
        if left == 0 {
            break;
        }
        if *is_waiting {
            let looked = ending::end_unwanted(tx, UnitId(*id), before, now, left, ended)?;
            left = left.saturating_sub(looked.max(1));
        }
        last = Some(*id);
    }
    // At the end it starts over.
    let next = last.filter(|_| stretch.len() == STRETCH || left == 0);
    rows::save(tx, "sweep:unit", &rows::json(&next)?)?;
    Ok(left == 0)
}

/// How far a walk came.
fn cursor<T: serde::de::DeserializeOwned>(tx: &Connection, key: &str) -> Result<Option<T>> {
    Ok(rows::load(tx, key)?
        .and_then(|text| serde_json::from_str::<Option<T>>(&text).ok())
        .flatten())
}

pub(super) const WATCHES: &str = "DELETE FROM subscription WHERE id IN
     (SELECT s.id FROM subscription s WHERE s.ended_at < ?1
      AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.id >= s.id * ?3 AND u.id < (s.id + 1) * ?3
                      AND (u.due_at IS NOT NULL OR u.notification IS NOT NULL))
      ORDER BY s.ended_at LIMIT ?2) RETURNING subject, id";

pub(super) const OTHER_NAMES: &str = "DELETE FROM subject WHERE same_as = ?1";

/// Forgets watches that ended, and what nobody watches any more.
fn forget_watches(tx: &Connection, before: UnixMillis) -> Result<bool> {
    let watches: Vec<(i64, i64)> = tx
        .prepare_cached(WATCHES)?
        .query_map(params![before.0, STRETCH, unit::KINDS], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (subject, watch) in &watches {
        unit::forget(tx, SubscriptionId(*watch))?;
        let is_gone = tx
            .prepare_cached(
                "DELETE FROM subject WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.subject = ?1)
                 AND NOT EXISTS (SELECT 1 FROM member m WHERE m.subject = ?1)",
            )?
            .execute([subject])?
            == 1;
        if is_gone {
            // Other names must not lead to a row that another subject may get.
            tx.prepare_cached(OTHER_NAMES)?.execute([subject])?;
        }
    }
    Ok(watches.len() == STRETCH)
}

/// Forgets what was suppressed long ago.
fn walk_suppressions(tx: &Connection, before: UnixMillis) -> Result<()> {
    let after: i64 = cursor(tx, "sweep:suppression")?.unwrap_or_default();
    let upto: Option<i64> = tx
        .prepare_cached(
            "SELECT rule FROM suppression WHERE rule > ?1 ORDER BY rule LIMIT 1 OFFSET ?2",
        )?
        .query_row(params![after, PIECE], |row| row.get(0))
        .optional()?;
    tx.prepare_cached("DELETE FROM suppression WHERE rule > ?1 AND rule <= ?2 AND last < ?3")?
        .execute([after, upto.unwrap_or(i64::MAX), before.0])?;
    rows::save(tx, "sweep:suppression", &rows::json(&upto)?)
}

/// A chat or endpoint without watches and cards, without settings of its own (or out of reach) and without a message under
/// way or of late. An address that has moved goes when the new one is not used either, and before it.
pub(super) const FORGET_DESTINATION: &str = "DELETE FROM destination WHERE id = ?1
     AND (settings = '{}' OR disabled IS NOT NULL OR moved_to IS NOT NULL)
     AND is_refused = 0 AND coalesce(muted_until, 0) <= ?3 AND (is_feed = 0 OR disabled IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.destination IN (?1, destination.moved_to))
     AND NOT EXISTS (SELECT 1 FROM card c WHERE c.destination = ?1)
     AND NOT EXISTS (SELECT 1 FROM destination o WHERE o.moved_to = ?1)
     AND NOT EXISTS (SELECT 1 FROM lane l WHERE l.id = destination.lane
                     AND (l.in_flight > 0 OR l.free_at >= ?2))
     AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.lane = destination.lane AND n.state = 'pending')
     RETURNING lane";

/// Forgets chats and endpoints to which nothing has gone since a moment, and of which nothing is known that whoever is
/// there has chosen. They are made anew when somebody is there again.
fn walk_destinations(tx: &Connection, before: UnixMillis, now: UnixMillis) -> Result<()> {
    let after: i64 = cursor(tx, "sweep:destination")?.unwrap_or_default();
    let stretch: Vec<i64> = tx
        .prepare_cached("SELECT id FROM destination WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![after, STRETCH], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &stretch {
        let lane: Option<i64> = tx
            .prepare_cached(FORGET_DESTINATION)?
            .query_row([*id, before.0, now.0], |row| row.get(0))
            .optional()?;
        let Some(lane) = lane else { continue };
        tx.prepare_cached(
            "DELETE FROM lane WHERE id = ?1
             AND NOT EXISTS (SELECT 1 FROM destination d WHERE d.lane = ?1)",
        )?
        .execute([lane])?;
    }
    let next = stretch.last().copied().filter(|_| stretch.len() == STRETCH);
    rows::save(tx, "sweep:destination", &rows::json(&next)?)
}

/// A digest in which nothing is collected: whose time passed before a moment (2) and of which nothing is under way, or that
/// nobody is there to hear any more.
pub(super) const IS_IDLE: &str = "SELECT 1 FROM digest g WHERE g.id = ?1
     AND NOT EXISTS (SELECT 1 FROM unit c WHERE c.collected_in = g.id)
     AND (NOT EXISTS (SELECT 1 FROM destination d WHERE d.id = g.destination)
          OR (g.next_at < ?2 AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.id = -g.id
              AND (u.notification IS NOT NULL OR u.due_at IS NOT NULL))))";

/// Forgets digests in which nothing was collected for long: they are made anew when something is.
fn walk_digests(tx: &Connection, before: UnixMillis) -> Result<()> {
    let after: i64 = cursor(tx, "sweep:digest")?.unwrap_or_default();
    let stretch: Vec<i64> = tx
        .prepare_cached("SELECT id FROM digest WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map(params![after, STRETCH], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &stretch {
        if tx.prepare_cached(IS_IDLE)?.exists([*id, before.0])? {
            digest::forget(tx, DigestId(*id))?;
        }
    }
    let next = stretch.last().copied().filter(|_| stretch.len() == STRETCH);
    rows::save(tx, "sweep:digest", &rows::json(&next)?)
}

/// A video as a walk sees it.
struct Seen {
    id: i64,
    watched: bool,
    observed_at: Option<i64>,
    numbers_at: Option<i64>,
}

/// Keeps statistics no longer than allowed, and forgets videos that nobody watches any more.
fn walk_videos(tx: &Connection, before: UnixMillis) -> Result<bool> {
    let after: i64 = cursor(tx, "sweep:video")?.unwrap_or_default();
    let videos: Vec<Seen> = tx
        .prepare_cached(
            "SELECT v.id, v.next_poll IS NOT NULL, n.observed_at, n.numbers_at FROM video v
             LEFT JOIN seen n ON n.video = v.id WHERE v.id > ?1 ORDER BY v.id LIMIT ?2",
        )?
        .query_map(params![after, STRETCH], |row| {
            Ok(Seen {
                id: row.get(0)?,
                watched: row.get(1)?,
                observed_at: row.get(2)?,
                numbers_at: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut left = PIECE;
    let mut last = None;
    for video in &videos {
        if left == 0 {
            break;
        }
        left -= forget(tx, video, before, left)?;
        last = Some(video.id);
    }
    // A video with more to delete than one sweep may is looked at again.
    let next = if left == 0 {
        last.map(|last| last - 1)
    } else {
        last.filter(|_| videos.len() == STRETCH)
    };
    rows::save(tx, "sweep:video", &rows::json(&next)?)?;
    Ok(left == 0)
}

pub(super) const FORGET: &str = "DELETE FROM video WHERE id = ?1
     AND NOT EXISTS (SELECT 1 FROM seen WHERE video = ?1)
     AND NOT EXISTS (SELECT 1 FROM history WHERE video = ?1)
     AND NOT EXISTS (SELECT 1 FROM member WHERE video = ?1)
     AND NOT EXISTS (SELECT 1 FROM card WHERE video = ?1)
     AND NOT EXISTS (SELECT 1 FROM alert WHERE video = ?1)";

/// Forgets what is too old of one video; returns how many rows of its history went.
fn forget(tx: &Connection, video: &Seen, before: UnixMillis, limit: usize) -> Result<usize> {
    // Only changes are recorded: the newest row before the end still holds, if a later look has confirmed it.
    let holds = video.watched && video.numbers_at.is_some_and(|at| at >= before.0);
    let gone = tx
        .prepare_cached(
            "DELETE FROM history WHERE video = ?1 AND at IN (SELECT at FROM history WHERE video = ?1 AND at < ?2
             AND (?3 = 0 OR at < (SELECT max(at) FROM history WHERE video = ?1 AND at < ?2))
             ORDER BY at LIMIT ?4)",
        )?
        .execute(params![video.id, before.0, holds, limit])?;
    let old = |at: Option<i64>| at.is_some_and(|at| at < before.0);
    if video.watched {
        if old(video.numbers_at) {
            // Still watched, but YouTube has said no number since.
            tx.prepare_cached(
                "UPDATE seen SET views = NULL, likes = NULL, comments = NULL, views_highest = NULL,
                 likes_highest = NULL, comments_highest = NULL WHERE video = ?1",
            )?
            .execute([video.id])?;
        }
        return Ok(gone);
    }
    if old(video.observed_at) {
        tx.prepare_cached("DELETE FROM seen WHERE video = ?1")?.execute([video.id])?;
        tx.prepare_cached("UPDATE video SET memory = NULL WHERE id = ?1")?.execute([video.id])?;
    }
    tx.prepare_cached(FORGET)?.execute([video.id])?;
    Ok(gone)
}
