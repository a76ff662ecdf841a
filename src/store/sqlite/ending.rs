//! How notifications and alerts end: each with a counted cause.

use rusqlite::{Connection, OptionalExtension, params};

use super::ledger::Ended;
use super::unit::{self, UnitId};
use super::{rows, waiting};
use crate::model::{AlertId, CancelReason, NotificationId, UnixMillis};
use crate::store::Result;

/// Why something is given up that nobody has refused.
pub(super) const TOO_OLD: &str = "waited for longer than statistics are kept";

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

/// Ends a notification that can't be delivered without having been tried.
pub(super) fn give_up(
    tx: &Connection,
    id: NotificationId,
    cause: &str,
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    end(tx, id, End::dead(cause, 0, at), ended).map(drop)
}

/// How a notification ends.
pub(super) struct End<'a> {
    pub(super) state: &'static str,
    /// How its alerts end.
    pub(super) outcome: &'static str,
    pub(super) at: UnixMillis,
    pub(super) attempts: u32,
    pub(super) receipt: Option<&'a str>,
    pub(super) error: Option<&'a str>,
}

impl<'a> End<'a> {
    pub(super) const fn new(state: &'static str, outcome: &'static str, at: UnixMillis) -> End<'a> {
        End { state, outcome, at, attempts: 1, receipt: None, error: None }
    }

    pub(super) const fn dead(cause: &'a str, attempts: u32, at: UnixMillis) -> End<'a> {
        End { attempts, error: Some(cause), ..End::new("dead", "dead", at) }
    }

    pub(super) const fn cancelled(reason: CancelReason, at: UnixMillis) -> End<'a> {
        let outcome = cancelled_outcome(reason);
        End { attempts: 0, error: Some(reason.name()), ..End::new("cancelled", outcome, at) }
    }
}

/// What ends with a notification, unless it has ended.
const STANDS: &str = "SELECT lane, unit, parts_left, members FROM notification
     WHERE id = ?1 AND state IN ('pending', 'queued')";

/// Asked for apart: for RETURNING, SQLite makes a table and keeps a copy of each page that it changes.
pub(super) const END: &str =
    "UPDATE notification SET state = ?2, ended = ?3, next_at = NULL, attempts = attempts + ?4, receipt = ?5, error = ?6
     WHERE id = ?1";

/// Ends a notification and its alerts, as [`end_all`] does. Returns its lane; `None`: it had ended before.
pub(super) fn end(
    tx: &Connection,
    id: NotificationId,
    how: End<'_>,
    ended: &mut Ended,
) -> Result<Option<i64>> {
    Ok(end_all(tx, &[(id, how)], ended)?.pop().flatten())
}

/// Ends notifications and their alerts. The part that follows each is due, or whatever has come for its unit meanwhile.
/// Returns their lanes; `None`: it had ended before.
pub(super) fn end_all(
    tx: &Connection,
    all: &[(NotificationId, End<'_>)],
    ended: &mut Ended,
) -> Result<Vec<Option<i64>>> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::with_capacity(all.len());
    let (mut stands, mut end) = (tx.prepare_cached(STANDS)?, tx.prepare_cached(END)?);
    for (id, how) in all {
        let row: Option<(i64, Option<i64>, i64, String)> = stands
            .query_row([id.0], |row| {
                // What can't be read is damaged, and the alerts know it too.
                Ok((row.get(0)?, row.get(1)?, rows::integer_or(row, 2, 0), rows::text(row, 3)))
            })
            .optional()?;
        if row.is_some() {
            let End { state, at, attempts, receipt, error, .. } = how;
            end.execute(params![id.0, state, at.0, attempts, receipt, error])?;
        }
        rows.push(row);
    }
    drop((stands, end));
    let mut statement = tx.prepare_cached(END_ALERT)?;
    for ((id, how), row) in all.iter().zip(&rows) {
        let Some((.., list)) = row else { continue };
        for alert in listed(tx, *id, list)? {
            let touched = statement.execute(params![alert, how.outcome, how.at.0])?;
            ended.add(how.outcome, touched);
        }
    }
    drop(statement);
    for ((id, how), row) in all.iter().zip(&rows) {
        let Some((_, Some(unit), parts_left, _)) = row else { continue };
        let next = if *parts_left > 0 { next_part(tx, *id, how.at)? } else { None };
        let sent_at = (how.state == "sent").then_some(how.at);
        unit::ended(tx, UnitId(*unit), *id, next, sent_at)?;
    }
    Ok(rows.into_iter().map(|row| row.map(|(lane, ..)| lane)).collect())
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

/// Ends an alert, unless it has ended.
const END_ALERT: &str =
    "UPDATE alert SET outcome = ?2, ended = ?3 WHERE id = ?1 AND outcome IS NULL";

/// Ends alerts on purpose.
pub(super) fn cancel_alerts(
    tx: &Connection,
    alerts: &[(AlertId, CancelReason)],
    at: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    if alerts.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(END_ALERT)?;
    for (alert, reason) in alerts {
        let outcome = cancelled_outcome(*reason);
        ended.add(outcome, statement.execute(params![alert.0, outcome, at.0])?);
    }
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
    let waiting = waiting::read(tx, &[unit], false, now, limit)?.pop().unwrap_or_default();
    let mut left = waiting.read - waiting.cancelled.len();
    cancel_alerts(tx, &waiting.cancelled, now, ended)?;
    let mut statement = tx.prepare_cached(END_ALERT)?;
    for alert in waiting.unit.iter().flat_map(|unit| &unit.videos).flat_map(|video| &video.alerts) {
        if alert.observed_at < before {
            ended.add("dead", statement.execute(params![alert.id.0, "dead", now.0])?);
            left -= 1;
        }
    }
    if left == 0 && !waiting.has_more {
        unit::empty_and_settle(tx, unit)?;
    }
    Ok(waiting.read)
}
