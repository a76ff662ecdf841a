//! What operators see: a pulse that costs the same however much there is, and figures that are counted.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::lane::{self, Line};
use super::poll;
use crate::model::{CancelReason, Channel, UnixMillis};
use crate::store::{Figures, Ledger, Pulse, Result};

/// Dead letters are counted up to here: it takes a fraction of a millisecond.
const DEAD_MAX: u64 = 10_000;

/// Rows of the history that are counted at once. There can be a hundred times as many as of everything else: a walk
/// through all of them takes several turns.
const HISTORY_PIECE: i64 = 200_000;

/// Rows of the log go from its beginning and come at its end only.
pub(super) const BACKLOG: &str =
    "SELECT coalesce((SELECT max(offset) FROM log) - (SELECT min(offset) FROM log) + 1, 0)";

pub(super) const DEAD: &str =
    "SELECT count(*) FROM (SELECT 1 FROM notification WHERE state = 'dead' LIMIT ?1)";

/// Few lanes have something in flight at a time, and they have an index of their own.
pub(super) const IN_FLIGHT: &str =
    "SELECT channel, sum(in_flight) FROM lane WHERE in_flight > 0 GROUP BY channel";

const BYTES: &str = "SELECT page_count * page_size, freelist_count * page_size
     FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()";

/// What `/metrics` and `/readyz` ask for at every visit: each part is a row or the end of an index.
pub(super) fn pulse(db: &Connection, now: UnixMillis) -> Result<Pulse> {
    let number =
        |sql: &str| -> Result<u64> { Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    let late = |at: UnixMillis| Some(now.since(at)).filter(|late| *late > Duration::ZERO);
    let oldest = |line: Line| -> Result<[Option<Duration>; Channel::ALL.len()]> {
        let mut oldest = [None; Channel::ALL.len()];
        for (channel, oldest) in Channel::ALL.into_iter().zip(&mut oldest) {
            *oldest = lane::next_due(db, channel, line, None)?.and_then(late);
        }
        Ok(oldest)
    };
    let mut in_flight = [0; Channel::ALL.len()];
    let mut statement = db.prepare_cached(IN_FLIGHT)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        if let Some(channel) = Channel::ALL.into_iter().position(|channel| channel.name() == name) {
            in_flight[channel] = row.get(1)?;
        }
    }
    let (bytes, free_bytes) =
        db.prepare_cached(BYTES)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Pulse {
        ledger: ledger(db)?,
        log_backlog: number(BACKLOG)?,
        oldest_due: oldest(Line::Told)?,
        oldest_digest: oldest(Line::Digests)?,
        poll_overdue: poll::next_polls(db)?.earliest().and_then(late),
        in_flight,
        dead_letters: dead_letters(db)?,
        bytes,
        free_bytes,
        ..Pulse::default()
    })
}

/// How many notifications could not be delivered, as far as they are counted.
pub(super) fn dead_letters(db: &Connection) -> Result<u64> {
    Ok(db.prepare_cached(DEAD)?.query_row([DEAD_MAX], |row| row.get(0))?)
}

/// The sums over all alerts that were ever made.
pub(super) fn ledger(db: &Connection) -> Result<Ledger> {
    let made: Option<u64> = db
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'alert'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let mut ledger = Ledger { created: made.unwrap_or(0), ..Ledger::default() };
    let mut statement = db.prepare_cached("SELECT outcome, alerts FROM ledger")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (outcome, alerts): (String, u64) = (row.get(0)?, row.get(1)?);
        match outcome.as_str() {
            "earlier" => ledger.created = ledger.created.saturating_sub(alerts),
            "replayed" => ledger.replayed = alerts,
            "folded" => ledger.folded = alerts,
            "sent" => ledger.sent = alerts,
            "dead" => ledger.dead = alerts,
            other => {
                let reason = other.strip_prefix("cancelled:").and_then(|word| {
                    CancelReason::ALL.into_iter().position(|reason| reason.name() == word)
                });
                if let Some(reason) = reason {
                    ledger.cancelled[reason] = alerts;
                }
            }
        }
    }
    // They have no row of their own.
    ledger.created += ledger.folded;
    Ok(ledger)
}

