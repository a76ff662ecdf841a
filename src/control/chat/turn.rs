//! One update on its way: who wrote where, and what holds there.

use crate::control::actions::{ActionOptions, Actions, Asking};
use crate::control::seams::{MessageId, PersonId};
use crate::model::{Address, Effective, Owner, Settings, UnixMillis};
use crate::render::Prose;
use crate::render::numbers::Moment;
use crate::render::views::Back;
use crate::store::{Barred, DestinationRow, Edit, Shut, StoreError, UpdateMark};

use super::Control;
use super::answer::{Answer, Stop, sentence};
use super::incoming::{Along, Author};

/// One update on its way.
pub(super) struct Turn<'a> {
    pub(super) control: &'a Control,
    pub(super) mark: Option<&'a UpdateMark>,
    /// What it is about, and where it was written unless `typed` says otherwise: a chat, or one topic of it. What is set there
    /// holds for it alone.
    pub(super) destination: Address,
    pub(super) private: bool,
    pub(super) now: UnixMillis,
    pub(super) author: Author,
    /// What the service told along with it.
    pub(super) along: Along,
    /// Where it was typed, where it is about another place: the feed of a server.
    pub(super) typed: Option<Address>,
    /// What to answer to, and the message with the button, where one was pressed.
    pub(super) button: Option<(&'a str, Option<&'a MessageId>)>,
    /// The destination's row, where it has one; read on entering.
    pub(super) home: Option<DestinationRow>,
    /// The same of the chat without its topic.
    pub(super) whole: Option<DestinationRow>,
    /// Whose limits count; found out on entering.
    pub(super) owner: Owner,
    /// A group that nobody has brought in yet: it gets in with the first thing that an administrator changes.
    pub(super) is_new_group: bool,
    /// By whose row whoever writes is in; `None`: by the configuration. It may go while the command waits for others.
    pub(super) is_in_by: Option<Address>,
    pub(super) is_committed: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        control: &'a Control,
        mark: Option<&'a UpdateMark>,
        destination: &Address,
        private: bool,
        now: UnixMillis,
    ) -> Turn<'a> {
        Turn {
            control,
            mark,
            destination: destination.clone(),
            private,
            now,
            author: Author::Unnamed,
            along: Along::default(),
            typed: None,
            button: None,
            home: None,
            whole: None,
            owner: Owner::of(destination),
            is_new_group: false,
            is_in_by: None,
            is_committed: false,
        }
    }

    pub(super) fn by(self, author: Author) -> Turn<'a> {
        Turn { author, ..self }
    }

    pub(super) fn with(self, along: &Along) -> Turn<'a> {
        let owner = along.group.as_ref().map_or(self.owner, Owner::of);
        Turn { along: along.clone(), owner, ..self }
    }

    pub(super) fn typed_in(self, typed: &Address) -> Turn<'a> {
        Turn { typed: (*typed != self.destination).then(|| typed.clone()), ..self }
    }

    /// Where it was typed, and is answered.
    pub(super) fn here(&self) -> &Address {
        self.typed.as_ref().unwrap_or(&self.destination)
    }

    /// Makes it about another address of whoever writes. What they may, and how much of it, stays as it is.
    pub(super) async fn turn_to(&mut self, address: &Address) -> Result<(), StoreError> {
        if self.destination == *address {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.destination, address.clone());
        self.typed.get_or_insert(before);
        self.home = self.control.store.destination(address).await?;
        self.whole.clone_from(&self.home);
        Ok(())
    }

    /// The group as which this chat is let in and counts: the server of a channel, else the chat without its topic.
    pub(super) fn group(&self) -> Address {
        self.along.group.clone().unwrap_or_else(|| self.destination.whole())
    }

    pub(super) fn pressed(self, callback: &'a str, message: Option<&'a MessageId>) -> Turn<'a> {
        Turn { button: Some((callback, message)), ..self }
    }

    /// Whether what people write here beside commands is read.
    pub(super) fn reads_texts(&self) -> bool {
        self.here().channel().traits().reads_texts
    }

    /// What we lack to send where this is about, as far as the service says: that is said of where it was typed.
    pub(super) fn lacking(&self) -> Vec<String> {
        let lacking = self.along.lacking.iter().flatten().filter(|_| self.typed.is_none());
        lacking.map(|right| (*right).to_owned()).collect()
    }

    /// Who wrote, where that is a person whom we know.
    pub(super) const fn person(&self) -> Option<&PersonId> {
        match &self.author {
            Author::Person(person) => Some(person),
            Author::Chat | Author::OtherChat(_) | Author::Unnamed => None,
        }
    }

    /// Whoever pressed is told nothing.
    pub(super) const fn leave_unanswered(&mut self) {
        self.button = None;
    }

    pub(super) fn is_button(&self) -> bool {
        self.button.is_some()
    }

    /// Whoever was removed meanwhile changes nothing any more.
    pub(super) fn standing(&self) -> Option<Edit> {
        self.is_in_by.clone().map(|person| Edit::IsIn { person })
    }

    /// What commands call.
    pub(super) fn actions(&self) -> &'a Actions {
        &self.control.actions
    }

    pub(super) fn options(&self) -> &'a ActionOptions {
        &self.control.actions.options
    }

    /// For whom this turn asks.
    pub(super) fn asking(&self) -> Asking {
        Asking { destination: self.destination.clone(), owner: self.owner.clone() }
    }

    /// What shares this chat's limits, as it follows “this chat”.
    pub(super) fn together(&self) -> &'static str {
        if self.private {
            ", with the groups that you brought in,"
        } else if self.owner == Owner::of(&self.group()) {
            ""
        } else {
            ", with the other chats of whoever brought it in,"
        }
    }

    /// Whoever wrote, as floods are counted: in a group each by themselves, and in the name of a chat that chat.
    pub(super) fn speaker(&self) -> String {
        let lane = self.group().lane();
        if self.private {
            return lane;
        }
        match &self.author {
            Author::Unnamed => lane,
            Author::Chat => format!("{lane} itself"),
            Author::OtherChat(id) | Author::Person(PersonId(id)) => format!("{lane} {id}"),
        }
    }

    /// What this destination has set.
    pub(super) fn settings(&self) -> Settings {
        self.home.as_ref().map(|home| home.settings.clone()).unwrap_or_default()
    }

    /// What is in force for a watch of this destination.
    pub(super) fn effective(&self, watch: &Settings) -> Effective {
        Settings::effective(watch, &self.settings(), &self.options().defaults)
    }

    /// What kept messages from this destination until something came from its chat, where it was not told yet.
    pub(super) fn back(&self) -> Option<Back> {
        if !self.lacking().is_empty() {
            return None;
        }
        let take = |from: &Address| self.control.returns.take(from, self.now);
        let (own, whole) = (take(&self.destination), take(&self.destination.whole()));
        own.or(whole).map(|shut| self.back_from(shut))
    }

    /// The same where this is known to have kept them.
    pub(super) fn back_from(&self, shut: Shut) -> Back {
        let (reason, since) = match shut {
            Shut::Off { reason, since } => (reason, since),
            Shut::Refused { since } => ("you ended it".to_owned(), since),
            Shut::Barred(Barred { reason, since, .. }) => (reason, Some(since)),
        };
        Back { since: since.map(|at| self.moment(at)), reason: Prose::new(&reason) }
    }

    /// Until when this destination is silent, if it is.
    pub(super) fn silent_until(&self) -> Option<Moment> {
        let until = self.home.as_ref()?.muted_until.filter(|until| *until > self.now)?;
        Some(self.moment(until))
    }

    /// An instant on the clock of this destination.
    pub(super) fn moment(&self, at: UnixMillis) -> Moment {
        Moment { at, tz: self.effective(&Settings::default()).tz }
    }

    /// Ends the turn with a sentence: at the button if one was pressed, else as a message.
    pub(super) fn refuse(&self, text: &'static str) -> Stop {
        Stop::Answer(Box::new(self.line(text)))
    }

    /// The answer that is this sentence: at the button if one was pressed, else as a message.
    pub(super) fn line(&self, text: &'static str) -> Answer {
        if self.is_button() {
            Answer { toast: Some(text.into()), ..Answer::default() }
        } else {
            Answer::of(&sentence(text, None))
        }
    }
}
