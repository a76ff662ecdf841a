//! The methods of the Bot API that we use, with teloxide's types for what is sent.

use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use teloxide::payloads::{
    AnswerCallbackQuery, DeleteWebhook, EditMessageCaption, EditMessageText, GetChatMember, GetMe,
    SendMessage, SetMyCommands,
};
use teloxide::types::{
    AllowedUpdate, BotCommand, CallbackQueryId, ChatId, InlineKeyboardButton, InlineKeyboardMarkup,
    LinkPreviewOptions, MessageId, ParseMode, ReplyMarkup, ThreadId, UserId,
};

use crate::model::{AtMost, Button, ChatMessage};
use crate::notify::SendError;
use crate::notify::attached::Attached;

use super::classify::{ApiError, Conflict};
use super::client::{ATTACHED, Telegram};
use super::update::{MemberStatus, Update, parse_update};

/// What a long poll may take beyond the time it was asked to hold: a repeated offset is held 3 s longer by the server.
const POLL_MARGIN: Duration = Duration::from_secs(15);

/// Longest hold of a long poll, in seconds: the server shortens what is longer.
/// Source: tdlib/telegram-bot-api, `Client.h`, `LONG_POLL_MAX_TIMEOUT` (Bot API 10.0).
const POLL_MAX_S: u32 = 50;

/// Most updates in one answer. Source: <https://core.telegram.org/bots/api#getupdates> (Bot API 10.1).
const POLL_MAX_UPDATES: u8 = 100;

/// Largest answer of a long poll, in bytes; one that is longer is asked for again in smaller parts. The heaviest
/// update that people can make (4096 characters and 100 links, and the same in the message that it answers, all
/// written as `\uXXXX` pairs) stays below.
const UPDATES_MAX_BYTES: usize = 4 << 20;

/// Longest answer to a button, in characters.
/// Source: <https://core.telegram.org/bots/api#answercallbackquery> (Bot API 10.1).
const CALLBACK_TEXT_MAX_CHARS: usize = 200;

/// Why there are no updates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// Updates go to whoever asked last, so two pollers steal them from each other.
    #[error(
        "another program polls with this bot token; stop it, or revoke the token at @BotFather and use the new one"
    )]
    OtherPoller,
    /// A webhook is set for this bot; [`Telegram::delete_webhook`] ends that.
    #[error("a webhook is set for this bot token, so its updates can't be polled")]
    WebhookSet,
    /// The request failed like any other.
    #[error(transparent)]
    Failed(#[from] SendError),
}

/// Our own account, from `getMe`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Bot {
    /// Its id.
    pub id: i64,
    /// Its name, without `@`: for links such as `https://t.me/<username>?start=…`.
    pub username: String,
}

/// `getUpdates`. Not teloxide's, whose offset has 32 bits while its update ids have 32 without a sign.
#[derive(Serialize)]
struct GetUpdates {
    offset: i64,
    limit: u8,
    timeout: u32,
    allowed_updates: [AllowedUpdate; 3],
}

/// `sendPhoto` and `sendDocument`. Not teloxide's, whose files are read by its own client alone.
#[derive(Serialize)]
struct SendAttached<'a> {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    photo: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'static str>,
    caption: &'a str,
    parse_mode: ParseMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    disable_notification: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<InlineKeyboardMarkup>,
}

/// `editMessageMedia`.
#[derive(Serialize)]
struct EditMessageMedia<'a> {
    chat_id: i64,
    message_id: i32,
    media: InputMedia<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<InlineKeyboardMarkup>,
}

#[derive(Serialize)]
struct InputMedia<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    media: &'static str,
    caption: &'a str,
    parse_mode: ParseMode,
}

/// Updates as they came: each is read by itself, and what is beyond as many as were asked for comes again.
type Told = AtMost<Box<RawValue>, { POLL_MAX_UPDATES as usize }>;

#[derive(Deserialize)]
struct Sent {
    message_id: i32,
}

#[derive(Deserialize)]
struct Member {
    status: MemberStatus,
}

impl Telegram {
    /// Sends a text and returns the message's id within the chat.
    pub(super) async fn send_text(
        &self,
        chat: i64,
        thread: Option<i32>,
        message: &ChatMessage,
        silent: bool,
    ) -> Result<i32, SendError> {
        let mut payload = SendMessage::new(ChatId(chat), &message.html);
        payload.message_thread_id = thread.map(|thread| ThreadId(MessageId(thread)));
        payload.parse_mode = Some(ParseMode::Html);
        payload.link_preview_options = link_preview(message);
        payload.disable_notification = silent.then_some(true);
        payload.reply_markup = keyboard(message).map(ReplyMarkup::InlineKeyboard);
        self.call::<Sent>("sendMessage", &payload)
            .await
            .map(|sent| sent.message_id)
            .map_err(unexpected)
    }

