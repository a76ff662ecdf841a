//! Opening, locking, migrating and copying the database file.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use rand::RngCore;
use rusqlite::{Connection, ErrorCode, OpenFlags, backup};

use super::rows;
use crate::store::{Result, StoreError};

/// How long a writer waits for another process, such as `apply` beside a running gateway.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Schemas in order: the n-th statement batch brings `user_version` from n to n + 1. Only ever appended to.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

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

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Takes the lock file beside the database.
pub(super) fn lock(path: &Path, access: Access) -> Result<Option<File>> {
    if access != Access::Run {
        return Ok(None);
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let unusable = |error: std::io::Error| StoreError::Unusable {
        path: Path::new(&name).display().to_string(),
        reason: error.to_string(),
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: shown(path) }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Opens the writing connection and brings the schema up to date; also the salt of message ids.
pub(super) fn writer(path: &Path, access: Access) -> Result<(Connection, u64)> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if access != Access::Existing {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    } else if !path.exists() {
        return Err(StoreError::Unusable {
            path: shown(path),
            reason: "there is no such database: start `tubebell run` once, or name another with --config".into(),
        });
    }
    let mut db = Connection::open_with_flags(path, flags).map_err(|e| sort(e, path))?;
    prepare(&mut db, path)
        .map_err(|error| match error {
            StoreError::Database(cause) => sort(cause, path),
            other => other,
        })
        .map(|salt| (db, salt))
}

fn prepare(db: &mut Connection, path: &Path) -> Result<u64> {
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(128);
    // NORMAL in WAL survives a crash of the process without loss, and one of the machine without damage.
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000; PRAGMA foreign_keys = OFF; PRAGMA journal_size_limit = 67108864;",
    )?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { path: shown(path), found, known });
    }
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    if found < known {
        tx.pragma_update(None, "user_version", known)?;
    }
    let salt = match rows::load(&tx, "salt")?.and_then(|text| text.parse().ok()) {
        Some(salt) => salt,
        None => {
            let salt = rand::rng().next_u64();
            rows::save(&tx, "salt", &salt.to_string())?;
            salt
        }
    };
    tx.commit()?;
    Ok(salt)
}

/// Opens the reading connection; the schema stands already.
pub(super) fn reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> rusqlite::Result<Connection> {
        let db = Connection::open_with_flags(path, flags)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        db.set_prepared_statement_cache_capacity(64);
        db.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4000;")?;
        Ok(db)
    };
    open().map_err(|e| sort(e, path))
}

/// Copies the database page by page while others write.
pub(super) fn backup(db: &Connection, from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(StoreError::Unusable {
            path: shown(to),
            reason: "exists already: name a new file".into(),
        });
    }
    let mut copy = Connection::open(to).map_err(|e| sort(e, to))?;
    let mut run = || -> rusqlite::Result<()> {
        // All pages in one step: one read snapshot, which a writer in WAL mode does not disturb.
        backup::Backup::new(db, &mut copy)?.run_to_completion(i32::MAX, Duration::ZERO, None)?;
        copy.execute_batch("PRAGMA journal_mode = DELETE;")
    };
    run().map_err(|e| sort(e, from))
}

/// Sorts a failure of SQLite by what an operator has to do about it.
pub(super) fn sort(error: rusqlite::Error, path: &Path) -> StoreError {
    let Some(code) = error.sqlite_error_code() else {
        return StoreError::Database(error);
    };
    match code {
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
            StoreError::Corrupt { path: shown(path) }
        }
        ErrorCode::DiskFull => StoreError::NoRoom("the disk is full".into()),
        ErrorCode::ReadOnly => StoreError::NoRoom("the disk or the file is read-only".into()),
        ErrorCode::SystemIoFailure => StoreError::NoRoom("the disk answers with an error".into()),
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => StoreError::Unusable {
            path: shown(path),
            reason: "can't be opened: does the folder exist, and may this user write there?".into(),
        },
        _ => StoreError::Database(error),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::Database(error)
    }
}
