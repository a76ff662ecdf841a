//! Recording how attempts ended.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::chat;
use super::ending::{End, end, end_all};
use super::lane::{self, Released};
use super::ledger::Ended;
use crate::model::{CancelReason, UnixMillis};
use crate::store::{Finished, FinishedAs, Result};

/// Records how attempts ended, and gives their slots back. What was taken is recorded together, as far as nothing else
/// came in between.
pub(super) fn finish(tx: &Connection, finished: &[Finished], ended: &mut Ended) -> Result<()> {
    let mut released = Released::default();
    let is_sent = |item: &Finished| receipt(item).is_some();
    for items in finished.chunk_by(|one, other| is_sent(one) && is_sent(other)) {
        items.iter().for_each(|item| released.add(item));
        let homes = match items {
            [item] if !is_sent(item) => {
                if let FinishedAs::Gone(_) | FinishedAs::Moved(_) = item.result {
                    // These act on the lane and on what waits in it, so it has to be as it is.
                    released.write(tx)?;
                }
                vec![not_sent(tx, item, ended)?]
            }
            items => sent(tx, items, ended)?,
        };
        for (item, home) in items.iter().zip(homes) {
            if let Some(home) = home.filter(|home| *home != item.lane) {
                lane::settle(tx, home)?;
            }
        }
    }
    released.write(tx)
}

/// What the channel calls a message that it took.
fn receipt(item: &Finished) -> Option<&str> {
    match &item.result {
        FinishedAs::Sent(receipt) => Some(receipt),
        _ => None,
    }
}

/// Records that messages were taken. Returns the lanes in which the notifications are now: a chat may have moved since its
/// was taken. `None`: it has ended otherwise meanwhile.
fn sent(tx: &Connection, items: &[Finished], ended: &mut Ended) -> Result<Vec<Option<i64>>> {
    let all: Vec<_> = items
        .iter()
        .map(|item| (item.id, End { receipt: receipt(item), ..End::new("sent", "sent", item.at) }))
        .collect();
    let homes = end_all(tx, &all, ended)?;
    for (item, home) in items.iter().zip(&homes) {
        if item.is_probe && home.is_some() {
            chat::unbar_destination_of(tx, item.id, item.at)?;
        }
    }
    Ok(homes)
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
        FinishedAs::Sent(_) => sent(tx, std::slice::from_ref(item), ended).map(drop),
        FinishedAs::Retry { at, counts, error } => {
            let waits = if *counts { at.since(item.at) } else { Duration::ZERO };
            retry(tx, item, *at, (*counts, waits), error)
        }
        FinishedAs::Barred { at, reason } => {
            chat::bar_destination_of(tx, item.id, reason, *at, item.at)?;
            // Any word from there ends the wait: it counts only as it passes.
            retry(tx, item, *at, (true, Duration::ZERO), reason)
        }
        FinishedAs::Dead(cause) => end(tx, item.id, End::dead(cause, 1, item.at), ended).map(drop),
        FinishedAs::Gone(reason) => {
            chat::disable_destination_of(tx, item.id, reason, item.at)?;
            let end_of =
                End { error: Some(reason), ..End::cancelled(CancelReason::Disabled, item.at) };
            end(tx, item.id, end_of, ended)?;
            lane::settle(tx, item.lane)
        }
        FinishedAs::Moved(to) => {
            let moved = chat::move_lane(tx, item.lane, to, item.at, ended)?;
            if moved == item.lane && home == item.lane {
                // Following it would ask the same chat again, without end.
                let cause = "the chat has moved to where it is";
                end(tx, item.id, End::dead(cause, 1, item.at), ended)?;
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
