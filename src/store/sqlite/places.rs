//! The destinations behind the addresses of a person.

use rusqlite::{Connection, params};

use super::{person, rows, unit};
use crate::model::{Address, DestinationId, PersonKey, Settings, UnixMillis};
use crate::store::Result;

/// A destination behind an address of a person.
pub(super) struct Place {
    pub(super) id: DestinationId,
    pub(super) address: Address,
    /// Whose limits count there now.
    pub(super) owner: PersonKey,
    /// An operator's file has watches there: it stays the operator's.
    is_of_file: bool,
}

pub(super) const OF: &str = "SELECT d.id, d.address, d.person,
         EXISTS (SELECT 1 FROM subscription s WHERE s.destination = d.id AND s.ended_at IS NULL AND s.origin <> 'chat')
     FROM identity i JOIN destination d ON d.address = i.address
     WHERE i.person = ?1 AND d.moved_to IS NULL";

/// What is known of them; topics are places of their own.
pub(super) fn of(db: &Connection, person: PersonKey) -> Result<Vec<Place>> {
    let mut statement = db.prepare_cached(OF)?;
    let mut found = Vec::new();
    let mut rows = statement.query([person.0])?;
    while let Some(row) = rows.next()? {
        let address = rows::parsed::<Address>(&rows::text(row, 1), "destination");
        let Some(address) = rows::or_skipped(address)? else { continue };
        found.push(Place {
            id: DestinationId(row.get(0)?),
            address,
            owner: PersonKey(rows::integer_or(row, 2, 0)),
            is_of_file: row.get(3)?,
        });
    }
    Ok(found)
}

/// Makes them the person's, with all topics: one set of limits. Whoever runs this installation has none under any of their
/// addresses. What only the operator's files bring stays the operator's.
pub(super) fn own(tx: &Connection, person: PersonKey) -> Result<()> {
    let places = of(tx, person)?;
    let is_operators = is_operator(tx, person)?
        || places.len() > 1
            && places.iter().any(|place| {
                place.owner == PersonKey::OPERATOR && place.address.channel().traits().is_chat
            });
    let owner = if is_operators { PersonKey::OPERATOR } else { person };
    for place in places.iter().filter(|place| !place.is_of_file) {
        tx.prepare_cached(
            "UPDATE destination SET person = ?2 WHERE lane = (SELECT lane FROM destination WHERE id = ?1)",
        )?
        .execute(params![place.id.0, owner.0])?;
    }
    Ok(())
}

fn is_operator(db: &Connection, person: PersonKey) -> Result<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND kind = 'operator'")?
        .exists([person.0])?)
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
