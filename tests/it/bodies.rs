//! Bodies of messages, as tests write and read them.

use tubebell::model::{Body, ChatMessage};

/// A body that is this text.
pub(crate) fn plain(text: &str) -> Body {
    Body::Text(text.to_owned())
}

/// The text of a body; of a message for a chat, or a mail, its HTML.
pub(crate) fn text(body: &Body) -> &str {
    match body {
        Body::Chat(chat) => &chat.html,
        Body::Embed(message) => &message.text,
        Body::Mail(mail) => &mail.html,
        Body::Json(text) | Body::Text(text) => text,
    }
}

/// A body that is a message for a chat.
pub(crate) fn chat(body: &Body) -> &ChatMessage {
    match body {
        Body::Chat(chat) => chat,
        Body::Embed(_) | Body::Mail(_) | Body::Json(_) | Body::Text(_) => {
            panic!("{body:?} is none for a chat")
        }
    }
}
