//! What was asked in one place is done in its order, and nobody waits for another place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answers::Opened;
use crate::app::listening::backlog::{Backlog, Put};
use crate::control::{Control, Incoming, IncomingKind};
use crate::model::{Address, Clock, Owner};

/// Waits between attempts while our own store fails. Discord tells a thing once, and whoever asked waits for at most 15 minutes.
const STORE_WAITS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(5),
];

/// Said to whoever has no answer when all is done.
const NO_ANSWER: &str = "Something went wrong here. Try again in a minute.";

/// Said where too much waits.
const TOO_MUCH: &str = "Too much is asked of me at once. Try again in a minute.";

/// Something to be done, and who waits for an answer.
struct Work {
    incoming: Incoming,
    opened: Option<Opened>,
}

/// A server or a place of one is gone or back.
pub(super) fn deleted(chat: Address, reason: &str) -> Incoming {
    let reason = reason.to_owned();
    let kind =
        IncomingKind::Membership { chat, private: false, by: None, reachable: false, reason };
    Incoming::new(None, kind)
}

/// The bot is in a server, or was removed from it.
pub(super) fn server(server: Address, is_in: bool, reason: &str) -> Incoming {
    Incoming::new(None, IncomingKind::Server { server, is_in, reason: reason.to_owned() })
}

/// What waits, and a task for each place that has something at work.
pub(super) struct Queue {
    waiting: Mutex<Backlog<Work>>,
    control: Arc<Control>,
    clock: Clock,
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Called when something has had its effect.
    after: Box<dyn Fn() + Send + Sync>,
}

impl Queue {
    pub(super) fn new(
        control: Arc<Control>,
        clock: Clock,
        (tracker, stop): (TaskTracker, CancellationToken),
        after: impl Fn() + Send + Sync + 'static,
    ) -> Arc<Queue> {
        let (waiting, after) = (Mutex::default(), Box::new(after));
        Arc::new(Queue { waiting, control, clock, tracker, stop, after })
    }

    /// Puts something behind all else of its place. Where too much waits, whoever has the most gives way, and is told so.
    pub(super) fn put(
        self: &Arc<Self>,
        place: &Address,
        incoming: Incoming,
        opened: Option<Opened>,
    ) {
        let lane = place.lane();
        let owner = Owner::of(incoming.along.group.as_ref().unwrap_or(place));
        let (put, lost) = self.waiting().put(&lane, &owner, Work { incoming, opened });
        if let Some(opened) = lost.and_then(|lost| lost.opened) {
            self.tracker.spawn(opened.close(TOO_MUCH));
        }
        if put == Put::First {
            self.tracker.spawn(Arc::clone(self).work_off(lane));
        }
    }

    async fn work_off(self: Arc<Self>, lane: String) {
        loop {
            let next = self.waiting().next(&lane);
            let Some(Work { incoming, opened }) = next else { return };
            self.work(incoming).await;
            if let Some(opened) = opened {
                opened.close(NO_ANSWER).await;
            }
        }
    }

    async fn work(&self, incoming: Incoming) {
        for wait in STORE_WAITS.into_iter().map(Some).chain([None]) {
            if self.stop.is_cancelled() {
                return;
            }
            if self.control.handle(incoming.clone(), (self.clock)()).await.is_ok() {
                (self.after)();
                return;
            }
            let Some(wait) = wait else { break };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
        tracing::error!("the store fails: something that was asked on Discord is not done");
    }

    fn waiting(&self) -> MutexGuard<'_, Backlog<Work>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
