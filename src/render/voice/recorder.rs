//! The recorder: what a reader would see in a chat.

use std::sync::Arc;

use super::Voice;
use crate::model::Body;
use crate::render::RenderError;
use crate::render::chat::ChatTemplates;
use crate::render::news::{DigestMessage, Part, WatchMessage};
use crate::render::room::MESSAGE;
use crate::render::view::AnyView;

#[derive(Debug)]
pub(super) struct RecorderVoice {
    chats: Arc<ChatTemplates>,
}

impl RecorderVoice {
    pub(super) const fn new(chats: Arc<ChatTemplates>) -> RecorderVoice {
        RecorderVoice { chats }
    }
}

impl Voice for RecorderVoice {
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.watch(message, &MESSAGE, |page| Body::Text(page.seen.text()))
    }

    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError> {
        self.chats.digest(message, &MESSAGE, |page| Body::Text(page.seen.text()))
    }

    fn answer(&self, view: AnyView) -> Result<Body, RenderError> {
        self.chats.page(view, &MESSAGE).map(|page| Body::Text(page.seen.text()))
    }
}
