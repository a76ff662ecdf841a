//! What is stored about somebody, and erasing it.

use super::{Actions, Commit, Outcome};
use crate::model::{Address, DestinationId, UnixMillis};
use crate::store::{
    CardRow, DigestState, Edit, Edited, PersonState, StoreError, StoredAddress, StoredAlert,
    WatchRow,
};

/// Watches that are told, beyond what anybody but the operator may have.
const WATCHES_MAX: usize = 1_000;

/// Alerts that are told: the newest.
const ALERTS_MAX: usize = 5_000;

/// Chats that are looked at for groups: beyond what anybody but the operator may have.
const CHATS_MAX: usize = 1_000;

/// All that is stored about somebody.
#[derive(Debug)]
pub(in crate::control) struct Stored {
    /// How they are in, and what stands in their name.
    pub(in crate::control) state: PersonState,
    /// What is set at each of their addresses.
    pub(in crate::control) addresses: Vec<StoredPlace>,
    /// The groups that they brought in, or rather what rings there.
    pub(in crate::control) groups: Vec<Address>,
    pub(in crate::control) watches: Vec<WatchRow>,
    /// What rang, newest first.
    pub(in crate::control) alerts: Vec<StoredAlert>,
    /// There is more of these.
    pub(in crate::control) is_cut: bool,
}

/// One of their addresses.
#[derive(Debug)]
pub(in crate::control) struct StoredPlace {
    pub(in crate::control) address: StoredAddress,
    pub(in crate::control) digests: Vec<DigestState>,
    pub(in crate::control) cards: Vec<CardRow>,
}

/// A refusal to erase: nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::control) struct NothingStored;

/// Ends and erases all that is somebody's; how many watches that were.
pub(in crate::control) async fn erase<C: Commit>(
    commit: &mut C,
    person: &Address,
) -> Outcome<usize, NothingStored, C::Stop> {
    let edit = Edit::Erase { person: person.clone() };
    Ok(match commit.commit(vec![edit]).await?.first() {
        Some(Edited::Erased { watches }) => Ok(*watches),
        _ => Err(NothingStored),
    })
}

impl Actions {
    /// How somebody is in, and what stands in their name.
    pub(in crate::control) async fn person(
        &self,
        of: &Address,
        now: UnixMillis,
    ) -> Result<PersonState, StoreError> {
        self.store.person_state(of, now).await
    }

    /// All that is stored about somebody.
    pub(in crate::control) async fn stored(
        &self,
        of: &Address,
        now: UnixMillis,
    ) -> Result<Stored, StoreError> {
        let mut addresses = Vec::new();
        for address in self.store.stored_addresses(of).await? {
            let collecting = self.store.collecting(&address.address, now).await?;
            let cards = self.store.cards(&address.address).await?;
            let digests = collecting.unwrap_or_default().digests;
            addresses.push(StoredPlace { address, digests, cards });
        }
        let chats = self.store.chats_of_person(of, DestinationId(0), CHATS_MAX).await?;
        let groups = chats.into_iter().map(|row| row.address).filter(Address::is_group).collect();
        let mut watches = Vec::new();
        self.each_watch(&of.whole(), |number, row| {
            watches.push(row);
            number < WATCHES_MAX
        })
        .await?;
        let alerts = self.store.stored_alerts(of, ALERTS_MAX).await?;
        let is_cut = alerts.len() == ALERTS_MAX || watches.len() == WATCHES_MAX;
        let state = self.store.person_state(of, now).await?;
        Ok(Stored { state, addresses, groups, watches, alerts, is_cut })
    }

    /// How many watches ring at just this address.
    pub(in crate::control) async fn watches_at(&self, at: &Address) -> Result<usize, StoreError> {
        let mut count = 0;
        self.each_here(at, |number, _| {
            count = number;
            true
        })
        .await?;
        Ok(count)
    }
}
