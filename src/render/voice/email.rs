//! E-mail: what a program in a mailbox shows.

use std::sync::Arc;

use super::Voice;
use crate::model::{Body, MailMessage};
use crate::render::RenderError;
use crate::render::chat::{ChatPage, ChatTemplates};
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::room::MESSAGE;
use crate::render::view::AnyView;

#[derive(Debug)]
pub(super) struct EmailVoice {
    chats: Arc<ChatTemplates>,
}

impl EmailVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>) -> EmailVoice {
        EmailVoice { chats }
    }
}

fn body(page: ChatPage) -> Body {
    let text = page.seen.text();
    Body::Mail(MailMessage { text, html: page.message.html, ..MailMessage::default() })
}

impl Voice for EmailVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.watch(message, &MESSAGE, body)
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.digest(message, &MESSAGE, body)
    }

    fn answer(&self, view: AnyView) -> Result<Body, RenderError> {
        self.chats.page(view, &MESSAGE).map(body)
    }
}
