//! Messages of the bot in channels: what Discord checks, in its order.

use serde_json::Value;

use super::answer::{Answer, Refusal, Reply};
use super::args::Args;
use super::draft::Draft;
use super::form::Form;
use super::known::Known;
use super::mentions::{Allowed, pings};
use super::post::NewMessage;
use super::state::State;
use super::{EmbedsBarred, wire};
use crate::world::World;
use crate::world::discord::{Author, Channel, ChannelKind, Message, Rights};

impl State {
    /// `POST /channels/{channel_id}/messages`
    pub(super) fn create_message(&mut self, world: &mut World, args: &Args) -> Answer {
        let channel = args.id("channel_id")?;
        let rights = self.writable(world, channel)?;
        let mut draft = Draft::read(&args.body)?;
        if !draft.files.is_empty() && !rights.have(Rights::ATTACH_FILES) {
            return Err(Known::MissingPermissions.into());
        }
        self.bar_embeds(&mut draft, rights)?;
        draft.check_filled()?;
        if draft.enforces_nonce
            && let Some(earlier) = draft.nonce.as_ref().and_then(|nonce| self.earlier(world, nonce))
        {
            self.counters.repeated += 1;
            return Ok(Reply::Json(earlier));
        }
        check_reply(world, channel, &draft)?;
        let nonce = draft.nonce.clone();
        let guild = world.discord.channels.get(&channel).and_then(|channel| channel.guild);
        let allowed = draft.allowed.clone().unwrap_or_else(Allowed::all);
        let content = draft.content.as_deref().unwrap_or_default();
        let mut rung = pings(content, &allowed, &world.discord, guild, rights);
        let answered = draft.reply_to.and_then(|id| author_of(world, channel, id));
        if let Some(user) = answered.filter(|user| allowed.replied && !rung.users.contains(user)) {
            rung.users.push(user);
        }
        let mut message = NewMessage::new(channel, Author::Bot);
        message.pings = rung;
        message.flags = draft.own_flags();
        self.open_thread(world, channel);
        let id = self.post(world, message, draft);
        if let Some(nonce) = nonce {
            self.note_nonce(world, nonce, channel, id);
        }
        self.message_at(world, channel, id)
    }

    /// `PATCH /channels/{channel_id}/messages/{message_id}`
    pub(super) fn update_message(&mut self, world: &mut World, args: &Args) -> Answer {
        let (channel, id) = (args.id("channel_id")?, args.id("message_id")?);
        let rights = self.visible(world, channel)?;
        let message = seen(world, channel, id)?;
        if message.author != Author::Bot {
            return Err(Known::NotYours.into());
        }
        check_open(world, channel)?;
        let mut draft = Draft::read(&args.body)?;
        self.bar_embeds(&mut draft, rights)?;
        self.change(world, channel, id, draft)?;
        self.message_at(world, channel, id)
    }

    /// `DELETE /channels/{channel_id}/messages/{message_id}`
    pub(super) fn delete_message(&mut self, world: &mut World, args: &Args) -> Answer {
        let (channel, id) = (args.id("channel_id")?, args.id("message_id")?);
        let rights = self.visible(world, channel)?;
        let is_own = seen(world, channel, id)?.author == Author::Bot;
        if !is_own && !rights.have(Rights::MANAGE_MESSAGES) {
            return Err(Known::MissingPermissions.into());
        }
        check_open(world, channel)?;
        self.remove(world, channel, id)?;
        Ok(Reply::Empty)
    }

    /// `GET /channels/{channel_id}/messages/{message_id}`
    pub(super) fn get_message(&mut self, world: &mut World, args: &Args) -> Answer {
        let (channel, id) = (args.id("channel_id")?, args.id("message_id")?);
        let rights = self.visible(world, channel)?;
        if !rights.have(Rights::READ_MESSAGE_HISTORY) {
            return Err(Known::MissingPermissions.into());
        }
        seen(world, channel, id)?;
        self.message_at(world, channel, id)
    }

    /// What the bot may do in a channel that it sees.
    ///
    /// # Errors
    ///
    /// When there is no such channel, or the bot does not see it.
    pub(super) fn visible(&self, world: &World, channel: u64) -> Result<Rights, Refusal> {
        let found = world.discord.channels.get(&channel).ok_or(Known::UnknownChannel)?;
        let guild = found.guild.and_then(|guild| world.discord.guilds.get(&guild));
        let rights = self.rights(&world.discord, channel);
        if guild.is_some_and(|guild| guild.is_away) || !rights.have(Rights::VIEW_CHANNEL) {
            return Err(Known::MissingAccess.into());
        }
        Ok(rights)
    }

