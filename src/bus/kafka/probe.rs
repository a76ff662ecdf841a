//! Asks all services of the stream how they stand, before anything runs. Makes nothing and changes nothing.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::AdminClient;
use rdkafka::config::FromClientConfigAndContext as _;
use tokio_util::task::TaskTracker;

use super::Names;
use super::client::{Context, Health, config, refused};
use super::producer::Producer;
use super::reader::Reader;
use super::schemas::{Schemas, registry};
use super::topics::{Standing, Topics};
use crate::bus::ksqldb::{self, FileStatus, Ksql, KsqlError, ValueFormat, Variables, Waits};
use crate::bus::schema::{Registry, RegistryError};
use crate::bus::{BusError, Detect, Format, KafkaOptions};

/// How long ksqlDB may take for one answer: whoever looks waits in front of a screen.
const KSQLDB_TIMEOUT: Duration = Duration::from_secs(10);

/// How the cluster stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// How many brokers it has.
    pub brokers: usize,
    /// Our topics that are there.
    pub stand: Vec<String>,
    /// Those that are not, and that the gateway makes at its start.
    pub lack: Vec<String>,
    /// What is not as it should be, a line each, with what would be right.
    pub differs: Vec<String>,
}

/// How a subject of the registry stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name.
    pub name: String,
    /// Whether our schema is registered there.
    pub is_registered: bool,
    /// The level of compatibility that it has of its own.
    pub level: Option<String>,
}

/// Clients of all services that the configuration names.
pub struct Probe {
    topics: Arc<Topics>,
    schemas: Schemas,
    registry: Option<Registry>,
    ksqldb: Option<Ksql>,
    variables: Variables,
    /// Hears why no broker serves us: the client of administrators hears nothing but answers.
    _producer: Producer,
    health: Arc<Health>,
    tracker: TaskTracker,
}

impl Probe {
    /// Makes every client that a gateway makes, so that what librdkafka refuses is refused here; nothing is asked.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub fn new(options: &KafkaOptions, tracker: &TaskTracker) -> Result<Probe, BusError> {
        let (names, health) = (Names::new(options), Arc::new(Health::default()));
        let is_builtin = matches!(options.detect, Detect::Builtin);
        let admin = AdminClient::from_config_and_context(&config(options), Context::new(&health))
            .map_err(|error| refused(&error, options))?;
        let topics = Arc::new(Topics::new(admin, names.wanted(is_builtin), options));
        let producer = Producer::new(options, &topics, &health)?;
        drop(Reader::new(options, &names.videos, &health, tracker)?);
        let waits = Waits { request: KSQLDB_TIMEOUT, ready: Duration::ZERO, ..Waits::default() };
        let ksqldb = match &options.detect {
            Detect::Ksqldb(service) => Some(Ksql::new(service, waits)),
            Detect::Builtin => None,
        };
        let format = match options.format {
            Format::Avro(_) => ValueFormat::Avro,
            Format::Json => ValueFormat::Json,
        };
        Ok(Probe {
            schemas: Schemas::new(&options.format, &names, is_builtin, &health)?,
            registry: registry(&options.format)?,
            ksqldb: ksqldb.transpose().map_err(|error| BusError(error.to_string()))?,
            // Copies are of no concern to who only looks.
            variables: Variables { prefix: options.topic_prefix.clone(), format, replicas: 1 },
            topics,
            _producer: producer,
            health,
            tracker: tracker.clone(),
        })
    }

    /// How the cluster stands.
    ///
    /// # Errors
    ///
    /// When no broker answers us.
    pub async fn cluster(&self) -> Result<Cluster, BusError> {
        let topics = Arc::clone(&self.topics);
        let found = self.tracker.spawn_blocking(move || topics.found()).await;
        let found = found.unwrap_or_else(|_| Err(BusError("the question was broken off".into())));
        // Why it is refused is told beside the call, which ends with a time-out.
        let (brokers, found) = found.map_err(|error| self.health.why().map_or(error, BusError))?;
        let (stand, lack): (Vec<Standing>, Vec<_>) =
            found.into_iter().partition(|topic| topic.partitions.is_some());
        let names = |topics: &[Standing]| topics.iter().map(|topic| topic.name.clone()).collect();
        let (stand, lack): (Vec<String>, Vec<String>) = (names(&stand), names(&lack));
        let differs = self.topics.compare(&stand).await?;
        Ok(Cluster { brokers, stand, lack, differs })
    }

    /// Where the registry is, if there is one, and how our subjects stand there.
    ///
    /// # Errors
    ///
    /// When it does not answer, or not as a registry does.
    pub async fn registry(&self) -> Result<Option<(String, Vec<Subject>)>, RegistryError> {
        let Some(registry) = &self.registry else { return Ok(None) };
        let mut subjects = Vec::new();
        for (kind, name) in self.schemas.subjects() {
            let is_registered = registry.registered(name, kind.schema()).await?.is_some();
            let level = registry.level(name).await?;
            subjects.push(Subject { name: name.clone(), is_registered, level });
        }
        Ok(Some((registry.host(), subjects)))
    }

    /// The version of ksqlDB, if there is one, and how far each file of `ksql/` is.
    ///
    /// # Errors
    ///
    /// When it can't be asked.
    pub async fn ksqldb(&self) -> Result<Option<(String, Vec<FileStatus>)>, KsqlError> {
        let Some(ksqldb) = &self.ksqldb else { return Ok(None) };
        let info = ksqldb.ready().await?;
        let version = ksqldb.words(&info.version);
        Ok(Some((version, ksqldb::status(ksqldb, &self.variables).await?)))
    }
}
