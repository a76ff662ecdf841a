//! The table of changes, judged by the real thing: a ksqlDB with its broker and registry.

use reqwest::Url;
use tubebell::bus::{Detect, Format, KafkaOptions, ServiceOptions};

use super::services;
use crate::kafka::hands::{Hands, T0, options, seen};
use crate::kafka::meaning::{cases, judge, rounds};

fn service(url: &Url) -> ServiceOptions {
    let url = url.as_str().trim_end_matches('/');
    ServiceOptions { url: url.to_owned(), user: None, password: None }
}

/// Needs a ksqlDB in which nothing of ours stands yet: its names of streams are fixed.
#[tokio::test(flavor = "multi_thread")]
async fn ksql_finds_the_changes_that_the_table_names() {
    let (Some(kafka), Some(registry)) = (services::kafka(), services::registry()) else { return };
    let Some(ksqldb) = services::ksqldb() else { return };
    let hands = Hands::new(KafkaOptions {
        // One: the last record stands behind all others.
        partitions: 1,
        format: Format::Avro(service(&registry)),
        detect: Detect::Ksqldb(service(&ksqldb)),
        ..options(&kafka.to_string(), "")
    });
    let cases = cases(T0.0);
    let mut hands = hands;
    let tasks: Vec<_> = hands.bus.tasks.drain(..).collect();
    let tasks = futures_util::future::join_all(tasks);
    let story = async {
        for round in rounds(&cases) {
            hands.publish(round).await;
        }
        let last = seen(99_999, 0, 1);
        hands.publish(vec![last.clone()]).await;
        let mut came = Vec::new();
        while came.last() != Some(&last) {
            came.extend(hands.routed(1).await);
        }
        came
    };
    tokio::pin!(story);
    let came = tokio::select! {
        _ = async { tasks.await; std::future::pending::<()>().await } => unreachable!("it waits for ever"),
        came = &mut story => came,
    };
    judge(&cases, &came);
}
