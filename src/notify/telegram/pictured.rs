//! Messages with a picture, and what becomes of them where the picture can't be drawn or is not taken: never is a message
//! lost with its picture.

use crate::model::ChatMessage;
use crate::notify::SendError;
use crate::notify::picture::{drawn, may_be_of_the_picture, say_refused};

use super::Telegram;

/// A message that can leave at once: its picture is drawn.
pub(crate) struct Drawn<'m> {
    message: &'m ChatMessage,
    /// `None`: it has none, or none that can be drawn.
    png: Option<Vec<u8>>,
}

impl Telegram {
    /// Sends a message and returns its id within the chat. Where its picture can't be drawn or is refused, the text leaves
    /// alone.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. There is no way to say that a retry is one: an ambiguous failure may lead to a second copy.
    pub async fn send_message(
        &self,
        chat: i64,
        thread: Option<i32>,
        message: &ChatMessage,
        silent: bool,
    ) -> Result<i32, SendError> {
        let drawn = self.drawn(message).await;
        self.send_drawn(chat, thread, &drawn, silent).await
    }

    /// Replaces text, picture and buttons of one of our messages. What stands already is no failure. A picture that can't
    /// be drawn or is refused stays as it was; so does one that the new message lacks.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn edit_message(
        &self,
        chat: i64,
        message_id: i32,
        message: &ChatMessage,
    ) -> Result<(), SendError> {
        let drawn = self.drawn(message).await;
        self.edit_to_drawn(chat, message_id, &drawn).await
    }

    /// Draws the picture of a message, if it has one: for whoever waits for a slot before it leaves. What leaves long after
    /// its slot is too near to the next message of the chat.
    pub(crate) async fn drawn<'m>(&self, message: &'m ChatMessage) -> Drawn<'m> {
        let png = drawn(message.picture.as_ref(), self.painter.as_ref()).await;
        Drawn { message, png }
    }

    /// The second half of [`Telegram::send_message`].
    pub(crate) async fn send_drawn(
        &self,
        chat: i64,
        thread: Option<i32>,
        Drawn { message, png }: &Drawn<'_>,
        silent: bool,
    ) -> Result<i32, SendError> {
        if let Some(png) = png {
            match self.send_photo(chat, thread, message, silent, png.clone()).await {
                Err(refusal) if may_be_of_the_picture(&refusal) => say_refused(&refusal),
                sent => return sent,
            }
        }
        self.send_text(chat, thread, message, silent).await
    }

    /// The second half of [`Telegram::edit_message`].
    pub(crate) async fn edit_to_drawn(
        &self,
        chat: i64,
        message_id: i32,
        Drawn { message, png }: &Drawn<'_>,
    ) -> Result<(), SendError> {
        if let Some(png) = png {
            match self.edit_photo(chat, message_id, message, png.clone()).await {
                Err(refusal) if may_be_of_the_picture(&refusal) => say_refused(&refusal),
                edited => return edited,
            }
        }
        self.edit_text(chat, message_id, message).await
    }
}
