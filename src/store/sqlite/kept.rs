//! A statement that one transaction uses many times: looked up once.

use rusqlite::{CachedStatement, Connection};

use crate::store::Result;

/// Prepared at its first use, and kept until the work is done. Nobody else may use the same statement meanwhile: it would be
/// prepared anew.
pub(super) struct Kept<'tx> {
    tx: &'tx Connection,
    sql: &'static str,
    statement: Option<CachedStatement<'tx>>,
}

impl<'tx> Kept<'tx> {
    pub(super) const fn new(tx: &'tx Connection, sql: &'static str) -> Kept<'tx> {
        Kept { tx, sql, statement: None }
    }

    pub(super) fn ready(&mut self) -> Result<&mut CachedStatement<'tx>> {
        match self.statement {
            Some(ref mut statement) => Ok(statement),
            ref mut none => Ok(none.insert(self.tx.prepare_cached(self.sql)?)),
        }
    }
}
