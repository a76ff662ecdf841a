//! Messages with a picture, and what becomes of them where the picture can't be drawn or is not taken: never is a message
//! lost with its picture.

use std::error::Error;

use crate::draw::Theme;
use crate::model::ChatMessage;
use crate::notify::SendError;

use super::Telegram;

/// Nobody says which colours a chat has. A dark picture is read on either, and glares at nobody at night.
const THEME: Theme = Theme::Dark;

/// Whether a refusal may be of the picture alone: of its size or its form, or of all pictures in that chat. If it is of more,
/// the text is refused for the same reason, and that is what counts.
fn may_be_of_the_picture(refusal: &SendError) -> bool {
    match refusal {
        SendError::Rejected(_) | SendError::Barred(_) => true,
        SendError::Wait { .. }
        | SendError::Transient(_)
        | SendError::NoConnection(_)
        | SendError::Unreachable(_)
        | SendError::Ambiguous(_)
        | SendError::Gone(_)
        | SendError::Moved(_)
        | SendError::Unauthorized(_) => false,
    }
}

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

    /// The second half of [`Telegram::send_message`], for whoever waits for a slot between the two: what leaves long after
    /// its slot is too near to the next message of the chat.
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

    /// The second half of [`Telegram::edit_message`], as above.
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

    /// Draws the picture of a message, if it has one.
    pub(crate) async fn drawn<'m>(&self, message: &'m ChatMessage) -> Drawn<'m> {
        Drawn { message, png: self.png(message).await }
    }

    async fn png(&self, message: &ChatMessage) -> Option<Vec<u8>> {
        let (picture, painter) = (message.picture.as_ref()?, self.painter.as_ref()?);
        let drawn = painter.png(picture, THEME).await;
        drawn
            .inspect_err(|error| {
                tracing::warn!(
                    error = error as &dyn Error,
                    "a picture can't be drawn: its message leaves without it"
                );
            })
            .ok()
    }
}

fn say_refused(refusal: &SendError) {
    tracing::info!(error = %refusal, "a picture was not taken: its message leaves without it");
}
