//! YouTube's answers as they come over the wire, read into our nouns.
//!
//! Pure: bytes in, values out, and no bytes can make it panic. Each item is read by itself, so that one malformed
//! item does not lose the other forty-nine. Only the fields that we use are kept, and no more items than a call may
//! have: an answer takes little more memory than its bytes. Shapes: the discovery document of the YouTube Data API v3, revision
//! 20261104; every count is a string, and an absent one is not 0.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::client::PER_CALL_MAX;
use super::error::SourceError;
use crate::model::{
    AtMost, ChannelId, Counts, Live, PlaylistId, Snapshot, Status, UnixMillis, VideoId,
};

/// Longest text that is kept, in characters; the rest of a longer one is left out. Titles of YouTube end at 100: what
/// is longer comes from something in between, and would be stored with every alert.
pub(super) const TEXT_MAX_CHARS: usize = 500;

/// What one call said of the videos it was asked for; each id is in exactly one of the lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What it told, in no promised order.
    pub found: Vec<T>,
    /// Not in the answer: deleted, private, never existed, or forgotten by one of YouTube's replicas.
    pub missing: Vec<VideoId>,
    /// In the answer, but not to be understood: says nothing about the video. With the reason.
    pub damaged: Vec<(VideoId, String)>,
}

/// The answer of `videos:batchGetStats`.
pub type Stats = Answer<(VideoId, Counts)>;

/// All that `videos.list` says of one video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Which video.
    pub id: VideoId,
    /// The title exactly as typed.
    pub title: String,
    /// The channel's id.
    pub channel_id: Option<String>,
    /// The channel's name.
    pub channel_title: Option<String>,
    /// Whether it can be watched.
    pub status: Status,
    /// Where a broadcast stands.
    pub live: Live,
    /// When it was published.
    pub published_at: Option<UnixMillis>,
    /// How long it is, in seconds; `None` for a broadcast that is not over.
    pub duration: Option<u32>,
    /// When a premiere or broadcast is to begin, while it is only announced.
    pub starts_at: Option<UnixMillis>,
    /// The numbers.
    pub counts: Counts,
}

impl Details {
    /// The whole snapshot that this answer alone makes.
    #[must_use]
    pub fn snapshot(&self, at: UnixMillis) -> Snapshot {
        Snapshot {
            video_id: self.id,
            observed_at: at,
            numbers_at: at,
            details_at: at,
            views: self.counts.views,
            likes: self.counts.likes,
            comments: self.counts.comments,
            title: Some(self.title.clone()),
            channel_id: self.channel_id.clone(),
            channel_title: self.channel_title.clone(),
            status: self.status,
            live: self.live,
            published_at: self.published_at,
            duration: self.duration,
            starts_at: self.starts_at,
        }
    }
}

/// One member of a channel's uploads or of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The video.
    pub id: VideoId,
    /// Its title as the list shows it.
    pub title: String,
    /// When the video was published.
    pub published_at: Option<UnixMillis>,
    /// When it was added to the list; a feed does not say.
    pub added_at: Option<UnixMillis>,
}

/// What is needed to watch a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelInfo {
    /// Its id.
    pub id: ChannelId,
    /// Its name.
    pub title: String,
    /// The playlist of all its uploads, newest first.
    pub uploads: PlaylistId,
}

/// One page of `playlistItems.list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// Those that could be read and that anybody may see.
    pub members: Vec<Member>,
    /// Rows on this page, placeholders included.
    pub rows: usize,
    /// The token of the next page.
    pub next: Option<String>,
    /// The token of the page before.
    pub previous: Option<String>,
    /// How many members there are on all pages; YouTube counts those too that it does not list.
    pub total: u64,
}

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

/// Whether this is an answer of `videos.list` at all.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn is_video_list(body: &[u8]) -> Result<(), SourceError> {
    list(body, "youtube#videoListResponse").map(drop)
}

/// The envelope of every answer. What may be wrong in it without spoiling the rest is kept as it came.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    kind: Option<String>,
    #[serde(borrow, default, deserialize_with = "rows")]
    items: Option<AtMost<&'a RawValue, PER_CALL_MAX>>,
    #[serde(borrow)]
    summary: Option<&'a RawValue>,
    next_page_token: Option<String>,
    prev_page_token: Option<String>,
    #[serde(borrow)]
    page_info: Option<&'a RawValue>,
}

