//! What channels and playlists hold, as their listings say: who joins, who leaves, what is new, what is gone.
//!
//! A listing costs the same however many watch: it writes members alone. The router makes the triggers of a new member
//! (`routing_tx`), and tells of it from its first snapshot; rows of one that left end where they are found, or in the sweep.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::member::{self, CLOCKS_DIFFER};
use super::owners::videos_of_owner;
use super::{fanout, rows, unite};
use crate::model::{
    FanoutCursor, ListKey, ListNews, News, PersonKey, UnixMillis, VideoId, VideoKey,
};
use crate::store::{DueSubject, ListCounts, ListLimits, Listed, ListedMember, Listing, Result};

/// Videos on a page of YouTube's.
const PAGE: usize = 50;

pub(super) const DUE: &str = "SELECT id, ref, memory, members, gone_at IS NOT NULL FROM subject
     WHERE next_listing <= ?1 ORDER BY next_listing LIMIT ?2";

pub(super) fn due_subjects(
    db: &Connection,
    now: UnixMillis,
    limit: usize,
    limits: ListLimits,
) -> Result<Vec<DueSubject>> {
    let mut statement = db.prepare_cached(DUE)?;
    let mut rows = statement.query(params![now.0, limit])?;
    let mut due = Vec::new();
    while let Some(row) = rows.next()? {
        let read = || -> Result<DueSubject> {
            let (id, members) = (row.get(0)?, row.get(3)?);
            Ok(DueSubject {
                id,
                subject: rows::parsed(&row.get::<_, String>(1)?, "subject")?,
                memory: row.get(2)?,
                members,
                // Who has more than is allowed by now keeps what there is.
                members_max: room(db, id, limits)?.max(members).min(limits.per_list),
                gone: row.get(4)?,
            })
        };
        due.extend(rows::or_skipped(read())?);
    }
    Ok(due)
}

/// Owners that are looked at to find one who has room for a list.
const OWNERS_MAX: usize = 100;

pub(super) const OWNERS: &str =
    "SELECT d.person FROM subscription s JOIN destination d ON d.id = s.destination
     WHERE s.subject = ?1 AND s.ended_at IS NULL AND d.asleep IN (0, 2) LIMIT ?2";

/// How many videos a list may hold: as many as the owner among its watchers who has most room left.
fn room(db: &Connection, subject: i64, limits: ListLimits) -> Result<usize> {
    let mut statement = db.prepare_cached(OWNERS)?;
    let mut owners = statement.query(params![subject, OWNERS_MAX])?;
    let mut most = 0;
    while most < limits.per_list
        && let Some(row) = owners.next()?
    {
        most = most.max(match PersonKey(rows::integer_or(row, 0, 0)) {
            PersonKey::OPERATOR => limits.per_list,
            owner => limits.per_owner.saturating_sub(videos_of_owner(db, owner, Some(subject))?),
        });
    }
    Ok(most)
}

pub(super) const COUNTS: &str = "SELECT count(*),
            coalesce(sum(max(1, (min(coalesce(total, members), ?1) + ?2 - 1) / ?2)), 0)
     FROM subject WHERE next_listing IS NOT NULL";

pub(super) fn list_counts(db: &Connection, members_max: usize) -> Result<ListCounts> {
    Ok(db.prepare_cached(COUNTS)?.query_row(params![members_max, PAGE], |row| {
        Ok(ListCounts { lists: row.get(0)?, pages: row.get(1)? })
    })?)
}

pub(super) const IS_KNOWN: &str =
    "SELECT 1 FROM video v JOIN member m ON m.subject = ?1 AND m.video = v.id WHERE v.ref = ?2";

pub(super) fn unknown_members(
    db: &Connection,
    subject: i64,
    ids: &[VideoId],
) -> Result<Vec<VideoId>> {
    let mut statement = db.prepare_cached(IS_KNOWN)?;
    let mut unknown = Vec::new();
    for id in ids {
        if !statement.exists(params![subject, id.as_str()])? {
            unknown.push(*id);
        }
    }
    Ok(unknown)
}

pub(super) fn postpone_listing(
    tx: &Connection,
    subject: i64,
    memory: Option<&str>,
    until: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE subject SET next_listing = ?2, memory = coalesce(?3, memory)
         WHERE id = ?1 AND next_listing IS NOT NULL",
    )?
    .execute(params![subject, until.0, memory])?;
    Ok(())
}

/// A list as a listing finds it.
struct Before {
    listed: bool,
    since: UnixMillis,
    known_to: UnixMillis,
    gone: bool,
}

pub(super) fn save_listing(tx: &Connection, listing: &Listing, now: UnixMillis) -> Result<Listed> {
    let listed = save(tx, listing, now)?;
    if let Some(name) = &listing.same_as
        && !unite::unite(tx, ListKey(listing.subject), name, now)?
    {
        // The rest of its watches follows.
        postpone_listing(tx, listing.subject, None, now)?;
    }
    Ok(listed)
}

