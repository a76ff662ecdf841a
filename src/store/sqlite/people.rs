//! Who may talk to the bots, and who stands behind a group.
//!
//! A person is in by an invitation. A group is in by whoever brought it in, and counts for them: its destinations have the
//! same owner as their private chat. Its row goes with theirs, or when the bot is removed and nothing is watched there.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::{operator, rows};
use crate::model::{Address, DestinationId, Owner, UnixMillis};
use crate::store::{DestinationRow, Edited, PersonRow, PersonState, Result};

const DAY: Duration = Duration::from_secs(86_400);

/// Rows that a walk looks at in one sweep.
const STRETCH: usize = 1_000;

/// How somebody is in; `None`: they are not, or by the configuration alone.
pub(super) fn person(db: &Connection, address: &str) -> Result<Option<PersonRow>> {
    Ok(db
        .prepare_cached("SELECT since, invited_by, brought_by FROM person WHERE address = ?1")?
        .query_row([address], |row| {
            Ok(PersonRow {
                since: UnixMillis(rows::integer_or(row, 0, 0)),
                invited_by: row.get::<_, Option<String>>(1)?.map(Owner::from),
                // Rubbish there is nobody: the group counts for itself.
                brought_by: rows::text(row, 2).parse().ok(),
            })
        })
        .optional()?)
}

pub(super) fn is_in(tx: &Connection, address: &str) -> Result<bool> {
    Ok(tx.prepare_cached("SELECT 1 FROM person WHERE address = ?1")?.exists([address])?)
}

/// Lets somebody in by an invitation, which is used up by that.
pub(super) fn admit(
    tx: &Connection,
    person: &Address,
    code: &str,
    now: UnixMillis,
) -> Result<Edited> {
    if operator::is_for_a_person(tx, person, code, now)? {
        return Ok(Edited::NotForGroups);
    }
    let person = person.to_string();
    if is_in(tx, &person)? {
        return Ok(Edited::Done(0));
    }
    let made_by: Option<String> = tx
        .prepare_cached(
            "UPDATE invite SET used_by = ?2 WHERE code = ?1 AND used_by IS NULL AND expires_at > ?3
             RETURNING made_by",
        )?
        .query_row(params![code, person, now.0], |row| row.get(0))
        .optional()?;
    let Some(made_by) = made_by else { return Ok(Edited::BadInvite) };
    tx.prepare_cached(
        "INSERT INTO person (address, since, invite, invited_by) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![person, now.0, code, made_by])?;
    Ok(Edited::Done(1))
}

pub(super) const GROUPS: &str = "SELECT count(*) FROM person WHERE brought_by = ?1";

/// The same but for those that have fallen asleep (1, 3): nobody is there who could send the bot away.
pub(super) const AWAKE_GROUPS: &str = "SELECT count(*) FROM person WHERE brought_by = ?1
     AND NOT EXISTS (SELECT 1 FROM lane l JOIN destination d ON d.lane = l.id
                     WHERE l.key = person.address AND d.asleep IN (1, 3))";

fn count(db: &Connection, sql: &str, by: &str) -> Result<usize> {
    Ok(db.prepare_cached(sql)?.query_row([by], |row| row.get(0))?)
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
    let (group, by) = (group.to_string(), by.to_string());
    if is_in(tx, &group)? {
        return Ok(Edited::Done(0));
    }
    if let Some(limit) = limit
        && count(tx, AWAKE_GROUPS, &by)? >= limit
    {
        return Ok(Edited::GroupsReached { limit });
    }
    tx.prepare_cached("INSERT INTO person (address, since, brought_by) VALUES (?1, ?2, ?3)")?
        .execute(params![group, now.0, by])?;
    // It may have been in before, by somebody else. What the operator's files bring stays the operator's.
    tx.prepare_cached(
        "UPDATE destination SET owner = ?2
         WHERE lane = (SELECT id FROM lane WHERE key = ?1) AND owner <> ?3",
    )?
    .execute(params![group, owner.as_str(), Owner::Operator.as_str()])?;
    Ok(Edited::Done(1))
}

/// Where somebody had no limits because they ran this installation, nobody has that after them. What the operator's files
/// bring stays the operator's.
pub(super) const DISOWN: &str = "UPDATE destination SET owner = ?1 WHERE id IN (
         SELECT o.id FROM lane l JOIN destination o ON o.lane = l.id WHERE l.key = ?1
         UNION SELECT o.id FROM person p JOIN lane l ON l.key = p.address
               JOIN destination o ON o.lane = l.id WHERE p.brought_by = ?1)
     AND owner = ?2 AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.destination = destination.id
                                    AND s.ended_at IS NULL AND s.origin <> 'chat')";

