//! Discord: what a reader would see in a chat, as text.

use std::sync::Arc;

use super::Voice;
use crate::model::{Body, EmbedMessage};
use crate::render::RenderError;
use crate::render::chat::{ChatPage, ChatTemplates};
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::view::AnyView;

#[derive(Debug)]
pub(super) struct DiscordVoice {
    chats: Arc<ChatTemplates>,
}

impl DiscordVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>) -> DiscordVoice {
        DiscordVoice { chats }
    }
}

fn body(page: ChatPage) -> Body {
    let ChatPage { message, seen } = page;
    Body::Embed(EmbedMessage {
        text: seen.text(),
        buttons: message.buttons,
        picture: message.picture,
        ..EmbedMessage::default()
    })
}

impl Voice for DiscordVoice {
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
