//! One update on its way: who wrote where, what was committed, what is answered.

use std::borrow::Cow;

use crate::model::{Address, Body, Effective, Owner, Settings, UnixMillis};
use crate::render::numbers::Moment;
use crate::render::views::{Back, ErrorView, View};
use crate::render::{AnyView, Prose};
use crate::store::{Barred, DestinationRow, Edit, Edited, Shut, StoreError, UpdateMark};

use super::access;
use super::incoming::{Author, MessageId, PersonId};
use super::{Asker, Control, LookupError};

/// What is told to whoever wrote; nothing, by default.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// A message.
    pub(super) message: Option<AnyView>,
    /// What replaces the message whose button was pressed.
    pub(super) replacement: Option<AnyView>,
    /// A line at the pressed button. Plain text, in which nothing pings: at most 200 characters.
    /// Source: <https://core.telegram.org/bots/api#answercallbackquery> (2026-11).
    pub(super) toast: Option<Cow<'static, str>>,
}

impl Answer {
    /// The answer that is this view.
    pub(super) fn of(view: &impl View) -> Answer {
        Answer { message: Some(view.into()), ..Answer::default() }
    }
}

/// Why a turn ends early.
pub(super) enum Stop {
    /// With this answer.
    Answer(Box<Answer>),
    /// The update has had its effect before.
    Repeated,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

/// One update on its way.
pub(super) struct Turn<'a> {
    pub(super) control: &'a Control,
    pub(super) mark: Option<&'a UpdateMark>,
    /// Where it was written, with the topic; what is set here holds for this topic.
    pub(super) chat: &'a Address,
    pub(super) private: bool,
    pub(super) now: UnixMillis,
    author: Author,
    button: Option<(&'a str, Option<&'a MessageId>)>,
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
    is_committed: bool,
}

