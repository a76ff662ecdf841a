//! What is the same of all pictures that go along with a message: never is a message lost with its picture.

use std::error::Error;

use crate::draw::{Painter, Theme};
use crate::model::Picture;

use super::SendError;

/// Nobody says which colours a chat has. A dark picture is read on either, and glares at nobody at night.
const THEME: Theme = Theme::Dark;

/// The picture of a message as PNG; `None`: it has none, or none that can be drawn.
pub(super) async fn drawn(picture: Option<&Picture>, painter: Option<&Painter>) -> Option<Vec<u8>> {
    let drawn = painter?.png(picture?, THEME).await;
    drawn
        .inspect_err(|error| {
            tracing::warn!(
                error = error as &dyn Error,
                "a picture can't be drawn: its message leaves without it"
            );
        })
        .ok()
}

/// Whether a refusal may be of the picture alone: of its size or its form, or of all pictures in that chat. If it is of more,
/// the text is refused for the same reason, and that is what counts.
pub(super) const fn may_be_of_the_picture(refusal: &SendError) -> bool {
    match refusal {
        SendError::Rejected(_) | SendError::Barred(_) => true,
        SendError::Wait { .. }
        | SendError::Held { .. }
        | SendError::Transient(_)
        | SendError::NoConnection(_)
        | SendError::Unreachable(_)
        | SendError::Ambiguous(_)
        | SendError::Gone(_)
        | SendError::Moved(_)
        | SendError::Unauthorized(_) => false,
    }
}

/// Says that a message leaves without its picture.
pub(super) fn say_refused(refusal: &SendError) {
    tracing::info!(error = %refusal, "a picture was not taken: its message leaves without it");
}
