//! Notifications that could not be delivered: listed, and queued again.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, params};

use super::lane::{self, Line};
use super::ledger::Ended;
use super::unit::{Queue, UnitId};
use super::{batch, ending, rows};
use crate::model::{AlertId, NotificationId, SubscriptionId, UnixMillis};
use crate::store::{DeadLetter, DeadLetters, Replayed, Result};

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

/// Dead letters that one transaction looks up at once.
const PAGE: usize = 100;

pub(super) const NEXT: &str =
    "SELECT id FROM notification WHERE state = 'dead' AND id > ?1 ORDER BY id LIMIT ?2";

/// Queues the next dead letters again, for as long as a transaction may take.
pub(super) fn replay_some(
    tx: &Connection,
    which: &DeadLetters,
    after: NotificationId,
    now: UnixMillis,
) -> Result<Replayed> {
    let begun = Instant::now();
    let mut replayed = Replayed { count: 0, last: None };
    let mut ended = Ended::default();
    let mut lanes = Lanes::default();
    while begun.elapsed() < batch::WORK_MAX {
        let next = next(tx, which, replayed.last.unwrap_or(after))?;
        let Some(last) = next.last().copied() else { break };
        for id in next {
            replayed.count += usize::from(replay(tx, id, now, &mut lanes, &mut ended)?);
        }
        replayed.last = Some(last);
    }
    lanes.make_due(tx, now)?;
    ended.keep(tx)?;
    Ok(replayed)
}

/// The dead letters behind `after`, a page of them.
fn next(
    tx: &Connection,
    which: &DeadLetters,
    after: NotificationId,
) -> Result<Vec<NotificationId>> {
    match which {
        DeadLetters::All => Ok(tx
            .prepare_cached(NEXT)?
            .query_map(params![after.0, PAGE], |row| Ok(NotificationId(row.get(0)?)))?
            .collect::<rusqlite::Result<_>>()?),
        DeadLetters::Of(ids) => {
            let mut ids: Vec<_> = ids.iter().copied().filter(|id| id.0 > after.0).collect();
            ids.sort_unstable_by_key(|id| id.0);
            ids.dedup();
            ids.truncate(PAGE);
            Ok(ids)
        }
    }
}

/// Lanes in which something waits again: each is made due once, however much that is.
#[derive(Default)]
struct Lanes(std::collections::BTreeSet<i64>);

impl Lanes {
    fn make_due(self, tx: &Connection, now: UnixMillis) -> Result<()> {
        self.0.into_iter().try_for_each(|lane| lane::make_due(tx, lane, Line::Told, now))
    }
}

/// Queues one dead letter again. False: it is none, or its destination is gone.
fn replay(
    tx: &Connection,
    id: NotificationId,
    now: UnixMillis,
    lanes: &mut Lanes,
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
    lanes.0.insert(lane);
    let alerts = ending::alerts(tx, id)?;
    if unrendered {
        // It has no body: its alerts wait again and are put together anew.
        tx.prepare_cached("UPDATE notification SET state = 'cancelled' WHERE id = ?1")?
            .execute([id.0])?;
        for alert in alerts {
            reopened.add("replayed", wait_again(tx, AlertId(alert), lane, now)?);
        }
        return Ok(true);
    }
    // It is given up anew, after as long as any other; what was cancelled before does not concern it.
    tx.prepare_cached(
        "UPDATE notification SET state = 'pending', attempts = 0, spent = 0, parts_left = 0, ended = NULL, created_at = ?2,
         next_at = ?2, destination = ?3, lane = ?4, newest = (SELECT coalesce(max(id), 0) + 1 FROM alert) WHERE id = ?1",
    )?
    .execute([id.0, now.0, destination, lane])?;
    let mut reset = tx.prepare_cached(
        "UPDATE alert SET outcome = NULL, ended = NULL WHERE id = ?1 AND outcome = 'dead'",
    )?;
    for alert in alerts {
        reopened.add("replayed", reset.execute([alert])?);
    }
    Ok(true)
}

fn wait_again(tx: &Connection, alert: AlertId, lane: i64, now: UnixMillis) -> Result<usize> {
    let unit: Option<(i64, Option<i64>)> = tx
        .prepare_cached("SELECT subscription, unit FROM alert WHERE id = ?1 AND outcome = 'dead'")?
        .query_row([alert.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((watch, unit)) = unit else { return Ok(0) };
    let unit = unit.map_or(UnitId::of_watch(SubscriptionId(watch), false), UnitId);
    tx.prepare_cached(
        "UPDATE alert SET outcome = NULL, ended = NULL, notification = NULL, unit = ?2 WHERE id = ?1",
    )?
    .execute([alert.0, unit.0])?;
    Queue::new(tx).enqueue(unit, lane, alert, now)?;
    Ok(1)
}
