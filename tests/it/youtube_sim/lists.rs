//! What the Data API says of videos, channels and playlists.

use super::*;

#[tokio::test]
async fn counts_are_strings_and_hidden_ones_are_left_out() {
    let stage = Stage::with("ab").await;
    stage.simulation.edit(|world| world.hide_likes(&id('b'), true).unwrap());
    stage.simulation.edit(|world| world.hide_comments(&id('b'), true).unwrap());
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
    stage.simulation.edit(|world| {
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
async fn fifty_ids_are_taken() {
    let stage = Stage::empty().await;
    let made = stage.simulation.edit(|world| world.add_videos(CHANNEL, 50));
    let body = stage.good(&format!("/youtube/v3/videos?part=id&id={}", made.join(","))).await;
    assert_eq!(ids(&body), made);
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
async fn a_broadcast_shows_its_times_and_its_viewers() {
    let stage = Stage::with("a").await;
    let request =
        "/youtube/v3/videos?part=snippet,liveStreamingDetails,contentDetails&id=aaaaaaaaaaa";
    assert!(stage.good(request).await["items"][0].get("liveStreamingDetails").is_none());
    let air = |live| stage.simulation.edit(|world| world.set_live(&id('a'), live).unwrap());
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
    stage.simulation.edit(|world| world.add_channel(CHANNEL, HOSTILE, Some("@Some.Handle")));
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
    let made = stage.simulation.edit(|world| world.add_videos(CHANNEL, 5_000));
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
    let mix = "PLmix";
    stage.simulation.edit(|world| world.set_playlist(mix, "Mix", CHANNEL, &[id('a'), id('h')]));
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
    let mix = "PLmix";
    stage.simulation.edit(|world| {
        world.set_playlist(mix, HOSTILE, CHANNEL, &[id('a'), id('b'), id('c'), id('z')]);
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
async fn fields_select_what_is_sent() {
    let stage = Stage::with("a").await;
    let body = stage
        .good("/youtube/v3/videos?part=snippet,statistics&id=aaaaaaaaaaa&fields=items(id,snippet(title),statistics/viewCount)")
        .await;
    let item = json!({"id": "aaaaaaaaaaa", "snippet": {"title": "Video a"}, "statistics": {"viewCount": "1000"}});
    assert_eq!(body, json!({"items": [item]}));
}

#[tokio::test]
async fn items_come_in_any_order_when_nobody_promised_one() {
    let stage = Stage::empty().await;
    let made = stage.simulation.edit(|world| world.add_videos(CHANNEL, 50));
    stage.sim.faults(|faults| faults.shuffle = true);
    let body = stage.good(&format!("/youtube/v3/videos?part=id&id={}", made.join(","))).await;
    assert_ne!(ids(&body), made);
    let nobody = stage.good("/youtube/v3/channels?part=id&forHandle=@nobody").await;
    assert!(nobody.get("items").is_none(), "shuffling made items of nothing");
    let sent: BTreeSet<&str> = ids(&body).into_iter().collect();
    assert_eq!(sent, made.iter().map(String::as_str).collect());
}

#[tokio::test]
async fn the_uploads_of_a_channel_without_public_videos_are_not_found_but_the_channel_is() {
    let stage = Stage::with("a").await;
    stage.simulation.edit(|world| world.set_status(&id('a'), Visibility::Private).unwrap());
    let uploads =
        "/youtube/v3/playlistItems?part=contentDetails&playlistId=UUaaaaaaaaaaaaaaaaaaaaaa";
    assert_eq!(stage.refused(uploads).await, refusal(404, "playlistNotFound"));
    let channel_of = format!("/youtube/v3/channels?part=id&id={CHANNEL}");
    assert_eq!(stage.good(&channel_of).await["items"].as_array().unwrap().len(), 1);
    stage.simulation.edit(|world| world.publish(&id('a')).unwrap());
    let body = stage.good(uploads).await;
    assert_eq!(body["items"][0]["contentDetails"]["videoPublishedAt"], "2026-11-20T20:00:00Z");
    stage.simulation.edit(|world| world.terminate(CHANNEL).unwrap());
    assert_eq!(stage.refused(uploads).await, refusal(404, "playlistNotFound"));
    assert!(stage.good(&channel_of).await.get("items").is_none());
}

#[tokio::test]
async fn a_playlist_grows_where_it_is_told_to_and_says_when() {
    let stage = Stage::with("abc").await;
    let mix = "PLmix";
    stage.simulation.edit(|world| {
        world.set_playlist(mix, "Mix", CHANNEL, &[id('a')]);
        world.step(NOW + Duration::from_secs(60));
        world.add_to_playlist(mix, &id('b'), usize::MAX).unwrap();
        world.add_to_playlist(mix, &id('c'), 0).unwrap();
    });
    let items = "/youtube/v3/playlistItems?part=snippet,contentDetails&playlistId=PLmix";
    let body = stage.good(items).await;
    let rows: Vec<(&str, &str)> = (body["items"].as_array().unwrap().iter())
        .map(|item| {
            let added = item["snippet"]["publishedAt"].as_str().unwrap();
            (item["contentDetails"]["videoId"].as_str().unwrap(), added)
        })
        .collect();
    let (then, later) = ("2026-11-20T20:00:00Z", "2026-11-20T20:01:00Z");
    assert_eq!(rows, [("ccccccccccc", later), ("aaaaaaaaaaa", then), ("bbbbbbbbbbb", later)]);
    let removed = stage.simulation.edit(|world| {
        world.remove_from_playlist(mix, &id('a')).unwrap();
        world.remove_playlist(mix).unwrap()
    });
    assert_eq!(removed.entries.len(), 2);
    assert_eq!(stage.refused(items).await, refusal(404, "playlistNotFound"));
}

#[tokio::test]
async fn a_premiere_is_announced_with_its_time_and_is_published_when_it_begins() {
    let stage = Stage::with("a").await;
    let starts_at = NOW + Duration::from_secs(3_600);
    let premiere =
        stage.simulation.edit(|world| world.announce_premiere(CHANNEL, "Soon", starts_at).unwrap());
    let list = format!(
        "/youtube/v3/videos?part=snippet,contentDetails,liveStreamingDetails&id={premiere}"
    );
    let item = stage.good(&list).await["items"][0].clone();
    assert_eq!(item["snippet"]["liveBroadcastContent"], "upcoming");
    assert_eq!(item["liveStreamingDetails"]["scheduledStartTime"], "2026-11-20T21:00:00Z");
    assert_eq!(item["contentDetails"]["duration"], "P0D");
    stage.simulation.edit(|world| {
        world.step(starts_at);
        world.premiere(&premiere).unwrap();
    });
    let item = stage.good(&list).await["items"][0].clone();
    assert_eq!(item["snippet"]["publishedAt"], "2026-11-20T21:00:00Z");
    assert_eq!(item["contentDetails"]["duration"], "PT4M");
}
