//! Promises of the simulated YouTube, asked over HTTP with a client that knows nothing of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy takes for other code")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::demo::world::{Video, Visibility, World, story};
use tubebell::demo::youtube::{
    Bucket, Endpoint, Fault, Faults, KeyPlace, QuotaShape, YouTubeSim, serve,
};
use tubebell::model::{ChannelId, Live, Metric, PlaylistId, UnixMillis, VideoId};

/// 2026-11-20T20:00:00Z, noon in California.
const NOW: UnixMillis = UnixMillis(1_795_204_800_000);
const ALL_PARTS: &str = "id,snippet,statistics,status,liveStreamingDetails,contentDetails";
const HOSTILE: &str = story::HOSTILE_TITLE;

struct Stage {
    sim: YouTubeSim,
    clock: Arc<AtomicI64>,
    stop: CancellationToken,
    tasks: TaskTracker,
    client: reqwest::Client,
}

impl Stage {
    async fn of(world: World) -> Stage {
        let clock = Arc::new(AtomicI64::new(world.now().0));
        let reader = Arc::clone(&clock);
        let now = Arc::new(move || UnixMillis(reader.load(Ordering::Relaxed)));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let sim = serve(Arc::new(Mutex::new(world)), now, &tasks, stop.clone()).await.unwrap();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
        Stage { sim, clock, stop, tasks, client }
    }

    async fn empty() -> Stage {
        Stage::of(World::new(1, NOW)).await
    }

    /// A stage with the videos aaaaaaaaaaa, bbbbbbbbbbb, … on one channel.
    async fn with(videos: &str) -> Stage {
        let mut world = World::new(1, NOW);
        for (age, letter) in (1..).zip(videos.chars()) {
            let published_at = NOW.minus(Duration::from_secs(60 * age));
            let video = Video::new(id(letter), channel(), &format!("Video {letter}"), published_at);
            world.add_video(video.with_counts(1_000, 100, 10));
        }
        Stage::of(world).await
    }

    fn request(&self, path_and_query: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path_and_query}", self.sim.base_url());
        self.client.get(url).header("X-Goog-Api-Key", "key-of-a-test")
    }

    async fn get(&self, path_and_query: &str) -> (u16, Value) {
        let answer = self.request(path_and_query).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn good(&self, path_and_query: &str) -> Value {
        let (status, body) = self.get(path_and_query).await;
        assert_eq!(status, 200, "{path_and_query}: {body:#}");
        body
    }

    /// Status and reason of a refusal, after a look at its envelope.
    async fn refused(&self, path_and_query: &str) -> (u16, String) {
        let (status, body) = self.get(path_and_query).await;
        let error = &body["error"];
        assert_eq!(error["code"], json!(status), "{body:#}");
        assert_eq!(error["message"], error["errors"][0]["message"]);
        (status, error["errors"][0]["reason"].as_str().unwrap().to_owned())
    }
}

fn id(letter: char) -> VideoId {
    letter.to_string().repeat(11).parse().unwrap()
}

fn channel() -> ChannelId {
    "UCaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap()
}

fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

