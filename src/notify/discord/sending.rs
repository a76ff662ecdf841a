//! What is the same of sending as our bot and by a webhook.

use serde::{Deserialize, Deserializer};

use super::client::{Api, Content};
use super::message::{Payload, Purpose};
use super::place::Place;
use crate::model::EmbedMessage;
use crate::notify::SendError;
use crate::notify::picture::{drawn, may_be_of_the_picture, say_refused};

/// What Discord answers with what it has made.
#[derive(Debug, Deserialize)]
pub(super) struct Made {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub(super) id: u64,
}

/// An id, which is a text in JSON.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

impl Api {
    /// Makes a message at `place`, which is at `url`; its id. Where its picture can't be drawn or is refused, it leaves
    /// without.
    pub(super) async fn send(
        &self,
        (place, url): (Place<'_>, &str),
        message: &EmbedMessage,
        silent: bool,
        nonce: Option<&str>,
    ) -> Result<u64, SendError> {
        let purpose = Purpose::Send { silent, nonce };
        self.put((place, url), None, message, purpose).await.map(|made| made.id)
    }

    /// Puts another message in the place of one that stands. What it had and the new one lacks is gone, its picture as well.
    pub(super) async fn edit(
        &self,
        (place, url): (Place<'_>, &str),
        stands: u64,
        message: &EmbedMessage,
    ) -> Result<(), SendError> {
        self.put((place, url), Some(stands), message, Purpose::Edit).await.map(drop)
    }

    async fn put(
        &self,
        (place, url): (Place<'_>, &str),
        stands: Option<u64>,
        message: &EmbedMessage,
        purpose: Purpose<'_>,
    ) -> Result<Made, SendError> {
        let call = place.call(url, stands);
        let payload =
            |has_picture| Payload::new(message, purpose, has_picture, place.has_buttons());
        if let Some(png) = drawn(message.picture.as_ref(), self.painter.as_ref()).await {
            match self.ask(&call, Content::WithPicture(&payload(true), png)).await {
                Err(refusal) if may_be_of_the_picture(&refusal) => say_refused(&refusal),
                made => return made,
            }
        }
        self.ask(&call, Content::Json(&payload(false))).await
    }
}
