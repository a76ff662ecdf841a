//! The stream of snapshots that the store keeps itself, the transactions in which the router takes a stream to alerts, and what
//! waits to be told to other programs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::error::{Result, StoreError};
use crate::model::{Holder, Mirrored, RoutingTx, Snapshot, UnixMillis};

/// The name of the stream that the store's own log is.
pub const EMBEDDED_STREAM: &str = "log";

/// Runs inside the routing transaction: reads and writes through it, returns the new position.
pub(crate) type RouteFn =
    Box<dyn FnOnce(&mut dyn RoutingTx<Error = StoreError>) -> Result<i64> + Send + 'static>;

/// Runs inside a transaction with one piece of deferred work; returns what is left of it.
pub(crate) type ResumeFn = Box<
    dyn FnOnce(&mut dyn RoutingTx<Error = StoreError>, Holder, &str) -> Result<Option<String>>
        + Send
        + 'static,
>;

/// Routes a snapshot inside the transaction of an edit, so that no stream is needed for it.
#[derive(Clone)]
pub struct FirstLook(pub Arc<FirstLookFn>);

/// What a [`FirstLook`] does.
pub(crate) type FirstLookFn =
    dyn Fn(&mut dyn RoutingTx<Error = StoreError>, &Snapshot) -> Result<()> + Send + Sync;

impl fmt::Debug for FirstLook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstLook")
    }
}

/// There is one way to route.
impl PartialEq for FirstLook {
    fn eq(&self, _: &FirstLook) -> bool {
        true
    }
}

impl Eq for FirstLook {}

/// What comes in, and the routing of it.
#[async_trait]
pub trait Stream: Send + Sync + 'static {
    /// Appends snapshots to the log.
    async fn append(&self, snapshots: Vec<Snapshot>) -> Result<()>;

    /// Snapshots of the log from `from` on, with their offsets.
    async fn read_log(&self, from: i64, limit: usize) -> Result<Vec<(i64, Snapshot)>>;

    /// The next offset to read of a stream's partition; 0 at first.
    async fn position(&self, stream: &str, partition: i32) -> Result<i64>;

    /// Runs `work` in one transaction and moves the position from `read` to what it returns.
    ///
    /// [`StoreError::Conflict`] when the position is not `read` any more: read it again.
    async fn route(
        &self,
        stream: &str,
        partition: i32,
        read: i64,
        now: UnixMillis,
        work: RouteFn,
    ) -> Result<i64>;

    /// Runs one piece of deferred work; returns whether there was any.
    async fn fan_out(&self, now: UnixMillis, work: ResumeFn) -> Result<bool>;

    /// Forgets the positions of streams whose names begin with `prefix`, but for `kept`.
    async fn forget_positions(&self, prefix: &str, kept: &str) -> Result<()>;

    /// The oldest records for other programs that wait, at most `limit`, each with its number.
    async fn mirrored(&self, limit: usize) -> Result<Vec<(i64, Mirrored)>>;

    /// Records up to this number have reached their topics, and go.
    async fn acknowledged(&self, to: i64) -> Result<()>;

    /// Compares a stretch of the watched videos with the list that other programs have, and queues what differs. A video that
    /// nobody has watched for `keep` is to be erased from topics: that is queued, too. Returns how many records were queued; the
    /// next call looks at the next stretch.
    async fn compare_watched(&self, keep: Duration, now: UnixMillis) -> Result<usize>;
}
