//! Records of writers that are known, become known, or never do.

use tubebell::bus::record::{ChangeRecord, LearnError, Undecoded, WatchedRecord};
use tubebell_sim::registry::Fault;

use super::*;
use crate::wait::Frozen;

fn unknown(result: &Result<Snapshot, Undecoded>) -> u32 {
    let Err(Undecoded::UnknownSchema(id)) = result else { panic!("{result:?}") };
    *id
}

#[tokio::test]
async fn what_one_gateway_writes_another_one_reads() {
    let stage = Stage::new().await;
    let (writer, reader) = (codec(stage.registry()).await, Codec::avro(stage.registry()));
    let value = writer.encode_video(&snapshot()).unwrap();
    assert_eq!(writer.decode_video(KEY, &value), Ok(snapshot()), "its own, without asking");
    let id = unknown(&reader.decode_video(KEY, &value));
    reader.learn(id).await.unwrap();
    assert_eq!(reader.decode_video(KEY, &value), Ok(snapshot()));
    let count = stage.sim.count();
    reader.learn(id).await.unwrap();
    assert_eq!(stage.sim.count(), count, "what is known is not asked for");

    let change = ChangeRecord::of(None, &snapshot());
    let value = writer.encode_change(&change).unwrap();
    assert_eq!(writer.decode_change(KEY, &value), Ok((None, snapshot())));
    let watched = WatchedRecord::of(snapshot().video_id, UnixMillis(NOW));
    let value = writer.encode_watched(&watched).unwrap();
    let expected = (snapshot().video_id, UnixMillis(NOW));
    assert_eq!(writer.decode_watched(KEY, &value), Ok(expected));
    let line = writer.decode_video(KEY, &value).unwrap_err().to_string();
    assert_eq!(line, "the writer's schema has no observed_at");
}

#[tokio::test]
async fn records_of_older_and_newer_gateways_are_read() {
    let stage = Stage::new().await;
    let codec = codec(stage.registry()).await;
    let value = codec.encode_video(&snapshot()).unwrap();
    let last = r#",
    {"name": "starts_at", "type": ["null", "long"], "default": null"#;
    let (before, behind) = RecordKind::Video.schema().split_once(last).unwrap();
    let topic = r#"{"name": "topic", "type": ["null", "string"], "default": null}"#;
    let older = format!("{before}]}}");
    let newer = format!("{before}{last}{}", behind.replace("\n  ]", &format!(", {topic}]")));
    // The last column is null: an older gateway writes nothing there, a newer one something more.
    let (body, _) = value.split_at(value.len() - 1);
    let with_topic = [value.as_slice(), &[2, 4, b'h', b'i']].concat();
    for (text, bytes) in [(older, body), (newer, &with_topic)] {
        let id = stage.sim.put(SUBJECT, &text);
        let value = [&[0], &id.to_be_bytes()[..], &bytes[5..]].concat();
        assert_eq!(unknown(&codec.decode_video(KEY, &value)), id);
        codec.learn(id).await.unwrap();
        assert_eq!(codec.decode_video(KEY, &value), Ok(snapshot()));
    }
}

#[tokio::test]
async fn an_id_without_a_schema_is_poison_and_asked_for_once() {
    let stage = Stage::new().await;
    let codec = Codec::avro(stage.registry());
    for _ in 0..100 {
        let error = codec.learn(99).await.unwrap_err();
        assert_eq!(error.to_string(), "the writer's schema is not in the registry");
        assert!(matches!(error, LearnError::Poison(_)));
    }
    assert_eq!(stage.sim.count(), 1);
    let id = stage.sim.put("other", "nonsense");
    let error = codec.learn(id).await.unwrap_err();
    assert_eq!(error.to_string(), "the writer's schema is no Avro schema");
    // One that is a schema, though of somebody else's records.
    let id = stage.sim.put("other", r#""string""#);
    codec.learn(id).await.unwrap();
    let value = [&[0], &id.to_be_bytes()[..], b"\x02x"].concat();
    let line = codec.decode_video(KEY, &value).unwrap_err().to_string();
    assert_eq!(line, "the writer's schema is of no record");
}

#[tokio::test]
async fn a_million_unknown_ids_are_a_thousand_questions() {
    let stage = Stage::new().await;
    // Each second is one question more.
    let frozen = Frozen::now();
    let codec = Codec::avro(stage.registry());
    let flood = async {
        for id in 1..=1_000_000 {
            let line = codec.learn(id).await.unwrap_err().to_string();
            let is_asked = id <= 1_000;
            let why = if is_asked { "not in the registry" } else { "one of too many unknown ones" };
            assert!(line.ends_with(why), "{id}: {line}");
        }
    };
    frozen.run("a refusal", flood).await;
    assert_eq!(stage.sim.count(), 1_000);
}

#[tokio::test]
async fn while_the_registry_is_away_nothing_is_poison() {
    let stage = Stage::new().await;
    let writer = codec(stage.registry()).await;
    let value = writer.encode_video(&snapshot()).unwrap();
    let reader = Codec::avro(stage.registry());
    let id = unknown(&reader.decode_video(KEY, &value));
    for fault in [
        Fault::Server(500),
        Fault::Html(503),
        Fault::Html(200),
        Fault::Html(404),
        Fault::Html(401),
        Fault::Body(200, "{}"),
        Fault::Cut,
    ] {
        stage.sim.plan("/schemas", fault, 3);
        for _ in 0..3 {
            let error = reader.learn(id).await.unwrap_err();
            assert!(matches!(error, LearnError::Unasked(_)), "{fault:?}: {error}");
            assert_eq!(unknown(&reader.decode_video(KEY, &value)), id);
        }
    }
    reader.learn(id).await.unwrap();
    assert_eq!(reader.decode_video(KEY, &value), Ok(snapshot()));
}