fn refusal(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn counts_are_strings_and_hidden_ones_are_left_out() {
    let stage = Stage::with("ab").await;
    stage.sim.edit(|world| world.hide_likes(&id('b'), true).unwrap());
    stage.sim.edit(|world| world.hide(&id('b'), Metric::Comments, true).unwrap());
    let body = stage.good("/youtube/v3/videos?part=statistics&id=aaaaaaaaaaa,bbbbbbbbbbb").await;
    let all = json!({"viewCount": "1000", "likeCount": "100", "favoriteCount": "0", "commentCount": "10"});
    assert_eq!(body["items"][0]["statistics"], all);
    assert_eq!(body["items"][1]["statistics"], json!({"viewCount": "1000", "favoriteCount": "0"}));
    let body = stage.good("/youtube/v3/videos:batchGetStats?part=statistics&id=bbbbbbbbbbb").await;
    assert_eq!(body["items"][0]["statistics"], json!({"viewCount": "1000"}));
}

#[tokio::test]
async fn private_deleted_unknown_and_malformed_ids_are_missing_without_a_word() {
    let stage = Stage::with("abcd").await;
    stage.sim.edit(|world| {
        world.set_status(&id('a'), Visibility::Private).unwrap();
        world.set_status(&id('b'), Visibility::Deleted).unwrap();
        world.set_status(&id('c'), Visibility::Unlisted).unwrap();
    });
    let query = "part=id,status&id=aaaaaaaaaaa,bbbbbbbbbbb,ccccccccccc,ddddddddddd,zzzzzzzzzzz,no";
    let body = stage.good(&format!("/youtube/v3/videos?{query}")).await;
    assert_eq!(ids(&body), ["ccccccccccc", "ddddddddddd"]);
    assert_eq!(body["items"][0]["status"]["privacyStatus"], "unlisted");
    let nothing = stage.good("/youtube/v3/videos?part=id&id=aaaaaaaaaaa").await;
    assert_eq!(nothing["items"], json!([]));
}

#[tokio::test]
async fn ids_and_parts_come_with_commas_or_repeated() {
    let stage = Stage::with("ab").await;
    let one = stage.good("/youtube/v3/videos?part=id%2Csnippet&id=aaaaaaaaaaa,bbbbbbbbbbb").await;
    let two = stage
        .good(
            "/youtube/v3/videos?part=id&id=aaaaaaaaaaa&part=snippet&id=bbbbbbbbbbb&id=aaaaaaaaaaa",
        )
        .await;
    assert_eq!(one, two);
    assert_eq!(one["items"][1]["snippet"]["title"], "Video b");
    assert!(one["items"][1].get("statistics").is_none(), "a part that nobody asked for");
}

#[tokio::test]
async fn wrong_requests_are_refused_and_charged() {
    let stage = Stage::with("a").await;
    let many = vec!["aaaaaaaaaaa"; 51].join(",");
    let cases = [
        ("/youtube/v3/videos?id=aaaaaaaaaaa".to_owned(), "missingRequiredParameter"),
        ("/youtube/v3/videos?part=id".to_owned(), "missingRequiredParameter"),
        ("/youtube/v3/videos?part=id&id=".to_owned(), "missingRequiredParameter"),
        (format!("/youtube/v3/videos?part=id&id={many}"), "invalidFilters"),
        ("/youtube/v3/videos?part=nonsense&id=aaaaaaaaaaa".to_owned(), "unknownPart"),
        ("/youtube/v3/videos?part=id&ids=aaaaaaaaaaa".to_owned(), "badRequest"),
        ("/youtube/v3/videos?part=id&id=aaaaaaaaaaa&fields=items(".to_owned(), "invalidParameter"),
        ("/youtube/v3/channels?part=id".to_owned(), "missingRequiredParameter"),
        (
            format!("/youtube/v3/channels?part=id&forHandle=x&id={}", channel()),
            "incompatibleParameters",
        ),
        ("/youtube/v3/playlistItems?part=id".to_owned(), "missingRequiredParameter"),
        (
            "/youtube/v3/playlistItems?part=id&playlistId=PLx&maxResults=51".to_owned(),
            "invalidParameter",
        ),
        ("/youtube/v3/playlists?part=id".to_owned(), "missingRequiredParameter"),
    ];
    for (request, reason) in &cases {
        assert_eq!(stage.refused(request).await, refusal(400, reason), "{request}");
    }
    assert_eq!(stage.sim.used(Bucket::Default), cases.len() as u64);
    let (request, reason) =
        ("/youtube/v3/videos:batchGetStats?part=id", "missingRequiredParameter");
    assert_eq!(stage.refused(request).await, refusal(400, reason));
    let snippets = format!("/youtube/v3/videos:batchGetStats?part=status&id={}", id('a'));
    assert_eq!(stage.refused(&snippets).await, refusal(400, "unknownPart"));
    assert_eq!(stage.sim.used(Bucket::BatchStats), 2);
}

#[tokio::test]
async fn fifty_ids_are_taken() {
    let stage = Stage::empty().await;
    let made = stage.sim.edit(|world| world.add_videos(&channel(), 50));
    let list: Vec<String> = made.iter().map(ToString::to_string).collect();
    let body = stage.good(&format!("/youtube/v3/videos?part=id&id={}", list.join(","))).await;
    assert_eq!(ids(&body), list);
    assert_eq!(body["pageInfo"], json!({"totalResults": 50, "resultsPerPage": 50}));
}

#[tokio::test]
async fn batch_get_stats_has_its_own_names_and_its_own_bucket() {
    let stage = Stage::with("a").await;
    let request = "/youtube/v3/videos:batchGetStats?part=id,snippet,statistics,contentDetails&id=aaaaaaaaaaa,zzzzzzzzzzz";
    let body = stage.good(request).await;
    let item = &body["items"][0];
    assert_eq!(body["kind"], "youtube#batchGetStatsResponse");
    assert_eq!(item["kind"], "youtube#videoStats");
    assert_eq!(item["snippet"], json!({"publishTime": "2026-11-20T19:59:00Z"}));
    assert_eq!(item["contentDetails"], json!({"duration": "240s", "durationMillis": "240000"}));
    assert_eq!(
        body["summary"],
        json!({"requestedVideoCount": 2, "succeededVideoCount": 1, "failedVideoCount": 1, "failedVideoIds": ["zzzzzzzzzzz"]})
    );
    stage.sim.faults(|faults| faults.summary = false);
    let body = stage.good(request).await;
    assert!(body.get("summary").is_none());
    assert_eq!(body["items"][0]["contentDetails"], json!({"duration": "240s"}));
    assert_eq!((stage.sim.used(Bucket::BatchStats), stage.sim.used(Bucket::Default)), (2, 0));
}

#[tokio::test]
async fn a_hostile_title_arrives_as_typed_everywhere() {
    let stage = Stage::with("a").await;
    stage.sim.edit(|world| world.rename(&id('a'), &format!("{HOSTILE}\u{1}")).unwrap());
    let body = stage.good("/youtube/v3/videos?part=snippet&id=aaaaaaaaaaa").await;
    assert_eq!(body["items"][0]["snippet"]["title"], format!("{HOSTILE}\u{1}"));
    // XML has no way to write the control character.
    let feed = feed(&stage, &format!("channel_id={}", channel())).await.unwrap();
    assert_eq!(feed.entry[0].title, HOSTILE);
}

#[tokio::test]
async fn a_broadcast_shows_its_times_and_its_viewers() {
    let stage = Stage::with("a").await;
    let request =
        "/youtube/v3/videos?part=snippet,liveStreamingDetails,contentDetails&id=aaaaaaaaaaa";
    assert!(stage.good(request).await["items"][0].get("liveStreamingDetails").is_none());
    let air = |live| stage.sim.edit(|world| world.set_live(&id('a'), live).unwrap());
    air(Live::Upcoming);
    let item = stage.good(request).await["items"][0].clone();
    assert_eq!(item["snippet"]["liveBroadcastContent"], "upcoming");
    assert_eq!(item["liveStreamingDetails"], json!({"scheduledStartTime": "2026-11-20T21:00:00Z"}));
    air(Live::Live);
    let item = stage.good(request).await["items"][0].clone();
    assert_eq!(item["snippet"]["liveBroadcastContent"], "live");
    assert_eq!(item["contentDetails"]["duration"], "P0D");
    assert_eq!(item["liveStreamingDetails"]["concurrentViewers"], "1200");
    air(Live::Completed);
    let item = stage.good(request).await["items"][0].clone();
    assert_eq!(item["snippet"]["liveBroadcastContent"], "completed");
    assert_eq!(item["liveStreamingDetails"]["actualEndTime"], "2026-11-20T20:00:00Z");
    assert!(item["liveStreamingDetails"].get("concurrentViewers").is_none());
    stage.sim.faults(|faults| faults.completed_says_none = true);
    let item = stage.good(request).await["items"][0].clone();
    assert_eq!(item["snippet"]["liveBroadcastContent"], "none");
    assert_eq!(item["liveStreamingDetails"]["actualEndTime"], "2026-11-20T20:00:00Z");
}

#[tokio::test]
async fn a_channel_is_found_by_id_and_handle_and_an_unknown_one_has_no_items_at_all() {
    let stage = Stage::with("a").await;
    stage.sim.edit(|world| world.add_channel(&channel(), HOSTILE, Some("@Some.Handle")));
    for filter in
        ["forHandle=some.handle", "forHandle=%40Some.Handle", "id=UCaaaaaaaaaaaaaaaaaaaaaa"]
    {
        let body = stage
            .good(&format!("/youtube/v3/channels?part=snippet,contentDetails,statistics&{filter}"))
            .await;
        let item = &body["items"][0];
        assert_eq!(item["snippet"]["title"], HOSTILE);
        let uploads = &item["contentDetails"]["relatedPlaylists"]["uploads"];
        assert_eq!(uploads, "UUaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(item["statistics"]["subscriberCount"], "123000");
    }
    let body = stage.good("/youtube/v3/channels?part=id&forHandle=@nobody").await;
    assert!(body.get("items").is_none(), "{body:#}");
}

#[tokio::test]
async fn five_thousand_items_come_in_a_hundred_pages_once_each() {
    let stage = Stage::empty().await;
    let made = stage.sim.edit(|world| world.add_videos(&channel(), 5_000));
    let mut seen = BTreeSet::new();
    let (mut token, mut pages) = (String::new(), 0);
    loop {
        let body = stage
            .good(&format!(
                "/youtube/v3/playlistItems?part=snippet,contentDetails&playlistId=UUaaaaaaaaaaaaaaaaaaaaaa&maxResults=50{token}"
            ))
            .await;
        assert_eq!(body["pageInfo"], json!({"totalResults": 5_000, "resultsPerPage": 50}));
        for item in body["items"].as_array().unwrap() {
            let video = item["contentDetails"]["videoId"].as_str().unwrap();
            assert_eq!(item["snippet"]["resourceId"]["videoId"], video);
            assert_eq!(item["snippet"]["position"], json!(seen.len()));
            assert!(seen.insert(video.to_owned()), "{video} came twice");
        }
        pages += 1;
        match body["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (100, made.len()));
    assert_eq!(stage.sim.used(Bucket::Default), 100, "every page costs");
}

#[tokio::test]
async fn pages_have_limits_and_tokens_belong_to_their_playlist() {
    let stage = Stage::with("abcdefgh").await;
    let list = "/youtube/v3/playlistItems?part=contentDetails&playlistId=UUaaaaaaaaaaaaaaaaaaaaaa";
    let body = stage.good(list).await;
    assert_eq!(body["items"].as_array().unwrap().len(), 5, "five unless said otherwise");
    let next = body["nextPageToken"].as_str().unwrap();
    let last = stage.good(&format!("{list}&pageToken={next}")).await;
    assert_eq!(last["items"].as_array().unwrap().len(), 3);
    assert!(last.get("nextPageToken").is_none() && last["prevPageToken"].is_string());
    assert_eq!(stage.good(&format!("{list}&maxResults=0")).await["items"], json!([]));
    let mix: PlaylistId = "PLmix".parse().unwrap();
    stage.sim.edit(|world| world.set_playlist(&mix, "Mix", &channel(), &[id('a'), id('h')]));
    let other = list.replace("UUaaaaaaaaaaaaaaaaaaaaaa", "PLmix");
    for token in ["nonsense", "%00", next] {
        let refused = stage.refused(&format!("{other}&pageToken={token}")).await;
        assert_eq!(refused, refusal(400, "invalidPageToken"), "{token}");
    }
    let nowhere = list.replace("UUaaaaaaaaaaaaaaaaaaaaaa", "PLnone");
    assert_eq!(stage.refused(&nowhere).await, refusal(404, "playlistNotFound"));
}

#[tokio::test]
async fn a_playlist_keeps_the_place_of_a_video_that_is_gone() {
    let stage = Stage::with("abc").await;
    let mix: PlaylistId = "PLmix".parse().unwrap();
    stage.sim.edit(|world| {
        world.set_playlist(&mix, HOSTILE, &channel(), &[id('a'), id('b'), id('c'), id('z')]);
        world.set_status(&id('a'), Visibility::Private).unwrap();
        world.set_status(&id('b'), Visibility::Deleted).unwrap();
    });
    let body = stage
        .good("/youtube/v3/playlistItems?part=snippet,contentDetails,status&playlistId=PLmix")
        .await;
    let titles: Vec<&str> = (body["items"].as_array().unwrap().iter())
        .map(|item| item["snippet"]["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["Private video", "Deleted video", "Video c", "Deleted video"]);
    assert_eq!(body["items"][0]["contentDetails"], json!({"videoId": "aaaaaaaaaaa"}));
    let body = stage.good("/youtube/v3/playlists?part=id,snippet&id=PLmix,PLnone").await;
    assert_eq!(ids(&body), ["PLmix"]);
    assert_eq!(body["items"][0]["snippet"]["title"], HOSTILE);
}

#[tokio::test]
async fn an_empty_bucket_says_so_in_both_shapes_until_midnight_in_california() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| {
        faults.default_bucket.units = 1;
        faults.batch_stats_bucket.units = 0;
    });
    let details = "/youtube/v3/videos?part=id&id=aaaaaaaaaaa";
    let stats = "/youtube/v3/videos:batchGetStats?part=id&id=aaaaaaaaaaa";
    stage.good(details).await;
    let (status, body) = stage.get(details).await;
    assert_eq!(status, 403);
    assert_eq!(
        body,
        json!({"error": {
            "code": 403,
            "message": "The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.",
            "errors": [{
                "message": "The request cannot be completed because you have exceeded your <a href=\"/youtube/v3/getting-started#quota\">quota</a>.",
                "domain": "youtube.quota",
                "reason": "quotaExceeded",
            }],
        }})
    );
    let (status, body) = stage.get(stats).await;
    assert_eq!(status, 429);
    let error = &body["error"];
    assert_eq!(
        (&error["status"], &error["errors"][0]["reason"]),
        (&json!("RESOURCE_EXHAUSTED"), &json!("rateLimitExceeded"))
    );
    assert_eq!(error["details"][0]["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    assert_eq!(error["details"][0]["reason"], "RATE_LIMIT_EXCEEDED");
    let metadata = &error["details"][0]["metadata"];
    assert_eq!(metadata["quota_unit"], "1/d/{project}");
    assert_eq!(metadata["quota_limit_value"], "0");
    // 2026-11-20T08:00:00Z, the midnight before.
    assert_eq!(metadata["window_start_time"], "1795161600");
    let midnight = NOW.0 + 12 * 3_600_000;
    stage.clock.store(midnight - 1, Ordering::Relaxed);
    assert_eq!(stage.refused(details).await, refusal(403, "quotaExceeded"));
    stage.clock.store(midnight, Ordering::Relaxed);
    stage.good(details).await;
}

#[tokio::test]
async fn too_many_in_a_minute_says_minute() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.per_minute = Some(1));
    let request = "/youtube/v3/videos?part=id&id=aaaaaaaaaaa";
    stage.good(request).await;
    let (status, body) = stage.get(request).await;
    assert_eq!(status, 429);
    assert_eq!(body["error"]["details"][0]["metadata"]["quota_unit"], "1/min/{project}");
    stage.clock.fetch_add(60_000, Ordering::Relaxed);
    stage.good(request).await;
    stage.sim.faults(|faults| faults.plan(None, Fault::TooFast, 1));
    assert_eq!(stage.refused(request).await, refusal(429, "rateLimitExceeded"));
}

#[tokio::test]
async fn a_key_is_needed_taken_from_header_or_query_and_never_charged_when_wrong() {
    let stage = Stage::with("a").await;
    let path = "/youtube/v3/videos?part=id&id=aaaaaaaaaaa";
    let url = format!("{}{path}", stage.sim.base_url());
    let get = async |url: String| stage.client.get(url).send().await.unwrap().status().as_u16();
    assert_eq!(get(url.clone()).await, 403);
    assert_eq!(get(format!("{url}&key=k")).await, 200);
    stage.sim.faults(|faults| faults.api_key = Some("key-of-a-test".to_owned()));
    let (status, body) =
        (get(format!("{url}&key=k")).await, stage.client.get(format!("{url}&key=k")).send().await);
    let body: Value = body.unwrap().json().await.unwrap();
    assert_eq!(status, 400);
    assert_eq!(body["error"]["message"], "API key not valid. Please pass a valid API key.");
    assert_eq!(body["error"]["status"], "INVALID_ARGUMENT");
    assert_eq!(body["error"]["details"][0]["reason"], "API_KEY_INVALID");
    assert_eq!(body["error"]["errors"][0]["reason"], "badRequest");
    stage.good(path).await;
    stage.sim.faults(|faults| faults.plan(None, Fault::NotEnabled, 1));
    assert_eq!(stage.refused(path).await, refusal(403, "accessNotConfigured"));
    assert_eq!(stage.sim.used(Bucket::Default), 2, "the two good ones");
    let keys: Vec<_> = stage.sim.requests().iter().map(|request| request.key).collect();
    let (query, header) = (Some(KeyPlace::Query), Some(KeyPlace::Header));
    assert_eq!(keys, [None, query, query, query, header, header]);
    assert!(!format!("{:?}", stage.sim.requests()).contains("key-of-a-test"));
}

#[tokio::test]
async fn an_unchanged_answer_is_304_and_charged() {
    let stage = Stage::with("a").await;
    let path = "/youtube/v3/videos?part=statistics&id=aaaaaaaaaaa";
    let first = stage.request(path).send().await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let body: Value = first.json().await.unwrap();
    assert_eq!(tag, format!("\"{}\"", body["etag"].as_str().unwrap()));
    let again = async || stage.request(path).header("If-None-Match", &tag).send().await.unwrap();
    let same = again().await;
    assert_eq!((same.status().as_u16(), same.bytes().await.unwrap().len()), (304, 0));
    stage.sim.edit(|world| world.set_counts(&id('a'), 1_001, 100, 10).unwrap());
    assert_eq!(again().await.status().as_u16(), 200);
    assert_eq!(stage.sim.used(Bucket::Default), 3);
}

#[tokio::test]
async fn fields_select_what_is_sent() {
    let stage = Stage::with("a").await;
    let body = stage
        .good("/youtube/v3/videos?part=snippet,statistics&id=aaaaaaaaaaa&fields=items(id,snippet(title),statistics/viewCount)")
        .await;
    let item = json!({"id": "aaaaaaaaaaa", "snippet": {"title": "Video a"}, "statistics": {"viewCount": "1000"}});
    assert_eq!(body, json!({"items": [item]}));
}

#[tokio::test]
async fn gzip_needs_both_headers() {
    let stage = Stage::with("a").await;
    let client =
        reqwest::Client::builder().no_gzip().timeout(Duration::from_secs(20)).build().unwrap();
    let url = format!("{}/youtube/v3/videos?part=id&id=aaaaaaaaaaa&key=k", stage.sim.base_url());
    let packed = async |encoding: &str, agent: &str| {
        let request =
            client.get(&url).header("Accept-Encoding", encoding).header("User-Agent", agent);
        let answer = request.send().await.unwrap();
        answer.headers().get("content-encoding").is_some_and(|value| value == "gzip")
    };
    assert!(packed("gzip, deflate", "tubebell (gzip)").await);
    assert!(!packed("gzip, deflate", "tubebell").await);
    assert!(!packed("identity", "tubebell (gzip)").await);
    // And a client that unpacks finds the same.
    let request = stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa");
    let body: Value =
        request.header("User-Agent", "x (gzip)").send().await.unwrap().json().await.unwrap();
    assert_eq!(ids(&body), ["aaaaaaaaaaa"]);
}

#[tokio::test]
async fn items_come_in_any_order_when_nobody_promised_one() {
    let stage = Stage::empty().await;
    let made = stage.sim.edit(|world| world.add_videos(&channel(), 50));
    let list: Vec<String> = made.iter().map(ToString::to_string).collect();
    stage.sim.faults(|faults| faults.shuffle = true);
    let body = stage.good(&format!("/youtube/v3/videos?part=id&id={}", list.join(","))).await;
    assert_ne!(ids(&body), list);
    let nobody = stage.good("/youtube/v3/channels?part=id&forHandle=@nobody").await;
    assert!(nobody.get("items").is_none(), "shuffling made items of nothing");
    let sent: BTreeSet<&str> = ids(&body).into_iter().collect();
    assert_eq!(sent, list.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn a_burst_of_server_errors_ends() {
    let stage = Stage::with("a").await;
    let request = "/youtube/v3/videos?part=id&id=aaaaaaaaaaa";
    stage.sim.faults(|faults| {
        faults.plan(Endpoint::Videos, Fault::Server(503), 2);
        faults.plan(None, Fault::Server(500), 1);
    });
    assert_eq!(stage.refused(request).await, refusal(503, "backendError"));
    assert_eq!(stage.refused(request).await, refusal(503, "backendError"));
    assert_eq!(stage.refused(request).await, refusal(500, "internalError"));
    stage.good(request).await;
    stage.sim.faults(|faults| faults.plan(None, Fault::QuotaUsedUp(QuotaShape::Classic), None));
    assert_eq!(stage.refused(request).await, refusal(403, "quotaExceeded"));
    stage.sim.faults(Faults::heal);
    stage.good(request).await;
}

#[tokio::test]
async fn bodies_break_in_all_the_ways_they_can() {
    let stage = Stage::with("a").await;
    let request = "/youtube/v3/videos?part=id,snippet&id=aaaaaaaaaaa";
    let next = async |fault| {
        stage.sim.faults(|faults| faults.plan(None, fault, 1));
        stage.request(request).send().await.unwrap()
    };
    let cut = next(Fault::CutShort).await;
    let promised = cut.content_length().unwrap();
    assert!(cut.bytes().await.is_err(), "{promised} bytes promised and sent");

    let half = next(Fault::HalfBody).await.bytes().await.unwrap();
    assert!(!half.is_empty() && serde_json::from_slice::<Value>(&half).is_err());

    let page = next(Fault::NotJson).await;
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html; charset=UTF-8".parse().unwrap())
    );

    let wrong: Value = next(Fault::WrongShape).await.json().await.unwrap();
    assert!(wrong["items"][0].is_null());

    let mut huge = next(Fault::Huge(3_000_000)).await;
    let mut size = 0;
    while let Some(chunk) = huge.chunk().await.unwrap() {
        size += chunk.len();
    }
    assert_eq!(size, 3_000_000);
    stage.good(request).await;
}

#[tokio::test]
async fn a_client_may_leave_an_endless_body() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Huge(u64::MAX), 1));
    let mut answer =
        stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa").send().await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    drop(answer);
    stage.good("/youtube/v3/videos?part=id&id=aaaaaaaaaaa").await;
}

/// Takes a fifth of a second: a client's time-out is real time.
#[tokio::test]
async fn a_hang_is_the_clients_to_end_and_does_not_hold_up_the_stop() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Hang, None));
    let request = || stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa");
    let error = request().timeout(Duration::from_millis(100)).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    let hanging = request().send();
    let stop = async {
        while stage.sim.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        stage.stop.cancel();
        stage.tasks.close();
        stage.tasks.wait().await;
    };
    let (_, ()) = tokio::join!(hanging, stop);
    assert!(request().send().await.is_err(), "still listening");
}

