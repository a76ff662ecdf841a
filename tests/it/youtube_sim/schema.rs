//! Every answer against the discovery document, where that is at hand.

use super::*;

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
        crate::skipped("no discovery document beside the project");
        return;
    };
    let document: Value = serde_json::from_str(&text).unwrap();
    let stage = Stage::of(World::demo(1, NOW)).await;
    let made: Vec<String> =
        stage.simulation.edit(|world| world.videos().map(|video| video.id.clone()).collect());
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
        stage.clock.store(NOW.as_millisecond() + second * 1_000, Ordering::Relaxed);
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
