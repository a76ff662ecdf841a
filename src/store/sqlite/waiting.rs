//! What waits in units: read for a claim, many at once, and sorted into what may be told and what may not.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::rows::{self, NO_VIDEO};
use super::unit::{self, UnitId};
use crate::model::{
    Alert, AlertId, CancelReason, DestinationId, Marks, NotificationId, RuleId, Series,
    SubscriptionId, UnixMillis, VideoId,
};
use crate::store::{Result, StoreError, Unit, VideoAlerts};

/// The waiting alerts of a unit, sorted.
#[derive(Default)]
pub(super) struct Waiting {
    /// What may be told; `None`: nothing.
    pub(super) unit: Option<Unit>,
    /// What a command, an expiry or a block has ended.
    pub(super) cancelled: Vec<(AlertId, CancelReason)>,
    /// The rows of the videos that may be told.
    pub(super) keys: HashMap<VideoId, i64>,
    /// What can't be read, and why.
    pub(super) broken: Vec<(AlertId, String)>,
    /// The row of the destination, where there is one.
    pub(super) destination: Option<DestinationId>,
    /// How many alerts were read.
    pub(super) read: usize,
    /// Whether there is more of it.
    pub(super) has_more: bool,
    /// What is left because a message about its video is under way: one of these messages.
    pub(super) behind: Option<NotificationId>,
}

/// What ends waiting alerts of a watch.
struct Ends {
    destination: DestinationId,
    /// Alerts up to this one are cancelled for this reason: by the destination, by the watch.
    cancelled: [(i64, CancelReason); 2],
    /// Alerts up to this one were collected before a mute, which ends none of them.
    kept_to: i64,
    whole: Option<CancelReason>,
}

impl Ends {
    fn of(&self, alert: i64, rule_ended: bool) -> Option<CancelReason> {
        let is_kept = |reason| reason == CancelReason::Muted && alert <= self.kept_to;
        self.cancelled
            .into_iter()
            .find(|(to, reason)| alert <= *to && !is_kept(*reason))
            .map(|(_, reason)| reason)
            .or(self.whole)
            .or(rule_ended.then_some(CancelReason::Unwatched))
    }
}

/// The reason that a word in the store means.
pub(super) fn reason(word: Option<&str>) -> CancelReason {
    CancelReason::ALL
        .into_iter()
        .find(|reason| Some(reason.name()) == word)
        .unwrap_or(CancelReason::Unwatched)
}

/// Everything about units of watches (1, numbered as 4 says) but their alerts, at a moment (2); and, only where it is asked
/// for (3), whether a message of the unit is under way.
pub(super) const HEADS: &str = concat!(
    "SELECT d.cancelled_to, d.cancelled_reason, s.cancelled_to, s.cancelled_reason,
            CASE WHEN s.ended_at IS NOT NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN s.until <= ?2 THEN 'expired' END,
            s.settings, u.ref, u.title, w.sent_at, ",
    rows::destination_columns!(),
    ", ?3 AND EXISTS (SELECT 1 FROM notification WHERE unit = i.value AND state = 'pending'), i.key, s.id,
            s.muted_until, w.over_budget, w.kept_to, d.pings_day, d.pings
     FROM json_each(?1) i CROSS JOIN subscription s ON s.id = i.value / ?4 JOIN destination d ON d.id = s.destination
     LEFT JOIN subject u ON u.id = s.subject LEFT JOIN unit w ON w.id = i.value"
);

/// The alerts of units (1) with their videos, unit by unit in their order: that of the join. Of each the index brings them
/// video by video.
pub(super) const ALERTS: &str = concat!(
    "SELECT a.id, a.rule, coalesce(r.text, ''), a.series, a.previous, a.current, a.marks, a.observed_at,
            coalesce(a.last_at, a.observed_at), a.folded + 1,
            a.rule <> 0 AND (r.id IS NULL OR r.ended_at IS NOT NULL), a.video, v.ref, v.title, ",
    rows::about_columns!(),
    ", ",
    rows::seen_columns!(),
    ", i.key FROM json_each(?1) i CROSS JOIN alert a ON a.unit = i.value LEFT JOIN rule r ON r.id = a.rule
     LEFT JOIN video v ON v.id = a.video LEFT JOIN seen n ON n.video = a.video
     WHERE a.outcome IS NULL AND a.notification IS NULL"
);

/// Where in [`HEADS`] the destination begins.
const DESTINATION: usize = 9;

/// Where in [`HEADS`] stands whether a message of the unit is under way, and which unit it is.
const IS_UNDER_WAY: usize = 20;
const UNIT_OF_HEAD: usize = 21;

/// Where in [`HEADS`] the columns of the watch and the unit begin.
const WATCH: usize = 22;

/// Where in [`ALERTS`] stands what the alerts of one video have in common, and whose they are.
const VIDEO: usize = 11;
const UNIT_OF_ALERT: usize = 29;

