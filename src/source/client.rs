//! The client of the YouTube Data API v3: one method per question, one unit per request, no retries.
//!
//! Every request passes the [`Quota`] first, so nothing that uses this client can spend more than the day has. The key
//! travels in a header and never in a URL, where logs and error texts would repeat it. When to ask again is decided
//! elsewhere, from [`SourceError`].

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::answer::{Answer, ChannelInfo, Details, Member, MemberPage, Stats};
use super::budget::{Bucket, PER_CALL_MAX, Spender};
use super::day::next_reset;
use super::error::{SourceError, classify};
use super::feed_client::FeedClient;
use super::host::Host;
use super::quota::{Denied, Quota, QuotaState};
use super::schedule::Intervals;
use super::wire;
use crate::http::{Client, FailureKind, retry_after, wish_to_wait};
use crate::model::{PlaylistId, SubjectRef, UnixMillis, VideoId};

/// The largest answer that we read, after decompression. Fifty videos with the fields that we ask for have some 50 KiB,
/// and 150 KiB if each of a hundred characters of title and of name is written as a pair of `\\uXXXX`.
/// Source: <https://developers.google.com/youtube/v3/docs/videos#properties> (read 2026-11).
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// The largest text of an error that we read; Google's have some 2 KiB. What is longer counts as lost.
const ERROR_MAX_BYTES: usize = 64 << 10;

/// Google compresses only for those who say "gzip" here too.
/// Source: <https://developers.google.com/youtube/v3/getting-started#gzip>
const USER_AGENT: &str = concat!("tubebell/", env!("CARGO_PKG_VERSION"), " (gzip)");

/// The header for the key.
const KEY_HEADER: &str = "x-goog-api-key";

/// Section `[youtube]` of the configuration.
#[derive(Debug, Clone)]
pub struct YouTubeOptions {
    /// The API key. YouTube's terms allow one per installation.
    pub api_key: SecretString,
    /// Where the API is: `https://www.googleapis.com`.
    pub base_url: String,
    /// Where the feeds are: `https://www.youtube.com`.
    pub feed_url: String,
    /// Units per day, of each bucket.
    pub daily_units: u32,
    /// No video is looked at more often; rounds of polling are so far apart.
    pub min_interval: Duration,
    /// No video is looked at less often, if the budget allows.
    pub max_interval: Duration,
}

impl YouTubeOptions {
    /// The bounds for [`super::Plan`].
    #[must_use]
    pub const fn intervals(&self) -> Intervals {
        Intervals { min_interval: self.min_interval, max_interval: self.max_interval }
    }
}

/// How long the client waits.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For a whole answer, connection included.
    pub total: Duration,
    /// The same for a feed, which is often out of order and can be done without.
    pub feed: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(20),
            feed: Duration::from_secs(5),
        }
    }
}

/// The members of a channel's uploads or of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// The first ones, each once, in the list's order (uploads: newest first).
    pub videos: Vec<Member>,
    /// How many the list has; more than `videos` where the limit cut it.
    pub total: u64,
}

/// The client. Cheap to share behind an `Arc`; every method takes `&self`.
#[derive(Debug)]
pub struct YouTube {
    api: Host,
    key: HeaderValue,
    feeds: FeedClient,
    quota: Mutex<Quota>,
}

impl YouTube {
    /// Makes a client that goes on with the quota of `state` (see [`YouTube::quota`]).
    ///
    /// # Errors
    ///
    /// [`SourceError::Misconfigured`] for an address or a key that can't be one.
    pub fn new(
        options: &YouTubeOptions,
        timeouts: Timeouts,
        state: QuotaState,
    ) -> Result<YouTube, SourceError> {
        let text = options.api_key.expose_secret().trim();
        let key = HeaderValue::from_str(text).ok().filter(|_| !text.is_empty());
        let mut key = key.ok_or_else(|| {
            SourceError::Misconfigured(
                "youtube.api_key is empty or holds characters no key has".into(),
            )
        })?;
        key.set_sensitive(true);
        let http = Client::builder(timeouts.connect, timeouts.total).user_agent(USER_AGENT);
        let http = Client::new(http, vec![text.into()]).map_err(|failure| {
            SourceError::Misconfigured(format!("no HTTP client: {}", failure.outermost()))
        })?;
        let api = Host::new(http.clone(), "youtube.base_url", &options.base_url)?;
        let feeds = Host::new(http, "youtube.feed_url", &options.feed_url)?;
        Ok(YouTube {
            api,
            key,
            feeds: FeedClient::new(feeds, timeouts.feed),
            quota: Mutex::new(Quota::new(options.daily_units, state)),
        })
    }

