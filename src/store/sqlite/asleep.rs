//! Watches that nobody hears: what only they look at is polled no more, until somebody can be reached again.
//!
//! A destination that has been off for a month falls asleep. Its watches and rules stand, and count no more where it is
//! asked whether a video, channel or playlist is watched. Made on again, it wakes: what it watches is looked at as if the
//! watches were new, so that nobody hears of what happened meanwhile.
//!
//! Both come in pieces, because a destination of the operator's may have a hundred thousand watches: a mark on the
//! destination says which way it goes, and the sweep works it off.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::subject::{self, Watched};
use super::{member, rows};
use crate::model::{DestinationId, SubjectRef, UnixMillis};
use crate::store::Result;

/// How long a destination is off before it falls asleep.
const AFTER: Duration = Duration::from_secs(30 * 86_400);

/// The marks in `destination.asleep`; 0: awake.
const ASLEEP: i64 = 1;
const WAKING: i64 = 2;
const FALLING: i64 = 3;

/// Watches, and videos of the channels and playlists among them, that one transaction lets go of or takes up.
const PIECE: usize = 1_000;

/// Watches that are read at once.
const PAGE: usize = 100;

/// Destinations that one sweep looks at.
const STRETCH: usize = 1_000;

/// Watches of one subject that are looked at to find one whose destination is awake. Where there are more, it counts as
/// watched: a look too many costs units, one too few an alert.
const WATCHES_MAX: usize = 200;

/// The newest watches first: of many that fall asleep one after the other, the oldest are the first.
pub(super) const WATCHES: &str =
    "SELECT d.asleep FROM subscription s JOIN destination d ON d.id = s.destination
     WHERE s.subject = ?1 AND s.ended_at IS NULL ORDER BY s.id DESC LIMIT ?2";

pub(super) fn watched(tx: &Connection, subject: i64) -> Result<Watched> {
    let mut statement = tx.prepare_cached(WATCHES)?;
    let mut watches = statement.query(params![subject, WATCHES_MAX + 1])?;
    let mut asleep = 0;
    while let Some(watch) = watches.next()? {
        if !matches!(rows::integer_or(watch, 0, 0), ASLEEP | FALLING) {
            return Ok(Watched::Yes);
        }
        asleep += 1;
    }
    Ok(match asleep {
        0 => Watched::No,
        1..=WATCHES_MAX => Watched::Asleep,
        _ => Watched::Yes,
    })
}

/// A destination is on again: what it watches is looked at, its first watches at once and very many in the sweeps that
/// follow.
pub(super) fn wake(tx: &Connection, id: DestinationId, now: UnixMillis) -> Result<()> {
    let was_asleep = tx
        .prepare_cached("UPDATE destination SET asleep = ?2 WHERE id = ?1 AND asleep <> 0")?
        .execute([id.0, WAKING])?
        == 1;
    if !was_asleep {
        return Ok(());
    }
    let mut left = PIECE;
    if let Some(after) = work(tx, id, 0, &mut left, now)? {
        // Next, before others: what was under way there is found again by its mark, and begins anew.
        let place = Place::load(tx)?;
        Place { at: Some((id.0, after)), ..place }.save(tx)?;
    }
    Ok(())
}

/// The watches of a destination have gone to its new place: there they are awake.
pub(super) fn follow(
    tx: &Connection,
    old: DestinationId,
    new: DestinationId,
    now: UnixMillis,
) -> Result<()> {
    let was_asleep = tx
        .prepare_cached("UPDATE destination SET asleep = 0 WHERE id = ?1 AND asleep <> 0")?
        .execute([old.0])?
        == 1;
    if !was_asleep {
        return Ok(());
    }
    tx.prepare_cached("UPDATE destination SET asleep = ?2 WHERE id = ?1")?
        .execute([new.0, WAKING])?;
    wake(tx, new, now)
}

/// How far the sweep came.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Destinations up to this row were looked at in this round.
    to: i64,
    /// The destination under way, and the last of its subjects that is done.
    at: Option<(i64, i64)>,
}

impl Place {
    const KEY: &str = "sweep:asleep";

