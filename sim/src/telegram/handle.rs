//! The other side of the sandbox: people, groups, faults, and what came of it all.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::chats::member_json;
use super::faults::{Fault, Scope};
use super::limits::Limits;
use super::record::{BotCommand, CallbackAnswer, Counters, Request};
use super::send::{TEXT_MAX_CHARS, incoming};
use super::state::State;
use super::{SandboxError, Shared, api};
use crate::world::World;
use crate::world::chats::{Chat, Message, Trouble, User};

/// The running sandbox. Clones are the same one; it lives until its token is cancelled.
#[derive(Clone)]
pub struct TelegramSandbox(Arc<Shared>);

impl TelegramSandbox {
    pub(super) fn new(shared: Arc<Shared>) -> TelegramSandbox {
        TelegramSandbox(shared)
    }

    /// What to put where `https://api.telegram.org` would stand; in a browser it is the phone.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The token that the sandbox takes.
    #[must_use]
    pub fn token(&self) -> String {
        self.0.look(|state, _| state.options.token.clone())
    }

    /// Makes a person, who has not yet written to the bot. The private chat with them has the same id.
    pub fn user(&self, id: i64, name: &str) {
        self.0.change(|_, world| {
            world.users.insert(id, User { id, name: name.to_owned() });
            world.chats.entry(id).or_insert_with(|| Chat::new(id, name));
        });
    }

    /// Makes a group with the bot in it: a supergroup when the id begins with -100. The first of `admins` created it;
    /// a group with topics is a forum. The bot is an administrator when its own id is among `admins`.
    pub fn group(&self, id: i64, title: &str, admins: &[i64], topics: &[(i64, &str)]) {
        self.0.change(|_, world| {
            let mut chat = Chat::new(id, title);
            chat.admins = admins.to_vec();
            chat.members = admins.iter().copied().collect();
            chat.topics = topics.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
            world.chats.insert(id, chat);
        });
    }

    /// Puts a person into a group.
    pub fn join(&self, user: i64, group: i64) {
        self.0.change(|_, world| {
            if let Some(chat) = world.chats.get_mut(&group) {
                chat.members.insert(user);
            }
        });
    }

    /// Lets a person write: the bot gets an update (in a group only what is meant for it), and may answer from now on.
    /// Who had blocked the bot unblocks it by this. Returns the message's id.
    ///
    /// # Errors
    ///
    /// When there is no such user or chat, or the text does not fit a message.
    pub fn say(&self, user: i64, chat: i64, text: &str) -> Result<i64, SandboxError> {
        self.say_in(user, chat, None, text)
    }

    /// The same in a topic of a forum.
    ///
    /// # Errors
    ///
    /// As [`TelegramSandbox::say`].
    pub fn say_in(
        &self,
        user: i64,
        chat: i64,
        thread: Option<i64>,
        text: &str,
    ) -> Result<i64, SandboxError> {
        self.0.change(|state, world| {
            if !world.users.contains_key(&user) {
                return Err(SandboxError::UnknownUser);
            }
            let holder = world.chats.get(&chat).ok_or(SandboxError::UnknownChat)?;
            if thread.is_some_and(|thread| !holder.topics.contains_key(&thread)) {
                return Err(SandboxError::UnknownChat);
            }
            let message = incoming(world, text, user, chat, thread);
            if message.text.is_empty() || message.text.chars().count() > TEXT_MAX_CHARS {
                return Err(SandboxError::Text);
            }
            if holder.trouble == Some(Trouble::Blocked) {
                set_blocked(state, world, chat, false);
            }
            if let Some(holder) = world.chats.get_mut(&chat) {
                holder.is_started = true;
                if !holder.is_private() {
                    holder.members.insert(user);
                }
            }
            world.write(message.clone(), state.options.kept_messages);
            if hears(state, world, &message) {
                let update = state.message_json(world, &message);
                state.updates.push("message", &update);
            }
            Ok(message.id)
        })
    }

