//! Units of telling: what waits for one watch is told together, in one message or as many as it takes.
//!
//! One row per watch, and one more for its urgent alerts. It says when a claim looks at what waits, however many alerts
//! those are: a hold moves the row, not its alerts, and an alert that comes meanwhile joins the row as it stands. While a
//! message of the unit is under way nothing else of it is taken.
//!
//! A digest has a row, too. It has no alerts of its own: it tells those of the units of watches that are collected in it,
//! at which nobody looks for as long (`digest.rs`).

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, params};

use super::kept::Kept;
use super::lane::{self, Line};
use crate::model::{AlertId, DestinationId, NotificationId, SubscriptionId, UnixMillis};
use crate::store::Result;

/// A unit's row. Its number says what it is of, so that it is found without an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct UnitId(pub(super) i64);

/// A digest's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct DigestId(pub(super) i64);

/// Numbers that belong to one watch: room for further kinds.
pub(super) const KINDS: i64 = 8;

impl UnitId {
    /// Where the alerts of a watch wait.
    pub(super) const fn of_watch(watch: SubscriptionId, is_urgent: bool) -> UnitId {
        UnitId(watch.0 * KINDS + is_urgent as i64)
    }

    /// The unit of a digest.
    pub(super) const fn of_digest(digest: DigestId) -> UnitId {
        UnitId(-digest.0)
    }

    /// Whose alerts wait in it; `None`: it is of a digest.
    pub(super) const fn watch(self) -> Option<SubscriptionId> {
        if self.0 < 0 { None } else { Some(SubscriptionId(self.0 / KINDS)) }
    }

    /// The digest that it is of.
    pub(super) const fn digest(self) -> Option<DigestId> {
        if self.0 < 0 { Some(DigestId(-self.0)) } else { None }
    }

    pub(super) const fn is_urgent(self) -> bool {
        self.0 >= 0 && self.0 % KINDS == 1
    }

    /// All units of a watch, whatever their kind: from the first number to before the second.
    pub(super) const fn all_of(watch: SubscriptionId) -> (i64, i64) {
        (watch.0 * KINDS, (watch.0 + 1) * KINDS)
    }
}

const IS_WAITING: &str = "SELECT 1 FROM unit WHERE id = ?1 AND due_at IS NOT NULL";

/// What waits behind messages about single videos waits for no other video: whatever comes is looked at.
pub(super) const ENQUEUE: &str = "INSERT INTO unit (id, lane, due_at, first) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (id) DO UPDATE SET lane = ?2, due_at = ?3, first = CASE WHEN due_at IS NULL THEN ?4 ELSE first END,
     notification = CASE WHEN notification > 0 THEN notification END
     WHERE due_at IS NULL OR notification < 0";

/// Where alerts are noted as they are made.
pub(super) struct Queue<'tx> {
    is_waiting: Kept<'tx>,
    enqueue: Kept<'tx>,
    make_due: Kept<'tx>,
}

impl<'tx> Queue<'tx> {
    pub(super) fn new(tx: &'tx Connection) -> Queue<'tx> {
        Queue {
            is_waiting: Kept::new(tx, IS_WAITING),
            enqueue: Kept::new(tx, ENQUEUE),
            make_due: Kept::new(tx, &MAKE_DUE),
        }
    }

    /// Whether something waits in a unit.
    pub(super) fn is_waiting(&mut self, unit: UnitId) -> Result<bool> {
        Ok(self.is_waiting.ready()?.exists([unit.0])?)
    }

    /// Notes that an alert waits; its lane is made due where nothing waited in the unit before, and nothing of it is under way.
    pub(super) fn enqueue(
        &mut self,
        unit: UnitId,
        lane: i64,
        alert: AlertId,
        now: UnixMillis,
    ) -> Result<()> {
        let changed = self.enqueue.ready()?.execute([unit.0, lane, now.0, alert.0])?;
        if changed > 0 {
            self.make_due.ready()?.execute([lane, now.0, unit.0])?;
        }
        Ok(())
    }
}

/// As [`lane::MAKE_DUE`], unless a message of the unit (3) is under way.
pub(super) static MAKE_DUE: LazyLock<String> = LazyLock::new(|| {
    let sql = lane::MAKE_DUE.as_str();
    format!("{sql} AND EXISTS (SELECT 1 FROM unit WHERE unit.id = ?3 AND notification IS NULL)")
});

/// What becomes of a unit that was looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    /// The look is put off.
    Hold(UnixMillis),
    /// There is more of it: it is looked at again, behind what others have due by now.
    Requeue(UnixMillis),
    /// Nothing waits in it any more. `told_at`: what waited goes to a program, which is told each video by itself.
    Empty { told_at: Option<UnixMillis> },
    /// A message of it is taken, and nothing else waits in it.
    Taken(NotificationId),
    /// A message of it is taken, and nothing else before that one has ended.
    WaitFor(NotificationId),
    /// All that waits in it is about videos of which a message is under way: it is not looked at before any message of the
    /// unit has ended, or something else comes. Kept as the negative of the number of one of them.
    WaitBehind { message: NotificationId, told_at: Option<UnixMillis> },
}

