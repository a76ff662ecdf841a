//! What could not be read, on a real broker: written back once, and gone from where it was parked.

use rdkafka::ClientConfig;
use rdkafka::producer::{FutureProducer, FutureRecord};
use tubebell::bus::KafkaOptions;

use super::broker::Broker;
use super::stream::{Found, all, place, write};
use crate::cli::{CONFIG, Home};
use crate::kafka::hands::{Hands, options, seen};
use crate::wait::LIMIT;

/// A folder in which the program finds this cluster.
fn home(options: &KafkaOptions) -> Home {
    let home = Home::new();
    let KafkaOptions { bootstrap_servers, topic_prefix, .. } = options;
    home.write(
        "config/tubebell.toml",
        format!(
            "{CONFIG}\n[bus]\nmode = \"kafka\"\n[kafka]\nbootstrap_servers = \"{bootstrap_servers}\"\n\
             topic_prefix = \"{topic_prefix}\"\nformat = \"json\"\ndetect = \"builtin\"\npartitions = 4\n"
        ),
    );
    home
}

/// Routes until so many records stand in the topic of what can't be read.
async fn parked(hands: &Hands, servers: &str, topic: &str, count: usize) -> Vec<Found> {
    loop {
        let found = all(servers, topic);
        if found.len() >= count {
            return found;
        }
        drop(hands.route(10).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_arrives_unchanged_and_a_second_replay_does_nothing() {
    let Some((servers, prefix)) = place() else { return };
    let (videos, parking) = (format!("{prefix}youtube_videos"), format!("{prefix}youtube_parked"));
    let options = options(&servers, &prefix);
    let home = home(&options);
    home.run("parked list").done(&format!("no record is parked in {parking}"));
    home.run("parked replay").done(&format!("no record is parked in {parking}"));

    let hands = Hands::new(options);
    hands.publish(vec![seen(0, 0, 0)]).await;
    hands.routed(1).await;
    home.run("parked list").done(&format!("no record is parked in {parking}"));
    let long = vec![b'x'; 950_000];
    for n in 0..3_u8 {
        write(&servers, &videos, &format!("key {n}"), Some(&[0xff, n, b'\n'])).await;
    }
    write(&servers, &videos, "long", Some(&long)).await;
    // One that says to be of 1970: it is kept as long as any other.
    let producer: FutureProducer =
        ClientConfig::new().set("bootstrap.servers", &servers).create().unwrap();
    let old = FutureRecord::to(&videos).key("old").payload(b"\xfe").timestamp(1).partition(0);
    producer.send(old, LIMIT).await.unwrap();
    parked(&hands, &servers, &parking, 5).await;

    let said = home.run("parked list");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 6, "{}", said.out);
    assert_eq!(lines[5], format!("5 records are parked in {parking}"));
    assert!(lines[0].contains(&format!("  {videos}/0@")), "{}", lines[0]);
    assert!(said.out.contains("  3 bytes  key \"key 0\"  "), "{}", said.out);
    assert!(said.out.contains("64,000 bytes of 950,000 bytes"), "{}", said.out);
    assert!(!said.out.contains("1970"), "{}", said.out);
    let said = home.run("parked list --limit 2");
    let last =
        format!("5 records are parked in {parking}, of which the newest 2 are shown: see --limit");
    assert_eq!((said.out.lines().count(), said.out.lines().last()), (3, Some(last.as_str())));

    let before = all(&servers, &videos);
    let said = home.run("parked replay");
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], format!("4 records were written back to {videos}"));
    assert!(lines[1].starts_with(&format!("left: {videos}/0@")), "{}", said.out);
    assert!(lines[1].ends_with("only 64,000 bytes of 950,000 bytes were kept"), "{}", said.out);
    let after = all(&servers, &videos);
    assert_eq!(after.len(), before.len() + 4);
    for (key, value) in [("key 1", vec![0xff, 1, b'\n']), ("old", vec![0xfe])] {
        let same = after.iter().filter(|record| record.1 == key.as_bytes());
        assert_eq!(same.filter(|record| record.2.as_ref() == Some(&value)).count(), 2, "{key}");
    }
    // What stays is all that is left, and a second replay repeats nothing.
    let left = all(&servers, &parking);
    assert_eq!(left.len(), 1);
    assert!(
        left[0].3.contains(&("tubebell.size".to_owned(), "950000".to_owned())),
        "{:?}",
        left[0].3
    );
    let said = home.run("parked replay");
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    assert_eq!(all(&servers, &videos).len(), after.len());

    // A gateway that runs beside it parks again what still can't be read.
    let parked = parked(&hands, &servers, &parking, 5).await;
    assert_eq!(parked.len(), 5);
    hands.publish(vec![seen(0, 1, 1)]).await;
    assert_eq!(hands.routed(1).await, [seen(0, 1, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_one_line_says_so() {
    let Some(mut broker) = Broker::start().await else { return };
    let home = home(&options(&broker.address().to_string(), ""));
    home.run("parked list").done("no record is parked in youtube_parked");
    broker.kill();
    for command in ["parked list", "parked replay"] {
        let said = home.run(command);
        assert_eq!(
            (said.code, said.out.as_str(), said.err.lines().count()),
            (1, "", 1),
            "{}",
            said.err
        );
        assert!(said.err.starts_with("tubebell: topic youtube_parked: no broker "), "{}", said.err);
    }
}
