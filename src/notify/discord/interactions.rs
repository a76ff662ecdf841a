//! What a bot asks of Discord beside messages: answers to interactions, its commands, where its gateway is.
//!
//! An interaction is answered by its token, which is part of the address: nothing of it may stand in an error.
//! Source: <https://docs.discord.com/developers/interactions/receiving-and-responding> (2026-11).

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::Discord;
use super::buckets::Route;
use super::classify::By;
use super::client::{Call, Content, Verb};
use super::host;
use super::message::{EPHEMERAL, Payload, Purpose};
use super::sending::Pictured;
use crate::notify::SendError;
use crate::notify::attached::{Attached, with_or_without};

/// Most shards that are opened. One is for 2,500 servers; whoever has more of them has other worries than this.
const SHARDS_MAX: u32 = 16;

/// The kinds of responses. Source: as above, “interaction callback type”.
const MESSAGE: u8 = 4;
const MESSAGE_LATER: u8 = 5;
const REPLACED_LATER: u8 = 6;
const REPLACEMENT: u8 = 7;
const CHOICES: u8 = 8;

/// An interaction, as it is answered.
pub struct Asked {
    /// Its id.
    pub id: u64,
    /// The application that was asked: ours.
    pub application: u64,
    /// By what it is answered, for fifteen minutes.
    pub token: SecretString,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asked").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The first answer to an interaction.
#[derive(Debug)]
pub enum Response<'a> {
    /// A message.
    Message {
        /// What it says.
        message: Pictured<'a>,
        /// Nobody else sees it.
        is_for_asker: bool,
    },
    /// A message follows.
    AnsweredLater {
        /// Nobody else sees it.
        is_for_asker: bool,
    },
    /// What replaces the message whose button was pressed.
    Replacement(Pictured<'a>),
    /// It may be replaced later; nothing is shown.
    ReplacedLater,
    /// What may be meant: names and values, at most 25.
    Choices(&'a [(&'a str, &'a str)]),
}

/// Where the gateway is, and how many sessions may begin there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayFound {
    /// A URL of a websocket, as it was told: see [`Discord::gateway_url`].
    pub url: String,
    /// How many connections Discord wants us to open.
    pub shards: u32,
    /// So many sessions may begin still.
    pub sessions_left: u64,
    /// When as many as ever may begin again.
    pub full_after: Duration,
}

#[derive(Serialize)]
struct ResponseJson<'a> {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Data<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Message(Payload<'a>),
    Flags { flags: u32 },
    Choices { choices: Vec<Choice<'a>> },
}

#[derive(Serialize)]
struct Choice<'a> {
    name: &'a str,
    value: &'a str,
}

impl<'a> ResponseJson<'a> {
    fn new(response: &Response<'a>, attached: Option<Attached<'a>>) -> ResponseJson<'a> {
        let plain = |kind| ResponseJson { kind, data: None };
        let send = Purpose::Send { silent: false, nonce: None };
        let message = |kind, payload| ResponseJson { kind, data: Some(Data::Message(payload)) };
        match *response {
            Response::Message { message: said, is_for_asker } => {
                let payload = Payload::new(said.message, send, attached, true);
                message(MESSAGE, payload.for_asker(is_for_asker))
            }
            Response::Replacement(said) => {
                message(REPLACEMENT, Payload::new(said.message, Purpose::Edit, attached, true))
            }
            Response::AnsweredLater { is_for_asker: false } => plain(MESSAGE_LATER),
            Response::AnsweredLater { is_for_asker: true } => {
                ResponseJson { kind: MESSAGE_LATER, data: Some(Data::Flags { flags: EPHEMERAL }) }
            }
            Response::ReplacedLater => plain(REPLACED_LATER),
            Response::Choices(choices) => {
                let choice = |(name, value): &(&'a str, &'a str)| Choice { name, value };
                let choices = choices.iter().map(choice).collect();
                ResponseJson { kind: CHOICES, data: Some(Data::Choices { choices }) }
            }
        }
    }
}

