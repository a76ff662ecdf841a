//! Recording how attempts ended, and ending alerts with a counted cause.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::lane::{self, Released};
use super::{chat, group, queue};
use crate::model::{AlertId, CancelReason, NotificationId, UnixMillis};
use crate::store::{Finished, FinishedAs, Result};

/// Why something is given up that nobody has refused.
pub(super) const TOO_OLD: &str = "waited for longer than statistics are kept";

/// Alerts that ended in a transaction, by the stored word.
#[derive(Default)]
pub(super) struct Ended(HashMap<&'static str, usize>);

impl Ended {
    pub(super) fn add(&mut self, outcome: &'static str, count: usize) {
        if count > 0 {
            *self.0.entry(outcome).or_default() += count;
        }
    }

    /// Adds them to the sums, in the transaction that ended them.
    pub(super) fn keep(self, tx: &Connection) -> Result<()> {
        for (outcome, count) in self.0 {
            tx.prepare_cached(
                "INSERT INTO ledger (outcome, alerts) VALUES (?1, ?2)
                 ON CONFLICT (outcome) DO UPDATE SET alerts = alerts + ?2",
            )?
            .execute(params![outcome, count])?;
        }
        Ok(())
    }
}

/// The stored word of a cancellation.
pub(super) const fn cancelled_outcome(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::NetZero => "cancelled:net_zero",
        CancelReason::Unwatched => "cancelled:unwatched",
        CancelReason::Muted => "cancelled:muted",
        CancelReason::Disabled => "cancelled:disabled",
        CancelReason::Expired => "cancelled:expired",
    }
}

/// Records how attempts ended, and gives their slots back.
pub(super) fn finish(tx: &Connection, finished: &[Finished], ended: &mut Ended) -> Result<()> {
    let mut released = Released::default();
    for item in finished {
        released.add(item.lane, item.lane_free_at);
        if let FinishedAs::Gone(_) | FinishedAs::Moved(_) = item.result {
            // These act on the lane and on what waits in it, so it has to be as it is.
            released.write(tx)?;
        }
        // It may have ended otherwise, and its chat may have moved to another lane, since it was taken.
        let home = match &item.result {
            FinishedAs::Sent(receipt) => sent(tx, item, receipt, ended)?,
            FinishedAs::Retry { .. }
            | FinishedAs::Dead(_)
            | FinishedAs::Gone(_)
            | FinishedAs::Moved(_) => not_sent(tx, item, ended)?,
        };
        if let Some(home) = home.filter(|home| *home != item.lane) {
            lane::settle(tx, home)?;
        }
    }
    released.write(tx)
}

/// Records a message that was taken; returns the lane in which it is now, if it was still under way.
fn sent(tx: &Connection, item: &Finished, receipt: &str, ended: &mut Ended) -> Result<Option<i64>> {
    let row: Option<(i64, String)> = tx
        .prepare_cached(
            "UPDATE notification SET state = 'sent', receipt = ?2, ended = ?3, next_at = NULL,
             attempts = attempts + 1, error = NULL WHERE id = ?1 AND state = 'pending'
             RETURNING lane, members",
        )?
        .query_row(params![item.id.0, receipt, item.at.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((home, list)) = row else { return Ok(None) };
    for member in listed(tx, item.id, &list)? {
        end(tx, AlertId(member), "sent", item.at, ended)?;
    }
    Ok(Some(home))
}

/// The same for one that was not.
fn not_sent(tx: &Connection, item: &Finished, ended: &mut Ended) -> Result<Option<i64>> {
    let home: Option<i64> = tx
        .prepare_cached("SELECT lane FROM notification WHERE id = ?1 AND state = 'pending'")?
        .query_row([item.id.0], |row| row.get(0))
        .optional()?;
    let Some(home) = home else { return Ok(None) };
    match &item.result {
        FinishedAs::Sent(receipt) => return sent(tx, item, receipt, ended),
        FinishedAs::Retry { at, counts, error } => {
            tx.prepare_cached(
                "UPDATE notification SET next_at = ?2, attempts = attempts + ?3, error = ?4 WHERE id = ?1",
            )?
            .execute(params![item.id.0, at.0, counts, error])?;
        }
        FinishedAs::Dead(cause) => dead(tx, item.id, cause, 1, item.at, ended)?,
        FinishedAs::Gone(reason) => {
            chat::disable_destination_of(tx, item.id, reason, item.at)?;
            cancelled(tx, item.id, CancelReason::Disabled, reason, item.at, ended)?;
            lane::settle(tx, item.lane)?;
        }
        FinishedAs::Moved(to) => {
            let moved = chat::move_lane(tx, item.lane, to, item.at, ended)?;
            if moved == item.lane && home == item.lane {
                // Following it would ask the same chat again, without end.
                dead(tx, item.id, "the chat has moved to where it is", 1, item.at, ended)?;
            } else {
                tx.prepare_cached("UPDATE notification SET next_at = ?2 WHERE id = ?1")?
                    .execute([item.id.0, item.at.0])?;
                lane::settle(tx, moved)?;
            }
            lane::settle(tx, item.lane)?;
        }
    }
    Ok(Some(home))
}

/// Ends a notification that can't be delivered without having been tried.
pub(super) fn give_up(
    tx: &Connection,
    id: NotificationId,
    cause: &str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    dead(tx, id, cause, 0, at, ended)
}

fn dead(
    tx: &Connection,
    id: NotificationId,
    cause: &str,
    attempts: u32,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE notification SET state = 'dead', error = ?2, ended = ?3, next_at = NULL,
         attempts = attempts + ?4 WHERE id = ?1",
    )?
    .execute(params![id.0, cause, at.0, attempts])?;
    end_members(tx, id, "dead", at, ended)
}

/// Ends a notification on purpose.
pub(super) fn cancel(
    tx: &Connection,
    id: NotificationId,
    reason: CancelReason,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    cancelled(tx, id, reason, reason.name(), at, ended)
}

fn cancelled(
    tx: &Connection,
    id: NotificationId,
    reason: CancelReason,
    error: &str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE notification SET state = 'cancelled', error = ?2, ended = ?3, next_at = NULL WHERE id = ?1",
    )?
    .execute(params![id.0, error, at.0])?;
    end_members(tx, id, cancelled_outcome(reason), at, ended)
}

