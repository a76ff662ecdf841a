//! What is the same of sending as our bot and by a webhook.

use serde::{Deserialize, Deserializer};

use super::client::{Api, Content};
use super::message::{Payload, Purpose};
use super::place::Place;
use crate::model::EmbedMessage;
use crate::notify::SendError;
use crate::notify::attached::{Attached, with_or_without};

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

/// A message, with its picture as PNG if it has one. Its file it has by itself.
#[derive(Debug, Clone, Copy)]
pub struct Pictured<'a> {
    /// The message.
    pub message: &'a EmbedMessage,
    /// Its picture.
    pub png: Option<&'a [u8]>,
}

impl<'a> Pictured<'a> {
    /// What goes along with it.
    pub(super) fn attached(self) -> Option<Attached<'a>> {
        Attached::of(self.message.file.as_ref(), self.png)
    }
}

impl Api {
    /// Makes a message at `place`, which is at `url`; its id. Where its picture or file is refused, it leaves without.
    pub(super) async fn send(
        &self,
        (place, url): (Place<'_>, &str),
        message: Pictured<'_>,
        silent: bool,
        nonce: Option<&str>,
    ) -> Result<u64, SendError> {
        let purpose = Purpose::Send { silent, nonce };
        self.put((place, url), None, message, purpose).await.map(|made| made.id)
    }

    /// Puts another message in the place of one that stands. What it had and the new one lacks is gone, its picture or
    /// file as well.
    pub(super) async fn edit(
        &self,
        (place, url): (Place<'_>, &str),
        stands: u64,
        message: Pictured<'_>,
    ) -> Result<(), SendError> {
        self.put((place, url), Some(stands), message, Purpose::Edit).await.map(drop)
    }

    async fn put(
        &self,
        (place, url): (Place<'_>, &str),
        stands: Option<u64>,
        message: Pictured<'_>,
        purpose: Purpose<'_>,
    ) -> Result<Made, SendError> {
        let call = &place.call(url, stands);
        with_or_without(message.attached(), |attached| {
            let payload = Payload::new(message.message, purpose, attached, place.has_buttons());
            async move { self.ask(call, Content::with(&payload, attached)).await }
        })
        .await
    }
}
