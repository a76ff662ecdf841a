//! Reading rows that several transactions share.

use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};

use crate::model::{
    About, Address, Counts, DestinationId, Known, Live, PersonKey, Pings, Settings, Status,
    Suppressed, UnixMillis, Value, VideoId, VideoKey,
};
use crate::store::{Barred, DestinationRow, Result, StoreError};

/// The columns of a destination `d`, in the order of [`destination_row`].
macro_rules! destination_columns {
    () => {
        "d.id, d.address, d.person, d.settings, d.muted_until, d.disabled, d.off_since, d.barred, d.barred_since,
         d.barred_until, d.is_refused"
    };
}

/// The columns of a row `n` of `seen`, in the order of [`known`].
macro_rules! seen_columns {
    () => {
        "n.observed_at, n.numbers_at, n.views, n.likes, n.comments, n.views_highest, n.likes_highest,
         n.comments_highest, n.title, n.status, n.live"
    };
}

/// The columns of a video `v` that [`about`] reads.
macro_rules! about_columns {
    () => {
        "v.channel_id, v.channel_title, v.published_at, v.duration"
    };
}

pub(super) use {about_columns, destination_columns, seen_columns};

/// Stands in the place of a video's row where an alert is about a channel or playlist as a whole.
pub(super) const NO_VIDEO: i64 = 0;

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
    // Without the text, here and below: it goes into logs and dead letters, and an address may hold a secret.
    text.parse().map_err(|_| {
        StoreError::Row(format!("{what}: {} bytes that this version does not know", text.len()))
    })
}

/// What is wrong with a text that should be JSON.
pub(super) fn fault(error: &serde_json::Error) -> String {
    let kind = if error.is_data() { "JSON that this version does not know" } else { "no JSON" };
    format!("{kind}, at column {}", error.column())
}

/// Reads settings.
pub(super) fn settings(text: &str) -> Result<Settings> {
    if text == "{}" {
        // Most have none, and this is asked for every message.
        return Ok(Settings::default());
    }
    serde_json::from_str(text)
        .map_err(|error| StoreError::Row(format!("settings: {}", fault(&error))))
}

/// What a column keeps in a text form.
pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Row(error.to_string()))
}

/// Steps over a row of a list that can't be read, so that the others are still there.
pub(super) fn or_skipped<T>(row: Result<T>) -> Result<Option<T>> {
    match readable(row)? {
        Ok(row) => Ok(Some(row)),
        Err(cause) => {
            tracing::error!(cause, "a row of the database can't be read and is stepped over");
            Ok(None)
        }
    }
}

/// Sets apart what can't be read from what makes the database fail as a whole.
pub(super) fn readable<T>(result: Result<T>) -> Result<std::result::Result<T, String>> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Row(cause)) => Ok(Err(cause)),
        Err(other) => Err(other),
    }
}

/// An integer that has a meaning of its own where the row holds something else: one damaged row of many must not
/// stop what reads them all.
pub(super) fn integer_or(row: &Row<'_>, column: usize, otherwise: i64) -> i64 {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(value)) => value,
        Ok(ValueRef::Null | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_)) | Err(_) => {
            otherwise
        }
    }
}

/// A text; an empty one where the row holds something else.
pub(super) fn text(row: &Row<'_>, column: usize) -> String {
    let text = row.get_ref(column).ok().and_then(|value| value.as_str().ok());
    text.unwrap_or_default().to_owned()
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
        if title.is_some() {
            db.prepare_cached("UPDATE video SET title = ?2 WHERE id = ?1 AND title IS NULL")?
                .execute(rusqlite::params![key, title])?;
        }
        return Ok(VideoKey(key));
    }
    db.prepare_cached("INSERT INTO video (ref, title) VALUES (?1, ?2)")?
        .execute(rusqlite::params![id.as_str(), title])?;
    Ok(VideoKey(db.last_insert_rowid()))
}

/// Why a watch makes no alerts just now, if so.
pub(super) const fn shut(disabled: bool, muted: bool, expired: bool) -> Option<Suppressed> {
    match (disabled, muted, expired) {
        (true, _, _) => Some(Suppressed::Disabled),
        (false, true, _) => Some(Suppressed::Muted),
        (false, false, true) => Some(Suppressed::Expired),
        (false, false, false) => None,
    }
}

/// Counts a rule that was crossed and made no alert.
pub(super) fn suppress(
    tx: &Connection,
    rule: i64,
    video: VideoKey,
    reason: Suppressed,
    now: UnixMillis,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO suppression (rule, video, reason, count, first, last)
         VALUES (?1, ?2, ?3, 1, ?4, ?4)
         ON CONFLICT (rule, video, reason) DO UPDATE SET count = count + 1, last = ?4",
    )?
    .execute(rusqlite::params![rule, video.0, reason.name(), now.0])?;
    Ok(())
}

