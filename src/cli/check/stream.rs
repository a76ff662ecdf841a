//! Of `check`: Kafka, the Schema Registry and ksqlDB, where the configuration has them. Nothing is made or changed there.

use std::io::Write;

use tokio_util::task::TaskTracker;

use super::Report;
use crate::bus::ksqldb::{FileStatus, Step};
use crate::bus::{BusOptions, Cluster, Probe, Subject};
use crate::cli::fault::Fault;
use crate::cli::ksql;
use crate::cli::terminal::{counted, plain};
use crate::config::Config;

/// Levels under which what follows our schema can be read by whoever reads ours.
const GOOD_LEVELS: [&str; 4] = ["BACKWARD", "BACKWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"];

/// The services of the stream.
pub(super) struct Stream {
    probe: Probe,
    servers: String,
}

/// Makes the clients, where the stream goes through Kafka; what librdkafka refuses is a mistake of the configuration.
pub(super) fn open<W: Write>(
    config: &Config,
    report: &mut Report<W>,
) -> Result<Option<Stream>, Fault> {
    let BusOptions::Kafka(options) = &config.bus else { return Ok(None) };
    match Probe::new(options, &TaskTracker::new()) {
        Ok(probe) => Ok(Some(Stream { probe, servers: plain(&options.bootstrap_servers) })),
        Err(error) => report.wrong(&error.to_string()).map(|()| None),
    }
}

impl Stream {
    /// Asks each of them.
    pub(super) async fn ask<W: Write>(&self, report: &mut Report<W>) -> Result<(), Fault> {
        match self.probe.cluster().await {
            Ok(found) => cluster(&found, &self.servers, report)?,
            Err(error) => {
                let servers = &self.servers;
                report.failed(&format!(
                    "kafka: {servers}: {error}; is it running, and are kafka.bootstrap_servers and kafka.properties right?"
                ))?;
            }
        }
        match self.probe.registry().await {
            Ok(Some((host, found))) => subjects(&host, &found, report)?,
            Ok(None) => {}
            Err(error) => report.failed(&format!("kafka: {error}"))?,
        }
        match self.probe.ksqldb().await {
            Ok(Some((version, found))) => files(&version, &found, report),
            Ok(None) => Ok(()),
            Err(error) => report.failed(&format!("ksqldb: {error}")),
        }
    }
}

fn cluster<W: Write>(found: &Cluster, servers: &str, report: &mut Report<W>) -> Result<(), Fault> {
    let Cluster { brokers, stand, lack, differs } = found;
    let brokers = counted(*brokers, "broker", "brokers");
    let topics = if stand.is_empty() { "none of our topics" } else { &stand.join(", ") };
    report.ok(&format!("kafka: {servers}: {brokers}, with {topics}"))?;
    if !lack.is_empty() {
        let lack = lack.join(", ");
        report.note(&format!("kafka: topics that `run` makes at its start: {lack}"))?;
    }
    differs.iter().try_for_each(|line| report.note(&format!("kafka: {}", plain(line))))
}

fn subjects<W: Write>(host: &str, found: &[Subject], report: &mut Report<W>) -> Result<(), Fault> {
    let is_good = |level: &Option<String>| {
        level.as_ref().is_some_and(|level| GOOD_LEVELS.contains(&level.as_str()))
    };
    let (there, lack): (Vec<&Subject>, Vec<&Subject>) =
        found.iter().partition(|subject| subject.is_registered);
    let level = |subject: &Subject| subject.level.as_deref().map_or("unset".to_owned(), plain);
    let shown: Vec<String> =
        there.iter().map(|subject| format!("{} ({})", subject.name, level(subject))).collect();
    let shown = if shown.is_empty() { "none of our schemas".to_owned() } else { shown.join(", ") };
    report.ok(&format!("schema registry: {host}: {shown}"))?;
    if !lack.is_empty() {
        let lack: Vec<&str> = lack.iter().map(|subject| subject.name.as_str()).collect();
        let lack = lack.join(", ");
        report.note(&format!("schema registry: schemas that `run` registers: {lack}"))?;
    }
    for subject in there.iter().filter(|subject| !is_good(&subject.level)) {
        let (name, level) = (&subject.name, level(subject));
        report.note(&format!(
            "schema registry: {name}: the compatibility is {level}, `run` sets BACKWARD"
        ))?;
    }
    Ok(())
}

