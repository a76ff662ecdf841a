//! Videos, channels and playlists as the API shows them.
//!
//! Source: discovery document of the YouTube Data API v3, revision 20261104. Counts are strings; page sizes, positions
//! and sizes of pictures are numbers.

use std::hash::{DefaultHasher, Hash, Hasher};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::faults::Faults;
use crate::world::{Channel, Count, Entry, Live, Playlist, Video, Visibility, World};

/// The version of a piece of JSON: the same content has the same one.
pub(super) fn etag(value: &Value) -> String {
    // The default hasher has fixed keys, so the tag outlives the process as real ones do.
    let text = value.to_string();
    let mut first = DefaultHasher::new();
    text.hash(&mut first);
    let mut second = DefaultHasher::new();
    (first.finish(), &text).hash(&mut second);
    let bytes = [first.finish().to_be_bytes(), second.finish().to_be_bytes()].concat();
    BASE64URL_NOPAD.encode(&bytes)
}

/// A resource of this kind with those of `sections` that were asked for and are there.
fn resource(kind: &str, id: &str, parts: &[&str], sections: Vec<(&str, Option<Value>)>) -> Value {
    let mut object = Map::new();
    object.insert("kind".to_owned(), json!(kind));
    object.insert("id".to_owned(), json!(id));
    for (part, value) in sections {
        if let Some(value) = value.filter(|_| parts.contains(&part)) {
            object.insert(part.to_owned(), value);
        }
    }
    let mut value = Value::Object(object);
    value["etag"] = json!(etag(&value));
    value
}

/// The given members that are there.
fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect())
}

fn count(count: Count) -> Option<Value> {
    count.shown().map(|value| json!(value.to_string()))
}

/// RFC 3339 in UTC, to the second.
pub(super) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.0}")
}

fn time(at: Timestamp) -> Value {
    json!(rfc3339(at))
}

fn thumbnails(folder: &str, id: &str) -> Value {
    let picture = |name: &str, width: u32, height: u32| {
        let url = format!("https://i.ytimg.com/{folder}/{id}/{name}.jpg");
        json!({"url": url, "width": width, "height": height})
    };
    json!({
        "default": picture("default", 120, 90),
        "medium": picture("mqdefault", 320, 180),
        "high": picture("hqdefault", 480, 360),
    })
}

/// The length as ISO 8601; a broadcast that is not over has none.
fn iso_duration(video: &Video) -> String {
    if matches!(video.live, Live::Upcoming | Live::Live) {
        return "P0D".to_owned();
    }
    let (hours, minutes, seconds) =
        (video.duration_s / 3600, video.duration_s / 60 % 60, video.duration_s % 60);
    let mut text = "PT".to_owned();
    for (amount, unit) in [(hours, 'H'), (minutes, 'M'), (seconds, 'S')] {
        if amount > 0 || (unit == 'S' && video.duration_s == 0) {
            text.push_str(&format!("{amount}{unit}"));
        }
    }
    text
}

const fn privacy(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Private | Visibility::Deleted => "private",
    }
}

fn channel_title(world: &World, video: &Video) -> String {
    world.channel(&video.channel).map(|channel| channel.title.clone()).unwrap_or_default()
}

fn live_details(video: &Video) -> Option<Value> {
    (video.live != Live::None).then(|| {
        let is_live = video.live == Live::Live;
        present([
            ("scheduledStartTime", video.scheduled_at.map(time)),
            ("actualStartTime", video.started_at.map(time)),
            ("actualEndTime", video.ended_at.map(time)),
            ("concurrentViewers", is_live.then(|| json!(video.viewers.to_string()))),
            ("activeLiveChatId", is_live.then(|| json!(format!("chat-{}", video.id)))),
        ])
    })
}