pub(super) const REQUEUE: &str =
    "UPDATE unit SET due_at = max(due_at, ?2), first = (SELECT max(id) FROM alert) WHERE id = ?1";

/// When a unit is due, unless that stays (3), what it waits for, and when it was told.
const MOVE: &str =
    "UPDATE unit SET due_at = CASE WHEN ?3 THEN due_at ELSE ?2 END, notification = ?4,
     sent_at = coalesce(?5, sent_at) WHERE id = ?1";

/// Writes what becomes of units that were looked at.
pub(super) fn looked_at(tx: &Connection, units: &[(UnitId, Next)]) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(MOVE)?;
    for (unit, next) in units {
        let (due_at, stays, notification, told_at) = match *next {
            Next::Requeue(now) => {
                tx.prepare_cached(REQUEUE)?.execute([unit.0, now.0])?;
                continue;
            }
            Next::Hold(until) => (Some(until), false, None, None),
            Next::Empty { told_at } => (None, false, None, told_at),
            Next::Taken(message) => (None, false, Some(message.0), None),
            Next::WaitFor(message) => (None, true, Some(message.0), None),
            Next::WaitBehind { message, told_at } => (None, true, Some(-message.0), told_at),
        };
        let (due_at, told_at) = (due_at.map(|at| at.0), told_at.map(|at| at.0));
        statement.execute(params![unit.0, due_at, stays, notification, told_at])?;
    }
    Ok(())
}

/// Nothing waits any more in a unit that was collected; `told_at`: when it was told.
pub(super) fn left(tx: &Connection, unit: UnitId, told_at: Option<UnixMillis>) -> Result<()> {
    tx.prepare_cached(LEFT)?.execute(params![unit.0, told_at.map(|at| at.0)])?;
    Ok(())
}

pub(super) const LEFT: &str = "UPDATE unit SET due_at = NULL, collected_in = NULL, over_budget = 0,
     sent_at = coalesce(?2, sent_at) WHERE id = ?1";

