//! Commands: what is watched and how it is told, changed in one transaction with the mark of who asked.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::{deliver, poll, route, rows};
use crate::model::{
    Address, DestinationId, Event, Series, Signal, SubjectRef, SubscriptionId, UnixMillis, VideoKey,
};
use crate::store::{Edit, Edited, NewRule, Result, UpdateMark, WatchEdit};

/// The name under which the last update of a source is kept.
pub(super) fn mark_key(source: &str) -> String {
    format!("update:{source}")
}

pub(super) fn edit(
    tx: &Connection,
    mark: Option<&UpdateMark>,
    edits: &[Edit],
    now: UnixMillis,
) -> Result<Option<Vec<Edited>>> {
    if let Some(mark) = mark {
        let key = mark_key(&mark.source);
        let last: Option<i64> = rows::load(tx, &key)?.and_then(|text| text.parse().ok());
        if last.is_some_and(|last| last >= mark.update_id) {
            return Ok(None);
        }
        rows::save(tx, &key, &mark.update_id.to_string())?;
    }
    edits.iter().map(|edit| one(tx, edit, now)).collect::<Result<_>>().map(Some)
}

fn one(tx: &Connection, edit: &Edit, now: UnixMillis) -> Result<Edited> {
    match edit {
        Edit::Watch(watch) => self::watch(tx, watch, now),
        Edit::Unwatch { destination, subject } => unwatch(tx, destination, subject, now),
        Edit::Mute { destination, subject, until } => {
            mute(tx, destination, subject.as_ref(), *until)
        }
        Edit::Set { destination, subject, settings } => {
            let text = serde_json::to_string(settings)
                .map_err(|error| crate::store::StoreError::Row(error.to_string()))?;
            let Some(row) = rows::destination(tx, destination)? else {
                return Ok(Edited::NotFound);
            };
            let touched = match subject {
                None => tx
                    .prepare_cached("UPDATE destination SET settings = ?2 WHERE id = ?1")?
                    .execute(params![row.id.0, text])?,
                Some(subject) => tx
                    .prepare_cached(
                        "UPDATE subscription SET settings = ?3, until = ?4 WHERE destination = ?1
                         AND ended_at IS NULL AND subject = (SELECT id FROM subject WHERE ref = ?2)",
                    )?
                    .execute(params![
                        row.id.0,
                        subject.to_string(),
                        text,
                        settings.until.map(|until| until.0)
                    ])?,
            };
            rouse(tx, row.id, now)?;
            Ok(if touched == 0 { Edited::NotFound } else { Edited::Done(touched) })
        }
        Edit::Enable { destination, owner } => {
            let (id, lane) = self::destination(tx, destination, owner)?;
            // Every thread of the chat: whoever unblocks the bot unblocks it everywhere.
            let touched = tx
                .prepare_cached(
                    "UPDATE destination SET disabled = NULL WHERE lane = ?1 AND disabled IS NOT NULL
                     AND (?2 = 0 OR id = ?3)",
                )?
                .execute(params![lane, is_thread(destination), id.0])?;
            Ok(Edited::Done(touched))
        }
        Edit::Disable { destination, reason } => {
            disable(tx, destination, reason, now).map(Edited::Done)
        }
        Edit::Move { from, to } => {
            let lane = move_chat(tx, from, to, now)?;
            deliver::make_due(tx, lane, now)?;
            Ok(Edited::Done(1))
        }
        Edit::Admit { person, code } => admit(tx, &person.to_string(), code.as_deref(), now),
        Edit::Invite { code, made_by, expires_at } => {
            tx.prepare_cached(
                "INSERT INTO invite (code, made_by, made_at, expires_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (code) DO NOTHING",
            )?
            .execute(params![code, made_by, now.0, expires_at.0])?;
            Ok(Edited::Done(1))
        }
    }
}

fn is_thread(address: &Address) -> bool {
    matches!(address, Address::Telegram { thread: Some(_), .. })
}

