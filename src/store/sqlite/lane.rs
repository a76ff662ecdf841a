//! Lanes: when the thing whose limits count has something to send.
//!
//! The law: a lane's `due_at` is the earliest of what waits in it (its units, its retries), but not before
//! the lane is free, and NULL while as much is in flight as may be. Whoever changes one of these settles the lane.
//! `digest_at` is the same of its digests, which come last: however many are due at nine, nobody else waits for them.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Rows, params};

use super::rows;
use crate::model::{Channel, UnixMillis};
use crate::store::{Finished, FinishedAs, Result, StandsAt};

/// Attempts in a row that a receiver has failed, after which it is asked one by one and left alone in between: a few
/// endpoints that hang must not hold all requests of the channel, while a receiver that can't take every tenth message,
/// or every third, hardly ever fails so often in a row.
const FAILING_FROM: i64 = 8;

/// How many notifications of one lane may be in flight: what its channel says, and one while it fails (so often in a row).
///
/// The statements of this file are made at their first use, of our own words alone.
fn in_flight_max(failing: &str) -> String {
    let mut slots = String::new();
    for channel in Channel::ALL {
        slots += &format!(" WHEN '{}' THEN {}", channel.name(), channel.traits().slots);
    }
    format!("CASE WHEN {failing} >= {FAILING_FROM} THEN 1 ELSE CASE channel{slots} ELSE 1 END END")
}

/// The lines in which lanes wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// What is told as it happens, retries, and the parts that follow a first one.
    Told,
    /// Digests that are to be put together.
    Digests,
}

impl Line {
    /// The column of a lane that says when it is due.
    const fn due_at(self) -> &'static str {
        match self {
            Line::Told => "due_at",
            Line::Digests => "digest_at",
        }
    }
}

fn make_due_sql(line: Line) -> String {
    let (due_at, in_flight_max) = (line.due_at(), in_flight_max("failing"));
    format!(
        "UPDATE lane SET {due_at} = max(?2, free_at) WHERE id = ?1 AND in_flight < {in_flight_max}
         AND ({due_at} IS NULL OR {due_at} > max(?2, free_at))"
    )
}

/// Makes a lane due now, or when it is free.
pub(super) static MAKE_DUE: LazyLock<String> = LazyLock::new(|| make_due_sql(Line::Told));

pub(super) static MAKE_DIGESTS_DUE: LazyLock<String> =
    LazyLock::new(|| make_due_sql(Line::Digests));

/// Makes a lane due now, or when it is free; written only when that is earlier than before.
pub(super) fn make_due(tx: &Connection, lane: i64, line: Line, now: UnixMillis) -> Result<()> {
    let sql = match line {
        Line::Told => &MAKE_DUE,
        Line::Digests => &MAKE_DIGESTS_DUE,
    };
    tx.prepare_cached(sql)?.execute([lane, now.0])?;
    Ok(())
}

/// How often the receiver has failed in a row, with what is added (4): to 0 where one of the batch has not (5).
const FAILING: &str = "(CASE WHEN ?5 THEN ?4 ELSE failing + ?4 END)";

pub(super) static SHIFT: LazyLock<String> = LazyLock::new(|| {
    let in_flight_max = in_flight_max(FAILING);
    // Until when nothing leaves: by the rate (3), and where the receiver fails by its pause (6).
    let free_at =
        format!("max(free_at, ?3, CASE WHEN {FAILING} >= {FAILING_FROM} THEN ?6 ELSE ?3 END)");
    let is_full = format!("max(in_flight + ?2, 0) >= {in_flight_max}");
    format!(
        "UPDATE lane SET in_flight = max(in_flight + ?2, 0), failing = {FAILING}, free_at = {free_at},
         due_at = CASE WHEN {is_full} THEN NULL
         ELSE (SELECT max({free_at}, min(at)) FROM (
             SELECT min(next_at) AS at FROM notification
             WHERE lane = ?1 AND state = 'pending' AND next_at IS NOT NULL
             UNION ALL SELECT min(due_at) FROM unit
             WHERE lane = ?1 AND id >= 0 AND due_at IS NOT NULL AND notification IS NULL AND collected_in IS NULL)) END,
         digest_at = CASE WHEN {is_full} THEN NULL
         ELSE (SELECT max({free_at}, min(due_at)) FROM unit
               WHERE lane = ?1 AND id < 0 AND due_at IS NOT NULL AND notification IS NULL) END
         WHERE id = ?1"
    )
});

