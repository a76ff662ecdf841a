//! Cards as people ask for them: made, ended, gone with their chat. A video with a card is polled like one that is watched.

use rusqlite::{Connection, params};

use super::owners::videos_of_owner;
use super::{address, member, rows, watch};
use crate::model::{Address, DestinationId, PersonKey, UnixMillis, VideoId, VideoKey};
use crate::store::{CardEdit, CardRow, Edited, Result};

pub(super) const STANDS: &str = "SELECT 1 FROM card c JOIN video v ON v.id = c.video
     WHERE c.destination = ?1 AND v.ref = ?2 AND c.ended IS NULL";

/// Makes a card. One that stands begins anew: its message stays behind as it is.
pub(super) fn make(tx: &Connection, card: &CardEdit, now: UnixMillis) -> Result<Edited> {
    let (destination, lane) = address::destination(tx, &card.destination, &card.owner)?;
    let is_again =
        tx.prepare_cached(STANDS)?.exists(params![destination.0, card.video.as_str()])?;
    if !is_again && let Some(refusal) = refusal(tx, (destination, lane), card)? {
        return Ok(refusal);
    }
    let beginning = card.beginning.as_ref();
    let title = beginning.and_then(|beginning| beginning.snapshot.title.as_deref());
    let video = rows::video_key(tx, &card.video, title)?;
    tx.prepare_cached(
        "INSERT INTO card (destination, video, next_at, made_at) VALUES (?1, ?2, ?3, ?3)
         ON CONFLICT (destination, video) DO UPDATE SET message = NULL, shown = NULL, next_at = ?3,
         made_at = ?3, failing = 0, ended = NULL",
    )?
    .execute([destination.0, video.0, now.0])?;
    let poll_at = beginning.map_or(now, |beginning| beginning.next_poll);
    member::poll(tx, video, poll_at, now)?;
    if let Some(beginning) = beginning {
        watch::begin(tx, video, beginning, now)?;
    }
    Ok(Edited::Carded { is_again })
}

/// The cards of a chat with all its topics.
pub(super) const IN_CHAT: &str =
    "SELECT count(*) FROM destination d CROSS JOIN card c ON c.destination = d.id
     WHERE d.lane = ?1 AND c.ended IS NULL";

/// Why there is no room for one more card, if there is none.
fn refusal(
    tx: &Connection,
    (destination, lane): (DestinationId, i64),
    card: &CardEdit,
) -> Result<Option<Edited>> {
    let in_chat: usize = tx.prepare_cached(IN_CHAT)?.query_row([lane], |row| row.get(0))?;
    if in_chat >= card.per_chat {
        return Ok(Some(Edited::CardsReached { limit: card.per_chat }));
    }
    let owner = address::owner(tx, destination)?;
    let Some(limit) = card.videos_limit.filter(|_| owner != PersonKey::OPERATOR) else {
        return Ok(None);
    };
    let is_full = videos_of_owner(tx, owner, None)? >= limit;
    Ok(is_full.then_some(Edited::VideosReached { limit, left: 0 }))
}

pub(super) const END: &str = "UPDATE card SET ended = 'off', next_at = ?3
     WHERE destination = ?1 AND ended IS NULL
     AND (?2 IS NULL OR video = (SELECT id FROM video WHERE ref = ?2)) RETURNING video";

/// Ends a card, or all of a destination: what has been sent says so in a last edit.
pub(super) fn end(
    tx: &Connection,
    of: &Address,
    video: Option<&VideoId>,
    now: UnixMillis,
) -> Result<Edited> {
    let Some((destination, _)) = address::find(tx, of)? else { return Ok(Edited::NotFound) };
    let ended: Vec<i64> = tx
        .prepare_cached(END)?
        .query_map(params![destination.0, video.map(VideoId::as_str), now.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    stop_polling(tx, &ended)?;
    Ok(if ended.is_empty() { Edited::NotFound } else { Edited::Done(ended.len()) })
}

fn stop_polling(tx: &Connection, videos: &[i64]) -> Result<()> {
    videos.iter().try_for_each(|video| member::stop_polling(tx, VideoKey(*video)))
}

/// Nobody is there any more to see the cards of a destination.
pub(super) fn forget_all(tx: &Connection, destination: DestinationId) -> Result<()> {
    let gone: Vec<i64> = tx
        .prepare_cached("DELETE FROM card WHERE destination = ?1 RETURNING video")?
        .query_map([destination.0], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    stop_polling(tx, &gone)
}

/// The cards of a destination follow it to its new place, where they are sent anew: what was sent under the old id can't be
/// edited any more. Where both have a card of a video, that of the new place stays.
pub(super) fn follow(
    tx: &Connection,
    old: DestinationId,
    new: DestinationId,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "UPDATE OR IGNORE card SET destination = ?2, message = NULL, shown = NULL, next_at = ?3, made_at = ?3,
         failing = 0 WHERE destination = ?1 AND ended IS NULL",
    )?
    .execute([old.0, new.0, now.0])?;
    forget_all(tx, old)
}

pub(super) const CARDS_OF: &str = "SELECT v.ref, coalesce(n.title, v.title), c.made_at FROM card c
     JOIN video v ON v.id = c.video LEFT JOIN seen n ON n.video = c.video
     WHERE c.destination = (SELECT coalesce(moved_to, id) FROM destination WHERE address = ?1)
     AND c.ended IS NULL ORDER BY c.id";

/// The cards of a destination, oldest first.
pub(super) fn cards(db: &Connection, of: &Address) -> Result<Vec<CardRow>> {
    let mut statement = db.prepare_cached(CARDS_OF)?;
    let mut rows = statement.query([of.to_string()])?;
    let mut cards = Vec::new();
    while let Some(row) = rows.next()? {
        let read = || -> Result<CardRow> {
            Ok(CardRow {
                video: rows::parsed(&row.get::<_, String>(0)?, "video id")?,
                title: row.get(1)?,
                made_at: UnixMillis(row.get(2)?),
            })
        };
        cards.extend(rows::or_skipped(read())?);
    }
    Ok(cards)
}
