//! Copies of the database file beside a running gateway.

use super::*;
use tubebell::store::{Housekeeping, StoreError};

#[tokio::test]
async fn a_backup_is_whole_while_others_write() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    let to = bench.engine.folder.path().join("copy.db");
    let writing = async {
        for views in 2..60 {
            bench.see(views).await;
        }
    };
    let (done, ()) = tokio::join!(bench.store().backup(&to), writing);
    done.unwrap();
    let copy = rusqlite::Connection::open(&to).unwrap();
    let sound: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    check_sums(&copy);
    drop(copy);
    // A backup is a database like any other.
    let restored = Sqlite::open(&to, Access::Run).unwrap();
    assert_eq!(restored.figures(bench.now()).await.unwrap().watches, 1);
}

#[tokio::test]
async fn a_backup_writes_over_nothing_and_leaves_no_half_one() {
    let bench = Bench::new();
    let to = bench.engine.folder.path().join("copy.db");
    std::fs::write(&to, "precious").unwrap();
    let error = bench.store().backup(&to).await.unwrap_err();
    assert!(matches!(error, StoreError::Unusable { .. }));
    assert!(error.to_string().ends_with("copy.db: exists already: name a new file"), "{error}");
    assert_eq!(std::fs::read_to_string(&to).unwrap(), "precious");
    let nowhere = bench.engine.folder.path().join("no/such/copy.db");
    assert!(bench.store().backup(&nowhere).await.unwrap_err().to_string().contains("copy.db"));
}

#[tokio::test]
async fn a_restored_backup_gives_no_id_to_another_message() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    let copy = bench.engine.folder.path().join("copy.db");
    bench.store().backup(&copy).await.unwrap();
    bench.see(2).await;
    let claims = bench.claim().await;
    let engine = Engine::new();
    std::fs::copy(&copy, engine.path()).unwrap();
    let restored = Bench::of(engine, bench.now().plus(HOUR));
    restored.see(7).await;
    let others = restored.claim().await;
    assert_eq!((claims.len(), others.len()), (1, 1));
    assert_eq!(claims[0].id, others[0].id, "the same row …");
    assert_ne!(claims[0].public_id, others[0].public_id, "… of another message");
    assert_eq!(others[0].public_id.len(), 13);
}
