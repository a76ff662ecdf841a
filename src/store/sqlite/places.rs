//! The destinations behind the addresses of a person.

use rusqlite::{Connection, params};

use super::{people, person, rows, unit};
use crate::model::{Address, DestinationId, PersonKey, Settings, UnixMillis};
use crate::store::Result;

/// A destination behind an address of a person.
pub(super) struct Place {
    pub(super) id: DestinationId,
    pub(super) address: Address,
}

pub(super) const OF: &str =
    "SELECT d.id, d.address FROM identity i JOIN destination d ON d.address = i.address
     WHERE i.person = ?1 AND d.moved_to IS NULL";

/// What is known of them; topics are places of their own.
fn of(db: &Connection, person: PersonKey) -> Result<Vec<Place>> {
    let mut statement = db.prepare_cached(OF)?;
    let mut found = Vec::new();
    let mut rows = statement.query([person.0])?;
    while let Some(row) = rows.next()? {
        let address = rows::parsed::<Address>(&rows::text(row, 1), "destination");
        let Some(address) = rows::or_skipped(address)? else { continue };
        found.push(Place { id: DestinationId(row.get(0)?), address });
    }
    Ok(found)
}

/// A destination of a chat, which may be one topic of it.
pub(super) struct InChat {
    pub(super) id: DestinationId,
    /// Whose limits count there.
    pub(super) owner: PersonKey,
    /// Its reader has ended it.
    pub(super) is_refused: bool,
}

pub(super) const IN_CHAT: &str =
    "SELECT d.id, d.person, d.is_refused FROM lane l JOIN destination d ON d.lane = l.id
     WHERE l.key = ?1 AND d.moved_to IS NULL";

/// What there is in a chat, with its topics.
pub(super) fn in_chat(db: &Connection, lane: &str) -> Result<Vec<InChat>> {
    Ok(db
        .prepare_cached(IN_CHAT)?
        .query_map([lane], |row| {
            Ok(InChat {
                id: DestinationId(row.get(0)?),
                owner: PersonKey(rows::integer_or(row, 1, 0)),
                is_refused: rows::integer_or(row, 2, 0) != 0,
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// What the operator's (3) files bring stays the operator's.
pub(super) const OWN: &str = "UPDATE destination SET person = ?2
     WHERE id IN (SELECT d.id FROM identity i JOIN lane l ON l.key = i.address JOIN destination d ON d.lane = l.id
                  WHERE i.person = ?1)
     AND NOT (person = ?3 AND EXISTS (SELECT 1 FROM subscription s WHERE s.destination = destination.id
                                      AND s.ended_at IS NULL AND s.origin <> 'chat'))";

/// Makes them the person's, with all topics: one set of limits. Whoever runs this installation has none under any of their
/// addresses, nor in the groups that they brought in.
pub(super) fn own(tx: &Connection, person: PersonKey) -> Result<()> {
    let is_operators = person::is_operators(tx, person)?;
    let owner = if is_operators { PersonKey::OPERATOR } else { person };
    tx.prepare_cached(OWN)?.execute([person.0, owner.0, PersonKey::OPERATOR.0])?;
    if is_operators {
        tx.prepare_cached(people::TO_OPERATOR)?.execute([person.0, PersonKey::OPERATOR.0])?;
    }
    Ok(())
}

/// Sets one time zone at all of them.
pub(super) fn share_zone(
    tx: &Connection,
    person: PersonKey,
    tz: Option<&str>,
    now: UnixMillis,
) -> Result<()> {
    for place in of(tx, person)? {
        let Some(row) = rows::destination(tx, &place.address)? else { continue };
        if row.settings.tz.as_deref() == tz {
            continue;
        }
        let settings = Settings { tz: tz.map(str::to_owned), ..row.settings };
        tx.prepare_cached("UPDATE destination SET settings = ?2 WHERE id = ?1")?
            .execute(params![place.id.0, rows::json(&settings)?])?;
        unit::wake(tx, place.id, None, now)?;
    }
    Ok(())
}

/// The time zone of an address has changed: so has that of the others of its person.
pub(super) fn zone_changed(
    tx: &Connection,
    address: &Address,
    tz: Option<&str>,
    now: UnixMillis,
) -> Result<()> {
    match person::find(tx, &address.to_string())? {
        Some(person) => share_zone(tx, person, tz, now),
        None => Ok(()),
    }
}
