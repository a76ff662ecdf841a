//! Who runs this installation, where the configuration does not say so: whoever opened the first invitation.

use rusqlite::{Connection, OptionalExtension};

use super::{address, invitations, person, places, rows};
use crate::model::{Address, Owner, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

pub(super) const INVITED: &str = "SELECT id FROM person WHERE kind = 'operator' AND id <> ?1";

/// Where whoever opened the first invitation is known, and can be reached if they can be anywhere; `None`: nobody has, or it
/// can't be read.
pub(super) fn operator(db: &Connection) -> Result<Option<Address>> {
    let Some(human) = invited(db)? else { return Ok(None) };
    let all = person::addresses(db, human)?;
    for address in &all {
        let row = rows::or_skipped(rows::destination(db, address))?.flatten();
        if row.is_none_or(|row| row.disabled.is_none()) {
            return Ok(Some(address.clone()));
        }
    }
    Ok(all.into_iter().next())
}

fn invited(db: &Connection) -> Result<Option<PersonKey>> {
    Ok(db
        .prepare_cached(INVITED)?
        .query_row([PersonKey::OPERATOR.0], |row| row.get(0).map(PersonKey))
        .optional()?)
}

/// Uses the operator's own invitation, which only the program itself makes, and writes down who has it.
pub(super) fn become_operator(
    tx: &Connection,
    address: &Address,
    code: &str,
    now: UnixMillis,
) -> Result<Edited> {
    let usable = invitations::usable(tx, code, now)?;
    if address.is_group() {
        // It would be in for nobody whose limits count.
        return Ok(if usable.is_some() { Edited::NotForGroups } else { Edited::BadInvite });
    }
    let is_theirs = match usable {
        Some(made_by) => made_by == PersonKey::OPERATOR,
        None => match person::find(tx, &address.lane())? {
            Some(person) => invitations::was_used(tx, code, PersonKey::OPERATOR, person)?,
            None => false,
        },
    };
    if !is_theirs {
        return Ok(Edited::BadInvite);
    }
    let person = person::known(tx, address)?;
    invitations::use_up(tx, code, person)?;
    if invited(tx)?.is_some() {
        return Ok(Edited::Done(0));
    }
    tx.prepare_cached("UPDATE person SET kind = 'operator' WHERE id = ?1")?.execute([person.0])?;
    tx.prepare_cached("UPDATE identity SET rank = 2 WHERE address = ?1")?
        .execute([address.lane()])?;
    // Nothing limits what is watched there.
    address::destination(tx, address, &Owner::Operator)?;
    places::own(tx, person)?;
    Ok(Edited::Done(1))
}
