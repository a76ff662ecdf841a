//! Answers on their way out: those of one chat in their order, and no chat waits for another.
//!
//! Commands are handled one after the other. If their answers were sent in the same breath, whoever floods the bot
//! would hold up everybody else by the rate of their own chat, and a Telegram that hangs by its time-outs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::{Reply, ReplyError};
use crate::deliver::Limiter;
use crate::model::{Address, ChatMessage};
use crate::notify::telegram::Telegram;

/// Answers that may wait. A chat has at most some twenty a minute; when as many chats wait as this holds, commands wait
/// too, at Telegram.
const WAITING_MAX: usize = 256;

/// How long after a stop an answer may still wait for its turn.
const LATE_MAX: Duration = Duration::from_secs(1);

/// Sends answers in the background. Clones share what waits.
#[derive(Clone)]
pub(super) struct Outbox {
    client: Telegram,
    limiter: Arc<Limiter>,
    tracker: TaskTracker,
    stop: CancellationToken,
    room: Arc<Semaphore>,
    lanes: Arc<Mutex<HashMap<String, VecDeque<Job>>>>,
    /// When the stop was noticed: what waits then is late together.
    stopped_at: Arc<OnceLock<Instant>>,
}

struct Job {
    what: What,
    _room: OwnedSemaphorePermit,
}

enum What {
    Message { chat: i64, thread: Option<i32>, message: ChatMessage },
    Edit { chat: i64, message_id: i32, message: ChatMessage },
    Toast { callback: String, text: String },
}

impl Outbox {
    /// An outbox with nothing in it, whose tasks belong to `tracker`.
    pub(super) fn new(
        client: Telegram,
        limiter: Arc<Limiter>,
        tracker: TaskTracker,
        stop: CancellationToken,
    ) -> Outbox {
        let room = Arc::new(Semaphore::new(WAITING_MAX));
        Outbox {
            client,
            limiter,
            tracker,
            stop,
            room,
            lanes: Arc::default(),
            stopped_at: Arc::default(),
        }
    }

    /// Puts an answer behind those of its lane; waits where too many wait already.
    async fn post(&self, lane: String, what: What) {
        // Never closed: nothing is sent after the last owner has gone.
        let Ok(room) = Arc::clone(&self.room).acquire_owned().await else { return };
        let job = Job { what, _room: room };
        let is_first = {
            let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
            match lanes.get_mut(&lane) {
                Some(waiting) => {
                    waiting.push_back(job);
                    false
                }
                None => {
                    lanes.insert(lane.clone(), VecDeque::from([job]));
                    true
                }
            }
        };
        if is_first {
            self.tracker.spawn(self.clone().drain(lane));
        }
    }

    /// Sends what waits in a lane until nothing does.
    async fn drain(self, lane: String) {
        while let Some(job) = self.next(&lane) {
            let too_late = async {
                self.stop.cancelled().await;
                let stopped_at = *self.stopped_at.get_or_init(Instant::now);
                tokio::time::sleep_until(stopped_at + LATE_MAX).await;
            };
            let has_turn = match job.what {
                // A toast is no message: Telegram counts it against nothing.
                What::Toast { .. } => true,
                What::Message { .. } | What::Edit { .. } => tokio::select! {
                    biased;
                    () = self.limiter.take_for_answer(&lane) => true,
                    () = too_late => false,
                },
            };
            if has_turn {
                self.send(&job.what).await;
            } else {
                tracing::warn!("stopped before an answer could leave");
            }
        }
    }

    fn next(&self, lane: &str) -> Option<Job> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let job = lanes.get_mut(lane)?.pop_front();
        if job.is_none() {
            lanes.remove(lane);
        }
        job
    }

    async fn send(&self, what: &What) {
        match what {
            What::Message { chat, thread, message } => {
                if let Err(error) = self.client.send_message(*chat, *thread, message, false).await {
                    let chat = Address::Telegram { chat: *chat, thread: *thread };
                    tracing::warn!(chat = %chat.masked(), %error, "an answer did not arrive");
                }
            }
            What::Edit { chat, message_id, message } => {
                if let Err(error) = self.client.edit_text(*chat, *message_id, message).await {
                    tracing::warn!(%error, "a message could not be changed");
                }
            }
            What::Toast { callback, text } => {
                if let Err(error) = self.client.answer_callback(callback, Some(text), false).await {
                    tracing::warn!(%error, "a pressed button could not be answered");
                }
            }
        }
    }
}

/// Through the same limits as alerts, ahead of them. What does not arrive is logged here.
#[async_trait]
impl Reply for Outbox {
    async fn message(&self, to: &Address, message: &ChatMessage) -> Result<(), ReplyError> {
        if let Address::Telegram { chat, thread } = to {
            let what = What::Message { chat: *chat, thread: *thread, message: message.clone() };
            self.post(to.lane(), what).await;
        }
        Ok(())
    }

    async fn toast(&self, callback: &str, text: &str) {
        let what = What::Toast { callback: callback.to_owned(), text: text.to_owned() };
        self.post(format!("callback:{callback}"), what).await;
    }

    async fn edit(&self, to: &Address, message_id: i32, message: &ChatMessage) {
        if let Address::Telegram { chat, .. } = to {
            let what = What::Edit { chat: *chat, message_id, message: message.clone() };
            self.post(to.lane(), what).await;
        }
    }
}
