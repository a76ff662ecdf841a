//! Messages that come into a channel, change, and go: the same for the bot, its answers, and webhooks.

use super::answer::Refusal;
use super::body::File;
use super::draft::{Draft, LOADING, SUPPRESS_EMBEDS};
use super::known::Known;
use super::state::State;
use crate::world::World;
use crate::world::discord::{Attachment, Author, Message, Origin, Pings};

/// What a new message is beside its content.
#[derive(Debug)]
pub(super) struct NewMessage {
    pub(super) channel: u64,
    pub(super) author: Author,
    pub(super) origin: Option<Origin>,
    pub(super) only_for: Option<u64>,
    pub(super) flags: u64,
    pub(super) pings: Pings,
}

impl NewMessage {
    pub(super) fn new(channel: u64, author: Author) -> NewMessage {
        let pings = Pings::default();
        NewMessage { channel, author, origin: None, only_for: None, flags: 0, pings }
    }
}

impl State {
    /// Puts a message into its channel. Returns its id.
    pub(super) fn post(&mut self, world: &mut World, new: NewMessage, draft: Draft) -> u64 {
        let id = world.snowflake();
        let attachments = files(world, draft.files);
        let message = Message {
            id,
            channel: new.channel,
            author: new.author,
            origin: new.origin,
            date: world.now(),
            edited: None,
            content: draft.content.unwrap_or_default(),
            embeds: draft.embeds.unwrap_or_default(),
            buttons: draft.buttons.unwrap_or_default(),
            attachments,
            flags: new.flags,
            nonce: draft.nonce,
            pings: new.pings,
            only_for: new.only_for,
            reply_to: draft.reply_to,
        };
        self.counters.sent += u64::from(!matches!(message.author, Author::User(_)));
        world.post(message, self.options.kept_messages);
        self.screen += 1;
        id
    }

    /// Changes what a draft names of a message.
    ///
    /// # Errors
    ///
    /// When there is no such message, or nothing would be left of it.
    pub(super) fn change(
        &mut self,
        world: &mut World,
        channel: u64,
        id: u64,
        draft: Draft,
    ) -> Result<(), Refusal> {
        let now = world.now();
        let fresh = files(world, draft.files);
        let found = world.discord.channels.get_mut(&channel).ok_or(Known::UnknownChannel)?;
        let message = found.message_mut(id).ok_or(Known::UnknownMessage)?;
        let mut next = message.clone();
        next.content = draft.content.unwrap_or(next.content);
        next.embeds = draft.embeds.unwrap_or(next.embeds);
        next.buttons = draft.buttons.unwrap_or(next.buttons);
        if let Some(kept) = draft.kept {
            next.attachments.retain(|file| kept.contains(&file.id));
        }
        next.attachments.extend(fresh);
        if let Some(flags) = draft.flags {
            next.flags = (next.flags & !SUPPRESS_EMBEDS) | (flags & SUPPRESS_EMBEDS);
        }
        if next.content.is_empty()
            && next.embeds.is_empty()
            && next.buttons.is_empty()
            && next.attachments.is_empty()
        {
            return Err(Known::EmptyMessage.into());
        }
        // What was only announced is written now.
        if next.is_loading() {
            next.flags &= !LOADING;
        } else {
            next.edited = Some(now);
        }
        *message = next;
        self.counters.edited += 1;
        self.screen += 1;
        Ok(())
    }

    /// Takes a message away.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn remove(
        &mut self,
        world: &mut World,
        channel: u64,
        id: u64,
    ) -> Result<(), Refusal> {
        let found = world.discord.channels.get_mut(&channel).ok_or(Known::UnknownChannel)?;
        let before = found.messages.len();
        found.messages.retain(|message| message.id != id);
        if found.messages.len() == before {
            return Err(Known::UnknownMessage.into());
        }
        self.counters.deleted += 1;
        self.screen += 1;
        Ok(())
    }
}

fn files(world: &mut World, files: Vec<(File, Option<String>)>) -> Vec<Attachment> {
    let attachment = |(file, description): (File, Option<String>)| Attachment {
        id: world.snowflake(),
        filename: file.name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect(),
        content_type: file.content_type,
        description,
        bytes: file.bytes,
    };
    files.into_iter().map(attachment).collect()
}

/// Whether Discord leaves a character in the name of a file.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}
