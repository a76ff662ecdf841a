//! Notifications as they are born.

use rusqlite::{Connection, params};

use super::rows;
use super::unit::UnitId;
use crate::model::{AlertId, Body, BodyKind, Channel, DestinationId, NotificationId, UnixMillis};
use crate::store::{Result, StoreError};

/// A notification to be written.
#[derive(Clone, Copy)]
pub(super) struct NewNotification<'a> {
    pub(super) lane: i64,
    pub(super) destination: DestinationId,
    /// `None`: a notice, which belongs to no watch.
    pub(super) unit: Option<UnitId>,
    /// The row of the video that it is about alone.
    pub(super) video: Option<i64>,
    pub(super) alerts: &'a [AlertId],
    pub(super) kind: &'a str,
    /// `None`: it could not be put together.
    pub(super) body: Option<&'a Body>,
    pub(super) silent: bool,
    pub(super) observed_at: UnixMillis,
    pub(super) now: UnixMillis,
    /// `pending`, or `queued` behind the part in the row before it.
    pub(super) state: &'a str,
    /// When it is due; `None`: in flight.
    pub(super) next_at: Option<UnixMillis>,
    /// How many parts follow in the next rows.
    pub(super) parts_left: usize,
}

/// A notification that stands.
pub(super) struct Born {
    pub(super) id: NotificationId,
    pub(super) public_id: String,
}

pub(super) const INSERT: &str =
    "INSERT INTO notification (lane, destination, subscription, unit, video, newest, kind, body,
     members, silent, observed_at, created_at, state, next_at, parts_left, public_id, body_kind)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
     ?13, ?14, ?15, ?16, ?17)";

impl NewNotification<'_> {
    pub(super) fn insert(&self, tx: &Connection) -> Result<Born> {
        let body = self.body.map(Body::to_text).transpose();
        let body = body.map_err(|error| StoreError::Row(error.to_string()))?;
        // Neither a restored backup nor a machine that lost its last moments gives a number again: a receiver that knows it
        // would take another message for one that it has.
        let token: i64 = rand::random();
        tx.prepare_cached(INSERT)?.execute(params![
            self.lane,
            self.destination.0,
            self.unit.map(|unit| unit.watch().0),
            self.unit.map(|unit| unit.0),
            self.video,
            self.alerts.iter().map(|id| id.0).max().unwrap_or(0),
            self.kind,
            body.unwrap_or_default(),
            rows::json(self.alerts)?,
            self.silent,
            self.observed_at.0,
            self.now.0,
            self.state,
            self.next_at.map(|at| at.0),
            self.parts_left,
            token,
            self.body.map(|body| body.kind().name()),
        ])?;
        let id = tx.last_insert_rowid();
        let mut mark = tx.prepare_cached("UPDATE alert SET notification = ?2 WHERE id = ?1")?;
        for alert in self.alerts {
            mark.execute([alert.0, id])?;
        }
        Ok(Born { id: NotificationId(id), public_id: public_id(token) })
    }
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

/// The id that the outside sees: 13 characters of base32.
pub(super) fn public_id(token: i64) -> String {
    data_encoding::BASE32_NOPAD.encode(&token.to_be_bytes()).to_lowercase()
}
