//! The parts between YouTube and the alerts, in this process: the routing loop on a database, and a caller that feels
//! how long a transaction keeps others waiting.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tubebell::app::system_clock;
use tubebell::bus::{Embedded, SnapshotSink};
use tubebell::deliver::Wakers;
use tubebell::model::{Live, Snapshot, Status, UnixMillis};
use tubebell::pipeline::Routing;
use tubebell::store::{Access, EMBEDDED_STREAM, Sqlite, Store};
use tubebell::telemetry::Metrics;

use crate::seed::{COMMENTS, LIKES, TITLE, VIEWS, seen_at, video_id};

/// A database with its routing loop.
pub(crate) struct Router {
    pub(crate) store: Arc<dyn Store>,
    stream: Arc<Embedded>,
    /// Looks beside the store, which would count all there is.
    beside: rusqlite::Connection,
}

impl Router {
    pub(crate) fn open(database: &Path) -> anyhow::Result<Router> {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(database, Access::Run)?);
        let stream = Arc::new(Embedded::new(Arc::clone(&store) as _));
        let beside = rusqlite::Connection::open(database)?;
        Ok(Router { store, stream, beside })
    }

    /// Puts snapshots into the log, a thousand at a time.
    pub(crate) async fn log(
        &self,
        snapshots: impl Iterator<Item = Snapshot>,
    ) -> anyhow::Result<u64> {
        let mut snapshots = snapshots.peekable();
        let mut count = 0;
        while snapshots.peek().is_some() {
            let piece: Vec<Snapshot> = snapshots.by_ref().take(1000).collect();
            count += piece.len() as u64;
            self.stream.publish(piece).await?;
        }
        Ok(count)
    }

    /// Routes what is in the log until nothing is left; returns how long that took.
    pub(crate) async fn drain(&self) -> anyhow::Result<Duration> {
        let routing = Routing {
            store: Arc::clone(&self.store) as _,
            stream: Arc::clone(&self.stream) as _,
            clock: system_clock(),
            metrics: Metrics::new(),
            wakers: Wakers::default(),
        };
        let stop = CancellationToken::new();
        let begun = Instant::now();
        let (ended, done) = (stop.clone(), self.emptied(begun));
        let ((), took) = tokio::join!(routing.run(stop), async {
            let took = done.await;
            ended.cancel();
            took
        });
        took
    }

    async fn emptied(&self, begun: Instant) -> anyhow::Result<Duration> {
        loop {
            // The loop reads first and routes then: an empty log without fan-out is its end.
            let position = self.store.position(EMBEDDED_STREAM, 0).await?;
            if self.store.read_log(position, 1).await?.is_empty() {
                let took = begun.elapsed();
                let left = "SELECT EXISTS (SELECT 1 FROM fanout)";
                if !self.beside.query_row(left, [], |row| row.get(0))? {
                    return Ok(took.max(begun.elapsed()));
                }
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A small write, again and again: the longest that one had to wait, in milliseconds, until `stop` is cancelled.
pub(crate) async fn longest_wait_ms(store: Arc<dyn Store>, stop: CancellationToken) -> f64 {
    let mut longest = Duration::ZERO;
    while !stop.is_cancelled() {
        let begun = Instant::now();
        if store.save("bench", String::new()).await.is_err() {
            return f64::INFINITY;
        }
        longest = longest.max(begun.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    longest.as_secs_f64() * 1e3
}

/// What is seen of a video at its n-th look: views move by `step` each time, likes every second, comments every tenth.
pub(crate) fn look(video: u64, nth: i64, step: i64) -> Snapshot {
    let at = UnixMillis(seen_at().0 + nth * 60_000);
    Snapshot {
        video_id: video_id(video),
        observed_at: at,
        numbers_at: at,
        details_at: at,
        views: Some(VIEWS + nth * step),
        likes: Some(LIKES + nth / 2),
        comments: Some(COMMENTS + nth / 10),
        title: Some(TITLE.to_owned()),
        channel_id: Some("UCuAXFkgsw1L7xaCfnd5JJOw".to_owned()),
        channel_title: Some("A channel".to_owned()),
        status: Status::Public,
        live: Live::None,
        published_at: None,
        duration: None,
        starts_at: None,
    }
}

/// A runtime like the gateway's.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

#[expect(clippy::cast_precision_loss, reason = "counts of millions")]
pub(crate) fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
