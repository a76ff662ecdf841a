//! Questions: lists, explanations, history and figures.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params, types::Value as Sql};

use super::{deliver, rows};
use crate::model::{
    Address, CancelReason, Counts, Outcome, RuleId, Series, SubjectRef, SubscriptionId, UnixMillis,
    VideoId,
};
use crate::store::{Figures, History, Result, WatchFilter, WatchRow, Why};

pub(super) fn is_admitted(db: &Connection, person: &str) -> Result<bool> {
    Ok(db.prepare_cached("SELECT 1 FROM person WHERE address = ?1")?.exists([person])?)
}

pub(super) fn watches(
    db: &Connection,
    filter: &WatchFilter,
    after: i64,
    limit: usize,
) -> Result<Vec<WatchRow>> {
    let (condition, value) = match filter {
        WatchFilter::All => ("?1 IS NULL", Sql::Null),
        WatchFilter::Of(address) => (
            "d.id = (SELECT coalesce(moved_to, id) FROM destination WHERE address = ?1)",
            Sql::Text(address.to_string()),
        ),
        WatchFilter::One(id) => ("s.id = ?1", Sql::Integer(id.0)),
        WatchFilter::Origin(origin) => ("s.origin = ?1", Sql::Text(origin.clone())),
    };
    let mut statement = db.prepare_cached(&format!(
        "SELECT s.id, u.ref, coalesce(v.title, u.title), u.total,
                CASE WHEN u.next_listing IS NULL THEN NULL
                     ELSE (SELECT count(*) FROM member m WHERE m.subject = u.id) END,
                v.memory, s.settings, s.muted_until, s.origin, {}
         FROM subscription s JOIN destination d ON d.id = s.destination
         JOIN subject u ON u.id = s.subject
         LEFT JOIN video v ON u.ref = 'video:' || v.ref AND v.ref = substr(u.ref, 7)
         WHERE s.ended_at IS NULL AND s.id > ?2 AND {condition} ORDER BY s.id LIMIT ?3",
        rows::DESTINATION
    ))?;
    let mut texts = db.prepare_cached(
        "SELECT text FROM rule WHERE subscription = ?1 AND ended_at IS NULL ORDER BY id",
    )?;
    let mut rows = statement.query(params![value, after, limit])?;
    let mut watches = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let members: Option<usize> = row.get(4)?;
        let total: Option<u64> = row.get(3)?;
        watches.push(WatchRow {
            id: SubscriptionId(id),
            subject: rows::parsed(&row.get::<_, String>(1)?, "subject")?,
            title: row.get(2)?,
            members: members
                .map(|held| (held, total.unwrap_or_else(|| u64::try_from(held).unwrap_or(0)))),
            memory: row.get(5)?,
            settings: rows::settings(&row.get::<_, String>(6)?)?,
            muted_until: rows::instant(row, 7)?,
            origin: row.get(8)?,
            destination: rows::destination_row(row, 9)?,
            rules: texts.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
        });
    }
    Ok(watches)
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

/// Alerts shown per rule by `why`: the last few say enough.
const WHY_ALERTS: usize = 5;

/// Rules shown by `why`, over all destinations.
const WHY_RULES: usize = 200;

