//! YouTube's answers as they come over the wire, read into our nouns.
//!
//! Pure: bytes in, values out, and no bytes can make it panic. Each item is read by itself, so that one malformed
//! item does not lose the other forty-nine. Shapes: the discovery document of the YouTube Data API v3, revision
//! 20261104; every count is a string, and an absent one is not 0.

use std::collections::HashSet;

use serde_json::Value;

use super::error::SourceError;
use crate::model::{ChannelId, Counts, Live, PlaylistId, Snapshot, Status, UnixMillis, VideoId};

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
    let mut read = sort(&items(&answer), asked, |id, item| Ok((id, counts(item)?)));
    // The documented summary is not in the discovery document, so it may be absent. Where it is there, an id that it
    // calls failed is missing, even if a stub of an item stands for it.
    let failed = answer.pointer("/summary/failedVideoIds").and_then(Value::as_array);
    let failed: HashSet<&str> = failed.into_iter().flatten().filter_map(Value::as_str).collect();
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
    Ok(sort(&items(&list(body, "youtube#videoListResponse")?), asked, detail))
}

/// Reads the answer of `channels.list`; an unknown handle or id gives one without `items`.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn channel(body: &[u8]) -> Result<Option<ChannelInfo>, SourceError> {
    let answer = list(body, "youtube#channelListResponse")?;
    let items = items(&answer);
    let Some(item) = items.first() else { return Ok(None) };
    let id = string(item, "/id").and_then(|id| id.parse().ok());
    let uploads = string(item, "/contentDetails/relatedPlaylists/uploads");
    match (id, text(item, "/snippet/title"), uploads.and_then(|id| id.parse().ok())) {
        (Some(id), Some(title), Some(uploads)) => Ok(Some(ChannelInfo { id, title, uploads })),
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
    Ok(items(&answer).first().and_then(|item| text(item, "/snippet/title")))
}

/// Reads one answer of `playlistItems.list`. Rows that can't be read, and those that only hold the place of a video
/// that is private or gone, are left out.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn member_page(body: &[u8]) -> Result<MemberPage, SourceError> {
    let answer = list(body, "youtube#playlistItemListResponse")?;
    let rows = items(&answer);
    Ok(MemberPage {
        members: rows.iter().filter_map(|row| member(row)).collect(),
        rows: rows.len(),
        next: page_token(&answer, "/nextPageToken")?,
        previous: page_token(&answer, "/prevPageToken")?,
        total: answer.pointer("/pageInfo/totalResults").and_then(Value::as_u64).unwrap_or(0),
    })
}

/// A row of a playlist. "Private video" and "Deleted video" are no members: they have no date of publication.
fn member(row: &Value) -> Option<Member> {
    if !matches!(string(row, "/status/privacyStatus"), None | Some("public" | "unlisted")) {
        return None;
    }
    let id = string(row, "/contentDetails/videoId")
        .or_else(|| string(row, "/snippet/resourceId/videoId"))?;
    Some(Member {
        id: id.parse().ok()?,
        title: text(row, "/snippet/title").unwrap_or_default(),
        published_at: Some(moment(row, "/contentDetails/videoPublishedAt")?),
        added_at: moment(row, "/snippet/publishedAt"),
    })
}

fn page_token(answer: &Value, pointer: &str) -> Result<Option<String>, SourceError> {
    let token = string(answer, pointer).filter(|token| !token.is_empty());
    if token.is_some_and(|token| token.len() > TEXT_MAX_CHARS) {
        return Err(SourceError::BadAnswer("a page token without end".to_owned()));
    }
    Ok(token.map(str::to_owned))
}

/// Whether this is an answer of `videos.list` at all.
///
/// # Errors
///
/// [`SourceError::BadAnswer`] for what is no such answer.
pub fn is_video_list(body: &[u8]) -> Result<(), SourceError> {
    list(body, "youtube#videoListResponse").map(|_| ())
}

/// Reads the envelope. An answer that is neither of the right kind nor has items is not taken for "nothing found":
/// a proxy's `{}` must not make fifty videos disappear.
fn list(body: &[u8], kind: &str) -> Result<Value, SourceError> {
    let answer: Value = serde_json::from_slice(body).map_err(|error| {
        // Without serde's own text, which may quote the answer.
        SourceError::BadAnswer(format!(
            "{} after {} bytes",
            if error.is_eof() { "the JSON breaks off" } else { "no JSON" },
            body.len()
        ))
    })?;
    let is_kind = match answer.get("kind") {
        Some(found) => found == kind,
        None => answer.get("items").is_some(),
    };
    if !is_kind || answer.get("items").is_some_and(|items| !items.is_array()) {
        return Err(SourceError::BadAnswer(format!("not a {kind}")));
    }
    Ok(answer)
}

