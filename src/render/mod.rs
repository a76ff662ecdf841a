//! Stage 6: turns alerts and answers into the text that a channel sends.
//!
//! In: an [`AlertMessage`], or one of the [`views`]. Out: the body for `notify`. Pure: `app` reads the operator's
//! templates and hands over their text.
//!
//! A template can only produce escaped text, stands in one folder per message and one file per channel, and is
//! checked as a whole at start (see [`TemplateError`]). A message that would be too long is cut before it is escaped.

mod alert;
mod bidi;
mod buttons;
mod check;
mod cut;
mod html;
mod news;
pub mod numbers;
mod plain;
mod prose;
mod sample;
mod shape;
mod templates;
pub mod views;
mod webhook;

use handlebars::{Context, Handlebars};
use serde_json::Value as Json;

pub use alert::{AlertMessage, AlertView, NetAlert, VideoFacts};
pub use check::{Problem, TemplateError};
pub use cut::List;
pub use html::{HtmlError, HtmlFault};
pub use news::{Part, VideoNews, WatchMessage};
pub use prose::Prose;
pub use templates::built_in;
pub use views::View;

use crate::model::{Channel, ChatMessage, UnixMillis};

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
    /// The template failed.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// All templates, ready to use.
#[derive(Debug)]
pub struct Renderer {
    telegram: Handlebars<'static>,
}

impl Renderer {
    /// Compiles and checks the built-in templates with the operator's laid over them.
    ///
    /// `overrides` are the files of the operator's folder: the path relative to it with `/`, and the text.
    ///
    /// # Errors
    ///
    /// All mistakes of all files at once.
    pub fn new(overrides: &[(String, String)]) -> Result<Renderer, Vec<TemplateError>> {
        Ok(Renderer { telegram: templates::telegram(overrides, &views::kinds())? })
    }

    /// Renders an alert: for Telegram a [`ChatMessage`] as JSON, for webhooks the request body, for the recorder the
    /// visible text.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn alert(&self, channel: Channel, message: &AlertMessage) -> Result<String, RenderError> {
        match channel {
            Channel::Telegram => Ok(serde_json::to_string(&self.reply(&AlertView::new(message))?)?),
            Channel::Webhook => Ok(webhook::body(message)?),
            Channel::Recorder => {
                let view = serde_json::to_value(AlertView::new(message))?;
                let (_, parsed) = render_html(&self.telegram, AlertView::NAME, &view)?;
                Ok(parsed.text())
            }
        }
    }

    /// Renders a message for a chat.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn reply<V: View>(&self, view: &V) -> Result<ChatMessage, RenderError> {
        let (html, _) = render_html(&self.telegram, V::NAME, &serde_json::to_value(view)?)?;
        Ok(ChatMessage { html, buttons: view.buttons(), preview: view.preview() })
    }

    /// Renders a notice for the operator or an owner, as the body that the channel sends.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn notice(
        &self,
        channel: Channel,
        notice: &views::Notice,
        now: UnixMillis,
    ) -> Result<String, RenderError> {
        if channel == Channel::Telegram {
            return Ok(serde_json::to_string(&self.reply(notice)?)?);
        }
        let view = serde_json::to_value(notice)?;
        let (_, parsed) = render_html(&self.telegram, views::Notice::NAME, &view)?;
        match channel {
            Channel::Telegram | Channel::Recorder => Ok(parsed.text()),
            Channel::Webhook => Ok(serde_json::to_string(&serde_json::json!({
                "type": "operator.notice",
                "timestamp": now.to_string(),
                "data": { "text": parsed.text() },
            }))?),
        }
    }

    /// The names of all messages, for [`Renderer::preview`].
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        views::kinds().iter().map(|kind| kind.name).collect()
    }

    /// Shows how a message would look, filled with sample values, as text for a terminal.
    ///
    /// # Errors
    ///
    /// [`PreviewError::Unknown`] for a name that is none.
    pub fn preview(&self, name: &str) -> Result<String, PreviewError> {
        let kinds = views::kinds();
        let sample = kinds
            .iter()
            .find(|kind| kind.name == name)
            .and_then(|kind| kind.samples.first())
            .ok_or_else(|| PreviewError::Unknown { name: name.to_owned(), known: Self::names() })?;
        let (_, parsed) = render_html(&self.telegram, name, &sample.view)?;
        Ok(plain::preview(&parsed, &sample.buttons))
    }
}

/// Renders a view so that it fits into one message; returns it with what a reader sees of it.
fn render_html(
    registry: &Handlebars<'static>,
    name: &str,
    view: &Json,
) -> Result<(String, html::Parsed), RenderError> {
    let file = || templates::file_of(name);
    let fitted = cut::fit::<_, RenderError>(view, |view| {
        let html = registry
            .render_with_context(name, &Context::from(view))
            .map_err(|cause| RenderError::Template { file: file(), cause })?;
        let html = html.trim();
        let parsed =
            html::parse(html).map_err(|cause| RenderError::Html { file: file(), cause })?;
        let length = parsed.utf16_len();
        // Telegram refuses an empty text just as one that is too long.
        let fits = length <= html::TEXT_MAX_UTF16 && !parsed.text().trim().is_empty();
        Ok(fits.then(|| (html.to_owned(), parsed)))
    })?;
    fitted.ok_or_else(|| RenderError::TooLong { file: file() })
}
