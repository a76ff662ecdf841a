//! Destinations: made, moved, and whether they can be reached.
//!
//! A destination is *on*, *barred* (it takes nothing for now and is tried now and then: what waits for it waits on) or
//! *off* (nothing is tried, and what waits is cancelled). Whatever proves that it is alive makes it on again.

use rusqlite::{Connection, OptionalExtension, params};

use super::address::{self, destination, destination_for, find, find_lane};
use super::ledger::Ended;
use super::{asleep, card, digest, ending, lane, people, rows, unit, watch};
use crate::model::{Address, DestinationId, NotificationId, Owner, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

/// Makes a destination known and on: with every thread of the chat where it names none, for whoever unblocks the bot
/// unblocks it everywhere.
pub(super) fn enable(
    tx: &Connection,
    address: &Address,
    owner: &Owner,
    now: UnixMillis,
) -> Result<usize> {
    let (id, lane) = destination(tx, address, owner)?;
    let only = address.is_thread().then_some(id.0);
    open_all(tx, lane, SHUT, only, now)
}

/// What is known of a chat: its topics, and the chat as a whole.
pub(super) const TOPICS: &str = "SELECT count(*) FROM lane l JOIN destination d ON d.lane = l.id
     WHERE l.key = ?1 AND d.moved_to IS NULL";

/// Makes a topic known, if the chat does not have `limit` already.
pub(super) fn add_topic(
    tx: &Connection,
    topic: &Address,
    owner: &Owner,
    limit: Option<usize>,
    now: UnixMillis,
) -> Result<Edited> {
    if let Some(limit) = limit
        && find(tx, topic)?.is_none()
    {
        let known: usize =
            tx.prepare_cached(TOPICS)?.query_row([topic.lane()], |row| row.get(0))?;
        // One of them is the chat itself.
        if known > limit {
            return Ok(Edited::TopicsReached);
        }
    }
    enable(tx, topic, owner, now).map(Edited::Done)
}

/// Something came from a destination, or arrived there: it is on. So is what went off with it or elsewhere in the chat,
/// but not alone: the chat as a whole was out of reach then, and is not. What concerns one topic (it was deleted) says
/// nothing of the others, nor they of it.
pub(super) fn alive(tx: &Connection, address: &Address, now: UnixMillis) -> Result<usize> {
    let found = find(tx, address)?;
    let lane = match found {
        Some((_, lane)) => Some(lane),
        None => find_lane(tx, address)?,
    };
    let Some(lane) = lane else { return Ok(0) };
    open_all(tx, lane, SHUT_WITH, found.map(|(id, _)| id.0), now)
}

/// What is off or barred in a chat; of one destination alone, where it is given.
pub(super) const SHUT: &str = "SELECT id FROM destination WHERE lane = ?1 AND moved_to IS NULL
     AND (disabled IS NOT NULL OR barred IS NOT NULL) AND is_refused = 0 AND (?2 IS NULL OR id = ?2)";

/// The same of one destination, and all that went off together.
pub(super) const SHUT_WITH: &str =
    "SELECT d.id FROM destination d WHERE d.lane = ?1 AND d.moved_to IS NULL
     AND (d.disabled IS NOT NULL OR d.barred IS NOT NULL) AND d.is_refused = 0
     AND (d.id = ?2 OR EXISTS (SELECT 1 FROM destination o
          WHERE o.lane = d.lane AND o.id <> d.id AND o.off_since = d.off_since))";

/// Makes those on that `sql` finds; returns how many.
fn open_all(
    tx: &Connection,
    lane: i64,
    sql: &str,
    id: Option<i64>,
    now: UnixMillis,
) -> Result<usize> {
    let shut: Vec<i64> = tx
        .prepare_cached(sql)?
        .query_map(params![lane, id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &shut {
        open(tx, DestinationId(*id), now)?;
    }
    if !shut.is_empty() {
        lane::settle(tx, lane)?;
    }
    Ok(shut.len())
}

/// Makes one destination on. The caller settles the lane.
pub(super) fn open(tx: &Connection, id: DestinationId, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE destination SET disabled = NULL, off_since = NULL, is_refused = 0, barred = NULL, barred_since = NULL,
         barred_until = NULL WHERE id = ?1",
    )?
    .execute([id.0])?;
    asleep::wake(tx, id, now)?;
    look_again(tx, id, now)
}

/// A destination takes nothing for now: what waits for it waits until `until`, when one message finds out whether it
/// does again. Since when counts from the first time.
pub(super) fn bar(
    tx: &Connection,
    id: DestinationId,
    reason: &str,
    until: UnixMillis,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE destination SET barred = ?2, barred_until = ?3, barred_since = coalesce(barred_since, ?4)
         WHERE id = ?1 AND disabled IS NULL",
    )?
    .execute(params![id.0, reason, until.0, now.0])?;
    Ok(())
}

/// A message has arrived at a barred destination: all that waits for it is looked at. The caller settles the lane.
pub(super) fn unbar(tx: &Connection, id: DestinationId, now: UnixMillis) -> Result<()> {
    let was_barred = tx
        .prepare_cached(
            "UPDATE destination SET barred = NULL, barred_since = NULL, barred_until = NULL
             WHERE id = ?1 AND barred IS NOT NULL",
        )?
        .execute([id.0])?
        == 1;
    if was_barred { look_again(tx, id, now) } else { Ok(()) }
}

/// Makes claims look at once at what waits for a destination, or is to be tried again there. The caller settles the lane.
fn look_again(tx: &Connection, id: DestinationId, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE notification SET next_at = ?2 WHERE state = 'pending' AND next_at > ?2 AND destination = ?1
         AND lane = (SELECT lane FROM destination WHERE id = ?1)",
    )?
    .execute([id.0, now.0])?;
    unit::wake(tx, id, None, now)
}

