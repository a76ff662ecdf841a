//! Telegram: HTML with buttons, as the templates make it.
//!
//! The text of a message with a picture is its caption, and captions are short: a longer text leaves alone. Two messages in
//! place of one could arrive by halves, and a retry would tell the first again. With a file, the file is what was asked for:
//! there the text is cut to a caption.

use std::sync::Arc;

use super::Voice;
use crate::model::Body;
use crate::render::RenderError;
use crate::render::chat::{ChatPage, ChatTemplates};
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::room::{MESSAGE, of_message};
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
    let ChatPage { mut message, seen } = page;
    message.picture = message.picture.filter(|_| seen.fits_a_caption());
    Body::Chat(message)
}

impl Voice for TelegramVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.watch(message, &MESSAGE, body)
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.digest(message, &MESSAGE, body)
    }

    fn answer(&self, view: AnyView) -> Result<Body, RenderError> {
        let room = of_message(view.file.is_some());
        self.chats.page(view, room).map(body)
    }
}
