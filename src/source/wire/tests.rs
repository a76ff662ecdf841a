//! What is read of answers, and what is not taken for one.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::model::Counts;
use crate::source::budget::PER_CALL_MAX;

fn id(text: &str) -> VideoId {
    text.parse().unwrap()
}

fn read(body: &str) -> Stats {
    stats(body.as_bytes(), &[id("aaaaaaaaaaa"), id("bbbbbbbbbbb"), id("ccccccccccc")]).unwrap()
}

#[test]
fn counts_are_strings_and_an_absent_one_is_not_zero() {
    let answer = read(
        r#"{"kind":"youtube#batchGetStatsResponse","items":[
            {"kind":"youtube#videoStats","id":"ccccccccccc","statistics":{"viewCount":"0","commentCount":"7"}},
            {"kind":"youtube#videoStats","id":"aaaaaaaaaaa","statistics":{"viewCount":"12345678901","likeCount":"5","commentCount":"0"}}]}"#,
    );
    let c = Counts { views: Some(0), likes: None, comments: Some(7) };
    let a = Counts { views: Some(12_345_678_901), likes: Some(5), comments: Some(0) };
    assert_eq!(answer.found, vec![(id("ccccccccccc"), c), (id("aaaaaaaaaaa"), a)]);
    assert_eq!(answer.missing, vec![id("bbbbbbbbbbb")]);
}

#[test]
fn one_malformed_item_does_not_lose_the_others() {
    let answer = read(
        r#"{"kind":"youtube#batchGetStatsResponse","items":[
            {"id":"aaaaaaaaaaa","statistics":{"viewCount":"many"}},
            {"id":"bbbbbbbbbbb","statistics":{"viewCount":"99999999999999999999"}},
            {"id":"ccccccccccc","statistics":{"viewCount":"3"}}]}"#,
    );
    assert_eq!(answer.found.len(), 1);
    assert_eq!(answer.damaged.len(), 2);
    assert_eq!(answer.missing, vec![]);
}

#[test]
fn an_item_without_id_makes_nobody_missing() {
    let answer = read(
        r#"{"items":[{"statistics":{"viewCount":"3"}},{"id":"ccccccccccc","statistics":{}}]}"#,
    );
    assert_eq!(answer.missing, vec![]);
    assert_eq!(answer.damaged.len(), 2);
}

#[test]
fn an_id_that_the_summary_calls_failed_is_missing() {
    let answer = read(
        r#"{"kind":"youtube#batchGetStatsResponse","items":[{"id":"aaaaaaaaaaa"},{"id":"bbbbbbbbbbb","statistics":{}}],
            "summary":{"requestedVideoCount":3,"succeededVideoCount":1,"failedVideoCount":2,"failedVideoIds":["aaaaaaaaaaa","ccccccccccc"]}}"#,
    );
    assert_eq!(answer.missing, vec![id("ccccccccccc"), id("aaaaaaaaaaa")]);
    assert_eq!(answer.damaged, vec![]);
}

#[test]
fn what_is_no_answer_of_youtubes_is_not_taken_for_nothing_found() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "<html></html>",
        r#"{"items":"no"}"#,
        r#"{"items":{}}"#,
        r#"{"kind":"youtube#videoListResponse","items":[]}"#,
        r#"{"kind":"youtube#batchGetStatsResponse","items":null}"#,
        r#"{"kind":"youtube#batchGetStatsResponse","items":[{"id":"aaaaaaa"#,
    ] {
        let error = stats(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap_err();
        assert!(matches!(error, SourceError::BadAnswer(_)), "{body}: {error:?}");
    }
}

