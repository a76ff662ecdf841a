//! Answers on their way out to Telegram: those of one chat in their order, and no chat waits for another.
//!
//! If answers were sent in the same breath as a command is handled, whoever floods the bot would hold up the commands
//! of their chat by its rate, and a Telegram that hangs by its time-outs.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backlog::{Backlog, Put};
use super::files::{FileRoom, Files};
use crate::control::{MessageId, Reply, ReplyError};
use crate::deliver::Limiter;
use crate::draw::Painter;
use crate::model::{Address, Body, ChatMessage, Owner};
use crate::notify::SendError;
use crate::notify::telegram::Telegram;
use crate::telemetry::LogThrottle;

/// Pressed buttons that are being answered at a time; Telegram counts these against nothing, so they leave at once.
const TOASTS_MAX: usize = 256;

/// Lines a minute about answers that are left out, and about those that fail.
const LINES_MAX: u32 = 2;

/// How long after a stop an answer may still wait for its turn.
const LATE_MAX: Duration = Duration::from_secs(1);

/// How often an answer leaves again after Telegram asked to wait: it was not taken then, so there is no second copy.
const AGAIN_MAX: u32 = 3;

/// The wait where Telegram does not say how long.
const UNSAID_WAIT: Duration = Duration::from_secs(5);

/// The longest wait that an answer outlives: nobody reads on when it is later.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Sends answers in the background. Clones share what waits.
#[derive(Clone)]
pub(in crate::app) struct Answers {
    client: Telegram,
    painter: Painter,
    limiter: Arc<Limiter>,
    tracker: TaskTracker,
    stop: CancellationToken,
    backlog: Arc<Mutex<Backlog<Waiting>>>,
    files: Files,
    toasts: Arc<Semaphore>,
    left_out: Lines,
    failed: Lines,
    /// When the stop was noticed: what waits then is late together.
    stopped_at: Arc<OnceLock<Instant>>,
}

/// Lines of one kind, of which only some are written.
type Lines = Arc<Mutex<LogThrottle>>;

/// How many lines were not written since the last one; `None`: this one is not written either.
fn pass(lines: &Lines) -> Option<u32> {
    lines.lock().unwrap_or_else(PoisonError::into_inner).pass(std::time::Instant::now())
}

/// How long to wait where that is all that is asked for.
fn asked_wait(error: &SendError) -> Option<Duration> {
    match error {
        SendError::Wait { after } => Some(after.unwrap_or(UNSAID_WAIT)),
        SendError::Deferred { at_least: after, .. } | SendError::Held { after } => Some(*after),
        SendError::Transient(_)
        | SendError::NoConnection(_)
        | SendError::Unreachable(_)
        | SendError::Ambiguous(_)
        | SendError::Rejected(_)
        | SendError::Policy(_)
        | SendError::Barred(_)
        | SendError::Gone(_)
        | SendError::Moved(_)
        | SendError::Unauthorized(_) => None,
    }
}

enum What {
    Message { chat: i64, thread: Option<i32>, message: ChatMessage },
    Edit { chat: i64, message_id: i32, message: ChatMessage },
}

/// What waits, with the room of its file if it has one.
type Waiting = (What, Option<FileRoom>);

impl Answers {
    /// Nothing waits at first; the tasks belong to `tracker`.
    pub(in crate::app) fn new(
        client: Telegram,
        painter: Painter,
        limiter: Arc<Limiter>,
        tracker: TaskTracker,
        stop: CancellationToken,
    ) -> Answers {
        Answers {
            client,
            painter,
            limiter,
            tracker,
            stop,
            backlog: Arc::default(),
            files: Files::new(),
            toasts: Arc::new(Semaphore::new(TOASTS_MAX)),
            left_out: Arc::new(Mutex::new(LogThrottle::new(LINES_MAX))),
            failed: Arc::new(Mutex::new(LogThrottle::new(LINES_MAX))),
            stopped_at: Arc::default(),
        }
    }

    /// Puts an answer behind those of its chat. Where too many wait, one of whoever has the most is left out: these are
    /// no alerts.
    fn post(&self, to: &Address, owner: &Owner, what: Waiting) {
        let (put, lost) = self.backlog().put(&to.lane(), owner, what);
        if lost.is_some() {
            self.say_left_out();
        }
        if put == Put::First {
            self.tracker.spawn(self.clone().drain(to.whole()));
        }
    }

