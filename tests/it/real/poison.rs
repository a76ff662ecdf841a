//! Records that can't be read, or not yet, amid those of a gateway that runs.

use rdkafka::producer::{FutureProducer, FutureRecord};
use tubebell::bus::record::{Codec, RecordKind, VIDEO_SCHEMA};
use tubebell_sim::registry::{Fault, Options, serve};

use super::stream::{all, config, place, write};
use crate::faults::ready;
use crate::kafka::gateway::{sections, told};
use crate::schema_registry::{registry, snapshot};
use crate::story::{Story, recorded};
use crate::wait::{LIMIT, until};

#[tokio::test(flavor = "multi_thread")]
async fn poison_amid_good_records_is_parked_and_holds_up_no_alert() {
    let Some((servers, prefix)) = place() else { return };
    let (topic, parked) = (format!("{prefix}youtube_videos"), format!("{prefix}youtube_parked"));
    let mut story = Story::quick().await;
    story.more = sections(&servers, &prefix, "format = \"json\"\n");
    let gateway = story.start().await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    let mut other = config(&servers);
    let other: FutureProducer = other.set("partitioner", "murmur2_random").create().unwrap();
    for (round, views) in [1005, 2005, 3005].into_iter().enumerate() {
        for n in 0..40 {
            // Of the video itself, and of others.
            let key = if n % 2 == 0 { crate::story::VIDEO.to_owned() } else { format!("{n:011}") };
            let record = FutureRecord::to(&topic).key(&key).payload("{\"id\":\"no snapshot\"}");
            other.send(record, LIMIT).await.unwrap();
        }
        write(&servers, &topic, crate::story::VIDEO, None).await;
        story.set_counts(views, None);
        story.hears(&format!("passed {},000", views / 1000)).await;
        until("that all are parked", async || all(&servers, &parked).len() == 40 * (round + 1))
            .await;
    }
    recorded(&gateway).await;
    assert_eq!(told(&story, "passed"), 3, "{:#?}", story.texts());
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_away_at_the_start_or_later_delays_what_is_told_and_parks_nothing() {
    let Some((servers, prefix)) = place() else { return };
    let (topic, parked) = (format!("{prefix}youtube_videos"), format!("{prefix}youtube_parked"));
    let mut story = Story::quick().await;
    let schemas = serve(&story.simulation, Options::default()).await.unwrap();
    let more = format!(
        "schema_registry_url = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n",
        schemas.base_url()
    );
    story.more = sections(&servers, &prefix, &more);
    schemas.plan("/", Fault::Cut, None);
    let gateway = story.start().await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    until("that it is missed", async || {
        let (is_ready, text) = ready(&gateway).await;
        !is_ready && text.contains("kafka FAILED the Schema Registry")
    })
    .await;
    story.set_counts(1005, None);
    story.ask("/list", "You watch 1 of").await;
    schemas.heal();
    story.hears("passed 1,000").await;
    until("that all is well", async || ready(&gateway).await.0).await;

    // Another writer has a schema of its own, which nobody here has seen.
    let codec = Codec::avro(registry(&schemas.base_url(), None));
    codec.register(RecordKind::Video, "others-value").await.unwrap();
    let own = VIDEO_SCHEMA.replacen('{', "{\"aliases\": [\"of_others\"], ", 1);
    let id = schemas.put("others-value", &own);
    let mut foreign = codec.encode_video(&snapshot()).unwrap();
    foreign[1..5].copy_from_slice(&id.to_be_bytes());
    schemas.plan("/", Fault::Cut, None);
    for partition in 0..4 {
        let producer: FutureProducer = config(&servers).create().unwrap();
        let record = FutureRecord::to(&topic).key("dQw4w9WgXcQ").payload(&foreign);
        producer.send(record.partition(partition), LIMIT).await.unwrap();
    }
    until("that it is missed again", async || !ready(&gateway).await.0).await;
    story.set_counts(2005, None);
    story.ask("/list", "You watch 1 of").await;
    assert_eq!(told(&story, "passed 2,000"), 0, "what stands behind an unknown schema waits");
    schemas.heal();
    story.hears("passed 2,000").await;
    until("that all is well", async || ready(&gateway).await.0).await;
    recorded(&gateway).await;
    assert_eq!(all(&servers, &parked).len(), 0);
    assert_eq!(told(&story, "passed"), 2, "{:#?}", story.texts());
    gateway.stop().await;
    story.end().await;
}