    fn load(tx: &Connection) -> Result<Place> {
        let text = rows::load(tx, Place::KEY)?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    fn save(self, tx: &Connection) -> Result<()> {
        rows::save(tx, Place::KEY, &rows::json(&self)?)
    }
}

/// Lets destinations fall asleep and wakes those that are on again, a piece; true when there is more to do at once.
pub(super) fn sweep(tx: &Connection, now: UnixMillis) -> Result<bool> {
    let mut place = Place::load(tx)?;
    let (mut left, mut stretch) = (PIECE, STRETCH);
    let more = loop {
        let (id, after) = match place.at.take() {
            Some((id, after)) => (DestinationId(id), after),
            None => match next(tx, &mut place.to, &mut stretch, now)? {
                Some(id) => (id, 0),
                None => break false,
            },
        };
        if let Some(after) = work(tx, id, after, &mut left, now)? {
            place.at = Some((id.0, after));
            break true;
        }
    };
    place.save(tx)?;
    Ok(more)
}

pub(super) const DESTINATIONS: &str =
    "SELECT id, asleep, disabled IS NOT NULL AND moved_to IS NULL, off_since FROM destination
     WHERE id > ?1 ORDER BY id LIMIT ?2";

/// The next destination with something to do; `None`: the stretch is over, or the table, and the next look begins anew.
fn next(
    tx: &Connection,
    to: &mut i64,
    stretch: &mut usize,
    now: UnixMillis,
) -> Result<Option<DestinationId>> {
    let mut statement = tx.prepare_cached(DESTINATIONS)?;
    let mut rows = statement.query(params![*to, *stretch])?;
    while let Some(row) = rows.next()? {
        *stretch = stretch.saturating_sub(1);
        *to = row.get(0)?;
        let (asleep, is_off) = (rows::integer_or(row, 1, 0), rows::integer_or(row, 2, 0) != 0);
        if matches!(asleep, WAKING | FALLING) {
            return Ok(Some(DestinationId(*to)));
        }
        if asleep == ASLEEP || !is_off {
            continue;
        }
        match rows::integer_or(row, 3, i64::MAX) {
            // It went off when nobody noted it down: its month begins now.
            i64::MAX => {
                tx.prepare_cached("UPDATE destination SET off_since = ?2 WHERE id = ?1")?
                    .execute([*to, now.0])?;
            }
            since if UnixMillis(since).plus(AFTER) <= now => {
                tx.prepare_cached("UPDATE destination SET asleep = ?2 WHERE id = ?1")?
                    .execute([*to, FALLING])?;
                return Ok(Some(DestinationId(*to)));
            }
            _ => {}
        }
    }
    if *stretch > 0 {
        *to = 0;
    }
    Ok(None)
}

pub(super) const OF_DESTINATION: &str =
    "SELECT s.id, s.subject, u.ref, u.members FROM subscription s JOIN subject u ON u.id = s.subject
     WHERE s.destination = ?1 AND s.subject > ?2 AND s.ended_at IS NULL ORDER BY s.subject LIMIT ?3";

/// Lets go of what a destination watches, or takes it up, as its mark says, from the subject behind `after` on. Returns the
/// last subject that is done when there is more.
fn work(
    tx: &Connection,
    id: DestinationId,
    mut after: i64,
    left: &mut usize,
    now: UnixMillis,
) -> Result<Option<i64>> {
    let mark: Option<i64> = tx
        .prepare_cached("SELECT asleep FROM destination WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    let is_waking = match mark {
        Some(WAKING) => true,
        Some(FALLING) => false,
        _ => return Ok(None),
    };
    loop {
        let page: Vec<(i64, i64, String, usize)> = tx
            .prepare_cached(OF_DESTINATION)?
            .query_map(params![id.0, after, PAGE], |row| {
                let members = usize::try_from(rows::integer_or(row, 3, 0)).unwrap_or(0);
                Ok((row.get(0)?, row.get(1)?, rows::text(row, 2), members))
            })?
            .collect::<rusqlite::Result<_>>()?;
        for (watch, subject, reference, members) in &page {
            if *left == 0 {
                return Ok(Some(after));
            }
            if is_waking {
                let subject_ref = rows::parsed(reference, "subject");
                if let Some(subject_ref) = rows::or_skipped(subject_ref)? {
                    take_up(tx, *watch, *subject, &subject_ref, now)?;
                }
            } else {
                subject::release(tx, *subject, watched(tx, *subject)?, now)?;
            }
            *left = left.saturating_sub(1 + members);
            after = *subject;
        }
        if page.len() < PAGE {
            break;
        }
    }
    tx.prepare_cached("UPDATE destination SET asleep = ?2 WHERE id = ?1")?
        .execute([id.0, if is_waking { 0 } else { ASLEEP }])?;
    Ok(None)
}

/// Looks at what a watch is about, as if it were new.
fn take_up(
    tx: &Connection,
    watch: i64,
    subject: i64,
    subject_ref: &SubjectRef,
    now: UnixMillis,
) -> Result<()> {
    let SubjectRef::Video(video) = subject_ref else {
        return subject::list(tx, subject, now);
    };
    let key = rows::video_key(tx, video, None)?;
    member::join_own(tx, subject, key, now, now)?;
    tx.prepare_cached(BEGIN_ANEW)?.execute([watch, key.0, now.0])?;
    Ok(())
}

/// Rules that waited while the video was looked at for nobody know its numbers of long ago, and its row may be another
/// one by now.
pub(super) const BEGIN_ANEW: &str = "UPDATE \"trigger\" SET holder = ?2, base = NULL, since = ?3,
         series = (SELECT series FROM rule WHERE id = \"trigger\".rule),
         value = (SELECT value FROM rule WHERE id = \"trigger\".rule)
     WHERE rule IN (SELECT id FROM rule WHERE subscription = ?1 AND ended_at IS NULL)
     AND (holder <> ?2 OR since < (SELECT since FROM video WHERE id = ?2))";
