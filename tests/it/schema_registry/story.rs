//! What is registered, under which level, and when nothing is.

use tubebell_sim::registry::{Fault, Level};

use super::*;

/// Our schema with a further field.
fn with_field(field: &str) -> String {
    let schema = RecordKind::Video.schema();
    let edited = schema.replace(r#""fields": ["#, &format!(r#""fields": [{field}, "#));
    assert_ne!(edited, schema);
    edited
}

const OTHER: &str = r#"{"type":"record","name":"Other","fields":[{"name":"a","type":"long"}]}"#;

#[tokio::test]
async fn the_level_is_set_and_read_back_before_the_schema_is_registered() {
    for level in [Level::None, Level::Backward] {
        let stage = Stage::with(Options { level, ..Options::default() }).await;
        let id = prepare(&stage.registry()).await.unwrap();
        assert_eq!(
            stage.asked(),
            [
                "POST /subjects/youtube_videos-value",
                "GET /config/youtube_videos-value",
                "PUT /config/youtube_videos-value",
                "GET /config/youtube_videos-value",
                "POST /subjects/youtube_videos-value/versions",
            ]
        );
        assert_eq!(stage.sim.level(SUBJECT), Some(Level::Backward));
        assert_eq!(prepare(&stage.registry()).await, Ok(id), "a second time it is found");
        assert_eq!(stage.sim.schemas(SUBJECT).len(), 1);
        stage.simulation.stop().await;
    }
}

#[tokio::test]
async fn a_stricter_level_stays_and_a_weaker_one_is_raised() {
    use Level::{BackwardTransitive, Forward, ForwardTransitive, Full, FullTransitive};
    for (before, after) in [
        (Level::None, Level::Backward),
        (Forward, Level::Backward),
        (ForwardTransitive, Level::Backward),
        (BackwardTransitive, BackwardTransitive),
        (Full, Full),
        (FullTransitive, FullTransitive),
    ] {
        let stage = Stage::new().await;
        stage.sim.set_level(SUBJECT, before);
        prepare(&stage.registry()).await.unwrap();
        assert_eq!(stage.sim.level(SUBJECT), Some(after), "{before:?}");
    }
}

#[tokio::test]
async fn a_level_that_does_not_stay_is_an_error_that_names_the_subject() {
    let stage = Stage::new().await;
    stage.sim.plan("/config", Fault::Body(200, r#"{"compatibilityLevel":"NONE"}"#), None);
    let error = prepare(&stage.registry()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "subject youtube_videos-value has to be BACKWARD compatible, and the schema registry keeps it NONE"
    );
    assert_eq!(stage.sim.schemas(SUBJECT), [""; 0]);
}

#[tokio::test]
async fn a_schema_that_does_not_go_with_the_last_one_is_refused_before_anything_is_sent() {
    let stage = Stage::new().await;
    stage.sim.put(SUBJECT, OTHER);
    let codec = Codec::avro(stage.registry());
    let error = codec.register(RecordKind::Video, SUBJECT).await.unwrap_err();
    let line = error.to_string();
    assert!(matches!(error, RegistryError::Incompatible { .. }) && !error.is_passing(), "{line}");
    let begins = "subject youtube_videos-value does not take our schema: Schema being registered is incompatible";
    assert!(line.starts_with(begins) && line.len() < 500 && !line.contains('\n'), "{line}");
    let error = codec.encode_video(&snapshot()).unwrap_err();
    assert_eq!(error.to_string(), "the schema of Video records is not registered yet");
}

#[tokio::test]
async fn a_further_field_needs_a_default() {
    let stage = Stage::new().await;
    let registry = stage.registry();
    let first = prepare(&registry).await.unwrap();
    let good = with_field(r#"{"name": "topic", "type": ["null", "string"], "default": null}"#);
    let second = registry.prepare(SUBJECT, &good).await.unwrap();
    assert!(second > first && stage.sim.schemas(SUBJECT).len() == 2);
    for bad in [
        with_field(r#"{"name": "genre", "type": "string"}"#),
        good.replace(
            r#""name": "views", "type": ["null", "long"]"#,
            r#""name": "views", "type": ["null", "string"]"#,
        ),
    ] {
        let error = registry.prepare(SUBJECT, &bad).await.unwrap_err();
        assert!(matches!(error, RegistryError::Incompatible { .. }), "{error}");
    }
    assert_eq!(stage.sim.schemas(SUBJECT).len(), 2);
}

#[tokio::test]
async fn where_nothing_may_be_written_it_is_enough_that_the_schema_is_there() {
    let stage = Stage::new().await;
    stage.sim.read_only(true);
    let error = prepare(&stage.registry()).await.unwrap_err();
    assert!(matches!(error, RegistryError::ReadOnly { needs: "our schema", .. }), "{error}");
    let id = stage.sim.put(SUBJECT, RecordKind::Video.schema());
    assert_eq!(prepare(&stage.registry()).await, Ok(id));
    // The same said by a proxy, or by rights.
    stage.sim.read_only(false);
    for status in [403, 405] {
        stage.sim.plan("/config", Fault::Html(status), None);
        assert_eq!(prepare(&stage.registry()).await, Ok(id), "{status}");
        stage.sim.heal();
    }
    assert_eq!(stage.sim.level(SUBJECT), None);
}

#[tokio::test]
async fn only_the_right_password_opens_and_none_is_told() {
    let account = Some(("tubebell".to_owned(), "s3cret:word".to_owned()));
    let stage = Stage::with(Options { account, ..Options::default() }).await;
    let url = stage.sim.base_url();
    assert!(prepare(&registry(&url, Some(("tubebell", "s3cret:word")))).await.is_ok());
    for account in [None, Some(("tubebell", "s3cret")), Some(("s3cret:word", "tubebell"))] {
        let registry = registry(&url, account);
        let error = prepare(&registry).await.unwrap_err();
        assert!(matches!(error, RegistryError::Refused { status: 401, .. }), "{error}");
        let told = format!("{error} {error:?} {registry:?}");
        assert!(!told.contains("s3cret") || account.is_some_and(|(user, _)| user != "tubebell"));
        assert!(!error.is_passing());
    }
    // A registry that repeats what it got.
    let echo = r#"{"error_code":42201,"message":"Basic dHViZWJlbGw6czNjcmV0OndvcmQ= s3cret:word"}"#;
    stage.sim.plan("/", Fault::Body(422, echo), None);
    let registry = registry(&url, Some(("tubebell", "s3cret:word")));
    let line = prepare(&registry).await.unwrap_err().to_string();
    assert!(line.ends_with("Basic … …"), "{line}");
}

#[tokio::test]
async fn a_subject_may_have_any_name() {
    let stage = Stage::new().await;
    for subject in ["a/b", "a b?c#d%20", "ü-value", "a+b"] {
        let id = stage.registry().prepare(subject, RecordKind::Video.schema()).await.unwrap();
        assert_eq!((id, stage.sim.schemas(subject).len()), (1, 1), "{subject}");
    }
}
