//! Where messages go: each destination with its state, what it watches and what waits for it.

use rusqlite::{Connection, Row, params};

use super::{rows, unit};
use crate::model::DestinationId;
use crate::store::{DestinationState, Result};

macro_rules! destinations {
    ($condition:literal) => {
        concat!(
            "SELECT (SELECT count(*) FROM subscription s WHERE s.destination = d.id AND s.ended_at IS NULL),
                    (SELECT coalesce(sum(1 + n.parts_left), 0) FROM notification n
                     WHERE n.lane = d.lane AND n.state = 'pending' AND n.destination = d.id),
                    (SELECT count(*) FROM subscription s JOIN unit u ON u.id >= s.id * ?3 AND u.id < (s.id + 1) * ?3
                     WHERE s.destination = d.id AND u.due_at IS NOT NULL AND u.notification IS NULL), ",
            rows::destination_columns!(),
            " FROM destination d WHERE d.id > ?1 AND d.moved_to IS NULL AND ",
            $condition,
            " ORDER BY d.id LIMIT ?2"
        )
    };
}

pub(super) const ALL: &str = destinations!("1");
pub(super) const SHUT: &str = destinations!("(d.disabled IS NOT NULL OR d.barred IS NOT NULL)");

pub(super) fn destinations(
    db: &Connection,
    shut_only: bool,
    after: DestinationId,
    limit: usize,
) -> Result<Vec<DestinationState>> {
    let mut statement = db.prepare_cached(if shut_only { SHUT } else { ALL })?;
    let mut rows = statement.query(params![after.0, limit, unit::KINDS])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(rows::or_skipped(state(row))?);
    }
    Ok(found)
}

/// How many are off.
pub(super) fn off(db: &Connection) -> Result<u64> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination WHERE disabled IS NOT NULL AND moved_to IS NULL",
        )?
        .query_row([], |row| row.get(0))?)
}

fn state(row: &Row<'_>) -> Result<DestinationState> {
    let (told, untold): (usize, usize) = (row.get(1)?, row.get(2)?);
    Ok(DestinationState {
        watches: row.get(0)?,
        waiting: told.saturating_add(untold),
        row: rows::destination_row(row, 3)?,
    })
}
