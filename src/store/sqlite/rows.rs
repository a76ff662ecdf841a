//! Reading rows that several transactions share.

use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use crate::model::{
    Address, Counts, DestinationId, Known, Live, Settings, Status, SubjectRef, UnixMillis, Value,
    VideoId, VideoKey,
};
use crate::store::{DestinationRow, Result, StoreError};

/// A small named value.
pub(super) fn load(db: &Connection, key: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Replaces a small named value.
pub(super) fn save(db: &Connection, key: &str, value: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )?
    .execute([key, value])?;
    Ok(())
}

/// Reads a column that this version wrote in a text form.
pub(super) fn parsed<T: std::str::FromStr>(text: &str, what: &str) -> Result<T> {
    text.parse().map_err(|_| StoreError::Row(format!("{what} `{text}`")))
}

/// Reads settings.
pub(super) fn settings(text: &str) -> Result<Settings> {
    serde_json::from_str(text).map_err(|error| StoreError::Row(format!("settings: {error}")))
}

/// An instant that may be NULL.
pub(super) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<UnixMillis>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(UnixMillis))
}

/// A value that is an integer, a text, or nothing.
pub(super) fn value(row: &Row<'_>, column: usize) -> rusqlite::Result<Value> {
    Ok(match row.get_ref(column)? {
        ValueRef::Integer(value) => Value::Int(value),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into()),
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::None,
    })
}

/// The stored form of a value.
pub(super) fn value_ref(value: &Value) -> ValueRef<'_> {
    match value {
        Value::None => ValueRef::Null,
        Value::Int(value) => ValueRef::Integer(*value),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
    }
}

/// The row of a video, made where it is new.
pub(super) fn video_key(db: &Connection, id: &VideoId, title: Option<&str>) -> Result<VideoKey> {
    let found: Option<i64> = db
        .prepare_cached("SELECT id FROM video WHERE ref = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(key) = found {
        return Ok(VideoKey(key));
    }
    db.prepare_cached("INSERT INTO video (ref, title) VALUES (?1, ?2)")?
        .execute(rusqlite::params![id.as_str(), title])?;
    Ok(VideoKey(db.last_insert_rowid()))
}

/// The row of a subject, if there is one.
pub(super) fn subject_id(db: &Connection, subject: &SubjectRef) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("SELECT id FROM subject WHERE ref = ?1")?
        .query_row([subject.to_string()], |row| row.get(0))
        .optional()?)
}

/// The columns of a destination, in the order of [`destination_row`].
pub(super) const DESTINATION: &str =
    "d.id, d.address, d.owner, d.settings, d.muted_until, d.disabled";

/// Reads the columns of [`DESTINATION`] from `at` on.
pub(super) fn destination_row(row: &Row<'_>, at: usize) -> Result<DestinationRow> {
    Ok(DestinationRow {
        id: DestinationId(row.get(at)?),
        address: parsed(&row.get::<_, String>(at + 1)?, "destination")?,
        owner: row.get(at + 2)?,
        settings: settings(&row.get::<_, String>(at + 3)?)?,
        muted_until: instant(row, at + 4)?,
        disabled: row.get(at + 5)?,
    })
}

/// One destination, followed to where it has moved.
pub(super) fn destination(db: &Connection, address: &Address) -> Result<Option<DestinationRow>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {DESTINATION} FROM destination o
         JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1"
    ))?;
    let mut rows = statement.query([address.to_string()])?;
    rows.next()?.map(|row| destination_row(row, 0)).transpose()
}

/// The columns of `seen`, in the order of [`known`].
pub(super) const SEEN: &str = "n.observed_at, n.numbers_at, n.views, n.likes, n.comments,
     n.views_highest, n.likes_highest, n.comments_highest, n.title, n.status, n.live";

/// Reads the columns of [`SEEN`] from `at` on; `None` when the join found no row.
pub(super) fn known(row: &Row<'_>, at: usize) -> Result<Option<Known>> {
    let Some(observed_at) = instant(row, at)? else { return Ok(None) };
    let counts = |at: usize| -> rusqlite::Result<Counts> {
        Ok(Counts { views: row.get(at)?, likes: row.get(at + 1)?, comments: row.get(at + 2)? })
    };
    let status: String = row.get(at + 9)?;
    let live: String = row.get(at + 10)?;
    Ok(Some(Known {
        observed_at,
        numbers_at: UnixMillis(row.get(at + 1)?),
        last: counts(at + 2)?,
        highest: counts(at + 5)?,
        title: row.get(at + 8)?,
        status: Status::from_name(&status)
            .ok_or_else(|| StoreError::Row(format!("status `{status}`")))?,
        live: Live::from_name(&live).ok_or_else(|| StoreError::Row(format!("live `{live}`")))?,
    }))
}
