//! Watches: made, brought to other rules, ended.

use rusqlite::{Connection, OptionalExtension, params};

use super::owners::{videos_of_owner, watches_of_owner};
use super::routing_tx::SqliteRouting;
use super::rule::{end_rule, rules, start_rule, wanted};
use super::{address, asleep, member, rows, subject, unit};
use crate::model::{
    Address, DestinationId, PersonKey, SubjectRef, SubscriptionId, UnixMillis, VideoKey,
};
use crate::store::{Beginning, Edited, Result, VideosLimit, WatchEdit};

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
    let (destination, _) = address::destination(tx, &watch.destination, &watch.owner)?;
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
    let owner = address::owner(tx, destination)?;
    if owner == PersonKey::OPERATOR {
        return Ok(Room::Any);
    }
    let running = running(tx, destination, &watch.subject)?;
    if let Some(limit) = watch.limit
        && running.is_none()
        && watches_of_owner(tx, owner)? >= limit
    {
        return Ok(Room::None(Edited::LimitReached { limit }));
    }
    let Some(VideosLimit { limit, counted }) = watch.videos_limit else { return Ok(Room::Any) };
    let subject = running.map(|(_, subject)| subject);
    let left = limit.saturating_sub(videos_of_owner(tx, owner, subject)?);
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
        subject::list(tx, id, now)?;
    }
    let SubjectRef::Video(video) = &watch.subject else { return Ok(id) };
    let key = rows::video_key(tx, video, watch.title.as_deref())?;
    let poll_at = watch.beginning.as_ref().map_or(now, |beginning| beginning.next_poll);
    member::join_own(tx, id, key, poll_at, now)?;
    if let Some(beginning) = &watch.beginning {
        begin(tx, key, beginning, now)?;
    }
    Ok(id)
}

/// Begins with what was just seen of a video that is polled already.
pub(super) fn begin(
    tx: &Connection,
    video: VideoKey,
    beginning: &Beginning,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE video SET memory = ?2, title = coalesce(?3, title), next_poll = min(next_poll, ?4),
         channel_id = ?5, channel_title = ?6, published_at = ?7, duration = ?8 WHERE id = ?1",
    )?
    .execute(params![
        video.0,
        beginning.memory,
        beginning.snapshot.title,
        beginning.next_poll.0,
        beginning.snapshot.channel_id,
        beginning.snapshot.channel_title,
        beginning.snapshot.published_at.map(|at| at.0),
        beginning.snapshot.duration
    ])?;
    // In this transaction and behind the mark that it is polled: without it, a title or status that changes before the next
    // look would be taken for the one that the answer to the command has shown.
    let mut routing = SqliteRouting::new(tx, now);
    (beginning.first_look.0)(&mut routing, &beginning.snapshot)?;
    routing.finish()
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
    let Some((destination, _)) = address::find(tx, destination)? else {
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
    subject::release(tx, subject, asleep::watched(tx, subject)?, now)
}