    /// Makes as many updates wait as if these people had written this by turns while nobody listened. Not twice.
    pub fn pile_up(&self, count: u32, users: &[i64], text: &str) {
        self.0.change(|state, world| {
            let said = users.iter().map(|user| incoming(world, text, *user, *user, None));
            let kinds = said.map(|said| ("message".to_owned(), state.message_json(world, &said)));
            let kinds = kinds.collect();
            state.updates.pile_up(i64::from(count), kinds);
        });
    }

    /// Lets a person press a button. Returns the id of the press; its answer is in [`TelegramSandbox::answers`].
    ///
    /// # Errors
    ///
    /// When there is no such user, chat, message or button.
    pub fn press(
        &self,
        user: i64,
        chat: i64,
        message: i64,
        data: &str,
    ) -> Result<String, SandboxError> {
        self.0.change(|state, world| state.press(world, user, chat, message, data))
    }

    /// Lets a person block the bot, who is told.
    pub fn block(&self, user: i64) {
        self.0.change(|state, world| set_blocked(state, world, user, true));
    }

    /// Lets a person unblock the bot, who is told.
    pub fn unblock(&self, user: i64) {
        self.0.change(|state, world| set_blocked(state, world, user, false));
    }

    /// Makes a chat take no messages for a reason that lasts, or lifts it; the bot is not told.
    pub fn trouble(&self, chat: i64, trouble: impl Into<Option<Trouble>>) {
        let trouble = trouble.into();
        self.0.change(|_, world| {
            if let Some(chat) = world.chats.get_mut(&chat) {
                chat.trouble = trouble;
            }
        });
    }

    /// Lets somebody delete a message; the bot is not told.
    pub fn delete(&self, chat: i64, message: i64) {
        self.0.change(|state, world| {
            if let Some(chat) = world.chats.get_mut(&chat) {
                chat.messages.retain(|held| held.id != message);
            }
            state.deleted += 1;
        });
    }

    /// Turns a group into a supergroup of another id; the bot is told, and the old id answers with the new one.
    pub fn migrate(&self, old: i64, new: i64) {
        self.0.change(|state, world| {
            let Some(chat) = world.chats.get_mut(&old) else { return };
            let next = Chat {
                id: new,
                migrated_to: None,
                messages: std::collections::VecDeque::new(),
                ..chat.clone()
            };
            chat.migrated_to = Some(new);
            let (old_json, new_json) = (chat.json(), next.json());
            let from = chat.admins.first().and_then(|id| world.users.get(id));
            let from = from.map_or(json!(null), User::json);
            world.chats.insert(new, next);
            let date = world.now().as_second();
            for (chat, field, other) in
                [(old_json, "migrate_to_chat_id", new), (new_json, "migrate_from_chat_id", old)]
            {
                world.last_message_id += 1;
                let mut message = json!({
                    "message_id": world.last_message_id, "date": date, "chat": chat, field: other,
                });
                if !from.is_null() {
                    message["from"] = from.clone();
                }
                state.updates.push("message", &message);
            }
        });
    }

    /// Answers everything for one chat with 429 for so long; other chats go on.
    pub fn flood(&self, chat: i64, wait: Duration) {
        self.0.change(|state, _| state.pace.flood(chat, Instant::now() + wait));
    }

    /// Changes how fast the bot may send.
    pub fn limits(&self, limits: Limits) {
        self.0.change(|state, _| state.options.limits = limits);
    }

    /// Lets the next `times` requests in this scope fail, or all until [`TelegramSandbox::heal`]. Faults that wait for the
    /// same request come one after the other.
    pub fn plan(&self, scope: Scope, fault: Fault, times: impl Into<Option<u32>>) {
        let times = times.into();
        self.0.change(|state, _| state.plan.add(scope, fault, times));
    }

    /// Drops the updates that wait, and lets the ids of those that follow begin with `first`: what a bot finds behind
    /// another API root, or when a local server has lost its data.
    pub fn begin_updates_anew(&self, first: i64) {
        self.0.change(|state, _| state.updates.begin_anew(first));
    }

