//! ksqlDB's part: the SQL that finds the changes, behind the topics and schemas that it counts on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::AdminClient;
use rdkafka::config::FromClientConfigAndContext as _;
use tokio_util::task::TaskTracker;

use super::Names;
use super::client::{Context, Health, config, refused};
use super::reader::Reader;
use super::schemas::Schemas;
use super::topics::Topics;
use crate::bus::ksqldb::{self, Applied, Ksql, KsqlError, Lock, ValueFormat, Variables, Waits};
use crate::bus::{BusError, Detect, Format, KafkaOptions, ServiceOptions};
use crate::telemetry::LogThrottle;

/// How long a ksqlDB that is away is left alone.
const RETRY: Duration = Duration::from_secs(10);

/// How long ksqlDB is waited for by who only looks.
const STATUS_WAIT: Duration = Duration::from_secs(5);

/// Why the SQL was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The topics or schemas that it counts on can't be had.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// ksqlDB.
    #[error(transparent)]
    Ksql(#[from] KsqlError),
}

/// Applies the SQL.
pub struct Changes {
    ksqldb: Ksql,
    topics: Arc<Topics>,
    schemas: Arc<Schemas>,
    videos: Reader,
    prefix: String,
    format: ValueFormat,
}

impl Changes {
    /// Makes the clients; nothing is asked. `None`: ksqlDB finds no changes here.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub fn new(
        options: &KafkaOptions,
        tracker: &TaskTracker,
    ) -> Result<Option<Changes>, ApplyError> {
        let Detect::Ksqldb(service) = &options.detect else { return Ok(None) };
        let (names, health) = (Names::new(options), Arc::new(Health::default()));
        let admin = AdminClient::from_config_and_context(&config(options), Context::new(&health))
            .map_err(|error| refused(&error, options))?;
        let topics = Arc::new(Topics::new(admin, names.wanted(false), options));
        let schemas = Arc::new(Schemas::new(&options.format, &names, false, &health)?);
        Changes::with(options, service, &topics, &schemas, &health, tracker).map(Some)
    }

    /// The same beside a stream that has clients of its own.
    pub(super) fn with(
        options: &KafkaOptions,
        service: &ServiceOptions,
        topics: &Arc<Topics>,
        schemas: &Arc<Schemas>,
        health: &Arc<Health>,
        tracker: &TaskTracker,
    ) -> Result<Changes, ApplyError> {
        let videos = Names::new(options).videos;
        Ok(Changes {
            ksqldb: Ksql::new(service, Waits::default())?,
            topics: Arc::clone(topics),
            schemas: Arc::clone(schemas),
            videos: Reader::new(options, &videos, health, tracker)?,
            prefix: options.topic_prefix.clone(),
            format: match options.format {
                Format::Avro(_) => ValueFormat::Avro,
                Format::Json => ValueFormat::Json,
            },
        })
    }

    /// Applies what is not applied yet: first the topics, then their schemas, then the SQL.
    ///
    /// # Errors
    ///
    /// When one of them can't be had; what was made stays, and the next call goes on there.
    pub async fn apply(&self, lock: &Lock) -> Result<Applied, ApplyError> {
        self.topics.stand().await?;
        self.schemas.writing().await?;
        Ok(ksqldb::apply(&self.ksqldb, &self.variables().await?, lock).await?)
    }

    /// How far each file is.
    ///
    /// # Errors
    ///
    /// When ksqlDB or the cluster can't be asked.
    pub async fn status(&self) -> Result<Vec<ksqldb::FileStatus>, ApplyError> {
        let ksqldb = self.ksqldb.waited_for(STATUS_WAIT);
        Ok(ksqldb::status(&ksqldb, &self.variables().await?).await?)
    }

    async fn variables(&self) -> Result<Variables, BusError> {
        let found = self.videos.find(false).await?;
        let replicas = found.map_or(1, |found| u16::try_from(found.replicas).unwrap_or(u16::MAX));
        Ok(Variables { prefix: self.prefix.clone(), format: self.format, replicas })
    }

    /// Applies, as often as that takes: a ksqlDB that is away holds up no start.
    pub(super) async fn run(self, lock: Lock) {
        let mut failures = LogThrottle::new(1);
        loop {
            match self.apply(&lock).await {
                Ok(applied) => {
                    for (file, _) in &applied.made {
                        tracing::info!("{file} was applied to ksqlDB");
                    }
                    return;
                }
                Err(error) => {
                    if let Some(unsaid) = failures.pass(Instant::now()) {
                        tracing::error!(%error, unsaid, "no changes come from ksqlDB until its SQL is applied");
                    }
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}
