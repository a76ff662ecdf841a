//! Telegram: HTML with buttons, as the templates make it.

use std::sync::Arc;

use super::Voice;
use crate::model::Body;
use crate::render::RenderError;
use crate::render::chat::{ChatPage, ChatTemplates};
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::view::AnyView;

#[derive(Debug)]
pub(super) struct TelegramVoice {
    chats: Arc<ChatTemplates>,
}

impl TelegramVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>) -> TelegramVoice {
        TelegramVoice { chats }
    }
}

fn body(page: ChatPage) -> Body {
    Body::Chat(page.message)
}

impl Voice for TelegramVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.watch(message, body)
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.digest(message, body)
    }

    fn answer(&self, view: AnyView) -> Result<Body, RenderError> {
        self.chats.page(view).map(body)
    }
}
