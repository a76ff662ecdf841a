//! Where something was written, and by whom.

use serde::Deserialize;

/// A chat.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Chat {
    /// Its id; negative for groups and channels.
    pub id: i64,
    /// Its sort.
    #[serde(rename = "type")]
    pub kind: ChatKind,
}

/// What sort of conversation a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChatKind {
    /// With one person.
    Private,
    /// A basic group.
    Group,
    /// A supergroup, the only kind with topics.
    Supergroup,
    /// A channel.
    Channel,
}

/// A person or a bot. Names are chosen by their owners: escape them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: i64,
    /// Whether it is a bot.
    pub is_bot: bool,
    /// First and last name.
    pub name: String,
    /// The name behind the `@`, without it.
    pub username: Option<String>,
}
