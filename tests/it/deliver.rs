//! The loop of a channel against the real store, with a recorder at the other end. Time is paused.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod barred;
mod cards;
mod mishaps;
mod pictures;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tubebell::deliver::{
    ChannelHealth, Composer, Limiter, Operator, Rates, RetryPolicy, Wakers, Worker,
};
use tubebell::draw::Painter;
use tubebell::model::{Address, Channel, Effective, UnixMillis};
use tubebell::notify::recorder::Recorder;
use tubebell::notify::{Notifier, SendError};
use tubebell::render::Renderer;
use tubebell::store::{Access, Sqlite, Store};
use tubebell::telemetry::Metrics;

use crate::bodies;

const START: UnixMillis = UnixMillis(1_795_000_000_000);

fn defaults() -> Effective {
    Effective {
        at_most: Duration::ZERO,
        quiet: None,
        tz: "UTC".into(),
        until: None,
        digest: None,
        pings_per_day: None,
    }
}

struct Loop {
    folder: tempfile::TempDir,
    store: Arc<dyn Store>,
    recorder: Arc<Recorder>,
    limiter: Arc<Limiter>,
    wake: Arc<Notify>,
    tracker: TaskTracker,
    /// Pictures that are being drawn.
    drawing: TaskTracker,
    stop: CancellationToken,
    health: Arc<ChannelHealth>,
    begun: Instant,
    /// While a blocking task runs, the paused clock moves only when it is told to: the store works on a thread of its
    /// own, and time must not run on while it does.
    _held: std::sync::mpsc::Sender<()>,
}

impl Loop {
    fn start(channel: Channel, give_up: Duration) -> Loop {
        let recorder = Arc::new(Recorder::standing_in_for(channel, 1000));
        Loop::with(Arc::clone(&recorder) as _, recorder, Rates::default(), give_up)
    }