impl Discord {
    /// Gives the first answer to an interaction, for which Discord waits three seconds.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn respond(&self, asked: &Asked, response: &Response<'_>) -> Result<(), SendError> {
        let Asked { id, token, .. } = asked;
        let path = format!("/interactions/{id}/{}/callback", token.expose_secret());
        let call = self.answering(asked, Verb::Post, &path);
        let attached = match response {
            Response::Message { message, .. } | Response::Replacement(message) => {
                message.attached()
            }
            Response::AnsweredLater { .. } | Response::ReplacedLater | Response::Choices(_) => None,
        };
        self.say(&call, attached, |attached| ResponseJson::new(response, attached)).await
    }

    /// Puts another message in the place of the first answer, or of the message whose button was pressed.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn rewrite(&self, asked: &Asked, message: Pictured<'_>) -> Result<(), SendError> {
        let call = self.answering(asked, Verb::Patch, &below(asked, "/messages/@original"));
        let payload = |attached| Payload::new(message.message, Purpose::Edit, attached, true);
        self.say(&call, message.attached(), payload).await
    }

    /// Deletes the first answer.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn take_back(&self, asked: &Asked) -> Result<(), SendError> {
        let call = self.answering(asked, Verb::Delete, &below(asked, "/messages/@original"));
        self.api.tell(&call, Content::<()>::Nothing).await
    }

    /// Gives a further answer.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn follow_up(
        &self,
        asked: &Asked,
        message: Pictured<'_>,
        is_for_asker: bool,
    ) -> Result<(), SendError> {
        let call = self.answering(asked, Verb::Post, &below(asked, "?wait=true"));
        let send = Purpose::Send { silent: false, nonce: None };
        let payload =
            |attached| Payload::new(message.message, send, attached, true).for_asker(is_for_asker);
        self.say(&call, message.attached(), payload).await
    }

    /// Tells all commands of the application; those that are not among them are gone.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn set_commands(
        &self,
        application: u64,
        commands: &(impl Serialize + Sync),
    ) -> Result<(), SendError> {
        let path = format!("/applications/{application}/commands");
        let call = self.call(Verb::Put, &path, Route::Commands);
        self.api.tell(&call, Content::Json(commands)).await
    }

    /// Asks where the gateway is.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn gateway(&self) -> Result<GatewayFound, SendError> {
        #[derive(Deserialize)]
        struct Found {
            url: String,
            shards: u32,
            session_start_limit: Limit,
        }
        #[derive(Deserialize)]
        struct Limit {
            remaining: u64,
            /// Milliseconds.
            reset_after: u64,
        }
        let call = self.call(Verb::Get, "/gateway/bot", Route::Gateway);
        let found: Found = self.api.ask(&call, Content::<()>::Nothing).await?;
        let Limit { remaining, reset_after } = found.session_start_limit;
        Ok(GatewayFound {
            url: found.url.trim_end_matches('/').to_owned(),
            shards: found.shards.clamp(1, SHARDS_MAX),
            sessions_left: remaining,
            full_after: Duration::from_millis(reset_after),
        })
    }

    /// The URL of a gateway as Discord told it; `None`: our token must not go there.
    #[must_use]
    pub fn gateway_url(&self, told: &str) -> Option<Url> {
        host::gateway_at(told, &self.api.url)
    }

    /// Says something with what goes along, if anything does; where that is not taken, without.
    async fn say<'a, P: Serialize + Sync>(
        &self,
        call: &Call,
        attached: Option<Attached<'a>>,
        payload: impl Fn(Option<Attached<'a>>) -> P + Sync,
    ) -> Result<(), SendError> {
        with_or_without(attached, |attached| {
            let payload = payload(attached);
            async move { self.api.tell(call, Content::with(&payload, attached)).await }
        })
        .await
    }

    fn answering(&self, asked: &Asked, verb: Verb, path: &str) -> Call {
        Call {
            by: By::Address,
            of: asked.id,
            secrets: vec![asked.token.clone()],
            ..self.call(verb, path, Route::Answer)
        }
    }
}

/// What is below the webhook by which answers to an interaction follow.
fn below(asked: &Asked, path: &str) -> String {
    let Asked { application, token, .. } = asked;
    format!("/webhooks/{application}/{}{path}", token.expose_secret())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EmbedMessage;
    use serde_json::{Value, json};

    fn json_of(response: &Response<'_>) -> Value {
        serde_json::to_value(ResponseJson::new(response, None)).unwrap()
    }

    #[test]
    fn a_first_answer_is_what_discord_takes() {
        let message = EmbedMessage { text: "hello".to_owned(), ..EmbedMessage::default() };
        let message = Pictured { message: &message, png: None };
        let said = json_of(&Response::Message { message, is_for_asker: true });
        assert_eq!((&said["type"], &said["data"]["flags"]), (&json!(4), &json!(64)));
        assert_eq!(said["data"]["content"], "hello");
        let said = json_of(&Response::Message { message, is_for_asker: false });
        assert_eq!(said["data"]["flags"], 0);
        let later = |is_for_asker| json_of(&Response::AnsweredLater { is_for_asker });
        assert_eq!(later(false), json!({"type": 5}));
        assert_eq!(later(true), json!({"type": 5, "data": {"flags": 64}}));
        assert_eq!(json_of(&Response::ReplacedLater), json!({"type": 6}));
        let said = json_of(&Response::Replacement(message));
        assert_eq!((&said["type"], &said["data"]["components"]), (&json!(7), &json!([])));
        assert_eq!(
            json_of(&Response::Choices(&[("1. Never", "dQw4w9WgXcQ")])),
            json!({"type": 8, "data": {"choices": [{"name": "1. Never", "value": "dQw4w9WgXcQ"}]}})
        );
    }

    #[test]
    fn no_token_is_in_what_is_logged_of_an_interaction() {
        let asked = Asked { id: 1, application: 2, token: "s3cret".to_owned().into() };
        assert!(!format!("{asked:?}").contains("s3cret"));
    }
}
