//! Notices that no rule made, and dead letters.

use rusqlite::{Connection, OptionalExtension, params};

use super::finish::{self, Ended};
use super::{chat, lane, queue, rows};
use crate::model::{Address, NotificationId, UnixMillis};
use crate::store::{DeadLetter, Result};

pub(super) fn notice(
    tx: &Connection,
    key: Option<&str>,
    to: &[(Address, String)],
    now: UnixMillis,
) -> Result<bool> {
    // What nobody hears is not told: once there is an address, it is.
    if to.is_empty() {
        return Ok(false);
    }
    if let Some(key) = key {
        let new = tx
            .prepare_cached("INSERT OR IGNORE INTO notice (key, at) VALUES (?1, ?2)")?
            .execute(params![key, now.0])?;
        if new == 0 {
            return Ok(false);
        }
    }
    for (address, body) in to {
        let (destination, lane) = chat::destination(tx, address, chat::OPERATOR)?;
        tx.prepare_cached(
            "INSERT INTO notification (lane, destination, kind, body, members, silent, observed_at,
             created_at, next_at, state) VALUES (?1, ?2, 'notice', ?3, '[]', 0, ?4, ?4, ?4, 'pending')",
        )?
        .execute(params![lane, destination.0, body, now.0])?;
        lane::make_due(tx, lane, now)?;
    }
    Ok(true)
}

pub(super) fn clear_notice(tx: &Connection, key: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM notice WHERE key = ?1")?.execute([key])?;
    Ok(())
}

pub(super) fn owners_other_destinations(
    db: &Connection,
    address: &Address,
) -> Result<Vec<Address>> {
    let mut statement = db.prepare_cached(
        "SELECT o.address FROM destination d JOIN destination o ON o.owner = d.owner AND o.lane <> d.lane
         WHERE d.address = ?1 AND d.owner <> 'operator' AND o.disabled IS NULL AND o.moved_to IS NULL
         LIMIT 10",
    )?;
    let mut rows = statement.query([address.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let address = rows::parsed(&row.get::<_, String>(0)?, "destination");
        found.extend(rows::or_skipped(address)?);
    }
    Ok(found)
}

pub(super) const DEAD: &str =
    "SELECT n.id, d.address, coalesce(n.error, ''), n.attempts, n.ended, coalesce(v.title, v.ref)
     FROM notification n JOIN destination d ON d.id = n.destination
     LEFT JOIN video v ON v.id = n.video
     WHERE n.state = 'dead' ORDER BY n.id DESC LIMIT ?1";

pub(super) fn dead_letters(db: &Connection, limit: usize) -> Result<Vec<DeadLetter>> {
    let mut statement = db.prepare_cached(DEAD)?;
    let mut rows = statement.query([limit])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        let read = || -> Result<DeadLetter> {
            Ok(DeadLetter {
                id: NotificationId(row.get(0)?),
                address: rows::parsed(&row.get::<_, String>(1)?, "destination")?,
                error: row.get(2)?,
                attempts: row.get(3)?,
                ended: UnixMillis(row.get(4)?),
                about: row.get(5)?,
            })
        };
        letters.extend(rows::or_skipped(read())?);
    }
    Ok(letters)
}

pub(super) fn replay_dead_letters(
    tx: &Connection,
    ids: Option<&[NotificationId]>,
    now: UnixMillis,
) -> Result<usize> {
    let ids: Vec<i64> = match ids {
        Some(ids) => ids.iter().map(|id| id.0).collect(),
        None => tx
            .prepare_cached("SELECT id FROM notification WHERE state = 'dead' ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    let mut replayed = 0;
    let mut reopened = Ended::default();
    for id in ids {
        replayed += usize::from(replay(tx, NotificationId(id), now, &mut reopened)?);
    }
    reopened.keep(tx)?;
    Ok(replayed)
}

fn replay(
    tx: &Connection,
    id: NotificationId,
    now: UnixMillis,
    reopened: &mut Ended,
) -> Result<bool> {
    // To where the destination is now.
    let row: Option<(i64, i64, bool)> = tx
        .prepare_cached(
            "SELECT d.id, d.lane, n.body = '' FROM notification n
             JOIN destination o ON o.id = n.destination
             JOIN destination d ON d.id = coalesce(o.moved_to, o.id)
             WHERE n.id = ?1 AND n.state = 'dead'",
        )?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((destination, lane, unrendered)) = row else { return Ok(false) };
    let members = finish::members(tx, id)?;
    if unrendered {
        // It has no body: its alerts wait again and are put together anew.
        tx.prepare_cached("UPDATE notification SET state = 'cancelled' WHERE id = ?1")?
            .execute([id.0])?;
        for member in members {
            reopened.add("replayed", wait_again(tx, member, lane, now)?);
        }
    } else {
        // The time of birth starts anew: it counts towards giving up.
        tx.prepare_cached(
            "UPDATE notification SET state = 'pending', attempts = 0, ended = NULL, created_at = ?2,
             next_at = ?2, destination = ?3, lane = ?4 WHERE id = ?1",
        )?
        .execute([id.0, now.0, destination, lane])?;
        let mut reset = tx.prepare_cached(
            "UPDATE alert SET outcome = NULL, ended = NULL WHERE id = ?1 AND outcome = 'dead'",
        )?;
        for member in members {
            reopened.add("replayed", reset.execute([member])?);
        }
    }
    lane::settle(tx, lane)?;
    Ok(true)
}

fn wait_again(tx: &Connection, alert: i64, lane: i64, now: UnixMillis) -> Result<usize> {
    let place: Option<(i64, i64)> = tx
        .prepare_cached(
            "UPDATE alert SET outcome = NULL, ended = NULL, notification = NULL
             WHERE id = ?1 AND outcome = 'dead' RETURNING subscription, video",
        )?
        .query_row([alert], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some(key) = place else { return Ok(0) };
    queue::enqueue(tx, key, lane, alert, now)?;
    Ok(1)
}