    /// The same for a channel in which the bot may write.
    fn writable(&self, world: &World, channel: u64) -> Result<Rights, Refusal> {
        let rights = self.visible(world, channel)?;
        let found = world.discord.channels.get(&channel).ok_or(Known::UnknownChannel)?;
        let wanted = match found.kind {
            ChannelKind::Category | ChannelKind::Forum => {
                return Err(Known::NoTextChannel.into());
            }
            ChannelKind::Dm => {
                let user = found.recipient.and_then(|user| world.discord.users.get(&user));
                return match user {
                    Some(user) if user.takes_dms => Ok(rights),
                    _ => Err(Known::NoDirectMessages.into()),
                };
            }
            ChannelKind::Text => Rights::SEND_MESSAGES,
            ChannelKind::Thread => Rights::SEND_MESSAGES_IN_THREADS,
        };
        if !rights.have(wanted) {
            return Err(Known::MissingPermissions.into());
        }
        if found.is_locked && !rights.have(Rights::MANAGE_THREADS) {
            return Err(Known::ThreadLocked.into());
        }
        Ok(rights)
    }

    /// What becomes of embeds where the bot may show none.
    fn bar_embeds(&self, draft: &mut Draft, rights: Rights) -> Result<(), Refusal> {
        let has_embeds = draft.embeds.as_ref().is_some_and(|embeds| !embeds.is_empty());
        if !has_embeds || rights.have(Rights::EMBED_LINKS) {
            return Ok(());
        }
        match self.options.embeds_barred {
            EmbedsBarred::Refused => Err(Known::MissingPermissions.into()),
            EmbedsBarred::Dropped => {
                draft.embeds = None;
                Ok(())
            }
        }
    }

    /// The message that was sent under this nonce, as it stands now.
    fn earlier(&self, world: &World, nonce: &Value) -> Option<Value> {
        let (channel, id) = self.sent_under(world, nonce)?;
        let message = world.discord.channels.get(&channel)?.message(id)?;
        Some(self.message(world, message))
    }

    /// A message as the answer to a request.
    pub(super) fn message_at(&self, world: &World, channel: u64, id: u64) -> Answer {
        let found = world.discord.channels.get(&channel).and_then(|channel| channel.message(id));
        let message = found.ok_or(Known::UnknownMessage)?;
        Ok(Reply::Json(self.message(world, message)))
    }

    /// Whoever writes in a thread opens it again.
    pub(super) fn open_thread(&mut self, world: &mut World, channel: u64) {
        let Some(found) = world.discord.channels.get_mut(&channel) else { return };
        if found.is_archived {
            found.is_archived = false;
            self.tell_channel(world, channel);
        }
    }

    /// Tells the bot how a channel or thread stands now.
    pub(super) fn tell_channel(&mut self, world: &World, channel: u64) {
        let Some(found) = world.discord.channels.get(&channel) else { return };
        let kind = match found.kind {
            ChannelKind::Thread => "THREAD_UPDATE",
            _ => "CHANNEL_UPDATE",
        };
        let is_told = found.guild.is_some_and(|guild| self.is_in(&world.discord, guild));
        if is_told {
            let json = wire::channel(world, found);
            self.gateway.tell(super::session::GUILDS, kind, &json);
        }
    }
}

/// A message that the bot can see.
fn seen(world: &World, channel: u64, id: u64) -> Result<&Message, Refusal> {
    let found = world.discord.channels.get(&channel).and_then(|channel| channel.message(id));
    // Those for one reader can be had by their interaction alone.
    Ok(found.filter(|message| message.only_for.is_none()).ok_or(Known::UnknownMessage)?)
}

/// Nothing changes in a thread that is archived.
pub(super) fn check_open(world: &World, channel: u64) -> Result<(), Refusal> {
    let is_archived = |channel: &Channel| channel.is_archived;
    if world.discord.channels.get(&channel).is_some_and(is_archived) {
        return Err(Known::ThreadArchived.into());
    }
    Ok(())
}

/// A message can only answer one that is there.
fn check_reply(world: &World, channel: u64, draft: &Draft) -> Result<(), Refusal> {
    let Some(id) = draft.reply_to else { return Ok(()) };
    let found = world.discord.channels.get(&channel).and_then(|channel| channel.message(id));
    if found.is_some() {
        return Ok(());
    }
    let mut form = Form::default();
    let code = "MESSAGE_REFERENCE_UNKNOWN_MESSAGE";
    form.wrong("message_reference", code, "Unknown message");
    form.check()
}

/// The person who wrote a message.
fn author_of(world: &World, channel: u64, id: u64) -> Option<u64> {
    match world.discord.channels.get(&channel)?.message(id)?.author {
        Author::User(user) => Some(user),
        Author::Bot | Author::Webhook { .. } => None,
    }
}
