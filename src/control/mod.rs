//! The second entrance: chat commands, with one meaning on every chat service.
//!
//! In: each [`Incoming`], those of one chat in the order of their ids, chats side by side. Out: edits of the store, each
//! in one transaction with the mark of the update that asked for it, and an answer through [`Reply`]. An update that
//! comes again has no second effect and no second answer. Whatever text goes out comes from a template of `render`.

mod access;
mod ask;
mod button;
mod clock;
mod command;
mod flood;
mod incoming;
mod invite;
mod list;
mod offer;
mod returns;
mod seams;
mod settings;
mod silence;
mod story;
mod target;
mod turn;
mod watch;
mod watched;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use access::AccessMode;
pub use command::COMMANDS;
pub use incoming::{Author, Incoming, IncomingKind, MessageId, PersonId};
pub use invite::{INVITATION_LIFE, invitation, invitation_link};
pub use seams::{Asker, Looked, LookedSubject, Lookup, LookupError, Reply, ReplyError};
pub use story::{RuleState, state};

use crate::model::{Address, Effective, UnixMillis, tidied};
use crate::render::Renderer;
use crate::store::{Edit, Store, StoreError, UpdateMark};

use command::{Command, Written};
use flood::{Flood, Grant};
use returns::Returns;
use turn::{Answer, Stop, Turn};

/// Longest text that is looked at, in bytes: four times what a chat service lets a person write.
const TEXT_MAX_BYTES: usize = 16 << 10;

/// Updates that are remembered to have failed.
const FAILED_MAX: usize = 1024;

/// Said when the store fails: the same update is handled again.
const SORRY_FOR_NOW: &str =
    "Something went wrong here and nothing has changed. I try again by myself.";

/// Said when only this update fails, and would fail again.
const SORRY: &str =
    "Something went wrong here and nothing has changed. Whoever runs me can see why.";

/// What commands go by.
#[derive(Debug, Clone)]
pub struct ControlOptions {
    /// The rules of a watch of a video that names none: a preset or rules.
    pub preset: String,
    /// The same for a watch of a channel or playlist.
    pub list_preset: String,
    /// What holds where neither watch nor chat says otherwise.
    pub defaults: Effective,
    /// How many watches one chat may have.
    pub watches_per_owner: usize,
    /// How many videos the watches of one owner may have together.
    pub videos_per_owner: usize,
    /// How many looks at YouTube one chat may have on a day; `None`: any number.
    pub looks_per_chat: Option<u32>,
    /// How many videos of a channel or playlist are watched.
    pub members_per_subject: usize,
    /// Who may talk to the bot.
    pub access: AccessMode,
    /// The list of chats that may, whatever the mode.
    pub allow: Vec<Address>,
    /// The operator, who may everything and has no limit of watches. Empty: whoever opens the operator's own invitation.
    pub operator: Vec<Address>,
    /// The bot's name without `@`.
    pub bot: String,
}

/// Why an update has had no effect. Ask again with the same update.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// The store failed; nothing has changed.
    #[error("the update could not be stored")]
    Store(#[from] StoreError),
}

/// Reads updates and does what they ask for.
pub struct Control {
    store: Arc<dyn Store>,
    renderer: Arc<Renderer>,
    lookup: Arc<dyn Lookup>,
    reply: Arc<dyn Reply>,
    options: ControlOptions,
    /// Commands and buttons per person: in a group nobody uses up the share of another.
    commands: Flood,
    /// Of these, per group: what anybody there may ask for, and refusals.
    answers: Flood,
    /// All that were within these shares, per group: work for one crowd makes others wait.
    crowds: Flood,
    /// Refusals of those who may not decide for a group, per person: soon nobody is asked any more whether they may.
    vain_orders: Flood,
    /// Refusals of strangers per chat.
    refusals: Flood,
    /// Attempts of strangers to use an invitation, per person.
    codes: Flood,
    /// Apologies for a failing store, per chat.
    apologies: Flood,
    /// Presses that are answered without an effect, per chat and person.
    vain_presses: Flood,
    /// Updates whose effect failed: when one comes again it is not counted again.
    failed: Mutex<HashSet<UpdateMark>>,
    /// Chats that are on again and were not told so.
    returns: Returns,
}