/// A unit without its alerts.
struct Head {
    watch: SubscriptionId,
    ends: Ends,
    /// What a message needs to know; or why it can't be read.
    unit: std::result::Result<Unit, String>,
    is_under_way: bool,
}

/// Reads what waits in units, in their order, until so many alerts were read: of the last one there may be more, and what is
/// behind it is left out. Where each video has messages of its own, the alerts of those of which one is under way are left
/// where they are.
///
/// What can't be read (another version's word, a damaged row) is set apart: it must not hold up anything else.
pub(super) fn read(
    tx: &Connection,
    units: &[UnitId],
    is_told_each_video: bool,
    now: UnixMillis,
    limit: usize,
) -> Result<Vec<Waiting>> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows::json(&units.iter().map(|unit| unit.0).collect::<Vec<_>>())?;
    let mut heads = heads(tx, &ids, units, is_told_each_video, now)?;
    let is_under_way = heads.iter().flatten().any(|head| head.is_under_way);
    let under_way = if is_under_way { under_way(tx, &ids)? } else { HashMap::new() };
    let mut found: Vec<(Waiting, Vec<(i64, VideoAlerts)>)> = Vec::with_capacity(units.len());
    let mut left = limit;
    let mut statement = tx.prepare_cached(ALERTS)?;
    let mut rows = statement.query([&ids])?;
    let mut last = units.len();
    while let Some(row) = rows.next()? {
        let at: usize = row.get(UNIT_OF_ALERT)?;
        let (Some(unit), Some(head)) = (units.get(at), heads.get(at)) else { continue };
        if left == 0 {
            if let Some((waiting, _)) = found.get_mut(at) {
                waiting.has_more = true;
            }
            last = at;
            break;
        }
        while found.len() <= at {
            found.push((Waiting::default(), Vec::new()));
        }
        let Some((waiting, videos)) = found.last_mut() else { continue };
        let alert = AlertId(row.get(0)?);
        let key = rows::integer_or(row, VIDEO, NO_VIDEO);
        waiting.read += 1;
        left -= 1;
        let Some(Head { watch, ends, .. }) = head else {
            waiting.cancelled.push((alert, CancelReason::Unwatched));
            continue;
        };
        if let Some(reason) = ends.of(alert.0, rows::integer_or(row, 10, 0) != 0) {
            waiting.cancelled.push((alert, reason));
            continue;
        }
        if let Some(message) = under_way.get(&(unit.0, key)) {
            // It takes no place from what is behind it, which may be told.
            waiting.behind = Some(*message);
            waiting.read -= 1;
            left += 1;
            continue;
        }
        if let Err(cause) = rows::readable(add(row, key, (ends.destination, *watch), videos))? {
            waiting.broken.push((alert, cause));
        }
    }
    while found.len() < last {
        found.push((Waiting::default(), Vec::new()));
    }
    let found = found.into_iter().zip(heads.iter_mut().map(Option::take));
    Ok(found.map(|((waiting, videos), head)| waiting.with(videos, head)).collect())
}

impl Waiting {
    /// With what may be told, by age: the videos, and what each has.
    fn with(mut self, mut videos: Vec<(i64, VideoAlerts)>, head: Option<Head>) -> Waiting {
        let Some(head) = head else { return self };
        self.destination = Some(head.ends.destination);
        if videos.is_empty() {
            return self;
        }
        for (_, video) in &mut videos {
            video.alerts.sort_unstable_by_key(|alert| alert.id.0);
        }
        videos.sort_by_key(|(_, video)| video.alerts.first().map(|alert| alert.id.0));
        self.keys =
            videos.iter().filter_map(|(key, video)| video.video.map(|id| (id, *key))).collect();
        let videos = videos.into_iter().map(|(_, video)| video).collect();
        match head.unit {
            Ok(unit) => self.unit = Some(Unit { videos, ..unit }),
            Err(cause) => self.broken.extend(
                videos
                    .into_iter()
                    .flat_map(|video: VideoAlerts| video.alerts)
                    .map(|alert| (alert.id, cause.clone())),
            ),
        }
        self
    }
}

/// The heads of units; `None`: its watch is gone.
fn heads(
    tx: &Connection,
    ids: &str,
    units: &[UnitId],
    is_told_each_video: bool,
    now: UnixMillis,
) -> Result<Vec<Option<Head>>> {
    let mut heads: Vec<Option<Head>> = units.iter().map(|_| None).collect();
    let mut statement = tx.prepare_cached(HEADS)?;
    let mut rows = statement.query(params![ids, now.0, is_told_each_video, unit::KINDS])?;
    while let Some(row) = rows.next()? {
        let at: usize = row.get(UNIT_OF_HEAD)?;
        let (Some(id), Some(head)) = (units.get(at), heads.get_mut(at)) else { continue };
        let watch = SubscriptionId(row.get(WATCH)?);
        *head = Some(Head {
            watch,
            ends: ends(row)?,
            unit: rows::readable(without_alerts(row, watch, id.is_urgent()))?,
            is_under_way: rows::integer_or(row, IS_UNDER_WAY, 0) != 0,
        });
    }
    Ok(heads)
}