/// What changes about a lane.
#[derive(Debug, Clone, Copy)]
struct Shift {
    /// Slots that are taken, or given back where negative.
    slots: i64,
    /// Nothing leaves before.
    free_at: UnixMillis,
    /// Attempts in a row that the receiver has failed; from 0 on where one of the batch has not.
    failed: i64,
    has_worked: bool,
    /// Where the receiver fails, nothing leaves before.
    pause: UnixMillis,
}

impl Shift {
    const NOTHING: Shift = Shift {
        slots: 0,
        free_at: UnixMillis::MIN,
        failed: 0,
        has_worked: false,
        pause: UnixMillis::MIN,
    };

    /// Writes it, and computes when the lane is due.
    fn write(self, tx: &Connection, lane: i64) -> Result<()> {
        tx.prepare_cached(&SHIFT)?.execute(params![
            lane,
            self.slots,
            self.free_at.0,
            self.failed,
            self.has_worked,
            self.pause.0
        ])?;
        Ok(())
    }
}

/// Computes when a lane is due from what waits in it.
pub(super) fn settle(tx: &Connection, lane: i64) -> Result<()> {
    Shift::NOTHING.write(tx, lane)
}

/// Nothing leaves in a lane before a moment: its channel has asked for that.
pub(super) fn rest_until(tx: &Connection, lane: i64, until: UnixMillis) -> Result<()> {
    Shift { free_at: until, ..Shift::NOTHING }.write(tx, lane)
}

/// Takes slots of a lane.
pub(super) fn occupy(tx: &Connection, lane: i64, slots: usize) -> Result<()> {
    Shift { slots: i64::try_from(slots).unwrap_or(i64::MAX), ..Shift::NOTHING }.write(tx, lane)
}

/// What a batch of attempts changes about lanes: each is written once, however many of its messages have ended.
#[derive(Default)]
pub(super) struct Released(HashMap<i64, Shift>);

impl Released {
    /// Gives the slot of an attempt back.
    pub(super) fn add(&mut self, item: &Finished) {
        let shift = self.0.entry(item.lane).or_insert(Shift::NOTHING);
        shift.slots -= 1;
        shift.free_at = shift.free_at.max(item.lane_free_at);
        match (&item.result, item.lane_failed) {
            (_, Some(until)) => {
                shift.failed += 1;
                shift.pause = shift.pause.max(until);
            }
            // What was put off without an attempt, or by the channel as a whole, says nothing of the receiver.
            (FinishedAs::Retry { .. }, None) => {}
            _ => (shift.failed, shift.has_worked, shift.pause) = (0, true, UnixMillis::MIN),
        }
    }

    /// Writes what was given back so far.
    pub(super) fn write(&mut self, tx: &Connection) -> Result<()> {
        self.0.drain().try_for_each(|(lane, shift)| shift.write(tx, lane))
    }
}

/// After a stop of any kind nothing is in flight: what was is tried again, the oldest first.
pub(super) fn release_all(db: &mut Connection) -> Result<()> {
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Not only lanes that have something in flight: a chat may have moved to another lane meanwhile.
    let lanes: Vec<i64> = tx
        .prepare(
            "SELECT lane FROM notification WHERE state = 'pending' AND next_at IS NULL
             UNION SELECT id FROM lane WHERE in_flight > 0",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    tx.execute(
        "UPDATE notification SET next_at = created_at WHERE state = 'pending' AND next_at IS NULL",
        [],
    )?;
    tx.execute("UPDATE lane SET in_flight = 0 WHERE in_flight > 0", [])?;
    for lane in lanes {
        settle(&tx, lane)?;
    }
    tx.commit()?;
    Ok(())
}

/// The statements of a walk along a line.
pub(super) struct Walked {
    /// Whether a lane that became due at the same moment stands behind a place in the walk.
    pub(super) same_due: String,
    /// When the next lane is due.
    pub(super) next_due: String,
    /// The lanes that are due, of those that became due at the same moment as one.
    pub(super) same: String,
    /// And of those that became due later.
    pub(super) later: String,
}

