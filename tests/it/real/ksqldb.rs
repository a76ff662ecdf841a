//! The gateway beside ksqlDB, which is played: its REST API by the simulated server, its query by a small reader and writer
//! of records on a real broker.

use std::collections::HashMap;

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use tubebell::app::system_clock;
use tubebell::bus::record::{ChangeRecord, Codec, is_change};
use tubebell::model::{Snapshot, VideoId};
use tubebell_sim::ksqldb::serve;

use super::stream::{admin, config, place};
use crate::kafka::gateway::{sections, told};
use crate::story::{Story, VIDEO, baseline, recorded};
use crate::wait::{LIMIT, until};

const WEEK_MS: i64 = 604_800_000;

/// Does what the query does: each snapshot with the one that came before it, in the order in which they come, where they differ.
struct Query {
    from: StreamConsumer,
    to: FutureProducer,
    topic: String,
    last: HashMap<VideoId, Snapshot>,
}

impl Query {
    /// The topic that is written is made, as ksqlDB does.
    async fn new(servers: &str, prefix: &str) -> Query {
        let (from, topic) = (format!("{prefix}youtube_videos"), format!("{prefix}youtube_changes"));
        let new = NewTopic::new(&topic, 4, TopicReplication::Fixed(1));
        let made = admin(servers).create_topics(&[new], &AdminOptions::new()).await.unwrap();
        assert!(made[0].is_ok(), "{made:?}");
        let consumer: StreamConsumer = config(servers).create().unwrap();
        let mut list = TopicPartitionList::new();
        for partition in 0..4 {
            list.add_partition_offset(&from, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&list).unwrap();
        let mut config = config(servers);
        let to = config.set("partitioner", "murmur2_random").create().unwrap();
        Query { from: consumer, to, topic, last: HashMap::new() }
    }

    /// Runs for ever.
    async fn run(mut self) {
        let codec = Codec::json();
        loop {
            let message = self.from.recv().await.unwrap();
            let key = message.key().unwrap();
            let current = codec.decode_video(key, message.payload().unwrap()).unwrap();
            let previous = self.last.insert(current.video_id, current.clone());
            if is_change(previous.as_ref(), &current) {
                let change = ChangeRecord::of(previous.as_ref(), &current);
                let value = codec.encode_change(&change).unwrap();
                let record = FutureRecord::to(&self.topic).key(key).payload(&value);
                self.to.send(record, LIMIT).await.unwrap();
            }
        }
    }
}

/// A snapshot of the video that came by another way, so many seconds old.
fn snapshot(views: i64, age_s: i64) -> Snapshot {
    let at = system_clock()().0 - 1_000 * age_s;
    serde_json::from_value(serde_json::json!({
        "video_id": VIDEO, "observed_at": at, "numbers_at": at, "details_at": at, "views": views, "likes": 10,
        "comments": 1, "title": "Never <b>gonna</b> & @give #you up", "channel_id": null, "channel_title": null,
        "status": "public", "live": "none", "published_at": null,
    }))
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_ksqldb_each_change_rings_once_and_a_late_or_repeated_record_nobody() {
    let Some((servers, prefix)) = place() else { return };
    let mut story = Story::quick().await;
    let ksqldb = serve(&story.simulation).await.unwrap();
    for name in ["youtube_videos", "youtube_watched"] {
        ksqldb.topic(&format!("{prefix}{name}"), 4, Some(WEEK_MS));
    }
    let more = format!("format = \"json\"\n[ksqldb]\nurl = \"{}\"\n", ksqldb.url());
    story.more = sections(&servers, &prefix, &more).replace("\"builtin\"", "\"ksqldb\"");
    let gateway = story.start().await;
    let topic = format!("{prefix}youtube_changes");
    until("that its SQL is applied", async || {
        ksqldb.sources().iter().any(|source| source.topic == topic && source.query.is_some())
    })
    .await;
    // As long as it writes nothing, commands are answered all the same.
    story.ask("/watch dQw4w9WgXcQ views any", "Watching").await;

    let query = Query::new(&servers, &prefix).await.run();
    let mut other = config(&servers);
    let other: FutureProducer = other.set("partitioner", "murmur2_random").create().unwrap();
    let publish = async |snapshot: &Snapshot| {
        let value = Codec::json().encode_video(snapshot).unwrap();
        let topic = format!("{prefix}youtube_videos");
        other.send(FutureRecord::to(&topic).key(VIDEO).payload(&value), LIMIT).await.unwrap();
    };
    let day = async {
        baseline(&gateway).await;
        story.set_counts(1005, None);
        story.hears("990 → 1,005").await;
        // Two that are late, the second of them twice: all three are pairs that ksqlDB forwards or drops as it does.
        publish(&snapshot(7, 3_600)).await;
        publish(&snapshot(8, 1_800)).await;
        publish(&snapshot(8, 1_800)).await;
        story.set_counts(1006, None);
        story.hears("1,005 → 1,006").await;
        // A change that is forwarded again, byte by byte.
        let now = snapshot(1006, 1);
        let value = Codec::json().encode_change(&ChangeRecord::of(Some(&snapshot(1005, 60)), &now));
        let value = value.unwrap();
        for _ in 0..2 {
            let record = FutureRecord::to(&topic).key(VIDEO).payload(&value);
            other.send(record, LIMIT).await.unwrap();
        }
        story.set_counts(1007, None);
        story.hears("1,006 → 1,007").await;
    };
    tokio::select! {
        () = query => {}
        () = day => {}
    }
    recorded(&gateway).await;
    assert_eq!(told(&story, "→"), 3, "{:#?}", story.texts());
    let metrics = gateway.metrics.render();
    assert!(!metrics.contains("tubebell_routed_snapshots_total{sight=\"late\"} 0"), "{metrics}");
    gateway.stop().await;
    story.end().await;
}
