//! What all clients of librdkafka have in common: properties, how they speak, and how the cluster stands.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{IsError as _, KafkaError, RDKafkaErrorCode};
use secrecy::ExposeSecret as _;

use crate::bus::{BusError, KafkaOptions};
use crate::telemetry::LogThrottle;

/// Lines of librdkafka in a minute: a broker that is away is news once.
const LINES_MAX: u32 = 5;

/// What is wrong with the cluster: its brokers are away, or none lets us in.
const AWAY: u8 = 1;
const REFUSED: u8 = 2;

/// How the cluster and the Schema Registry stand, as far as their clients have noticed.
#[derive(Debug, Default)]
pub(super) struct Health {
    cluster: AtomicU8,
    lacks_schemas: AtomicBool,
    /// Why no broker serves us, where librdkafka says more than that none does: it tries on, and calls all of it a time-out.
    why: Mutex<Option<RDKafkaErrorCode>>,
}

impl Health {
    /// A broker has answered.
    pub(super) fn answered(&self) {
        if self.cluster.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("Kafka can be reached again");
        }
    }

    /// A call has failed, which may say something about all brokers.
    pub(super) fn failed(&self, error: &KafkaError) {
        let Some(code) = error.rdkafka_error_code() else { return };
        // One that lets nobody in is away too, in librdkafka's eyes.
        if is_no_answer(code) && self.cluster.fetch_max(AWAY, Ordering::Relaxed) < AWAY {
            tracing::warn!("no broker of Kafka's answers: what is read and written waits");
        }
        if is_refused(code) && self.cluster.fetch_max(REFUSED, Ordering::Relaxed) < REFUSED {
            tracing::error!("Kafka does not let us in: check user and password");
        }
    }

    /// Why no broker serves us, in a few words, where more is known than that none does.
    pub(super) fn why(&self) -> Option<String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).map(words)
    }

    /// Whether schemas can be had.
    pub(super) fn has_schemas(&self, has_them: bool) {
        self.lacks_schemas.store(!has_them, Ordering::Relaxed);
    }

    /// What is wrong, in a few words.
    pub(super) fn trouble(&self) -> Option<String> {
        let words = match self.cluster.load(Ordering::Relaxed) {
            0 if self.lacks_schemas.load(Ordering::Relaxed) => {
                "the Schema Registry gives no schemas, see the log"
            }
            0 => return None,
            REFUSED => "user and password are refused",
            _ => "no broker answers",
        };
        Some(words.to_owned())
    }
}

/// Hears what librdkafka says.
pub(super) struct Context {
    health: Arc<Health>,
    lines: Mutex<LogThrottle>,
    /// Whether errors are heard when they happen, and not when somebody reads on.
    is_heard_at_once: bool,
}

impl Context {
    pub(super) fn new(health: &Arc<Health>) -> Context {
        let lines = Mutex::new(LogThrottle::new(LINES_MAX));
        Context { health: Arc::clone(health), lines, is_heard_at_once: true }
    }

    /// For a client whose errors stand between its records: an outage may be over when they are heard.
    pub(super) fn heard_late(health: &Arc<Health>) -> Context {
        Context { is_heard_at_once: false, ..Context::new(health) }
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, _: &str, line: &str) {
        // Producers and consumers get the same properties.
        if line.contains("property and will be ignored by this") {
            return;
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(unsaid) = lines.pass(Instant::now()) else { return };
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error
            | RDKafkaLogLevel::Warning => tracing::warn!(unsaid, "librdkafka: {line}"),
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => {
                tracing::debug!(unsaid, "librdkafka: {line}");
            }
        }
    }

    fn error(&self, error: KafkaError, _: &str) {
        // A single connection that ends says nothing about the others.
        if self.is_heard_at_once
            && error.rdkafka_error_code() != Some(RDKafkaErrorCode::BrokerTransportFailure)
        {
            self.health.failed(&error);
        }
        let code = error.rdkafka_error_code();
        if let Some(code) = code.filter(|code| is_refused(*code) || is_in_the_way(*code)) {
            *self.health.why.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
        }
    }
}

impl ConsumerContext for Context {}

/// The properties that the configuration gives, and those that hold for every client of ours.
pub(super) fn config(options: &KafkaOptions) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("client.id", "tubebell")
        .set("socket.keepalive.enable", "true")
        .set("allow.auto.create.topics", "false")
        // From the first failure on: a broker that comes back is found within seconds.
        .set("reconnect.backoff.max.ms", "5000")
        .set_log_level(RDKafkaLogLevel::Warning);
    for (name, value) in &options.properties.0 {
        config.set(name, value.expose_secret());
    }
    config.set("bootstrap.servers", &options.bootstrap_servers);
    config
}

/// What librdkafka says against the configuration, without any value of it.
pub(super) fn refused(error: &KafkaError, options: &KafkaOptions) -> BusError {
    let line = match error {
        KafkaError::ClientConfig(result, _, name, _) if result.is_error() => {
            format!("kafka.properties: librdkafka does not take {name}, or not with this value")
        }
        other => format!("[kafka]: {}", line(other)),
    };
    let secrets = options.properties.0.values().map(secrecy::ExposeSecret::expose_secret);
    // Short words are no secrets and stand in many a line.
    let hidden = secrets.filter(|secret| secret.len() > 5);
    BusError(hidden.fold(line, |line, secret| line.replace(secret, "…")))
}

/// The words of an error.
pub(super) fn line(error: &KafkaError) -> String {
    match error.rdkafka_error_code() {
        Some(code) => words(code),
        None => error.to_string(),
    }
}

/// The words of a code, with the way out for the usual ones.
pub(super) fn words(code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::MessageTimedOut
        | RDKafkaErrorCode::OperationTimedOut
        | RDKafkaErrorCode::RequestTimedOut => "no broker has answered in time".to_owned(),
        RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown => {
            "no broker can be reached".to_owned()
        }
        RDKafkaErrorCode::TopicAuthorizationFailed => "we may not use this topic".to_owned(),
        RDKafkaErrorCode::ClusterAuthorizationFailed => {
            "we may not do this in the cluster".to_owned()
        }
        RDKafkaErrorCode::GroupAuthorizationFailed => {
            "we may not use this consumer group".to_owned()
        }
        RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic => {
            "the topic does not exist".to_owned()
        }
        RDKafkaErrorCode::SSL => {
            "no TLS comes about, look at security.protocol and ssl.ca.location".to_owned()
        }
        RDKafkaErrorCode::Resolve => "its name stands for no address".to_owned(),
        RDKafkaErrorCode::PolicyViolation => "the cluster's policy forbids it".to_owned(),
        code if is_refused(code) => "our name and password are refused".to_owned(),
        other => other.to_string(),
    }
}

/// Whether it says that nobody has answered.
const fn is_no_answer(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::MessageTimedOut
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::RequestTimedOut
    )
}

/// Whether it says that we are not who we say.
const fn is_refused(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::SaslAuthenticationFailed | RDKafkaErrorCode::Authentication)
}

/// Whether it says that something stands between us and a broker.
const fn is_in_the_way(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::SSL | RDKafkaErrorCode::Resolve)
}

/// Whether it says that there is no record where a partition was to be read on.
pub(super) const fn is_out_of_bounds(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange
            | RDKafkaErrorCode::LogTruncation
    )
}

/// Whether it says that a topic, or a partition of it, is not there.
pub(super) const fn is_gone(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownPartition
    )
}
