//! Stage 6: turns alerts and answers into the text that a channel sends.
//!
//! In: a [`WatchMessage`], or one of the [`views`]. Out: the body for `notify`. Pure: `app` reads the operator's
//! templates and hands over their text.
//!
//! A template can only produce escaped text, stands in one folder per message and one file per channel, and is
//! checked as a whole at start (see [`TemplateError`]). A message that would be too long is cut before it is escaped.

mod alert;
mod bidi;
mod bounds;
mod buttons;
mod check;
mod cut;
mod digest;
mod entry;
mod html;
mod kinds;
mod line;
mod link;
mod news;
pub mod numbers;
mod parts;
mod plain;
mod prose;
mod sample;
mod shape;
mod templates;
mod view;
pub mod views;
mod webhook;

use std::io;

use handlebars::{Context, Handlebars};
use serde_json::Value as Json;

pub use check::{Problem, TemplateError};
pub use cut::List;
pub use html::{HtmlError, HtmlFault};
pub use news::{NetAlert, Part, Place, VideoFacts, VideoNews, WatchMessage};
pub use prose::Prose;
pub use templates::built_in;
pub use view::View;

use crate::model::{Address, Channel, ChatMessage, UnixMillis};
use alert::AlertView;
use digest::Digest;
use kinds::kinds;
use numbers::Moment;

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
        Ok(Renderer { telegram: templates::telegram(overrides, &kinds())? })
    }

    /// Renders what one watch is told: for Telegram [`ChatMessage`]s as JSON, for webhooks the bodies of requests, for the
    /// recorder the visible texts.
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
        let videos = message.videos.iter().enumerate();
        let videos: Vec<_> = videos.filter(|(_, news)| !news.alerts.is_empty()).collect();
        let told = |index: usize, news: &VideoNews| {
            (0..news.alerts.len()).map(|alert| (index, alert)).collect::<Vec<Place>>()
        };
        if channel.traits().is_told_each_video {
            let part = |(index, news): (usize, &VideoNews)| {
                Ok(Part::new(webhook::body(message, news)?, told(index, news)))
            };
            return videos.into_iter().map(part).collect();
        }
        match *videos.as_slice() {
            [] => Ok(Vec::new()),
            [(index, news)] => {
                let view = AlertView::new(message, news);
                let json = serde_json::to_value(&view)?;
                let (html, parsed) = render_html(&self.telegram, AlertView::NAME, &json)?;
                let chat = ChatMessage {
                    html,
                    buttons: view.buttons(),
                    preview: view.preview(),
                    preview_url: None,
                };
                Ok(vec![Part::new(body(channel, &chat, || parsed.text())?, told(index, news))])
            }
            _ => {
                let parts = parts::render(&self.telegram, &Digest::new(message))?;
                let part = |part: parts::PartText| {
                    let chat = ChatMessage {
                        html: part.html,
                        buttons: if part.is_last {
                            buttons::of_alert(message.subscription, &message.subject)
                        } else {
                            Vec::new()
                        },
                        preview: part.upload.is_some(),
                        preview_url: part.upload,
                    };
                    Ok(Part::new(body(channel, &chat, || part.text)?, part.told))
                };
                parts.into_iter().map(part).collect()
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
        Ok(ChatMessage {
            html,
            buttons: view.buttons(),
            preview: view.preview(),
            preview_url: None,
        })
    }

    /// Renders a message that shows that messages arrive: for programs a sample of an alert, marked as a test.
    ///
    /// # Errors
    ///
    /// None is to be expected of templates that passed [`Renderer::new`].
    pub fn test(&self, to: &Address, now: UnixMillis, tz: &str) -> Result<String, RenderError> {
        let view = views::Test {
            now: Moment { at: now, tz: tz.to_owned() },
            here: to.to_string(),
            muted_until: None,
            back: None,
        };
        match to.channel() {
            Channel::Telegram => Ok(serde_json::to_string(&self.reply(&view)?)?),
            Channel::Webhook => {
                let message = sample::news::test(now);
                Ok(webhook::test_body(&message, &message.videos[0])?)
            }
            Channel::Recorder => self.text(&view),
        }
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
        match channel {
            Channel::Telegram => Ok(serde_json::to_string(&self.reply(notice)?)?),
            Channel::Webhook => Ok(serde_json::to_string(&serde_json::json!({
                "type": "operator.notice",
                "timestamp": now.to_string(),
                "data": { "text": self.text(notice)? },
            }))?),
            Channel::Recorder => self.text(notice),
        }
    }

    /// What a reader sees of a message for a chat.
    fn text<V: View>(&self, view: &V) -> Result<String, RenderError> {
        let (_, parsed) = render_html(&self.telegram, V::NAME, &serde_json::to_value(view)?)?;
        Ok(parsed.text())
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
    /// [`PreviewError::Unknown`] for a name that is none.
    pub fn preview(&self, name: &str) -> Result<String, PreviewError> {
        let kinds = kinds();
        let sample = kinds
            .iter()
            .find(|kind| kind.name == name)
            .and_then(|kind| kind.samples.first())
            .ok_or_else(|| PreviewError::Unknown { name: name.to_owned(), known: Self::names() })?;
        let (_, parsed) = render_html(&self.telegram, name, &sample.view)?;
        Ok(plain::preview(&parsed, &sample.buttons))
    }
}

/// What is sent of a message for a chat, of which a reader sees `text`.
fn body(
    channel: Channel,
    chat: &ChatMessage,
    text: impl FnOnce() -> String,
) -> Result<String, serde_json::Error> {
    match channel {
        Channel::Telegram => serde_json::to_string(chat),
        Channel::Recorder | Channel::Webhook => Ok(text()),
    }
}

/// Renders a view so that it fits into one message; returns it with what a reader sees of it.
fn render_html(
    registry: &Handlebars<'static>,
    name: &str,
    view: &Json,
) -> Result<(String, html::Parsed), RenderError> {
    let fitted = cut::fit::<_, RenderError>(view, |view| {
        let (html, parsed) = render_once(registry, name, view)?;
        Ok(parsed.fits().then_some((html, parsed)))
    })?;
    fitted.ok_or_else(|| RenderError::TooLong { file: templates::file_of(name) })
}

/// Longest text that is rendered before it is cut, in bytes: many times what fits into a message with all its tags.
const PAGE_MAX_BYTES: usize = 256 * 1024;

/// What a template writes on.
#[derive(Default)]
struct Page {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Page {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + text.len() > PAGE_MAX_BYTES {
            self.is_full = true;
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.bytes.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Renders a view as it is. Of one whose text has no end, only that no message holds it is said.
fn render_once(
    registry: &Handlebars<'static>,
    name: &str,
    view: Json,
) -> Result<(String, html::Parsed), RenderError> {
    let file = || templates::file_of(name);
    let mut page = Page::default();
    let rendered = registry.render_with_context_to_write(name, &Context::from(view), &mut page);
    if page.is_full {
        return Ok((String::new(), html::Parsed::endless()));
    }
    rendered.map_err(|cause| RenderError::Template { file: file(), cause })?;
    let html = String::from_utf8_lossy(&page.bytes);
    let html = html.trim();
    let parsed = html::parse(html).map_err(|cause| RenderError::Html { file: file(), cause })?;
    Ok((html.to_owned(), parsed))
}