    /// A loop whose `notifier` stands before the recorder.
    fn with(
        notifier: Arc<dyn Notifier>,
        recorder: Arc<Recorder>,
        rates: Rates,
        give_up: Duration,
    ) -> Loop {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&folder.path().join("t.db"), Access::Run).unwrap());
        let renderer = Arc::new(Renderer::new(&[]).unwrap());
        let begun = Instant::now();
        let (held, released) = std::sync::mpsc::channel::<()>();
        drop(tokio::task::spawn_blocking(move || released.recv()));
        let wake = Arc::new(Notify::new());
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let drawing = TaskTracker::new();
        let health = Arc::new(ChannelHealth::default());
        let limiter = Arc::new(Limiter::new(rates, begun));
        let worker = Worker {
            store: Arc::clone(&store) as _,
            notifier,
            limiter: Arc::clone(&limiter),
            composer: Arc::new(Composer {
                renderer: Arc::clone(&renderer),
                defaults: defaults(),
                max_age: Duration::from_secs(86_400),
                at_most_max: Duration::from_secs(29 * 86_400),
            }),
            painter: Painter::new(drawing.clone()),
            policy: RetryPolicy { give_up },
            max_age: Duration::from_secs(3600),
            wake: Arc::clone(&wake),
            clock: Arc::new(move || START.plus(begun.elapsed())),
            metrics: Metrics::new(),
            operator: Operator {
                to: Vec::new(),
                store: Arc::clone(&store) as _,
                renderer,
                wakers: Wakers::default(),
            },
            health: Arc::clone(&health),
        };
        tracker.spawn(worker.run(tracker.clone(), stop.clone()));
        Loop {
            folder,
            store,
            recorder,
            limiter,
            wake,
            tracker,
            drawing,
            stop,
            health,
            begun,
            _held: held,
        }
    }

    fn now(&self) -> UnixMillis {
        START.plus(self.begun.elapsed())
    }

    /// Queues a message without an alert.
    async fn queue(&self, chat: i64) {
        self.queue_to(Address::Telegram { chat, thread: None }, &format!("to {chat}")).await;
    }

    async fn queue_to(&self, to: Address, body: &str) {
        self.store.notice(None, vec![(to, bodies::plain(body))], self.now()).await.unwrap();
        self.wake.notify_one();
    }

    /// Lets the loop work until the recorder was asked so often, a second at a time.
    async fn asked(&self, attempts: u64) {
        for _ in 0..10_000 {
            if self.recorder.attempts() >= attempts {
                return;
            }
            self.settle().await;
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        panic!("only {} attempts", self.recorder.attempts());
    }

    /// Lets the loop do all that it can do now.
    async fn settle(&self) {
        for _ in 0..5 {
            // Comes back when everything that was queued at the store before it is done.
            self.store.save("settle", String::new()).await.unwrap();
            // The same for reads, which have a thread of their own.
            self.store.load("settle").await.unwrap();
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            while !self.drawing.is_empty() {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Does `work`, which leaves others room now and then, while time passes.
    async fn passing<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.settle() => tokio::time::advance(Duration::from_millis(10)).await,
            }
        }
    }

    /// The attempts that count of the only message.
    fn burnt(&self) -> i64 {
        self.sql("SELECT attempts FROM notification")
    }

    /// Lets the loop work until the message with this body was tried so often in vain, some seconds at a time.
    async fn fails(&self, body: &str, attempts: i64) {
        let burnt = format!("SELECT attempts FROM notification WHERE body = '{body}'");
        for _ in 0..1_000 {
            self.settle().await;
            if self.sql::<i64>(&burnt) >= attempts {
                return;
            }
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        panic!("{body} is not tried again");
    }

    /// The first column of the first row.
    fn sql<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn database(&self) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(self.folder.path().join("t.db")).unwrap();
        db.busy_timeout(crate::wait::LIMIT).unwrap();
        db
    }

    async fn stopped(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    async fn end(self) {
        self.stopped().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_tried_again_under_the_same_id() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    it.recorder.fail_next(SendError::Ambiguous("no answer".into()));
    it.queue(1).await;
    it.asked(2).await;
    let sent = it.recorder.sent();
    assert!(sent.windows(2).all(|pair| pair[0].outgoing.id == pair[1].outgoing.id));
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_be_told_for_too_long_comes_without_a_sound() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    for _ in 0..150 {
        it.recorder.fail_next(SendError::Unreachable("dns".into()));
    }
    it.queue(1).await;
    while it.recorder.sent().is_empty() {
        it.settle().await;
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    assert!(it.begun.elapsed() > Duration::from_secs(3600), "{:?}", it.begun.elapsed());
    assert!(it.recorder.sent()[0].outgoing.silent);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_comes_late_after_all_comes_without_a_sound() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    it.recorder.fail_next(SendError::Wait { after: Some(Duration::from_secs(3660)) });
    it.queue(1).await;
    it.asked(2).await;
    it.settle().await;
    assert!(it.recorder.sent()[0].outgoing.silent);
    it.queue(2).await;
    it.asked(3).await;
    assert!(!it.recorder.sent()[1].outgoing.silent);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_one_chat_holds_up_no_other() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    it.recorder.fail_next(SendError::Wait { after: Some(Duration::from_secs(3600)) });
    it.queue(1).await;
    it.asked(1).await;
    let before = it.begun.elapsed();
    it.queue(2).await;
    it.asked(2).await;
    assert!(it.begun.elapsed() - before < Duration::from_secs(60));
    it.asked(3).await;
    assert!(it.begun.elapsed() >= Duration::from_secs(3600), "the wait was cut short");
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_away_gets_one_probe_at_a_time_and_all_of_it_later() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    for _ in 0..5 {
        it.recorder.fail_next(SendError::Unreachable("dns".into()));
    }
    it.queue(1).await;
    it.asked(1).await;
    for chat in 2..20 {
        it.queue(chat).await;
    }
    it.asked(5 + 19).await;
    assert_eq!(it.recorder.sent().len(), 19, "something was lost or sent twice");
    assert_eq!(it.recorder.attempts(), 24, "more than a probe at a time");
    let waits = Duration::from_secs(1 + 2 + 4 + 8 + 16);
    assert!(it.begun.elapsed() >= waits, "probed after {:?}", it.begun.elapsed());
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_all_at_once_is_one_failure_and_the_pause_is_short() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    for _ in 0..50 {
        it.recorder.fail_next(SendError::Unreachable("down".into()));
    }
    let mut all = Vec::new();
    for chat in 0..50 {
        all.push((Address::Telegram { chat, thread: None }, bodies::plain("body")));
    }
    it.store.notice(None, all, it.now()).await.unwrap();
    it.wake.notify_one();
    it.asked(51).await;
    assert!(it.begun.elapsed() < Duration::from_secs(5), "{:?}", it.begun.elapsed());
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_refuses_a_message_is_back() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    it.recorder.fail_next(SendError::Unreachable("down".into()));
    it.recorder.fail_next(SendError::Rejected("can't parse entities".into()));
    it.queue(1).await;
    it.settle().await;
    assert!(!it.health.is_working());
    it.asked(2).await;
    it.settle().await;
    assert!(it.health.is_working(), "the refusal came from the channel itself");
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_given_up_is_a_dead_letter_and_can_be_sent_again() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(60));
    for _ in 0..3 {
        it.recorder.fail_next(SendError::Transient("500".into()));
    }
    it.queue(1).await;
    it.asked(3).await;
    it.settle().await;
    let letters = it.store.dead_letters(10).await.unwrap();
    assert!(letters[0].error.contains("given up"), "{}", letters[0].error);
    assert_eq!(it.passing(crate::store::replay_all(&*it.store, it.now())).await, 1);
    it.wake.notify_one();
    it.asked(4).await;
    assert_eq!(it.recorder.sent().len(), 1);
    it.end().await;
}

/// One after the other is asked while a receiver fails, so each waits for all others between its own attempts.
#[tokio::test(start_paused = true)]
async fn behind_others_of_a_receiver_that_fails_a_message_waits_no_longer_than_any_other() {
    const GIVE_UP: Duration = Duration::from_secs(3600);
    let it = Loop::start(Channel::Webhook, GIVE_UP);
    let endpoint: Address = "webhook:https://example.com/hook".parse().unwrap();
    for _ in 0..2_000 {
        it.recorder.fail_next(SendError::Transient("HTTP 500".into()));
    }
    for n in 0..100 {
        it.queue_to(endpoint.clone(), &n.to_string()).await;
    }
    let dead = async || it.store.dead_letters(200).await.unwrap().len();
    while it.passing(dead()).await < 100 {
        it.settle().await;
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(
            it.begun.elapsed() < 4 * GIVE_UP,
            "{} are given up of {}",
            dead().await,
            it.recorder.attempts()
        );
    }
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_away_burns_no_attempts() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(86_400));
    for _ in 0..3 {
        it.recorder.fail_next(SendError::Unreachable("dns".into()));
    }
    it.recorder.fail_next(SendError::Transient("500".into()));
    it.queue(1).await;
    it.asked(3).await;
    it.settle().await;
    assert_eq!(it.burnt(), 0, "nobody has refused the message");
    it.asked(4).await;
    it.settle().await;
    assert_eq!(it.burnt(), 1);
    it.asked(5).await;
    assert_eq!(it.recorder.sent().len(), 1);
    it.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_a_channel_was_away_does_not_count_against_a_message() {
    let it = Loop::start(Channel::Telegram, Duration::from_secs(120));
    for _ in 0..8 {
        it.recorder.fail_next(SendError::Unreachable("dns".into()));
    }
    it.recorder.fail_next(SendError::Wait { after: Some(Duration::from_secs(35)) });
    it.queue(1).await;
    it.asked(9).await;
    assert!(it.begun.elapsed() > Duration::from_secs(120), "{:?}", it.begun.elapsed());
    it.asked(10).await;
    it.settle().await;
    assert_eq!(it.recorder.sent().len(), 1);
    assert!(it.store.dead_letters(9).await.unwrap().is_empty());
    it.end().await;
}
