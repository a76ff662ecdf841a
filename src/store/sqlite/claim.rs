//! Taking what is due: retries first, then waiting alerts, put together into notifications as they are born.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::{Connection, params};

use super::finish::{self, Ended};
use super::lane::{self, DueLane};
use super::{group, queue, rows};
use crate::model::{AlertId, CancelReason, Channel, DestinationId, NotificationId, UnixMillis};
use crate::store::{Claim, Claimed, Compose, Composed, Finished, Group, Result};

/// Alerts that one transaction looks at, so that commands and routing get their turn; the rest stays due.
const LOOKED_MAX: usize = 5_000;

/// Alerts of one watch and video that one message is made of; more make another one.
const GROUP_MAX: usize = 5_000;

/// Watches and videos asked for at once.
const PAGE: usize = 32;

pub(super) fn finish_and_claim(
    tx: &Connection,
    finished: &[Finished],
    channel: Channel,
    limit: usize,
    now: UnixMillis,
    compose: &dyn Compose,
    salt: u64,
) -> Result<Claimed> {
    let mut ended = Ended::default();
    finish::finish(tx, finished, &mut ended)?;
    let mut claiming =
        Claiming { tx, now, compose, salt, ended, claims: Vec::new(), budget: LOOKED_MAX };
    if limit > 0 {
        for lane in lane::due(tx, channel, now, limit)? {
            if claiming.claims.len() == limit || claiming.budget == 0 {
                break;
            }
            claiming.claim(&lane, limit)?;
        }
    }
    let Claiming { claims, ended, .. } = claiming;
    ended.keep(tx)?;
    Ok(Claimed { claims, next_due: lane::next_due(tx, channel)? })
}

/// One claim under way.
struct Claiming<'a> {
    tx: &'a Connection,
    now: UnixMillis,
    compose: &'a dyn Compose,
    salt: u64,
    claims: Vec<Claim>,
    ended: Ended,
    /// Rows that may still be looked at.
    budget: usize,
}