/// `items` may be absent, but is never null.
fn rows<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<AtMost<&'de RawValue, PER_CALL_MAX>>, D::Error> {
    AtMost::deserialize(deserializer).map(Some)
}

/// An answer of the right kind.
struct List<'a> {
    items: Vec<&'a RawValue>,
    summary: Option<&'a RawValue>,
    next_page_token: Option<String>,
    prev_page_token: Option<String>,
    page_info: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

/// An item of `videos.list` and of `videos:batchGetStats`; of `playlists.list`, the title.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Video {
    snippet: Snippet,
    status: Standing,
    statistics: Statistics,
    live_streaming_details: Broadcast,
    content_details: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Snippet {
    title: Option<String>,
    channel_id: Option<String>,
    channel_title: Option<String>,
    published_at: Option<String>,
    live_broadcast_content: Option<String>,
    resource_id: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Standing {
    upload_status: Option<String>,
    privacy_status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Broadcast {
    actual_end_time: Option<String>,
    scheduled_start_time: Option<String>,
}

/// `contentDetails` of a video, a row and a channel, and a row's `resourceId`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    duration: Option<String>,
    video_id: Option<String>,
    video_published_at: Option<String>,
    related_playlists: Related,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Related {
    uploads: Option<String>,
}

/// An item of `channels.list`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Channel {
    id: Option<String>,
    snippet: Snippet,
    content_details: Content,
}

/// An item of `playlistItems.list`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Row {
    snippet: Snippet,
    content_details: Content,
    status: Standing,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Summary {
    failed_video_ids: AtMost<String, PER_CALL_MAX>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    total_results: u64,
}

/// The counts of a video; `None` where the answer has no such part.
#[derive(Default)]
struct Statistics(Option<Counts>);

impl Statistics {
    fn counts(&self) -> Result<Counts, String> {
        self.0.ok_or_else(|| "no statistics".to_owned())
    }
}

impl<'de> Deserialize<'de> for Statistics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Wire {
            view_count: Count,
            like_count: Count,
            comment_count: Count,
        }
        Ok(Statistics(Option::<Wire>::deserialize(deserializer)?.map(|wire| Counts {
            views: wire.view_count.0,
            likes: wire.like_count.0,
            comments: wire.comment_count.0,
        })))
    }
}

/// A count: a string of digits, or a number; `None`: absent or null.
#[derive(Default)]
struct Count(Option<i64>);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Count, E> {
        Ok(Count(None))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Count, E> {
        let count = i64::try_from(number).map_err(|_| E::custom("too large for a count"))?;
        Ok(Count(Some(count)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
        let number = text.parse().map_err(|_| E::custom("not a count"))?;
        self.visit_u64(number)
    }
}

/// Reads the envelope. An answer that is neither of the right kind nor has items is not taken for "nothing found":
/// a proxy's `{}` must not make fifty videos disappear.
fn list<'a>(body: &'a [u8], kind: &str) -> Result<List<'a>, SourceError> {
    let answer: Envelope<'a> = serde_json::from_slice(body).map_err(|error| {
        // Without serde's own text, which may quote the answer.
        SourceError::BadAnswer(match error.classify() {
            Category::Eof => format!("the JSON breaks off after {} bytes", body.len()),
            Category::Data => format!("not a {kind}"),
            Category::Syntax | Category::Io => format!("no JSON after {} bytes", body.len()),
        })
    })?;
    let is_kind = match &answer.kind {
        Some(found) => found == kind,
        None => answer.items.is_some(),
    };
    let items = answer.items.unwrap_or_default();
    if !is_kind || items.has_more {
        return Err(SourceError::BadAnswer(format!("not a {kind}")));
    }
    Ok(List {
        items: items.items,
        summary: answer.summary,
        next_page_token: answer.next_page_token,
        prev_page_token: answer.prev_page_token,
        page_info: answer.page_info,
    })
}

/// Reads a part of an answer by itself; `None`: it is not in YouTube's form.
fn part<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    // A list would be read as the fields in their order.
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok())?
}

