//! YouTube's answers as they come over the wire, read into our nouns.
//!
//! Pure: bytes in, values out, and no bytes can make it panic. Each item is read by itself, so that one malformed
//! item does not lose the other forty-nine. Only the fields that we use are kept, and no more items than a call may
//! have: an answer takes little more memory than its bytes. Shapes: the discovery document of the YouTube Data API v3, revision
//! 20261104; every count is a string, and an absent one is not 0.

mod envelope;
mod shapes;
mod sort;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use super::answer::{
    Answer, ChannelInfo, Details, Member, MemberPage, Stats, TEXT_MAX_CHARS, bounded,
};
use super::error::SourceError;
use crate::model::{ChannelId, Live, Status, UnixMillis, VideoId};
use envelope::{list, part};
use shapes::{Channel, PageInfo, Row, Standing, Summary, Video};
use sort::sort;

/// Reads the answer of `videos:batchGetStats`.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn stats(body: &[u8], asked: &[VideoId]) -> Result<Stats, SourceError> {
    let answer = list(body, "youtube#batchGetStatsResponse")?;
    let mut read =
        sort(&answer.items, asked, |id, item: Video| Ok((id, item.statistics.counts()?)));
    // The documented summary is not in the discovery document, so it may be absent. Where it is there, an id that it
    // calls failed is missing, even if a stub of an item stands for it.
    let failed = answer.summary.and_then(part::<Summary>).unwrap_or_default().failed_video_ids;
    let failed: HashSet<&str> = failed.items.iter().map(String::as_str).collect();
    let (gone, damaged) =
        read.damaged.into_iter().partition(|(id, _)| failed.contains(id.as_str()));
    read.damaged = damaged;
    let gone: Vec<(VideoId, String)> = gone;
    read.missing.extend(gone.into_iter().map(|(id, _)| id));
    Ok(read)
}

/// Reads the answer of `videos.list`.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn details(body: &[u8], asked: &[VideoId]) -> Result<Answer<Details>, SourceError> {
    Ok(sort(&list(body, "youtube#videoListResponse")?.items, asked, detail))
}

/// Reads the answer of `channels.list`; an unknown handle or id gives one without `items`.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn channel(body: &[u8]) -> Result<Option<ChannelInfo>, SourceError> {
    let answer = list(body, "youtube#channelListResponse")?;
    let Some(item) = answer.items.first() else { return Ok(None) };
    let item: Channel = part(item).unwrap_or_default();
    let id = item.id.and_then(|id| id.parse().ok());
    let uploads = item.content_details.related_playlists.uploads;
    match (id, item.snippet.title, uploads.and_then(|id| id.parse().ok())) {
        (Some(id), Some(title), Some(uploads)) => {
            Ok(Some(ChannelInfo { id, title: bounded(&title), uploads }))
        }
        _ => Err(SourceError::BadAnswer("a channel without id, title or list of uploads".into())),
    }
}

/// Reads the answer of `playlists.list`.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn playlist_title(body: &[u8]) -> Result<Option<String>, SourceError> {
    let answer = list(body, "youtube#playlistListResponse")?;
    let item = answer.items.first().and_then(|item| part::<Video>(item));
    Ok(item.and_then(|item| item.snippet.title).map(|title| bounded(&title)))
}

/// Reads one answer of `playlistItems.list`. Rows that can't be read, and those that only hold the place of a video
/// that is private or gone, are left out.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn member_page(body: &[u8]) -> Result<MemberPage, SourceError> {
    let answer = list(body, "youtube#playlistItemListResponse")?;
    Ok(MemberPage {
        members: answer.items.iter().filter_map(|row| part(row).and_then(member)).collect(),
        rows: answer.items.len(),
        next: page_token(answer.next_page_token)?,
        previous: page_token(answer.prev_page_token)?,
        total: answer.page_info.and_then(part::<PageInfo>).map_or(0, |info| info.total_results),
    })
}

/// Whether this is an answer of `videos.list` at all.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn is_video_list(body: &[u8]) -> Result<(), SourceError> {
    list(body, "youtube#videoListResponse").map(drop)
}

/// A row of a playlist. "Private video" and "Deleted video" are no members: they have no date of publication.
fn member(row: Row) -> Option<Member> {
    if !matches!(row.status.privacy_status.as_deref(), None | Some("public" | "unlisted")) {
        return None;
    }
    let id = row.content_details.video_id.or(row.snippet.resource_id.video_id)?;
    Some(Member {
        id: id.parse().ok()?,
        title: row.snippet.title.as_deref().map(bounded).unwrap_or_default(),
        published_at: Some(moment(row.content_details.video_published_at)?),
        added_at: moment(row.snippet.published_at),
    })
}

fn page_token(token: Option<String>) -> Result<Option<String>, SourceError> {
    let token = token.filter(|token| !token.is_empty());
    if token.as_ref().is_some_and(|token| token.len() > TEXT_MAX_CHARS) {
        return Err(SourceError::BadAnswer("a page token without end".to_owned()));
    }
    Ok(token)
}

fn detail(id: VideoId, item: Video) -> Result<Details, String> {
    let status = status(&item.status)?;
    let live = live(&item)?;
    let counts = item.statistics.counts()?;
    let (snippet, content) = (item.snippet, item.content_details);
    // The start that a premiere or broadcast is announced for, while it has not begun.
    let starts_at = moment(item.live_streaming_details.scheduled_start_time)
        .filter(|_| snippet.live_broadcast_content.as_deref() == Some("upcoming"));
    Ok(Details {
        id,
        title: bounded(&snippet.title.ok_or("no title")?),
        // It becomes part of an address that people click on.
        channel_id: snippet.channel_id.filter(|id| id.parse::<ChannelId>().is_ok()),
        channel_title: snippet.channel_title.as_deref().map(bounded),
        status,
        live,
        published_at: moment(snippet.published_at),
        duration: content.duration.as_deref().and_then(duration),
        starts_at,
        counts,
    })
}

/// The length. A broadcast that is not over says `P0D`, which is none.
fn duration(text: &str) -> Option<u32> {
    let span: jiff::Span = text.parse().ok()?;
    let day = jiff::SpanRelativeTo::days_are_24_hours();
    let seconds = u32::try_from(span.to_duration(day).ok()?.as_secs()).ok()?;
    (seconds > 0).then_some(seconds)
}

fn moment(text: Option<String>) -> Option<UnixMillis> {
    text?.parse::<jiff::Timestamp>().ok().map(UnixMillis::from)
}

fn status(status: &Standing) -> Result<Status, String> {
    if matches!(status.upload_status.as_deref(), Some("deleted" | "failed" | "rejected")) {
        return Ok(Status::Unavailable);
    }
    match status.privacy_status.as_deref() {
        Some("public") => Ok(Status::Public),
        Some("unlisted") => Ok(Status::Unlisted),
        Some("private") => Ok(Status::Unavailable),
        // A guess would ring a bell.
        _ => Err("no known privacyStatus".to_owned()),
    }
}

fn live(item: &Video) -> Result<Live, String> {
    // After a broadcast `liveBroadcastContent` goes back to `none`; its end stays in the details.
    if item.live_streaming_details.actual_end_time.is_some() {
        return Ok(Live::Completed);
    }
    match item.snippet.live_broadcast_content.as_deref() {
        None => Ok(Live::None),
        Some(word) => {
            Live::from_name(word).ok_or_else(|| "no known liveBroadcastContent".to_owned())
        }
    }
}
