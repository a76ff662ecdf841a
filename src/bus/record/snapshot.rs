//! Between a snapshot and its columns. Whoever wrote a record may have been anybody, so that what comes in is checked.

use super::columns::Columns;
use super::unreadable::Unreadable;
use crate::model::{Live, Snapshot, Status, UnixMillis, VideoId};

/// Longest text, in bytes. A title has at most 100 characters.
/// Source: <https://developers.google.com/youtube/v3/docs/videos#snippet.title> (read 2026-11).
const TEXT_MAX_BYTES: usize = 5_000;

/// No time lies before 1970, and what was observed none behind 2200: the numbers would be no milliseconds.
const OBSERVED_MAX: i64 = 7_258_118_400_000;

/// What YouTube tells of a video may lie in any year that a calendar has.
const TOLD_MIN: i64 = -377_705_116_800_000;
const TOLD_MAX: i64 = 253_402_207_200_000;

/// The columns of a snapshot. Of a video that is to be forgotten nothing but the time is told.
pub(super) fn columns(snapshot: &Snapshot) -> Columns {
    let observed_at = Some(snapshot.observed_at.0);
    if snapshot.title.is_none() {
        return Columns { observed_at, ..Columns::default() };
    }
    let millis = |at: UnixMillis| at.0;
    Columns {
        observed_at,
        numbers_at: Some(snapshot.numbers_at.0),
        details_at: Some(snapshot.details_at.0),
        views: snapshot.views,
        likes: snapshot.likes,
        comments: snapshot.comments,
        title: snapshot.title.clone(),
        channel_id: snapshot.channel_id.clone(),
        channel_title: snapshot.channel_title.clone(),
        status: Some(snapshot.status.name().to_owned()),
        live: Some(snapshot.live.name().to_owned()),
        published_at: snapshot.published_at.map(millis),
        duration: snapshot.duration.map(i64::from),
        starts_at: snapshot.starts_at.map(millis),
    }
}

/// What says that a video is to be forgotten.
pub(in crate::bus) fn forgotten(video_id: VideoId, observed_at: UnixMillis) -> Snapshot {
    Snapshot {
        video_id,
        observed_at,
        numbers_at: observed_at,
        details_at: observed_at,
        views: None,
        likes: None,
        comments: None,
        title: None,
        channel_id: None,
        channel_title: None,
        status: Status::Unavailable,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

/// Reads the id of a record: it is that of the record's key.
///
/// # Errors
///
/// What is wrong with either.
pub(super) fn video_id(key: &[u8], id: Option<&str>) -> Result<VideoId, Unreadable> {
    let key = std::str::from_utf8(key).ok().and_then(|key| key.parse::<VideoId>().ok());
    let key = key.ok_or(Unreadable::of("the key", "is no video id"))?;
    match id {
        None => Err(Unreadable::of("the id", "is missing")),
        Some(id) if id == key.as_str() => Ok(key),
        Some(_) => Err(Unreadable::of("the id", "is not that of the key")),
    }
}

/// Reads the columns of a snapshot.
///
/// # Errors
///
/// What is wrong with them.
pub(super) fn snapshot(video_id: VideoId, columns: Columns) -> Result<Snapshot, Unreadable> {
    let observed_at = observed("observed_at", columns.observed_at)?;
    if columns.are_of_nothing() {
        return Ok(forgotten(video_id, observed_at));
    }
    let title = bounded("title", columns.title)?;
    if title.is_none() {
        return Err(Unreadable::of("title", "is missing, though other columns are not"));
    }
    let status = columns.status.ok_or(Unreadable::of("status", "is missing"))?;
    let status = Status::from_name(&status).ok_or(Unreadable::of("status", "is no known word"))?;
    let live = match columns.live {
        None => Live::None,
        Some(live) => Live::from_name(&live).ok_or(Unreadable::of("live", "is no known word"))?,
    };
    let duration = columns.duration.map(u32::try_from).transpose();
    Ok(Snapshot {
        video_id,
        observed_at,
        numbers_at: observed("numbers_at", columns.numbers_at)?,
        details_at: observed("details_at", columns.details_at)?,
        views: count("views", columns.views)?,
        likes: count("likes", columns.likes)?,
        comments: count("comments", columns.comments)?,
        title,
        channel_id: bounded("channel_id", columns.channel_id)?,
        channel_title: bounded("channel_title", columns.channel_title)?,
        status,
        live,
        published_at: told("published_at", columns.published_at)?,
        duration: duration.map_err(|_| Unreadable::of("duration", "is no number of seconds"))?,
        starts_at: told("starts_at", columns.starts_at)?,
    })
}

fn observed(column: &'static str, at: Option<i64>) -> Result<UnixMillis, Unreadable> {
    match at {
        None => Err(Unreadable::of(column, "is missing")),
        Some(at @ 0..=OBSERVED_MAX) => Ok(UnixMillis(at)),
        Some(_) => Err(Unreadable::of(column, "is no time in milliseconds")),
    }
}

fn told(column: &'static str, at: Option<i64>) -> Result<Option<UnixMillis>, Unreadable> {
    match at {
        None => Ok(None),
        Some(at @ TOLD_MIN..=TOLD_MAX) => Ok(Some(UnixMillis(at))),
        Some(_) => Err(Unreadable::of(column, "is no time in milliseconds")),
    }
}

fn count(column: &'static str, count: Option<i64>) -> Result<Option<i64>, Unreadable> {
    if count.is_some_and(|count| count < 0) {
        return Err(Unreadable::of(column, "is negative"));
    }
    Ok(count)
}

fn bounded(column: &'static str, text: Option<String>) -> Result<Option<String>, Unreadable> {
    if text.as_ref().is_some_and(|text| text.len() > TEXT_MAX_BYTES) {
        return Err(Unreadable::of(column, "is too long"));
    }
    Ok(text)
}
