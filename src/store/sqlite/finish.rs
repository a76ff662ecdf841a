//! Recording how attempts ended.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::chat;
use super::ending::{End, end};
use super::lane::{self, Released};
use super::ledger::Ended;
use crate::model::{CancelReason, UnixMillis};
use crate::store::{Finished, FinishedAs, Result};

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