/// Lanes that have nothing due but digests.
pub(super) const DIGESTS_DUE: &str =
    "SELECT count(*) FROM lane WHERE channel = ?1 AND digest_at <= ?2 AND coalesce(due_at > ?2, 1)";

pub(super) const WAITING: &str =
    "SELECT count(*) FROM alert WHERE outcome IS NULL AND notification IS NULL";

/// Alerts whose notification is on its way, waits for another attempt, or follows one that does.
pub(super) const UNDER_WAY: &str = "SELECT (SELECT coalesce(sum(json_array_length(members)), 0)
     FROM notification WHERE state = 'pending' AND json_valid(members))
     + (SELECT coalesce(sum(json_array_length(q.members)), 0) FROM notification n INDEXED BY notification_pending
     JOIN notification q ON q.id > n.id AND q.id <= n.id + n.parts_left
     WHERE n.state = 'pending' AND n.parts_left > 0 AND json_valid(q.members))";

/// By two counts of indexes: rows that run have no index of their own.
pub(super) const RUNNING: &str = "SELECT (SELECT count(*) FROM subscription)
     - (SELECT count(*) FROM subscription WHERE ended_at IS NOT NULL)";

/// Whole tables are counted page by page, not row by row. Every notification is pending, queued behind one, or has ended, and these have
/// an index while the table holds the bodies.
pub(super) const TABLES: [(&str, &str); 22] = [
    ("alert", "SELECT count(*) FROM alert"),
    ("card", "SELECT count(*) FROM card"),
    ("destination", "SELECT count(*) FROM destination"),
    ("digest", "SELECT count(*) FROM digest"),
    ("fanout", "SELECT count(*) FROM fanout"),
    ("invite", "SELECT count(*) FROM invite"),
    ("lane", "SELECT count(*) FROM lane"),
    ("link", "SELECT count(*) FROM link"),
    ("listed", "SELECT count(*) FROM listed"),
    ("log", BACKLOG),
    ("member", "SELECT count(*) FROM member"),
    ("mirror", "SELECT count(*) FROM mirror"),
    (
        "notification",
        "SELECT (SELECT count(*) FROM notification WHERE ended IS NOT NULL)
              + (SELECT count(*) + coalesce(sum(parts_left), 0) FROM notification WHERE state = 'pending')",
    ),
    ("passed", "SELECT count(*) FROM passed"),
    ("person", "SELECT count(*) FROM person"),
    ("rule", "SELECT count(*) FROM rule"),
    ("seen", "SELECT count(*) FROM seen"),
    ("subject", "SELECT count(*) FROM subject"),
    ("subscription", "SELECT count(*) FROM subscription"),
    ("suppression", "SELECT count(*) FROM suppression"),
    ("unit", "SELECT count(*) FROM unit"),
    ("video", "SELECT count(*) FROM video"),
];

/// The trigger table's name is a word of SQL's own.
const TRIGGERS: &str = "SELECT count(*) FROM \"trigger\"";

