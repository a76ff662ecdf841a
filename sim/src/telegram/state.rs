//! What the sandbox knows beside the world: its bot, what that was told, and what goes wrong; and the methods of the Bot
//! API that change it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Refusal};
use super::faults::{Fault, Scope};
use super::limits::Pace;
use super::params::Params;
use super::record::{BotCommand, CallbackAnswer, Counters, Request};
use super::updates::Updates;
use super::{Options, SandboxError};
use crate::plan::Plan;
use crate::world::World;
use crate::world::chats::{Chat, Document, Message, Photo, User};

/// Presses and answers that are remembered.
const PRESSES_MAX: usize = 1_000;
/// How long a press may wait for its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Longest answer to a press, in characters. Source: <https://core.telegram.org/bots/api#answercallbackquery>.
const ANSWER_MAX_CHARS: usize = 200;
const COMMANDS_MAX: usize = 100;
const SCOPES: [&str; 7] = [
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
];

/// A press of a button that waits for its answer.
#[derive(Debug)]
pub(super) struct Press {
    id: String,
    user: i64,
    at: Instant,
    is_answered: bool,
}

/// The state.
#[derive(Debug)]
pub(super) struct State {
    pub(super) options: Options,
    pub(super) updates: Updates,
    pub(super) plan: Plan<Scope, Fault>,
    pub(super) pace: Pace,
    pub(super) requests: VecDeque<Request>,
    pub(super) counters: Counters,
    pub(super) commands: BTreeMap<(String, String), Vec<BotCommand>>,
    pub(super) presses: VecDeque<Press>,
    pub(super) answers: VecDeque<CallbackAnswer>,
    pub(super) is_revoked: bool,
    /// Changes of the command menu.
    pub(super) menu_changes: u64,
    /// Messages that somebody has deleted.
    pub(super) deleted: u64,
}

impl State {
    pub(super) fn new(options: Options) -> State {
        State {
            options,
            updates: Updates::default(),
            plan: Plan::default(),
            pace: Pace::default(),
            requests: VecDeque::new(),
            counters: Counters::default(),
            commands: BTreeMap::new(),
            presses: VecDeque::new(),
            answers: VecDeque::new(),
            is_revoked: false,
            menu_changes: 0,
            deleted: 0,
        }
    }

    pub(super) fn bot_id(&self) -> i64 {
        let digits = self.options.token.split(':').next().unwrap_or_default();
        digits.parse().unwrap_or(1)
    }

    /// The bot as a `User`.
    pub(super) fn bot_json(&self) -> Value {
        json!({
            "id": self.bot_id(),
            "is_bot": true,
            "first_name": self.options.name,
            "username": self.options.username,
        })
    }

    pub(super) fn get_me(&self) -> Value {
        let mut me = self.bot_json();
        for (field, value) in [
            ("can_join_groups", true),
            ("can_read_all_group_messages", self.options.reads_all_group_messages),
            ("supports_inline_queries", false),
            ("can_connect_to_business", false),
            ("has_main_web_app", false),
        ] {
            me[field] = json!(value);
        }
        me
    }

    /// A message as the Bot API writes it.
    pub(super) fn message_json(&self, world: &World, message: &Message) -> Value {
        let chat = world.chats.get(&message.chat);
        let from = match message.from {
            None => self.bot_json(),
            Some(user) => world.users.get(&user).map_or(Value::Null, User::json),
        };
        let mut out = json!({
            "message_id": message.id,
            "from": from,
            "chat": chat.map_or(Value::Null, Chat::json),
            "date": message.date.as_second(),
        });
        if let Some(photo) = &message.photo {
            out["photo"] = json!([photo_size(message.id, photo)]);
        }
        if let Some(document) = &message.document {
            out["document"] = document_json(message.id, document);
        }
        let (text, entities) = match message.has_caption() {
            true => ("caption", "caption_entities"),
            false => ("text", "entities"),
        };
        if !message.has_caption() || !message.text.is_empty() {
            out[text] = json!(message.text);
        }
        if let Some(thread) = message.thread {
            out["message_thread_id"] = json!(thread);
            out["is_topic_message"] = json!(true);
        }
        if let Some(edited) = message.edited {
            out["edit_date"] = json!(edited.as_second());
        }
        if !message.entities.is_empty() {
            out[entities] = json!(message.entities);
        }
        if !message.preview && !message.has_caption() {
            out["link_preview_options"] = json!({"is_disabled": true});
        }
        if !message.buttons.is_empty() {
            out["reply_markup"] = json!({"inline_keyboard": message.buttons});
        }
        let original = message.reply_to.and_then(|id| chat?.message(id));
        if let Some(original) = original {
            let first = Message { reply_to: None, ..original.clone() };
            out["reply_to_message"] = self.message_json(world, &first);
        }
        out
    }

    /// Somebody presses a button: the bot is told.
    pub(super) fn press(
        &mut self,
        world: &World,
        user: i64,
        chat: i64,
        message: i64,
        data: &str,
    ) -> Result<String, SandboxError> {
        let from = world.users.get(&user).ok_or(SandboxError::UnknownUser)?.json();
        let holder = world.chats.get(&chat).ok_or(SandboxError::UnknownChat)?;
        let found = holder.message(message).ok_or(SandboxError::UnknownMessage)?;
        if !found.buttons.iter().flatten().any(|button| button.data.as_deref() == Some(data)) {
            return Err(SandboxError::UnknownButton);
        }
        let content = self.message_json(world, found);
        let id = rand::random::<u64>().to_string();
        self.updates.push(
            "callback_query",
            &json!({
                "id": id, "from": from, "message": content, "chat_instance": chat.to_string(), "data": data,
            }),
        );
        if self.presses.len() >= PRESSES_MAX {
            self.presses.pop_front();
        }
        let press = Press { id: id.clone(), user, at: Instant::now(), is_answered: false };
        self.presses.push_back(press);
        Ok(id)
    }

