//! Messages that may have a picture.

use crate::model::ChatMessage;
use crate::notify::SendError;
use crate::notify::picture::with_or_without;

use super::Telegram;

impl Telegram {
    /// Sends a message, with its picture as PNG if it has one, and returns its id within the chat. Where the picture is refused,
    /// the text leaves alone.
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
        with_or_without(png, |png| async move {
            match png {
                Some(png) => self.send_photo(chat, thread, message, silent, png).await,
                None => self.send_text(chat, thread, message, silent).await,
            }
        })
        .await
    }

    /// Replaces text, picture and buttons of one of our messages. What stands already is no failure. A picture that is
    /// refused stays as it was; so does one that the new message lacks.
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
        with_or_without(png, |png| async move {
            match png {
                Some(png) => self.edit_photo(chat, message_id, message, png).await,
                None => self.edit_text(chat, message_id, message).await,
            }
        })
        .await
    }
}
