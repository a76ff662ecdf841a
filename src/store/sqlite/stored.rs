//! What is stored about a person, as it is told to them.

use rusqlite::{Connection, Row, params};

use super::{person, rows, why};
use crate::model::{Address, SubscriptionId, UnixMillis};
use crate::store::{Result, StoredAddress, StoredAlert};

/// What is set at each of their addresses.
pub(super) fn addresses(db: &Connection, of: &Address) -> Result<Vec<StoredAddress>> {
    let mut found = Vec::new();
    for address in person::addresses_with(db, of)? {
        let row = rows::or_skipped(rows::destination(db, &address))?.flatten();
        let (settings, muted_until) =
            row.map(|row| (row.settings, row.muted_until)).unwrap_or_default();
        found.push(StoredAddress { address, settings, muted_until });
    }
    Ok(found)
}

/// Watch by watch and video by video, as alerts are found by these.
pub(super) const ALERTS: &str = "SELECT s.id, d.address, v.ref, r.text, a.previous, a.current, a.observed_at, a.outcome, a.id
     FROM destination d JOIN subscription s ON s.destination = d.id
     CROSS JOIN alert a ON a.subscription = s.id AND a.video IN (SELECT 0 UNION SELECT video FROM member WHERE subject = s.subject)
     LEFT JOIN video v ON v.id = a.video LEFT JOIN rule r ON r.id = a.rule
     WHERE d.address = ?1";

/// What rang, or was to ring, at their addresses: the newest, newest first.
pub(super) fn alerts(db: &Connection, of: &Address, limit: usize) -> Result<Vec<StoredAlert>> {
    let mut found: Vec<(i64, StoredAlert)> = Vec::new();
    for address in person::addresses_with(db, of)? {
        let mut statement = db.prepare_cached(ALERTS)?;
        let mut rows = statement.query(params![address.to_string()])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(8)?;
            if let Some(alert) = rows::or_skipped(alert(row))? {
                found.push((id, alert));
            }
            // Whoever has more is told of the newest: the others need not be kept for that.
            if found.len() >= limit.saturating_mul(2) {
                keep_newest(&mut found, limit);
            }
        }
    }
    keep_newest(&mut found, limit);
    Ok(found.into_iter().map(|(_, alert)| alert).collect())
}

fn keep_newest(found: &mut Vec<(i64, StoredAlert)>, limit: usize) {
    found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    found.truncate(limit);
}

fn alert(row: &Row<'_>) -> Result<StoredAlert> {
    let video: Option<String> = row.get(2)?;
    let outcome: Option<String> = row.get(7)?;
    Ok(StoredAlert {
        watch: SubscriptionId(row.get(0)?),
        address: rows::parsed(&rows::text(row, 1), "destination")?,
        video: video.map(|video| rows::parsed(&video, "video id")).transpose()?,
        rule: row.get(3)?,
        previous: rows::value(row, 4)?,
        current: rows::value(row, 5)?,
        observed_at: UnixMillis(rows::integer_or(row, 6, 0)),
        outcome: why::outcome(outcome.as_deref(), None),
    })
}
