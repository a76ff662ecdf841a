//! Opening, locking, migrating and copying the database file.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, backup};

use super::error::{shown, sorted, unusable};
use super::{busy, migrate};
use crate::files::{self, FileError};
use crate::store::{Result, StoreError};

/// Pages in the write-ahead log (64 MB) at which the end of a transaction brings it into the database, if the one beside it
/// has not kept up.
const CHECKPOINT_PAGES: i64 = 16_000;

/// The same of a tool: it comes before the gateway beside it, which is not to be held up by what a tool has written.
const CHECKPOINT_PAGES_OF_A_TOOL: i64 = 2000;

/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS: usize = 256;

/// Schemas in order: the n-th statement batch brings `user_version` from n to n + 1. Only ever appended to.
pub(super) const MIGRATIONS: [&str; 11] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
    include_str!("schema_9.sql"),
    include_str!("schema_10.sql"),
    include_str!("schema_11.sql"),
];

/// The schema that this version makes and knows.
#[expect(clippy::cast_possible_wrap, reason = "a handful")]
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// SQLite makes no database: we do, for its owner alone.
const EXISTING: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What a process is going to do with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Be the gateway: the only one, made if absent.
    Run,
    /// Be a tool beside a gateway, made if absent (`apply` before the first `run`).
    Tool,
    /// Be a tool that needs an existing database.
    Existing,
}

/// Marks the file as ours, see `schema.sql`.
const APPLICATION_ID: i64 = 0x7475_6265;

/// Makes the file of a new database, which SQLite would make readable for everyone; its side files (`-wal`, `-shm`)
/// take over the permissions. Those of a file that is there already are its owner's to choose.
fn make_private(path: &Path) -> Result<()> {
    match files::make(path) {
        Ok(_) => Ok(()),
        // A link that was put there just now: what it leads to would be made by somebody else's wish.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => check_link(path),
        // What is wrong with the place, SQLite will say.
        Err(_) => Ok(()),
    }
}

/// A link that leads nowhere would decide where a new database is made.
fn check_link(path: &Path) -> Result<()> {
    let is_link = path.symlink_metadata().is_ok_and(|found| found.is_symlink());
    if is_link && path.metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(unusable(path, "is a link that leads nowhere: name the file itself"));
    }
    Ok(())
}

/// What a path can be told apart by before SQLite sees it.
fn check(path: &Path, access: Access) -> Result<()> {
    let found = path.metadata();
    if found.as_ref().is_ok_and(std::fs::Metadata::is_dir) {
        return Err(unusable(path, "is a folder: name a file in it"));
    }
    if found.as_ref().is_ok_and(|found| !found.is_file()) {
        return Err(unusable(path, "is no regular file: name another"));
    }
    check_link(path)?;
    // A file of no length is what SQLite itself leaves before its first write.
    if access == Access::Existing && found.map_or(true, |found| found.len() == 0) {
        return Err(unusable(
            path,
            "there is no such database: start `tubebell run` once, or name another with --config",
        ));
    }
    check_folder(path)
}

fn check_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(unusable(
            path,
            format!("there is no folder {}: make it first", folder.display()),
        ));
    }
    Ok(())
}

/// Takes the lock file beside the database.
pub(super) fn lock(path: &Path, access: Access) -> Result<Option<File>> {
    if access != Access::Run {
        return Ok(None);
    }
    check(path, access)?;
    take_lock(path).map(Some)
}

fn take_lock(path: &Path) -> Result<File> {
    // Beside the file itself: two names of one database must not be two locks.
    let mut name = path.canonicalize().unwrap_or_else(|_| path.to_owned()).into_os_string();
    name.push(".lock");
    let failed = |error: std::io::Error| unusable(Path::new(&name), error.kind().to_string());
    let file = files::make_or_open(Path::new(&name)).map_err(|error| match error {
        FileError::Io(error) => failed(error),
        other => unusable(Path::new(&name), format!("{other}: remove it")),
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: shown(path) }),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Opens the writing connection; a gateway brings the schema up to date.
pub(super) fn writer(path: &Path, access: Access) -> Result<Connection> {
    check(path, access)?;
    if access != Access::Existing {
        make_private(path)?;
    }
    let mut db =
        Connection::open_with_flags(path, EXISTING).map_err(|error| sorted(error, path))?;
    prepare(&mut db, path, access).map_err(|error| sorted(error, path))?;
    Ok(db)
}

fn prepare(db: &mut Connection, path: &Path, access: Access) -> Result<()> {
    busy::teach(db)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // Looked at before anything is changed: it may be somebody else's, of a newer version, or of an older one.
    let found = version(db, path)?;
    // A tool makes the file where there is none, but only a gateway brings one up to date: beside an older gateway,
    // a changed schema would break what that one does.
    let _maker = match (found, access) {
        (0, Access::Tool | Access::Existing) => Some(take_lock(path)?),
        (_, Access::Run) => None,
        (found, Access::Tool | Access::Existing) => {
            if found < KNOWN {
                return Err(StoreError::Older { path: shown(path), found, known: KNOWN });
            }
            if migrate::is_under_way(db)? {
                return Err(StoreError::Upgrading { path: shown(path) });
            }
            None
        }
    };
    // NORMAL in WAL survives a crash of the process without loss, and one of the machine without damage.
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000; PRAGMA foreign_keys = OFF; PRAGMA journal_size_limit = 67108864;",
    )?;
    let pages = match access {
        Access::Run => CHECKPOINT_PAGES,
        Access::Tool | Access::Existing => CHECKPOINT_PAGES_OF_A_TOOL,
    };
    db.pragma_update(None, "wal_autocheckpoint", pages)?;
    keep_plans(db)?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&tx, path)?;
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    if found == 0 {
        migrate::at_once(&tx)?;
    } else if found < KNOWN {
        migrate::begin(&tx, found)?;
    }
    if found < KNOWN {
        tx.pragma_update(None, "user_version", KNOWN)?;
    }
    tx.commit()?;
    Ok(())
}

