//! Against a real ksqlDB, with its Kafka and its registry, where there are some.

use std::sync::Arc;
use std::time::Duration;

use tubebell::bus::ServiceOptions;
use tubebell::bus::ksqldb::{Ksql, Lock, MIGRATIONS, ValueFormat, Variables, Waits, apply, status};
use tubebell::model::UnixMillis;
use tubebell::store::{Access, Sqlite};

/// Where ksqlDB is: `http://localhost:8088`. The two others are what it works with.
const NEEDED: [&str; 3] = ["TUBEBELL_TEST_KSQLDB", "TUBEBELL_TEST_KAFKA", "TUBEBELL_TEST_REGISTRY"];

#[expect(clippy::disallowed_methods, reason = "tests are steered by the environment")]
fn url() -> Option<String> {
    let values = NEEDED.map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match values {
        [Some(url), Some(_), Some(_)] => Some(url),
        _ => None,
    }
}

/// The files under the topics of a gateway, which has to have made them: `youtube_videos` and `youtube_watched`.
#[tokio::test]
async fn ksql_files_are_applied_to_a_real_server_and_stand() {
    let Some(url) = url() else {
        crate::skipped(
            "ksql_files_are_applied_to_a_real_server_and_stand: no TUBEBELL_TEST_KSQLDB, TUBEBELL_TEST_KAFKA and TUBEBELL_TEST_REGISTRY",
        );
        return;
    };
    let options = ServiceOptions { url, user: None, password: None };
    let client = Ksql::new(&options, Waits::default()).unwrap();
    let variables = Variables { prefix: String::new(), format: ValueFormat::Avro, replicas: 1 };
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
    let now =
        UnixMillis::from(jiff::Timestamp::UNIX_EPOCH).plus(Duration::from_secs(1_795_348_800));
    let lock = Lock { store: Arc::new(store), holder: "run".into(), clock: Arc::new(move || now) };
    apply(&client, &variables, &lock).await.unwrap_or_else(|error| panic!("{error}"));
    let again = apply(&client, &variables, &lock).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((again.made, again.stood), (Vec::new(), MIGRATIONS.len()));
    for file in status(&client, &variables).await.unwrap() {
        assert!(file.is_well(), "{file:?}");
    }
}
