//! Identifiers, made at the edge: whoever holds one knows that it is well-formed.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::text;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a video id.
    #[error("a video id is 11 of A-Z a-z 0-9 - _, as in dQw4w9WgXcQ")]
    Video,
    /// Not a channel id.
    #[error("a channel id is UC and 22 of A-Z a-z 0-9 - _")]
    Channel,
    /// Not a playlist id.
    #[error(
        "a playlist id is 2 to 64 of A-Z a-z 0-9 - _, as in PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
    )]
    Playlist,
    /// Not a handle.
    #[error("a handle is @ and 3 to 30 letters, digits, dots, dashes or underscores")]
    Handle,
    /// Not an address of YouTube, or one that names no video, channel or playlist.
    #[error("{0}")]
    Reference(String),
}

fn is_id_text(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The id of a video: 11 of `[A-Za-z0-9_-]`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VideoId([u8; 11]);

impl VideoId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII is ever stored, see from_str")
    }

    /// The address of the video's page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://www.youtube.com/watch?v={self}")
    }
}

impl FromStr for VideoId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes: [u8; 11] = text.as_bytes().try_into().map_err(|_| IdError::Video)?;
        if is_id_text(text) { Ok(VideoId(bytes)) } else { Err(IdError::Video) }
    }
}

impl TryFrom<String> for VideoId {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<VideoId> for String {
    fn from(id: VideoId) -> String {
        id.as_str().to_owned()
    }
}

impl fmt::Display for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $error:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok($name(text.to_owned())) } else { Err(IdError::$error) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// The id of a channel: `UC` and 22 of `[A-Za-z0-9_-]`.
    ChannelId, Channel, |text| text.len() == 24 && text.starts_with("UC") && is_id_text(text)
);
text_id!(
    /// The id of a playlist: 2 to 64 of `[A-Za-z0-9_-]`, such as `PL…`, `UU…`, `OLAK5uy_…`.
    PlaylistId, Playlist, |text| (2..=64).contains(&text.len()) && is_id_text(text)
);
/// A channel's handle with its `@`, in the composed form (NFC); letters of any script.
///
/// Which scripts, how many characters of each and which mixtures there are is YouTube's to say; here a handle only has
/// to be a word that could be one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle(String);

/// Longest handle. Source: <https://support.google.com/youtube/answer/11585688> (2026-11), which counts letters: each
/// may have marks.
const HANDLE_MAX_LETTERS: usize = 30;

/// The same in Unicode characters, so that marks have a bound.
const HANDLE_MAX_CHARS: usize = 120;

/// Shortest handle of Latin letters. Source: as above; some scripts need fewer.
const HANDLE_MIN_ASCII: usize = 3;

impl Handle {
    /// The handle as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn is_name(name: &str) -> bool {
        let is_sign = |c: char| matches!(c, '.' | '-' | '_' | '·');
        let mut before = None;
        let is_fine = name.chars().all(|c| {
            let begins = before.replace(c).is_none();
            // A mark needs a letter to stand on, and a joiner has its place between two. A full stop at the end is
            // that of a sentence.
            if begins && (text::is_mark(c) || text::is_joiner(c)) {
                return false;
            }
            is_sign(c) || text::is_joiner(c) || (text::is_of_word(c) && !text::is_invisible(c))
        });
        is_fine
            && !name.is_empty()
            && !before.is_some_and(|last| text::is_joiner(last) || last == '.')
            && (!name.is_ascii() || name.len() >= HANDLE_MIN_ASCII)
            && name.chars().count() <= HANDLE_MAX_CHARS
            && name.graphemes(true).count() <= HANDLE_MAX_LETTERS
    }
}

impl FromStr for Handle {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let composed = text::composed(text);
        match composed.strip_prefix('@') {
            Some(name) if Handle::is_name(name) => Ok(Handle(composed.into_owned())),
            _ => Err(IdError::Handle),
        }
    }
}

impl TryFrom<String> for Handle {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> String {
        handle.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a watch looks at. The text form (`Display`, `parse`) is the stored one:
/// `video:ID`, `channel:UC…`, `channel:@handle`, `playlist:PL…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectRef {
    /// One video.
    Video(VideoId),
    /// All uploads of a channel.
    Channel(ChannelId),
    /// All uploads of a channel whose id is still to be asked for.
    Handle(Handle),
    /// The members of a playlist.
    Playlist(PlaylistId),
}

impl fmt::Display for SubjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SubjectRef::Video(id) => write!(f, "video:{id}"),
            SubjectRef::Channel(id) => write!(f, "channel:{id}"),
            SubjectRef::Handle(id) => write!(f, "channel:{id}"),
            SubjectRef::Playlist(id) => write!(f, "playlist:{id}"),
        }
    }
}

impl FromStr for SubjectRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once(':') {
            Some(("video", id)) => id.parse().map(SubjectRef::Video),
            Some(("channel", id)) if id.starts_with('@') => id.parse().map(SubjectRef::Handle),
            Some(("channel", id)) => id.parse().map(SubjectRef::Channel),
            Some(("playlist", id)) => id.parse().map(SubjectRef::Playlist),
            _ => Err(IdError::Reference(format!("`{text}` names no video, channel or playlist"))),
        }
    }
}

impl SubjectRef {
    /// The page on YouTube.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            SubjectRef::Video(id) => id.url(),
            SubjectRef::Channel(id) => format!("https://www.youtube.com/channel/{id}"),
            SubjectRef::Handle(id) => format!("https://www.youtube.com/{id}"),
            SubjectRef::Playlist(id) => format!("https://www.youtube.com/playlist?list={id}"),
        }
    }

    /// The form in which two names of one thing are alike: YouTube takes a handle in any case.
    #[must_use]
    pub fn folded(&self) -> Cow<'_, SubjectRef> {
        match self {
            SubjectRef::Handle(handle) => {
                Cow::Owned(SubjectRef::Handle(Handle(text::folded(handle.as_str()))))
            }
            SubjectRef::Video(_) | SubjectRef::Channel(_) | SubjectRef::Playlist(_) => {
                Cow::Borrowed(self)
            }
        }
    }
}

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id!(
    /// The row of a video in the store.
    VideoKey
);
row_id!(
    /// The row of a destination.
    DestinationId
);
row_id!(
    /// The row of a subscription: one destination watching one subject.
    SubscriptionId
);
row_id!(
    /// The row of a rule.
    RuleId
);
row_id!(
    /// The row of a trigger.
    TriggerId
);
row_id!(
    /// The row of an alert.
    AlertId
);
row_id!(
    /// The row of a notification.
    NotificationId
);
row_id!(
    /// The row of a card.
    CardId
);