/// `youtube#video`
pub(super) fn video(world: &World, video: &Video, parts: &[&str], faults: &Faults) -> Value {
    let live = match video.live {
        Live::Completed if faults.completed_says_none => Live::None,
        live => live,
    };
    let id = video.id.as_str();
    let snippet = json!({
        "publishedAt": time(video.published_at),
        "channelId": video.channel.as_str(),
        "title": video.title,
        "description": "",
        "thumbnails": thumbnails("vi", id),
        "channelTitle": channel_title(world, video),
        "categoryId": "22",
        "liveBroadcastContent": live.name(),
        "localized": {"title": video.title, "description": ""},
    });
    let statistics = present([
        ("viewCount", count(video.views)),
        ("likeCount", count(video.likes)),
        ("favoriteCount", Some(json!("0"))),
        ("commentCount", count(video.comments)),
    ]);
    let status = json!({
        "uploadStatus": "processed",
        "privacyStatus": privacy(video.visibility),
        "license": "youtube",
        "embeddable": true,
        "publicStatsViewable": true,
        "madeForKids": false,
    });
    let content_details = json!({
        "duration": iso_duration(video),
        "dimension": "2d",
        "definition": "hd",
        "caption": "false",
        "licensedContent": false,
        "contentRating": {},
        "projection": "rectangular",
    });
    let sections = vec![
        ("snippet", Some(snippet)),
        ("statistics", Some(statistics)),
        ("status", Some(status)),
        ("contentDetails", Some(content_details)),
        ("liveStreamingDetails", live_details(video)),
    ];
    resource("youtube#video", id, parts, sections)
}

/// `youtube#videoStats`, which names the same things differently.
pub(super) fn video_stats(video: &Video, parts: &[&str], faults: &Faults) -> Value {
    let statistics = present([
        ("viewCount", count(video.views)),
        ("likeCount", count(video.likes)),
        ("commentCount", count(video.comments)),
    ]);
    let millis = u64::from(video.duration_s) * 1_000;
    let content_details = present([
        ("duration", Some(json!(format!("{}s", video.duration_s)))),
        ("durationMillis", faults.summary.then(|| json!(millis.to_string()))),
    ]);
    let sections = vec![
        ("snippet", Some(json!({"publishTime": time(video.published_at)}))),
        ("statistics", Some(statistics)),
        ("contentDetails", Some(content_details)),
    ];
    resource("youtube#videoStats", video.id.as_str(), parts, sections)
}

/// Rounds down to three significant figures, as subscribers are shown.
fn rounded(count: u64) -> u64 {
    let unit = 10_u64.pow(count.checked_ilog10().unwrap_or(0).saturating_sub(2));
    count / unit * unit
}

/// `youtube#channel`
pub(super) fn channel(world: &World, channel: &Channel, parts: &[&str]) -> Value {
    let id = channel.id.as_str();
    let uploads = format!("UU{}", id.strip_prefix("UC").unwrap_or(id));
    let mine = || world.videos().filter(|video| video.channel == channel.id);
    let is_public = |video: &&Video| video.visibility == Visibility::Public;
    let views: u64 = mine().filter(is_public).fold(0, |sum, v| sum.saturating_add(v.views.value));
    let first = mine().map(|video| video.published_at).min().unwrap_or(Timestamp::UNIX_EPOCH);
    let snippet = present([
        ("title", Some(json!(channel.title))),
        ("description", Some(json!(""))),
        ("customUrl", channel.handle.as_ref().map(|handle| json!(handle.to_lowercase()))),
        ("publishedAt", Some(time(first))),
        ("thumbnails", Some(thumbnails("ch", id))),
        ("localized", Some(json!({"title": channel.title, "description": ""}))),
    ]);
    let statistics = json!({
        "viewCount": views.to_string(),
        "subscriberCount": rounded(channel.subscribers).to_string(),
        "hiddenSubscriberCount": false,
        "videoCount": mine().filter(is_public).count().to_string(),
    });
    let content_details = json!({"relatedPlaylists": {"likes": "", "uploads": uploads}});
    let sections = vec![
        ("snippet", Some(snippet)),
        ("statistics", Some(statistics)),
        ("contentDetails", Some(content_details)),
    ];
    resource("youtube#channel", id, parts, sections)
}

