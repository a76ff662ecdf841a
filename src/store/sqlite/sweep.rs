//! Housekeeping: what has expired ends, what is past its retention goes, a bounded piece at a time.

use rusqlite::{Connection, params};

use super::edit;
use crate::model::UnixMillis;
use crate::store::{Result, Retention};

/// Rows of one kind that one transaction deletes: small enough not to hold up deliveries.
const PIECE: usize = 5_000;

pub(super) fn sweep(tx: &Connection, keep: Retention, now: UnixMillis) -> Result<bool> {
    let mut more = end_expired(tx, now)? == PIECE;
    let statistics = now.minus(keep.statistics).0;
    let alerts = now.minus(keep.alerts).0;
    let piece = PIECE;
    let mut delete = |sql: &str, before: i64| -> Result<()> {
        more |= tx.prepare_cached(sql)?.execute(params![before, piece])? == piece;
        Ok(())
    };
    // Ids grow with time, so the oldest rows are found without an index on time. A row that still waits is stepped
    // over; rows behind it are reached because the condition, not the scan, is limited.
    delete(
        "DELETE FROM alert WHERE id IN
         (SELECT id FROM alert WHERE outcome IS NOT NULL AND ended < ?1 ORDER BY id LIMIT ?2)",
        alerts,
    )?;
    delete(
        "DELETE FROM notification WHERE id IN
         (SELECT id FROM notification WHERE state <> 'pending' AND ended < ?1 ORDER BY id LIMIT ?2)",
        alerts,
    )?;
    delete(
        "DELETE FROM suppression WHERE (rule, video, reason) IN
         (SELECT rule, video, reason FROM suppression WHERE last < ?1 LIMIT ?2)",
        alerts,
    )?;
    delete(
        "DELETE FROM history WHERE (video, at) IN
         (SELECT video, at FROM history WHERE at < ?1 LIMIT ?2)",
        statistics,
    )?;
    delete(
        "DELETE FROM invite WHERE code IN (SELECT code FROM invite WHERE expires_at < ?1 LIMIT ?2)",
        alerts,
    )?;
    // Rules and watches that ended go when their alerts have gone.
    delete(
        "DELETE FROM rule WHERE id IN (SELECT r.id FROM rule r WHERE r.ended_at < ?1
         AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.subscription = r.subscription) LIMIT ?2)",
        alerts,
    )?;
    delete(
        "DELETE FROM subscription WHERE id IN (SELECT s.id FROM subscription s WHERE s.ended_at < ?1
         AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.subscription = s.id)
         AND NOT EXISTS (SELECT 1 FROM rule r WHERE r.subscription = s.id) LIMIT ?2)",
        alerts,
    )?;
    // A video that nobody watches is forgotten with its statistics.
    delete(
        "DELETE FROM seen WHERE video IN (SELECT n.video FROM seen n JOIN video v ON v.id = n.video
         WHERE v.next_poll IS NULL AND n.observed_at < ?1 LIMIT ?2)",
        statistics,
    )?;
    delete(
        "DELETE FROM video WHERE id IN (SELECT v.id FROM video v WHERE v.next_poll IS NULL AND ?1 IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM seen n WHERE n.video = v.id)
         AND NOT EXISTS (SELECT 1 FROM member m WHERE m.video = v.id)
         AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.video = v.id) LIMIT ?2)",
        statistics,
    )?;
    delete(
        "DELETE FROM subject WHERE id IN (SELECT u.id FROM subject u WHERE u.next_listing IS NULL AND ?1 IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.subject = u.id)
         AND NOT EXISTS (SELECT 1 FROM member m WHERE m.subject = u.id) LIMIT ?2)",
        statistics,
    )?;
    Ok(more)
}

fn end_expired(tx: &Connection, now: UnixMillis) -> Result<usize> {
    let expired: Vec<(i64, i64)> = tx
        .prepare_cached(
            "SELECT id, subject FROM subscription WHERE until <= ?1 AND ended_at IS NULL LIMIT ?2",
        )?
        .query_map(params![now.0, PIECE], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (subscription, subject) in &expired {
        edit::end_subscription(tx, *subscription, *subject, "expired", now)?;
    }
    Ok(expired.len())
}
