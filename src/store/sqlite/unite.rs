//! One channel under several names becomes one: a handle and a list of all uploads stand for the channel whose id YouTube
//! has told.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::member::CLOCKS_DIFFER;
use super::{member, rows, unit, watch};
use crate::model::{Holder, ListKey, SubjectRef, SubscriptionId, UnixMillis};
use crate::store::Result;

/// Watches that one transaction brings along; the others follow at the next listing.
const WATCHES: usize = 100;

/// Brings the watches of `from` to `name`. False: there are more of them, to be brought at once.
pub(super) fn unite(
    tx: &Connection,
    from: ListKey,
    name: &SubjectRef,
    now: UnixMillis,
) -> Result<bool> {
    let name = name.to_string();
    let other: Option<(i64, bool, bool)> = tx
        .prepare_cached(
            "SELECT id, next_listing IS NOT NULL, EXISTS (SELECT 1 FROM subscription
             WHERE subject = subject.id AND ended_at IS NULL) FROM subject WHERE ref = ?1",
        )?
        .query_row([&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match other {
        Some((id, ..)) if id == from.0 => Ok(true),
        Some((id, true, _)) if is_settled(tx, from, ListKey(id))? => {
            bring(tx, from, ListKey(id), &name, now)
        }
        // Asked again at the next listing; of one whose watches are asleep, once one of them is awake.
        Some((_, true, _) | (_, _, true)) => Ok(true),
        // Nobody watches it under that name.
        Some((id, false, false)) => rename(tx, from, Some(id), &name).map(|()| true),
        None => rename(tx, from, None, &name).map(|()| true),
    }
}

/// The row takes the name, and the old one leads to it: in the row that had the name, if there is one.
fn rename(tx: &Connection, from: ListKey, other: Option<i64>, name: &str) -> Result<()> {
    let old: String = tx
        .prepare_cached("SELECT ref FROM subject WHERE id = ?1")?
        .query_row([from.0], |row| row.get(0))?;
    if let Some(other) = other {
        tx.prepare_cached("UPDATE subject SET same_as = ?2 WHERE same_as = ?1")?
            .execute([other, from.0])?;
        tx.prepare_cached("UPDATE subject SET ref = '', same_as = ?2 WHERE id = ?1")?
            .execute([other, from.0])?;
    }
    let mut give = tx.prepare_cached("UPDATE subject SET ref = ?2 WHERE id = ?1")?;
    give.execute(params![from.0, name])?;
    match other {
        Some(other) => give.execute(params![other, old])?,
        None => tx
            .prepare_cached("INSERT INTO subject (ref, same_as) VALUES (?1, ?2)")?
            .execute(params![old, from.0])?,
    };
    tracing::info!("{old} is {name}: its watches go by that name");
    Ok(())
}

/// What a list has left over, or one of its videos.
pub(super) const UNDER_WAY: &str = "SELECT 1 FROM fanout WHERE holder = ?2 UNION ALL
     SELECT 1 FROM member m JOIN fanout f ON f.holder = m.video WHERE m.subject = ?1 LIMIT 1";

/// Videos that are news in one list and are told, or not known, in the other.
pub(super) const UNEVEN: &str = "SELECT 1 FROM member m JOIN subject a ON a.id = m.subject
     JOIN subject b ON b.id = ?2 LEFT JOIN member o ON o.subject = b.id AND o.video = m.video
     WHERE m.subject = ?1 AND m.left_at IS NULL AND m.at > a.since - ?3 AND CASE WHEN o.video IS NULL
     THEN m.news = 2 OR m.at > max(b.since - ?3, b.known_to)
     ELSE o.left_at IS NULL AND (m.news = 2) <> (o.news = 2) END LIMIT 1";

/// Whether all that is new in `from` is told there, and `to` has nothing left to tell of it: else the watches would hear
/// of it twice, or never.
fn is_settled(tx: &Connection, from: ListKey, to: ListKey) -> Result<bool> {
    let is_under_way = tx.prepare_cached(UNDER_WAY)?.exists([from.0, Holder::List(from).code()])?;
    let slack = i64::try_from(CLOCKS_DIFFER.as_millis()).unwrap_or(0);
    Ok(!is_under_way && !tx.prepare_cached(UNEVEN)?.exists([from.0, to.0, slack])?)
}

fn bring(tx: &Connection, from: ListKey, to: ListKey, name: &str, now: UnixMillis) -> Result<bool> {
    // What is in both is in it since the earlier of the two.
    tx.prepare_cached(
        "UPDATE member SET since = min(since, (SELECT since FROM member o WHERE o.subject = ?1 AND o.video = member.video))
         WHERE subject = ?2 AND video IN (SELECT video FROM member WHERE subject = ?1 AND left_at IS NULL)",
    )?
    .execute([from.0, to.0])?;
    let watches: Vec<(i64, i64)> = tx
        .prepare_cached(
            "SELECT id, destination FROM subscription WHERE subject = ?1 AND ended_at IS NULL LIMIT ?2",
        )?
        .query_map(params![from.0, WATCHES], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (watch, destination) in &watches {
        let there: Option<(i64, bool)> = tx
            .prepare_cached(
                "SELECT id, ended_at IS NULL FROM subscription WHERE destination = ?1 AND subject = ?2",
            )?
            .query_row([*destination, to.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        match there {
            Some((twin, true)) => join(tx, *watch, twin, from, to, now)?,
            Some((ended, false)) => {
                // A destination has one row for each subject: the ended one steps aside.
                place(tx, ended, -from.0)?;
                go(tx, *watch, from, to)?;
                place(tx, ended, from.0)?;
            }
            None => go(tx, *watch, from, to)?,
        }
    }
    if watches.len() == WATCHES {
        return Ok(false);
    }
    member::release_all(tx, from.0)?;
    let old: String = tx
        .prepare_cached(
            "UPDATE subject SET same_as = ?2, next_listing = NULL, listed_at = NULL, members = 0
             WHERE id = ?1 RETURNING ref",
        )?
        .query_row([from.0, to.0], |row| row.get(0))?;
    tracing::info!("{old} is {name}: its watches go by that name");
    Ok(true)
}

fn place(tx: &Connection, watch: i64, subject: i64) -> Result<()> {
    tx.prepare_cached("UPDATE subscription SET subject = ?2 WHERE id = ?1")?
        .execute([watch, subject])?;
    Ok(())
}

/// A watch goes to the other subject, with its rules and their state.
fn go(tx: &Connection, watch: i64, from: ListKey, to: ListKey) -> Result<()> {
    place(tx, watch, to.0)?;
    for rule in running(tx, watch)? {
        rehome(tx, rule.0, from, to)?;
    }
    Ok(())
}

/// Two watches of one destination become one: rules that only the first has go along.
fn join(
    tx: &Connection,
    watch: i64,
    twin: i64,
    from: ListKey,
    to: ListKey,
    now: UnixMillis,
) -> Result<()> {
    let texts: HashSet<String> = running(tx, twin)?.into_iter().map(|(_, text)| text).collect();
    for (rule, text) in running(tx, watch)? {
        if texts.contains(&text) {
            continue;
        }
        tx.prepare_cached("UPDATE rule SET subscription = ?2 WHERE id = ?1")?
            .execute([rule, twin])?;
        rehome(tx, rule, from, to)?;
    }
    // With what the first has found and not told yet, or not to its end.
    for is_urgent in [false, true] {
        unit::join(tx, (SubscriptionId(watch), SubscriptionId(twin)), is_urgent, now)?;
    }
    watch::end_subscription(tx, watch, from.0, "unwatched", now)
}

fn running(tx: &Connection, watch: i64) -> Result<Vec<(i64, String)>> {
    Ok(tx
        .prepare_cached("SELECT id, text FROM rule WHERE subscription = ?1 AND ended_at IS NULL")?
        .query_map([watch], |row| Ok((row.get(0)?, rows::text(row, 1))))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The rows of a rule go to another list; where every video has one, those that lack it get one.
fn rehome(tx: &Connection, rule: i64, from: ListKey, to: ListKey) -> Result<()> {
    tx.prepare_cached("UPDATE \"trigger\" SET holder = ?3 WHERE rule = ?1 AND holder = ?2")?
        .execute([rule, Holder::List(from).code(), Holder::List(to).code()])?;
    let has_rows = tx
        .prepare_cached("UPDATE rule SET list = ?3 WHERE id = ?1 AND list = ?2")?
        .execute([rule, from.0, to.0])?
        == 1;
    if has_rows {
        // Videos that have the rows of all rules up to newer ones would never come to this one.
        tx.prepare_cached(
            "INSERT INTO \"trigger\" (holder, series, value, rule, since)
             SELECT m.video, r.series, r.value, r.id, max(r.created_at, m.since)
             FROM member m JOIN rule r ON r.id = ?1
             WHERE m.subject = ?2 AND m.left_at IS NULL AND m.armed >= r.id AND NOT EXISTS
             (SELECT 1 FROM \"trigger\" t WHERE t.rule = r.id AND t.holder = m.video)",
        )?
        .execute([rule, to.0])?;
    }
    Ok(())
}