/// Puts somebody out, with the groups that they brought in and the invitations that they made and nobody has used.
pub(super) fn expel(tx: &Connection, person: &Address, now: UnixMillis) -> Result<Edited> {
    let person = person.to_string();
    tx.prepare_cached(DISOWN)?.execute(params![person, Owner::Operator.as_str()])?;
    let was_in = tx.prepare_cached("DELETE FROM person WHERE address = ?1")?.execute([&person])?;
    let groups: Vec<String> = tx
        .prepare_cached("DELETE FROM person WHERE brought_by = ?1 RETURNING address")?
        .query_map([&person], |row| Ok(rows::text(row, 0)))?
        .collect::<rusqlite::Result<_>>()?;
    let invitations = tx
        .prepare_cached(
            "DELETE FROM invite WHERE made_by = ?1 AND used_by IS NULL AND expires_at > ?2",
        )?
        .execute(params![person, now.0])?;
    Ok(Edited::Expelled { was_in: was_in > 0, groups, invitations })
}

/// Invitations of somebody's since then; what was withdrawn is none.
pub(super) const INVITED: &str = "SELECT count(*) FROM invite WHERE made_by = ?1 AND made_at > ?2";

/// Makes an invitation.
pub(super) fn invite(
    tx: &Connection,
    code: &str,
    made_by: &Owner,
    expires_at: UnixMillis,
    per_day: Option<usize>,
    now: UnixMillis,
) -> Result<Edited> {
    if let Some(per_day) = per_day {
        let since = now.minus(DAY).0;
        let made: usize = tx
            .prepare_cached(INVITED)?
            .query_row(params![made_by.as_str(), since], |row| row.get(0))?;
        if made >= per_day {
            return Ok(Edited::InvitationsReached);
        }
    }
    tx.prepare_cached(
        "INSERT INTO invite (code, made_by, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (code) DO NOTHING",
    )?
    .execute(params![code, made_by.as_str(), now.0, expires_at.0])?;
    Ok(Edited::Done(1))
}

/// Withdraws an invitation that nobody has used.
pub(super) fn revoke(tx: &Connection, code: &str, now: UnixMillis) -> Result<Edited> {
    let is_used: Option<bool> = tx
        .prepare_cached(
            "SELECT used_by IS NOT NULL FROM invite WHERE code = ?1
             AND (used_by IS NOT NULL OR expires_at > ?2)",
        )?
        .query_row(params![code, now.0], |row| row.get(0))
        .optional()?;
    match is_used {
        None => Ok(Edited::NotFound),
        Some(true) => Ok(Edited::BadInvite),
        Some(false) => Ok(Edited::Done(
            tx.prepare_cached("DELETE FROM invite WHERE code = ?1")?.execute([code])?,
        )),
    }
}

/// A group keeps who stands behind it when its chat gets a new id; what was known under the new one gives way.
pub(super) fn rename(tx: &Connection, from: &str, to: &str) -> Result<()> {
    if from == to || !is_in(tx, from)? {
        return Ok(());
    }
    tx.prepare_cached("DELETE FROM person WHERE address = ?1")?.execute([to])?;
    tx.prepare_cached("UPDATE person SET address = ?2 WHERE address = ?1")?.execute([from, to])?;
    Ok(())
}

macro_rules! unless_watched {
    () => {
        "DELETE FROM person WHERE address = ?1
         AND NOT EXISTS (SELECT 1 FROM lane l JOIN destination d ON d.lane = l.id
                         JOIN subscription s ON s.destination = d.id
                         WHERE l.key = ?1 AND s.ended_at IS NULL)"
    };
}