/// Makes a chat (every thread of it, unless one is named) unreachable: what waits is cancelled.
pub(super) fn disable(
    tx: &Connection,
    address: &Address,
    reason: &str,
    now: UnixMillis,
) -> Result<usize> {
    let found = find(tx, address)?;
    if address.is_thread() {
        return match found {
            Some((id, lane)) => {
                block(tx, id, reason, now).and_then(|()| lane::settle(tx, lane).map(|()| 1))
            }
            None => Ok(0),
        };
    }
    // The chat itself may never have been a destination, while its threads are.
    let lane = match found {
        Some((_, lane)) => Some(lane),
        None => find_lane(tx, address)?,
    };
    // A place is not the group: its server may have the same id as one of its channels.
    if !found.map_or(Ok(false), |(id, _)| is_place(tx, id))? {
        people::forget_group(tx, address)?;
    }
    let Some(lane) = lane else { return Ok(0) };
    let all = unmoved(tx, lane)?;
    for (id, ..) in &all {
        block(tx, *id, reason, now)?;
    }
    lane::settle(tx, lane)?;
    Ok(all.len())
}

/// The reader of a destination ends it, for good, also before anything is sent there. The word for why stands where older versions
/// read it.
pub(super) fn refuse(tx: &Connection, address: &Address, now: UnixMillis) -> Result<Edited> {
    let (id, lane) = destination(tx, address, &Owner::Operator)?;
    block(tx, id, "its reader ended it", now)?;
    tx.prepare_cached("UPDATE destination SET is_refused = 1 WHERE id = ?1")?.execute([id.0])?;
    lane::settle(tx, lane)?;
    Ok(Edited::Done(1))
}

/// What its reader had ended may be made on again.
pub(super) fn allow(tx: &Connection, address: &Address) -> Result<Edited> {
    let Some((id, _)) = find(tx, address)? else { return Ok(Edited::NotFound) };
    tx.prepare_cached("UPDATE destination SET is_refused = 0 WHERE id = ?1")?.execute([id.0])?;
    Ok(Edited::Done(1))
}

