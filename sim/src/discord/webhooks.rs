//! Webhooks: addresses that anybody may post to who knows their token. They have no nonce.

use serde_json::json;

use super::answer::{Answer, Refusal, Reply};
use super::args::Args;
use super::draft::Draft;
use super::known::Known;
use super::mentions::{Allowed, pings};
use super::post::NewMessage;
use super::send::check_open;
use super::state::State;
use super::wire;
use crate::world::World;
use crate::world::discord::{Author, Channel, ChannelKind, Rights, Webhook};

impl State {
    /// Whether a path `/webhooks/{id}` is about the answers to an interaction: these go by the application's id.
    pub(super) fn is_interaction(&self, args: &Args) -> bool {
        args.id("webhook_id") == Ok(self.bot())
    }

    /// `GET /webhooks/{webhook_id}/{webhook_token}`
    pub(super) fn get_webhook(&mut self, world: &mut World, args: &Args) -> Answer {
        let hook = webhook(world, args)?;
        let guild = world.discord.channels.get(&hook.channel).and_then(|channel| channel.guild);
        Ok(Reply::Json(json!({
            "application_id": null,
            "avatar": null,
            "channel_id": wire::id(hook.channel),
            "guild_id": guild.map(wire::id),
            "id": wire::id(hook.id),
            "name": hook.name,
            "type": 1,
            "token": hook.token,
            "url": format!("{}/api/webhooks/{}/{}", self.base_url, hook.id, hook.token),
        })))
    }

    /// `DELETE /webhooks/{webhook_id}/{webhook_token}`
    pub(super) fn delete_webhook(&mut self, world: &mut World, args: &Args) -> Answer {
        let hook = webhook(world, args)?;
        world.discord.webhooks.remove(&hook.id);
        Ok(Reply::Empty)
    }

    /// `POST /webhooks/{webhook_id}/{webhook_token}`
    pub(super) fn execute_webhook(&mut self, world: &mut World, args: &Args) -> Answer {
        if self.is_interaction(args) {
            return self.follow_up(world, args);
        }
        let hook = webhook(world, args)?;
        let draft = Draft { nonce: None, ..Draft::read(&args.body)? };
        draft.check_filled()?;
        let target = target(world, args, &hook, draft.thread_name.as_deref());
        let waits = args.is_true("wait");
        let channel = match target {
            Ok(channel) => channel,
            // Without waiting, a message that is not saved is no error.
            Err(refusal) if waits || refusal.code >= 220_000 => return Err(refusal),
            Err(_) => return Ok(Reply::Empty),
        };
        self.open_thread(world, channel);
        let guild = world.discord.channels.get(&channel).and_then(|channel| channel.guild);
        let allowed = draft.allowed.clone().unwrap_or_else(Allowed::users);
        let content = draft.content.as_deref().unwrap_or_default();
        let name = draft.username.clone().unwrap_or_else(|| hook.name.clone());
        let mut message = NewMessage::new(channel, Author::Webhook { id: hook.id, name });
        message.pings = pings(content, &allowed, &world.discord, guild, Rights::MENTION_EVERYONE);
        message.flags = draft.own_flags();
        let id = self.post(world, message, draft);
        if waits { self.message_at(world, channel, id) } else { Ok(Reply::Empty) }
    }

    /// `GET /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`
    pub(super) fn get_webhook_message(&mut self, world: &mut World, args: &Args) -> Answer {
        if self.is_interaction(args) {
            return self.get_answer(world, args);
        }
        let (channel, id) = own_message(world, args)?;
        self.message_at(world, channel, id)
    }

    /// `PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`
    pub(super) fn update_webhook_message(&mut self, world: &mut World, args: &Args) -> Answer {
        if self.is_interaction(args) {
            return self.update_answer(world, args);
        }
        let (channel, id) = own_message(world, args)?;
        check_open(world, channel)?;
        self.change(world, channel, id, Draft::read(&args.body)?)?;
        self.message_at(world, channel, id)
    }

    /// `DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}`
    pub(super) fn delete_webhook_message(&mut self, world: &mut World, args: &Args) -> Answer {
        if self.is_interaction(args) {
            return self.delete_answer(world, args);
        }
        let (channel, id) = own_message(world, args)?;
        check_open(world, channel)?;
        self.remove(world, channel, id)?;
        Ok(Reply::Empty)
    }
}

/// The webhook of a path.
fn webhook(world: &World, args: &Args) -> Result<Webhook, Refusal> {
    let hook = world.discord.webhooks.get(&args.id("webhook_id")?).ok_or(Known::UnknownWebhook)?;
    if hook.token != args.text("webhook_token") {
        return Err(Known::InvalidWebhookToken.into());
    }
    Ok(hook.clone())
}

/// The thread that a request names; `None`: it names none.
fn thread(world: &World, args: &Args, hook: &Webhook) -> Result<Option<u64>, Refusal> {
    let Some(named) = args.parameter("thread_id") else { return Ok(None) };
    let found = named.parse().ok().and_then(|id: u64| world.discord.channels.get(&id));
    let is_of = |channel: &&Channel| {
        channel.kind == ChannelKind::Thread && channel.parent == Some(hook.channel)
    };
    Ok(Some(found.filter(is_of).ok_or(Known::UnknownChannel)?.id))
}

/// Where a message goes: the webhook's channel, a thread of it, or a new one in a forum.
fn target(
    world: &mut World,
    args: &Args,
    hook: &Webhook,
    new_thread: Option<&str>,
) -> Result<u64, Refusal> {
    let channel = world.discord.channels.get(&hook.channel).ok_or(Known::UnknownWebhook)?;
    let (is_forum, guild) = (channel.kind == ChannelKind::Forum, channel.guild);
    match (thread(world, args, hook)?, new_thread) {
        (Some(_), Some(_)) => Err(Known::TwoThreads.into()),
        (None, Some(_)) if !is_forum => Err(Known::ThreadsOnlyInForums.into()),
        (None, None) if is_forum => Err(Known::ForumNeedsThread.into()),
        (None, None) => Ok(hook.channel),
        (Some(thread), None) => {
            let is_locked = |channel: &Channel| channel.is_locked;
            if world.discord.channels.get(&thread).is_some_and(is_locked) {
                return Err(Known::ThreadLocked.into());
            }
            Ok(thread)
        }
        (None, Some(name)) => {
            let id = world.snowflake();
            let mut thread = Channel::new(id, ChannelKind::Thread, name);
            (thread.guild, thread.parent) = (guild, Some(hook.channel));
            world.discord.channels.insert(id, thread);
            Ok(id)
        }
    }
}

/// The channel and the id of a message that this webhook has written.
fn own_message(world: &World, args: &Args) -> Result<(u64, u64), Refusal> {
    let hook = webhook(world, args)?;
    let channel = thread(world, args, &hook)?.unwrap_or(hook.channel);
    let id = args.id("message_id")?;
    let found = world.discord.channels.get(&channel).and_then(|channel| channel.message(id));
    match found.map(|message| &message.author) {
        Some(Author::Webhook { id: author, .. }) if *author == hook.id => Ok((channel, id)),
        _ => Err(Known::UnknownMessage.into()),
    }
}