    /// Sends a picture or a file with the text as its caption, and returns the message's id within the chat.
    pub(super) async fn send_with(
        &self,
        chat: i64,
        thread: Option<i32>,
        message: &ChatMessage,
        silent: bool,
        attached: Attached<'_>,
    ) -> Result<i32, SendError> {
        let (method, photo, document) = match attached {
            Attached::Picture(_) => ("sendPhoto", Some(ATTACHED), None),
            Attached::File(_) => ("sendDocument", None, Some(ATTACHED)),
        };
        let payload = SendAttached {
            chat_id: chat,
            message_thread_id: thread,
            photo,
            document,
            caption: &message.html,
            parse_mode: ParseMode::Html,
            disable_notification: silent.then_some(true),
            reply_markup: keyboard(message),
        };
        self.call_with::<Sent>(method, &payload, attached)
            .await
            .map(|sent| sent.message_id)
            .map_err(unexpected)
    }

    /// Asks who we are: the cheapest test of a token.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn get_me(&self) -> Result<Bot, SendError> {
        self.call("getMe", &GetMe::new()).await.map_err(unexpected)
    }

    /// Waits up to `timeout_s` seconds (at most 50) for updates from `offset` on, and confirms all before it.
    ///
    /// An update that can't be read is [`super::UpdateKind::Other`]: the others still arrive. One whose id is none
    /// ([`Update::is_id`]) is left out. Fewer than `limit` come when they are too heavy for one answer.
    ///
    /// # Errors
    ///
    /// See [`PollError`]. Nothing is confirmed then, as far as we know.
    pub async fn get_updates(
        &self,
        offset: i64,
        timeout_s: u32,
        limit: u8,
    ) -> Result<Vec<Update>, PollError> {
        let timeout_s = timeout_s.min(POLL_MAX_S);
        let mut payload = GetUpdates {
            offset,
            limit: limit.clamp(1, POLL_MAX_UPDATES),
            timeout: timeout_s,
            allowed_updates: [
                AllowedUpdate::Message,
                AllowedUpdate::CallbackQuery,
                AllowedUpdate::MyChatMember,
            ],
        };
        let limit = Duration::from_secs(timeout_s.into()) + POLL_MARGIN;
        let mut answer: Result<Told, ApiError> =
            self.call_within("getUpdates", &payload, limit, UPDATES_MAX_BYTES).await;
        while payload.limit > 1 && matches!(answer, Err(ApiError::TooLong)) {
            // Or a hundred heavy messages of one person would keep everybody's away for ever.
            payload.limit = payload.limit.div_ceil(10);
            answer = self.call_within("getUpdates", &payload, limit, UPDATES_MAX_BYTES).await;
        }
        match answer {
            Ok(told) => {
                Ok(told.items.iter().filter_map(|update| parse_update(update.get())).collect())
            }
            Err(ApiError::Conflict(Conflict::OtherPoller)) => Err(PollError::OtherPoller),
            Err(ApiError::Conflict(Conflict::WebhookSet)) => Err(PollError::WebhookSet),
            Err(
                error @ (ApiError::Send(_)
                | ApiError::NotModified
                | ApiError::NoText
                | ApiError::StaleCallback
                | ApiError::TooLong),
            ) => Err(PollError::Failed(unexpected(error))),
        }
    }

    /// Asks for somebody's standing in a chat.
    ///
    /// # Errors
    ///
    /// See [`SendError`]. Telegram only promises an answer about others where we are an administrator.
    pub async fn get_chat_member(&self, chat: i64, user: i64) -> Result<MemberStatus, SendError> {
        let user = u64::try_from(user)
            .map_err(|_| SendError::Rejected("a user's id is not negative".to_owned()))?;
        let payload = GetChatMember::new(ChatId(chat), UserId(user));
        let member: Result<Member, ApiError> = self.call("getChatMember", &payload).await;
        member.map(|member| member.status).map_err(unexpected)
    }

    /// Ends the wait of whoever pressed a button, with a text (cut at 200 characters) or without; with `alert`, in a
    /// window of its own. An answer that comes too late is no failure: nobody waits for it.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn answer_callback(
        &self,
        id: &str,
        text: Option<&str>,
        alert: bool,
    ) -> Result<(), SendError> {
        let mut payload = AnswerCallbackQuery::new(CallbackQueryId(id.to_owned()));
        payload.text = text.map(|text| text.chars().take(CALLBACK_TEXT_MAX_CHARS).collect());
        payload.show_alert = alert.then_some(true);
        done(self.call::<IgnoredAny>("answerCallbackQuery", &payload).await)
    }

    /// Replaces text and buttons of one of our messages; of one with a picture or a file its caption.
    pub(super) async fn edit_text(
        &self,
        chat: i64,
        message_id: i32,
        message: &ChatMessage,
    ) -> Result<(), SendError> {
        let mut payload = EditMessageText::new(ChatId(chat), MessageId(message_id), &message.html);
        payload.parse_mode = Some(ParseMode::Html);
        payload.link_preview_options = link_preview(message);
        payload.reply_markup = keyboard(message);
        let edited = self.call::<IgnoredAny>("editMessageText", &payload).await;
        if !matches!(edited, Err(ApiError::NoText)) {
            return done(edited);
        }
        let mut payload = EditMessageCaption::new(ChatId(chat), MessageId(message_id));
        payload.caption = Some(message.html.clone());
        payload.parse_mode = Some(ParseMode::Html);
        payload.reply_markup = keyboard(message);
        done(self.call::<IgnoredAny>("editMessageCaption", &payload).await)
    }

    /// Replaces picture or file, caption and buttons of one of our messages. A message that was a text alone has a picture or
    /// file then.
    pub(super) async fn edit_with(
        &self,
        chat: i64,
        message_id: i32,
        message: &ChatMessage,
        attached: Attached<'_>,
    ) -> Result<(), SendError> {
        let payload = EditMessageMedia {
            chat_id: chat,
            message_id,
            media: InputMedia {
                kind: match attached {
                    Attached::Picture(_) => "photo",
                    Attached::File(_) => "document",
                },
                media: ATTACHED,
                caption: &message.html,
                parse_mode: ParseMode::Html,
            },
            reply_markup: keyboard(message),
        };
        done(self.call_with::<IgnoredAny>("editMessageMedia", &payload, attached).await)
    }

    /// Sets the commands that clients offer: pairs of a command without `/` and its description.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn set_my_commands(&self, commands: &[(&str, &str)]) -> Result<(), SendError> {
        let commands: Vec<BotCommand> =
            commands.iter().map(|(name, text)| BotCommand::new(*name, *text)).collect();
        done(self.call::<IgnoredAny>("setMyCommands", &SetMyCommands::new(commands)).await)
    }

    /// Removes a webhook, so that updates can be polled. Updates that wait are kept.
    ///
    /// # Errors
    ///
    /// See [`SendError`].
    pub async fn delete_webhook(&self) -> Result<(), SendError> {
        done(self.call::<IgnoredAny>("deleteWebhook", &DeleteWebhook::new()).await)
    }
}

