//! Notifications as they are born.

use rusqlite::{Connection, params};

use super::rows;
use super::unit::UnitId;
use crate::model::{AlertId, Body, BodyKind, Channel, DestinationId, NotificationId, UnixMillis};
use crate::store::{Result, StoreError};

/// A notification to be written.
pub(super) struct NewNotification {
    pub(super) born: Born,
    pub(super) lane: i64,
    pub(super) destination: DestinationId,
    /// `None`: a notice. What belongs to no watch (a digest, a notice) ends with its destination alone.
    pub(super) unit: Option<UnitId>,
    /// The row of the video that it is about alone.
    pub(super) video: Option<i64>,
    pub(super) alerts: Vec<AlertId>,
    pub(super) kind: &'static str,
    /// `None`: it could not be put together.
    pub(super) body: Option<Kept>,
    pub(super) silent: bool,
    pub(super) observed_at: UnixMillis,
    pub(super) now: UnixMillis,
    /// `pending`, or `queued` behind the part in the row before it.
    pub(super) state: &'static str,
    /// When it is due; `None`: in flight.
    pub(super) next_at: Option<UnixMillis>,
    /// How many parts follow in the next rows.
    pub(super) parts_left: usize,
}

/// What is kept of a body.
pub(super) struct Kept {
    kind: BodyKind,
    text: String,
}

impl Kept {
    pub(super) fn of(body: &Body) -> Result<Kept> {
        let text = body.to_text().map_err(|error| StoreError::Row(error.to_string()))?;
        Ok(Kept { kind: body.kind(), text: text.into_owned() })
    }
}

/// Who a notification is, before it is written: its row, and what the outside knows it by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Born {
    pub(super) id: NotificationId,
    token: i64,
}

impl Born {
    pub(super) fn public_id(self) -> String {
        public_id(self.token)
    }
}

/// Gives notifications their numbers, within one transaction: nobody else gives any meanwhile.
pub(super) struct Births {
    next: i64,
}

impl Births {
    pub(super) fn begin(tx: &Connection) -> Result<Births> {
        let last =
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'notification'), 0)";
        let last: i64 = tx.prepare_cached(last)?.query_row([], |row| row.get(0))?;
        Ok(Births { next: last + 1 })
    }

    pub(super) fn give(&mut self) -> Born {
        let id = NotificationId(self.next);
        self.next += 1;
        // Neither a restored backup nor a machine that lost its last moments gives a number again: a receiver that knows it
        // would take another message for one that it has.
        Born { id, token: rand::random() }
    }
}

pub(super) const INSERT: &str =
    "INSERT INTO notification (id, lane, destination, subscription, unit, video, newest, kind, body,
     members, silent, observed_at, created_at, state, next_at, parts_left, public_id, body_kind)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";

/// Writes notifications, and in each of their alerts that it is in this one.
pub(super) fn insert(tx: &Connection, all: &[NewNotification]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut insert = tx.prepare_cached(INSERT)?;
    for new in all {
        insert.execute(params![
            new.born.id.0,
            new.lane,
            new.destination.0,
            new.unit.and_then(UnitId::watch).map(|watch| watch.0),
            new.unit.map(|unit| unit.0),
            new.video,
            new.alerts.iter().map(|id| id.0).max().unwrap_or(0),
            new.kind,
            new.body.as_ref().map_or("", |body| body.text.as_str()),
            rows::json(&new.alerts)?,
            new.silent,
            new.observed_at.0,
            new.now.0,
            new.state,
            new.next_at.map(|at| at.0),
            new.parts_left,
            new.born.token,
            new.body.as_ref().map(|body| body.kind.name())
        ])?;
    }
    let mut mark = tx.prepare_cached("UPDATE alert SET notification = ?2 WHERE id = ?1")?;
    for new in all {
        for alert in &new.alerts {
            mark.execute([alert.0, new.born.id.0])?;
        }
    }
    Ok(())
}

/// Notes that notifications which were put off are under way again.
pub(super) fn take_again(tx: &Connection, all: &[NotificationId]) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let mut statement =
        tx.prepare_cached("UPDATE notification SET next_at = NULL WHERE id = ?1")?;
    all.iter().try_for_each(|id| statement.execute([id.0]).map(drop))?;
    Ok(())
}

/// The id that the outside sees: 13 characters of base32.
pub(super) fn public_id(token: i64) -> String {
    data_encoding::BASE32_NOPAD.encode(&token.to_be_bytes()).to_lowercase()
}

/// The body that a row holds.
///
/// # Errors
///
/// The row holds something else. What that is, the error does not say: it is somebody's message.
pub(super) fn body(kind: Option<&str>, text: String, channel: Channel) -> Result<Body> {
    let Some(name) = kind else { return Ok(of_before(text, channel)) };
    let kind = BodyKind::from_name(name).ok_or_else(|| {
        StoreError::Row("body: a kind that this version does not know".to_owned())
    })?;
    Body::from_text(kind, text)
        .map_err(|error| StoreError::Row(format!("body: {}", rows::fault(&error))))
}

/// What an older version wrote, which kept no kind: the channel says what it was given. Who sends it refuses all else.
fn of_before(text: String, channel: Channel) -> Body {
    let traits = channel.traits();
    if traits.is_chat
        && let Ok(message) = serde_json::from_str(&text)
    {
        return Body::Chat(message);
    }
    if traits.is_told_each_video { Body::Json(text) } else { Body::Text(text) }
}
