//! The store on SQLite: the suite, and what is about SQLite alone.

mod copies;
mod erased;
mod laws;
mod opening;
mod people;
mod poisoned;
mod rows;
mod upgrading;

#[path = "../suite/mod.rs"]
mod suite;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tubebell::model::{UnixMillis, Value};
use tubebell::store::{Access, Sqlite, Store};

use super::hands::*;
use super::inspect::{AlertSeen, Inspect, Laws, MemberSeen, TriggerSeen};
use suite::Bench;

pub(crate) use laws::check_sums;

/// A database file in a folder of its own.
pub(super) struct Engine {
    folder: tempfile::TempDir,
}

impl Engine {
    fn path(&self) -> PathBuf {
        self.folder.path().join("tubebell.db")
    }

    fn database(&self) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(self.path()).unwrap();
        db.busy_timeout(Duration::from_secs(5)).unwrap();
        db
    }

    /// The first column of the first row.
    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Changes rows behind the store's back.
    fn meddle(&self, sql: &str) {
        self.database().execute_batch(sql).unwrap();
    }

    fn list<T>(
        &self,
        sql: &str,
        row: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Vec<T> {
        let db = self.database();
        let mut statement = db.prepare(sql).unwrap();
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }
}

impl Inspect for Engine {
    fn new() -> Engine {
        Engine { folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.path(), Access::Run).unwrap())
    }

    fn open_beside(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(&self.path(), Access::Existing).unwrap())
    }

    fn rows(&self, noun: &str) -> usize {
        self.sql(&format!("SELECT count(*) FROM \"{noun}\""))
    }

    fn alerts(&self) -> Vec<AlertSeen> {
        let sql = "SELECT a.subscription, coalesce(d.address, ''), a.rule, coalesce(r.text, ''), r.created_at, coalesce(v.ref, ''),
             a.previous, a.current, a.marks, a.observed_at, a.folded + 1, a.notification IS NOT NULL, a.outcome
             FROM alert a LEFT JOIN rule r ON r.id = a.rule LEFT JOIN subscription s ON s.id = a.subscription
             LEFT JOIN destination d ON d.id = s.destination LEFT JOIN video v ON v.id = a.video ORDER BY a.id";
        // Rows that hold rubbish are counted like others.
        self.list(sql, |row| {
            Ok(AlertSeen {
                watch: row.get(0)?,
                address: row.get(1).unwrap_or_default(),
                rule: row.get(2)?,
                rule_text: row.get(3).unwrap_or_default(),
                rule_made_at: row.get::<_, Option<i64>>(4).unwrap_or_default().map(UnixMillis),
                video: row.get(5).unwrap_or_default(),
                previous: value(row.get_ref(6)?),
                current: value(row.get_ref(7)?),
                marks: row.get(8)?,
                observed_at: UnixMillis(row.get(9).unwrap_or_default()),
                firings: row.get(10)?,
                is_taken: row.get(11)?,
                outcome: row.get(12)?,
            })
        })
    }

    fn triggers(&self) -> Vec<TriggerSeen> {
        let sql = "SELECT t.id, coalesce(r.text, ''), t.value, t.holder > 0 FROM \"trigger\" t
             LEFT JOIN rule r ON r.id = t.rule ORDER BY t.id";
        self.list(sql, |row| {
            Ok(TriggerSeen {
                id: row.get(0)?,
                rule_text: row.get(1)?,
                value: row.get(2)?,
                is_of_a_video: row.get(3)?,
            })
        })
    }

    fn stale_triggers(&self) -> usize {
        self.sql(
            "SELECT count(*) FROM \"trigger\" t JOIN rule r ON r.id = t.rule WHERE r.ended_at IS NOT NULL OR
             (r.list IS NOT NULL AND NOT EXISTS (SELECT 1 FROM member m WHERE m.subject = r.list
              AND m.video = t.holder AND m.left_at IS NULL))",
        )
    }

    fn members(&self) -> Vec<MemberSeen> {
        let sql = "SELECT u.ref, v.ref, m.left_at IS NOT NULL FROM member m JOIN video v ON v.id = m.video
             JOIN subject u ON u.id = m.subject ORDER BY m.at DESC";
        self.list(sql, |row| {
            Ok(MemberSeen { list: row.get(0)?, video: row.get(1)?, has_left: row.get(2)? })
        })
    }

    fn receipts(&self) -> Vec<String> {
        self.list("SELECT receipt FROM notification WHERE receipt IS NOT NULL ORDER BY id", |row| {
            row.get(0)
        })
    }

    fn in_flight(&self) -> usize {
        self.sql("SELECT count(*) FROM notification WHERE state = 'pending' AND next_at IS NULL")
    }

    fn asleep(&self, destination: &str) -> i64 {
        self.sql(&format!("SELECT asleep FROM destination WHERE address = '{destination}'"))
    }

    fn broken(&self, laws: Laws) -> Option<&'static str> {
        laws::broken(&self.database(), laws)
    }

    fn forbid(&self, noun: &str) {
        self.meddle(&format!(
            "CREATE TRIGGER no_{noun} BEFORE INSERT ON {noun} BEGIN SELECT RAISE(ABORT, 'no'); END"
        ));
    }

    fn multiply_waiting(&self, times: usize) {
        self.meddle(&format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})
             INSERT INTO alert (subscription, unit, rule, video, series, previous, current, observed_at)
             SELECT subscription, unit, rule, video, series, i, i + 1, observed_at FROM alert, n
             WHERE outcome IS NULL AND notification IS NULL"
        ));
    }
}

fn value(stored: rusqlite::types::ValueRef<'_>) -> Value {
    match stored {
        rusqlite::types::ValueRef::Integer(value) => Value::Int(value),
        rusqlite::types::ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into()),
        _ => Value::None,
    }
}

/// Short words for the tests of SQLite alone.
impl Bench {
    fn path(&self) -> PathBuf {
        self.engine.path()
    }

    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.engine.sql(sql)
    }

    fn meddle(&self, sql: &str) {
        self.engine.meddle(sql);
    }
}
