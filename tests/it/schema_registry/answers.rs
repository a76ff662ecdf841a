//! Registries that are away, wrong, or hostile.

use tubebell::bus::schema::Found;
use tubebell_sim::registry::Fault;

use super::*;
use crate::wait::Frozen;

#[tokio::test]
async fn a_registry_that_is_away_is_asked_again_later() {
    let stage = Stage::new().await;
    let registry = stage.registry();
    let server = r#"{"error_code":50003,"message":"Error while forwarding the request\n<b>"}"#;
    for (fault, cause) in [
        (Fault::Server(500), "Error in the backend data store"),
        (Fault::Body(500, server), "Error while forwarding the request <b>"),
        (Fault::Html(503), "status 503"),
        (Fault::Html(429), "status 429"),
        (Fault::Cut, ""),
    ] {
        stage.sim.plan("/", fault, None);
        let error = prepare(&registry).await.unwrap_err();
        let RegistryError::Away { host, cause: told } = &error else { panic!("{error}") };
        assert!(stage.sim.base_url().ends_with(host.as_str()) && told.contains(cause), "{error}");
        assert!(error.is_passing());
        stage.sim.heal();
    }
    prepare(&registry).await.unwrap();
    let base_url = stage.sim.base_url();
    stage.simulation.stop().await;
    let error = prepare(&registry).await.unwrap_err();
    assert!(matches!(error, RegistryError::Away { .. }), "{error} at {base_url}");
}

#[tokio::test]
async fn a_registry_that_falls_silent_is_given_up() {
    let stage = Stage::new().await;
    stage.sim.plan("/", Fault::Hang, None);
    let registry = stage.registry();
    let frozen = Frozen::now();
    let asked = async {
        let error = prepare(&registry).await.unwrap_err();
        assert!(error.to_string().ends_with("is away: timed out"), "{error}");
    };
    let steps = async {
        while stage.sim.count() == 0 {
            tokio::task::yield_now().await;
        }
        tokio::time::advance(std::time::Duration::from_secs(40)).await;
        std::future::pending::<()>().await;
    };
    frozen
        .run("giving up", async {
            tokio::select! { () = asked => {} () = steps => {} }
        })
        .await;
}

#[tokio::test]
async fn what_is_no_registry_is_called_so_with_a_hint() {
    let stage = Stage::new().await;
    let registry = stage.registry();
    let resteasy = r#"{"error_code":404,"message":"RESTEASY003210: Could not find resource"}"#;
    for fault in [Fault::Html(200), Fault::Html(301), Fault::Html(404), Fault::Body(404, resteasy)]
    {
        stage.sim.plan("/", fault, None);
        let error = prepare(&registry).await.unwrap_err();
        let line = format!(
            "there is no schema registry at {}: is this Confluent's API? Apicurio's is below /apis/ccompat/v7",
            stage.sim.base_url()
        );
        assert_eq!(error.to_string(), line, "{fault:?}");
        stage.sim.heal();
    }
}

#[tokio::test]
async fn hostile_answers_end_as_short_lines() {
    let stage = Stage::new().await;
    let registry = stage.registry();
    for body in [
        "",
        "null",
        "7",
        "{",
        r#"{"id":"7"}"#,
        r#"{"id":-1}"#,
        r#"{"id":4294967296}"#,
        r#"{"schema":7}"#,
        "{}",
        "[]",
    ] {
        stage.sim.plan("/", Fault::Body(200, body), None);
        let error = prepare(&registry).await.unwrap_err();
        assert!(matches!(error, RegistryError::Strange { .. }), "{body}: {error}");
        assert!(matches!(registry.schema(7).await, Err(RegistryError::Strange { .. })), "{body}");
        stage.sim.heal();
    }
    stage.sim.plan("/", Fault::Huge(10 << 20), None);
    let error = prepare(&registry).await.unwrap_err();
    assert!(error.to_string().ends_with("more than 256 KiB"), "{error}");
    assert_eq!(registry.schema(7).await, Ok(Found::Other));
}

#[tokio::test]
async fn only_an_avro_schema_is_one() {
    let stage = Stage::new().await;
    let registry = stage.registry();
    assert_eq!(registry.schema(7).await, Ok(Found::Nothing));
    let id = stage.sim.put("other", r#""string""#);
    assert_eq!(registry.schema(id).await, Ok(Found::Schema(r#""string""#.to_owned())));
    for (body, found) in [
        (r#"{"schema":"syntax = \"proto3\";","schemaType":"PROTOBUF"}"#, Found::Other),
        (r#"{"schema":"{}","schemaType":"JSON"}"#, Found::Other),
        (r#"{"schema":"\"int\"","schemaType":"AVRO"}"#, Found::Schema("\"int\"".to_owned())),
    ] {
        stage.sim.plan("/schemas", Fault::Body(200, body), 1);
        assert_eq!(registry.schema(id).await, Ok(found));
    }
}