/// A notification has ended: what waits behind it, be it the `next` part or whatever came meanwhile, may be taken.
pub(super) fn ended(
    tx: &Connection,
    unit: UnitId,
    notification: NotificationId,
    next: Option<NotificationId>,
    sent_at: Option<UnixMillis>,
) -> Result<()> {
    let under_way: Option<(i64, i64, Option<i64>)> = tx
        .prepare_cached(
            "SELECT notification, lane, due_at FROM unit WHERE id = ?1 AND notification IS NOT NULL",
        )?
        .query_row([unit.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    // What goes to a program is told as soon as it is put together, and nothing waits for it but what stands behind it (a
    // negative number): so its row is mostly left as it is.
    let Some((held, lane, due_at)) = under_way else { return Ok(()) };
    let next =
        if held == notification.0 || held < 0 { next.map(|next| next.0) } else { Some(held) };
    let sent_at = sent_at.filter(|_| held > 0);
    tx.prepare_cached(ENDED)?.execute(params![unit.0, next, sent_at.map(|at| at.0)])?;
    match (next, due_at) {
        // Its chat may have moved, and the notification with it: nobody else would wake that lane.
        (None, Some(due_at)) => {
            let line = if unit.digest().is_some() { Line::Digests } else { Line::Told };
            lane::make_due(tx, lane, line, UnixMillis(due_at))
        }
        _ => Ok(()),
    }
}

pub(super) const ENDED: &str =
    "UPDATE unit SET notification = ?2, sent_at = coalesce(?3, sent_at) WHERE id = ?1";

/// Makes a claim look again at what a destination, or one of its watches, holds or has collected: a command has changed
/// what is decided.
pub(super) fn wake(
    tx: &Connection,
    destination: DestinationId,
    watch: Option<SubscriptionId>,
    now: UnixMillis,
) -> Result<()> {
    let touched = match watch {
        Some(watch) => {
            let (from, to) = UnitId::all_of(watch);
            tx.prepare_cached(
                "UPDATE unit SET due_at = ?3, collected_in = NULL, over_budget = 0
                 WHERE id >= ?1 AND id < ?2 AND collected_in IS NOT NULL",
            )?
            .execute([from, to, now.0])?
        }
        None => tx.prepare_cached(WAKE_COLLECTED)?.execute([destination.0, now.0])?,
    };
    if touched > 0 {
        make_lane_due(tx, destination, now)?;
    }
    wake_held(tx, destination, watch, now)
}

/// The same of what is held; what a digest has collected stays there.
pub(super) fn wake_held(
    tx: &Connection,
    destination: DestinationId,
    watch: Option<SubscriptionId>,
    now: UnixMillis,
) -> Result<()> {
    let touched = match watch {
        Some(watch) => {
            let (from, to) = UnitId::all_of(watch);
            tx.prepare_cached(
                "UPDATE unit SET due_at = ?3
                 WHERE id >= ?1 AND id < ?2 AND due_at > ?3 AND collected_in IS NULL",
            )?
            .execute([from, to, now.0])?
        }
        None => {
            if tx.prepare_cached(WAKE_DIGESTS)?.execute([destination.0, now.0])? > 0 {
                lane::settle(tx, lane_of(tx, destination)?)?;
            }
            tx.prepare_cached(WAKE_HELD)?.execute(params![destination.0, now.0, KINDS])?
        }
    };
    if touched > 0 { make_lane_due(tx, destination, now) } else { Ok(()) }
}

/// A mute ends what a destination, or one of its watches, has waiting: a claim sees to it. What is collected stays: alerts
/// up to `newest` are told after the mute.
pub(super) fn mute(
    tx: &Connection,
    destination: DestinationId,
    watch: Option<SubscriptionId>,
    newest: i64,
    now: UnixMillis,
) -> Result<()> {
    match watch {
        Some(watch) => {
            let (from, to) = UnitId::all_of(watch);
            tx.prepare_cached(
                "UPDATE unit SET kept_to = ?3 WHERE id >= ?1 AND id < ?2 AND collected_in IS NOT NULL",
            )?
            .execute([from, to, newest])?
        }
        None => tx.prepare_cached(KEEP)?.execute([destination.0, newest])?,
    };
    wake_held(tx, destination, watch, now)
}

/// Digests of a destination that are held beyond their time. One that is not is due at its time, or sooner.
pub(super) const WAKE_DIGESTS: &str = "UPDATE unit SET due_at = max(?2, g.next_at) FROM digest g
     WHERE g.destination = ?1 AND unit.id = -g.id AND unit.due_at > max(?2, g.next_at)";

/// All that is held of a destination's watches.
pub(super) const WAKE_HELD: &str = "UPDATE unit SET due_at = ?2
     WHERE lane = (SELECT lane FROM destination WHERE id = ?1) AND id >= 0 AND due_at > ?2 AND notification IS NULL
     AND collected_in IS NULL AND (SELECT destination FROM subscription s WHERE s.id = unit.id / ?3) = ?1";

/// All that is collected of them.
pub(super) const WAKE_COLLECTED: &str =
    "UPDATE unit SET due_at = ?2, collected_in = NULL, over_budget = 0
     WHERE collected_in IN (SELECT id FROM digest WHERE destination = ?1)";

pub(super) const KEEP: &str = "UPDATE unit SET kept_to = ?2
     WHERE collected_in IN (SELECT id FROM digest WHERE destination = ?1)";

fn make_lane_due(tx: &Connection, destination: DestinationId, now: UnixMillis) -> Result<()> {
    lane::make_due(tx, lane_of(tx, destination)?, Line::Told, now)
}

fn lane_of(tx: &Connection, destination: DestinationId) -> Result<i64> {
    Ok(tx
        .prepare_cached("SELECT lane FROM destination WHERE id = ?1")?
        .query_row([destination.0], |row| row.get(0))?)
}

/// Gives the units of a destination's watches and digests to another lane.
pub(super) fn move_to_lane(tx: &Connection, destination: DestinationId, lane: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE unit SET lane = ?2 WHERE id IN
         (SELECT u.id FROM subscription s JOIN unit u ON u.id >= s.id * ?3 AND u.id < (s.id + 1) * ?3
          WHERE s.destination = ?1 UNION ALL SELECT -id FROM digest WHERE destination = ?1)",
    )?
    .execute(params![destination.0, lane, KINDS])?;
    Ok(())
}

/// Units of a destination in which something waits that is older than what a command has cancelled.
pub(super) fn with_cancelled(tx: &Connection, destination: DestinationId) -> Result<Vec<UnitId>> {
    Ok(tx
        .prepare_cached(
            "SELECT u.id FROM subscription s JOIN unit u ON u.id >= s.id * ?2 AND u.id < (s.id + 1) * ?2
             JOIN destination d ON d.id = s.destination
             WHERE s.destination = ?1 AND u.due_at IS NOT NULL AND d.cancelled_to >= u.first",
        )?
        .query_map([destination.0, KINDS], |row| Ok(UnitId(row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// Nothing waits in a unit any more, outside of a claim, which settles the lane itself.
pub(super) fn empty_and_settle(tx: &Connection, unit: UnitId) -> Result<()> {
    let lane: Option<i64> = tx
        .prepare_cached(
            "UPDATE unit SET due_at = NULL, collected_in = NULL, over_budget = 0 WHERE id = ?1 RETURNING lane",
        )?
        .query_row([unit.0], |row| row.get(0))
        .optional()?;
    lane.map_or(Ok(()), |lane| lane::settle(tx, lane))
}

/// Forgets the units of a watch that is forgotten.
pub(super) fn forget(tx: &Connection, watch: SubscriptionId) -> Result<()> {
    let (from, to) = UnitId::all_of(watch);
    tx.prepare_cached("DELETE FROM unit WHERE id >= ?1 AND id < ?2")?.execute([from, to])?;
    Ok(())
}

/// What is under way of a unit, with the parts behind it, ends as that of another, which is of this watch.
pub(super) fn hand_over(
    tx: &Connection,
    from: UnitId,
    to: UnitId,
    watch: Option<SubscriptionId>,
) -> Result<()> {
    let under_way: Vec<(i64, i64)> = tx
        .prepare_cached(
            "SELECT id, parts_left FROM notification WHERE unit = ?1 AND state = 'pending'",
        )?
        .query_map([from.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (first, parts_left) in under_way {
        tx.prepare_cached(
            "UPDATE notification SET subscription = ?4, unit = ?3 WHERE id BETWEEN ?1 AND ?2",
        )?
        .execute(params![first, first + parts_left, to.0, watch.map(|watch| watch.0)])?;
    }
    Ok(())
}

/// What waits in a unit of a watch, of rules that have gone to another watch, waits in that one's; what is under way belongs
/// to it. What a digest has of either is looked at anew.
pub(super) fn join(
    tx: &Connection,
    (watch, other): (SubscriptionId, SubscriptionId),
    is_urgent: bool,
    now: UnixMillis,
) -> Result<()> {
    let (from, to) = (UnitId::of_watch(watch, is_urgent), UnitId::of_watch(other, is_urgent));
    for unit in [from, to] {
        tx.prepare_cached(
            "UPDATE unit SET due_at = min(due_at, ?2), collected_in = NULL, over_budget = 0
             WHERE id = ?1 AND collected_in IS NOT NULL",
        )?
        .execute([unit.0, now.0])?;
    }
    let has_waiting = tx
        .prepare_cached(
        "UPDATE alert SET subscription = ?2, unit = ?3 WHERE unit = ?1 AND outcome IS NULL AND notification IS NULL
         AND rule IN (SELECT id FROM rule WHERE subscription = ?2)",
        )?
        .execute([from.0, other.0, to.0])?
        > 0;
    hand_over(tx, from, to, Some(other))?;
    let lane: Option<i64> = tx
        .prepare_cached(
            "INSERT INTO unit (id, lane, due_at, first, notification, kept_to)
             SELECT ?2, lane, CASE WHEN ?3 THEN due_at END, first, CASE WHEN notification > 0 THEN notification END, kept_to
             FROM unit WHERE id = ?1
             ON CONFLICT (id) DO UPDATE SET first = min(first, excluded.first), kept_to = max(kept_to, excluded.kept_to),
             due_at = min(coalesce(due_at, excluded.due_at), coalesce(excluded.due_at, due_at)),
             notification = coalesce(CASE WHEN notification > 0 THEN notification END, excluded.notification)
             RETURNING lane",
        )?
        .query_row(params![from.0, to.0, has_waiting], |row| row.get(0))
        .optional()?;
    let Some(lane) = lane else { return Ok(()) };
    // Nothing of it is under way any more. What is left there is looked at, and ends.
    tx.prepare_cached(
        "UPDATE unit SET notification = NULL, due_at = CASE WHEN EXISTS (SELECT 1 FROM alert
         WHERE unit = ?1 AND outcome IS NULL AND notification IS NULL) THEN due_at END WHERE id = ?1",
    )?
    .execute([from.0])?;
    lane::settle(tx, lane)
}