#[test]
fn an_answer_with_more_items_than_a_call_has_is_none() {
    let body = |count: usize| {
        let items = vec![r#"{"id":"aaaaaaaaaaa","statistics":{}}"#; count].join(",");
        format!(r#"{{"kind":"youtube#batchGetStatsResponse","items":[{items}]}}"#)
    };
    let read = |count| stats(body(count).as_bytes(), &[id("aaaaaaaaaaa")]);
    assert_eq!(read(PER_CALL_MAX).unwrap().found.len(), 1);
    assert!(matches!(read(PER_CALL_MAX + 1), Err(SourceError::BadAnswer(_))));
}

fn one(snippet: &str, status: &str, live: &str) -> Result<Details, String> {
    let body = format!(
        r#"{{"kind":"youtube#videoListResponse","items":[{{"id":"aaaaaaaaaaa","snippet":{{"title":"T"{snippet}}},
            "status":{{{status}}},"statistics":{{"viewCount":"1"}}{live}}}]}}"#
    );
    let mut answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
    answer.found.pop().ok_or_else(|| answer.damaged.pop().unwrap().1)
}

#[test]
fn status_is_taken_from_privacy() {
    let status = |word: &str| {
        one("", &format!(r#""privacyStatus":"{word}""#), "").map(|details| details.status)
    };
    assert_eq!(status("public"), Ok(Status::Public));
    assert_eq!(status("unlisted"), Ok(Status::Unlisted));
    assert_eq!(status("private"), Ok(Status::Unavailable));
    assert!(status("friends").is_err(), "a new word is not guessed at");
}

#[test]
fn an_ended_broadcast_is_completed_whatever_the_snippet_says() {
    let live = |word: &str, details: &str| {
        let snippet = format!(r#","liveBroadcastContent":"{word}""#);
        one(&snippet, r#""privacyStatus":"public""#, details).map(|details| details.live)
    };
    assert_eq!(live("none", ""), Ok(Live::None));
    assert_eq!(live("upcoming", ""), Ok(Live::Upcoming));
    let on_air = r#","liveStreamingDetails":{"actualStartTime":"2026-11-01T10:00:00Z"}"#;
    assert_eq!(live("live", on_air), Ok(Live::Live));
    let over = r#","liveStreamingDetails":{"actualStartTime":"2026-11-01T10:00:00Z","actualEndTime":"2026-11-01T12:00:00Z"}"#;
    assert_eq!(live("none", over), Ok(Live::Completed));
    assert!(live("paused", "").is_err());
}

#[test]
fn a_length_is_read_from_iso_8601_and_a_broadcast_has_none() {
    let length = |text: &str| {
        let details = format!(r#","contentDetails":{{"duration":"{text}"}}"#);
        one("", r#""privacyStatus":"public""#, &details).unwrap().duration
    };
    assert_eq!(length("PT3M33S"), Some(213));
    assert_eq!(length("PT1H"), Some(3_600));
    assert_eq!(length("P1DT2H1S"), Some(93_601));
    for none in ["P0D", "PT0S", "", "long", "-PT5S", "P1Y", "P999999999D"] {
        assert_eq!(length(none), None, "{none}");
    }
}

#[test]
fn a_premiere_has_its_start_until_it_begins() {
    let starts = |word: &str| {
        let snippet = format!(r#","liveBroadcastContent":"{word}""#);
        let live = r#","liveStreamingDetails":{"scheduledStartTime":"2026-11-01T10:00:00Z"}"#;
        one(&snippet, r#""privacyStatus":"public""#, live).unwrap().starts_at
    };
    assert_eq!(starts("upcoming"), Some(UnixMillis(1_793_527_200_000)));
    assert_eq!((starts("live"), starts("none")), (None, None));
}

#[test]
fn what_only_holds_a_place_in_a_list_is_no_member() {
    let row = |id: &str, published: &str, privacy: &str| {
        format!(
            r#"{{"snippet":{{"title":"T","publishedAt":"2026-11-01T10:00:00Z"}},"contentDetails":{{"videoId":"{id}"{published}}},"status":{{"privacyStatus":"{privacy}"}}}}"#
        )
    };
    let published = r#","videoPublishedAt":"2026-10-01T10:00:00Z""#;
    let rows = [
        row("aaaaaaaaaaa", published, "public"),
        row("bbbbbbbbbbb", published, "unlisted"),
        row("ccccccccccc", "", "private"),
        row("ddddddddddd", "", "public"),
        row("eeeeeeeeeee", published, "private"),
        row("fffffffffff", "", "privacyStatusUnspecified"),
    ];
    let body = format!(
        r#"{{"kind":"youtube#playlistItemListResponse","items":[{}],"prevPageToken":"P"}}"#,
        rows.join(",")
    );
    let page = member_page(body.as_bytes()).unwrap();
    let ids: Vec<_> = page.members.iter().map(|member| member.id.as_str()).collect();
    assert_eq!((ids, page.rows), (vec!["aaaaaaaaaaa", "bbbbbbbbbbb"], 6));
    assert_eq!(page.members[0].published_at, Some(UnixMillis(1_790_848_800_000)));
    assert_eq!(page.members[0].added_at, Some(UnixMillis(1_793_527_200_000)));
    assert_eq!((page.previous.as_deref(), page.next), (Some("P"), None));
}

#[test]
fn hostile_titles_arrive_as_typed() {
    let body = r#"{"kind":"youtube#videoListResponse","items":[{"id":"aaaaaaaaaaa","snippet":{"title":"<b>&*_`@everyone\u202e\u0000","publishedAt":"2026-11-01T10:00:00Z"},"status":{"privacyStatus":"public"},"statistics":{}}]}"#;
    let answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
    assert_eq!(answer.found[0].title, "<b>&*_`@everyone\u{202e}\0");
    assert_eq!(answer.found[0].published_at, Some(UnixMillis(1_793_527_200_000)));
}

#[test]
fn a_text_without_end_is_not_kept_whole_and_no_channel_id_leads_elsewhere() {
    let long = "ж".repeat(1_000_000);
    let body = format!(
        r#"{{"kind":"youtube#videoListResponse","items":[{{"id":"aaaaaaaaaaa","snippet":{{"title":"{long}","channelTitle":"{long}","channelId":"../@evil?"}},"status":{{"privacyStatus":"public"}},"statistics":{{}}}}]}}"#
    );
    let answer = details(body.as_bytes(), &[id("aaaaaaaaaaa")]).unwrap();
    let found = &answer.found[0];
    assert_eq!(found.title, "ж".repeat(TEXT_MAX_CHARS));
    assert_eq!(found.channel_title.as_ref(), Some(&found.title));
    assert_eq!(found.channel_id, None);
    let page = format!(
        r#"{{"kind":"youtube#playlistItemListResponse","items":[],"nextPageToken":"{long}"}}"#
    );
    assert!(matches!(member_page(page.as_bytes()), Err(SourceError::BadAnswer(_))));
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[a-z0-9]{0,11}".prop_map(Value::from),
        Just(Value::from("aaaaaaaaaaa")),
        Just(Value::from("youtube#videoListResponse")),
    ];
    let keys = prop_oneof![
        Just("kind"),
        Just("items"),
        Just("id"),
        Just("snippet"),
        Just("status"),
        Just("statistics"),
        Just("viewCount"),
        Just("title"),
        Just("summary"),
        Just("failedVideoIds"),
        Just("contentDetails"),
        Just("videoId"),
        Just("privacyStatus"),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(keys.clone(), inner, 0..6).prop_map(|map| {
                Value::Object(map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
}

fn read_all(body: &[u8]) {
    let asked = [id("aaaaaaaaaaa"), id("bbbbbbbbbbb"), id("aaaaaaaaaaa")];
    if let Ok(answer) = stats(body, &asked) {
        assert_eq!(answer.found.len() + answer.missing.len() + answer.damaged.len(), 2);
    }
    if let Ok(answer) = details(body, &asked) {
        assert_eq!(answer.found.len() + answer.missing.len() + answer.damaged.len(), 2);
    }
    drop((channel(body), playlist_title(body), member_page(body), is_video_list(body)));
}

proptest! {
    #[test]
    fn no_bytes_can_make_it_panic(body in any::<Vec<u8>>()) {
        read_all(&body);
    }

    #[test]
    fn no_json_can_make_it_panic_or_lose_an_id(body in json()) {
        read_all(body.to_string().as_bytes());
    }
}
