//! What is looked at, and what was found.

use std::time::Duration;

use crate::model::{SubjectRef, UnixMillis, VideoId};
use crate::source::answer::Member;
use crate::source::error::SourceError;

/// A channel or playlist that is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    /// Which one.
    pub subject: &'a SubjectRef,
    /// How many members it may have: the newest.
    pub members_max: usize,
    /// Whether people were told that it is gone.
    pub is_gone: bool,
}

/// One member as a look found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The video.
    pub id: VideoId,
    /// Its title, where the row was read just now.
    pub title: Option<String>,
    /// When it became a member: published, in a channel; added, in a playlist.
    pub at: Option<UnixMillis>,
}

impl Row {
    /// A row of the API. `is_channel`: its list is one of uploads.
    pub(super) fn new(member: Member, is_channel: bool) -> Row {
        let at = if is_channel { member.published_at } else { member.added_at };
        Row { id: member.id, title: Some(member.title), at }
    }
}

/// What a look found.
#[derive(Debug)]
pub(crate) struct Found {
    /// The list's title, where the answers say.
    pub title: Option<String>,
    /// The channel whose uploads these are, where the list is watched under another name.
    pub same_as: Option<SubjectRef>,
    /// Members, in any order.
    pub members: Vec<Row>,
    /// Whether these are all of the newest members: others have left.
    pub is_complete: bool,
    /// How many rows the list has.
    pub total: Option<u64>,
    /// Whether the list is there; `None` where nothing was learned of that.
    pub presence: Option<bool>,
    /// The wait until the next look.
    pub next_in: Duration,
    /// What went wrong beside what was found.
    pub trouble: Option<SourceError>,
}

impl Found {
    pub(super) const fn nothing_yet(next_in: Duration) -> Found {
        Found {
            title: None,
            same_as: None,
            members: Vec::new(),
            is_complete: false,
            total: None,
            presence: None,
            next_in,
            trouble: None,
        }
    }
}
