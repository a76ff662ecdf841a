//! Servers: groups whose places are destinations with addresses of their own, which do not say that they belong together.
//! One of the places of a server can be its feed.

use rusqlite::{Connection, OptionalExtension, params};

use super::{address, chat, lane, people, rows};
use crate::model::{Address, DestinationId, Owner, UnixMillis};
use crate::store::{Edited, Result};

pub(super) const FEED: &str = "SELECT address FROM destination WHERE part_of = ?1 AND is_feed = 1
     AND moved_to IS NULL AND (disabled IS NULL OR ?2) LIMIT 1";

/// Where all that a server watches rings, if it has such a place and that is not off, or may be.
pub(super) fn feed(db: &Connection, server: &Address, even_off: bool) -> Result<Option<Address>> {
    let mut found = db.prepare_cached(FEED)?;
    let found: Option<String> =
        found.query_row(params![server.lane(), even_off], |row| row.get(0)).optional()?;
    let address = found.map(|text| rows::parsed(&text, "destination")).transpose();
    Ok(rows::or_skipped(address)?.flatten())
}

/// Makes a place the feed of its server instead of any other; `None`: the server has no feed any more.
pub(super) fn set_feed(
    tx: &Connection,
    server: &Address,
    place: Option<&Address>,
) -> Result<Edited> {
    let id = match place {
        None => None,
        Some(place) => match address::find(tx, place)? {
            Some((id, _)) => Some(id.0),
            None => return Ok(Edited::NotFound),
        },
    };
    let server = server.lane();
    let ended = tx
        .prepare_cached("UPDATE destination SET is_feed = 0 WHERE part_of = ?1 AND is_feed = 1")?
        .execute([&server])?;
    let Some(id) = id else {
        return Ok(if ended == 0 { Edited::NotFound } else { Edited::Done(ended) });
    };
    tx.prepare_cached("UPDATE destination SET part_of = ?2, is_feed = 1 WHERE id = ?1")?
        .execute(params![id, server])?;
    Ok(Edited::Done(1))
}

/// Those that have fallen asleep (1, 3) don't count: a channel that was deleted never comes back.
pub(super) const PLACES: &str = "SELECT count(*) FROM destination WHERE part_of = ?1 AND moved_to IS NULL AND asleep NOT IN (1, 3)";

/// Makes a place of a server known, if the server does not have `limit` already.
pub(super) fn add_place(
    tx: &Connection,
    (place, server): (&Address, &Address),
    owner: &Owner,
    limit: Option<usize>,
    now: UnixMillis,
) -> Result<Edited> {
    if let Some(limit) = limit
        && address::find(tx, place)?.is_none()
    {
        let known: usize =
            tx.prepare_cached(PLACES)?.query_row([server.lane()], |row| row.get(0))?;
        if known >= limit {
            return Ok(Edited::TopicsReached);
        }
    }
    let opened = chat::enable(tx, place, owner, now)?;
    tx.prepare_cached("UPDATE destination SET part_of = ?2 WHERE address = ?1")?
        .execute([place.to_string(), server.lane()])?;
    Ok(Edited::Done(opened))
}

pub(super) const PARTS: &str = "SELECT id, lane FROM destination WHERE part_of = ?1
     AND moved_to IS NULL AND disabled IS NULL";

/// The bot was removed from a server: its places that are on go off; how many.
pub(super) fn gone(
    tx: &Connection,
    server: &Address,
    reason: &str,
    now: UnixMillis,
) -> Result<usize> {
    let parts = parts(tx, PARTS, &[&server.lane()])?;
    for (id, lane) in &parts {
        chat::block(tx, *id, reason, now)?;
        lane::settle(tx, *lane)?;
    }
    people::forget_group(tx, server)?;
    Ok(parts.len())
}

pub(super) const OFF_FOR: &str =
    "SELECT id, lane FROM destination WHERE part_of = ?1 AND moved_to IS NULL AND disabled = ?2";

/// Whether [`back`] would find something.
pub(super) fn is_off_for(db: &Connection, server: &Address, reason: &str) -> Result<bool> {
    Ok(db.prepare_cached(OFF_FOR)?.exists([&server.lane(), reason])?)
}

/// A server is back: its places are on that went off for this reason; how many. What is off for another stays off.
pub(super) fn back(
    tx: &Connection,
    server: &Address,
    reason: &str,
    now: UnixMillis,
) -> Result<usize> {
    let parts = parts(tx, OFF_FOR, &[&server.lane(), reason])?;
    for (id, lane) in &parts {
        chat::open(tx, *id, now)?;
        lane::settle(tx, *lane)?;
    }
    Ok(parts.len())
}

fn parts(tx: &Connection, sql: &str, values: &[&str]) -> Result<Vec<(DestinationId, i64)>> {
    Ok(tx
        .prepare_cached(sql)?
        .query_map(rusqlite::params_from_iter(values), |row| {
            Ok((DestinationId(row.get(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?)
}