/// The rows of a destination and its lane, made where they are new; followed to where it has moved.
pub(super) fn destination(
    tx: &Connection,
    address: &Address,
    owner: &str,
) -> Result<(DestinationId, i64)> {
    let text = address.to_string();
    let find = |tx: &Connection| -> Result<Option<(i64, i64)>> {
        Ok(tx
            .prepare_cached(
                "SELECT d.id, d.lane FROM destination o
                 JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1",
            )?
            .query_row([&text], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    };
    if let Some((id, lane)) = find(tx)? {
        return Ok((DestinationId(id), lane));
    }
    let key = address.lane();
    tx.prepare_cached(
        "INSERT INTO lane (key, channel) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
    )?
    .execute([&key, address.channel().name()])?;
    let lane: i64 = tx
        .prepare_cached("SELECT id FROM lane WHERE key = ?1")?
        .query_row([&key], |row| row.get(0))?;
    tx.prepare_cached("INSERT INTO destination (address, lane, owner) VALUES (?1, ?2, ?3)")?
        .execute(params![text, lane, owner])?;
    Ok((DestinationId(tx.last_insert_rowid()), lane))
}

/// Makes the lane of a destination look again at what it holds: settings have changed.
fn rouse(tx: &Connection, destination: DestinationId, now: UnixMillis) -> Result<()> {
    let waiting: Option<i64> = tx
        .prepare_cached(
            "SELECT d.lane FROM destination d WHERE d.id = ?1 AND EXISTS (SELECT 1 FROM alert a
             WHERE a.lane = d.lane AND a.outcome IS NULL AND a.notification IS NULL)",
        )?
        .query_row([destination.0], |row| row.get(0))
        .optional()?;
    waiting.map_or(Ok(()), |lane| deliver::make_due(tx, lane, now))
}

pub(super) fn watches_of_owner(db: &Connection, owner: &str) -> Result<usize> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM destination d JOIN subscription s ON s.destination = d.id
             WHERE d.owner = ?1 AND s.ended_at IS NULL",
        )?
        .query_row([owner], |row| row.get(0))?)
}