pub(super) fn why(
    db: &Connection,
    video: &VideoId,
    destination: Option<&Address>,
) -> Result<Vec<Why>> {
    let Some(key): Option<i64> = db
        .prepare_cached("SELECT id FROM video WHERE ref = ?1")?
        .query_row([video.as_str()], |row| row.get(0))
        .optional()?
    else {
        return Ok(Vec::new());
    };
    let now: Counts = {
        let mut statement =
            db.prepare_cached(&format!("SELECT {} FROM seen n WHERE n.video = ?1", rows::SEEN))?;
        let mut rows = statement.query([key])?;
        match rows.next()? {
            Some(row) => rows::known(row, 0)?.map(|known| known.last).unwrap_or_default(),
            None => Counts::default(),
        }
    };
    let mut statement = db.prepare_cached(
        "SELECT r.id, r.text, r.created_at, r.ended_at IS NOT NULL, d.address, s.id, d.id, r.series, r.value
         FROM subscription s JOIN rule r ON r.subscription = s.id
         JOIN destination d ON d.id = s.destination
         WHERE (?2 IS NULL OR d.id = (SELECT coalesce(moved_to, id) FROM destination WHERE address = ?2))
           AND (s.subject IN (SELECT subject FROM member WHERE video = ?1)
                OR s.id IN (SELECT DISTINCT subscription FROM alert WHERE subscription = s.id AND video = ?1))
         ORDER BY r.ended_at IS NOT NULL, s.id, r.id LIMIT ?3",
    )?;
    let mut rows =
        statement.query(params![key, destination.map(ToString::to_string), WHY_RULES])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        let rule: i64 = row.get(0)?;
        let ended: bool = row.get(3)?;
        let subscription: i64 = row.get(5)?;
        let unset_place: (i64, i64) = (row.get(7)?, row.get(8)?);
        let trigger: Option<(i64, i64, Option<i64>)> = db
            .prepare_cached(
                "SELECT series, value, base FROM \"trigger\" WHERE rule = ?1 AND video = ?2",
            )?
            .query_row([rule, key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let alerts = why_alerts(db, subscription, key, rule)?;
        let suppressions = why_suppressions(db, rule, key)?;
        if ended && alerts.is_empty() && suppressions.is_empty() {
            continue;
        }
        answers.push(Why {
            address: rows::parsed(&row.get::<_, String>(4)?, "destination")?,
            rule: RuleId(rule),
            rule_text: row.get(1)?,
            since: UnixMillis(row.get(2)?),
            ended,
            trigger: trigger.and_then(|(code, value, _)| Some((Series::from_code(code)?, value))),
            unset: trigger.is_some_and(|(series, value, base)| {
                base.is_none() && (series, value) == unset_place && value == i64::MIN
            }),
            alerts,
            suppressions,
            now,
        });
    }
    Ok(answers)
}

type WhyAlert = (crate::model::Alert, Outcome, Option<UnixMillis>);

fn why_alerts(db: &Connection, subscription: i64, video: i64, rule: i64) -> Result<Vec<WhyAlert>> {
    let mut statement = db.prepare_cached(
        "SELECT a.id, a.subscription, a.rule, r.text, a.video, v.ref, a.series, a.previous, a.current,
                a.marks, a.observed_at, a.outcome, a.ended, n.error, a.destination
         FROM alert a JOIN rule r ON r.id = a.rule JOIN video v ON v.id = a.video
         LEFT JOIN notification n ON n.id = a.notification
         WHERE a.subscription = ?1 AND a.video = ?2 AND a.rule = ?3 ORDER BY a.id DESC LIMIT ?4",
    )?;
    let mut rows = statement.query(params![subscription, video, rule, WHY_ALERTS])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let outcome: Option<String> = row.get(11)?;
        let error: Option<String> = row.get(13)?;
        alerts.push((
            deliver::alert(row, crate::model::DestinationId(row.get(14)?))?,
            self::outcome(outcome.as_deref(), error),
            rows::instant(row, 12)?,
        ));
    }
    Ok(alerts)
}

fn outcome(word: Option<&str>, error: Option<String>) -> Outcome {
    match word {
        None => Outcome::Waiting,
        Some("sent") => Outcome::Sent,
        Some("dead") => Outcome::Dead(error.unwrap_or_default()),
        Some(other) => Outcome::Cancelled(
            CancelReason::ALL
                .into_iter()
                .find(|reason| deliver::cancelled_outcome(*reason) == other)
                .unwrap_or(CancelReason::Unwatched),
        ),
    }
}

type WhySuppression = (String, u64, UnixMillis, UnixMillis);

fn why_suppressions(db: &Connection, rule: i64, video: i64) -> Result<Vec<WhySuppression>> {
    Ok(db
        .prepare_cached(
            "SELECT reason, count, first, last FROM suppression WHERE rule = ?1 AND video = ?2",
        )?
        .query_map([rule, video], |row| {
            Ok((row.get(0)?, row.get(1)?, UnixMillis(row.get(2)?), UnixMillis(row.get(3)?)))
        })?
        .collect::<rusqlite::Result<_>>()?)
}

pub(super) fn history(
    db: &Connection,
    video: &VideoId,
    since: UnixMillis,
    limit: usize,
) -> Result<Option<History>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT v.id, v.title, v.memory, {} FROM video v LEFT JOIN seen n ON n.video = v.id
         WHERE v.ref = ?1",
        rows::SEEN
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

pub(super) fn figures(db: &Connection, now: UnixMillis) -> Result<Figures> {
    let count =
        |sql: &str| -> Result<u64> { Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    let oldest: Option<i64> = db
        .prepare_cached("SELECT min(due_at) FROM lane WHERE due_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?;
    Ok(Figures {
        videos: count("SELECT count(*) FROM video WHERE next_poll IS NOT NULL")?,
        watches: count("SELECT count(*) FROM subscription WHERE ended_at IS NULL")?,
        log_backlog: count("SELECT count(*) FROM log")?,
        fanouts: count("SELECT count(*) FROM fanout")?,
        lanes_due: db
            .prepare_cached("SELECT count(*) FROM lane WHERE due_at <= ?1")?
            .query_row([now.0], |row| row.get(0))?,
        oldest_due: oldest.map(|at| now.since(UnixMillis(at))).filter(|age| *age > Duration::ZERO),
        alerts_waiting: count(
            "SELECT (SELECT count(*) FROM alert WHERE outcome IS NULL AND notification IS NULL)
                  + (SELECT coalesce(sum(json_array_length(members)), 0) FROM notification
                     WHERE state = 'pending')",
        )?,
        dead_letters: count("SELECT count(*) FROM notification WHERE state = 'dead'")?,
        bytes: count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
    })
}
