//! What people are told, as mails: a subject, a plain text, and HTML that says the same, inside a frame that all mails share.
//!
//! How long one may be is said by the programs that show it: Gmail hides what is behind 102 KB of HTML. What does not fit
//! becomes further mails, as messages of a chat do.

mod kinds;

use std::sync::Arc;

use handlebars::Context;
use serde::Serialize;
use serde_json::Value as Json;

use super::RenderError;
use super::cut::{self, Cut};
use super::hypertext::{self, MailError};
use super::paper::{Fields, Paper};
use super::room::{Bounds, Fill};
use super::templates::{Form, Key, Templates};
use super::view::View as _;
use super::views::ConfirmMail;
use crate::model::MailMessage;
pub(super) use kinds::{MailKind, Mailed, kinds};

/// The folder of the frame.
pub(super) const FRAME: &str = "mail";

/// What one mail holds, in bytes of its HTML, or of its text where that is longer.
///
/// Gmail shows 102 KB of HTML, of which the transfer takes some. No program has a bound of tags.
/// Source: <https://github.com/hteumeuleu/email-bugs/issues/41> (read 2026-11).
const BOUNDS: Bounds = Bounds { units: 88_000, tags: 1_000_000 };

/// Texts in a subject, in UTF-16 units: phones show about forty.
const OF_SUBJECT: Cut = Cut { text: 70, items: 3 };

/// Longest subject, in UTF-16 units.
const SUBJECT_MAX_UTF16: usize = 200;

/// Stands for what a frame holds. No text from outside holds a control character.
const CONTENT: char = '\u{3}';

/// What stands below every mail.
#[derive(Debug, Clone, Default)]
struct Foot {
    /// A link ends them.
    has_links: bool,
    /// Whom to write to.
    contact: Option<String>,
}

/// The fields of `templates/mail/`.
#[derive(Debug, Serialize)]
struct Frame<'a> {
    subject: &'a str,
    content: &'a str,
    /// It asks its reader, who has not said yet that they want any mails.
    is_question: bool,
    unsubscribe_url: Option<char>,
    contact: Option<&'a str>,
}

/// The templates of all mails.
#[derive(Debug, Clone)]
pub(super) struct MailTemplates {
    templates: Arc<Templates>,
    foot: Foot,
}

/// One mail.
#[derive(Debug)]
pub(super) struct MailPage {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    /// What stands inside the frame, or the subject, says nothing.
    is_empty: bool,
    /// So long that nothing holds it.
    is_endless: bool,
}

/// Why a template makes no mail.
pub(super) enum Fault {
    /// It fails, or makes nothing, or too much.
    Failed(RenderError),
    /// Its HTML.
    Html(MailError),
    /// A frame that does not hold a mail once.
    Content,
}

impl MailTemplates {
    /// Mails whose foot says no more than why they come.
    pub(super) fn new(templates: Arc<Templates>) -> MailTemplates {
        MailTemplates { templates, foot: Foot::default() }
    }

    /// The same with what the foot says of how they end.
    pub(super) fn with_foot(self, has_links: bool, contact: Option<&str>) -> MailTemplates {
        let contact = contact.map(|contact| Cut::NOTHING.text(contact));
        MailTemplates { foot: Foot { has_links, contact }, ..self }
    }

    pub(super) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Whether a message is sent by mail.
    pub(super) fn has(&self, name: &'static str) -> bool {
        self.templates.has((name, Form::Html)) && name != FRAME
    }

    /// One view as one mail.
    pub(super) fn fitted(
        &self,
        name: &'static str,
        fields: Fields,
    ) -> Result<MailPage, RenderError> {
        let fitted = cut::fit::<_, RenderError>(&Json::Object(fields), |view| {
            let Json::Object(fields) = view else { return Ok(None) };
            let page = self.page(name, fields)?;
            Ok(self.holds(&page).then_some(page))
        })?;
        fitted.ok_or_else(|| RenderError::TooLong { file: MailTemplates::file(name) })
    }

    fn page(&self, name: &'static str, fields: Fields) -> Result<MailPage, RenderError> {
        let subject = self.subject(name, &fields)?;
        let fields = Context::from(Json::Object(fields));
        let text = self.templates.render((name, Form::Text), &fields)?;
        let html = self.templates.render((name, Form::Html), &fields)?;
        let mut buffer = [0; 4];
        let frame = Frame {
            subject: &subject,
            content: CONTENT.encode_utf8(&mut buffer),
            is_question: name == ConfirmMail::NAME,
            unsubscribe_url: self.foot.has_links.then_some(MailMessage::UNSUBSCRIBE),
            contact: self.foot.contact.as_deref(),
        };
        let frame = Context::wraps(frame);
        let frame = frame
            .map_err(|cause| RenderError::Template { file: MailTemplates::file(FRAME), cause })?;
        let around_text = self.templates.render((FRAME, Form::Text), &frame)?;
        let around_html = self.templates.render((FRAME, Form::Html), &frame)?;
        let is_endless =
            [&text, &html, &around_text, &around_html].into_iter().any(Option::is_none);
        let [text, html, around_text, around_html] =
            [text, html, around_text, around_html].map(Option::unwrap_or_default);
        let (text, html) = (text.trim(), html.trim());
        Ok(MailPage {
            is_empty: subject.is_empty() || text.is_empty() || html.is_empty(),
            is_endless,
            text: tidy(&around_text.replace(CONTENT, text)),
            html: around_html.replace(CONTENT, html),
            subject,
        })
    }

