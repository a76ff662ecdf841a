//! By an address: the rows of its destination and of its lane.

use rusqlite::{Connection, OptionalExtension, params};

use super::{person, rows};
use crate::model::{Address, DestinationId, Owner, PersonKey};
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
        None => make(tx, address, person::of(tx, owner)?),
    }
}

/// The same for a person.
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
