//! Promises of a stop. Time is paused.

use tokio::time::Instant;

use super::*;
use crate::store::{Access, Sqlite};

fn gateway(folder: &Path, time_limits: TimeLimits) -> (Gateway, Arc<Sqlite>) {
    let sqlite = Arc::new(Sqlite::open(&folder.join("t.db"), Access::Run).unwrap());
    let gateway = Gateway {
        tracker: TaskTracker::new(),
        time_limits,
        stop: CancellationToken::new(),
        store: Arc::clone(&sqlite) as _,
        metrics: Metrics::new(),
        web: None,
        public: None,
    };
    (gateway, sqlite)
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_over_within_ten_seconds_whatever_hangs() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, _) = gateway(folder.path(), TimeLimits::default());
    gateway.tracker.spawn(std::future::pending::<()>());
    let begun = Instant::now();
    gateway.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_ends_by_itself_and_tells_it_and_the_store_to_hurry() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, sqlite) = gateway(folder.path(), TimeLimits::default());
    let (stop, (done, is_done)) = (gateway.stop.clone(), tokio::sync::oneshot::channel());
    gateway.tracker.spawn(async move {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_secs(9)).await;
        done.send(()).unwrap();
    });
    assert!(!sqlite.hurries());
    gateway.stop().await;
    assert!(sqlite.hurries());
    is_done.await.unwrap();
}
