//! What waits for one watch and video: read for a claim, and sorted into what may be told and what may not.

use rusqlite::{Connection, Row, params};

use super::{routing_tx::NO_VIDEO, rows};
use crate::model::{
    Alert, AlertId, CancelReason, DestinationId, Marks, RuleId, Series, SubscriptionId, UnixMillis,
    VideoId,
};
use crate::store::{Group, Result, StoreError};

/// The waiting alerts of one watch and video, sorted.
pub(super) struct Looked {
    /// What may be told; `None`: nothing.
    pub(super) group: Option<Group>,
    /// What a command, an expiry or a block has ended.
    pub(super) cancelled: Vec<(AlertId, CancelReason)>,
    /// What can't be read, and why.
    pub(super) broken: Vec<(Vec<AlertId>, String)>,
    /// The row of the destination, where there is one.
    pub(super) destination: Option<DestinationId>,
    /// The last alert that was read.
    pub(super) last: AlertId,
    /// How many were read: as many as allowed when there may be more.
    pub(super) read: usize,
}

/// What a watch says about all of its waiting alerts.
struct Fate {
    destination: DestinationId,
    /// Alerts up to this one are cancelled for this reason: by the destination, by the watch.
    cancelled: [(i64, Option<String>); 2],
    whole: Option<CancelReason>,
}

impl Fate {
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

pub(super) const WAITING: &str =
    "SELECT a.id, a.rule, coalesce(r.text, ''), a.series, a.previous, a.current, a.marks, a.observed_at,
            a.rule <> 0 AND (r.id IS NULL OR r.ended_at IS NOT NULL)
     FROM alert a LEFT JOIN rule r ON r.id = a.rule
     WHERE a.subscription = ?1 AND a.video = ?2 AND a.outcome IS NULL AND a.notification IS NULL
     ORDER BY a.id LIMIT ?3";

/// Everything about a watch (1) and a video (2) but their alerts, at a moment (3): what decides over them, the video's
/// id, when the last message left (one that is under way counts as leaving now), and what a message needs to know.
pub(super) const HEAD: &str = concat!(
    "SELECT d.cancelled_to, d.cancelled_reason, s.cancelled_to, s.cancelled_reason,
            CASE WHEN s.ended_at IS NOT NULL THEN 'unwatched' WHEN d.disabled IS NOT NULL THEN 'disabled'
                 WHEN s.until <= ?3 THEN 'expired' END,
            v.ref,
            (SELECT coalesce(ended, ?3) FROM notification WHERE subscription = ?1 AND video = ?2
             AND state IN ('pending', 'sent') ORDER BY id DESC LIMIT 1),
            s.settings, u.ref, u.title, v.title, ",
    rows::destination_columns!(),
    ", ",
    rows::seen_columns!(),
    ", ",
    rows::about_columns!(),
    " FROM subscription s JOIN destination d ON d.id = s.destination LEFT JOIN subject u ON u.id = s.subject
     LEFT JOIN video v ON v.id = ?2 LEFT JOIN seen n ON n.video = ?2 WHERE s.id = ?1"
);

/// Reads at most `limit` waiting alerts of a watch and video, oldest first.
///
/// What can't be read (another version's word, a damaged row) is set apart: it must not hold up anything else.
pub(super) fn look(
    tx: &Connection,
    (subscription, video): (i64, i64),
    now: UnixMillis,
    limit: usize,
) -> Result<Looked> {
    let mut statement = tx.prepare_cached(HEAD)?;
    let mut rows = statement.query([subscription, video, now.0])?;
    let head = rows.next()?;
    let fate = head.map(fate).transpose()?;
    let video_id = match head {
        Some(head) => video_id(head, video)?,
        None => Err(String::new()),
    };
    let mut looked = Looked {
        group: None,
        cancelled: Vec::new(),
        broken: Vec::new(),
        destination: fate.as_ref().map(|fate| fate.destination),
        last: AlertId(0),
        read: 0,
    };
    let mut alerts: Vec<Alert> = Vec::new();
    let mut statement = tx.prepare_cached(WAITING)?;
    let mut waiting = statement.query(params![subscription, video, limit])?;
    while let Some(row) = waiting.next()? {
        looked.last = AlertId(row.get(0)?);
        looked.read += 1;
        let Some(fate) = &fate else {
            looked.cancelled.push((looked.last, CancelReason::Unwatched));
            continue;
        };
        if let Some(reason) = fate.of(looked.last.0, row.get(8)?) {
            looked.cancelled.push((looked.last, reason));
            continue;
        }
        let alert = match &video_id {
            Ok(video_id) => alert(
                row,
                &Place {
                    destination: fate.destination,
                    subscription: SubscriptionId(subscription),
                    video: *video_id,
                },
            ),
            Err(cause) => Err(StoreError::Row(cause.clone())),
        };
        match rows::readable(alert)? {
            Ok(alert) => alerts.push(alert),
            Err(cause) => looked.broken.push((vec![looked.last], cause)),
        }
    }
    if let Some(head) = head.filter(|_| !alerts.is_empty()) {
        match rows::readable(group(head))? {
            Ok(group) => looked.group = Some(Group { alerts, ..group }),
            Err(cause) => {
                looked.broken.push((alerts.iter().map(|alert| alert.id).collect(), cause));
            }
        }
    }
    Ok(looked)
}

fn fate(head: &Row<'_>) -> Result<Fate> {
    let whole: Option<String> = head.get(4)?;
    Ok(Fate {
        destination: DestinationId(head.get(11)?),
        cancelled: [(head.get(0)?, head.get(1)?), (head.get(2)?, head.get(3)?)],
        whole: whole.map(|word| reason(Some(&word))),
    })
}

/// The id of a video, or why there is none; nothing where what waits is about a list as a whole.
fn video_id(head: &Row<'_>, video: i64) -> Result<std::result::Result<Option<VideoId>, String>> {
    match head.get::<_, Option<String>>(5)? {
        _ if video == NO_VIDEO => Ok(Ok(None)),
        Some(text) => Ok(rows::readable(rows::parsed(&text, "video id"))?.map(Some)),
        None => Ok(Err(format!("video {video} is gone"))),
    }
}

/// What a message needs to know beside the alerts.
fn group(head: &Row<'_>) -> Result<Group> {
    let subject: Option<String> = head.get(8)?;
    let subject = subject.ok_or_else(|| StoreError::Row("what is watched is gone".into()))?;
    Ok(Group {
        last_sent: rows::instant(head, 6)?,
        settings: rows::settings(&head.get::<_, String>(7)?)?,
        subject: rows::parsed(&subject, "subject")?,
        subject_title: head.get(9)?,
        title: head.get(10)?,
        destination: rows::destination_row(head, 11)?,
        known: rows::known(head, 17)?,
        about: rows::about(head, 28),
        alerts: Vec::new(),
    })
}

/// What the alerts of one watch and video have in common.
pub(super) struct Place {
    pub(super) destination: DestinationId,
    pub(super) subscription: SubscriptionId,
    pub(super) video: Option<VideoId>,
}

/// Reads an alert from the first columns of a row: id, rule, its text, series, previous, current, marks,
/// `observed_at`.
pub(super) fn alert(row: &Row<'_>, place: &Place) -> Result<Alert> {
    let marks = match row.get::<_, Option<String>>(6)? {
        None => Marks::default(),
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| StoreError::Row(format!("marks: {error}")))?,
    };
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
        marks,
        observed_at: UnixMillis(row.get(7)?),
    })
}
