//! A message of Discord as it stands now: text, embeds, buttons, files, and whom it rang.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A person.
    User(u64),
    /// The bot, by itself or as an answer.
    Bot,
    /// Whoever knows the token of a webhook, under a name of their choice.
    Webhook {
        /// The webhook.
        id: u64,
        /// The name that is shown.
        name: String,
    },
}

/// The interaction that a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The interaction's id.
    pub interaction: u64,
    /// Its kind, as Discord numbers them: 2 is a command, 3 a button, 5 a dialogue.
    pub kind: u8,
    /// Who asked.
    pub user: u64,
    /// The command that they used, with its subcommands; empty for others.
    pub command: String,
}

/// Whom a message rings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pings {
    /// `@everyone` or `@here`.
    pub everyone: bool,
    /// Roles, in the order of their ids.
    pub roles: Vec<u64>,
    /// People, in the order of their ids.
    pub users: Vec<u64>,
}

impl Pings {
    /// Whether it rings nobody.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Pings::default()
    }
}

/// One message in a channel, as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id.
    pub id: u64,
    /// The channel.
    pub channel: u64,
    /// Who wrote it.
    pub author: Author,
    /// The interaction that it answers.
    pub origin: Option<Origin>,
    /// When.
    pub date: Timestamp,
    /// When it was last edited.
    pub edited: Option<Timestamp>,
    /// The text as it came, without outer whitespace.
    pub content: String,
    /// Its embeds, those that are shown.
    pub embeds: Vec<Embed>,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Discord's bits: 4 shows no previews of links, 64 is for one reader, 128 is still to come, 4096 makes no sound.
    pub flags: u64,
    /// What its author told it apart by.
    pub nonce: Option<Value>,
    /// Whom it rings.
    pub pings: Pings,
    /// The only one who sees it.
    pub only_for: Option<u64>,
    /// The message it answers.
    pub reply_to: Option<u64>,
}

impl Message {
    /// Whether it came without a sound.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.flags & (1 << 12) != 0
    }

    /// Whether the bot has announced it, and is still to write it.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        self.flags & (1 << 7) != 0
    }

    /// Whether somebody sees it.
    #[must_use]
    pub fn is_for(&self, reader: u64) -> bool {
        self.only_for.is_none_or(|only| only == reader)
    }

    /// The button of this custom id.
    #[must_use]
    pub fn button(&self, custom_id: &str) -> Option<&Button> {
        let mut buttons = self.buttons.iter().flatten();
        buttons.find(|button| button.custom_id.as_deref() == Some(custom_id))
    }
}

/// A box of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Embed {
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the title links to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// An instant that the footer shows, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The colour of the bar, as 0xRRGGBB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<u32>,
    /// The line above the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<EmbedAuthor>,
    /// Names with values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<EmbedField>,
    /// A small picture at the side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbnail: Option<EmbedImage>,
    /// A picture below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<EmbedImage>,
    /// The line at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<EmbedFooter>,
}

/// The line above the title of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedAuthor {
    /// The name.
    pub name: String,
    /// What it links to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A picture beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
}

/// A name with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedField {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Whether it may stand beside others.
    pub inline: bool,
}

/// A picture, by its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedImage {
    /// Where it is.
    pub url: String,
}

/// The line at the end of an embed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbedFooter {
    /// The text.
    pub text: String,
    /// A picture beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_url: Option<String>,
}

/// How a button looks. The numbers are Discord's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// Blue.
    Primary = 1,
    /// Grey.
    Secondary = 2,
    /// Green.
    Success = 3,
    /// Red.
    Danger = 4,
    /// Grey, and opens an address.
    Link = 5,
}

/// A button under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// How it looks.
    pub style: ButtonStyle,
    /// Its label; empty when there is only an emoji.
    pub label: String,
    /// Its emoji, as it came.
    pub emoji: Option<Value>,
    /// What comes back when it is pressed.
    pub custom_id: Option<String>,
    /// What it opens.
    pub url: Option<String>,
    /// Whether it can't be pressed.
    pub is_disabled: bool,
}

/// A file of a message.
#[derive(Clone)]
pub struct Attachment {
    /// Its id within Discord.
    pub id: u64,
    /// Its name.
    pub filename: String,
    /// What its sender says it is.
    pub content_type: Option<String>,
    /// What it shows, for those who do not see it.
    pub description: Option<String>,
    /// The file.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({}, {} bytes)", self.filename, self.bytes.len())
    }
}

impl PartialEq for Attachment {
    fn eq(&self, other: &Attachment) -> bool {
        self.id == other.id
    }
}