    /// Drops the planned faults.
    pub fn heal(&self) {
        self.0.change(|state, _| state.plan.clear());
    }

    /// Revokes the token (every request gets 401), or makes it valid again.
    pub fn revoke_token(&self, is_revoked: bool) {
        self.0.change(|state, _| state.is_revoked = is_revoked);
    }

    /// The messages of a chat, oldest first, of both sides, as they stand now.
    #[must_use]
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        self.0.look(|_, world| {
            let chat = world.chats.get(&chat);
            chat.map(|chat| chat.messages.iter().cloned().collect()).unwrap_or_default()
        })
    }

    /// The bot's messages in a chat, oldest first.
    #[must_use]
    pub fn sent(&self, chat: i64) -> Vec<Message> {
        let mut messages = self.messages(chat);
        messages.retain(|message| message.from.is_none());
        messages
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.0.look(|state, _| state.requests.iter().cloned().collect())
    }

    /// Forgets the requests so far; the counters stay.
    pub fn forget_requests(&self) {
        self.0.change(|state, _| state.requests.clear());
    }

    /// What the bot answered to presses of buttons, oldest first.
    #[must_use]
    pub fn answers(&self) -> Vec<CallbackAnswer> {
        self.0.look(|state, _| state.answers.iter().cloned().collect())
    }

    /// The menu of commands in a chat.
    #[must_use]
    pub fn commands(&self, chat: i64) -> Vec<BotCommand> {
        self.0.look(|state, _| state.menu(chat))
    }

    /// How often things happened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.look(|state, _| Counters { confirmed: state.updates.confirmed, ..state.counters })
    }

    /// Updates that the bot has not confirmed.
    #[must_use]
    pub fn waiting_updates(&self) -> usize {
        self.0.look(|state, _| state.updates.waiting())
    }

    /// Names and parameters of the methods that the sandbox has.
    pub fn known_methods() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        api::known_methods()
    }

    /// Waits until `check` holds; it is asked now and after every change. Wrap it in a time-out where it may never hold.
    pub async fn wait_for(&self, mut check: impl FnMut(&TelegramSandbox) -> bool) {
        let mut changes = self.0.changed.subscribe();
        loop {
            changes.mark_unchanged();
            if check(self) || changes.changed().await.is_err() {
                return;
            }
        }
    }
}

/// Whether the bot is told of a message: in groups, under privacy mode, only what is meant for it.
fn hears(state: &State, world: &World, message: &Message) -> bool {
    let Some(chat) = world.chats.get(&message.chat) else { return false };
    if chat.trouble == Some(Trouble::Kicked) || chat.trouble == Some(Trouble::NotMember) {
        return false;
    }
    if chat.is_private()
        || state.options.reads_all_group_messages
        || chat.admins.contains(&state.bot_id())
    {
        return true;
    }
    let Some(command) = message.text.strip_prefix('/') else { return false };
    let command = command.split_whitespace().next().unwrap_or_default();
    command.split_once('@').is_none_or(|(_, to)| to.eq_ignore_ascii_case(&state.options.username))
}

fn set_blocked(state: &mut State, world: &mut World, user: i64, is_blocked: bool) {
    let bot = state.bot_json();
    let date = world.now().as_second();
    let Some(from) = world.users.get(&user).map(User::json) else { return };
    let Some(chat) = world.chats.get_mut(&user) else { return };
    if (chat.trouble == Some(Trouble::Blocked)) == is_blocked {
        return;
    }
    chat.trouble = is_blocked.then_some(Trouble::Blocked);
    let (old, new) = if is_blocked { ("member", "kicked") } else { ("kicked", "member") };
    let update = json!({
        "chat": chat.json(),
        "from": from,
        "date": date,
        "old_chat_member": member_json(old, &bot),
        "new_chat_member": member_json(new, &bot),
    });
    state.updates.push("my_chat_member", &update);
}
