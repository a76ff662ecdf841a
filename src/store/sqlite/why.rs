//! Why there was, or was not, a message.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::unit::UnitId;
use super::{ending, rows, waiting};
use crate::model::{
    Address, Alert, CancelReason, Counts, DestinationId, Outcome, RuleId, Series, SubscriptionId,
    UnixMillis, VideoId, VideoKey,
};
use crate::store::{Result, RuleStory, Waits};

/// Alerts shown per rule by `why`: the last few say enough.
const WHY_ALERTS: usize = 5;

/// Rules shown by `why`, over all destinations.
const WHY_RULES: usize = 200;

pub(super) fn why(
    db: &Connection,
    video: &VideoId,
    destination: Option<&Address>,
) -> Result<Vec<RuleStory>> {
    let Some(key): Option<i64> = db
        .prepare_cached("SELECT id FROM video WHERE ref = ?1")?
        .query_row([video.as_str()], |row| row.get(0))
        .optional()?
    else {
        return Ok(Vec::new());
    };
    let now: Counts = {
        let mut statement = db.prepare_cached(concat!(
            "SELECT ",
            rows::seen_columns!(),
            " FROM seen n WHERE n.video = ?1"
        ))?;
        let mut rows = statement.query([key])?;
        match rows.next()? {
            Some(row) => rows::known(row, 0)?.map(|known| known.last).unwrap_or_default(),
            None => Counts::default(),
        }
    };
    let to = match destination {
        None => None,
        // A destination that is not known has had no messages.
        Some(address) => match rows::destination(db, address)? {
            None => return Ok(Vec::new()),
            Some(row) => Some(row.id),
        },
    };
    let mut statement = db.prepare_cached(if to.is_some() { RULES_OF } else { RULES })?;
    let mut rows = statement.query(params![key, video.as_str(), to.map(|id| id.0), WHY_RULES])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(answer) =
            rows::or_skipped(rule(db, row, (VideoKey(key), *video), now))?.flatten()
        {
            answers.push(answer);
        }
    }
    let mut statement = db.prepare_cached(PRESENCE)?;
    let mut rows = statement.query(params![key, to.map(|id| id.0), WHY_RULES])?;
    while let Some(row) = rows.next()? {
        let answer = rule(db, row, (VideoKey(key), *video), now);
        answers.extend(rows::or_skipped(answer)?.flatten());
    }
    Ok(answers)
}

/// Watches that were told, without a rule, that the video is gone or back; in the columns of [`RULES`].
pub(super) const PRESENCE: &str =
    "SELECT 0, 'presence', s.created_at, s.ended_at IS NOT NULL, d.address, s.id, d.id, 0, 0, s.subject,
            l.ref, l.title
     FROM subscription s JOIN destination d ON d.id = s.destination JOIN subject l ON l.id = s.subject
     WHERE s.id IN (SELECT subscription FROM alert WHERE video = ?1 AND rule = 0)
     AND (?2 IS NULL OR s.destination = ?2) LIMIT ?3";

macro_rules! rules {
    ($subscriptions:literal) => {
        concat!(
            "SELECT r.id, r.text, r.created_at, r.ended_at IS NOT NULL, d.address, s.id, d.id, r.series, r.value,
                    s.subject, l.ref, l.title
             FROM subscription s JOIN rule r ON r.subscription = s.id
             JOIN destination d ON d.id = s.destination JOIN subject l ON l.id = s.subject WHERE ", $subscriptions,
            " ORDER BY r.ended_at IS NOT NULL, s.id, r.id LIMIT ?4"
        )
    };
}

// Watches whose member the video is, was as a video of its own, or was when it rang.
pub(super) const RULES: &str = rules!(
    "?3 IS NULL AND s.id IN (
         SELECT w.id FROM member m JOIN subscription w ON w.subject = m.subject
         WHERE m.video = ?1 AND m.left_at IS NULL
         UNION SELECT w.id FROM subject u JOIN subscription w ON w.subject = u.id WHERE u.ref = 'video:' || ?2
         UNION SELECT subscription FROM alert WHERE video = ?1)"
);

pub(super) const RULES_OF: &str = rules!(
    "s.destination = ?3 AND (
         s.subject IN (SELECT subject FROM member WHERE video = ?1 AND left_at IS NULL
                       UNION SELECT id FROM subject WHERE ref = 'video:' || ?2)
         OR EXISTS (SELECT 1 FROM alert a WHERE a.video = ?1 AND a.subscription = s.id))"
);

pub(super) const UNARMED: &str =
    "SELECT 1 FROM rule r JOIN member m ON m.subject = r.list AND m.video = ?2
     WHERE r.id = ?1 AND r.ended_at IS NULL AND m.left_at IS NULL AND m.armed < r.id";

