//! Where messages go, and why nothing arrives there.

use crate::model::{Address, DestinationId, PersonKey, Settings, UnixMillis};

/// One destination.
#[derive(Debug, Clone)]
pub struct DestinationRow {
    /// Its row.
    pub id: DestinationId,
    /// Where it is.
    pub address: Address,
    /// Whose it is: their limits count.
    pub person: PersonKey,
    /// What it has set.
    pub settings: Settings,
    /// Muted until then.
    pub muted_until: Option<UnixMillis>,
    /// Why it can't be reached, if so: nothing is tried until something proves that it is there again.
    pub disabled: Option<String>,
    /// Since when.
    pub off_since: Option<UnixMillis>,
    /// Whether its reader ended it: then it stays off, whoever names it.
    pub is_refused: bool,
    /// Why nothing arrives there for now, if so: it is tried now and then.
    pub barred: Option<Barred>,
}

impl DestinationRow {
    /// Why nothing arrives there, if so.
    #[must_use]
    pub fn shut(&self) -> Option<Shut> {
        match (&self.disabled, &self.barred) {
            (Some(_), _) if self.is_refused => Some(Shut::Refused { since: self.off_since }),
            (Some(reason), _) => Some(Shut::Off { reason: reason.clone(), since: self.off_since }),
            (None, Some(barred)) => Some(Shut::Barred(barred.clone())),
            (None, None) => None,
        }
    }
}

/// Why nothing arrives at a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// It is out of reach: nothing is tried until something proves that it is there again.
    Off {
        /// What the channel said.
        reason: String,
        /// Since when, where it is known.
        since: Option<UnixMillis>,
    },
    /// Its reader ended it: it stays off, whoever names it, until it is made on by name.
    Refused {
        /// Since when, where it is known.
        since: Option<UnixMillis>,
    },
    /// It takes nothing for now, and is tried now and then.
    Barred(Barred),
}

/// A destination that takes nothing for now, by what may pass by itself: rights that the bot lacks, a closed topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barred {
    /// What the channel says.
    pub reason: String,
    /// Since when.
    pub since: UnixMillis,
    /// When it is tried again.
    pub until: UnixMillis,
}
