//! One person with several addresses.

use std::time::Duration;

use crate::model::{Address, Body, Outcome, Settings, SubscriptionId, UnixMillis, Value, VideoId};

/// How many addresses one person may have.
pub const ADDRESSES_MAX: usize = 10;

/// A code that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCode {
    /// Where it was asked for.
    pub made_in: Address,
    /// The mailbox whose reader is asked; `None`: it is typed at another address.
    pub address: Option<Address>,
}

/// Asks the reader of a mailbox whether it belongs to whoever has entered it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderEdit {
    /// Who has entered it: a private chat.
    pub by: Address,
    /// The mailbox.
    pub address: Address,
    /// What mails of this kind to it are counted by, because several addresses may be one mailbox.
    pub mailbox: String,
    /// The code that the mail has in its link.
    pub code: String,
    /// Until when it can be used.
    pub expires_at: UnixMillis,
    /// The mail.
    pub mail: Body,
    /// How many such mails there may be.
    pub limits: AskLimits,
}

/// How many readers may be asked within a day, so that nobody is bothered by our mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskLimits {
    /// Of one mailbox, by whomever.
    pub per_mailbox: usize,
    /// By one person.
    pub per_person: usize,
    /// In all.
    pub in_all: usize,
}

impl AskLimits {
    /// The time that they are counted in, and for which codes are kept.
    pub(crate) const WITHIN: Duration = Duration::from_secs(86_400);
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedEnough {
    /// That of the mailbox.
    Mailbox,
    /// That of the person.
    Person,
    /// That of all.
    All,
}

/// An alert as it is told to whoever it was for.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    /// Whose watch.
    pub watch: SubscriptionId,
    /// Where it rang.
    pub address: Address,
    /// The video; `None`: it was about a channel or playlist as a whole.
    pub video: Option<VideoId>,
    /// The rule; `None`: no rule made it.
    pub rule: Option<String>,
    /// What was compared.
    pub previous: Value,
    /// As there.
    pub current: Value,
    /// When it was seen.
    pub observed_at: UnixMillis,
    /// What became of it.
    pub outcome: Outcome,
}

/// An address of a person, and what is set there.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredAddress {
    /// The address.
    pub address: Address,
    /// What it has set.
    pub settings: Settings,
    /// Muted until then.
    pub muted_until: Option<UnixMillis>,
}
