//! Named locks between processes on one database: small named values that say who has one, and until when.

use std::time::Duration;

use rusqlite::Connection;

use super::rows;
use crate::model::UnixMillis;
use crate::store::{LockTaken, Result};

fn key(name: &str) -> String {
    format!("lock:{name}")
}

/// Who has the lock, and until when. What can't be read is no lock: it would keep everybody out for ever.
fn read(db: &Connection, name: &str) -> Result<Option<(UnixMillis, String)>> {
    let value = rows::load(db, &key(name))?;
    Ok(value.and_then(|value| {
        let (until, holder) = value.split_once(' ')?;
        Some((UnixMillis(until.parse().ok()?), holder.to_owned()))
    }))
}

/// Takes a lock.
pub(super) fn take(
    db: &Connection,
    name: &str,
    holder: &str,
    lease: Duration,
    now: UnixMillis,
) -> Result<LockTaken> {
    let until = now.plus(lease);
    if let Some((held_until, by)) = read(db, name)? {
        // One that is held for longer than anybody asks was taken before the clock was set back.
        let is_held = held_until > now && held_until <= until;
        if is_held && by != holder {
            return Ok(LockTaken::Held { by, until: held_until });
        }
    }
    rows::save(db, &key(name), &format!("{} {holder}", until.0))?;
    Ok(LockTaken::Taken)
}

/// Gives a lock back.
pub(super) fn release(db: &Connection, name: &str, holder: &str) -> Result<()> {
    if read(db, name)?.is_some_and(|(_, by)| by == holder) {
        db.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key(name)])?;
    }
    Ok(())
}
