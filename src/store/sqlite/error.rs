//! What SQLite says, sorted here by what has to be done about it: nobody else knows its errors.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

impl From<rusqlite::Error> for StoreError {
    /// Of one row, or of the whole. What is known only with the database's path, [`sorted`] says.
    fn from(error: rusqlite::Error) -> Self {
        if is_of_a_row(&error) {
            StoreError::Row(error.to_string())
        } else {
            StoreError::Database(Box::new(error))
        }
    }
}

/// Whether a failure is that of a row which holds something else than it should.
const fn is_of_a_row(cause: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    matches!(
        cause,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    )
}

/// Sorts a failure of the database at `path` by what an operator has to do about it.
pub(super) fn sorted(error: impl Into<StoreError>, path: &Path) -> StoreError {
    let error = error.into();
    let StoreError::Database(cause) = &error else { return error };
    let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    match code {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            StoreError::Corrupt { path: shown(path) }
        }
        Some(ErrorCode::DiskFull) => {
            StoreError::NoRoom("the disk is full, make room and it goes on".into())
        }
        Some(ErrorCode::ReadOnly) => StoreError::NoRoom("the disk or the file is read-only".into()),
        Some(ErrorCode::SystemIoFailure) => {
            StoreError::NoRoom("the disk answers with an error".into())
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            unusable(path, "can't be opened: may this user read it, and write to its folder?")
        }
        Some(_) | None => error,
    }
}

/// A database that can't be opened or written, with the reason in one line.
pub(super) fn unusable(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Unusable { path: shown(path), reason: reason.into() }
}

/// A path as errors name it.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
