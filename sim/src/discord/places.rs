//! The channels, threads, conversations and webhooks of the sandbox, and what administrators do to them; the bot is told
//! what it may hear.

use super::SandboxError;
use super::guilds::conversation;
use super::handle::DiscordSandbox;
use super::people::{forget_webhooks, guild_mut, tell_member};
use super::wire;
use crate::world::discord::{Channel, ChannelKind, Overwrite, Rights, Webhook, Whom};

impl DiscordSandbox {
    /// Makes a text channel; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn channel(&self, guild: u64, id: u64, name: &str) -> Result<(), SandboxError> {
        self.channel_of(guild, id, ChannelKind::Text, name)
    }

    /// Makes a channel of a kind that a guild has beside threads; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such guild.
    pub fn channel_of(
        &self,
        guild: u64,
        id: u64,
        kind: ChannelKind,
        name: &str,
    ) -> Result<(), SandboxError> {
        self.change(|state, world| {
            guild_mut(world, guild)?;
            let mut channel = Channel::new(id, kind, name);
            channel.guild = Some(guild);
            let json = wire::channel(world, &channel);
            world.discord.channels.insert(id, channel);
            tell_member(state, world, guild, "CHANNEL_CREATE", &json);
            Ok(())
        })
    }

    /// Makes a thread of a channel, or a post of a forum; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such channel, or it is of no guild.
    pub fn thread(&self, parent: u64, id: u64, name: &str) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let holder = world.discord.channels.get(&parent);
            let guild =
                holder.and_then(|holder| holder.guild).ok_or(SandboxError::UnknownChannel)?;
            let mut thread = Channel::new(id, ChannelKind::Thread, name);
            (thread.guild, thread.parent) = (Some(guild), Some(parent));
            let json = wire::channel(world, &thread);
            world.discord.channels.insert(id, thread);
            tell_member(state, world, guild, "THREAD_CREATE", &json);
            Ok(())
        })
    }

    /// The conversation with a person, made when there is none.
    ///
    /// # Errors
    ///
    /// When there is no such user.
    pub fn dm(&self, user: u64) -> Result<u64, SandboxError> {
        self.change(|_, world| {
            if !world.discord.users.contains_key(&user) {
                return Err(SandboxError::UnknownUser);
            }
            Ok(conversation(world, user))
        })
    }

    /// Lets a person take messages of others on their guilds, or not (50007).
    pub fn take_dms(&self, user: u64, takes: bool) {
        self.change(|_, world| {
            if let Some(user) = world.discord.users.get_mut(&user) {
                user.takes_dms = takes;
            }
        });
    }

    /// Deletes a channel or thread, with what hangs on it; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn delete_channel(&self, id: u64) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let channel = world.discord.channels.get(&id).ok_or(SandboxError::UnknownChannel)?;
            let json = wire::channel(world, channel);
            let (kind, guild) = (channel.kind, channel.guild);
            world.discord.channels.retain(|key, channel| {
                let is_thread_of =
                    channel.kind == ChannelKind::Thread && channel.parent == Some(id);
                *key != id && !is_thread_of
            });
            forget_webhooks(world);
            if let Some(guild) = guild {
                let kind = match kind {
                    ChannelKind::Thread => "THREAD_DELETE",
                    _ => "CHANNEL_DELETE",
                };
                tell_member(state, world, guild, kind, &json);
            }
            state.screen += 1;
            Ok(())
        })
    }

    /// Renames a channel or thread; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such channel; so everywhere below.
    pub fn rename_channel(&self, id: u64, name: &str) -> Result<(), SandboxError> {
        self.edit_channel(id, |channel| name.clone_into(&mut channel.name))
    }

    /// Archives a thread, or opens it; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such thread.
    pub fn archive_thread(&self, id: u64, is_archived: bool) -> Result<(), SandboxError> {
        self.edit_channel(id, |channel| channel.is_archived = is_archived)
    }

    /// Locks a thread, so that only who may manage threads writes there, or unlocks it; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such thread.
    pub fn lock_thread(&self, id: u64, is_locked: bool) -> Result<(), SandboxError> {
        self.edit_channel(id, |channel| channel.is_locked = is_locked)
    }

    /// Sets what a channel gives to somebody, and what it takes away; the bot is told.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn overwrite(
        &self,
        id: u64,
        whom: Whom,
        allow: Rights,
        deny: Rights,
    ) -> Result<(), SandboxError> {
        self.edit_channel(id, |channel| {
            channel.overwrites.retain(|overwrite| overwrite.whom != whom);
            channel.overwrites.push(Overwrite { whom, allow, deny });
        })
    }

    /// Takes rights away from the bot in a channel, and gives it all others; none at all undoes it.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn deny_bot(&self, id: u64, denied: Rights) -> Result<(), SandboxError> {
        self.overwrite(id, Whom::Member(self.bot()), Rights::NONE, denied)
    }

    fn edit_channel(&self, id: u64, edit: impl FnOnce(&mut Channel)) -> Result<(), SandboxError> {
        self.change(|state, world| {
            let channel = world.discord.channels.get_mut(&id);
            edit(channel.ok_or(SandboxError::UnknownChannel)?);
            state.tell_channel(world, id);
            state.screen += 1;
            Ok(())
        })
    }

    /// Makes a webhook of a channel. Returns its address.
    ///
    /// # Errors
    ///
    /// When there is no such channel.
    pub fn webhook(&self, channel: u64, id: u64, name: &str) -> Result<String, SandboxError> {
        self.change(|state, world| {
            if !world.discord.channels.contains_key(&channel) {
                return Err(SandboxError::UnknownChannel);
            }
            let token = format!("sandbox-{:016x}-opens-nothing", rand::random::<u64>());
            let url = format!("{}/api/webhooks/{id}/{token}", state.base_url);
            world
                .discord
                .webhooks
                .insert(id, Webhook { id, token, channel, name: name.to_owned() });
            Ok(url)
        })
    }

    /// Deletes a webhook.
    pub fn delete_webhook(&self, id: u64) {
        self.change(|_, world| world.discord.webhooks.remove(&id));
    }

    /// Lets somebody delete a message.
    pub fn delete_message(&self, channel: u64, message: u64) {
        self.change(|state, world| {
            if let Some(channel) = world.discord.channels.get_mut(&channel) {
                channel.messages.retain(|held| held.id != message);
            }
            state.screen += 1;
        });
    }
}
