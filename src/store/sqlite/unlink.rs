//! Taking an address out of those of its person: it stands by itself again as it did before it was linked.
//!
//! Whoever was in by themselves stays in, with what they have there; whoever came by the link is out. So whoever links and
//! unlinks has afterwards what they had before.

use rusqlite::{Connection, params};

use super::{card, people, person, places, rows, watch};
use crate::model::{Address, DestinationId, PersonKey, UnixMillis};
use crate::store::{Edited, Result};

/// What an address is by itself.
struct Standing {
    address: String,
    in_since: Option<i64>,
    rank: i64,
}

impl Standing {
    const OPENED_THE_FIRST_INVITATION: i64 = 2;

    const fn is_something(&self) -> bool {
        self.in_since.is_some() || self.rank > 0
    }
}

/// Takes an address out; `is_in`, `others_are_in`: the configuration says so of it, of one of the others.
pub(super) fn unlink(
    tx: &Connection,
    address: &Address,
    (is_in, others_are_in): (bool, bool),
    now: UnixMillis,
) -> Result<Edited> {
    let lane = address.lane();
    let Some(person) = person::find(tx, &lane)? else { return Ok(Edited::NotFound) };
    let (this, others): (Vec<Standing>, Vec<Standing>) =
        standings(tx, person)?.into_iter().partition(|standing| standing.address == lane);
    if others.is_empty() {
        return Ok(Edited::NotFound);
    }
    let is_in = is_in || this.iter().any(|standing| standing.in_since.is_some());
    let stands = is_in || this.iter().any(Standing::is_something);
    // The person stays with whom they are in by: it is the others then that are out.
    let others_go = stands && !others_are_in && !others.iter().any(Standing::is_something);
    let (going, are_in) = if others_go { (&others, false) } else { (&this, is_in) };
    let was_operators = person::is_operators(tx, person)?;
    let gone = move_out(tx, person, going, now)?;
    if are_in {
        bring_along(tx, person, gone, going)?;
    } else {
        leave_behind(tx, person, going, now)?;
    }
    for side in [person, gone] {
        if was_operators && !person::is_operators(tx, side)? {
            tx.prepare_cached(people::DISOWN)?.execute([side.0, PersonKey::OPERATOR.0])?;
        }
        places::own(tx, side)?;
    }
    let watches = count(tx, &lane)?;
    if !are_in {
        for standing in going {
            for place in places::in_chat(tx, &standing.address)? {
                end(tx, place.id, place.owner, now)?;
            }
        }
    }
    Ok(Edited::Unlinked { is_in, watches, others_are_out: others_go })
}

fn standings(db: &Connection, person: PersonKey) -> Result<Vec<Standing>> {
    Ok(db
        .prepare_cached("SELECT address, in_since, rank FROM identity WHERE person = ?1")?
        .query_map([person.0], |row| {
            Ok(Standing {
                address: rows::text(row, 0),
                in_since: row.get(1).unwrap_or_default(),
                rank: rows::integer_or(row, 2, 0),
            })
        })?
        .collect::<rusqlite::Result<_>>()?)
}

/// Makes a person of these addresses; both are in by what their addresses are by themselves.
fn move_out(
    tx: &Connection,
    from: PersonKey,
    going: &[Standing],
    now: UnixMillis,
) -> Result<PersonKey> {
    tx.prepare_cached("INSERT INTO person (kind, unlinked_at) VALUES ('human', ?1)")?
        .execute([now.0])?;
    let gone = PersonKey(tx.last_insert_rowid());
    for standing in going {
        tx.prepare_cached("UPDATE identity SET person = ?2 WHERE address = ?1")?
            .execute(params![standing.address, gone.0])?;
    }
    if going.iter().any(|one| one.rank == Standing::OPENED_THE_FIRST_INVITATION) {
        tx.prepare_cached(
            "UPDATE person SET kind = (SELECT kind FROM person WHERE id = ?2) WHERE id = ?1",
        )?
        .execute([gone.0, from.0])?;
        tx.prepare_cached("UPDATE person SET kind = 'human' WHERE id = ?1")?.execute([from.0])?;
    }
    for side in [from, gone] {
        tx.prepare_cached(
            "UPDATE person SET since = i.since, invited_by = CASE WHEN i.since IS NULL THEN NULL ELSE invited_by END
             FROM (SELECT min(in_since) AS since FROM identity WHERE person = ?1) AS i WHERE id = ?1",
        )?
        .execute([side.0])?;
    }
    Ok(gone)
}

/// What was asked for at an address goes along with it, and so do groups that were brought in from there.
fn bring_along(
    tx: &Connection,
    from: PersonKey,
    gone: PersonKey,
    going: &[Standing],
) -> Result<()> {
    for Standing { address, .. } in going {
        tx.prepare_cached("UPDATE link SET person = ?2 WHERE person = ?1 AND made_in = ?3")?
            .execute(params![from.0, gone.0, address])?;
        tx.prepare_cached(
            "UPDATE person SET brought_by = ?2 WHERE brought_by = ?1 AND brought_from = ?3",
        )?
        .execute(params![from.0, gone.0, address])?;
    }
    tx.prepare_cached(people::FOLLOW)?.execute([gone.0, from.0])?;
    Ok(())
}

/// Nobody adds an address any more by what was asked for at one that is out.
fn leave_behind(
    tx: &Connection,
    person: PersonKey,
    going: &[Standing],
    now: UnixMillis,
) -> Result<()> {
    for Standing { address, .. } in going {
        for sql in [
            "DELETE FROM link WHERE person = ?1 AND made_in = ?2 AND mailbox IS NULL",
            "UPDATE person SET brought_from = NULL WHERE brought_by = ?1 AND brought_from = ?2",
        ] {
            tx.prepare_cached(sql)?.execute(params![person.0, address])?;
        }
        tx.prepare_cached(
            "UPDATE link SET used_at = coalesce(used_at, ?3) WHERE person = ?1 AND made_in = ?2",
        )?
        .execute(params![person.0, address, now.0])?;
    }
    Ok(())
}

/// How many watches run in a chat, with its topics.
fn count(db: &Connection, lane: &str) -> Result<usize> {
    let mut watches = 0;
    for place in places::in_chat(db, lane)? {
        watches += running(db, place.id)?.len();
    }
    Ok(watches)
}

/// The running watches of a destination: what each is of, and whether a file has brought it.
fn running(db: &Connection, id: DestinationId) -> Result<Vec<(i64, i64, bool)>> {
    Ok(db
        .prepare_cached(
            "SELECT id, subject, origin <> 'chat' FROM subscription WHERE destination = ?1 AND ended_at IS NULL",
        )?
        .query_map([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Ends what somebody has ring or stand at a destination, and what they set there; how many watches that were. Where it is the
/// operator's, what the operator's files bring goes on.
pub(super) fn end(
    tx: &Connection,
    id: DestinationId,
    owner: PersonKey,
    now: UnixMillis,
) -> Result<usize> {
    let mut watches = 0;
    for (watch, subject, is_of_file) in running(tx, id)? {
        if is_of_file && owner == PersonKey::OPERATOR {
            continue;
        }
        watch::end_subscription(tx, watch, subject, "unwatched", now)?;
        watches += 1;
    }
    card::forget_all(tx, id)?;
    tx.prepare_cached("UPDATE destination SET settings = '{}', muted_until = NULL WHERE id = ?1")?
        .execute([id.0])?;
    Ok(watches)
}
