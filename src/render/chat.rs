//! What people are told, as messages of a chat, each within the [`Room`] that its channel has.

use std::sync::Arc;

use super::alert::AlertView;
use super::digest::{Digest, DigestPart};
use super::html::Parsed;
use super::news::{DigestMessage, Part, WatchMessage};
use super::page::{ChatPaper, Written};
use super::room::Room;
use super::several::{Several, SeveralPart};
use super::templates::Templates;
use super::view::{AnyView, Elsewhere};
use super::{RenderError, buttons, html, page};
use crate::model::{Body, ChatMessage};

/// The templates of all messages, compiled.
#[derive(Debug)]
pub(super) struct ChatTemplates {
    templates: Arc<Templates>,
}

/// One message.
pub(super) struct ChatPage {
    pub(super) message: ChatMessage,
    /// What its reader sees, for channels that know no HTML.
    pub(super) seen: Parsed,
}

impl ChatTemplates {
    pub(super) const fn new(templates: Arc<Templates>) -> ChatTemplates {
        ChatTemplates { templates }
    }

    fn paper<'a>(&'a self, room: &'a Room) -> ChatPaper<'a> {
        ChatPaper { templates: &self.templates, room }
    }

    /// One view as one message.
    pub(super) fn page(&self, view: AnyView, room: &Room) -> Result<ChatPage, RenderError> {
        let AnyView { name, fields, buttons, preview, picture, file, about } = view;
        // A page is told by the voice that has links beside the text.
        let above = match about {
            Some(Elsewhere::Address(address)) => format!("<b>{}</b>\n", html::escape(&address)),
            Some(Elsewhere::Page(_)) | None => String::new(),
        };
        let (html, seen) = page::fitted(&self.templates, name, &fields?, &above, &[room])?;
        let message = ChatMessage { html, buttons, preview, preview_url: None, picture, file };
        Ok(ChatPage { message, seen })
    }

    /// What one watch is told, in as few messages as it takes. `body` makes of each what the channel sends.
    pub(super) fn watch(
        &self,
        message: &WatchMessage,
        room: &Room,
        body: impl Fn(ChatPage) -> Body,
    ) -> Result<Vec<Part>, RenderError> {
        let told: Vec<_> = message.told().collect();
        match *told.as_slice() {
            [] => Ok(Vec::new()),
            [(index, news)] => {
                let page = self.page(AnyView::from(&AlertView::new(message, news)), room)?;
                Ok(vec![Part::new(body(page), news.places(index))])
            }
            _ => self.several(message, room, body),
        }
    }

    /// The same of any number of videos: what has to be named is named, all else is summed.
    pub(super) fn several(
        &self,
        message: &WatchMessage,
        room: &Room,
        body: impl Fn(ChatPage) -> Body,
    ) -> Result<Vec<Part>, RenderError> {
        let parts = Several::new(message).parts(&self.paper(room))?;
        let part = |part: SeveralPart<Written>| {
            let (html, seen) = part.page;
            let buttons =
                part.is_last.then(|| buttons::of_alert(message.subscription, &message.subject));
            let chat = ChatMessage {
                html,
                buttons: buttons.unwrap_or_default(),
                preview: part.upload.is_some(),
                preview_url: part.upload,
                picture: None,
                file: None,
            };
            Part::new(body(ChatPage { message: chat, seen }), part.told)
        };
        Ok(parts.into_iter().map(part).collect())
    }

    /// What was collected for a digest, in as few messages as it takes. `body` makes of each what the channel sends.
    pub(super) fn digest(
        &self,
        message: &DigestMessage,
        room: &Room,
        body: impl Fn(ChatPage) -> Body,
    ) -> Result<Vec<Part>, RenderError> {
        let parts = Digest::new(message).parts(&self.paper(room))?;
        let shown = message.shown.as_ref().map(|(_, picture)| picture);
        let part = |DigestPart { page: (html, seen), told, has_top }: DigestPart<Written>| {
            let picture = shown.filter(|_| has_top).cloned();
            let message = ChatMessage { html, picture, ..ChatMessage::default() };
            Part::new(body(ChatPage { message, seen }), told)
        };
        Ok(parts.into_iter().map(part).collect())
    }
}