pub(super) const FORGET: &str = unless_watched!();

/// The bot was removed from a chat: where that is a group in which nothing is watched, nobody stands behind it any more.
pub(super) fn forget_group(tx: &Connection, chat: &Address) -> Result<()> {
    if chat.is_group() {
        tx.prepare_cached(FORGET)?.execute([chat.lane()])?;
    }
    Ok(())
}

pub(super) const FORGET_IF_OFF: &str = concat!(
    unless_watched!(),
    " AND EXISTS (SELECT 1 FROM lane l JOIN destination d ON d.lane = l.id
                  WHERE l.key = ?1 AND d.moved_to IS NULL AND d.disabled IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM lane l JOIN destination d ON d.lane = l.id
                      WHERE l.key = ?1 AND d.moved_to IS NULL AND d.disabled IS NULL)"
);

/// Forgets groups that are out of reach and whose last watch has ended, a stretch of the table at a time.
pub(super) fn walk(tx: &Connection) -> Result<()> {
    const KEY: &str = "sweep:person";
    let after: Option<String> =
        rows::load(tx, KEY)?.and_then(|text| serde_json::from_str(&text).ok()).flatten();
    let stretch: Vec<String> = tx
        .prepare_cached("SELECT address FROM person WHERE address > ?1 ORDER BY address LIMIT ?2")?
        .query_map(params![after.unwrap_or_default(), STRETCH], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let is_group =
        |address: &&String| address.parse::<Address>().is_ok_and(|address| address.is_group());
    for group in stretch.iter().filter(is_group) {
        tx.prepare_cached(FORGET_IF_OFF)?.execute([group])?;
    }
    rows::save(tx, KEY, &rows::json(&stretch.last().filter(|_| stretch.len() == STRETCH))?)
}

pub(super) const WATCHES: &str = "SELECT count(*) FROM lane l JOIN destination d ON d.lane = l.id
     JOIN subscription s ON s.destination = d.id WHERE l.key = ?1 AND s.ended_at IS NULL";

pub(super) const INVITATIONS: &str =
    "SELECT count(*) FROM invite WHERE made_by = ?1 AND used_by IS NULL AND expires_at > ?2";

/// What stands in somebody's name, whether they are in or not.
pub(super) fn state(db: &Connection, address: &Address, now: UnixMillis) -> Result<PersonState> {
    let key = address.to_string();
    Ok(PersonState {
        address: address.clone(),
        row: person(db, &key)?,
        groups: count(db, GROUPS, &key)?,
        watches: db.prepare_cached(WATCHES)?.query_row([&key], |row| row.get(0))?,
        invitations: db
            .prepare_cached(INVITATIONS)?
            .query_row(params![key, now.0], |row| row.get(0))?,
    })
}

/// Who is in, in the order of their addresses as texts, from `after` on.
pub(super) fn people(
    db: &Connection,
    after: Option<&Address>,
    limit: usize,
    now: UnixMillis,
) -> Result<Vec<PersonState>> {
    let after = after.map(ToString::to_string).unwrap_or_default();
    let addresses: Vec<String> = db
        .prepare_cached("SELECT address FROM person WHERE address > ?1 ORDER BY address LIMIT ?2")?
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
         SELECT id FROM destination WHERE owner = ?1
         UNION SELECT o.id FROM lane l JOIN destination o ON o.lane = l.id WHERE l.key = ?1
         UNION SELECT o.id FROM person p JOIN lane l ON l.key = p.address
               JOIN destination o ON o.lane = l.id WHERE p.brought_by = ?1)
     ORDER BY d.id LIMIT ?3"
);

/// The chats and topics that stand in somebody's name: their own, and those of groups that they brought in.
pub(super) fn chats(
    db: &Connection,
    address: &Address,
    after: DestinationId,
    limit: usize,
) -> Result<Vec<DestinationRow>> {
    let mut statement = db.prepare_cached(CHATS)?;
    let mut rows = statement.query(params![address.to_string(), after.0, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(rows::or_skipped(rows::destination_row(row, 0))?);
    }
    Ok(found)
}
