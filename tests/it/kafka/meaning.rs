//! One table says what a change is, whoever finds it: `tests/fixtures/changes.json`.

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use serde_json::{Map, Value, json};
use tubebell::bus::record::Codec;
use tubebell::detect::{Detected, detect};
use tubebell::model::{Delta, Known, Snapshot};
use tubebell::store::Stream as _;

use super::hands::{Hands, cluster, in_memory, until_told};
use crate::wait::LIMIT;

/// One line of the table, with a video of its own.
pub(crate) struct Case {
    name: String,
    pub(crate) snapshots: Vec<Snapshot>,
    changes: Vec<Value>,
}

/// The table. So many milliseconds behind the times that stand there, which no topic would keep.
pub(crate) fn cases(shift: i64) -> Vec<Case> {
    let table: Value = serde_json::from_str(include_str!("../../fixtures/changes.json")).unwrap();
    let defaults = table["defaults"].as_object().unwrap();
    let whole = |n: usize, fields: &Value| {
        let mut whole: Map<String, Value> = defaults.clone();
        whole.extend(fields.as_object().unwrap().clone());
        whole.insert("video_id".to_owned(), format!("case-{n:06}").into());
        for time in ["observed_at", "numbers_at", "details_at"] {
            whole[time] = (whole[time].as_i64().unwrap() + shift).into();
        }
        serde_json::from_value(Value::Object(whole)).unwrap()
    };
    let cases = table["cases"].as_array().unwrap().iter().enumerate();
    let cases = cases.map(|(n, case)| Case {
        name: case["name"].as_str().unwrap().to_owned(),
        snapshots: case["snapshots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fields| whole(n, fields))
            .collect(),
        changes: case["changes"].as_array().unwrap().clone(),
    });
    cases.collect()
}

/// Snapshots round after round: the first of each case, then the second, so that cases don't stand behind each other.
pub(crate) fn rounds(cases: &[Case]) -> Vec<Vec<Snapshot>> {
    let longest = cases.iter().map(|case| case.snapshots.len()).max().unwrap();
    let round = |n| cases.iter().filter_map(|case| case.snapshots.get(n).cloned()).collect();
    (0..longest).map(round).collect()
}

/// What is left of a case's changes where nobody hands on what is none.
fn told(changes: &[Value]) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::new();
    for change in changes {
        let is_none = *change == json!("late") || *change == json!({});
        let is_forgotten = *change == json!("forget") && told.last() == Some(change);
        if !is_none && !is_forgotten {
            told.push(change.clone());
        }
    }
    told
}

/// Pairs what came of each video, as the router does, and compares that with the table.
pub(crate) fn judge(cases: &[Case], came: &[Snapshot]) {
    for case in cases {
        let video = case.snapshots[0].video_id;
        let (mut known, mut found): (Option<Known>, Vec<Value>) = (None, Vec::new());
        for snapshot in came.iter().filter(|snapshot| snapshot.video_id == video) {
            match detect(known.as_ref(), snapshot) {
                Detected::Late => {}
                Detected::Forget => {
                    known = None;
                    found.push(json!("forget"));
                }
                Detected::Seen { change, known: now } => {
                    let is_first = known.is_none();
                    known = Some(now);
                    found.push(if is_first { json!("first") } else { differs(&change.deltas) });
                }
            }
        }
        assert_eq!(told(&found), told(&case.changes), "{}", case.name);
    }
}

fn differs(deltas: &[Delta]) -> Value {
    let pair = |delta: &Delta| match delta {
        Delta::Count(metric, before, now) => (metric.name().to_owned(), json!([before, now])),
        Delta::Event(event, before, now) => (event.name().to_owned(), json!([before, now])),
    };
    Value::Object(deltas.iter().map(pair).collect())
}

/// The snapshots of now in a topic of changes, from its beginning to its end, and how many pairs do not link up.
fn changes(servers: &str, topic: &str, partitions: i32) -> Vec<Snapshot> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", "reader")
        .create()
        .unwrap();
    let (mut list, mut left) = (TopicPartitionList::new(), 0);
    for partition in 0..partitions {
        left += consumer.fetch_watermarks(topic, partition, LIMIT).unwrap().1;
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let codec = Codec::json();
    let record = || consumer.poll(LIMIT).expect("a record").unwrap();
    let snapshot = |_| {
        let message = record();
        let (key, value) = (message.key().unwrap(), message.payload().unwrap());
        codec.decode_change(key, value).unwrap().1
    };
    (0..left).map(snapshot).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_tubebell_finds_mean_what_the_table_says() {
    let (cluster, cases) = (cluster(), cases(0));
    let servers = cluster.bootstrap_servers();
    let mut hands = Hands::new(in_memory(&servers));
    let mirror = hands.bus.tasks.remove(0);
    let story = async {
        let mut came = Vec::new();
        for round in rounds(&cases) {
            let count = round.len();
            hands.publish(round).await;
            came.extend(hands.routed(count).await);
        }
        until_told(&*hands.store).await;
        came
    };
    let came = tokio::select! {
        () = mirror => unreachable!("it runs for ever"),
        came = story => came,
    };
    judge(&cases, &came);
    // What is published for others says the same.
    judge(&cases, &changes(&servers, "youtube_changes", 4));
    assert_eq!(hands.store.mirrored(1).await.unwrap(), []);
}
