//! Promises of the simulated YouTube, asked over HTTP with a client that knows nothing of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy takes for other code")]

mod broken;
mod feeds;
mod limits;
mod lists;
mod schema;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tubebell::model;
use tubebell_sim::Simulation;
use tubebell_sim::world::{Live, Video, Visibility, World, story};
use tubebell_sim::youtube::{
    Bucket, Endpoint, Fault, Faults, KeyPlace, QuotaShape, YouTubeSim, serve,
};

/// 2026-11-20T20:00:00Z, noon in California.
const NOW: Timestamp = Timestamp::constant(1_795_204_800, 0);
const CHANNEL: &str = "UCaaaaaaaaaaaaaaaaaaaaaa";
const ALL_PARTS: &str = "id,snippet,statistics,status,liveStreamingDetails,contentDetails";
/// How long clients wait for an answer: longer than it takes, on a machine that has much else to do.
const TIMEOUT: Duration = crate::wait::LIMIT;
const HOSTILE: &str = story::HOSTILE_TITLE;

struct Stage {
    simulation: Simulation,
    sim: YouTubeSim,
    /// Milliseconds since 1970.
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
}

impl Stage {
    async fn of(world: World) -> Stage {
        let clock = Arc::new(AtomicI64::new(world.now().as_millisecond()));
        let reader = Arc::clone(&clock);
        let now = move || Timestamp::from_millisecond(reader.load(Ordering::Relaxed)).unwrap();
        let simulation = Simulation::new(world, Arc::new(now));
        let sim = serve(&simulation).await.unwrap();
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().unwrap();
        Stage { simulation, sim, clock, client }
    }

    async fn empty() -> Stage {
        Stage::of(World::new(1, NOW)).await
    }

    /// A stage with the videos aaaaaaaaaaa, bbbbbbbbbbb, … on one channel.
    async fn with(videos: &str) -> Stage {
        let mut world = World::new(1, NOW);
        for (age, letter) in (1..).zip(videos.chars()) {
            let published_at = NOW - Duration::from_secs(60 * age);
            let title = format!("Video {letter}");
            let video = Video::new(&id(letter), CHANNEL, &title, published_at);
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

fn id(letter: char) -> String {
    letter.to_string().repeat(11)
}

fn ids(body: &Value) -> Vec<&str> {
    body["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

fn refusal(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn gzip_needs_both_headers() {
    let stage = Stage::with("a").await;
    let client = reqwest::Client::builder().no_gzip().timeout(TIMEOUT).build().unwrap();
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

#[test]
fn the_demo_has_ids_and_handles_that_tubebell_reads() {
    let world = World::demo(1, NOW);
    for video in world.videos() {
        assert!(video.id.parse::<model::VideoId>().is_ok(), "{}", video.id);
    }
    for channel in world.channels() {
        assert!(channel.id.parse::<model::ChannelId>().is_ok(), "{}", channel.id);
        let handle = channel.handle.as_deref().map(str::parse::<model::Handle>);
        assert!(handle.is_none_or(|handle| handle.is_ok()), "{:?}", channel.handle);
    }
    assert!(story::PLAYLIST.parse::<model::PlaylistId>().is_ok());
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
