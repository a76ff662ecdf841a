//! Questions: lists, history and figures.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row, params, types::Value as Sql};

use super::rows;
use crate::model::{Address, Channel, Counts, SubjectRef, SubscriptionId, UnixMillis, VideoId};
use crate::store::{Figures, History, Result, WatchFilter, WatchRow};

pub(super) fn is_admitted(db: &Connection, person: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM person WHERE address = ?1")?.exists([person])?)
}

macro_rules! watches {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, u.ref, coalesce(v.title, u.title), u.total,
                    CASE WHEN u.next_listing IS NULL THEN NULL
                         ELSE (SELECT count(*) FROM member m WHERE m.subject = u.id) END,
                    v.memory, s.settings, s.muted_until, s.origin, ",
            rows::destination_columns!(),
            " FROM subscription s JOIN destination d ON d.id = s.destination
             JOIN subject u ON u.id = s.subject
             LEFT JOIN video v ON v.ref = substr(u.ref, 7) AND substr(u.ref, 1, 6) = 'video:'
             WHERE s.ended_at IS NULL AND s.id > ?2 AND ",
            $condition,
            " ORDER BY s.id LIMIT ?3"
        )
    };
}

pub(super) const WATCHES: &str = watches!("?1 IS NULL");
pub(super) const WATCHES_OF: &str =
    watches!("s.destination = (SELECT coalesce(moved_to, id) FROM destination WHERE address = ?1)");
pub(super) const WATCHES_ONE: &str = watches!("s.id = ?1");
pub(super) const WATCHES_ORIGIN: &str = watches!("s.origin = ?1");

pub(super) fn watches(
    db: &Connection,
    filter: &WatchFilter,
    after: i64,
    limit: usize,
) -> Result<Vec<WatchRow>> {
    let (sql, value) = match filter {
        WatchFilter::All => (WATCHES, Sql::Null),
        WatchFilter::Of(address) => (WATCHES_OF, Sql::Text(address.to_string())),
        WatchFilter::One(id) => (WATCHES_ONE, Sql::Integer(id.0)),
        WatchFilter::Origin(origin) => (WATCHES_ORIGIN, Sql::Text(origin.clone())),
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![value, after, limit])?;
    let mut watches = Vec::new();
    while let Some(row) = rows.next()? {
        watches.extend(rows::or_skipped(watch(db, row))?);
    }
    Ok(watches)
}

fn watch(db: &Connection, row: &Row<'_>) -> Result<WatchRow> {
    let id: i64 = row.get(0)?;
    let total: Option<u64> = row.get(3)?;
    let held: Option<usize> = row.get(4)?;
    let mut texts = db.prepare_cached(
        "SELECT text FROM rule WHERE subscription = ?1 AND ended_at IS NULL ORDER BY id",
    )?;
    Ok(WatchRow {
        id: SubscriptionId(id),
        subject: rows::parsed(&row.get::<_, String>(1)?, "subject")?,
        title: row.get(2)?,
        members: held.map(|held| (held, total.unwrap_or_else(|| u64::try_from(held).unwrap_or(0)))),
        memory: row.get(5)?,
        settings: rows::settings(&row.get::<_, String>(6)?)?,
        muted_until: rows::instant(row, 7)?,
        origin: row.get(8)?,
        destination: rows::destination_row(row, 9)?,
        rules: texts.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
    })
}

/// One look-up per pair: a list of pairs in one statement would keep no plan for the next.
pub(super) fn watches_at(
    db: &Connection,
    pairs: &[(Address, SubjectRef)],
) -> Result<Vec<Option<WatchRow>>> {
    let mut find = db.prepare_cached(
        "SELECT s.id FROM destination o JOIN subscription s ON s.destination = coalesce(o.moved_to, o.id)
         WHERE o.address = ?1 AND s.subject = (SELECT id FROM subject WHERE ref = ?2)
           AND s.ended_at IS NULL",
    )?;
    let mut found = Vec::with_capacity(pairs.len());
    for (destination, subject) in pairs {
        let id: Option<i64> = find
            .query_row([destination.to_string(), subject.to_string()], |row| row.get(0))
            .optional()?;
        let row = id.map(|id| watches(db, &WatchFilter::One(SubscriptionId(id)), 0, 1));
        found.push(row.transpose()?.and_then(|rows| rows.into_iter().next()));
    }
    Ok(found)
}

pub(super) fn history(
    db: &Connection,
    video: &VideoId,
    since: UnixMillis,
    limit: usize,
) -> Result<Option<History>> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT v.id, v.title, v.memory, ",
        rows::seen_columns!(),
        " FROM video v LEFT JOIN seen n ON n.video = v.id WHERE v.ref = ?1"
    ))?;
    let mut rows = statement.query([video.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let key: i64 = row.get(0)?;
    let mut points: Vec<(UnixMillis, Counts)> = db
        .prepare_cached(
            "SELECT at, views, likes, comments FROM history WHERE video = ?1 AND at >= ?2
             ORDER BY at DESC LIMIT ?3",
        )?
        .query_map(params![key, since.0, limit], |row| {
            Ok((
                UnixMillis(row.get(0)?),
                Counts { views: row.get(1)?, likes: row.get(2)?, comments: row.get(3)? },
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    points.reverse();
    Ok(Some(History {
        title: row.get(1)?,
        memory: row.get(2)?,
        known: rows::known(row, 3)?,
        points,
    }))
}

pub(super) const WAITING: &str =
    "SELECT count(*) FROM alert WHERE outcome IS NULL AND notification IS NULL";

/// Alerts whose notification is on its way, or waits for another attempt.
pub(super) const UNDER_WAY: &str = "SELECT coalesce(sum(json_array_length(members)), 0)
     FROM notification WHERE state = 'pending' AND json_valid(members)";

/// By two counts of indexes: rows that run have no index of their own.
pub(super) const RUNNING: &str = "SELECT (SELECT count(*) FROM subscription)
     - (SELECT count(*) FROM subscription WHERE ended_at IS NOT NULL)";

/// Rows of the log go from its beginning and come at its end only.
pub(super) const BACKLOG: &str =
    "SELECT coalesce((SELECT max(offset) FROM log) - (SELECT min(offset) FROM log) + 1, 0)";

pub(super) fn figures(db: &Connection, now: UnixMillis) -> Result<Figures> {
    let count =
        |sql: &str| -> Result<u64> { Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    let (mut lanes_due, mut oldest): (u64, Option<i64>) = (0, None);
    for channel in Channel::ALL {
        let (due, at): (u64, Option<i64>) = db
            .prepare_cached(
                "SELECT count(*), min(due_at) FROM lane WHERE channel = ?1 AND due_at <= ?2",
            )?
            .query_row(params![channel.name(), now.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        lanes_due += due;
        oldest = oldest.into_iter().chain(at).min();
    }
    Ok(Figures {
        videos: count("SELECT count(*) FROM video WHERE next_poll IS NOT NULL")?,
        watches: count(RUNNING)?,
        log_backlog: count(BACKLOG)?,
        fanouts: count("SELECT count(*) FROM fanout")?,
        lanes_due,
        oldest_due: oldest.map(|at| now.since(UnixMillis(at))).filter(|age| *age > Duration::ZERO),
        alerts_waiting: count(WAITING)? + count(UNDER_WAY)?,
        dead_letters: count("SELECT count(*) FROM notification WHERE state = 'dead'")?,
        bytes: count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
    })
}
