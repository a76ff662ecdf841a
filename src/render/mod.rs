//! Stage 6: turns alerts and answers into what a channel sends.
//!
//! In: a [`WatchMessage`], a [`DigestMessage`], or one of the [`views`]: plain data, the same for all channels. Out: a
//! [`Body`], in the voice of its channel. What goes along with one as the numbers of a picture becomes SVG in [`picture`].
//! Pure: `app` reads the operator's templates and hands over their text.
//!
//! A template can only produce escaped text, stands in one folder per message, and is checked as a whole at start (see
//! [`TemplateError`]). Those of chats are in Telegram's HTML, and their words are those of all services: a voice writes what
//! a reader would see with its own signs. Mails have templates of their own, for the subject, the plain text and the HTML.
//! What would be too long for one message, whatever it is written on (`paper`), is cut before it is escaped, or divided into
//! parts.

mod alert;
mod bidi;
mod bounds;
mod buttons;
mod chat;
mod check;
mod cut;
mod digest;
mod entry;
mod html;
mod hypertext;
mod kinds;
mod last_of_day;
mod lead;
mod line;
mod link;
mod mail;
mod markdown;
mod news;
pub mod numbers;
mod page;
mod paper;
mod parts;
pub mod picture;
mod plain;
mod prose;
mod room;
mod sample;
mod several;
mod shape;
mod templates;
mod trial;
mod view;
pub mod views;
mod voice;

use std::sync::Arc;

pub(crate) use check::TemplateError;
pub use cut::List;
pub(crate) use html::HtmlError;
pub(crate) use markdown::escape as escape_markdown;
pub use news::{
    BudgetNote, DigestMessage, NetAlert, Part, Place, VideoFacts, VideoNews, WatchMessage,
    WatchNews,
};
pub(crate) use prose::Prose;
pub use view::View;
pub(crate) use view::{AnyView, Elsewhere};

use crate::model::{Address, Body, Channel, MailMessage, UnixMillis};
use chat::ChatTemplates;
use kinds::kinds;
use mail::MailTemplates;
use voice::Voices;

/// Why a message could not be rendered. Templates are checked at start, so none of these is to be expected.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template failed.
    #[error("the template {file} failed")]
    Template {
        /// The file.
        file: String,
        /// How.
        #[source]
        cause: handlebars::RenderError,
    },
    /// Telegram would refuse the result.
    #[error("the template {file} makes text that Telegram refuses")]
    Html {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: HtmlError,
    },
    /// Nothing that is short enough could be made.
    #[error("the template {file} makes too long a text, or none at all")]
    TooLong {
        /// The file.
        file: String,
    },
    /// A value that is no JSON.
    #[error("could not write the message as JSON")]
    Json(#[from] serde_json::Error),
    /// Nobody writes to us there.
    #[error("programs are not answered")]
    NoAnswers,
    /// It is no mailbox, whose reader could be asked.
    #[error("only the reader of a mailbox is asked whether it is theirs")]
    NoMailbox,
}

