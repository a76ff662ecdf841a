//! Who runs this installation, where the configuration does not say so: whoever opened the first invitation.

use rusqlite::{Connection, params};

use super::address;
use crate::model::{Address, Owner, UnixMillis};
use crate::store::{Edited, OPERATOR_KEY, Result};

/// Uses the operator's own invitation, which only the program itself makes, and writes down who has it.
pub(super) fn become_operator(
    tx: &Connection,
    person: &Address,
    code: &str,
    now: UnixMillis,
) -> Result<Edited> {
    if is_for_a_person(tx, person, code, now)? {
        return Ok(Edited::NotForGroups);
    }
    let address = person.to_string();
    let is_theirs = tx
        .prepare_cached(
            "UPDATE invite SET used_by = ?2 WHERE code = ?1 AND made_by = ?3
             AND (used_by = ?2 OR (used_by IS NULL AND expires_at > ?4))",
        )?
        .execute(params![code, address, Owner::Operator.as_str(), now.0])?;
    if is_theirs == 0 || person.is_group() {
        return Ok(Edited::BadInvite);
    }
    let is_first = tx
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
        )?
        .execute(params![OPERATOR_KEY, address])?;
    if is_first > 0 {
        // Nothing limits what is watched there.
        let (destination, _) = address::destination(tx, person, &Owner::Operator)?;
        tx.prepare_cached("UPDATE destination SET owner = ?2 WHERE id = ?1")?
            .execute(params![destination.0, Owner::Operator.as_str()])?;
    }
    Ok(Edited::Done(is_first))
}

/// Whether a group comes with an invitation that a person can still use: it would be in for nobody whose limits count.
pub(super) fn is_for_a_person(
    tx: &Connection,
    comes: &Address,
    code: &str,
    now: UnixMillis,
) -> Result<bool> {
    Ok(comes.is_group()
        && tx
            .prepare_cached(
                "SELECT 1 FROM invite WHERE code = ?1 AND used_by IS NULL AND expires_at > ?2",
            )?
            .exists(params![code, now.0])?)
}
