//! One answer per endpoint of the Data API: parameters checked, items picked from the world.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

use super::errors::ApiError;
use super::faults::Faults;
use super::request::{Endpoint, Params};
use super::resources;
use crate::world::{Playlist, Video, World};

/// Most ids of one request.
const IDS_MAX: usize = 50;
/// Items of a page when nothing is said.
const PAGE_DEFAULT: usize = 5;
/// Most items of a page.
const PAGE_MAX: usize = 50;

/// Parameters that every method takes.
const COMMON: [&str; 8] =
    ["part", "key", "fields", "alt", "prettyPrint", "quotaUser", "$.xgafv", "hl"];

/// The body of a good answer, before `fields`.
pub(super) fn answer(
    endpoint: Endpoint,
    world: &World,
    params: &Params,
    faults: &Faults,
    rng: &mut SmallRng,
) -> Result<Value, ApiError> {
    let mut body = match endpoint {
        Endpoint::Videos => videos(world, params, faults)?,
        Endpoint::BatchStats => batch_stats(world, params, faults)?,
        Endpoint::Channels => channels(world, params)?,
        Endpoint::PlaylistItems => playlist_items(world, params)?,
        Endpoint::Playlists => playlists(world, params)?,
        Endpoint::Feed => return Err(ApiError::server(500)),
    };
    // The order of a playlist is a promise; elsewhere none is made.
    if faults.shuffle
        && endpoint != Endpoint::PlaylistItems
        && let Some(items) = body.get_mut("items").and_then(Value::as_array_mut)
    {
        items.shuffle(rng);
    }
    body["etag"] = json!(resources::etag(&body));
    Ok(body)
}

/// The parts asked for; a parameter beyond `own` and the common ones is refused.
fn parts<'a>(params: &'a Params, known: &[&str], own: &[&str]) -> Result<Vec<&'a str>, ApiError> {
    let is_known = |name: &str| COMMON.contains(&name) || own.contains(&name);
    if let Some((name, _)) = params.0.iter().find(|(name, _)| !is_known(name)) {
        return Err(ApiError::unknown_param(name));
    }
    let parts = params.list("part");
    if parts.is_empty() {
        return Err(ApiError::missing("part"));
    }
    match parts.iter().find(|part| !known.contains(part)) {
        Some(part) => Err(ApiError::unknown_part(part)),
        None => Ok(parts),
    }
}

/// The ids asked for, each once, in their order.
fn ids(params: &Params) -> Result<Vec<&str>, ApiError> {
    let mut ids = params.list("id");
    if ids.len() > IDS_MAX {
        return Err(ApiError::too_many_ids());
    }
    let mut seen = BTreeSet::new();
    ids.retain(|id| seen.insert(*id));
    Ok(ids)
}

fn visible<'a>(world: &'a World, id: &str) -> Option<&'a Video> {
    world.video(id).filter(|video| video.visibility.is_visible())
}

fn page_info(total: usize, per_page: usize) -> Value {
    json!({"totalResults": total, "resultsPerPage": per_page})
}

fn videos(world: &World, params: &Params, faults: &Faults) -> Result<Value, ApiError> {
    let known = ["id", "snippet", "statistics", "status", "liveStreamingDetails", "contentDetails"];
    // `maxResults` is documented as without effect beside `id`.
    let parts = parts(params, &known, &["id", "maxResults"])?;
    let ids = ids(params)?;
    if ids.is_empty() {
        return Err(ApiError::no_filter("id, chart, myRating"));
    }
    let items: Vec<Value> = (ids.iter().filter_map(|id| visible(world, id)))
        .map(|video| resources::video(world, video, &parts, faults))
        .collect();
    Ok(json!({
        "kind": "youtube#videoListResponse",
        "pageInfo": page_info(items.len(), items.len()),
        "items": items,
    }))
}

fn batch_stats(world: &World, params: &Params, faults: &Faults) -> Result<Value, ApiError> {
    let parts = parts(params, &["id", "snippet", "statistics", "contentDetails"], &["id"])?;
    let ids = ids(params)?;
    if ids.is_empty() {
        return Err(ApiError::missing("id"));
    }
    let items: Vec<Value> = (ids.iter().filter_map(|id| visible(world, id)))
        .map(|video| resources::video_stats(video, &parts, faults))
        .collect();
    let succeeded = items.len();
    let mut body = json!({"kind": "youtube#batchGetStatsResponse", "items": items});
    if faults.summary {
        let failed: Vec<&str> =
            ids.iter().copied().filter(|id| visible(world, id).is_none()).collect();
        body["summary"] = json!({
            "requestedVideoCount": ids.len(),
            "succeededVideoCount": succeeded,
            "failedVideoCount": failed.len(),
            "failedVideoIds": failed,
        });
    }
    Ok(body)
}

