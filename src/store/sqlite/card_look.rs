//! Cards as the loop that shows them sees them: what is due with all that it may say, and what became of it.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{chat, course, lane, member, notices, rows, waiting};
use crate::model::{
    Address, Body, CardId, Channel, Counts, DestinationId, Series, UnixMillis, Value, VideoKey,
};
use crate::store::{Card, CardBase, CardLook, CardResult, DueCards, Result, Ring};

pub(super) const DUE: &str = concat!(
    "SELECT c.id, c.made_at, c.message, c.shown, c.failing, c.ended IS NOT NULL, c.video, v.ref, v.title, v.next_poll, ",
    rows::seen_columns!(),
    ", ",
    rows::destination_columns!(),
    " FROM card c CROSS JOIN destination d ON d.id = c.destination CROSS JOIN lane l ON l.id = d.lane
     CROSS JOIN video v ON v.id = c.video LEFT JOIN seen n ON n.video = c.video
     WHERE c.next_at <= ?1 AND l.channel = ?2 ORDER BY c.next_at LIMIT ?3"
);

/// Where in [`DUE`] begins what was seen of the video, and the destination.
const SEEN: usize = 10;
const DESTINATION: usize = 21;

pub(super) const NEXT: &str =
    "SELECT c.next_at FROM card c CROSS JOIN destination d ON d.id = c.destination
     CROSS JOIN lane l ON l.id = d.lane WHERE c.next_at > ?1 AND l.channel = ?2 ORDER BY c.next_at LIMIT 1";

/// The cards of a channel that are due. One that can't be read stays due, and is asked for again only with the others.
pub(super) fn due(
    db: &Connection,
    channel: Channel,
    now: UnixMillis,
    base_at: UnixMillis,
    limit: usize,
) -> Result<DueCards> {
    let mut statement = db.prepare_cached(DUE)?;
    let mut rows = statement.query(params![now.0, channel.name(), limit])?;
    let mut cards = Vec::new();
    while let Some(row) = rows.next()? {
        cards.extend(rows::or_skipped(one_due(db, row, (base_at, now)))?);
    }
    let next_due: Option<i64> = db
        .prepare_cached(NEXT)?
        .query_row(params![now.0, channel.name()], |row| row.get(0))
        .optional()?;
    Ok(DueCards { cards, next_due: next_due.map(UnixMillis) })
}

/// Most steps of time in the course of a card: its picture is small.
const COURSE_STEPS: u32 = 160;

fn one_due(
    db: &Connection,
    row: &Row<'_>,
    (base_at, now): (UnixMillis, UnixMillis),
) -> Result<Card> {
    let made_at = UnixMillis(row.get(1)?);
    let video = VideoKey(row.get(6)?);
    let id = rows::parsed(&row.get::<_, String>(7)?, "video id")?;
    let destination = rows::destination_row(row, DESTINATION)?;
    Ok(Card {
        id: CardId(row.get(0)?),
        made_at,
        course: course::course(db, &id, (base_at, now), COURSE_STEPS)?,
        video: id,
        title: row.get(8)?,
        known: rows::known(row, SEEN)?,
        counts: counts(db, LAST_COUNTS, [video.0])?.map(|(_, counts)| counts),
        base: base(db, video, base_at)?,
        ring: ring(db, video, destination.id)?.filter(|ring| ring.at >= made_at),
        next_poll: rows::instant(row, 9)?,
        message: row.get(2)?,
        shown: row.get(3)?,
        failing: row.get(4)?,
        is_ending: row.get(5)?,
        destination,
    })
}

macro_rules! history {
    ($rest:literal) => {
        concat!(
            "SELECT at, views, likes, comments FROM history WHERE video = ?1
             AND at >= (SELECT since FROM video WHERE id = ?1) ",
            $rest
        )
    };
}

/// The counts of a moment, which are those of the last change before it.
pub(super) const COUNTS_AT: &str = history!("AND at <= ?2 ORDER BY at DESC LIMIT 1");

/// The first that are known since the video is polled.
pub(super) const FIRST_COUNTS: &str = history!("ORDER BY at LIMIT 1");

/// Those of the last change.
pub(super) const LAST_COUNTS: &str = history!("ORDER BY at DESC LIMIT 1");

fn counts(db: &Connection, sql: &str, of: impl Params) -> Result<Option<(UnixMillis, Counts)>> {
    let read = |row: &Row<'_>| {
        let counts = Counts { views: row.get(1)?, likes: row.get(2)?, comments: row.get(3)? };
        Ok((UnixMillis(row.get(0)?), counts))
    };
    Ok(db.prepare_cached(sql)?.query_row(of, read).optional()?)
}

fn base(db: &Connection, video: VideoKey, at: UnixMillis) -> Result<Option<CardBase>> {
    let (found, is_first) = match counts(db, COUNTS_AT, [video.0, at.0])? {
        Some(then) => (Some(then), false),
        None => (counts(db, FIRST_COUNTS, [video.0])?, true),
    };
    Ok(found.map(|(at, counts)| CardBase { at, counts, is_first }))
}

/// Watches of one destination that are looked at for the last alert about a video.
const WATCHES_MAX: usize = 20;

pub(super) const WATCHES: &str = "SELECT s.id FROM member m CROSS JOIN subscription s
     ON s.destination = ?2 AND s.subject = m.subject WHERE m.video = ?1 AND m.left_at IS NULL LIMIT ?3";

