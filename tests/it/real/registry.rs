//! A real Schema Registry: Confluent's API at `TUBEBELL_TEST_REGISTRY`.

use tubebell::bus::record::{ChangeRecord, Codec, RecordKind, Undecoded};
use tubebell::bus::schema::{Found, Registry, RegistryError};

use super::services;
use crate::schema_registry::{registry, snapshot};

const KEY: &[u8] = b"dQw4w9WgXcQ";

/// The registry, or word that there is none.
fn real() -> Option<Registry> {
    Some(registry(services::registry()?.as_str(), None))
}

/// A subject that no run before has touched.
fn subject(name: &str) -> String {
    format!("tubebell test/{name} {:016x}-value", rand::random::<u64>())
}

#[tokio::test]
async fn a_real_registry_keeps_schemas_backward_compatible() {
    let Some(registry) = real() else { return };
    let subject = subject("evolves");
    let schema = RecordKind::Video.schema();
    assert_eq!(registry.registered(&subject, schema).await, Ok(None));
    let first = registry.prepare(&subject, schema).await.unwrap();
    assert_eq!(registry.prepare(&subject, schema).await, Ok(first));
    assert_eq!(registry.registered(&subject, schema).await, Ok(Some(first)));

    let further =
        |field: &str| schema.replace(r#""fields": ["#, &format!(r#""fields": [{field}, "#));
    let good = further(r#"{"name": "topic", "type": ["null", "string"], "default": null}"#);
    let second = registry.prepare(&subject, &good).await.unwrap();
    assert_ne!(second, first);
    let bad = further(r#"{"name": "topic", "type": "string"}"#);
    let error = registry.prepare(&subject, &bad).await.unwrap_err();
    assert!(matches!(error, RegistryError::Incompatible { .. }), "{error}");
    let error = registry.prepare(&subject, "nonsense").await.unwrap_err();
    assert!(matches!(error, RegistryError::Invalid { .. }), "{error}");
    assert_eq!(registry.schema(u32::MAX / 4).await, Ok(Found::Nothing));
}

#[tokio::test]
async fn records_go_through_a_real_registry() {
    let Some(registry) = real() else { return };
    let (writer, reader) = (Codec::avro(registry.clone()), Codec::avro(registry));
    writer.register(RecordKind::Video, &subject("videos")).await.unwrap();
    writer.register(RecordKind::Change, &subject("changes")).await.unwrap();
    let value = writer.encode_video(&snapshot()).unwrap();
    let Err(Undecoded::UnknownSchema(id)) = reader.decode_video(KEY, &value) else { panic!() };
    reader.learn(id).await.unwrap();
    assert_eq!(reader.decode_video(KEY, &value), Ok(snapshot()));
    let value = writer.encode_change(&ChangeRecord::of(None, &snapshot())).unwrap();
    let Err(Undecoded::UnknownSchema(id)) = reader.decode_change(KEY, &value) else { panic!() };
    reader.learn(id).await.unwrap();
    assert_eq!(reader.decode_change(KEY, &value), Ok((None, snapshot())));
}

#[tokio::test]
async fn beside_a_real_registry_there_is_none() {
    let Some(_) = real() else { return };
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment")]
    let url = std::env::var("TUBEBELL_TEST_REGISTRY").unwrap();
    let beside = registry(&format!("{url}/nonsense"), None);
    let error = beside.prepare(&subject("nowhere"), RecordKind::Video.schema()).await.unwrap_err();
    assert!(matches!(error, RegistryError::WrongAddress { .. }), "{error}");
}
