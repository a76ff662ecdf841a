//! Long work beside a running gateway: pieces that keep nobody waiting, and room between them.
//!
//! SQLite's lock of writers knows no queue: whoever looks at the right moment has it. So a piece is short, a pause
//! follows it, and whoever waits looks every millisecond. Whoever finds much in the write-ahead log at the end of a
//! transaction brings it into the database, which takes longer than the transaction itself; it is this side that has
//! filled the log, so it is this side that empties it, before the gateway would.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::edit;
use crate::model::UnixMillis;
use crate::store::{Edit, Edited, Result};

/// Edits in one transaction.
pub(super) const EDITS_MAX: usize = 1000;

/// How long a transaction takes on further work. What it has changed is written at its end, for about as long again.
pub(super) const WORK_MAX: Duration = Duration::from_millis(25);

/// The pause while nobody else writes: enough for whoever looks every millisecond.
const PAUSE: Duration = Duration::from_millis(2);

/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// What a piece has done.
pub(super) struct Piece<T> {
    pub(super) done: T,
    /// Changes whenever another connection has written.
    pub(super) version: i64,
    /// Since the lock was there.
    pub(super) begun: Instant,
}

/// Does `work`, and notes what a pause after it depends on.
pub(super) fn piece<T>(
    tx: &Connection,
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<Piece<T>> {
    let begun = Instant::now();
    let version = tx.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
    Ok(Piece { done: work(tx)?, version, begun })
}

/// Applies the first of `edits`.
pub(super) fn edit_some(tx: &Connection, edits: &[Edit], now: UnixMillis) -> Result<Vec<Edited>> {
    let begun = Instant::now();
    let mut edited = Vec::new();
    for edit in edits.iter().take(EDITS_MAX) {
        edited.push(edit::one(tx, edit, now)?);
        if begun.elapsed() >= WORK_MAX {
            break;
        }
    }
    Ok(edited)
}

/// How long to pause after a piece that took so long: half of the time is others' where there are others.
pub(super) fn pause(took: Duration, others_write: bool) -> Duration {
    if others_write { took.clamp(PAUSE, PAUSE_MAX) } else { PAUSE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_others_write_half_of_the_time_is_theirs() {
        let ms = Duration::from_millis;
        assert_eq!(pause(ms(30), false), ms(2));
        assert_eq!(pause(ms(30), true), ms(30));
        assert_eq!(pause(ms(1), true), ms(2));
        assert_eq!(pause(ms(900), true), ms(50));
    }
}
