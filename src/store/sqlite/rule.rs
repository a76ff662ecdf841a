//! The rules of a watch: started, ended, forgotten.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use crate::model::{Holder, ListKey, SubjectRef, UnixMillis};
use crate::store::{NewRule, Result, WatchEdit};

/// Rules as they were asked for, each text once.
pub(super) fn wanted(rules: &[NewRule]) -> impl Iterator<Item = &NewRule> {
    let mut seen: HashSet<&str> = HashSet::new();
    rules.iter().filter(move |rule| seen.insert(&rule.text))
}

/// Ends rules that are no longer wanted and starts those that are new; unchanged texts keep their state.
pub(super) fn rules(
    tx: &Connection,
    subscription: i64,
    subject: i64,
    watch: &WatchEdit,
    now: UnixMillis,
) -> Result<bool> {
    let mut running: HashMap<String, i64> = tx
        .prepare_cached("SELECT text, id FROM rule WHERE subscription = ?1 AND ended_at IS NULL")?
        .query_map([subscription], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut changed = false;
    for rule in wanted(&watch.rules) {
        if running.remove(&rule.text).is_none() {
            start_rule(tx, subscription, subject, rule, watch, now)?;
            changed = true;
        }
    }
    for rule in running.into_values() {
        end_rule(tx, rule, now)?;
        changed = true;
    }
    Ok(changed)
}

pub(super) fn start_rule(
    tx: &Connection,
    subscription: i64,
    subject: i64,
    rule: &NewRule,
    watch: &WatchEdit,
    now: UnixMillis,
) -> Result<()> {
    let (series, value) = rule.unset;
    let is_list = !matches!(watch.subject, SubjectRef::Video(_));
    tx.prepare_cached(
        "INSERT INTO rule (subscription, text, series, value, created_at, list)
         VALUES (?1, ?2, ?3, ?4, ?5, CASE WHEN ?6 THEN ?7 END)",
    )?
    .execute(params![
        subscription,
        rule.text,
        series.code(),
        value,
        now.0,
        is_list && rule.per_video,
        subject
    ])?;
    let id = tx.last_insert_rowid();
    if is_list && rule.per_video {
        // Each video gets its row when it is next routed: see `routing_tx`.
        return Ok(());
    }
    let (series, value, base, since) = match &rule.start {
        // Spent before it began.
        Some(None) => return Ok(()),
        Some(Some(start)) => {
            let since =
                watch.beginning.as_ref().map_or(now, |beginning| beginning.snapshot.observed_at);
            (start.series, start.value, start.base, since)
        }
        None => (series, value, None, now),
    };
    let insert = if is_list {
        tx.prepare_cached(
            "INSERT INTO \"trigger\" (holder, series, value, rule, base, since)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            Holder::List(ListKey(subject)).code(),
            series.code(),
            value,
            id,
            base,
            since.0
        ])
    } else {
        tx.prepare_cached(
            "INSERT INTO \"trigger\" (holder, series, value, rule, base, since)
             SELECT video, ?2, ?3, ?4, ?5, ?6 FROM member WHERE subject = ?1",
        )?
        .execute(params![subject, series.code(), value, id, base, since.0])
    };
    insert?;
    Ok(())
}

/// A rule that has ended and did nothing: no alert is of it, and nothing that it would have told was held back. `why` never
/// shows it. Alerts are found by the videos that the watch has now: of others only a week-old alert is left without its text.
pub(super) const FORGET_RULE: &str = "DELETE FROM rule WHERE id = ?1 AND ended_at IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM suppression p WHERE p.rule = ?1)
     AND NOT EXISTS (SELECT 1 FROM subscription s CROSS JOIN member m ON m.subject = s.subject
                     CROSS JOIN alert a ON a.video = m.video AND a.subscription = s.id
                     WHERE s.id = rule.subscription AND a.rule = ?1)";

/// Forgets a rule that has ended, if it did nothing: whoever changes rules all day leaves no rows.
pub(super) fn forget_rule(tx: &Connection, rule: i64) -> Result<()> {
    tx.prepare_cached(FORGET_RULE)?.execute([rule])?;
    Ok(())
}

/// Ends a rule. Where every video of a list has a row of it, the rows end where they are found, or in the sweep.
pub(super) fn end_rule(tx: &Connection, rule: i64, now: UnixMillis) -> Result<()> {
    let has_one_row: bool = tx
        .prepare_cached("UPDATE rule SET ended_at = ?2 WHERE id = ?1 RETURNING list IS NULL")?
        .query_row([rule, now.0], |row| row.get(0))?;
    if has_one_row {
        tx.prepare_cached("DELETE FROM \"trigger\" WHERE rule = ?1")?.execute([rule])?;
        forget_rule(tx, rule)?;
    }
    Ok(())
}
