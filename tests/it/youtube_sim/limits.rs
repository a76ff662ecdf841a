//! Keys, quotas, refusals, and what is charged.

use super::*;

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
            format!("/youtube/v3/channels?part=id&forHandle=x&id={CHANNEL}"),
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
    let midnight = NOW.as_millisecond() + 12 * 3_600_000;
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
    stage.simulation.edit(|world| world.set_counts(&id('a'), 1_001, 100, 10).unwrap());
    assert_eq!(again().await.status().as_u16(), 200);
    assert_eq!(stage.sim.used(Bucket::Default), 3);
}
