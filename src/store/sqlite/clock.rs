//! What a clock that was set back would leave in the future: every time at which something is due or from which on
//! something is heard.
//!
//! Moments that mean the clock on the wall (quiet hours, mutes, `until`, the times of digests) stay what they are.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::{lane, rows};
use crate::model::{Schedule, UnixMillis};
use crate::store::Result;

/// Moves what was put off from the old clock to the new one. It happens once in years, so whole tables are read.
pub(super) fn set_back(tx: &Connection, by: Duration, now: UnixMillis) -> Result<()> {
    let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    for sql in [
        "UPDATE video SET next_poll = max(?2, next_poll - ?1) WHERE next_poll > ?2",
        "UPDATE subject SET next_listing = max(?2, next_listing - ?1) WHERE next_listing > ?2",
        "UPDATE notification SET next_at = max(?2, next_at - ?1) WHERE state = 'pending' AND next_at > ?2",
        // "At most one per" counts from there.
        "UPDATE unit SET sent_at = sent_at - ?1 WHERE sent_at > ?2",
        "UPDATE digest SET since = since - ?1 WHERE since > ?2",
        "UPDATE notification SET ended = ended - ?1 WHERE ended > ?2",
        "UPDATE destination SET barred_until = max(?2, barred_until - ?1) WHERE barred_until > ?2",
        "UPDATE destination SET off_since = off_since - ?1 WHERE off_since > ?2",
        "UPDATE lane SET free_at = max(?2, free_at - ?1) WHERE free_at > ?2",
        "UPDATE card SET next_at = max(?2, next_at - ?1) WHERE next_at > ?2",
        // What was made under the old clock hears what is observed under the new one.
        "UPDATE \"trigger\" SET since = since - ?1 WHERE since > ?2",
        "UPDATE rule SET created_at = created_at - ?1 WHERE created_at > ?2",
        "UPDATE subscription SET created_at = created_at - ?1 WHERE created_at > ?2",
        // A row of a list's rule is never older than its video's place in the list: what is no more than the step behind
        // the new time goes along, or such a row would be taken for one of an earlier membership.
        "UPDATE member SET since = since - ?1 WHERE since > ?2 - ?1",
        "UPDATE subject SET since = since - ?1 WHERE since > ?2",
    ] {
        tx.execute(sql, params![by_ms, now.0])?;
    }
    digests(tx, now)?;
    // A hold may mean the wall (quiet hours) or a time since the last message: the claim that looks decides anew.
    tx.execute(
        "UPDATE unit SET due_at = ?1 WHERE id >= 0 AND due_at > ?1 AND collected_in IS NULL",
        [now.0],
    )?;
    tx.execute(
        "UPDATE unit SET due_at = max(?1, g.next_at) FROM digest g WHERE unit.id = -g.id AND unit.due_at > ?1",
        [now.0],
    )?;
    let lanes: Vec<i64> = tx
        .prepare("SELECT id FROM lane WHERE due_at > ?1 OR digest_at > ?1")?
        .query_map([now.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for lane in lanes {
        lane::settle(tx, lane)?;
    }
    Ok(())
}

/// What was told at nine and is about to hear nine strike again waits for the next time: there is one digest per period. Only
/// what lies beyond that comes sooner.
fn digests(tx: &Connection, now: UnixMillis) -> Result<()> {
    let ahead: Vec<(i64, String, String, UnixMillis)> = tx
        .prepare("SELECT id, schedule, tz, next_at FROM digest WHERE next_at > ?1")?
        .query_map([now.0], |row| {
            let next_at = UnixMillis(rows::integer_or(row, 3, i64::MAX));
            Ok((row.get(0)?, rows::text(row, 1), rows::text(row, 2), next_at))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (id, schedule, tz, next_at) in ahead {
        // What can't be read is dissolved at its time.
        let Ok(schedule) = schedule.parse::<Schedule>() else { continue };
        let second = schedule.next_after(schedule.next_after(now, &tz, next_at), &tz, next_at);
        if next_at > second {
            tx.execute("UPDATE digest SET next_at = ?2 WHERE id = ?1", [id, second.0])?;
        }
    }
    Ok(())
}
