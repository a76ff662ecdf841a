//! What was asked in one server, or in private, is done in its order, and nobody waits for another one.
//!
//! Not by place: two channels may change the one feed of their server, and each change is made of what stood before.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
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

/// People who are told at a time that there is no room; beyond them, Discord says so itself.
const CLOSING_MAX: usize = 32;

/// Something to be done, and who waits for an answer.
struct Work {
    incoming: Incoming,
    opened: Option<Opened>,
}

/// A place of a server was deleted.
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

/// What waits, and a task for each server or person that has something at work.
pub(super) struct Queue {
    waiting: Mutex<Backlog<Work>>,
    closing: Arc<Semaphore>,
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
        let closing = Arc::new(Semaphore::new(CLOSING_MAX));
        Arc::new(Queue { waiting, closing, control, clock, tracker, stop, after })
    }

    /// Puts something behind all else of its server, or of its place. Where too much waits, whoever has the most gives way, and is
    /// told so. Whether it waits now.
    pub(super) fn put(
        self: &Arc<Self>,
        place: &Address,
        incoming: Incoming,
        opened: Option<Opened>,
    ) -> bool {
        let whole = incoming.along.group.as_ref().unwrap_or(place);
        let (lane, owner) = (whole.lane(), Owner::of(whole));
        let (put, lost) = self.waiting().put(&lane, &owner, Work { incoming, opened });
        if let Some(opened) = lost.and_then(|lost| lost.opened)
            && let Ok(one) = Arc::clone(&self.closing).try_acquire_owned()
        {
            self.tracker.spawn(async move {
                opened.close(TOO_MUCH).await;
                drop(one);
            });
        }
        if put == Put::First {
            self.tracker.spawn(Arc::clone(self).work_off(lane));
        }
        put != Put::LeftOut
    }

    async fn work_off(self: Arc<Self>, lane: String) {
        loop {
            let next = self.waiting().next(&lane);
            let Some(Work { incoming, opened }) = next else { return };
            // A mistake of ours must not end the work on its lane: nobody of that server would be answered any more.
            let work = AssertUnwindSafe(self.work(incoming)).catch_unwind().await;
            let is_done = work.unwrap_or_else(|_| {
                tracing::error!("what somebody asked in Discord has panicked: please report it");
                false
            });
            match opened {
                // What was said so far is that it is tried again.
                Some(opened) if !is_done => opened.give_up(NO_ANSWER).await,
                Some(opened) => opened.close(NO_ANSWER).await,
                None => {}
            }
        }
    }

    /// Whether it had its effect.
    async fn work(&self, incoming: Incoming) -> bool {
        for wait in STORE_WAITS.into_iter().map(Some).chain([None]) {
            if self.stop.is_cancelled() {
                return false;
            }
            if self.control.handle(incoming.clone(), (self.clock)()).await.is_ok() {
                (self.after)();
                return true;
            }
            let Some(wait) = wait else { break };
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
        }
        tracing::error!(
            "the store fails: what was asked on Discord is given up, after some attempts"
        );
        false
    }

    fn waiting(&self) -> MutexGuard<'_, Backlog<Work>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