/// The first [`TEXT_MAX_CHARS`] of `text`.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// Puts each id that was asked for into one of the lists. Items that nobody asked for are dropped.
fn sort<I: DeserializeOwned, T>(
    items: &[&RawValue],
    asked: &[VideoId],
    read: impl Fn(VideoId, I) -> Result<T, String>,
) -> Answer<T> {
    let mut open: Vec<VideoId> = Vec::with_capacity(asked.len());
    for id in asked {
        if !open.contains(id) {
            open.push(*id);
        }
    }
    let mut answer = Answer { found: Vec::new(), missing: Vec::new(), damaged: Vec::new() };
    let mut nameless = false;
    for item in items {
        let Some(id) = part::<Named>(item).and_then(|item| item.id.parse::<VideoId>().ok()) else {
            nameless = true;
            continue;
        };
        let Some(position) = open.iter().position(|other| *other == id) else { continue };
        open.swap_remove(position);
        let item = part(item).ok_or_else(|| "not in the form of YouTube's API".to_owned());
        match item.and_then(|item| read(id, item)) {
            Ok(found) => answer.found.push(found),
            Err(reason) => answer.damaged.push((id, reason)),
        }
    }
    if nameless {
        // Any of the rest may be the one that we could not read: none of them is missing for sure.
        let unsure = |id| (id, "an item of the answer has no id".to_owned());
        answer.damaged.extend(open.into_iter().map(unsure));
    } else {
        answer.missing = open;
    }
    answer
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn id(text: &str) -> VideoId {
        text.parse().unwrap()
    }

    fn read(body: &str) -> Stats {
        stats(body.as_bytes(), &[id("aaaaaaaaaaa"), id("bbbbbbbbbbb"), id("ccccccccccc")]).unwrap()
    }

    #[test]
    fn counts_are_strings_and_an_absent_one_is_not_zero() {
        let answer = read(
            r#"{"kind":"youtube#batchGetStatsResponse","items":[
                {"kind":"youtube#videoStats","id":"ccccccccccc","statistics":{"viewCount":"0","commentCount":"7"}},
                {"kind":"youtube#videoStats","id":"aaaaaaaaaaa","statistics":{"viewCount":"12345678901","likeCount":"5","commentCount":"0"}}]}"#,
        );
        let c = Counts { views: Some(0), likes: None, comments: Some(7) };
        let a = Counts { views: Some(12_345_678_901), likes: Some(5), comments: Some(0) };
        assert_eq!(answer.found, vec![(id("ccccccccccc"), c), (id("aaaaaaaaaaa"), a)]);
        assert_eq!(answer.missing, vec![id("bbbbbbbbbbb")]);
    }

    #[test]
    fn one_malformed_item_does_not_lose_the_others() {
        let answer = read(
            r#"{"kind":"youtube#batchGetStatsResponse","items":[
                {"id":"aaaaaaaaaaa","statistics":{"viewCount":"many"}},
                {"id":"bbbbbbbbbbb","statistics":{"viewCount":"99999999999999999999"}},
                {"id":"ccccccccccc","statistics":{"viewCount":"3"}}]}"#,
        );
        assert_eq!(answer.found.len(), 1);
        assert_eq!(answer.damaged.len(), 2);
        assert_eq!(answer.missing, vec![]);
    }

    #[test]
    fn an_item_without_id_makes_nobody_missing() {
        let answer = read(
            r#"{"items":[{"statistics":{"viewCount":"3"}},{"id":"ccccccccccc","statistics":{}}]}"#,
        );
        assert_eq!(answer.missing, vec![]);
        assert_eq!(answer.damaged.len(), 2);
    }

    #[test]
    fn an_id_that_the_summary_calls_failed_is_missing() {
        let answer = read(
            r#"{"kind":"youtube#batchGetStatsResponse","items":[{"id":"aaaaaaaaaaa"},{"id":"bbbbbbbbbbb","statistics":{}}],
                "summary":{"requestedVideoCount":3,"succeededVideoCount":1,"failedVideoCount":2,"failedVideoIds":["aaaaaaaaaaa","ccccccccccc"]}}"#,
        );
        assert_eq!(answer.missing, vec![id("ccccccccccc"), id("aaaaaaaaaaa")]);
        assert_eq!(answer.damaged, vec![]);
    }

    #[test]
    fn what_is_no_answer_of_youtubes_is_not_taken_for_nothing_found() {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            "<html></html>",
            r#"{"items":"no"}"#,
            r#"{"items":{}}"#,
            r#"{"kind":"youtube#videoListResponse","items":[]}"#,
            r#"{"kind":"youtube#batchGetStatsResponse","items":null}"#,
            r#"{"kind":"youtube#batchGetStatsResponse","items":[{"id":"aaaaaaa"#,
        ] {
            let error = stats(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap_err();
            assert!(matches!(error, SourceError::BadAnswer(_)), "{body}: {error:?}");
        }
    }

    #[test]
    fn an_answer_with_more_items_than_a_call_has_is_none() {
        let body = |count: usize| {
            let items = vec![r#"{"id":"aaaaaaaaaaa","statistics":{}}"#; count].join(",");
            format!(r#"{{"kind":"youtube#batchGetStatsResponse","items":[{items}]}}"#)
        };
        let read = |count| stats(body(count).as_bytes(), &[id("aaaaaaaaaaa")]);
        assert_eq!(read(PER_CALL_MAX).unwrap().found.len(), 1);
        assert!(matches!(read(PER_CALL_MAX + 1), Err(SourceError::BadAnswer(_))));
    }

    fn one(snippet: &str, status: &str, live: &str) -> Result<Details, String> {
        let body = format!(
            r#"{{"kind":"youtube#videoListResponse","items":[{{"id":"aaaaaaaaaaa","snippet":{{"title":"T"{snippet}}},
                "status":{{{status}}},"statistics":{{"viewCount":"1"}}{live}}}]}}"#
        );
        let mut answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
        answer.found.pop().ok_or_else(|| answer.damaged.pop().unwrap().1)
    }

    #[test]
    fn status_is_taken_from_privacy() {
        let status = |word: &str| {
            one("", &format!(r#""privacyStatus":"{word}""#), "").map(|details| details.status)
        };
        assert_eq!(status("public"), Ok(Status::Public));
        assert_eq!(status("unlisted"), Ok(Status::Unlisted));
        assert_eq!(status("private"), Ok(Status::Unavailable));
        assert!(status("friends").is_err(), "a new word is not guessed at");
    }

    #[test]
    fn an_ended_broadcast_is_completed_whatever_the_snippet_says() {
        let live = |word: &str, details: &str| {
            let snippet = format!(r#","liveBroadcastContent":"{word}""#);
            one(&snippet, r#""privacyStatus":"public""#, details).map(|details| details.live)
        };
        assert_eq!(live("none", ""), Ok(Live::None));
        assert_eq!(live("upcoming", ""), Ok(Live::Upcoming));
        let on_air = r#","liveStreamingDetails":{"actualStartTime":"2026-11-01T10:00:00Z"}"#;
        assert_eq!(live("live", on_air), Ok(Live::Live));
        let over = r#","liveStreamingDetails":{"actualStartTime":"2026-11-01T10:00:00Z","actualEndTime":"2026-11-01T12:00:00Z"}"#;
        assert_eq!(live("none", over), Ok(Live::Completed));
        assert!(live("paused", "").is_err());
    }

    #[test]
    fn a_length_is_read_from_iso_8601_and_a_broadcast_has_none() {
        let length = |text: &str| {
            let details = format!(r#","contentDetails":{{"duration":"{text}"}}"#);
            one("", r#""privacyStatus":"public""#, &details).unwrap().duration
        };
        assert_eq!(length("PT3M33S"), Some(213));
        assert_eq!(length("PT1H"), Some(3_600));
        assert_eq!(length("P1DT2H1S"), Some(93_601));
        for none in ["P0D", "PT0S", "", "long", "-PT5S", "P1Y", "P999999999D"] {
            assert_eq!(length(none), None, "{none}");
        }
    }

    #[test]
    fn a_premiere_has_its_start_until_it_begins() {
        let starts = |word: &str| {
            let snippet = format!(r#","liveBroadcastContent":"{word}""#);
            let live = r#","liveStreamingDetails":{"scheduledStartTime":"2026-11-01T10:00:00Z"}"#;
            one(&snippet, r#""privacyStatus":"public""#, live).unwrap().starts_at
        };
        assert_eq!(starts("upcoming"), Some(UnixMillis(1_793_527_200_000)));
        assert_eq!((starts("live"), starts("none")), (None, None));
    }

    #[test]
    fn what_only_holds_a_place_in_a_list_is_no_member() {
        let row = |id: &str, published: &str, privacy: &str| {
            format!(
                r#"{{"snippet":{{"title":"T","publishedAt":"2026-11-01T10:00:00Z"}},"contentDetails":{{"videoId":"{id}"{published}}},"status":{{"privacyStatus":"{privacy}"}}}}"#
            )
        };
        let published = r#","videoPublishedAt":"2026-10-01T10:00:00Z""#;
        let rows = [
            row("aaaaaaaaaaa", published, "public"),
            row("bbbbbbbbbbb", published, "unlisted"),
            row("ccccccccccc", "", "private"),
            row("ddddddddddd", "", "public"),
            row("eeeeeeeeeee", published, "private"),
            row("fffffffffff", "", "privacyStatusUnspecified"),
        ];
        let body = format!(
            r#"{{"kind":"youtube#playlistItemListResponse","items":[{}],"prevPageToken":"P"}}"#,
            rows.join(",")
        );
        let page = member_page(body.as_bytes()).unwrap();
        let ids: Vec<_> = page.members.iter().map(|member| member.id.as_str()).collect();
        assert_eq!((ids, page.rows), (vec!["aaaaaaaaaaa", "bbbbbbbbbbb"], 6));
        assert_eq!(page.members[0].published_at, Some(UnixMillis(1_790_848_800_000)));
        assert_eq!(page.members[0].added_at, Some(UnixMillis(1_793_527_200_000)));
        assert_eq!((page.previous.as_deref(), page.next), (Some("P"), None));
    }

    #[test]
    fn hostile_titles_arrive_as_typed() {
        let body = r#"{"kind":"youtube#videoListResponse","items":[{"id":"aaaaaaaaaaa","snippet":{"title":"<b>&*_`@everyone\u202e\u0000","publishedAt":"2026-11-01T10:00:00Z"},"status":{"privacyStatus":"public"},"statistics":{}}]}"#;
        let answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
        assert_eq!(answer.found[0].title, "<b>&*_`@everyone\u{202e}\0");
        assert_eq!(answer.found[0].published_at, Some(UnixMillis(1_793_527_200_000)));
    }

    #[test]
    fn a_text_without_end_is_not_kept_whole_and_no_channel_id_leads_elsewhere() {
        let long = "ж".repeat(1_000_000);
        let body = format!(
            r#"{{"kind":"youtube#videoListResponse","items":[{{"id":"aaaaaaaaaaa","snippet":{{"title":"{long}","channelTitle":"{long}","channelId":"../@evil?"}},"status":{{"privacyStatus":"public"}},"statistics":{{}}}}]}}"#
        );
        let answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
        let found = &answer.found[0];
        assert_eq!(found.title, "ж".repeat(TEXT_MAX_CHARS));
        assert_eq!(found.channel_title.as_ref(), Some(&found.title));
        assert_eq!(found.channel_id, None);
        let page = format!(
            r#"{{"kind":"youtube#playlistItemListResponse","items":[],"nextPageToken":"{long}"}}"#
        );
        assert!(matches!(member_page(page.as_bytes()), Err(SourceError::BadAnswer(_))));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            "[a-z0-9]{0,11}".prop_map(Value::from),
            Just(Value::from("aaaaaaaaaaa")),
            Just(Value::from("youtube#videoListResponse")),
        ];
        let keys = prop_oneof![
            Just("kind"),
            Just("items"),
            Just("id"),
            Just("snippet"),
            Just("status"),
            Just("statistics"),
            Just("viewCount"),
            Just("title"),
            Just("summary"),
            Just("failedVideoIds"),
            Just("contentDetails"),
            Just("videoId"),
            Just("privacyStatus"),
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map(keys.clone(), inner, 0..6).prop_map(|map| {
                    Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
                }),
            ]
        })
    }

    fn read_all(body: &[u8]) {
        let asked = [id("aaaaaaaaaaa"), id("bbbbbbbbbbb"), id("aaaaaaaaaaa")];
        if let Ok(answer) = stats(body, &asked) {
            assert_eq!(answer.found.len() + answer.missing.len() + answer.damaged.len(), 2);
        }
        if let Ok(answer) = details(body, &asked) {
            assert_eq!(answer.found.len() + answer.missing.len() + answer.damaged.len(), 2);
        }
        drop((channel(body), playlist_title(body), member_page(body), is_video_list(body)));
    }

    proptest! {
        #[test]
        fn no_bytes_can_make_it_panic(body in any::<Vec<u8>>()) {
            read_all(&body);
        }

        #[test]
        fn no_json_can_make_it_panic_or_lose_an_id(body in json()) {
            read_all(body.to_string().as_bytes());
        }
    }
}
