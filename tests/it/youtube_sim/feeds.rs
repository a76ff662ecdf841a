//! Feeds, read with a parser that knows nothing of them.

use super::*;

#[tokio::test]
async fn a_hostile_title_arrives_as_typed_everywhere() {
    let stage = Stage::with("a").await;
    stage.simulation.edit(|world| world.rename(&id('a'), &format!("{HOSTILE}\u{1}")).unwrap());
    let body = stage.good("/youtube/v3/videos?part=snippet&id=aaaaaaaaaaa").await;
    assert_eq!(body["items"][0]["snippet"]["title"], format!("{HOSTILE}\u{1}"));
    // XML has no way to write the control character.
    let feed = feed(&stage, &format!("channel_id={CHANNEL}")).await.unwrap();
    assert_eq!(feed.entry[0].title, HOSTILE);
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
    stage.simulation.edit(|world| {
        world.set_status(&id('b'), Visibility::Unlisted).unwrap();
        world.hide_likes(&id('c'), true).unwrap();
    });
    let feed_of = format!("channel_id={CHANNEL}");
    let channel_feed = feed(&stage, &feed_of).await.unwrap();
    assert_eq!(channel_feed.title, "A channel");
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
    let mix = "PLmix";
    stage.simulation.edit(|world| world.set_playlist(mix, HOSTILE, CHANNEL, &[id('b')]));
    let playlist_feed = feed(&stage, "playlist_id=PLmix").await.unwrap();
    assert_eq!((playlist_feed.title.as_str(), playlist_feed.entry.len()), (HOSTILE, 1));
    let order = [id('c'), id('a'), id('d')];
    stage.simulation.edit(|world| world.set_playlist(mix, HOSTILE, CHANNEL, &order));
    let playlist_feed = feed(&stage, "playlist_id=PLmix").await.unwrap();
    let listed: Vec<_> = playlist_feed.entry.iter().map(|entry| entry.video_id.as_str()).collect();
    assert_eq!(listed, order, "in the order of the playlist");
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
    let query = format!("channel_id={CHANNEL}");
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        seen.insert(feed(&stage, &query).await.map_or_else(|status| status, |_| 200));
    }
    assert_eq!(seen, BTreeSet::from([200, 404, 500]));
}
