//! What is watched at a destination, and at all addresses of a person.

use super::Actions;
use crate::model::{Address, Owner, Status, SubjectRef, SubscriptionId};
use crate::store::{StoreError, WatchFilter, WatchRow};

/// Rows that are read at a time.
const CHUNK: usize = 200;

/// Watches on one page: with long titles more would not fit into a message.
const PER_PAGE: usize = 20;

/// A page of the list.
#[derive(Debug)]
pub(in crate::control) struct ListPage {
    /// What stands on it.
    pub(in crate::control) watches: Vec<ListedWatch>,
    /// How many watches there are in all.
    pub(in crate::control) total: usize,
    /// Which page it is, from 1.
    pub(in crate::control) number: usize,
    /// How many pages there are, at least 1.
    pub(in crate::control) count: usize,
}

/// A watch on a page.
#[derive(Debug)]
pub(in crate::control) struct ListedWatch {
    /// Its number in the list, from 1.
    pub(in crate::control) number: usize,
    pub(in crate::control) row: WatchRow,
    /// It is of a video that can't be watched at present.
    pub(in crate::control) is_unavailable: bool,
}

impl Actions {
    /// A page of the list, from 1; the last where there are not that many.
    pub(in crate::control) async fn list(
        &self,
        of: &Address,
        page: usize,
    ) -> Result<ListPage, StoreError> {
        let mut rows: Vec<(usize, WatchRow)> = Vec::new();
        let mut total = 0;
        let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
        self.each_watch(of, |number, row| {
            total = number;
            // Up to the wished page, the rows of the page under way are kept: it may be the last.
            if number <= first.saturating_add(PER_PAGE) {
                if (number - 1).is_multiple_of(PER_PAGE) {
                    rows.clear();
                }
                rows.push((number, row));
            }
            true
        })
        .await?;
        let mut watches = Vec::with_capacity(rows.len());
        for (number, row) in rows {
            let is_unavailable = self.is_unavailable(&row.subject).await?;
            watches.push(ListedWatch { number, row, is_unavailable });
        }
        let count = total.div_ceil(PER_PAGE).max(1);
        Ok(ListPage { watches, total, number: page.clamp(1, count), count })
    }

    async fn is_unavailable(&self, subject: &SubjectRef) -> Result<bool, StoreError> {
        let SubjectRef::Video(id) = subject else { return Ok(false) };
        let known = self.known(*id).await?.and_then(|history| history.known);
        Ok(known.is_some_and(|known| known.status == Status::Unavailable))
    }

    /// Goes through the watches in the order of the list, until `each` says no; numbers count from 1. A group, and a topic, has
    /// those that ring there; a person those of all their addresses, so that a number means the same at each of them.
    pub(in crate::control) async fn each_watch(
        &self,
        of: &Address,
        each: impl FnMut(usize, WatchRow) -> bool + Send,
    ) -> Result<(), StoreError> {
        let is_a_persons = !of.is_group() && !of.is_thread();
        let of = of.clone();
        let filter = if is_a_persons { WatchFilter::OfPerson(of) } else { WatchFilter::Of(of) };
        self.each(filter, each).await
    }

    /// The same of those that ring at just this destination.
    pub(super) async fn each_here(
        &self,
        at: &Address,
        each: impl FnMut(usize, WatchRow) -> bool + Send,
    ) -> Result<(), StoreError> {
        self.each(WatchFilter::Of(at.clone()), each).await
    }

    async fn each(
        &self,
        filter: WatchFilter,
        mut each: impl FnMut(usize, WatchRow) -> bool + Send,
    ) -> Result<(), StoreError> {
        let mut number = 0;
        let mut after = 0;
        loop {
            let rows = self.store.watches(filter.clone(), after, CHUNK).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.id.0;
            let is_last = rows.len() < CHUNK;
            for row in rows {
                number += 1;
                if !each(number, row) {
                    return Ok(());
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// How many watches the list has.
    pub(in crate::control) async fn count_watches(
        &self,
        of: &Address,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        self.each_watch(of, |number, _| {
            count = number;
            true
        })
        .await?;
        Ok(count)
    }

    /// How many watches an owner may have at a destination that has so many: their others have the rest. `None`: any
    /// number.
    pub(in crate::control) async fn watches_max_here(
        &self,
        owner: &Owner,
        here: usize,
    ) -> Result<Option<usize>, StoreError> {
        let Some(max) = self.watches_max(owner) else { return Ok(None) };
        let all = self.store.watches_of_owner(owner).await?;
        Ok(Some(max.saturating_sub(all.saturating_sub(here)).max(here)))
    }

    /// A running watch by its row, if it rings in the chat of this destination, or at another address of the person whose chat
    /// that is.
    pub(in crate::control) async fn watch_in_chat(
        &self,
        chat: &Address,
        id: SubscriptionId,
    ) -> Result<Option<WatchRow>, StoreError> {
        let rows = self.store.watches(WatchFilter::One(id), 0, 1).await?;
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let lane = row.destination.address.lane();
        if lane == chat.lane() {
            return Ok(Some(row));
        }
        let is_theirs = !chat.is_group()
            && self.store.addresses(chat).await?.iter().any(|known| known.lane() == lane);
        Ok(is_theirs.then_some(row))
    }
}