fn channels(world: &World, params: &Params) -> Result<Value, ApiError> {
    let known = ["id", "snippet", "statistics", "contentDetails"];
    let parts = parts(params, &known, &["id", "forHandle", "maxResults"])?;
    let per_page = max_results(params, 0)?;
    let ids = ids(params)?;
    let found: Vec<_> = match (ids.as_slice(), params.one("forHandle")) {
        ([], None) => {
            return Err(ApiError::no_filter("forHandle, forUsername, id, managedByMe, mine"));
        }
        ([_, ..], Some(_)) => return Err(ApiError::incompatible("id, forHandle")),
        ([], Some(handle)) => world.channel_of_handle(handle).into_iter().collect(),
        (ids, None) => ids.iter().filter_map(|id| world.channel(id)).collect(),
    };
    let mut body = json!({
        "kind": "youtube#channelListResponse",
        "pageInfo": page_info(found.len(), per_page),
    });
    // Nothing found has no `items` at all, unlike in the other lists.
    if !found.is_empty() {
        body["items"] = found.iter().map(|c| resources::channel(world, c, &parts)).collect();
    }
    Ok(body)
}

fn max_results(params: &Params, lowest: usize) -> Result<usize, ApiError> {
    match params.one("maxResults") {
        None => Ok(PAGE_DEFAULT),
        Some(text) => (text.parse().ok())
            .filter(|count| (lowest..=PAGE_MAX).contains(count))
            .ok_or_else(|| ApiError::max_results(text, lowest)),
    }
}

/// The token of the page that starts at `offset`. It belongs to its playlist.
fn page_token(playlist: &Playlist, offset: usize) -> String {
    BASE64URL_NOPAD.encode(format!("{offset}@{}", playlist.id).as_bytes())
}

/// The offset that a token stands for.
fn page_offset(playlist: &Playlist, token: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(token.as_bytes()).ok()?).ok()?;
    let (offset, id) = text.split_once('@')?;
    (id == playlist.id).then(|| offset.parse().ok()).flatten()
}

fn playlist_items(world: &World, params: &Params) -> Result<Value, ApiError> {
    let parts = parts(
        params,
        &["id", "snippet", "contentDetails", "status"],
        &["playlistId", "maxResults", "pageToken"],
    )?;
    let per_page = max_results(params, 0)?;
    let id = params.one("playlistId").ok_or_else(|| ApiError::no_filter("id, playlistId"))?;
    let playlist = (world.playlist(id))
        // The uploads of a channel without public videos are not found either.
        .filter(|playlist| !(playlist.is_uploads() && playlist.entries.is_empty()))
        .ok_or_else(ApiError::playlist_not_found)?;
    let start = match params.one("pageToken") {
        None => 0,
        Some(token) => page_offset(&playlist, token).ok_or_else(ApiError::page_token)?,
    };
    let total = playlist.entries.len();
    let items: Vec<Value> = (playlist.entries.iter().enumerate().skip(start).take(per_page))
        .map(|(at, entry)| resources::playlist_item(world, &playlist, at, entry, &parts))
        .collect();
    let end = start.saturating_add(items.len());
    let mut body = json!({
        "kind": "youtube#playlistItemListResponse",
        "pageInfo": page_info(total, per_page),
        "items": items,
    });
    if end < total && per_page > 0 {
        body["nextPageToken"] = json!(page_token(&playlist, end));
    }
    if start > 0 && per_page > 0 {
        body["prevPageToken"] = json!(page_token(&playlist, start.saturating_sub(per_page)));
    }
    Ok(body)
}

fn playlists(world: &World, params: &Params) -> Result<Value, ApiError> {
    let parts = parts(params, &["id", "snippet", "contentDetails"], &["id", "maxResults"])?;
    let per_page = max_results(params, 0)?;
    let ids = ids(params)?;
    if ids.is_empty() {
        return Err(ApiError::no_filter("id, channelId, mine"));
    }
    let items: Vec<Value> = (ids.iter().filter_map(|id| world.playlist(id)))
        .map(|playlist| resources::playlist(world, &playlist, &parts))
        .collect();
    Ok(json!({
        "kind": "youtube#playlistListResponse",
        "pageInfo": page_info(items.len(), per_page),
        "items": items,
    }))
}