/// Whether a destination is a place of a server.
fn is_place(db: &Connection, id: DestinationId) -> Result<bool> {
    let sql = "SELECT 1 FROM destination WHERE id = ?1 AND part_of IS NOT NULL";
    Ok(db.prepare_cached(sql)?.exists([id.0])?)
}

/// Makes the destination of a notification unreachable, for what the chat has answered.
pub(super) fn disable_destination_of(
    tx: &Connection,
    notification: NotificationId,
    reason: &str,
    now: UnixMillis,
) -> Result<()> {
    let Some((id, address)) = destination_of(tx, notification)? else { return Ok(()) };
    match rows::readable(rows::parsed::<Address>(&address, "destination"))? {
        Ok(address) => disable(tx, &address, reason, now).map(drop),
        Err(_) => block(tx, id, reason, now),
    }
}

/// Where a notification goes: the row and the address, followed to where it has moved.
fn destination_of(
    tx: &Connection,
    notification: NotificationId,
) -> Result<Option<(DestinationId, String)>> {
    Ok(tx
        .prepare_cached(
            "SELECT d.id, d.address FROM notification n JOIN destination o ON o.id = n.destination
             JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE n.id = ?1",
        )?
        .query_row([notification.0], |row| Ok((DestinationId(row.get(0)?), row.get(1)?)))
        .optional()?)
}

/// Lets a destination wait that takes nothing for now, by what a notification was answered.
pub(super) fn bar_destination_of(
    tx: &Connection,
    notification: NotificationId,
    reason: &str,
    until: UnixMillis,
    now: UnixMillis,
) -> Result<()> {
    match destination_of(tx, notification)? {
        Some((id, _)) => bar(tx, id, reason, until, now),
        None => Ok(()),
    }
}

/// The destination of a notification takes messages again: what waits for it leaves.
pub(super) fn unbar_destination_of(
    tx: &Connection,
    notification: NotificationId,
    now: UnixMillis,
) -> Result<()> {
    match destination_of(tx, notification)? {
        Some((id, _)) => unbar(tx, id, now),
        None => Ok(()),
    }
}

/// Takes one destination off. What waits is ended by the claims that follow, a bounded piece at a time; what is in
/// flight ends by its own answer.
pub(super) fn block(
    tx: &Connection,
    id: DestinationId,
    reason: &str,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE destination SET off_since = CASE WHEN disabled IS NULL THEN ?4 ELSE coalesce(off_since, ?4) END,
         disabled = ?2, cancelled_to = ?3, cancelled_reason = 'disabled',
         barred = NULL, barred_since = NULL, barred_until = NULL WHERE id = ?1",
    )?
    .execute(params![id.0, reason, watch::last_alert(tx)?, now.0])?;
    card::forget_all(tx, id)?;
    look_again(tx, id, now)
}

