//! The stream on a real broker: what is published is routed once, whatever becomes of broker and topic meanwhile.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::message::{Headers as _, Message as _};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};
use tubebell::bus::{Format, ServiceOptions};
use tubebell::model::Snapshot;
use tubebell::store::Stream as _;

use super::broker::Broker;
use super::services;
use crate::kafka::hands::{Hands, options, seen, video};

const TIMEOUT: Duration = Duration::from_secs(30);

/// A cluster's address and a prefix that no other test has; `None`: skipped.
pub(super) fn place() -> Option<(String, String)> {
    let kafka = services::kafka()?.to_string();
    Some((kafka, format!("{}_", services::new_name("t"))))
}

pub(crate) fn config(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("group.id", "test");
    config
}

pub(super) fn admin(servers: &str) -> AdminClient<DefaultClientContext> {
    config(servers).create().unwrap()
}

/// Writes bytes to a topic, as anybody might.
pub(super) async fn write(servers: &str, topic: &str, key: &str, value: Option<&[u8]>) {
    let producer: FutureProducer = config(servers).create().unwrap();
    let mut record = FutureRecord::to(topic).key(key).partition(0);
    record.payload = value;
    producer.send(record, TIMEOUT).await.unwrap();
}

/// All records of a topic: partition, key, value and headers.
pub(crate) type Found = (i32, Vec<u8>, Option<Vec<u8>>, Vec<(String, String)>);

/// What stands in a topic, from its beginning to its end.
pub(crate) fn all(servers: &str, topic: &str) -> Vec<Found> {
    found(servers, topic).unwrap()
}

