//! Forgetting somebody: what is theirs ends, and no row says any more whose it was.
//!
//! What has rung stays for as long as all such rows do, a week: it says that somebody watched something, and neither who nor
//! where. A mailbox whose reader has ended its mails stays known as that alone.

use rusqlite::{Connection, params};

use super::ending::{End, end_all};
use super::ledger::Ended;
use super::places::InChat;
use super::{address, chat, lane, people, person, places, rows, unlink};
use crate::model::{Address, CancelReason, DestinationId, NotificationId, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

/// Forgets whoever has an address.
pub(super) fn erase(tx: &Connection, address: &Address, now: UnixMillis) -> Result<Edited> {
    let found = person::find(tx, &address.lane())?;
    let Some(person) = found.filter(|person| *person != PersonKey::OPERATOR) else {
        return Ok(Edited::NotFound);
    };
    // Whoever is there after them has limits, also where somebody had none.
    tx.prepare_cached(people::DISOWN)?.execute([person.0, PersonKey::OPERATOR.0])?;
    let addresses = person::addresses(tx, person)?;
    let mut watches = 0;
    for address in &addresses {
        watches += erase_chat(tx, address, now)?;
    }
    leave_groups(tx, person)?;
    forget_codes(tx, person, &addresses, now)?;
    for sql in [
        "DELETE FROM invite WHERE made_by = ?1",
        "UPDATE invite SET used_by = 0 WHERE used_by = ?1",
        "UPDATE person SET invited_by = NULL WHERE invited_by = ?1",
        "DELETE FROM identity WHERE person = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([person.0])?;
    }
    give_back(tx, person)?;
    tx.prepare_cached("DELETE FROM person WHERE id = ?1")?.execute([person.0])?;
    Ok(Edited::Erased { watches })
}

/// Ends what rings in a chat, with its topics, and forgets its address.
fn erase_chat(tx: &Connection, address: &Address, now: UnixMillis) -> Result<usize> {
    let mut watches = 0;
    let mut is_kept = false;
    for InChat { id, owner, is_refused } in places::in_chat(tx, &address.lane())? {
        watches += unlink::end(tx, id, owner, now)?;
        if is_refused || owner == PersonKey::OPERATOR {
            // The operator's files send there, or its reader wants nothing from here: that is all that is known of it.
            is_kept = true;
            tx.prepare_cached("UPDATE destination SET person = ?2 WHERE id = ?1")?
                .execute([id.0, PersonKey::OPERATOR.0])?;
            if is_refused {
                forget_messages(tx, id, now)?;
                tx.prepare_cached(FORGET_NAMES)?.execute([id.0])?;
            }
            continue;
        }
        chat::block(tx, id, "whoever was there has left", now)?;
        forget_messages(tx, id, now)?;
        forget_place(tx, id)?;
    }
    if let Some(lane) = address::find_lane(tx, address)? {
        if !is_kept {
            forget_lane(tx, lane)?;
        }
        lane::settle(tx, lane)?;
    }
    Ok(watches)
}

/// Forgets the address of a destination, and those that have become this one.
fn forget_place(tx: &Connection, id: DestinationId) -> Result<()> {
    let before: Vec<(i64, i64)> = tx
        .prepare_cached("SELECT id, lane FROM destination WHERE moved_to = ?1")?
        .query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut rename =
        tx.prepare_cached("UPDATE destination SET address = ?2, person = ?3 WHERE id = ?1")?;
    for id in before.iter().map(|(id, _)| *id).chain([id.0]) {
        rename.execute(params![id, Address::nobody(id).to_string(), PersonKey::OPERATOR.0])?;
        tx.prepare_cached(FORGET_NAMES)?.execute([id])?;
    }
    for (_, lane) in before {
        forget_lane(tx, lane)?;
        lane::settle(tx, lane)?;
    }
    Ok(())
}

/// It stays a lane of its channel, whose claims end what waits there.
fn forget_lane(tx: &Connection, lane: i64) -> Result<()> {
    tx.prepare_cached("UPDATE lane SET key = ?2 WHERE id = ?1")?
        .execute(params![lane, Address::nobody(lane).to_string()])?;
    Ok(())
}

/// Notices tell of addresses, and receivers name them in what they answer.
pub(super) const FORGET_NAMES: &str =
    "UPDATE notification SET body = '', body_kind = NULL, error = NULL
     WHERE destination = ?1 AND (unit IS NULL OR error IS NOT NULL)";

pub(super) const PENDING: &str =
    "SELECT n.id FROM destination d JOIN notification n ON n.lane = d.lane
     WHERE d.id = ?1 AND n.state = 'pending' AND n.next_at IS NOT NULL AND n.destination = d.id";

/// Ends the messages that wait for another try, each with the parts behind it. What is in flight ends by its own answer.
fn forget_messages(tx: &Connection, id: DestinationId, now: UnixMillis) -> Result<()> {
    let mut ended = Ended::default();
    loop {
        let pending: Vec<(NotificationId, End<'_>)> = tx
            .prepare_cached(PENDING)?
            .query_map([id.0], |row| {
                Ok((NotificationId(row.get(0)?), End::cancelled(CancelReason::Disabled, now)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        if pending.is_empty() {
            return ended.keep(tx);
        }
        end_all(tx, &pending, &mut ended)?;
    }
}

/// Codes are void. How many readers were asked stays known for its day, so that nobody asks more of them by leaving in between.
fn forget_codes(
    tx: &Connection,
    person: PersonKey,
    addresses: &[Address],
    now: UnixMillis,
) -> Result<()> {
    for address in addresses {
        tx.prepare_cached(
            "UPDATE link SET address = NULL, mailbox = '', used_at = coalesce(used_at, ?2) WHERE mailbox = ?1",
        )?
        .execute(params![address.counted_by(), now.0])?;
        tx.prepare_cached("UPDATE link SET made_in = '' WHERE made_in = ?1")?
            .execute([address.lane()])?;
    }
    tx.prepare_cached("DELETE FROM link WHERE person = ?1 AND mailbox IS NULL")?
        .execute([person.0])?;
    tx.prepare_cached(
        "UPDATE link SET person = 0, made_in = '', address = NULL, used_at = coalesce(used_at, ?2) WHERE person = ?1",
    )?
    .execute([person.0, now.0])?;
    Ok(())
}

/// What is left are places that others are in: each counts for itself.
fn give_back(tx: &Connection, person: PersonKey) -> Result<()> {
    let left: Vec<(i64, String)> = tx
        .prepare_cached(
            "SELECT d.id, coalesce(d.part_of, l.key) FROM destination d JOIN lane l ON l.id = d.lane WHERE d.person = ?1",
        )?
        .query_map([person.0], |row| Ok((row.get(0)?, rows::text(row, 1))))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, chat) in left {
        let is_group = chat.parse().is_ok_and(|chat: Address| chat.is_group());
        let itself = person::known_as(tx, &chat, is_group)?;
        tx.prepare_cached("UPDATE destination SET person = ?2 WHERE id = ?1")?
            .execute([id, itself.0])?;
    }
    Ok(())
}

/// The groups that somebody brought in stay where they are and count for themselves; they are out until somebody brings them
/// in again.
fn leave_groups(tx: &Connection, person: PersonKey) -> Result<()> {
    let groups: Vec<i64> = tx
        .prepare_cached("SELECT id FROM person WHERE brought_by = ?1")?
        .query_map([person.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for group in groups {
        tx.prepare_cached(people::OWN_PLACES)?.execute([group, person.0])?;
        tx.prepare_cached(
            "UPDATE person SET since = NULL, invited_by = NULL, brought_by = NULL, brought_from = NULL WHERE id = ?1",
        )?
        .execute([group])?;
        person::forget(tx, PersonKey(group))?;
    }
    Ok(())
}
