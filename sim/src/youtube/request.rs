//! What was asked: endpoint, parameters, key; and what of it is remembered.

use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use jiff::Timestamp;

/// Longest value that is remembered, in characters; 50 ids are 600.
const VALUE_MAX_CHARS: usize = 2_000;
/// Most parameters of one request that are remembered; more than 50 repeated ids and the others.
const PARAMS_MAX: usize = 100;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// `GET /youtube/v3/videos`
    Videos,
    /// `GET /youtube/v3/videos:batchGetStats`
    BatchStats,
    /// `GET /youtube/v3/channels`
    Channels,
    /// `GET /youtube/v3/playlistItems`
    PlaylistItems,
    /// `GET /youtube/v3/playlists`
    Playlists,
    /// `GET /feeds/videos.xml`
    Feed,
}

impl Endpoint {
    /// The endpoint at `path`.
    pub(super) fn of(path: &str) -> Option<Endpoint> {
        match path {
            "/youtube/v3/videos" => Some(Endpoint::Videos),
            // The colon is a legal path character and some clients escape it.
            "/youtube/v3/videos:batchGetStats" | "/youtube/v3/videos%3AbatchGetStats" => {
                Some(Endpoint::BatchStats)
            }
            "/youtube/v3/channels" => Some(Endpoint::Channels),
            "/youtube/v3/playlistItems" => Some(Endpoint::PlaylistItems),
            "/youtube/v3/playlists" => Some(Endpoint::Playlists),
            "/feeds/videos.xml" => Some(Endpoint::Feed),
            _ => None,
        }
    }
}

/// The parameters of a request in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Params(pub(super) Vec<(String, String)>);

impl Params {
    /// Reads the query of `uri`; one that is no form at all has no parameters.
    pub(super) fn read(uri: &Uri) -> Params {
        Params(Query::try_from_uri(uri).map(|Query(pairs)| pairs).unwrap_or_default())
    }

    /// The value of a parameter that stands once; empty is absent.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The values of a parameter that may be repeated, hold commas, or both; empty ones left out.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (self.0.iter().filter(|(n, _)| n == name))
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect()
    }
}

/// How a request named its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPlace {
    /// In `X-Goog-Api-Key`, where no log shows it.
    Header,
    /// In the query.
    Query,
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).chars().take(VALUE_MAX_CHARS).collect())
}

/// The key of a request; the header wins.
pub(super) fn key_of(headers: &HeaderMap, params: &Params) -> Option<String> {
    header(headers, "x-goog-api-key")
        .filter(|key| !key.is_empty())
        .or_else(|| params.one("key").map(str::to_owned))
}

/// What is remembered of a request. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// When it came.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The parameters in their order, without `key`, cut to a sensible length.
    pub query: Vec<(String, String)>,
    /// Where the key stood.
    pub key: Option<KeyPlace>,
    /// `User-Agent`
    pub user_agent: Option<String>,
    /// `Accept-Encoding`
    pub accept_encoding: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
}

impl RecordedRequest {
    pub(super) fn of(head: &Parts, params: &Params, at: Timestamp) -> RecordedRequest {
        let cut = |text: &str| -> String { text.chars().take(VALUE_MAX_CHARS).collect() };
        let key = if head.headers.contains_key("x-goog-api-key") {
            Some(KeyPlace::Header)
        } else {
            params.one("key").map(|_| KeyPlace::Query)
        };
        RecordedRequest {
            at,
            method: cut(head.method.as_str()),
            path: cut(head.uri.path()),
            query: (params.0.iter().filter(|(name, _)| name != "key").take(PARAMS_MAX))
                .map(|(name, value)| (cut(name), cut(value)))
                .collect(),
            key,
            user_agent: header(&head.headers, "user-agent"),
            accept_encoding: header(&head.headers, "accept-encoding"),
            if_none_match: header(&head.headers, "if-none-match"),
        }
    }

    /// What was asked, where it is something that exists.
    #[must_use]
    pub fn endpoint(&self) -> Option<Endpoint> {
        Endpoint::of(&self.path)
    }

    /// The values of a parameter, repeated or with commas: `request.list("id")`.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        let params = Params(self.query.clone());
        params.list(name).into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::read(&format!("http://h/p?{query}").parse().unwrap())
    }

    #[test]
    fn commas_and_repetition_say_the_same() {
        let expected = vec!["a", "b", "c"];
        for query in
            ["id=a,b,c", "id=a%2Cb%2Cc", "id=a&id=b&id=c", "id=a%2Cb&x=1&id=c", "id=,a,,b&id=&id=c"]
        {
            assert_eq!(params(query).list("id"), expected, "{query}");
        }
        assert!(params("id=").list("id").is_empty());
        assert_eq!(params("id=").one("id"), None);
    }

    #[test]
    fn the_key_is_not_remembered() {
        let request = axum::http::Request::builder()
            .uri("http://h/youtube/v3/videos?key=SECRET&id=x")
            .header("X-Goog-Api-Key", "SECRET")
            .body(())
            .unwrap();
        let (head, ()) = request.into_parts();
        let params = Params::read(&head.uri);
        let recorded = RecordedRequest::of(&head, &params, Timestamp::UNIX_EPOCH);
        assert!(!format!("{recorded:?}").contains("SECRET"));
        assert_eq!(recorded.key, Some(KeyPlace::Header));
        assert_eq!(recorded.list("id"), ["x"]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let many = "id=x&".repeat(5_000);
        let request = axum::http::Request::builder()
            .uri(format!("http://h/p?id={}&{many}", "y".repeat(10_000)))
            .body(())
            .unwrap();
        let (head, ()) = request.into_parts();
        let recorded = RecordedRequest::of(&head, &Params::read(&head.uri), Timestamp::UNIX_EPOCH);
        assert_eq!(recorded.query.len(), PARAMS_MAX);
        assert_eq!(recorded.query[0].1.len(), VALUE_MAX_CHARS);
    }
}
