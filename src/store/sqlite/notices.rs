//! Messages that no rule made: to the operator, or to the owner of a destination.

use rusqlite::{Connection, params};

use super::lane::{self, Line};
use super::notification::{Births, Kept, NewNotification};
use super::{address, notification, rows};
use crate::model::{Address, Body, Owner, PersonKey, UnixMillis};
use crate::store::Result;

pub(super) fn notice(
    tx: &Connection,
    key: Option<&str>,
    to: &[(Address, Body)],
    now: UnixMillis,
) -> Result<bool> {
    // What nobody hears is not told: once there is an address, it is.
    if to.is_empty() {
        return Ok(false);
    }
    if let Some(key) = key {
        let new = tx
            .prepare_cached("INSERT OR IGNORE INTO notice (key, at) VALUES (?1, ?2)")?
            .execute(params![key, now.0])?;
        if new == 0 {
            return Ok(false);
        }
    }
    let mut births = Births::begin(tx)?;
    let mut notices = Vec::with_capacity(to.len());
    let mut lanes = Vec::with_capacity(to.len());
    for (address, body) in to {
        let (destination, lane) = address::destination(tx, address, &Owner::Operator)?;
        lanes.push(lane);
        notices.push(NewNotification {
            born: births.give(),
            lane,
            destination,
            unit: None,
            video: None,
            alerts: Vec::new(),
            kind: "notice",
            body: Some(Kept::of(body)?),
            silent: false,
            observed_at: now,
            now,
            state: "pending",
            next_at: Some(now),
            parts_left: 0,
        });
    }
    notification::insert(tx, &notices)?;
    lanes.into_iter().try_for_each(|lane| lane::make_due(tx, lane, Line::Told, now))?;
    Ok(true)
}

pub(super) fn clear_notice(tx: &Connection, key: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM notice WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// Other destinations of an owner that hear of one that is gone.
const ELSEWHERE_MAX: usize = 10;

/// Without groups: what happens to one is nothing for another to read.
pub(super) fn owners_other_destinations(
    db: &Connection,
    address: &Address,
) -> Result<Vec<Address>> {
    let mut statement = db.prepare_cached(
        "SELECT o.address FROM destination d JOIN destination o ON o.person = d.person AND o.lane <> d.lane
         WHERE d.address = ?1 AND d.person <> ?2 AND o.disabled IS NULL AND o.moved_to IS NULL",
    )?;
    let mut rows = statement.query(params![address.to_string(), PersonKey::OPERATOR.0])?;
    let mut found = Vec::new();
    while found.len() < ELSEWHERE_MAX
        && let Some(row) = rows.next()?
    {
        let address = rows::parsed(&row.get::<_, String>(0)?, "destination");
        found.extend(rows::or_skipped(address)?.filter(|address: &Address| !address.is_group()));
    }
    Ok(found)
}