impl Control {
    /// Brings together what commands need.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        renderer: Arc<Renderer>,
        lookup: Arc<dyn Lookup>,
        reply: Arc<dyn Reply>,
        options: ControlOptions,
    ) -> Control {
        const MINUTE: Duration = Duration::from_secs(60);
        const HOUR: Duration = Duration::from_secs(3600);
        Control {
            store,
            renderer,
            lookup,
            reply,
            options,
            commands: Flood::new(20, MINUTE),
            answers: Flood::new(20, MINUTE),
            crowds: Flood::new(200, MINUTE),
            vain_orders: Flood::new(3, MINUTE),
            refusals: Flood::new(1, HOUR),
            codes: Flood::new(10, HOUR),
            apologies: Flood::new(1, 5 * MINUTE),
            vain_presses: Flood::new(5, MINUTE),
            failed: Mutex::default(),
            returns: Returns::default(),
        }
    }

    /// Does what one update asks for, and answers it.
    ///
    /// Call it with one update of a chat at a time, in the order of their ids; chats do not wait for each other. An
    /// answer that does not arrive is logged and is no failure.
    ///
    /// # Errors
    ///
    /// When the store fails as a whole: nothing has changed then, and the same update is to be handed in again. An
    /// update that fails by itself, on a row that can't be read, is stepped over: it would fail again.
    pub async fn handle(&self, incoming: Incoming, now: UnixMillis) -> Result<(), HandleError> {
        let result = self.take(&incoming, now).await;
        if let Some(mark) = &incoming.mark {
            self.remember_failure(mark, result.is_err());
        }
        if let Err(error) = result {
            tracing::error!(
                update.id = incoming.mark.as_ref().map(|mark| mark.update_id),
                error = &error as &dyn std::error::Error,
                "an update could not be stored"
            );
            if error.is_of_the_whole() {
                self.apologise(&incoming, SORRY_FOR_NOW, now).await;
                return Err(error.into());
            }
            // A row of this chat can't be read, or the work panics: that will be so again, and others wait behind.
            self.apologise(&incoming, SORRY, now).await;
            self.store.edit(incoming.mark, Vec::new(), now).await?;
        }
        Ok(())
    }

    fn remember_failure(&self, mark: &UpdateMark, has_failed: bool) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if !has_failed {
            failed.remove(mark);
            return;
        }
        // Far more than are in hand at a time: what is left over was never told again.
        if failed.len() >= FAILED_MAX {
            failed.clear();
        }
        failed.insert(mark.clone());
    }

    async fn take(&self, incoming: &Incoming, now: UnixMillis) -> Result<(), StoreError> {
        let mark = incoming.mark.as_ref();
        if let Some(mark) = mark
            && self.store.is_handled(mark).await?
        {
            return Ok(());
        }
        match &incoming.kind {
            IncomingKind::Message { chat, private, author, text, is_passed_on } => {
                let mut turn = Turn::new(self, mark, chat, *private, now).by(author.clone());
                let result = self.message(&mut turn, text, *is_passed_on).await;
                turn.finish(result).await
            }
            IncomingKind::Button { callback_id, chat, private, person, message, data, buttons } => {
                // Messages from before a group's move stand under its old id, where nothing can be changed any more.
                let moved = self.moved(chat).await?;
                let message = message.as_ref().filter(|_| moved.is_none());
                let mut turn = Turn::new(self, mark, moved.as_ref().unwrap_or(chat), *private, now)
                    .by(Author::Person(person.clone()))
                    .pressed(callback_id, message);
                let mut result = self.button(&mut turn, data, buttons.as_deref()).await;
                if let Err(Stop::Answer(answer)) = &mut result {
                    // Whoever presses on is not told each time what they know already.
                    let who = format!("{} {}", turn.chat.lane(), person.0);
                    if self.vain_presses.take(&who, now) != Grant::Granted {
                        **answer = Answer::default();
                        turn.leave_unanswered();
                    }
                }
                turn.finish(result).await
            }
            IncomingKind::Alive { chat } => {
                if let Some(shut) = self.store.destination(chat).await?.and_then(|row| row.shut()) {
                    self.returns.note(chat, shut, now);
                }
                let edit = Edit::Alive { destination: chat.clone() };
                self.store.edit(mark.cloned(), vec![edit], now).await.map(drop)
            }
            IncomingKind::Membership { chat, private, by, reachable: true, .. } => {
                let author = by.clone().map_or(Author::Unnamed, Author::Person);
                let mut turn = Turn::new(self, mark, chat, *private, now).by(author);
                let result = access::reachable(&mut turn).await;
                turn.finish(result).await
            }
            IncomingKind::Membership { chat, reason, reachable: false, .. } => {
                let edit = Edit::Disable { destination: chat.clone(), reason: reason.clone() };
                self.store.edit(mark.cloned(), vec![edit], now).await.map(drop)
            }
            IncomingKind::Migrated { from, to } => {
                // Without this question, a chat that nobody knows would get a row.
                let is_known = self.store.destination(from).await?.is_some()
                    || self.store.is_admitted(from).await?;
                let edits = if is_known {
                    vec![
                        Edit::Move { from: from.clone(), to: to.clone() },
                        Edit::Alive { destination: to.clone() },
                    ]
                } else {
                    Vec::new()
                };
                self.store.edit(mark.cloned(), edits, now).await.map(drop)
            }
            IncomingKind::Other => {
                self.store.edit(mark.cloned(), Vec::new(), now).await.map(drop)
            }
        }
    }

    /// Where a chat is now, if it has a new id.
    async fn moved(&self, chat: &Address) -> Result<Option<Address>, StoreError> {
        let now = self.store.destination(chat).await?.map(|row| row.address);
        Ok(now.filter(|now| now != chat))
    }

    async fn message(
        &self,
        turn: &mut Turn<'_>,
        text: &str,
        is_passed_on: bool,
    ) -> Result<Answer, Stop> {
        let text = if text.len() > TEXT_MAX_BYTES { "".into() } else { tidied(text) };
        let written = command::read(&text, &self.options.bot);
        let is_ours = match written {
            // What was passed on commands nothing, and in a group it is for the people there.
            Written::Command(..) => turn.private || !is_passed_on,
            Written::Elsewhere => false,
            // In a group, people talk to each other.
            Written::Unknown(_, named) | Written::Text(_, named) => turn.private || named,
        };
        if !is_ours {
            return Ok(Answer::default());
        }
        let code = match written {
            Written::Command(Command::Start, code) if !is_passed_on => Some(code),
            _ => None,
        };
        if access::enter(turn).await?.is_stranger() {
            return invite::stranger(turn, code).await;
        }
        self.count(turn)?;
        match written {
            Written::Command(command, rest)
                if !is_passed_on && command.is_for_administrators(rest) =>
            {
                self.may_decide(turn)?;
            }
            _ => self.count_answer(turn)?,
        }
        self.count_work(turn)?;
        match written {
            Written::Command(command, rest) if is_passed_on => {
                offer::passed_on(turn, command, rest).await
            }
            Written::Command(command, rest) => self.command(turn, command, rest).await,
            Written::Unknown(word, _) => Err(unknown(turn, word)),
            Written::Text(text, _) => offer::text(turn, text).await,
            Written::Elsewhere => Ok(Answer::default()),
        }
    }

    async fn command(
        &self,
        turn: &mut Turn<'_>,
        command: Command,
        rest: &str,
    ) -> Result<Answer, Stop> {
        match command {
            Command::Start => match invite::claim(turn, rest).await? {
                Some(answer) => Ok(answer),
                None => ask::start(turn).await,
            },
            Command::Help => ask::help(turn).await,
            Command::Watch => watch::command(turn, rest).await,
            Command::Unwatch => list::unwatch(turn, rest).await,
            Command::List => list::command(turn, rest).await,
            Command::Rules => ask::rules(turn, rest).await,
            Command::Mute => silence::mute(turn, rest).await,
            Command::Unmute => silence::unmute(turn, rest).await,
            Command::Quiet => silence::quiet(turn, rest).await,
            Command::Why => ask::why(turn, rest).await,
            Command::Stats => ask::stats(turn, rest).await,
            Command::Settings => settings::command(turn, rest).await,
            Command::Test => ask::test(turn).await,
            Command::Invite => invite::command(turn).await,
        }
    }

    async fn button(
        &self,
        turn: &mut Turn<'_>,
        data: &str,
        buttons: Option<&[String]>,
    ) -> Result<Answer, Stop> {
        if access::enter(turn).await?.is_stranger() {
            return Err(turn.refuse("This bot answers only people with an invitation."));
        }
        self.count(turn)?;
        if button::is_for_administrators(data) {
            self.may_decide(turn)?;
        }
        self.count_work(turn)?;
        button::pressed(turn, data, buttons).await
    }

    /// Counts a command against the share of whoever wrote.
    fn count(&self, turn: &Turn<'_>) -> Result<(), Stop> {
        if self.has_failed(turn.mark) {
            return Ok(());
        }
        let grant = self.commands.take(&turn.speaker(), turn.now);
        if grant == Grant::FirstRefused {
            // This answer is one of those that a group has so many of, too.
            self.count_answer(turn)?;
        }
        slow_down(turn, grant)
    }

    /// Refuses whoever was told several times within a minute that they may not decide here: it takes nothing from the
    /// share of those who may.
    fn may_decide(&self, turn: &Turn<'_>) -> Result<(), Stop> {
        if !self.vain_orders.is_used_up(&turn.speaker(), turn.now) {
            return Ok(());
        }
        self.count_answer(turn)?;
        Err(turn.refuse(turn::NO_ADMINISTRATOR))
    }

    /// Counts what a group is worked for. Behind the other shares: what these refuse takes nothing from the crowd's.
    fn count_work(&self, turn: &Turn<'_>) -> Result<(), Stop> {
        if turn.private
            || self.has_failed(turn.mark)
            || self.crowds.take(&turn.chat.lane(), turn.now) == Grant::Granted
        {
            return Ok(());
        }
        slow_down(turn, Grant::Refused)
    }

    /// Counts an answer that anybody in a group may have against the share of the group, so that it does not fill up by
    /// them. In a private chat nobody else is there.
    fn count_answer(&self, turn: &Turn<'_>) -> Result<(), Stop> {
        if turn.private || self.has_failed(turn.mark) {
            return Ok(());
        }
        slow_down(turn, self.answers.take(&turn.chat.lane(), turn.now))
    }

    fn has_failed(&self, mark: Option<&UpdateMark>) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        mark.is_some_and(|mark| failed.contains(mark))
    }

    /// Says that something went wrong, but not with every attempt.
    async fn apologise(&self, incoming: &Incoming, sorry: &'static str, now: UnixMillis) {
        match &incoming.kind {
            IncomingKind::Message { chat, private, text, .. } => {
                let is_command = matches!(
                    command::read(&tidied(text), &self.options.bot),
                    Written::Command(..) | Written::Text(_, true)
                );
                if (*private || is_command)
                    && self.apologies.take(&chat.lane(), now) == Grant::Granted
                {
                    let turn = Turn::new(self, incoming.mark.as_ref(), chat, *private, now);
                    turn.tell(turn.line(sorry)).await;
                }
            }
            IncomingKind::Button { callback_id, chat, .. } => {
                if self.apologies.take(&chat.lane(), now) == Grant::Granted {
                    self.reply.toast(callback_id, sorry).await;
                }
            }
            IncomingKind::Alive { .. }
            | IncomingKind::Membership { .. }
            | IncomingKind::Migrated { .. }
            | IncomingKind::Other => {}
        }
    }
}

/// Ends the turn where there is no answer: that is said once, and at each button, which waits for a word.
fn slow_down(turn: &Turn<'_>, grant: Grant) -> Result<(), Stop> {
    match grant {
        Grant::Granted => Ok(()),
        Grant::Refused if !turn.is_button() => Err(Stop::Answer(Box::default())),
        Grant::FirstRefused | Grant::Refused => Err(turn.refuse(
            "Too many commands. I ignore what you write for up to a minute; then send it again.",
        )),
    }
}

fn unknown(turn: &Turn<'_>, word: &str) -> Stop {
    let line = format!("There is no command {}.", turn::quoted(&format!("/{word}")));
    match command::nearest(word) {
        Some(known) => {
            turn.wrong(&format!("{line} Did you mean `/{known}`?"), &format!("/{known}"))
        }
        None => turn.wrong(&line, "/help"),
    }
}