fn save(tx: &Connection, listing: &Listing, now: UnixMillis) -> Result<Listed> {
    let before: Option<Before> = tx
        .prepare_cached(
            "SELECT listed_at IS NOT NULL, since, known_to, gone_at IS NOT NULL FROM subject
             WHERE id = ?1 AND next_listing IS NOT NULL",
        )?
        .query_row([listing.subject], |row| {
            Ok(Before {
                listed: row.get(0)?,
                since: UnixMillis(row.get(1)?),
                known_to: UnixMillis(row.get(2)?),
                gone: row.get(3)?,
            })
        })
        .optional()?;
    // Nobody watches it any more: the listing comes too late.
    let Some(before) = before else { return Ok(Listed::default()) };
    let is_gone = listing.presence == Some(false);
    tx.prepare_cached(
        "UPDATE subject SET title = coalesce(?2, title), memory = ?3, total = coalesce(?4, total),
         next_listing = ?5, listed_at = CASE WHEN ?6 THEN ?7 ELSE listed_at END WHERE id = ?1",
    )?
    .execute(params![
        listing.subject,
        listing.title,
        listing.memory,
        listing.total,
        listing.next_listing.0,
        listing.complete && !is_gone,
        now.0
    ])?;
    let mut listed = Listed {
        is_news: listing.presence.is_some_and(|there| there == before.gone),
        ..Listed::default()
    };
    if listed.is_news {
        tx.prepare_cached("UPDATE subject SET gone_at = ?2 WHERE id = ?1")?
            .execute(params![listing.subject, is_gone.then_some(now.0)])?;
        let news = ListNews { gone: is_gone, at: now, cursor: FanoutCursor::START };
        fanout::defer_news(tx, ListKey(listing.subject), &news)?;
    }
    if !is_gone {
        members(tx, listing, &before, now, &mut listed)?;
    }
    Ok(listed)
}

/// A video that is, or was, in the list.
struct Held {
    key: VideoKey,
    at: UnixMillis,
    is_member: bool,
}

fn held(tx: &Connection, subject: i64) -> Result<HashMap<VideoId, Held>> {
    let mut statement = tx.prepare_cached(
        "SELECT v.ref, v.id, m.at, m.left_at IS NULL FROM member m JOIN video v ON v.id = m.video
         WHERE m.subject = ?1",
    )?;
    let mut rows = statement.query([subject])?;
    let mut held = HashMap::new();
    while let Some(row) = rows.next()? {
        let id = rows::parsed(&row.get::<_, String>(0)?, "video id");
        if let Some(id) = rows::or_skipped(id)? {
            let at = UnixMillis(row.get(2)?);
            held.insert(id, Held { key: VideoKey(row.get(1)?), at, is_member: row.get(3)? });
        }
    }
    Ok(held)
}

/// Brings members to what was listed: the newest stay, as many as the list may hold.
fn members(
    tx: &Connection,
    listing: &Listing,
    before: &Before,
    now: UnixMillis,
    listed: &mut Listed,
) -> Result<()> {
    let list = ListKey(listing.subject);
    let held = held(tx, listing.subject)?;
    let rows: HashMap<VideoId, &ListedMember> =
        listing.members.iter().map(|member| (member.id, member)).collect();
    // What is to be in the list, each with its date.
    let mut wanted: Vec<(UnixMillis, VideoId)> = Vec::new();
    for (id, row) in &rows {
        let known = held.get(id);
        let at = row.at.or(known.map(|known| known.at)).unwrap_or(now);
        if let Some(known) = known.filter(|known| known.at != at) {
            // A premiere that was announced before anybody watched has its date moved to when it begins.
            let begins = known.is_member && known.at <= before.since && at > before.since;
            member::dated(tx, list, known.key, at, begins)?;
        }
        wanted.push((at, *id));
    }
    if !listing.complete {
        let others = held.iter().filter(|(id, held)| held.is_member && !rows.contains_key(*id));
        wanted.extend(others.map(|(id, held)| (held.at, *id)));
    }
    // The newest first; of one date in an order that stays.
    wanted.sort_unstable_by(|one, other| (other.0, &other.1).cmp(&(one.0, &one.1)));
    wanted.truncate(listing.members_max);

    let stays: HashMap<VideoId, ()> = wanted.iter().map(|(_, id)| (*id, ())).collect();
    for (id, held) in &held {
        if held.is_member && !stays.contains_key(id) {
            member::leave(tx, list, held.key, now)?;
            listed.left += 1;
        }
    }
    // Oldest first, so that several new ones are told in the order in which they came.
    for (at, id) in wanted.into_iter().rev() {
        let known = held.get(&id);
        if known.is_some_and(|known| known.is_member) {
            continue;
        }
        let title = rows.get(&id).and_then(|row| row.title.as_deref());
        let key = rows::video_key(tx, &id, title)?;
        let is_new = known.is_none() && is_new(at, before);
        member::join(tx, list, key, at, if is_new { News::New } else { News::Told }, now)?;
        listed.joined += 1;
    }
    member::forget_left(tx, list, listing.members_max, now)
}

/// Whether something never seen in the list came after the list was first watched, and not only into sight: what slides
/// in because another one left, or is public again, is older.
fn is_new(at: UnixMillis, before: &Before) -> bool {
    let since = if before.listed { before.since.minus(CLOCKS_DIFFER) } else { before.since };
    at > since && at > before.known_to
}
