//! The nouns of Discord: people, guilds with their roles and channels, and what is written there.
//!
//! Ids are snowflakes: numbers that begin with the time, here as plain `u64`. The role that everybody has carries the id
//! of its guild.

mod message;
mod rights;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use super::World;
pub use message::{
    Attachment, Author, Button, ButtonStyle, Embed, EmbedAuthor, EmbedField, EmbedFooter,
    EmbedImage, Message, Origin, Pings,
};
pub use rights::Rights;

/// Snowflakes count milliseconds from here: 2015-01-01.
/// Source: <https://discord.com/developers/docs/reference#snowflakes> (read 2026-11).
const EPOCH_MS: i64 = 1_420_070_400_000;
/// Bits of a snowflake below its time.
const SERIAL_BITS: u32 = 22;

/// Everything of Discord that there is.
#[derive(Debug, Default)]
pub(crate) struct Discord {
    pub(crate) users: BTreeMap<u64, User>,
    pub(crate) guilds: BTreeMap<u64, Guild>,
    pub(crate) channels: BTreeMap<u64, Channel>,
    pub(crate) webhooks: BTreeMap<u64, Webhook>,
    /// Counts snowflakes.
    serial: u64,
}

/// A person, or the bot.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) is_bot: bool,
    /// Whether others on their guilds may write to them.
    pub(crate) takes_dms: bool,
}

/// A server, as people call it.
#[derive(Debug, Clone)]
pub(crate) struct Guild {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) owner: u64,
    pub(crate) roles: BTreeMap<u64, Role>,
    pub(crate) members: BTreeMap<u64, Member>,
    /// Whether an outage hides it.
    pub(crate) is_away: bool,
}

/// A role.
#[derive(Debug, Clone)]
pub(crate) struct Role {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) rights: Rights,
    /// Whether everybody may mention it.
    pub(crate) is_mentionable: bool,
}

/// Somebody in a guild.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) roles: BTreeSet<u64>,
    pub(crate) joined_at: Timestamp,
}

/// What a channel is. The numbers are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    /// A text channel of a guild.
    Text = 0,
    /// The conversation with one person.
    Dm = 1,
    /// A heading over channels; nobody writes there.
    Category = 4,
    /// A thread of a text channel, or a post of a forum.
    Thread = 11,
    /// A channel of threads; nobody writes there but in these.
    Forum = 15,
}

/// A place to write, or one that holds such places.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: u64,
    pub(crate) kind: ChannelKind,
    pub(crate) name: String,
    /// `None`: a conversation.
    pub(crate) guild: Option<u64>,
    /// The channel of a thread.
    pub(crate) parent: Option<u64>,
    /// With whom a conversation is.
    pub(crate) recipient: Option<u64>,
    pub(crate) overwrites: Vec<Overwrite>,
    pub(crate) is_archived: bool,
    pub(crate) is_locked: bool,
    pub(crate) messages: VecDeque<Message>,
}

/// What a channel gives or takes away from a role or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overwrite {
    pub(crate) whom: Whom,
    pub(crate) allow: Rights,
    pub(crate) deny: Rights,
}

/// Whom an overwrite concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// A role; the guild's own id is everybody.
    Role(u64),
    /// One member.
    Member(u64),
}

/// An address that anybody may post to who knows its token.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) channel: u64,
    pub(crate) name: String,
}

impl Channel {
    pub(crate) fn new(id: u64, kind: ChannelKind, name: &str) -> Channel {
        Channel {
            id,
            kind,
            name: name.to_owned(),
            guild: None,
            parent: None,
            recipient: None,
            overwrites: Vec::new(),
            is_archived: false,
            is_locked: false,
            messages: VecDeque::new(),
        }
    }

    pub(crate) fn message(&self, id: u64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }

    pub(crate) fn message_mut(&mut self, id: u64) -> Option<&mut Message> {
        self.messages.iter_mut().find(|message| message.id == id)
    }
}

impl Discord {
    /// What somebody may do in a channel: nothing, when it or they are not there.
    pub(crate) fn rights(&self, user: u64, channel: u64) -> Rights {
        let Some(channel) = self.channels.get(&channel) else { return Rights::NONE };
        let Some(guild) = channel.guild else { return Rights::CONVERSATION };
        let Some(guild) = self.guilds.get(&guild) else { return Rights::NONE };
        // A thread has the overwrites of its channel.
        let holder = channel.parent.filter(|_| channel.kind == ChannelKind::Thread);
        let holder = holder.and_then(|parent| self.channels.get(&parent)).unwrap_or(channel);
        rights::in_channel(guild, holder, user)
    }

    /// The conversation with somebody, if there is one.
    pub(crate) fn conversation(&self, user: u64) -> Option<u64> {
        let mut channels = self.channels.values();
        channels.find(|channel| channel.recipient == Some(user)).map(|channel| channel.id)
    }

    /// The threads of a guild that are not archived.
    pub(crate) fn open_threads(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels.values().filter(move |channel| {
            channel.guild == Some(guild)
                && channel.kind == ChannelKind::Thread
                && !channel.is_archived
        })
    }

    /// The channels of a guild, threads left out.
    pub(crate) fn channels_of(&self, guild: u64) -> impl Iterator<Item = &Channel> {
        self.channels.values().filter(move |channel| {
            channel.guild == Some(guild) && channel.kind != ChannelKind::Thread
        })
    }
}

impl World {
    /// A new id, larger than all before it.
    pub(crate) fn snowflake(&mut self) -> u64 {
        self.discord.serial += 1;
        let elapsed_ms = self.now().as_millisecond().saturating_sub(EPOCH_MS);
        (elapsed_ms.max(0).unsigned_abs() << SERIAL_BITS) | self.discord.serial
    }

    /// Puts a new message of Discord into its channel, which keeps `most` of them.
    pub(crate) fn post(&mut self, message: Message, most: usize) {
        if let Some(channel) = self.discord.channels.get_mut(&message.channel) {
            while channel.messages.len() >= most.max(1) {
                channel.messages.pop_front();
            }
            channel.messages.push_back(message);
        }
    }
}
