//! Messages that may have a picture or a file.

use std::borrow::Cow;

use crate::model::ChatMessage;
use crate::notify::SendError;
use crate::notify::attached::{Attached, NOT_SENT, with_or_without};

use super::Telegram;

impl Telegram {
    /// Sends a message, with its file if it has one, else with its picture as PNG, and returns its id within the chat. Where
    /// either is refused, the text leaves alone, and says so of a file.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. There is no way to say that a retry is one: an ambiguous failure may lead to a second copy.
    pub async fn send_message(
        &self,
        chat: i64,
        thread: Option<i32>,
        message: &ChatMessage,
        png: Option<&[u8]>,
        silent: bool,
    ) -> Result<i32, SendError> {
        let attached = Attached::of(message.file.as_ref(), png);
        let alone = &alone(message);
        with_or_without(attached, |attached| async move {
            match attached {
                Some(attached) => self.send_with(chat, thread, message, silent, attached).await,
                None => self.send_text(chat, thread, alone, silent).await,
            }
        })
        .await
    }

    /// Replaces text, picture or file, and buttons of one of our messages. What stands already is no failure. A picture or file
    /// that is refused stays as it was; so does one that the new message lacks.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn edit_message(
        &self,
        chat: i64,
        message_id: i32,
        message: &ChatMessage,
        png: Option<&[u8]>,
    ) -> Result<(), SendError> {
        let attached = Attached::of(message.file.as_ref(), png);
        let alone = &alone(message);
        with_or_without(attached, |attached| async move {
            match attached {
                Some(attached) => self.edit_with(chat, message_id, message, attached).await,
                None => self.edit_text(chat, message_id, alone).await,
            }
        })
        .await
    }
}

/// A message as it leaves without what goes along with it.
fn alone(message: &ChatMessage) -> Cow<'_, ChatMessage> {
    let ChatMessage { html, buttons, preview, preview_url, picture: _, file } = message;
    match file {
        None => Cow::Borrowed(message),
        Some(_) => Cow::Owned(ChatMessage {
            html: format!("{html}\n\n{NOT_SENT}"),
            buttons: buttons.clone(),
            preview: *preview,
            preview_url: preview_url.clone(),
            picture: None,
            file: None,
        }),
    }
}
