//! Lanes: taking what is due, and recording how it ended.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{edit, rows};
use crate::model::{
    Address, Alert, AlertId, CancelReason, Channel, DestinationId, Marks, NotificationId, RuleId,
    Series, SubscriptionId, UnixMillis, VideoId, VideoKey,
};
use crate::store::{
    Claim, Claimed, Compose, Composed, DeadLetter, Finished, FinishedAs, Group, Result, StoreError,
};

/// Alerts read at once when a lane is claimed.
const PAGE: usize = 256;

/// How many notifications of one lane may be in flight: chats take one message after the other, while an HTTP
/// endpoint serves several requests at once.
const IN_FLIGHT_MAX: &str = "CASE channel WHEN 'telegram' THEN 1 ELSE 16 END";

/// Makes a lane due now, or when it is free; written only when that is earlier than before.
pub(super) fn make_due(tx: &Connection, lane: i64, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(&format!(
        "UPDATE lane SET due_at = max(?2, free_at) WHERE id = ?1 AND in_flight < {IN_FLIGHT_MAX}
         AND (due_at IS NULL OR due_at > max(?2, free_at))"
    ))?
    .execute([lane, now.0])?;
    Ok(())
}

/// Computes when a lane is due from what waits in it.
fn settle(tx: &Connection, lane: i64, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(&format!(
        "UPDATE lane SET due_at = CASE WHEN in_flight >= {IN_FLIGHT_MAX} THEN NULL ELSE (
             SELECT max(free_at, min(at)) FROM (
                 SELECT min(next_at) AS at FROM notification
                 WHERE lane = ?1 AND state = 'pending' AND next_at IS NOT NULL
                 UNION ALL
                 SELECT ?2 WHERE EXISTS (SELECT 1 FROM alert
                     WHERE lane = ?1 AND outcome IS NULL AND notification IS NULL))
             WHERE at IS NOT NULL) END
         WHERE id = ?1"
    ))?
    .execute([lane, now.0])?;
    Ok(())
}

/// After a stop of any kind nothing is in flight: what was is tried again.
pub(super) fn release_all(db: &mut Connection) -> Result<()> {
    let tx = db.transaction()?;
    tx.execute(
        "UPDATE notification SET next_at = created_at WHERE state = 'pending' AND next_at IS NULL
         AND lane IN (SELECT id FROM lane WHERE in_flight > 0)",
        [],
    )?;
    tx.execute("UPDATE lane SET in_flight = 0, due_at = free_at WHERE in_flight > 0", [])?;
    tx.commit()?;
    Ok(())
}

pub(super) fn finish_and_claim(
    tx: &Connection,
    finished: &[Finished],
    channel: Channel,
    limit: usize,
    now: UnixMillis,
    compose: &dyn Compose,
    salt: u64,
) -> Result<Claimed> {
    let mut claimed = Claimed::default();
    let mut ended: HashMap<&'static str, usize> = HashMap::new();
    for item in finished {
        finish(tx, item, &mut ended)?;
    }
    if limit > 0 {
        claim(tx, channel, limit, now, compose, salt, &mut claimed, &mut ended)?;
    }
    let next: Option<i64> = tx
        .prepare_cached(
            "SELECT due_at FROM lane WHERE channel = ?1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1",
        )?
        .query_row([channel.name()], |row| row.get(0))
        .optional()?;
    claimed.next_due = next.map(UnixMillis);
    claimed.ended = ended.into_iter().collect();
    Ok(claimed)
}

