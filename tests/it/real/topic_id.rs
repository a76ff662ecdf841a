//! The id of a topic, on a real broker.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;
use topic_id::{TopicIdError, topic_id};

use super::broker::Broker;
use super::services;
use crate::wait::{LIMIT, until};

type Client = AdminClient<DefaultClientContext>;

fn client(address: SocketAddr) -> Client {
    ClientConfig::new().set("bootstrap.servers", address.to_string()).create().unwrap()
}

async fn create(client: &Client, name: &str) {
    let topic = NewTopic::new(name, 1, TopicReplication::Fixed(1));
    let created = client.create_topics(&[topic], &AdminOptions::new()).await.unwrap();
    assert_eq!(created, [Ok(name.to_owned())]);
}

fn id(client: &Client, name: &str) -> Option<String> {
    topic_id(client.inner(), name, LIMIT).unwrap()
}

/// A broker may learn of a topic a moment after it was made.
async fn id_of_new(client: &Client, name: &str) -> String {
    let mut found = None;
    until("a topic that is known", async || {
        found = id(client, name);
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// What Kafka's own tool prints about a topic.
fn described(name: &str) -> String {
    let libs = services::kafka_home().unwrap().join("libs/*");
    let kafka = services::kafka().unwrap().to_string();
    let mut java = Command::new("java");
    java.arg("-cp").arg(libs).arg("org.apache.kafka.tools.TopicCommand");
    java.args(["--bootstrap-server", &kafka, "--describe", "--topic", name]);
    String::from_utf8(java.output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn a_topic_that_was_deleted_and_made_again_has_another_id() {
    let Some(kafka) = services::kafka() else { return };
    let (client, name) = (client(kafka), services::new_name("topic_id"));
    assert_eq!(id(&client, &name), None);
    create(&client, &name).await;
    let first = id_of_new(&client, &name).await;
    let described = described(&name);
    assert!(described.contains(&format!("TopicId: {first}\t")), "{first}: {described}");

    client.delete_topics(&[&name], &AdminOptions::new()).await.unwrap()[0].as_ref().unwrap();
    until("a topic that is gone", async || id(&client, &name).is_none()).await;
    create(&client, &name).await;
    assert_ne!(id_of_new(&client, &name).await, first);
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_waited_for_no_longer_than_the_time_out() {
    let Some(broker) = Broker::start().await else { return };
    let client = client(broker.address());
    assert_eq!(id(&client, "videos"), None);
    broker.freeze().await;
    let answer = topic_id(client.inner(), "videos", Duration::from_millis(100));
    broker.thaw();
    assert_eq!(answer, Err(TopicIdError::Unreachable(RDKafkaErrorCode::OperationTimedOut)));
    assert_eq!(id(&client, "videos"), None);
}

#[tokio::test]
async fn what_a_broker_does_not_tell_has_the_name_of_its_error() {
    let Some(kafka) = services::kafka() else { return };
    let answer = topic_id(client(kafka).inner(), "no such name", LIMIT);
    assert_eq!(answer, Err(TopicIdError::Denied("TOPIC_EXCEPTION".to_owned())));
}