    /// The subject: one line, in which no title takes all the room.
    fn subject(&self, name: &'static str, fields: &Fields) -> Result<String, RenderError> {
        // How many parts there are is not known yet, and what stands for it is no text.
        let shown = fields.iter().map(|(name, value)| match name.as_str() {
            "part" => (name.clone(), value.clone()),
            _ => (name.clone(), OF_SUBJECT.apply(value)),
        });
        let shown = Context::from(Json::Object(shown.collect()));
        let subject = self.templates.render((name, Form::Subject), &shown)?.unwrap_or_default();
        let lines = subject.lines().map(str::trim).filter(|line| !line.is_empty());
        let subject = lines.collect::<Vec<_>>().join(" ");
        Ok(cut::shown(&subject, SUBJECT_MAX_UTF16).into_owned())
    }

    /// Tries one template with a sample, without those that it is used with.
    pub(super) fn try_sample(&self, key: Key, fields: &Fields) -> Result<(), Fault> {
        let (name, form) = key;
        if form == Form::Subject {
            let subject = self.subject(name, fields).map_err(Fault::Failed)?;
            return if subject.is_empty() { Err(too_long(key)) } else { Ok(()) };
        }
        let bound = if name == FRAME { FRAME_MAX } else { BOUNDS.units - FRAME_MAX };
        let written = cut::fit::<_, RenderError>(&Json::Object(fields.clone()), |view| {
            let written = self.templates.render(key, &Context::from(view))?.unwrap_or_default();
            Ok((1..=bound).contains(&written.trim().len()).then_some(written))
        });
        let written = written.map_err(Fault::Failed)?.ok_or_else(|| too_long(key))?;
        if form == Form::Html {
            hypertext::check(&written).map_err(Fault::Html)?;
        }
        if name == FRAME && !holds_once(&written, form) {
            return Err(Fault::Content);
        }
        Ok(())
    }
}

/// Longest frame, in bytes.
const FRAME_MAX: usize = 20_000;

/// What stands in the samples of a frame for what it holds.
const FRAME_CONTENT: &str = "tubebell-content";

/// Whether a frame has what it holds once, and in HTML outside of tags.
fn holds_once(frame: &str, form: Form) -> bool {
    let Some((before, after)) = frame.split_once(FRAME_CONTENT) else { return false };
    let is_in_a_tag = form == Form::Html && before.rfind('<') > before.rfind('>');
    !is_in_a_tag && !after.contains(FRAME_CONTENT)
}

fn too_long((name, form): Key) -> Fault {
    Fault::Failed(RenderError::TooLong { file: form.file_of(name) })
}

/// The text with no more than one line that is empty between two others, and an end.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len() + 1);
    let mut is_after_empty = false;
    for line in text.trim().lines() {
        let is_empty = line.trim().is_empty();
        if !(is_empty && is_after_empty) {
            tidy.push_str(if is_empty { "" } else { line });
            tidy.push('\n');
        }
        is_after_empty = is_empty;
    }
    tidy
}

impl Paper for MailTemplates {
    type Page = MailPage;

    fn write(
        &self,
        name: &'static str,
        mut fields: Fields,
        beside: impl FnOnce() -> Result<Fields, RenderError>,
    ) -> Result<MailPage, RenderError> {
        fields.extend(beside()?);
        self.page(name, fields)
    }

    fn fill(&self, page: &MailPage) -> Fill {
        let units = page.html.len().max(page.text.len());
        Fill { units: if page.is_endless { 1000 * BOUNDS.units } else { units }, tags: 0 }
    }

    fn bounds(&self) -> &Bounds {
        &BOUNDS
    }

    fn holds(&self, page: &MailPage) -> bool {
        BOUNDS.fits(self.fill(page)) && !page.is_empty
    }

    fn replace(page: MailPage, stand_in: char, text: &str) -> MailPage {
        let MailPage { subject, text: plain, html, .. } = page;
        MailPage {
            subject: subject.replace(stand_in, text),
            text: plain.replace(stand_in, text),
            html: html.replace(stand_in, text),
            ..page
        }
    }

    fn file(name: &str) -> String {
        Form::Html.file_of(name)
    }
}