fn watch(tx: &Connection, watch: &WatchEdit, now: UnixMillis) -> Result<Edited> {
    let (destination, _) = destination(tx, &watch.destination, &watch.owner)?;
    let subject = subject(tx, watch, now)?;
    let found: Option<(i64, bool, String, String)> = tx
        .prepare_cached(
            "SELECT id, ended_at IS NOT NULL, settings, origin FROM subscription
             WHERE destination = ?1 AND subject = ?2",
        )?
        .query_row([destination.0, subject], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let created = found.as_ref().is_none_or(|(_, ended, _, _)| *ended);
    if created
        && let Some(limit) = watch.limit
        && watches_of_owner(tx, &watch.owner)? >= limit
    {
        release_subject(tx, subject)?;
        return Ok(Edited::LimitReached { limit });
    }
    let settings = serde_json::to_string(&watch.settings)
        .map_err(|error| crate::store::StoreError::Row(error.to_string()))?;
    let until = watch.settings.until.map(|until| until.0);
    let (id, mut changed) = match found {
        None => {
            tx.prepare_cached(
                "INSERT INTO subscription (destination, subject, settings, origin, until, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![destination.0, subject, settings, watch.origin, until, now.0])?;
            (tx.last_insert_rowid(), true)
        }
        Some((id, ended, old_settings, old_origin)) => {
            let differs = ended || old_settings != settings || old_origin != watch.origin;
            if differs {
                // A watch that ended starts anew; what an earlier life left waiting stays cancelled.
                tx.prepare_cached(
                    "UPDATE subscription SET settings = ?2, origin = ?3, until = ?4, ended_at = NULL,
                     muted_until = CASE WHEN ended_at IS NULL THEN muted_until END WHERE id = ?1",
                )?
                .execute(params![id, settings, watch.origin, until])?;
                rouse(tx, destination, now)?;
            }
            (id, differs)
        }
    };
    changed |= rules(tx, id, subject, watch, now)?;
    Ok(Edited::Watched { subscription: SubscriptionId(id), created, changed })
}

/// The row of a subject, made where it is new; a video is its own member.
fn subject(tx: &Connection, watch: &WatchEdit, now: UnixMillis) -> Result<i64> {
    let reference = watch.subject.to_string();
    if let Some(id) = rows::subject_id(tx, &watch.subject)? {
        tx.prepare_cached(
            "UPDATE subject SET title = coalesce(?2, title),
             next_listing = CASE WHEN ?3 THEN coalesce(next_listing, ?4) END WHERE id = ?1",
        )?
        .execute(params![id, watch.title, !is_video(&watch.subject), now.0])?;
        member_of_itself(tx, id, watch, now)?;
        return Ok(id);
    }
    tx.prepare_cached("INSERT INTO subject (ref, title, next_listing) VALUES (?1, ?2, ?3)")?
        .execute(params![reference, watch.title, (!is_video(&watch.subject)).then_some(now.0)])?;
    let id = tx.last_insert_rowid();
    member_of_itself(tx, id, watch, now)?;
    Ok(id)
}

fn is_video(subject: &SubjectRef) -> bool {
    matches!(subject, SubjectRef::Video(_))
}

fn member_of_itself(
    tx: &Connection,
    subject: i64,
    watch: &WatchEdit,
    now: UnixMillis,
) -> Result<()> {
    let SubjectRef::Video(video) = &watch.subject else { return Ok(()) };
    let key = rows::video_key(tx, video, watch.title.as_deref())?;
    if let Some(beginning) = &watch.beginning {
        tx.prepare_cached(
            "UPDATE video SET memory = ?2, title = coalesce(?3, title),
             next_poll = min(coalesce(next_poll, ?4), ?4) WHERE id = ?1",
        )?
        .execute(params![
            key.0,
            beginning.memory,
            beginning.snapshot.title,
            beginning.next_poll.0
        ])?;
    }
    // Triggers are made with the rules; here only for rules that run already, when the member is new.
    poll::join(tx, subject, key, now.0, now)?;
    // In this transaction and behind `join`: without it, a title or status that changes before the next look would be
    // taken for the one that the answer to `/watch` has shown.
    match &watch.beginning {
        Some(beginning) => route::append(tx, std::slice::from_ref(&beginning.snapshot)),
        None => Ok(()),
    }
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
    for rule in &watch.rules {
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
    tx.prepare_cached(
        "INSERT INTO rule (subscription, text, series, value, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![subscription, rule.text, series.code(), value, now.0])?;
    let id = tx.last_insert_rowid();
    if series == Series::up(Signal::Event(Event::Upload)) {
        // Fired by listings, which know the rules of their subject.
        return Ok(());
    }
    match &rule.start {
        Some(None) => {}
        Some(Some(start)) => {
            let since =
                watch.beginning.as_ref().map_or(now, |beginning| beginning.snapshot.observed_at);
            tx.prepare_cached(
                "INSERT INTO \"trigger\" (video, series, value, rule, base, since)
                 SELECT video, ?2, ?3, ?4, ?5, ?6 FROM member WHERE subject = ?1",
            )?
            .execute(params![
                subject,
                start.series.code(),
                start.value,
                id,
                start.base,
                since.0
            ])?;
        }
        None => {
            tx.prepare_cached(
                "INSERT INTO \"trigger\" (video, series, value, rule, since)
                 SELECT video, ?2, ?3, ?4, ?5 FROM member WHERE subject = ?1",
            )?
            .execute(params![subject, series.code(), value, id, now.0])?;
        }
    }
    Ok(())
}

fn end_rule(tx: &Connection, rule: i64, now: UnixMillis) -> Result<()> {
    tx.prepare_cached("UPDATE rule SET ended_at = ?2 WHERE id = ?1")?.execute([rule, now.0])?;
    tx.prepare_cached("DELETE FROM \"trigger\" WHERE rule = ?1")?.execute([rule])?;
    Ok(())
}

fn last_alert(tx: &Connection) -> Result<i64> {
    Ok(tx
        .prepare_cached("SELECT coalesce(max(id), 0) FROM alert")?
        .query_row([], |row| row.get(0))?)
}

fn unwatch(
    tx: &Connection,
    destination: &Address,
    subject: &SubjectRef,
    now: UnixMillis,
) -> Result<Edited> {
    let Some(row) = rows::destination(tx, destination)? else { return Ok(Edited::NotFound) };
    let found: Option<(i64, i64)> = tx
        .prepare_cached(
            "SELECT s.id, s.subject FROM subscription s JOIN subject u ON u.id = s.subject
             WHERE s.destination = ?1 AND u.ref = ?2 AND s.ended_at IS NULL",
        )?
        .query_row(params![row.id.0, subject.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((subscription, subject)) = found else { return Ok(Edited::NotFound) };
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
    tx.prepare_cached(
        "UPDATE subscription SET ended_at = ?2, cancelled_to = ?3, cancelled_reason = ?4 WHERE id = ?1",
    )?
    .execute(params![subscription, now.0, last_alert(tx)?, reason])?;
    release_subject(tx, subject)
}

/// Lets go of a subject that nobody watches: its members are polled no more.
fn release_subject(tx: &Connection, subject: i64) -> Result<()> {
    let watched = tx
        .prepare_cached(
            "SELECT 1 FROM subscription WHERE subject = ?1 AND ended_at IS NULL LIMIT 1",
        )?
        .exists([subject])?;
    if watched {
        return Ok(());
    }
    let members: Vec<i64> = tx
        .prepare_cached("SELECT video FROM member WHERE subject = ?1")?
        .query_map([subject], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for video in members {
        poll::leave(tx, subject, VideoKey(video))?;
    }
    tx.prepare_cached(
        "UPDATE subject SET next_listing = NULL, listed_at = NULL, full_at = NULL WHERE id = ?1",
    )?
    .execute([subject])?;
    Ok(())
}

fn mute(
    tx: &Connection,
    destination: &Address,
    subject: Option<&SubjectRef>,
    until: Option<UnixMillis>,
) -> Result<Edited> {
    let Some(row) = rows::destination(tx, destination)? else { return Ok(Edited::NotFound) };
    let until = until.map(|until| until.0);
    // What waits is cancelled by a mute; lifting one brings nothing back and cancels nothing.
    let cancel = until.map(|_| last_alert(tx)).transpose()?;
    let touched = match subject {
        None => tx
            .prepare_cached(
                "UPDATE destination SET muted_until = ?2,
                 cancelled_reason = CASE WHEN ?3 IS NULL THEN cancelled_reason ELSE 'muted' END,
                 cancelled_to = coalesce(?3, cancelled_to) WHERE id = ?1",
            )?
            .execute(params![row.id.0, until, cancel])?,
        Some(subject) => tx
            .prepare_cached(
                "UPDATE subscription SET muted_until = ?3,
                 cancelled_reason = CASE WHEN ?4 IS NULL THEN cancelled_reason ELSE 'muted' END,
                 cancelled_to = coalesce(?4, cancelled_to)
                 WHERE destination = ?1 AND ended_at IS NULL
                   AND subject = (SELECT id FROM subject WHERE ref = ?2)",
            )?
            .execute(params![row.id.0, subject.to_string(), until, cancel])?,
    };
    Ok(if touched == 0 { Edited::NotFound } else { Edited::Done(touched) })
}

/// Makes a chat (every thread of it, unless one is named) unreachable: what waits is cancelled.
pub(super) fn disable(
    tx: &Connection,
    address: &Address,
    reason: &str,
    now: UnixMillis,
) -> Result<usize> {
    let Some(row) = rows::destination(tx, address)? else { return Ok(0) };
    let lane: i64 = tx
        .prepare_cached("SELECT lane FROM destination WHERE id = ?1")?
        .query_row([row.id.0], |row| row.get(0))?;
    let only = is_thread(address).then_some(row.id.0);
    let touched = tx
        .prepare_cached(
            "UPDATE destination SET disabled = ?2, cancelled_to = ?3, cancelled_reason = 'disabled'
             WHERE lane = ?1 AND (?4 IS NULL OR id = ?4)",
        )?
        .execute(params![lane, reason, last_alert(tx)?, only])?;
    // Those that were tried before and wait for a retry; one in flight ends by its own answer.
    let mut pending = tx.prepare_cached(
        "UPDATE notification SET state = 'cancelled', ended = ?2, error = ?3, next_at = NULL
         WHERE lane = ?1 AND state = 'pending' AND next_at IS NOT NULL AND (?4 IS NULL OR destination = ?4)
         RETURNING members",
    )?;
    let members: Vec<String> = pending
        .query_map(params![lane, now.0, reason, only], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut end = tx.prepare_cached(
        "UPDATE alert SET outcome = 'cancelled:disabled', ended = ?2 WHERE id = ?1 AND outcome IS NULL",
    )?;
    for list in members {
        let list: Vec<i64> = serde_json::from_str(&list).unwrap_or_default();
        for alert in list {
            end.execute([alert, now.0])?;
        }
    }
    Ok(touched)
}

/// Follows a chat to its new id: destinations, watches and what waits go along. Returns the new lane.
pub(super) fn move_chat(
    tx: &Connection,
    from: &Address,
    to: &Address,
    _now: UnixMillis,
) -> Result<i64> {
    let old_lane: Option<i64> = tx
        .prepare_cached("SELECT id FROM lane WHERE key = ?1")?
        .query_row([from.lane()], |row| row.get(0))
        .optional()?;
    let Some(old_lane) = old_lane else { return destination(tx, to, "operator").map(|(_, l)| l) };
    let old: Vec<(i64, String, String)> = tx
        .prepare_cached(
            "SELECT id, address, owner FROM destination WHERE lane = ?1 AND moved_to IS NULL",
        )?
        .query_map([old_lane], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut new_lane = old_lane;
    for (id, address, owner) in old {
        let target = match (rows::parsed(&address, "destination")?, to) {
            (Address::Telegram { thread, .. }, Address::Telegram { chat, thread: None }) => {
                Address::Telegram { chat: *chat, thread }
            }
            _ => to.clone(),
        };
        let owner = if owner == from.to_string() { to.to_string() } else { owner };
        let (new, lane) = destination(tx, &target, &owner)?;
        new_lane = lane;
        if new.0 == id {
            continue;
        }
        tx.execute(
            "UPDATE destination SET settings = (SELECT settings FROM destination WHERE id = ?2),
             muted_until = (SELECT muted_until FROM destination WHERE id = ?2),
             cancelled_to = (SELECT cancelled_to FROM destination WHERE id = ?2),
             cancelled_reason = (SELECT cancelled_reason FROM destination WHERE id = ?2)
             WHERE id = ?1 AND settings = '{}'",
            [new.0, id],
        )?;
        tx.execute(
            "UPDATE destination SET moved_to = ?2 WHERE id = ?1 OR moved_to = ?1",
            [id, new.0],
        )?;
        // A watch that both have stays with the new one.
        tx.execute(
            "UPDATE OR IGNORE subscription SET destination = ?2 WHERE destination = ?1",
            [id, new.0],
        )?;
        tx.execute(
            "UPDATE alert SET lane = ?3, destination = ?2
             WHERE lane = ?4 AND destination = ?1 AND outcome IS NULL",
            [id, new.0, lane, old_lane],
        )?;
        tx.execute(
            "UPDATE notification SET lane = ?3, destination = ?2
             WHERE lane = ?4 AND destination = ?1 AND state = 'pending'",
            [id, new.0, lane, old_lane],
        )?;
    }
    tx.execute("UPDATE person SET address = ?2 WHERE address = ?1 AND NOT EXISTS (SELECT 1 FROM person WHERE address = ?2)", [from.to_string(), to.to_string()])?;
    Ok(new_lane)
}

fn admit(tx: &Connection, person: &str, code: Option<&str>, now: UnixMillis) -> Result<Edited> {
    let known = tx.prepare_cached("SELECT 1 FROM person WHERE address = ?1")?.exists([person])?;
    if known {
        return Ok(Edited::Done(0));
    }
    if let Some(code) = code {
        let used = tx
            .prepare_cached(
                "UPDATE invite SET used_by = ?2 WHERE code = ?1 AND used_by IS NULL AND expires_at > ?3",
            )?
            .execute(params![code, person, now.0])?;
        if used == 0 {
            return Ok(Edited::BadInvite);
        }
    }
    tx.prepare_cached("INSERT INTO person (address, since, invite) VALUES (?1, ?2, ?3)")?
        .execute(params![person, now.0, code])?;
    Ok(Edited::Done(1))
}