/// Adds the alert of a row to its video, which is the last one if it is known already.
fn add(
    row: &Row<'_>,
    key: i64,
    (destination, subscription): (DestinationId, SubscriptionId),
    videos: &mut Vec<(i64, VideoAlerts)>,
) -> Result<()> {
    let known = videos.last().filter(|(last, _)| *last == key).map(|(_, video)| video.video);
    let video = match known {
        Some(video) => video,
        None => video_id(row, key)?,
    };
    let alert = alert(row, &Place { destination, subscription, video })?;
    match videos.last_mut() {
        Some((last, video)) if *last == key => video.alerts.push(alert),
        _ => {
            let title = row.get(VIDEO + 2)?;
            let about = rows::about(row, VIDEO + 3);
            let known = rows::known(row, VIDEO + 7)?;
            videos.push((key, VideoAlerts { video, title, known, about, alerts: vec![alert] }));
        }
    }
    Ok(())
}

/// The id of a video; nothing where what waits is about a list as a whole.
fn video_id(row: &Row<'_>, key: i64) -> Result<Option<VideoId>> {
    match row.get::<_, Option<String>>(VIDEO + 1)? {
        _ if key == NO_VIDEO => Ok(None),
        Some(text) => rows::parsed(&text, "video id").map(Some),
        None => Err(StoreError::Row(format!("video {key} is gone"))),
    }
}

fn ends(head: &Row<'_>) -> Result<Ends> {
    let word = |column| head.get::<_, Option<String>>(column);
    Ok(Ends {
        destination: DestinationId(head.get(DESTINATION)?),
        cancelled: [
            (head.get(0)?, reason(word(1)?.as_deref())),
            (head.get(2)?, reason(word(3)?.as_deref())),
        ],
        kept_to: rows::integer_or(head, WATCH + 3, 0),
        whole: word(4)?.map(|word| reason(Some(&word))),
    })
}

/// What a message needs to know beside the alerts.
fn without_alerts(head: &Row<'_>, watch: SubscriptionId, is_urgent: bool) -> Result<Unit> {
    let subject: Option<String> = head.get(6)?;
    let subject = subject.ok_or_else(|| StoreError::Row("what is watched is gone".into()))?;
    Ok(Unit {
        subscription: watch,
        is_urgent,
        settings: rows::settings(&head.get::<_, String>(5)?)?,
        subject: rows::parsed(&subject, "subject")?,
        subject_title: head.get(7)?,
        last_sent: rows::instant(head, 8)?,
        muted_until: rows::instant(head, WATCH + 1)?,
        is_over_budget: rows::integer_or(head, WATCH + 2, 0) != 0,
        pings: rows::pings(head, WATCH + 4),
        destination: rows::destination_row(head, DESTINATION)?,
        videos: Vec::new(),
    })
}

/// What the alerts of one watch and video have in common.
pub(super) struct Place {
    pub(super) destination: DestinationId,
    pub(super) subscription: SubscriptionId,
    pub(super) video: Option<VideoId>,
}

/// Reads an alert from the first columns of a row: id, rule, its text, series, previous, current, marks,
/// `observed_at`, `last_at`, how many times its rule has fired in it.
pub(super) fn alert(row: &Row<'_>, place: &Place) -> Result<Alert> {
    let code: i64 = row.get(3)?;
    Ok(Alert {
        id: AlertId(row.get(0)?),
        destination: place.destination,
        subscription: place.subscription,
        rule: RuleId(row.get(1)?),
        rule_text: row.get(2)?,
        video: place.video,
        series: Series::from_code(code).ok_or_else(|| StoreError::Row(format!("series {code}")))?,
        previous: rows::value(row, 4)?,
        current: rows::value(row, 5)?,
        marks: marks(row.get::<_, Option<String>>(6)?.as_deref())?,
        observed_at: UnixMillis(row.get(7)?),
        last_at: UnixMillis(row.get(8)?),
        firings: row.get(9)?,
    })
}

/// Reads the values that an alert passed.
pub(super) fn marks(text: Option<&str>) -> Result<Marks> {
    let Some(text) = text else { return Ok(Marks::default()) };
    serde_json::from_str(text)
        .map_err(|error| StoreError::Row(format!("marks: {}", rows::fault(&error))))
}

pub(super) const UNDER_WAY: &str = "SELECT n.unit, coalesce(n.video, 0), n.id
     FROM json_each(?1) i CROSS JOIN notification n ON n.unit = i.value AND n.state = 'pending'";

/// The videos of units of which a message is under way.
fn under_way(tx: &Connection, ids: &str) -> Result<HashMap<(i64, i64), NotificationId>> {
    Ok(tx
        .prepare_cached(UNDER_WAY)?
        .query_map([ids], |row| Ok(((row.get(0)?, row.get(1)?), NotificationId(row.get(2)?))))?
        .collect::<rusqlite::Result<_>>()?)
}