#[tokio::test]
async fn a_slow_answer_is_a_right_one() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.plan(None, Fault::Slow(Duration::from_millis(50)), 1));
    let request = || stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa");
    assert!(request().timeout(Duration::from_millis(5)).send().await.unwrap_err().is_timeout());
    stage.sim.faults(|faults| faults.plan(None, Fault::Slow(Duration::from_millis(1)), 1));
    assert_eq!(request().send().await.unwrap().status().as_u16(), 200);
}

#[derive(Debug, serde::Deserialize)]
struct Feed {
    title: String,
    #[serde(default)]
    entry: Vec<FeedEntry>,
}

#[derive(Debug, serde::Deserialize)]
struct FeedEntry {
    id: String,
    #[serde(rename = "videoId")]
    video_id: String,
    title: String,
    link: Link,
    published: String,
    group: Group,
}

#[derive(Debug, serde::Deserialize)]
struct Link {
    #[serde(rename = "@href")]
    href: String,
}

#[derive(Debug, serde::Deserialize)]
struct Group {
    community: Option<Community>,
}

#[derive(Debug, serde::Deserialize)]
struct Community {
    #[serde(rename = "starRating")]
    stars: Option<Stars>,
    statistics: Statistics,
}

#[derive(Debug, serde::Deserialize)]
struct Stars {
    #[serde(rename = "@count")]
    count: u64,
}