impl Walked {
    fn new(line: Line) -> Walked {
        let due_at = line.due_at();
        Walked {
            same_due: format!(
                "SELECT 1 FROM lane WHERE channel = ?1 AND {due_at} = ?2 AND id > ?3"
            ),
            next_due: format!(
                "SELECT {due_at} FROM lane WHERE channel = ?1 AND {due_at} > ?2 ORDER BY {due_at} LIMIT 1"
            ),
            same: due_sql(line, &format!("{due_at} = ?3 AND id > ?4")),
            later: due_sql(line, &format!("{due_at} > ?3 AND {due_at} <= ?4")),
        }
    }

    fn of(line: Line) -> &'static Walked {
        match line {
            Line::Told => &TOLD,
            Line::Digests => &DIGESTS,
        }
    }
}

pub(super) static TOLD: LazyLock<Walked> = LazyLock::new(|| Walked::new(Line::Told));

pub(super) static DIGESTS: LazyLock<Walked> = LazyLock::new(|| Walked::new(Line::Digests));

/// When the next lane of a channel is due, of those behind a place in the walk.
pub(super) fn next_due(
    tx: &Connection,
    channel: Channel,
    line: Line,
    behind: Option<StandsAt>,
) -> Result<Option<UnixMillis>> {
    let walked = Walked::of(line);
    if let Some(at) = behind
        && tx.prepare_cached(&walked.same_due)?.exists(params![
            channel.name(),
            at.due_at.0,
            at.lane
        ])?
    {
        return Ok(Some(at.due_at));
    }
    let next: Option<i64> = tx
        .prepare_cached(&walked.next_due)?
        .query_row(params![channel.name(), position(behind)], |row| {
            Ok(rows::integer_or(row, 0, i64::MAX))
        })
        .optional()?;
    Ok(next.map(UnixMillis))
}

/// Lanes behind it are due after this moment; those that became due at the moment itself are asked for apart, because no
/// index serves for both.
fn position(stands_at: Option<StandsAt>) -> i64 {
    stands_at.map_or(i64::MIN, |at| at.due_at.0)
}

/// A lane that is due.
pub(super) struct DueLane {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) due_at: UnixMillis,
    /// How many more may be in flight.
    pub(super) slots: usize,
    /// Whether the receiver has failed so often in a row that it is asked one by one.
    pub(super) is_failing: bool,
}

/// The lanes that are due in one stretch of the walk, in its order.
fn due_sql(line: Line, behind: &str) -> String {
    let (due_at, in_flight_max) = (line.due_at(), in_flight_max("failing"));
    format!(
        "SELECT id, key, {in_flight_max} - in_flight, failing >= {FAILING_FROM}, {due_at} FROM lane
         WHERE channel = ?1 AND {behind} ORDER BY {due_at}, id LIMIT ?2"
    )
}

/// The lanes that are due, longest due first, of those behind a place in the walk.
pub(super) fn due(
    tx: &Connection,
    (channel, line): (Channel, Line),
    now: UnixMillis,
    behind: Option<StandsAt>,
    limit: usize,
) -> Result<Vec<DueLane>> {
    let walked = Walked::of(line);
    let mut lanes = Vec::new();
    if let Some(at) = behind {
        let same = params![channel.name(), limit, at.due_at.0, at.lane];
        read_due(&mut lanes, tx.prepare_cached(&walked.same)?.query(same)?)?;
    }
    if lanes.len() < limit {
        let later = params![channel.name(), limit - lanes.len(), position(behind), now.0];
        read_due(&mut lanes, tx.prepare_cached(&walked.later)?.query(later)?)?;
    }
    Ok(lanes)
}

fn read_due(lanes: &mut Vec<DueLane>, mut rows: Rows<'_>) -> Result<()> {
    while let Some(row) = rows.next()? {
        lanes.push(DueLane {
            id: row.get(0)?,
            // Only its rate hangs on it: a key that can't be read must not stop the channel.
            key: String::from_utf8_lossy(row.get_ref(1)?.as_bytes().unwrap_or_default()).into(),
            slots: rows::integer_or(row, 2, 0).try_into().unwrap_or(0),
            is_failing: rows::integer_or(row, 3, 0) != 0,
            due_at: UnixMillis(rows::integer_or(row, 4, i64::MIN)),
        });
    }
    Ok(())
}
