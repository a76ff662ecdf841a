//! Forgetting somebody: what is theirs ends, and no row says any more whose it was.
//!
//! What has rung stays for as long as all such rows do, a week: it says that somebody watched something, and neither who nor
//! where. A mailbox whose reader has ended its mails stays known as that alone.

use rusqlite::{Connection, params};

use super::{chat, invitations, lane, link, people, person, places};
use crate::model::{Address, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

/// Forgets whoever has an address.
pub(super) fn erase(tx: &Connection, address: &Address, now: UnixMillis) -> Result<Edited> {
    let found = person::find(tx, &address.lane())?;
    let Some(person) = found.filter(|person| *person != PersonKey::OPERATOR) else {
        return Ok(Edited::NotFound);
    };
    let mut watches = 0;
    for place in places::of(tx, person)? {
        if place.owner == person {
            watches += erase_lane(tx, &place.address, now)?;
        }
    }
    leave_groups(tx, person)?;
    invitations::withdraw(tx, person, now)?;
    for sql in [
        "DELETE FROM invite WHERE made_by = ?1",
        "UPDATE invite SET used_by = 0 WHERE used_by = ?1",
        "UPDATE person SET invited_by = NULL WHERE invited_by = ?1",
        "DELETE FROM link WHERE person = ?1",
        "DELETE FROM identity WHERE person = ?1",
        // What is left are topics of chats that nobody writes in any more.
        "UPDATE destination SET person = 1 WHERE person = ?1",
        "DELETE FROM person WHERE id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([person.0])?;
    }
    Ok(Edited::Erased { watches })
}

/// Ends what rings in a chat, with its topics, and forgets its address.
fn erase_lane(tx: &Connection, address: &Address, now: UnixMillis) -> Result<usize> {
    let all: Vec<(i64, i64, bool)> = tx
        .prepare_cached(
            "SELECT d.id, d.lane, d.is_refused FROM lane l JOIN destination d ON d.lane = l.id WHERE l.key = ?1",
        )?
        .query_map([address.lane()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut watches = 0;
    let mut rename =
        tx.prepare_cached("UPDATE destination SET address = ?2, person = ?3 WHERE id = ?1")?;
    let mut is_kept = false;
    for (id, _, is_refused) in &all {
        let destination = crate::model::DestinationId(*id);
        watches += link::end(tx, destination, now)?;
        if *is_refused {
            is_kept = true;
            tx.prepare_cached("UPDATE destination SET person = ?2 WHERE id = ?1")?
                .execute([*id, PersonKey::OPERATOR.0])?;
            continue;
        }
        chat::block(tx, destination, "whoever was there has left", now)?;
        rename.execute(params![id, Address::nobody(*id).to_string(), PersonKey::OPERATOR.0])?;
        // Addresses that have become this one are of the same person.
        let before: Vec<i64> = tx
            .prepare_cached("SELECT id FROM destination WHERE moved_to = ?1")?
            .query_map([id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for old in before {
            rename.execute(params![
                old,
                Address::nobody(old).to_string(),
                PersonKey::OPERATOR.0
            ])?;
        }
    }
    if let Some((_, lane, _)) = all.first() {
        if !is_kept {
            let nobody = Address::nobody(*lane);
            tx.prepare_cached("UPDATE lane SET key = ?2, channel = ?3 WHERE id = ?1")?
                .execute(params![lane, nobody.to_string(), nobody.channel().name()])?;
        }
        lane::settle(tx, *lane)?;
    }
    Ok(watches)
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
            "UPDATE person SET since = NULL, invited_by = NULL, brought_by = NULL WHERE id = ?1",
        )?
        .execute([group])?;
        person::forget(tx, PersonKey(group))?;
    }
    Ok(())
}
