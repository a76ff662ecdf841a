//! What could not be read is shown, and written back to where it came from.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio_util::task::TaskTracker;
use tubebell::bus::{Letters, Stays};

use super::hands::{Hands, cluster, in_memory, seen};

const TIMEOUT: Duration = Duration::from_secs(30);

fn letters(servers: &str) -> Letters {
    Letters::new(&in_memory(servers), &TaskTracker::new()).unwrap()
}

/// A record as anybody may write it.
#[derive(Default)]
struct Anything<'a> {
    topic: &'a str,
    key: Option<&'a [u8]>,
    value: Option<&'a [u8]>,
    headers: &'a [(&'a str, &'a [u8])],
    time: i64,
}

async fn write(servers: &str, what: Anything<'_>) {
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let headers = what.headers.iter().fold(OwnedHeaders::new(), |all, (key, value)| {
        all.insert(Header { key, value: Some(*value) })
    });
    let mut record = FutureRecord::<[u8], [u8]>::to(what.topic).partition(0).headers(headers);
    (record.key, record.payload) = (what.key, what.value);
    producer.send(record.timestamp(what.time), TIMEOUT).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_listed_newest_last_and_written_back_as_it_was() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let hands = Hands::new(in_memory(&servers));
    let letters = letters(&servers);
    assert_eq!(letters.list(9).await.unwrap().unwrap().all, 0);
    // As old as can be: what is parked is kept from now on.
    for (time, value) in [(1, b"\xff\x00 one"), (2, b"\xff\x00 two")] {
        let (topic, key) = ("youtube_videos", Some(&b"video-00001"[..]));
        let value = Some(&value[..]);
        write(&servers, Anything { topic, key, value, time, ..Anything::default() }).await;
    }
    let mut listed = letters.list(1).await.unwrap().unwrap();
    while listed.all < 2 {
        drop(hands.route(10).await);
        listed = letters.list(1).await.unwrap().unwrap();
    }
    assert_eq!((listed.all, listed.records.len()), (2, 1));
    let newest = &listed.records[0];
    assert_eq!(newest.topic.as_deref(), Some("youtube_videos"));
    assert_eq!(newest.origin, Some((0, 1)));
    assert_eq!((newest.kept, newest.size), (6, None));
    assert_eq!(newest.key, Some((b"video-00001".to_vec(), 11)));
    assert!(newest.reason.as_ref().is_some_and(|reason| !reason.is_empty()));
    assert!(newest.at.unwrap().0 > 1_000_000_000, "{newest:?}");

    let replayed = letters.replay().await.unwrap();
    let written: Vec<_> = replayed.written.into_iter().collect();
    assert_eq!((written, replayed.left), (vec![("youtube_videos".to_owned(), 2)], 0));
    // They can't be read this time either, and come back here with all that they had.
    let mut listed = letters.list(9).await.unwrap().unwrap();
    while listed.all < 4 {
        drop(hands.route(10).await);
        listed = letters.list(9).await.unwrap().unwrap();
    }
    for (parked, origin) in listed.records[2..].iter().zip(&listed.records[..2]) {
        assert_eq!((&parked.key, parked.kept), (&origin.key, origin.kept));
        assert_ne!(parked.origin, origin.origin);
    }
    hands.publish(vec![seen(3, 1, 1)]).await;
    assert_eq!(hands.routed(1).await, [seen(3, 1, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_strangers_are_shown_in_bounds_and_go_to_no_topic_but_those_that_are_read() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let long = "\u{1b}é".repeat(20_000);
    let to = |topic: &'static str| [("tubebell.topic", topic.as_bytes())];
    let none_of_ours =
        ["youtube_watched", "youtube_parked", "__consumer_offsets", "youtube_videos\0", ""];
    for topic in none_of_ours {
        let headers = &to(topic)[..];
        write(&servers, Anything { topic: "youtube_parked", headers, ..Anything::default() }).await;
    }
    let hostile = [
        ("tubebell.topic", long.as_bytes()),
        ("tubebell.reason", long.as_bytes()),
        ("tubebell.partition", &b"-9999999999"[..]),
        ("tubebell.offset", &b"\xff"[..]),
        ("tubebell.size", &b"many"[..]),
        ("tubebell.time", &b"99999999999999999999"[..]),
    ];
    let key = Some(long.as_bytes());
    write(
        &servers,
        Anything { topic: "youtube_parked", key, headers: &hostile, ..Anything::default() },
    )
    .await;
    let in_part = [("tubebell.topic", &b"youtube_videos"[..]), ("tubebell.size", &b"950000"[..])];
    let value = Some(&b"{"[..]);
    write(
        &servers,
        Anything { topic: "youtube_parked", value, headers: &in_part, ..Anything::default() },
    )
    .await;

    let letters = letters(&servers);
    let listed = letters.list(99).await.unwrap().unwrap();
    assert_eq!(listed.all, none_of_ours.len() + 2);
    for parked in &listed.records {
        assert!(format!("{parked:?}").len() < 4_000, "{parked:?}");
    }
    let replayed = letters.replay().await.unwrap();
    assert!(replayed.written.is_empty(), "{replayed:?}");
    assert_eq!(replayed.left, none_of_ours.len() + 2);
    let stays: Vec<_> = replayed.named.iter().map(|(_, stays)| *stays).collect();
    assert_eq!(stays.last(), Some(&Stays::InPart));
    assert!(stays[..stays.len() - 1].iter().all(|stays| *stays == Stays::Foreign), "{stays:?}");
    assert_eq!(replayed.named.last().unwrap().0.size, Some(950_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_from_the_future_is_parked_and_what_is_seen_today_counts() {
    let cluster = cluster();
    let servers = cluster.bootstrap_servers();
    let hands = Hands::new(in_memory(&servers));
    hands.publish(vec![seen(0, 62 * 86_400, 9), seen(0, 1, 1)]).await;
    assert_eq!(hands.routed(1).await, [seen(0, 1, 1)]);
    let listed = letters(&servers).list(9).await.unwrap().unwrap();
    assert_eq!(listed.all, 1);
    assert!(listed.records[0].reason.as_ref().unwrap().contains("ahead"), "{listed:?}");
}
