//! The loop of one channel at the real store, with any notifier at its end and a clock to move.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::app::clock;
use tubebell::deliver::{
    ChannelHealth, Composer, Limiter, Operator, Rates, RetryPolicy, Wakers, Worker,
};
use tubebell::draw::Painter;
use tubebell::model::{Address, Body, Channel, Effective, UnixMillis};
use tubebell::notify::Notifier;
use tubebell::render::Renderer;
use tubebell::store::{Access, Sqlite, Store};
use tubebell::telemetry::Metrics;

pub(super) struct Rig {
    folder: tempfile::TempDir,
    pub(super) store: Arc<dyn Store>,
    pub(super) metrics: Metrics,
    pub(super) health: Arc<ChannelHealth>,
    wake: Arc<Notify>,
    ahead_s: Arc<AtomicU64>,
    stop: CancellationToken,
    pub(super) worker: JoinHandle<()>,
    /// While a blocking task runs, a paused clock moves only when it is told to.
    _held: std::sync::mpsc::Sender<()>,
}

impl Rig {
    pub(super) fn start(notifier: Arc<dyn Notifier>, operator: &[Address]) -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.path().join("t.db"), Access::Run).unwrap());
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        let (held, released) = std::sync::mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || released.recv()));
        let wakers = Wakers::default();
        let wake = wakers.add();
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let (health, metrics) = (Arc::new(ChannelHealth::default()), Metrics::new());
        let ahead_s = Arc::new(AtomicU64::new(0));
        let ahead = Arc::clone(&ahead_s);
        let defaults = Effective {
            at_most: Duration::ZERO,
            quiet: None,
            tz: "UTC".into(),
            until: None,
            digest: None,
            pings_per_day: None,
        };
        let max_age = Duration::from_secs(86_400);
        let worker = Worker {
            store: Arc::clone(&store) as _,
            notifier,
            limiter: Arc::new(Limiter::new(Rates::default(), Instant::now())),
            composer: Arc::new(Composer {
                renderer: Arc::clone(&renderer),
                defaults,
                max_age,
                at_most_max: Duration::from_secs(29 * 86_400),
            }),
            painter: Painter::new(tracker.clone()),
            policy: RetryPolicy { give_up: Duration::from_secs(500 * 86_400) },
            max_age,
            wake: Arc::clone(&wake),
            clock: Arc::new(move || {
                clock().plus(Duration::from_secs(ahead.load(Ordering::Relaxed)))
            }),
            metrics: metrics.clone(),
            operator: Operator {
                to: operator.to_vec(),
                store: Arc::clone(&store) as _,
                renderer,
                wakers,
            },
            health: Arc::clone(&health),
        };
        let worker = tracker.spawn(worker.run(tracker.clone(), stop.clone()));
        Rig { folder, store, metrics, health, wake, ahead_s, stop, worker, _held: held }
    }

    fn now(&self) -> UnixMillis {
        clock().plus(Duration::from_secs(self.ahead_s.load(Ordering::Relaxed)))
    }

    /// Queues a message to each of these addresses.
    pub(super) async fn queue(&self, to: impl IntoIterator<Item = (Address, String)>) {
        let bodies = to.into_iter().map(|(to, text)| match to.channel() {
            Channel::Webhook => (to, Body::Json(text)),
            Channel::Telegram
            | Channel::Discord
            | Channel::DiscordWebhook
            | Channel::Email
            | Channel::Recorder => (to, Body::Text(text)),
        });
        self.store.notice(None, bodies.collect(), self.now()).await.unwrap();
        self.wake.notify_one();
    }

    /// Lets the time of waits pass: what is put off by less is due.
    pub(super) fn pass(&self, time: Duration) {
        self.ahead_s.fetch_add(time.as_secs(), Ordering::Relaxed);
        self.wake.notify_one();
    }

    /// The first column of the first row.
    pub(super) fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        let db = rusqlite::Connection::open(self.folder.path().join("t.db")).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What has not ended yet.
    pub(super) fn pending(&self) -> i64 {
        self.sql("SELECT count(*) FROM notification WHERE state = 'pending'")
    }

    /// Lets the loop do all that it can do now, also where time is paused.
    pub(super) async fn settle(&self) {
        for _ in 0..10 {
            // Comes back when everything that was queued at the store before it is done.
            self.store.save("settle", String::new()).await.unwrap();
            self.store.load("settle").await.unwrap();
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
    }

    pub(super) fn stop(&self) {
        self.stop.cancel();
    }
}
