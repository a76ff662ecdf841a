//! Who is in, and what stands in their name.

use crate::model::{Address, Owner, UnixMillis};

/// How somebody, or a group, is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Since when.
    pub since: UnixMillis,
    /// Who made the invitation. `None`: there was none, or it is forgotten.
    pub invited_by: Option<Owner>,
    /// Of a group: the private chat of whoever brought it in. `None`: it counts for itself.
    pub brought_by: Option<Address>,
}

/// Somebody, or a group, and what stands in that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonState {
    /// The private chat, or the group.
    pub address: Address,
    /// Their other addresses.
    pub others: Vec<Address>,
    /// How they are in; `None`: by the configuration alone, or not at all.
    pub row: Option<PersonRow>,
    /// Groups that they brought in.
    pub groups: usize,
    /// Running watches of this chat and its topics, without those of the groups.
    pub watches: usize,
    /// Invitations that they made and that can still be used.
    pub invitations: usize,
}
