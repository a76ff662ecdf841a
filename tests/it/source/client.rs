//! What the client promises to the rest of the program.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tubebell::model::{PlaylistId, Status, SubjectRef, UnixMillis, VideoId};
use tubebell::source::{
    Bucket, QuotaState, SourceError, Spender, Timeouts, YouTube, YouTubeOptions, next_reset,
};

use super::canned;
use super::server::{KEY, Reply, Server, client, options};

const NOW: UnixMillis = UnixMillis(1_795_400_000_000);

fn id(text: &str) -> VideoId {
    text.parse().expect("an id")
}

fn ids() -> [VideoId; 3] {
    [id("dQw4w9WgXcQ"), id("jNQXAC9IVRw"), id("xxxxxxxxxxx")]
}

fn uploads() -> PlaylistId {
    "UUuAXFkgsw1L7xaCfnd5JJOw".parse().expect("an id")
}

/// The error with all its causes, as a log would show it, in both forms.
fn whole(error: &SourceError) -> String {
    let mut text = format!("{error:?}");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        text.push_str(&format!("; {error}"));
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn numbers_come_from_one_call_for_all_ids_with_the_key_in_a_header() {
    let server = Server::start([Reply::ok(canned::STATS)]).await;
    let youtube = server.client();
    let stats = youtube.stats(&ids(), Spender::Polling, NOW).await.unwrap();
    assert_eq!(stats.found.len(), 2);
    assert_eq!(stats.found[0].1.views, Some(1_780_412_345));
    assert_eq!((stats.found[1].1.likes, stats.found[1].1.comments), (None, Some(10_500_000)));
    assert_eq!(stats.missing, vec![id("xxxxxxxxxxx")]);
    assert_eq!(stats.damaged, vec![]);

    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/youtube/v3/videos:batchGetStats");
    assert_eq!(asked.parameter("id"), Some("dQw4w9WgXcQ,jNQXAC9IVRw,xxxxxxxxxxx"));
    assert_eq!(asked.headers["x-goog-api-key"], KEY);
    assert!(!asked.raw_query.contains(KEY));
    assert!(asked.headers["user-agent"].to_str().unwrap().contains("gzip"));
    assert!(asked.headers["accept-encoding"].to_str().unwrap().contains("gzip"));
    assert_eq!(youtube.quota().spent(Bucket::Stats, NOW), 1);
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 0);
}

