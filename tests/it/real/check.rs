//! `check` on real services: it says what is there, and makes nothing.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};

use super::services;
use super::stream::{config, place};
use crate::cli::{CONFIG, Home, Said};
use crate::kafka::hands::{Hands, options, seen};

const TIMEOUT: Duration = Duration::from_secs(30);

/// The lines about the stream.
fn about(said: &Said) -> Vec<&str> {
    let ours = |line: &&str| line.contains("  kafka: ") || line.contains("  schema registry: ");
    said.out.lines().filter(ours).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_there_and_what_would_be_made_and_makes_nothing() {
    let Some((servers, prefix)) = place() else { return };
    let Some(registry) = services::registry() else { return };
    let home = Home::new();
    let kafka = format!(
        "{CONFIG}\n[bus]\nmode = \"kafka\"\n[kafka]\nbootstrap_servers = \"{servers}\"\ntopic_prefix = \"{prefix}\"\n\
         detect = \"builtin\"\npartitions = 4\nschema_registry_url = \"{registry}\"\n"
    )
    .replace("[youtube]", "[youtube]\nbase_url = \"http://127.0.0.1:1\"")
    .replace("[telegram]", "[telegram]\napi_url = \"http://127.0.0.1:1\"");
    home.write("config/tubebell.toml", kafka);
    let topic = |name: &str| format!("{prefix}youtube_{name}");
    let all = ["videos", "watched", "parked", "changes"].map(topic).join(", ");
    let subjects = ["videos", "watched", "changes"].map(|name| format!("{}-value", topic(name)));
    let host = registry.authority();
    let expected = [
        format!("ok      kafka: {servers}: 1 broker, with none of our topics"),
        format!("note    kafka: topics that `run` makes at its start: {all}"),
        format!("ok      schema registry: {host}: none of our schemas"),
        format!("note    schema registry: schemas that `run` registers: {}", subjects.join(", ")),
    ];
    for _ in 0..2 {
        assert_eq!(about(&home.run("check")), expected);
    }
    let consumer: BaseConsumer = config(&servers).create().unwrap();
    let metadata = consumer.fetch_metadata(None, TIMEOUT).unwrap();
    assert!(metadata.topics().iter().all(|topic| !topic.name().starts_with(&prefix)));

    // One is there already, and is not as it should be.
    let admin: AdminClient<DefaultClientContext> = config(&servers).create().unwrap();
    let parked = topic("parked");
    let own = NewTopic::new(&parked, 1, TopicReplication::Fixed(1)).set("retention.ms", "1000");
    admin.create_topics(&[own], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    let mut options = options(&servers, &prefix);
    options.format = tubebell::bus::Format::Avro(tubebell::bus::ServiceOptions {
        url: registry.to_string(),
        user: None,
        password: None,
    });
    Hands::new(options).publish(vec![seen(0, 0, 0)]).await;
    let right = "2592000000";
    let schemas = subjects.map(|subject| format!("{subject} (BACKWARD)")).join(", ");
    let expected = [
        format!("ok      kafka: {servers}: 1 broker, with {all}"),
        format!(
            "note    kafka: topic {parked} has retention.ms=1000, where {right} would be right: kafka-configs --alter \
             --topic {parked} --add-config retention.ms={right}"
        ),
        format!("ok      schema registry: {host}: {schemas}"),
    ];
    assert_eq!(about(&home.run("check")), expected);
}