/// For requests that are answered with nothing of interest.
fn done(answer: Result<IgnoredAny, ApiError>) -> Result<(), SendError> {
    match answer {
        Ok(_) | Err(ApiError::NotModified | ApiError::StaleCallback) => Ok(()),
        Err(
            error @ (ApiError::Send(_)
            | ApiError::Conflict(_)
            | ApiError::NoText
            | ApiError::TooLong),
        ) => Err(unexpected(error)),
    }
}

/// For requests to which the special answers do not belong.
fn unexpected(error: ApiError) -> SendError {
    match error {
        ApiError::Send(error) => error,
        ApiError::Conflict(_) => SendError::Transient("HTTP 409 Conflict".to_owned()),
        ApiError::NotModified => SendError::Rejected("message is not modified".to_owned()),
        ApiError::NoText => SendError::Rejected("there is no text in the message".to_owned()),
        ApiError::StaleCallback => SendError::Rejected("query is too old".to_owned()),
        ApiError::TooLong => SendError::Ambiguous("the answer is too long".to_owned()),
    }
}

fn link_preview(message: &ChatMessage) -> Option<LinkPreviewOptions> {
    let url = message.preview_url.clone().filter(|_| message.preview);
    (!message.preview || url.is_some()).then_some(LinkPreviewOptions {
        is_disabled: !message.preview,
        url,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    })
}

fn keyboard(message: &ChatMessage) -> Option<InlineKeyboardMarkup> {
    let key = |button: &Button| InlineKeyboardButton::callback(&button.text, &button.data);
    let rows = message.buttons.iter().map(|row| row.iter().map(key).collect());
    (!message.buttons.is_empty()).then(|| InlineKeyboardMarkup { inline_keyboard: rows.collect() })
}