impl Claiming<'_> {
    fn claim(&mut self, lane: &DueLane, limit: usize) -> Result<()> {
        let before = self.claims.len();
        let full = limit.min(before.saturating_add(lane.slots));
        self.take_retries(lane, full)?;
        self.take_waiting(lane, full)?;
        lane::occupy(self.tx, lane.id, self.claims.len() - before)
    }

    /// Takes notifications that were tried before; ends those that a command has cancelled meanwhile.
    fn take_retries(&mut self, lane: &DueLane, full: usize) -> Result<()> {
        while self.claims.len() < full && self.budget > 0 {
            let wanted = full - self.claims.len();
            let retries = retries(self.tx, lane.id, self.now, wanted)?;
            if retries.is_empty() {
                return Ok(());
            }
            for retry in retries {
                self.budget = self.budget.saturating_sub(1);
                let id = NotificationId(retry.id);
                if let Some(word) = retry.cancelled {
                    let reason = group::reason(Some(&word));
                    finish::cancel(self.tx, id, reason, self.now, &mut self.ended)?;
                    continue;
                }
                match retry.claim {
                    Err(cause) => {
                        finish::give_up(self.tx, id, &cause, self.now, &mut self.ended)?;
                    }
                    Ok(claim) => {
                        self.tx
                            .prepare_cached("UPDATE notification SET next_at = NULL WHERE id = ?1")?
                            .execute([retry.id])?;
                        self.claims.push(Claim {
                            public_id: public_id(self.salt, retry.id),
                            lane_key: lane.key.clone(),
                            ..claim
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn take_waiting(&mut self, lane: &DueLane, full: usize) -> Result<()> {
        // Each look takes its row out of what is due, so this ends.
        while self.claims.len() < full && self.budget > 0 {
            let due = queue::due(self.tx, lane.id, self.now, PAGE)?;
            if due.is_empty() {
                return Ok(());
            }
            for key in due {
                if self.claims.len() == full || self.budget == 0 {
                    return Ok(());
                }
                self.look(lane, key)?;
            }
        }
        Ok(())
    }

    /// Looks at what waits for one watch and video, and does with it what is decided.
    fn look(&mut self, lane: &DueLane, key: (i64, i64)) -> Result<()> {
        let looked = group::look(self.tx, key, self.now, GROUP_MAX)?;
        self.budget = self.budget.saturating_sub(looked.read.max(1));
        for (alert, reason) in looked.cancelled {
            finish::cancel_alert(self.tx, alert, reason, self.now, &mut self.ended)?;
        }
        let mut birth = Birth {
            lane: lane.id,
            destination: looked.destination.unwrap_or_default(),
            key,
            members: &[],
            kind: "single",
            body: "",
            silent: false,
            observed_at: self.now,
            now: self.now,
        };
        for (members, cause) in &looked.broken {
            birth.members = members;
            self.bury(&birth, cause)?;
        }
        if let Some(group) = looked.group {
            birth.observed_at = oldest(&group);
            if let Some(until) = self.decide(lane, &group, birth)? {
                // In the past it would be looked at without end.
                return queue::hold(self.tx, key, until.max(UnixMillis(self.now.0 + 1)));
            }
        }
        if looked.read < GROUP_MAX {
            queue::dequeue(self.tx, key)
        } else {
            queue::requeue(self.tx, key, looked.last, self.now)
        }
    }

    /// Returns until when the group is held, if it is.
    fn decide(
        &mut self,
        lane: &DueLane,
        group: &Group,
        birth: Birth<'_>,
    ) -> Result<Option<UnixMillis>> {
        let ids: Vec<AlertId> = group.alerts.iter().map(|alert| alert.id).collect();
        // One message that can't be put together must not stop all others of the channel.
        let composed = catch_unwind(AssertUnwindSafe(|| self.compose.compose(group, self.now)))
            .unwrap_or_else(|_| Composed::Dead("putting the message together failed".into()));
        match composed {
            Composed::Hold(until) => return Ok(Some(until)),
            Composed::Cancel(reason) => {
                for alert in ids {
                    finish::cancel_alert(self.tx, alert, reason, self.now, &mut self.ended)?;
                }
            }
            Composed::Dead(cause) => self.bury(&Birth { members: &ids, ..birth }, &cause)?,
            Composed::Send { kind, body, silent, cancelled } => {
                for (alert, reason) in &cancelled {
                    finish::cancel_alert(self.tx, *alert, *reason, self.now, &mut self.ended)?;
                }
                let told = told(&ids, &cancelled);
                let born =
                    Birth { members: &told, kind, body: &body, silent, ..birth }.give(self.tx)?;
                self.claims.push(Claim {
                    id: born,
                    public_id: public_id(self.salt, born.0),
                    lane: lane.id,
                    lane_key: lane.key.clone(),
                    address: group.destination.address.clone(),
                    body,
                    silent,
                    attempts: 0,
                    observed_at: birth.observed_at,
                    created_at: self.now,
                });
            }
        }
        Ok(None)
    }

    /// Makes a dead letter of alerts that can't be told.
    fn bury(&mut self, birth: &Birth<'_>, cause: &str) -> Result<()> {
        let born = birth.give(self.tx)?;
        finish::give_up(self.tx, born, cause, self.now, &mut self.ended)
    }
}

fn oldest(group: &Group) -> UnixMillis {
    group.alerts.iter().map(|alert| alert.observed_at).min().unwrap_or_default()
}

/// The alerts that are in the message. Both lists are in the order of their ids or nearly so, but may be long.
fn told(ids: &[AlertId], cancelled: &[(AlertId, CancelReason)]) -> Vec<AlertId> {
    let cancelled: std::collections::HashSet<AlertId> =
        cancelled.iter().map(|(id, _)| *id).collect();
    ids.iter().filter(|id| !cancelled.contains(id)).copied().collect()
}

/// The id that the outside sees: the row's, moved by a number of this database's own, in base32 (13 characters).
fn public_id(salt: u64, id: i64) -> String {
    let unique = salt.wrapping_add(id.cast_unsigned());
    data_encoding::BASE32_NOPAD.encode(&unique.to_be_bytes()).to_lowercase()
}

/// A notification that is due again.
struct Retry {
    id: i64,
    /// Why it is not to be sent any more.
    cancelled: Option<String>,
    /// Without the parts that the lane and the database know; or why it can't be read.
    claim: std::result::Result<Claim, String>,
}

pub(super) const RETRIES: &str =
    "SELECT n.id, d.address, n.body, n.silent, n.attempts, n.observed_at, n.created_at,
            CASE WHEN d.id IS NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN n.subscription IS NULL THEN NULL
                 WHEN s.id IS NULL THEN 'unwatched'
                 WHEN n.newest <= d.cancelled_to THEN d.cancelled_reason
                 WHEN n.newest <= s.cancelled_to THEN s.cancelled_reason
                 WHEN s.ended_at IS NOT NULL THEN 'unwatched'
                 WHEN s.until <= ?2 THEN 'expired' END
     FROM notification n LEFT JOIN destination o ON o.id = n.destination
     LEFT JOIN destination d ON d.id = coalesce(o.moved_to, o.id)
     LEFT JOIN subscription s ON s.id = n.subscription
     WHERE n.lane = ?1 AND n.state = 'pending' AND n.next_at <= ?2
     ORDER BY n.next_at, n.created_at LIMIT ?3";

fn retries(tx: &Connection, lane: i64, now: UnixMillis, limit: usize) -> Result<Vec<Retry>> {
    let mut statement = tx.prepare_cached(RETRIES)?;
    let mut rows = statement.query(params![lane, now.0, limit])?;
    let mut retries = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let read = || -> Result<Claim> {
            Ok(Claim {
                id: NotificationId(id),
                public_id: String::new(),
                lane,
                lane_key: String::new(),
                address: rows::parsed(&row.get::<_, String>(1)?, "destination")?,
                body: row.get(2)?,
                silent: row.get(3)?,
                attempts: row.get(4)?,
                observed_at: UnixMillis(row.get(5)?),
                created_at: UnixMillis(row.get(6)?),
            })
        };
        let cancelled: Option<String> = row.get(7)?;
        let claim = if cancelled.is_some() { Err(String::new()) } else { rows::readable(read())? };
        retries.push(Retry { id, cancelled, claim });
    }
    Ok(retries)
}

/// A notification to be written.
#[derive(Clone, Copy)]
struct Birth<'a> {
    lane: i64,
    destination: DestinationId,
    /// The watch and the video.
    key: (i64, i64),
    members: &'a [AlertId],
    kind: &'a str,
    body: &'a str,
    silent: bool,
    observed_at: UnixMillis,
    now: UnixMillis,
}

impl Birth<'_> {
    fn give(&self, tx: &Connection) -> Result<NotificationId> {
        let members = rows::json(self.members)?;
        tx.prepare_cached(
            "INSERT INTO notification (lane, destination, subscription, video, newest, kind, body,
             members, silent, observed_at, created_at, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'pending')",
        )?
        .execute(params![
            self.lane,
            self.destination.0,
            self.key.0,
            self.key.1,
            self.members.iter().map(|id| id.0).max().unwrap_or(0),
            self.kind,
            self.body,
            members,
            self.silent,
            self.observed_at.0,
            self.now.0
        ])?;
        let born = tx.last_insert_rowid();
        let mut mark = tx.prepare_cached("UPDATE alert SET notification = ?2 WHERE id = ?1")?;
        for member in self.members {
            mark.execute([member.0, born])?;
        }
        Ok(NotificationId(born))
    }
}
