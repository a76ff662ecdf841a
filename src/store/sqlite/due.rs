//! What is due in lanes: notifications that are tried again, and units that are to be looked at. Asked for many lanes at
//! once, and read for many at once.

use std::time::Duration;

use rusqlite::{Connection, Row, params};

use super::lane::{DueLane, Line};
use super::unit::UnitId;
use super::{notification, rows};
use crate::model::{Address, NotificationId, UnixMillis};
use crate::store::{Claim, Compose, Result};

/// What is due in a lane, longest due first.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) retries: Vec<NotificationId>,
    pub(super) units: Vec<UnitId>,
    /// Whether there may be more.
    pub(super) has_more: bool,
}

impl Due {
    pub(super) fn len(&self) -> usize {
        self.retries.len() + self.units.len()
    }

    /// The first so many of both.
    pub(super) fn first(&self, count: usize, units_first: bool) -> (&[NotificationId], &[UnitId]) {
        let retries = self.retries.len().min(count);
        let units = self.units.len().min(count);
        let (retries, units) = if units_first {
            (retries.min(count - units), units)
        } else {
            (retries, units.min(count - retries))
        };
        (
            self.retries.get(..retries).unwrap_or_default(),
            self.units.get(..units).unwrap_or_default(),
        )
    }
}

/// A lane from which is taken.
pub(super) struct Share {
    pub(super) lane: DueLane,
    /// What is due in it and was not looked at.
    pub(super) due: Due,
    /// Places that it holds.
    pub(super) places: usize,
    /// How many were taken.
    pub(super) taken: usize,
    /// Whether nothing of it was looked at yet.
    pub(super) is_first_look: bool,
}

/// By now (2), in each of some lanes (1): at most so many (3) of each kind.
pub(super) const DUE: &str = "SELECT i.key,
     (SELECT json_group_array(id) FROM (SELECT id FROM notification
      WHERE lane = i.value AND state = 'pending' AND next_at <= ?2 ORDER BY next_at, created_at LIMIT ?3)),
     (SELECT json_group_array(id) FROM (SELECT id FROM unit
      WHERE lane = i.value AND id >= 0 AND due_at <= ?2 AND due_at IS NOT NULL AND notification IS NULL
      AND collected_in IS NULL ORDER BY due_at, first LIMIT ?3))
     FROM json_each(?1) i";

/// The same of digests.
pub(super) const DIGESTS: &str = "SELECT i.key, '[]',
     (SELECT json_group_array(id) FROM (SELECT id FROM unit
      WHERE lane = i.value AND id < 0 AND due_at <= ?2 AND due_at IS NOT NULL AND notification IS NULL
      ORDER BY due_at LIMIT ?3))
     FROM json_each(?1) i";

/// What is due in each of these lanes, at most so much of each kind.
pub(super) fn due(
    tx: &Connection,
    lanes: &[i64],
    line: Line,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Due>> {
    let mut found: Vec<Due> = lanes.iter().map(|_| Due::default()).collect();
    let mut statement = tx.prepare_cached(match line {
        Line::Told => DUE,
        Line::Digests => DIGESTS,
    })?;
    let mut rows = statement.query(params![rows::json(lanes)?, now.0, limit])?;
    while let Some(row) = rows.next()? {
        let Some(due) = found.get_mut(row.get::<_, usize>(0)?) else { continue };
        due.retries = numbers(row, 1).into_iter().map(NotificationId).collect();
        due.units = numbers(row, 2).into_iter().map(UnitId).collect();
        due.has_more = due.retries.len().max(due.units.len()) == limit;
    }
    Ok(found)
}

/// A list that the statement itself has made.
fn numbers(row: &Row<'_>, column: usize) -> Vec<i64> {
    let list = row.get_ref(column).ok().and_then(|list| list.as_str().ok()).unwrap_or_default();
    serde_json::from_str(list).unwrap_or_default()
}

/// A notification that is due again.
pub(super) struct Retry {
    pub(super) id: NotificationId,
    /// Why it is not to be sent any more.
    pub(super) cancelled: Option<String>,
    /// What to send; or why it can't be read.
    pub(super) claim: std::result::Result<Claim, String>,
}

/// Notifications (1), in their order. One ends with its destination, or with its watch as a whole.
pub(super) const RETRIES: &str =
    "SELECT n.id, d.address, n.body, n.silent, n.attempts, n.observed_at, n.created_at,
            CASE WHEN d.id IS NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN n.subscription IS NULL THEN NULL
                 WHEN s.id IS NULL THEN 'unwatched'
                 WHEN n.newest <= d.cancelled_to THEN d.cancelled_reason
                 WHEN n.newest <= s.cancelled_to THEN s.cancelled_reason
                 WHEN s.ended_at IS NOT NULL THEN 'unwatched'
                 WHEN s.until <= ?2 THEN 'expired' END,
            n.public_id, n.spent, d.barred IS NOT NULL, n.unit, s.settings, d.settings, i.key, n.body_kind
     FROM json_each(?1) i CROSS JOIN notification n ON n.id = i.value
     LEFT JOIN destination o ON o.id = n.destination
     LEFT JOIN destination d ON d.id = coalesce(o.moved_to, o.id)
     LEFT JOIN subscription s ON s.id = n.subscription";

/// Reads notifications that are due again, each with its lane.
pub(super) fn retries(
    tx: &Connection,
    due: &[(NotificationId, &DueLane)],
    now: UnixMillis,
    compose: &dyn Compose,
) -> Result<Vec<Retry>> {
    let mut retries = Vec::with_capacity(due.len());
    if due.is_empty() {
        return Ok(retries);
    }
    let ids: Vec<i64> = due.iter().map(|(id, _)| id.0).collect();
    let mut statement = tx.prepare_cached(RETRIES)?;
    let mut rows = statement.query(params![rows::json(&ids)?, now.0])?;
    while let Some(row) = rows.next()? {
        let Some((id, lane)) = due.get(row.get::<_, usize>(14)?) else { continue };
        let cancelled: Option<String> = row.get(7)?;
        let mut claim = match cancelled {
            Some(_) => Err(String::new()),
            None => rows::readable(claim(row, *id, lane))?,
        };
        if let Ok(claim) = &mut claim
            && claim.attempts > 0
        {
            claim.silent = claim.silent || is_quiet(row, compose, now);
        }
        retries.push(Retry { id: *id, cancelled, claim });
    }
    Ok(retries)
}

fn claim(row: &Row<'_>, id: NotificationId, lane: &DueLane) -> Result<Claim> {
    let address: Address = rows::parsed(&row.get::<_, String>(1)?, "destination")?;
    let kind: Option<String> = row.get(15)?;
    Ok(Claim {
        id,
        public_id: notification::public_id(row.get(8)?),
        lane: lane.id,
        lane_key: lane.key.clone(),
        body: notification::body(kind.as_deref(), row.get(2)?, address.channel())?,
        address,
        silent: row.get(3)?,
        attempts: row.get(4)?,
        spent: Duration::from_millis(row.get(9)?),
        is_probe: row.get(10)?,
        observed_at: UnixMillis(row.get(5)?),
        created_at: UnixMillis(row.get(6)?),
    })
}

/// Whether a notification that is tried again would come in quiet hours, and is not urgent.
fn is_quiet(row: &Row<'_>, compose: &dyn Compose, now: UnixMillis) -> bool {
    // What can't be read sets nothing.
    let settings = |column| rows::settings(&rows::text(row, column)).unwrap_or_default();
    let is_urgent = UnitId(rows::integer_or(row, 11, 0)).is_urgent();
    !is_urgent && compose.is_quiet(&settings(12), &settings(13), now)
}
