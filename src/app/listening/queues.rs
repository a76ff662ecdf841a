//! Works off the queues of the [`Inbox`]: a task for each chat that has something in hand, for as long as it has.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::inbox::{Came, Heard, Inbox};
use crate::control::Control;
use crate::model::Clock;

/// What the tasks of all queues share.
pub(super) struct Queues {
    inbox: Mutex<Inbox>,
    control: Control,
    clock: Clock,
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Called when an update has had its effect.
    after: Box<dyn Fn() + Send + Sync>,
    /// Rung when a queue has ended.
    ended: Notify,
    /// Whether an update has failed since somebody asked.
    has_failed: AtomicBool,
    /// Set while as many updates are in hand as may be: who waits for something keeps the next from being heard.
    is_crowded: Arc<AtomicBool>,
}

impl Queues {
    pub(super) fn new(
        control: Control,
        clock: Clock,
        (tracker, stop): (TaskTracker, CancellationToken),
        is_crowded: Arc<AtomicBool>,
        after: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Queues> {
        Arc::new(Queues {
            inbox: Mutex::default(),
            control,
            clock,
            tracker,
            stop,
            after: Box::new(after),
            ended: Notify::new(),
            has_failed: AtomicBool::new(false),
            is_crowded,
        })
    }

    /// Takes what came in hand and begins to work it off.
    pub(super) fn take(self: &Arc<Self>, updates: Vec<Heard>, last: Option<i64>) -> Came {
        let came = {
            let mut inbox = self.inbox();
            let came = inbox.take(updates, last);
            self.is_crowded.store(inbox.is_full(), Ordering::Relaxed);
            came
        };
        if let Came::New(began) = &came {
            for queue in began {
                self.tracker.spawn(Arc::clone(self).work_off(queue.clone()));
            }
        }
        came
    }

    /// Waits until nothing is in hand, but not for longer than this.
    pub(super) async fn rest(&self, longest: Duration) {
        let rested = async {
            while self.inbox().is_busy() {
                self.ended.notified().await;
            }
        };
        // What is in hand still is asked about elsewhere.
        drop(tokio::time::timeout(longest, rested).await);
    }

    /// How often the ids of updates have started anew.
    pub(super) fn anew(&self) -> u32 {
        self.inbox().anew()
    }

    /// The update up to which all have had their effect.
    pub(super) fn handled_to(&self) -> Option<i64> {
        self.inbox().handled_to()
    }

    /// The store knows that all up to this one have had their effect.
    pub(super) fn forget_to(&self, id: i64) {
        let mut inbox = self.inbox();
        inbox.forget_to(id);
        self.is_crowded.store(inbox.is_full(), Ordering::Relaxed);
    }

    /// Whether an update has failed since this was asked last.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.swap(false, Ordering::Relaxed)
    }

    async fn work_off(self: Arc<Self>, queue: String) {
        let mut work = Work { queues: &self, queue: &queue, at: None, is_over: false };
        while !self.stop.is_cancelled() {
            let next = self.inbox().next(&queue);
            let Some(Heard { id, incoming }) = next else {
                work.is_over = true;
                return;
            };
            work.at = Some(id);
            if self.control.handle(incoming, (self.clock)()).await.is_err() {
                self.inbox().failed(&queue, id);
                self.has_failed.store(true, Ordering::Relaxed);
                work.is_over = true;
                return;
            }
            self.inbox().handled(id);
            work.at = None;
            (self.after)();
        }
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work on one queue. However it ends, what it leaves over comes again, and whoever rests hears of it.
struct Work<'a> {
    queues: &'a Queues,
    queue: &'a str,
    /// The update at work.
    at: Option<i64>,
    /// The inbox knows that the queue has ended.
    is_over: bool,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let mut inbox = self.queues.inbox();
            // Only a panic ends the work on an update half-way. It would panic again.
            if let Some(id) = self.at {
                tracing::error!(
                    update.id = id,
                    "handling an update has panicked: it is stepped over"
                );
                inbox.handled(id);
            }
            inbox.give_back(self.queue);
        }
        self.queues.ended.notify_one();
    }
}
