//! Recording how attempts ended, and ending alerts with a counted cause.

use std::collections::HashMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::lane::{self, Released};
use super::unit::{self, UnitId};
use super::{chat, rows, waiting};
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
        released.add(item);
        if let FinishedAs::Gone(_) | FinishedAs::Moved(_) = item.result {
            // These act on the lane and on what waits in it, so it has to be as it is.
            released.write(tx)?;
        }
        let home = match &item.result {
            FinishedAs::Sent(receipt) => sent(tx, item, receipt, ended)?,
            _ => not_sent(tx, item, ended)?,
        };
        if let Some(home) = home.filter(|home| *home != item.lane) {
            lane::settle(tx, home)?;
        }
    }
    released.write(tx)
}

/// Records that a message was taken. Returns the lane in which the notification is now: its chat may have moved since it
/// was taken. `None`: it has ended otherwise meanwhile.
fn sent(tx: &Connection, item: &Finished, receipt: &str, ended: &mut Ended) -> Result<Option<i64>> {
    let how = End { receipt: Some(receipt), ..End::new("sent", "sent", item.at) };
    let home = end(tx, item.id, &how, ended)?;
    if item.is_probe && home.is_some() {
        chat::unbar_destination_of(tx, item.id, item.at)?;
    }
    Ok(home)
}

/// The same of an attempt that did not arrive.
fn not_sent(tx: &Connection, item: &Finished, ended: &mut Ended) -> Result<Option<i64>> {
    let home: Option<i64> = tx
        .prepare_cached("SELECT lane FROM notification WHERE id = ?1 AND state = 'pending'")?
        .query_row([item.id.0], |row| row.get(0))
        .optional()?;
    if let Some(home) = home {
        one(tx, item, home, ended)?;
    }
    Ok(home)
}

/// Records how the attempt of a notification that is still under way has ended.
fn one(tx: &Connection, item: &Finished, home: i64, ended: &mut Ended) -> Result<()> {
    match &item.result {
        FinishedAs::Sent(receipt) => sent(tx, item, receipt, ended).map(drop),
        FinishedAs::Retry { at, counts, error } => {
            let waits = if *counts { at.since(item.at) } else { Duration::ZERO };
            retry(tx, item, *at, (*counts, waits), error)
        }
        FinishedAs::Barred { at, reason } => {
            chat::bar_destination_of(tx, item.id, reason, *at, item.at)?;
            // Any word from there ends the wait: it counts only as it passes.
            retry(tx, item, *at, (true, Duration::ZERO), reason)
        }
        FinishedAs::Dead(cause) => end(tx, item.id, &End::dead(cause, 1, item.at), ended).map(drop),
        FinishedAs::Gone(reason) => {
            chat::disable_destination_of(tx, item.id, reason, item.at)?;
            let end_of =
                End { error: Some(reason), ..End::cancelled(CancelReason::Disabled, item.at) };
            end(tx, item.id, &end_of, ended)?;
            lane::settle(tx, item.lane)
        }
        FinishedAs::Moved(to) => {
            let moved = chat::move_lane(tx, item.lane, to, item.at, ended)?;
            if moved == item.lane && home == item.lane {
                // Following it would ask the same chat again, without end.
                let cause = "the chat has moved to where it is";
                end(tx, item.id, &End::dead(cause, 1, item.at), ended)?;
            } else {
                tx.prepare_cached("UPDATE notification SET next_at = ?2 WHERE id = ?1")?
                    .execute([item.id.0, item.at.0])?;
                lane::settle(tx, moved)?;
            }
            lane::settle(tx, item.lane)
        }
    }
}

fn retry(
    tx: &Connection,
    item: &Finished,
    at: UnixMillis,
    (counts, waits): (bool, Duration),
    error: &str,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE notification SET next_at = ?2, attempts = attempts + ?3, error = ?4, spent = spent + ?5
         WHERE id = ?1",
    )?
    .execute(params![item.id.0, at.0, counts, error, i64::try_from(waits.as_millis()).unwrap_or(i64::MAX)])?;
    Ok(())
}

/// Ends a notification that can't be delivered without having been tried.
pub(super) fn give_up(
    tx: &Connection,
    id: NotificationId,
    cause: &str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    end(tx, id, &End::dead(cause, 0, at), ended).map(drop)
}

/// Ends a notification on purpose.
pub(super) fn cancel(
    tx: &Connection,
    id: NotificationId,
    reason: CancelReason,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    end(tx, id, &End::cancelled(reason, at), ended).map(drop)
}

/// How a notification ends.
struct End<'a> {
    state: &'static str,
    /// How its alerts end.
    outcome: &'static str,
    at: UnixMillis,
    attempts: u32,
    receipt: Option<&'a str>,
    error: Option<&'a str>,
}

