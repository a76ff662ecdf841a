//! Which channels and playlists are to be listed, and what a listing says and changes.

use crate::model::{SubjectRef, UnixMillis, VideoId};

/// A channel or playlist whose members are to be listed.
#[derive(Debug, Clone)]
pub struct DueSubject {
    /// Its row.
    pub id: i64,
    /// What it is.
    pub subject: SubjectRef,
    /// The lister's memory, opaque here.
    pub memory: Option<String>,
    /// Members held now.
    pub members: usize,
    /// How many members it may hold: the newest stay.
    pub members_max: usize,
    /// Whether its watchers were told that it is gone.
    pub gone: bool,
}

/// A row of a channel's uploads or of a playlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    /// The video.
    pub id: VideoId,
    /// Its title, where the list shows one.
    pub title: Option<String>,
    /// When it was published (uploads) or added (playlists), where the list says so.
    pub at: Option<UnixMillis>,
}

/// The members of a channel or playlist as YouTube lists them.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The subject's row.
    pub subject: i64,
    /// Its title, where the answer says.
    pub title: Option<String>,
    /// The channel that a handle, or a list of all uploads, stands for, once YouTube has said so.
    pub same_as: Option<SubjectRef>,
    /// The lister's memory to keep.
    pub memory: String,
    /// Members, in any order.
    pub members: Vec<ListedMember>,
    /// True for a full listing: members that are not in it have left. False for some of the newest.
    pub complete: bool,
    /// How many there are in all, where the answer says.
    pub total: Option<u64>,
    /// How many members a subject may hold: the newest stay.
    pub members_max: usize,
    /// Whether the list is there: `Some(false)` when it is gone for sure, `None` when nothing was learned.
    pub presence: Option<bool>,
    /// When to list again.
    pub next_listing: UnixMillis,
}

/// What a listing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listed {
    /// New members. The router tells of those that are new to the world, from their first snapshot.
    pub joined: usize,
    /// Members that left.
    pub left: usize,
    /// Whether watchers are to be told that the list is gone, or back.
    pub is_news: bool,
}

/// How many videos channels and playlists may make tubebell poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// A list holds no more, whoever watches it.
    pub per_list: usize,
    /// What one owner watches holds no more in all; the operator has no such limit.
    pub per_owner: usize,
}

/// How many channels and playlists are watched, for planning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListCounts {
    /// Channels and playlists.
    pub lists: usize,
    /// Pages of 50 members that reading all of them whole takes.
    pub pages: usize,
}