    fn say_left_out(&self) {
        if let Some(more) = pass(&self.left_out) {
            tracing::warn!(more, "too many answers wait: one to a chat with the most is left out");
        }
    }

    fn say_failed(&self, error: &SendError, what: &'static str) {
        if let Some(unsaid) = pass(&self.failed) {
            tracing::warn!(%error, unsaid, "{what}");
        }
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog<Waiting>> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what waits for a chat until nothing does.
    async fn drain(self, chat: Address) {
        let lane = chat.lane();
        loop {
            let next = self.backlog().next(&lane);
            let Some((what, _room)) = next else { return };
            // One answer that nobody thought of must not end the work on its lane: nothing would leave there any more.
            if AssertUnwindSafe(self.leave(&chat, &what)).catch_unwind().await.is_err()
                && let Some(unsaid) = pass(&self.failed)
            {
                tracing::error!(unsaid, "sending an answer has panicked: please report it");
            }
        }
    }

    /// Waits, unless a stop comes first; `false`: it came.
    async fn is_in_time(&self, wait: impl Future<Output = ()>) -> bool {
        let too_late = async {
            self.stop.cancelled().await;
            let stopped_at = *self.stopped_at.get_or_init(Instant::now);
            tokio::time::sleep_until(stopped_at + LATE_MAX).await;
        };
        let is_in_time = tokio::select! {
            biased;
            () = wait => true,
            () = too_late => false,
        };
        if !is_in_time && let Some(unsaid) = pass(&self.failed) {
            tracing::warn!(unsaid, "stopped before an answer could leave");
        }
        is_in_time
    }

    /// Sends an answer once its chat has a slot, and again where Telegram asks to wait.
    async fn leave(&self, chat: &Address, what: &What) {
        let message = match what {
            What::Message { message, .. } | What::Edit { message, .. } => message,
        };
        // Before its slot: it leaves at the moment at which the limiter counts it.
        let png = self.painter.drawn(message.picture.as_ref()).await;
        let png = png.as_deref();
        for again in 0.. {
            if !self.is_in_time(self.limiter.take_for_answer(chat)).await {
                return;
            }
            let (sent, failure) = match what {
                What::Message { chat, thread, .. } => {
                    let sent = self.client.send_message(*chat, *thread, message, png, false).await;
                    (sent.map(drop), "an answer did not arrive")
                }
                What::Edit { chat, message_id, .. } => {
                    let edited = self.client.edit_message(*chat, *message_id, message, png).await;
                    (edited, "a message could not be changed")
                }
            };
            match sent {
                Ok(()) => return,
                Err(error) => match asked_wait(&error) {
                    Some(wait) if again < AGAIN_MAX && wait <= WAIT_MAX => {
                        if !self.is_in_time(tokio::time::sleep(wait)).await {
                            return;
                        }
                    }
                    _ => return self.say_failed(&error, failure),
                },
            }
        }
    }
}

/// Through the same limits as alerts, ahead of them. What does not arrive is logged here.
#[async_trait]
impl Reply for Answers {
    async fn message(
        &self,
        to: &Address,
        owner: &Owner,
        mut message: Body,
    ) -> Result<(), ReplyError> {
        let room = self.files.take(&mut message);
        let (Address::Telegram { chat, thread }, Body::Chat(message)) = (to, message) else {
            return Err(ReplyError("it is no message for a chat of Telegram's".to_owned()));
        };
        let what = What::Message { chat: *chat, thread: *thread, message };
        self.post(to, owner, (what, room));
        Ok(())
    }

    async fn toast(&self, callback: &str, text: &str) {
        let Ok(place) = Arc::clone(&self.toasts).try_acquire_owned() else {
            self.say_left_out();
            return;
        };
        let (answers, callback, text) = (self.clone(), callback.to_owned(), text.to_owned());
        self.tracker.spawn(async move {
            if let Err(error) = answers.client.answer_callback(&callback, Some(&text), false).await
            {
                answers.say_failed(&error, "a pressed button could not be answered");
            }
            drop(place);
        });
    }

    async fn edit(&self, to: &Address, owner: &Owner, which: &MessageId, mut message: Body) {
        let room = self.files.take(&mut message);
        match (to, which.0.parse(), message) {
            (Address::Telegram { chat, .. }, Ok(message_id), Body::Chat(message)) => {
                self.post(to, owner, (What::Edit { chat: *chat, message_id, message }, room));
            }
            _ => tracing::error!("what should be changed is no message of Telegram's"),
        }
    }
}