/// The destinations of a lane that have not moved: row, address.
fn unmoved(tx: &Connection, lane: i64) -> Result<Vec<(DestinationId, String)>> {
    Ok(tx
        .prepare_cached("SELECT id, address FROM destination WHERE lane = ?1 AND moved_to IS NULL")?
        .query_map([lane], |row| Ok((DestinationId(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Follows a chat to its new id.
pub(super) fn move_chat(
    tx: &Connection,
    from: &Address,
    to: &Address,
    now: UnixMillis,
) -> Result<usize> {
    // Nothing may be watched there, and who brought it in still stands behind it.
    people::moved(tx, from, to)?;
    let Some(lane) = find_lane(tx, from)? else { return Ok(0) };
    let mut ended = Ended::default();
    let new = move_lane(tx, lane, to, now, &mut ended)?;
    ended.keep(tx)?;
    lane::settle(tx, lane)?;
    lane::settle(tx, new)?;
    Ok(usize::from(new != lane))
}

/// Follows a chat to its new id: destinations, watches and what waits go along. Returns the new lane, or the old one
/// when it is the same chat. The caller settles both.
pub(super) fn move_lane(
    tx: &Connection,
    old_lane: i64,
    to: &Address,
    now: UnixMillis,
    ended: &mut Ended,
) -> Result<i64> {
    let mut new_lane = old_lane;
    for (id, address) in unmoved(tx, old_lane)? {
        let Some(address) = rows::or_skipped(rows::parsed::<Address>(&address, "destination"))?
        else {
            continue;
        };
        // Whoever was there is forgotten.
        if address == Address::nobody(id.0) {
            continue;
        }
        let target = address.moved(to);
        let (new, lane) = destination_for(tx, &target, address::owner(tx, id)?)?;
        if new == id {
            continue;
        }
        new_lane = lane;
        move_destination(tx, id, new, lane, now, ended)?;
        people::moved(tx, &address, &target)?;
    }
    Ok(new_lane)
}

fn move_destination(
    tx: &Connection,
    old: DestinationId,
    new: DestinationId,
    lane: i64,
    now: UnixMillis,
    ended: &mut Ended,
) -> Result<()> {
    // What a command has cancelled stays cancelled, while the new destination knows nothing of the old marks.
    for unit in unit::with_cancelled(tx, old)? {
        ending::end_unwanted(tx, unit, UnixMillis::MIN, now, usize::MAX >> 1, ended)?;
    }
    tx.prepare_cached(
        "UPDATE destination SET
         settings = CASE settings WHEN '{}' THEN (SELECT settings FROM destination WHERE id = ?2) ELSE settings END,
         muted_until = coalesce(muted_until, (SELECT muted_until FROM destination WHERE id = ?2)),
         person = CASE person WHEN ?3 THEN person ELSE (SELECT person FROM destination WHERE id = ?2) END
         WHERE id = ?1",
    )?
    .execute([new.0, old.0, PersonKey::OPERATOR.0])?;
    tx.prepare_cached("UPDATE destination SET moved_to = ?2 WHERE id = ?1 OR moved_to = ?1")?
        .execute([old.0, new.0])?;
    move_watches(tx, old, new, now)?;
    digest::move_to(tx, old, new)?;
    card::follow(tx, old, new, now)?;
    asleep::follow(tx, old, new, now)?;
    unit::move_to_lane(tx, new, lane)?;
    tx.prepare_cached(
        "UPDATE notification SET lane = ?3, destination = ?2 WHERE state = 'pending' AND destination = ?1
         AND lane = (SELECT lane FROM destination WHERE id = ?1)",
    )?
    .execute([old.0, new.0, lane])?;
    Ok(())
}

/// Brings watches along. Of a subject that both watch, the running watch stays; of two running ones the new place's.
fn move_watches(
    tx: &Connection,
    old: DestinationId,
    new: DestinationId,
    now: UnixMillis,
) -> Result<()> {
    let both: Vec<(i64, i64, bool, i64, bool)> = tx
        .prepare_cached(
            "SELECT s.subject, s.id, s.ended_at IS NULL, t.id, t.ended_at IS NULL FROM subscription s
             JOIN subscription t ON t.destination = ?2 AND t.subject = s.subject WHERE s.destination = ?1",
        )?
        .query_map([old.0, new.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut place = tx.prepare_cached("UPDATE subscription SET destination = ?2 WHERE id = ?1")?;
    for (subject, ours, runs, theirs, theirs_runs) in both {
        match (runs, theirs_runs) {
            (true, true) => watch::end_subscription(tx, ours, subject, "unwatched", now)?,
            (true, false) => {
                // A pair may stand once only, so the ended one steps aside first.
                place.execute([theirs, -new.0])?;
                place.execute([ours, new.0])?;
                place.execute([theirs, old.0])?;
            }
            (false, _) => {}
        }
    }
    tx.prepare_cached("UPDATE OR IGNORE subscription SET destination = ?2 WHERE destination = ?1")?
        .execute([old.0, new.0])?;
    Ok(())
}
