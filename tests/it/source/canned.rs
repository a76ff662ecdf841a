//! Answers in the shapes of the YouTube Data API v3 (discovery revision 20261104, read 2026-11).

/// `videos:batchGetStats` of two videos; the second hides its likes. `{summary}` is documented, but not discovered.
pub(crate) const STATS: &str = r#"{
  "kind": "youtube#batchGetStatsResponse",
  "etag": "Zr0Yk1x2",
  "items": [
    {"kind": "youtube#videoStats", "etag": "a", "id": "dQw4w9WgXcQ",
     "snippet": {"publishTime": "2009-10-25T06:57:33Z"},
     "statistics": {"viewCount": "1780412345", "likeCount": "19000123", "commentCount": "2400456"},
     "contentDetails": {"duration": "213s"}},
    {"kind": "youtube#videoStats", "etag": "b", "id": "jNQXAC9IVRw",
     "snippet": {"publishTime": "2005-04-24T03:31:52Z"},
     "statistics": {"viewCount": "382000999", "commentCount": "10500000"},
     "contentDetails": {"duration": "19s"}}
  ],
  "summary": {"requestedVideoCount": 3, "succeededVideoCount": 2, "failedVideoCount": 1, "failedVideoIds": ["xxxxxxxxxxx"]}
}"#;

/// `videos.list` of one video.
pub(crate) const VIDEO: &str = r#"{
  "kind": "youtube#videoListResponse",
  "etag": "YIUPVpqNjppyCWOZfL-19bLb7uk",
  "items": [
    {"kind": "youtube#video", "etag": "c", "id": "dQw4w9WgXcQ",
     "snippet": {"publishedAt": "2009-10-25T06:57:33Z", "channelId": "UCuAXFkgsw1L7xaCfnd5JJOw",
       "title": "Rick Astley - Never Gonna Give You Up <b>&", "description": "The official video",
       "thumbnails": {"default": {"url": "https://i.ytimg.com/vi/dQw4w9WgXcQ/default.jpg", "width": 120, "height": 90}},
       "channelTitle": "Rick Astley", "tags": ["rick"], "categoryId": "10", "liveBroadcastContent": "none",
       "localized": {"title": "Rick Astley - Never Gonna Give You Up <b>&", "description": "The official video"}},
     "status": {"uploadStatus": "processed", "privacyStatus": "public", "license": "youtube", "embeddable": true,
       "publicStatsViewable": true, "madeForKids": false},
     "statistics": {"viewCount": "1780412345", "likeCount": "19000123", "favoriteCount": "0", "commentCount": "2400456"}}
  ],
  "pageInfo": {"totalResults": 1, "resultsPerPage": 1}
}"#;

/// `videos.list` of ids that nobody may see.
pub(crate) const NO_VIDEO: &str = r#"{"kind": "youtube#videoListResponse", "etag": "x", "items": [], "pageInfo": {"totalResults": 0, "resultsPerPage": 0}}"#;

/// `channels.list` by handle.
pub(crate) const CHANNEL: &str = r#"{
  "kind": "youtube#channelListResponse", "etag": "d",
  "pageInfo": {"totalResults": 1, "resultsPerPage": 5},
  "items": [{"kind": "youtube#channel", "etag": "e", "id": "UCuAXFkgsw1L7xaCfnd5JJOw",
    "snippet": {"title": "Rick Astley", "description": "", "customUrl": "@rickastleyyt", "publishedAt": "2015-02-01T16:32:30Z"},
    "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": "UUuAXFkgsw1L7xaCfnd5JJOw"}}}]
}"#;

/// `channels.list` by a handle that nobody has.
pub(crate) const NO_CHANNEL: &str = r#"{"kind": "youtube#channelListResponse", "etag": "RuuXzTIr0OoDqI4S0RU6n4FqKEM", "pageInfo": {"totalResults": 0, "resultsPerPage": 5}}"#;

/// `playlists.list`.
pub(crate) const PLAYLIST: &str = r#"{"kind": "youtube#playlistListResponse", "etag": "f", "pageInfo": {"totalResults": 1, "resultsPerPage": 5},
  "items": [{"kind": "youtube#playlist", "etag": "g", "id": "PLbpi6ZahtOH6Ar_3GPy3workIpWzMkPa",
    "snippet": {"publishedAt": "2020-01-01T00:00:00Z", "channelId": "UCuAXFkgsw1L7xaCfnd5JJOw", "title": "Best of", "description": "", "channelTitle": "Rick Astley"}}]}"#;

/// One page of `playlistItems.list` with members `from..from + count`.
pub(crate) fn members(from: usize, count: usize, total: usize, next: Option<&str>) -> String {
    let items: Vec<String> = (from..from + count)
        .map(|n| {
            format!(
                r#"{{"kind": "youtube#playlistItem", "etag": "h", "id": "VVU{n}",
                    "snippet": {{"publishedAt": "2026-11-01T00:00:00Z", "channelId": "UCuAXFkgsw1L7xaCfnd5JJOw", "title": "Video {n}",
                      "description": "", "channelTitle": "Rick Astley", "playlistId": "UUuAXFkgsw1L7xaCfnd5JJOw", "position": {n},
                      "resourceId": {{"kind": "youtube#video", "videoId": "{n:011}"}}}},
                    "contentDetails": {{"videoId": "{n:011}", "videoPublishedAt": "2026-11-01T00:00:00Z"}}}}"#
            )
        })
        .collect();
    let next = next.map(|t| format!(r#""nextPageToken": "{t}","#)).unwrap_or_default();
    format!(
        r#"{{"kind": "youtube#playlistItemListResponse", "etag": "i", {next} "items": [{}],
            "pageInfo": {{"totalResults": {total}, "resultsPerPage": 50}}}}"#,
        items.join(",")
    )
}

/// A playlist that is gone.
pub(crate) const PLAYLIST_GONE: &str = r#"{"error":{"code":404,"message":"The playlist identified with the request's <code><a href=\"/youtube/v3/docs/playlistItems/list#playlistId\">playlistId</a></code> parameter cannot be found.","errors":[{"message":"The playlist identified with the request's <code><a href=\"/youtube/v3/docs/playlistItems/list#playlistId\">playlistId</a></code> parameter cannot be found.","domain":"youtube.playlistItem","reason":"playlistNotFound","location":"playlistId","locationType":"parameter"}]}}"#;

/// The day's units are gone, in the classic form.
pub(crate) const QUOTA_CLASSIC: &str = r#"{"error":{"code":403,"message":"The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.","errors":[{"message":"The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.","domain":"youtube.quota","reason":"quotaExceeded"}]}}"#;

/// The newest entries of a channel.
pub(crate) const FEED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">
 <link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id=UCuAXFkgsw1L7xaCfnd5JJOw"/>
 <title>Rick Astley</title>
 <entry><id>yt:video:dQw4w9WgXcQ</id><yt:videoId>dQw4w9WgXcQ</yt:videoId><title>Rick &amp; you</title>
  <media:group><media:title>x</media:title></media:group></entry>
</feed>"#;