/// What one rule did; `None` for one that has ended and did nothing.
fn rule(
    db: &Connection,
    row: &Row<'_>,
    (key, video): (VideoKey, VideoId),
    now: Counts,
) -> Result<Option<RuleStory>> {
    let rule: i64 = row.get(0)?;
    let ended: bool = row.get(3)?;
    let unset_place: (i64, i64) = (row.get(7)?, row.get(8)?);
    let trigger: Option<(i64, i64, Option<i64>)> = db
        .prepare_cached(
            "SELECT series, value, base FROM \"trigger\" WHERE rule = ?1 AND holder IN (?2, -?3)",
        )?
        .query_row([rule, key.0, row.get(9)?], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    // A rule of a list has no row yet of a video that was not looked at since it began, or since the video joined.
    let is_to_come = trigger.is_none() && db.prepare_cached(UNARMED)?.exists([rule, key.0])?;
    let trigger = trigger.or(is_to_come.then_some((unset_place.0, unset_place.1, None)));
    let place = waiting::Place {
        destination: DestinationId(row.get(6)?),
        subscription: SubscriptionId(row.get(5)?),
        video: Some(video),
    };
    let alerts = why_alerts(db, &place, rule, key)?;
    let is_waiting = alerts.iter().any(|(_, outcome, _)| *outcome == Outcome::Waiting);
    let waits = if is_waiting { waits(db, &place, rule, key)? } else { None };
    let suppressions = why_suppressions(db, rule, key.0)?;
    if ended && alerts.is_empty() && suppressions.is_empty() {
        return Ok(None);
    }
    Ok(Some(RuleStory {
        address: rows::parsed(&row.get::<_, String>(4)?, "destination")?,
        subject: rows::parsed(&row.get::<_, String>(10)?, "subject")?,
        subject_title: row.get(11)?,
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
        waits,
    }))
}

type WhyAlert = (Alert, Outcome, Option<UnixMillis>);

pub(super) const ALERTS: &str =
    "SELECT a.id, a.rule, coalesce(r.text, ''), a.series, a.previous, a.current, a.marks, a.observed_at,
            coalesce(a.last_at, a.observed_at), a.folded + 1, a.outcome, a.ended, n.error
     FROM alert a LEFT JOIN rule r ON r.id = a.rule
     LEFT JOIN notification n ON n.id = a.notification
     WHERE a.subscription = ?1 AND a.video = ?2 AND a.rule = ?3 ORDER BY a.id DESC LIMIT ?4";

fn why_alerts(
    db: &Connection,
    place: &waiting::Place,
    rule: i64,
    video: VideoKey,
) -> Result<Vec<WhyAlert>> {
    let mut statement = db.prepare_cached(ALERTS)?;
    let mut rows = statement.query(params![place.subscription.0, video.0, rule, WHY_ALERTS])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        let read = || -> Result<WhyAlert> {
            let outcome: Option<String> = row.get(10)?;
            Ok((
                waiting::alert(row, place)?,
                self::outcome(outcome.as_deref(), row.get(12)?),
                rows::instant(row, 11)?,
            ))
        };
        alerts.extend(rows::or_skipped(read())?);
    }
    Ok(alerts)
}

/// What an alert that is in no message waits for: its unit, and the digest in which that is collected.
pub(super) const WAITS: &str = concat!(
    "SELECT a.unit, coalesce(g.due_at, u.due_at), h.schedule, h.tz, u.over_budget, u.sent_at, s.muted_until, s.settings,
            d.pings_day, d.pings, ",
    rows::destination_columns!(),
    " FROM alert a JOIN unit u ON u.id = a.unit JOIN subscription s ON s.id = a.subscription
     JOIN destination d ON d.id = s.destination
     LEFT JOIN digest h ON h.id = u.collected_in LEFT JOIN unit g ON g.id = -h.id
     WHERE a.subscription = ?1 AND a.video = ?2 AND a.rule = ?3 AND a.outcome IS NULL AND a.notification IS NULL
     ORDER BY a.id DESC LIMIT 1"
);

fn waits(
    db: &Connection,
    place: &waiting::Place,
    rule: i64,
    video: VideoKey,
) -> Result<Option<Waits>> {
    let mut statement = db.prepare_cached(WAITS)?;
    let mut rows = statement.query(params![place.subscription.0, video.0, rule])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let read = || -> Result<Waits> {
        let schedule: Option<String> = row.get(2)?;
        let schedule = schedule.map(|text| rows::parsed(&text, "schedule")).transpose()?;
        Ok(Waits {
            until: UnixMillis(rows::integer_or(row, 1, 0)),
            digest: schedule.map(|schedule| (schedule, rows::text(row, 3))),
            is_over_budget: rows::integer_or(row, 4, 0) != 0,
            is_urgent: UnitId(rows::integer_or(row, 0, 0)).is_urgent(),
            last_sent: rows::instant(row, 5)?,
            muted_until: rows::instant(row, 6)?,
            settings: rows::settings(&rows::text(row, 7))?,
            pings: rows::pings(row, 8),
            destination: rows::destination_row(row, 10)?,
        })
    };
    rows::or_skipped(read())
}

pub(super) fn outcome(word: Option<&str>, error: Option<String>) -> Outcome {
    match word {
        None => Outcome::Waiting,
        Some("sent") => Outcome::Sent,
        // Without a notification it never came so far as to be tried.
        Some("dead") => Outcome::Dead(error.unwrap_or_else(|| ending::TOO_OLD.to_owned())),
        Some(other) => Outcome::Cancelled(
            CancelReason::ALL
                .into_iter()
                .find(|reason| ending::cancelled_outcome(*reason) == other)
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