/// Keeps the plan of a statement whatever values it is given: without this, one whose conditions touch those of a
/// partial index is planned anew at every use, which costs more than to run it.
fn keep_plans(db: &Connection) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(|_| ())
}

/// The schema of a database; 0 for one that is new.
fn version(db: &Connection, path: &Path) -> Result<i64> {
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if tables > 0 && number("PRAGMA application_id")? != APPLICATION_ID {
        return Err(unusable(path, "is a database of another program: name another file"));
    }
    let found = number("PRAGMA user_version")?;
    if found > KNOWN {
        return Err(StoreError::Newer { path: shown(path), found, known: KNOWN });
    }
    Ok(found)
}

/// Opens a reading connection that keeps so many KiB of pages; the schema stands already.
pub(super) fn reader(path: &Path, cache_kib: u32) -> Result<Connection> {
    let open = || -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(path, EXISTING)?;
        busy::teach(&db)?;
        db.set_prepared_statement_cache_capacity(STATEMENTS);
        db.execute_batch("PRAGMA query_only = ON;")?;
        db.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
        keep_plans(&db)?;
        Ok(db)
    };
    open().map_err(|error| sorted(error, path))
}

/// Opens the connection that brings the write-ahead log back.
pub(super) fn checkpointer(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(path, EXISTING).map_err(|error| sorted(error, path))
}

/// Copies the database page by page while others write.
pub(super) fn backup(db: &Connection, from: &Path, to: &Path) -> Result<()> {
    check_folder(to)?;
    // Made by us or not at all: an older backup is not written over.
    match files::make(to) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(unusable(to, "exists already: name a new file"));
        }
        Err(error) => return Err(unusable(to, format!("can't be made: {error}"))),
    }
    let run = || -> rusqlite::Result<()> {
        let mut copy = Connection::open_with_flags(to, EXISTING)?;
        // All pages in one step: one read snapshot, which a writer in WAL mode does not disturb.
        backup::Backup::new(db, &mut copy)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
        copy.execute_batch("PRAGMA journal_mode = DELETE;")
    };
    run().map_err(|error| {
        // Half a copy looks like one.
        if let Err(error) = std::fs::remove_file(to) {
            tracing::warn!(%error, "an unfinished backup could not be removed");
        }
        sorted(error, from)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Sqlite;
    use super::*;
    use crate::store::{Housekeeping, Outbox, Shared};

    fn fresh() -> (tempfile::TempDir, Sqlite) {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&folder.path().join("tubebell.db"), Access::Run).unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_once_there_is_room_it_goes_on() {
        let (_folder, store) = fresh();
        let limit = |pages: u32| {
            store.writer.write(move |tx| {
                Ok(tx.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?)
            })
        };
        limit(1).await.unwrap();
        let long = "x".repeat(100_000);
        let error = store.save("key", long.clone()).await.unwrap_err();
        assert!(matches!(error, StoreError::NoRoom(_)), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the database can't be written: the disk is full, make room and it goes on"
        );
        assert_eq!(store.load("key").await.unwrap(), None);
        let pulse = store.pulse(crate::model::UnixMillis(0)).await.unwrap();
        assert!(pulse.errors.contains(&("no_room", 1)), "{:?}", pulse.errors);
        // What writes nothing goes well on a full disk, and says nothing.
        store.clear_notice("none").await.unwrap();
        assert!(store.trouble().is_some_and(|trouble| trouble.contains("the disk is full")));
        limit(1_000_000).await.unwrap();
        store.save("key", long.clone()).await.unwrap();
        assert_eq!(store.load("key").await.unwrap(), Some(long));
        assert_eq!(store.trouble(), None);
    }

    #[tokio::test]
    async fn a_disk_that_became_read_only_is_said_and_can_still_be_read() {
        let (_folder, store) = fresh();
        store.save("key", "value".into()).await.unwrap();
        store.writer.write(|tx| Ok(tx.execute_batch("PRAGMA query_only = ON")?)).await.unwrap();
        let error = store.save("key", "other".into()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the database can't be written: the disk or the file is read-only"
        );
        assert_eq!(store.load("key").await.unwrap().as_deref(), Some("value"));
        assert!(store.trouble().is_some_and(|trouble| trouble.contains("read-only")));
    }
}