    /// What is spent and what is left, as of now. Store its state after every round.
    #[must_use]
    pub fn quota(&self) -> Quota {
        self.lock().clone()
    }

    /// The client of the feeds, which cost nothing.
    #[must_use]
    pub const fn feeds(&self) -> &FeedClient {
        &self.feeds
    }

    /// Says whether channels or playlists are watched: see [`Quota::expect_lists`].
    pub fn expect_lists(&self, has_lists: bool) {
        self.lock().expect_lists(has_lists);
    }

    /// Reads the numbers of at most 50 videos (`videos:batchGetStats`): 1 unit of [`Bucket::Stats`].
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn stats(
        &self,
        ids: &[VideoId],
        by: Spender,
        now: UnixMillis,
    ) -> Result<Stats, SourceError> {
        let query = [("part", "id,statistics"), ("id", &joined(ids)?)];
        let body = self.get("videos:batchGetStats", &query, Bucket::Stats, by, now).await?;
        wire::stats(&body, ids)
    }

    /// Reads everything of at most 50 videos (`videos.list`): 1 unit of [`Bucket::General`].
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn details(
        &self,
        ids: &[VideoId],
        by: Spender,
        now: UnixMillis,
    ) -> Result<Answer<Details>, SourceError> {
        let query = [
            ("part", "snippet,status,statistics,liveStreamingDetails,contentDetails"),
            ("id", &joined(ids)?),
            (
                "fields",
                "kind,items(id,snippet(title,channelId,channelTitle,publishedAt,liveBroadcastContent),status(privacyStatus,uploadStatus),statistics(viewCount,likeCount,commentCount),liveStreamingDetails(actualStartTime,actualEndTime,scheduledStartTime),contentDetails(duration))",
            ),
        ];
        let body = self.get("videos", &query, Bucket::General, by, now).await?;
        wire::details(&body, ids)
    }

