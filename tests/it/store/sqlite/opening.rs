//! What can be wrong with a database is said in one clear line, before anything is changed.

use super::*;
use std::path::Path;
use tubebell::store::{Edit, Housekeeping, Registry, StoreError};

fn refused(path: &Path, access: Access) -> String {
    match Sqlite::open(path, access) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => {
            let line = error.to_string();
            assert!(
                !line.contains('\n') && !line.contains("os error") && !line.contains("SQL"),
                "{line}"
            );
            line.replace(&format!("{}", path.parent().unwrap().display()), "…")
        }
    }
}

#[tokio::test]
async fn a_second_gateway_is_refused_while_tools_may_come() {
    let bench = Bench::new();
    assert_eq!(
        refused(&bench.path(), Access::Run),
        "…/tubebell.db is in use by another `tubebell run`: stop that one first, or give this one another [store] url"
    );
    // Another name of the same file is no other database.
    let link = bench.engine.folder.path().join("link.db");
    std::os::unix::fs::symlink(bench.path(), &link).unwrap();
    assert!(refused(&link, Access::Run).contains("in use"));
    for access in [Access::Tool, Access::Existing] {
        let tool = Sqlite::open(&bench.path(), access).unwrap();
        let watch = watch_of("recorder:b", &format!("video:{VIDEO}"), "views any");
        tool.edit(None, vec![Edit::Watch(Box::new(watch))], T0).await.unwrap();
    }
    assert_eq!(bench.store().figures(T0).await.unwrap().watches, 1);
}

#[tokio::test]
async fn a_tool_beside_a_gateway_takes_nothing_out_of_its_hands() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.see(1).await;
    bench.see(2).await;
    let claim = bench.claim().await.remove(0);
    drop(Sqlite::open(&bench.path(), Access::Tool).unwrap());
    assert!(bench.claim().await.is_empty());
    bench.sent(&claim).await;
    bench.sums();
}

#[tokio::test]
async fn the_lock_ends_with_the_gateway() {
    let mut bench = Bench::new();
    bench.restart();
    bench.restart();
}

#[test]
fn a_tool_that_needs_a_database_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tubebell.db");
    let line = "…/tubebell.db: there is no such database: start `tubebell run` once, or name another with --config";
    assert_eq!(refused(&path, Access::Existing), line);
    assert!(!path.exists());
    std::fs::write(&path, "").unwrap();
    assert_eq!(refused(&path, Access::Existing), line);
    // What a first start left that was killed before its first write.
    Sqlite::open(&path, Access::Run).unwrap();
    Sqlite::open(&path, Access::Existing).unwrap();
}

#[test]
fn a_newer_database_is_left_as_it_is() {
    let bench = Bench::new();
    let path = bench.path();
    bench.meddle("PRAGMA user_version = 99");
    let Bench { engine, store, .. } = bench;
    drop(store);
    let before = std::fs::read(&path).unwrap();
    for access in [Access::Run, Access::Tool, Access::Existing] {
        assert_eq!(
            refused(&path, access),
            "…/tubebell.db has schema 99 and this version knows up to 11: run the newer tubebell, or restore a backup"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(engine);
}

#[test]
fn another_program_s_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("places.sqlite");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE meta (a); INSERT INTO meta VALUES (1)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    assert_eq!(
        refused(&path, Access::Run),
        "…/places.sqlite: is a database of another program: name another file"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_database_or_is_cut_off_is_told_apart_from_what_can_t_be_opened() {
    let damaged =
        "is no database or is damaged: move it away and restore a backup (or start with a new one)";
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "Dear diary, ".repeat(100)).unwrap();
    assert_eq!(refused(&text, Access::Run), format!("…/text.db {damaged}"));

    let cut = folder.path().join("cut.db");
    drop(Sqlite::open(&cut, Access::Run).unwrap());
    let whole = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(refused(&cut, Access::Run), format!("…/cut.db {damaged}"));

    let place = folder.path().join("folder.db");
    std::fs::create_dir(&place).unwrap();
    assert_eq!(refused(&place, Access::Run), "…/folder.db: is a folder: name a file in it");
    assert!(!folder.path().join("folder.db.lock").exists());

    let nowhere = folder.path().join("no/tubebell.db");
    for access in [Access::Run, Access::Tool] {
        assert_eq!(refused(&nowhere, access), "…/tubebell.db: there is no folder …: make it first");
    }
}

#[tokio::test]
async fn a_database_that_breaks_while_it_is_open_is_said_to_be_damaged() {
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    let path = bench.path();
    let Bench { engine, store, .. } = bench;
    drop(store);
    // The pages behind the first are overwritten.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4096..].fill(0xaa);
    std::fs::write(&path, bytes).unwrap();
    match Sqlite::open(&path, Access::Run) {
        Err(StoreError::Corrupt { .. }) => {}
        Err(other) => panic!("{other:?}"),
        Ok(store) => assert!(matches!(store.figures(T0).await, Err(StoreError::Corrupt { .. }))),
    }
    drop(engine);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_database_its_side_files_or_a_backup() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.watch(ANA, "views any").await;
    bench.store().backup(&bench.engine.folder.path().join("copy.db")).await.unwrap();
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(bench.engine.folder.path()).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", entry.path().display());
        seen.push(entry.file_name().into_string().unwrap());
    }
    for name in ["tubebell.db", "tubebell.db-wal", "tubebell.db-shm", "tubebell.db.lock", "copy.db"]
    {
        assert!(seen.iter().any(|file| file == name), "no {name} in {seen:?}");
    }
}

#[test]
fn a_link_that_leads_nowhere_decides_no_place_of_a_database_or_its_lock() {
    let folder = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link.db"), folder.path().join("target.db"));
    std::os::unix::fs::symlink("target.db", &link).unwrap();
    for access in [Access::Run, Access::Tool, Access::Existing] {
        let line = "…/link.db: is a link that leads nowhere: name the file itself";
        assert_eq!(refused(&link, access), line);
    }
    std::os::unix::fs::symlink("made", folder.path().join("target.db.lock")).unwrap();
    let line = "…/target.db.lock: is no regular file: remove it";
    assert_eq!(refused(&target, Access::Run), line);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing was made");
}

#[cfg(unix)]
#[test]
fn permissions_that_an_operator_has_chosen_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tubebell.db");
    drop(Sqlite::open(&path, Access::Run).unwrap());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    drop(Sqlite::open(&path, Access::Run).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}
