//! What waits in a unit: read for a claim, and sorted into what may be told and what may not.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};

use super::rows::{self, NO_VIDEO};
use super::unit::UnitId;
use crate::model::{
    Alert, AlertId, CancelReason, DestinationId, Marks, NotificationId, RuleId, Series,
    SubscriptionId, UnixMillis, VideoId,
};
use crate::store::{Result, StoreError, Unit, VideoAlerts};

/// The waiting alerts of a unit, sorted.
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
    /// Whether these are all; false: there may be more.
    pub(super) is_all: bool,
    /// What is left because a message about its video is under way: one of these messages.
    pub(super) behind: Option<NotificationId>,
}

/// What ends waiting alerts of a watch.
struct Ends {
    destination: DestinationId,
    /// Alerts up to this one are cancelled for this reason: by the destination, by the watch.
    cancelled: [(i64, Option<String>); 2],
    whole: Option<CancelReason>,
}

impl Ends {
    fn of(&self, alert: i64, rule_ended: bool) -> Option<CancelReason> {
        self.cancelled
            .iter()
            .find(|(to, _)| alert <= *to)
            .map(|(_, word)| reason(word.as_deref()))
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

/// Everything about a unit (1) and its watch (2) but their alerts, at a moment (3); only where it is asked for (4), whether a
/// message of the unit is under way; last, the destination.
pub(super) const HEAD: &str = concat!(
    "SELECT d.cancelled_to, d.cancelled_reason, s.cancelled_to, s.cancelled_reason,
            CASE WHEN s.ended_at IS NOT NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN s.until <= ?3 THEN 'expired' END,
            s.settings, u.ref, u.title, w.sent_at,
            ?4 AND EXISTS (SELECT 1 FROM notification WHERE unit = ?1 AND state = 'pending'), ",
    rows::destination_columns!(),
    " FROM subscription s JOIN destination d ON d.id = s.destination LEFT JOIN subject u ON u.id = s.subject
     LEFT JOIN unit w ON w.id = ?1 WHERE s.id = ?2"
);

/// The alerts of a unit with their videos, video by video.
pub(super) const ALERTS: &str = concat!(
    "SELECT a.id, a.rule, coalesce(r.text, ''), a.series, a.previous, a.current, a.marks, a.observed_at,
            coalesce(a.last_at, a.observed_at), a.folded + 1,
            a.rule <> 0 AND (r.id IS NULL OR r.ended_at IS NOT NULL), a.video, v.ref, v.title, ",
    rows::about_columns!(),
    ", ",
    rows::seen_columns!(),
    " FROM alert a LEFT JOIN rule r ON r.id = a.rule
     LEFT JOIN video v ON v.id = a.video LEFT JOIN seen n ON n.video = a.video
     WHERE a.unit = ?1 AND a.outcome IS NULL AND a.notification IS NULL
     ORDER BY a.video, a.rule"
);

/// Where in [`HEAD`] stands whether a message of the unit is under way.
const IS_UNDER_WAY: usize = 9;

/// Where its destination begins.
const DESTINATION: usize = 10;

/// Where in [`ALERTS`] stands what the alerts of one video have in common.
const VIDEO: usize = 11;

/// Reads at most `limit` waiting alerts of a unit. Where each video has messages of its own, the alerts of those of which
/// one is under way are left where they are.
///
/// What can't be read (another version's word, a damaged row) is set apart: it must not hold up anything else.
pub(super) fn read(
    tx: &Connection,
    id: UnitId,
    is_told_each_video: bool,
    now: UnixMillis,
    limit: usize,
) -> Result<Waiting> {
    let mut statement = tx.prepare_cached(HEAD)?;
    let mut rows = statement.query(params![id.0, id.watch().0, now.0, is_told_each_video])?;
    let head = rows.next()?;
    let ends = head.map(ends).transpose()?;
    let under_way = match head {
        Some(head) if rows::integer_or(head, IS_UNDER_WAY, 0) != 0 => under_way(tx, id)?,
        _ => HashMap::new(),
    };
    let mut waiting = Waiting {
        unit: None,
        cancelled: Vec::new(),
        keys: HashMap::new(),
        broken: Vec::new(),
        destination: ends.as_ref().map(|ends| ends.destination),
        read: 0,
        is_all: true,
        behind: None,
    };
    let mut videos: Vec<(i64, VideoAlerts)> = Vec::new();
    let mut statement = tx.prepare_cached(ALERTS)?;
    let mut rows = statement.query([id.0])?;
    loop {
        if waiting.read == limit {
            waiting.is_all = false;
            break;
        }
        let Some(row) = rows.next()? else { break };
        let alert = AlertId(row.get(0)?);
        let key = rows::integer_or(row, VIDEO, NO_VIDEO);
        waiting.read += 1;
        let Some(ends) = &ends else {
            waiting.cancelled.push((alert, CancelReason::Unwatched));
            continue;
        };
        if let Some(reason) = ends.of(alert.0, rows::integer_or(row, 10, 0) != 0) {
            waiting.cancelled.push((alert, reason));
            continue;
        }
        if let Some(message) = under_way.get(&key) {
            // It takes no place from what is behind it, which may be told.
            waiting.behind = Some(*message);
            waiting.read -= 1;
            continue;
        }
        if let Err(cause) = rows::readable(add(row, key, (ends.destination, id), &mut videos))? {
            waiting.broken.push((alert, cause));
        }
    }
    if let Some(head) = head.filter(|_| !videos.is_empty()) {
        // By age: of the videos, and of what each has.
        for (_, video) in &mut videos {
            video.alerts.sort_unstable_by_key(|alert| alert.id.0);
        }
        videos.sort_by_key(|(_, video)| video.alerts.first().map(|alert| alert.id.0));
        waiting.keys =
            videos.iter().filter_map(|(key, video)| video.video.map(|id| (id, *key))).collect();
        let videos = videos.into_iter().map(|(_, video)| video).collect();
        match rows::readable(unit(head, id))? {
            Ok(unit) => waiting.unit = Some(Unit { videos, ..unit }),
            Err(cause) => waiting.broken.extend(
                videos
                    .into_iter()
                    .flat_map(|video: VideoAlerts| video.alerts)
                    .map(|alert| (alert.id, cause.clone())),
            ),
        }
    }
    Ok(waiting)
}

/// Adds the alert of a row to its video, which is the last one if it is known already.
fn add(
    row: &Row<'_>,
    key: i64,
    (destination, unit): (DestinationId, UnitId),
    videos: &mut Vec<(i64, VideoAlerts)>,
) -> Result<()> {
    let known = videos.last().filter(|(last, _)| *last == key).map(|(_, video)| video.video);
    let video = match known {
        Some(video) => video,
        None => video_id(row, key)?,
    };
    let alert = alert(row, &Place { destination, subscription: unit.watch(), video })?;
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
    let whole: Option<String> = head.get(4)?;
    Ok(Ends {
        destination: DestinationId(head.get(DESTINATION)?),
        cancelled: [(head.get(0)?, head.get(1)?), (head.get(2)?, head.get(3)?)],
        whole: whole.map(|word| reason(Some(&word))),
    })
}

/// What a message needs to know beside the alerts.
fn unit(head: &Row<'_>, id: UnitId) -> Result<Unit> {
    let subject: Option<String> = head.get(6)?;
    let subject = subject.ok_or_else(|| StoreError::Row("what is watched is gone".into()))?;
    Ok(Unit {
        subscription: id.watch(),
        is_urgent: id.is_urgent(),
        settings: rows::settings(&head.get::<_, String>(5)?)?,
        subject: rows::parsed(&subject, "subject")?,
        subject_title: head.get(7)?,
        last_sent: rows::instant(head, 8)?,
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

pub(super) const UNDER_WAY: &str =
    "SELECT coalesce(video, 0), id FROM notification WHERE unit = ?1 AND state = 'pending'";

/// The videos of a unit of which a message is under way.
fn under_way(tx: &Connection, unit: UnitId) -> Result<HashMap<i64, NotificationId>> {
    Ok(tx
        .prepare_cached(UNDER_WAY)?
        .query_map([unit.0], |row| Ok((row.get(0)?, NotificationId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?)
}