    /// Looks a channel up by handle or id (`channels.list`): 1 unit of [`Bucket::General`]. `None`: no such channel.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn channel(
        &self,
        subject: &SubjectRef,
        by: Spender,
        now: UnixMillis,
    ) -> Result<Option<ChannelInfo>, SourceError> {
        let (name, value) = match subject {
            SubjectRef::Handle(handle) => ("forHandle", handle.as_str()),
            SubjectRef::Channel(id) => ("id", id.as_str()),
            SubjectRef::Video(_) | SubjectRef::Playlist(_) => {
                return Err(SourceError::Rejected(format!("{subject} is no channel")));
            }
        };
        let query = [
            ("part", "snippet,contentDetails"),
            (name, value),
            ("fields", "kind,items(id,snippet(title),contentDetails(relatedPlaylists(uploads)))"),
        ];
        wire::channel(&self.get("channels", &query, Bucket::General, by, now).await?)
    }

    /// Reads a playlist's title (`playlists.list`): 1 unit of [`Bucket::General`]. `None`: no such playlist.
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn playlist_title(
        &self,
        playlist: &PlaylistId,
        by: Spender,
        now: UnixMillis,
    ) -> Result<Option<String>, SourceError> {
        let query = [
            ("part", "snippet"),
            ("id", playlist.as_str()),
            ("fields", "kind,items(id,snippet(title))"),
        ];
        wire::playlist_title(&self.get("playlists", &query, Bucket::General, by, now).await?)
    }

    /// Reads the first `limit` members of a playlist (`playlistItems.list`): 1 unit of [`Bucket::General`] per page
    /// of 50. All or nothing: members that merely were on a page that failed must not look as if they had left.
    ///
    /// # Errors
    ///
    /// [`SourceError::NotFound`] when the playlist is gone; see [`SourceError`] for the others.
    pub async fn members(
        &self,
        playlist: &PlaylistId,
        limit: usize,
        by: Spender,
        now: UnixMillis,
    ) -> Result<Members, SourceError> {
        // Pages may be short (private members are left out of them), but not without end.
        let pages_max = limit.div_ceil(PER_CALL_MAX).saturating_mul(2).saturating_add(2);
        let mut members = Members { videos: Vec::new(), total: 0 };
        let mut seen: HashSet<VideoId> = HashSet::new();
        let mut tokens: HashSet<String> = HashSet::new();
        let mut token: Option<String> = None;
        loop {
            let page = self.member_page(playlist, token.as_deref(), by, now).await?;
            members.total = members.total.max(page.total);
            members.videos.extend(page.members.into_iter().filter(|member| seen.insert(member.id)));
            if members.videos.len() >= limit {
                members.videos.truncate(limit);
                break;
            }
            let Some(next) = page.next else { break };
            if tokens.len() == pages_max || !tokens.insert(next.clone()) {
                return Err(SourceError::BadAnswer(format!("the pages of {playlist} never end")));
            }
            token = Some(next);
        }
        members.total = members.total.max(u64::try_from(members.videos.len()).unwrap_or(u64::MAX));
        Ok(members)
    }

    /// Reads one page of 50 rows of a playlist (`playlistItems.list`), the first one without a token: 1 unit of
    /// [`Bucket::General`].
    ///
    /// # Errors
    ///
    /// [`SourceError::NotFound`] when there is no such playlist, or it is that of a channel without public uploads;
    /// [`SourceError::Rejected`] for a token that YouTube does not take (any more); see [`SourceError`] for the others.
    pub async fn member_page(
        &self,
        playlist: &PlaylistId,
        token: Option<&str>,
        by: Spender,
        now: UnixMillis,
    ) -> Result<MemberPage, SourceError> {
        let mut query = vec![
            ("part", "snippet,contentDetails,status"),
            ("playlistId", playlist.as_str()),
            ("maxResults", "50"),
            (
                "fields",
                "kind,nextPageToken,prevPageToken,pageInfo(totalResults),items(snippet(title,publishedAt,resourceId(videoId)),contentDetails(videoId,videoPublishedAt),status(privacyStatus))",
            ),
        ];
        if let Some(token) = token {
            query.push(("pageToken", token));
        }
        wire::member_page(&self.get("playlistItems", &query, Bucket::General, by, now).await?)
    }

    /// Finds out whether the API can be reached and takes the key, with the cheapest call: 1 unit of
    /// [`Bucket::General`].
    ///
    /// # Errors
    ///
    /// See [`SourceError`].
    pub async fn probe(&self, by: Spender, now: UnixMillis) -> Result<(), SourceError> {
        let query = [("part", "id"), ("id", "dQw4w9WgXcQ"), ("fields", "kind,items(id)")];
        wire::is_video_list(&self.get("videos", &query, Bucket::General, by, now).await?)
    }

    /// Sends one request and spends its unit.
    async fn get(
        &self,
        method: &str,
        query: &[(&str, &str)],
        bucket: Bucket,
        by: Spender,
        now: UnixMillis,
    ) -> Result<Vec<u8>, SourceError> {
        self.lock().try_spend(bucket, by, now).map_err(|denied| match denied {
            Denied::Day(resets_at) => SourceError::QuotaUsedUp { bucket, resets_at },
            Denied::Share(resets_at) => SourceError::ShareUsedUp { bucket, by, resets_at },
        })?;
        let url = self.api.url(&format!("/youtube/v3/{method}"));
        let key = self.key.clone();
        let http = &self.api.http;
        let sent = http.send(|http| http.get(url).query(query).header(KEY_HEADER, key)).await;
        let response = sent.map_err(|failure| {
            if failure.kind == FailureKind::NotReached {
                self.lock().refund(bucket, by, now);
            }
            self.api.sort(failure)
        })?;
        let status = response.status().as_u16();
        if status == 200 {
            self.lock().answered(bucket, now);
            let body = http.read(response, ANSWER_MAX_BYTES).await;
            return body.map_err(|failure| self.api.sort(failure));
        }
        let wish = wish_to_wait(&response).and_then(|value| retry_after(&value, None));
        // An error whose body is lost is still an error of its status.
        let body = http.read(response, ERROR_MAX_BYTES).await.unwrap_or_default();
        let body = http.without_secrets(&body);
        let error = classify(status, wish, body.as_bytes(), bucket, next_reset(now));
        if let SourceError::QuotaUsedUp { .. } = error {
            let resets_at = self.lock().used_up(bucket, now);
            return Err(SourceError::QuotaUsedUp { bucket, resets_at });
        }
        Err(error)
    }

    fn lock(&self) -> MutexGuard<'_, Quota> {
        // A count is right after every statement, so a panic elsewhere does not spoil it.
        self.quota.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids of one call. YouTube refuses more than 50 or none, and charges for the refusal.
fn joined(ids: &[VideoId]) -> Result<String, SourceError> {
    if ids.is_empty() || ids.len() > PER_CALL_MAX {
        return Err(SourceError::Rejected(format!("{} ids in one call", ids.len())));
    }
    Ok(ids.iter().map(VideoId::as_str).collect::<Vec<_>>().join(","))
}
