//! Tools that speak to Kafka, without one: what is said, and with which code they end.

use super::{CONFIG, Home};

/// Configurations of a cluster at a port on which nobody listens.
fn home(more: &str) -> Home {
    let home = Home::new();
    let config = CONFIG
        .replace("[youtube]", "[youtube]\nbase_url = \"http://127.0.0.1:1\"")
        .replace("[telegram]", "[telegram]\napi_url = \"http://127.0.0.1:1\"");
    home.write(
        "config/tubebell.toml",
        format!(
            "{config}\n[bus]\nmode = \"kafka\"\n[kafka]\nbootstrap_servers = \"127.0.0.1:1\"\n{more}"
        ),
    );
    home
}

const ALONE: &str = "format = \"json\"\ndetect = \"builtin\"\n";

#[test]
fn without_kafka_nothing_is_parked_and_the_way_there_is_told() {
    let home = Home::new();
    for command in ["parked list", "parked replay"] {
        let line = "tubebell: nothing is parked without Kafka: that takes mode = \"kafka\" in [bus], and a section [kafka]";
        home.run(command).failed(2, &[line]);
    }
    assert_eq!(home.run("parked").code, 2);
    assert_eq!(home.run("parked replay 12").code, 2);
    assert_eq!(home.run("parked list --limit many").code, 2);
}

/// Takes ten seconds: as long as librdkafka looks for a broker.
#[test]
fn a_broker_that_is_away_is_one_line() {
    let home = home(ALONE);
    home.run("parked list")
        .failed(1, &["tubebell: topic youtube_parked: no broker can be reached"]);
    let said = home.run("check");
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    let line = "FAILED  kafka: 127.0.0.1:1: no broker can be reached; is it running, and are kafka.bootstrap_servers and kafka.properties right?";
    let about: Vec<&str> = said.out.lines().filter(|line| line.contains("kafka: ")).collect();
    assert_eq!(about, [line]);
    let said = home.run("check --offline");
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(!said.out.contains("kafka"), "{}", said.out);
}

#[test]
fn what_librdkafka_does_not_take_is_wrong_configuration_and_repeats_no_secret() {
    for (properties, line) in [
        (
            "\"no.such\" = \"s3cret-value\"",
            "kafka.properties: librdkafka does not take no.such, or not with this value",
        ),
        (
            "\"security.protocol\" = \"s3cret-value\"",
            "kafka.properties: librdkafka does not take security.protocol, or not with this value",
        ),
        // It takes each of them, and not both.
        (
            "\"acks\" = \"1\"\n\"sasl.password\" = \"s3cret-value\"",
            "[kafka]: Client creation error: `acks` must be set to `all` when `enable.idempotence` is true",
        ),
    ] {
        let more = format!(
            "{ALONE}[kafka.properties]\n{properties}\n[ksqldb]\nurl = \"http://127.0.0.1:1\"\n"
        );
        let home = home(&more);
        for command in ["check", "check --offline"] {
            let said = home.run(command);
            assert_eq!((said.code, said.err.as_str()), (2, ""), "{}", said.out);
            assert!(said.out.contains(&format!("FAILED  {line}\n")), "{}", said.out);
            assert!(!said.out.contains("s3cret"), "{}", said.out);
        }
        home.run("parked list").failed(2, &[&format!("tubebell: {line}")]);
    }
}

#[test]
fn ksql_says_what_it_takes() {
    let line = "tubebell: there is nothing to apply ksql/ to: that takes mode = \"kafka\" in [bus] and detect = \"ksqldb\" in [kafka]";
    for home in [Home::new(), home(ALONE)] {
        for command in ["ksql apply", "ksql status"] {
            home.run(command).failed(2, &[line]);
        }
    }
    let more = "format = \"json\"\n[kafka.properties]\n\"no.such\" = \"1\"\n[ksqldb]\nurl = \"http://127.0.0.1:1\"\n";
    let line =
        "tubebell: kafka.properties: librdkafka does not take no.such, or not with this value";
    home(more).run("ksql status").failed(2, &[line]);
}
