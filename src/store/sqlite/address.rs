//! By an address: the rows of its destination and of its lane.

use rusqlite::{Connection, OptionalExtension, params};

use super::{person, rows};
use crate::model::{Address, DestinationId, Owner, PersonKey, Settings};
use crate::store::Result;

/// The rows of a destination and its lane, followed to where it has moved.
pub(super) fn find(tx: &Connection, address: &Address) -> Result<Option<(DestinationId, i64)>> {
    Ok(tx
        .prepare_cached(
            "SELECT d.id, d.lane FROM destination o
             JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1",
        )?
        .query_row([address.to_string()], |row| Ok((DestinationId(row.get(0)?), row.get(1)?)))
        .optional()?)
}

pub(super) fn find_lane(tx: &Connection, address: &Address) -> Result<Option<i64>> {
    Ok(tx
        .prepare_cached("SELECT id FROM lane WHERE key = ?1")?
        .query_row([address.lane()], |row| row.get(0))
        .optional()?)
}

/// The rows of a destination and its lane, made where they are new; followed to where it has moved.
pub(super) fn destination(
    tx: &Connection,
    address: &Address,
    owner: &Owner,
) -> Result<(DestinationId, i64)> {
    match find(tx, address)? {
        Some(found) => Ok(found),
        None => {
            let (id, lane) = make(tx, address, person::of(tx, owner)?)?;
            take_zone(tx, id, address)?;
            Ok((id, lane))
        }
    }
}

/// A new place of somebody's is on the clock of their others; topics are places of their own.
fn take_zone(tx: &Connection, id: DestinationId, address: &Address) -> Result<()> {
    if address.is_thread() || address.is_group() {
        return Ok(());
    }
    for other in person::addresses_with(tx, address)? {
        let row = rows::or_skipped(rows::destination(tx, &other))?.flatten();
        let Some(tz) = row.and_then(|row| row.settings.tz) else { continue };
        let settings = Settings { tz: Some(tz), ..Settings::default() };
        tx.prepare_cached("UPDATE destination SET settings = ?2 WHERE id = ?1")?
            .execute(params![id.0, rows::json(&settings)?])?;
        return Ok(());
    }
    Ok(())
}

/// The same for a person, as it is.
pub(super) fn destination_for(
    tx: &Connection,
    address: &Address,
    owner: PersonKey,
) -> Result<(DestinationId, i64)> {
    match find(tx, address)? {
        Some(found) => Ok(found),
        None => make(tx, address, owner),
    }
}

fn make(tx: &Connection, address: &Address, owner: PersonKey) -> Result<(DestinationId, i64)> {
    let owner = if person::is_operators(tx, owner)? { PersonKey::OPERATOR } else { owner };
    tx.prepare_cached(
        "INSERT INTO lane (key, channel) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
    )?
    .execute([&address.lane(), address.channel().name()])?;
    let lane: i64 = tx
        .prepare_cached("SELECT id FROM lane WHERE key = ?1")?
        .query_row([address.lane()], |row| row.get(0))?;
    tx.prepare_cached("INSERT INTO destination (address, lane, person) VALUES (?1, ?2, ?3)")?
        .execute(params![address.to_string(), lane, owner.0])?;
    Ok((DestinationId(tx.last_insert_rowid()), lane))
}

/// Whose limits count for a destination.
pub(super) fn owner(tx: &Connection, destination: DestinationId) -> Result<PersonKey> {
    Ok(tx
        .prepare_cached("SELECT person FROM destination WHERE id = ?1")?
        .query_row([destination.0], |row| Ok(PersonKey(rows::integer_or(row, 0, 0))))?)
}
