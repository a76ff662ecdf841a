//! The nouns of Telegram: people, chats, and what is written there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::World;
use super::entity::Entity;

/// Ids from here down are supergroups and channels.
const SUPERGROUP_FROM: i64 = -1_000_000_000_000;

/// A person.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A chat.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// The first is the creator.
    pub(crate) admins: Vec<i64>,
    pub(crate) members: BTreeSet<i64>,
    pub(crate) topics: BTreeMap<i64, String>,
    /// Whether the user ever wrote; until then a bot can't.
    pub(crate) is_started: bool,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) migrated_to: Option<i64>,
    pub(crate) messages: VecDeque<Message>,
}

impl Chat {
    pub(crate) fn new(id: i64, title: &str) -> Chat {
        Chat {
            id,
            title: title.to_owned(),
            admins: Vec::new(),
            members: BTreeSet::new(),
            topics: BTreeMap::new(),
            is_started: id < 0,
            trouble: None,
            migrated_to: None,
            messages: VecDeque::new(),
        }
    }

    pub(crate) fn is_private(&self) -> bool {
        self.id > 0
    }

    /// Telegram's word for its kind.
    pub(crate) fn kind(&self) -> &'static str {
        match self.id {
            1.. => "private",
            id if id <= SUPERGROUP_FROM => "supergroup",
            _ => "group",
        }
    }

    pub(crate) fn message(&self, id: i64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }
}

/// Why a chat takes no messages, in a way that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// 403: the user blocked the bot.
    Blocked,
    /// 403: the user's account is gone.
    Deactivated,
    /// 403: the bot was thrown out.
    Kicked,
    /// 403: the bot is not a member.
    NotMember,
    /// 403: the group is gone.
    Deleted,
    /// 400: nobody knows such a chat.
    NotFound,
    /// 400: the bot may not write there.
    NoRights,
    /// 400, for photos: the bot may write there, but send none.
    NoPhotos,
    /// 400: the bot is no administrator of the channel.
    NeedAdmin,
}

/// One message in a chat, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: i64,
    /// The chat.
    pub chat: i64,
    /// The topic, in a forum.
    pub thread: Option<i64>,
    /// Who wrote it; `None`: the bot.
    pub from: Option<i64>,
    /// When.
    pub date: Timestamp,
    /// When it was last edited.
    pub edited: Option<Timestamp>,
    /// The photo that it is, with the text as its caption.
    pub photo: Option<Photo>,
    /// The file that it is, with the text as its caption.
    pub document: Option<Document>,
    /// The plain text.
    pub text: String,
    /// What its parts are.
    pub entities: Vec<Entity>,
    /// The text as the request had it, markup included.
    pub html: String,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Whether it came without a sound.
    pub silent: bool,
    /// Whether it may show a preview of its link.
    pub preview: bool,
    /// The message it answers.
    pub reply_to: Option<i64>,
}

impl Message {
    /// Whether its text is a caption.
    #[must_use]
    pub const fn has_caption(&self) -> bool {
        self.photo.is_some() || self.document.is_some()
    }
}

/// A photo, as it came.
#[derive(Clone)]
pub struct Photo {
    /// The file.
    pub bytes: Arc<[u8]>,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

impl fmt::Debug for Photo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Photo { bytes, width, height } = self;
        write!(f, "Photo({width} x {height}, {} bytes)", bytes.len())
    }
}

impl PartialEq for Photo {
    /// Whether both are one upload: to Telegram, the same bytes sent again are another photo.
    fn eq(&self, other: &Photo) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes)
    }
}

/// A general file, as it came.
#[derive(Clone)]
pub struct Document {
    /// What its sender calls it, whatever that is.
    pub name: String,
    /// The file.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

impl PartialEq for Document {
    /// Whether both are one upload, as with photos.
    fn eq(&self, other: &Document) -> bool {
        Arc::ptr_eq(&self.bytes, &other.bytes)
    }
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its label.
    pub text: String,
    /// What comes back when it is pressed.
    #[serde(rename = "callback_data", skip_serializing_if = "Option::is_none", default)]
    pub data: Option<String>,
    /// What it opens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
}

impl World {
    /// Puts a new message into its chat, which keeps `most` of them.
    pub(crate) fn write(&mut self, message: Message, most: usize) {
        self.last_message_id = message.id;
        if let Some(chat) = self.chats.get_mut(&message.chat) {
            while chat.messages.len() >= most.max(1) {
                chat.messages.pop_front();
            }
            chat.messages.push_back(message);
        }
    }
}
