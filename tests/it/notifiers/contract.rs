//! What holds for every notifier, run against each.

mod discord;
mod email;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;
use tubebell::model::{Address, Body, Channel, ChatMessage, EmbedMessage, MailMessage};
use tubebell::notify::recorder::Recorder;
use tubebell::notify::{Notifier, Outgoing, Receipt, SendError};

use super::discord::TOKEN as DISCORD_TOKEN;
use super::email::{PASSWORD, Post};
use super::stub::{Answer, Stub, closed, hanging_up};
use super::telegram::{TOKEN, client};
use super::webhook::{SECRET, hook};
use discord::DiscordRig;
use email::EmailRig;

/// Stands in every address, body and answer, and must be in no error.
const SECRET_WORD: &str = "s3cretw0rd";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Wait,
    Transient,
    NoConnection,
    Unreachable,
    Ambiguous,
    Rejected,
    Policy,
    Barred,
    Gone,
    Moved,
    Unauthorized,
}

impl Class {
    const ALL: [Class; 11] = [
        Class::Wait,
        Class::Transient,
        Class::NoConnection,
        Class::Unreachable,
        Class::Ambiguous,
        Class::Rejected,
        Class::Policy,
        Class::Barred,
        Class::Gone,
        Class::Moved,
        Class::Unauthorized,
    ];

    fn of(error: &SendError) -> Class {
        match error {
            SendError::Wait { .. } | SendError::Deferred { .. } | SendError::Held { .. } => {
                Class::Wait
            }
            SendError::Transient(_) => Class::Transient,
            SendError::NoConnection(_) => Class::NoConnection,
            SendError::Unreachable(_) => Class::Unreachable,
            SendError::Ambiguous(_) => Class::Ambiguous,
            SendError::Rejected(_) => Class::Rejected,
            SendError::Policy(_) => Class::Policy,
            SendError::Barred(_) => Class::Barred,
            SendError::Gone(_) => Class::Gone,
            SendError::Moved(_) => Class::Moved,
            SendError::Unauthorized(_) => Class::Unauthorized,
        }
    }
}

/// What a notifier stands in front of.
enum Server {
    Stub(Stub),
    HangingUp(#[expect(dead_code, reason = "keeps it alive")] JoinSet<()>),
    Mail(Box<Post>),
    /// None, or one within the notifier.
    Away,
}

impl Server {
    /// Whether somebody has asked it something.
    fn was_asked(&self) -> bool {
        match self {
            Server::Stub(stub) => !stub.seen().is_empty(),
            Server::Mail(post) => post.server.counters().connections > 0,
            Server::HangingUp(_) | Server::Away => unreachable!("nobody would know"),
        }
    }
}

/// A notifier in front of a server that will behave as asked; `server` keeps it alive.
struct Setup {
    notifier: Arc<dyn Notifier>,
    outgoing: Outgoing,
    server: Server,
}

#[async_trait]
trait Rig {
    fn channel(&self) -> Channel;
    /// A notifier whose sends are taken.
    async fn taking(&self) -> Setup;
    /// A notifier whose next send fails in `class`; `None` where the channel has no such failure.
    async fn failing(&self, class: Class) -> Option<Setup>;
}

fn outgoing(address: Address, body: Body) -> Outgoing {
    Outgoing { id: "4ZQK7M2XA5TBN".to_owned(), address, body, png: None, silent: false }
}

struct TelegramRig;

impl TelegramRig {
    fn setup(url: &str, server: Server) -> Setup {
        let html = format!("<b>{SECRET_WORD}</b>");
        let body = Body::Chat(ChatMessage { html, ..ChatMessage::default() });
        let address = Address::Telegram { chat: 42, thread: None };
        Setup { notifier: Arc::new(client(url)), outgoing: outgoing(address, body), server }
    }

    async fn answering(answer: Answer) -> Setup {
        let stub = Stub::start([answer]).await;
        TelegramRig::setup(&stub.url(), Server::Stub(stub))
    }
}

#[async_trait]
impl Rig for TelegramRig {
    fn channel(&self) -> Channel {
        Channel::Telegram
    }

    async fn taking(&self) -> Setup {
        TelegramRig::answering(Answer::new(200, super::telegram::SENT)).await
    }

