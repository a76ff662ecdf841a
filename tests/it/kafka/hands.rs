//! A store, a cluster, and both ends of the stream between them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use tokio_util::task::TaskTracker;
use tubebell::bus::{
    self, Bus, BusError, BusOptions, Detect, Format, KafkaOptions, Parts, Properties,
};
use tubebell::model::{Snapshot, UnixMillis, VideoId};
use tubebell::store::{Access, Sqlite, Stream};
use tubebell::telemetry::Metrics;

use crate::wait::until;

/// An hour ago: of records that are older, a topic that keeps them for days may let go at any moment.
pub(crate) static T0: LazyLock<UnixMillis> =
    LazyLock::new(|| tubebell::app::clock().minus(Duration::from_secs(3_600)));

/// How far the clock of a stream is ahead of that.
const LATER: Duration = Duration::from_secs(60 * 86_400);

/// The n-th video.
pub(crate) fn video(n: usize) -> VideoId {
    format!("video-{n:05}").parse().unwrap()
}

/// What was seen of the n-th video, so many seconds after the beginning.
pub(crate) fn seen(n: usize, second: i64, views: i64) -> Snapshot {
    let at = UnixMillis(T0.0 + second * 1_000);
    serde_json::from_value(serde_json::json!({
        "video_id": video(n), "observed_at": at, "numbers_at": at, "details_at": at,
        "views": views, "likes": null, "comments": 3, "title": "<b>A & \"B\"</b> 🔔", "channel_id": null,
        "channel_title": "@everyone", "status": "public", "live": "none", "published_at": null,
    }))
    .unwrap()
}

/// Options for a cluster: JSON, and changes that tubebell finds itself.
pub(crate) fn options(servers: &str, prefix: &str) -> KafkaOptions {
    KafkaOptions {
        bootstrap_servers: servers.to_owned(),
        topic_prefix: prefix.to_owned(),
        partitions: 4,
        properties: Properties(BTreeMap::new()),
        format: Format::Json,
        detect: Detect::Builtin,
        has_admin: true,
    }
}

/// The same for a cluster in memory, which answers no administrator.
pub(crate) fn in_memory(servers: &str) -> KafkaOptions {
    KafkaOptions { has_admin: false, ..options(servers, "") }
}

/// A store and a stream.
pub(crate) struct Hands {
    pub(crate) store: Arc<Sqlite>,
    pub(crate) bus: Bus,
    pub(crate) metrics: Metrics,
    _folder: Option<tempfile::TempDir>,
}

impl Hands {
    /// With a store of its own.
    pub(crate) fn new(options: KafkaOptions) -> Hands {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&folder.path().join("t.db"), Access::Run).unwrap());
        Hands { _folder: Some(folder), ..Hands::on(store, options) }
    }

    /// As if it had been stopped and started again.
    pub(crate) fn again(self, options: KafkaOptions) -> Hands {
        Hands { _folder: self._folder, ..Hands::on(self.store, options) }
    }

    /// With a store that others have used.
    fn on(store: Arc<Sqlite>, options: KafkaOptions) -> Hands {
        let metrics = Metrics::new();
        let parts = Parts {
            store: Arc::clone(&store) as _,
            shared: Arc::clone(&store) as _,
            clock: Arc::new(|| T0.plus(LATER)),
            metrics: metrics.clone(),
            tracker: TaskTracker::new(),
            keep: Duration::from_secs(30 * 86_400),
        };
        let bus = bus::open(&BusOptions::Kafka(Box::new(options)), parts).unwrap();
        Hands { store, bus, metrics, _folder: None }
    }

    /// Publishes, until the cluster takes it.
    pub(crate) async fn publish(&self, snapshots: Vec<Snapshot>) {
        while let Err(error) = self.bus.sink.publish(snapshots.clone()).await {
            eprintln!("published again: {error}");
            tokio::task::yield_now().await;
        }
    }

    /// Reads a piece and routes all of it; returns what it held.
    pub(crate) async fn route(&self, limit: usize) -> Result<Vec<Snapshot>, BusError> {
        let batch = self.bus.stream.read(limit).await?;
        if batch.is_empty() {
            self.bus.stream.ready().await;
            return Ok(Vec::new());
        }
        let (beside, snapshots, end) = (self.bus.stream.beside(), batch.snapshots, batch.end);
        let routed = Arc::clone(&snapshots);
        let work = Box::new(
            move |tx: &mut dyn tubebell::model::RoutingTx<Error = tubebell::store::StoreError>| {
                if let Some(beside) = beside {
                    snapshots.iter().try_for_each(|(_, snapshot)| beside(tx, snapshot))?;
                }
                Ok(end)
            },
        );
        self.store.route(&batch.stream, batch.partition, batch.read, *T0, work).await.unwrap();
        Ok(routed.iter().map(|(_, snapshot)| snapshot.clone()).collect())
    }

    /// Routes until so many snapshots came.
    pub(crate) async fn routed(&self, count: usize) -> Vec<Snapshot> {
        let mut all = Vec::new();
        while all.len() < count {
            match self.route(1_000).await {
                Ok(more) => all.extend(more),
                Err(error) => {
                    eprintln!("read again: {error}");
                    self.bus.stream.ready().await;
                }
            }
        }
        all
    }
}

/// A cluster in memory, with the topics.
pub(crate) fn cluster() -> MockCluster<'static, DefaultProducerContext> {
    let cluster = MockCluster::new(1).unwrap();
    for name in ["youtube_videos", "youtube_changes", "youtube_watched", "youtube_parked"] {
        cluster.create_topic(name, 4, 1).unwrap();
    }
    cluster
}

/// Waits until all that waits for other programs has left.
pub(crate) async fn until_told(store: &dyn Stream) {
    until("everything is published", async || store.mirrored(1).await.unwrap().is_empty()).await;
}