/// Counts. All of it sees one moment, so the sums agree or there is a defect.
pub(super) fn figures(db: &Connection, history: &mut History, now: UnixMillis) -> Result<Figures> {
    let count =
        |sql: &str| -> Result<u64> { Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?) };
    let (mut lanes_due, mut oldest): (u64, Option<i64>) = (0, None);
    for channel in Channel::ALL {
        let (due, at): (u64, Option<i64>) = db
            .prepare_cached(
                "SELECT count(*), min(due_at) FROM lane WHERE channel = ?1 AND due_at <= ?2",
            )?
            .query_row(params![channel.name(), now.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let digests: u64 = db
            .prepare_cached(DIGESTS_DUE)?
            .query_row(params![channel.name(), now.0], |row| row.get(0))?;
        lanes_due += due + digests;
        oldest = oldest.into_iter().chain(at).min();
    }
    let mut rows = Vec::with_capacity(TABLES.len() + 2);
    for (table, sql) in TABLES {
        rows.push((table, count(sql)?));
    }
    rows.push(("trigger", count(TRIGGERS)?));
    rows.push(("history", history.count(db)?));
    let in_flight = count(UNDER_WAY)?;
    Ok(Figures {
        videos: poll::watched_videos(db)?,
        watches: count(RUNNING)?,
        log_backlog: count(BACKLOG)?,
        fanouts: count("SELECT count(*) FROM fanout")?,
        lanes_due,
        oldest_due: oldest.map(|at| now.since(UnixMillis(at))).filter(|age| *age > Duration::ZERO),
        alerts_waiting: count(WAITING)? + in_flight,
        alerts_in_flight: in_flight,
        ledger: ledger(db)?,
        dead_letters: count("SELECT count(*) FROM notification WHERE state = 'dead'")?,
        rows,
        bytes: count("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")?,
    })
}

/// How far a walk through the history came, and what it found.
#[derive(Debug, Default)]
pub(super) struct History {
    last: Option<(i64, i64)>,
    so_far: u64,
    whole: u64,
}

pub(super) const HISTORY: &str = "SELECT video, at FROM history WHERE (video, at) > (?1, ?2)
     ORDER BY video, at LIMIT 1 OFFSET ?3";

const HISTORY_REST: &str = "SELECT count(*) FROM history WHERE (video, at) > (?1, ?2)";

impl History {
    /// Counts one piece more; returns what the last whole walk found, or this one if that is more already.
    fn count(&mut self, db: &Connection) -> Result<u64> {
        self.count_piece(db, HISTORY_PIECE)
    }

    fn count_piece(&mut self, db: &Connection, piece: i64) -> Result<u64> {
        let (video, at) = self.last.unwrap_or((i64::MIN, i64::MIN));
        let next = db
            .prepare_cached(HISTORY)?
            .query_row([video, at, piece - 1], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if next.is_some() {
            self.last = next;
            self.so_far += piece.unsigned_abs();
            return Ok(self.whole.max(self.so_far));
        }
        let rest: u64 =
            db.prepare_cached(HISTORY_REST)?.query_row([video, at], |row| row.get(0))?;
        self.whole = self.so_far + rest;
        (self.last, self.so_far) = (None, 0);
        Ok(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::super::open;
    use super::*;

    /// A database of the first schema, brought up to date with these rows in it.
    fn migrated(rows: &str) -> Connection {
        let db = Connection::open_in_memory().unwrap();
        let mut steps = open::MIGRATIONS.into_iter();
        db.execute_batch(steps.next().unwrap()).unwrap();
        db.execute_batch(rows).unwrap();
        for step in steps {
            db.execute_batch(step).unwrap();
        }
        db
    }

    #[test]
    fn the_sums_of_an_older_database_begin_with_what_is_open() {
        let db = migrated(
            "INSERT INTO alert (subscription, rule, video, series, observed_at, outcome, ended) VALUES
             (1, 1, 1, 1, 1, 'sent', 2), (1, 1, 1, 1, 1, 'dead', 2), (1, 1, 1, 1, 1, NULL, NULL);
             DELETE FROM alert WHERE outcome = 'sent';
             INSERT INTO uncounted VALUES ('dead', 1);",
        );
        assert_eq!(ledger(&db).unwrap(), Ledger { created: 1, ..Ledger::default() });
        let figures = figures(&db, &mut History::default(), UnixMillis(0)).unwrap();
        assert_eq!((figures.alerts_waiting, figures.unaccounted()), (1, 0));
    }

    #[test]
    fn a_ledger_of_nothing_is_empty() {
        assert_eq!(ledger(&migrated("")).unwrap(), Ledger::default());
    }

    #[test]
    fn the_history_is_counted_piece_by_piece_and_again() {
        let db = migrated("");
        let fill = |from: i64, upto: i64| {
            for at in from..upto {
                db.execute("INSERT INTO history VALUES (?1, ?2, 1, 1, 1)", [at / 3, at]).unwrap();
            }
        };
        fill(0, 10);
        let mut history = History::default();
        let mut count = || history.count_piece(&db, 4).unwrap();
        assert_eq!([count(), count(), count()], [4, 8, 10]);
        // While the next walk is under way, the last one holds.
        assert_eq!([count(), count(), count()], [10, 10, 10]);
        fill(10, 12);
        assert_eq!([count(), count(), count(), count()], [10, 10, 12, 12]);
    }
}