fn items(answer: &Value) -> Vec<&Value> {
    answer.get("items").and_then(Value::as_array).into_iter().flatten().collect()
}

fn string<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A text to keep, as typed but for its length.
fn text(value: &Value, pointer: &str) -> Option<String> {
    string(value, pointer).map(bounded)
}

/// The first [`TEXT_MAX_CHARS`] of `text`.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX_CHARS) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// Puts each id that was asked for into one of the lists. Items that nobody asked for are dropped.
fn sort<T>(
    items: &[&Value],
    asked: &[VideoId],
    read: impl Fn(VideoId, &Value) -> Result<T, String>,
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
        let Some(id) = string(item, "/id").and_then(|id| id.parse::<VideoId>().ok()) else {
            nameless = true;
            continue;
        };
        let Some(position) = open.iter().position(|other| *other == id) else { continue };
        open.swap_remove(position);
        match read(id, item) {
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

fn counts(item: &Value) -> Result<Counts, String> {
    let Some(statistics) = item.get("statistics").filter(|value| value.is_object()) else {
        return Err("no statistics".to_owned());
    };
    let count = |name: &str| {
        match statistics.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                text.parse::<u64>().ok().and_then(|n| i64::try_from(n).ok()).map(Some).ok_or(())
            }
            Some(value) => value.as_i64().filter(|n| *n >= 0).map(Some).ok_or(()),
        }
        .map_err(|()| format!("{name} is no count"))
    };
    Ok(Counts {
        views: count("viewCount")?,
        likes: count("likeCount")?,
        comments: count("commentCount")?,
    })
}

fn detail(id: VideoId, item: &Value) -> Result<Details, String> {
    let title = text(item, "/snippet/title").ok_or("no title")?;
    // It becomes part of an address that people click on.
    let channel_id =
        string(item, "/snippet/channelId").filter(|id| id.parse::<ChannelId>().is_ok());
    Ok(Details {
        id,
        title,
        channel_id: channel_id.map(str::to_owned),
        channel_title: text(item, "/snippet/channelTitle"),
        status: status(item)?,
        live: live(item)?,
        published_at: moment(item, "/snippet/publishedAt"),
        duration: duration(item),
        starts_at: starts_at(item),
        counts: counts(item)?,
    })
}

/// The length. A broadcast that is not over says `P0D`, which is none.
fn duration(item: &Value) -> Option<u32> {
    let span: jiff::Span = string(item, "/contentDetails/duration")?.parse().ok()?;
    let day = jiff::SpanRelativeTo::days_are_24_hours();
    let seconds = u32::try_from(span.to_duration(day).ok()?.as_secs()).ok()?;
    (seconds > 0).then_some(seconds)
}

/// The start that a premiere or broadcast is announced for, while it has not begun.
fn starts_at(item: &Value) -> Option<UnixMillis> {
    let is_upcoming = string(item, "/snippet/liveBroadcastContent") == Some("upcoming");
    is_upcoming.then(|| moment(item, "/liveStreamingDetails/scheduledStartTime")).flatten()
}

fn moment(value: &Value, pointer: &str) -> Option<UnixMillis> {
    string(value, pointer)?.parse::<jiff::Timestamp>().ok().map(UnixMillis::from)
}

fn status(item: &Value) -> Result<Status, String> {
    if matches!(string(item, "/status/uploadStatus"), Some("deleted" | "failed" | "rejected")) {
        return Ok(Status::Unavailable);
    }
    match string(item, "/status/privacyStatus") {
        Some("public") => Ok(Status::Public),
        Some("unlisted") => Ok(Status::Unlisted),
        Some("private") => Ok(Status::Unavailable),
        // A guess would ring a bell.
        _ => Err("no known privacyStatus".to_owned()),
    }
}

fn live(item: &Value) -> Result<Live, String> {
    // After a broadcast `liveBroadcastContent` goes back to `none`; its end stays in the details.
    if string(item, "/liveStreamingDetails/actualEndTime").is_some() {
        return Ok(Live::Completed);
    }
    match string(item, "/snippet/liveBroadcastContent") {
        None => Ok(Live::None),
        Some(word) => {
            Live::from_name(word).ok_or_else(|| "no known liveBroadcastContent".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            r#"{"kind":"youtube#batchGetStatsResponse","items":[{"id":"aaaaaaa"#,
        ] {
            let error = stats(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap_err();
            assert!(matches!(error, SourceError::BadAnswer(_)), "{body}: {error:?}");
        }
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