/// The alerts of a notification.
pub(super) fn members(tx: &Connection, id: NotificationId) -> Result<Vec<i64>> {
    let list: String = tx
        .prepare_cached("SELECT members FROM notification WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    listed(tx, id, &list)
}

/// The alerts that a notification lists.
fn listed(tx: &Connection, id: NotificationId, list: &str) -> Result<Vec<i64>> {
    match serde_json::from_str(list) {
        Ok(members) => Ok(members),
        Err(error) => {
            // Damaged, but the alerts know it too; without an index, which this does not deserve.
            tracing::error!(notification.id = id.0, %error, "the members of a notification can't be read");
            Ok(tx
                .prepare("SELECT id FROM alert WHERE notification = ?1")?
                .query_map([id.0], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?)
        }
    }
}

fn end_members(
    tx: &Connection,
    id: NotificationId,
    outcome: &'static str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    for member in members(tx, id)? {
        end(tx, AlertId(member), outcome, at, ended)?;
    }
    Ok(())
}

/// Ends an alert on purpose.
pub(super) fn cancel_alert(
    tx: &Connection,
    alert: AlertId,
    reason: CancelReason,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    end(tx, alert, cancelled_outcome(reason), at, ended)
}

fn end(
    tx: &Connection,
    alert: AlertId,
    outcome: &'static str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    let touched = tx
        .prepare_cached(
            "UPDATE alert SET outcome = ?2, ended = ?3 WHERE id = ?1 AND outcome IS NULL",
        )?
        .execute(params![alert.0, outcome, at.0])?;
    ended.add(outcome, touched);
    Ok(())
}

/// Ends, of what waits for one watch and video, what must not be told any more, at most `limit` alerts; returns how
/// many were looked at.
pub(super) fn end_cancelled(
    tx: &Connection,
    key: (i64, i64),
    now: UnixMillis,
    limit: usize,
    ended: &mut Ended,
) -> Result<usize> {
    end_unwanted(tx, key, UnixMillis::MIN, now, limit, ended)
}

/// The same, and what was observed before a moment, whose numbers may not be kept any longer.
pub(super) fn end_unwanted(
    tx: &Connection,
    key: (i64, i64),
    before: UnixMillis,
    now: UnixMillis,
    limit: usize,
    ended: &mut Ended,
) -> Result<usize> {
    let looked = group::look(tx, key, now, limit)?;
    let mut left = looked.read - looked.cancelled.len();
    for (alert, reason) in looked.cancelled {
        cancel_alert(tx, alert, reason, now, ended)?;
    }
    for alert in looked.group.iter().flat_map(|group| &group.alerts) {
        if alert.observed_at < before {
            end(tx, alert.id, "dead", now, ended)?;
            left -= 1;
        }
    }
    if left == 0 && looked.read < limit {
        queue::dequeue_and_settle(tx, key)?;
    }
    Ok(looked.read)
}