pub(super) const LAST_TOLD: &str = "SELECT series, previous, current, marks, ended FROM alert
     WHERE video = ?1 AND subscription = ?2 AND outcome = 'sent' ORDER BY id DESC LIMIT 1";

/// The last alert about a video that a destination was told. One that can't be read is none.
fn ring(db: &Connection, video: VideoKey, of: DestinationId) -> Result<Option<Ring>> {
    let watches: Vec<i64> = db
        .prepare_cached(WATCHES)?
        .query_map(params![video.0, of.0, WATCHES_MAX], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut last: Option<Ring> = None;
    for watch in watches {
        let mut statement = db.prepare_cached(LAST_TOLD)?;
        let mut rows = statement.query([video.0, watch])?;
        let Some(row) = rows.next()? else { continue };
        let found = rows::or_skipped(told(row))?.flatten();
        last = last.into_iter().chain(found).max_by_key(|ring| ring.at);
    }
    Ok(last)
}

fn told(row: &Row<'_>) -> Result<Option<Ring>> {
    let Some(series) = Series::from_code(row.get(0)?) else { return Ok(None) };
    let value = |column| -> Result<Value> { Ok(rows::value(row, column)?) };
    Ok(Some(Ring {
        at: rows::instant(row, 4)?.unwrap_or_default(),
        series,
        previous: value(1)?,
        current: value(2)?,
        marks: waiting::marks(row.get::<_, Option<String>>(3)?.as_deref())?,
    }))
}

/// Records what became of cards.
pub(super) fn record(tx: &Connection, looks: &[CardLook], now: UnixMillis) -> Result<()> {
    looks.iter().try_for_each(|look| record_one(tx, look, now))
}

/// One that somebody has ended meanwhile is looked at as soon as they have asked for.
const SHOWN: &str = "UPDATE card SET message = ?3, shown = ?4, failing = 0,
     next_at = CASE WHEN ended IS NULL THEN ?5 ELSE next_at END WHERE id = ?1 AND made_at = ?2";

const STAYS: &str =
    "UPDATE card SET next_at = ?3, failing = 0 WHERE id = ?1 AND made_at = ?2 AND ended IS NULL";

const FAILED: &str = "UPDATE card SET next_at = ?3, failing = failing + ?4
     WHERE id = ?1 AND made_at = ?2 RETURNING (SELECT lane FROM destination WHERE id = card.destination)";

fn record_one(tx: &Connection, look: &CardLook, now: UnixMillis) -> Result<()> {
    let (id, made_at) = (look.id.0, look.made_at.0);
    match &look.result {
        CardResult::Shown { message, shown, next_at } => {
            tx.prepare_cached(SHOWN)?.execute(params![id, made_at, message, shown, next_at.0])?;
        }
        CardResult::Stays { next_at } => {
            tx.prepare_cached(STAYS)?.execute([id, made_at, next_at.0])?;
        }
        CardResult::Failed { next_at, counts, lane_free_at } => {
            let lane = failed(tx, look, *next_at, *counts)?;
            if let Some((lane, until)) = lane.zip(*lane_free_at) {
                lane::rest_until(tx, lane, until)?;
            }
        }
        CardResult::Moved { to, next_at } => {
            if let Some(from) = address(tx, look)? {
                chat::move_chat(tx, &from.whole(), to, now)?;
            }
            // Of one that has gone along, this touches nothing: it has begun anew.
            failed(tx, look, *next_at, true)?;
        }
        CardResult::Ended(word) => ended(tx, look, word.as_ref(), now)?,
    }
    Ok(())
}

/// Puts a card off; returns its lane.
fn failed(
    tx: &Connection,
    look: &CardLook,
    next_at: UnixMillis,
    counts: bool,
) -> Result<Option<i64>> {
    Ok(tx
        .prepare_cached(FAILED)?
        .query_row(params![look.id.0, look.made_at.0, next_at.0, counts], |row| row.get(0))
        .optional()?)
}

/// Where a card stands. `None`: it has begun anew or is gone, or that can't be read.
fn address(tx: &Connection, look: &CardLook) -> Result<Option<Address>> {
    let address: Option<String> = tx
        .prepare_cached(
            "SELECT d.address FROM card c JOIN destination d ON d.id = c.destination
             WHERE c.id = ?1 AND c.made_at = ?2",
        )?
        .query_row([look.id.0, look.made_at.0], |row| row.get(0))
        .optional()?;
    let address = address.map(|text| rows::or_skipped(rows::parsed(&text, "destination")));
    Ok(address.transpose()?.flatten())
}

fn ended(tx: &Connection, look: &CardLook, word: Option<&Body>, now: UnixMillis) -> Result<()> {
    let at = address(tx, look)?;
    let video: Option<i64> = tx
        .prepare_cached("DELETE FROM card WHERE id = ?1 AND made_at = ?2 RETURNING video")?
        .query_row([look.id.0, look.made_at.0], |row| row.get(0))
        .optional()?;
    let Some(video) = video else { return Ok(()) };
    member::stop_polling(tx, VideoKey(video))?;
    if let Some((at, word)) = at.zip(word) {
        notices::notice(tx, None, &[(at, word.clone())], now)?;
    }
    Ok(())
}