#[derive(Debug, serde::Deserialize)]
struct Statistics {
    #[serde(rename = "@views")]
    views: u64,
}

async fn feed(stage: &Stage, query: &str) -> Result<Feed, u16> {
    let url = format!("{}/feeds/videos.xml?{query}", stage.sim.base_url());
    let answer = stage.client.get(url).send().await.unwrap();
    if answer.status() != 200 {
        return Err(answer.status().as_u16());
    }
    let text = answer.text().await.unwrap();
    Ok(quick_xml::de::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")))
}

#[tokio::test]
async fn a_feed_has_the_fifteen_newest_without_key_or_charge() {
    let stage = Stage::with("abcdefghijklmnopqr").await;
    stage.sim.edit(|world| {
        world.set_status(&id('b'), Visibility::Unlisted).unwrap();
        world.hide_likes(&id('c'), true).unwrap();
    });
    let feed_of = format!("channel_id={}", channel());
    let channel_feed = feed(&stage, &feed_of).await.unwrap();
    let listed: String =
        channel_feed.entry.iter().map(|entry| entry.video_id.chars().next().unwrap()).collect();
    assert_eq!(listed, "acdefghijklmnop");
    let [first, second] = [&channel_feed.entry[0], &channel_feed.entry[1]];
    assert_eq!(first.id, "yt:video:aaaaaaaaaaa");
    assert_eq!(first.published, "2026-11-20T19:59:00Z");
    assert_eq!(first.link.href, "https://www.youtube.com/watch?v=aaaaaaaaaaa");
    let community = first.group.community.as_ref().unwrap();
    assert_eq!((community.statistics.views, community.stars.as_ref().unwrap().count), (1_000, 100));
    assert!(second.group.community.as_ref().unwrap().stars.is_none());
    let mix: PlaylistId = "PLmix".parse().unwrap();
    stage.sim.edit(|world| world.set_playlist(&mix, HOSTILE, &channel(), &[id('b')]));
    let playlist_feed = feed(&stage, "playlist_id=PLmix").await.unwrap();
    assert_eq!((playlist_feed.title.as_str(), playlist_feed.entry.len()), (HOSTILE, 1));
    for (query, status) in [
        ("channel_id=UCzzzzzzzzzzzzzzzzzzzzzz", 404),
        ("channel_id=nonsense", 404),
        ("playlist_id=PLnone", 404),
        ("", 400),
    ] {
        assert_eq!(feed(&stage, query).await.unwrap_err(), status, "{query}");
    }
    assert_eq!(stage.sim.used(Bucket::Default), 0);
}

#[tokio::test]
async fn feeds_fail_as_often_as_they_are_told_to() {
    let stage = Stage::with("a").await;
    stage.sim.faults(|faults| faults.feed_fails_percent = 50);
    let query = format!("channel_id={}", channel());
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        seen.insert(feed(&stage, &query).await.map_or_else(|status| status, |_| 200));
    }
    assert_eq!(seen, BTreeSet::from([200, 404, 500]));
}

