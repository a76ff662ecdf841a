//! What we, or others, are in a chat.

use serde::Deserialize;

use super::chat::{Chat, User};

/// Our own standing in a chat has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The chat.
    pub chat: Chat,
    /// Who changed it.
    pub from: User,
    /// What we are now. In a private chat, `Kicked` means blocked and `Member` unblocked.
    pub new_status: MemberStatus,
    /// Whether we are in the chat, where the status leaves that open.
    pub is_member: Option<bool>,
    /// Whether we may write there, where the status leaves that open.
    pub may_write: Option<bool>,
}

impl Membership {
    /// Whether messages arrive from now on; `None`: it does not say so. That one may not write can pass without a word,
    /// when the whole group is allowed to again.
    #[must_use]
    pub fn is_reachable(&self) -> Option<bool> {
        let may_write = (self.may_write != Some(false)).then_some(true);
        match self.new_status {
            MemberStatus::Creator | MemberStatus::Administrator | MemberStatus::Member => may_write,
            MemberStatus::Restricted if self.is_member == Some(false) => Some(false),
            MemberStatus::Restricted => may_write,
            MemberStatus::Left | MemberStatus::Kicked => Some(false),
            MemberStatus::Unknown => None,
        }
    }
}

/// Somebody's standing in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemberStatus {
    /// Owns the chat.
    Creator,
    /// May change its settings.
    Administrator,
    /// An ordinary member.
    Member,
    /// A member, or a former one, with rights taken away.
    Restricted,
    /// Not a member.
    Left,
    /// Banned; of ourselves in a private chat: blocked.
    Kicked,
    /// A standing that is newer than this program.
    #[serde(other)]
    Unknown,
}

impl MemberStatus {
    /// Whether this member may decide for the chat.
    #[must_use]
    pub const fn is_administrator(self) -> bool {
        matches!(self, MemberStatus::Creator | MemberStatus::Administrator)
    }
}
