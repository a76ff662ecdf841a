//! The broker and the registry that `tests/services/run` starts: topics of a bench's own, filled, read by somebody else, and read
//! by the gateway's stream.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use tokio_util::task::TaskTracker;
use tubebell::bus::record::{ChangeRecord, Codec, RecordKind};
use tubebell::bus::schema::{Registry, RegistryOptions};
use tubebell::bus::{
    self, Bus, BusOptions, Detect, Format, KafkaOptions, Parts, Properties, ServiceOptions,
};
use tubebell::model::Snapshot;
use tubebell::store::Sqlite;
use tubebell::telemetry::Metrics;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Partitions of each topic: what `[kafka] partitions` has by default.
const PARTITIONS: u32 = 6;

/// Topics with a prefix that nobody else has.
pub(crate) struct Topics {
    servers: String,
    registry: String,
    prefix: String,
}

/// Who finds the changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Somebody else, who has filled `youtube_changes`.
    Ksqldb,
    Builtin,
}

impl Topics {
    /// `None` says why: the figures that need them are skipped.
    pub(crate) fn new(figures: &str) -> Option<Topics> {
        let (servers, registry) = (told("TUBEBELL_TEST_KAFKA"), told("TUBEBELL_TEST_REGISTRY"));
        let (Some(servers), Some(registry)) = (servers, registry) else {
            println!("   {figures}: skipped, as there is no Kafka; tests/services/run starts one");
            return None;
        };
        Some(Topics { servers, registry, prefix: format!("b{:016x}_", rand::random::<u64>()) })
    }

    fn name(&self, topic: &str) -> String {
        format!("{}{topic}", self.prefix)
    }

    /// The sections of a configuration with these topics.
    pub(crate) fn sections(&self, by: By) -> String {
        let Topics { servers, registry, prefix } = self;
        let (detect, ksqldb) = match by {
            // Nobody listens there: what it would find stands in the topic already.
            By::Ksqldb => ("ksqldb", "[ksqldb]\nurl = \"http://127.0.0.1:1\"\n"),
            By::Builtin => ("builtin", ""),
        };
        format!(
            "[bus]\nmode = \"kafka\"\n[kafka]\nbootstrap_servers = \"{servers}\"\ntopic_prefix = \"{prefix}\"\n\
             schema_registry_url = \"{registry}\"\ndetect = \"{detect}\"\n{ksqldb}"
        )
    }

    fn avro(&self) -> ServiceOptions {
        ServiceOptions { url: self.registry.clone(), user: None, password: None }
    }

    /// Both ends of the stream, as `run` opens them.
    pub(crate) fn open(&self, store: &Arc<Sqlite>, by: By, is_json: bool) -> anyhow::Result<Bus> {
        let nobody = || ServiceOptions { url: "http://127.0.0.1:1".to_owned(), ..self.avro() };
        let options = KafkaOptions {
            bootstrap_servers: self.servers.clone(),
            topic_prefix: self.prefix.clone(),
            partitions: PARTITIONS,
            properties: Properties(BTreeMap::new()),
            format: if is_json { Format::Json } else { Format::Avro(self.avro()) },
            detect: match by {
                By::Ksqldb => Detect::Ksqldb(nobody()),
                By::Builtin => Detect::Builtin,
            },
            has_admin: true,
        };
        let parts = Parts {
            store: Arc::clone(store) as _,
            shared: Arc::clone(store) as _,
            clock: tubebell::app::system_clock(),
            metrics: Metrics::new(),
            tracker: TaskTracker::new(),
            keep: Duration::from_secs(30 * 86_400),
        };
        Ok(bus::open(&BusOptions::Kafka(Box::new(options)), parts)?)
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.servers);
        config
    }

    /// Makes `youtube_changes` and fills it as ksqlDB would: each snapshot with the one before it.
    pub(crate) async fn fill_changes(
        &self,
        changes: impl Iterator<Item = (Snapshot, Snapshot)>,
    ) -> anyhow::Result<u64> {
        let topic = self.name("youtube_changes");
        let admin: AdminClient<DefaultClientContext> = self.config().create()?;
        let partitions = i32::try_from(PARTITIONS)?;
        let new = NewTopic::new(&topic, partitions, TopicReplication::Fixed(1));
        for made in admin.create_topics(&[new], &AdminOptions::new()).await? {
            made.map_err(|(name, code)| anyhow::anyhow!("{name}: {code}"))?;
        }
        let url = self.registry.parse().context("the registry's address")?;
        let options = RegistryOptions { url, user: None, password: None };
        let codec = Codec::avro(Registry::new(options)?);
        codec.register(RecordKind::Change, &format!("{topic}-value")).await?;
        let mut config = self.config();
        config
            .set("compression.type", "lz4")
            .set("linger.ms", "20")
            .set("enable.idempotence", "true");
        config.set("partitioner", "murmur2_random");
        let producer: BaseProducer<DefaultProducerContext> = config.create()?;
        let mut count = 0;
        for (previous, current) in changes {
            let value = codec.encode_change(&ChangeRecord::of(Some(&previous), &current))?;
            let mut record = BaseRecord::to(&topic)
                .key(current.video_id.as_str())
                .payload(&value)
                .timestamp(current.observed_at.0);
            while let Err((error, back)) = producer.send(record) {
                let is_full = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
                ensure!(error == is_full, "{error}");
                producer.poll(Duration::from_millis(10));
                record = back;
            }
            producer.poll(Duration::ZERO);
            count += 1;
        }
        producer.flush(TIMEOUT)?;
        Ok(count)
    }

    /// Reads so many records of a topic by librdkafka alone, with what the gateway's client has for settings.
    pub(crate) fn read_bare(&self, topic: &str, count: u64) -> anyhow::Result<Duration> {
        let topic = self.name(topic);
        let mut config = self.config();
        config.set("group.id", &self.prefix).set("enable.auto.commit", "false");
        config.set("isolation.level", "read_committed");
        config.set("queued.max.messages.kbytes", "16384").set("queued.min.messages", "20000");
        config.set("fetch.message.max.bytes", "65536").set("fetch.queue.backoff.ms", "5");
        config.set("enable.auto.offset.store", "false");
        let consumer: BaseConsumer = config.create()?;
        let mut list = TopicPartitionList::new();
        for partition in 0..i32::try_from(PARTITIONS)? {
            list.add_partition_offset(&topic, partition, Offset::Beginning)?;
        }
        let begun = Instant::now();
        consumer.assign(&list)?;
        let (mut came, mut bytes) = (0, 0);
        while came < count {
            let message = consumer.poll(TIMEOUT).context("the topic ends too early")??;
            bytes += message.payload().map_or(0, <[u8]>::len);
            came += 1;
        }
        let took = begun.elapsed();
        println!("   {count} records of {} bytes in the middle", bytes as u64 / count);
        Ok(took)
    }

    /// Up to where the records of all partitions were routed.
    pub(crate) fn routed(beside: &rusqlite::Connection) -> anyhow::Result<u64> {
        Ok(beside.query_row("SELECT ifnull(sum(next), 0) FROM position", [], |row| row.get(0))?)
    }

    /// Looks at the positions until so many records were routed; returns how many it found.
    pub(crate) async fn until_routed(database: &Path, count: u64) -> anyhow::Result<u64> {
        let beside = rusqlite::Connection::open(database)?;
        let begun = Instant::now();
        loop {
            let routed = Topics::routed(&beside)?;
            if routed >= count {
                return Ok(routed);
            }
            ensure!(begun.elapsed() < Duration::from_secs(300), "the topic was not routed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the environment is how the services are told")]
fn told(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}
