//! Listens to Telegram: asks for updates, and has them handled.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answers::Answers;
use super::common::{self, BACK_OFF, Common, back_off};
use super::first_invitation::FirstInvitation;
use super::hearing::Hearing;
use super::inbox::{Came, Heard, IN_HAND_MAX};
use super::jumps::Jumps;
use super::queues::Queues;
use super::update::incoming;
use crate::control::Administrators;
use crate::model::{InvitationLink, commands};
use crate::notify::telegram::{Bot, PollError, Telegram, Update};
use crate::notify::{Notifier, SendError};
use crate::store::{StoreError, UpdateMark};

/// How long Telegram keeps a question for updates open. Its server takes at most 50 s.
const LONG_POLL_S: u32 = 50;

/// Updates asked for at once: Telegram's own maximum.
const UPDATES_MAX: u8 = 100;
const _: () = assert!(UPDATES_MAX as usize == IN_HAND_MAX);

/// While updates are in hand, Telegram tells them at once again, and what is new behind them: how often it is asked.
const AGAIN: Duration = Duration::from_millis(200);

/// A question that is answered sooner with nothing new was not held open: the server does not do as it is asked. An answer
/// of the largest size may take seconds on its way.
const HELD_MIN: Duration = Duration::from_secs(5);

/// The longest wait after a failure of our own store: once it works again, whoever wrote meanwhile waits no longer.
const STORE_BACK_OFF: Duration = Duration::from_secs(5);

/// The longest wait while Telegram answers at once and tells nothing new.
const NOTHING_NEW_BACK_OFF: Duration = Duration::from_secs(30);

/// Where it is kept that the operator's invitation was made.
const INVITED_KEY: &str = "operator-invited";

/// Asks Telegram who we are. `None`: Telegram is away, which is no reason not to start.
///
/// # Errors
///
/// One line when the token is refused.
pub(in crate::app) async fn introduce(client: &Telegram) -> Result<Option<Bot>, String> {
    match client.get_me().await {
        Ok(bot) => Ok(Some(bot)),
        Err(SendError::Unauthorized(reason)) => Err(format!(
            "Telegram refuses the token ({reason}): check telegram.token, @BotFather shows it under /mybots"
        )),
        Err(error) => {
            tracing::warn!(%error, "Telegram does not answer yet");
            Ok(None)
        }
    }
}

/// Why nothing is heard just now.
#[derive(Debug, thiserror::Error)]
enum Deaf {
    /// Telegram does not tell.
    #[error(transparent)]
    Telegram(#[from] PollError),
    /// Our store does not say what was heard last.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was heard had no effect.
    #[error("an update could not be stored")]
    Unhandled,
    /// Nothing new is told, and that at once, so that asking on would never end.
    #[error("Telegram answers at once and tells nothing new")]
    NothingNew,
}

/// From where on updates are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// Behind the mark, which confirms what is before it.
    Mark,
    /// From the first that waits. Right when nothing behind the mark waits, so that all is confirmed: ids that start
    /// anew below it would not be told otherwise by a server that takes the offset at its word.
    Beginning,
}

/// Everything that the listening loop needs.
pub(in crate::app) struct TelegramListener {
    pub(in crate::app) client: Telegram,
    pub(in crate::app) answers: Answers,
    pub(in crate::app) common: Common,
    pub(in crate::app) administrators: Arc<dyn Administrators>,
    /// Who we are, where the service has said so.
    pub(in crate::app) bot: Option<Bot>,
    /// Set while as many updates are in hand as may be.
    pub(in crate::app) is_crowded: Arc<AtomicBool>,
    /// Whether commands are heard.
    pub(in crate::app) hearing: Arc<Hearing>,
}

