//! The client of the feeds: one request for the newest entries of a channel or playlist, without key and without quota.
//!
//! The host of the feeds is another one than that of the API, and has outages of its own: what its errors mean is said in
//! [`super::feed`], and when it is asked again is decided by [`super::Circuit`].

use std::time::Duration;

use super::answer::Member;
use super::error::SourceError;
use super::feed;
use super::host::Host;
use crate::model::SubjectRef;

/// The largest feed that we read, after decompression. It has 15 entries with descriptions of at most 5,000 bytes.
/// Source: <https://developers.google.com/youtube/v3/docs/videos#properties> (read 2026-11).
const FEED_MAX_BYTES: usize = 1 << 20;

/// The client of the feeds.
#[derive(Debug)]
pub struct FeedClient {
    host: Host,
    /// For a whole answer, connection included.
    timeout: Duration,
}

impl FeedClient {
    pub(super) const fn new(host: Host, timeout: Duration) -> FeedClient {
        FeedClient { host, timeout }
    }

    /// Reads the newest 15 uploads of a channel, or the first 15 members of a playlist.
    ///
    /// The feed is out of order for days at times: an error says nothing about the channel or playlist.
    ///
    /// # Errors
    ///
    /// [`SourceError::Transient`], [`SourceError::BadAnswer`] or [`SourceError::Unreachable`], never
    /// [`SourceError::NotFound`]; [`SourceError::Rejected`] for a subject without a feed.
    pub async fn newest(&self, subject: &SubjectRef) -> Result<Vec<Member>, SourceError> {
        let query = match subject {
            SubjectRef::Channel(id) => ("channel_id", id.as_str()),
            SubjectRef::Playlist(id) => ("playlist_id", id.as_str()),
            SubjectRef::Video(_) | SubjectRef::Handle(_) => {
                return Err(SourceError::Rejected(format!("{subject} has no feed")));
            }
        };
        let url = self.host.url("/feeds/videos.xml");
        let sent =
            self.host.http.send(|http| http.get(url).query(&[query]).timeout(self.timeout)).await;
        let response = sent.map_err(|failure| self.host.sort(failure))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(SourceError::Transient(format!(
                "the feed does not answer (HTTP {status})"
            )));
        }
        let body = self.host.http.read(response, FEED_MAX_BYTES).await;
        feed::parse(&body.map_err(|failure| self.host.sort(failure))?)
            .map_err(SourceError::BadAnswer)
    }
}
