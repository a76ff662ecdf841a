//! What people write and press, the same for every chat service.
//!
//! In: each [`Incoming`], those of one chat in their order, chats side by side. Out: what the actions change, each in one
//! transaction with the mark of the update that asked for it, and an answer through [`Reply`]. An update that comes again
//! has no second effect and no second answer. Whatever text goes out comes from a template of `render`.

mod access;
mod account;
mod answer;
mod ask;
mod button;
mod card;
mod clock;
mod command;
mod commit;
mod digest;
mod elsewhere;
mod export;
mod failed;
mod feed;
mod flood;
mod forms;
mod incoming;
mod invite;
mod list;
mod me;
mod membership;
mod offer;
mod place;
mod propose;
mod returns;
mod rights;
mod set;
mod settings;
mod shares;
mod silence;
mod target;
mod tell;
mod turn;
mod watch;
mod watched;
mod words;
mod youtube;

use std::sync::Arc;

pub use access::AccessMode;
pub(crate) use forms::MESSAGE;
pub use incoming::{Along, Author, ChosenRole, Incoming, IncomingKind};
pub(crate) use propose::{Proposed, Typing};

use super::actions::{ActionOptions, Actions};
use super::seams::{Administrators, Lookup, Reply};
use crate::links::Links;
use crate::model::{Address, UnixMillis, tidied};
use crate::render::Renderer;
use crate::store::{Edit, Registry, StoreError};

use answer::{Answer, Stop, wrong};
use command::{Command, Written};
use failed::Failed;
use flood::Grant;
use returns::Returns;
use shares::Shares;
use turn::Turn;

/// Longest text that is looked at, in bytes: four times what a chat service lets a person write.
const TEXT_MAX_BYTES: usize = 16 << 10;

/// Said when the store fails: the same update is handled again.
const SORRY_FOR_NOW: &str =
    "Something went wrong here and nothing has changed. I try again by myself.";

/// Said when only this update fails, and would fail again.
const SORRY: &str =
    "Something went wrong here and nothing has changed. Whoever runs me can see why.";

/// What commands go by.
#[derive(Debug, Clone)]
pub struct ControlOptions {
    /// What actions go by.
    pub actions: ActionOptions,
    /// Who may talk to the bot.
    pub access: AccessMode,
    /// The list of chats that may, whatever the mode.
    pub allow: Vec<Address>,
    /// The operator, who may everything and has no limit of watches. Empty: whoever opens the operator's own invitation.
    pub operator: Vec<Address>,
    /// The bot's name without `@`.
    pub bot: String,
    /// Makes the links with which a reader confirms a mailbox; `None`: nobody can enter one.
    pub links: Option<Arc<Links>>,
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
    store: Arc<dyn Registry>,
    renderer: Arc<Renderer>,
    administrators: Arc<dyn Administrators>,
    reply: Arc<dyn Reply>,
    actions: Actions,
    options: ControlOptions,
    shares: Shares,
    /// Updates whose effect failed: when one comes again it is not counted again.
    failed: Failed,
    /// Chats that are on again and were not told so.
    returns: Returns,
}

impl Control {
    /// Brings together what commands need.
    #[must_use]
    pub fn new(
        store: Arc<dyn Registry>,
        renderer: Arc<Renderer>,
        lookup: Arc<dyn Lookup>,
        administrators: Arc<dyn Administrators>,
        reply: Arc<dyn Reply>,
        options: ControlOptions,
    ) -> Control {
        let actions = Actions::new(Arc::clone(&store), lookup, options.actions.clone());
        Control {
            store,
            renderer,
            administrators,
            reply,
            actions,
            options,
            shares: Shares::default(),
            failed: Failed::default(),
            returns: Returns::default(),
        }
    }

