//! Watches and their rules: made, brought to other rules, ended.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::asleep::{self, Watched};
use super::{chat, listing, member, route, rows, unit};
use crate::model::{
    Address, DestinationId, Holder, ListKey, SubjectRef, SubscriptionId, UnixMillis,
};
use crate::store::{Edited, NewRule, Result, VideosLimit, WatchEdit};

/// How many watches an owner has where somebody hears of them: what has fallen asleep (1, 3) takes up no room, as whoever
/// is out of a chat for so long can end nothing there.
pub(super) fn watches_of_owner(db: &Connection, owner: &str) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination d JOIN subscription s ON s.destination = d.id
             WHERE d.owner = ?1 AND s.ended_at IS NULL AND d.asleep NOT IN (1, 3)",
        )?
        .query_row([owner], |row| row.get(0))?)
}

/// The running watch of a destination over a subject: its row and the subject's.
pub(super) fn running(
    tx: &Connection,
    destination: DestinationId,
    subject: &SubjectRef,
) -> Result<Option<(i64, i64)>> {
    Ok(tx
        .prepare_cached(
            "SELECT id, subject FROM subscription WHERE destination = ?1
             AND subject = (SELECT coalesce(same_as, id) FROM subject WHERE ref = ?2) AND ended_at IS NULL",
        )?
        .query_row(params![destination.0, subject.to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

pub(super) fn watch(tx: &Connection, watch: &WatchEdit, now: UnixMillis) -> Result<Edited> {
    let (destination, _) = chat::destination(tx, &watch.destination, &watch.owner)?;
    let videos = match room(tx, destination, watch)? {
        Room::Any => None,
        Room::Videos { counted, left } => Some((counted, left)),
        Room::None(answer) => return Ok(answer),
    };
    let subject = subject(tx, watch, now)?;
    let (id, before) = subscription(tx, destination, subject, watch, now)?;
    let changed = match before {
        Before::Absent => {
            for rule in wanted(&watch.rules) {
                start_rule(tx, id, subject, rule, watch, now)?;
            }
            true
        }
        Before::Same => rules(tx, id, subject, watch, now)?,
        Before::Ended | Before::Other => {
            rules(tx, id, subject, watch, now)?;
            true
        }
    };
    // Of a new watch nothing can be waiting.
    if changed && before != Before::Absent {
        unit::wake(tx, destination, Some(SubscriptionId(id)), now)?;
    }
    let created = matches!(before, Before::Absent | Before::Ended);
    Ok(Edited::Watched { subscription: SubscriptionId(id), created, changed, videos })
}

/// Whether an owner has room for a watch.
enum Room {
    /// Nobody counts.
    Any,
    /// It counts so many videos, and so many are left then.
    Videos { counted: usize, left: usize },
    /// There is none.
    None(Edited),
}

fn room(tx: &Connection, destination: DestinationId, watch: &WatchEdit) -> Result<Room> {
    if watch.limit.is_none() && watch.videos_limit.is_none() {
        return Ok(Room::Any);
    }
    // Whoever made the destination owns its watches, also those that others add.
    let owner = chat::owner(tx, destination)?;
    if owner == chat::OPERATOR {
        return Ok(Room::Any);
    }
    let running = running(tx, destination, &watch.subject)?;
    if let Some(limit) = watch.limit
        && running.is_none()
        && watches_of_owner(tx, &owner)? >= limit
    {
        return Ok(Room::None(Edited::LimitReached { limit }));
    }
    let Some(VideosLimit { limit, counted }) = watch.videos_limit else { return Ok(Room::Any) };
    let subject = running.map(|(_, subject)| subject);
    let left = limit.saturating_sub(listing::videos_of_owner(tx, &owner, subject)?);
    if left == 0 && running.is_none() {
        return Ok(Room::None(Edited::VideosReached { limit, left }));
    }
    // A list that has more keeps its newest.
    let counted = counted.min(left.max(1));
    Ok(Room::Videos { counted, left: left.saturating_sub(counted) })
}

/// What stood in the place of a watch before it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Absent,
    Ended,
    /// It ran with other settings or from elsewhere.
    Other,
    /// It ran just so; of its rules nothing is said.
    Same,
}

/// The row of a watch with the settings asked for, and what stood there before.
fn subscription(
    tx: &Connection,
    destination: DestinationId,
    subject: i64,
    watch: &WatchEdit,
    now: UnixMillis,
) -> Result<(i64, Before)> {
    let settings = rows::json(&watch.settings)?;
    let until = watch.settings.until.map(|until| until.0);
    let found: Option<(i64, bool, bool)> = tx
        .prepare_cached(
            "SELECT id, ended_at IS NULL, settings = ?3 AND origin = ?4 FROM subscription
             WHERE destination = ?1 AND subject = ?2",
        )?
        .query_row(params![destination.0, subject, settings, watch.origin], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match found {
        Some((id, true, true)) => Ok((id, Before::Same)),
        Some((id, runs, _)) => {
            // A watch that ended starts anew; what an earlier life left waiting stays cancelled.
            tx.prepare_cached(
                "UPDATE subscription SET settings = ?2, origin = ?3, until = ?4, ended_at = NULL,
                 muted_until = CASE WHEN ended_at IS NULL THEN muted_until END,
                 created_at = CASE WHEN ended_at IS NULL THEN created_at ELSE ?5 END WHERE id = ?1",
            )?
            .execute(params![id, settings, watch.origin, until, now.0])?;
            Ok((id, if runs { Before::Other } else { Before::Ended }))
        }
        None => {
            tx.prepare_cached(
                "INSERT INTO subscription (destination, subject, settings, origin, until, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![destination.0, subject, settings, watch.origin, until, now.0])?;
            Ok((tx.last_insert_rowid(), Before::Absent))
        }
    }
}

/// The row of a subject, made where it is new; a video is its own member.
fn subject(tx: &Connection, watch: &WatchEdit, now: UnixMillis) -> Result<i64> {
    if let Some(id) = watched(tx, watch)? {
        return Ok(id);
    }
    let listed = !matches!(watch.subject, SubjectRef::Video(_));
    let (id, same_as): (i64, Option<i64>) = tx
        .prepare_cached(
            "INSERT INTO subject (ref, title) VALUES (?1, ?2)
             ON CONFLICT (ref) DO UPDATE SET title = coalesce(?2, title) RETURNING id, same_as",
        )?
        .query_row(params![watch.subject.to_string(), watch.title], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let id = same_as.unwrap_or(id);
    if listed {
        list(tx, id, now)?;
    }
    let SubjectRef::Video(video) = &watch.subject else { return Ok(id) };
    let key = rows::video_key(tx, video, watch.title.as_deref())?;
    let poll_at = watch.beginning.as_ref().map_or(now, |beginning| beginning.next_poll);
    member::join_own(tx, id, key, poll_at, now)?;
    if let Some(beginning) = &watch.beginning {
        tx.prepare_cached(
            "UPDATE video SET memory = ?2, title = coalesce(?3, title), next_poll = min(next_poll, ?4),
             channel_id = ?5, channel_title = ?6, published_at = ?7, duration = ?8 WHERE id = ?1",
        )?
        .execute(params![
            key.0,
            beginning.memory,
            beginning.snapshot.title,
            beginning.next_poll.0,
            beginning.snapshot.channel_id,
            beginning.snapshot.channel_title,
            beginning.snapshot.published_at.map(|at| at.0),
            beginning.snapshot.duration
        ])?;
        // In this transaction and behind `join_own`: without it, a title or status that changes before the next look would
        // be taken for the one that the answer to `/watch` has shown.
        route::append(tx, std::slice::from_ref(&beginning.snapshot))?;
    }
    Ok(id)
}

/// Begins to list a channel or playlist that was not listed. What is published from now on is news to whoever watches.
pub(super) fn list(tx: &Connection, subject: i64, now: UnixMillis) -> Result<()> {
    tx.prepare_cached(
        "UPDATE subject SET next_listing = ?2, since = ?2, gone_at = NULL
         WHERE id = ?1 AND next_listing IS NULL",
    )?
    .execute([subject, now.0])?;
    Ok(())
}

/// The row of a video that is watched already, when there is nothing else to be said of it: most watches of a long file.
fn watched(tx: &Connection, watch: &WatchEdit) -> Result<Option<i64>> {
    let WatchEdit { subject: SubjectRef::Video(_), title: None, beginning: None, .. } = watch
    else {
        return Ok(None);
    };
    Ok(tx
        .prepare_cached(
            "SELECT id FROM subject WHERE ref = ?1 AND EXISTS
             (SELECT 1 FROM member WHERE member.subject = subject.id)",
        )?
        .query_row([watch.subject.to_string()], |row| row.get(0))
        .optional()?)
}

/// Rules as they were asked for, each text once.
fn wanted(rules: &[NewRule]) -> impl Iterator<Item = &NewRule> {
    let mut seen: HashSet<&str> = HashSet::new();
    rules.iter().filter(move |rule| seen.insert(&rule.text))
}

/// Ends rules that are no longer wanted and starts those that are new; unchanged texts keep their state.
fn rules(
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

fn start_rule(
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
fn end_rule(tx: &Connection, rule: i64, now: UnixMillis) -> Result<()> {
    let has_one_row: bool = tx
        .prepare_cached("UPDATE rule SET ended_at = ?2 WHERE id = ?1 RETURNING list IS NULL")?
        .query_row([rule, now.0], |row| row.get(0))?;
    if has_one_row {
        tx.prepare_cached("DELETE FROM \"trigger\" WHERE rule = ?1")?.execute([rule])?;
        forget_rule(tx, rule)?;
    }
    Ok(())
}

/// The newest alert: a command cancels up to it.
pub(super) fn last_alert(tx: &Connection) -> Result<i64> {
    Ok(tx
        .prepare_cached("SELECT coalesce(max(id), 0) FROM alert")?
        .query_row([], |row| row.get(0))?)
}

pub(super) fn unwatch(
    tx: &Connection,
    destination: &Address,
    subject: &SubjectRef,
    now: UnixMillis,
) -> Result<Edited> {
    let Some((destination, _)) = chat::find(tx, destination)? else {
        return Ok(Edited::NotFound);
    };
    let Some((subscription, subject)) = running(tx, destination, subject)? else {
        return Ok(Edited::NotFound);
    };
    end_subscription(tx, subscription, subject, "unwatched", now)?;
    Ok(Edited::Done(1))
}

/// Ends a watch: its rules end, and what waits is cancelled when its lane is next looked at.
pub(super) fn end_subscription(
    tx: &Connection,
    subscription: i64,
    subject: i64,
    reason: &str,
    now: UnixMillis,
) -> Result<()> {
    let running: Vec<i64> = tx
        .prepare_cached("SELECT id FROM rule WHERE subscription = ?1 AND ended_at IS NULL")?
        .query_map([subscription], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for rule in running {
        end_rule(tx, rule, now)?;
    }
    let destination: i64 = tx
        .prepare_cached(
            "UPDATE subscription SET ended_at = ?2, cancelled_to = ?3, cancelled_reason = ?4
             WHERE id = ?1 RETURNING destination",
        )?
        .query_row(params![subscription, now.0, last_alert(tx)?, reason], |row| row.get(0))?;
    unit::wake(tx, DestinationId(destination), Some(SubscriptionId(subscription)), now)?;
    release_subject(tx, subject, now)
}

/// Lets go of a subject that nobody watches, or nobody who can be reached: its members are polled no more.
pub(super) fn release_subject(tx: &Connection, subject: i64, now: UnixMillis) -> Result<()> {
    match asleep::watched(tx, subject)? {
        Watched::Yes => return Ok(()),
        Watched::Asleep => member::leave_all(tx, subject, now)?,
        Watched::No => member::release_all(tx, subject)?,
    }
    tx.prepare_cached(
        "UPDATE subject SET next_listing = NULL, listed_at = NULL, members = 0, memory = NULL WHERE id = ?1",
    )?
    .execute([subject])?;
    Ok(())
}
