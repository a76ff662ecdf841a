//! Brings forward in the database what the clock on the wall would bring much later.

use tubebell::app::system_clock;

use super::installation::Installation;

/// The time of all digests has come.
pub(super) const DIGESTS: [&str; 3] = [
    "UPDATE digest SET next_at = min(next_at, ?1)",
    "UPDATE unit SET due_at = ?1 WHERE id < 0 AND due_at > ?1",
    "UPDATE lane SET digest_at = max(free_at, ?1) WHERE digest_at > ?1",
];

/// What is to be tried again is due, and nobody has to be left alone any more.
pub(super) const RETRIES: [&str; 3] = [
    "UPDATE notification SET next_at = ?1 WHERE state = 'pending' AND next_at > ?1",
    "UPDATE lane SET due_at = ?1 WHERE due_at > ?1",
    "UPDATE lane SET free_at = ?1 WHERE free_at > ?1",
];

impl Installation {
    /// A gateway that runs notices at its next look.
    pub(super) fn bring_forward(&self, statements: &[&str]) {
        let (mut db, now) = (self.database(), system_clock()());
        let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        for statement in statements {
            tx.execute(statement, [now.0]).unwrap();
        }
        tx.commit().unwrap();
    }
}