#[tokio::test]
async fn what_is_no_endpoint_is_a_page_of_html() {
    let stage = Stage::empty().await;
    for path in ["/", "/youtube/v3/search?part=id&key=k", "/youtube/v3/videos/"] {
        let answer = stage.request(path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/html; charset=UTF-8");
    }
    let url = format!("{}/youtube/v3/videos", stage.sim.base_url());
    assert_eq!(stage.client.post(url).send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn requests_are_remembered_with_what_matters() {
    let stage = Stage::with("a").await;
    let request = stage.request("/youtube/v3/videos?part=id&id=aaaaaaaaaaa,b&id=c");
    request.header("User-Agent", "t (gzip)").send().await.unwrap();
    let requests = stage.sim.requests();
    assert_eq!(requests.len(), 1);
    let seen = &requests[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/youtube/v3/videos"));
    assert_eq!((seen.endpoint(), seen.at), (Some(Endpoint::Videos), NOW));
    assert_eq!(seen.list("id"), ["aaaaaaaaaaa", "b", "c"]);
    assert_eq!(seen.user_agent.as_deref(), Some("t (gzip)"));
    stage.sim.forget_requests();
    assert!(stage.sim.requests().is_empty());
}

#[tokio::test]
async fn the_demo_world_moves_with_the_clock() {
    let stage = Stage::of(World::demo(1, NOW)).await;
    let request = format!("/youtube/v3/videos?part=statistics&id={}", story::FAST);
    let views = async || {
        let body = stage.good(&request).await;
        let text = body["items"][0]["statistics"]["viewCount"].as_str().unwrap().to_owned();
        text.parse::<u64>().unwrap()
    };
    let before = views().await;
    stage.clock.fetch_add(2_000, Ordering::Relaxed);
    let after = views().await;
    assert!(after > before + 500, "{before} {after}");
}

/// Checks `value` against a schema of the discovery document: every member known, every type right.
fn check_schema(
    schemas: &Value,
    schema: &Value,
    value: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        return check_schema(schemas, &schemas[name], value, at, faults);
    }
    let is_right = match schema["type"].as_str() {
        Some("object") | None => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some(other) => panic!("the schema has a type {other}"),
    };
    if !is_right {
        faults.push(format!("{at} is {value}, not {}", schema["type"]));
    }
    let allowed = schema["enum"].as_array();
    if allowed.is_some_and(|allowed| !allowed.contains(value)) {
        faults.push(format!("{at} is {value}, none of {allowed:?}"));
    }
    if let Some("uint64" | "int64") = schema["format"].as_str()
        && value.as_str().is_none_or(|text| text.parse::<i64>().is_err())
    {
        faults.push(format!("{at} is {value}, no number in a string"));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check_schema(schemas, &schema["items"], item, &format!("{at}[{index}]"), faults);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(known) => check_schema(schemas, known, member, &format!("{at}.{name}"), faults),
            None => faults.push(format!("{at}.{name} is not in the schema")),
        }
    }
}

#[tokio::test]
async fn every_field_of_every_answer_is_in_the_discovery_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/specs/youtube.v3.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: no discovery document beside the project");
        return;
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let stage = Stage::of(World::demo(1, NOW)).await;
    let made: Vec<String> =
        stage.sim.edit(|world| world.videos().map(|video| video.id.to_string()).collect());
    let videos = made.join(",");
    let requests = [
        ("VideoListResponse", format!("videos?part={ALL_PARTS}&id={videos}")),
        (
            "BatchGetStatsResponse",
            format!(
                "videos:batchGetStats?part=id,snippet,statistics,contentDetails&id={videos},zzzzzzzzzzz"
            ),
        ),
        (
            "ChannelListResponse",
            format!(
                "channels?part=id,snippet,contentDetails,statistics&forHandle={}",
                story::HANDLE
            ),
        ),
        ("ChannelListResponse", "channels?part=id&forHandle=@nobody".to_owned()),
        (
            "PlaylistItemListResponse",
            format!(
                "playlistItems?part=id,snippet,contentDetails,status&playlistId={}",
                story::PLAYLIST
            ),
        ),
        (
            "PlaylistListResponse",
            format!("playlists?part=id,snippet,contentDetails&id={}", story::PLAYLIST),
        ),
    ];
    // Every scene of the story: upcoming, on air with something private, over.
    for second in [0, 45, 65] {
        stage.clock.store(NOW.0 + second * 1_000, Ordering::Relaxed);
        for (schema, request) in &requests {
            let mut body = stage.good(&format!("/youtube/v3/{request}")).await;
            // Documented, but younger than the document.
            if let Some(body) = body.as_object_mut() {
                body.remove("summary");
            }
            let items = body.get_mut("items").and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                if let Some(details) = item["contentDetails"].as_object_mut() {
                    details.remove("durationMillis");
                }
            }
            let mut faults = Vec::new();
            let schemas = &document["schemas"];
            check_schema(schemas, &schemas[*schema], &body, schema, &mut faults);
            assert!(faults.is_empty(), "{request}: {faults:#?}");
        }
    }
}
