//! Who may talk to the bots, and who stands behind a group.
//!
//! A person is in by an invitation. A group is in by whoever brought it in, and counts for them: its destinations belong to
//! the same person as their private chat. It is out with them, or when the bot is removed and nothing is watched there.

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::{invitations, person, rows};
use crate::model::{Address, DestinationId, Owner, PersonKey, UnixMillis};
use crate::store::{DestinationRow, Edited, PersonRow, PersonState, Result};

/// Rows that a walk looks at in one sweep.
const STRETCH: usize = 1_000;

/// How somebody is in; `None`: they are not, or by the configuration alone.
pub(super) fn person(db: &Connection, address: &Address) -> Result<Option<PersonRow>> {
    let found: Option<(i64, Option<i64>, Option<i64>)> = db
        .prepare_cached(
            "SELECT p.since, p.invited_by, p.brought_by FROM identity i JOIN person p ON p.id = i.person
             WHERE i.address = ?1 AND p.since IS NOT NULL",
        )?
        .query_row([address.lane()], |row| {
            Ok((rows::integer_or(row, 0, 0), row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((since, invited_by, brought_by)) = found else { return Ok(None) };
    let invited_by = invited_by.map(|by| person::owner(db, PersonKey(by))).transpose()?;
    let brought_by = brought_by.map(|by| person::first_address(db, PersonKey(by))).transpose()?;
    Ok(Some(PersonRow {
        since: UnixMillis(since),
        invited_by: invited_by.flatten(),
        brought_by: brought_by.flatten(),
    }))
}

pub(super) fn is_in(db: &Connection, address: &Address) -> Result<bool> {
    let person = person::find(db, &address.lane())?;
    person.map_or(Ok(false), |person| has_come_in(db, person))
}

fn has_come_in(db: &Connection, person: PersonKey) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND since IS NOT NULL")?
        .exists([person.0])?)
}

/// Lets somebody in by an invitation, which is used up by that.
pub(super) fn admit(
    tx: &Connection,
    address: &Address,
    code: &str,
    now: UnixMillis,
) -> Result<Edited> {
    if address.is_group() && invitations::usable(tx, code, now)?.is_some() {
        return Ok(Edited::NotForGroups);
    }
    if is_in(tx, address)? {
        return Ok(Edited::Done(0));
    }
    // Whoever only tries codes gets no row.
    let Some(made_by) = invitations::usable(tx, code, now)? else { return Ok(Edited::BadInvite) };
    let person = person::known(tx, address)?;
    invitations::use_up(tx, code, person)?;
    tx.prepare_cached("UPDATE person SET since = ?2, invited_by = nullif(?3, ?1) WHERE id = ?1")?
        .execute([person.0, now.0, made_by.0])?;
    tx.prepare_cached("UPDATE identity SET in_since = ?2 WHERE address = ?1")?
        .execute(params![address.lane(), now.0])?;
    Ok(Edited::Done(1))
}

pub(super) const GROUPS: &str = "SELECT count(*) FROM person WHERE brought_by = ?1";

/// The destinations of a person or group: those of its chat, and the places of the server that it is.
macro_rules! destinations_of {
    ($person:literal) => {
        concat!(
            "(SELECT d.id FROM identity i JOIN lane l ON l.key = i.address JOIN destination d ON d.lane = l.id
              WHERE i.person = ",
            $person,
            " UNION SELECT d.id FROM identity i JOIN destination d ON d.part_of = i.address WHERE i.person = ",
            $person,
            ")"
        )
    };
}

/// The same but for those that have fallen asleep (1, 3) wherever they are: nobody is there who could send the bot away.
pub(super) const AWAKE_GROUPS: &str = concat!(
    "SELECT count(*) FROM person p WHERE p.brought_by = ?1
     AND (NOT EXISTS (SELECT 1 FROM destination o WHERE o.id IN ",
    destinations_of!("p.id"),
    ") OR EXISTS (SELECT 1 FROM destination o WHERE o.asleep NOT IN (1, 3) AND o.id IN ",
    destinations_of!("p.id"),
    "))"
);

/// What a group (1) has and counted for a person (2) counts for itself.
pub(super) const OWN_PLACES: &str = concat!(
    "UPDATE destination SET person = ?1 WHERE person = ?2 AND id IN ",
    destinations_of!("?1")
);

fn count(db: &Connection, sql: &str, of: impl Params) -> Result<usize> {
    Ok(db.prepare_cached(sql)?.query_row(of, |row| row.get(0))?)
}

/// Lets a group in that counts for `by`, whose limits are those of `owner`.
pub(super) fn bring_in(
    tx: &Connection,
    group: &Address,
    by: &Address,
    owner: &Owner,
    limit: Option<usize>,
    now: UnixMillis,
) -> Result<Edited> {
    if is_in(tx, group)? {
        return Ok(Edited::Done(0));
    }
    let (from, by) = (by.lane(), person::known(tx, by)?);
    if let Some(limit) = limit
        && count(tx, AWAKE_GROUPS, [by.0])? >= limit
    {
        return Ok(Edited::GroupsReached { limit });
    }
    let person = person::known(tx, group)?;
    tx.prepare_cached(
        "UPDATE person SET since = ?2, brought_by = ?3, brought_from = ?4 WHERE id = ?1",
    )?
    .execute(params![person.0, now.0, by.0, from])?;
    let owner = person::of(tx, owner)?;
    // It may have been in before, by somebody else. What the operator's files bring stays the operator's.
    tx.prepare_cached(
        "UPDATE destination SET person = ?2
         WHERE id IN (SELECT d.id FROM lane l JOIN destination d ON d.lane = l.id WHERE l.key = ?1
                      UNION SELECT id FROM destination WHERE part_of = ?1) AND person <> ?3",
    )?
    .execute(params![group.lane(), owner.0, PersonKey::OPERATOR.0])?;
    Ok(Edited::Done(1))
}

/// The destinations of a person (1), and of groups that they brought in.
macro_rules! in_chats {
    () => {
        concat!(
            "SELECT id FROM ",
            destinations_of!("?1"),
            " UNION SELECT o.id FROM person p JOIN destination o ON o.id IN ",
            destinations_of!("p.id"),
            " WHERE p.brought_by = ?1"
        )
    };
}

/// Where somebody had no limits because they ran this installation, nobody has that after them. What the operator's files
/// bring stays the operator's.
pub(super) const DISOWN: &str = concat!(
    "UPDATE destination SET person = ?1 WHERE id IN (",
    in_chats!(),
    ") AND person = ?2 AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.destination = destination.id
                                       AND s.ended_at IS NULL AND s.origin <> 'chat')"
);

/// What a person (1) has in their chats and in groups that they brought in is the operator's (2).
pub(super) const TO_OPERATOR: &str =
    concat!("UPDATE destination SET person = ?2 WHERE person = ?1 AND id IN (", in_chats!(), ")");

/// What a person (2) had in the chats of another (1) is that one's.
pub(super) const FOLLOW: &str =
    concat!("UPDATE destination SET person = ?1 WHERE person = ?2 AND id IN (", in_chats!(), ")");

/// Puts somebody out, with the groups that they brought in and the invitations that they made and nobody has used.
pub(super) fn expel(tx: &Connection, address: &Address, now: UnixMillis) -> Result<Edited> {
    let person = person::known(tx, address)?;
    tx.prepare_cached(DISOWN)?.execute([person.0, PersonKey::OPERATOR.0])?;
    let was_in = has_come_in(tx, person)?;
    let brought: Vec<(PersonKey, String)> = tx
        .prepare_cached(
            "SELECT p.id, i.address FROM person p JOIN identity i ON i.person = p.id
             WHERE p.brought_by = ?1 ORDER BY i.address",
        )?
        .query_map([person.0], |row| Ok((PersonKey(row.get(0)?), rows::text(row, 1))))?
        .collect::<rusqlite::Result<_>>()?;
    let invitations = invitations::withdraw(tx, person, now)?;
    for (group, _) in &brought {
        put_out(tx, *group)?;
    }
    put_out(tx, person)?;
    // Nor do any of their addresses come back in by themselves.
    tx.prepare_cached("UPDATE identity SET in_since = NULL, rank = 0 WHERE person = ?1")?
        .execute([person.0])?;
    let groups = brought.into_iter().map(|(_, address)| address).collect();
    Ok(Edited::Expelled { was_in, groups, invitations })
}

macro_rules! out {
    () => {
        "UPDATE person SET since = NULL, invited_by = NULL, brought_by = NULL, brought_from = NULL
         WHERE id = ?1 AND since IS NOT NULL"
    };
}

fn put_out(tx: &Connection, person: PersonKey) -> Result<()> {
    tx.prepare_cached(out!())?.execute([person.0])?;
    person::forget(tx, person)
}

/// A group whose chat gets a new id stays who it is, with whoever stands behind it; what was known under the new one gives
/// way, unless only that is in.
pub(super) fn moved(tx: &Connection, from: &Address, to: &Address) -> Result<()> {
    let (from, to) = (from.lane(), to.lane());
    let Some(here) = person::find(tx, &from)? else { return Ok(()) };
    if let Some(there) = person::find(tx, &to)?.filter(|there| *there != here) {
        let there_stays = has_come_in(tx, there)? && !has_come_in(tx, here)?;
        let (kept, gone) = if there_stays { (there, here) } else { (here, there) };
        person::unite(tx, gone, kept)?;
    }
    person::readdress(tx, &from, &to)
}

macro_rules! out_unless_watched {
    () => {
        concat!(
            out!(),
            " AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.ended_at IS NULL AND s.destination IN ",
            destinations_of!("?1"),
            ")"
        )
    };
}

pub(super) const OUT: &str = out_unless_watched!();

/// The bot was removed from a chat: where that is a group in which nothing is watched, nobody stands behind it any more.
pub(super) fn forget_group(tx: &Connection, chat: &Address) -> Result<()> {
    if chat.is_group()
        && let Some(group) = person::find(tx, &chat.lane())?
    {
        tx.prepare_cached(OUT)?.execute([group.0])?;
        person::forget(tx, group)?;
    }
    Ok(())
}

pub(super) const OUT_IF_OFF: &str = concat!(
    out_unless_watched!(),
    " AND EXISTS (SELECT 1 FROM destination o WHERE o.moved_to IS NULL AND o.id IN ",
    destinations_of!("?1"),
    ") AND NOT EXISTS (SELECT 1 FROM destination o WHERE o.moved_to IS NULL AND o.disabled IS NULL AND o.id IN ",
    destinations_of!("?1"),
    ")"
);

pub(super) const WALK: &str =
    "SELECT id, kind = 'group', since IS NOT NULL FROM person WHERE id > ?1 ORDER BY id LIMIT ?2";

/// Puts groups out that are out of reach and whose last watch has ended, and forgets people to whom nothing belongs, a
/// stretch of the table at a time.
pub(super) fn walk(tx: &Connection) -> Result<()> {
    const KEY: &str = "sweep:person";
    let after: Option<i64> =
        rows::load(tx, KEY)?.and_then(|text| serde_json::from_str(&text).ok()).flatten();
    let stretch: Vec<(PersonKey, bool, bool)> = tx
        .prepare_cached(WALK)?
        .query_map(params![after.unwrap_or_default(), STRETCH], |row| {
            Ok((PersonKey(row.get(0)?), row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (person, is_group, is_in) in &stretch {
        let is_out = match (is_in, is_group) {
            (false, _) => true,
            (true, false) => false,
            (true, true) => tx.prepare_cached(OUT_IF_OFF)?.execute([person.0])? == 1,
        };
        if is_out {
            person::forget(tx, *person)?;
        }
    }
    let last = stretch.last().filter(|_| stretch.len() == STRETCH).map(|(person, ..)| person.0);
    rows::save(tx, KEY, &rows::json(&last)?)
}

/// By what a person (2) is known, and one address (1) that may be nobody's yet.
macro_rules! addresses {
    () => {
        "(SELECT ?1 UNION SELECT address FROM identity WHERE person = ?2)"
    };
}

/// What runs there, and in the places of the server that it is.
pub(super) const WATCHES: &str = concat!(
    "SELECT (SELECT count(*) FROM lane l JOIN destination d ON d.lane = l.id JOIN subscription s ON s.destination = d.id
             WHERE l.key IN ",
    addresses!(),
    " AND s.ended_at IS NULL) + (SELECT count(*) FROM destination d JOIN subscription s ON s.destination = d.id
             WHERE d.part_of IN ",
    addresses!(),
    " AND d.address <> d.part_of AND s.ended_at IS NULL)"
);

/// What stands in somebody's name, whether they are in or not.
pub(super) fn state(db: &Connection, address: &Address, now: UnixMillis) -> Result<PersonState> {
    let known = person::find(db, &address.lane())?.map(|person| person.0);
    let mut others = person::addresses_with(db, address)?;
    others.retain(|other| other.lane() != address.lane());
    Ok(PersonState {
        address: address.clone(),
        others,
        row: person(db, address)?,
        groups: count(db, GROUPS, params![known])?,
        watches: count(db, WATCHES, params![address.lane(), known])?,
        invitations: count(db, invitations::UNUSED, params![known, now.0])?,
    })
}

pub(super) const PEOPLE: &str = "SELECT i.address FROM identity i JOIN person p ON p.id = i.person
     WHERE i.address > ?1 AND p.since IS NOT NULL
     AND i.address = (SELECT min(address) FROM identity WHERE person = p.id) ORDER BY i.address LIMIT ?2";

/// Who is in, by the first of their addresses and in the order of these as texts, from `after` on.
pub(super) fn people(
    db: &Connection,
    after: Option<&Address>,
    limit: usize,
    now: UnixMillis,
) -> Result<Vec<PersonState>> {
    let after = after.map(ToString::to_string).unwrap_or_default();
    let addresses: Vec<String> = db
        .prepare_cached(PEOPLE)?
        .query_map(params![after, limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::with_capacity(addresses.len());
    for address in addresses {
        let address = rows::or_skipped(rows::parsed::<Address>(&address, "person"))?;
        if let Some(address) = address {
            found.push(state(db, &address, now)?);
        }
    }
    Ok(found)
}

pub(super) const CHATS: &str = concat!(
    "SELECT ",
    rows::destination_columns!(),
    " FROM destination d WHERE d.moved_to IS NULL AND d.id > ?2 AND d.id IN (
         SELECT id FROM destination WHERE person = ?1
         UNION SELECT o.id FROM lane l JOIN destination o ON o.lane = l.id WHERE l.key = ?4
         UNION ",
    in_chats!(),
    ") ORDER BY d.id LIMIT ?3"
);

/// The chats and topics that stand in somebody's name: their own, and those of groups that they brought in.
pub(super) fn chats(
    db: &Connection,
    address: &Address,
    after: DestinationId,
    limit: usize,
) -> Result<Vec<DestinationRow>> {
    let known = person::find(db, &address.lane())?.map(|person| person.0);
    let mut statement = db.prepare_cached(CHATS)?;
    let mut rows = statement.query(params![known, after.0, limit, address.lane()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(rows::or_skipped(rows::destination_row(row, 0))?);
    }
    Ok(found)
}
