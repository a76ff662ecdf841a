//! The listening side of Telegram: updates in, commands handled, answers out.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::hearing::Hearing;
use super::inbox::{Came, Heard, IN_HAND_MAX};
use super::jumps::Jumps;
use super::lookup::YouTubeLookup;
use super::outbox::Outbox;
use super::queues::Queues;
use crate::bus::Embedded;
use crate::control::{
    Author, Control, ControlOptions, INVITATION_LIFE, Incoming, IncomingKind, MessageId, PersonId,
};
use crate::deliver::Wakers;
use crate::model::{Address, Clock, Owner, UnixMillis};
use crate::notify::SendError;
use crate::notify::telegram::{Bot, Chat, ChatKind, PollError, Telegram, Update, UpdateKind};
use crate::render::Renderer;
use crate::store::{Registry, StoreError, UpdateMark};

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

/// The first and the longest wait after a failure.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

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
pub(super) async fn introduce(client: &Telegram) -> Result<Option<Bot>, String> {
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
pub(super) struct Listener {
    pub(super) client: Telegram,
    pub(super) outbox: Outbox,
    pub(super) store: Arc<dyn Registry>,
    pub(super) renderer: Arc<Renderer>,
    pub(super) lookup: Arc<YouTubeLookup>,
    pub(super) options: ControlOptions,
    pub(super) bot: Option<Bot>,
    pub(super) invite: bool,
    pub(super) clock: Clock,
    /// Rung when a watch may have been made.
    pub(super) watched: Wakers,
    /// The stream, into which a watch writes its first snapshot.
    pub(super) stream: Arc<Embedded>,
    /// Rung when something may wait to be sent.
    pub(super) wakers: Wakers,
    /// Whose the tasks are that work off what was heard.
    pub(super) tracker: TaskTracker,
    /// Set while as many updates are in hand as may be.
    pub(super) is_crowded: Arc<AtomicBool>,
    /// Whether commands are heard.
    pub(super) hearing: Arc<Hearing>,
}

impl Listener {
    /// Listens until `stop` is cancelled; the updates under way are finished.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let Some(bot) = self.meet(&stop).await else { return };
        self.options.bot.clone_from(&bot.username);
        if self.invite {
            self.invite_operator(&bot).await;
        }
        let control = Control::new(
            Arc::clone(&self.store),
            Arc::clone(&self.renderer),
            Arc::clone(&self.lookup) as _,
            Arc::new(self.outbox.clone()),
            self.options.clone(),
        );
        let source = format!("telegram:{}", bot.id);
        let after = {
            let (watched, stream, wakers) =
                (self.watched.clone(), Arc::clone(&self.stream), self.wakers.clone());
            move || {
                watched.wake();
                stream.written();
                wakers.wake();
            }
        };
        let tasks = (self.tracker.clone(), stop.clone());
        let is_crowded = Arc::clone(&self.is_crowded);
        let queues = Queues::new(control, Arc::clone(&self.clock), tasks, is_crowded, after);
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
            let wait = (BACK_OFF.0 * 2u32.saturating_pow(failures.clamp(1, 10) - 1)).min(longest);
            rest(wait, &stop).await;
        }
        queues.rest(Duration::MAX).await;
        if let Err(error) = self.move_mark(&queues, &source).await {
            tracing::warn!(%error, "what was heard last is told once more");
        }
    }

    /// Asks who we are until Telegram answers, and makes the bot ready.
    async fn meet(&self, stop: &CancellationToken) -> Option<Bot> {
        let mut bot = self.bot.clone();
        let mut wait = BACK_OFF.0;
        loop {
            if let Some(bot) = bot {
                self.prepare().await;
                return Some(bot);
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(BACK_OFF.1);
            bot = match self.client.get_me().await {
                Ok(bot) => Some(bot),
                Err(error) => {
                    self.hearing.fails(&error.to_string());
                    None
                }
            };
        }
    }

    async fn prepare(&self) {
        // A webhook that another program has set would keep all updates from us.
        if let Err(error) = self.client.delete_webhook().await {
            tracing::warn!(%error, "an old webhook could not be removed");
        }
        if let Err(error) = self.client.set_my_commands(&crate::control::COMMANDS).await {
            tracing::warn!(%error, "the menu of commands could not be set");
        }
    }

    /// The operator's own invitation, printed once in the life of a database; as long as nobody is the operator, also
    /// when the last one has expired.
    async fn invite_operator(&self, bot: &Bot) {
        let now = (self.clock)();
        let (code, edit) = crate::control::invitation(Owner::Operator, now);
        let is_nobody = self.options.operator.is_empty();
        let made = async {
            if let Some(at) = self.store.load(INVITED_KEY).await? {
                let is_expired = at
                    .parse::<jiff::Timestamp>()
                    .is_ok_and(|at| UnixMillis::from(at).plus(INVITATION_LIFE) <= now);
                let is_missed = is_nobody && self.store.operator().await?.is_none();
                if !(is_expired && is_missed) {
                    return Ok(false);
                }
            }
            self.store.edit(None, vec![edit], now).await?;
            self.store.save(INVITED_KEY, now.to_string()).await?;
            Ok::<bool, crate::store::StoreError>(true)
        };
        let operator = if is_nobody { " (whoever opens it first is the operator)" } else { "" };
        match made.await {
            // On standard output and not in the log: the link is a key, and logs are kept and passed on.
            Ok(true) => println!(
                "Your invitation, good for one person and seven days{operator}: {}",
                crate::control::invitation_link(&bot.username, &code)
            ),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the operator's invitation could not be made"),
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
        let updates = updates.into_iter().map(|update| {
            let mark = UpdateMark { source: source.to_owned(), update_id: update.id };
            let id = update.id;
            Heard { id, incoming: Incoming { mark: Some(mark), kind: kind(update) } }
        });
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
        let last = self.store.update_mark(source).await?;
        let is_new =
            |to: &i64| last.is_none_or(|last| last < *to || !UpdateMark::is_near(last, *to));
        let Some(to) = queues.handled_to().filter(is_new) else { return Ok(last) };
        let mark = UpdateMark { source: source.to_owned(), update_id: to };
        self.store.move_mark(mark, (self.clock)()).await?;
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

fn address(chat: &Chat, thread: Option<i32>) -> Address {
    Address::Telegram { chat: chat.id, thread }
}

fn kind(update: Update) -> IncomingKind {
    match update.kind {
        UpdateKind::Message(message) => {
            let chat = address(&message.chat, message.thread);
            if let Some(to) = message.migrate_to {
                return IncomingKind::Migrated {
                    from: Address::Telegram { chat: message.chat.id, thread: None },
                    to: Address::Telegram { chat: to, thread: None },
                };
            }
            let Some(text) = message.text else {
                // Photos, stickers and what members do have no text: nothing is asked of us.
                return match message.is_farewell {
                    true => IncomingKind::Other,
                    false => IncomingKind::Alive { chat },
                };
            };
            IncomingKind::Message {
                chat,
                private: message.chat.kind == ChatKind::Private,
                // Whoever writes as a chat comes with a placeholder for a user, which stands for nobody.
                author: match message.sender_chat {
                    Some(sender) if sender == message.chat.id => Author::Chat,
                    Some(sender) => Author::OtherChat(sender.to_string()),
                    None => {
                        message.from.map_or(Author::Unnamed, |from| Author::Person(person(&from)))
                    }
                },
                text,
                is_passed_on: message.is_passed_on,
            }
        }
        UpdateKind::Callback(callback) => {
            let Some(chat) = &callback.chat else { return IncomingKind::Other };
            IncomingKind::Button {
                callback_id: callback.id,
                chat: address(chat, callback.thread),
                private: chat.kind == ChatKind::Private,
                person: person(&callback.from),
                message: callback.message_id.map(|id| MessageId(id.to_string())),
                data: callback.data,
                buttons: callback.buttons,
            }
        }
        UpdateKind::MyChatMember(membership) => {
            let Some(reachable) = membership.is_reachable() else { return IncomingKind::Other };
            IncomingKind::Membership {
                chat: address(&membership.chat, None),
                private: membership.chat.kind == ChatKind::Private,
                // A bot adds for somebody whom we can't see.
                by: (!membership.from.is_bot).then(|| person(&membership.from)),
                reachable,
                reason: "the bot was blocked or removed".to_owned(),
            }
        }
        UpdateKind::Other => IncomingKind::Other,
    }
}

fn person(user: &crate::notify::telegram::User) -> PersonId {
    PersonId(user.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::telegram::{Message, User};

    #[test]
    fn who_stands_in_for_a_chat_that_writes_is_nobody() {
        let group = Chat { id: -100_123, kind: ChatKind::Supergroup };
        let author = |sender_chat: Option<i64>| {
            let message = Message {
                id: 1,
                chat: group.clone(),
                thread: None,
                from: Some(User { id: 7, is_bot: true, name: "Group".to_owned(), username: None }),
                sender_chat,
                text: Some("/list".to_owned()),
                is_passed_on: false,
                is_farewell: false,
                date: UnixMillis(0),
                reply_to: None,
                migrate_to: None,
            };
            match kind(Update { id: 1, kind: UpdateKind::Message(message) }) {
                IncomingKind::Message { author, .. } => author,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(author(Some(-100_123)), Author::Chat);
        assert_eq!(author(Some(-100_999)), Author::OtherChat("-100999".to_owned()));
        assert_eq!(author(None), Author::Person(PersonId("7".to_owned())));
    }
}
