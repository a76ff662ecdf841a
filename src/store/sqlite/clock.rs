//! What a clock that was set back would leave in the future: every time at which something is due or from which on
//! something is heard.
//!
//! Moments that mean the clock on the wall (quiet hours, mutes, `until`) stay what they are.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::lane;
use crate::model::UnixMillis;
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
        "UPDATE notification SET ended = ended - ?1 WHERE ended > ?2",
        "UPDATE destination SET barred_until = max(?2, barred_until - ?1) WHERE barred_until > ?2",
        "UPDATE destination SET off_since = off_since - ?1 WHERE off_since > ?2",
        "UPDATE lane SET free_at = max(?2, free_at - ?1) WHERE free_at > ?2",
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
    // A hold may mean the wall (quiet hours) or a time since the last message: the claim that looks decides anew.
    tx.execute("UPDATE unit SET due_at = ?1 WHERE due_at > ?1", [now.0])?;
    let lanes: Vec<i64> = tx
        .prepare("SELECT id FROM lane WHERE due_at > ?1")?
        .query_map([now.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for lane in lanes {
        lane::settle(tx, lane)?;
    }
    Ok(())
}