fn finish(
    tx: &Connection,
    item: &Finished,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<()> {
    let mut lane = item.lane;
    match &item.result {
        FinishedAs::Sent(receipt) => {
            tx.prepare_cached(
                "UPDATE notification SET state = 'sent', receipt = ?2, ended = ?3, next_at = NULL,
                 attempts = attempts + 1, error = NULL WHERE id = ?1",
            )?
            .execute(params![item.id.0, receipt, item.at.0])?;
            end_members(tx, item.id, "sent", item.at, ended)?;
        }
        FinishedAs::Retry { at, counts, error } => {
            tx.prepare_cached(
                "UPDATE notification SET next_at = ?2, attempts = attempts + ?3, error = ?4
                 WHERE id = ?1 AND state = 'pending'",
            )?
            .execute(params![item.id.0, at.0, counts, error])?;
        }
        FinishedAs::Dead(cause) => {
            tx.prepare_cached(
                "UPDATE notification SET state = 'dead', error = ?2, ended = ?3, next_at = NULL,
                 attempts = attempts + 1 WHERE id = ?1",
            )?
            .execute(params![item.id.0, cause, item.at.0])?;
            end_members(tx, item.id, "dead", item.at, ended)?;
        }
        FinishedAs::Gone(reason) => {
            let address: String = tx
                .prepare_cached(
                    "SELECT d.address FROM notification n JOIN destination d ON d.id = n.destination
                     WHERE n.id = ?1",
                )?
                .query_row([item.id.0], |row| row.get(0))?;
            tx.prepare_cached(
                "UPDATE notification SET state = 'cancelled', error = ?2, ended = ?3, next_at = NULL
                 WHERE id = ?1",
            )?
            .execute(params![item.id.0, reason, item.at.0])?;
            end_members(tx, item.id, "cancelled:disabled", item.at, ended)?;
            edit::disable(tx, &rows::parsed(&address, "destination")?, reason, item.at)?;
        }
        FinishedAs::Moved(to) => {
            let from: String = tx
                .prepare_cached("SELECT key FROM lane WHERE id = ?1")?
                .query_row([lane], |row| row.get(0))?;
            tx.prepare_cached("UPDATE notification SET next_at = ?2 WHERE id = ?1")?
                .execute([item.id.0, item.at.0])?;
            release_one(tx, lane, item)?;
            lane = edit::move_chat(tx, &rows::parsed(&from, "lane")?, to, item.at)?;
            return settle(tx, lane, item.at);
        }
    }
    release_one(tx, lane, item)?;
    settle(tx, lane, item.at)
}

fn release_one(tx: &Connection, lane: i64, item: &Finished) -> Result<()> {
    tx.prepare_cached(
        "UPDATE lane SET in_flight = max(in_flight - 1, 0), free_at = max(free_at, ?2) WHERE id = ?1",
    )?
    .execute([lane, item.lane_free_at.0])?;
    Ok(())
}

fn end_members(
    tx: &Connection,
    id: NotificationId,
    outcome: &'static str,
    at: UnixMillis,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<()> {
    let members: String = tx
        .prepare_cached("SELECT members FROM notification WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    let members: Vec<i64> = serde_json::from_str(&members)
        .map_err(|error| StoreError::Row(format!("members: {error}")))?;
    let mut statement = tx.prepare_cached(
        "UPDATE alert SET outcome = ?2, ended = ?3 WHERE id = ?1 AND (outcome IS NULL OR outcome = 'dead')",
    )?;
    for member in members {
        *ended.entry(outcome).or_default() += statement.execute(params![member, outcome, at.0])?;
    }
    Ok(())
}

/// A lane that is due.
struct DueLane {
    id: i64,
    key: String,
    free_slots: usize,
}

#[expect(
    clippy::too_many_arguments,
    reason = "two outputs, so that counting does not allocate a result per lane"
)]
fn claim(
    tx: &Connection,
    channel: Channel,
    limit: usize,
    now: UnixMillis,
    compose: &dyn Compose,
    salt: u64,
    claimed: &mut Claimed,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<()> {
    let lanes: Vec<DueLane> = tx
        .prepare_cached(&format!(
            "SELECT id, key, {IN_FLIGHT_MAX} - in_flight FROM lane
             WHERE channel = ?1 AND due_at <= ?2 ORDER BY due_at LIMIT ?3"
        ))?
        .query_map(params![channel.name(), now.0, limit], |row| {
            Ok(DueLane {
                id: row.get(0)?,
                key: row.get(1)?,
                free_slots: row.get::<_, i64>(2)?.try_into().unwrap_or(0),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    for lane in lanes {
        let room = limit - claimed.claims.len();
        if room == 0 {
            break;
        }
        let before = claimed.claims.len();
        let wanted = lane.free_slots.min(room);
        take_pending(tx, &lane, wanted, now, salt, &mut claimed.claims)?;
        let taken = claimed.claims.len() - before;
        let mut hold = None;
        if taken < wanted {
            hold = compose_waiting(
                tx,
                &lane,
                wanted - taken,
                now,
                compose,
                salt,
                &mut claimed.claims,
                ended,
            )?;
        }
        let taken = claimed.claims.len() - before;
        tx.prepare_cached("UPDATE lane SET in_flight = in_flight + ?2 WHERE id = ?1")?
            .execute(params![lane.id, taken])?;
        match hold {
            // All that waits was looked at: nothing leaves before the earliest of them, or a retry, is due.
            Some(until) => {
                let pending: Option<i64> = tx
                    .prepare_cached(
                        "SELECT min(next_at) FROM notification WHERE lane = ?1 AND state = 'pending'
                         AND next_at IS NOT NULL",
                    )?
                    .query_row([lane.id], |row| row.get(0))?;
                let due = match (until.0, pending) {
                    (None, pending) => pending,
                    (Some(hold), None) => Some(hold.0),
                    (Some(hold), Some(pending)) => Some(hold.0.min(pending)),
                };
                tx.prepare_cached(&format!(
                    "UPDATE lane SET due_at = CASE WHEN in_flight >= {IN_FLIGHT_MAX} THEN NULL
                     ELSE max(free_at, ?2) END WHERE id = ?1"
                ))?
                .execute(params![lane.id, due])?;
            }
            None => settle(tx, lane.id, now)?,
        }
    }
    Ok(())
}

/// When the earliest of the held alerts may leave; `None` inside: nothing waits.
struct HeldUntil(Option<UnixMillis>);

fn take_pending(
    tx: &Connection,
    lane: &DueLane,
    wanted: usize,
    now: UnixMillis,
    salt: u64,
    claims: &mut Vec<Claim>,
) -> Result<()> {
    let mut statement = tx.prepare_cached(
        "SELECT n.id, d.address, n.body, n.silent, n.attempts, n.observed_at, n.created_at
         FROM notification n JOIN destination o ON o.id = n.destination
         JOIN destination d ON d.id = coalesce(o.moved_to, o.id)
         WHERE n.lane = ?1 AND n.state = 'pending' AND n.next_at <= ?2 ORDER BY n.id LIMIT ?3",
    )?;
    let mut rows = statement.query(params![lane.id, now.0, wanted])?;
    let mut take = tx.prepare_cached("UPDATE notification SET next_at = NULL WHERE id = ?1")?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        taken.push(id);
        claims.push(Claim {
            id: NotificationId(id),
            public_id: public_id(salt, id),
            lane: lane.id,
            lane_key: lane.key.clone(),
            address: rows::parsed(&row.get::<_, String>(1)?, "destination")?,
            body: row.get(2)?,
            silent: row.get(3)?,
            attempts: row.get(4)?,
            observed_at: UnixMillis(row.get(5)?),
            created_at: UnixMillis(row.get(6)?),
        });
    }
    for id in taken {
        take.execute([id])?;
    }
    Ok(())
}

/// The id that the outside sees: the row's, moved by a number of this database's own, in base32 (13 characters).
fn public_id(salt: u64, id: i64) -> String {
    let unique = salt.wrapping_add(id.cast_unsigned());
    data_encoding::BASE32_NOPAD.encode(&unique.to_be_bytes()).to_lowercase()
}

/// Makes notifications of waiting alerts, oldest first. Returns until when the rest is held once all was looked at.
#[expect(clippy::too_many_arguments, reason = "see claim")]
fn compose_waiting(
    tx: &Connection,
    lane: &DueLane,
    wanted: usize,
    now: UnixMillis,
    compose: &dyn Compose,
    salt: u64,
    claims: &mut Vec<Claim>,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<Option<HeldUntil>> {
    let mut after = 0;
    let mut held: Option<UnixMillis> = None;
    let full = claims.len() + wanted;
    loop {
        let (groups, last, read) = read_groups(tx, lane.id, after, now, ended)?;
        for group in groups {
            if claims.len() == full {
                return Ok(None);
            }
            match compose.compose(&group, now) {
                Composed::Hold(until) => {
                    held = Some(held.map_or(until, |earlier| earlier.min(until)));
                }
                Composed::Cancel(reason) => {
                    for alert in &group.alerts {
                        end_alert(tx, alert.id, reason, now, ended)?;
                    }
                }
                Composed::Dead(cause) => {
                    let born = birth(tx, lane, &group, "single", "", false, &[], now)?;
                    let dead = Finished {
                        id: born,
                        lane: lane.id,
                        at: now,
                        lane_free_at: now,
                        result: FinishedAs::Dead(cause),
                    };
                    finish(tx, &dead, ended)?;
                }
                Composed::Send { kind, body, silent, cancelled } => {
                    for (alert, reason) in &cancelled {
                        end_alert(tx, *alert, *reason, now, ended)?;
                    }
                    let born = birth(tx, lane, &group, kind, &body, silent, &cancelled, now)?;
                    claims.push(Claim {
                        id: born,
                        public_id: public_id(salt, born.0),
                        lane: lane.id,
                        lane_key: lane.key.clone(),
                        address: group.destination.address.clone(),
                        body,
                        silent,
                        attempts: 0,
                        observed_at: oldest(&group),
                        created_at: now,
                    });
                }
            }
        }
        if read < PAGE {
            return Ok(Some(HeldUntil(held)));
        }
        after = last;
    }
}

fn oldest(group: &Group) -> UnixMillis {
    group.alerts.iter().map(|alert| alert.observed_at).min().unwrap_or_default()
}

#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
fn birth(
    tx: &Connection,
    lane: &DueLane,
    group: &Group,
    kind: &str,
    body: &str,
    silent: bool,
    cancelled: &[(AlertId, CancelReason)],
    now: UnixMillis,
) -> Result<NotificationId> {
    let members: Vec<i64> = group
        .alerts
        .iter()
        .filter(|alert| cancelled.iter().all(|(id, _)| *id != alert.id))
        .map(|alert| alert.id.0)
        .collect();
    let list =
        serde_json::to_string(&members).map_err(|error| StoreError::Row(error.to_string()))?;
    tx.prepare_cached(
        "INSERT INTO notification (lane, destination, video, kind, body, members, silent, observed_at,
         created_at, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'pending')",
    )?
    .execute(params![
        lane.id,
        group.destination.id.0,
        group.alerts.first().map(|alert| alert.video_key.0),
        kind,
        body,
        list,
        silent,
        oldest(group).0,
        now.0
    ])?;
    let born = tx.last_insert_rowid();
    let mut mark = tx.prepare_cached("UPDATE alert SET notification = ?2 WHERE id = ?1")?;
    for member in members {
        mark.execute([member, born])?;
    }
    Ok(NotificationId(born))
}

fn end_alert(
    tx: &Connection,
    alert: AlertId,
    reason: CancelReason,
    now: UnixMillis,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<()> {
    let outcome = cancelled_outcome(reason);
    *ended.entry(outcome).or_default() += tx
        .prepare_cached("UPDATE alert SET outcome = ?2, ended = ?3 WHERE id = ?1")?
        .execute(params![alert.0, outcome, now.0])?;
    Ok(())
}

/// The stored word of a cancellation.
pub(super) const fn cancelled_outcome(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::NetZero => "cancelled:net_zero",
        CancelReason::Unwatched => "cancelled:unwatched",
        CancelReason::Muted => "cancelled:muted",
        CancelReason::Disabled => "cancelled:disabled",
        CancelReason::Expired => "cancelled:expired",
    }
}

/// Reads a page of waiting alerts of a lane and sorts it into groups by watch and video; ends those that a command
/// or an expiry has cancelled.
fn read_groups(
    tx: &Connection,
    lane: i64,
    after: i64,
    now: UnixMillis,
    ended: &mut HashMap<&'static str, usize>,
) -> Result<(Vec<Group>, i64, usize)> {
    let mut statement = tx.prepare_cached(&format!(
        "SELECT a.id, a.subscription, a.rule, r.text, a.video, v.ref, a.series, a.previous, a.current,
                a.marks, a.observed_at,
                CASE WHEN a.id <= d.cancelled_to THEN d.cancelled_reason
                     WHEN a.id <= s.cancelled_to THEN s.cancelled_reason
                     WHEN s.ended_at IS NOT NULL OR r.ended_at IS NOT NULL THEN 'unwatched'
                     WHEN s.until <= ?4 THEN 'expired' END,
                s.settings, u.ref, u.title, v.title, {}, {}
         FROM alert a JOIN rule r ON r.id = a.rule JOIN subscription s ON s.id = a.subscription
         JOIN subject u ON u.id = s.subject JOIN destination d ON d.id = a.destination
         JOIN video v ON v.id = a.video LEFT JOIN seen n ON n.video = a.video
         WHERE a.lane = ?1 AND a.id > ?2 AND a.outcome IS NULL AND a.notification IS NULL
         ORDER BY a.id LIMIT ?3",
        rows::DESTINATION,
        rows::SEEN
    ))?;
    let mut rows = statement.query(params![lane, after, PAGE, now.0])?;
    let mut groups: Vec<Group> = Vec::new();
    let mut places: HashMap<(i64, i64), usize> = HashMap::new();
    let mut cancelled: Vec<(AlertId, CancelReason)> = Vec::new();
    let (mut last, mut read) = (after, 0);
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        read += 1;
        if let Some(word) = row.get::<_, Option<String>>(11)? {
            let reason = CancelReason::ALL
                .into_iter()
                .find(|reason| reason.name() == word)
                .unwrap_or(CancelReason::Unwatched);
            cancelled.push((AlertId(last), reason));
            continue;
        }
        let (subscription, video): (i64, i64) = (row.get(1)?, row.get(4)?);
        let destination = rows::destination_row(row, 16)?;
        let alert = alert(row, destination.id)?;
        let place = match places.get(&(subscription, video)) {
            Some(place) => *place,
            None => {
                groups.push(Group {
                    destination,
                    settings: rows::settings(&row.get::<_, String>(12)?)?,
                    subject: rows::parsed(&row.get::<_, String>(13)?, "subject")?,
                    subject_title: row.get(14)?,
                    title: row.get(15)?,
                    known: rows::known(row, 22)?,
                    alerts: Vec::new(),
                    last_sent: last_sent(tx, subscription, video, now)?,
                });
                places.insert((subscription, video), groups.len() - 1);
                groups.len() - 1
            }
        };
        groups[place].alerts.push(alert);
    }
    for (alert, reason) in cancelled {
        end_alert(tx, alert, reason, now, ended)?;
    }
    Ok((groups, last, read))
}

/// Reads an alert from the first columns of a row: id, subscription, rule, its text, video, its id, series,
/// previous, current, marks, `observed_at`.
pub(super) fn alert(row: &rusqlite::Row<'_>, destination: DestinationId) -> Result<Alert> {
    let marks = match row.get::<_, Option<String>>(9)? {
        None => Marks::default(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| StoreError::Row(format!("marks: {error}")))?,
    };
    let code: i64 = row.get(6)?;
    Ok(Alert {
        id: AlertId(row.get(0)?),
        destination,
        subscription: SubscriptionId(row.get(1)?),
        rule: RuleId(row.get(2)?),
        rule_text: row.get(3)?,
        video_key: VideoKey(row.get(4)?),
        video_id: rows::parsed::<VideoId>(&row.get::<_, String>(5)?, "video id")?,
        series: Series::from_code(code).ok_or_else(|| StoreError::Row(format!("series {code}")))?,
        previous: rows::value(row, 7)?,
        current: rows::value(row, 8)?,
        marks,
        observed_at: UnixMillis(row.get(10)?),
    })
}

/// When the last message of a watch and video left; one in flight counts as leaving now.
fn last_sent(
    tx: &Connection,
    subscription: i64,
    video: i64,
    now: UnixMillis,
) -> Result<Option<UnixMillis>> {
    let at: Option<i64> = tx
        .prepare_cached(
            "SELECT coalesce(ended, ?3) FROM alert WHERE subscription = ?1 AND video = ?2
             AND notification IS NOT NULL AND (outcome IS NULL OR outcome = 'sent')
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([subscription, video, now.0], |row| row.get(0))
        .optional()?;
    Ok(at.map(UnixMillis))
}

pub(super) fn notice(
    tx: &Connection,
    key: Option<&str>,
    to: &[(Address, String)],
    now: UnixMillis,
) -> Result<bool> {
    if let Some(key) = key {
        let new = tx
            .prepare_cached("INSERT OR IGNORE INTO notice (key, at) VALUES (?1, ?2)")?
            .execute(params![key, now.0])?;
        if new == 0 {
            return Ok(false);
        }
    }
    for (address, body) in to {
        let (destination, lane) = edit::destination(tx, address, "operator")?;
        tx.prepare_cached(
            "INSERT INTO notification (lane, destination, kind, body, members, silent, observed_at,
             created_at, next_at, state) VALUES (?1, ?2, 'notice', ?3, '[]', 0, ?4, ?4, ?4, 'pending')",
        )?
        .execute(params![lane, destination.0, body, now.0])?;
        make_due(tx, lane, now)?;
    }
    Ok(true)
}

pub(super) fn clear_notice(tx: &Connection, key: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM notice WHERE key = ?1")?.execute([key])?;
    Ok(())
}

pub(super) fn owners_other_destinations(
    db: &Connection,
    address: &Address,
) -> Result<Vec<Address>> {
    let mut statement = db.prepare_cached(
        "SELECT o.address FROM destination d JOIN destination o ON o.owner = d.owner AND o.lane <> d.lane
         WHERE d.address = ?1 AND d.owner <> 'operator' AND o.disabled IS NULL AND o.moved_to IS NULL
         LIMIT 10",
    )?;
    let mut rows = statement.query([address.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(rows::parsed(&row.get::<_, String>(0)?, "destination")?);
    }
    Ok(found)
}

pub(super) fn dead_letters(db: &Connection, limit: usize) -> Result<Vec<DeadLetter>> {
    let mut statement = db.prepare_cached(
        "SELECT n.id, d.address, coalesce(n.error, ''), n.attempts, n.ended, coalesce(v.title, v.ref)
         FROM notification n JOIN destination d ON d.id = n.destination
         LEFT JOIN video v ON v.id = n.video
         WHERE n.state = 'dead' ORDER BY n.id DESC LIMIT ?1",
    )?;
    let mut rows = statement.query([limit])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(DeadLetter {
            id: NotificationId(row.get(0)?),
            address: rows::parsed(&row.get::<_, String>(1)?, "destination")?,
            error: row.get(2)?,
            attempts: row.get(3)?,
            ended: UnixMillis(row.get(4)?),
            about: row.get(5)?,
        });
    }
    Ok(letters)
}

pub(super) fn replay_dead_letters(
    tx: &Connection,
    ids: Option<&[NotificationId]>,
    now: UnixMillis,
) -> Result<usize> {
    let ids: Vec<i64> = match ids {
        Some(ids) => ids.iter().map(|id| id.0).collect(),
        None => tx
            .prepare_cached("SELECT id FROM notification WHERE state = 'dead'")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    };
    let mut replayed = 0;
    for id in ids {
        // One that could not be rendered has no body: its alerts go back to waiting and are rendered anew.
        let row: Option<(i64, bool, String)> = tx
            .prepare_cached(
                "SELECT lane, body = '', members FROM notification WHERE id = ?1 AND state = 'dead'",
            )?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((lane, unrendered, members)) = row else { continue };
        let members: Vec<i64> = serde_json::from_str(&members)
            .map_err(|error| StoreError::Row(format!("members: {error}")))?;
        let reset = if unrendered {
            tx.prepare_cached("UPDATE notification SET state = 'cancelled' WHERE id = ?1")?
                .execute([id])?;
            "UPDATE alert SET outcome = NULL, ended = NULL, notification = NULL WHERE id = ?1"
        } else {
            // The time of birth starts anew: it counts towards giving up.
            tx.prepare_cached(
                "UPDATE notification SET state = 'pending', attempts = 0, ended = NULL, created_at = ?2,
                 next_at = ?2 WHERE id = ?1",
            )?
            .execute([id, now.0])?;
            "UPDATE alert SET outcome = NULL, ended = NULL WHERE id = ?1"
        };
        let mut statement = tx.prepare_cached(reset)?;
        for member in members {
            statement.execute([member])?;
        }
        make_due(tx, lane, now)?;
        replayed += 1;
    }
    Ok(replayed)
}
