//! How long a connection waits while another process, such as `apply` beside a running gateway, holds the database.
//!
//! SQLite's own way of waiting looks ever more seldom, up to ten times a second, and so passes over the gaps between the
//! short transactions of another process.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// While the gateway runs.
const RUNNING: Duration = Duration::from_secs(10);

/// Once it stops: what several writers wait for in turn has to fit into ten seconds.
const STOPPING: Duration = Duration::from_secs(1);

/// How long a connection sleeps between two attempts: less than the gaps that `apply` leaves between its transactions.
const PAUSE: Duration = Duration::from_millis(1);

thread_local! {
    /// Of this thread's connection: since when it waits for another process, and whether it is to hurry.
    static WAIT: RefCell<(Option<Instant>, Arc<AtomicBool>)> = RefCell::default();
}

/// SQLite asks this while another process holds the database: true is to try again.
#[expect(
    clippy::disallowed_methods,
    reason = "this thread is the database's own; SQLite's own time-out sleeps too"
)]
fn is_patient(tries: i32) -> bool {
    let is_over = WAIT.with_borrow_mut(|(since, hurry)| {
        if tries == 0 {
            *since = None;
        }
        let waited = since.get_or_insert_with(Instant::now).elapsed();
        waited > if hurry.load(Ordering::Relaxed) { STOPPING } else { RUNNING }
    });
    if !is_over {
        std::thread::sleep(PAUSE);
    }
    !is_over
}

/// Makes a connection wait, in whichever thread it is used.
pub(super) fn teach(db: &Connection) -> rusqlite::Result<()> {
    db.busy_handler(Some(is_patient))
}

/// Lets the connection of this thread wait only a moment once `hurry` is set.
pub(super) fn until(hurry: Arc<AtomicBool>) {
    WAIT.set((None, hurry));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hurries_waits_for_a_moment_and_others_for_longer() {
        let hurry = Arc::new(AtomicBool::new(false));
        let since = Instant::now().checked_sub(STOPPING).unwrap();
        WAIT.set((Some(since), Arc::clone(&hurry)));
        assert!(is_patient(1));
        hurry.store(true, Ordering::Relaxed);
        assert!(!is_patient(2));
        assert!(is_patient(0), "each wait is counted from its own beginning");
    }
}