    async fn failing(&self, class: Class) -> Option<Setup> {
        let answer = match class {
            Class::Wait => Answer::new(
                429,
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#,
            )
            .header("retry-after", "35"),
            Class::Transient => Answer::refusal(500, "Internal Server Error: {path}"),
            Class::Unreachable => return Some(TelegramRig::setup(&closed().await, Server::Away)),
            Class::Ambiguous => {
                let (url, server) = hanging_up().await;
                return Some(TelegramRig::setup(&url, Server::HangingUp(server)));
            }
            Class::Rejected => {
                Answer::refusal(400, "Bad Request: can't parse entities: {path}")
            }
            Class::Barred => Answer::refusal(
                400,
                "Bad Request: not enough rights to send text messages to the chat {path}",
            ),
            // There is one server: if it can't be reached, nobody can. No chat has a policy.
            Class::NoConnection | Class::Policy => return None,
            Class::Gone => Answer::refusal(403, "Forbidden: bot was blocked by the user {path}"),
            Class::Moved => Answer::new(
                400,
                r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#,
            ),
            Class::Unauthorized => Answer::refusal(401, "Unauthorized"),
        };
        Some(TelegramRig::answering(answer).await)
    }
}

struct WebhookRig;

impl WebhookRig {
    fn setup(url: &str, allow_private: bool, server: Server) -> Setup {
        let address = Address::Webhook(format!("{url}/{SECRET_WORD}?key={SECRET_WORD}"));
        let body = Body::Json(format!(r#"{{"title":"{SECRET_WORD}"}}"#));
        let notifier = Arc::new(hook(allow_private));
        Setup { notifier, outgoing: outgoing(address, body), server }
    }

    async fn answering(answer: Answer) -> Setup {
        let stub = Stub::start([answer]).await;
        WebhookRig::setup(&stub.url(), true, Server::Stub(stub))
    }
}

#[async_trait]
impl Rig for WebhookRig {
    fn channel(&self) -> Channel {
        Channel::Webhook
    }

    async fn taking(&self) -> Setup {
        WebhookRig::answering(Answer::new(204, "")).await
    }

    async fn failing(&self, class: Class) -> Option<Setup> {
        let answer = match class {
            Class::Wait => Answer::new(429, SECRET_WORD).header("retry-after", "35"),
            Class::Transient => Answer::new(500, format!("stack trace: {SECRET_WORD} {{path}}")),
            Class::Ambiguous => {
                let (url, server) = hanging_up().await;
                return Some(WebhookRig::setup(&url, true, Server::HangingUp(server)));
            }
            Class::NoConnection => {
                return Some(WebhookRig::setup(&closed().await, true, Server::Away));
            }
            Class::Rejected => {
                return Some(WebhookRig::setup("https://127.0.0.1", false, Server::Away));
            }
            Class::Gone => Answer::new(410, SECRET_WORD),
            // One endpoint says nothing of the channel as a whole, nor of our credentials or rights, and can't move.
            Class::Unreachable
            | Class::Policy
            | Class::Barred
            | Class::Moved
            | Class::Unauthorized => return None,
        };
        Some(WebhookRig::answering(answer).await)
    }
}

struct RecorderRig;

impl RecorderRig {
    fn setup(recorder: Recorder) -> Setup {
        let address = Address::Recorder("bell".to_owned());
        Setup {
            notifier: Arc::new(recorder),
            outgoing: outgoing(address, Body::Text(SECRET_WORD.to_owned())),
            server: Server::Away,
        }
    }
}

#[async_trait]
impl Rig for RecorderRig {
    fn channel(&self) -> Channel {
        Channel::Recorder
    }

    async fn taking(&self) -> Setup {
        RecorderRig::setup(Recorder::new(8))
    }

    async fn failing(&self, class: Class) -> Option<Setup> {
        let text = "scripted".to_owned();
        let recorder = Recorder::new(8);
        recorder.fail_next(match class {
            Class::Wait => SendError::Wait { after: Some(Duration::from_secs(35)) },
            Class::Transient => SendError::Transient(text),
            Class::NoConnection => SendError::NoConnection(text),
            Class::Unreachable => SendError::Unreachable(text),
            Class::Ambiguous => SendError::Ambiguous(text),
            Class::Rejected => SendError::Rejected(text),
            Class::Policy => SendError::Policy(text),
            Class::Barred => SendError::Barred(text),
            Class::Gone => SendError::Gone(text),
            Class::Moved => SendError::Moved(Address::Recorder("other".to_owned())),
            Class::Unauthorized => SendError::Unauthorized(text),
        });
        Some(RecorderRig::setup(recorder))
    }
}

fn rigs() -> [Box<dyn Rig>; 6] {
    [
        Box::new(TelegramRig),
        Box::new(DiscordRig { is_bot: true }),
        Box::new(DiscordRig { is_bot: false }),
        Box::new(EmailRig),
        Box::new(WebhookRig),
        Box::new(RecorderRig),
    ]
}

#[test]
fn every_channel_has_its_contract_tested() {
    let tested: Vec<Channel> = rigs().iter().map(|rig| rig.channel()).collect();
    assert_eq!(tested, Channel::ALL);
}

#[tokio::test]
async fn what_is_taken_gives_a_receipt() {
    for rig in rigs() {
        let setup = rig.taking().await;
        assert_eq!(setup.notifier.channel(), rig.channel());
        let receipt = setup.notifier.send(&setup.outgoing).await.unwrap();
        assert!(!receipt.0.is_empty(), "{}", rig.channel());
    }
}

#[tokio::test]
async fn what_was_sent_can_be_edited_where_the_channel_says_so_and_else_the_edit_is_refused() {
    for rig in rigs() {
        let setup = rig.taking().await;
        let sent = match rig.channel() {
            // Of the others, any message will do.
            Channel::Recorder => setup.notifier.send(&setup.outgoing).await.unwrap(),
            Channel::Telegram
            | Channel::Discord
            | Channel::DiscordWebhook
            | Channel::Email
            | Channel::Webhook => Receipt("7".to_owned()),
        };
        let edited = setup.notifier.edit(&sent, &setup.outgoing).await;
        let edited = edited.map_err(|error| Class::of(&error));
        let can_edit = rig.channel().traits().can_edit;
        assert_eq!(
            edited,
            if can_edit { Ok(()) } else { Err(Class::Rejected) },
            "{}",
            rig.channel()
        );
    }
}

#[tokio::test]
async fn an_edit_fails_as_a_message_does() {
    for rig in rigs().iter().filter(|rig| rig.channel().traits().can_edit) {
        for class in Class::ALL {
            let Some(setup) = rig.failing(class).await else { continue };
            let sent = Receipt("7".to_owned());
            let error = setup.notifier.edit(&sent, &setup.outgoing).await.unwrap_err();
            // What the recorder does not know can't be edited, whatever it was to fail with.
            let is_unknown =
                matches!(error, SendError::Rejected(_)) && rig.channel() == Channel::Recorder;
            assert!(
                Class::of(&error) == class || is_unknown,
                "{}, {class:?}: {error}",
                rig.channel()
            );
            assert!(!format!("{error} {error:?}").contains(SECRET_WORD), "{error}");
        }
    }
}

#[tokio::test]
async fn every_failure_says_who_has_to_change_something_and_holds_no_secret() {
    for rig in rigs() {
        for class in Class::ALL {
            let Some(setup) = rig.failing(class).await else { continue };
            let name = rig.channel();
            let error = setup.notifier.send(&setup.outgoing).await.unwrap_err();
            assert_eq!(Class::of(&error), class, "{name}: {error}");
            if let SendError::Wait { after } = error {
                assert_eq!(after, Some(Duration::from_secs(35)), "{name}");
            }
            for text in [error.to_string(), format!("{error:?}")] {
                for secret in [TOKEN, DISCORD_TOKEN, PASSWORD, SECRET, SECRET_WORD] {
                    assert!(!text.contains(secret), "{name}, {class:?}: {text}");
                }
            }
            drop(setup.server);
        }
    }
}

#[tokio::test]
async fn a_body_of_a_kind_that_a_channel_does_not_take_is_refused_unsent_and_unquoted() {
    let html = SECRET_WORD.to_owned();
    let bodies = [
        Body::Embed(EmbedMessage { text: html.clone(), ..EmbedMessage::default() }),
        Body::Chat(ChatMessage { html: html.clone(), ..ChatMessage::default() }),
        Body::Mail(MailMessage { html, ..MailMessage::default() }),
        Body::Json(SECRET_WORD.to_owned()),
        Body::Text(SECRET_WORD.to_owned()),
    ];
    // The recorder stands in for any channel and takes what each of them does.
    for rig in rigs().iter().filter(|rig| rig.channel() != Channel::Recorder) {
        for body in &bodies {
            let mut setup = rig.taking().await;
            if body.kind() == setup.outgoing.body.kind() {
                continue;
            }
            setup.outgoing.body = body.clone();
            let error = setup.notifier.send(&setup.outgoing).await.unwrap_err();
            let name = rig.channel();
            assert_eq!(
                error.to_string(),
                format!("refused: a body of kind `{}` is none for {name}", body.kind().name())
            );
            assert!(!setup.server.was_asked(), "{name}");
        }
    }
}

#[tokio::test]
async fn an_address_of_another_channel_is_refused() {
    for rig in rigs() {
        let mut setup = rig.taking().await;
        setup.outgoing.address = match rig.channel() {
            Channel::Telegram
            | Channel::Discord
            | Channel::DiscordWebhook
            | Channel::Email
            | Channel::Webhook => Address::Recorder("bell".to_owned()),
            Channel::Recorder => Address::Telegram { chat: 42, thread: None },
        };
        let error = setup.notifier.send(&setup.outgoing).await.unwrap_err();
        assert_eq!(Class::of(&error), Class::Rejected, "{}", rig.channel());
    }
}
