//! The stream as topics of Kafka's.
//!
//! `sink` writes snapshots, `consumer` reads them (or the changes that ksqlDB finds) for the router, which keeps the
//! positions; `mirror` publishes what else other programs are told. What can't be read is `parked`; `letters` shows it, and
//! writes it back. `probe` asks how all services stand.

mod age;
mod changes;
mod client;
mod closing;
mod consumer;
mod letters;
mod mirror;
mod parked;
mod partition;
mod probe;
mod producer;
mod reader;
mod schemas;
mod sink;
mod state;
mod topics;
mod walk;

use std::sync::{Arc, Mutex};

use rdkafka::admin::AdminClient;
use rdkafka::config::FromClientConfigAndContext as _;

use super::ksqldb::Lock;
use super::{Bus, BusError, Detect, KafkaOptions, Parts, Task};
use age::Ages;
pub use changes::{ApplyError, Changes};
use client::{Context, Health};
use consumer::{Consumer, Kind};
pub use letters::{Letters, Listed, Parked, Replayed, Stays};
use mirror::Mirror;
use parked::Parking;
pub use probe::{Cluster, Probe, Subject};
use producer::Producer;
use reader::Reader;
use schemas::Schemas;
use sink::Sink;
use topics::{Cleanup, Topic, Topics};

/// How long snapshots and changes stay, and what can't be read, in days.
const FACTS_DAYS: u64 = 7;
const PARKED_DAYS: u64 = 30;

/// The names of the topics.
struct Names {
    videos: Arc<str>,
    changes: Arc<str>,
    watched: Arc<str>,
    parked: Arc<str>,
}

impl Names {
    fn new(options: &KafkaOptions) -> Names {
        let name = |name: &str| Arc::from(format!("{}{name}", options.topic_prefix));
        Names {
            videos: name("youtube_videos"),
            changes: name("youtube_changes"),
            watched: name("youtube_watched"),
            parked: name("youtube_parked"),
        }
    }

    /// The topics that tubebell makes. ksqlDB makes those that it writes.
    fn wanted(&self, is_builtin: bool) -> Vec<Topic> {
        let topic = |name: &Arc<str>, cleanup| Topic { name: name.to_string(), cleanup };
        let mut wanted = vec![
            topic(&self.videos, Cleanup::Days(FACTS_DAYS)),
            topic(&self.watched, Cleanup::Compact),
            topic(&self.parked, Cleanup::Days(PARKED_DAYS)),
        ];
        if is_builtin {
            wanted.push(topic(&self.changes, Cleanup::Days(FACTS_DAYS)));
        }
        wanted
    }
}

/// Makes all clients. Nothing is asked of the cluster yet: one that is away holds up no start.
///
/// # Errors
///
/// What is wrong with the configuration.
pub(super) fn open(options: &KafkaOptions, parts: Parts) -> Result<Bus, BusError> {
    let Parts { store, shared, clock, metrics, tracker, keep } = parts;
    let (names, health) = (Names::new(options), Arc::new(Health::default()));
    let is_builtin = matches!(options.detect, Detect::Builtin);
    let schemas = Arc::new(Schemas::new(&options.format, &names, is_builtin, &health)?);
    let admin =
        AdminClient::from_config_and_context(&client::config(options), Context::new(&health))
            .map_err(|error| client::refused(&error, options))?;
    let topics = Arc::new(Topics::new(admin, names.wanted(is_builtin), options));
    let producer = Arc::new(Producer::new(options, &topics, &health)?);
    let (topic, kind) =
        if is_builtin { (&names.videos, Kind::Videos) } else { (&names.changes, Kind::Changes) };
    let ages = Arc::new(Ages::new(metrics.clone()));
    let mut tasks: Vec<Task> = Vec::new();
    if let Detect::Ksqldb(service) = &options.detect {
        let changes = Changes::with(options, service, &topics, &schemas, &health, &tracker);
        let changes = changes.map_err(|error| BusError(error.to_string()))?;
        let lock = Lock { store: shared, holder: "run".to_owned(), clock: Arc::clone(&clock) };
        tasks.push(Box::pin(changes.run(lock)));
    }
    let consumer = Consumer {
        store: Arc::clone(&store),
        reader: Arc::new(Reader::new(options, topic, &health, &tracker)?),
        tracker,
        answered: Arc::default(),
        topic: Arc::clone(topic),
        kind,
        topics,
        schemas: Arc::clone(&schemas),
        parking: Parking {
            producer: Arc::clone(&producer),
            topic: Arc::clone(&names.parked),
            metrics: metrics.clone(),
        },
        clock: Arc::clone(&clock),
        metrics,
        ages: Arc::clone(&ages),
        beside: is_builtin.then(mirror::finds_changes),
        state: tokio::sync::Mutex::default(),
        ahead: Mutex::default(),
    };
    let sink = Sink {
        producer: Arc::clone(&producer),
        schemas: Arc::clone(&schemas),
        topic: Arc::clone(&names.videos),
        ages,
    };
    let mirror = Mirror {
        store,
        producer,
        schemas,
        videos: names.videos,
        changes: names.changes,
        watched: names.watched,
        keep,
        clock,
    };
    tasks.push(Box::pin(mirror.run()));
    Ok(Bus {
        sink: Arc::new(sink),
        stream: Arc::new(consumer),
        tasks,
        trouble: Some(Box::new(move || health.trouble())),
    })
}
