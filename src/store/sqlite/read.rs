//! Questions: lists and history.

use rusqlite::{Connection, OptionalExtension, Row, params, types::Value as Sql};

use super::{person, rows};
use crate::model::{
    Address, Counts, DestinationId, SubjectRef, SubscriptionId, UnixMillis, VideoId,
};
use crate::store::{History, Result, Shut, Standing, WatchAt, WatchFilter, WatchRow};

macro_rules! watches {
    ($condition:literal) => {
        concat!(
            "SELECT s.id, u.ref, coalesce(v.title, u.title), u.total,
                    CASE WHEN u.next_listing IS NULL THEN NULL
                         ELSE u.members END,
                    u.gone_at, s.settings, s.muted_until, s.origin, ",
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
pub(super) const WATCHES_ONE: &str = watches!(
    "s.id = coalesce((SELECT t.id FROM subscription o JOIN destination f ON f.id = o.destination
         LEFT JOIN subject x ON x.id = o.subject
         JOIN subscription t ON t.destination = coalesce(f.moved_to, f.id)
         AND t.subject = coalesce(x.same_as, o.subject) AND t.ended_at IS NULL
     WHERE o.id = ?1 AND o.ended_at IS NOT NULL), ?1)"
);
pub(super) const WATCHES_ORIGIN: &str = watches!("s.origin = ?1");

pub(super) fn watches(
    db: &Connection,
    filter: &WatchFilter,
    after: i64,
    limit: usize,
) -> Result<Vec<WatchRow>> {
    let (sql, value) = match filter {
        WatchFilter::OfPerson(address) => return watches_of_person(db, address, after, limit),
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

/// Place by place, as a person has few: sorted by SQLite, all watches of all would be read for a page of them.
fn watches_of_person(
    db: &Connection,
    address: &Address,
    after: i64,
    limit: usize,
) -> Result<Vec<WatchRow>> {
    let mut watches = Vec::new();
    for address in person::addresses_with(db, address)? {
        watches.extend(self::watches(db, &WatchFilter::Of(address), after, limit)?);
    }
    watches.sort_by_key(|watch| watch.id);
    watches.truncate(limit);
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
        gone_since: rows::instant(row, 5)?,
        settings: rows::settings(&row.get::<_, String>(6)?)?,
        muted_until: rows::instant(row, 7)?,
        origin: row.get(8)?,
        destination: rows::destination_row(row, 9)?,
        rules: texts.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
    })
}

pub(super) const STANDING: &str = "SELECT s.id, s.settings, s.origin,
            (SELECT group_concat(text, char(10)) FROM
             (SELECT text FROM rule WHERE subscription = s.id AND ended_at IS NULL ORDER BY id))
     FROM subscription s WHERE s.destination = ?1 AND s.subject = ?2 AND s.ended_at IS NULL";

/// A destination where it is now, whether it has moved there, and its state.
pub(super) const PLACE: &str = "SELECT d.id, o.moved_to IS NOT NULL, d.disabled, d.off_since, d.barred, d.barred_since,
            d.barred_until, d.is_refused
     FROM destination o JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1";

/// Look-ups per pair: a list of pairs in one statement would keep no plan for the next.
pub(super) fn watches_at(db: &Connection, pairs: &[(Address, SubjectRef)]) -> Result<Vec<WatchAt>> {
    let mut to = db.prepare_cached(PLACE)?;
    let mut of = db.prepare_cached("SELECT coalesce(same_as, id) FROM subject WHERE ref = ?1")?;
    let mut standing = db.prepare_cached(STANDING)?;
    let mut last: Option<(&SubjectRef, Option<i64>)> = None;
    let mut found = Vec::with_capacity(pairs.len());
    for (address, subject) in pairs {
        let destination: Option<(i64, bool, Option<Shut>)> = to
            .query_row([address.to_string()], |row| Ok((row.get(0)?, row.get(1)?, shut(row, 2)?)))
            .optional()?;
        let row = match last {
            Some((last, row)) if last == subject => row,
            _ => of.query_row([subject.to_string()], |row| row.get(0)).optional()?,
        };
        last = Some((subject, row));
        let mut at = WatchAt { watch: None, moved: false, subject: row, shut: None };
        if let Some((id, moved, shut)) = destination {
            at.moved = moved;
            at.shut = shut.map(|shut| (DestinationId(id), shut));
            if let Some(row) = row {
                let mut rows = standing.query([id, row])?;
                let row = rows.next()?.map(|row| rows::or_skipped(standing_watch(row)));
                at.watch = row.transpose()?.flatten();
            }
        }
        found.push(at);
    }
    Ok(found)
}

/// Why nothing arrives at a destination, from the columns of its state.
fn shut(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Shut>> {
    if let Some(reason) = row.get(at)? {
        if rows::integer_or(row, at + 5, 0) != 0 {
            return Ok(Some(Shut::Refused { since: rows::instant(row, at + 1)? }));
        }
        return Ok(Some(Shut::Off { reason, since: rows::instant(row, at + 1)? }));
    }
    Ok(rows::barred(row, at + 2)?.map(Shut::Barred))
}

fn standing_watch(row: &Row<'_>) -> Result<Standing> {
    let rules: Option<String> = row.get(3)?;
    Ok(Standing {
        id: SubscriptionId(row.get(0)?),
        settings: rows::settings(&row.get::<_, String>(1)?)?,
        origin: row.get(2)?,
        rules: rules.iter().flat_map(|rules| rules.split('\n')).map(str::to_owned).collect(),
    })
}

pub(super) fn watches_from(
    db: &Connection,
    origin: &str,
    after: SubscriptionId,
    limit: usize,
) -> Result<Vec<SubscriptionId>> {
    Ok(db
        .prepare_cached(
            "SELECT id FROM subscription WHERE id > ?2 AND origin = ?1 AND ended_at IS NULL
             ORDER BY id LIMIT ?3",
        )?
        .query_map(params![origin, after.0, limit], |row| row.get(0).map(SubscriptionId))?
        .collect::<rusqlite::Result<_>>()?)
}

pub(super) fn history(
    db: &Connection,
    video: &VideoId,
    since: UnixMillis,
    limit: usize,
) -> Result<Option<History>> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT v.id, v.title, ",
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
    Ok(Some(History { title: row.get(1)?, known: rows::known(row, 2)?, points }))
}
