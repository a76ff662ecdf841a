//! What the stream is set up with.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;

/// How snapshots travel from the poller to the router: `[bus]` and what it needs.
#[derive(Debug, Clone, Default)]
pub enum BusOptions {
    /// Through a table of the store.
    #[default]
    Embedded,
    /// Through topics of Kafka's.
    Kafka(Box<KafkaOptions>),
}

/// `[kafka]`
#[derive(Debug, Clone)]
pub struct KafkaOptions {
    /// Where brokers are found: `host:port`, several with commas.
    pub bootstrap_servers: String,
    /// Stands in front of the name of each topic.
    pub topic_prefix: String,
    /// Partitions of a topic that tubebell makes.
    pub partitions: u32,
    /// What is handed to librdkafka as it is.
    pub properties: Properties,
    /// What the values of records are.
    pub format: Format,
    /// Who finds the changes.
    pub detect: Detect,
    /// Whether the cluster is asked what administrators ask: to make topics, and for their ids, by which one that was made anew is
    /// known. librdkafka's own cluster in memory leaves such questions without an answer.
    pub has_admin: bool,
}

/// What the values of records are.
#[derive(Debug, Clone)]
pub enum Format {
    /// Avro, with schemas that stand in a Schema Registry.
    Avro(ServiceOptions),
    /// Plain JSON.
    Json,
}

/// Who finds the changes among the snapshots.
#[derive(Debug, Clone)]
pub enum Detect {
    /// ksqlDB: `youtube_changes` is read.
    Ksqldb(ServiceOptions),
    /// Tubebell itself: `youtube_videos` is read, and `youtube_changes` is written for others.
    Builtin,
}

/// A service that is asked over HTTP.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Where it is: a URL without user, query and `/` at its end.
    pub url: String,
    /// Who we are there, if it asks.
    pub user: Option<String>,
    /// The password that goes with it.
    pub password: Option<SecretString>,
}

/// Properties of librdkafka, by name.
#[derive(Clone, Default)]
pub struct Properties(pub BTreeMap<String, SecretString>);

impl fmt::Debug for Properties {
    /// Only the names: some of the values are passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