impl<'a> End<'a> {
    const fn new(state: &'static str, outcome: &'static str, at: UnixMillis) -> End<'a> {
        End { state, outcome, at, attempts: 1, receipt: None, error: None }
    }

    const fn dead(cause: &'a str, attempts: u32, at: UnixMillis) -> End<'a> {
        End { attempts, error: Some(cause), ..End::new("dead", "dead", at) }
    }

    const fn cancelled(reason: CancelReason, at: UnixMillis) -> End<'a> {
        let outcome = cancelled_outcome(reason);
        End { attempts: 0, error: Some(reason.name()), ..End::new("cancelled", outcome, at) }
    }
}

/// Ends a notification, unless it has ended.
pub(super) const END: &str =
    "UPDATE notification SET state = ?2, ended = ?3, next_at = NULL, attempts = attempts + ?4, receipt = ?5, error = ?6
     WHERE id = ?1 AND state IN ('pending', 'queued') RETURNING lane, unit, parts_left, members";

/// Ends a notification and its alerts. The part that follows it is due, or whatever has come for its unit meanwhile.
/// Returns its lane; `None`: it had ended before.
fn end(
    tx: &Connection,
    id: NotificationId,
    how: &End<'_>,
    ended: &mut Ended,
) -> Result<Option<i64>> {
    let row: Option<(i64, Option<i64>, i64, String)> = tx
        .prepare_cached(END)?
        .query_row(
            params![id.0, how.state, how.at.0, how.attempts, how.receipt, how.error],
            // What can't be read is damaged, and the alerts know it too.
            |row| Ok((row.get(0)?, row.get(1)?, rows::integer_or(row, 2, 0), rows::text(row, 3))),
        )
        .optional()?;
    let Some((lane, unit, parts_left, list)) = row else { return Ok(None) };
    for alert in listed(tx, id, &list)? {
        end_alert(tx, AlertId(alert), how.outcome, how.at, ended)?;
    }
    if let Some(unit) = unit {
        let next = if parts_left > 0 { next_part(tx, id, how.at)? } else { None };
        let sent_at = (how.state == "sent").then_some(how.at);
        unit::ended(tx, UnitId(unit), id, next, sent_at)?;
    }
    Ok(Some(lane))
}

/// The part that follows a notification, in the next row, may leave now.
fn next_part(
    tx: &Connection,
    id: NotificationId,
    now: UnixMillis,
) -> Result<Option<NotificationId>> {
    let next = NotificationId(id.0 + 1);
    let found = tx
        .prepare_cached(
            // Its chat may have moved since they were made.
            "UPDATE notification SET state = 'pending', next_at = ?2, lane = o.lane, destination = o.destination
             FROM (SELECT lane, destination FROM notification WHERE id = ?3) AS o
             WHERE id = ?1 AND state = 'queued'",
        )?
        .execute([next.0, now.0, id.0])?;
    Ok((found == 1).then_some(next))
}

/// The alerts of a notification.
pub(super) fn alerts(tx: &Connection, id: NotificationId) -> Result<Vec<i64>> {
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
            let fault = rows::fault(&error);
            tracing::error!(
                notification.id = id.0,
                fault,
                "the members of a notification can't be read"
            );
            Ok(tx
                .prepare("SELECT id FROM alert WHERE notification = ?1")?
                .query_map([id.0], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?)
        }
    }
}

/// Ends an alert on purpose.
pub(super) fn cancel_alert(
    tx: &Connection,
    alert: AlertId,
    reason: CancelReason,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    end_alert(tx, alert, cancelled_outcome(reason), at, ended)
}

fn end_alert(
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

/// Ends, of what waits in a unit, what must not be told any more, and what was observed before a moment, whose numbers
/// may not be kept any longer: at most `limit` alerts. Returns how many were looked at.
pub(super) fn end_unwanted(
    tx: &Connection,
    unit: UnitId,
    before: UnixMillis,
    now: UnixMillis,
    limit: usize,
    ended: &mut Ended,
) -> Result<usize> {
    let waiting = waiting::read(tx, unit, false, now, limit)?;
    let mut left = waiting.read - waiting.cancelled.len();
    for (alert, reason) in waiting.cancelled {
        cancel_alert(tx, alert, reason, now, ended)?;
    }
    for alert in waiting.unit.iter().flat_map(|unit| &unit.videos).flat_map(|video| &video.alerts) {
        if alert.observed_at < before {
            end_alert(tx, alert.id, "dead", now, ended)?;
            left -= 1;
        }
    }
    if left == 0 && waiting.is_all {
        unit::empty_and_settle(tx, unit)?;
    }
    Ok(waiting.read)
}