#[tokio::test]
async fn too_many_ids_or_none_cost_nothing() {
    let server = Server::start([Reply::ok(canned::STATS)]).await;
    let youtube = server.client();
    for ids in [vec![], vec![id("dQw4w9WgXcQ"); 51]] {
        let error = youtube.stats(&ids, Spender::Polling, NOW).await.unwrap_err();
        assert!(matches!(error, SourceError::Rejected(_)), "{error:?}");
        drop(youtube.details(&ids, Spender::Polling, NOW).await.unwrap_err());
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn details_of_a_video_are_a_whole_snapshot_or_nothing() {
    let server = Server::start([Reply::ok(canned::VIDEO), Reply::ok(canned::NO_VIDEO)]).await;
    let youtube = server.client();
    let found = youtube.details(&[id("dQw4w9WgXcQ")], Spender::People, NOW).await.unwrap().found;
    let [details] = &*found else { panic!("{found:?}") };
    let snapshot = details.snapshot(NOW);
    assert_eq!(snapshot.title.as_deref(), Some("Rick Astley - Never Gonna Give You Up <b>&"));
    assert_eq!((snapshot.status, snapshot.likes), (Status::Public, Some(19_000_123)));
    assert_eq!(
        (snapshot.observed_at, snapshot.published_at),
        (NOW, Some(UnixMillis(1_256_453_853_000)))
    );
    let none = youtube.details(&[id("xxxxxxxxxxx")], Spender::People, NOW).await.unwrap();
    assert_eq!((none.found, none.missing), (vec![], vec![id("xxxxxxxxxxx")]));
}

#[tokio::test]
async fn a_handle_becomes_a_channel_with_its_list_of_uploads() {
    let server = Server::start([Reply::ok(canned::CHANNEL), Reply::ok(canned::NO_CHANNEL)]).await;
    let youtube = server.client();
    let handle = SubjectRef::Handle("@rickastleyyt".parse().unwrap());
    let channel = youtube.channel(&handle, Spender::Polling, NOW).await.unwrap().unwrap();
    assert_eq!((channel.title.as_str(), channel.uploads), ("Rick Astley", uploads()));
    assert_eq!(server.asked()[0].parameter("forHandle"), Some("@rickastleyyt"));
    assert_eq!(youtube.channel(&handle, Spender::Polling, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn members_follow_the_pages_up_to_the_limit() {
    let pages = [
        Reply::ok(canned::members(0, 50, 120, Some("P2"))),
        Reply::ok(canned::members(50, 50, 120, Some("P3"))),
        Reply::ok(canned::members(100, 20, 120, None)),
    ];
    let server = Server::start(pages.clone()).await;
    let members = server.client().members(&uploads(), 500, Spender::Polling, NOW).await.unwrap();
    assert_eq!((members.videos.len(), members.total), (120, 120));
    assert_eq!(members.videos[119].title, "Video 119");
    let tokens: Vec<_> =
        server.asked().iter().map(|a| a.parameter("pageToken").map(str::to_owned)).collect();
    assert_eq!(tokens, [None, Some("P2".into()), Some("P3".into())]);

    let server = Server::start(pages).await;
    let youtube = server.client();
    let members = youtube.members(&uploads(), 60, Spender::Polling, NOW).await.unwrap();
    assert_eq!((members.videos.len(), members.total), (60, 120));
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 2);
}

#[tokio::test]
async fn pages_that_never_end_are_an_error_and_not_a_loop() {
    let same = Server::start([Reply::ok(canned::members(0, 50, 99, Some("P2")))]).await;
    let error = same.client().members(&uploads(), 500, Spender::Polling, NOW).await.unwrap_err();
    assert!(matches!(error, SourceError::BadAnswer(_)), "{error:?}");
    assert_eq!(same.asked().len(), 2);

    let empty = (0..100).map(|n| Reply::ok(canned::members(0, 0, 99, Some(&format!("P{n}")))));
    let empty = Server::start(empty).await;
    let error = empty.client().members(&uploads(), 500, Spender::Polling, NOW).await.unwrap_err();
    assert!(matches!(error, SourceError::BadAnswer(_)), "{error:?}");
    assert!(empty.asked().len() < 25);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_whole_list() {
    let pages =
        [Reply::ok(canned::members(0, 50, 120, Some("P2"))), Reply::status(503, "<html></html>")];
    let server = Server::start(pages).await;
    let error = server.client().members(&uploads(), 500, Spender::Polling, NOW).await.unwrap_err();
    assert!(matches!(error, SourceError::Transient(_)), "{error:?}");
}

#[tokio::test]
async fn a_playlist_that_is_gone_is_not_found() {
    let server = Server::start([Reply::status(404, canned::PLAYLIST_GONE)]).await;
    let error = server.client().members(&uploads(), 50, Spender::Polling, NOW).await.unwrap_err();
    assert!(matches!(error, SourceError::NotFound(_)), "{error:?}");
}

#[tokio::test]
async fn a_playlist_has_a_title() {
    let server = Server::start([Reply::ok(canned::PLAYLIST)]).await;
    let title = server.client().playlist_title(&uploads(), Spender::Polling, NOW).await.unwrap();
    assert_eq!(title.as_deref(), Some("Best of"));
}

#[tokio::test]
async fn used_up_stops_all_requests_of_that_bucket_until_midnight_in_california() {
    let server =
        Server::start([Reply::status(403, canned::QUOTA_CLASSIC), Reply::ok(canned::VIDEO)]).await;
    let youtube = server.client();
    let reset = next_reset(NOW);
    for now in [NOW, NOW.plus(Duration::from_secs(1800))] {
        let error = youtube.stats(&ids(), Spender::Polling, now).await.unwrap_err();
        let SourceError::QuotaUsedUp { bucket, resets_at } = error else { panic!("{error:?}") };
        assert_eq!((bucket, resets_at), (Bucket::Stats, reset));
    }
    assert_eq!(server.asked().len(), 1, "the second was not sent");
    youtube.details(&ids(), Spender::Polling, NOW).await.expect("the other bucket goes on");
    drop(youtube.stats(&ids(), Spender::Polling, reset).await);
    assert_eq!(server.asked().len(), 3, "after midnight it is asked again");
}

#[tokio::test]
async fn a_spent_budget_sends_nothing_even_after_a_restart() {
    let server = Server::start([Reply::ok(canned::VIDEO)]).await;
    let options = YouTubeOptions { daily_units: 2, ..options(&server.url) };
    let first = YouTube::new(&options, Timeouts::default(), QuotaState::default()).unwrap();
    first.details(&ids(), Spender::Polling, NOW).await.unwrap();
    first.details(&ids(), Spender::Polling, NOW).await.unwrap();
    let state = first.quota().state().clone();
    let second = YouTube::new(&options, Timeouts::default(), state).unwrap();
    let error = second.details(&ids(), Spender::Polling, NOW).await.unwrap_err();
    assert!(matches!(error, SourceError::QuotaUsedUp { .. }), "{error:?}");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_burst_keeps_the_wish_of_its_header() {
    let headers = vec![("retry-after", "7".to_owned())];
    let server = Server::start([Reply::Http(429, headers, Vec::new())]).await;
    let error = server.client().stats(&ids(), Spender::Polling, NOW).await.unwrap_err();
    let SourceError::Burst { retry_after } = error else { panic!("{error:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn broken_answers_are_bad_answers() {
    let ten_megabytes = Reply::Flood(10 * 1024 * 1024);
    let half = canned::STATS.as_bytes()[..200].to_vec();
    for (reply, expected) in [
        (Reply::CutOff(half.clone()), "cut off after 200 bytes"),
        (Reply::Http(200, vec![], half), "the JSON breaks off after 200 bytes"),
        (Reply::ok("<html>welcome to our hotel</html>"), "no JSON"),
        (ten_megabytes, "more than 1024 KiB"),
        (Reply::status(302, ""), "HTTP 302"),
    ] {
        let server = Server::start([reply]).await;
        let error = server.client().stats(&ids(), Spender::Polling, NOW).await.unwrap_err();
        assert!(matches!(error, SourceError::BadAnswer(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read_and_a_bomb_is_not() {
    let pack = |bytes: &[u8]| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        let headers = vec![("content-encoding", "gzip".to_owned())];
        Reply::Http(200, headers, packed.finish().unwrap())
    };
    let server = Server::start([pack(canned::STATS.as_bytes()), pack(&vec![b' '; 5 << 20])]).await;
    let youtube = server.client();
    assert_eq!(youtube.stats(&ids(), Spender::Polling, NOW).await.unwrap().found.len(), 2);
    let error = youtube.stats(&ids(), Spender::Polling, NOW).await.unwrap_err();
    assert!(error.to_string().contains("more than 1024 KiB"), "{error}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_and_the_unit_stays_spent() {
    let server = Server::start([Reply::Hang]).await;
    let youtube = server.client();
    let error = server.given_up(youtube.details(&ids(), Spender::Polling, NOW)).await.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }), "{error:?}");
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 1, "it may have been counted");
}

#[tokio::test]
async fn without_a_connection_no_unit_is_spent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let youtube = client(&url);
    let error = youtube.details(&ids(), Spender::Polling, NOW).await.unwrap_err();
    let SourceError::Unreachable { host, .. } = &error else { panic!("{error:?}") };
    assert_eq!(format!("http://{host}"), url);
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 0);
}

#[tokio::test]
async fn no_error_holds_the_key_or_the_query() {
    let echo = format!(
        r#"{{"error":{{"code":400,"message":"bad {KEY}","errors":[{{"reason":"badRequest"}}]}}}}"#
    );
    for reply in [
        Reply::status(400, echo.clone()),
        Reply::status(403, echo),
        Reply::status(500, KEY),
        Reply::ok(KEY),
        Reply::Hang,
        Reply::CutOff(KEY.into()),
    ] {
        let hangs = matches!(reply, Reply::Hang);
        let server = Server::start([reply]).await;
        let youtube = server.client();
        let ids = ids();
        let question = youtube.details(&ids, Spender::Polling, NOW);
        let answer = if hangs { server.given_up(question).await } else { question.await };
        let error = whole(&answer.unwrap_err());
        assert!(!error.contains(KEY) && !error.contains("dQw4w9WgXcQ"), "{error}");
    }
    let youtube = client("http://127.0.0.1:1");
    let error = whole(&youtube.details(&ids(), Spender::Polling, NOW).await.unwrap_err());
    assert!(!error.contains(KEY) && !error.contains("dQw4w9WgXcQ"), "{error}");
    assert!(!format!("{youtube:?}").contains(KEY));
}

#[tokio::test]
async fn a_redirect_is_not_followed_as_it_would_carry_the_key_away() {
    let elsewhere = Server::start([]).await;
    let location = vec![("location", elsewhere.url.clone())];
    let server = Server::start([Reply::Http(302, location, Vec::new())]).await;
    let youtube = server.client();
    assert!(youtube.details(&ids(), Spender::Polling, NOW).await.is_err());
    assert!(youtube.feeds().newest(&SubjectRef::Playlist(uploads())).await.is_err());
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn the_feed_is_read_without_key_and_quota() {
    let server = Server::start([Reply::ok(canned::FEED)]).await;
    let youtube = server.client();
    let channel = SubjectRef::Channel("UCuAXFkgsw1L7xaCfnd5JJOw".parse().unwrap());
    let members = youtube.feeds().newest(&channel).await.unwrap();
    assert_eq!((members[0].id, members[0].title.as_str()), (id("dQw4w9WgXcQ"), "Rick & you"));
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/feeds/videos.xml");
    assert_eq!(asked.raw_query, "channel_id=UCuAXFkgsw1L7xaCfnd5JJOw");
    assert!(!asked.headers.contains_key("x-goog-api-key"));
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 0);
}

#[tokio::test]
async fn a_feed_that_does_not_answer_deletes_nobody() {
    for (status, body) in [(404, ""), (500, ""), (200, "<html></html>")] {
        let server = Server::start([Reply::status(status, body)]).await;
        let error =
            server.client().feeds().newest(&SubjectRef::Playlist(uploads())).await.unwrap_err();
        assert!(
            matches!(error, SourceError::Transient(_) | SourceError::BadAnswer(_)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn the_probe_costs_one_unit() {
    let server = Server::start([Reply::ok(canned::NO_VIDEO)]).await;
    let youtube = server.client();
    youtube.probe(Spender::Polling, NOW).await.unwrap();
    assert_eq!(youtube.quota().spent(Bucket::General, NOW), 1);
}

#[test]
fn a_key_or_address_that_cannot_be_one_is_said_at_the_start() {
    for (key, base_url) in [
        ("", "https://x.example"),
        ("a\nb", "https://x.example"),
        (KEY, "x.example"),
        (KEY, "ftp://x.example"),
    ] {
        let options = YouTubeOptions {
            api_key: key.into(),
            base_url: base_url.into(),
            ..options("http://localhost")
        };
        let error = YouTube::new(&options, Timeouts::default(), QuotaState::default()).unwrap_err();
        assert!(matches!(error, SourceError::Misconfigured(_)), "{error:?}");
    }
}
