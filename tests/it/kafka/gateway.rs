//! The whole gateway with its stream on Kafka, on librdkafka's own cluster in memory: nothing else needs to run.

use tubebell::app::{Gateway, StartError, system_clock};
use tubebell::bus::BusOptions;

use super::hands::cluster;
use crate::story::{Story, recorded};
use crate::wait::until;

/// The sections of a configuration that streams through Kafka in JSON, without ksqlDB; `more` stands at its end.
pub(crate) fn sections(servers: &str, prefix: &str, more: &str) -> String {
    format!(
        "[bus]\nmode = \"kafka\"\n[kafka]\nbootstrap_servers = \"{servers}\"\ntopic_prefix = \"{prefix}\"\npartitions = 4\n\
         detect = \"builtin\"\n{more}"
    )
}

/// Starts a gateway on a cluster that answers no administrator.
async fn start(story: &Story) -> Gateway {
    let mut config = story.config();
    let BusOptions::Kafka(options) = &mut config.bus else { panic!("not on Kafka") };
    options.has_admin = false;
    Gateway::start_with(&config, system_clock(), Story::TIME_LIMITS).await.unwrap()
}

/// Ana watches a video in the chat and is told of it once, also over a restart; its other commands are answered.
pub(crate) async fn a_day_in_the_chat(story: &Story, start: impl AsyncFn(&Story) -> Gateway) {
    let gateway = start(story).await;
    let answer = story.ask("/watch dQw4w9WgXcQ views every 1000; likes any", "Watching").await;
    assert!(answer.text.contains("990 views · 10 likes"), "{}", answer.text);
    story.set_counts(1005, None);
    story.hears("passed 1,000").await;
    story.ask("/why 1", "next at 2,000; now 1,005").await;
    story.ask("/list", "You watch 1 of").await;
    recorded(&gateway).await;
    gateway.stop().await;
    // Meanwhile: up past the next multiple.
    story.set_counts(2005, None);
    let gateway = start(story).await;
    story.hears("passed 2,000").await;
    story.set_counts(2005, Some(11));
    story.hears("10 → 11").await;
    story.ask("/why 1", "next at 3,000; now 2,005").await;
    recorded(&gateway).await;
    for once in ["passed 1,000", "passed 2,000", "Likes 10 → 11"] {
        assert_eq!(told(story, once), 1, "{once}: {:#?}", story.texts());
    }
    gateway.stop().await;
}

/// How often Ana was told this.
pub(crate) fn told(story: &Story, part: &str) -> usize {
    story.texts().iter().filter(|text| text.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_on_kafka_tells_what_an_embedded_one_tells() {
    let cluster = cluster();
    for sections in
        [String::new(), sections(&cluster.bootstrap_servers(), "", "format = \"json\"\n")]
    {
        let mut story = Story::quick().await;
        let is_embedded = sections.is_empty();
        story.more = sections;
        if is_embedded {
            a_day_in_the_chat(&story, async |story| story.start().await).await;
        } else {
            a_day_in_the_chat(&story, start).await;
        }
        story.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_whose_only_broker_is_away_for_a_while_is_waited_for() {
    let cluster = cluster();
    let mut story = Story::quick().await;
    let patience = "format = \"json\"\n[kafka.properties]\n\"message.timeout.ms\" = \"500\"\n";
    let web = "[web]\nlisten = \"127.0.0.1:0\"\n";
    story.more = sections(&cluster.bootstrap_servers(), "", patience) + web;
    cluster.broker_down(1).unwrap();
    let gateway = start(&story).await;
    until("that it says so", async || {
        let (is_ready, text) = crate::faults::ready(&gateway).await;
        !is_ready && text.contains("kafka FAILED no broker answers")
    })
    .await;
    story.ask("/watch dQw4w9WgXcQ views every 1000", "Watching").await;
    story.set_counts(1005, None);
    story.ask("/list", "You watch 1 of").await;
    cluster.broker_up(1).unwrap();
    story.hears("passed 1,000").await;
    until("that all is well", async || crate::faults::ready(&gateway).await.0).await;
    for views in [2005, 3005] {
        cluster.broker_down(1).unwrap();
        story.set_counts(views, None);
        story.ask("/list", "You watch 1 of").await;
        cluster.broker_up(1).unwrap();
        story.hears(&format!("passed {},000", views / 1000)).await;
    }
    recorded(&gateway).await;
    for once in ["passed 1,000", "passed 2,000", "passed 3,000"] {
        assert_eq!(told(&story, once), 1, "{once}: {:#?}", story.texts());
    }
    gateway.stop().await;
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_property_is_one_clear_line_without_its_value() {
    const SECRET: &str = "hunter2-hunter2";
    for name in ["no.such.property", "message.timeout.ms", "security.protocol"] {
        let mut story = Story::quick().await;
        let property =
            format!("format = \"json\"\n[kafka.properties]\n\"{name}\" = \"{SECRET}\"\n");
        story.more = sections("127.0.0.1:9", "", &property);
        let refused =
            Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, StartError::Configuration(_)), "{refused}");
        let line = refused.to_string();
        assert!(line.contains("kafka.properties") && line.contains(name), "{line}");
        assert!(!line.contains('\n') && !line.contains(SECRET), "{line}");
        story.end().await;
    }
    // Two that do not go together.
    let mut story = Story::quick().await;
    let property = format!(
        "format = \"json\"\n[kafka.properties]\n\"acks\" = \"1\"\n\"sasl.password\" = \"{SECRET}\"\n"
    );
    story.more = sections("127.0.0.1:9", "", &property);
    let refused = Gateway::start(&story.config(), system_clock()).await.map(|_| ()).unwrap_err();
    let line = refused.to_string();
    assert!(line.contains("acks") && !line.contains('\n') && !line.contains(SECRET), "{line}");
    story.end().await;
}
