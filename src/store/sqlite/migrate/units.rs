//! To schema 4: what waits for watches and videos waits in units; notifications get the ids that the outside knows.

use rusqlite::{Connection, params};

use super::Place;
use crate::model::{Channel, NotificationId, SubscriptionId};
use crate::store::Result;
use crate::store::sqlite::rows;
use crate::store::sqlite::unit::UnitId;

/// Rows of the queue, and notifications, that a piece brings along.
const ROWS: usize = 2_000;

/// Waiting alerts that a piece brings along.
const ALERTS: usize = 10_000;

/// Where older versions kept what they added to a notification's row for the id that the outside knew.
pub(super) const SALT: &str = "salt";

/// About how many pieces there are.
pub(super) fn pieces(tx: &Connection, place: Place) -> Result<u64> {
    let waiting: u64 = if place.waits_in_units {
        0
    } else {
        tx.query_row("SELECT count(*) FROM queue", [], |row| row.get(0))?
    };
    let notifications: u64 = tx.query_row(
        "SELECT coalesce(max(0, max(id) - max(min(id), ?1)), 0) FROM notification",
        [place.notification],
        |row| row.get(0),
    )?;
    Ok((waiting + notifications).div_ceil(ROWS as u64))
}

/// Does the next piece; `None`: there is none.
pub(super) fn piece(tx: &Connection, place: Place) -> Result<Option<Place>> {
    let done = place.done + 1;
    if !place.waits_in_units {
        let waits_in_units = !queue(tx)?;
        return Ok(Some(Place { waits_in_units, done, ..place }));
    }
    Ok(notifications(tx, place.notification)?.map(|notification| Place {
        notification,
        done,
        ..place
    }))
}

/// Makes units of rows of the queue. False: there was none.
fn queue(tx: &Connection) -> Result<bool> {
    let waiting: Vec<(i64, i64, i64, i64, i64)> = tx
        .prepare_cached("SELECT subscription, video, lane, due_at, first FROM queue LIMIT ?1")?
        .query_map([ROWS], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut left = ALERTS;
    for (watch, video, lane, due_at, first) in &waiting {
        let unit = UnitId::of_watch(SubscriptionId(*watch), false);
        let touched = tx
            .prepare_cached(
                "UPDATE alert SET unit = ?3 WHERE id IN (SELECT id FROM alert INDEXED BY alert_waiting
                 WHERE subscription = ?1 AND video = ?2 AND outcome IS NULL AND notification IS NULL
                 AND unit IS NULL LIMIT ?4)",
            )?
            .execute(params![watch, video, unit.0, left])?;
        if touched == left {
            // The rest of it in the next piece.
            return Ok(true);
        }
        left -= touched;
        tx.prepare_cached(
            "INSERT INTO unit (id, lane, due_at, first) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET first = min(first, ?4), due_at = min(coalesce(due_at, ?3), ?3)",
        )?
        .execute([unit.0, *lane, *due_at, *first])?;
        tx.prepare_cached("DELETE FROM queue WHERE subscription = ?1 AND video = ?2")?
            .execute([watch, video])?;
    }
    Ok(!waiting.is_empty())
}

/// A notification of an older version.
struct Older {
    id: i64,
    watch: Option<i64>,
    lane: i64,
    channel: String,
    state: String,
    ended: Option<i64>,
}

/// Gives notifications behind one their id and their unit, and the units what they know of them. Returns the last one;
/// `None`: there was none.
fn notifications(tx: &Connection, after: i64) -> Result<Option<i64>> {
    let stretch: Vec<Older> = tx
        .prepare_cached(
            "SELECT n.id, n.subscription, n.lane, coalesce(l.channel, ''), n.state, n.ended FROM notification n
             LEFT JOIN lane l ON l.id = n.lane WHERE n.id > ?1 ORDER BY n.id LIMIT ?2",
        )?
        .query_map(params![after, ROWS], |row| {
            Ok(Older {
                id: row.get(0)?,
                watch: row.get(1)?,
                lane: row.get(2)?,
                channel: row.get(3)?,
                state: row.get(4)?,
                ended: row.get(5)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let salt: Option<u64> = rows::load(tx, SALT)?.and_then(|text| text.parse().ok());
    for older in &stretch {
        // Under the id that a receiver may have seen already.
        let token = salt.map_or_else(rand::random, |salt| {
            salt.wrapping_add(older.id.cast_unsigned()).cast_signed()
        });
        let unit = older.watch.map(|watch| UnitId::of_watch(SubscriptionId(watch), false));
        tx.prepare_cached("UPDATE notification SET public_id = ?2, unit = ?3 WHERE id = ?1")?
            .execute(params![older.id, token, unit.map(|unit| unit.0)])?;
        if let Some(unit) = unit {
            told(tx, unit, older)?;
        }
    }
    Ok(stretch.last().map(|last| last.id))
}

/// Notes in a unit what was sent, or is under way.
fn told(tx: &Connection, unit: UnitId, older: &Older) -> Result<()> {
    let is_chain = !Channel::ALL
        .into_iter()
        .any(|channel| channel.traits().is_told_each_video && channel.name() == older.channel);
    let under_way = (older.state == "pending" && is_chain).then_some(NotificationId(older.id).0);
    let sent_at = older.ended.filter(|_| older.state == "sent");
    if under_way.is_none() && sent_at.is_none() {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO unit (id, lane, first, notification, sent_at) VALUES (?1, ?2, 0, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET notification = coalesce(?3, notification),
         sent_at = max(coalesce(sent_at, ?4), coalesce(?4, sent_at))",
    )?
    .execute(params![unit.0, older.lane, under_way, sent_at])?;
    Ok(())
}