    /// Does what one update asks for, and answers it.
    ///
    /// Call it with one update of a chat (or of a server, where chats belong to one) at a time, in the order of their ids; others
    /// do not wait. An answer that does not arrive is logged and is no failure.
    ///
    /// # Errors
    ///
    /// When the store fails as a whole: nothing has changed then, and the same update is to be handed in again. An
    /// update that fails by itself, on a row that can't be read, is stepped over: it would fail again.
    pub async fn handle(&self, incoming: Incoming, now: UnixMillis) -> Result<(), HandleError> {
        let result = self.take(&incoming, now).await;
        self.failed.note(incoming.mark.as_ref(), result.is_err());
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

    async fn take(&self, incoming: &Incoming, now: UnixMillis) -> Result<(), StoreError> {
        let mark = incoming.mark.as_ref();
        if let Some(mark) = mark
            && self.store.is_handled(mark).await?
        {
            return Ok(());
        }
        let along = &incoming.along;
        match &incoming.kind {
            IncomingKind::Message { destination, private, author, text, is_passed_on } => {
                let mut turn = Turn::new(self, mark, destination, *private, now)
                    .by(author.clone())
                    .with(along);
                let result = self.message(&mut turn, text, *is_passed_on).await;
                turn.finish(result).await
            }
            IncomingKind::Command { destination, private, person, word, options } => {
                let text = forms::written(word, options);
                let what = forms::named(options);
                let is_here = word == "test" || options.iter().any(|(name, _)| name == "here");
                let asked = place::Asked { typed: destination, along, word, what, is_here };
                let about = place::about(&self.actions, asked).await?;
                let mut turn = Turn::new(self, mark, &about, *private, now)
                    .by(Author::Person(person.clone()))
                    .with(along)
                    .typed_in(destination);
                let result = self.message(&mut turn, &text, false).await;
                turn.finish(result).await
            }
            IncomingKind::Button {
                callback_id,
                destination,
                private,
                person,
                message,
                data,
                buttons,
            } => {
                // Messages from before a group's move stand under its old id, where nothing can be changed any more.
                let moved = self.moved(destination).await?;
                let message = message.as_ref().filter(|_| moved.is_none());
                let stands = moved.as_ref().unwrap_or(destination);
                let about = place::pressed(&self.actions, along, stands, data).await?;
                let mut turn = Turn::new(self, mark, &about, *private, now)
                    .by(Author::Person(person.clone()))
                    .with(along)
                    .typed_in(stands)
                    .pressed(callback_id, message);
                let mut result = self.button(&mut turn, data, buttons.as_deref()).await;
                if let Err(Stop::Answer(answer)) = &mut result {
                    // Whoever presses on is not told each time what they know already.
                    let who = format!("{} {}", turn.destination.lane(), person.0);
                    if self.shares.vain_presses.take(&who, now) != Grant::Granted {
                        **answer = Answer::default();
                        turn.leave_unanswered();
                    }
                }
                turn.finish(result).await
            }
            IncomingKind::Alive { destination } => {
                let row = self.store.destination(destination).await?;
                let shut = row.and_then(|row| row.shut());
                // What has no mark to be stored, and nothing to be made on, is not worth a transaction.
                if mark.is_none() && shut.is_none() {
                    return Ok(());
                }
                if let Some(shut) = shut {
                    self.returns.note(destination, shut, now);
                }
                let edit = Edit::Alive { destination: destination.clone() };
                self.store.edit(mark.cloned(), vec![edit], now).await.map(drop)
            }
            IncomingKind::Server { server, is_in: true, reason } => {
                // Each server is told as there whenever a session begins.
                if mark.is_none() && !self.store.is_off_for(server, reason).await? {
                    return Ok(());
                }
                let edit = Edit::Back { server: server.clone(), reason: reason.clone() };
                self.store.edit(mark.cloned(), vec![edit], now).await.map(drop)
            }
            IncomingKind::Server { server, is_in: false, reason } => {
                let edit = Edit::Gone { server: server.clone(), reason: reason.clone() };
                self.store.edit(mark.cloned(), vec![edit], now).await.map(drop)
            }
            IncomingKind::Membership { chat, private, by, reachable: true, .. } => {
                let author = by.clone().map_or(Author::Unnamed, Author::Person);
                let mut turn = Turn::new(self, mark, chat, *private, now).by(author).with(along);
                let result = membership::reachable(&mut turn).await;
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
            IncomingKind::Other => self.store.edit(mark.cloned(), Vec::new(), now).await.map(drop),
        }
    }

    /// Where a destination is now, if its chat has a new id.
    async fn moved(&self, destination: &Address) -> Result<Option<Address>, StoreError> {
        let now = self.store.destination(destination).await?.map(|row| row.address);
        Ok(now.filter(|now| now != destination))
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
            if let Written::Command(Command::Link, typed) = written
                && !is_passed_on
                && let Some(answer) = account::link_stranger(turn, typed).await?
            {
                return Ok(answer);
            }
            return invite::stranger(turn, code).await;
        }
        turn.count()?;
        match written {
            Written::Command(command, rest)
                if !is_passed_on && is_for_administrators(command, rest) =>
            {
                turn.may_decide()?;
            }
            _ => turn.count_answer()?,
        }
        turn.count_work()?;
        match written {
            Written::Command(command, rest) if is_passed_on => {
                offer::passed_on(turn, command, rest).await
            }
            Written::Command(command, rest) => self.command(turn, command, rest).await,
            Written::Unknown(word, _) => Err(unknown(word)),
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
        let (rest, named) = elsewhere::told_apart(command, rest);
        turn.turn_to_named(named).await?;
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
            Command::Digest => digest::command(turn, rest).await,
            Command::Why => ask::why(turn, rest).await,
            Command::Stats => ask::stats(turn, rest).await,
            Command::Card => card::command(turn, rest).await,
            Command::Feed => feed::command(turn, rest).await,
            Command::Settings => settings::command(turn, rest).await,
            Command::Test => ask::test(turn).await,
            Command::Invite => invite::command(turn).await,
            Command::Link => account::link(turn, rest).await,
            Command::Unlink => account::unlink(turn, rest).await,
            Command::Me => me::command(turn, rest).await,
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
        turn.count()?;
        if button::is_for_administrators(data) {
            turn.may_decide()?;
        }
        turn.count_work()?;
        button::pressed(turn, data, buttons).await
    }

    /// Says that something went wrong, but not with every attempt.
    async fn apologise(&self, incoming: &Incoming, sorry: &'static str, now: UnixMillis) {
        let apologies = &self.shares.apologies;
        match &incoming.kind {
            IncomingKind::Command { destination, private, .. } => {
                if apologies.take(&destination.lane(), now) == Grant::Granted {
                    let turn = Turn::new(self, incoming.mark.as_ref(), destination, *private, now)
                        .with(&incoming.along);
                    turn.tell(turn.line(sorry).for_asker()).await;
                }
            }
            IncomingKind::Message { destination, private, text, .. } => {
                let is_command = matches!(
                    command::read(&tidied(text), &self.options.bot),
                    Written::Command(..) | Written::Text(_, true)
                );
                if (*private || is_command)
                    && apologies.take(&destination.lane(), now) == Grant::Granted
                {
                    let turn = Turn::new(self, incoming.mark.as_ref(), destination, *private, now);
                    turn.tell(turn.line(sorry)).await;
                }
            }
            IncomingKind::Button { callback_id, destination, private, message, .. } => {
                if apologies.take(&destination.lane(), now) == Grant::Granted {
                    let turn = Turn::new(self, incoming.mark.as_ref(), destination, *private, now)
                        .with(&incoming.along)
                        .pressed(callback_id, message.as_ref());
                    turn.tell(turn.line(sorry).for_asker()).await;
                }
            }
            IncomingKind::Alive { .. }
            | IncomingKind::Membership { .. }
            | IncomingKind::Server { .. }
            | IncomingKind::Migrated { .. }
            | IncomingKind::Other => {}
        }
    }
}

/// Whether, in a group, only administrators get more than a refusal of a command.
fn is_for_administrators(command: Command, rest: &str) -> bool {
    match command {
        Command::Watch
        | Command::Unwatch
        | Command::Mute
        | Command::Unmute
        | Command::Feed
        | Command::Test => true,
        Command::Quiet | Command::Card => !rest.is_empty(),
        Command::Digest => digest::is_change(rest),
        Command::Settings => settings::is_change(rest),
        Command::Start
        | Command::Help
        | Command::List
        | Command::Rules
        | Command::Why
        | Command::Stats
        | Command::Invite
        | Command::Link
        | Command::Unlink
        | Command::Me => false,
    }
}

fn unknown(word: &str) -> Stop {
    let line = format!("There is no command {}.", words::quoted(&format!("/{word}")));
    match command::nearest(word) {
        Some(known) => wrong(&format!("{line} Did you mean `/{known}`?"), &format!("/{known}")),
        None => wrong(&line, "/help"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::commands::COMMANDS;

    #[test]
    fn menus_and_rights_agree_who_may_use_a_command() {
        for form in COMMANDS {
            let is_for_administrators = ["", "off", "tz UTC"].into_iter().any(|rest| {
                let text = format!("/{} {rest}", form.word);
                match command::read(&text, "") {
                    Written::Command(command, rest) => is_for_administrators(command, rest),
                    other => panic!("{other:?}"),
                }
            });
            assert_eq!(is_for_administrators, form.is_for_deciders, "{}", form.word);
        }
    }
}