/// `youtube#playlistItem`. A video that is private or gone keeps its place under a name that says so.
pub(super) fn playlist_item(
    world: &World,
    playlist: &Playlist,
    position: usize,
    entry: &Entry,
    parts: &[&str],
) -> Value {
    let known = world.video(&entry.video);
    let video = known.filter(|video| video.visibility.is_visible());
    let is_private = known.is_some_and(|video| video.visibility == Visibility::Private);
    let (title, description, status) = match video {
        Some(video) => (video.title.as_str(), "", privacy(video.visibility)),
        None if is_private => ("Private video", "This video is private.", "private"),
        None => ("Deleted video", "This video is unavailable.", "privacyStatusUnspecified"),
    };
    let owner = world.channel(&playlist.channel).map(|channel| json!(channel.title));
    let snippet = present([
        ("publishedAt", Some(time(entry.added_at))),
        ("channelId", Some(json!(playlist.channel.as_str()))),
        ("title", Some(json!(title))),
        ("description", Some(json!(description))),
        ("thumbnails", Some(video.map_or(json!({}), |v| thumbnails("vi", v.id.as_str())))),
        ("channelTitle", owner),
        ("playlistId", Some(json!(playlist.id.as_str()))),
        ("position", Some(json!(position))),
        ("resourceId", Some(json!({"kind": "youtube#video", "videoId": entry.video.as_str()}))),
        ("videoOwnerChannelId", video.map(|video| json!(video.channel.as_str()))),
        ("videoOwnerChannelTitle", video.map(|video| json!(channel_title(world, video)))),
    ]);
    let content_details = present([
        ("videoId", Some(json!(entry.video.as_str()))),
        ("videoPublishedAt", video.map(|video| time(video.published_at))),
    ]);
    let sections = vec![
        ("snippet", Some(snippet)),
        ("contentDetails", Some(content_details)),
        ("status", Some(json!({"privacyStatus": status}))),
    ];
    let id = BASE64URL_NOPAD.encode(format!("{}.{}", playlist.id, entry.video).as_bytes());
    resource("youtube#playlistItem", &id, parts, sections)
}

/// `youtube#playlist`
pub(super) fn playlist(world: &World, playlist: &Playlist, parts: &[&str]) -> Value {
    let owner = world.channel(&playlist.channel).map(|channel| json!(channel.title));
    let added = playlist.entries.iter().map(|entry| entry.added_at).min();
    let snippet = present([
        ("publishedAt", Some(time(added.unwrap_or(Timestamp::UNIX_EPOCH)))),
        ("channelId", Some(json!(playlist.channel.as_str()))),
        ("title", Some(json!(playlist.title))),
        ("description", Some(json!(""))),
        ("thumbnails", Some(thumbnails("pl", playlist.id.as_str()))),
        ("channelTitle", owner),
        ("localized", Some(json!({"title": playlist.title, "description": ""}))),
    ]);
    let sections = vec![
        ("snippet", Some(snippet)),
        ("contentDetails", Some(json!({"itemCount": playlist.entries.len()}))),
    ];
    resource("youtube#playlist", playlist.id.as_str(), parts, sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscribers_are_rounded_down_to_three_figures() {
        let pairs = [
            (0, 0),
            (7, 7),
            (999, 999),
            (1_239, 1_230),
            (123_999, 123_000),
            (u64::MAX, 18_400_000_000_000_000_000),
        ];
        for (count, shown) in pairs {
            assert_eq!(rounded(count), shown);
        }
    }

    #[test]
    fn lengths_are_iso_8601() {
        let mut video =
            Video::new("aaaaaaaaaaa", "UCaaaaaaaaaaaaaaaaaaaaaa", "", Timestamp::UNIX_EPOCH);
        for (seconds, text) in
            [(0, "PT0S"), (59, "PT59S"), (60, "PT1M"), (3_605, "PT1H5S"), (7_260, "PT2H1M")]
        {
            video.duration_s = seconds;
            assert_eq!(iso_duration(&video), text);
        }
        video.live = Live::Live;
        assert_eq!(iso_duration(&video), "P0D");
    }

    #[test]
    fn the_same_content_has_the_same_tag() {
        assert_eq!(etag(&json!({"a": 1})), etag(&json!({"a": 1})));
        assert_ne!(etag(&json!({"a": 1})), etag(&json!({"a": 2})));
    }
}