/// The same, where the topic may be going or coming.
pub(super) fn found(servers: &str, topic: &str) -> KafkaResult<Vec<Found>> {
    let consumer: BaseConsumer = config(servers).create().unwrap();
    let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
    let (mut list, mut left) = (TopicPartitionList::new(), 0);
    for partition in metadata.topics()[0].partitions() {
        let (first, end) = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
        left += end - first;
        list.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut found = Vec::new();
    while (found.len() as i64) < left {
        let Some(message) = consumer.poll(TIMEOUT) else { break };
        let message = message?;
        let headers = message.headers().map(|headers| {
            let text = |value: Option<&[u8]>| {
                String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
            };
            headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
        });
        found.push((
            message.partition(),
            message.key().unwrap_or_default().to_vec(),
            message.payload().map(<[u8]>::to_vec),
            headers.unwrap_or_default(),
        ));
    }
    Ok(found)
}

fn sorted(mut snapshots: Vec<Snapshot>) -> Vec<Snapshot> {
    snapshots.sort_by_key(|snapshot| (snapshot.video_id, snapshot.observed_at));
    snapshots
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_routed_once_and_a_restart_goes_on_where_the_store_stands() {
    let Some((servers, prefix)) = place() else { return };
    let mut hands = Hands::new(options(&servers, &prefix));
    let mut expected = Vec::new();
    let mut came = Vec::new();
    for (second, some) in [(0, 30), (1, 70), (2, 110)] {
        let snapshots: Vec<_> = (0..50).map(|n| seen(n, second, second)).collect();
        hands.publish(snapshots.clone()).await;
        expected.extend(snapshots);
        // Only some of it is routed before the restart.
        while came.len() < some {
            came.extend(hands.route(7).await.unwrap_or_default());
        }
        hands = hands.again(options(&servers, &prefix));
    }
    let left = expected.len() - came.len();
    came.extend(hands.routed(left).await);
    assert_eq!(sorted(came), sorted(expected));
    // Somebody who reads in the way of ksqlDB finds each video where Java's partitioner puts it.
    let partitions = all(&servers, &format!("{prefix}youtube_videos"));
    let key = |record: &Found| (record.1.clone(), record.0);
    let mut places: Vec<_> = partitions.iter().map(key).collect();
    places.sort();
    places.dedup();
    assert_eq!(places.len(), 50, "a video stays in its partition");
    assert!(places.iter().map(|(_, partition)| partition).max() > Some(&0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_amid_the_stream_loses_and_repeats_nothing() {
    let Some(mut broker) = Broker::start().await else { return };
    let hands = Hands::new(options(&broker.address().to_string(), ""));
    hands.publish((0..200).map(|n| seen(n, 0, 0)).collect()).await;
    let mut came = hands.routed(100).await;
    broker.kill();
    assert!(hands.bus.sink.publish(vec![seen(0, 1, 1)]).await.is_err(), "nobody has it");
    broker.restart().await;
    hands.publish((0..200).map(|n| seen(n, 2, 2)).collect()).await;
    while came.iter().filter(|seen| seen.views == Some(2)).count() < 200 {
        came.extend(hands.routed(1).await);
    }
    for n in 0..200 {
        let of: Vec<_> = came.iter().filter(|seen| seen.video_id == video(n)).collect();
        let views: Vec<_> = of.iter().map(|seen| seen.views.unwrap()).collect();
        // What was under way when the broker died may have arrived or not.
        let expected: &[&[i64]] = if n == 0 { &[&[0, 2], &[0, 1, 2]] } else { &[&[0, 2]] };
        assert!(expected.contains(&views.as_slice()), "{n}: {views:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_made_anew_is_read_from_its_beginning() {
    let Some((servers, prefix)) = place() else { return };
    let topic = format!("{prefix}youtube_videos");
    let mut hands = Hands::new(options(&servers, &prefix));
    hands.publish((0..100).map(|n| seen(n, 0, 0)).collect()).await;
    assert_eq!(hands.routed(100).await.len(), 100);
    for second in [1, 2] {
        admin(&servers).delete_topics(&[&topic], &AdminOptions::new()).await.unwrap();
        // Shorter, as long, and longer than it was: the positions of before mean nothing.
        let count = [60, 300][second - 1];
        let snapshots: Vec<_> = (0..count).map(|n| seen(n, second as i64, 5)).collect();
        hands.publish(snapshots.clone()).await;
        if second == 2 {
            hands = hands.again(options(&servers, &prefix));
        }
        let mut came = Vec::new();
        while came.len() < count {
            came.extend(hands.routed(1).await);
        }
        assert_eq!(sorted(came), sorted(snapshots));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_that_are_added_are_read() {
    let Some((servers, prefix)) = place() else { return };
    let topic = format!("{prefix}youtube_videos");
    let hands = Hands::new(options(&servers, &prefix));
    hands.publish((0..40).map(|n| seen(n, 0, 0)).collect()).await;
    assert_eq!(hands.routed(40).await.len(), 40);
    let more = NewPartitions::new(&topic, 12);
    admin(&servers).create_partitions(&[more], &AdminOptions::new()).await.unwrap();
    // By a client that knows of them.
    let other = Hands::new(options(&servers, &prefix));
    other.publish((0..200).map(|n| seen(n, 1, 1)).collect()).await;
    assert_eq!(hands.routed(200).await.len(), 200);
    let places = all(&servers, &topic);
    assert!(places.iter().any(|(partition, ..)| *partition > 4), "some went to new ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_parked_with_its_bytes_and_reason_and_holds_up_nobody() {
    let Some((servers, prefix)) = place() else { return };
    let topic = format!("{prefix}youtube_videos");
    let hands = Hands::new(options(&servers, &prefix));
    hands.publish(vec![seen(0, 0, 0)]).await;
    hands.routed(1).await;
    let long = vec![b'x'; 950_000];
    let poison: [(&str, &[u8]); 4] = [
        ("video-00001", b"\xff\xfe no JSON"),
        ("not a video", br#"{"id":"not a video","observed_at":1}"#),
        ("video-00002", br#"{"id":"video-00003","observed_at":1}"#),
        ("video-00004", &long),
    ];
    for (key, value) in poison {
        write(&servers, &topic, key, Some(value)).await;
    }
    write(&servers, &topic, "video-00005", None).await;
    hands.publish(vec![seen(1, 1, 1)]).await;
    assert_eq!(hands.routed(1).await, [seen(1, 1, 1)]);
    while all(&servers, &format!("{prefix}youtube_parked")).len() < poison.len() {
        drop(hands.route(10).await);
    }
    let parked = all(&servers, &format!("{prefix}youtube_parked"));
    assert_eq!(parked.len(), poison.len());
    for (key, value) in poison {
        let (_, _, kept, headers) =
            parked.iter().find(|(_, found, ..)| found == key.as_bytes()).expect("it is parked");
        let header = |name: &str| {
            headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(header("tubebell.topic"), Some(topic.as_str()));
        assert_eq!(header("tubebell.partition"), Some("0"));
        assert!(header("tubebell.offset").unwrap().parse::<i64>().is_ok());
        assert!(!header("tubebell.reason").unwrap().is_empty());
        if value.len() < 900_000 {
            assert_eq!(kept.as_deref(), Some(value));
        } else {
            assert_eq!(header("tubebell.size"), Some("950000"));
        }
    }
    // A restart does not park it again, once the position has passed it.
    drop(hands.route(10).await);
    let hands = hands.again(options(&servers, &prefix));
    hands.publish(vec![seen(2, 2, 2)]).await;
    assert_eq!(hands.routed(1).await, [seen(2, 2, 2)]);
    assert_eq!(all(&servers, &format!("{prefix}youtube_parked")).len(), poison.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_gone_before_they_were_read_are_counted() {
    let Some((servers, prefix)) = place() else { return };
    let topic = format!("{prefix}youtube_videos");
    let hands = Hands::new(options(&servers, &prefix));
    hands.publish((0..400).map(|n| seen(n, 0, 0)).collect()).await;
    assert!(!hands.routed(1).await.is_empty());
    hands.publish((0..400).map(|n| seen(n, 1, 1)).collect()).await;
    let store = Arc::clone(&hands.store);
    let hands = hands.again(options(&servers, &prefix));
    let mut list = TopicPartitionList::new();
    for partition in 0..4 {
        list.add_partition_offset(&topic, partition, Offset::End).unwrap();
    }
    admin(&servers).delete_records(&list, &AdminOptions::new()).await.unwrap();
    drop(store);
    hands.publish(vec![seen(7, 2, 2)]).await;
    let mut came = Vec::new();
    while came.last() != Some(&seen(7, 2, 2)) {
        came.extend(hands.routed(1).await);
    }
    assert!(!hands.metrics.render().contains("left_out_records_total{why=\"expired\"} 0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_committed_is_not_read() {
    let Some((servers, prefix)) = place() else { return };
    let topic = format!("{prefix}youtube_videos");
    let hands = Hands::new(options(&servers, &prefix));
    hands.publish(vec![seen(0, 0, 0)]).await;
    hands.routed(1).await;
    let mut config = config(&servers);
    let producer: FutureProducer = config.set("transactional.id", &prefix).create().unwrap();
    producer.init_transactions(TIMEOUT).unwrap();
    for (n, is_committed) in [(1, false), (2, true)] {
        producer.begin_transaction().unwrap();
        let snapshot = seen(n, 1, 1);
        let mut value = serde_json::to_value(&snapshot).unwrap();
        value["id"] = snapshot.video_id.as_str().into();
        let value = value.to_string();
        let record = FutureRecord::to(&topic).key(snapshot.video_id.as_str()).payload(&value);
        producer.send(record, TIMEOUT).await.unwrap();
        if is_committed {
            producer.commit_transaction(TIMEOUT).unwrap();
        } else {
            producer.abort_transaction(TIMEOUT).unwrap();
        }
    }
    assert_eq!(hands.routed(1).await, [seen(2, 1, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_published_for_others_in_both_formats() {
    let Some((servers, prefix)) = place() else { return };
    let Some(registry) = services::registry() else { return };
    for is_avro in [false, true] {
        let prefix = format!("{prefix}{is_avro}_");
        let mut options = options(&servers, &prefix);
        if is_avro {
            let url = registry.to_string();
            options.format = Format::Avro(ServiceOptions { url, user: None, password: None });
        }
        let mut hands = Hands::new(options);
        let mirror = hands.bus.tasks.remove(0);
        let story = async {
            // First sight, the same again, a move, and one that comes late.
            for (second, views) in [(0, 10), (1, 10), (2, 3_000_000_000), (1, 7)] {
                hands.publish(vec![seen(0, second, views)]).await;
                hands.routed(1).await;
            }
            while hands.store.mirrored(1).await.unwrap().is_empty() {
                // The task has taken both already.
                if all(&servers, &format!("{prefix}youtube_changes")).len() == 2 {
                    break;
                }
                tokio::task::yield_now().await;
            }
            while all(&servers, &format!("{prefix}youtube_changes")).len() < 2 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = mirror => {}
            () = story => {}
        }
        let changes = all(&servers, &format!("{prefix}youtube_changes"));
        assert_eq!(changes.len(), 2, "{changes:?}");
        if !is_avro {
            let value = |n: usize| -> serde_json::Value {
                serde_json::from_slice(changes[n].2.as_ref().unwrap()).unwrap()
            };
            assert_eq!(value(0)["VIEWS_PREVIOUS"], serde_json::Value::Null);
            assert_eq!(value(0)["VIEWS_CURRENT"], 10);
            assert_eq!(value(1)["VIEWS_PREVIOUS"], 10);
            assert_eq!(value(1)["VIEWS_CURRENT"], 3_000_000_000_i64);
            assert_eq!(value(1)["TITLE_CURRENT"], seen(0, 0, 0).title.unwrap());
        }
    }
}