impl<'a> Turn<'a> {
    pub(super) fn new(
        control: &'a Control,
        mark: Option<&'a UpdateMark>,
        chat: &'a Address,
        private: bool,
        now: UnixMillis,
    ) -> Turn<'a> {
        Turn {
            control,
            mark,
            chat,
            private,
            now,
            author: Author::Unnamed,
            button: None,
            home: None,
            whole: None,
            owner: Owner::of(chat),
            is_new_group: false,
            is_in_by: None,
            is_committed: false,
        }
    }

    pub(super) fn by(self, author: Author) -> Turn<'a> {
        Turn { author, ..self }
    }

    pub(super) fn pressed(self, callback: &'a str, message: Option<&'a MessageId>) -> Turn<'a> {
        Turn { button: Some((callback, message)), ..self }
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

    /// Ends the work: stores the mark if the work did not, and answers.
    ///
    /// A failure after the edits were applied is no failure of the update: nothing of it is to be done again.
    pub(super) async fn finish(self, result: Result<Answer, Stop>) -> Result<(), StoreError> {
        let answer = match result {
            Ok(answer) => answer,
            Err(Stop::Answer(answer)) => *answer,
            Err(Stop::Repeated) => return Ok(()),
            Err(Stop::Store(error)) if self.is_committed => {
                tracing::error!(
                    update.id = self.mark.map(|mark| mark.update_id),
                    error = &error as &dyn std::error::Error,
                    "what was asked for is done, but can't be shown"
                );
                self.line(DONE)
            }
            Err(Stop::Store(error)) => return Err(error),
        };
        if !self.is_committed && self.store_with_mark(Vec::new()).await?.is_none() {
            return Ok(());
        }
        self.tell(answer).await;
        Ok(())
    }

    /// Sends an answer. What does not arrive is logged: the effect stands, and the chat may be gone.
    pub(super) async fn tell(&self, answer: Answer) {
        let reply = &self.control.reply;
        let Answer { mut message, replacement, toast } = answer;
        if let Some((callback, pressed)) = self.button {
            reply.toast(callback, toast.as_deref().unwrap_or_default()).await;
            match pressed {
                Some(id) => {
                    if let Some(replacement) = replacement.and_then(|view| self.said(view)) {
                        reply.edit(self.chat, &self.owner, id, replacement).await;
                    }
                }
                // A message that can't be changed any more is followed by what would have replaced it.
                None => message = message.or(replacement),
            }
        }
        if let Some(message) = message.and_then(|view| self.said(view))
            && let Err(error) = reply.message(self.chat, &self.owner, message).await
        {
            tracing::warn!(chat = %self.chat.masked(), %error, "an answer did not arrive");
        }
    }

    /// Applies edits with the mark of this update, and what has to stand for them to make sense.
    pub(super) async fn commit(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Stop> {
        access::bring_in(self).await?;
        self.open_topic().await?;
        let mut all: Vec<Edit> = self.standing().into_iter().chain(self.groundwork()).collect();
        let before = all.len();
        all.extend(edits);
        Ok(self.commit_only(all).await?.split_off(before))
    }

    /// Applies these edits with the mark of this update, and nothing else.
    pub(super) async fn commit_only(&mut self, edits: Vec<Edit>) -> Result<Vec<Edited>, Stop> {
        let done = self.store_with_mark(edits).await?;
        self.is_committed = done.is_some();
        done.ok_or(Stop::Repeated)
    }

    /// Stores edits with the mark of this update; `None`: it has had its effect before. Whatever came, it shows that
    /// this chat can be reached.
    async fn store_with_mark(&self, edits: Vec<Edit>) -> Result<Option<Vec<Edited>>, StoreError> {
        let alive = Edit::Alive { destination: self.chat.clone() };
        let edits = std::iter::once(alive).chain(edits).collect();
        let done = self.control.store.edit(self.mark.cloned(), edits, self.now).await?;
        Ok(done.map(|mut done| done.split_off(1.min(done.len()))))
    }

    /// Whoever was removed meanwhile changes nothing any more.
    pub(super) fn standing(&self) -> Option<Edit> {
        self.is_in_by.clone().map(|person| Edit::IsIn { person })
    }

    /// A chat from which somebody changes something is known.
    fn groundwork(&self) -> Option<Edit> {
        (self.home.is_none() && !self.is_topic()).then(|| self.enable(self.chat.clone()))
    }

    /// So is a topic, of which a chat has only so many. Blocking and migration name the chat without its topics, so it has a
    /// row of its own.
    async fn open_topic(&self) -> Result<(), Stop> {
        if self.home.is_some() || !self.is_topic() {
            return Ok(());
        }
        let whole = self.whole.is_none().then(|| self.enable(self.chat.whole()));
        let topic = Edit::AddTopic {
            topic: self.chat.clone(),
            owner: self.owner.clone(),
            limit: (!self.owner.is_operator()).then_some(TOPICS_MAX),
        };
        let edits = self.standing().into_iter().chain(whole).chain([topic]).collect();
        // A transaction of its own: beyond the limit nothing else is to be stored.
        let done = self.control.store.edit(None, edits, self.now).await?;
        match done.as_deref() {
            Some([.., Edited::TopicsReached]) => Err(self.refuse(TOO_MANY_TOPICS)),
            _ => Ok(()),
        }
    }

    fn enable(&self, destination: Address) -> Edit {
        Edit::Enable { destination, owner: self.owner.clone() }
    }

    fn is_topic(&self) -> bool {
        self.chat.is_thread()
    }

    /// Whoever wrote, as floods are counted: in a group each by themselves, and in the name of a chat that chat.
    pub(super) fn speaker(&self) -> String {
        let lane = self.chat.lane();
        match &self.author {
            _ if self.private => lane,
            Author::Unnamed => lane,
            Author::Chat => format!("{lane} itself"),
            Author::OtherChat(id) | Author::Person(PersonId(id)) => format!("{lane} {id}"),
        }
    }

    /// How many watches the owner may have; `None`: any number.
    pub(super) fn watches_max(&self) -> Option<usize> {
        (!self.owner.is_operator()).then_some(self.control.options.watches_per_owner)
    }

    /// How many of them may be in this chat, which has so many: the owner's other chats have the rest.
    pub(super) async fn watches_max_here(&self, here: usize) -> Result<Option<usize>, StoreError> {
        let Some(max) = self.watches_max() else { return Ok(None) };
        let all = self.control.store.watches_of_owner(&self.owner).await?;
        Ok(Some(max.saturating_sub(all.saturating_sub(here)).max(here)))
    }

    /// What shares this chat's limits, as it follows “this chat”.
    pub(super) fn together(&self) -> &'static str {
        if self.private {
            ", with the groups that you brought in,"
        } else if self.owner == Owner::of(self.chat) {
            ""
        } else {
            ", with the other chats of whoever brought it in,"
        }
    }

    /// How many videos the watches of the owner may have together; `None`: any number.
    pub(super) fn videos_max(&self) -> Option<usize> {
        (!self.owner.is_operator()).then_some(self.control.options.videos_per_owner)
    }

    /// In whose name YouTube is asked.
    pub(super) fn asker(&self) -> Asker {
        let looks_max = self.control.options.looks_per_chat.filter(|_| !self.owner.is_operator());
        Asker { chat: self.chat.lane(), owner: self.owner.clone(), looks_max }
    }

    /// What this chat has set.
    pub(super) fn settings(&self) -> Settings {
        self.home.as_ref().map(|home| home.settings.clone()).unwrap_or_default()
    }

    /// What is in force for a watch of this chat.
    pub(super) fn effective(&self, watch: &Settings) -> Effective {
        Settings::effective(watch, &self.settings(), &self.control.options.defaults)
    }

    /// What kept messages from this chat until something came from it, where it was not told yet.
    pub(super) fn back(&self) -> Option<Back> {
        let take = |chat: &Address| self.control.returns.take(chat, self.now);
        let (own, whole) = (take(self.chat), take(&self.chat.whole()));
        let (reason, since) = match own.or(whole)? {
            Shut::Off { reason, since } => (reason, since),
            Shut::Barred(Barred { reason, since, .. }) => (reason, Some(since)),
        };
        Some(Back { since: since.map(|at| self.moment(at)), reason: Prose::new(&reason) })
    }

    /// Until when this chat is silent, if it is.
    pub(super) fn silent_until(&self) -> Option<Moment> {
        let until = self.home.as_ref()?.muted_until.filter(|until| *until > self.now)?;
        Some(self.moment(until))
    }

    /// An instant on the clock of this chat.
    pub(super) fn moment(&self, at: UnixMillis) -> Moment {
        Moment { at, tz: self.effective(&Settings::default()).tz }
    }

    /// Refuses whoever may not decide for this chat. The refusal is one of the answers that everybody there shares.
    pub(super) async fn needs_administrator(&self) -> Result<(), Stop> {
        let refusal = match self.is_administrator().await {
            Ok(true) => return Ok(()),
            Ok(false) => {
                self.control.vain_orders.take(&self.speaker(), self.now);
                NO_ADMINISTRATOR
            }
            Err(NotSaid) => {
                "I can't find out just now whether you are an administrator here. Try again in a minute; it helps to make me one too."
            }
        };
        self.control.count_answer(self)?;
        Err(self.refuse(refusal))
    }

    /// Whether whoever wrote may decide for this chat.
    pub(super) async fn is_administrator(&self) -> Result<bool, NotSaid> {
        if self.private {
            return Ok(true);
        }
        match &self.author {
            Author::Chat => Ok(true),
            Author::Person(person) => {
                let is = self.control.lookup.is_administrator(self.chat, person).await;
                is.map_err(|_| NotSaid)
            }
            Author::OtherChat(_) | Author::Unnamed => Ok(false),
        }
    }

    /// A view in the voice of this chat's channel; `None`: there are no words for it, nor for an apology.
    fn said(&self, view: AnyView) -> Option<Body> {
        let channel = self.chat.channel();
        let said = self.control.renderer.answer(channel, view).or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an answer could not be rendered"
            );
            let sorry = sentence("I can't put the answer into words: tell whoever runs me.", None);
            self.control.renderer.answer(channel, sorry)
        });
        said.ok()
    }

    /// Ends the turn: what was written can't be done so, but in this way.
    pub(super) fn wrong(&self, text: &str, example: &str) -> Stop {
        let message = Some(sentence(text, Some(example)));
        Stop::Answer(Box::new(Answer { message, ..Answer::default() }))
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
            Answer { message: Some(sentence(text, None)), ..Answer::default() }
        }
    }

    /// Says why YouTube could not be asked.
    pub(super) fn excuse(&self, error: &LookupError) -> String {
        match error {
            LookupError::QuotaUsedUp { until } => {
                let until = self.moment(*until);
                format!("The day's quota of YouTube is used up; there is more {until}.")
            }
            LookupError::ShareUsedUp { until } => {
                let until = self.moment(*until);
                format!(
                    "What people may ask of YouTube today is used up; there is more on {until}. What is watched is looked at as before."
                )
            }
            LookupError::ChatUsedUp { looks_max, until } => {
                let until = self.moment(*until);
                format!(
                    "This chat has looked things up {looks_max} times today, as often as it may; it may again on {until}."
                )
            }
            LookupError::OwnerUsedUp { looks_max, until } => {
                let (together, until) = (self.together(), self.moment(*until));
                format!(
                    "This chat{together} has looked things up {looks_max} times today, as often as they may together; they may again on {until}."
                )
            }
            LookupError::KeyRefused => {
                "YouTube refuses the key of this bot; whoever runs it has to replace it.".to_owned()
            }
            LookupError::Unreachable(_) => "YouTube can't be reached just now.".to_owned(),
        }
    }

    /// Ends the turn: this needs YouTube.
    pub(super) fn no_lookup(&self, error: &LookupError) -> Stop {
        let text = format!("{} Try again then.", self.excuse(error));
        let message = Some(sentence(&text, None));
        Stop::Answer(Box::new(Answer { message, ..Answer::default() }))
    }
}

/// Said when what was asked for is done, and the store fails to say how it stands now.
const DONE: &str = "Done. I can't show you how it stands just now: ask again in a minute.";

/// Said to whoever may not decide for a chat.
pub(super) const NO_ADMINISTRATOR: &str =
    "Only administrators of this chat can change what rings here.";

/// Topics of one chat in which something may be set. Each is a row for as long as it is.
const TOPICS_MAX: usize = 100;

const TOO_MANY_TOPICS: &str = "Something is set or watched in 100 topics of this chat, as many as may be. Choose one of those, or end what rings in one (`/unwatch all`) and come back in a week.";

/// The chat service does not say just now who is an administrator.
pub(super) struct NotSaid;

/// A sentence as a message; parts in backticks are shown as code.
pub(super) fn sentence(text: &str, example: Option<&str>) -> AnyView {
    AnyView::from(&ErrorView {
        message: Prose::new(text),
        input: None,
        pointer: None,
        example: example.map(str::to_owned),
    })
}

/// What somebody wrote, as it may stand in a sentence: bounded, in one line, in backticks.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 60;
    let clean = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    let shown: String = text.chars().take(SHOWN_MAX_CHARS).map(clean).collect();
    let more = if text.chars().nth(SHOWN_MAX_CHARS).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}