impl TelegramListener {
    /// Listens until `stop` is cancelled; the updates under way are finished.
    pub(in crate::app) async fn run(self, stop: CancellationToken) {
        let known = self.bot.clone();
        let met = common::meet(known, || self.client.get_me(), &self.hearing, &stop).await;
        let Some(bot) = met else { return };
        self.prepare().await;
        self.invite_operator(&bot).await;
        let reply = Arc::new(self.answers.clone());
        let control = self.common.control(&bot.username, Arc::clone(&self.administrators), reply);
        let source = format!("telegram:{}", bot.id);
        let tasks = (self.common.tracker.clone(), stop.clone());
        let (clock, after) = (Arc::clone(&self.common.clock), self.common.after());
        let is_crowded = Arc::clone(&self.is_crowded);
        let queues = Queues::new(control, clock, tasks, is_crowded, after);
        let mut from = From::Mark;
        let mut jumps = Jumps::default();
        while !stop.is_cancelled() {
            let outcome = self.once(&queues, &source, from, &stop).await;
            let deaf = match outcome {
                Ok(next) => {
                    from = next;
                    self.hearing.works();
                    if let Some(wait) = jumps.wait(queues.anew()) {
                        rest(wait, &stop).await;
                    }
                    continue;
                }
                Err(deaf) => deaf,
            };
            from = From::Mark;
            let failures = self.hearing.fails(&deaf.to_string());
            let longest = match deaf {
                Deaf::Telegram(_) => BACK_OFF.1,
                Deaf::NothingNew => NOTHING_NEW_BACK_OFF,
                Deaf::Store(_) | Deaf::Unhandled => STORE_BACK_OFF,
            };
            rest(back_off(failures, longest), &stop).await;
        }
        queues.rest(Duration::MAX).await;
        if let Err(error) = self.move_mark(&queues, &source).await {
            tracing::warn!(%error, "what was heard last is told once more");
        }
    }

    /// Makes the bot ready.
    async fn prepare(&self) {
        // A webhook that another program has set would keep all updates from us.
        if let Err(error) = self.client.delete_webhook().await {
            tracing::warn!(%error, "an old webhook could not be removed");
        }
        if let Err(error) =
            self.client.set_my_commands(&commands::menu(self.client.channel())).await
        {
            tracing::warn!(%error, "the menu of commands could not be set");
        }
    }

    /// Prints the operator's own invitation, where one is to be made.
    async fn invite_operator(&self, bot: &Bot) {
        if let Some(FirstInvitation { code, words }) =
            self.common.first_invitation(INVITED_KEY).await
        {
            // On standard output and not in the log: the link is a key, and logs are kept and passed on.
            println!(
                "Your invitation, good for one person and seven days{words}: {}",
                InvitationLink::TELEGRAM.to(&bot.username, &code)
            );
        }
    }

    /// One question for updates, and all that came put into the queues of its chats; says from where to ask next.
    async fn once(
        &self,
        queues: &Arc<Queues>,
        source: &str,
        from: From,
        stop: &CancellationToken,
    ) -> Result<From, Deaf> {
        let last = self.move_mark(queues, source).await?;
        let offset = match from {
            From::Mark => last.filter(|last| Update::is_id(*last)).map_or(0, |last| last + 1),
            From::Beginning => 0,
        };
        let begun = Instant::now();
        let asked = tokio::select! {
            // Only the question may be dropped half-way: an update that came is handled and answered.
            () = stop.cancelled() => return Ok(from),
            asked = self.client.get_updates(offset, LONG_POLL_S, UPDATES_MAX) => asked,
        };
        let updates = match asked {
            Ok(updates) => updates,
            Err(PollError::WebhookSet) => {
                self.prepare().await;
                return Err(PollError::WebhookSet.into());
            }
            Err(error) => return Err(error.into()),
        };
        let next = if updates.is_empty() { From::Beginning } else { From::Mark };
        let heard = |update: Update| Heard { id: update.id, incoming: incoming(update, source) };
        let updates = updates.into_iter().map(heard);
        let came = queues.take(updates.collect(), last);
        if came == Came::Nothing && begun.elapsed() < HELD_MIN {
            return Err(Deaf::NothingNew);
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = queues.rest(AGAIN) => {}
        }
        // An update that had no effect is asked for again after a while.
        if queues.has_failed() { Err(Deaf::Unhandled) } else { Ok(next) }
    }

    /// Stores up to where all have had their effect; returns what is stored.
    async fn move_mark(&self, queues: &Queues, source: &str) -> Result<Option<i64>, StoreError> {
        let last = self.common.store.update_mark(source).await?;
        let is_new =
            |to: &i64| last.is_none_or(|last| last < *to || !UpdateMark::is_near(last, *to));
        let Some(to) = queues.handled_to().filter(is_new) else { return Ok(last) };
        let mark = UpdateMark { source: source.to_owned(), update_id: to };
        self.common.store.move_mark(mark, (self.common.clock)()).await?;
        queues.forget_to(to);
        Ok(Some(to))
    }
}

/// Waits, but not beyond a stop.
async fn rest(wait: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
