//! Invitations: each lets one person in.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::person;
use crate::model::{Owner, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

const DAY: Duration = Duration::from_secs(86_400);

/// Who made an invitation that can be used.
pub(super) fn usable(tx: &Connection, code: &str, now: UnixMillis) -> Result<Option<PersonKey>> {
    Ok(tx
        .prepare_cached(
            "SELECT made_by FROM invite WHERE code = ?1 AND used_by IS NULL AND expires_at > ?2",
        )?
        .query_row(params![code, now.0], |row| row.get(0).map(PersonKey))
        .optional()?)
}

/// Whether somebody came by an invitation of somebody's.
pub(super) fn was_used(
    tx: &Connection,
    code: &str,
    made_by: PersonKey,
    used_by: PersonKey,
) -> Result<bool> {
    Ok(tx
        .prepare_cached("SELECT 1 FROM invite WHERE code = ?1 AND made_by = ?2 AND used_by = ?3")?
        .exists(params![code, made_by.0, used_by.0])?)
}

/// Nobody else gets in by it.
pub(super) fn use_up(tx: &Connection, code: &str, by: PersonKey) -> Result<()> {
    tx.prepare_cached("UPDATE invite SET used_by = ?2 WHERE code = ?1")?
        .execute(params![code, by.0])?;
    Ok(())
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
    let made_by = person::of(tx, made_by)?;
    if let Some(per_day) = per_day {
        let since = now.minus(DAY).0;
        let made: usize =
            tx.prepare_cached(INVITED)?.query_row([made_by.0, since], |row| row.get(0))?;
        // Who was taken out of somebody's addresses may have made them as that one.
        let was_another = tx
            .prepare_cached("SELECT 1 FROM person WHERE id = ?1 AND unlinked_at > ?2")?
            .exists([made_by.0, since])?;
        if made >= per_day || was_another {
            return Ok(Edited::InvitationsReached);
        }
    }
    tx.prepare_cached(
        "INSERT INTO invite (code, made_by, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (code) DO NOTHING",
    )?
    .execute(params![code, made_by.0, now.0, expires_at.0])?;
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

/// Invitations of somebody's that can still be used.
pub(super) const UNUSED: &str =
    "SELECT count(*) FROM invite WHERE made_by = ?1 AND used_by IS NULL AND expires_at > ?2";

/// Withdraws all of somebody's that nobody has used; returns how many.
pub(super) fn withdraw(tx: &Connection, made_by: PersonKey, now: UnixMillis) -> Result<usize> {
    Ok(tx
        .prepare_cached(
            "DELETE FROM invite WHERE made_by = ?1 AND used_by IS NULL AND expires_at > ?2",
        )?
        .execute([made_by.0, now.0])?)
}