/// Why a preview could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// No message has this name.
    #[error("no template is called `{name}`; there are {}", .known.join(", "))]
    Unknown {
        /// As written.
        name: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// There is such a message, and it is for chats alone.
    #[error("`{name}` is not sent by mail; these are: {}", .mails.join(", "))]
    NoMail {
        /// Its name.
        name: &'static str,
        /// The names of those that are.
        mails: Vec<&'static str>,
    },
    /// There is such a message, and it is for mailboxes alone.
    #[error("`{0}` is sent by mail alone: see it with --channel email")]
    OnlyMail(&'static str),
    /// The template failed.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// All templates, ready to use: whatever is said comes from here, in the voice of its channel.
#[derive(Debug)]
pub struct Renderer {
    chats: Arc<ChatTemplates>,
    mails: Arc<MailTemplates>,
    voices: Voices,
}

impl Renderer {
    /// Lays the operator's templates over the built-in ones, and checks those.
    ///
    /// `overrides` are the files of the operator's folder: the path relative to it with `/`, and the text.
    ///
    /// # Errors
    ///
    /// All mistakes of all files at once.
    pub fn new(overrides: &[(String, String)]) -> Result<Renderer, Vec<TemplateError>> {
        let templates = trial::checked(overrides)?;
        let chats = Arc::new(ChatTemplates::new(Arc::clone(&templates)));
        Ok(Renderer::of(chats, MailTemplates::new(templates)))
    }

    fn of(chats: Arc<ChatTemplates>, mails: MailTemplates) -> Renderer {
        let mails = Arc::new(mails);
        Renderer { voices: Voices::new(&chats, Arc::clone(&mails)), chats, mails }
    }

    /// The same with what the foot of every mail says of how they end.
    ///
    /// `has_links`: whoever sends a mail puts a link in the place of [`MailMessage::UNSUBSCRIBE`]. `contact`: whom to write to,
    /// as people read it.
    #[must_use]
    pub fn with_mail_foot(self, has_links: bool, contact: Option<&str>) -> Renderer {
        Renderer::of(self.chats, MailTemplates::clone(&self.mails).with_foot(has_links, contact))
    }

    /// Says what one watch is told.
    ///
    /// Programs get one body per video. For people all of it is one message, or as many as it takes to name every new
    /// video and every passed value. Nothing comes of a message without alerts.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn watch(
        &self,
        channel: Channel,
        message: &WatchMessage,
    ) -> Result<Vec<Part>, RenderError> {
        self.voices.of(channel).watch(message)
    }

    /// Says what was collected for a digest.
    ///
    /// Everything that passed a value, is new or is an event is told by name, in as many messages as it takes; videos that
    /// merely moved are told as far as there is room, the rest in a sum. Programs get the same in bodies of bounded size.
    /// Nothing comes of a digest without alerts.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn digest(
        &self,
        channel: Channel,
        message: &DigestMessage,
    ) -> Result<Vec<Part>, RenderError> {
        self.voices.of(channel).digest(message)
    }

    /// Answers somebody who wrote.
    ///
    /// # Errors
    ///
    /// [`RenderError::NoAnswers`] for a channel of programs; else none is to be expected of templates that passed
    /// [`Renderer::new`].
    pub fn answer(&self, channel: Channel, view: AnyView) -> Result<Body, RenderError> {
        self.voices.of(channel).answer(view)
    }

    /// Says what a card shows.
    ///
    /// # Errors
    ///
    /// As [`Renderer::answer`].
    pub fn card(&self, channel: Channel, card: &views::Card) -> Result<Body, RenderError> {
        self.voices.of(channel).card(card)
    }

    /// Says something that shows that messages arrive: to programs a sample of an alert, marked as a test.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn test(&self, to: &Address, now: UnixMillis, tz: &str) -> Result<Body, RenderError> {
        self.voices.of(to.channel()).test(to, now, tz)
    }

    /// Tells the operator or an owner something.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn notice(
        &self,
        channel: Channel,
        notice: &views::Notice,
        now: UnixMillis,
    ) -> Result<Body, RenderError> {
        self.voices.of(channel).notice(notice.into(), now)
    }

    /// Asks the reader of a mailbox whether it belongs to whoever entered it: the mail that a link in it confirms.
    ///
    /// # Errors
    ///
    /// [`RenderError::NoMailbox`] for a channel without mailboxes; else none is to be expected of templates that passed
    /// [`Renderer::new`].
    pub fn confirm_mail(
        &self,
        channel: Channel,
        asks: &views::ConfirmMail,
    ) -> Result<Body, RenderError> {
        self.voices.of(channel).confirm_mail(asks)
    }

    /// The names of all messages, for [`Renderer::preview`].
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        kinds().iter().map(|kind| kind.name).collect()
    }

    /// Shows how a message would look, filled with sample values, as text for a terminal.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Unknown`] for a name that is none, [`PreviewError::OnlyMail`] for that of a message for mailboxes alone.
    pub fn preview(&self, name: &str) -> Result<String, PreviewError> {
        let none = || match Self::mail_names().into_iter().find(|known| *known == name) {
            Some(name) => PreviewError::OnlyMail(name),
            None => PreviewError::Unknown { name: name.to_owned(), known: Self::names() },
        };
        let mut kinds = kinds().into_iter();
        let sample = kinds
            .find(|kind| kind.name == name)
            .and_then(|kind| (kind.samples)().into_iter().next())
            .ok_or_else(none)?;
        let page = self.chats.page(sample, &room::MESSAGE)?;
        Ok(plain::preview(&page.seen, &page.message.buttons))
    }

    /// The names of the messages that are sent by mail, for [`Renderer::preview_mail`].
    #[must_use]
    pub fn mail_names() -> Vec<&'static str> {
        mail::kinds().iter().map(|kind| kind.name).filter(|name| *name != mail::FRAME).collect()
    }

    /// Shows how a mail would look, filled with sample values.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Unknown`] for a name that is none, [`PreviewError::NoMail`] for that of a message for chats alone.
    pub fn preview_mail(&self, name: &str) -> Result<MailMessage, PreviewError> {
        let none = || match Self::names().into_iter().find(|known| *known == name) {
            Some(name) => PreviewError::NoMail { name, mails: Self::mail_names() },
            None => PreviewError::Unknown { name: name.to_owned(), known: Self::mail_names() },
        };
        Ok(self.mail_samples(name).next().ok_or_else(none)??)
    }

    /// All samples of a message as mails; none for the name of no message that is sent by mail.
    pub fn mail_samples(
        &self,
        name: &str,
    ) -> impl Iterator<Item = Result<MailMessage, RenderError>> {
        let mut kinds = mail::kinds().into_iter().filter(|kind| kind.name != mail::FRAME);
        let kind = kinds.find(|kind| kind.name == name);
        let samples = kind.map(|kind| (kind.name, (kind.samples)()));
        samples.into_iter().flat_map(move |(name, samples)| {
            samples.into_iter().map(move |fields| {
                let mail::MailPage { subject, text, html, .. } =
                    self.mails.fitted(name, fields?)?;
                Ok(MailMessage { subject, text, html, ..MailMessage::default() })
            })
        })
    }
}
