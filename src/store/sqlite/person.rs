//! The row of a person, and the addresses that they are known by.
//!
//! A row is made when something first belongs to somebody: a destination, an invitation, a place among those who are in.
//! It goes when nothing does any more.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows;
use crate::model::{Address, Owner, PersonKey};
use crate::store::Result;

/// Whoever is known by an address without topic.
pub(super) fn find(db: &Connection, address: &str) -> Result<Option<PersonKey>> {
    Ok(db
        .prepare_cached("SELECT person FROM identity WHERE address = ?1")?
        .query_row([address], |row| row.get(0).map(PersonKey))
        .optional()?)
}

/// Whoever is behind a chat; made where they are new.
pub(super) fn known(tx: &Connection, chat: &Address) -> Result<PersonKey> {
    known_as(tx, &chat.lane(), chat.is_group())
}

/// Whoever is known by an address without topic; made where they are new.
pub(super) fn known_as(tx: &Connection, address: &str, is_group: bool) -> Result<PersonKey> {
    if let Some(found) = find(tx, address)? {
        return Ok(found);
    }
    let kind = if is_group { "group" } else { "human" };
    tx.prepare_cached("INSERT INTO person (kind) VALUES (?1)")?.execute([kind])?;
    let person = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO identity (address, person) VALUES (?1, ?2)")?
        .execute(params![address, person])?;
    Ok(PersonKey(person))
}

/// The row of an owner; made where they are new.
pub(super) fn of(tx: &Connection, owner: &Owner) -> Result<PersonKey> {
    match owner {
        Owner::Operator => Ok(PersonKey::OPERATOR),
        Owner::Person(address) => known(tx, address),
    }
}

/// The row of an owner, where they have one.
pub(super) fn find_owner(db: &Connection, owner: &Owner) -> Result<Option<PersonKey>> {
    match owner {
        Owner::Operator => Ok(Some(PersonKey::OPERATOR)),
        Owner::Person(address) => find(db, &address.lane()),
    }
}

/// The first of somebody's addresses. `None`: there is no such person, or it can't be read.
pub(super) fn first_address(db: &Connection, person: PersonKey) -> Result<Option<Address>> {
    let first: Option<String> = db
        .prepare_cached("SELECT min(address) FROM identity WHERE person = ?1")?
        .query_row([person.0], |row| row.get(0))?;
    Ok(first.and_then(|address| address.parse().ok()))
}

/// A person as an owner; `None` as there.
pub(super) fn owner(db: &Connection, person: PersonKey) -> Result<Option<Owner>> {
    if person == PersonKey::OPERATOR {
        return Ok(Some(Owner::Operator));
    }
    Ok(first_address(db, person)?.map(Owner::Person))
}

/// Whoever is behind a chat, as an owner, whether they have a row or not.
pub(super) fn owner_at(db: &Connection, chat: &Address) -> Result<Owner> {
    let known = match find(db, &chat.lane())? {
        Some(person) => owner(db, person)?,
        None => None,
    };
    Ok(known.unwrap_or_else(|| Owner::of(chat)))
}

pub(super) const IS_OPERATORS: &str = "SELECT 1 FROM person WHERE id = ?1 AND (kind = 'operator'
     OR EXISTS (SELECT 1 FROM identity WHERE person = ?1 AND rank > 0))";

/// Whether one of somebody's addresses is that of whoever runs this installation.
pub(super) fn is_operators(db: &Connection, person: PersonKey) -> Result<bool> {
    Ok(db.prepare_cached(IS_OPERATORS)?.exists([person.0])?)
}

/// By what somebody is known, in the order of the addresses as texts; what can't be read is left out.
pub(super) fn addresses(db: &Connection, person: PersonKey) -> Result<Vec<Address>> {
    let texts: Vec<String> = db
        .prepare_cached("SELECT address FROM identity WHERE person = ?1 ORDER BY address")?
        .query_map([person.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        found.extend(rows::or_skipped(rows::parsed::<Address>(&text, "address"))?);
    }
    Ok(found)
}

/// By what whoever has this address is known; this one alone, where nobody has it.
pub(super) fn addresses_with(db: &Connection, address: &Address) -> Result<Vec<Address>> {
    let known = match find(db, &address.lane())? {
        Some(person) => addresses(db, person)?,
        None => Vec::new(),
    };
    Ok(if known.is_empty() { vec![address.whole()] } else { known })
}

/// Makes two persons one: all that `gone` has is `kept`'s from now on.
pub(super) fn unite(tx: &Connection, gone: PersonKey, kept: PersonKey) -> Result<()> {
    for sql in [
        "UPDATE identity SET person = ?2 WHERE person = ?1",
        "UPDATE destination SET person = ?2 WHERE person = ?1",
        "UPDATE person SET brought_by = ?2 WHERE brought_by = ?1",
        "UPDATE person SET invited_by = ?2 WHERE invited_by = ?1",
        // One of them may have invited the other.
        "UPDATE person SET invited_by = NULL WHERE id = ?2 AND invited_by = ?2 AND ?1 <> ?2",
        "UPDATE invite SET made_by = ?2 WHERE made_by = ?1",
        "UPDATE link SET person = ?2 WHERE person = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([gone.0, kept.0])?;
    }
    tx.prepare_cached("DELETE FROM person WHERE id = ?1")?.execute([gone.0])?;
    Ok(())
}

/// An address of somebody's has become another one.
pub(super) fn readdress(tx: &Connection, from: &str, to: &str) -> Result<()> {
    if let Some(person) = find(tx, from)? {
        for sql in [
            "UPDATE person SET brought_from = ?3 WHERE brought_by = ?1 AND brought_from = ?2",
            "UPDATE link SET made_in = ?3 WHERE person = ?1 AND made_in = ?2",
        ] {
            tx.prepare_cached(sql)?.execute(params![person.0, from, to])?;
        }
    }
    tx.prepare_cached("UPDATE OR REPLACE identity SET address = ?2 WHERE address = ?1")?
        .execute([from, to])?;
    Ok(())
}

/// Whoever invited somebody, or brought a group in, is still named by that; and whoever has several addresses is one person by
/// nothing else.
pub(super) const FORGET: &str =
    "DELETE FROM person WHERE id = ?1 AND kind <> 'operator' AND since IS NULL
     AND NOT EXISTS (SELECT 1 FROM destination WHERE person = ?1)
     AND NOT EXISTS (SELECT 1 FROM invite WHERE made_by = ?1)
     AND NOT EXISTS (SELECT 1 FROM person p WHERE p.brought_by = ?1)
     AND NOT EXISTS (SELECT 1 FROM person p WHERE p.invited_by = ?1)
     AND NOT EXISTS (SELECT 1 FROM link WHERE person = ?1)
     AND (SELECT count(*) FROM identity WHERE person = ?1) < 2";

/// Forgets somebody to whom nothing belongs.
pub(super) fn forget(tx: &Connection, person: PersonKey) -> Result<()> {
    if tx.prepare_cached(FORGET)?.execute([person.0])? == 1 {
        tx.prepare_cached("DELETE FROM identity WHERE person = ?1")?.execute([person.0])?;
    }
    Ok(())
}
