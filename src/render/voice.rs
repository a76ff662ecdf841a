//! How each channel says things: one voice per channel makes a body of what is to be said.
//!
//! What is to be said is the same for all of them; templates, escape, limits and buttons are the voice's own.

mod discord;
mod email;
mod recorder;
mod telegram;
mod webhook;

use std::sync::Arc;

use super::RenderError;
use super::chat::ChatTemplates;
use super::mail::MailTemplates;
use super::news::{DigestMessage, Part, WatchMessage};
use super::numbers::Moment;
use super::view::AnyView;
use super::views::{Card, ConfirmMail, Test};
use crate::model::{Address, Body, Channel, UnixMillis};
use discord::DiscordVoice;
use email::EmailVoice;
use recorder::RecorderVoice;
use telegram::TelegramVoice;
use webhook::WebhookVoice;

/// How a channel says things.
pub(super) trait Voice {
    /// What one watch is told. Each alert is told by one part.
    fn watch(&self, message: &WatchMessage) -> Result<Vec<Part>, RenderError>;

    /// What was collected for a digest. Each alert is told by one part.
    fn digest(&self, message: &DigestMessage) -> Result<Vec<Part>, RenderError>;

    /// An answer to whoever wrote.
    fn answer(&self, view: AnyView) -> Result<Body, RenderError>;

    /// What a card shows. People see it as they see an answer.
    fn card(&self, card: &Card) -> Result<Body, RenderError> {
        self.answer(card.into())
    }

    /// A notice to the operator or an owner. People get it like an answer.
    fn notice(&self, notice: AnyView, _now: UnixMillis) -> Result<Body, RenderError> {
        self.answer(notice)
    }

    /// What asks the reader of a mailbox whether it is theirs. Nobody is asked like that anywhere else.
    fn confirm_mail(&self, _asks: &ConfirmMail) -> Result<Body, RenderError> {
        Err(RenderError::NoMailbox)
    }

    /// What shows that messages arrive at `to`. People get what `/test` answers; an address may hold a secret, which is not
    /// told to all who read there.
    fn test(&self, to: &Address, now: UnixMillis, tz: &str) -> Result<Body, RenderError> {
        let now = Moment { at: now, tz: tz.to_owned() };
        let view =
            Test { now, here: to.masked(), lacking: Vec::new(), muted_until: None, back: None };
        self.answer(AnyView::from(&view))
    }
}

/// The voices of all channels.
#[derive(Debug)]
pub(super) struct Voices {
    telegram: TelegramVoice,
    discord: DiscordVoice,
    discord_webhook: DiscordVoice,
    email: EmailVoice,
    webhook: WebhookVoice,
    recorder: RecorderVoice,
}

impl Voices {
    pub(super) fn new(chats: &Arc<ChatTemplates>, mails: Arc<MailTemplates>) -> Voices {
        Voices {
            telegram: TelegramVoice::new(Arc::clone(chats)),
            discord: DiscordVoice::new(Arc::clone(chats), true),
            discord_webhook: DiscordVoice::new(Arc::clone(chats), false),
            email: EmailVoice::new(mails),
            webhook: WebhookVoice::new(Arc::clone(chats)),
            recorder: RecorderVoice::new(Arc::clone(chats)),
        }
    }

    pub(super) fn of(&self, channel: Channel) -> &dyn Voice {
        match channel {
            Channel::Telegram => &self.telegram,
            Channel::Discord => &self.discord,
            Channel::DiscordWebhook => &self.discord_webhook,
            Channel::Email => &self.email,
            Channel::Webhook => &self.webhook,
            Channel::Recorder => &self.recorder,
        }
    }
}