/// Reads the columns of a destination from `at` on.
pub(super) fn destination_row(row: &Row<'_>, at: usize) -> Result<DestinationRow> {
    Ok(DestinationRow {
        id: DestinationId(row.get(at)?),
        address: parsed(&row.get::<_, String>(at + 1)?, "destination")?,
        person: PersonKey(integer_or(row, at + 2, 0)),
        settings: settings(&row.get::<_, String>(at + 3)?)?,
        muted_until: instant(row, at + 4)?,
        disabled: row.get(at + 5)?,
        off_since: instant(row, at + 6)?,
        barred: barred(row, at + 7)?,
        is_refused: integer_or(row, at + 10, 0) != 0,
    })
}

/// Reads why, since when and until when a destination takes nothing for now.
pub(super) fn barred(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Barred>> {
    let Some(reason) = row.get(at)? else { return Ok(None) };
    let time = |column| UnixMillis(integer_or(row, column, 0));
    Ok(Some(Barred { reason, since: time(at + 1), until: time(at + 2) }))
}

/// Reads the messages of a day from `at` on; what can't be read is none.
pub(super) fn pings(row: &Row<'_>, at: usize) -> Pings {
    let count = u32::try_from(integer_or(row, at + 1, 0)).unwrap_or(0);
    Pings { day: integer_or(row, at, 0), count }
}

/// One destination, followed to where it has moved.
pub(super) fn destination(db: &Connection, address: &Address) -> Result<Option<DestinationRow>> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT ",
        destination_columns!(),
        " FROM destination o JOIN destination d ON d.id = coalesce(o.moved_to, o.id) WHERE o.address = ?1"
    ))?;
    let mut rows = statement.query([address.to_string()])?;
    rows.next()?.map(|row| destination_row(row, 0)).transpose()
}

/// What is known of a video beside what was seen of it; what can't be read is not known.
pub(super) fn about(row: &Row<'_>, at: usize) -> About {
    About {
        channel_id: row.get(at).unwrap_or_default(),
        channel_title: row.get(at + 1).unwrap_or_default(),
        published_at: row.get(at + 2).ok().flatten().map(UnixMillis),
        duration: row.get(at + 3).unwrap_or_default(),
    }
}

/// Reads the columns of `seen` from `at` on; `None` when the join found no row.
///
/// A row with a word that this version does not know, or that can't be read, counts as none: the next snapshot is then a
/// silent baseline, while a failure would hold up all routing.
pub(super) fn known(row: &Row<'_>, at: usize) -> Result<Option<Known>> {
    Ok(or_skipped(seen(row, at))?.flatten())
}

fn seen(row: &Row<'_>, at: usize) -> Result<Option<Known>> {
    let Some(observed_at) = instant(row, at)? else { return Ok(None) };
    let counts = |at: usize| -> rusqlite::Result<Counts> {
        Ok(Counts { views: row.get(at)?, likes: row.get(at + 1)?, comments: row.get(at + 2)? })
    };
    let status: String = row.get(at + 9)?;
    let live: String = row.get(at + 10)?;
    let (Some(status), Some(live)) = (Status::from_name(&status), Live::from_name(&live)) else {
        tracing::error!(status, live, "what was last seen of a video can't be read");
        return Ok(None);
    };
    Ok(Some(Known {
        observed_at,
        numbers_at: UnixMillis(row.get(at + 1)?),
        last: counts(at + 2)?,
        highest: counts(at + 5)?,
        title: row.get(at + 8)?,
        status,
        live,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{SubjectRef, VideoId};

    #[test]
    fn what_can_not_be_read_is_named_and_never_quoted() {
        let secret = "discord-webhook:https://discord.com/api/webhooks/x/s3cret";
        let errors = [
            parsed::<Address>(secret, "destination").err(),
            parsed::<SubjectRef>("s3cret", "subject").err(),
            parsed::<VideoId>("s3cret", "video id").err(),
            settings("s3cret").err(),
            settings(r#"{"quiet": "s3cret"}"#).err(),
            settings(r#"{"s3cret": 1}"#).err(),
        ];
        for error in errors.into_iter().flatten() {
            let line = error.to_string();
            assert!(!format!("{line} {error:?}").contains("s3cret"), "{line}");
            assert!(line.starts_with("a row can't be read: ") && line.len() > 40, "{line}");
        }
        let line = parsed::<Address>(secret, "destination").unwrap_err().to_string();
        assert!(line.contains("destination: 57 bytes"), "{line}");
    }
}