    pub(super) fn answer_callback_query(&mut self, params: &Params) -> Answer {
        let id = params.text("callback_query_id");
        let now = Instant::now();
        let press = self.presses.iter_mut().find(|press| press.id == id);
        let press = press.filter(|p| !p.is_answered && now.duration_since(p.at) < ANSWER_WITHIN);
        let Some(press) = press else {
            return Err(Refusal::bad_request(
                "query is too old and response timeout expired or query ID is invalid",
            ));
        };
        let text = params.text("text");
        if text.chars().count() > ANSWER_MAX_CHARS {
            return Err(Refusal::bad_request("MESSAGE_TOO_LONG"));
        }
        press.is_answered = true;
        let answer =
            CallbackAnswer { id, user: press.user, text, alert: params.flag("show_alert") };
        if self.answers.len() >= PRESSES_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back(answer);
        self.counters.answered += 1;
        Ok(json!(true))
    }

    pub(super) fn set_my_commands(&mut self, params: &Params) -> Answer {
        let commands = params
            .object::<Vec<Value>>("commands")?
            .ok_or_else(|| Refusal::bad_request("can't find field \"commands\""))?;
        if commands.len() > COMMANDS_MAX {
            return Err(Refusal::bad_request("BOT_COMMANDS_TOO_MUCH"));
        }
        let mut checked = Vec::with_capacity(commands.len());
        for command in commands {
            let text = |field: &str| command[field].as_str().unwrap_or_default().trim().to_owned();
            let (name, description) = (text("command"), text("description"));
            let name = name.strip_prefix('/').unwrap_or(&name).to_owned();
            let is_name = (1..=32).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !is_name {
                return Err(Refusal::bad_request("BOT_COMMAND_INVALID"));
            }
            if !(1..=256).contains(&description.chars().count()) {
                return Err(Refusal::bad_request("BOT_COMMAND_DESCRIPTION_INVALID"));
            }
            checked.push(BotCommand { command: name, description });
        }
        let key = scope_of(params)?;
        self.commands.insert(key, checked);
        self.menu_changes += 1;
        Ok(json!(true))
    }

    pub(super) fn get_my_commands(&self, params: &Params) -> Answer {
        let key = scope_of(params)?;
        Ok(json!(self.commands.get(&key).map_or(&[][..], Vec::as_slice)))
    }

    pub(super) fn delete_my_commands(&mut self, params: &Params) -> Answer {
        let key = scope_of(params)?;
        self.commands.remove(&key);
        self.menu_changes += 1;
        Ok(json!(true))
    }

    /// The menu that a person sees in this chat: the narrowest scope that has commands.
    pub(super) fn menu(&self, chat: i64) -> Vec<BotCommand> {
        let kind = if chat > 0 { "all_private_chats" } else { "all_group_chats" };
        let own = json!({"type": "chat", "chat_id": chat}).to_string();
        let wide = |name: &str| json!({"type": name}).to_string();
        [own, wide(kind), wide("default")]
            .into_iter()
            .find_map(|scope| self.commands.get(&(scope, String::new())))
            .cloned()
            .unwrap_or_default()
    }

    /// Changes whenever what the phone shows may have changed.
    pub(super) fn screen(&self, world: &World) -> (i64, [u64; 4]) {
        let Counters { edited, answered, .. } = self.counters;
        (world.last_message_id, [edited, answered, self.menu_changes, self.deleted])
    }

    pub(super) fn webhook_info(&self) -> Value {
        json!({
            "url": self.updates.webhook.as_deref().unwrap_or_default(),
            "has_custom_certificate": false,
            "pending_update_count": self.updates.waiting(),
        })
    }
}

/// A photo in the one size that the sandbox has.
fn photo_size(message: i64, photo: &Photo) -> Value {
    json!({
        "file_id": format!("sandbox-{message}"),
        "file_unique_id": format!("{message}"),
        "width": photo.width,
        "height": photo.height,
        "file_size": photo.bytes.len(),
    })
}

/// A file as the Bot API writes it.
fn document_json(message: i64, document: &Document) -> Value {
    json!({
        "file_id": format!("sandbox-{message}"),
        "file_unique_id": format!("{message}"),
        "file_name": document.name,
        "file_size": document.bytes.len(),
    })
}

/// What commands are kept under: scope and language.
fn scope_of(params: &Params) -> Result<(String, String), Refusal> {
    let scope = params.object::<Value>("scope")?.unwrap_or_else(|| json!({"type": "default"}));
    let kind = scope["type"].as_str().unwrap_or_default();
    if !SCOPES.contains(&kind) {
        return Err(Refusal::bad_request(
            "can't parse BotCommandScope: Unsupported type specified",
        ));
    }
    let language = params.text("language_code");
    if !language.is_empty()
        && (language.len() != 2 || !language.bytes().all(|b| b.is_ascii_lowercase()))
    {
        return Err(Refusal::bad_request("invalid language code specified"));
    }
    // A chat may be given as a number or as a string.
    let mut key = json!({"type": kind});
    for field in ["chat_id", "user_id"] {
        let number = scope[field].as_i64().or_else(|| scope[field].as_str()?.parse().ok());
        if let Some(number) = number {
            key[field] = json!(number);
        }
    }
    Ok((key.to_string(), language))
}
