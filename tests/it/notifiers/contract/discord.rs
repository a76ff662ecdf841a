//! Discord's two channels under the contract.

use std::sync::Arc;

use async_trait::async_trait;
use tubebell::model::{Body, Channel, EmbedMessage};
use tubebell::notify::Notifier;

use super::super::discord::{SENT, bot, hook};
use super::super::stub::{Answer, Stub, closed, hanging_up};
use super::{Class, Rig, SECRET_WORD, Server, Setup, outgoing};

/// Whether it is the bot that sends, or a webhook.
pub(super) struct DiscordRig {
    pub(super) is_bot: bool,
}

impl DiscordRig {
    fn setup(&self, url: &str, server: Server) -> Setup {
        let message = EmbedMessage { text: SECRET_WORD.to_owned(), ..EmbedMessage::default() };
        let (notifier, address): (Arc<dyn Notifier>, _) = if self.is_bot {
            (Arc::new(bot(url)), "discord:42".to_owned())
        } else {
            (Arc::new(hook(url)), format!("discord-webhook:{url}/api/webhooks/12/{SECRET_WORD}"))
        };
        let outgoing = outgoing(address.parse().unwrap(), Body::Embed(message));
        Setup { notifier, outgoing, server }
    }

    async fn answering(&self, answer: Answer) -> Setup {
        let stub = Stub::start([answer]).await;
        self.setup(&stub.url(), Server::Stub(stub))
    }
}

#[async_trait]
impl Rig for DiscordRig {
    fn channel(&self) -> Channel {
        if self.is_bot { Channel::Discord } else { Channel::DiscordWebhook }
    }

    async fn taking(&self) -> Setup {
        self.answering(Answer::new(200, SENT)).await
    }

    async fn failing(&self, class: Class) -> Option<Setup> {
        let refusal = |status: u16, code: i64| {
            let body = r#"{"message":"Something at {path}","code":CODE,"errors":{"content":{"_errors":[{"code":"WRONG","message":"{path}"}]}}}"#;
            Answer::new(status, body.replace("CODE", &code.to_string()))
        };
        let answer = match class {
            Class::Wait => Answer::new(
                429,
                r#"{"message":"You are being rate limited.","retry_after":34.57,"global":false}"#,
            )
            .header("retry-after", "35"),
            Class::Transient => refusal(500, 0),
            Class::Unreachable => return Some(self.setup(&closed().await, Server::Away)),
            Class::Ambiguous => {
                let (url, server) = hanging_up().await;
                return Some(self.setup(&url, Server::HangingUp(server)));
            }
            Class::Rejected => refusal(400, 50035),
            Class::Barred => refusal(403, 50013),
            Class::Gone if self.is_bot => refusal(404, 10003),
            // The token in the address is no token of ours.
            Class::Gone => refusal(401, 50027),
            Class::Unauthorized if self.is_bot => refusal(401, 0),
            // There is one service: if it can't be reached, nobody can. Nothing moves there, and no recipient has a policy.
            Class::Unauthorized | Class::NoConnection | Class::Moved | Class::Policy => {
                return None;
            }
        };
        Some(self.answering(answer).await)
    }
}