fn files<W: Write>(
    version: &str,
    found: &[FileStatus],
    report: &mut Report<W>,
) -> Result<(), Fault> {
    let stand = found.iter().filter(|file| file.is_well()).count();
    let all = counted(found.len(), "file", "files");
    report.ok(&format!("ksqldb: version {version}: {stand} of {all} of ksql/ applied"))?;
    let mut missing = 0;
    for file in found.iter().filter(|file| !file.is_well()) {
        match file.found {
            Ok(Step::Make | Step::Finish | Step::Again) if file.error.is_none() => missing += 1,
            Ok(_) | Err(_) => {
                report.failed(&format!("ksqldb: {}: {}", file.file, ksql::words(file)))?;
            }
        }
    }
    if missing > 0 {
        let missing = counted(missing, "file", "files");
        report.note(&format!("ksqldb: {missing} that `run` or `ksql apply` applies"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use rdkafka::mocking::MockCluster;
    use tubebell_sim::Simulation;
    use tubebell_sim::ksqldb::KsqlDbSim;
    use tubebell_sim::registry::{Level, RegistrySim};
    use tubebell_sim::world::World;

    use super::*;
    use crate::bus::record::RecordKind;
    use crate::bus::{Detect, Format, KafkaOptions, Properties, ServiceOptions};

    /// All three services, on loopback.
    struct Outside {
        _simulation: Simulation,
        registry: RegistrySim,
        ksqldb: KsqlDbSim,
    }

    impl Outside {
        async fn new() -> Outside {
            let now = jiff::Timestamp::UNIX_EPOCH;
            let simulation = Simulation::new(World::new(0, now), Arc::new(move || now));
            let options = tubebell_sim::registry::Options {
                account: Some(("ana".to_owned(), "s3cret".to_owned())),
                ..Default::default()
            };
            let registry = tubebell_sim::registry::serve(&simulation, options).await.unwrap();
            let ksqldb = tubebell_sim::ksqldb::serve(&simulation).await.unwrap();
            Outside { _simulation: simulation, registry, ksqldb }
        }

        fn options(&self, servers: &str, password: &str) -> KafkaOptions {
            let service = |url: String, password: Option<&str>| ServiceOptions {
                url,
                user: password.map(|_| "ana".to_owned()),
                password: password.map(Into::into),
            };
            KafkaOptions {
                bootstrap_servers: servers.to_owned(),
                topic_prefix: String::new(),
                partitions: 6,
                properties: Properties(BTreeMap::new()),
                format: Format::Avro(service(self.registry.base_url(), Some(password))),
                detect: Detect::Ksqldb(service(self.ksqldb.url(), None)),
                has_admin: false,
            }
        }
    }

    async fn report(options: &KafkaOptions) -> (Vec<String>, bool) {
        let probe = Probe::new(options, &TaskTracker::new()).unwrap();
        let stream = Stream { probe, servers: options.bootstrap_servers.clone() };
        let mut report = Report { out: Vec::new(), wrong: false, failed: false };
        stream.ask(&mut report).await.unwrap();
        let out = String::from_utf8(report.out).unwrap();
        (out.lines().map(str::to_owned).collect(), report.failed)
    }

    fn host(url: &str) -> &str {
        url.trim_start_matches("http://")
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_there_is_said_and_what_lacks_is_a_note_for_run_makes_it() {
        let outside = Outside::new().await;
        let cluster = MockCluster::new(1).unwrap();
        let servers = cluster.bootstrap_servers();
        for name in ["youtube_videos", "youtube_watched"] {
            cluster.create_topic(name, 6, 1).unwrap();
        }
        let subject = "youtube_videos-value";
        outside.registry.put(subject, RecordKind::Video.schema());
        outside.registry.set_level(subject, Level::None);
        let (lines, failed) = report(&outside.options(&servers, "s3cret")).await;
        let registry = outside.registry.base_url();
        assert_eq!(
            lines,
            [
                format!("ok      kafka: {servers}: 1 broker, with youtube_videos, youtube_watched"),
                "note    kafka: topics that `run` makes at its start: youtube_parked".to_owned(),
                format!("ok      schema registry: {}: {subject} (NONE)", host(&registry)),
                "note    schema registry: schemas that `run` registers: youtube_watched-value"
                    .to_owned(),
                format!(
                    "note    schema registry: {subject}: the compatibility is NONE, `run` sets BACKWARD"
                ),
                "ok      ksqldb: version 7.4.15: 0 of 9 files of ksql/ applied".to_owned(),
                "note    ksqldb: 9 files that `run` or `ksql apply` applies".to_owned(),
            ]
        );
        assert!(!failed);
        // Nothing was changed by asking.
        assert_eq!(outside.registry.level(subject), Some(Level::None));
        assert!(outside.ksqldb.sources().is_empty());
    }

    /// Takes five seconds, as long as librdkafka looks for a broker.
    #[tokio::test(flavor = "multi_thread")]
    async fn each_service_that_refuses_us_or_is_away_is_one_line_without_a_secret() {
        let outside = Outside::new().await;
        let (lines, failed) = report(&outside.options("127.0.0.1:1", "an0ther")).await;
        assert!(failed);
        let registry = outside.registry.base_url();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].starts_with("FAILED  kafka: 127.0.0.1:1: no broker "), "{lines:?}");
        let host = host(&registry);
        let refused = format!(
            "FAILED  kafka: the schema registry at {host} refuses us (401): look at its user and password"
        );
        assert_eq!(lines[1], refused);
        assert!(!lines.concat().contains("an0ther"), "{lines:?}");

        let mut options = outside.options("no.such.host.invalid:9092", "s3cret");
        options.format = Format::Json;
        let url = "http://127.0.0.1:1".to_owned();
        options.detect = Detect::Ksqldb(ServiceOptions { url, user: None, password: None });
        let (lines, _) = report(&options).await;
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains(": its name stands for no address; "), "{lines:?}");
        assert!(lines[1].starts_with("FAILED  ksqldb: ksqlDB at 127.0.0.1:1 can't be reached"));
    }
}
